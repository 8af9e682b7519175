//! Tests of what the AArch64 back end emits.

use ::capstone::arch::BuildsCapstone as _;
use ::capstone::arch::arm64::ArchMode;
use ::capstone::{Capstone, Insn};
use dbt_a64_backend::{A64Backend, Features};
use dbt_core::engine::CompiledUnit;
use dbt_core::host::{Backend as _, Callees, CompileInput, Lowering};
use dbt_core::ir::{text, verify};
use dbt_core::listing::{Columns, Listing};
use dbt_core::location::Location;

use crate::units::LAYOUT;

/// Where code memory is supposed to be.
const CODE_ADDRESS: u64 = 0x10_0000;
/// Where in it every fragment lies.
const FRAGMENT_OFFSET: u32 = 0x1000;
const FRAGMENT_ADDRESS: u64 = CODE_ADDRESS + FRAGMENT_OFFSET as u64;
/// How far above is the detour.
const DETOUR: u32 = 1 << 20;

/// `test a64 [window] [callback] [detour]`: the code that is emitted for a unit of the
/// made-up guest, beside it, its direct exits, and how its detour differs. Guest
/// addresses are the host's unless the arguments say otherwise. The unit is not
/// optimised before.
pub(super) fn run(arguments: &[&str], input: &str) -> Result<String, String> {
    let mut lowering = Lowering::Identity;
    let mut backend = A64Backend::new(Features::BASELINE);
    for word in arguments {
        match *word {
            "window" => lowering = Lowering::Window,
            "callback" => lowering = Lowering::Callback,
            "detour" => _ = backend.use_detour(DETOUR),
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
    let input = CompileInput {
        unit: &unit,
        layout: &LAYOUT,
        lowering,
        callees: &callees,
        runtime: &runtime,
        offset: FRAGMENT_OFFSET,
        marks: true,
    };
    let mut code = Vec::new();
    let fragment = match backend.compile(input, &mut code) {
        Ok(fragment) => fragment,
        Err(error) => return Ok(format!("{error:?}")),
    };
    let compiled = CompiledUnit {
        location: Location(0x8000),
        unit: &unit,
        layout: &LAYOUT,
        code: &code,
        address: FRAGMENT_ADDRESS,
        marks: &fragment.marks,
    };
    let columns = Columns {
        guest: false,
        ..Columns::ALL
    };
    let reader = Reader::new(&backend, code.len())?;
    let listing = Listing {
        unit: &compiled,
        columns,
        guest: &|_| String::new(),
        host: &|code, _| reader.disassemble(code, 0),
    };
    let mut out = listing.to_string();
    for exit in &fragment.exits {
        out += &format!(
            "exit +{:#x} to {}, unlinked to +{:#x}\n",
            exit.patch, exit.target, exit.unlinked
        );
    }
    for detour in &fragment.detour {
        for (offset, text) in reader.disassemble(&detour.word.to_le_bytes(), detour.offset) {
            out += &format!("detour +{offset:#x} {text}\n");
        }
    }
    Ok(out)
}

/// Capstone, and names for what branches lead to.
struct Reader<'a> {
    backend: &'a A64Backend,
    capstone: Capstone,
    /// Bytes of code.
    len: u64,
}

impl<'a> Reader<'a> {
    fn new(backend: &'a A64Backend, len: usize) -> Result<Self, String> {
        let capstone = Capstone::new().arm64().mode(ArchMode::Arm).build();
        Ok(Self {
            backend,
            capstone: capstone.map_err(|error| error.to_string())?,
            len: len as u64,
        })
    }

    /// Disassembles code that lies at an offset from the fragment.
    fn disassemble(&self, code: &[u8], offset: u32) -> Vec<(u32, String)> {
        (offset..)
            .step_by(4)
            .zip(code.as_chunks::<4>().0)
            .map(|(offset, word)| {
                let address = FRAGMENT_ADDRESS + u64::from(offset);
                let insns = self.capstone.disasm_all(word, address);
                let insn = insns.as_ref().ok().and_then(|insns| insns.first());
                (
                    offset,
                    insn.map_or("(bad)".to_owned(), |insn| self.text(insn)),
                )
            })
            .collect()
    }

    fn text(&self, insn: &Insn<'_>) -> String {
        let mnemonic = insn.mnemonic().unwrap_or_default();
        let operands = insn.op_str().unwrap_or_default();
        let is_branch = mnemonic.starts_with(['b', 't', 'c']) && operands.contains("#0x");
        let (before, last) = operands.rsplit_once(", ").unwrap_or(("", operands));
        let target = last.strip_prefix("#0x").filter(|_| is_branch);
        let target = target.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        match target.and_then(|target| self.name(target)) {
            Some(name) if before.is_empty() => format!("{mnemonic} {name}"),
            Some(name) => format!("{mnemonic} {before}, {name}"),
            None if operands.is_empty() => mnemonic.to_owned(),
            None => format!("{mnemonic} {operands}"),
        }
    }

    /// Names what is at an address in the code, or in the runtime.
    fn name(&self, address: u64) -> Option<String> {
        if let Some(offset) = address.checked_sub(FRAGMENT_ADDRESS)
            && offset < self.len
        {
            return Some(format!("+{offset:#x}"));
        }
        let offset = u32::try_from(address.checked_sub(CODE_ADDRESS)?).ok()?;
        self.backend.runtime_entry(offset).map(str::to_owned)
    }
}
