//! Rules for flags, conditions and sums with carry.

use dbt_isa::ops::{BinOp, CmpOp, Condition, Nzcv, UnOp};

use super::{Folder, fold};
use crate::ir::{BitOp, Inst, Ty, Value, Width};

/// Makes constant flags: bits 31 to 28, as in the flags slot.
fn constant(f: &mut Folder<'_>, flags: Nzcv) -> Value {
    f.make(Ty::Flags, flags.to_psr().into())
}

/// Returns the constant flags that `value` is.
fn known(f: &Folder<'_>, value: Value) -> Option<Nzcv> {
    f.word(value).map(Nzcv::from_psr)
}

fn binary(f: &mut Folder<'_>, op: BinOp, a: Value, b: Value) -> Value {
    fold(
        f,
        Inst::Binary {
            op,
            width: Width::W32,
            a,
            b,
        },
    )
}

/// Returns `x` if `value` is `!x` for an unknown or known `x`.
fn complemented(f: &mut Folder<'_>, value: Value) -> Option<Value> {
    match f.inst(value) {
        Inst::Unary { op: UnOp::Not, a } => Some(a),
        Inst::Const { .. } => {
            let word = f.word(value)?;
            Some(f.make_word(!word))
        }
        _ => None,
    }
}

pub(super) fn adc(f: &mut Folder<'_>, a: Value, b: Value, carry: Value) -> Value {
    match f.bit(carry) {
        Some(false) => return binary(f, BinOp::Add, a, b),
        Some(true) => {
            if let Some(x) = complemented(f, b) {
                return binary(f, BinOp::Sub, a, x);
            }
        }
        None => {
            if let Inst::Unary {
                op: UnOp::Not,
                a: b,
            } = f.inst(b)
            {
                return f.push(Inst::Sbc { a, b, carry });
            }
        }
    }
    f.push(Inst::Adc { a, b, carry })
}

pub(super) fn sbc(f: &mut Folder<'_>, a: Value, b: Value, carry: Value) -> Value {
    match f.bit(carry) {
        Some(true) => return binary(f, BinOp::Sub, a, b),
        Some(false) => {
            if let Some(x) = complemented(f, b) {
                return binary(f, BinOp::Add, a, x);
            }
        }
        None => {}
    }
    f.push(Inst::Sbc { a, b, carry })
}

pub(super) fn add_flags(f: &mut Folder<'_>, a: Value, b: Value) -> Value {
    if let (Some(x), Some(y)) = (f.word(a), f.word(b)) {
        return constant(f, Nzcv::of_adc(x, y, false));
    }
    let (a, b) = if f.word(a).is_some() { (b, a) } else { (a, b) };
    pair(f, BinOp::Add, a, b);
    f.push(Inst::AddFlags { a, b })
}

pub(super) fn sub_flags(f: &mut Folder<'_>, a: Value, b: Value) -> Value {
    if let (Some(x), Some(y)) = (f.word(a), f.word(b)) {
        return constant(f, Nzcv::of_sbc(x, y, true));
    }
    pair(f, BinOp::Sub, a, b);
    f.push(Inst::SubFlags { a, b })
}

/// Gives the sum that belongs to these flags the same operands.
fn pair(f: &mut Folder<'_>, op: BinOp, a: Value, b: Value) {
    let Some(word) = f.word(b) else {
        return;
    };
    let addend = if op == BinOp::Sub {
        word.wrapping_neg()
    } else {
        word
    };
    f.flags_sum = Some((a, addend));
    if let Some(sum) = f.changed_sum
        && (sum.base, sum.addend) == (a, addend)
        && b < sum.result
    {
        f.out[sum.result.index()] = Inst::Binary {
            op,
            width: Width::W32,
            a,
            b,
        };
        f.changed_sum = None;
    }
}

pub(super) fn adc_flags(f: &mut Folder<'_>, a: Value, b: Value, carry: Value) -> Value {
    match f.bit(carry) {
        Some(false) => return add_flags(f, a, b),
        Some(true) => {
            if let Some(x) = complemented(f, b) {
                return sub_flags(f, a, x);
            }
        }
        None => {
            if let Inst::Unary {
                op: UnOp::Not,
                a: b,
            } = f.inst(b)
            {
                return f.push(Inst::SbcFlags { a, b, carry });
            }
        }
    }
    f.push(Inst::AdcFlags { a, b, carry })
}

pub(super) fn sbc_flags(f: &mut Folder<'_>, a: Value, b: Value, carry: Value) -> Value {
    match f.bit(carry) {
        Some(true) => return sub_flags(f, a, b),
        Some(false) => {
            if let Some(x) = complemented(f, b) {
                return add_flags(f, a, x);
            }
        }
        None => {}
    }
    f.push(Inst::SbcFlags { a, b, carry })
}

