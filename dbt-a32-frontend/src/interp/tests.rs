//! What each group of instructions does, by values derived from the manual.

extern crate alloc;

mod alu;
mod branch;
mod load_store;
mod media;
mod multiply;
mod status;
mod sync;
mod system;
mod thumb;
mod vfp;

use alloc::vec;
use alloc::vec::Vec;

use dbt_core::memory::{AccessKind, FaultCause, Fetch};

use super::*;

/// Where code starts.
pub(super) const CODE: u32 = 0x1000;
/// Where data starts.
pub(super) const DATA: u32 = 0x8000;
/// The end of memory; what is above faults.
pub(super) const END: u32 = 0x1_0000;

/// 64 KiB of memory from address zero.
pub(super) struct Ram(pub(super) Vec<u8>);

impl Ram {
    fn check(access: Access, address: u64, kind: AccessKind) -> Result<usize, MemoryFault> {
        let len = u64::from(access.size.bytes());
        let cause = if !address.is_multiple_of(access.alignment().into()) {
            FaultCause::Alignment
        } else if address + len > END.into() {
            FaultCause::Unmapped
        } else {
            return Ok(address as usize);
        };
        Err(MemoryFault {
            // The first byte that faults.
            address: match cause {
                FaultCause::Unmapped => address.max(END.into()),
                _ => address,
            },
            kind,
            cause,
        })
    }

    fn read(&self, access: Access, at: usize) -> u64 {
        let mut bytes = [0; 8];
        let len = access.size.bytes() as usize;
        bytes[..len].copy_from_slice(&self.0[at..at + len]);
        u64::from_le_bytes(bytes)
    }
}

impl Fetch for Ram {
    fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
        if address + 2 > END.into() {
            return Err(FetchFault {
                address,
                cause: FaultCause::Unmapped,
            });
        }
        Ok(self.read(Access::new(Size::Half), address as usize) as u16)
    }
}

impl GuestMemory for Ram {
    fn load(&mut self, access: Access, address: u64) -> Result<u64, MemoryFault> {
        let at = Self::check(access, address, AccessKind::Read)?;
        Ok(self.read(access, at))
    }

    fn store(&mut self, access: Access, address: u64, value: u64) -> Result<(), MemoryFault> {
        let at = Self::check(access, address, AccessKind::Write)?;
        let len = access.size.bytes() as usize;
        self.0[at..at + len].copy_from_slice(&value.to_le_bytes()[..len]);
        Ok(())
    }

    fn compare_exchange(
        &mut self,
        access: Access,
        address: u64,
        expected: u64,
        new: u64,
    ) -> Result<u64, MemoryFault> {
        let at = Self::check(access, address, AccessKind::Write)?;
        let old = self.read(access, at);
        if old == expected {
            self.store(access, address, new)?;
        }
        Ok(old)
    }
}

/// A CPU with some code.
pub(super) struct Cpu {
    pub(super) state: ArmState,
    pub(super) ram: Ram,
}

impl Cpu {
    fn new(code: &[u8], thumb: bool) -> Self {
        let mut ram = Ram(vec![0; END as usize]);
        ram.0[CODE as usize..][..code.len()].copy_from_slice(code);
        let mut state = ArmState {
            thumb: thumb.into(),
            ..ArmState::default()
        };
        state.r[15] = CODE;
        Self { state, ram }
    }

    /// Puts A32 instructions at [`CODE`].
    pub(super) fn a32(code: &[u32]) -> Self {
        let bytes: Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
        Self::new(&bytes, false)
    }

    /// Puts T32 instructions at [`CODE`].
    pub(super) fn t32(code: &[u16]) -> Self {
        let bytes: Vec<u8> = code.iter().flat_map(|half| half.to_le_bytes()).collect();
        Self::new(&bytes, true)
    }

    /// Sets registers.
    pub(super) fn with(mut self, regs: &[(usize, u32)]) -> Self {
        for &(reg, value) in regs {
            self.state.r[reg] = value;
        }
        self
    }

    pub(super) fn step(&mut self) -> Step {
        step(&mut self.state, &mut self.ram, Features::CORTEX_A15)
    }

    /// Executes one instruction, which neither branches nor stops.
    pub(super) fn next(&mut self) -> &mut Self {
        let pc = self.state.pc();
        assert_eq!(self.step(), Step::Next, "at {pc:#x}");
        self
    }

    pub(super) fn r(&self, reg: usize) -> u32 {
        self.state.r[reg]
    }

    /// N, Z, C and V as a four-bit number.
    pub(super) fn nzcv(&self) -> u32 {
        self.state.nzcv >> 28
    }

    pub(super) fn word(&self, address: u32) -> u32 {
        self.ram.read(Access::new(Size::Word), address as usize) as u32
    }

    pub(super) fn set_word(&mut self, address: u32, value: u32) {
        self.ram.0[address as usize..][..4].copy_from_slice(&value.to_le_bytes());
    }
}

/// Executes one A32 instruction with registers and flags set.
pub(super) fn one(word: u32, nzcv: u32, regs: &[(usize, u32)]) -> Cpu {
    let mut cpu = Cpu::a32(&[word]).with(regs);
    cpu.state.nzcv = nzcv << 28;
    cpu.next();
    cpu
}

#[test]
fn a_failed_condition_skips_even_an_undefined_instruction() {
    let mut cpu = Cpu::a32(&[0xe7f000f0 /* udf #0 */ & 0x0fff_ffff, 0xffff_ffff]);
    assert_eq!(cpu.next().state.pc(), CODE + 4);
    let undefined = Step::Trap {
        kind: ir::TrapKind::Undefined,
        info: 0xffff_ffff,
    };
    assert_eq!(cpu.step(), undefined);
    assert_eq!(cpu.state.pc(), CODE + 4);
}

#[test]
fn a_fetch_fault_leaves_the_state_alone() {
    let mut cpu = Cpu::a32(&[]);
    cpu.state.r[15] = END;
    let fault = FetchFault {
        address: END.into(),
        cause: FaultCause::Unmapped,
    };
    assert_eq!(cpu.step(), Step::Fetch(fault));
    assert_eq!(cpu.state.pc(), END);
}
