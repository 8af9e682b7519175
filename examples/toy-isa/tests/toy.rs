//! The instances of the description do what it says.

use dbt_core::ir::{Builder, Inst, Slot, Terminator, Unit};
use dbt_isa::ops::BinOp;
use toy_isa::FACTORIAL;
use toy_isa::guest::toy;
use toy_isa::interp::Computer;
use toy_isa::lift::lift;

#[test]
fn instructions_are_printed() {
    let text = |word, pc| {
        let decoded = toy::decode(word, &pc).expect("an instruction");
        decoded.display(&()).to_string()
    };
    assert_eq!(text(FACTORIAL[5], 10), "bnz r1, 0x6");
    assert_eq!(text(FACTORIAL[7], 14), "str r0, [r3, 4]");
    assert_eq!(text(0x0240, 0), "mov r1, r1");
    assert_eq!(text(0x0241, 0), "add r1, r1, 1");
}

#[test]
fn words_that_are_no_instructions_are_told_apart() {
    let decode = |word| toy::decode(word, &0).expect_err("no instruction");
    assert!(decode(0x8000).is_undefined());
    assert!(decode(0x2000).is_unpredictable(), "a load of its own base");
    assert!(
        decode(0x6001).is_unpredictable(),
        "a jump with a bit that should be zero"
    );
}

#[test]
fn a_loop_computes_a_factorial() {
    let mut computer = Computer::new(&FACTORIAL);
    computer.run(100);
    assert!(computer.is_halted());
    assert_eq!((computer.regs[0], computer.pc), (120, 18));
    assert_eq!(computer.memory[260..264], 120_u32.to_le_bytes());
}

#[test]
fn a_store_outside_memory_stops_at_the_store() {
    // mov r3, 511; mul r3, r3, r3; str r0, [r3, 0]
    let mut computer = Computer::new(&[0x47ff, 0x16db, 0x30c0]);
    computer.run(100);
    assert_eq!((computer.is_halted(), computer.pc), (true, 4));
}

#[test]
fn semantic_functions_append_their_translation() {
    let mut unit = Unit::default();
    lift(&FACTORIAL, 6, &mut Builder::new(&mut unit));
    assert_eq!(unit.guest_insts, 6);
    let [
        _,
        Inst::Get { slot: Slot(0) },
        Inst::Get { slot: Slot(1) },
        product,
        ..,
    ] = unit.insts.as_slice()
    else {
        panic!("{:?}", unit.insts);
    };
    assert!(matches!(product, Inst::Binary { op: BinOp::Mul, .. }));
    let Terminator::Trap { resume, .. } = unit.blocks[0].terminator else {
        panic!("{:?}", unit.blocks);
    };
    assert_eq!(resume.pc_bits(), 18);
}
