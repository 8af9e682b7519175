//! How a program ends: by its own status, or by a signal.

use std::io::Write;

use super::Process;
use crate::linux::signal::host_signal;
use crate::thread::{End, Thread};

/// Ends what `end` says, from the thread it concerns. Returns only for a thread
/// that is not the program's last.
pub(crate) fn finish_thread(thread: Thread, end: End) {
    let process = thread.process.clone();
    match end {
        End::Program(status) => {
            drop(thread);
            leave(&process, status)
        }
        End::Killed(signal) => {
            drop(thread);
            report(&process);
            host_signal::die(signal);
        }
        End::Thread(status) => {
            thread.announce_end();
            drop(thread);
            if process.thread_ends() {
                leave(&process, status);
            }
        }
    }
}

/// Ends the process with a status. Rust's destructors and the C library's exit
/// handlers do not run: other guest threads may still be executing.
fn leave(process: &Process, status: i32) -> ! {
    report(process);
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(status) }
}

fn report(process: &Process) {
    if process.stats {
        let mut out = std::io::stderr().lock();
        // Nobody is left to tell about a closed standard error.
        let _ = process.engine.report(&mut out);
        let _ = out.flush();
    }
}
