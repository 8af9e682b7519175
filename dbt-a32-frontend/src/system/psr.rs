//! Program status registers, and changes of the mode.
//!
//! See Arm ARM DDI 0406C.d, section B1.3.3.

use super::mode::{BankedKind, BankedReg, ProcessorMode};
use super::register::Cell;
use crate::state::ArmState;
use crate::version::Features;

/// CPSR.A.
pub(crate) const A: u32 = 1 << 8;
/// CPSR.I.
pub(crate) const I: u32 = 1 << 7;
/// CPSR.F.
pub(crate) const F: u32 = 1 << 6;
/// CPSR.M.
pub(crate) const M: u32 = 31;

/// CPSR.PAN, of cores with Privileged Access Never.
pub(crate) const PAN: u32 = 1 << 22;
/// CPSR.SSBS, of cores with Speculative Store Bypass Safe.
pub(crate) const SSBS: u32 = 1 << 23;

/// The bits of an SPSR that exist on some core.
pub(crate) const SPSR_BITS: u32 = 0xff0f_ffff | PAN | SSBS;

/// The bits of an SPSR that exist.
pub(crate) const fn spsr_bits(features: Features) -> u32 {
    SPSR_BITS & !(PAN | SSBS) | optional_bits(features)
}

/// The bits of a CPSR that only some cores have and this one does.
const fn optional_bits(features: Features) -> u32 {
    let pan = if features.contains(Features::PAN) {
        PAN
    } else {
        0
    };
    let ssbs = if features.contains(Features::SSBS) {
        SSBS
    } else {
        0
    };
    pan | ssbs
}

/// Bits of a location's mode that depend on the system level.
pub(crate) mod context {
    /// The mode is privileged (PL1 or PL2).
    pub(crate) const PRIVILEGED: u32 = 1 << 11;
    /// The mode is Hyp.
    pub(crate) const HYP: u32 = 1 << 12;
    /// Every access must be aligned (SCTLR.A).
    pub(crate) const ALIGNED: u32 = 1 << 13;
    /// CPACR or NSACR denies coprocessors 10 and 11.
    pub(crate) const FP_DENIED: u32 = 1 << 14;
    /// FPEXC.EN is zero.
    pub(crate) const FP_DISABLED: u32 = 1 << 15;
    /// User mode of a guest that has others.
    pub(crate) const UNPRIVILEGED: u32 = 1 << 16;
    /// All of them.
    pub(crate) const ALL: u32 = 0x1_f800;
}

/// What writes a CPSR.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PsrWrite {
    /// `MSR` or `CPS`.
    Instruction,
    /// A return from an exception, which also writes the execution state.
    Return,
}

impl ArmState {
    /// Returns the processor mode.
    #[must_use]
    pub const fn mode(&self) -> ProcessorMode {
        match ProcessorMode::from_bits(self.system.control & M) {
            Some(mode) => mode,
            // Not by *Mode*; a state that somebody made up is one of User mode.
            None => ProcessorMode::User,
        }
    }

    /// Sets the whole CPSR: besides what [`set_cpsr`](Self::set_cpsr) sets, the masks,
    /// PAN, SSBS, and the mode with its registers. A reserved mode leaves the mode alone. For
    /// embedders and debuggers: nothing is checked.
    pub fn set_system_cpsr(&mut self, cpsr: u32) {
        self.set_cpsr(cpsr);
        let masks = A | I | F | PAN | SSBS;
        self.system.control = self.system.control & !masks | cpsr & masks;
        match ProcessorMode::from_bits(cpsr & M) {
            Some(mode) => self.enter_mode(mode),
            None => self.refresh_context(),
        }
    }

