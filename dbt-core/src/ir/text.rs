//! The text form: one line per instruction, to be read, compared and parsed.
//!
//! `docs/ir.md` describes it. A value is named `v` and the index of its
//! instruction; a deleted instruction is not printed, so names may have gaps.
//! The parser takes any names and numbers anew.
//!
//! # Examples
//!
//! ```
//! use dbt_core::guest::{SlotInfo, StateLayout};
//! use dbt_core::ir::{FloatRules, Slot, Ty, text};
//!
//! static SLOTS: [SlotInfo; 2] = [
//!     SlotInfo { name: "r0", ty: Ty::I32, offset: 0 },
//!     SlotInfo { name: "flags", ty: Ty::Flags, offset: 4 },
//! ];
//! static LAYOUT: StateLayout = StateLayout {
//!     slots: &SLOTS,
//!     hot: &[],
//!     flags: Slot(1),
//!     float_status: None,
//!     float_rules: FloatRules::Own,
//!     vector_operands: None,
//!     aligned: None,
//! };
//!
//! let source = "\
//! block0 0x8000:
//!   guest 0x8000
//!   v1 = get r0
//!   v2 = const.i32 0x4
//!   v3 = add.i32 v1, v2
//!   set r0, v3
//!   jump exit 0x8004
//! ";
//! let unit = text::parse(source, &LAYOUT)?;
//! assert_eq!(text::display(&unit, &LAYOUT).to_string(), source);
//! # Ok::<(), dbt_core::ir::text::ParseError>(())
//! ```

mod names;
mod parse;

use core::fmt;

use dbt_isa::ops::Access;

use self::names::{
    BINARY, BIT_OPS, CHECKSUMS, COMPARE, CONDITIONS, FIXED, FLOAT, SIGNS, SIZES, TRAPS, TYPES,
    UNARY, VECTORS, name_of, width_name, with_fraction_bits,
};
use super::float::FloatOp;
use super::inst::{Inst, Target, Value};
use super::terminator::{IndirectKind, Terminator};
use super::unit::{Block, Unit};
use super::vector::VectorOp;
use crate::guest::StateLayout;
use crate::location::Location;

pub use parse::{Expected, ParseError, parse};

/// Returns a unit's text form, which it formats to.
#[must_use]
pub const fn display<'a>(unit: &'a Unit, layout: &'a StateLayout) -> Display<'a> {
    Display { unit, layout }
}

/// Returns the line of one instruction, which it formats to; for [`Inst::Nop`],
/// which has none, to nothing.
#[must_use]
pub const fn display_inst<'a>(
    unit: &'a Unit,
    layout: &'a StateLayout,
    value: Value,
) -> DisplayInst<'a> {
    DisplayInst {
        display: display(unit, layout),
        value,
    }
}

/// Returns the line of a block's end, which it formats to.
#[must_use]
pub const fn display_terminator(terminator: &Terminator) -> impl fmt::Display + '_ {
    EndOf(terminator)
}

/// An instruction that formats to its line.
#[derive(Clone, Copy, Debug)]
pub struct DisplayInst<'a> {
    display: Display<'a>,
    value: Value,
}

impl fmt::Display for DisplayInst<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.display.unit.inst(self.value) {
            Inst::Nop => Ok(()),
            _ => self.display.line(f, self.value.index()),
        }
    }
}

/// A unit that formats to its text form.
#[derive(Clone, Copy, Debug)]
pub struct Display<'a> {
    unit: &'a Unit,
    layout: &'a StateLayout,
}

impl fmt::Display for Display<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for source in &self.unit.source {
            writeln!(f, "source {:#x}..{:#x}", source.start, source.end)?;
        }
        for &id in &self.unit.order {
            let block = self.unit.block(id);
            write!(f, "block{}", id.0)?;
            if let Some(location) = block.location {
                write!(f, " {location}")?;
            }
            writeln!(f, ":")?;
            self.block(f, block)?;
        }
        Ok(())
    }
}

