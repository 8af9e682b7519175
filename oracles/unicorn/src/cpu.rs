//! The oracle: a Cortex-A15 of Unicorn, in User mode or in any, on the regions of the
//! arena.

use std::ptr;

use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::system::{Cell, ProcessorMode};
use dbt_core::memory::AccessKind;
use dbt_testkit::arena::{Arena, CODE, REGIONS, Rights};
use dbt_testkit::programs::{MODES, SYSTEM_REGISTERS};
use unicorn_engine::{
    Arch, ArmCpuModel, HookType, MemType, Mode, Prot, RegisterARM, RegisterARMCP, Unicorn, uc_error,
};

/// How Unicorn stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stop {
    /// It reached the limit, or waits for an interrupt.
    Reached,
    /// It took an exception, by QEMU's number.
    Exception(u32),
    /// The instruction is UNDEFINED, or `YIELD` or `WFE`.
    Invalid,
    /// A data access faulted at an address.
    Fault(AccessKind, u64),
    /// The next instruction cannot be fetched.
    Fetch(u64),
    /// It branched too often.
    Runaway,
    /// Something else.
    Error(uc_error),
}

/// What runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CpuKind {
    /// A Cortex-A15 in User mode.
    User,
    /// A Cortex-A15 in any mode.
    System,
    /// The newest CPU there is, in User mode.
    Newest,
}

/// How many blocks a program may enter.
const MAX_BLOCKS: u32 = 256;

/// What the hooks report.
#[derive(Debug, Default)]
struct Report {
    exception: Option<u32>,
    /// A faulting access and the state before its instruction. Unicorn goes on after
    /// a store that faults, at least to the end of an IT block.
    fault: Option<(MemType, u64, ArmState)>,
    blocks: u32,
    /// Whether a block of A32 had an address with bit 1 set.
    misaligned: bool,
}

#[repr(C, align(4096))]
#[derive(Clone)]
struct Page([u8; 4096]);

/// Memory that Unicorn accesses through a pointer.
struct Backing {
    /// Where the pages start. Only this pointer is used while Unicorn lives.
    start: *mut u8,
    pages: usize,
}

impl Backing {
    fn new(pages: usize) -> Self {
        let boxed = vec![Page([0; 4096]); pages].into_boxed_slice();
        Self {
            start: Box::into_raw(boxed).cast(),
            pages,
        }
    }

    fn len(&self) -> usize {
        self.pages * 4096
    }

    fn write(&mut self, bytes: &[u8]) {
        assert_eq!(bytes.len(), self.len(), "a whole region");
        // SAFETY: `start` points to `len` bytes that nothing else accesses, since
        // Unicorn does not run.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.start, bytes.len()) }
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: as in `write`; while the slice lives, `self` is borrowed and
        // Unicorn, which takes it mutably, does not run.
        unsafe { std::slice::from_raw_parts(self.start, self.len()) }
    }
}

impl Drop for Backing {
    fn drop(&mut self) {
        let pages = ptr::slice_from_raw_parts_mut(self.start.cast::<Page>(), self.pages);
        // SAFETY: the pages came from a box of this length and are not used any more.
        drop(unsafe { Box::from_raw(pages) });
    }
}

/// The CPU and its memory.
pub struct Cpu {
    /// Declared before the memory, so that it is dropped before it.
    unicorn: Unicorn<'static, Report>,
    memory: Vec<Backing>,
    /// Whether it runs in any mode.
    system: bool,
}

impl std::fmt::Debug for Cpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cpu").finish_non_exhaustive()
    }
}

