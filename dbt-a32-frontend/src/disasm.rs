//! Printing in UAL.
//!
//! The rows hold the syntax; what does not fit a format string stands here.

use core::fmt::{self, Display as _};

use crate::args::{
    Adr, Barrier, Block, BlockSystem, Branch, BranchLink, CompareBranch, Coproc, Cps, It, MoveReg,
    Rfe, Srs,
};
use crate::imm::{Imm8, Imm32, SignedImm};
use crate::itstate::Cond;

/// What printing an instruction depends on besides its operands.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct PrintContext {
    /// The condition that guards the instruction.
    pub c: Cond,
    /// The address of the instruction.
    pub address: u32,
    /// Whether the instruction set is T32.
    pub thumb: bool,
}

impl PrintContext {
    /// Returns what reading the PC gives.
    #[must_use]
    pub const fn pc(&self) -> u32 {
        self.address.wrapping_add(if self.thumb { 4 } else { 8 })
    }
}

/// Prints the amount of a shift by an immediate.
pub(crate) fn shift_amount(
    args: &MoveReg,
    f: &mut fmt::Formatter<'_>,
    _: &PrintContext,
) -> fmt::Result {
    Imm8::new(args.shift.amount.into()).fmt(f)
}

/// Prints the target of `B`.
pub(crate) fn branch(args: &Branch, f: &mut fmt::Formatter<'_>, cx: &PrintContext) -> fmt::Result {
    Imm32(cx.pc().wrapping_add_signed(args.offset)).fmt(f)
}

/// Prints the target of `BL`.
pub(crate) fn branch_link(
    args: &BranchLink,
    f: &mut fmt::Formatter<'_>,
    cx: &PrintContext,
) -> fmt::Result {
    Imm32(cx.pc().wrapping_add_signed(args.offset)).fmt(f)
}

/// Prints the target of `BLX`, which is relative to the aligned PC.
pub(crate) fn branch_exchange(
    args: &BranchLink,
    f: &mut fmt::Formatter<'_>,
    cx: &PrintContext,
) -> fmt::Result {
    Imm32((cx.pc() & !3).wrapping_add_signed(args.offset)).fmt(f)
}

/// Prints the target of `CBZ`.
pub(crate) fn compare_branch(
    args: &CompareBranch,
    f: &mut fmt::Formatter<'_>,
    cx: &PrintContext,
) -> fmt::Result {
    Imm32(cx.pc().wrapping_add_signed(args.offset)).fmt(f)
}

/// Prints the distance of `ADR`.
pub(crate) fn adr(args: &Adr, f: &mut fmt::Formatter<'_>, _: &PrintContext) -> fmt::Result {
    SignedImm(args.offset).fmt(f)
}

/// Prints what follows `IT`: the pattern of the block and its condition.
pub(crate) fn it(args: &It, f: &mut fmt::Formatter<'_>, _: &PrintContext) -> fmt::Result {
    let bits = args.it.bits();
    // The lowest one ends the pattern.
    for position in (bits.trailing_zeros() + 1..4).rev() {
        let then = bits >> position & 1 == bits >> 4 & 1;
        f.write_str(if then { "t" } else { "e" })?;
    }
    match args.it.cond() {
        cond if cond.is_always() => f.write_str(" al"),
        cond => write!(f, " {cond}"),
    }
}

/// Prints the destination of `MRC`: R15 stands for the condition flags.
pub(crate) fn mrc_destination(
    args: &Coproc,
    f: &mut fmt::Formatter<'_>,
    _: &PrintContext,
) -> fmt::Result {
    if args.t.is_pc() {
        f.write_str("apsr_nzcv")
    } else {
        write!(f, "{}", args.t)
    }
}

/// Prints the option of `ISB`, of which only `sy` has a name.
pub(crate) fn isb_option(
    args: &Barrier,
    f: &mut fmt::Formatter<'_>,
    _: &PrintContext,
) -> fmt::Result {
    match args.option.bits() {
        15 => f.write_str("sy"),
        option => Imm8::new(option).fmt(f),
    }
}

/// Prints `LDM`, or `POP` where UAL prefers it.
pub(crate) fn ldm_or_pop(
    args: &Block,
    f: &mut fmt::Formatter<'_>,
    cx: &PrintContext,
) -> fmt::Result {
    stack_or_block(args, f, cx, ["pop", "ldm"])
}

/// Prints `STMDB`, or `PUSH` where UAL prefers it.
pub(crate) fn stmdb_or_push(
    args: &Block,
    f: &mut fmt::Formatter<'_>,
    cx: &PrintContext,
) -> fmt::Result {
    stack_or_block(args, f, cx, ["push", "stmdb"])
}

fn stack_or_block(
    args: &Block,
    f: &mut fmt::Formatter<'_>,
    cx: &PrintContext,
    [stack, block]: [&str; 2],
) -> fmt::Result {
    let Block { n, wback, list } = args;
    if n.is_sp() && *wback && list.len() > 1 {
        write!(f, "{stack}{} {list}", cx.c)
    } else {
        let mark = if *wback { "!" } else { "" };
        write!(f, "{block}{} {n}{mark}, {list}", cx.c)
    }
}

/// Prints the mode of a block transfer, nothing for `ia`.
pub(crate) fn block_mode(
    args: &BlockSystem,
    f: &mut fmt::Formatter<'_>,
    _: &PrintContext,
) -> fmt::Result {
    f.write_str(match (args.increment, args.before) {
        (true, false) => "",
        (increment, before) => mode_name(increment, before),
    })
}

/// Prints the mode of `SRS`.
pub(crate) fn srs_mode(args: &Srs, f: &mut fmt::Formatter<'_>, _: &PrintContext) -> fmt::Result {
    f.write_str(mode_name(args.increment, args.before))
}

/// Prints the mode of `RFE`.
pub(crate) fn rfe_mode(args: &Rfe, f: &mut fmt::Formatter<'_>, _: &PrintContext) -> fmt::Result {
    f.write_str(mode_name(args.increment, args.before))
}

const fn mode_name(increment: bool, before: bool) -> &'static str {
    match (increment, before) {
        (false, false) => "da",
        (false, true) => "db",
        (true, false) => "ia",
        (true, true) => "ib",
    }
}

/// Prints what follows `CPS`.
pub(crate) fn cps(args: &Cps, f: &mut fmt::Formatter<'_>, _: &PrintContext) -> fmt::Result {
    match args.imod.get() {
        2 => write!(f, "ie {}", args.flags)?,
        3 => write!(f, "id {}", args.flags)?,
        _ => {}
    }
    match args.mode {
        Some(mode) if args.imod.get() >= 2 => write!(f, ", {mode}"),
        Some(mode) => write!(f, " {mode}"),
        None => Ok(()),
    }
}
