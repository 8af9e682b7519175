//! Units as generated code would execute them, with the length of their code.

use std::collections::HashMap;
use std::rc::Rc;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a64_backend::A64Backend;
use dbt_core::guest::Guest;
use dbt_core::host::{Backend, Callees, CodeMark, CompileInput, Lowering, Origin, Runtime};
use dbt_core::ir::{BlockId, Builder, Inst, Unit};
use dbt_core::location::Location;
use dbt_core::memory::Fetch;
use dbt_core::opt::Optimizer;
use dbt_x86_backend::X86Backend;
use iced_x86::{Decoder, DecoderOptions};

/// Instructions of each host: x86-64, AArch64.
pub(crate) type Hosts = [u64; 2];

/// A block of a unit.
#[derive(Debug, Default)]
struct Block {
    /// The code before the first guest instruction.
    head: Hosts,
    /// The guest instructions, with their code.
    guest: Vec<(Location, Hosts)>,
    /// The code that leaves.
    end: Hosts,
}

/// A unit.
#[derive(Debug)]
struct Costs {
    blocks: Vec<Block>,
}

/// Where control is.
#[derive(Clone, Debug)]
struct Place {
    unit: Rc<Costs>,
    block: usize,
    index: usize,
}

/// Sums.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) guest: u64,
    pub(crate) host: Hosts,
    /// Of these, at heads and ends of blocks.
    pub(crate) dispatch: Hosts,
}

/// Follows a program through its units.
pub(crate) struct Follower {
    guest: A32Guest,
    x86: X86Backend,
    a64: A64Backend,
    callees: Callees,
    runtimes: [Runtime; 2],
    optimizer: Optimizer,
    units: HashMap<Location, Option<Rc<Costs>>>,
    place: Option<Place>,
    pub(crate) sums: Sums,
}

impl Follower {
    pub(crate) fn new(guest: A32Guest) -> Self {
        let layout = guest.layout();
        // Addresses that take as many instructions as those of a process.
        let callees = Callees {
            helpers: (0..guest.helpers().len() as u64)
                .map(|n| 0x5555_5555_0000 + 64 * n)
                .collect(),
            load: 0x5555_5556_0000,
            store: 0x5555_5556_0100,
            store_exclusive: 0x5555_5556_0200,
        };
        let mut x86 = X86Backend::default();
        let features = dbt_a64_backend::Features::from_hwcap(u64::MAX);
        let mut a64 = A64Backend::new(features);
        let how = Lowering::Identity;
        let runtimes = [
            x86.emit_runtime(layout, how, &callees, &mut Vec::new()),
            a64.emit_runtime(layout, how, &callees, &mut Vec::new()),
        ]
        .map(|runtime| runtime.unwrap_or_default());
        Self {
            guest,
            x86,
            a64,
            callees,
            runtimes,
            optimizer: Optimizer::new(layout),
            units: HashMap::new(),
            place: None,
            sums: Sums::default(),
        }
    }

    /// Accounts for the instruction at a location, which is executed next.
    pub(crate) fn step(&mut self, location: Location, fetch: &mut dyn Fetch) {
        self.sums.guest += 1;
        if let Some(place) = &mut self.place {
            let block = &place.unit.blocks[place.block];
            if let Some((next, cost)) = block.guest.get(place.index + 1)
                && *next == location
            {
                place.index += 1;
                add(&mut self.sums.host, *cost);
                return;
            }
            // Out of the block: at its end, or before by a conditional exit.
            let at_end = place.index + 1 == block.guest.len();
            let end = block.end;
            let unit = Rc::clone(&place.unit);
            let inside = unit
                .blocks
                .iter()
                .position(|block| block.guest.first().is_some_and(|(at, _)| *at == location));
            if at_end {
                self.dispatch(end);
            } else if inside.is_none() {
                // x86-64's conditional jump is the link; AArch64 has a branch behind it.
                self.dispatch([0, 1]);
            }
            if let Some(block) = inside {
                self.enter(&unit, block);
                return;
            }
        }
        match self.unit(location, fetch) {
            Some(unit) => self.enter(&unit, 0),
            None => self.place = None,
        }
    }

