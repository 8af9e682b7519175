//! Text of the host's code (AArch64).

use std::ops::Range;

use dbt_hv_glue::process::native::NativeBackend;
use yaxpeax_arch::{Decoder as _, U8Reader};
use yaxpeax_arm::armv8::a64::InstDecoder;

/// Disassembles A64 code. A branch out of the unit is named by where it leads.
pub(super) fn disassemble_host(code: &[u8], address: u64, targets: Targets) -> Vec<(u32, String)> {
    let decoder = InstDecoder::default();
    let words = code.as_chunks::<4>().0;
    (0..)
        .step_by(4)
        .zip(words)
        .map(|(offset, word)| {
            let mut text = match decoder.decode(&mut U8Reader::new(word)) {
                Ok(instruction) => instruction.to_string(),
                Err(_) => format!(".word {:#010x}", u32::from_le_bytes(*word)),
            };
            let at = address + u64::from(offset);
            if let Some(name) = targets.name(at, u32::from_le_bytes(*word)) {
                text.push_str("  ; ");
                text.push_str(name);
            }
            (offset, text)
        })
        .collect()
}

/// Names targets of branches into the runtime.
pub(super) struct Targets {
    pub(super) unit: Range<u64>,
    pub(super) runtime: Range<u64>,
    pub(super) backend: NativeBackend,
}

impl Targets {
    /// Returns the name of where a `B` or `BL` at an address leads.
    fn name(&self, at: u64, insn: u32) -> Option<&'static str> {
        if insn >> 26 & 0x1f != 0b00101 {
            return None;
        }
        let distance = i64::from((insn << 6).cast_signed() >> 4);
        let target = at.checked_add_signed(distance)?;
        if self.unit.contains(&target) {
            return None;
        }
        let offset = u32::try_from(target.checked_sub(self.runtime.start)?).ok()?;
        self.backend.runtime_entry(offset)
    }
}
