//! Parsing of instructions.

use dbt_isa::ops::{Access, Size};

use super::cursor::Cursor;
use super::{Expected, ParseError, Parser};
use crate::ir::inst::{Helper, Inst, Slot};
use crate::ir::text::names::{
    BINARY, BIT_OPS, CHECKSUMS, COMPARE, CONDITIONS, FIXED, FLOAT, SIGNS, SIZES, TYPES, UNARY,
    VECTORS, WIDTHS, access_flags, named, with_fraction_bits,
};
use crate::ir::{FloatOp, Ty, Value, VectorKind, VectorOp};

/// Operands that are not parsed yet. Never seen outside this module.
const UNKNOWN: Value = Value(u32::MAX);

impl<'a> Parser<'a> {
    /// Parses an instruction after its result's name, if it has one.
    pub(super) fn inst(
        &mut self,
        cursor: &mut Cursor<'a>,
        has_name: bool,
    ) -> Result<Inst, ParseError> {
        let place = cursor.clone();
        let word = cursor.word();
        let (mnemonic, suffixes) = word.split_once('.').unwrap_or((word, ""));
        if has_name == is_statement(mnemonic) {
            return Err(place.error(Expected::Instruction));
        }
        match mnemonic {
            "guest" => {
                let location = cursor.location()?;
                return Ok(Inst::Guest { location });
            }
            "get" => {
                let slot = self.slot(cursor)?;
                return Ok(Inst::Get { slot });
            }
            "set" => {
                let slot = self.slot(cursor)?;
                cursor.expect(",")?;
                let value = self.value(cursor)?;
                return Ok(Inst::Set { slot, value });
            }
            "const" => return constant(cursor, &place, suffixes),
            "exit_if" => {
                let condition = self.value(cursor)?;
                cursor.expect("->")?;
                let target = self.target(cursor)?;
                return Ok(Inst::ExitIf { condition, target });
            }
            _ => {}
        }
        let mut inst = if mnemonic == "call" {
            Inst::Call {
                helper: helper(cursor)?,
                args: [UNKNOWN; 3],
            }
        } else if let Some(op) = named(&CHECKSUMS, word) {
            Inst::Checksum {
                op,
                helper: helper(cursor)?,
                args: [UNKNOWN; 3],
            }
        } else if let Some(op) = number(word) {
            Inst::Float {
                op,
                flushes: cursor.take_word("flush"),
                default_nan: cursor.take_word("default_nan"),
                rounds: cursor.take_word("rounds"),
                helper: helper(cursor)?,
                args: [UNKNOWN; 3],
            }
        } else if mnemonic == "vector" {
            let op = elements(suffixes).ok_or(place.error(Expected::Suffix))?;
            let rounds = cursor.take_word("rounds");
            let helper = helper(cursor)?;
            let number = cursor.clone();
            let info = u32::try_from(cursor.number()?);
            cursor.expect(":")?;
            Inst::Vector {
                op,
                rounds,
                helper,
                info: info.map_err(|_| number.error(Expected::Number))?,
                args: [UNKNOWN; 3],
            }
        } else {
            with_operands(word, mnemonic, suffixes).map_err(|expected| place.error(expected))?
        };
        self.operands(cursor, &mut inst)?;
        Ok(inst)
    }

    fn operands(&self, cursor: &mut Cursor<'a>, inst: &mut Inst) -> Result<(), ParseError> {
        let mut result = Ok(());
        let mut is_first = true;
        inst.map_operands(|_| {
            if result.is_ok() && !is_first {
                result = cursor.expect(",");
            }
            is_first = false;
            if result.is_err() {
                return UNKNOWN;
            }
            self.value(cursor).unwrap_or_else(|error| {
                result = Err(error);
                UNKNOWN
            })
        });
        result
    }

