//! Taking exceptions, and returning from them.
//!
//! See Arm ARM DDI 0406C.d, sections B1.8 and B1.9.

use bitflags::bitflags;

use super::mode::ProcessorMode;
use super::psr::{A, F, I, PAN, PsrWrite, SPSR_BITS, SSBS};
use super::register::Cell;
use crate::state::ArmState;
use crate::system_machine::SystemCall;
use crate::version::Features;

/// An exception, with what the handler finds in the fault registers.
///
/// Those that an instruction causes are taken while the state is at the
/// instruction, those that follow one (`SVC`, `HVC`, `SMC`) while it is at the next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Exception {
    /// An instruction is UNDEFINED.
    Undefined,
    /// `SVC`; the state is behind it.
    SupervisorCall {
        /// The immediate, which only Hyp mode finds in a register.
        immediate: u32,
    },
    /// An instruction cannot be fetched, or is `BKPT`.
    PrefetchAbort {
        /// What IFSR gets; in Hyp mode, the syndrome that HSR gets, class included.
        status: u32,
        /// What IFAR (or HIFAR) gets.
        address: u32,
    },
    /// A data access failed, or an asynchronous abort is taken.
    DataAbort {
        /// What DFSR gets; in Hyp mode, the syndrome that HSR gets, class included.
        status: u32,
        /// What DFAR (or HDFAR) gets; none leaves it alone.
        address: Option<u32>,
    },
    /// An IRQ.
    Irq,
    /// An FIQ.
    Fiq,
    /// `HVC` to Hyp mode; the state is behind it.
    HypervisorCall {
        /// The immediate.
        immediate: u32,
    },
    /// `SMC` to Monitor mode; the state is behind it.
    SecureMonitorCall,
    /// A trap to Hyp mode that the embedder detects, such as an abort of the second
    /// stage. Fault addresses are its business.
    HypTrap {
        /// What HSR gets.
        syndrome: u32,
    },
}

bitflags! {
    /// Interrupts that the outside asserts.
    #[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
    pub struct Lines: u32 {
        /// FIQ.
        const FIQ = F;
        /// IRQ.
        const IRQ = I;
        /// An asynchronous external abort.
        const ABORT = A;
    }
}

/// Offsets of vectors.
mod vector {
    pub(super) const UNDEFINED: u32 = 4;
    /// `SVC`, `SMC`, and `HVC` from Hyp mode itself.
    pub(super) const CALL: u32 = 8;
    pub(super) const PREFETCH_ABORT: u32 = 12;
    pub(super) const DATA_ABORT: u32 = 16;
    /// Everything that enters Hyp mode from another one.
    pub(super) const HYP_TRAP: u32 = 20;
    pub(super) const IRQ: u32 = 24;
    pub(super) const FIQ: u32 = 28;
}

/// HSR for a class of exceptions: 32-bit instruction, and particulars.
const fn syndrome(class: u32, particulars: u32) -> u32 {
    class << 26 | 1 << 25 | particulars
}

/// DFSR of an asynchronous external abort, in the format of short descriptors.
const ASYNCHRONOUS_ABORT: u32 = 0x406;
/// IFSR of a debug event.
const DEBUG_EVENT: u32 = 0x002;

impl Exception {
    /// The prefetch abort of `BKPT`, at the address of the instruction.
    pub(crate) const fn breakpoint(address: u32) -> Self {
        Self::PrefetchAbort {
            status: DEBUG_EVENT,
            address,
        }
    }

    /// Returns the abort for a data access that `memory` refused, as it is without an
    /// MMU that knows better: the whole of memory is one page table of pages in domain
    /// zero, in the format of short descriptors.
    #[cfg(feature = "translate")]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "addresses of 32 bits")]
    pub fn of_fault(fault: &dbt_core::memory::MemoryFault) -> Self {
        let write = fault.kind == dbt_core::memory::AccessKind::Write;
        Self::DataAbort {
            status: fault_status(fault.cause) | u32::from(write) << 11,
            address: Some(fault.address as u32),
        }
    }

    /// Returns the abort for an instruction that cannot be fetched, likewise.
    #[cfg(feature = "translate")]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "addresses of 32 bits")]
    pub fn of_fetch_fault(fault: &dbt_core::memory::FetchFault) -> Self {
        Self::PrefetchAbort {
            status: fault_status(fault.cause),
            address: fault.address as u32,
        }
    }
}

