//! A privileged guest program does the same interpreted and translated: exceptions of
//! every kind, nested, with returns by every instruction that returns.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use core::ops::Range;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::state::ArmState;
use dbt_a32_frontend::system::{self, Exception, Lines};
use dbt_a32_frontend::version::Features;
use dbt_core::engine::{Config, Engine, Mode};
use dbt_core::exit::{Budget, Exit};
use dbt_core::host::{Environment, HostFault, Lowering, Resolution, Unwatched, VcpuContext};
use dbt_core::memory::{AccessKind, FaultCause, Fetch, FetchFault, GuestMemory, MemoryFault};
use dbt_hv_glue::process::ProcessCode;
use dbt_isa::ops::Access;
use dbt_x86_backend::X86Backend;

/// `guests/system/system.S`.
static PROGRAM: &[u8] = include_bytes!("../../guests/system/system.bin");
const START: u32 = 0x8000;
const RAM: usize = 0x4_0000;
const RESULTS: usize = 0x2_0000;
const DEVICE: u64 = 0xf000_0000;

/// RAM from address zero, and a device whose accesses fault.
struct Board {
    ram: Vec<u8>,
    /// What was stored to the device last: where and what.
    stored: (u64, u64),
}

impl Board {
    fn new() -> Self {
        let mut ram = vec![0; RAM];
        ram[START as usize..][..PROGRAM.len()].copy_from_slice(PROGRAM);
        let stored = (0, 0);
        Self { ram, stored }
    }

    fn find(access: Access, address: u64, kind: AccessKind) -> Result<usize, MemoryFault> {
        let at = usize::try_from(address).expect("addresses have 32 bits");
        let bytes = access.size.bytes() as usize;
        let cause = if access.aligned && !at.is_multiple_of(bytes) {
            FaultCause::Alignment
        } else if at + bytes > RAM {
            FaultCause::Unmapped
        } else {
            return Ok(at);
        };
        Err(MemoryFault {
            address,
            kind,
            cause,
        })
    }

    fn result(&self, index: usize) -> u32 {
        let bytes = &self.ram[RESULTS + 4 * index..][..4];
        u32::from_le_bytes(bytes.try_into().expect("four bytes"))
    }
}

impl Fetch for Board {
    fn fetch16(&mut self, address: u64) -> Result<u16, FetchFault> {
        let at = usize::try_from(address).expect("addresses have 32 bits");
        let cause = FaultCause::Unmapped;
        let bytes = self.ram.get(at..at + 2);
        let bytes = bytes.ok_or(FetchFault { address, cause })?;
        Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
    }
}

impl GuestMemory for Board {
    fn load(&mut self, access: Access, address: u64) -> Result<u64, MemoryFault> {
        let at = Self::find(access, address, AccessKind::Read)?;
        let bytes = &self.ram[at..at + access.size.bytes() as usize];
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    fn store(&mut self, access: Access, address: u64, value: u64) -> Result<(), MemoryFault> {
        self.stored = (address, value);
        let at = Self::find(access, address, AccessKind::Write)?;
        let len = access.size.bytes() as usize;
        self.ram[at..at + len].copy_from_slice(&value.to_le_bytes()[..len]);
        Ok(())
    }

    fn compare_exchange(
        &mut self,
        _: Access,
        address: u64,
        _: u64,
        _: u64,
    ) -> Result<u64, MemoryFault> {
        unreachable!("no exclusive access to {address:#x}")
    }
}

impl Environment for Board {
    fn lowering(&self) -> Lowering {
        Lowering::Callback
    }

    fn window(&self) -> u64 {
        0
    }

    fn protect(&mut self, _: Range<u64>) -> Result<(), Unwatched> {
        // The program does not change itself.
        Ok(())
    }

    fn guarded<R>(
        &mut self,
        _: *mut VcpuContext,
        _: Range<u64>,
        _: u64,
        body: impl FnOnce(&mut Self) -> R,
    ) -> R {
        body(self)
    }

    fn resolve(&mut self, _: &HostFault) -> Resolution {
        unreachable!("no hook records faults")
    }
}

/// Runs the program; returns the board, the state at every exit, and how many
/// instructions were interpreted.
fn run(mode: Mode, link: bool) -> (Board, Vec<ArmState>, u64) {
    let guest = A32Guest::with_system(Features::CORTEX_A15, system::Config::default())
        .expect("no contradiction");
    let code = ProcessCode::new(1 << 20).expect("the host allows executable memory");
    let config = Config {
        mode,
        link,
        ..Config::default()
    };
    let backend = X86Backend::default();
    let engine = Engine::new(guest, backend, Some(code), Lowering::Callback, config)
        .expect("the engine suits the guest");
    let mut state = guest.reset();
    state.r[15] = START;
    let mut vcpu = engine.vcpu(state);
    let mut board = Board::new();
    let mut states = Vec::new();
    let mut lines = Lines::empty();
    loop {
        let exit = engine.run(&mut vcpu, &mut board, Budget::rounds(10_000_000));
        let state = vcpu.state_mut();
        states.push(*state);
        let Exit::Fault(fault) = exit else {
            panic!("{exit:?} at {:#x}", state.pc());
        };
        if fault.address < DEVICE {
            state.take_exception(Exception::of_fault(&fault), guest.features());
            continue;
        }
        let (address, value) = board.stored;
        state.r[15] += 4;
        match address - DEVICE {
            0 => lines.set(Lines::IRQ, value != 0),
            4 => lines.set(Lines::FIQ, value != 0),
            _ => break,
        }
        guest.set_lines(state, lines);
    }
    (board, states, vcpu.stats().interpreted)
}

#[test]
fn a_privileged_program_is_translated_as_it_is_interpreted() {
    const ROUNDS: u32 = 1000;
    let (board, expected, all) = run(Mode::Interpret, true);
    // SVC, UDF, data aborts, IRQs (one in each SVC), FIQs.
    let counts = [0, 1, 4, 6, 7].map(|index| board.result(index));
    assert_eq!(counts, [4, 2, 1, 5, 1].map(|times| times * ROUNDS));
    // Each immediate of SVC.
    for immediate in 1..=4 {
        assert_eq!(board.result(16 + immediate), ROUNDS, "svc #{immediate}");
    }
    // DFAR and DFSR, SP of User mode, sums of CPSRs and of what an IT block did.
    assert_eq!((board.result(10), board.result(11)), (0x4000_0000, 0x7));
    assert_eq!(board.result(12), 0x3_5000);
    assert_eq!(board.result(14), ROUNDS);
    for link in [true, false] {
        let (translated, states, some) = run(Mode::Translate, link);
        assert_eq!(states.len(), expected.len());
        for (index, (actual, expected)) in states.iter().zip(&expected).enumerate() {
            assert_eq!(actual, expected, "exit {index}, linked: {link}");
        }
        assert!(translated.ram == board.ram, "memory is the same");
        assert!(
            some < all / 2,
            "{some} of {all} instructions are interpreted"
        );
    }
}
