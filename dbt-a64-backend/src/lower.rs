//! Lowering of a unit: one forward pass over its blocks.
//!
//! # Emitted-code contract
//!
//! At every host instruction that a state map names, and whenever control leaves
//! a fragment, pinned registers hold their slots and memory holds all others, but for
//! those of vector registers that the map, or a bound exit, lists. When
//! control leaves, N and Z are in the host's flags. C and V are there too, or in their
//! register: a fragment has an entry for each form, a direct exit leads to the one that
//! suits it, and all others go to that of [`Form::outside`]. Within a unit flags may be
//! elsewhere, and state maps say where.

mod align;
mod branch;
mod edge;
mod exclusive;
mod flags;
mod float;
mod int;
mod memory;
mod place;
mod simd;
mod vector;
mod veneer;
mod writeback;

use alloc::vec::Vec;

use alloc::sync::Arc;

use dbt_core::analysis::bindings::{Binding, Contracts, Transfer};
use dbt_core::analysis::{FlagSet, Liveness};
use dbt_core::host::{
    Bet, CodeMark, CompileError, CompileInput, Detour, ExitSite, Fragment, Origin,
};
use dbt_core::ir::{Block, BlockId, Inst, Target, Terminator, Ty, Value};
use dbt_core::location::Location;

use crate::alignment::Alignments;
use crate::asm::{self, Asm};
use crate::facts::{self, Fact, Pins};
use crate::features::Features;
use crate::flags::{Form, Sources};
use crate::map::StateMap;
use crate::regs::Reg;
use crate::runtime::{Entries, Ways};
use align::Alignment;
use branch::Stub;
use flags::FlagsState;
use float::Fpcr;
use place::Places;
use vector::{Arrival, LastVectorAccess, VectorState};
use veneer::Far;

type Result<T> = core::result::Result<T, CompileError>;

/// A branch to a block of the unit.
#[derive(Clone, Copy, Debug)]
struct Fixup {
    at: u32,
    to: BlockId,
    /// Whether it leads back to where control has been: past what is done before a loop.
    back: bool,
}

/// Buffers that outlive a compilation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    facts: Vec<Fact>,
    liveness: Liveness,
    places: Places,
    labels: Vec<Option<u32>>,
    /// Where each block is entered from before it.
    entries: Vec<Option<u32>>,
    fixups: Vec<Fixup>,
    stubs: Vec<Stub>,
    loop_heads: Vec<bool>,
    /// Where the detour leaves instead of going to a loop's head.
    leave_loops: Vec<Option<u32>>,
    /// Where each block expects the flags, once that is decided.
    forms: Vec<Option<Form>>,
    alignments: Alignments,
    /// The bindings with which each block is entered.
    contracts: Contracts,
    /// What `FPCR` holds when each block is entered, once that is decided.
    fpcr: Vec<Option<Fpcr>>,
    /// Transfers that stubs make.
    transfers: Vec<Transfer>,
}

/// The lowering of one unit.
pub(crate) struct Lowering<'a> {
    asm: Asm<'a>,
    input: CompileInput<'a>,
    entries: &'a Entries,
    pins: &'a Pins,
    features: Features,
    ways: Ways,
    scratch: &'a mut Scratch,
    flags: FlagsState,
    detour: Vec<Detour>,
    /// Where the unit is entered from outside.
    outside: u32,
    arrival: Arrival,
    exits: Vec<ExitSite>,
    returns: Vec<(Location, u32)>,
    /// Branches to locations that are in no register but a pinned one.
    unmoved: Vec<(u32, Reg)>,
    /// Loads of constants that lie behind the code.
    literals: Vec<(u32, u32)>,
    maps: Vec<StateMap>,
    bets: Vec<Bet>,
    marks: Vec<CodeMark>,
    /// The guest instruction being lowered.
    location: Location,
    /// The instruction being lowered.
    index: u32,
    /// What the block ends with.
    terminator: Option<Terminator>,
    /// The index behind the block's last instruction.
    block_end: usize,
    /// The architectural flags needed there.
    flags_at_end: FlagSet,
    /// Registers that the instruction being lowered still needs.
    busy: u32,
    /// Flags that the instruction being lowered will still read.
    reads_flags: Option<(Value, FlagSet)>,
    /// Those that it will read for its other operand.
    reads_flags_next: Option<(Value, FlagSet)>,
    alignment: Alignment,
    /// What a pinned register was last set to, with its version.
    known: Option<(Reg, u32, u32)>,
    /// A register that is ahead of what the guest sees.
    ahead: Option<writeback::Ahead>,
    /// The access that the next one may be joined with.
    last_access: Option<memory::LastAccess>,
    last_vector_access: Option<LastVectorAccess>,
    /// Where an access to a known address finds its base.
    base: Option<memory::KnownBase>,
    next_block: Option<BlockId>,
    vectors: VectorState,
    fpcr: Fpcr,
    /// The position of the last block of the loop being lowered.
    vector_loop: Option<usize>,
    /// How far a branch to the runtime may lead.
    reach: i64,
    /// Branches that do not reach it.
    far: Vec<Far>,
    /// Lists of dirty slots that stubs name.
    deferred: Vec<Option<Arc<[Binding]>>>,
    /// What is bound at direct exits.
    bound: Vec<Arc<[Binding]>>,
}

