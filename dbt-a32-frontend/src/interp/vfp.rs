//! The floating-point part of the interpreter.

use dbt_core::memory::GuestMemory;
use dbt_isa::machine::Flow;
use dbt_isa::ops::Nzcv;

use super::Interpreter;
use crate::args::FpSystemReg;
use crate::fp_reg::{DReg, SReg};
use crate::softfloat::FpControl;
use crate::system::Cell;
use crate::version::Features;
use crate::vfp_machine::{FpOp, VfpMachine};

/// FPSID of a Cortex-A15.
const FPSID: u32 = 0x4104_30f0;
/// FPEXC.EN, the only bit that is not fixed: there is no asynchronous trapping.
const FPEXC_EN: u32 = 1 << 30;

/// MVFR2 (DDI 0487, G8.2.124): selection, rounding and numeric maxima, scalar and of
/// vectors. Only cores that have them have the register.
const MVFR2: u32 = 0x43;

/// MVFR0 (B4.1.110): no short vectors, no trapping.
const fn mvfr0(features: Features) -> u32 {
    0x1011_0220
        | if features.contains(Features::D32) {
            2
        } else {
            1
        }
}

/// MVFR1 (B4.1.111).
const fn mvfr1(features: Features) -> u32 {
    let mut value = 0x11;
    if features.contains(Features::ASIMD) {
        value |= 0x0001_1100;
    }
    if features.contains(Features::VFP_HALF) {
        value |= 0x0100_0000;
        if features.contains(Features::ASIMD) {
            value |= 0x0010_0000;
        }
    }
    if features.contains(Features::FP_V8) {
        value += 0x0100_0000;
    }
    if features.contains(Features::FP16) {
        value += 0x0110_0000;
    }
    if features.contains(Features::VFP4) {
        value |= 0x1000_0000;
    }
    value
}

/// Returns how far the bits of a single are up in its double.
const fn shift(reg: SReg) -> usize {
    reg.index() % 2 * 32
}

impl<Mem: GuestMemory + ?Sized> VfpMachine for Interpreter<'_, Mem> {
    type Single = u32;
    type Double = u64;

    #[allow(clippy::cast_possible_truncation, reason = "half of a double")]
    fn single(&mut self, reg: SReg) -> u32 {
        (self.state.d[reg.index() / 2] >> shift(reg)) as u32
    }
    fn set_single(&mut self, reg: SReg, value: u32) {
        let double = &mut self.state.d[reg.index() / 2];
        let half = u64::from(u32::MAX) << shift(reg);
        *double = *double & !half | u64::from(value) << shift(reg);
    }
    fn double(&mut self, reg: DReg) -> u64 {
        self.state.d[reg.index()]
    }
    fn set_double(&mut self, reg: DReg, value: u64) {
        self.state.d[reg.index()] = value;
    }

    fn single_to_word(&mut self, a: u32) -> u32 {
        a
    }
    fn single_from_word(&mut self, a: u32) -> u32 {
        a
    }
    fn double_to_dword(&mut self, a: u64) -> u64 {
        a
    }
    fn double_from_dword(&mut self, a: u64) -> u64 {
        a
    }

    fn fpscr(&mut self) -> u32 {
        self.state.fpscr()
    }
    fn fpscr_flags(&mut self) -> Nzcv {
        Nzcv::from_psr(self.state.fpscr_nzcv)
    }
    fn set_fpscr_flags(&mut self, flags: Nzcv) {
        self.state.fpscr_nzcv = flags.to_psr();
    }
    fn set_fpscr(&mut self, value: u32) -> Flow {
        let fz16 = if self.core.features.contains(Features::FP16) {
            FpControl::FZ16
        } else {
            0
        };
        self.state.set_fpscr(value & (!FpControl::FZ16 | fz16));
        Flow::Next
    }

    #[allow(clippy::cast_possible_truncation, reason = "registers of 32 bits")]
    fn fp_system_reg(&mut self, reg: FpSystemReg) -> Option<u32> {
        let features = self.core.features;
        Some(match reg {
            FpSystemReg::Fpsid => FPSID,
            FpSystemReg::Mvfr2 => MVFR2,
            FpSystemReg::Mvfr0 => mvfr0(features),
            FpSystemReg::Mvfr1 => mvfr1(features),
            FpSystemReg::Fpexc => self.state.cell(Cell::FPEXC) as u32,
        })
    }
    fn set_fp_system_reg(&mut self, reg: FpSystemReg, value: u32) -> Option<()> {
        // The others are read-only, and writes to them ignored.
        if reg == FpSystemReg::Fpexc {
            self.state.set_cell(Cell::FPEXC, (value & FPEXC_EN).into());
        }
        Some(())
    }

    fn fp(&mut self, op: FpOp, a: u64, b: u64, c: u64) -> u64 {
        op.execute(self.state, a, b, c)
    }
}
