//! A guest of ten instructions, written twice: to lift and to interpret.
//!
//! Every instruction that retires counts in `regs[7]`, so that two executions can
//! be stopped at the same point.

use core::mem::offset_of;

use dbt_isa::machine::Machine;
use dbt_isa::ops::{Access, BinOp, CmpOp, Size};

use crate::guest::{Guest, HelperFn, SlotInfo, StateLayout, Step};
use crate::ir::{Builder, IndirectKind, Slot, Target, Terminator, TrapKind, Ty};
use crate::location::Location;
use crate::memory::{Fetch, FetchFault, GuestMemory};

#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub(super) struct State {
    pub(super) regs: [u32; 8],
    pub(super) flags: u32,
    pub(super) pc: u32,
}

pub(super) const COUNT: usize = 7;

const fn reg(name: &'static str, index: u32) -> SlotInfo {
    SlotInfo {
        name,
        ty: Ty::I32,
        offset: 4 * index,
    }
}

static LAYOUT: StateLayout = StateLayout {
    slots: &[
        reg("r0", 0),
        reg("r1", 1),
        reg("r2", 2),
        reg("r3", 3),
        reg("r4", 4),
        reg("r5", 5),
        reg("r6", 6),
        reg("count", 7),
        SlotInfo {
            name: "flags",
            ty: Ty::Flags,
            offset: 32,
        },
    ],
    hot: &[],
    flags: FLAGS,
    float_status: None,
    float_rules: crate::ir::FloatRules::Own,
    vector_operands: None,
    aligned: None,
};

const FLAGS: Slot = Slot(8);
const _: () = assert!(offset_of!(State, flags) == 32);

/// Guest memory ends here, addresses a little later.
pub(super) const MEMORY: u32 = 0x2000;
const MASK: u32 = 0x27fc;
/// How many instructions a unit has at most.
const UNIT: usize = 6;

/// `op a, b, imm`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Insn(pub(super) u32);

impl Insn {
    pub(super) fn new(op: u32, a: u32, b: u32, imm: i16) -> Self {
        Self(op << 24 | a << 20 | b << 16 | u32::from(imm.cast_unsigned()))
    }
    fn op(self) -> u32 {
        self.0 >> 24
    }
    fn a(self) -> usize {
        (self.0 >> 20 & 15) as usize % COUNT
    }
    fn b(self) -> usize {
        (self.0 >> 16 & 15) as usize % COUNT
    }
    fn imm(self) -> u32 {
        let low = u16::try_from(self.0 & 0xffff).unwrap();
        i32::from(low.cast_signed()).cast_unsigned()
    }
    fn target(self, pc: u32) -> u32 {
        pc.wrapping_add(self.imm() << 2) & (MEMORY - 4)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Toy;

const WORD: Access = Access::new(Size::Word);

impl Guest for Toy {
    type State = State;

    fn layout(&self) -> &'static StateLayout {
        &LAYOUT
    }
    fn helpers(&self) -> &'static [HelperFn<State>] {
        &[]
    }
    fn location(&self, state: &State) -> Location {
        Location::new(state.pc, 0)
    }
    fn set_location(&self, state: &mut State, location: Location) {
        state.pc = location.pc_bits();
    }
    fn address(&self, location: Location) -> u64 {
        location.pc_bits().into()
    }

    fn lift(
        &self,
        fetch: &mut dyn Fetch,
        location: Location,
        ir: &mut Builder<'_>,
    ) -> Result<(), FetchFault> {
        let mut insn = Insn(fetch.fetch32(location.0)?);
        let entry = ir.reserve();
        ir.begin(entry, Some(location));
        let mut pc = location.pc_bits();
        for _ in 0..UNIT {
            ir.guest(Location::new(pc, 0));
            if let Some(end) = lift_one(ir, pc, insn) {
                ir.end(end);
                return Ok(());
            }
            pc += 4;
            let Ok(next) = fetch.fetch32(pc.into()) else {
                break;
            };
            insn = Insn(next);
        }
        ir.end(Terminator::Jump(Target::Exit(Location::new(pc, 0))));
        Ok(())
    }

