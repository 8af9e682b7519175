//! Operations on vectors.
//!
//! Values of 64 bits lie in the lower halves of registers; what the upper halves hold
//! does not matter. An operation that the host lacks is a call of the guest's
//! function; one of which the host gives the result and the flags only for ordinary
//! values has the call behind the unit. No operation but these changes flags.

mod float;
mod integer;
mod permute;

use dbt_core::host::CompileError;
use dbt_core::ir::{Helper, Value, VectorKind, VectorOp, VectorWidth, Width};
use dbt_isa::ops::Size;

use super::branch::StubKind;
use super::traps::Trapped;
use super::{Lowering, Result};
use crate::asm::{Bits, Cc, Rm, VecOp};
use crate::context;
use crate::regs::{Reg, Xmm};
use crate::runtime::{WideConstant, slot_offset};

/// Instructions.
pub(super) mod op {
    use super::VecOp;

    const fn packed(byte: u8) -> VecOp {
        VecOp::new(1, 1, byte)
    }
    const fn later(byte: u8) -> VecOp {
        VecOp::new(2, 1, byte)
    }
    /// By sizes from bytes on.
    const fn sizes(bytes: [u8; 4]) -> [VecOp; 4] {
        let [a, b, c, d] = bytes;
        [packed(a), packed(b), packed(c), packed(d)]
    }

    pub(super) const AND: VecOp = packed(0xdb);
    /// The first operand is complemented.
    pub(super) const AND_NOT: VecOp = packed(0xdf);
    pub(super) const OR: VecOp = packed(0xeb);
    pub(super) const XOR: VecOp = packed(0xef);
    pub(in crate::lower) const ADD: [VecOp; 4] = sizes([0xfc, 0xfd, 0xfe, 0xd4]);
    pub(super) const SUB: [VecOp; 4] = sizes([0xf8, 0xf9, 0xfa, 0xfb]);
    /// Of doublewords with SSE4.
    pub(super) const EQUAL: [VecOp; 4] = [packed(0x74), packed(0x75), packed(0x76), later(0x29)];
    /// Of doublewords with SSE4.
    pub(super) const GREATER: [VecOp; 4] = [packed(0x64), packed(0x65), packed(0x66), later(0x37)];
    pub(super) const UNPACK_LOW: [VecOp; 4] = sizes([0x60, 0x61, 0x62, 0x6c]);
    pub(super) const UNPACK_HIGH: [VecOp; 4] = sizes([0x68, 0x69, 0x6a, 0x6d]);
    /// Signed; all but halves with SSE4.
    pub(super) const MAX_SIGNED: [VecOp; 3] = [later(0x3c), packed(0xee), later(0x3d)];
    pub(super) const MIN_SIGNED: [VecOp; 3] = [later(0x38), packed(0xea), later(0x39)];
    /// Unsigned; all but bytes with SSE4.
    pub(super) const MAX_UNSIGNED: [VecOp; 3] = [packed(0xde), later(0x3e), later(0x3f)];
    pub(super) const MIN_UNSIGNED: [VecOp; 3] = [packed(0xda), later(0x3a), later(0x3b)];
    /// With SSE4.
    pub(super) const ABS: [VecOp; 3] = [later(0x1c), later(0x1d), later(0x1e)];
    /// Of bytes and halves.
    pub(super) const AVERAGE: [VecOp; 2] = [packed(0xe0), packed(0xe3)];
    pub(super) const SAT_ADD_SIGNED: [VecOp; 2] = [packed(0xec), packed(0xed)];
    pub(super) const SAT_ADD_UNSIGNED: [VecOp; 2] = [packed(0xdc), packed(0xdd)];
    pub(super) const SAT_SUB_SIGNED: [VecOp; 2] = [packed(0xe8), packed(0xe9)];
    pub(super) const SAT_SUB_UNSIGNED: [VecOp; 2] = [packed(0xd8), packed(0xd9)];
    pub(super) const MUL_HALVES: VecOp = packed(0xd5);
    pub(super) const MUL_HIGH_SIGNED: VecOp = packed(0xe5);
    pub(super) const MUL_HIGH_UNSIGNED: VecOp = packed(0xe4);
    /// With SSE4.
    pub(super) const MUL_HIGH_ROUNDING: VecOp = later(0x0b);
    /// With SSE4.
    pub(super) const MUL_WORDS: VecOp = later(0x40);
    /// Of every other word.
    pub(super) const MUL_LONG_UNSIGNED: VecOp = packed(0xf4);
    /// With SSE4.
    pub(super) const MUL_LONG_SIGNED: VecOp = later(0x28);
    /// Halves to bytes, words to halves; signed to signed.
    pub(super) const PACK_SIGNED: [VecOp; 2] = [packed(0x63), packed(0x6b)];
    /// Signed halves to unsigned bytes.
    pub(super) const PACK_UNSIGNED: VecOp = packed(0x67);
    /// `pshufd`, `pshuflw`, `pshufhw`.
    pub(super) const SHUFFLE_WORDS: VecOp = packed(0x70);
    pub(super) const SHUFFLE_LOW: VecOp = VecOp::new(1, 3, 0x70);
    pub(super) const SHUFFLE_HIGH: VecOp = VecOp::new(1, 2, 0x70);
    /// `pshufb`, with SSE4.
    pub(super) const SHUFFLE_BYTES: VecOp = later(0x00);
    /// `palignr`, with SSE4.
    pub(super) const ALIGN: VecOp = VecOp::new(3, 1, 0x0f);
    /// `pinsrw`; `pinsrb` with SSE4.
    pub(super) const INSERT_HALF: VecOp = packed(0xc4);
    pub(super) const INSERT_BYTE: VecOp = VecOp::new(3, 1, 0x20);
    /// `movss`.
    pub(super) const MOVE_SINGLE: VecOp = VecOp::new(1, 2, 0x10);
    /// `shufps`.
    pub(super) const SHUFFLE: VecOp = VecOp::new(1, 0, 0xc6);
    /// `blendvps`, in its VEX form.
    pub(super) const BLEND: VecOp = VecOp::new(3, 1, 0x4a);
    /// With AVX2.
    pub(super) const SHIFT_LEFT_EACH: VecOp = later(0x47);
    pub(super) const SHIFT_RIGHT_EACH: VecOp = later(0x45);
    pub(super) const SHIFT_RIGHT_EACH_SIGNED: VecOp = later(0x46);

