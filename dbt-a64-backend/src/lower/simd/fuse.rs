//! Two operations that one instruction makes.
//!
//! An operation that only computes and has one user, near, which can take it on, is
//! *deferred*: its operands stay in their registers, and the user makes both.

use dbt_core::ir::{Inst, Value, VectorKind, VectorOp};
use dbt_isa::ops::Size;

use super::{UPPER, doubled, form};
use crate::asm::{Arrangement, unsigned};
use crate::features::Features;
use crate::lower::float::Fpcr;
use crate::lower::place::Place;
use crate::lower::{Lowering, Result};
use crate::regs::Vreg;

/// How far away the user may be, in instructions.
const NEAR: usize = 4;

/// What becomes of an operation and a deferred operand.
#[derive(Clone, Copy, Debug)]
enum Fusion {
    /// The other operand is in the result's register first.
    Tied(u32),
    /// The same, of an instruction with one more operand.
    TiedUnary(u32),
    /// The other operand comes first.
    Wide(u32),
    /// The deferred operand is the only one.
    Unary(u32),
}

/// Returns the instruction for `user` of an operand that `op` makes, at a position.
fn fusion(user: VectorOp, op: VectorOp, position: usize) -> Option<Fusion> {
    use VectorKind as K;
    let at = Arrangement {
        size: user.size,
        wide: user.wide,
    };
    let (kind, size) = (op.kind, op.size);
    let same = |opcode: u32| at.sized(0x0e20_0400 | opcode << 11);
    let long = |opcode: u32| 0x0e20_0000 | (size as u32) << 22 | opcode << 12;
    let is_same = user.size == size && user.wide == op.wide;
    let is_long = user.size == doubled(size) && user.wide && size != Size::Dword;
    let imm = u32::from(op.imm);
    let signed = op.signed;
    Some(match (user.kind, kind) {
        (K::Add, K::Mul) if is_same => Fusion::Tied(same(0b1_0010)),
        (K::Sub, K::Mul) if is_same && position == 1 => Fusion::Tied(same(0b1_0010) | 1 << 29),
        (K::Add, K::AbsDiff) if is_same => Fusion::Tied(unsigned(same(0b0_1111), signed)),
        (K::Add, K::ShiftRight) if is_same => {
            Fusion::TiedUnary(unsigned(at.right(0x0f00_1400, imm), signed))
        }
        (K::Add, K::RoundingShiftRight) if is_same => {
            Fusion::TiedUnary(unsigned(at.right(0x0f00_3400, imm), signed))
        }
        (K::Add, K::MulLong) if is_long => Fusion::Tied(unsigned(long(0b1000), signed)),
        (K::Sub, K::MulLong) if is_long && position == 1 => {
            Fusion::Tied(unsigned(long(0b1010), signed))
        }
        (K::Add, K::PairAddLong) if user.size == doubled(size) && user.wide == op.wide => {
            let at = Arrangement {
                size,
                wide: op.wide,
            };
            Fusion::TiedUnary(unsigned(at.sized(0x0e20_6800), signed))
        }
        (K::Add, K::Widen) if is_long => Fusion::Wide(unsigned(long(0b0001), signed)),
        (K::Sub, K::Widen) if is_long && position == 1 => {
            Fusion::Wide(unsigned(long(0b0011), signed))
        }
        (K::ShiftLeft, K::Widen) if is_long && u32::from(user.imm) < 8 * size.bytes() => {
            Fusion::Unary(unsigned(form::widen(size, user.imm.into()), signed))
        }
        (
            K::Narrow | K::SatNarrow | K::SatNarrowUnsigned,
            K::ShiftRight | K::RoundingShiftRight,
        ) if user.size == size && op.wide && imm <= 4 * size.bytes() => {
            let narrow = Arrangement {
                size: form::half_of(size),
                wide: false,
            };
            let opcode = match user.kind {
                K::Narrow => 0x0f00_8400,
                K::SatNarrow if user.signed == signed => unsigned(0x0f00_9400, signed),
                K::SatNarrowUnsigned if signed => 0x2f00_8400,
                _ => return None,
            };
            let rounds = u32::from(kind == K::RoundingShiftRight) << 11;
            // Not the scalar form: the elements are at most words.
            Fusion::Unary(narrow.right(opcode | rounds, imm))
        }
        _ => return None,
    })
}

/// Returns the instruction for `user` of the even and the odd elements of two vectors.
fn pairwise(user: VectorOp, even: VectorOp, odd: VectorOp, features: Features) -> Option<u32> {
    use VectorKind as K;
    let at = Arrangement {
        size: user.size,
        wide: user.wide,
    };
    let fits = (even.kind, odd.kind) == (K::Even, K::Odd)
        && [even, odd]
            .iter()
            .all(|op| (op.size, op.wide) == (user.size, user.wide));
    if !fits || form(user, features).is_none() {
        return None;
    }
    let same = |opcode: u32| at.sized(0x0e20_0400 | opcode << 11);
    let numbers = |opcode: u32| at.numbers(opcode) | 1 << 29;
    Some(match user.kind {
        K::Add => same(0b1_0111),
        K::Max if user.size != Size::Dword => unsigned(same(0b1_0100), user.signed),
        K::Min if user.size != Size::Dword => unsigned(same(0b1_0101), user.signed),
        K::FloatAdd => numbers(0b1_1010),
        K::FloatMax => numbers(0b1_1110),
        K::FloatMin => numbers(0b1_1110) | 1 << 23,
        _ => return None,
    })
}

