//! Futexes and what the C library registers for its threads.
//!
//! A futex word's host address is as good as its guest address, so the host's
//! kernel does everything, between processes too.

use super::abi::time::read_timeout;
use super::host::{Arg, Sysno};
use super::table::calls;
use super::{Args, Errno, Fail, SysResult, fail};
use crate::thread::{Thread, call};

calls! {
    futex(Ptr, Hex, Int, Hex, Ptr, Hex) => |t, a| futex(t, a, false);
    futex_time64(Ptr, Hex, Int, Hex, Ptr, Hex) => |t, a| futex(t, a, true);
    set_tid_address(Ptr) => |t, a| {
        t.clear_tid = a[0];
        call(Sysno::gettid, [])
    };
    // The list is not walked when a thread dies: a robust mutex of a killed thread stays
    // locked. The C library only needs the call to succeed.
    set_robust_list(Ptr, Len) => |_, a| if a[1] == 12 { Ok(0) } else { fail(Errno::EINVAL) };
    get_robust_list(Int, Ptr, Ptr) => |_, _| fail(Errno::ENOSYS);
}

fn futex(thread: &mut Thread, args: Args, wide: bool) -> SysResult {
    let [addr, op, value, fourth, second, last] = args.0;
    // Private or not, and by which clock, does not change what the arguments are.
    let command = op.cast_signed() & !(libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME);
    let word = |addr: u32| thread.input(addr, 4);
    let (first, op, value, last) = (word(addr)?, op.into(), value.into(), last.into());
    match command {
        libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET | libc::FUTEX_LOCK_PI | FUTEX_LOCK_PI2 => {
            let timeout = read_timeout(thread, fourth, wide)?;
            let time = timeout.as_ref().map_or(Arg::NULL, Arg::input);
            let result = thread.blocking(Sysno::futex, [first, op, value, time, Arg::NULL, last]);
            // A relative timeout that starts anew would never end.
            if timeout.is_some() && command == libc::FUTEX_WAIT {
                return result.map_err(Fail::unless_handled);
            }
            result
        }
        libc::FUTEX_WAIT_REQUEUE_PI => {
            let timeout = read_timeout(thread, fourth, wide)?;
            let time = timeout.as_ref().map_or(Arg::NULL, Arg::input);
            let second = word(second)?;
            thread.blocking(Sysno::futex, [first, op, value, time, second, last])
        }
        libc::FUTEX_REQUEUE | libc::FUTEX_CMP_REQUEUE | libc::FUTEX_CMP_REQUEUE_PI => call(
            Sysno::futex,
            [first, op, value, fourth.into(), word(second)?, last],
        ),
        libc::FUTEX_WAKE_OP => {
            let second = thread.output(second, 4)?;
            call(
                Sysno::futex,
                [first, op, value, fourth.into(), second, last],
            )
        }
        libc::FUTEX_WAKE
        | libc::FUTEX_WAKE_BITSET
        | libc::FUTEX_UNLOCK_PI
        | libc::FUTEX_TRYLOCK_PI => {
            call(Sysno::futex, [first, op, value, Arg::NULL, Arg::NULL, last])
        }
        _ => fail(Errno::ENOSYS),
    }
}

const FUTEX_LOCK_PI2: i32 = 13;
