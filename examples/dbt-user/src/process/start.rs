//! From a file to a thread about to execute its first instruction.

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::FromRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use object::read::ReadCache;

use super::{Heap, Process};
use crate::cli::Options;
use crate::cpu::{Engine, UserRegs};
use crate::elf::{self, ElfError, Image, Loaded};
use crate::kuser;
use crate::linux::Sysroot;
use crate::linux::host::{self, Sysno};
use crate::linux::signal::{Actions, host_signal};
use crate::memory::{self, Backing, Placement, Prot, Space};
use crate::stack::{Stack, Start};
use crate::thread::Thread;

/// Where mappings begin, as Linux's `mmap_min_addr` has it.
const LOWEST: u64 = 0x1_0000;
/// The first address behind the stack.
const STACK_TOP: u32 = 0xfff0_0000;
/// The stack's size, as Linux's default limit.
const STACK_SIZE: u32 = 8 << 20;
/// Addresses kept free below the stack.
const STACK_GAP: u32 = 1 << 20;
/// Where Linux puts position-independent programs (`ELF_ET_DYN_BASE`).
const PIE_BASE: u32 = 0x40_0000;

/// Why a program could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The program's file cannot be opened.
    #[error("{}: {error}{}", path.display(), hint(path))]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The file is nothing that dbt-user can run.
    #[error("{}: {error}", path.display())]
    Elf {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: ElfError,
    },
    /// The interpreter that a dynamic program names is not there.
    #[error("{}: needs the interpreter {}, which is not {}: give the root of an armhf system with -L",
        path.display(), interpreter.display(), place(sysroot.as_deref()))]
    Interpreter {
        /// The program.
        path: PathBuf,
        /// The interpreter's path.
        interpreter: PathBuf,
        /// Where it was looked for.
        sysroot: Option<PathBuf>,
    },
    /// Guest memory could not be set up.
    #[error("{}: cannot be loaded: {error}", path.display())]
    Memory {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: memory::Error,
    },
    /// Arguments and environment do not fit on the stack.
    #[error(
        "arguments and environment exceed the stack of {} bytes: pass less",
        STACK_SIZE
    )]
    Arguments,
    /// The host lacks something.
    #[error("the host cannot provide {what}: {error}")]
    Host {
        /// What.
        what: &'static str,
        /// Why not.
        error: io::Error,
    },
}

impl StartError {
    /// Returns the exit status: 127 for a missing program, 126 for one that does
    /// not run, as shells have it; 125 when the host is to blame.
    #[must_use]
    pub fn status(&self) -> i32 {
        match self {
            Self::Open { error, .. } if error.kind() == io::ErrorKind::NotFound => 127,
            Self::Host { .. } => 125,
            _ => 126,
        }
    }
}

fn hint(path: &Path) -> &'static str {
    // Not searched in PATH, which surprises who types `dbt-user ls`.
    if path.components().count() == 1 {
        " (dbt-user does not search PATH: give a path)"
    } else {
        ""
    }
}

fn place(sysroot: Option<&Path>) -> String {
    sysroot.map_or_else(
        || "on this system".into(),
        |dir| format!("under {}", dir.display()),
    )
}

/// A program's file and everything it is started with.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    pub(crate) args: Vec<CString>,
    pub(crate) env: Vec<CString>,
}

impl Program {
    /// Opens the program that the command line names, or unpacks the built-in one.
    pub(crate) fn open(options: &Options, env: Vec<CString>) -> Result<Self, StartError> {
        let (file, path) = match &options.program {
            Some(path) => {
                let file = File::open(path).and_then(|file| {
                    let is_dir = file.metadata()?.is_dir();
                    if is_dir {
                        Err(io::ErrorKind::IsADirectory.into())
                    } else {
                        Ok(file)
                    }
                });
                let file = file.map_err(|error| StartError::Open {
                    path: path.clone(),
                    error,
                })?;
                (file, path.clone())
            }
            None => (built_in()?, PathBuf::from("selftest")),
        };
        let name = options.argv0.clone().unwrap_or_else(|| path.clone().into());
        // Arguments came through `execve`, so they hold no zero bytes.
        let args = std::iter::once(name)
            .chain(options.args.iter().cloned())
            .filter_map(|arg| CString::new(arg.into_vec()).ok())
            .collect();
        Ok(Self {
            file,
            path,
            args,
            env,
        })
    }
}

