//! `--dump`: listings of translated units.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use dbt_a32_frontend::guest::A32Guest;
use dbt_core::engine::CompiledUnit;
use dbt_core::guest::Guest as _;
use dbt_core::host::{Backend as _, Callees, Lowering};
use dbt_core::listing::{Columns, Listing};
use dbt_core::location::Location;
use dbt_core::memory::{FaultCause, Fetch, FetchFault};
use dbt_user::memory::Space;
use dbt_x86_backend::X86Backend;
use iced_x86::{
    Decoder, DecoderOptions, Formatter as _, Instruction, IntelFormatter, SymbolResolver,
    SymbolResult,
};

/// Where listings go.
pub(super) struct Dump {
    columns: Columns,
    guest: A32Guest,
    /// None after an error, which has been reported.
    out: Mutex<Option<Box<dyn Write + Send>>>,
    /// The code that all units share.
    runtime: OnceLock<Range<u64>>,
    /// A back end that knows the names in it.
    backend: X86Backend,
}

impl Dump {
    /// Opens the file, or standard error.
    pub(super) fn new(columns: Columns, to: Option<&Path>, guest: A32Guest) -> io::Result<Self> {
        // Appending keeps listings whole when a forked child writes too.
        let out: Box<dyn Write + Send> = match to {
            None => Box::new(io::stderr()),
            Some(path) => {
                let file = File::options().append(true).create(true).open(path);
                Box::new(file.map_err(|error| {
                    io::Error::new(
                        error.kind(),
                        format!("--dump-to {}: {error}", path.display()),
                    )
                })?)
            }
        };
        Ok(Self {
            columns,
            guest,
            out: Mutex::new(Some(out)),
            runtime: OnceLock::new(),
            backend: named(&guest)?,
        })
    }

    /// Says where the code is that all units share.
    pub(super) fn runtime(&self, code: Range<u64>) {
        // An engine has one.
        let _ = self.runtime.set(code);
    }

    /// Writes the listing of a unit.
    pub(super) fn write(&self, unit: &CompiledUnit<'_>, space: &Space) {
        let guest = |location: Location| match self.guest.disassemble(&mut Code(space), location) {
            Ok(disassembled) => disassembled.to_string(),
            Err(FetchFault { address, .. }) => format!("{address:08x}  cannot be fetched any more"),
        };
        let runtime = self.runtime.get().cloned().unwrap_or_default();
        let host = |code: &[u8], address| {
            let targets = Targets {
                unit: address..address + code.len() as u64,
                runtime: runtime.clone(),
                backend: self.backend.clone(),
            };
            disassemble_host(code, address, targets)
        };
        let listing = Listing {
            unit,
            columns: self.columns,
            guest: &guest,
            host: &host,
        };
        let text = format!("{listing}\n");
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = &mut *out
            && let Err(error) = writer.write_all(text.as_bytes())
        {
            eprintln!("dbt-user: --dump: {error}; no more listings");
            *out = None;
        }
    }
}

/// Reads the guest's code as data: it was executable when it was translated.
struct Code<'a>(&'a Space);

impl Fetch for Code<'_> {
    fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
        let fault = FetchFault {
            address,
            cause: FaultCause::Unmapped,
        };
        let guest = u32::try_from(address).map_err(|_| fault)?;
        self.0.read_obj(guest).map_err(|_| fault)
    }
}

/// Returns a back end that has emitted a runtime like the engine's.
fn named(guest: &A32Guest) -> io::Result<X86Backend> {
    let mut backend = X86Backend::default();
    let callees = Callees::default();
    backend
        .emit_runtime(guest.layout(), Lowering::Window, &callees, &mut Vec::new())
        .map_err(|error| io::Error::other(format!("--dump: {error:?}")))?;
    Ok(backend)
}

/// Disassembles x86-64 code.
fn disassemble_host(code: &[u8], address: u64, targets: Targets) -> Vec<(u32, String)> {
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
struct Targets {
    unit: Range<u64>,
    runtime: Range<u64>,
    backend: X86Backend,
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