impl<'a> Lowering<'a> {
    pub(crate) fn new(
        input: CompileInput<'a>,
        entries: &'a Entries,
        pins: &'a Pins,
        features: Features,
        (ways, reach): (Ways, i64),
        scratch: &'a mut Scratch,
        code: &'a mut Vec<u8>,
    ) -> Self {
        Self {
            asm: Asm { code },
            input,
            entries,
            pins,
            features,
            ways,
            scratch,
            detour: Vec::new(),
            flags: FlagsState::default(),
            outside: 0,
            arrival: Arrival::default(),
            exits: Vec::new(),
            returns: Vec::new(),
            unmoved: Vec::new(),
            literals: Vec::new(),
            maps: Vec::new(),
            bets: Vec::new(),
            marks: Vec::new(),
            location: Location(0),
            index: 0,
            terminator: None,
            block_end: 0,
            flags_at_end: FlagSet::ALL,
            busy: 0,
            reads_flags: None,
            reads_flags_next: None,
            alignment: Alignment::default(),
            known: None,
            ahead: None,
            last_access: None,
            last_vector_access: None,
            base: None,
            next_block: None,
            vectors: VectorState::default(),
            fpcr: Fpcr::default(),
            vector_loop: None,
            reach,
            far: Vec::new(),
            deferred: Vec::new(),
            bound: Vec::new(),
        }
    }

    pub(crate) fn run(mut self) -> Result<Fragment<StateMap>> {
        let unit = self.input.unit;
        self.prepare();
        for (position, id) in unit.order.iter().enumerate() {
            self.next_block = unit.order.get(position + 1).copied();
            self.block(*id, position, unit.block(*id))?;
        }
        self.mark(Origin::OutOfLine);
        self.stubs()?;
        self.loop_stubs()?;
        self.unmoved_stubs()?;
        let (entries, bound) = self.entries()?;
        self.veneers()?;
        for (at, constant) in core::mem::take(&mut self.literals) {
            let here = self.asm.offset();
            self.bind(at, here)?;
            self.asm.word(constant);
        }
        for Fixup { at, to, back } in core::mem::take(&mut self.scratch.fixups) {
            let labels = match back {
                true => &self.scratch.labels,
                false => &self.scratch.entries,
            };
            let label = labels[to.index()].ok_or(CompileError::Unsupported)?;
            self.bind(at, label)?;
            if let Some(leave) = self.scratch.leave_loops[to.index()] {
                self.leave_in_detour(at, self.asm.opcode(at), leave.into())?;
            }
        }
        Ok(Fragment {
            len: self.asm.offset(),
            outside: self.outside,
            entries,
            bound,
            exits: self.exits,
            returns: self.returns,
            maps: self.maps,
            bets: self.bets,
            detour: self.detour,
            marks: self.marks,
        })
    }

    /// Says what the code from here on is made from.
    fn mark(&mut self, origin: Origin) {
        if self.input.marks {
            let offset = self.asm.offset();
            self.marks.push(CodeMark { offset, origin });
        }
    }

    fn prepare(&mut self) {
        let unit = self.input.unit;
        let scratch = &mut *self.scratch;
        scratch.facts.clear();
        scratch.facts.resize(unit.insts.len(), Fact::default());
        scratch.places.reset(unit.insts.len());
        scratch.labels.clear();
        scratch.labels.resize(unit.blocks.len(), None);
        scratch.entries.clear();
        scratch.entries.resize(unit.blocks.len(), None);
        scratch.fixups.clear();
        scratch.alignments.analyse(unit, self.pins);
        scratch.stubs.clear();
        scratch.liveness.analyse(unit, self.input.layout);
        find_loop_heads(unit, &mut scratch.loop_heads);
        scratch.leave_loops.clear();
        scratch.leave_loops.resize(unit.blocks.len(), None);
        scratch.forms.clear();
        scratch.forms.resize(unit.blocks.len(), None);
        self.prepare_vectors();
    }