/// Puts the built-in program into a file without a name.
fn built_in() -> Result<File, StartError> {
    let fail = |error| StartError::Host {
        what: "a file for the built-in program",
        error,
    };
    // SAFETY: the name is a C string.
    let fd = unsafe { libc::memfd_create(c"selftest".as_ptr(), libc::MFD_CLOEXEC) };
    if fd < 0 {
        return Err(fail(io::Error::last_os_error()));
    }
    // SAFETY: the descriptor is new and nobody else's.
    let mut file = unsafe { File::from_raw_fd(fd) };
    io::Write::write_all(&mut file, crate::SELFTEST).map_err(fail)?;
    Ok(file)
}

/// Loads a program and makes its first thread.
pub(crate) fn start(
    program: &Program,
    options: &Options,
    engine: Arc<dyn Engine>,
) -> Result<Thread, StartError> {
    // The faster of the two, where the host has it.
    let space = Space::at_zero()
        .or_else(|_| Space::new())
        .map_err(|error| StartError::Host {
            what: "4 GiB of addresses for the guest",
            error: io::Error::from_raw_os_error(error.errno()),
        })?;
    let space = Arc::new(space);
    space.set_mmap_range(LOWEST..u64::from(STACK_TOP - STACK_SIZE - STACK_GAP));
    let sysroot = Sysroot::new(options.sysroot.clone());
    let (image, loaded, interpreter) = load(&space, program, &sysroot)?;
    let written = write_stack(&space, program, &image, loaded, interpreter)?;
    let process = Process {
        space: space.clone(),
        engine: engine.clone(),
        sysroot,
        strace: options.strace,
        stats: options.stats,
        own_args: own_args(options),
        path: program
            .path
            .canonicalize()
            .unwrap_or_else(|_| program.path.clone()),
        args: program.args.clone(),
        auxv: written.auxv,
        actions: Mutex::new(Actions::inherited()),
        heap: Mutex::new(Heap {
            start: loaded.end,
            end: loaded.end,
        }),
        threads: AtomicUsize::new(1),
    };
    let entry = interpreter.map_or(loaded.entry, |i| i.entry);
    let cpu = engine
        .cpu(&space, &UserRegs::at_entry(entry, written.sp))
        .map_err(|error| StartError::Host {
            what: "a core",
            error,
        })?;
    Ok(Thread::new(
        Arc::new(process),
        cpu,
        host_signal::inherited_mask(),
    ))
}

/// Maps the stack and the kernel helpers, and writes what the program finds on its stack.
fn write_stack(
    space: &Space,
    program: &Program,
    image: &Image,
    loaded: Loaded,
    interpreter: Option<Loaded>,
) -> Result<Stack, StartError> {
    let at = |error| StartError::Memory {
        path: program.path.clone(),
        error,
    };
    kuser::map(space).map_err(at)?;
    let (bottom, len) = (STACK_TOP - STACK_SIZE, u64::from(STACK_SIZE));
    let mut prot = Prot::READ | Prot::WRITE;
    prot.set(Prot::EXEC, image.exec_stack);
    space
        .map(bottom, len, prot, Backing::Anonymous, Placement::Fixed)
        .and_then(|at| space.label(at, len, Some("[stack]".into())))
        .map_err(at)?;
    let path = CString::new(program.path.as_os_str().as_bytes()).unwrap_or_default();
    Start {
        args: &program.args,
        env: &program.env,
        path: &path,
        headers: loaded.headers,
        header_count: image.header_count,
        entry: loaded.entry,
        interpreter: interpreter.map_or(0, |i| i.bias),
        random: random()?,
        ids: ids(),
    }
    .write(space, STACK_TOP)
    .map_err(|_| StartError::Arguments)
}

