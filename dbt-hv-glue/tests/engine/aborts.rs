//! At a data abort the guest's state is the interpreter's, with values that
//! generated code had not written back yet.

use dbt_core::engine::Mode;
use dbt_core::exit::Exit;
use dbt_core::memory::{AccessKind, FaultCause, MemoryFault};
use dbt_hv_glue::process::{Backing, Placement, Prot};

use crate::machine::{CODE, Machine};

const DATA: u32 = 0x10_0000;
const READ_ONLY: u32 = 0x20_0000;
const NOWHERE: u32 = 0x30_0000;

/// Bases of accesses: memory, read-only memory, nothing.
const BASES: [(usize, u32); 3] = [(10, DATA), (11, READ_ONLY), (12, NOWHERE)];

/// A small generator of numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        u32::try_from((self.0 >> 33) % u64::from(limit)).unwrap()
    }

    /// An instruction on R0 to R9 that computes.
    fn computation(&mut self) -> u32 {
        let opcode = self.below(16);
        let is_test = opcode & 12 == 8;
        let set_flags = if is_test { 1 } else { self.below(2) };
        let rd = if is_test { 0 } else { self.below(10) };
        let rn = if opcode & 13 == 13 { 0 } else { self.below(10) };
        let condition = [14, 14, 14, self.below(14)][self.below(4) as usize];
        condition << 28
            | opcode << 21
            | set_flags << 20
            | rn << 16
            | rd << 12
            | self.below(32) << 7
            | self.below(4) << 5
            | self.below(10)
    }

    /// An access by way of `base`: a word, a byte, a halfword, two words, several.
    fn access(&mut self, base: usize) -> u32 {
        let load = self.below(2) << 20;
        let base = u32::try_from(base).unwrap() << 16;
        let (rd, offset) = (self.below(10), self.below(8) * 8);
        let halves = offset & 15 | (offset >> 4) << 8;
        match self.below(5) {
            0 => 0xe580_0000 | load | base | rd << 12 | offset,
            1 => 0xe5c0_0000 | load | base | rd << 12 | offset,
            2 => 0xe1c0_00b0 | load | base | rd << 12 | halves,
            3 => 0xe1c0_00d0 | (load >> 20) << 5 | base | (rd & !1) << 12 | halves,
            _ => 0xe880_0000 | load | base | 1 << rd | 1 << self.below(10),
        }
    }
}

fn machine(mode: Mode) -> Machine {
    let machine = Machine::new(mode);
    let data = Prot::READ | Prot::WRITE;
    for (at, prot) in [(DATA, data), (READ_ONLY, Prot::READ)] {
        machine
            .window
            .map(at, 4096, prot, Backing::Anonymous, Placement::Fixed)
            .unwrap();
    }
    machine
}

/// Every access of random blocks faults in turn, in every way.
#[test]
fn state_is_exact_at_every_access() {
    let translated = machine(Mode::Translate);
    let interpreted = machine(Mode::Interpret);
    let mut random = Random(2);
    let mut faults = 0;
    for _ in 0..1000 {
        let base = [11, 12][random.below(2) as usize];
        let bad = random.below(6);
        let mut block = Vec::new();
        for access in 0..6 {
            for _ in 0..random.below(5) {
                block.push(random.computation());
            }
            block.push(random.access(if access == bad { base } else { 10 }));
        }
        block.push(0xef00_0000);
        let mut registers: Vec<(usize, u32)> =
            (0..10).map(|n| (n, random.below(u32::MAX))).collect();
        registers.extend(BASES);
        let ends = [&translated, &interpreted].map(|machine| {
            machine.window.zero(DATA, 4096).unwrap();
            machine.load(CODE, &block);
            let mut core = machine.core(CODE, &registers);
            let exit = core.run();
            let mut memory = [0; 256];
            machine.window.read(DATA, &mut memory).unwrap();
            (exit, *core.vcpu.state(), memory)
        });
        assert_ne!(ends[0].0, Exit::Undefined, "block {block:x?}");
        faults += u32::from(matches!(ends[0].0, Exit::Fault(_)));
        let [state, wanted] = ends.map(|(_, state, _)| (state.r, state.cpsr()));
        assert_eq!(state, wanted, "block {block:x?} from {registers:x?}");
        assert!(ends[0] == ends[1], "block {block:x?} from {registers:x?}");
    }
    assert!(faults > 600, "only {faults} of 1000 blocks faulted");
}

/// The first byte that cannot be accessed is named, and what kind of access it was.
#[test]
fn faults_name_address_and_kind() {
    let machine = machine(Mode::Translate);
    let fault = |address: u32, kind, cause| {
        Exit::Fault(MemoryFault {
            address: address.into(),
            kind,
            cause,
        })
    };
    let (read, write) = (AccessKind::Read, AccessKind::Write);
    let cases = [
        // ldr r0, [r1]
        (
            0xe591_0000,
            NOWHERE,
            fault(NOWHERE, read, FaultCause::Unmapped),
        ),
        // str r0, [r1]
        (
            0xe581_0000,
            READ_ONLY,
            fault(READ_ONLY, write, FaultCause::Permission),
        ),
        // ldr r0, [r1]: the second half is missing
        (
            0xe591_0000,
            DATA + 0xffe,
            fault(DATA + 0x1000, read, FaultCause::Unmapped),
        ),
        // strexd r0, r2, r3, [r1] and ldrex r0, [r1]: must be aligned
        (
            0xe191_0f9f,
            DATA + 2,
            fault(DATA + 2, read, FaultCause::Alignment),
        ),
        // ldr r0, [r1]: wraps round to nothing
        (
            0xe591_0000,
            0xffff_fffe,
            fault(0xffff_fffe, read, FaultCause::Unmapped),
        ),
    ];
    for (word, address, expected) in cases {
        machine.load(CODE, &[word, 0xef00_0000]);
        let mut core = machine.core(CODE, &[(1, address)]);
        assert_eq!(core.run(), expected, "{word:x} at {address:x}");
        assert_eq!(core.reg(15), CODE);
    }
}
