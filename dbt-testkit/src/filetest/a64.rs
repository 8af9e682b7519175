//! Tests of what the AArch64 back end emits.

use std::sync::Arc;

use ::capstone::arch::BuildsCapstone as _;
use ::capstone::arch::arm64::ArchMode;
use ::capstone::{Capstone, Insn};
use dbt_a64_backend::{A64Backend, Features};
use dbt_core::analysis::bindings::Binding;
use dbt_core::host::{Backend as _, Callees, CompileInput, Lowering};
use dbt_core::ir::{text, verify};
use dbt_core::location::Location;

use super::emitted::describe;
use crate::units::LAYOUT;

/// Where code memory is supposed to be.
const CODE_ADDRESS: u64 = 0x10_0000;
/// Where in it every fragment lies.
const FRAGMENT_OFFSET: u32 = 0x1000;
const FRAGMENT_ADDRESS: u64 = CODE_ADDRESS + FRAGMENT_OFFSET as u64;
/// How far above is the detour.
const DETOUR: u32 = 1 << 20;

/// `test a64 [callback] [window] [detour] [directory]`: the code that is emitted for a unit of the
/// made-up guest, beside it; its direct exits; its state maps; and how its detour
/// differs. Guest addresses are the host's unless the arguments say otherwise. The unit
/// is not optimised before.
///
/// `arriving=d0:3,d1:4!`: slots are in registers where an exit leads to the unit, those with
/// a mark in no other place. `to=0x8010:d0:3`: so a successor expects them.
pub(super) fn run(arguments: &[&str], input: &str) -> Result<String, String> {
    let mut lowering = Lowering::Identity;
    let mut backend = A64Backend::new(Features::BASELINE);
    let (mut arriving, mut successors) = (Vec::new(), Vec::new());
    for word in arguments {
        match *word {
            "callback" => lowering = Lowering::Callback,
            "window" => lowering = Lowering::Window,
            "detour" => _ = backend.use_detour(DETOUR),
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
    // Nothing is executed, so these need only be recognisable.
    let callees = Callees {
        helpers: (0..64).map(|helper| 0x7e1_0000_0000 + helper).collect(),
        load: 0x10ad_0000_0000,
        store: 0x5702_0000_0000,
        store_exclusive: 0xc4a9_0000_0000,
    };
    let runtime = backend
        .emit_runtime(&LAYOUT, lowering, &callees, &mut Vec::new())
        .map_err(|error| format!("{error:?}"))?;
    let mut code = Vec::new();
    let input = CompileInput {
        unit: &unit,
        layout: &LAYOUT,
        lowering,
        callees: &callees,
        runtime: &runtime,
        offset: FRAGMENT_OFFSET,
        exact: &[],
        arriving: &arriving,
        successors: &successors,
        marks: true,
    };
    let fragment = match backend.compile(input, &mut code) {
        Ok(fragment) => fragment,
        Err(error) => return Ok(format!("{error:?}")),
    };
    let capstone = Capstone::new().arm64().mode(ArchMode::Arm).build();
    let capstone = capstone.map_err(|error| error.to_string())?;
    let disassemble = |code: &[u8]| disassemble(&capstone, &backend, code, 0);
    let code = (&code[..], FRAGMENT_ADDRESS);
    let mut out = describe(&unit, code, &fragment, &disassemble);
    for detour in &fragment.detour {
        let word = detour.word.to_le_bytes();
        for (offset, text) in self::disassemble(&capstone, &backend, &word, detour.offset) {
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

/// Disassembles instructions one by one, so that one that is none does not end it.
fn disassemble(
    capstone: &Capstone,
    backend: &A64Backend,
    code: &[u8],
    offset: u32,
) -> Vec<(u32, String)> {
    let one = |(offset, word): (u32, &[u8])| {
        let insns = capstone.disasm_count(word, FRAGMENT_ADDRESS + u64::from(offset), 1);
        let text = insns
            .ok()
            .and_then(|insns| Some(text_of(backend, insns.first()?)));
        (offset, text.unwrap_or_else(|| "(bad)".to_owned()))
    };
    (offset..).step_by(4).zip(code.chunks(4)).map(one).collect()
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
