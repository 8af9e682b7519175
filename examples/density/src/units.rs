//! Units as generated code would execute them, with the length of their code.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use dbt_a32_frontend::guest::A32Guest;
use dbt_a64_backend::A64Backend;
use dbt_core::analysis::bindings::Binding;
use dbt_core::guest::Guest;
use dbt_core::host::{Backend, Callees, Lowering, Runtime};
use dbt_core::ir::{BlockId, Builder, Target, Unit};
use dbt_core::location::Location;
use dbt_core::memory::Fetch;
use dbt_core::opt::Optimizer;
use dbt_x86_backend::X86Backend;

use crate::code::{self, Block, Code, Cost, Entering, Out};

/// A unit.
#[derive(Debug)]
struct Costs {
    blocks: Vec<Block>,
    entering: Entering,
    /// Its A64 code, for the listing.
    code: Vec<u32>,
}

/// Where control is.
#[derive(Clone, Copy, Debug)]
struct Place {
    unit: usize,
    block: usize,
    index: usize,
}

/// A call that has not returned.
#[derive(Debug)]
struct Pending {
    location: Location,
    /// Where it was made.
    place: Place,
    to: Target,
    cost: Cost,
}

/// Sums.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) guest: u64,
    pub(crate) host: Cost,
}

/// Follows a program through its units.
pub(crate) struct Follower {
    guest: A32Guest,
    x86: X86Backend,
    a64: A64Backend,
    callees: Callees,
    runtimes: [Runtime; 2],
    optimizer: Optimizer,
    made: Vec<Costs>,
    units: HashMap<Location, Option<usize>>,
    place: Option<Place>,
    calls: Vec<Pending>,
    /// How the next unit is entered.
    out: Out,
    pub(crate) sums: Sums,
}

/// As many calls are returned from by host returns.
const MOST_CALLS: usize = 1024;