    /// Whether the state is Secure (`IsSecure()`), as it always is without the
    /// Security Extensions.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        !self.non_secure() || matches!(self.mode(), ProcessorMode::Monitor)
    }

    /// SCR.NS, which decides whose system registers are accessed.
    pub(crate) const fn non_secure(&self) -> bool {
        self.system.cells[0][Cell::SCR.index()] & 1 != 0
    }

    /// Returns the SPSR of the mode; see [`system`](crate::system) for the modes that have none.
    #[must_use]
    pub const fn spsr(&self) -> u32 {
        self.system.spsr
    }

    /// Sets the SPSR of the mode.
    pub const fn set_spsr(&mut self, value: u32) {
        self.system.spsr = value & SPSR_BITS;
    }

    /// Returns the exception link register of Hyp mode.
    #[must_use]
    pub const fn elr_hyp(&self) -> u32 {
        self.system.elr_hyp
    }

    /// Returns R*n* of a mode (`Rmode[]`), *n* from 0 to 14.
    #[must_use]
    pub fn mode_reg(&self, mode: ProcessorMode, n: usize) -> u32 {
        let (own, bank) = (self.mode(), mode.bank());
        match n {
            8..=12 if self.swaps_high(mode) => self.system.high[n - 8],
            13 if bank != own.bank() => self.system.banks[bank].sp,
            14 if mode.lr_bank() != own.lr_bank() => self.system.banks[mode.lr_bank()].lr,
            _ => self.r[n],
        }
    }

    /// Sets R*n* of a mode, *n* from 0 to 14.
    pub fn set_mode_reg(&mut self, mode: ProcessorMode, n: usize, value: u32) {
        let (own, bank) = (self.mode(), mode.bank());
        *(match n {
            8..=12 if self.swaps_high(mode) => &mut self.system.high[n - 8],
            13 if bank != own.bank() => &mut self.system.banks[bank].sp,
            14 if mode.lr_bank() != own.lr_bank() => &mut self.system.banks[mode.lr_bank()].lr,
            _ => &mut self.r[n],
        }) = value;
    }

    /// Returns the SPSR of a mode.
    #[must_use]
    pub fn mode_spsr(&self, mode: ProcessorMode) -> u32 {
        if mode.bank() == self.mode().bank() {
            return self.system.spsr;
        }
        self.system.banks[mode.bank()].spsr
    }

    /// Sets the SPSR of a mode.
    pub fn set_mode_spsr(&mut self, mode: ProcessorMode, value: u32) {
        let value = value & SPSR_BITS;
        if mode.bank() == self.mode().bank() {
            self.system.spsr = value;
        } else {
            self.system.banks[mode.bank()].spsr = value;
        }
    }

    /// Whether R8 to R12 of `mode` are not those in use.
    fn swaps_high(&self, mode: ProcessorMode) -> bool {
        let is_fiq = |mode| mode == ProcessorMode::Fiq;
        is_fiq(mode) != is_fiq(self.mode())
    }

    /// Reads a banked register; none if the mode may not access it so.
    pub(crate) fn banked(&self, register: BankedReg, features: Features) -> Option<u32> {
        let mode = register.mode();
        self.reaches(register, features)
            .then(|| match register.kind() {
                BankedKind::Core(n) => self.mode_reg(mode, n.into()),
                BankedKind::Spsr => self.mode_spsr(mode),
                BankedKind::Elr => self.system.elr_hyp,
            })
    }

    /// Writes a banked register; none if the mode may not access it so.
    pub(crate) fn set_banked(
        &mut self,
        register: BankedReg,
        value: u32,
        features: Features,
    ) -> Option<()> {
        let mode = register.mode();
        self.reaches(register, features)
            .then(|| match register.kind() {
                BankedKind::Core(n) => self.set_mode_reg(mode, n.into(), value),
                BankedKind::Spsr => self.set_mode_spsr(mode, value & spsr_bits(features)),
                BankedKind::Elr => self.system.elr_hyp = value,
            })
    }

    /// Whether the present mode accesses a banked register so
    /// (`BankedRegisterAccessValid()`, `SPSRaccessValid()`): not if it is in use.
    fn reaches(&self, register: BankedReg, features: Features) -> bool {
        use ProcessorMode::{Fiq, Hyp, Monitor, System, User};
        let own = self.mode();
        match (register.mode(), register.kind()) {
            _ if own == User => false,
            (User, BankedKind::Core(8..=12)) => own == Fiq,
            (User, BankedKind::Core(14)) => own != System && own != Hyp,
            (User, _) => own != System,
            (Hyp, BankedKind::Elr) => own == Hyp || own == Monitor,
            (Hyp, _) => own == Monitor,
            (Monitor, _) => {
                own != Monitor && features.contains(Features::SECURITY) && self.is_secure()
            }
            (mode, _) => own != mode,
        }
    }

    /// Writes fields of the CPSR, named by the mask of `MSR`
    /// (`CPSRWriteByInstr()`). The mode is not User mode.
    pub(crate) fn write_cpsr(&mut self, value: u32, fields: u32, by: PsrWrite, features: Features) {
        let returns = by == PsrWrite::Return;
        if fields & 8 != 0 {
            self.nzcv = value & 0xf000_0000;
            self.q = value >> 27 & 1;
        }
        if fields & 4 != 0 {
            self.set_ge_bits(value >> 16);
        }
        let mut writable = if fields & 4 != 0 {
            optional_bits(features)
        } else {
            0
        };
        if fields & 2 != 0 {
            self.big_endian = value >> 9 & 1;
            writable |= if self.may_mask(SCR_AW, features) {
                A
            } else {
                0
            };
        }
        if fields & 1 != 0 {
            let may_mask_fiq = self.may_mask(SCR_FW, features)
                && (value & F == 0 || self.sctlr() & SCTLR_NMFI == 0);
            writable |= I | if may_mask_fiq { F } else { 0 };
        }
        if returns {
            self.thumb = value >> 5 & 1;
            let it = value >> 25 & 3 | value >> 8 & 0xfc;
            self.it = if self.thumb == 0 { 0 } else { it };
        }
        self.system.control = self.system.control & !writable | value & writable;
        if fields & 1 != 0
            && let Some(mode) = ProcessorMode::from_bits(value & M)
            && self.may_enter(mode, by, features)
        {
            self.enter_mode(mode);
        }
    }

    /// Whether a mask that SCR controls may be written.
    fn may_mask(&self, control: u64, features: Features) -> bool {
        features.contains(Features::VIRTUALIZATION)
            || self.is_secure()
            || self.system.cells[0][Cell::SCR.index()] & control != 0
    }

    /// Whether a write of the CPSR may change to a mode.
    pub(crate) fn may_enter(&self, to: ProcessorMode, by: PsrWrite, features: Features) -> bool {
        let from = self.mode();
        match to {
            _ if to == from => true,
            ProcessorMode::Monitor => features.contains(Features::SECURITY) && self.is_secure(),
            ProcessorMode::Hyp => {
                features.contains(Features::VIRTUALIZATION)
                    && by == PsrWrite::Return
                    && from == ProcessorMode::Monitor
                    && self.non_secure()
            }
            _ => from != ProcessorMode::Hyp || by == PsrWrite::Return,
        }
    }

    /// Changes to a mode, with its registers.
    pub(crate) fn enter_mode(&mut self, to: ProcessorMode) {
        let from = self.mode();
        let system = &mut self.system;
        system.control = system.control & !M | to.bits();
        if from.bank() != to.bank() {
            system.banks[from.bank()].sp = self.r[13];
            system.banks[from.bank()].spsr = system.spsr;
            system.banks[from.lr_bank()].lr = self.r[14];
            self.r[13] = system.banks[to.bank()].sp;
            system.spsr = system.banks[to.bank()].spsr;
            self.r[14] = system.banks[to.lr_bank()].lr;
            if (from == ProcessorMode::Fiq) != (to == ProcessorMode::Fiq) {
                self.r[8..13].swap_with_slice(&mut system.high);
            }
        }
        self.refresh_context();
    }

    /// The SCTLR in effect.
    #[allow(clippy::cast_possible_truncation, reason = "a register of 32 bits")]
    pub(crate) fn sctlr(&self) -> u32 {
        self.effective(Cell::SCTLR) as u32
    }

    /// A banked system register as it is in effect, which in Monitor mode need not
    /// be the one that instructions access.
    pub(crate) fn effective(&self, cell: Cell) -> u64 {
        let world = usize::from(cell.is_banked() && !self.is_secure());
        self.system.cells[world][cell.index()]
    }

    /// Derives what translation depends on.
    pub(crate) fn refresh_context(&mut self) {
        let mode = self.mode();
        let mut bits = match mode {
            ProcessorMode::User => context::UNPRIVILEGED,
            ProcessorMode::Hyp => context::PRIVILEGED | context::HYP,
            _ => context::PRIVILEGED,
        };
        let control = if mode == ProcessorMode::Hyp {
            self.effective(Cell::HSCTLR)
        } else {
            self.effective(Cell::SCTLR)
        };
        if control & 2 != 0 {
            bits |= context::ALIGNED;
        }
        let denied = match self.effective(Cell::CPACR) >> 20 & 3 {
            3 => false,
            1 => mode == ProcessorMode::User,
            _ => mode != ProcessorMode::Hyp,
        };
        let secure = self.is_secure();
        if denied || !secure && self.effective(Cell::NSACR) & 1 << 10 == 0 {
            bits |= context::FP_DENIED;
        }
        if self.effective(Cell::FPEXC) & 1 << 30 == 0 {
            bits |= context::FP_DISABLED;
        }
        self.system.context = bits;
    }
}

/// SCR.FW: whether Non-secure code may write CPSR.F.
const SCR_FW: u64 = 1 << 4;
/// SCR.AW: whether Non-secure code may write CPSR.A.
const SCR_AW: u64 = 1 << 5;
/// SCTLR.NMFI: FIQs cannot be masked.
const SCTLR_NMFI: u32 = 1 << 27;
