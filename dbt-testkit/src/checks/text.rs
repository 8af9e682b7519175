//! The text form of the IR.

use dbt_core::ir::text::{display, parse};
use dbt_core::ir::{Unit, verify};

use super::Input;
use crate::random::Random;
use crate::units::{LAYOUT, generate};

/// Any text is parsed or refused; a valid unit that was parsed or generated prints
/// as a text that parses to one that prints alike. The bytes are a text, and damage to
/// the text of a generated unit.
///
/// # Panics
///
/// If the theorem does not hold.
#[must_use]
pub fn ir_text_round_trips(data: &[u8]) -> bool {
    let again = |unit: &Unit| {
        let text = display(unit, &LAYOUT).to_string();
        let parsed = parse(&text, &LAYOUT).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(display(&parsed, &LAYOUT).to_string(), text);
    };
    let mut unit = Unit::default();
    generate(&mut Random::new(Input(data).doubleword()), &mut unit);
    again(&unit);
    // Printing a unit and damaging the text reaches further than bytes alone.
    let mut text = display(&unit, &LAYOUT).to_string().into_bytes();
    for bytes in data.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([bytes[0], bytes[1]])) % text.len();
        text[at] = bytes[2];
    }
    let mut meaningful = false;
    for text in [&text[..], data] {
        if let Ok(unit) = parse(&String::from_utf8_lossy(text), &LAYOUT)
            && verify(&unit, &LAYOUT).is_ok()
        {
            again(&unit);
            meaningful = true;
        }
    }
    meaningful
}
