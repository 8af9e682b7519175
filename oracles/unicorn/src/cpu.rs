//! The oracle: a Cortex-A15 of Unicorn in User mode, on the regions of the arena.

use std::ptr;

use dbt_a32_frontend::state::ArmState;
use dbt_core::memory::AccessKind;
use dbt_testkit::arena::{Arena, CODE, REGIONS, Rights};
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
}

impl std::fmt::Debug for Cpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cpu").finish_non_exhaustive()
    }
}

impl Cpu {
    /// Makes a Cortex-A15, or the newest CPU there is, with memory of zeroes.
    ///
    /// # Errors
    ///
    /// When Unicorn refuses.
    pub fn new(newest: bool) -> Result<Self, uc_error> {
        let mut unicorn = Unicorn::new_with_data(Arch::ARM, Mode::ARM, Report::default())?;
        let model = if newest {
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
        // User mode, access to coprocessors 10 and 11, floating point enabled.
        unicorn.reg_write(RegisterARM::CPSR, 0x10)?;
        unicorn.reg_write(RegisterARM::C1_C0_2, 0x00f0_0000)?;
        unicorn.reg_write(RegisterARM::FPEXC, 0x4000_0000)?;
        Ok(Self { unicorn, memory })
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
            u32::try_from(at).ok().map(|at| region.base + at as u32)
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
        let report = self.unicorn.get_data();
        Ok(match (result, report.exception, report.fault) {
            (_, Some(number), _) => Stop::Exception(number),
            (_, _, Some((kind, address, at_fault))) => match kind {
                MemType::WRITE_UNMAPPED | MemType::WRITE_PROT => {
                    *state = at_fault;
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

    fn write_state(&mut self, state: &ArmState) -> Result<(), uc_error> {
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

/// Reads what is compared.
fn read_state(unicorn: &Unicorn<'_, Report>, state: &mut ArmState) -> Result<(), uc_error> {
    let word = |register: i32| unicorn.reg_read(register).map(|value| value as u32);
    state.set_cpsr(word(RegisterARM::CPSR as i32)?);
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
    RegisterARMCP {
        cp: 15,
        is64: 0,
        sec: 0,
        crn: 13,
        crm: 0,
        opc1: 0,
        opc2: 2,
        val: value.into(),
    }
}
