//! Runs 32-bit ARM Linux programs on 64-bit Linux.
//!
//! This is the Linux personality: it loads a program, gives it a stack, carries
//! out its system calls and delivers its signals. What executes instructions
//! stands behind the [`cpu`] module's traits.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "system call arguments are bit patterns; Linux defines what happens to the rest"
)]
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "this is a program for an operating system"
)]

pub mod cli;
pub mod cpu;
pub mod elf;
mod kuser;
mod linux;
pub mod memory;
mod process;
mod stack;
pub mod symbols;
mod thread;

use std::ffi::CString;
use std::sync::Arc;

pub use process::StartError;

/// The program that runs when none is named; `guests/README.md` says how it is built.
pub(crate) const SELFTEST: &[u8] = include_bytes!("../../../guests/selftest/selftest.elf");

/// Runs a program to its end and exits as it does: with its status, or by the signal
/// that killed it.
///
/// # Errors
///
/// Returns why the program could not be started.
pub fn run(
    options: &cli::Options,
    env: Vec<CString>,
    engine: Arc<dyn cpu::Engine>,
) -> Result<(), StartError> {
    let program = process::Program::open(options, env)?;
    let mut thread = process::start(&program, options, engine)?;
    // Only the guest's files are to be open in what the guest executes.
    drop(program);
    let end = thread.run();
    process::finish_thread(thread, end);
    // Other threads go on; the process ends with the last of them.
    loop {
        std::thread::park();
    }
}