impl Lowering<'_> {
    /// Tells whether an operation is one on neighbouring elements.
    fn is_pairwise(&self, user: VectorOp, args: [Value; 3]) -> bool {
        let part = |value: Value| match *self.input.unit.inst(value) {
            Inst::Vector {
                op,
                args: [a, b, _],
                ..
            } if self.fact(value).uses == 1 => Some((op, a, b)),
            _ => None,
        };
        let [Some((even, a, b)), Some((odd, c, d))] = [part(args[0]), part(args[1])] else {
            return false;
        };
        (a, b) == (c, d)
            && args[1].0 == args[0].0 + 1
            && pairwise(user, even, odd, self.features).is_some()
    }

    /// Tells whether the one user of an operation makes it on the side.
    pub(super) fn is_fused_by_user(&self, value: Value) -> bool {
        let unit = self.input.unit;
        let Inst::Vector { op, .. } = *unit.inst(value) else {
            return false;
        };
        if self.fact(value).uses != 1 {
            return false;
        }
        let near = unit.insts.iter().skip(value.index() + 1).take(NEAR);
        let mut users = near.filter_map(|inst| match inst {
            Inst::Vector { op: user, args, .. } => {
                let position = args[..user.count()].iter().position(|arg| *arg == value)?;
                Some(fusion(*user, op, position).is_some() || self.is_pairwise(*user, *args))
            }
            _ => None,
        });
        users.next() == Some(true)
    }

    /// The operation that was deferred to make a value, with its operands, and whether
    /// it is of their upper halves.
    fn deferred_vector(&self, value: Value) -> Option<(VectorOp, [Vreg; 2], u32)> {
        let Inst::Vector { op, .. } = *self.input.unit.inst(value) else {
            return None;
        };
        match self.place(value) {
            Place::Deferred(a, b) => Some((op, [a, b], 0)),
            Place::DeferredUpper(a, b) => Some((op, [a, b], UPPER)),
            _ => None,
        }
    }

    /// Makes an operation on neighbouring elements, of which the even and the odd ones
    /// were deferred; false if that is not what it is.
    fn pairwise(&mut self, value: Value, user: VectorOp, args: [Value; 3]) -> Result<bool> {
        let parts = [args[0], args[1]].map(|arg| self.deferred_vector(arg));
        let [Some((even, [a, b], _)), Some((odd, others, _))] = parts else {
            return Ok(false);
        };
        let Some(opcode) = pairwise(user, even, odd, self.features).filter(|_| others == [a, b])
        else {
            return Ok(false);
        };
        if let Some(fpcr) = Fpcr::of_vector(user) {
            self.need_fpcr(fpcr);
        }
        self.keep_vector(a);
        self.keep_vector(b);
        let dst = self.vector_for(value)?;
        self.asm.vector3(opcode, dst, a, b);
        self.define_vector(value, dst);
        Ok(true)
    }

    /// Makes an operation together with a deferred operand; false if there is none.
    pub(super) fn fused_vector(
        &mut self,
        value: Value,
        user: VectorOp,
        args: [Value; 3],
    ) -> Result<bool> {
        if self.pairwise(value, user, args)? {
            return Ok(true);
        }
        let operands = &args[..user.count()];
        let found = (0..operands.len()).rev().find_map(|position| {
            let (op, regs, half) = self.deferred_vector(operands[position])?;
            Some((position, fusion(user, op, position)?, regs, half))
        });
        let Some((position, fusion, [a, b], half)) = found else {
            return Ok(false);
        };
        self.keep_vector(a);
        self.keep_vector(b);
        let other = args[1 - position.min(1)];
        match fusion {
            Fusion::Tied(opcode) => {
                let dst = self.tied(value, other, [a, b])?;
                self.asm.vector3(opcode | half, dst, a, b);
                self.define_vector(value, dst);
            }
            Fusion::TiedUnary(opcode) => {
                let dst = self.tied(value, other, [a, a])?;
                self.asm.vector2(opcode, dst, a);
                self.define_vector(value, dst);
            }
            Fusion::Wide(opcode) => {
                // Both operands may be widened alike.
                let (opcode, first) = match self.deferred_vector(other) {
                    Some((op, [first, _], other_half))
                        if self
                            .deferred_vector(args[position])
                            .is_some_and(|(widen, ..)| widen == op && half == other_half) =>
                    {
                        // SADDL for SADDW, SSUBL for SSUBW.
                        (opcode & !(1 << 12), first)
                    }
                    _ => (opcode, self.vector(other)?),
                };
                self.keep_vector(first);
                let dst = self.vector_for(value)?;
                self.asm.vector3(opcode | half, dst, first, a);
                self.define_vector(value, dst);
            }
            Fusion::Unary(opcode) => {
                let dst = self.vector_for(value)?;
                self.asm.vector2(opcode | half, dst, a);
                self.define_vector(value, dst);
            }
        }
        Ok(true)
    }
}
