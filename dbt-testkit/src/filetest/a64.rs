//! Tests of what the AArch64 back end emits.

use ::capstone::arch::BuildsCapstone as _;
use ::capstone::arch::arm64::ArchMode;
use ::capstone::{Capstone, Insn};
use dbt_a64_backend::{A64Backend, Features};
use dbt_core::host::{Backend as _, Lowering};
use dbt_core::ir::{text, verify};

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
pub(super) fn run(arguments: &[&str], input: &str) -> Result<String, String> {
    let mut lowering = Lowering::Identity;
    let features = if arguments.contains(&"newest") {
        Features::from_hwcap(u64::MAX, u64::MAX)
    } else {
        Features::BASELINE
    };
    let mut backend = A64Backend::new(features);
    for word in arguments {
        match *word {
            "callback" => lowering = Lowering::Callback,
            "window" => lowering = Lowering::Window,
            "isolated" => lowering = Lowering::Isolated,
            "detour" => _ = backend.use_detour(DETOUR),
            "newest" => {}
            "directory" => _ = backend.use_directory(),
            _ => return Err(format!("there is no argument `{word}`")),
        }
    }
    let unit = text::parse(input, &LAYOUT).map_err(|error| error.to_string())?;
    verify(&unit, &LAYOUT).map_err(|error| error.to_string())?;
    let mut host = Host::new(backend, &LAYOUT, lowering)?;
    let (code, fragment) = match host.compile(&unit) {
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