impl Follower {
    pub(crate) fn new(guest: A32Guest, features: dbt_a64_backend::Features) -> Self {
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
        let mut a64 = A64Backend::new(features);
        // What `dbt-user` has.
        let how = Lowering::Isolated;
        x86.use_float_traps();
        a64.use_detour(32 << 20);
        a64.use_directory();
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
            made: Vec::new(),
            units: HashMap::new(),
            place: None,
            calls: Vec::new(),
            out: Out::default(),
            sums: Sums::default(),
        }
    }

    /// Accounts for how control got to a location, which is executed next.
    pub(crate) fn step(&mut self, location: Location, fetch: &mut dyn Fetch) {
        self.sums.guest += 1;
        self.out = Out::default();
        let next = self.place.and_then(|place| self.leave(place, location));
        self.place = match next {
            Some(place) => Some(place),
            None => self.unit(location, fetch).map(|unit| {
                let made = &self.made[unit];
                self.sums.host.a64 += made.entering.cost(&self.out);
                self.sums.host.add(&made.blocks[0].head);
                Place {
                    unit,
                    block: 0,
                    index: 0,
                }
            }),
        };
    }

    /// Accounts for the instruction at a place, after which `location` is executed.
    /// Returns where that is in a known unit.
    fn leave(&mut self, place: Place, location: Location) -> Option<Place> {
        let Place { unit, block, index } = place;
        let blocks = &mut self.made[unit].blocks;
        let sum = &mut self.sums.host;
        let starts = |blocks: &[Block], target: &Target| match *target {
            Target::Block(id) => blocks[id.index()].start == Some(location),
            Target::Exit(to) => to == location,
        };
        let guest = &mut blocks[block].guest[index];
        guest.count += 1;
        let guest = &blocks[block].guest[index];
        let exit = guest.exits.iter().find(|exit| starts(blocks, &exit.to));
        if let Some(next) = blocks[block].guest.get(index + 1)
            && next.location == location
            && exit.is_none()
        {
            sum.add(&guest.cost);
            return Some(Place {
                index: index + 1,
                ..place
            });
        }
        if let Some(exit) = exit {
            sum.add(&exit.cost);
            self.out = exit.out.clone();
            return Self::within(blocks, place, exit.to, sum);
        }
        sum.add(&guest.cost);
        let left = &blocks[block];
        sum.add(&left.end);
        self.out = left.out.clone();
        if let Some((location, to, cost)) = left.returns {
            if self.calls.len() == MOST_CALLS {
                self.calls.clear();
            }
            self.calls.push(Pending {
                location,
                place,
                to,
                cost,
            });
        }
        if left.is_return {
            self.out = Out::default();
            let call = self.calls.pop()?;
            if call.location != location {
                self.calls.clear();
                return None;
            }
            sum.add(&call.cost);
            return Self::within(&self.made[call.place.unit].blocks, call.place, call.to, sum);
        }
        let inside = blocks
            .iter()
            .position(|block| block.start == Some(location))?;
        let to = Target::Block(BlockId(u32::try_from(inside).unwrap_or(u32::MAX)));
        Self::within(blocks, place, to, sum)
    }

    /// Goes to a block of a unit that is being executed.
    fn within(blocks: &[Block], from: Place, to: Target, sum: &mut Cost) -> Option<Place> {
        let Target::Block(id) = to else { return None };
        let block = &blocks[id.index()];
        let is_back = block.position <= blocks[from.block].position;
        sum.add(if is_back { &block.back } else { &block.head });
        // A block may be nothing but a way out.
        if block.guest.is_empty() {
            sum.add(&block.end);
            return None;
        }
        Some(Place {
            block: id.index(),
            index: 0,
            ..from
        })
    }

    /// Returns the unit at a location; none if it is interpreted.
    fn unit(&mut self, location: Location, fetch: &mut dyn Fetch) -> Option<usize> {
        if let Some(unit) = self.units.get(&location) {
            return *unit;
        }
        let made = self.make(location, fetch).map(|costs| {
            self.made.push(costs);
            self.made.len() - 1
        });
        self.units.insert(location, made);
        made
    }

    fn make(&mut self, location: Location, fetch: &mut dyn Fetch) -> Option<Costs> {
        let mut unit = Unit::default();
        let mut builder = Builder::new(&mut unit);
        self.guest.lift(fetch, location, &mut builder).ok()?;
        self.optimizer.run(&mut unit);
        let [x86, a64] = self.runtimes;
        let successors = self.successors(&unit);
        let arriving = self.out.bound.as_deref().unwrap_or_default();
        let bound = (arriving, &successors[..]);
        let x86 = Code::new(
            &mut self.x86,
            &self.guest,
            &self.callees,
            &x86,
            &unit,
            bound,
        )?;
        let a64 = Code::new(
            &mut self.a64,
            &self.guest,
            &self.callees,
            &a64,
            &unit,
            bound,
        )?;
        let mut blocks = code::count(&unit, &x86, &a64);
        for guest in blocks.iter_mut().flat_map(|block| &mut block.guest) {
            let listed = self.guest.disassemble(fetch, guest.location).ok()?;
            guest.text = match listed.instruction {
                Ok(instruction) => instruction.to_string(),
                Err(error) => error.to_string(),
            };
        }
        Some(Costs {
            entering: a64.entering(),
            blocks,
            code: a64.words(),
        })
    }

    /// Returns what units expect in registers that a unit's direct exits lead to.
    fn successors(&self, unit: &Unit) -> Vec<(Location, Arc<[Binding]>)> {
        let mut all = Vec::new();
        for target in unit.targets() {
            if let Target::Exit(to) = target
                && let Some(Some(known)) = self.units.get(&to)
                && let Some(contract) = self.made[*known].entering.contract()
            {
                all.push((to, Arc::clone(contract)));
            }
        }
        all
    }

    /// Prints the units in which most instructions are lost.
    pub(crate) fn list(&self, most: usize) {
        let lost = |costs: &&Costs| {
            let guests = costs.blocks.iter().flat_map(|block| &block.guest);
            let lost = guests.map(|guest| guest.count * guest.cost.a64.total());
            Reverse(lost.sum::<u64>())
        };
        let mut units: Vec<&Costs> = self.made.iter().collect();
        units.sort_by_key(lost);
        for unit in units.into_iter().take(most) {
            let [first, second] = unit.entering.plain();
            eprintln!("unit, entered by {first} or {second}");
            for block in &unit.blocks {
                eprintln!(
                    "  block, head {}, end {}",
                    block.head.a64.total(),
                    block.end.a64.total()
                );
                for guest in &block.guest {
                    let (at, count) = (guest.location.0, guest.count);
                    eprint!("    {at:#x} {count:>9}");
                    for (name, number) in guest.cost.a64.iter().filter(|(_, n)| *n > 0) {
                        eprint!(" {name} {number}");
                    }
                    eprintln!("  ; {}", guest.text);
                }
            }
            eprint!("  code");
            for word in &unit.code {
                eprint!(" {word:08x}");
            }
            eprintln!();
        }
    }
}
