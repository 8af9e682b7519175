//! The system level: modes, exceptions, status registers, system registers.
//!
//! **Problem.** User-level code must not pay for a system level that it never
//! sees, and most of the system level is rare and intricate.
//!
//! **Approach.** What is banked lies aside in a [`SystemState`] at the end of
//! [`ArmState`](crate::state::ArmState), and is swapped with the registers in use when the mode changes;
//! so code of every mode uses the same slots. What changes how code is translated
//! (privilege, alignment checks, whether floating point is enabled) is kept as a
//! word of ready-made bits of a location's mode, which is zero in a guest of
//! user-level code. Rare instructions are interpreted.
//!
//! - [`mode`]: processor modes, banked registers.
//! - [`psr`]: writing the CPSR, changing the mode.
//! - [`exception`]: what [`take_exception`](crate::state::ArmState::take_exception) does.
//! - [`register`]: the typed table of system registers; [`registers`]: ours.
//! - [`config`]: what an embedder declares.
//!
//! # UNPREDICTABLE
//!
//! One choice each; sections are those of DDI 0406C.d.
//!
//! - Writing a reserved mode to CPSR.M, or one that cannot be entered from here
//!   (Monitor from Non-secure state; Hyp by anything but an exception or a return
//!   from Monitor mode; leaving Hyp by `CPS` or `MSR`), leaves the mode as it is and
//!   writes the other fields (B1.3.3, B9.3).
//! - The SPSR of System mode, which that mode has not, is a register that nothing
//!   else uses; so instructions that return by it do so (B9.3.20, B9.3.13).
//!   In User mode they are UNDEFINED.
//! - SPSR bits 23 to 20 read as zero and ignore writes; a return to Jazelle or
//!   ThumbEE state is one to A32 or T32 (B1.9.2).
//! - A return to A32 state clears `ITSTATE`. Low bits of the address are ignored.
//! - `MRS` and `MSR` of a banked register that is in use, or that the mode may not
//!   reach, are UNDEFINED (B9.3.9).
//! - `SRS` in System mode, or to a mode that cannot be entered, is UNDEFINED (B9.3.16).
//! - `LDM` and `STM` of User registers in System mode transfer the registers in
//!   use; in Hyp mode they are UNDEFINED, as are `SRS`, `RFE` and data-processing
//!   instructions that return (B9.3).
//! - A system register that is not described, or that the mode may not access so, is
//!   UNDEFINED (B3.15.3).
//! - CPACR.cp11 is ignored; cp10 decides for both. Its value `0b10` denies (B4.1.40).
//!
//! # Limits
//!
//! Hyp traps of Non-secure instructions (HCR, HSTR, HCPTR, HDCR) and virtual
//! interrupts (HCR.VI, VF, VA) are not taken; what the embedder takes to Hyp mode
//! itself, it does with [`Exception::HypTrap`]. CPACR.ASEDIS, CPACR.D32DIS and
//! NSACR.RFR read as zero and ignore writes, as the architecture allows, and so does
//! SCTLR.SW: whether there is `SWP` is a feature. SCTLR.CP15BEN is one. There is no Debug
//! state.

pub mod config;
pub mod exception;
mod fp;
pub mod mode;
pub mod psr;
pub mod register;
pub mod registers;

pub use config::{Config, ConfigError, Exceptions, Firmware};
pub use exception::{Exception, Lines};
pub use mode::{BankedKind, BankedReg, ProcessorMode};
pub use register::{
    Access, AccessKind, Action, Cell, Outcome, Place, Rights, SystemRegister, Watch,
};

#[cfg(feature = "translate")]
pub(crate) use fp::is_refused as is_fp_refused;

/// The registers of one mode that are not in use.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub(crate) struct Bank {
    pub(crate) sp: u32,
    pub(crate) lr: u32,
    pub(crate) spsr: u32,
}

/// What user-level code does not see.
///
/// It changes by the methods of [`ArmState`](crate::state::ArmState) and of [`A32Guest`](crate::guest::A32Guest).
///
/// # Invariants
///
/// - *Mode*: the low five bits of `control` are a [`ProcessorMode`].
/// - *Context*: `context` is what [`psr`] derives from the other fields, or zero in
///   a guest of user-level code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(C)]
pub struct SystemState {
    /// A, I, F and M of the CPSR, in their places.
    pub(crate) control: u32,
    /// The SPSR of the mode in use.
    pub(crate) spsr: u32,
    /// What translation depends on, as bits of a location's mode.
    pub(crate) context: u32,
    /// Interrupts that are asserted, as bits of [`Lines`].
    pub(crate) lines: u32,
    /// The event register, zero or one.
    pub(crate) event: u32,
    /// The exception link register of Hyp mode.
    pub(crate) elr_hyp: u32,
    /// Registers by [`ProcessorMode::bank`], except those in use.
    pub(crate) banks: [Bank; ProcessorMode::BANKS],
    /// R8 to R12 of FIQ mode while another is in use, else those of the others.
    pub(crate) high: [u32; 5],
    /// System registers, the Secure ones (or the only ones) first.
    pub(crate) cells: [[u64; Cell::COUNT]; 2],
    /// The last access that the embedder sees.
    pub(crate) access: Access,
}

impl SystemState {
    /// User mode, everything else zero.
    pub(crate) const USER: Self = Self {
        control: ProcessorMode::User.bits(),
        spsr: 0,
        context: 0,
        lines: 0,
        event: 0,
        elr_hyp: 0,
        banks: [Bank {
            sp: 0,
            lr: 0,
            spsr: 0,
        }; ProcessorMode::BANKS],
        high: [0; 5],
        cells: [[0; Cell::COUNT]; 2],
        access: Access::NONE,
    };

    /// Returns the last access to a system register that the engine returned for
    /// ([`Exit::SystemRegister`](https://docs.rs/dbt-core)).
    #[must_use]
    pub const fn access(&self) -> &Access {
        &self.access
    }
}
