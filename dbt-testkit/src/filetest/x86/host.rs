//! A back end without an engine, and Capstone to read what it emits.

use std::fmt::Write;

use ::capstone::arch::BuildsCapstone as _;
use ::capstone::arch::x86::ArchMode;
use ::capstone::{Capstone, Insn};
use dbt_core::guest::StateLayout;
use dbt_core::host::{
    Backend as _, Callees, CompileError, CompileInput, Fragment, Lowering, Runtime,
};
use dbt_core::ir::Unit;
use dbt_x86_backend::{Features, StateMap, X86Backend};

/// Where code memory is supposed to be.
const CODE_ADDRESS: u64 = 0x10_0000;
/// Where in it every fragment lies: always the same, since code depends on it.
const FRAGMENT_OFFSET: u32 = 0x1000;
/// The address of that.
pub(super) const FRAGMENT_ADDRESS: u64 = CODE_ADDRESS + FRAGMENT_OFFSET as u64;

/// Compiles units and disassembles their code.
pub(super) struct Host {
    backend: X86Backend,
    runtime: Runtime,
    callees: Callees,
    lowering: Lowering,
    layout: &'static StateLayout,
    capstone: Capstone,
}

impl Host {
    pub(super) fn new(
        layout: &'static StateLayout,
        lowering: Lowering,
        features: Features,
    ) -> Result<Self, String> {
        let mut backend = X86Backend::new(features);
        // Nothing is executed, so these need only be recognisable.
        let callees = Callees {
            helpers: (0..64).map(|helper| 0x7e1_0000_0000 + helper).collect(),
            load: 0x10ad_0000_0000,
            store: 0x5702_0000_0000,
            compare_exchange: 0xc4a9_0000_0000,
        };
        let runtime = backend
            .emit_runtime(layout, lowering, &callees, &mut Vec::new())
            .map_err(|error| format!("{error:?}"))?;
        let capstone = Capstone::new().x86().mode(ArchMode::Mode64).build();
        Ok(Self {
            backend,
            runtime,
            callees,
            lowering,
            layout,
            capstone: capstone.map_err(|error| error.to_string())?,
        })
    }

    /// Compiles a unit.
    pub(super) fn compile(
        &mut self,
        unit: &Unit,
    ) -> Result<(Vec<u8>, Fragment<StateMap>), CompileError> {
        let mut code = Vec::new();
        let input = CompileInput {
            unit,
            layout: self.layout,
            lowering: self.lowering,
            callees: &self.callees,
            runtime: &self.runtime,
            offset: FRAGMENT_OFFSET,
            marks: true,
        };
        let fragment = self.backend.compile(input, &mut code)?;
        Ok((code, fragment))
    }

    /// Disassembles the code of a fragment. What leads to the same code is named
    /// by its offset, and what leads to the runtime by the entry point.
    pub(super) fn disassemble(&self, code: &[u8]) -> Vec<(u32, String)> {
        let insns = self.capstone.disasm_all(code, FRAGMENT_ADDRESS);
        let insns = insns.as_ref().map_or(&[][..], |insns| insns);
        let text = |insn: &Insn<'_>| {
            let offset = u32::try_from(insn.address() - FRAGMENT_ADDRESS).unwrap_or(u32::MAX);
            (offset, self.text(insn, code.len() as u64))
        };
        let mut listed: Vec<_> = insns.iter().map(text).collect();
        let end: usize = insns.iter().map(|insn| insn.len()).sum();
        if end != code.len() {
            listed.push((u32::try_from(end).unwrap_or(u32::MAX), "(bad)".to_owned()));
        }
        listed
    }

    fn text(&self, insn: &Insn<'_>, len: u64) -> String {
        let mnemonic = insn.mnemonic().unwrap_or_default();
        let operands = insn.op_str().unwrap_or_default();
        let mut text = mnemonic.to_owned();
        let target = (mnemonic.starts_with('j') || mnemonic == "call")
            .then(|| operands.strip_prefix("0x"))
            .flatten()
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .and_then(|target| target.checked_sub(CODE_ADDRESS));
        // Writing to a String cannot fail.
        let _ = match target {
            Some(offset) if offset < self.runtime.len.into() => {
                let entry = u32::try_from(offset).ok();
                let name = entry.and_then(|entry| self.backend.runtime_entry(entry));
                write!(text, " {}", name.unwrap_or("inside the runtime"))
            }
            Some(offset) if (0..len).contains(&offset.wrapping_sub(FRAGMENT_OFFSET.into())) => {
                write!(text, " +{:#x}", offset - u64::from(FRAGMENT_OFFSET))
            }
            _ if operands.is_empty() => Ok(()),
            _ => write!(text, " {operands}"),
        };
        text
    }
}
