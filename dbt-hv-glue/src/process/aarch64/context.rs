//! The interrupted machine, as a fault hook sees it (AArch64).

use core::fmt;
use core::ptr;

/// The registers of generated code at a fault.
///
/// What is written here is what the code resumes with. General registers are
/// numbered as in the architecture.
pub struct HostContext<'a>(&'a mut libc::ucontext_t);

/// N, Z, C and V in the saved program status.
const NZCV: u64 = 0xf000_0000;

impl<'a> HostContext<'a> {
    /// The number of general registers.
    pub const REGISTERS: usize = 31;

    pub(super) fn new(context: &'a mut libc::ucontext_t) -> Self {
        Self(context)
    }

    /// Returns the address of the interrupted instruction.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the host has 64 bits")]
    pub fn pc(&self) -> usize {
        self.0.uc_mcontext.pc as usize
    }

    /// Sets where to resume.
    pub fn set_pc(&mut self, pc: usize) {
        self.0.uc_mcontext.pc = pc as u64;
    }

    /// Returns general register `n`.
    ///
    /// # Panics
    ///
    /// Panics when `n` is not below 31.
    #[must_use]
    pub fn gpr(&self, n: usize) -> u64 {
        self.0.uc_mcontext.regs[n]
    }

    /// Sets general register `n`.
    ///
    /// # Panics
    ///
    /// Panics when `n` is not below 31.
    pub fn set_gpr(&mut self, n: usize, value: u64) {
        self.0.uc_mcontext.regs[n] = value;
    }

    /// Returns N, Z, C and V in bits 31 to 28.
    #[must_use]
    pub fn flags(&self) -> u64 {
        self.0.uc_mcontext.pstate & NZCV
    }

    /// Sets N, Z, C and V from bits 31 to 28.
    pub fn set_flags(&mut self, value: u64) {
        let pstate = &mut self.0.uc_mcontext.pstate;
        *pstate = *pstate & !NZCV | value & NZCV;
    }

    /// Tells a function that survives faults where one was, and by which signal.
    pub(super) fn set_stopped(&mut self, address: u64, signal: u64) {
        self.set_gpr(16, address);
        self.set_gpr(17, signal);
    }

    /// Tells whether the host says which address was accessed. It always does.
    #[allow(clippy::unused_self, reason = "other hosts look")]
    pub(super) fn is_page_fault(&self) -> bool {
        true
    }

    /// Tells whether the interrupted access was a write.
    ///
    /// The kernel's record of the exception says so; emulators do not all have one,
    /// but the instruction says it too.
    pub(super) fn is_write(&self) -> bool {
        let word: *const u32 = ptr::with_exposed_provenance(self.pc());
        // SAFETY: the instruction has been executed, or tried, so it can be read: what
        // is executable on Linux is readable, but for mappings that ask for the
        // opposite, of which there is none here.
        is_store(unsafe { word.read() })
    }
}

/// Tells whether a load or store instruction writes (DDI 0487, C4.1, "Loads and
/// Stores"). Those that read and write count as writes.
const fn is_store(insn: u32) -> bool {
    // Loads and stores have op0 = x1x0.
    if insn & 0x0a00_0000 != 0x0800_0000 {
        return false;
    }
    let load = insn & 1 << 22 != 0;
    match insn >> 27 & 7 {
        // Exclusive, ordered, compare and swap: the latter have bit 21 and no LDAXP.
        0b001 if insn & 0x3f00_0000 == 0x0800_0000 => {
            !load || (insn & 1 << 21 != 0 && insn & 1 << 23 != 0)
        }
        // Pairs.
        0b101 => !load,
        // Registers: `opc` is zero for stores, and for 128 bits 0b10; atomic
        // operations have bits 11 and 10 clear and bit 21 set.
        0b111 => {
            let opc = insn >> 22 & 3;
            let vector = insn & 1 << 26 != 0;
            let atomic = insn & 1 << 24 == 0 && insn & 1 << 21 != 0 && insn & 0xc00 == 0;
            atomic || opc == 0 || (vector && opc == 2)
        }
        // Structures of vectors.
        0b001 => !load,
        _ => false,
    }
}

impl fmt::Debug for HostContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostContext")
            .field("pc", &self.pc())
            .field("flags", &self.flags())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::is_store;

    #[test]
    fn stores_are_told_from_loads() {
        let stores = [
            0xb900_0020_u32, // str w0, [x1]
            0xb820_6820,     // str w0, [x1, x0]
            0x3800_0020,     // sturb w0, [x1]
            0x2900_0820,     // stp w0, w2, [x1]
            0xa9bf_7bfd,     // stp x29, x30, [sp, #-16]!
            0x8800_fc41,     // stlxr w0, w1, [x2]
            0x089f_fc20,     // stlrb w0, [x1]
            0x88e0_fc41,     // casal w0, w1, [x2]
            0xb820_0041,     // ldadd w0, w1, [x2]
            0x3d80_0020,     // str q0, [x1]
            0xfd00_0020,     // str d0, [x1]
            0x0c00_7020,     // st1 {v0.8b}, [x1]
        ];
        let loads = [
            0xb940_0020_u32, // ldr w0, [x1]
            0xb860_6820,     // ldr w0, [x1, x0]
            0x38c0_0020,     // ldursb w0, [x1]
            0x2940_0820,     // ldp w0, w2, [x1]
            0x885f_fc20,     // ldaxr w0, [x1]
            0x08df_fc20,     // ldarb w0, [x1]
            0x3dc0_0020,     // ldr q0, [x1]
            0xfd40_0020,     // ldr d0, [x1]
            0x0c40_7020,     // ld1 {v0.8b}, [x1]
            0x1400_0000,     // b
            0x8b00_0020,     // add x0, x1, x0
        ];
        for insn in stores {
            assert!(is_store(insn), "{insn:#010x}");
        }
        for insn in loads {
            assert!(!is_store(insn), "{insn:#010x}");
        }
    }
}