/// The fault status of a page, in the format of short descriptors (B3.13.3).
#[cfg(feature = "translate")]
const fn fault_status(cause: dbt_core::memory::FaultCause) -> u32 {
    use dbt_core::memory::FaultCause;
    match cause {
        FaultCause::Alignment => 0b00001,
        FaultCause::Unmapped => 0b00111,
        FaultCause::Permission => 0b01111,
        FaultCause::External => 0b01000,
    }
}

/// SCR.IRQ, SCR.FIQ, SCR.EA: taken to Monitor mode.
const SCR_IRQ: u64 = 1 << 1;
const SCR_FIQ: u64 = 1 << 2;
const SCR_EA: u64 = 1 << 3;
/// SCR.SCD: `SMC` is disabled. SCR.HCE: `HVC` is enabled.
const SCR_SCD: u64 = 1 << 7;
const SCR_HCE: u64 = 1 << 8;
/// HCR.FMO, HCR.IMO, HCR.AMO: taken to Hyp mode.
const HCR_FMO: u64 = 1 << 3;
const HCR_IMO: u64 = 1 << 4;
const HCR_AMO: u64 = 1 << 5;
/// HCR.TGE: exceptions of User mode are taken to Hyp mode.
const HCR_TGE: u64 = 1 << 27;

/// Where an exception is taken to.
struct Entry {
    mode: ProcessorMode,
    vector: u32,
    /// What LR gets.
    link: u32,
    /// The masks that are set besides I.
    masks: u32,
}

impl ArmState {
    /// Takes an exception: saves the state, changes the mode, goes to the vector.
    ///
    /// Where it is taken to follows from the state (SCR, HCR, SCTLR, VBAR, …).
    /// Whether an interrupt is masked does not matter here; see
    /// [`A32Guest::set_lines`](crate::guest::A32Guest::set_lines) for that.
    ///
    /// # Examples
    ///
    /// ```
    /// use dbt_a32_frontend::state::ArmState;
    /// use dbt_a32_frontend::system::{Exception, ProcessorMode};
    /// use dbt_a32_frontend::version::Features;
    ///
    /// let mut state = ArmState::default();
    /// state.r[15] = 0x8000;
    /// state.take_exception(Exception::Irq, Features::CORTEX_A15);
    /// assert_eq!(state.mode(), ProcessorMode::Irq);
    /// assert_eq!((state.pc(), state.r[14]), (0x18, 0x8004));
    /// assert_eq!(state.spsr() & 0x1f, ProcessorMode::User.bits());
    /// ```
    pub fn take_exception(&mut self, exception: Exception, features: Features) {
        if self.takes_to_hyp(exception, features) {
            self.take_to_hyp(exception, features);
        } else {
            self.take_elsewhere(exception, features);
        }
        self.clear_monitor();
    }

    /// Exclusive accesses do not survive an exception here, which the architecture
    /// allows (A3.4.1).
    const fn clear_monitor(&mut self) {
        self.exclusive_address = Self::MONITOR_OPEN;
    }

    /// Sets what a reset does besides setting registers.
    pub(crate) fn reset_control(&mut self) {
        self.system.control = A | I | F | ProcessorMode::Supervisor.bits();
        let control = self.effective(Cell::SCTLR);
        let base = if control & SCTLR_V != 0 {
            0xffff_0000
        } else {
            0
        };
        self.enter(0, control, base);
        self.refresh_context();
    }

    /// Whether Hyp mode takes an exception.
    fn takes_to_hyp(&self, exception: Exception, features: Features) -> bool {
        if !features.contains(Features::VIRTUALIZATION) || self.is_secure() {
            return false;
        }
        let mode = self.mode();
        let (scr, hcr) = (self.effective(Cell::SCR), self.effective(Cell::HCR));
        let from_hyp = mode == ProcessorMode::Hyp;
        let general = mode == ProcessorMode::User && hcr & HCR_TGE != 0;
        match exception {
            Exception::HypTrap { .. } | Exception::HypervisorCall { .. } => true,
            Exception::SecureMonitorCall => false,
            Exception::Irq => scr & SCR_IRQ == 0 && (from_hyp || hcr & HCR_IMO != 0),
            Exception::Fiq => scr & SCR_FIQ == 0 && (from_hyp || hcr & HCR_FMO != 0),
            Exception::DataAbort { status, .. } if is_external(status) && scr & SCR_EA != 0 => {
                false
            }
            Exception::DataAbort { address: None, .. } => from_hyp || general || hcr & HCR_AMO != 0,
            _ => from_hyp || general,
        }
    }