    fn slot(&self, cursor: &mut Cursor<'a>) -> Result<Slot, ParseError> {
        let place = cursor.clone();
        let name = cursor.word();
        let index = self.layout.slots.iter().position(|slot| slot.name == name);
        index
            .and_then(|index| u16::try_from(index).ok())
            .map(Slot)
            .ok_or(place.error(Expected::Slot))
    }
}

/// Parses the name of a helper.
fn helper(cursor: &mut Cursor<'_>) -> Result<Helper, ParseError> {
    let helper = cursor.numbered("helper").map(u16::try_from);
    let Some(Ok(helper)) = helper else {
        return Err(cursor.error(Expected::Word("helper")));
    };
    Ok(Helper(helper))
}

/// Tells whether an instruction makes no value.
fn is_statement(mnemonic: &str) -> bool {
    matches!(
        mnemonic,
        "guest" | "set" | "store" | "fence" | "exit_if" | "nop"
    )
}

fn constant<'a>(
    cursor: &mut Cursor<'a>,
    place: &Cursor<'a>,
    suffix: &str,
) -> Result<Inst, ParseError> {
    let ty = named(&TYPES, suffix).ok_or(place.error(Expected::Suffix))?;
    let number = cursor.clone();
    let bits = cursor.number()?;
    let fits = match ty {
        Ty::I1 => bits <= 1,
        Ty::I32 | Ty::V32 => u32::try_from(bits).is_ok(),
        Ty::I64 | Ty::V64 | Ty::V128 => true,
        Ty::Flags => bits & !0xf000_0000 == 0,
    };
    if fits {
        Ok(Inst::Const { ty, bits })
    } else {
        Err(number.error(Expected::Number))
    }
}

/// Returns an instruction that has nothing but operands besides its mnemonic.
fn with_operands(word: &str, mnemonic: &str, suffixes: &str) -> Result<Inst, Expected> {
    let [a, b, c] = [UNKNOWN; 3];
    if let Some(op) = named(&BIT_OPS, word) {
        return Ok(Inst::Bits { op, a, b });
    }
    if let Some(op) = named(&UNARY, word) {
        return Ok(Inst::Unary { op, a });
    }
    if let Some((op, width)) = named(&SIGNS, word) {
        return Ok(Inst::FloatSign { op, width, a });
    }
    let width = || named(&WIDTHS, suffixes).ok_or(Expected::Suffix);
    if let Some(op) = named(&BINARY, mnemonic) {
        let width = width()?;
        return Ok(Inst::Binary { op, width, a, b });
    }
    if let Some(op) = named(&COMPARE, mnemonic) {
        let width = width()?;
        return Ok(Inst::Compare { op, width, a, b });
    }
    Ok(match mnemonic {
        "select" => Inst::Select {
            width: width()?,
            condition: a,
            yes: b,
            no: c,
        },
        "cond" => Inst::Condition {
            flags: a,
            condition: named(&CONDITIONS, suffixes).ok_or(Expected::Suffix)?,
        },
        "to_vector" => Inst::ToVector { width: width()?, a },
        "from_vector" => Inst::FromVector { width: width()?, a },
        "load" if suffixes.starts_with('v') => {
            let (width, access) = width_and_access(&VECTORS, suffixes)?;
            Inst::LoadVector {
                access,
                width,
                address: a,
            }
        }
        "store" if suffixes.starts_with('v') => {
            let (width, access) = width_and_access(&VECTORS, suffixes)?;
            Inst::StoreVector {
                access,
                width,
                address: a,
                value: b,
            }
        }
        "load" => {
            let (width, access) = width_and_access(&WIDTHS, suffixes)?;
            Inst::Load {
                access,
                width,
                address: a,
            }
        }
        "store" => {
            let (width, access) = width_and_access(&WIDTHS, suffixes)?;
            Inst::Store {
                access,
                width,
                address: a,
                value: b,
            }
        }
        "store_exclusive" => Inst::StoreExclusive {
            access: access(suffixes)?,
            address: a,
            tag: b,
            expected: c,
            new: UNKNOWN,
        },
        _ => return without_suffix(word),
    })
}

