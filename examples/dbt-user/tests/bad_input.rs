//! What `dbt-user` does with bad input: it says what is wrong, or the guest gets
//! what Linux would give it, and the host lives.
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::unwrap_used,
    reason = "these are tests of a program for an operating system"
)]

#[path = "bad_input/guest.rs"]
mod guest;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use guest::{DATA, TEXT, TempFile, asm, catching, dynamic, program};

/// The ways to execute; a guest must not be able to tell.
const MODES: [&str; 3] = ["--hot-threshold=0", "--hot-threshold=48", "--interpret"];

fn dbt_user() -> Command {
    Command::new(env!("CARGO_BIN_EXE_dbt-user"))
}

/// Runs a guest program made of these instructions.
fn run(mode: &str, code: &[u32]) -> Output {
    let file = TempFile::new(&program(code));
    dbt_user().arg(mode).arg(file.path()).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs with arguments that must be refused, and returns what is said.
fn refusal(args: &[&str], status: i32) -> String {
    let output = dbt_user().args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(status), "{args:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let text = stderr(&output);
    assert!(text.starts_with("dbt-user: "), "{text}");
    text
}

#[test]
fn unknown_options_are_refused() {
    assert!(refusal(&["--frobnicate"], 2).contains("--frobnicate"));
    assert!(refusal(&["-q", "program"], 2).contains("-q"));
    assert!(refusal(&["--code-cache", "much"], 2).contains("much"));
}

#[test]
fn files_that_cannot_run_are_refused() {
    assert!(refusal(&["/no/such/program"], 127).contains("No such file"));
    assert!(refusal(&["/"], 126).contains("directory"));
    let own = env!("CARGO_BIN_EXE_dbt-user");
    assert!(refusal(&[own], 126).contains("x86-64"));
    let script =
        TempFile::new(b"#!/bin/sh\necho this is long enough for an ELF header of 52 bytes\n");
    assert!(refusal(&[script.path()], 126).contains("not an ELF file"));
    let good = program(&asm::exit(0));
    let cut = TempFile::new(&good[..good.len() - 1]);
    assert!(refusal(&[cut.path()], 126).contains("truncated"));
    let overlapping = TempFile::new(&guest::overlapping());
    assert!(refusal(&[overlapping.path()], 126).contains("both want address"));
    let interpreter = TempFile::new(&dynamic("/no/such/ld.so", "libx.so"));
    assert!(refusal(&[interpreter.path()], 126).contains("needs the interpreter /no/such/ld.so"));
}

/// The guest's dynamic linker looks for libraries, so it is what complains.
#[test]
fn a_missing_library_is_named() {
    let interpreter = "/lib/ld-linux-armhf.so.3";
    let roots = ["/usr/arm-linux-gnueabihf", "/"];
    let has_linker = |root: &&str| Path::new(&format!("{root}{interpreter}")).exists();
    let Some(root) = roots.into_iter().find(has_linker) else {
        eprintln!("skipped: there is no {interpreter} (Debian: libc6-dev-armhf-cross)");
        return;
    };
    let file = TempFile::new(&dynamic(interpreter, "libnowhere.so.9"));
    let output = dbt_user().args(["-L", root, file.path()]).output().unwrap();
    assert_eq!(output.status.code(), Some(127), "{output:?}");
    assert!(stderr(&output).contains("libnowhere.so.9"), "{output:?}");
}

/// A guest program that faults.
struct Faulty {
    what: &'static str,
    code: Vec<u32>,
    /// What is in `r4` and `r5`, and what `si_addr` must be.
    address: u32,
    signal: i32,
    si_code: i32,
}

fn faulty() -> Vec<Faulty> {
    const NOWHERE: u32 = 0x5000_0000;
    const ILLOPC: (i32, i32) = (libc::SIGILL, 1);
    const MAPERR: (i32, i32) = (libc::SIGSEGV, 1);
    const ACCERR: (i32, i32) = (libc::SIGSEGV, 2);
    let here = TEXT + guest::START;
    let case = |what, code: &[u32], address, (signal, si_code)| Faulty {
        what,
        code: code.to_vec(),
        address,
        signal,
        si_code,
    };
    let to_t32 = [asm::ADD_R5_1, asm::BX_R5];
    vec![
        case("udf", &[asm::UDF], here, ILLOPC),
        case("bx to unmapped memory", &[asm::BX_R4], NOWHERE, MAPERR),
        case("bx to null", &[asm::BX_R4], 0, MAPERR),
        case("bx to T32, unmapped", &to_t32, NOWHERE, MAPERR),
        case("bx to data", &[asm::BX_R4], DATA, ACCERR),
        case("ldr from unmapped", &[asm::LDR_R0_R4], NOWHERE, MAPERR),
        case("ldr from null", &[asm::LDR_R0_R4], 0, MAPERR),
        case("str to text", &[asm::STR_R0_R4], TEXT, ACCERR),
        // Half of it would be outside the window.
        case("ldr over the end", &[asm::LDR_R0_R4], !0 - 1, MAPERR),
        case("str over the end", &[asm::STR_R0_R4], !0 - 1, MAPERR),
    ]
}

#[test]
fn a_guest_that_faults_is_told_what_and_where() {
    for mode in MODES {
        for fault in faulty() {
            let output = run(mode, &catching(&fault.code, fault.address));
            let expected = fault.signal << 2 | fault.si_code;
            assert_eq!(
                output.status.code(),
                Some(expected),
                "{mode} {}",
                fault.what
            );
        }
    }
}

#[test]
fn a_guest_that_faults_unprepared_is_killed() {
    for mode in MODES {
        for fault in faulty() {
            let output = run(mode, &[asm::set_r4_r5(fault.address), fault.code].concat());
            assert_eq!(
                output.status.signal(),
                Some(fault.signal),
                "{mode} {}",
                fault.what
            );
        }
    }
}

#[test]
fn a_guest_that_exhausts_its_memory_is_told() {
    for mode in MODES {
        // The status says how many regions of 16 MiB there were.
        let output = run(mode, &guest::exhausting());
        let regions = output.status.code().unwrap();
        assert!((240..256).contains(&regions), "{mode}: {output:?}");
    }
}

/// The built-in program checks itself.
#[test]
fn an_absurdly_small_code_cache_works() {
    let output = dbt_user()
        .args(["--stats", "--code-cache", "1", "--hot-threshold", "0"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = stderr(&output);
    let evictions = text.lines().find_map(|line| line.strip_prefix("evictions"));
    let evictions: u32 = evictions.unwrap().trim().parse().unwrap();
    assert!(evictions > 10, "{text}");
}

#[test]
fn a_host_that_denies_executable_memory_has_the_guest_interpreted() {
    let file = TempFile::new(&program(&asm::exit(42)));
    let filter = no_executable_memory();
    let mut command = dbt_user();
    command.arg("--stats").arg(file.path());
    // A filter is for the thread that installs it and for what that starts.
    let thread = std::thread::spawn(move || {
        seccompiler::apply_filter(&filter).map(|()| command.output().unwrap())
    });
    let Ok(output) = thread.join().unwrap() else {
        eprintln!("skipped: this host has no seccomp filters");
        return;
    };
    assert_eq!(output.status.code(), Some(42), "{output:?}");
    let text = stderr(&output);
    assert!(text.contains("denies executable memory"), "{text}");
    assert!(text.contains("interpreting"), "{text}");
}

/// Denies what code memory is and a loaded program is not: executable and shared.
fn no_executable_memory() -> BpfProgram {
    let has = |argument, bits: i32| {
        let bits = u64::from(bits.cast_unsigned());
        let operator = SeccompCmpOp::MaskedEq(bits);
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, bits).unwrap()
    };
    let rule = SeccompRule::new(vec![has(2, libc::PROT_EXEC), has(3, libc::MAP_SHARED)]).unwrap();
    let rules = BTreeMap::from([(libc::SYS_mmap, vec![rule])]);
    let deny = SeccompAction::Errno(libc::EACCES.cast_unsigned());
    let arch = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, deny, arch).unwrap();
    filter.try_into().unwrap()
}
