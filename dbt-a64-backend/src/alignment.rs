//! Which values of a unit are multiples of four, eight or sixteen.
//!
//! **Problem.** Accesses of floating-point registers and of several registers must be
//! aligned to words, those of vectors to what the instruction says. Two instructions to
//! find that out are twice what the access costs.
//!
//! **Approach.** Whether a value is a multiple mostly depends on pinned registers as they
//! were when its block began: on none, on some, or on more than that. One pass over each
//! block finds that set for each value, for each access, and for each register on each
//! way out. Sets of registers that are multiples are propagated along these ways. Before
//! a loop those are looked at that its accesses depend on, provided that they are
//! multiples in each iteration if they are in the first.
//!
//! A loop may be left to the interpreter so although it would not have made the access;
//! a pointer to words seldom is none.

use alloc::vec::Vec;

use dbt_core::analysis::alignment::accessed;
use dbt_core::ir::{BlockId, IndirectKind, Inst, Target, Terminator, Unit, Value, Width};
use dbt_isa::ops::BinOp;

use crate::facts::Pins;
use crate::regs::{PINNED, Reg};

/// A set of pinned registers that must be multiples, or [`NEVER`].
type Set = u32;

/// In a set: that registers do not tell.
const NEVER: Set = 1 << 31;

const ALL: Set = (1 << PINNED) - 1;

/// What an edge makes of the registers.
#[derive(Clone, Debug)]
struct Edge {
    from: usize,
    to: usize,
    /// What each register being a multiple depends on, when its block began.
    of: [Set; PINNED as usize],
}

/// The low bits that are zero in the multiples that are told apart.
pub(crate) const MASKS: [u32; 3] = [15, 7, 3];

/// The analysis of a unit. It keeps its memory from unit to unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alignments([Multiples; MASKS.len()]);

impl Alignments {
    /// Analyses a unit.
    pub(crate) fn analyse(&mut self, unit: &Unit, pins: &Pins) {
        for (multiples, mask) in self.0.iter_mut().zip(MASKS) {
            multiples.analyse(unit, pins, mask);
        }
    }

    /// Tells whether the bits in `mask`, the lowest ones, are zero in a value of the
    /// block at a position.
    pub(crate) fn is_known(&self, position: usize, value: Value, mask: u32) -> bool {
        let mut finer = self.0.iter().zip(MASKS).filter(|(_, known)| *known >= mask);
        finer.any(|(multiples, _)| multiples.is_known(position, value))
    }

    /// Returns, for each of [`MASKS`], the registers to be looked at before the loop
    /// that begins at a position.
    pub(crate) fn looked_at(&self, position: usize) -> [u32; MASKS.len()] {
        let mut seen = 0;
        self.0.each_ref().map(|multiples| {
            let before = multiples.before.get(position).copied().unwrap_or(0) & !seen;
            seen |= before;
            before
        })
    }
}

/// What is a multiple of one of the powers of two.
#[derive(Clone, Debug, Default)]
struct Multiples {
    mask: u32,
    /// What each value being a multiple depends on.
    of: Vec<Set>,
    /// The registers that are multiples when each block begins, by its position.
    known: Vec<Set>,
    /// The registers to be looked at on the way into the loop that begins at a position.
    before: Vec<Set>,
    /// What the accesses of each block depend on.
    wanted: Vec<Set>,
    edges: Vec<Edge>,
    positions: Vec<usize>,
}

impl Multiples {
    fn is_known(&self, position: usize, value: Value) -> bool {
        let of = self.of.get(value.index()).copied().unwrap_or(NEVER);
        of & !self.known.get(position).copied().unwrap_or(0) == 0
    }

    /// Returns the pinned register that is a multiple in all code.
    fn fixed(&self, pins: &Pins) -> Option<Reg> {
        pins.aligned().filter(|_| self.mask == 3)
    }

    fn analyse(&mut self, unit: &Unit, pins: &Pins, mask: u32) {
        self.mask = mask;
        self.of.clear();
        self.known.clear();
        self.before.clear();
        self.edges.clear();
        if !unit.insts.iter().any(|inst| self.access(inst).is_some()) {
            return;
        }
        self.of.resize(unit.insts.len(), NEVER);
        self.positions.clear();
        self.positions.resize(unit.blocks.len(), 0);
        for (position, id) in unit.order.iter().enumerate() {
            self.positions[id.index()] = position;
        }
        self.wanted.clear();
        for (position, id) in unit.order.iter().enumerate() {
            self.block(unit, pins, position, *id);
        }
        self.before.resize(unit.order.len(), 0);
        self.find_loops(unit);
        self.propagate();
    }