    fn step(&self, state: &mut State, memory: &mut dyn GuestMemory) -> Step {
        let insn = match memory.fetch32(state.pc.into()) {
            Ok(word) => Insn(word),
            Err(fault) => return Step::Fetch(fault),
        };
        let (a, b) = (insn.a(), insn.b());
        let mut next = state.pc.wrapping_add(4);
        let address = u64::from(state.regs[b].wrapping_add(insn.imm()) & MASK);
        let mut trap = None;
        match insn.op() {
            0 => state.regs[a] = state.regs[b].wrapping_add(insn.imm()),
            1 => state.regs[a] = state.regs[b].wrapping_mul(3),
            2 => match memory.load(WORD, address) {
                Ok(value) => state.regs[a] = u32::try_from(value).unwrap(),
                Err(fault) => return Step::Fault(fault),
            },
            3 => {
                if let Err(fault) = memory.store(WORD, address, state.regs[a].into()) {
                    return Step::Fault(fault);
                }
            }
            4 => next = insn.target(state.pc),
            5 if state.regs[a] != 0 => next = insn.target(state.pc),
            5 => {}
            6 => next = state.regs[a] & (MEMORY - 4),
            7 => trap = Some(insn.imm()),
            8 => state.flags = state.regs[a] & 0xf000_0000,
            9 => state.regs[a] = state.flags,
            _ => {
                return Step::Trap {
                    kind: TrapKind::Undefined,
                    info: 0,
                };
            }
        }
        state.regs[COUNT] = state.regs[COUNT].wrapping_add(1);
        state.pc = next;
        trap.map_or(Step::Next, |info| Step::Trap {
            kind: TrapKind::SystemCall,
            info,
        })
    }
}

/// Appends one instruction; returns how the unit ends if it ends here.
fn lift_one(ir: &mut Builder<'_>, pc: u32, insn: Insn) -> Option<Terminator> {
    let slot = |index: usize| Slot(u16::try_from(index).unwrap());
    let (a, b) = (slot(insn.a()), slot(insn.b()));
    let here = Location::new(pc, 0);
    let next = Location::new(pc.wrapping_add(4), 0);
    let add = |ir: &mut Builder<'_>, slot, imm| {
        let (x, y) = (ir.get(slot), ir.imm(imm));
        ir.binary(BinOp::Add, x, y)
    };
    let address = |ir: &mut Builder<'_>| {
        let (sum, mask) = (add(ir, b, insn.imm()), ir.imm(MASK));
        ir.binary(BinOp::And, sum, mask)
    };
    let retire = |ir: &mut Builder<'_>| {
        let count = add(ir, slot(COUNT), 1);
        ir.set(slot(COUNT), count);
    };
    let trap = |kind, info, resume| Some(Terminator::Trap { kind, info, resume });
    match insn.op() {
        0 => {
            let sum = add(ir, b, insn.imm());
            ir.set(a, sum);
        }
        1 => return trap(TrapKind::Interpret, 0, here),
        2 => {
            let address = address(ir);
            let value = ir.load(WORD, address).unwrap();
            ir.set(a, value);
        }
        3 => {
            let address = address(ir);
            let value = ir.get(a);
            ir.store(WORD, address, value).unwrap();
        }
        4 => {
            retire(ir);
            let target = Location::new(insn.target(pc), 0);
            return Some(Terminator::Jump(Target::Exit(target)));
        }
        5 => {
            retire(ir);
            let (value, zero) = (ir.get(a), ir.imm(0));
            let taken = ir.compare(CmpOp::Ne, value, zero);
            ir.exit_if(taken, Target::Exit(Location::new(insn.target(pc), 0)));
            return None;
        }
        6 => {
            retire(ir);
            let (value, mask) = (ir.get(a), ir.imm(MEMORY - 4));
            let value = ir.binary(BinOp::And, value, mask);
            let kind = IndirectKind::Jump;
            return Some(Terminator::Indirect {
                value,
                mode: 0,
                kind,
            });
        }
        7 => {
            retire(ir);
            return trap(TrapKind::SystemCall, insn.imm(), next);
        }
        // Also left to the interpreter, so that flags come from there.
        8 if insn.imm() & 1 != 0 => return trap(TrapKind::Interpret, 0, here),
        8 => {
            let value = ir.get(a);
            let flags = ir.flags_from_psr(value);
            ir.set(FLAGS, flags);
        }
        9 => {
            let flags = ir.get(FLAGS);
            let value = ir.flags_to_psr(flags);
            ir.set(a, value);
        }
        _ => return trap(TrapKind::Undefined, 0, here),
    }
    retire(ir);
    None
}
