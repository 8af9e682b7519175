//! Tests of what the AArch64 back end emits.

use std::sync::Arc;

use ::capstone::arch::BuildsCapstone as _;
use ::capstone::arch::arm64::ArchMode;
use ::capstone::{Capstone, Insn};
use dbt_a64_backend::{A64Backend, Features};
use dbt_core::analysis::bindings::Binding;
use dbt_core::host::{Backend as _, Lowering};
use dbt_core::ir::{text, verify};
use dbt_core::location::Location;

use super::counts;
use super::emitted::describe;
use super::host::{CODE_ADDRESS, Disassembled, FRAGMENT_ADDRESS, Host};
use crate::units::LAYOUT;

/// How far above is the detour.
const DETOUR: u32 = 1 << 20;

/// `test a64 [newest] [callback] [window] [isolated] [detour] [directory]`: the code
/// that is emitted for a unit of the
/// made-up guest, beside it; its direct exits; its state maps; and how its detour
/// differs. Guest addresses are the host's unless the arguments say otherwise. The unit
/// is not optimised before. The host is ARMv8.0, or has all features.
///
/// `arriving=d0:3,d1:4!`: slots are in registers where an exit leads to the unit, those with
/// a mark in no other place. `to=0x8010:d0:3`: so a successor expects them.
pub(super) fn run(arguments: &[&str], input: &str) -> Result<String, String> {
    let mut lowering = Lowering::Identity;
    let features = if arguments.contains(&"newest") {
        Features::from_hwcap(u64::MAX, u64::MAX)
    } else {
        Features::BASELINE
    };
    let mut backend = A64Backend::new(features);
    let (mut arriving, mut successors) = (Vec::new(), Vec::new());
    for word in arguments {
        match *word {
            "callback" => lowering = Lowering::Callback,
            "window" => lowering = Lowering::Window,
            "isolated" => lowering = Lowering::Isolated,
            "detour" => _ = backend.use_detour(DETOUR),
            "newest" => {}
            "directory" => _ = backend.use_directory(),
            word if let Some(list) = word.strip_prefix("arriving=") => {
                arriving = bindings(list).ok_or_else(|| format!("no slots: `{list}`"))?;
            }
            word if let Some(target) = word.strip_prefix("to=") => {
                let found = successor(target).ok_or_else(|| format!("no target: `{target}`"));
                successors.push(found?);
            }
            _ => return Err(format!("there is no argument `{word}`")),
        }
    }
    let unit = text::parse(input, &LAYOUT).map_err(|error| error.to_string())?;
    verify(&unit, &LAYOUT).map_err(|error| error.to_string())?;
    let mut host = Host::new(backend, &LAYOUT, lowering)?;
    let (code, fragment) = match host.compile_between(&arriving, &unit, &successors) {
        Ok(compiled) => compiled,
        Err(error) => return Ok(format!("{error:?}")),
    };
    let disassemble = |code: &[u8]| host.disassemble(code, 0);
    let code = (&code[..], FRAGMENT_ADDRESS);
    let mut out = describe(&unit, code, &fragment, &disassemble);
    for detour in &fragment.detour {
        for (offset, text) in host.disassemble(&detour.word.to_le_bytes(), detour.offset) {
            out += &format!("detour +{offset:#x} {text}\n");
        }
    }
    Ok(out)
}

/// Reads slots with their registers.
fn bindings(list: &str) -> Option<Vec<Binding>> {
    let one = |text: &str| {
        let (name, reg) = text.split_once(':')?;
        let info = LAYOUT.slots.iter().find(|info| info.name == name)?;
        Some(Binding {
            offset: info.offset,
            bytes: info.bytes(),
            reg: reg.trim_end_matches('!').parse().ok()?,
            dirty: reg.ends_with('!'),
        })
    };
    list.split(',').map(one).collect()
}

/// Reads a location and what its fragment expects.
fn successor(text: &str) -> Option<(Location, Arc<[Binding]>)> {
    let (location, list) = text.strip_prefix("0x")?.split_once(':')?;
    let location = u64::from_str_radix(location, 16).ok()?;
    Some((Location(location), bindings(list)?.into()))
}

/// The back end of whose code [`counts`] says what it costs: for a host with every
/// feature whose addresses are the guest's, with a detour and a directory.
fn counted() -> (A64Backend, Lowering) {
    let mut backend = A64Backend::new(Features::from_hwcap(u64::MAX, u64::MAX));
    backend.use_detour(DETOUR);
    backend.use_directory();
    (backend, Lowering::Isolated)
}

/// [`counts::rows`] for AArch64.
pub(super) fn rows(arguments: &[&str], _: &str) -> Result<String, String> {
    counts::rows(counted, arguments)
}

/// [`counts::code`] for AArch64.
pub(super) fn code(arguments: &[&str], input: &str) -> Result<String, String> {
    counts::code(counted, arguments, input)
}

impl Disassembled for A64Backend {
    fn capstone() -> Result<Capstone, capstone::Error> {
        Capstone::new().arm64().mode(ArchMode::Arm).build()
    }

    // One by one, so that one that is none does not end it.
    fn disassemble(&self, capstone: &Capstone, code: &[u8], offset: u32) -> Vec<(u32, String)> {
        let one = |(offset, word): (u32, &[u8])| {
            let insns = capstone.disasm_count(word, FRAGMENT_ADDRESS + u64::from(offset), 1);
            let text = insns
                .ok()
                .and_then(|insns| Some(text_of(self, insns.first()?)));
            (offset, text.unwrap_or_else(|| "(bad)".to_owned()))
        };
        (offset..).step_by(4).zip(code.chunks(4)).map(one).collect()
    }
}

fn text_of(backend: &A64Backend, insn: &Insn<'_>) -> String {
    let mnemonic = insn.mnemonic().unwrap_or_default();
    let operands = insn.op_str().unwrap_or_default();
    let (before, target) = operands.rsplit_once('#').unwrap_or((operands, ""));
    let is_branch =
        mnemonic.starts_with('b') || mnemonic.contains("bz") || mnemonic.contains("bnz");
    let address = target.strip_prefix("0x").filter(|_| is_branch);
    let address = address.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    match address.and_then(|address| name(backend, address)) {
        Some(name) => format!("{mnemonic} {before}{name}"),
        None => format!("{mnemonic} {operands}").trim_end().to_owned(),
    }
}

/// Names what is at an address in the code, or in the runtime.
fn name(backend: &A64Backend, address: u64) -> Option<String> {
    if let Some(offset) = address.checked_sub(FRAGMENT_ADDRESS) {
        return Some(format!("+{offset:#x}"));
    }
    let offset = u32::try_from(address.checked_sub(CODE_ADDRESS)?).ok()?;
    backend.runtime_entry(offset).map(str::to_owned)
}
