//! Which instructions make up a unit, and its blocks.

use alloc::vec::Vec;

use dbt_core::ir::{BlockId, Builder, Target, Terminator};
use dbt_core::location::Location;
use dbt_core::memory::{Fetch, FetchFault};

use super::guard::{Mark, Run};
use super::machine::{Level, Lifter, Site};
use crate::decode::{decode_a32, decode_thumb, ignores_it, is_32bit};
use crate::guest::{Mode, is_thumb, pc_of};
use crate::insn::Insn;
use crate::itstate::{Cond, ItState};
use crate::system::config::Core;
use crate::system::is_fp_refused;
use crate::system::psr::context;

/// Guest instructions in one unit, at most.
const MAX_INSTS: u32 = 64;
/// How far ahead a branch may go and stay in the unit, in bytes.
const MAX_AHEAD: u32 = 256;

/// Lifts the unit that starts at `entry`.
pub(crate) fn region(
    core: &Core,
    fetch: &mut dyn Fetch,
    entry: Location,
    builder: &mut Builder<'_>,
) -> Result<(), FetchFault> {
    let mut plan = Plan::new(entry);
    if core.system.is_some() {
        fetch.fetch_unprivileged(entry.mode() & context::UNPRIVILEGED != 0);
    }
    lift(core, fetch, &mut plan, builder)?;
    if !plan.wanted.is_empty() {
        plan.restart();
        builder.restart();
        lift(core, fetch, &mut plan, builder)?;
    }
    Ok(())
}

/// The blocks of a unit, by the addresses of their first instructions.
#[derive(Debug)]
pub(super) struct Plan {
    entry: Location,
    blocks: Vec<Planned>,
    /// Addresses of lifted instructions that may start a block.
    starts: Vec<u32>,
    /// Targets of backward branches that started no block.
    wanted: Vec<u32>,
    /// Addresses at which blocks start whether or not anything ahead says so.
    leaders: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Planned {
    pc: u32,
    id: BlockId,
    begun: bool,
}

impl Plan {
    fn new(entry: Location) -> Self {
        Self {
            entry,
            blocks: Vec::new(),
            starts: Vec::new(),
            wanted: Vec::new(),
            leaders: Vec::new(),
        }
    }

    fn restart(&mut self) {
        self.blocks.clear();
        self.starts.clear();
        self.leaders.append(&mut self.wanted);
    }

    /// Returns the block at `pc`, reserving it if it has none.
    fn reserve(&mut self, pc: u32, builder: &mut Builder<'_>) -> BlockId {
        if let Some(planned) = self.blocks.iter().find(|planned| planned.pc == pc) {
            return planned.id;
        }
        let id = builder.reserve();
        self.blocks.push(Planned {
            pc,
            id,
            begun: false,
        });
        id
    }

    /// Returns where a branch at `from` to `location` goes.
    pub(super) fn target(
        &mut self,
        from: u32,
        location: Location,
        builder: &mut Builder<'_>,
    ) -> Target {
        let pc = pc_of(location);
        let same_mode = is_thumb(location) == is_thumb(self.entry)
            && location.mode()
                == Mode {
                    it: ItState::EMPTY,
                    ..self.mode()
                }
                .bits();
        if !same_mode || pc < pc_of(self.entry) {
            return Target::Exit(location);
        }
        // The entry may stand in an IT block, to which nobody branches.
        if pc == pc_of(self.entry) && self.mode().it.in_block() {
            return Target::Exit(location);
        }
        if let Some(planned) = self.blocks.iter().find(|planned| planned.pc == pc) {
            return Target::Block(planned.id);
        }
        if pc > from && pc - from <= MAX_AHEAD {
            return Target::Block(self.reserve(pc, builder));
        }
        if pc <= from && self.starts.contains(&pc) && !self.wanted.contains(&pc) {
            self.wanted.push(pc);
        }
        Target::Exit(location)
    }

    /// The mode of the entry.
    fn mode(&self) -> Mode {
        Mode::from_bits(self.entry.mode())
    }

    fn starts_block(&self, pc: u32) -> bool {
        self.leaders.contains(&pc) || self.blocks.iter().any(|planned| planned.pc == pc)
    }

    fn begin(&mut self, pc: u32, location: Location, builder: &mut Builder<'_>) {
        let id = self.reserve(pc, builder);
        builder.begin(id, Some(location));
        for planned in &mut self.blocks {
            planned.begun |= planned.pc == pc;
        }
    }

