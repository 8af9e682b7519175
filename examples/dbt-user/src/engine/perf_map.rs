//! `--perf-map`: names of translated code for `perf report`.
//!
//! The format is `perf`'s: a line for each piece of code with its address and
//! length, hexadecimal, and a name up to the end of the line
//! (Linux, `tools/perf/Documentation/jit-interface.txt`).

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use dbt_core::engine::CompiledUnit;
use dbt_user::memory::Space;
use dbt_user::symbols::Symbols;

/// The map of this process.
pub(super) struct PerfMap(Mutex<Inner>);

struct Inner {
    /// The process that the file is of.
    pid: u32,
    /// None after an error, which has been reported.
    file: Option<File>,
    symbols: Symbols,
}

impl PerfMap {
    /// Creates the file.
    pub(super) fn create() -> io::Result<Self> {
        let pid = std::process::id();
        Ok(Self(Mutex::new(Inner {
            pid,
            file: Some(create(pid)?),
            symbols: Symbols::default(),
        })))
    }

    /// Names the code that all units share.
    pub(super) fn runtime(&self, code: &Range<u64>) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.line(code.start, code.end - code.start, "dbt-user runtime");
    }

    /// Names a unit.
    pub(super) fn unit(&self, unit: &CompiledUnit<'_>, space: &Space) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bits = unit.location.pc_bits();
        let (address, set) = match bits & 1 {
            0 => (bits & !3, "A32"),
            _ => (bits & !1, "T32"),
        };
        let name = match inner.symbols.name(space, address) {
            Some(name) => format!("{name} [{set}]"),
            None => format!("{address:#x} [{set}]"),
        };
        inner.line(unit.address, unit.code.len() as u64, &name);
    }
}

impl Inner {
    fn line(&mut self, start: u64, len: u64, name: &str) {
        let pid = std::process::id();
        if pid != self.pid {
            self.fork(pid);
        }
        let Some(file) = &mut self.file else { return };
        // One write, so that a line is whole.
        if let Err(error) = file.write_all(format!("{start:x} {len:x} {name}\n").as_bytes()) {
            self.give_up(&error);
        }
    }

    /// Gives a forked child its own map, which begins as its parent's: it has a
    /// copy of the code at the same addresses.
    fn fork(&mut self, pid: u32) {
        let parent = std::mem::replace(&mut self.pid, pid);
        let copied = create(pid).and_then(|mut file| {
            io::copy(&mut File::open(path(parent))?, &mut file)?;
            Ok(file)
        });
        match copied {
            Ok(file) => self.file = Some(file),
            Err(error) => self.give_up(&error),
        }
    }

    fn give_up(&mut self, error: &io::Error) {
        eprintln!("dbt-user: --perf-map: {error}; no more names");
        self.file = None;
    }
}

/// Creates the map of a process anew. It is not opened if it exists, since others
/// can make links in `/tmp`.
fn create(pid: u32) -> io::Result<File> {
    let path = path(pid);
    let _ = fs::remove_file(&path);
    let file = File::options().write(true).create_new(true).open(&path);
    file.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("--perf-map: {}: {error}", path.display()),
        )
    })
}

fn path(pid: u32) -> PathBuf {
    format!("/tmp/perf-{pid}.map").into()
}
