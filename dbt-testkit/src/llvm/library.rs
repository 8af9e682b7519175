//! LLVM's disassembler in this process, through its C interface.
//!
//! The library is loaded when it is asked for, so that nothing but the oracle needs it. A
//! word costs about a microsecond, which makes exhaustive sweeps possible. What the C
//! interface does not tell is *why* a word is no instruction: one that LLVM calls
//! "potentially undefined" is refused like an invalid one.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use libloading::{Library, Symbol};

use crate::capstone::is_reserved;
use crate::sweep::Set;

/// The names under which the library is looked for, newest first.
const NAMES: [&str; 3] = ["libLLVM.so.19.1", "libLLVM-19.so.1", "libLLVM-19.so"];

/// What ARMv8.6 has in AArch32; LLVM knows it under these names.
const NEWEST: &CStr = c"+v8.6a,+v8,+crypto,+crc,+fullfp16,+fp16fml,+dotprod,+bf16,+i8mm,+sb,+ras,\
                        +mp,+trustzone,+virtualization,+hwdiv,+hwdiv-arm,+neon,+fp-armv8,+clrbhb";
/// What ARMv7 has, of which ARMv8 removed some.
const ARMV7: &CStr = c"+v7,+hwdiv,+hwdiv-arm,+mp,+trustzone,+virtualization,+vfp4,+neon,+fp16";

type Create = unsafe extern "C" fn(
    triple: *const c_char,
    cpu: *const c_char,
    features: *const c_char,
    information: *mut c_void,
    tag: c_int,
    operands: *const c_void,
    symbols: *const c_void,
) -> *mut c_void;
type Disassemble = unsafe extern "C" fn(
    context: *mut c_void,
    bytes: *mut u8,
    count: u64,
    pc: u64,
    text: *mut c_char,
    text_len: usize,
) -> usize;
type Dispose = unsafe extern "C" fn(context: *mut c_void);

/// The loaded library, its Arm target registered.
#[derive(Debug)]
pub struct Llvm {
    library: Library,
}

impl Llvm {
    /// Loads the library, which Debian has in the package `libllvm19`.
    ///
    /// # Errors
    ///
    /// Says that it is missing, or that it lacks a function.
    pub fn load() -> Result<Self, String> {
        let mut reason = String::new();
        for name in NAMES {
            // SAFETY: LLVM's initialisers register passes and options and nothing else.
            match unsafe { Library::new(name) } {
                Ok(library) => return Self { library }.initialise(),
                Err(error) => reason = error.to_string(),
            }
        }
        Err(format!(
            "LLVM's library is missing; Debian has it in `libllvm19` ({reason})"
        ))
    }

    fn initialise(self) -> Result<Self, String> {
        for name in [
            "LLVMInitializeARMTargetInfo",
            "LLVMInitializeARMTargetMC",
            "LLVMInitializeARMDisassembler",
        ] {
            // SAFETY: these functions of LLVM-C take and return nothing.
            let function = unsafe { self.symbol::<unsafe extern "C" fn()>(name) }?;
            // SAFETY: registering a target has no other precondition.
            unsafe { function() };
        }
        Ok(self)
    }

