//! Lowering of a unit: one forward pass over its blocks.
//!
//! # Emitted-code contract
//!
//! At every host instruction that a state map names, and whenever control leaves
//! a fragment, pinned registers hold their slots and memory holds all others, but
//! for those that the map finds in vector registers.
//! Flags are in memory when control leaves; within a block they may be in the
//! host's flags or in the operands of a comparison, and the state map says so.

mod branch;
mod edge;
mod exclusive;
mod flags;
mod float;
mod int;
mod memory;
mod place;
mod simd;
mod traps;
mod vector;

use alloc::sync::Arc;
use alloc::vec::Vec;

use dbt_core::analysis::alignment::{Aligned, Alignment};
use dbt_core::analysis::bindings::{Binding, Contracts, Transfer};
use dbt_core::analysis::{FlagSet, Liveness};
use dbt_core::host::{CodeMark, CompileError, CompileInput, ExitSite, Fragment, Origin};
use dbt_core::ir::{Block, BlockId, Inst, Target, Terminator, Ty, Value};
use dbt_core::location::Location;

use crate::asm::{Alu, Asm};
use crate::facts::{self, Fact, Pins};
use crate::features::Features;
use crate::flags::Plan;
use crate::map::StateMap;
use crate::regs::VECTORS;
use crate::runtime::Entries;
use branch::Stub;
use edge::Edges;
use flags::FlagsState;
use float::Slow;
use place::Places;
use simd::SlowVector;
use traps::TrapSite;
use vector::{MAX_KEPT, VectorState};

type Result<T> = core::result::Result<T, CompileError>;

/// Buffers that outlive a compilation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    facts: Vec<Fact>,
    liveness: Liveness,
    alignment: Alignment,
    places: Places,
    labels: Vec<Option<u32>>,
    fixups: Vec<(u32, BlockId)>,
    stubs: Vec<Stub>,
    loop_heads: Vec<bool>,
    edges: Vec<Edges>,
    /// The bindings with which each block is entered.
    contracts: Contracts,
    /// Transfers that stubs make.
    transfers: Vec<Transfer>,
    /// What lies behind the unit for floating-point operations.
    slow: Vec<Slow>,
    /// The same for operations on vectors.
    slow_vectors: Vec<SlowVector>,
    /// Instructions that may raise floating-point exceptions.
    trap_sites: Vec<TrapSite>,
}

/// The lowering of one unit.
pub(crate) struct Lowering<'a> {
    asm: Asm<'a>,
    input: CompileInput<'a>,
    entries: &'a Entries,
    pins: &'a Pins,
    features: Features,
    /// Whether invalid floating-point operations trap.
    traps: bool,
    scratch: &'a mut Scratch,
    flags: FlagsState,
    exits: Vec<ExitSite>,
    maps: Vec<StateMap>,
    marks: Vec<CodeMark>,
    /// The maps whose flags may be those of an edge into the block.
    edge_maps: Vec<(usize, BlockId)>,
    /// The loop whose edge's flags are still the architectural ones.
    edge: Option<BlockId>,
    /// The guest instruction being lowered.
    location: Location,
    /// The instruction being lowered.
    index: u32,
    /// Registers that the instruction being lowered still needs.
    busy: u16,
    /// Whether the instruction being lowered will still read flags.
    reads_flags: bool,
    /// Which values are known to be aligned.
    aligned: Aligned,
    next_block: Option<BlockId>,
    vectors: VectorState,
    /// The position of the last block of the loop being lowered.
    vector_loop: Option<usize>,
    /// Lists of dirty slots that stubs name.
    deferred: Vec<Option<Arc<[Binding]>>>,
    /// Where the outcome of the next floating-point comparison is kept.
    next_outcome: u8,
}

