//! The state that a program starts in: values that reach the edges, and pointers.

use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::system::registers::SCTLR_RESET;
use dbt_a32_frontend::system::{Cell, ProcessorMode};

use super::{MODES, Programs, START, SYSTEM_REGISTERS};
use crate::arena::{CODE, DATA, DATA_LEN, PAGE};
use crate::random::Random;

impl Programs {
    /// Draws the state of a seed.
    pub fn state(&mut self, seed: u64, thumb: bool) -> ArmState {
        self.random = Random::new(seed);
        self.draw_state(thumb)
    }

    pub(super) fn draw_state(&mut self, thumb: bool) -> ArmState {
        let mut state = ArmState::default();
        for register in &mut state.r[..15] {
            *register = self.word();
        }
        state.r[13] = self.pointer() & !7;
        state.r[15] = START;
        state.nzcv = self.random.word() & 0xf000_0000;
        state.q = self.random.word() & 1;
        state.set_ge_bits(self.random.word());
        state.thumb = thumb.into();
        state.big_endian =
            (self.mix.big_endian != 0 && self.random.one_in(self.mix.big_endian)).into();
        state.set_fpscr(self.fpscr());
        state.tpidruro = self.random.word();
        state.tpidrurw = self.random.word();
        for double in &mut state.d {
            *double = self.double();
        }
        if self.mix.system {
            self.draw_system(&mut state);
        }
        state
    }

    /// Draws what user-level code does not see: registers of all modes, whose SPSRs
    /// name modes mostly, and the mode.
    fn draw_system(&mut self, state: &mut ArmState) {
        state.set_cell(Cell::CPACR, 0x00f0_0000);
        state.set_cell(Cell::NSACR, 0xc00);
        state.set_cell(Cell::FPEXC, 1 << 30);
        for secure in [false, true] {
            state.set_cell(Cell::SCR, u64::from(!secure));
            for (cell, _) in SYSTEM_REGISTERS {
                state.set_cell(cell, self.word().into());
            }
            if self.mix.vectors {
                state.set_cell(Cell::VBAR, CODE.base.into());
                state.set_cell(Cell::SCTLR, self.sctlr());
            }
        }
        for mode in MODES {
            let first = if mode == ProcessorMode::Fiq { 8 } else { 13 };
            for n in first..15 {
                let value = if n == 13 { self.pointer() } else { self.word() };
                state.set_mode_reg(mode, n, value);
            }
            let psr = self.random.word();
            let to = self.random.pick(&MODES).bits();
            let psr = if self.random.one_in(8) {
                psr
            } else {
                psr & !0x1f | to
            };
            state.set_mode_spsr(mode, psr);
        }
        let mode = self.random.pick(&MODES);
        let masks = self.random.word() & 0x1c0;
        state.set_system_cpsr(state.cpsr() & !0x1df | mode.bits() | masks);
        let secure = mode == ProcessorMode::Monitor || !self.random.one_in(4);
        let mut scr = u64::from(!secure);
        if self.mix.vectors {
            state.set_cell(Cell::MVBAR, CODE.base.into());
            state.set_cell(Cell::HVBAR, CODE.base.into());
            // HCE and the bits that route exceptions and allow masking.
            scr |= self.random.bits() & 0x13e;
        }
        state.set_cell(Cell::SCR, scr);
    }

    /// SCTLR with A and EE at random, and rarely TE.
    fn sctlr(&mut self) -> u64 {
        let te = u64::from(self.random.one_in(16)) << 30;
        SCTLR_RESET & !(1 << 13) | self.random.bits() & (1 << 1 | 1 << 25) | te
    }

    /// Mostly the default, sometimes any mode; flags at random.
    fn fpscr(&mut self) -> u32 {
        let modes = if self.random.one_in(2) {
            self.random.word() & 0x07c0_0000
        } else {
            0
        };
        // N, Z, C, V and the cumulative flags.
        self.random.word() & 0xf000_009f & self.random.word() | modes
    }

