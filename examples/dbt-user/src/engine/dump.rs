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
use dbt_hv_glue::process::native::{self, NativeBackend};
use dbt_user::memory::Space;

use super::host_code::{Targets, disassemble_host};

/// Where listings go.
pub(super) struct Dump {
    columns: Columns,
    guest: A32Guest,
    /// None after an error, which has been reported.
    out: Mutex<Option<Box<dyn Write + Send>>>,
    /// The code that all units share.
    runtime: OnceLock<Range<u64>>,
    /// A back end that knows the names in it.
    backend: NativeBackend,
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
fn named(guest: &A32Guest) -> io::Result<NativeBackend> {
    let mut backend = native::backend();
    let callees = Callees::default();
    backend
        .emit_runtime(guest.layout(), Lowering::Window, &callees, &mut Vec::new())
        .map_err(|error| io::Error::other(format!("--dump: {error:?}")))?;
    Ok(backend)
}
