//! The guest state: what user-level code sees, and behind it the system level.

use crate::system::SystemState;

/// The registers of one guest CPU.
///
/// Fields are plain so that generated code can address them; the layout is C's.
/// What the CPSR packs is kept apart here, because instructions touch it in
/// parts; [`cpsr`](Self::cpsr) and [`set_cpsr`](Self::set_cpsr) compose it.
///
/// # Examples
///
/// ```
/// use dbt_a32_frontend::state::ArmState;
///
/// let mut state = ArmState::default();
/// state.set_cpsr(0x6000_0030);
/// assert_eq!((state.nzcv, state.thumb), (0x6000_0000, 1));
/// assert_eq!(state.cpsr(), 0x6000_0030);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(C)]
pub struct ArmState {
    /// R0 to R15. R15 is the address of the current or next instruction,
    /// without the offset of 8 or 4 that reading the PC adds.
    pub r: [u32; 16],
    /// N, Z, C and V in bits 31 to 28, the other bits zero.
    pub nzcv: u32,
    /// The cumulative saturation flag, 0 or 1.
    pub q: u32,
    /// The greater-than-or-equal flags, each at the top of the byte that it selects: `GE[n]`
    /// is bit 8n + 7, the other bits are zero. [`ge_bits`](Self::ge_bits) has them together.
    pub ge: u32,
    /// The instruction set: 0 for A32, 1 for T32.
    pub thumb: u32,
    /// `ITSTATE`, in bits 7 to 0.
    pub it: u32,
    /// The endianness of data: 0 for little, 1 for big.
    pub big_endian: u32,
    /// The address the exclusive monitor watches, or
    /// [`MONITOR_OPEN`](Self::MONITOR_OPEN).
    pub exclusive_address: u64,
    /// What the load-exclusive read, zero-extended, in the byte order of
    /// memory read little-endian.
    pub exclusive_value: u64,
    /// FPSCR, all bits in their places, without N, Z, C and V.
    /// [`fpscr`](Self::fpscr) and [`set_fpscr`](Self::set_fpscr) compose it.
    pub fpscr: u32,
    /// The thread register that user code may only read (TPIDRURO).
    pub tpidruro: u32,
    /// The thread register that user code may read and write (TPIDRURW).
    pub tpidrurw: u32,
    /// N, Z, C and V of FPSCR in bits 31 to 28, the other bits zero.
    pub fpscr_nzcv: u32,
    /// Aligns what follows to 16 bytes, so that a host can load all of it at once.
    pub reserved: [u32; 2],
    /// D0 to D31; S*n* is the low or high half of D*n/2*.
    pub d: [u64; 32],
    /// Operands of a vector operation that generated code leaves to a helper, halves
    /// of 128 bits each, and its result. Not part of the guest's state, and zero between instructions.
    pub vectors: [u64; 6],
    /// The tag that the granule of `exclusive_address` had before the load-exclusive:
    /// the engine's own, of which it makes sense only that it is another one later.
    pub exclusive_tag: u64,
    /// What user-level code does not see. Last, so that its size is nobody's cost.
    pub system: SystemState,
}

/// A factor that copies each of bits 3 to 0 to the lowest bit of a byte, and others
/// elsewhere.
pub(crate) const SPREAD_GE: u32 = 0x0020_4081;
/// A factor that gathers the lowest bits of the bytes in bits 27 to 24.
pub(crate) const GATHER_GE: u32 = 0x0102_0408;

impl ArmState {
    /// The value of `exclusive_address` while nothing is watched.
    pub const MONITOR_OPEN: u64 = u64::MAX;
    /// Len and Stride of FPSCR; if they are not zero, floating-point instructions
    /// work on short vectors.
    pub const FPSCR_VECTORS: u32 = 7 << 16 | 3 << 20;
    /// Flush-to-zero of FPSCR.
    pub const FPSCR_FZ: u32 = 1 << 24;
    /// Default NaN of FPSCR.
    pub const FPSCR_DN: u32 = 1 << 25;
    /// The rounding mode of FPSCR.
    pub const FPSCR_RMODE: u32 = 3 << 22;
    /// The condition flags of FPSCR.
    pub const FPSCR_NZCV: u32 = 0xf000_0000;