impl<'a> Lowering<'a> {
    pub(crate) fn new(
        input: CompileInput<'a>,
        entries: &'a Entries,
        pins: &'a Pins,
        features: Features,
        traps: bool,
        scratch: &'a mut Scratch,
        code: &'a mut Vec<u8>,
    ) -> Self {
        Self {
            asm: Asm { code },
            input,
            entries,
            pins,
            features,
            traps,
            scratch,
            flags: FlagsState::default(),
            exits: Vec::new(),
            maps: Vec::new(),
            marks: Vec::new(),
            edge_maps: Vec::new(),
            edge: None,
            location: Location(0),
            index: 0,
            busy: 0,
            reads_flags: false,
            aligned: Aligned::default(),
            next_block: None,
            vectors: VectorState::default(),
            vector_loop: None,
            deferred: Vec::new(),
            next_outcome: 0,
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
        let bets = self.trapped()?;
        for (at, id) in core::mem::take(&mut self.scratch.fixups) {
            let label = self.scratch.labels[id.index()].ok_or(CompileError::Unsupported)?;
            self.asm.patch(at, label.into());
        }
        self.finish_edges();
        Ok(Fragment {
            len: self.asm.offset(),
            exits: self.exits,
            maps: self.maps,
            bets,
            outside: 0,
            entries: [0; 2],
            bound: Vec::new(),
            returns: Vec::new(),
            detour: Vec::new(),
            marks: self.marks,
        })
    }

    fn prepare(&mut self) {
        let unit = self.input.unit;
        let scratch = &mut *self.scratch;
        scratch.facts.clear();
        scratch.facts.resize(unit.insts.len(), Fact::default());
        scratch.places.reset(unit.insts.len());
        scratch.labels.clear();
        scratch.labels.resize(unit.blocks.len(), None);
        scratch.fixups.clear();
        scratch.stubs.clear();
        scratch.transfers.clear();
        scratch.slow.clear();
        scratch.slow_vectors.clear();
        scratch.trap_sites.clear();
        scratch.contracts.begin(unit, VECTORS, MAX_KEPT);
        scratch.liveness.analyse(unit, self.input.layout);
        scratch.alignment.analyse(unit, self.input.layout);
        find_loop_heads(unit, &mut scratch.loop_heads);
        self.find_edges();
    }

    /// Says what the code from here on is made from, to who wants to know.
    fn mark(&mut self, origin: Origin) {
        if self.input.marks {
            let offset = self.asm.offset();
            self.marks.push(CodeMark { offset, origin });
        }
    }

    fn block(&mut self, id: BlockId, position: usize, block: &Block) -> Result<()> {
        self.mark(Origin::Block(id));
        self.begin_edge(id);
        if id == BlockId::ENTRY {
            self.vectors.bindings.clear();
            self.look_at_slots(id, self.scratch.alignment.before_unit());
        }
        self.begin_vectors(id, position);
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
        self.flags.begin_block();
        self.aligned.begin(self.scratch.alignment.at_entry(id));
        if let Some(location) = block.location {
            self.location = location;
            if self.scratch.loop_heads[id.index()] {
                self.poll(location);
            }
        }
        for index in block.insts.clone() {
            self.start(index);
            self.inst(index)?;
            self.aligned.step(self.input.unit, self.input.layout, index);
        }
        self.start(block.insts.end);
        self.mark(Origin::Terminator);
        self.terminator(id, &block.terminator)
    }

    #[allow(clippy::cast_possible_truncation, reason = "units are small")]
    fn start(&mut self, index: usize) {
        self.index = index as u32;
        self.busy = 0;
        self.vectors.busy = 0;
        self.reads_flags = false;
        let facts = &self.scratch.facts;
        self.scratch
            .places
            .prune(|value| facts[value.index()].last_use >= index as u32);
    }

    #[allow(clippy::cast_possible_truncation, reason = "units are small")]
    fn inst(&mut self, index: usize) -> Result<()> {
        let value = Value(index as u32);
        let fact = self.scratch.facts[index];
        let inst = self.input.unit.insts[index];
        self.mark(Origin::Inst(value));
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
            Inst::Adc { a, b, carry } => self.with_carry(Alu::Adc, value, fact.fused, a, b, carry),
            Inst::Sbc { a, b, carry } => self.with_carry(Alu::Sbb, value, fact.fused, a, b, carry),
            Inst::AddFlags { a, b } if fact.fused.is_none() => self.add_flags(value, a, b),
            Inst::SubFlags { a, b } if fact.fused.is_none() => self.sub_flags(value, a, b),
            Inst::AdcFlags { a, b, carry } if fact.fused.is_none() => {
                self.with_carry(Alu::Adc, value, Some(value), a, b, carry)
            }
            Inst::SbcFlags { a, b, carry } if fact.fused.is_none() => {
                self.with_carry(Alu::Sbb, value, Some(value), a, b, carry)
            }
            Inst::AddFlags { .. }
            | Inst::SubFlags { .. }
            | Inst::AdcFlags { .. }
            | Inst::SbcFlags { .. } => Ok(()),
            Inst::NzFlags { result, rest } => self.nz_flags(value, result, rest, FlagSet::NZ),
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
            } => self.load_vector(value, access, width, address),
            Inst::StoreVector {
                access,
                width,
                address,
                value,
            } => self.store_vector(access, width, address, value),
            Inst::Vector {
                op,
                rounds,
                helper,
                info,
                args,
            } => self.vector_op(value, op, rounds, (helper, info), args),
            Inst::FloatSign { op, width, a } => self.float_sign(value, op, width, a),
            Inst::Float {
                op,
                flushes,
                default_nan,
                helper,
                args,
                ..
            } if flushes && op.meets_subnormals()
                || self.traps && (default_nan || self.is_exact()) =>
            {
                self.float_by_call(value, op, helper, args)
            }
            Inst::Float {
                op, helper, args, ..
            } => self.float(value, op, helper, args),
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
            Inst::Fence => self.fence(),
            Inst::Checksum { helper, args, .. } => self.checksum(value, helper, args),
            Inst::Call { helper, args } => self.call_helper(value, helper, args),
            Inst::ExitIf { condition, target } => self.exit_if(condition, target),
        }
    }

    fn fact(&self, value: Value) -> &Fact {
        &self.scratch.facts[value.index()]
    }

    /// The architectural flags still needed at or after this instruction.
    fn flags_needed(&self) -> FlagSet {
        let block_end = self.index as usize;
        self.scratch
            .facts
            .get(block_end)
            .map_or(FlagSet::ALL, |fact| fact.flags_needed)
    }

    fn state_map(&mut self, offset: u32, flags: Plan) {
        let edges = self.edge_flags();
        let vectors = self.vectors.bindings.deferred();
        self.push_map(offset, self.location, flags, edges, vectors);
    }

    /// Names the state at the next host instruction.
    fn map_here(
        &mut self,
        location: Location,
        flags: Plan,
        edges: Option<BlockId>,
        vectors: Option<Arc<[Binding]>>,
    ) {
        self.push_map(self.asm.offset(), location, flags, edges, vectors);
    }

    /// Lists the dirty slots for a stub.
    fn deferred_vectors(&mut self) -> usize {
        let vectors = self.vectors.bindings.deferred();
        self.deferred.push(vectors);
        self.deferred.len() - 1
    }

    fn push_map(
        &mut self,
        offset: u32,
        location: Location,
        flags: Plan,
        edges: Option<BlockId>,
        vectors: Option<Arc<[Binding]>>,
    ) {
        if let Some(id) = edges {
            self.edge_maps.push((self.maps.len(), id));
        }
        self.maps.push(StateMap {
            offset,
            location,
            flags,
            edges: None,
            vectors,
        });
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