    const fn singles(byte: u8) -> VecOp {
        VecOp::new(1, 0, byte)
    }

    pub(super) const FLOAT_ADD: VecOp = singles(0x58);
    pub(super) const FLOAT_MUL: VecOp = singles(0x59);
    pub(super) const FLOAT_SUB: VecOp = singles(0x5c);
    pub(super) const FLOAT_MIN: VecOp = singles(0x5d);
    pub(super) const FLOAT_MAX: VecOp = singles(0x5f);
    /// `cmpps`.
    pub(super) const FLOAT_COMPARE: VecOp = singles(0xc2);
    /// `cvtdq2ps`.
    pub(super) const FROM_INT: VecOp = singles(0x5b);
    /// `cvttps2dq`.
    pub(super) const TO_INT: VecOp = VecOp::new(1, 2, 0x5b);
}

/// Extensions that tell shifts apart.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Shift {
    Logical = 2,
    Arithmetic = 4,
    Left = 6,
}

/// A call of the function of an operation, which leaves all registers but the
/// result's alone.
#[derive(Clone, Copy, Debug)]
struct VectorCall {
    function: u64,
    info: u32,
    args: [Option<(VectorWidth, Xmm)>; 3],
    to: (VectorWidth, Xmm),
}

/// What is looked at before the function is called.
#[derive(Clone, Copy, Debug)]
enum Recheck {
    /// Nothing.
    Nothing,
    /// Whether the elements that are not good yet are zero in the result.
    ZeroResult { good: Xmm },
    /// Whether of the operands of the elements that are not good yet one is zero and
    /// the other ordinary.
    ZeroFactor {
        good: Xmm,
        factors: [Xmm; 2],
        free: [Xmm; 3],
    },
}

/// What lies behind the unit for one operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlowVector {
    recheck: Recheck,
    /// A register that holds nothing.
    reg: Reg,
    call: VectorCall,
    /// Where an operation goes on whose operands are ordinary after all.
    again: u32,
    /// Where to go on after the call.
    back: u32,
    /// Where the function is called, once that is known.
    pub(super) entry: Option<u32>,
}

/// An operation with its registers.
#[derive(Clone, Copy)]
struct Operation {
    op: VectorOp,
    dst: Xmm,
    /// The operands; those that it does not have are the first.
    args: [Xmm; 3],
    call: VectorCall,
}