    fn dispatch(&mut self, cost: Hosts) {
        add(&mut self.sums.host, cost);
        add(&mut self.sums.dispatch, cost);
    }

    fn enter(&mut self, unit: &Rc<Costs>, block: usize) {
        self.dispatch(unit.blocks[block].head);
        let first = unit.blocks[block].guest.first();
        add(&mut self.sums.host, first.map_or([0; 2], |(_, cost)| *cost));
        self.place = Some(Place {
            unit: Rc::clone(unit),
            block,
            index: 0,
        });
    }

    /// Returns the unit at a location; none if it is interpreted.
    fn unit(&mut self, location: Location, fetch: &mut dyn Fetch) -> Option<Rc<Costs>> {
        if let Some(unit) = self.units.get(&location) {
            return unit.clone();
        }
        let made = self.make(location, fetch).map(Rc::new);
        self.units.insert(location, made.clone());
        made
    }

    fn make(&mut self, location: Location, fetch: &mut dyn Fetch) -> Option<Costs> {
        let mut unit = Unit::default();
        let mut builder = Builder::new(&mut unit);
        self.guest.lift(fetch, location, &mut builder).ok()?;
        self.optimizer.run(&mut unit);
        let mut costs = Costs {
            blocks: unit.blocks.iter().map(|_| Block::default()).collect(),
        };
        for (id, block) in unit.blocks.iter().enumerate() {
            for inst in &unit.insts[block.insts.clone()] {
                if let Inst::Guest { location } = inst {
                    costs.blocks[id].guest.push((*location, [0; 2]));
                }
            }
        }
        let (callees, [x86, a64]) = (&self.callees, &self.runtimes);
        let guest = &self.guest;
        count(&mut self.x86, guest, callees, x86, &unit, &mut costs, 0)?;
        count(&mut self.a64, guest, callees, a64, &unit, &mut costs, 1)?;
        Some(costs)
    }
}

fn add(sum: &mut Hosts, more: Hosts) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more;
    }
}

/// Compiles a unit, and adds the number of instructions to what they were made from.
fn count<B: Backend>(
    backend: &mut B,
    guest: &A32Guest,
    callees: &Callees,
    runtime: &Runtime,
    unit: &Unit,
    costs: &mut Costs,
    host: usize,
) -> Option<()> {
    let mut code = Vec::new();
    let input = CompileInput {
        unit,
        layout: guest.layout(),
        lowering: Lowering::Identity,
        callees,
        runtime,
        offset: 0x10000,
        marks: true,
    };
    let fragment = backend.compile(input, &mut code).ok()?;
    let mut block = BlockId::ENTRY;
    let mut marks = fragment.marks.iter().peekable();
    while let Some(CodeMark { offset, origin }) = marks.next() {
        let end = marks.peek().map_or(fragment.len, |next| next.offset);
        let code = &code[*offset as usize..end as usize];
        let instructions = match host {
            0 => Decoder::new(64, code, DecoderOptions::NONE).iter().count() as u64,
            _ => code.len() as u64 / 4,
        };
        match *origin {
            Origin::Block(id) => {
                block = id;
                costs.blocks[id.index()].head[host] += instructions;
            }
            Origin::Inst(value) => {
                let first = unit.block(block).insts.start;
                let before = &unit.insts[first..=value.index()];
                let markers = before
                    .iter()
                    .filter(|inst| matches!(inst, Inst::Guest { .. }));
                let block = &mut costs.blocks[block.index()];
                match markers.count().checked_sub(1) {
                    Some(index) => block.guest[index].1[host] += instructions,
                    None => block.head[host] += instructions,
                }
            }
            Origin::Terminator => costs.blocks[block.index()].end[host] += instructions,
            _ => {}
        }
    }
    Some(())
}