    /// Returns the nearest reserved block at or after `pc`.
    fn next_reserved(&self, pc: u32) -> Option<u32> {
        let ahead = self
            .blocks
            .iter()
            .filter(|planned| !planned.begun && planned.pc >= pc);
        ahead.map(|planned| planned.pc).min()
    }
}

fn lift(
    core: &Core,
    fetch: &mut dyn Fetch,
    plan: &mut Plan,
    builder: &mut Builder<'_>,
) -> Result<(), FetchFault> {
    let entry = plan.entry;
    let thumb = is_thumb(entry);
    let mut mode = plan.mode();
    let mut pc = pc_of(entry);
    let mut count = 0;
    let limit = builder.limit().min(MAX_INSTS);
    let mut run = Run::default();
    plan.begin(pc, entry, builder);
    loop {
        let fetched = if count < limit {
            Some(Fetched::at(fetch, pc, thumb))
        } else {
            None
        };
        let fetched = match fetched {
            Some(Ok(fetched)) => fetched,
            Some(Err(fault)) if count == 0 => return Err(fault),
            Some(Err(_)) | None => {
                run.close(builder);
                builder.end(Terminator::Jump(Target::Exit(mode.at(pc, thumb))));
                break;
            }
        };
        let mark = Mark {
            pc,
            mode,
            count,
            insts: builder.unit().insts.len(),
        };
        count += 1;
        if !mode.it.in_block() {
            plan.starts.push(pc);
        }
        let next = instruction(core, fetched, mark, thumb, plan, &mut run, builder);
        if let Some(again) = run.take_refused(builder) {
            (pc, mode, count) = (again.pc, again.mode, again.count);
            continue;
        }
        mode.it = next.it;
        pc = pc.wrapping_add(fetched.len);
        let may_start = !mode.it.in_block();
        run.leave(mark.insts, may_start && plan.starts_block(pc), builder);
        if builder.is_open() {
            if may_start && plan.starts_block(pc) {
                let id = plan.reserve(pc, builder);
                builder.end(Terminator::Jump(Target::Block(id)));
                plan.begin(pc, mode.at(pc, thumb), builder);
            }
        } else {
            mode.it = ItState::EMPTY;
            let Some(ahead) = plan.next_reserved(pc) else {
                break;
            };
            if count == limit {
                break;
            }
            pc = ahead;
            plan.begin(pc, mode.at(pc, thumb), builder);
        }
    }
    // Places that were not reached: in the middle of an instruction or an IT
    // block, or beyond the limit.
    mode.it = ItState::EMPTY;
    for position in 0..plan.blocks.len() {
        let Planned { pc, id, begun } = plan.blocks[position];
        if !begun {
            builder.begin(id, None);
            builder.end(Terminator::Jump(Target::Exit(mode.at(pc, thumb))));
        }
    }
    Ok(())
}

/// The bits of an instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetched {
    pub(crate) word: u32,
    pub(crate) len: u32,
}

impl Fetched {
    pub(crate) fn at(fetch: &mut dyn Fetch, pc: u32, thumb: bool) -> Result<Self, FetchFault> {
        if !thumb {
            return Ok(Self {
                word: fetch.fetch32(pc.into())?,
                len: 4,
            });
        }
        let first = fetch.fetch16(pc.into())?;
        if !is_32bit(first) {
            return Ok(Self {
                word: first.into(),
                len: 2,
            });
        }
        let second = fetch.fetch16(pc.wrapping_add(2).into())?;
        Ok(Self {
            word: u32::from(first) << 16 | u32::from(second),
            len: 4,
        })
    }

    /// Returns the halfwords of a T32 instruction, in order; the second of a
    /// 16-bit one is zero.
    #[allow(clippy::cast_possible_truncation, reason = "halfwords of a word")]
    pub(crate) const fn halfwords(self) -> (u16, u16) {
        match self.len {
            2 => (self.word as u16, 0),
            _ => ((self.word >> 16) as u16, self.word as u16),
        }
    }
}

/// What follows an instruction.
struct Following {
    it: ItState,
}

/// Lifts one instruction. If the block is still open afterwards, control goes on
/// with the next one.
fn instruction(
    core: &Core,
    fetched: Fetched,
    mark: Mark,
    thumb: bool,
    plan: &mut Plan,
    run: &mut Run,
    builder: &mut Builder<'_>,
) -> Following {
    let Mark { pc, mode, .. } = mark;
    let location = mode.at(pc, thumb);
    let cx = mode.context(core.features, thumb);
    let (decoded, cond) = decode(fetched, thumb, &cx);
    run.arrive(cond, builder);
    builder.guest(location);
    let site = Site {
        pc,
        len: fetched.len,
        thumb,
        mode,
        next_it: mode.it.advance(),
        level: Level::of(core),
    };
    let refused = is_fp_refused(fetched.word, thumb, mode.system);
    let Some(insn) = decoded.filter(|_| !refused) else {
        if cond.is_always() || run.branch(cond, builder) {
            Lifter::new(builder, plan, site).undefined(fetched.word);
        }
        return Following { it: site.next_it };
    };
    // A conditional branch leaves the block in its middle.
    if let Insn::B(branch) = insn
        && !(branch.cond.is_always() && cond.is_always())
    {
        let cond = match branch.cond.is_always() {
            true if run.is_branched() => Cond::AL,
            true => cond,
            false => branch.cond,
        };
        let target = pc.wrapping_add(if thumb { 4 } else { 8 });
        let mut lifter = Lifter::new(builder, plan, site);
        lifter.branch_on(cond, target.wrapping_add_signed(branch.offset));
        return Following { it: site.next_it };
    }
    let guarded = !cond.is_always() && !run.is_branched();
    if guarded && !run.is_forced(pc) {
        let mut lifter = Lifter::new(builder, plan, site);
        if lifter.select(&insn, cond) {
            let it = lifter.site().next_it;
            run.selected(cond, mark);
            return Following { it };
        }
    }
    if guarded && !run.branch(cond, builder) {
        return Following { it: site.next_it };
    }
    let mut lifter = Lifter::new(builder, plan, site);
    lifter.execute(&insn);
    Following {
        it: lifter.site().next_it,
    }
}

/// Decodes, and returns the condition that guards the instruction.
fn decode(
    fetched: Fetched,
    thumb: bool,
    cx: &crate::version::DecodeContext,
) -> (Option<Insn>, Cond) {
    if !thumb {
        let decoded = decode_a32(fetched.word, cx);
        return (
            decoded.ok().map(|decoded| decoded.insn),
            Cond::from_bits(fetched.word >> 28),
        );
    }
    let (first, second) = fetched.halfwords();
    let decoded = decode_thumb(first, || second, cx);
    let cond = if ignores_it(first) {
        Cond::AL
    } else {
        cx.it.cond()
    };
    (decoded.ok().map(|thumb| thumb.decoded.insn), cond)
}