    /// Enters Hyp mode (`EnterHypMode()`).
    fn take_to_hyp(&mut self, exception: Exception, features: Features) {
        let from_hyp = self.mode() == ProcessorMode::Hyp;
        let own = |vector| if from_hyp { vector } else { vector::HYP_TRAP };
        let (vector, hsr) = match exception {
            Exception::Irq => (vector::IRQ, None),
            Exception::Fiq => (vector::FIQ, None),
            Exception::Undefined => (own(vector::UNDEFINED), Some(syndrome(0, 0))),
            Exception::SupervisorCall { immediate } => {
                (own(vector::CALL), Some(syndrome(0x11, immediate & 0xffff)))
            }
            Exception::HypervisorCall { immediate } => {
                (own(vector::CALL), Some(syndrome(0x12, immediate & 0xffff)))
            }
            Exception::SecureMonitorCall => (own(vector::CALL), None),
            Exception::PrefetchAbort { status, address } => {
                self.set_hyp_fault(Cell::HIFAR, address);
                (own(vector::PREFETCH_ABORT), Some(status))
            }
            Exception::DataAbort { status, address } => {
                if let Some(address) = address {
                    self.set_hyp_fault(Cell::HDFAR, address);
                }
                (own(vector::DATA_ABORT), Some(status))
            }
            Exception::HypTrap { syndrome } => (vector::HYP_TRAP, Some(syndrome)),
        };
        if let Some(hsr) = hsr {
            self.set_hyp_fault(Cell::HSR, hsr);
        }
        let scr = self.effective(Cell::SCR);
        let mask = |control, bit| if scr & control == 0 { bit } else { 0 };
        let masks = mask(SCR_EA, A) | mask(SCR_FIQ, F) | mask(SCR_IRQ, I);
        let (psr, preferred) = (self.psr_to_save(), self.pc());
        self.enter_mode(ProcessorMode::Hyp);
        self.system.spsr = psr;
        self.system.elr_hyp = preferred;
        let control = self.effective(Cell::HSCTLR);
        let base = self.low_cell(Cell::HVBAR);
        self.set_safe(control, features);
        self.enter(masks, control, base.wrapping_add(vector));
    }

    #[allow(clippy::cast_possible_truncation, reason = "a register of 32 bits")]
    fn low_cell(&self, cell: Cell) -> u32 {
        self.effective(cell) as u32
    }

    fn set_hyp_fault(&mut self, cell: Cell, value: u32) {
        self.system.cells[0][cell.index()] = value.into();
    }

    /// Enters a mode other than Hyp (`EnterMonitorMode()`, and what the others do
    /// alike).
    fn take_elsewhere(&mut self, exception: Exception, features: Features) {
        let entry = self.entry(exception, features);
        let psr = self.psr_to_save();
        let monitor = entry.mode == ProcessorMode::Monitor;
        let from_secure = self.is_secure();
        if self.mode() == ProcessorMode::Monitor {
            // Whatever takes an exception from Monitor mode goes to Secure state.
            self.system.cells[0][Cell::SCR.index()] &= !1;
        }
        self.enter_mode(entry.mode);
        self.system.spsr = psr;
        self.r[14] = entry.link;
        self.record_fault(exception);
        let control = self.effective(Cell::SCTLR);
        self.set_safe(control, features);
        if features.contains(Features::PAN) {
            // A call of the Secure Monitor from outside clears it (`EnterMonitorMode()`).
            if monitor && !from_secure {
                self.system.control &= !PAN;
            } else if control & SCTLR_SPAN == 0 {
                self.system.control |= PAN;
            }
        }
        let base = if monitor {
            self.low_cell(Cell::MVBAR)
        } else if control & SCTLR_V != 0 {
            0xffff_0000
        } else {
            self.low_cell(Cell::VBAR)
        };
        self.enter(entry.masks | I, control, base.wrapping_add(entry.vector));
    }

