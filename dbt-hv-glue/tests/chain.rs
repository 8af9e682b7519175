//! Faults that are not ours go where they would have gone without us.
//!
//! Signal actions belong to the process, so each case runs in a process of its
//! own: the test starts itself again with the case's name in the environment.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(
    feature = "process",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

use core::sync::atomic::{AtomicI32, Ordering};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};

use dbt_hv_glue::process::{Fault, FaultScope, HostContext, Verdict, Window};

const CASE: &str = "DBT_CHAIN_CASE";

/// Tells `test` in a child process to run, and returns how that ended.
fn in_child(test: &str) -> ExitStatus {
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new(program);
    child.args([test, "--exact", "--nocapture"]).env(CASE, test);
    child
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    child.status().unwrap()
}

fn is_child(test: &str) -> bool {
    std::env::var(CASE).is_ok_and(|case| case == test)
}

/// Installs `action` for `SIGSEGV` as a host program would.
fn install(handler: usize, flags: i32) {
    // SAFETY: zeroes are an empty mask and no flags.
    let mut action = unsafe { core::mem::zeroed::<libc::sigaction>() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: the handlers of these tests are signal-safe.
    let status =
        unsafe { libc::sigaction(libc::SIGSEGV, &raw const action, core::ptr::null_mut()) };
    assert_eq!(status, 0);
}

/// Installs our hook over whatever there is, and registers for a range that holds
/// no faulting instruction.
fn with_hook(section: impl FnOnce()) {
    let _window = Window::new().unwrap();
    let never = |_: &mut HostContext<'_>, _: &Fault| -> Verdict { unreachable!("not its range") };
    // SAFETY: the range is empty.
    let _scope = unsafe { FaultScope::new(0..0, &never) }.unwrap();
    section();
}

fn fault_at(addr: usize) {
    let pointer = core::ptr::without_provenance_mut::<u8>(addr);
    // SAFETY: not at all; the fault is what is tested.
    unsafe { core::arch::asm!("mov byte ptr [{}], 0", in(reg) pointer) };
}

fn exit(status: i32) -> ! {
    // SAFETY: ends the process without running anything else.
    unsafe { libc::_exit(status) }
}

extern "C" fn exits_with_address(_: i32, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel passes valid information.
    let info = unsafe { &*info };
    // SAFETY: for a fault, the address is filled in.
    let address = unsafe { info.si_addr() }.addr();
    exit(i32::try_from(address).unwrap_or(0))
}

/// A handler with `SA_SIGINFO` gets the original information.
#[test]
fn a_handler_with_information_is_called() {
    const NAME: &str = "a_handler_with_information_is_called";
    if is_child(NAME) {
        install(exits_with_address as *const () as usize, libc::SA_SIGINFO);
        with_hook(|| fault_at(42));
    }
    assert_eq!(in_child(NAME).code(), Some(42));
}

static CALLS: AtomicI32 = AtomicI32::new(0);

extern "C" fn exits_the_third_time(signal: i32) {
    assert_eq!(signal, libc::SIGSEGV);
    if CALLS.fetch_add(1, Ordering::Relaxed) == 2 {
        exit(43);
    }
}

/// A handler without `SA_SIGINFO` is called each time, and may return to try again.
#[test]
fn a_plain_handler_is_called() {
    const NAME: &str = "a_plain_handler_is_called";
    if is_child(NAME) {
        install(exits_the_third_time as *const () as usize, 0);
        with_hook(|| fault_at(0));
    }
    assert_eq!(in_child(NAME).code(), Some(43));
}

/// Without a handler the process dies of the signal.
#[test]
fn the_default_is_to_die() {
    const NAME: &str = "the_default_is_to_die";
    if is_child(NAME) {
        install(libc::SIG_DFL, 0);
        with_hook(|| fault_at(0));
    }
    assert_eq!(in_child(NAME).signal(), Some(libc::SIGSEGV));
}

/// The standard library's handler, which is what a program has by default, still
/// lets it die of a stray access.
#[test]
fn the_standard_librarys_handler_is_chained() {
    const NAME: &str = "the_standard_librarys_handler_is_chained";
    if is_child(NAME) {
        with_hook(|| fault_at(0));
    }
    assert_eq!(in_child(NAME).signal(), Some(libc::SIGSEGV));
}

/// A signal sent by a process kills as well, though no instruction repeats it.
#[test]
fn a_sent_signal_is_passed_on() {
    const NAME: &str = "a_sent_signal_is_passed_on";
    if is_child(NAME) {
        install(libc::SIG_DFL, 0);
        with_hook(|| {
            // SAFETY: sends a signal to this thread.
            unsafe { libc::raise(libc::SIGSEGV) };
        });
        exit(1);
    }
    assert_eq!(in_child(NAME).signal(), Some(libc::SIGSEGV));
}

/// An ignored signal that was sent stays ignored.
#[test]
fn an_ignored_signal_is_ignored() {
    const NAME: &str = "an_ignored_signal_is_ignored";
    if is_child(NAME) {
        install(libc::SIG_IGN, 0);
        with_hook(|| {
            // SAFETY: sends a signal to this thread.
            unsafe { libc::raise(libc::SIGSEGV) };
            exit(44);
        });
    }
    assert_eq!(in_child(NAME).code(), Some(44));
}

/// A fault cannot be ignored, with or without us.
#[test]
fn an_ignored_fault_kills() {
    const NAME: &str = "an_ignored_fault_kills";
    if is_child(NAME) {
        install(libc::SIG_IGN, 0);
        with_hook(|| fault_at(0));
    }
    assert_eq!(in_child(NAME).signal(), Some(libc::SIGSEGV));
}