pub(super) fn nz_flags(f: &mut Folder<'_>, result: Value, rest: Value) -> Value {
    if let (Some(word), Some(flags)) = (f.word(result), known(f, rest)) {
        return constant(f, flags.with_nz(word));
    }
    match f.inst(rest) {
        Inst::NzFlags { rest, .. } => f.push(Inst::NzFlags { result, rest }),
        Inst::NzcFlags { carry, rest, .. } => nzc_flags(f, result, carry, rest),
        _ => f.push(Inst::NzFlags { result, rest }),
    }
}

pub(super) fn nzc_flags(f: &mut Folder<'_>, result: Value, carry: Value, rest: Value) -> Value {
    if let (Some(word), Some(bit), Some(flags)) = (f.word(result), f.bit(carry), known(f, rest)) {
        return constant(f, flags.with_nz(word).with_c(bit));
    }
    // The tests of C below `NzFlags` are tests of what lies under it.
    let rest = match f.inst(rest) {
        Inst::NzFlags { rest, .. } => rest,
        _ => rest,
    };
    let is_old_carry = f.inst(carry)
        == Inst::Condition {
            flags: rest,
            condition: Condition::Cs,
        };
    if is_old_carry {
        return nz_flags(f, result, rest);
    }
    let rest = match f.inst(rest) {
        Inst::NzcFlags { rest, .. } => rest,
        _ => rest,
    };
    f.push(Inst::NzcFlags {
        result,
        carry,
        rest,
    })
}

pub(super) fn from_psr(f: &mut Folder<'_>, a: Value) -> Value {
    if let Some(word) = f.word(a) {
        return constant(f, Nzcv::from_psr(word));
    }
    match f.inst(a) {
        Inst::FlagsToPsr { a: flags } => flags,
        _ => f.push(Inst::FlagsFromPsr { a }),
    }
}

pub(super) fn to_psr(f: &mut Folder<'_>, a: Value) -> Value {
    if let Some(flags) = known(f, a) {
        return f.make_word(flags.to_psr());
    }
    match f.inst(a) {
        Inst::FlagsFromPsr { a: word } => {
            let mask = f.make_word(0xf000_0000);
            binary(f, BinOp::And, word, mask)
        }
        _ => f.push(Inst::FlagsToPsr { a }),
    }
}

/// Tests a condition, or finds the test made before.
pub(super) fn condition(f: &mut Folder<'_>, flags: Value, condition: Condition) -> Value {
    if let Some(known) = known(f, flags) {
        return f.make_bit(condition.holds(known));
    }
    let index = condition as usize;
    if let Some((of, value)) = f.conditions[index]
        && of == flags
    {
        return value;
    }
    let value = test(f, flags, condition);
    f.conditions[index] = Some((flags, value));
    value
}

/// Tests a condition of flags that are not known. The flags of sums and
/// differences stay: a back end fuses them with the test.
fn test(f: &mut Folder<'_>, flags: Value, wanted: Condition) -> Value {
    match (f.inst(flags), wanted) {
        (
            Inst::NzFlags { result, .. } | Inst::NzcFlags { result, .. },
            Condition::Eq | Condition::Ne | Condition::Mi | Condition::Pl,
        ) => {
            let op = match wanted {
                Condition::Eq => CmpOp::Eq,
                Condition::Ne => CmpOp::Ne,
                Condition::Mi => CmpOp::Slt,
                _ => CmpOp::Sge,
            };
            let b = f.make_word(0);
            fold(
                f,
                Inst::Compare {
                    op,
                    width: Width::W32,
                    a: result,
                    b,
                },
            )
        }
        (
            Inst::NzFlags { rest, .. },
            Condition::Cs | Condition::Cc | Condition::Vs | Condition::Vc,
        )
        | (Inst::NzcFlags { rest, .. }, Condition::Vs | Condition::Vc) => {
            condition(f, rest, wanted)
        }
        (Inst::NzcFlags { carry, .. }, Condition::Cs) => carry,
        (Inst::NzcFlags { carry, .. }, Condition::Cc) => fold(f, Inst::BitNot { a: carry }),
        // C and not Z, and its inverse, when C is at hand.
        (Inst::NzcFlags { carry, .. }, Condition::Hi | Condition::Ls) if f.bit(carry).is_some() => {
            let (op, zero, carry) = if wanted == Condition::Hi {
                (BitOp::And, Condition::Ne, carry)
            } else {
                (BitOp::Or, Condition::Eq, fold(f, Inst::BitNot { a: carry }))
            };
            let b = condition(f, flags, zero);
            fold(f, Inst::Bits { op, a: carry, b })
        }
        _ => f.push(Inst::Condition {
            flags,
            condition: wanted,
        }),
    }
}
