//! The text form says all that a unit is, and its parser takes any text.

use dbt_core::ir::text::{Expected, display, parse};
use dbt_core::ir::{Block, Inst, Unit, verify};
use dbt_core::opt::Optimizer;
use dbt_testkit::random::Random;
use dbt_testkit::units::{LAYOUT, generate};

fn equal(a: &Unit, b: &Unit) -> bool {
    let same_block = |(a, b): (&Block, &Block)| {
        (a.location, &a.insts, a.terminator) == (b.location, &b.insts, b.terminator)
    };
    a.insts == b.insts
        && a.order == b.order
        && a.blocks.len() == b.blocks.len()
        && a.blocks.iter().zip(&b.blocks).all(same_block)
        && a.guest_insts == b.guest_insts
        && a.source == b.source
}

/// Parsing what was printed gives the same unit; where instructions have been
/// deleted, one that prints alike but for names.
#[test]
fn printing_and_parsing_are_inverse() {
    let mut optimizer = Optimizer::new(&LAYOUT);
    let mut unit = Unit::default();
    for seed in 0..5_000 {
        let mut random = Random::new(seed);
        generate(&mut random, &mut unit);
        unit.source.push(0x8000..0x8000 + random.bits() % 64);
        let text = display(&unit, &LAYOUT).to_string();
        let parsed = parse(&text, &LAYOUT).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert!(equal(&unit, &parsed), "seed {seed}\n{text}");

        optimizer.run(&mut unit);
        let text = display(&unit, &LAYOUT).to_string();
        let parsed = parse(&text, &LAYOUT).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(verify(&parsed, &LAYOUT), Ok(()));
        let left = unit.insts.iter().filter(|inst| **inst != Inst::Nop).count();
        assert_eq!(left, parsed.insts.len(), "seed {seed}\n{text}");
        let again = display(&parsed, &LAYOUT).to_string();
        let reparsed = parse(&again, &LAYOUT).unwrap_or_else(|error| panic!("{error}\n{again}"));
        assert!(equal(&parsed, &reparsed), "seed {seed}\n{text}");
    }
}

/// Texts that were damaged in one place parse or are refused, at a place within
/// the text.
#[test]
fn damaged_text_is_refused_at_a_place_in_it() {
    let mut unit = Unit::default();
    let mut refused = 0;
    for seed in 0..3_000 {
        let mut random = Random::new(seed);
        generate(&mut random, &mut unit);
        let mut bytes = display(&unit, &LAYOUT).to_string().into_bytes();
        for _ in 0..3 {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => drop(bytes.remove(at)),
                1 => bytes[at] = random.pick(b"\n .,:0xv9-=;exit\xc3\xa9"),
                _ => {
                    let from = random.below(bytes.len());
                    bytes.insert(at, bytes[from]);
                }
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        match parse(&text, &LAYOUT) {
            // Any answer will do, but it has to give one.
            Ok(unit) => drop(verify(&unit, &LAYOUT)),
            Err(error) => {
                refused += 1;
                let line = text.lines().nth(error.line as usize - 1).unwrap_or("");
                assert!(error.column as usize <= line.chars().count() + 1, "{error}");
            }
        }
    }
    assert!(refused > 1_000, "most damage is noticed");
}

#[test]
fn errors_name_the_place_and_what_belongs_there() {
    let cases = [
        ("", (0, 1), Expected::Block),
        ("block0", (1, 7), Expected::Number),
        ("block0:\n  v1 = get r9\n", (2, 12), Expected::Slot),
        ("block0:\n  v1 = add.i8 v0, v0", (2, 8), Expected::Suffix),
        ("block0:\n  set r0, v7", (2, 11), Expected::KnownValue),
        (
            "block0:\n  v1 = get r0\n  v1 = get r1",
            (3, 3),
            Expected::NewValue,
        ),
        (
            "block0:\n  jump block3",
            (2, 8),
            Expected::DefinedBlock { missing: 3 },
        ),
        (
            "block0:\n  v1 = const.i32 0x100000000",
            (2, 18),
            Expected::Number,
        ),
        (
            "block0:\n  jump exit 0x8000 x",
            (2, 20),
            Expected::EndOfLine,
        ),
        ("block0:\n  fence\n", (2, 1), Expected::Instruction),
    ];
    for (text, place, expected) in cases {
        let error = parse(text, &LAYOUT).expect_err(text);
        assert_eq!((error.line, error.column), place, "{text}: {error}");
        assert_eq!(error.expected, expected, "{text}");
    }
}

/// The example of `docs/ir.md` is in canonical form.
#[test]
fn the_example_in_the_documentation_is_canonical() {
    let page = include_str!("../../docs/ir.md");
    let (_, example) = page.split_once("```text\n").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    let unit = parse(example, &LAYOUT).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(verify(&unit, &LAYOUT), Ok(()));
    assert_eq!(display(&unit, &LAYOUT).to_string(), example);
}
