//! Threads and futexes.

use super::nr::{Sysno, of};
use super::{Caller, DATA, Step, call, program};
use crate::cpu::CpuExit;
use crate::linux::Errno;
use crate::thread::End;

/// What `pthread_create` asks for.
const THREAD_FLAGS: u32 = 0x003d_0f00;

#[test]
fn a_futex_waits_only_for_what_it_was_told() {
    let mut caller = Caller::new();
    let futex = of(Sysno::futex);
    caller.put(DATA, &1_u32.to_le_bytes());
    assert_eq!(caller.call(futex, &[DATA, 128, 2, 0]), Err(Errno::EAGAIN));
    assert_eq!(caller.call(futex, &[DATA, 129, 1]), Ok(0));
    // A millisecond is over soon.
    caller.put(DATA + 8, bytemuck::bytes_of(&[0_u32, 1_000_000]));
    assert_eq!(
        caller.call(futex, &[DATA, 128, 1, DATA + 8]),
        Err(Errno::ETIMEDOUT)
    );
    assert_eq!(caller.call(futex, &[0, 128, 1, 0]), Err(Errno::EFAULT));
    assert_eq!(caller.call(futex, &[DATA, 77, 1, 0]), Err(Errno::ENOSYS));
}

/// `clone`, a word written by the child, its end, and the parent that waits for it as
/// `pthread_join` does.
#[test]
fn a_thread_runs_and_is_joined() {
    let tid_at = DATA + 0x100;
    let parent: Vec<Step> = vec![
        Box::new(move |regs, _| {
            let args = [THREAD_FLAGS, DATA + 0x1000, tid_at, 0x5150, tid_at];
            call(regs, of(Sysno::clone), &args)
        }),
        Box::new(move |regs, space| {
            // The id was stored before clone returned, unless the thread is gone already.
            let now: u32 = space.read_obj(tid_at).unwrap();
            assert!(
                regs.r[0].cast_signed() > 0,
                "clone gave {}",
                regs.r[0].cast_signed()
            );
            assert!(now == regs.r[0] || now == 0);
            let tid = regs.r[0];
            call(regs, of(Sysno::futex), &[tid_at, 0, tid, 0])
        }),
        Box::new(move |regs, space| {
            let result = regs.r[0].cast_signed();
            assert!(result == 0 || result == -11, "futex gave {result}");
            assert_eq!(space.read_obj::<u32>(tid_at).unwrap(), 0);
            assert_eq!(space.read_obj::<u32>(DATA + 0x200).unwrap(), 0x5150);
            call(regs, of(Sysno::exit_group), &[7])
        }),
    ];
    let child: Vec<Step> = vec![
        Box::new(|regs, space| {
            assert_eq!((regs.r[0], regs.r[13]), (0, DATA + 0x1000));
            space.write_obj(DATA + 0x200, &regs.tpidruro).unwrap();
            CpuExit::Interrupted
        }),
        Box::new(|regs, _| call(regs, of(Sysno::exit), &[0])),
    ];
    assert_eq!(program(vec![parent, child]).run(), End::Program(7));
}

#[test]
fn a_thread_without_a_core_is_refused() {
    let mut caller = Caller::new();
    let result = caller.call(
        of(Sysno::clone),
        &[THREAD_FLAGS, DATA + 0x1000, DATA, 0, DATA],
    );
    assert!(result.is_err());
    assert!(!caller.0.process.is_threaded());
    // Sharing memory without being a thread is not supported.
    let result = caller.call(of(Sysno::clone), &[0x100, DATA + 0x1000, 0, 0, 0]);
    assert_eq!(result, Err(Errno::EINVAL));
}