    fn block(&mut self, id: BlockId, position: usize, block: &Block) -> Result<()> {
        self.mark(Origin::Block(id));
        let form = self.enter_block(id);
        self.begin_vectors(id, position)?;
        self.scratch.entries[id.index()] = Some(self.asm.offset());
        if let Some(location) = block.location {
            self.location = location;
            self.ahead = None;
            self.enter_aligned_loop(position, form.sources())?;
        }
        self.scratch.labels[id.index()] = Some(self.asm.offset());
        facts::analyse(
            self.input.unit,
            block,
            self.input.layout,
            self.pins,
            &self.scratch.liveness,
            &mut self.scratch.facts,
        );
        self.scratch.places.begin_block();
        self.flags.begin_block(form);
        self.alignment.begin_block(position);
        self.terminator = Some(block.terminator);
        self.block_end = block.insts.end;
        self.flags_at_end = facts::demanded_at_end(&block.terminator, &self.scratch.liveness);
        self.known = None;
        self.ahead = None;
        self.last_access = None;
        self.last_vector_access = None;
        self.base = None;
        if let Some(location) = block.location
            && self.scratch.loop_heads[id.index()]
        {
            self.poll(location, form.sources());
        }
        for index in block.insts.clone() {
            self.start(index);
            self.inst(index)?;
        }
        self.start(block.insts.end);
        self.mark(Origin::Terminator);
        self.terminator(&block.terminator)
    }

    /// Has the detour hold `branch` at `at`, leading to offset `to`.
    fn leave_in_detour(&mut self, at: u32, branch: u32, to: i64) -> Result<()> {
        let distance = to - i64::from(at);
        let word = asm::with_target(branch, distance).ok_or(CompileError::TooLarge)?;
        self.detour.push(Detour { offset: at, word });
        Ok(())
    }

    /// Makes the branch at `at` lead to `to`.
    fn bind(&mut self, at: u32, to: u32) -> Result<()> {
        match self.asm.patch(at, to.into()) {
            true => Ok(()),
            false => Err(CompileError::TooLarge),
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "units are small")]
    fn start(&mut self, index: usize) {
        self.index = index as u32;
        self.busy = 0;
        self.vectors.busy = 0;
        self.reads_flags = None;
        self.reads_flags_next = None;
        let facts = &self.scratch.facts;
        self.scratch
            .places
            .prune(|value| facts[value.index()].last_use >= index as u32);
        self.forget_words();
        self.catch_up();
    }

