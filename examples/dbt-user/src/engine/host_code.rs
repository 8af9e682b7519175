//! Text of the host's code (x86-64).

use std::ops::Range;

use iced_x86::{
    Decoder, DecoderOptions, Formatter as _, Instruction, IntelFormatter, SymbolResolver,
    SymbolResult,
};

/// Disassembles x86-64 code. Targets in the same code or in the runtime are named
/// by their offsets.
pub(super) fn disassemble_host(
    code: &[u8],
    address: u64,
    runtime: &Range<u64>,
) -> Vec<(u32, String)> {
    let targets = Targets {
        unit: address..address + code.len() as u64,
        runtime: runtime.clone(),
    };
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

/// Names targets of branches.
struct Targets {
    unit: Range<u64>,
    runtime: Range<u64>,
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
        let name = [(&self.unit, ""), (&self.runtime, "runtime")]
            .into_iter()
            .find(|(range, _)| range.contains(&address))
            .map(|(range, name)| format!("{name}+{:#x}", address - range.start))?;
        Some(SymbolResult::with_string(address, name))
    }
}
