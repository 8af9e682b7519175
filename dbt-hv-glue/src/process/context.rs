//! The interrupted machine, as a fault hook sees it (x86-64).

use core::fmt;

/// The registers of generated code at a fault.
///
/// What is written here is what the code resumes with. General registers are
/// numbered as in instruction encodings: `rax rcx rdx rbx rsp rbp rsi rdi r8` to
/// `r15`.
pub struct HostContext<'a>(&'a mut libc::ucontext_t);

/// Index of each general register in `gregs`, by its number in encodings.
const GREGS: [libc::c_int; 16] = [
    libc::REG_RAX,
    libc::REG_RCX,
    libc::REG_RDX,
    libc::REG_RBX,
    libc::REG_RSP,
    libc::REG_RBP,
    libc::REG_RSI,
    libc::REG_RDI,
    libc::REG_R8,
    libc::REG_R9,
    libc::REG_R10,
    libc::REG_R11,
    libc::REG_R12,
    libc::REG_R13,
    libc::REG_R14,
    libc::REG_R15,
];

impl<'a> HostContext<'a> {
    /// The number of general registers.
    pub const REGISTERS: usize = GREGS.len();

    pub(super) fn new(context: &'a mut libc::ucontext_t) -> Self {
        Self(context)
    }

    /// Returns the address of the interrupted instruction (`rip`).
    #[must_use]
    pub fn pc(&self) -> usize {
        usize::from_ne_bytes(self.slot(libc::REG_RIP).to_ne_bytes())
    }

    /// Sets where to resume.
    pub fn set_pc(&mut self, pc: usize) {
        *self.slot_mut(libc::REG_RIP) = i64::from_ne_bytes(pc.to_ne_bytes());
    }

    /// Returns general register `n`.
    ///
    /// # Panics
    ///
    /// Panics when `n` is not below 16.
    #[must_use]
    pub fn gpr(&self, n: usize) -> u64 {
        self.slot(GREGS[n]).cast_unsigned()
    }

    /// Sets general register `n`.
    ///
    /// # Panics
    ///
    /// Panics when `n` is not below 16.
    pub fn set_gpr(&mut self, n: usize, value: u64) {
        *self.slot_mut(GREGS[n]) = value.cast_signed();
    }

    /// Returns `rflags`.
    #[must_use]
    pub fn flags(&self) -> u64 {
        self.slot(libc::REG_EFL).cast_unsigned()
    }

    /// Sets `rflags`.
    pub fn set_flags(&mut self, value: u64) {
        *self.slot_mut(libc::REG_EFL) = value.cast_signed();
    }

    /// Returns vector register `n`, its low 128 bits, or `None` when the host saved
    /// none.
    ///
    /// # Panics
    ///
    /// Panics when `n` is not below 16.
    #[must_use]
    pub fn xmm(&self, n: usize) -> Option<u128> {
        let [a, b, c, d] = self.float()?._xmm[n].element.map(u128::from);
        Some(a | b << 32 | c << 64 | d << 96)
    }

    /// Returns `mxcsr`, or `None` when the host saved none.
    #[must_use]
    pub fn mxcsr(&self) -> Option<u32> {
        self.float().map(|f| f.mxcsr)
    }

    /// Tells a function that survives faults where one was, and by which signal.
    pub(super) fn set_stopped(&mut self, address: u64, signal: u64) {
        self.set_gpr(0, address);
        self.set_gpr(2, signal);
    }

    /// Tells whether the host says which address was accessed.
    pub(super) fn is_page_fault(&self) -> bool {
        self.slot(libc::REG_TRAPNO) == PAGE_FAULT
    }

    /// Tells whether a page fault was by a write.
    pub(super) fn is_write(&self) -> bool {
        self.slot(libc::REG_ERR) & ERROR_WRITE != 0
    }

    fn slot(&self, index: libc::c_int) -> i64 {
        self.0.uc_mcontext.gregs[index.cast_unsigned() as usize]
    }

    fn slot_mut(&mut self, index: libc::c_int) -> &mut i64 {
        &mut self.0.uc_mcontext.gregs[index.cast_unsigned() as usize]
    }

    fn float(&self) -> Option<&libc::_libc_fpstate> {
        // SAFETY: the kernel makes this null or the address of the state it saved in
        // the signal's frame, which outlives the borrow of the context.
        unsafe { self.0.uc_mcontext.fpregs.as_ref() }
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

/// Vector of the page fault exception.
const PAGE_FAULT: i64 = 14;

/// The bit of a page fault's error code that tells writes.
const ERROR_WRITE: i64 = 1 << 1;
