//! The system level: what the manual's pseudocode says of exceptions, returns,
//! modes and system registers.

mod exceptions;
mod psr;
mod registers;

use dbt_core::guest::{Guest, Step};

use super::{CODE, Ram};
use crate::guest::A32Guest;
use crate::state::ArmState;
use crate::system::{Cell, Config, ProcessorMode};
use crate::version::Features;

/// A core with all extensions, after a reset, at [`CODE`] in Supervisor mode.
struct System {
    guest: A32Guest,
    state: ArmState,
    ram: Ram,
}

impl System {
    fn with(features: Features, config: Config, code: &[u32]) -> Self {
        let guest = A32Guest::with_system(features, config).expect("no contradiction");
        let super::Cpu { ram, .. } = super::Cpu::a32(code);
        let mut state = guest.reset();
        state.r[15] = CODE;
        Self { guest, state, ram }
    }

    fn a32(code: &[u32]) -> Self {
        Self::with(Features::CORTEX_A15, Config::default(), code)
    }

    fn t32(code: &[u16]) -> Self {
        let mut this = Self::a32(&[]);
        this.ram = super::Cpu::t32(code).ram;
        this.state.thumb = 1;
        this
    }

    fn mode(mut self, mode: ProcessorMode) -> Self {
        self.state.enter_mode(mode);
        self
    }

    fn cell(mut self, cell: Cell, value: u64) -> Self {
        self.state.set_cell(cell, value);
        self
    }

    /// Non-secure state.
    fn non_secure(self) -> Self {
        self.cell(Cell::SCR, 1)
    }

    fn reg(mut self, reg: usize, value: u32) -> Self {
        self.state.r[reg] = value;
        self
    }

    fn step(&mut self) -> Step {
        self.guest.step(&mut self.state, &mut self.ram)
    }

    fn next(&mut self) -> &mut Self {
        assert_eq!(self.step(), Step::Next);
        self
    }

    fn word(&self, address: u32) -> u32 {
        let bytes = &self.ram.0[address as usize..][..4];
        u32::from_le_bytes(bytes.try_into().expect("four bytes"))
    }

    fn set_word(&mut self, address: u32, value: u32) {
        self.ram.0[address as usize..][..4].copy_from_slice(&value.to_le_bytes());
    }
}
