//! Random instructions against Unicorn, in a workspace of its own.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// A tool that the build needs: how to find it, and the package that has it.
struct Tool {
    name: &'static str,
    package: &'static str,
    is_there: fn() -> bool,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "cmake",
        package: "cmake",
        is_there: || runs("cmake"),
    },
    Tool {
        name: "a C compiler",
        package: "gcc",
        is_there: || runs("cc"),
    },
    Tool {
        name: "libclang",
        package: "libclang-dev",
        is_there: has_libclang,
    },
];

/// Runs `cargo xtask oracle unicorn`: `--install` is ours, the rest is the
/// oracle's.
pub(crate) fn run(args: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let mut rest: Vec<OsString> = args.raw_args()?.collect();
    let count = rest.len();
    rest.retain(|arg| arg != "--install");
    if let Some(code) = prepare(rest.len() != count)? {
        return Ok(code);
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../oracles/unicorn/Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "--release", "--quiet", "--manifest-path"])
        .arg(manifest)
        .arg("--")
        .args(rest)
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

/// Installs what is missing if `install`, else names it.
fn prepare(install: bool) -> Result<Option<ExitCode>, lexopt::Error> {
    let missing: Vec<&Tool> = TOOLS.iter().filter(|tool| !(tool.is_there)()).collect();
    if missing.is_empty() {
        return Ok(None);
    }
    if install {
        let packages = missing.iter().map(|tool| tool.package);
        let status = Command::new("apt-get")
            .args(["install", "--yes", "--no-install-recommends"])
            .args(packages)
            .status()
            .map_err(|error| format!("apt-get: {error}"))?;
        if status.success() {
            return Ok(None);
        }
    }
    for tool in missing {
        let Tool { name, package, .. } = tool;
        eprintln!("xtask: {name} is missing; Debian has it in `{package}` (or use --install)");
    }
    Ok(Some(ExitCode::from(2)))
}

fn runs(program: &str) -> bool {
    let mut command = Command::new(program);
    let command = command.arg("--version").stdout(Stdio::null());
    command
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Looks where bindgen does, by and large.
fn has_libclang() -> bool {
    if std::env::var_os("LIBCLANG_PATH").is_some() {
        return true;
    }
    let is_library = |name: &str| name.starts_with("libclang.so") || name.starts_with("libclang-");
    let holds = |folder: &Path| {
        std::fs::read_dir(folder).is_ok_and(|mut entries| {
            entries.any(|entry| {
                entry.is_ok_and(|entry| is_library(&entry.file_name().to_string_lossy()))
            })
        })
    };
    let llvm = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    llvm.filter(|entry| entry.file_name().to_string_lossy().starts_with("llvm-"))
        .any(|entry| holds(&entry.path().join("lib")))
        || ["/usr/lib", "/usr/lib64", "/usr/local/lib"]
            .iter()
            .any(|folder| holds(Path::new(folder)))
}