impl Cpu {
    /// Makes a CPU of a kind, with memory of zeroes.
    ///
    /// # Errors
    ///
    /// When Unicorn refuses.
    pub fn new(kind: CpuKind) -> Result<Self, uc_error> {
        let mut unicorn = Unicorn::new_with_data(Arch::ARM, Mode::ARM, Report::default())?;
        let model = if kind == CpuKind::Newest {
            ArmCpuModel::MAX
        } else {
            ArmCpuModel::CORTEX_A15
        };
        unicorn.ctl_set_cpu_model(model as i32)?;
        let mut memory = Vec::new();
        for region in REGIONS {
            let rights = match region.rights {
                Rights::Read => Prot::READ,
                Rights::ReadWrite => Prot::READ | Prot::WRITE,
                Rights::ReadExecute => Prot::READ | Prot::EXEC,
            };
            let backing = Backing::new(region.len as usize / 4096);
            let pointer = backing.start.cast();
            // SAFETY: the memory is page-aligned, as long as the region, and outlives
            // `unicorn`, which stands before it in `Self`.
            unsafe {
                unicorn.mem_map_ptr(region.base.into(), region.len.into(), rights, pointer)?;
            }
            memory.push(backing);
        }
        unicorn.add_intr_hook(|unicorn, number| {
            unicorn.get_data_mut().exception = Some(number);
            // Cannot fail while running.
            let _ = unicorn.emu_stop();
        })?;
        let faults = HookType::MEM_UNMAPPED | HookType::MEM_PROT;
        unicorn.add_mem_hook(faults, 1, 0, |unicorn, kind, address, _, _| {
            if unicorn.get_data().fault.is_none() {
                let mut state = ArmState::default();
                if read_state(unicorn, &mut state).is_ok() {
                    unicorn.get_data_mut().fault = Some((kind, address, state));
                }
            }
            false
        })?;
        unicorn.add_block_hook(1, 0, |unicorn, address, _| {
            let misaligned = address & 2 != 0 && is_a32(unicorn);
            let report = unicorn.get_data_mut();
            report.blocks += 1;
            report.misaligned |= misaligned;
            if report.blocks > MAX_BLOCKS {
                let _ = unicorn.emu_stop();
            }
        })?;
        // Access to coprocessors 10 and 11, floating point enabled, User mode.
        unicorn.reg_write_arm_coproc(&word_register([1, 0, 1, 2], 0xc00))?;
        unicorn.reg_write(RegisterARM::CPSR, 0x10)?;
        unicorn.reg_write(RegisterARM::C1_C0_2, 0x00f0_0000)?;
        unicorn.reg_write(RegisterARM::FPEXC, 0x4000_0000)?;
        Ok(Self {
            unicorn,
            memory,
            system: kind == CpuKind::System,
        })
    }

    /// Copies all of the arena.
    pub fn set_memory(&mut self, arena: &Arena) {
        for (backing, region) in self.memory.iter_mut().zip(&REGIONS) {
            backing.write(arena.region(region));
        }
    }

    /// Copies the code page of the arena and forgets what was translated.
    ///
    /// # Errors
    ///
    /// When Unicorn refuses.
    pub fn set_code(&mut self, arena: &Arena) -> Result<(), uc_error> {
        self.memory[0].write(arena.region(&CODE));
        let base = u64::from(CODE.base);
        self.unicorn
            .ctl_remove_cache(base, base + u64::from(CODE.len))
    }

    /// Forgets everything that was translated.
    ///
    /// # Errors
    ///
    /// When Unicorn refuses.
    pub fn forget(&mut self) -> Result<(), uc_error> {
        self.unicorn.ctl_flush_tb()
    }

    /// Returns the first address at which memory differs from the arena.
    #[must_use]
    pub fn memory_difference(&self, arena: &Arena) -> Option<u32> {
        let mut regions = self.memory.iter().zip(&REGIONS);
        regions.find_map(|(backing, region)| {
            let (theirs, ours) = (backing.bytes(), arena.region(region));
            if theirs == ours {
                return None;
            }
            let at = theirs.iter().zip(ours).position(|(a, b)| a != b)?;
            u32::try_from(at).ok().map(|at| region.base + at)
        })
    }

    /// Returns the bytes of a word of memory.
    #[must_use]
    pub fn word(&self, address: u32) -> Option<u32> {
        let address = address & !3;
        let mut regions = self.memory.iter().zip(&REGIONS);
        let (backing, region) =
            regions.find(|(_, region)| address.wrapping_sub(region.base) < region.len)?;
        let at = (address - region.base) as usize;
        let bytes = backing.bytes().get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }

    /// Runs from `state` until `limit` and stores the new state. The exclusive
    /// monitor is not seen from outside: whoever calls takes care that it is open.
    ///
    /// # Errors
    ///
    /// When Unicorn refuses.
    pub fn run(&mut self, state: &mut ArmState, limit: u32) -> Result<Stop, uc_error> {
        self.write_state(state)?;
        *self.unicorn.get_data_mut() = Report::default();
        let start = u64::from(state.pc() | state.thumb);
        let result = self.unicorn.emu_start(start, limit.into(), 0, 0);
        read_state(&self.unicorn, state)?;
        if self.system {
            self.read_system(state)?;
        }
        let report = self.unicorn.get_data();
        Ok(match (result, report.exception, report.fault) {
            (_, Some(number), _) => Stop::Exception(number),
            (_, _, Some((kind, address, at_fault))) => match kind {
                MemType::WRITE_UNMAPPED | MemType::WRITE_PROT => {
                    let banks = *state;
                    *state = at_fault;
                    if self.system {
                        keep_banks(state, &banks);
                    }
                    Stop::Fault(AccessKind::Write, address)
                }
                MemType::FETCH_UNMAPPED | MemType::FETCH_PROT => Stop::Fetch(address),
                _ => Stop::Fault(AccessKind::Read, address),
            },
            _ if report.blocks > MAX_BLOCKS => Stop::Runaway,
            (Err(uc_error::INSN_INVALID), ..) => Stop::Invalid,
            (Err(error), ..) => Stop::Error(error),
            (Ok(()), ..) => Stop::Reached,
        })
    }