impl Display<'_> {
    fn block(&self, f: &mut fmt::Formatter<'_>, block: &Block) -> fmt::Result {
        for index in block.insts.clone() {
            if self.unit.insts[index] == Inst::Nop {
                continue;
            }
            f.write_str("  ")?;
            self.line(f, index)?;
            f.write_str("\n")?;
        }
        writeln!(f, "  {}", EndOf(&block.terminator))
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, index: usize) -> fmt::Result {
        let inst = &self.unit.insts[index];
        if makes_value(inst) {
            write!(f, "v{index} = ")?;
        }
        self.inst(f, inst)
    }

    /// Writes an instruction: mnemonic, what else it names, operands.
    fn inst(&self, f: &mut fmt::Formatter<'_>, inst: &Inst) -> fmt::Result {
        match *inst {
            Inst::Guest { location } => return write!(f, "guest {location}"),
            Inst::Const { ty, bits } => {
                return write!(f, "const.{} {bits:#x}", name_of(&TYPES, ty));
            }
            Inst::Get { slot } => return write!(f, "get {}", self.layout.slot(slot).name),
            Inst::Set { slot, value } => {
                let name = self.layout.slot(slot).name;
                return write!(f, "set {name}, {}", Name(value));
            }
            Inst::ExitIf { condition, target } => {
                return write!(f, "exit_if {} -> {}", Name(condition), To(target));
            }
            Inst::Call { helper, .. } => write!(f, "call helper{}", helper.0)?,
            Inst::Checksum { op, helper, .. } => {
                write!(f, "{} helper{}", name_of(&CHECKSUMS, op), helper.0)?;
            }
            Inst::Float {
                op,
                flushes,
                default_nan,
                rounds,
                helper,
                ..
            } => {
                let flush = if flushes { " flush" } else { "" };
                let nan = if default_nan { " default_nan" } else { "" };
                let rounds = if rounds { " rounds" } else { "" };
                write!(f, "{}{flush}{nan}{rounds} helper{}", Number(op), helper.0)?;
            }
            Inst::Vector {
                op,
                rounds,
                helper,
                info,
                ..
            } => {
                let rounds = if rounds { " rounds" } else { "" };
                write!(f, "{}{rounds} helper{} {info:#x}:", Elements(op), helper.0)?;
            }
            _ => mnemonic(f, inst)?,
        }
        let mut separator = " ";
        let mut result = Ok(());
        inst.for_each_operand(|operand| {
            if result.is_ok() {
                result = write!(f, "{separator}{}", Name(operand));
            }
            separator = ", ";
        });
        result
    }
}

fn makes_value(inst: &Inst) -> bool {
    !matches!(
        inst,
        Inst::Nop
            | Inst::Guest { .. }
            | Inst::Set { .. }
            | Inst::Store { .. }
            | Inst::StoreVector { .. }
            | Inst::Fence
            | Inst::ExitIf { .. }
    )
}

/// Writes the mnemonic of an instruction that has only operands besides.
fn mnemonic(f: &mut fmt::Formatter<'_>, inst: &Inst) -> fmt::Result {
    match *inst {
        Inst::Binary { op, width, .. } => {
            write!(f, "{}.{}", name_of(&BINARY, op), width_name(width))
        }
        Inst::Unary { op, .. } => f.write_str(name_of(&UNARY, op)),
        Inst::Compare { op, width, .. } => {
            write!(f, "{}.{}", name_of(&COMPARE, op), width_name(width))
        }
        Inst::Bits { op, .. } => f.write_str(name_of(&BIT_OPS, op)),
        Inst::BitNot { .. } => f.write_str("not.i1"),
        Inst::BitToWord { .. } => f.write_str("bit_to_word"),
        Inst::Select { width, .. } => write!(f, "select.{}", width_name(width)),
        Inst::Extend { signed: false, .. } => f.write_str("zext"),
        Inst::Extend { signed: true, .. } => f.write_str("sext"),
        Inst::Low { .. } => f.write_str("low"),
        Inst::High { .. } => f.write_str("high"),
        Inst::Adc { .. } => f.write_str("adc"),
        Inst::Sbc { .. } => f.write_str("sbc"),
        Inst::AddFlags { .. } => f.write_str("add_flags"),
        Inst::SubFlags { .. } => f.write_str("sub_flags"),
        Inst::AdcFlags { .. } => f.write_str("adc_flags"),
        Inst::SbcFlags { .. } => f.write_str("sbc_flags"),
        Inst::NzFlags { .. } => f.write_str("nz_flags"),
        Inst::NzcFlags { .. } => f.write_str("nzc_flags"),
        Inst::FlagsFromPsr { .. } => f.write_str("flags_from_psr"),
        Inst::FlagsToPsr { .. } => f.write_str("flags_to_psr"),
        Inst::Condition { condition, .. } => {
            write!(f, "cond.{}", name_of(&CONDITIONS, condition))
        }
        Inst::Load { access, width, .. } => {
            write!(f, "load.{}{}", width_name(width), How(access))
        }
        Inst::Store { access, width, .. } => {
            write!(f, "store.{}{}", width_name(width), How(access))
        }
        Inst::LoadTag { .. } => f.write_str("load_tag"),
        Inst::StoreExclusive { access, .. } => write!(f, "store_exclusive{}", How(access)),
        Inst::Fence => f.write_str("fence"),
        Inst::ToVector { width, .. } => write!(f, "to_vector.{}", width_name(width)),
        Inst::FromVector { width, .. } => write!(f, "from_vector.{}", width_name(width)),
        Inst::LoadVector { access, width, .. } => {
            write!(f, "load.{}{}", name_of(&VECTORS, width), How(access))
        }
        Inst::StoreVector { access, width, .. } => {
            write!(f, "store.{}{}", name_of(&VECTORS, width), How(access))
        }
        Inst::FloatSign { op, width, .. } => f.write_str(name_of(&SIGNS, (op, width))),
        Inst::FloatStatus => f.write_str("float_status"),
        Inst::Nop
        | Inst::Guest { .. }
        | Inst::Const { .. }
        | Inst::Get { .. }
        | Inst::Set { .. }
        | Inst::Call { .. }
        | Inst::Checksum { .. }
        | Inst::Float { .. }
        | Inst::Vector { .. }
        | Inst::ExitIf { .. } => unreachable!("written by the caller"),
    }
}