    /// Sets CPSR.SSBS to DSSBS of the control register.
    fn set_safe(&mut self, control: u64, features: Features) {
        if features.contains(Features::SSBS) {
            let safe = if control & SCTLR_DSSBS != 0 { SSBS } else { 0 };
            self.system.control = self.system.control & !SSBS | safe;
        }
    }

    /// The CPSR as an exception saves it.
    const fn psr_to_save(&self) -> u32 {
        self.cpsr() & SPSR_BITS
    }

    fn entry(&self, exception: Exception, features: Features) -> Entry {
        let pc = self.pc();
        let thumb = self.thumb != 0;
        let scr = self.effective(Cell::SCR);
        let to_monitor = |control| features.contains(Features::SECURITY) && scr & control != 0;
        // Non-secure code may not change A and F unless SCR allows it.
        let aborts = if self.masks_aborts(features) { A } else { 0 };
        let entry = |mode, vector, link, masks| Entry {
            mode,
            vector,
            link,
            masks,
        };
        let trusted = |control, mode, vector, link, masks| {
            if to_monitor(control) {
                entry(ProcessorMode::Monitor, vector, link, A | F)
            } else {
                entry(mode, vector, link, masks)
            }
        };
        match exception {
            Exception::Undefined | Exception::HypTrap { .. } => {
                let link = pc.wrapping_add(if thumb { 2 } else { 4 });
                entry(ProcessorMode::Undefined, vector::UNDEFINED, link, 0)
            }
            Exception::SupervisorCall { .. } | Exception::HypervisorCall { .. } => {
                entry(ProcessorMode::Supervisor, vector::CALL, pc, 0)
            }
            Exception::SecureMonitorCall => entry(ProcessorMode::Monitor, vector::CALL, pc, A | F),
            Exception::PrefetchAbort { status, .. } => {
                let control = if is_external(status) { SCR_EA } else { 0 };
                let link = pc.wrapping_add(4);
                let vector = vector::PREFETCH_ABORT;
                trusted(control, ProcessorMode::Abort, vector, link, aborts)
            }
            Exception::DataAbort { status, .. } => {
                let control = if is_external(status) { SCR_EA } else { 0 };
                let link = pc.wrapping_add(8);
                let vector = vector::DATA_ABORT;
                trusted(control, ProcessorMode::Abort, vector, link, aborts)
            }
            Exception::Irq => {
                let link = pc.wrapping_add(4);
                trusted(SCR_IRQ, ProcessorMode::Irq, vector::IRQ, link, aborts)
            }
            Exception::Fiq => {
                let link = pc.wrapping_add(4);
                let masks = aborts | if self.masks_fiqs(features) { F } else { 0 };
                trusted(SCR_FIQ, ProcessorMode::Fiq, vector::FIQ, link, masks)
            }
        }
    }

    /// Writes the fault registers of the security state that takes the exception.
    fn record_fault(&mut self, exception: Exception) {
        let world = usize::from(!self.is_secure());
        let mut record = |cell: Cell, value: u32| {
            self.system.cells[world][cell.index()] = value.into();
        };
        match exception {
            Exception::PrefetchAbort { status, address } => {
                record(Cell::IFSR, status);
                record(Cell::IFAR, address);
            }
            Exception::DataAbort { status, address } => {
                record(Cell::DFSR, status);
                if let Some(address) = address {
                    record(Cell::DFAR, address);
                }
            }
            _ => {}
        }
    }

    /// Goes to a vector under the control of an SCTLR, with masks set.
    fn enter(&mut self, masks: u32, control: u64, vector: u32) {
        self.system.control |= masks;
        self.it = 0;
        self.thumb = u32::from(control & SCTLR_TE != 0);
        self.big_endian = u32::from(control & SCTLR_EE != 0);
        self.r[15] = vector;
    }

    /// Whether an exception sets CPSR.A.
    fn masks_aborts(&self, features: Features) -> bool {
        self.masks_by(1 << 5, features)
    }

    /// Whether an FIQ sets CPSR.F.
    fn masks_fiqs(&self, features: Features) -> bool {
        self.masks_by(1 << 4, features)
    }