impl Lowering<'_> {
    pub(super) fn vector_op(
        &mut self,
        value: Value,
        op: VectorOp,
        rounds: bool,
        (helper, info): (Helper, u32),
        args: [Value; 3],
    ) -> Result<()> {
        if op.kind == VectorKind::Low {
            // The lower half is where it is.
            let xmm = self.vector(args[0])?;
            self.define_vector(value, xmm);
            return Ok(());
        }
        let count = op.count();
        let mut regs = [Xmm(0); 3];
        for (reg, arg) in regs.iter_mut().zip(args).take(count) {
            *reg = self.vector(arg)?;
        }
        let first = regs[0];
        regs[count..].fill(first);
        if op.kind == VectorKind::Join && self.input.unit.constant(args[1]) == Some(0) {
            let dst = self.vector_for(value)?;
            self.asm.move_low(dst, first);
            self.inherit_clean(dst, &[first]);
            self.define_vector(value, dst);
            return Ok(());
        }
        let dst = self.vector_for(value)?;
        let mut operands = [None; 3];
        for (position, operand) in operands.iter_mut().enumerate().take(count) {
            *operand = Some((op.operands()[position], regs[position]));
        }
        let helpers = &self.input.callees.helpers;
        let function = helpers.get(usize::from(helper.0)).copied();
        let operation = Operation {
            op,
            dst,
            args: regs,
            call: VectorCall {
                function: function.unwrap_or(0),
                info,
                args: operands,
                to: (op.width(), dst),
            },
        };
        if !op.is_pure() {
            // The function writes the slot, of which values may not be loaded yet.
            self.save_float_status()?;
        }
        let is_done = if op.is_pure() {
            self.permute(&operation)? || self.integer(&operation, args)?
        } else {
            self.saturating(&operation)?
                || !rounds && !(self.traps && self.is_exact()) && self.vector_float(&operation)?
        };
        if !is_done {
            if function.is_none() {
                return Err(CompileError::Unsupported);
            }
            self.before_clobber()?;
            self.emit_vector_call(&operation.call)?;
            self.note_singles(op, dst);
        }
        self.define_vector(value, dst);
        Ok(())
    }

    /// Notes that a register's elements are some of those of others.
    fn inherit_clean(&mut self, dst: Xmm, from: &[Xmm]) {
        let set = from.iter().fold(0, |set, xmm| set | 1 << xmm.0);
        if self.vectors.clean & set == set {
            self.vectors.clean |= 1 << dst.0;
        }
    }

    /// Branches behind the unit if `cc` holds.
    fn slow_vector(&mut self, cc: Cc, recheck: Recheck, reg: Reg, call: VectorCall) -> usize {
        let at = self.asm.jcc(cc);
        let index = self.push_slow_vector(recheck, reg, call);
        self.stub_at(at, StubKind::SlowVector(index));
        index
    }

    fn push_slow_vector(&mut self, recheck: Recheck, reg: Reg, call: VectorCall) -> usize {
        let here = self.asm.offset();
        let index = self.scratch.slow_vectors.len();
        self.scratch.slow_vectors.push(SlowVector {
            recheck,
            reg,
            call,
            again: here,
            back: here,
            entry: None,
        });
        index
    }

    /// Sets where calls go back to.
    fn slow_goes_on_here(&mut self, from: usize) {
        let here = self.asm.offset();
        for slow in &mut self.scratch.slow_vectors[from..] {
            slow.back = here;
        }
    }

    /// Emits what lies behind the unit for an operation.
    pub(super) fn emit_slow_vector(&mut self, index: usize) -> Result<()> {
        let slow = self.scratch.slow_vectors[index];
        if let Some(cc) = self.recheck(&slow) {
            let at = self.asm.jcc(cc);
            self.asm.patch(at, slow.again.into());
        }
        self.scratch.slow_vectors[index].entry = Some(self.asm.offset());
        self.emit_vector_call(&slow.call)?;
        let at = self.asm.jmp();
        self.asm.patch(at, slow.back.into());
        Ok(())
    }

    fn emit_vector_call(&mut self, call: &VectorCall) -> Result<()> {
        let layout = self.input.layout;
        let slots = layout.vector_operands.ok_or(CompileError::Unsupported)?;
        let place = |index: usize| slot_offset(layout, slots[index]);
        for (index, arg) in call.args.into_iter().enumerate() {
            let at = place(index);
            if let Some((width, xmm)) = arg {
                if width != VectorWidth::V128 {
                    self.asm.store_imm(Bits::B64, Rm::State(at + 8), 0);
                }
                self.asm.store_vector(width, Rm::State(at), xmm);
            }
        }
        let info = context::argument(0);
        self.asm.store_imm(Bits::B64, info, 0);
        self.asm.store_imm(Bits::B32, info, call.info);
        for index in 1..3 {
            self.asm.store_imm(Bits::B64, context::argument(index), 0);
        }
        self.asm.store(Bits::B64, context::argument(3), Reg::RAX);
        self.asm.mov_imm(Reg::RAX, call.function);
        let at = self.asm.call();
        self.patch_runtime(at, self.entries.call_float);
        let (width, xmm) = call.to;
        let result = place(0);
        self.asm.load_vector(width, xmm, Rm::State(result));
        for half in [result, result + 8] {
            self.asm.store_imm(Bits::B64, Rm::State(half), 0);
        }
        Ok(())
    }
}