    /// Returns the CPSR. That of user-level code tells User mode, nothing masked.
    ///
    /// See Arm ARM DDI 0406C.d, section B1.3.3.
    #[must_use]
    pub const fn cpsr(&self) -> u32 {
        self.nzcv & 0xf000_0000
            | (self.q & 1) << 27
            | (self.it & 3) << 25
            | self.ge_bits() << 16
            | (self.it & 0xfc) << 8
            | (self.big_endian & 1) << 9
            | (self.thumb & 1) << 5
            | self.system.control
    }

    /// Sets what user-level code sees of the CPSR; mode, masks and J are ignored.
    pub const fn set_cpsr(&mut self, cpsr: u32) {
        self.nzcv = cpsr & 0xf000_0000;
        self.q = cpsr >> 27 & 1;
        self.it = cpsr >> 25 & 3 | cpsr >> 8 & 0xfc;
        self.set_ge_bits(cpsr >> 16);
        self.big_endian = cpsr >> 9 & 1;
        self.thumb = cpsr >> 5 & 1;
    }

    /// Returns the greater-than-or-equal flags in bits 3 to 0.
    #[must_use]
    pub const fn ge_bits(&self) -> u32 {
        (self.ge >> 7 & 0x0101_0101).wrapping_mul(GATHER_GE) >> 24
    }

    /// Sets the greater-than-or-equal flags to bits 3 to 0; the others are ignored.
    pub const fn set_ge_bits(&mut self, bits: u32) {
        self.ge = (((bits & 15) * SPREAD_GE) & 0x0101_0101) << 7;
    }

    /// Returns FPSCR with its condition flags.
    #[must_use]
    pub const fn fpscr(&self) -> u32 {
        self.fpscr & !Self::FPSCR_NZCV | self.fpscr_nzcv
    }

    /// Sets FPSCR with its condition flags.
    pub const fn set_fpscr(&mut self, fpscr: u32) {
        self.fpscr = fpscr & !Self::FPSCR_NZCV;
        self.fpscr_nzcv = fpscr & Self::FPSCR_NZCV;
    }

    /// Returns the state without the tag of the exclusive monitor, which depends on the
    /// engine's past: for comparing the states of two of them.
    #[must_use]
    pub const fn without_tag(mut self) -> Self {
        self.exclusive_tag = 0;
        self
    }

    /// Returns the address of the current or next instruction.
    #[must_use]
    pub const fn pc(&self) -> u32 {
        self.r[15]
    }
}

impl Default for ArmState {
    /// All zeroes, A32, little-endian, monitor open, User mode. For other modes,
    /// see [`A32Guest::reset`](crate::guest::A32Guest::reset).
    fn default() -> Self {
        Self {
            r: [0; 16],
            nzcv: 0,
            q: 0,
            ge: 0,
            thumb: 0,
            it: 0,
            big_endian: 0,
            exclusive_address: Self::MONITOR_OPEN,
            exclusive_value: 0,
            fpscr: 0,
            tpidruro: 0,
            tpidrurw: 0,
            fpscr_nzcv: 0,
            reserved: [0; 2],
            d: [0; 32],
            vectors: [0; 6],
            exclusive_tag: 0,
            system: SystemState::USER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpsr_round_trips() {
        let all = 0xfe0f_fe30;
        for bit in 0..32 {
            let cpsr = all & 1 << bit | 0x10;
            let mut state = ArmState::default();
            state.set_cpsr(cpsr);
            assert_eq!(state.cpsr(), cpsr, "bit {bit}");
        }
    }
}
