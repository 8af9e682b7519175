//! What becomes of results that are not ordinary.
//!
//! **Problem.** The host gives other results than the guest for few operands, and none
//! of them may be missed.
//!
//! **Approach.** Where the host's exceptions are taken ([`Lowering::traps`]), invalid
//! operations raise one, and the exact function is called instead. What remains is no
//! exception: NaNs that are passed on, which the host does by the guest's rules unless
//! three operands are involved; and a tiny result that became the smallest normal
//! number by rounding. Sums are exact where they are tiny, roots are never tiny. To
//! other results an integer is added that makes a signalling NaN of that number,
//! whatever its sign, and an ordinary number of all but its neighbours; `max` raises
//! the exception then. That takes two instructions, no general register and no flags.
//!
//! Elsewhere all results are looked at. One comparison finds NaNs and all that is at
//! most the smallest normal number; zeroes and subnormal numbers come back at once.

use dbt_core::ir::{FloatOp, Width};
use dbt_isa::ops::Size;

use super::super::branch::StubKind;
use super::super::simd::op;
use super::super::traps::Trapped;
use super::super::{Lowering, Result};
use super::ExactCall;
use crate::asm::{Alu, Bits, Cc, Rm, Sse, SseOp};
use crate::context;
use crate::regs::{Reg, Xmm};
use crate::runtime::{Constant, WideConstant};

/// What lies behind the unit for one operation.
#[derive(Clone, Copy, Debug)]
pub(in crate::lower) struct Slow {
    /// The result that is right unless it is a NaN or the smallest normal number.
    recheck: Option<(Width, Xmm)>,
    call: ExactCall,
    /// Whether the host's flags are needed afterwards.
    keeps_flags: bool,
    /// Where to go on.
    back: u32,
    /// Where the function is called, once that is known.
    pub(in crate::lower) entry: Option<u32>,
}

/// What is looked for in a result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Look {
    /// Nothing: the host is right, or raises an exception.
    Nothing,
    /// The smallest normal number, which then raises an exception too.
    Smallest,
    /// NaNs.
    Nan,
    /// NaNs, and what is at most the smallest normal number.
    Rare(Option<Reg>),
}