/// Loads the program and, if it names one, its interpreter.
fn load(
    space: &Space,
    program: &Program,
    sysroot: &Sysroot,
) -> Result<(Image, Loaded, Option<Loaded>), StartError> {
    let image = parse(&program.file, &program.path)?;
    let at = |error| StartError::Memory {
        path: program.path.clone(),
        error,
    };
    let loaded = elf::load(space, &program.file, &image, Some(PIE_BASE)).map_err(at)?;
    let Some(name) = &image.interpreter else {
        return Ok((image, loaded, None));
    };
    let guest = CString::new(name.clone()).unwrap_or_default();
    let path = PathBuf::from(OsStr::from_bytes(sysroot.resolve(&guest).as_bytes()));
    let file = File::open(&path).map_err(|_| StartError::Interpreter {
        path: program.path.clone(),
        interpreter: OsString::from_vec(name.clone()).into(),
        sysroot: sysroot.dir().map(Path::to_owned),
    })?;
    let interpreter = parse(&file, &path)?;
    let at = |error| StartError::Memory {
        path: path.clone(),
        error,
    };
    let interpreter = elf::load(space, &file, &interpreter, None).map_err(at)?;
    Ok((image, loaded, Some(interpreter)))
}

fn parse(file: &File, path: &Path) -> Result<Image, StartError> {
    let opened = || -> io::Result<(Image, u64)> {
        let mut file = file.try_clone()?;
        let len = file.seek(SeekFrom::End(0))?;
        let mut magic = [0; 4];
        file.rewind()?;
        // A directory or a device that cannot be read fails here, with its own reason.
        let _ = file.read(&mut magic)?;
        let cache = ReadCache::new(file);
        Image::parse(&cache, len)
            .map(|image| (image, len))
            .map_err(io::Error::other)
    };
    opened().map(|(image, _)| image).map_err(|error| {
        match error.get_ref().and_then(|e| e.downcast_ref::<ElfError>()) {
            Some(elf) => StartError::Elf {
                path: path.to_owned(),
                error: elf.clone(),
            },
            None => StartError::Open {
                path: path.to_owned(),
                error,
            },
        }
    })
}

fn random() -> Result<[u8; 16], StartError> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|error| StartError::Host {
            what: "random bytes",
            error,
        })?;
    Ok(bytes)
}

fn ids() -> [u32; 4] {
    [Sysno::getuid, Sysno::geteuid, Sysno::getgid, Sysno::getegid]
        .map(|nr| host::call(nr, []).map_or(0, |id| id as u32))
}

/// Returns the options that a program executed by this one runs under.
fn own_args(options: &Options) -> Vec<OsString> {
    let mut args = Vec::new();
    if let Some(dir) = &options.sysroot {
        // Absolute, because the guest may change its directory.
        args.extend([
            "-L".into(),
            std::path::absolute(dir).unwrap_or(dir.clone()).into(),
        ]);
    }
    let engine = &options.engine;
    let flags = [("--strace", options.strace), ("--stats", options.stats)];
    let engine_flags = [
        ("--interpret", engine.interpret),
        ("--perf-map", engine.perf_map),
        ("--check-branches", engine.check_branches),
    ];
    args.extend(
        flags
            .iter()
            .chain(&engine_flags)
            .filter(|f| f.1)
            .map(|f| f.0.into()),
    );
    if let Some(threshold) = engine.hot_threshold {
        args.extend(["--hot-threshold".into(), threshold.to_string().into()]);
    }
    if let Some(size) = engine.code_cache {
        args.extend(["--code-cache".into(), size.to_string().into()]);
    }
    if let Some(columns) = engine.dump {
        args.extend(["--dump".into(), columns.to_string().into()]);
    }
    if let Some(file) = &engine.dump_to {
        let file = std::path::absolute(file).unwrap_or(file.clone());
        args.extend(["--dump-to".into(), file.into()]);
    }
    args
}