    fn masks_by(&self, control: u64, features: Features) -> bool {
        !features.contains(Features::SECURITY)
            || features.contains(Features::VIRTUALIZATION)
            || self.is_secure()
            || self.effective(Cell::SCR) & control != 0
    }

    /// Returns from an exception: writes the whole CPSR and branches, both as the
    /// mode that returns may.
    pub(crate) fn return_from_exception(&mut self, pc: u32, psr: u32, features: Features) {
        self.write_cpsr(psr, 15, PsrWrite::Return, features);
        self.r[15] = pc & if self.thumb != 0 { !1 } else { !3 };
        self.system.event = 1;
        self.clear_monitor();
    }

    /// Whether `HVC` or `SMC` is not UNDEFINED in the present mode (B9.3.4, B9.3.14).
    pub(crate) fn may_call(&self, call: SystemCall, features: Features) -> bool {
        let scr = self.effective(Cell::SCR);
        match call {
            SystemCall::Hypervisor => {
                let enabled = scr & SCR_HCE != 0 && !self.is_secure();
                features.contains(Features::VIRTUALIZATION) && enabled
            }
            SystemCall::SecureMonitor => {
                let disabled = scr & SCR_SCD != 0
                    && (features.contains(Features::VIRTUALIZATION) || !self.is_secure());
                features.contains(Features::SECURITY) && !disabled
            }
        }
    }

    /// The exception of an interrupt that is asserted and not masked, the most
    /// important first.
    pub(crate) fn pending_interrupt(&self, features: Features) -> Option<Exception> {
        let lines = Lines::from_bits_retain(self.system.lines);
        let candidates = [
            (Lines::FIQ, Exception::Fiq, SCR_FIQ, HCR_FMO),
            (Lines::IRQ, Exception::Irq, SCR_IRQ, HCR_IMO),
            (
                Lines::ABORT,
                Exception::DataAbort {
                    status: ASYNCHRONOUS_ABORT,
                    address: None,
                },
                SCR_EA,
                HCR_AMO,
            ),
        ];
        let (_, exception, ..) = candidates.into_iter().find(|&(line, _, scr, hcr)| {
            lines.contains(line) && !self.is_masked(line, scr, hcr, features)
        })?;
        Some(exception)
    }

    /// Whether a mask of the CPSR holds an interrupt back (B1.8.5): in Non-secure
    /// state it does not hold back what is taken to Monitor mode, nor outside Hyp mode
    /// what is taken to Hyp mode, if there is such a mode.
    fn is_masked(&self, line: Lines, scr: u64, hcr: u64, features: Features) -> bool {
        let masked = self.system.control & line.bits() != 0;
        if !features.contains(Features::VIRTUALIZATION) || self.is_secure() {
            return masked;
        }
        let to_monitor = self.effective(Cell::SCR) & scr != 0;
        let to_hyp = self.mode() != ProcessorMode::Hyp && self.effective(Cell::HCR) & hcr != 0;
        masked && !to_monitor && !to_hyp
    }
}

/// Whether a fault status, in the format of short descriptors, is an external abort:
/// the only one that SCR.EA concerns.
const fn is_external(status: u32) -> bool {
    // Long descriptors: bit 9.
    if status & 1 << 9 != 0 {
        return matches!(status & 0x3f, 0b01_0000 | 0b01_0001 | 0b01_0101..=0b01_0111);
    }
    matches!(
        status & 0xf | status >> 6 & 0x10,
        0b01000 | 0b01100 | 0b01110 | 0b10110
    )
}

/// SCTLR.V: high vectors.
const SCTLR_V: u64 = 1 << 13;
/// SCTLR.EE and HSCTLR.EE: the endianness of handlers.
const SCTLR_EE: u64 = 1 << 25;
/// SCTLR.SPAN: exceptions do not set CPSR.PAN.
const SCTLR_SPAN: u64 = 1 << 23;
/// SCTLR.DSSBS and HSCTLR.DSSBS: what exceptions set CPSR.SSBS to.
const SCTLR_DSSBS: u64 = 1 << 31;
/// SCTLR.TE and HSCTLR.TE: the instruction set of handlers.
const SCTLR_TE: u64 = 1 << 30;