impl Lowering<'_> {
    /// Tells whether the host is right about an operation, or raises an exception before
    /// the result is written.
    pub(super) fn is_never_looked_at(&self, op: FloatOp) -> bool {
        self.traps
            && matches!(
                op,
                FloatOp::Add(_) | FloatOp::Sub(_) | FloatOp::Sqrt(_) | FloatOp::Widen
            )
    }

    /// Decides what is looked for in the result of an operation that is about to be
    /// made, and prepares for it.
    pub(super) fn look(&mut self, op: FloatOp) -> Result<Look> {
        if self.is_never_looked_at(op) {
            return Ok(Look::Nothing);
        }
        if self.traps && !matches!(op, FloatOp::MulAdd(_)) {
            return Ok(Look::Smallest);
        }
        self.before_clobber()?;
        if op == FloatOp::Widen {
            return Ok(Look::Nan);
        }
        let free = self.free_scratch();
        if let Some(reg) = free {
            self.before_overwrite(reg)?;
        }
        Ok(Look::Rare(free))
    }

    /// Looks at the result of the operation at offset `at`, and sends it behind the unit
    /// if it is not ordinary.
    ///
    /// Comparing the magnitude needs no general register. Where one is free, its
    /// bits are compared, which is cheaper on CPUs that move the outcome of a
    /// comparison from one kind of unit to the other.
    pub(super) fn check(
        &mut self,
        look: Look,
        width: Width,
        dst: Xmm,
        (at, call): (u32, ExactCall),
    ) {
        match look {
            Look::Nothing => self.slow_if_trapped(at, call),
            Look::Smallest => {
                self.slow_if_trapped(at, call);
                self.trap_smallest(width, dst);
                self.slow_ends_here();
            }
            Look::Nan => {
                self.asm.compare_vector(width, false, dst, dst);
                self.slow(Cc::P, None, call);
            }
            Look::Rare(reg) => {
                let cc = self.compare_with_rare(width, dst, reg);
                self.slow(cc, Some((width, dst)), call);
                let index = self.scratch.slow.len() - 1;
                self.traps_at(at, Trapped::Float(index));
            }
        }
    }

    /// Traps if the result is the smallest normal number, or hardly larger.
    fn trap_smallest(&mut self, width: Width, dst: Xmm) {
        let scratch = Xmm::SCRATCH;
        let (size, constant) = match width {
            Width::W32 => (Size::Word, WideConstant::Smallest32),
            Width::W64 => (Size::Dword, WideConstant::Smallest64),
        };
        self.v3c(op::ADD[size as usize], scratch, dst, constant);
        let at = self.asm.offset();
        self.asm.scalar(Sse::Max, width, scratch, scratch);
        let index = self.scratch.slow.len() - 1;
        self.traps_at(at, Trapped::Float(index));
    }

    /// Compares so that the condition returned holds for NaNs and for what is at most
    /// as large as the smallest normal number.
    fn compare_with_rare(&mut self, width: Width, dst: Xmm, reg: Option<Reg>) -> Cc {
        match (reg, width) {
            (Some(reg), Width::W32) => {
                self.asm.move_from_vector(width, reg, dst);
                // Without the sign, the lower end moved to zero.
                self.asm
                    .lea32(reg, reg, Some((reg, 0)), -(2 * 0x0080_0000 + 1));
                self.asm
                    .alu_imm(Alu::Cmp, Bits::B32, reg, 0xfdff_ffff_u32.cast_signed());
                Cc::A
            }
            (Some(reg), Width::W64) if self.features.avx => {
                // A result that is a NaN is a quiet one, which the upper half tells.
                self.asm.move_from_high(reg, dst);
                self.asm
                    .lea32(reg, reg, Some((reg, 0)), -(2 * 0x0010_0000 + 1));
                self.asm
                    .alu_imm(Alu::Cmp, Bits::B32, reg, 0xffbf_ffff_u32.cast_signed());
                Cc::A
            }
            _ => {
                self.compare_magnitude(width, dst);
                // Below or equal, or unordered.
                Cc::Be
            }
        }
    }

    /// Compares a magnitude with the smallest normal number.
    fn compare_magnitude(&mut self, width: Width, xmm: Xmm) {
        let (magnitude, normal) = match width {
            Width::W32 => (Constant::Abs32, Constant::Normal32),
            Width::W64 => (Constant::Abs64, Constant::Normal64),
        };
        let scratch = Xmm::SCRATCH;
        if self.features.avx {
            self.asm.bits3(SseOp::And, scratch, xmm, Rm::Constant);
            self.at_constant(magnitude);
        } else {
            self.asm.load_vector(width.into(), scratch, Rm::Constant);
            self.at_constant(magnitude);
            self.asm.bits(SseOp::And, scratch, xmm);
        }
        self.asm.compare_vector(width, false, scratch, Rm::Constant);
        self.at_constant(normal);
    }

    /// Branches behind the unit if `cc` holds.
    pub(super) fn slow(&mut self, cc: Cc, recheck: Option<(Width, Xmm)>, call: ExactCall) {
        let at = self.asm.jcc(cc);
        let index = self.push_slow(recheck, call, false);
        self.stub_at(at, StubKind::SlowFloat(index));
    }

    /// Has the function called if the instruction at offset `at`, the last, traps.
    pub(super) fn slow_if_trapped(&mut self, at: u32, call: ExactCall) {
        let index = self.push_slow(None, call, true);
        self.traps_at(at, Trapped::Float(index));
    }

    fn push_slow(
        &mut self,
        recheck: Option<(Width, Xmm)>,
        call: ExactCall,
        keeps_flags: bool,
    ) -> usize {
        let back = self.asm.offset();
        self.scratch.slow.push(Slow {
            recheck,
            call,
            keeps_flags,
            back,
            entry: None,
        });
        self.scratch.slow.len() - 1
    }

    /// Sets where an operation's code behind the unit goes back to.
    pub(super) fn slow_ends_here(&mut self) {
        let here = self.asm.offset();
        if let Some(slow) = self.scratch.slow.last_mut() {
            slow.back = here;
        }
    }

    /// Emits what lies behind the unit for an operation.
    pub(in crate::lower) fn emit_slow(&mut self, index: usize) {
        let Slow {
            recheck,
            call,
            keeps_flags,
            back,
            ..
        } = self.scratch.slow[index];
        if let Some((width, xmm)) = recheck {
            self.compare_magnitude(width, xmm);
            // Neither equal nor unordered.
            let at = self.asm.jcc(Cc::Ne);
            self.asm.patch(at, back.into());
        }
        self.scratch.slow[index].entry = Some(self.asm.offset());
        if keeps_flags {
            self.asm.save_flags(context::aside());
        }
        self.emit_exact_call(&call);
        if keeps_flags {
            self.asm.restore_flags(context::aside());
        }
        let at = self.asm.jmp();
        self.asm.patch(at, back.into());
    }
}