    /// # Safety
    ///
    /// `T` must be the type of the function.
    unsafe fn symbol<T>(&self, name: &str) -> Result<Symbol<'_, T>, String> {
        // SAFETY: the caller knows the type.
        unsafe { self.library.get(name.as_bytes()) }.map_err(|error| error.to_string())
    }

    /// Opens a disassembler, for one thread.
    ///
    /// # Errors
    ///
    /// When LLVM was built without Arm.
    pub fn open(&self, set: Set) -> Result<Disassembler<'_>, String> {
        let triple = if set == Set::A32 {
            c"armv8.6a-none-linux-gnueabihf"
        } else {
            c"thumbv8.6a-none-linux-gnueabihf"
        };
        let older = if set == Set::A32 {
            c"armv7a-none-linux-gnueabihf"
        } else {
            c"thumbv7a-none-linux-gnueabihf"
        };
        // SAFETY: this is the type of the function in `llvm-c/Disassembler.h`.
        let create = unsafe { self.symbol::<Create>("LLVMCreateDisasmCPUFeatures") }?;
        let make = |triple: &CStr, features: &CStr| {
            // SAFETY: the strings end with a zero, and no callbacks are asked for.
            let context = unsafe {
                create(
                    triple.as_ptr(),
                    c"".as_ptr(),
                    features.as_ptr(),
                    ptr::null_mut(),
                    0,
                    ptr::null(),
                    ptr::null(),
                )
            };
            if context.is_null() {
                return Err("LLVM has no disassembler for Arm".to_owned());
            }
            Ok(context)
        };
        Ok(Disassembler {
            newest: make(triple, NEWEST)?,
            older: make(older, ARMV7)?,
            // SAFETY: these are the types of the functions in `llvm-c/Disassembler.h`.
            disassemble: unsafe { self.symbol::<Disassemble>("LLVMDisasmInstruction") }?,
            // SAFETY: as before.
            dispose: unsafe { self.symbol::<Dispose>("LLVMDisasmDispose") }?,
            set,
            text: [0; TEXT_LEN],
        })
    }
}

/// Room for the text of an instruction.
const TEXT_LEN: usize = 256;

/// Disassemblers of ARMv8.6 and ARMv7.
#[derive(Debug)]
pub struct Disassembler<'a> {
    newest: *mut c_void,
    older: *mut c_void,
    disassemble: Symbol<'a, Disassemble>,
    dispose: Symbol<'a, Dispose>,
    set: Set,
    text: [u8; TEXT_LEN],
}

impl Disassembler<'_> {
    /// Returns the bytes and the text of an instruction, if it is one of ARMv8.6 or else of
    /// ARMv7, which is not asked about coprocessors that it reserves. It must not be `IT`, which changes what follows. Targets of branches are
    /// relative to the PC.
    pub fn ask(&mut self, word: u32) -> Option<(usize, &str)> {
        let len = if self.set == Set::T16 { 2 } else { 4 };
        let mut bytes = match self.set {
            Set::A32 | Set::T16 => word.to_le_bytes(),
            Set::T32 => word.rotate_left(16).to_le_bytes(),
        };
        let mut size = 0;
        let versions = [self.newest, self.older];
        let count = if is_reserved(word) { 1 } else { 2 };
        for &context in &versions[..count] {
            // SAFETY: `context` is one that LLVM made and `drop` has not disposed of; both
            // buffers are as long as is said.
            size = unsafe {
                (self.disassemble)(
                    context,
                    bytes.as_mut_ptr(),
                    len,
                    0,
                    self.text.as_mut_ptr().cast(),
                    TEXT_LEN,
                )
            };
            if size != 0 {
                break;
            }
        }
        let text = CStr::from_bytes_until_nul(&self.text).ok()?.to_str().ok()?;
        (size != 0).then_some((size, text.trim_start()))
    }
}

impl Drop for Disassembler<'_> {
    fn drop(&mut self) {
        for context in [self.newest, self.older] {
            // SAFETY: LLVM made it, and nobody uses it any more.
            unsafe { (self.dispose)(context) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_asked() {
        let Ok(llvm) = Llvm::load() else {
            println!("LLVM's library is missing: nothing is asked");
            return;
        };
        let mut arm = llvm.open(Set::A32).unwrap();
        assert_eq!(arm.ask(0xe281_1001), Some((4, "add\tr1, r1, #1")));
        // `SWP` was removed, `VSDOT` added.
        assert_eq!(arm.ask(0xe101_2093), Some((4, "swp\tr2, r3, [r1]")));
        assert_eq!(arm.ask(0xfc22_0d42), Some((4, "vsdot.s8\tq0, q1, q1")));
        assert_eq!(arm.ask(0xffff_ffff), None);
        let mut thumb = llvm.open(Set::T32).unwrap();
        assert_eq!(thumb.ask(0xfc22_0d42), Some((4, "vsdot.s8\tq0, q1, q1")));
    }
}