/// Parses an operation on numbers; after a conversion to or from fixed point stands how
/// many fraction bits there are.
fn number(word: &str) -> Option<FloatOp> {
    if let Some(op) = named(&FLOAT, word) {
        return Some(op);
    }
    let (word, bits) = word.rsplit_once('.')?;
    let bits = bits.parse().ok().filter(|bits| (1..=32).contains(bits))?;
    let op = named(&FIXED, word)?;
    Some(with_fraction_bits(op, bits))
}

/// Parses an operation on vectors: what, of which elements, of which width, with
/// which constant.
fn elements(suffixes: &str) -> Option<VectorOp> {
    let mut words = suffixes.split('.');
    let kind = words.next()?;
    let kind = VectorKind::ALL.iter().find(|known| known.name() == kind)?;
    let (size, signed) = match words.next()? {
        "s8" => (Size::Byte, true),
        "u8" => (Size::Byte, false),
        "s16" => (Size::Half, true),
        "u16" => (Size::Half, false),
        "s32" => (Size::Word, true),
        "u32" => (Size::Word, false),
        "s64" => (Size::Dword, true),
        "u64" => (Size::Dword, false),
        _ => return None,
    };
    let wide = match words.next()? {
        "v64" => false,
        "v128" => true,
        _ => return None,
    };
    let imm = words.next()?.parse().ok()?;
    let op = VectorOp::new(*kind, size, wide).signed(signed).imm(imm);
    words.next().is_none().then_some(op)
}

fn without_suffix(word: &str) -> Result<Inst, Expected> {
    let [a, b, c] = [UNKNOWN; 3];
    Ok(match word {
        "nop" => Inst::Nop,
        "fence" => Inst::Fence,
        "load_tag" => Inst::LoadTag { address: a },
        "float_status" => Inst::FloatStatus,
        "not.i1" => Inst::BitNot { a },
        "bit_to_word" => Inst::BitToWord { a },
        "zext" => Inst::Extend { signed: false, a },
        "sext" => Inst::Extend { signed: true, a },
        "low" => Inst::Low { a },
        "high" => Inst::High { a },
        "adc" => Inst::Adc { a, b, carry: c },
        "sbc" => Inst::Sbc { a, b, carry: c },
        "add_flags" => Inst::AddFlags { a, b },
        "sub_flags" => Inst::SubFlags { a, b },
        "adc_flags" => Inst::AdcFlags { a, b, carry: c },
        "sbc_flags" => Inst::SbcFlags { a, b, carry: c },
        "nz_flags" => Inst::NzFlags { result: a, rest: b },
        "nzc_flags" => Inst::NzcFlags {
            result: a,
            carry: b,
            rest: c,
        },
        "flags_from_psr" => Inst::FlagsFromPsr { a },
        "flags_to_psr" => Inst::FlagsToPsr { a },
        _ => return Err(Expected::Instruction),
    })
}

fn width_and_access<W: Copy>(
    widths: &[(&'static str, W)],
    suffixes: &str,
) -> Result<(W, Access), Expected> {
    let (width, rest) = suffixes.split_once('.').ok_or(Expected::Suffix)?;
    let width = named(widths, width).ok_or(Expected::Suffix)?;
    Ok((width, access(rest)?))
}

/// Parses a size and what may follow it, each at most once.
fn access(suffixes: &str) -> Result<Access, Expected> {
    let mut words = suffixes.split('.');
    let size = words.next().and_then(|word| named(&SIZES, word));
    let mut access = Access::new(size.ok_or(Expected::Suffix)?);
    for word in words {
        let mut flags = access_flags(access).into_iter();
        let (_, with_flag, _) = flags
            .find(|(name, _, is)| *name == word && !is)
            .ok_or(Expected::Suffix)?;
        access = with_flag(access);
    }
    Ok(access)
}