    /// Finds what a block's values and edges depend on.
    fn block(&mut self, unit: &Unit, pins: &Pins, position: usize, id: BlockId) {
        let block = unit.block(id);
        let mut now: [Set; PINNED as usize] = core::array::from_fn(|pin| 1 << pin);
        let fixed = self.fixed(pins);
        if let Some(aligned) = fixed {
            now[aligned.index()] = 0;
        }
        // What an access has shown.
        let mut shown: Set = 0;
        let mut wanted: Set = 0;
        for index in block.insts.clone() {
            let inst = &unit.insts[index];
            self.of[index] = match *inst {
                Inst::Get { slot } => pins.of(slot).map_or(NEVER, |pin| now[pin.index()]),
                _ => self.of_inst(unit, inst),
            };
            if let Some(address) = self.access(inst) {
                let of = self.of[address.index()] & !shown;
                if of & NEVER == 0 {
                    wanted |= of;
                }
                if of.is_power_of_two() && of != NEVER && self.is_step(unit, address, of) {
                    shown |= of;
                }
            }
            match *inst {
                Inst::Set { slot, value } => {
                    if let Some(pin) = pins.of(slot).filter(|pin| fixed != Some(*pin)) {
                        now[pin.index()] = self.of[value.index()];
                    }
                }
                Inst::ExitIf { target, .. } => self.edge(position, target, &now, shown),
                _ => {}
            }
        }
        let mut nothing = [NEVER; PINNED as usize];
        if let Some(aligned) = fixed {
            nothing[aligned.index()] = 0;
        }
        match block.terminator {
            Terminator::Jump(target) => self.edge(position, target, &now, shown),
            Terminator::Call {
                target, return_to, ..
            } => {
                self.edge(position, target, &nothing, 0);
                self.edge(position, return_to, &nothing, 0);
            }
            Terminator::Indirect { kind, .. } => {
                if let IndirectKind::Call { return_to, .. } = kind {
                    self.edge(position, return_to, &nothing, 0);
                }
            }
            Terminator::Trap { .. } => {}
        }
        self.wanted.push(wanted);
    }

    fn edge(&mut self, from: usize, target: Target, now: &[Set; PINNED as usize], shown: Set) {
        if let Target::Block(id) = target {
            self.edges.push(Edge {
                from,
                to: self.positions[id.index()],
                of: now.map(|of| of & !shown),
            });
        }
    }

    /// Returns what the result of an operation depends on.
    fn of_inst(&self, unit: &Unit, inst: &Inst) -> Set {
        let of = |value: Value| self.of[value.index()];
        match *inst {
            Inst::Const { bits, .. } if bits & u64::from(self.mask) == 0 => 0,
            Inst::Binary {
                op,
                width: Width::W32,
                a,
                b,
            } => match op {
                BinOp::Add | BinOp::Sub | BinOp::Or | BinOp::Xor => of(a) | of(b),
                BinOp::And | BinOp::Mul if of(a) == 0 || of(b) == 0 => 0,
                BinOp::And | BinOp::Mul => of(a),
                BinOp::Shl if unit.constant(b).is_some_and(|by| self.mask >> by == 0) => 0,
                BinOp::Shl if unit.constant(b).is_some() => of(a),
                _ => NEVER,
            },
            Inst::Select {
                width: Width::W32,
                yes,
                no,
                ..
            } => of(yes) | of(no),
            _ => NEVER,
        }
    }

    /// Returns the address of an access that must be such a multiple.
    fn access(&self, inst: &Inst) -> Option<Value> {
        let (address, mask) = accessed(inst)?;
        (mask >= self.mask).then_some(address)
    }

    /// Tells whether a value differs by a multiple from a register that it
    /// depends on, so that both are multiples or neither is.
    fn is_step(&self, unit: &Unit, mut value: Value, of: Set) -> bool {
        loop {
            match *unit.inst(value) {
                Inst::Get { .. } => return self.of[value.index()] == of,
                Inst::Binary {
                    op: BinOp::Add | BinOp::Sub,
                    width: Width::W32,
                    a,
                    b,
                } if self.of[b.index()] == 0 => value = a,
                _ => return false,
            }
        }
    }

    /// Finds, for each loop, the registers at its head that its accesses depend on.
    fn find_loops(&mut self, unit: &Unit) {
        for head in 0..unit.order.len() {
            let back = |edge: &&Edge| edge.to == head && edge.from >= head;
            let last = self.edges.iter().filter(back).map(|edge| edge.from).max();
            let Some(last) = last.filter(|_| unit.block(unit.order[head]).location.is_some())
            else {
                continue;
            };
            let mut wanted: Vec<Set> = self.wanted[head..=last].to_vec();
            loop {
                let mut changed = false;
                for edge in self.edges.iter().rev() {
                    let within = head..=last;
                    if !within.contains(&edge.from) || !within.contains(&edge.to) {
                        continue;
                    }
                    let through = pins_of(wanted[edge.to - head])
                        .map(|pin| edge.of[pin])
                        .filter(|of| of & NEVER == 0)
                        .fold(0, |set, of| set | of);
                    let at = &mut wanted[edge.from - head];
                    changed |= through & !*at != 0;
                    *at |= through;
                }
                if !changed {
                    break;
                }
            }
            self.before[head] = wanted[0];
        }
    }

    /// Finds the registers that are multiples when each block begins, as many as can
    /// be, and what must be looked at for that.
    fn propagate(&mut self) {
        let blocks = self.before.len();
        self.known.resize(blocks, ALL);
        loop {
            let mut forward = alloc::vec![ALL; blocks];
            let mut back = alloc::vec![ALL; blocks];
            forward[0] = 0;
            for edge in &self.edges {
                let known = self.known[edge.from];
                let arrives = pins_of(ALL)
                    .filter(|pin| edge.of[*pin] & !known == 0)
                    .fold(0, |set, pin| set | 1 << pin);
                let at = match edge.to > edge.from {
                    true => &mut forward[edge.to],
                    false => &mut back[edge.to],
                };
                *at &= arrives;
            }
            let mut changed = false;
            for position in 0..blocks {
                let known = (forward[position] | self.before[position]) & back[position];
                changed |= known != self.known[position];
                self.known[position] &= known;
            }
            if !changed {
                for (before, (known, forward)) in
                    self.before.iter_mut().zip(self.known.iter().zip(forward))
                {
                    *before &= known & !forward;
                }
                return;
            }
        }
    }
}

/// Returns the registers of a set.
fn pins_of(set: Set) -> impl Iterator<Item = usize> {
    (0..usize::from(PINNED)).filter(move |pin| set & 1 << pin != 0)
}
