//! Cost of optimising, in time per guest instruction.
//!
//! The unit is what an Arm front end makes of 30 instructions: moves and sums,
//! half of them setting flags, a quarter loads and stores, comparisons with
//! branches. `all` is the number to watch, less `copy`, which is what putting the
//! unit back costs in every row. Translation as a whole may take 1.5 µs per guest
//! instruction. The rows `without …` tell what a pass costs in company; the rows
//! `only …`, what it costs alone.

use core::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dbt_core::guest::{SlotInfo, StateLayout};
use dbt_core::ir::{Slot, Ty, Unit, text, verify};
use dbt_core::opt::{Optimizer, Passes};

const NAMES: [&str; 16] = [
    "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp", "lr",
    "pc",
];

static SLOTS: [SlotInfo; 17] = {
    let mut slots = [SlotInfo {
        name: "flags",
        ty: Ty::Flags,
        offset: 64,
    }; 17];
    let (mut index, mut offset) = (0, 0);
    while index < NAMES.len() {
        slots[index] = SlotInfo {
            name: NAMES[index],
            ty: Ty::I32,
            offset,
        };
        index += 1;
        offset += 4;
    }
    slots
};

static LAYOUT: StateLayout = StateLayout {
    slots: &SLOTS,
    hot: &[],
    flags: Slot(16),
    float_status: None,
    float_rules: dbt_core::ir::FloatRules::Own,
    vector_operands: None,
    aligned: None,
};

/// What a front end makes of one guest instruction each.
const LIFTED: [&str; 10] = [
    // add r0, r1, #4
    "a = get r1\n b = const.i32 4\n c = add.i32 a, b\n set r0, c",
    // ldr r2, [r0, #8]
    "a = get r0\n b = const.i32 8\n c = add.i32 a, b\n d = load.i32.word c\n set r2, d",
    // adds r3, r2, r1
    "a = get r2\n b = get r1\n c = add.i32 a, b\n d = add_flags a, b\n set r3, c\n set flags, d",
    // movs r4, r3, lsl #2
    "a = get r3\n b = const.i32 2\n c = shl.i32 a, b\n d = const.i32 0x40000000\n \
     e = and.i32 a, d\n f = const.i32 0\n g = ne.i32 e, f\n h = get flags\n \
     i = nzc_flags c, g, h\n set r4, c\n set flags, i",
    // subs r5, r5, #1
    "a = get r5\n b = const.i32 1\n c = sub.i32 a, b\n d = sub_flags a, b\n set r5, c\n \
     set flags, d",
    // str r4, [sp, #12]!
    "a = get sp\n b = const.i32 12\n c = add.i32 a, b\n d = get r4\n \
     store.i32.word c, d\n set sp, c",
    // ands r6, r4, #255
    "a = get r4\n b = const.i32 255\n c = and.i32 a, b\n d = get flags\n e = nz_flags c, d\n \
     set r6, c\n set flags, e",
    // mov r7, r6
    "a = get r6\n set r7, a",
    // cmp r7, r3
    "a = get r7\n b = get r3\n c = sub_flags a, b\n set flags, c",
    // bne: leaves the block
    "a = get flags\n b = cond.ne a\n exit_if b -> exit 0x9000",
];

/// Three blocks of ten instructions, the last looping to the first.
fn unit() -> Unit {
    let mut source = String::new();
    for block in 0..3 {
        source += &format!("block{block} {:#x}:\n", 0x8000 + block * 40);
        let mut next = 0;
        for (index, lifted) in (0..).zip(LIFTED) {
            source += &format!("guest {:#x}\n", 0x8000 + block * 40 + index * 4);
            // Values are named by letters above, afresh in each instruction.
            for line in lifted.lines() {
                let words = line.split_inclusive([' ', ',']).map(|word| {
                    let name = word.trim_end_matches([' ', ',']);
                    match name.as_bytes() {
                        [letter @ b'a'..=b'i'] => {
                            let number = next + u32::from(letter - b'a');
                            word.replace(name, &format!("v{number}"))
                        }
                        _ => word.to_owned(),
                    }
                });
                source.extend(words);
                source += "\n";
            }
            next += 9;
        }
        source += &format!("jump block{}\n", (block + 1) % 3);
    }
    let unit = text::parse(&source, &LAYOUT).expect("the text is well formed");
    verify(&unit, &LAYOUT).expect("the unit is valid");
    unit
}

fn opt(c: &mut Criterion) {
    let template = unit();
    let mut group = c.benchmark_group("opt");
    group.throughput(Throughput::Elements(template.guest_insts.into()));
    let mut unit = template.clone();
    group.bench_function("copy", |b| {
        b.iter(|| unit.clone_from(black_box(&template)));
    });
    let rows = [
        ("all", Passes::ALL),
        ("without promote", Passes::ALL - Passes::PROMOTE),
        ("without fold", Passes::ALL - Passes::FOLD),
        ("without dead flags", Passes::ALL - Passes::DEAD_FLAGS),
        (
            "without flags across blocks",
            Passes::ALL - Passes::FLAGS_ACROSS_BLOCKS,
        ),
        ("without dead writes", Passes::ALL - Passes::DEAD_WRITES),
        ("without dce", Passes::ALL - Passes::DCE),
        ("only promote", Passes::PROMOTE),
        ("only fold", Passes::FOLD),
        ("only promote and fold", Passes::PROMOTE | Passes::FOLD),
        ("only dead flags", Passes::DEAD_FLAGS),
        (
            "only dead flags across blocks",
            Passes::DEAD_FLAGS | Passes::FLAGS_ACROSS_BLOCKS,
        ),
        ("only dead writes", Passes::DEAD_WRITES),
        ("only dce", Passes::DCE),
    ];
    for (name, passes) in rows {
        let mut optimizer = Optimizer::new(&LAYOUT).with_passes(passes);
        group.bench_function(name, |b| {
            b.iter(|| {
                unit.clone_from(black_box(&template));
                optimizer.run(&mut unit);
            });
        });
        let statistics = optimizer.statistics();
        println!(
            "{name}: {} instructions become {}",
            statistics.insts_before / statistics.units,
            statistics.insts_after / statistics.units
        );
    }
}

criterion_group!(benches, opt);
criterion_main!(benches);