    /// An address in data or right beside it, mostly aligned.
    fn pointer(&mut self) -> u32 {
        let bits = self.random.bits();
        #[allow(clippy::cast_possible_truncation, reason = "random bits")]
        let (offset, choice) = (bits as u32, (bits >> 32) as u32);
        let offset = match choice % 16 {
            // Near the limit of a page.
            0 => (offset % (DATA_LEN / PAGE + 1) * PAGE).wrapping_add((offset >> 8) % 32),
            1 => (offset % (DATA_LEN / PAGE + 1) * PAGE).wrapping_sub((offset >> 8) % 32),
            // In the page that may only be read, and in the hole.
            2 => 2 * PAGE + offset % (2 * PAGE),
            _ => 0x400 + offset % 0x1800,
        };
        let aligned = match choice >> 8 & 7 {
            0 => offset,
            1 => offset & !1,
            2..4 => offset & !3,
            _ => offset & !7,
        };
        DATA.wrapping_add(aligned)
    }

    /// A word that may be a pointer, a small number, a pattern, or anything.
    pub(super) fn word(&mut self) -> u32 {
        const PATTERNS: [u32; 24] = [
            0,
            1,
            2,
            0x7f,
            0x80,
            0xff,
            0x100,
            0x7fff,
            0x8000,
            0xffff,
            0x1_0000,
            0x7fff_ffff,
            0x8000_0000,
            0x8000_0001,
            0xffff_fffe,
            0xffff_ffff,
            0x0080_0080,
            0x00ff_ff00,
            0x7fff_8000,
            0x8000_7fff,
            0x8000_8000,
            0x7f80_7f80,
            0xaaaa_aaaa,
            0x5555_5555,
        ];
        match self.random.below(16) {
            0..7 => self.pointer(),
            7..10 => self.random.word() % 64,
            10..13 => self.random.pick(&PATTERNS),
            13 => 1 << self.random.below(32),
            _ => self.random.word(),
        }
    }

    /// A double, or two singles, at the edges of their formats.
    fn double(&mut self) -> u64 {
        if self.random.one_in(2) {
            return u64::from(self.single()) << 32 | u64::from(self.single());
        }
        let sign = self.random.bits() & 1 << 63;
        let exponent = match self.random.below(8) {
            0 => 0,
            1 => 0x7ff,
            2 => 1,
            3 => 0x7fe,
            // What narrows to the ends of a single or an integer.
            4 => 0x3ff - 128 + self.random.bits() % 256,
            5 => 0x3ff + self.random.bits() % 66,
            6 => 0x3f0 + self.random.bits() % 32,
            _ => self.random.bits() % 0x7ff,
        };
        let fraction = self.fraction() >> 12;
        sign | exponent << 52 | fraction
    }

    #[allow(clippy::cast_possible_truncation, reason = "the upper half is meant")]
    fn single(&mut self) -> u32 {
        let sign = self.random.word() & 1 << 31;
        let exponent = match self.random.below(8) {
            0 => 0,
            1 => 0xff,
            2 => 1,
            3 => 0xfe,
            4 => 0x7f + self.random.word() % 34,
            // What narrows to the ends of a half.
            5 => 0x7f - 26 + self.random.word() % 44,
            6 => 0x78 + self.random.word() % 16,
            _ => self.random.word() % 0xff,
        };
        let fraction = (self.fraction() >> 32) as u32 >> 9;
        sign | exponent << 23 | fraction
    }

    /// A fraction, left-aligned: sparse, dense or any.
    fn fraction(&mut self) -> u64 {
        match self.random.below(6) {
            0 => 0,
            1 => 1 << self.random.below(64),
            2 => u64::MAX << self.random.below(64),
            3 => u64::MAX >> self.random.below(64),
            _ => self.random.bits(),
        }
    }
}
