//! Bindings against a model of registers and memory.

use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::super::{Binding, Transfer, transfers};
use super::{is_cheaper, leaving, meets};

/// Bytes of state, and registers; the last one is scratch.
const STATE: u32 = 32;
const REGS: u8 = 6;
const SCRATCH: u8 = REGS - 1;

/// What the guest sees, what memory has, and what registers have of it.
#[derive(Clone, Debug)]
struct Model {
    right: Vec<u8>,
    memory: Vec<u8>,
    regs: Vec<[u8; 16]>,
}

impl Model {
    /// A state in which bindings hold and nothing else does. All words are equal if slots
    /// may be copies of each other.
    fn with(bindings: &[Binding], copies: bool) -> Self {
        let right = (0..).map(|at| 1 + if copies { at % 4 } else { at });
        let right: Vec<u8> = right.take(STATE as usize).collect();
        let mut this = Self {
            memory: right.clone(),
            right,
            regs: vec![[0xff; 16]; REGS.into()],
        };
        for binding in bindings {
            let range = binding.offset as usize..(binding.offset + binding.bytes) as usize;
            let reg = &mut this.regs[usize::from(binding.reg)];
            reg[..binding.bytes as usize].copy_from_slice(&this.right[range.clone()]);
            if binding.dirty {
                this.memory[range].fill(0);
            }
        }
        this
    }

    fn step(&mut self, step: Transfer) {
        let range = |b: &Binding| b.offset as usize..(b.offset + b.bytes) as usize;
        match step {
            Transfer::Store(b) => {
                let reg = &self.regs[usize::from(b.reg)][..b.bytes as usize];
                self.memory[range(&b)].copy_from_slice(reg);
            }
            Transfer::Load(b) => {
                let reg = &mut self.regs[usize::from(b.reg)][..b.bytes as usize];
                reg.copy_from_slice(&self.memory[range(&b)]);
            }
            Transfer::Move { to, from, bytes } => {
                let mut new = [0xff; 16];
                let bytes = bytes as usize;
                new[..bytes].copy_from_slice(&self.regs[usize::from(from)][..bytes]);
                self.regs[usize::from(to)] = new;
            }
        }
    }

    /// Tells whether bindings hold.
    fn holds(&self, bindings: &[Binding]) -> bool {
        let is_bound = |b: &Binding| {
            let right = &self.right[b.offset as usize..(b.offset + b.bytes) as usize];
            self.regs[usize::from(b.reg)][..b.bytes as usize] == *right
        };
        let mut bytes = (0..).zip(self.memory.iter().zip(&self.right));
        bindings.iter().all(is_bound)
            && bytes.all(|(at, (memory, right))| {
                let mut dirty = bindings.iter().filter(|binding| binding.dirty);
                memory == right || dirty.any(|binding| binding.contains(at, 1))
            })
    }
}

/// Bindings that hold together; each in a register of its own but for copies.
fn bindings(copies: bool) -> impl Strategy<Value = Vec<Binding>> {
    let one = (0..STATE / 4, 0..3_u32, 0..SCRATCH, any::<bool>());
    let list = prop::collection::vec(one, 0..6);
    list.prop_map(move |all| {
        let mut list: Vec<Binding> = Vec::new();
        for (word, size, reg, dirty) in all {
            let bytes = 4 << size;
            let new = Binding {
                offset: 4 * word / bytes * bytes,
                bytes,
                reg,
                dirty,
            };
            let fits = |old: &Binding| {
                let overlaps = old.overlaps(new.offset, new.bytes);
                !overlaps || !old.dirty && !new.dirty && !old.is(new.offset, new.bytes)
            };
            if list
                .iter()
                .all(|old| fits(old) && (copies || old.reg != reg))
            {
                list.push(new);
            }
        }
        list
    })
}

fn check(now: &[Binding], contract: &[Binding], copies: bool) -> Result<(), TestCaseError> {
    let model = Model::with(now, copies);
    prop_assert!(model.holds(now));
    prop_assert!(!meets(now, contract) || model.holds(contract));
    for contract in [None, Some(contract)] {
        let wanted = leaving(now, contract);
        let mut after = model.clone();
        let mut steps = Vec::new();
        transfers(now, &wanted, SCRATCH, &mut steps);
        for step in steps {
            after.step(step);
        }
        prop_assert!(after.holds(&wanted), "{wanted:?}");
        if let Some(contract) = contract.filter(|contract| is_cheaper(now, contract)) {
            prop_assert!(meets(&wanted, contract), "{wanted:?}");
        }
        for (index, binding) in wanted.iter().enumerate() {
            let mut others = wanted[..index].iter();
            prop_assert!(others.all(|other| other.reg != binding.reg));
        }
    }
    Ok(())
}

proptest! {
    /// What may follow finds its slots, and what is made to meet a contract meets it.
    #[test]
    fn control_leaves_with_what_it_says(
        now in bindings(false), copied in bindings(true), contract in bindings(false),
    ) {
        check(&now, &contract, false)?;
        check(&copied, &contract, true)?;
        check(&now, &now, false)?;
    }
}