    /// Tells whether the last run executed A32 code at an address with bit 1 set,
    /// which no branch may reach.
    #[must_use]
    pub fn was_misaligned(&self) -> bool {
        self.unicorn.get_data().misaligned
    }

    /// Opens the exclusive monitor, by executing `CLREX`.
    ///
    /// # Errors
    ///
    /// When Unicorn refuses.
    pub fn clear_exclusive(&mut self, arena: &mut Arena) -> Result<(), uc_error> {
        let mut state = ArmState::default();
        state.r[15] = CODE.base;
        // CLREX (A1).
        arena.write_code(CODE.base, &[0xf01f, 0xf57f]);
        self.set_code(arena)?;
        self.run(&mut state, CODE.base + 4)?;
        Ok(())
    }

    /// Writes the registers of all modes, and those of the system; leaves the CPU in
    /// the state's mode and security state.
    fn write_system(&mut self, state: &ArmState) -> Result<(), uc_error> {
        let unicorn = &mut self.unicorn;
        unicorn.reg_write_arm_coproc(&word_register(SCR, 0))?;
        // From wherever it is: any mode may be changed to one of these.
        unicorn.reg_write(RegisterARM::CPSR, ProcessorMode::Supervisor.bits().into())?;
        for mode in MODES {
            if mode == ProcessorMode::User {
                continue;
            }
            unicorn.reg_write(RegisterARM::CPSR, mode.bits().into())?;
            let all = [ProcessorMode::Fiq, ProcessorMode::System].contains(&mode);
            for n in if all { 8 } else { 13 }..15 {
                unicorn.reg_write(core_register(n), state.mode_reg(mode, n).into())?;
            }
            unicorn.reg_write(RegisterARM::SPSR, state.mode_spsr(mode).into())?;
        }
        unicorn.reg_write(RegisterARM::FPEXC, state.cell(Cell::FPEXC))?;
        let mut other = *state;
        for secure in [false, true] {
            other.set_cell(Cell::SCR, u64::from(!secure));
            for (cell, place) in SYSTEM_REGISTERS {
                let register = banked_register(place, secure, other.cell(cell));
                unicorn.reg_write_arm_coproc(&register)?;
            }
        }
        unicorn.reg_write(RegisterARM::CPSR, state.mode().bits().into())?;
        unicorn.reg_write_arm_coproc(&word_register(SCR, state.cell(Cell::SCR)))
    }

    /// Reads what [`write_system`](Self::write_system) writes, after
    /// [`read_state`].
    fn read_system(&mut self, state: &mut ArmState) -> Result<(), uc_error> {
        let unicorn = &mut self.unicorn;
        let (r, cpsr, own) = (state.r, state.cpsr(), state.mode());
        let scr = read_word(unicorn, SCR)?;
        unicorn.reg_write_arm_coproc(&word_register(SCR, 0))?;
        unicorn.reg_write(RegisterARM::CPSR, ProcessorMode::Supervisor.bits().into())?;
        for mode in MODES {
            if mode == ProcessorMode::User {
                continue;
            }
            unicorn.reg_write(RegisterARM::CPSR, mode.bits().into())?;
            state.set_system_cpsr(mode.bits());
            for n in 8..15 {
                state.r[n] = unicorn.reg_read(core_register(n))? as u32;
            }
            state.set_spsr(unicorn.reg_read(RegisterARM::SPSR)? as u32);
        }
        for secure in [false, true] {
            state.set_cell(Cell::SCR, u64::from(!secure));
            for (cell, place) in SYSTEM_REGISTERS {
                let mut register = banked_register(place, secure, 0);
                unicorn.reg_read_arm_coproc(&mut register)?;
                state.set_cell(cell, register.val & 0xffff_ffff);
            }
        }
        state.set_cell(Cell::SCR, scr);
        state.set_system_cpsr(cpsr);
        debug_assert_eq!((state.mode(), state.r), (own, r), "the same by both ways");
        Ok(())
    }