/// Formats to the mnemonic of an operation on vectors.
struct Elements(VectorOp);

impl fmt::Display for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = self.0;
        let sign = if op.signed { 's' } else { 'u' };
        let (bits, width) = (8 * op.size.bytes(), if op.wide { "v128" } else { "v64" });
        write!(
            f,
            "vector.{}.{sign}{bits}.{width}.{}",
            op.kind.name(),
            op.imm
        )
    }
}

/// Formats to the mnemonic of an operation on numbers.
struct Number(FloatOp);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            FloatOp::ToFixed { fraction_bits, .. } | FloatOp::FromFixed { fraction_bits, .. } => {
                let name = name_of(&FIXED, with_fraction_bits(self.0, 1));
                write!(f, "{name}.{fraction_bits}")
            }
            op => f.write_str(name_of(&FLOAT, op)),
        }
    }
}

/// Formats to a value's name.
struct Name(Value);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0.0)
    }
}

/// Formats to the suffixes of an access.
struct How(Access);

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ".{}", name_of(&SIZES, self.0.size))?;
        for (name, _, is) in names::access_flags(self.0) {
            if is {
                write!(f, ".{name}")?;
            }
        }
        Ok(())
    }
}

/// Formats to a target.
struct To(Target);

impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Target::Block(block) => write!(f, "block{}", block.0),
            Target::Exit(location) => write!(f, "exit {location}"),
        }
    }
}

/// Formats to the end of a block.
struct EndOf<'a>(&'a Terminator);

impl fmt::Display for EndOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self.0 {
            Terminator::Jump(target) => write!(f, "jump {}", To(target)),
            Terminator::Call {
                target,
                return_location,
                return_to,
            } => {
                write!(f, "call {}", To(target))?;
                returning(f, return_location, return_to)
            }
            Terminator::Indirect { value, mode, kind } => match kind {
                IndirectKind::Jump => write!(f, "jump_indirect {}{}", Name(value), Mode(mode)),
                IndirectKind::Return => write!(f, "return {}{}", Name(value), Mode(mode)),
                IndirectKind::Call {
                    return_location,
                    return_to,
                } => {
                    write!(f, "call_indirect {}{}", Name(value), Mode(mode))?;
                    returning(f, return_location, return_to)
                }
            },
            Terminator::Trap { kind, info, resume } => {
                let kind = name_of(&TRAPS, kind);
                write!(f, "trap {kind} {info:#x}, resume {resume}")
            }
        }
    }
}

/// The mode of an indirect branch, unless it is zero.
struct Mode(u32);

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            Ok(())
        } else {
            write!(f, " mode {:#x}", self.0)
        }
    }
}

fn returning(f: &mut fmt::Formatter<'_>, location: Location, to: Target) -> fmt::Result {
    write!(f, ", return {location} -> {}", To(to))
}
