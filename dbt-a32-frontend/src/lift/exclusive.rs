//! Pairs of a load-exclusive and a store-exclusive with nothing but arithmetic in
//! between: the loops that compilers and libraries make of atomic operations.

use dbt_core::ir::{Inst, Value, Width};
use dbt_isa::ops::{BinOp, Size};

use super::machine::Lifter;
use crate::guest::slot;
use crate::operands::AddrImm;

impl Lifter<'_, '_> {
    /// Looks back in the open block for a load-exclusive, and returns its tag and
    /// value if the pair is one.
    pub(super) fn pending_exclusive(&self, size: Size, address: AddrImm) -> Option<(Value, Value)> {
        let base = slot::r(address.n.index());
        let (mut tag, mut value) = (None, None);
        for inst in self.builder.open_insts().iter().rev() {
            match *inst {
                // The load has its value in a register that may be the base.
                Inst::Set { slot, .. } if slot == base => return None,
                Inst::Set { slot, value } if slot == slot::EXCLUSIVE_TAG => tag = Some(value),
                Inst::Set {
                    slot,
                    value: loaded,
                } if slot == slot::EXCLUSIVE_VALUE => {
                    value = Some(loaded);
                }
                Inst::Load {
                    access,
                    address: at,
                    ..
                } => {
                    let same = access.size == size && self.is_at(at, address);
                    return tag.zip(value).filter(|_| same);
                }
                Inst::Set { slot, .. } if slot == slot::EXCLUSIVE_ADDRESS && tag.is_none() => {
                    // `CLREX`, or a store-exclusive.
                    return None;
                }
                Inst::LoadTag { .. } | Inst::Fence => return None,
                inst if inst.exposes_state() && !matches!(inst, Inst::ExitIf { .. }) => {
                    return None;
                }
                _ => {}
            }
        }
        None
    }

    /// Tells whether `at` is the address that `address` names while its base has not
    /// been written.
    fn is_at(&self, at: Value, address: AddrImm) -> bool {
        let unit = self.builder.unit();
        let base = Inst::Get {
            slot: slot::r(address.n.index()),
        };
        match *unit.inst(at) {
            Inst::Binary {
                op: BinOp::Add,
                width: Width::W32,
                a,
                b,
            } => {
                *unit.inst(a) == base
                    && self.builder.constant(b) == Some(address.displacement().into())
            }
            inst => inst == base && address.displacement() == 0,
        }
    }
}
