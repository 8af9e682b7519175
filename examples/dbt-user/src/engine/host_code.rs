//! Text of the host's code (x86-64).

use std::ops::Range;

use dbt_hv_glue::process::native::NativeBackend;
use iced_x86::{
    Decoder, DecoderOptions, Formatter as _, Instruction, IntelFormatter, SymbolResolver,
    SymbolResult,
};

/// Disassembles x86-64 code.
pub(super) fn disassemble_host(code: &[u8], address: u64, targets: Targets) -> Vec<(u32, String)> {
    let mut formatter = IntelFormatter::with_options(Some(Box::new(targets)), None);
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_leading_zeros(false);
    options.set_branch_leading_zeros(false);
    options.set_space_after_operand_separator(true);
    options.set_show_branch_size(false);
    let mut found = Vec::new();
    for instruction in &mut Decoder::with_ip(64, code, address, DecoderOptions::NONE) {
        let mut text = String::new();
        formatter.format(&instruction, &mut text);
        // Offsets of a fragment fit.
        let offset = u32::try_from(instruction.ip() - address).unwrap_or(u32::MAX);
        found.push((offset, text));
    }
    found
}

/// Names targets of branches: in the same code by the offset, in the runtime by the
/// entry point.
pub(super) struct Targets {
    pub(super) unit: Range<u64>,
    pub(super) runtime: Range<u64>,
    pub(super) backend: NativeBackend,
}

impl SymbolResolver for Targets {
    fn symbol(
        &mut self,
        _: &Instruction,
        _: u32,
        _: Option<u32>,
        address: u64,
        _: u32,
    ) -> Option<SymbolResult<'_>> {
        if self.unit.contains(&address) {
            let name = format!("+{:#x}", address - self.unit.start);
            return Some(SymbolResult::with_string(address, name));
        }
        let offset = u32::try_from(address.checked_sub(self.runtime.start)?).ok()?;
        let name = self.backend.runtime_entry(offset)?;
        Some(SymbolResult::with_str(address, name))
    }
}
