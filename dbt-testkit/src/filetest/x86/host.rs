//! A back end without an engine, and Capstone to read what it emits.

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
        traps: bool,
    ) -> Result<Self, String> {
        let mut backend = X86Backend::new(features);
        if traps {
            backend.use_float_traps();
        }
        // Nothing is executed, so these need only be recognisable.
        let callees = Callees {
            helpers: (0..64).map(|helper| 0x7e1_0000_0000 + helper).collect(),
            load: 0x10ad_0000_0000,
            store: 0x5702_0000_0000,
            store_exclusive: 0xc4a9_0000_0000,
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
            exact: &[],
            arriving: &[],
            successors: &[],
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
        if operands.is_empty() {
            return mnemonic.to_owned();
        }
        let is_branch = mnemonic.starts_with('j') || mnemonic == "call";
        let target = is_branch.then(|| hex(operands)).flatten();
        if let Some(name) = target.and_then(|target| self.name(target, len)) {
            return format!("{mnemonic} {name}");
        }
        format!("{mnemonic} {}", self.without_distance(insn, operands))
    }

    /// Names what is at an address in the code, or in the runtime.
    fn name(&self, address: u64, len: u64) -> Option<String> {
        if let Some(offset) = address.checked_sub(FRAGMENT_ADDRESS)
            && offset < len
        {
            return Some(format!("+{offset:#x}"));
        }
        let offset = u32::try_from(address.checked_sub(CODE_ADDRESS)?).ok()?;
        let entry = |at| Some((self.backend.runtime_entry(at)?, offset - at));
        let (entry, distance) = (0..=offset).rev().find_map(entry)?;
        Some(match distance {
            0 => entry.to_owned(),
            _ => format!("{entry}+{distance:#x}"),
        })
    }

    /// Names what an operand relative to the instruction is, since the distance
    /// says nothing.
    fn without_distance(&self, insn: &Insn<'_>, operands: &str) -> String {
        let named = || {
            let (before, rest) = operands.split_once("[rip - ")?;
            let (distance, after) = rest.split_once(']')?;
            let end = insn.address() + insn.len() as u64;
            let name = self.name(end.checked_sub(hex(distance)?)?, 0)?;
            Some(format!("{before}[{name}]{after}"))
        };
        named().unwrap_or_else(|| operands.to_owned())
    }
}

fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}
