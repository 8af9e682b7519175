#![cfg_attr(target_os = "none", no_std, no_main)]
//! A kernel that translates: see the library for what it is made of.
//!
//! ```sh
//! cargo build -p bare-metal --target x86_64-unknown-none
//! cargo run -p bare-metal      # the same on Linux
//! ```

/// Bytes of guest memory.
const GUEST: usize = 0x2000;

/// Puts the program into guest memory and runs it.
fn start(code: impl dbt_core::host::CodeMemory) -> Result<u32, bare_metal::Stopped> {
    let mut guest = [0; GUEST];
    for (bytes, word) in guest.chunks_exact_mut(4).zip(bare_metal::PROGRAM) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    bare_metal::run(code, &mut bare_metal::FlatMemory::new(&mut guest))
}

#[cfg(target_os = "none")]
mod kernel {
    use core::hint::spin_loop;
    use core::panic::PanicInfo;
    use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

    use bare_metal::{Bump, StaticCode};

    #[global_allocator]
    static HEAP: Bump<{ 4 << 20 }> = Bump::new();

    static CODE: [AtomicU64; 32 << 10] = [const { AtomicU64::new(0) }; 32 << 10];

    /// Where a debugger finds the answer.
    static ANSWER: AtomicU32 = AtomicU32::new(0);

    /// Where the boot loader jumps: 64-bit mode, interrupts off, a stack of 64 KiB at
    /// least, SSE enabled (generated code uses it for guest floating point), and all
    /// memory mapped where it is, executable.
    #[unsafe(no_mangle)]
    extern "C" fn _start() -> ! {
        // SAFETY: the loader has mapped memory executable; `CODE` has no other user.
        let code = unsafe { StaticCode::new(&CODE, CODE.as_ptr().cast()) };
        if let Ok(answer) = super::start(code) {
            ANSWER.store(answer, Ordering::Relaxed);
        }
        loop {
            spin_loop();
        }
    }

    #[panic_handler]
    fn panic(_: &PanicInfo<'_>) -> ! {
        loop {
            spin_loop();
        }
    }
}

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn core::error::Error>> {
    let code = dbt_hv_glue::process::ProcessCode::new(1 << 18)?;
    let sum = start(code).map_err(|stopped| format!("{stopped:?}"))?;
    println!("the sum of ten squares is {sum}");
    if sum == bare_metal::RESULT {
        Ok(())
    } else {
        Err("that is wrong".into())
    }
}

#[cfg(not(any(target_os = "linux", target_os = "none")))]
fn main() {
    println!("this example has code memory for Linux and for bare metal only");
}