    #[allow(clippy::cast_possible_truncation, reason = "units are small")]
    fn inst(&mut self, index: usize) -> Result<()> {
        let value = Value(index as u32);
        self.mark(Origin::Inst(value));
        let fact = self.scratch.facts[index];
        let inst = self.input.unit.insts[index];
        if fact.deferred {
            return Ok(());
        }
        match inst {
            Inst::Const {
                ty: Ty::Flags,
                bits,
            } => {
                self.flags.define_constant(value, bits as u32);
                Ok(())
            }
            Inst::Nop | Inst::Const { .. } => Ok(()),
            Inst::Guest { location } => {
                self.location = location;
                Ok(())
            }
            Inst::Get { slot } => self.get(value, slot),
            Inst::Set { slot, value } => self.set(slot, value),
            Inst::Binary { op, width, a, b } => self.binary(value, op, width, a, b),
            Inst::Unary { op, a } => self.unary(value, op, a),
            Inst::Compare { .. } | Inst::BitNot { .. } => self.materialise_bit(value),
            Inst::Condition { .. } => Ok(()),
            Inst::Bits { op, a, b } => self.bits(value, op, a, b),
            Inst::BitToWord { a } => self.bit_to_word(value, a),
            Inst::Select {
                width,
                condition,
                yes,
                no,
            } => self.select(value, width, condition, yes, no),
            Inst::Extend { signed, a } => self.extend(value, signed, a),
            Inst::Low { a } => self.low(value, a),
            Inst::High { a } => self.high(value, a),
            Inst::Adc { a, b, carry } => self.adc(value, a, b, carry),
            Inst::Sbc { a, b, carry } => self.sbc(value, a, b, carry),
            Inst::AddFlags { a, b } if fact.fused.is_none() => self.add_flags(value, a, b),
            Inst::SubFlags { a, b } if fact.fused.is_none() => self.sub_flags(value, a, b),
            Inst::AdcFlags { a, b, carry } if fact.fused.is_none() => {
                self.adc_flags(value, a, b, carry)
            }
            Inst::SbcFlags { a, b, carry } if fact.fused.is_none() => {
                self.sbc_flags(value, a, b, carry)
            }
            Inst::AddFlags { .. }
            | Inst::SubFlags { .. }
            | Inst::AdcFlags { .. }
            | Inst::SbcFlags { .. } => Ok(()),
            Inst::NzFlags { result, rest } => self.nz_flags(value, result, rest, None),
            Inst::NzcFlags {
                result,
                carry,
                rest,
            } => self.nzc_flags(value, result, carry, rest),
            Inst::FlagsFromPsr { a } => self.flags_from_psr(value, a),
            Inst::FlagsToPsr { a } => self.flags_to_psr(value, a),
            Inst::Load {
                access,
                width,
                address,
            } => self.load(value, access, width, address),
            Inst::Store {
                access,
                width,
                address,
                value,
            } => self.store(access, width, address, value),
            Inst::ToVector { width, a } => self.move_to_vector(value, width, a),
            Inst::FromVector { width, a } => self.move_from_vector(value, width, a),
            Inst::LoadVector {
                access,
                width,
                address,
            } => self.load_vector(value, access, width.into(), address),
            Inst::StoreVector {
                access,
                width,
                address,
                value,
            } => self.store_vector(access, width.into(), address, value),
            Inst::Vector {
                op,
                helper,
                info,
                args,
                ..
            } => self.vector_op(value, op, (helper, info), args),
            Inst::FloatSign { op, width, a } => self.float_sign(value, op, width, a),
            Inst::Float {
                op,
                rounds,
                helper,
                args,
                ..
            } => self.float(value, op, rounds, helper, args),
            Inst::FloatStatus => self.float_status(value),
            Inst::LoadTag { address } => self.load_tag(value, address),
            Inst::StoreExclusive {
                access,
                address,
                tag,
                expected,
                new,
            } => {
                let store = exclusive::Store {
                    address,
                    tag,
                    expected,
                    new,
                };
                self.store_exclusive(value, access, store)
            }
            Inst::Fence => {
                self.asm.barrier();
                Ok(())
            }
            Inst::Checksum { op, helper, args } => self.checksum(value, op, helper, args),
            Inst::Call { helper, args } => self.call_helper(value, helper, args),
            Inst::ExitIf { condition, target } => self.exit_if(condition, target),
        }
    }

    fn fact(&self, value: Value) -> &Fact {
        &self.scratch.facts[value.index()]
    }

    /// The architectural flags still needed at or after this instruction.
    fn flags_needed(&self) -> FlagSet {
        self.flags_needed_at(self.index as usize)
    }

    /// The architectural flags needed at or after an instruction of the block, or at its
    /// end.
    fn flags_needed_at(&self, index: usize) -> FlagSet {
        match index < self.block_end {
            true => self.scratch.facts[index].flags_needed,
            false => self.flags_at_end,
        }
    }

    /// Names the state at the host instruction at `offset`.
    fn state_map(&mut self, offset: u32, location: Location, flags: Sources) {
        let vectors = self.vectors.bindings.deferred();
        self.push_map(offset, location, flags, vectors);
    }

    fn push_map(
        &mut self,
        offset: u32,
        location: Location,
        flags: Sources,
        vectors: Option<Arc<[Binding]>>,
    ) {
        self.maps.push(StateMap {
            offset,
            location,
            flags,
            ahead: self.ahead.map(|ahead| (ahead.reg, ahead.by)),
            vectors,
        });
    }

    /// Lists the dirty slots for a stub.
    fn deferred_vectors(&mut self) -> usize {
        let vectors = self.vectors.bindings.deferred();
        self.deferred.push(vectors);
        self.deferred.len() - 1
    }
}

fn find_loop_heads(unit: &dbt_core::ir::Unit, heads: &mut Vec<bool>) {
    heads.clear();
    heads.resize(unit.blocks.len(), false);
    let mut begun = alloc::vec![false; unit.blocks.len()];
    for id in &unit.order {
        begun[id.index()] = true;
        let block = unit.block(*id);
        let mut visit = |target: Target| {
            if let Target::Block(target) = target
                && begun[target.index()]
            {
                heads[target.index()] = true;
            }
        };
        for inst in &unit.insts[block.insts.clone()] {
            if let Inst::ExitIf { target, .. } = inst {
                visit(*target);
            }
        }
        match block.terminator {
            Terminator::Jump(target) => visit(target),
            Terminator::Call {
                target, return_to, ..
            } => {
                visit(target);
                visit(return_to);
            }
            Terminator::Indirect { .. } | Terminator::Trap { .. } => {}
        }
    }
}
