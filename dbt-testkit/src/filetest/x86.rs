//! Tests of what the x86-64 back end emits.

use ::capstone::arch::BuildsCapstone as _;
use ::capstone::arch::x86::ArchMode;
use ::capstone::{Capstone, Insn};
use dbt_core::host::{Backend as _, Lowering};
use dbt_core::ir::{text, verify};
use dbt_x86_backend::{Features, X86Backend};

use super::counts;
use super::emitted::describe;
use super::host::{CODE_ADDRESS, Disassembled, FRAGMENT_ADDRESS, Host};
use crate::units::LAYOUT;

/// `test x86 [callback] [lzcnt] [traps]`: the code that is emitted for a unit of the
/// made-up guest, beside it; its direct exits; and its state maps. The unit is not
/// optimised before.
pub(super) fn run(arguments: &[&str], input: &str) -> Result<String, String> {
    let mut lowering = Lowering::Window;
    let mut features = Features::BASELINE;
    let mut traps = false;
    for word in arguments {
        match *word {
            "callback" => lowering = Lowering::Callback,
            "lzcnt" => features.lzcnt = true,
            "traps" => traps = true,
            _ => return Err(format!("there is no argument `{word}`")),
        }
    }
    let unit = text::parse(input, &LAYOUT).map_err(|error| error.to_string())?;
    verify(&unit, &LAYOUT).map_err(|error| error.to_string())?;
    let mut backend = X86Backend::new(features);
    if traps {
        backend.use_float_traps();
    }
    let mut host = Host::new(backend, &LAYOUT, lowering)?;
    let (code, fragment) = match host.compile(&unit) {
        Ok(compiled) => compiled,
        Err(error) => return Ok(format!("{error:?}")),
    };
    let disassemble = |code: &[u8]| host.disassemble(code, 0);
    let code = (&code[..], FRAGMENT_ADDRESS);
    Ok(describe(&unit, code, &fragment, &disassemble))
}

/// What code costs of which [`counts`] says: for the baseline host and the window lowering.
fn counted() -> (X86Backend, Lowering) {
    (X86Backend::new(Features::BASELINE), Lowering::Window)
}

/// [`counts::rows`] for x86-64.
pub(super) fn rows(arguments: &[&str], _: &str) -> Result<String, String> {
    counts::rows(counted, arguments)
}

/// [`counts::code`] for x86-64.
pub(super) fn code(arguments: &[&str], input: &str) -> Result<String, String> {
    counts::code(counted, arguments, input)
}

impl Disassembled for X86Backend {
    fn capstone() -> Result<Capstone, capstone::Error> {
        Capstone::new().x86().mode(ArchMode::Mode64).build()
    }

    fn disassemble(&self, capstone: &Capstone, code: &[u8], offset: u32) -> Vec<(u32, String)> {
        let insns = capstone.disasm_all(code, FRAGMENT_ADDRESS + u64::from(offset));
        let insns = insns.as_ref().map_or(&[][..], |insns| insns);
        let one = |insn: &Insn<'_>| {
            let offset = u32::try_from(insn.address() - FRAGMENT_ADDRESS).unwrap_or(u32::MAX);
            (offset, text_of(self, insn, code.len() as u64))
        };
        let mut listed: Vec<_> = insns.iter().map(one).collect();
        let read: usize = insns.iter().map(|insn| insn.len()).sum();
        if read != code.len() {
            let end = offset.saturating_add(u32::try_from(read).unwrap_or(u32::MAX));
            listed.push((end, "(bad)".to_owned()));
        }
        listed
    }
}

fn text_of(backend: &X86Backend, insn: &Insn<'_>, len: u64) -> String {
    let mnemonic = insn.mnemonic().unwrap_or_default();
    let operands = insn.op_str().unwrap_or_default();
    if operands.is_empty() {
        return mnemonic.to_owned();
    }
    let is_branch = mnemonic.starts_with('j') || mnemonic == "call";
    let target = is_branch.then(|| hex(operands)).flatten();
    if let Some(name) = target.and_then(|target| name(backend, target, len)) {
        return format!("{mnemonic} {name}");
    }
    format!("{mnemonic} {}", without_distance(backend, insn, operands))
}

/// Names what is at an address in the code, or in the runtime.
fn name(backend: &X86Backend, address: u64, len: u64) -> Option<String> {
    if let Some(offset) = address.checked_sub(FRAGMENT_ADDRESS)
        && offset < len
    {
        return Some(format!("+{offset:#x}"));
    }
    let offset = u32::try_from(address.checked_sub(CODE_ADDRESS)?).ok()?;
    let entry = |at| Some((backend.runtime_entry(at)?, offset - at));
    let (entry, distance) = (0..=offset).rev().find_map(entry)?;
    Some(match distance {
        0 => entry.to_owned(),
        _ => format!("{entry}+{distance:#x}"),
    })
}

/// Names what an operand relative to the instruction is, since the distance
/// says nothing.
fn without_distance(backend: &X86Backend, insn: &Insn<'_>, operands: &str) -> String {
    let named = || {
        let (before, rest) = operands.split_once("[rip - ")?;
        let (distance, after) = rest.split_once(']')?;
        let end = insn.address() + insn.len() as u64;
        let name = name(backend, end.checked_sub(hex(distance)?)?, 0)?;
        Some(format!("{before}[{name}]{after}"))
    };
    named().unwrap_or_else(|| operands.to_owned())
}

fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}