/// Instructions.
impl Lowering<'_> {
    /// `dst = op(a, b)`; `dst` is not `b` unless it is also `a`.
    fn v3(&mut self, op: VecOp, dst: Xmm, a: Xmm, b: Xmm) {
        self.asm.vector(self.features.avx, op, dst, a, b);
    }

    /// The same with a constant operand of the instruction.
    fn v3i(&mut self, op: VecOp, dst: Xmm, a: Xmm, b: Xmm, imm: u8) {
        self.v3(op, dst, a, b);
        self.asm.byte(imm);
    }

    /// As `v3`, of an instruction that may trap.
    fn f3(&mut self, op: VecOp, dst: Xmm, mut a: Xmm, b: Xmm) {
        if !self.features.avx && dst != a {
            self.asm.move_vector(dst, a);
            a = dst;
        }
        self.may_trap();
        self.v3(op, dst, a, b);
    }

    /// As `v3i`, of an instruction that may trap.
    fn f3i(&mut self, op: VecOp, dst: Xmm, a: Xmm, b: Xmm, imm: u8) {
        self.f3(op, dst, a, b);
        self.asm.byte(imm);
    }

    /// Notes that the next instruction may trap; what is done then is said later.
    fn may_trap(&mut self) {
        self.traps_at(self.asm.offset(), Trapped::Unordered(0));
    }

    /// `dst = op(a, constant)`.
    pub(super) fn v3c(&mut self, op: VecOp, dst: Xmm, a: Xmm, constant: WideConstant) {
        self.asm.vector(self.features.avx, op, dst, a, Rm::Constant);
        self.at_wide_constant(constant);
    }

    /// `dst = op(a)`.
    fn v2(&mut self, op: VecOp, dst: Xmm, a: Xmm) {
        self.asm.vector_unary(op, dst, a);
    }

    fn v2i(&mut self, op: VecOp, dst: Xmm, a: Xmm, imm: u8) {
        self.v2(op, dst, a);
        self.asm.byte(imm);
    }

    /// Shifts elements of halves up.
    fn shift_elements(&mut self, shift: Shift, size: Size, dst: Xmm, a: Xmm, amount: u8) {
        let byte = 0x70 + size as u8;
        self.asm
            .shift_vector(self.features.avx, (byte, shift as u8), dst, a, amount);
    }

    /// Shifts the whole register right by bytes.
    fn shift_bytes(&mut self, dst: Xmm, a: Xmm, bytes: u8) {
        self.asm
            .shift_vector(self.features.avx, (0x73, 3), dst, a, bytes);
    }

    /// Makes the operand of the instruction just emitted a constant of the runtime.
    fn at_wide_constant(&mut self, constant: WideConstant) {
        let at = self.asm.offset() - 4;
        self.patch_runtime(at, self.entries.constants + constant.offset());
    }

    /// Sets all bits.
    pub(super) fn ones(&mut self, xmm: Xmm) {
        self.v3(op::EQUAL[Size::Word as usize], xmm, xmm, xmm);
    }

    /// Copies the lower half to the upper one.
    pub(super) fn double_low(&mut self, xmm: Xmm) {
        self.v3(op::UNPACK_LOW[Size::Dword as usize], xmm, xmm, xmm);
    }

    /// Sets the upper half.
    pub(super) fn set_high(&mut self, xmm: Xmm, from: Reg) {
        let high = Xmm::SCRATCH;
        self.asm.move_to_vector(Width::W64, high, Rm::Reg(from));
        self.v3(op::UNPACK_LOW[Size::Dword as usize], xmm, xmm, high);
    }

    /// `movhps [to], xmm`.
    pub(super) fn store_high(&mut self, to: Rm, xmm: Xmm) {
        self.asm.store_upper(to, xmm);
    }
}