    fn write_state(&mut self, state: &ArmState) -> Result<(), uc_error> {
        if self.system {
            self.write_system(state)?;
        }
        let unicorn = &mut self.unicorn;
        unicorn.reg_write(RegisterARM::CPSR, state.cpsr().into())?;
        for (number, &value) in state.r[..15].iter().enumerate() {
            unicorn.reg_write(core_register(number), value.into())?;
        }
        for (number, &value) in state.d.iter().enumerate() {
            unicorn.reg_write(RegisterARM::D0 as i32 + number as i32, value)?;
        }
        unicorn.reg_write(RegisterARM::FPSCR, state.fpscr().into())?;
        unicorn.reg_write(RegisterARM::C13_C0_3, state.tpidruro.into())?;
        unicorn.reg_write_arm_coproc(&tpidrurw(state.tpidrurw))
    }
}

/// SCR, by the fields of `MRC`.
const SCR: [u32; 4] = [1, 0, 1, 0];

/// Gives a state at a fault the registers of other modes.
fn keep_banks(state: &mut ArmState, banks: &ArmState) {
    let in_use = *state;
    for mode in MODES {
        for n in 8..15 {
            state.set_mode_reg(mode, n, banks.mode_reg(mode, n));
        }
        state.set_mode_spsr(mode, banks.mode_spsr(mode));
    }
    state.r = in_use.r;
    state.set_spsr(in_use.spsr());
    for scr in [1, 0, banks.cell(Cell::SCR)] {
        let mut banks = *banks;
        banks.set_cell(Cell::SCR, scr);
        state.set_cell(Cell::SCR, scr);
        for (cell, _) in SYSTEM_REGISTERS {
            state.set_cell(cell, banks.cell(cell));
        }
    }
}

/// Reads what is compared, but for the registers of other modes.
fn read_state(unicorn: &Unicorn<'_, Report>, state: &mut ArmState) -> Result<(), uc_error> {
    let word = |register: i32| unicorn.reg_read(register).map(|value| value as u32);
    state.set_system_cpsr(word(RegisterARM::CPSR as i32)?);
    state.set_spsr(word(RegisterARM::SPSR as i32)?);
    for number in 0..16 {
        state.r[number] = word(core_register(number))?;
    }
    for (number, value) in state.d.iter_mut().enumerate() {
        *value = unicorn.reg_read(RegisterARM::D0 as i32 + number as i32)?;
    }
    state.set_fpscr(word(RegisterARM::FPSCR as i32)?);
    state.tpidruro = word(RegisterARM::C13_C0_3 as i32)?;
    let mut register = tpidrurw(0);
    unicorn.reg_read_arm_coproc(&mut register)?;
    state.tpidrurw = register.val as u32;
    Ok(())
}

fn is_a32(unicorn: &Unicorn<'_, Report>) -> bool {
    const T: u64 = 1 << 5;
    let cpsr = unicorn.reg_read(RegisterARM::CPSR);
    cpsr.is_ok_and(|cpsr| cpsr & T == 0)
}

/// SP, LR and PC do not stand behind R12 in Unicorn's list.
fn core_register(number: usize) -> i32 {
    match number {
        13 => RegisterARM::SP as i32,
        14 => RegisterARM::LR as i32,
        15 => RegisterARM::PC as i32,
        _ => RegisterARM::R0 as i32 + number as i32,
    }
}

fn tpidrurw(value: u32) -> RegisterARMCP {
    word_register([13, 0, 0, 2], value.into())
}

/// A register of CP15, by the fields of `MRC`.
fn word_register([crn, opc1, crm, opc2]: [u32; 4], val: u64) -> RegisterARMCP {
    RegisterARMCP {
        cp: 15,
        is64: 0,
        sec: 0,
        crn,
        crm,
        opc1,
        opc2,
        val,
    }
}

/// The same of one security state.
fn banked_register(place: [u32; 4], secure: bool, val: u64) -> RegisterARMCP {
    RegisterARMCP {
        sec: secure.into(),
        ..word_register(place, val)
    }
}

fn read_word(unicorn: &Unicorn<'_, Report>, place: [u32; 4]) -> Result<u64, uc_error> {
    let mut register = word_register(place, 0);
    unicorn.reg_read_arm_coproc(&mut register)?;
    Ok(register.val & 0xffff_ffff)
}
