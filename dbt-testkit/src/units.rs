//! Random valid units of a made-up guest.
//!
//! The guest has every kind of slot, overlapping ones included. Units are random
//! but not uniform: operands are recent, constants are the ones that rules look
//! for, and slots are few, so that each rule of each pass meets its case often.
#![allow(
    clippy::cast_possible_truncation,
    reason = "random bits are cut to size, and slots are few"
)]

mod float;
pub mod helpers;

pub use float::FLOAT;

use dbt_core::guest::{SlotInfo, StateLayout};
use dbt_core::ir::{
    BitOp, BlockId, Builder, Helper, IndirectKind, Inst, SignOp, Slot, Target, Terminator,
    TrapKind, Ty, Unit, Value, VectorKind, VectorOp, VectorWidth, Width,
};
use dbt_core::location::Location;
use dbt_isa::machine::Machine;
use dbt_isa::ops::{Access, BinOp, CmpOp, Condition, Size, UnOp};

use crate::random::Random;

/// The made-up guest's state: eight registers, flags, a wide one, two doubles of which
/// the first overlaps two singles, and a bit. Floating-point functions
/// touch the last register.
pub static LAYOUT: StateLayout = StateLayout {
    slots: &SLOTS,
    hot: &[Slot(0), Slot(1), Slot(2), Slot(3)],
    flags: FLAGS,
    float_status: Some(FLOAT_STATUS),
    float_rules: dbt_core::ir::FloatRules::Arm,
    vector_operands: Some([Slot(17), Slot(18), Slot(19)]),
    aligned: None,
};

/// The number of bytes of the made-up guest's state.
pub const STATE_BYTES: usize = 144;

/// The slot of the made-up guest's floating-point status.
pub const FLOAT_STATUS: Slot = Slot(7);

/// The slot of the made-up guest's flags.
pub const FLAGS: Slot = Slot(8);

static SLOTS: [SlotInfo; 20] = [
    slot("r0", Ty::I32, 0),
    slot("r1", Ty::I32, 4),
    slot("r2", Ty::I32, 8),
    slot("r3", Ty::I32, 12),
    slot("r4", Ty::I32, 16),
    slot("r5", Ty::I32, 20),
    slot("r6", Ty::I32, 24),
    slot("r7", Ty::I32, 28),
    slot("flags", Ty::Flags, 32),
    slot("q", Ty::I1, 36),
    slot("s0", Ty::V32, 40),
    slot("s1", Ty::V32, 44),
    slot("d0", Ty::V64, 40),
    slot("d1", Ty::V64, 48),
    slot("w0", Ty::I64, 56),
    slot("q0", Ty::V128, 40),
    slot("q1", Ty::V128, 64),
    slot("operand0", Ty::V128, 96),
    slot("operand1", Ty::V128, 112),
    slot("operand2", Ty::V128, 128),
];

/// How many slots units may name: all but the operands of functions.
pub const NAMED: usize = 17;

const fn slot(name: &'static str, ty: Ty, offset: u32) -> SlotInfo {
    SlotInfo { name, ty, offset }
}

const CONSTANTS: [u64; 20] = [
    0,
    1,
    2,
    4,
    8,
    16,
    24,
    31,
    32,
    33,
    63,
    64,
    0xff,
    0xffff,
    0x7f,
    0x8000_0000,
    0xffff_ffff,
    0xffff_fff0,
    0xff00,
    0x1000,
];

pub(crate) const BINARY: [BinOp; 12] = [
    BinOp::Add,
    BinOp::Sub,
    BinOp::Mul,
    BinOp::UDiv,
    BinOp::SDiv,
    BinOp::And,
    BinOp::Or,
    BinOp::Xor,
    BinOp::Shl,
    BinOp::Lshr,
    BinOp::Ashr,
    BinOp::Ror,
];

pub(crate) const UNARY: [UnOp; 9] = [
    UnOp::Not,
    UnOp::Neg,
    UnOp::Clz,
    UnOp::ByteSwap,
    UnOp::BitReverse,
    UnOp::SextByte,
    UnOp::SextHalf,
    UnOp::ZextByte,
    UnOp::ZextHalf,
];

pub(crate) const COMPARE: [CmpOp; 10] = [
    CmpOp::Eq,
    CmpOp::Ne,
    CmpOp::Ult,
    CmpOp::Ule,
    CmpOp::Ugt,
    CmpOp::Uge,
    CmpOp::Slt,
    CmpOp::Sle,
    CmpOp::Sgt,
    CmpOp::Sge,
];

/// Makes a random valid unit of the made-up guest.
pub fn generate(random: &mut Random, unit: &mut Unit) {
    build(random, &mut Builder::new(unit));
}

/// The same, by a builder.
pub fn build(random: &mut Random, builder: &mut Builder<'_>) {
    let blocks: Vec<_> = (0..=random.below(4)).map(|_| builder.reserve()).collect();
    let mut generator = Generator {
        random,
        builder,
        blocks: blocks.clone(),
        made: Default::default(),
        pc: 0x7ffc,
    };
    for block in blocks {
        generator.block(block);
    }
}

struct Generator<'a, 'u> {
    random: &'a mut Random,
    builder: &'a mut Builder<'u>,
    blocks: Vec<BlockId>,
    /// The values of the block, by type.
    made: [Vec<Value>; 7],
    pc: u32,
}

const TYPES: [Ty; 7] = [
    Ty::I1,
    Ty::I32,
    Ty::I64,
    Ty::Flags,
    Ty::V32,
    Ty::V64,
    Ty::V128,
];

const fn index_of(ty: Ty) -> usize {
    match ty {
        Ty::I1 => 0,
        Ty::I32 => 1,
        Ty::I64 => 2,
        Ty::Flags => 3,
        Ty::V32 => 4,
        Ty::V64 => 5,
        Ty::V128 => 6,
    }
}

impl Generator<'_, '_> {
    fn block(&mut self, id: BlockId) {
        let location = (id == BlockId::ENTRY || !self.random.one_in(3)).then(|| self.location());
        self.builder.begin(id, location);
        if location.is_none() {
            // Otherwise nobody could tell where an access faults.
            let location = self.location();
            self.builder.guest(location);
        }
        for values in &mut self.made {
            values.clear();
        }
        for _ in 0..=self.random.below(30) {
            self.inst();
        }
        let terminator = self.terminator();
        self.builder.end(terminator);
    }

    /// Returns the next location: each is where one boundary is.
    fn location(&mut self) -> Location {
        self.pc += 4;
        Location::new(self.pc, 7)
    }

    fn target(&mut self) -> Target {
        if self.random.one_in(2) {
            Target::Block(self.random.pick(&self.blocks))
        } else {
            Target::Exit(Location::new(self.random.word() & 0xfffe, 7))
        }
    }

    /// Returns a value of a type, mostly a recent one.
    fn value(&mut self, ty: Ty) -> Value {
        let count = self.made[index_of(ty)].len();
        if count == 0 || self.random.one_in(6) {
            return self.fresh(ty);
        }
        let back = if self.random.one_in(3) {
            self.random.below(count)
        } else {
            self.random.below(count.min(3))
        };
        self.made[index_of(ty)][count - 1 - back]
    }

    /// Any slot but the one of floating-point status, which the host may be ahead of.
    fn slot(&mut self) -> usize {
        loop {
            let slot = self.random.below(NAMED);
            if slot != FLOAT_STATUS.index() {
                return slot;
            }
        }
    }

    /// Makes a value that depends on no other.
    fn fresh(&mut self, ty: Ty) -> Value {
        let slots: Vec<_> = (0..NAMED)
            .filter(|&index| SLOTS[index].ty == ty && index != FLOAT_STATUS.index())
            .collect();
        let value = if !slots.is_empty() && self.random.one_in(2) {
            let slot = self.random.pick(&slots);
            self.builder.get(Slot(slot as u16))
        } else {
            self.constant(ty)
        };
        self.made[index_of(ty)].push(value);
        value
    }

    fn constant(&mut self, ty: Ty) -> Value {
        let bits = self.random.pick(&CONSTANTS);
        match ty {
            Ty::I1 => self.builder.bit(bits & 1 != 0),
            Ty::I32 if self.random.one_in(8) => {
                let word = self.random.word();
                self.builder.imm(word)
            }
            Ty::I32 => self.builder.imm(bits as u32),
            Ty::I64 if self.random.one_in(8) => {
                let bits = self.random.bits();
                self.builder.imm64(bits)
            }
            Ty::I64 => self.builder.imm64(bits),
            Ty::V32 => {
                let bits = bits & 0xffff_ffff;
                self.builder.push(Inst::Const { ty, bits })
            }
            Ty::V64 | Ty::V128 => self.builder.push(Inst::Const { ty, bits }),
            Ty::Flags => {
                let word = self.builder.imm(bits as u32 ^ (bits as u32) << 28);
                self.builder.flags_from_psr(word)
            }
        }
    }

    fn access(&mut self, sizes: &[Size]) -> Access {
        let mut access = Access::new(self.random.pick(sizes));
        access.signed = self.random.one_in(3);
        access.aligned = self.random.one_in(4);
        access
    }

    fn width(&mut self) -> Width {
        if self.random.one_in(3) {
            Width::W64
        } else {
            Width::W32
        }
    }

    fn push(&mut self, inst: Inst) {
        let value = self.builder.push(inst);
        if let Some(ty) = self.builder.unit().ty(value, &LAYOUT) {
            self.made[index_of(ty)].push(value);
        }
    }

    fn inst(&mut self) {
        let inst = match self.random.below(20) {
            0 => {
                let location = self.location();
                self.builder.guest(location);
                return;
            }
            1..=3 => {
                let slot = self.slot();
                let value = self.value(SLOTS[slot].ty);
                return self.builder.set(Slot(slot as u16), value);
            }
            4 => {
                let ty = self.random.pick(&TYPES);
                self.fresh(ty);
                return;
            }
            5 if self.random.one_in(2) => self.float_inst(),
            5 => return self.effect(),
            6 => return self.idiom(),
            7..=11 => self.arithmetic(),
            12..=15 => self.bit_inst(),
            _ => self.flags_inst(),
        };
        self.push(inst);
    }

    /// Appends what front ends build of several instructions.
    fn idiom(&mut self) {
        match self.random.below(6) {
            0 => self.joined_halves(),
            1 => self.sum_and_flags(),
            2 => self.chained_flags(),
            3 => self.shifted_twice(),
            4 => self.compared_wide(),
            _ => self.narrow_load(),
        }
    }

    fn word_constant(&mut self) -> Value {
        self.constant(Ty::I32)
    }

    fn joined_halves(&mut self) {
        let (low, high) = (self.value(Ty::I32), self.value(Ty::I32));
        let low = self.builder.zext64(low);
        let high = if self.random.one_in(2) {
            self.builder.sext64(high)
        } else {
            self.builder.zext64(high)
        };
        let amount = self.builder.imm64(32);
        let high = self.builder.binary64(BinOp::Shl, high, amount);
        let joined = self.builder.binary64(BinOp::Or, low, high);
        self.push(Inst::Low { a: joined });
        self.push(Inst::High { a: joined });
    }

    /// `ADDS` or `SUBS` of a sum, result and flags in either order.
    fn sum_and_flags(&mut self) {
        let (x, k, b) = (
            self.value(Ty::I32),
            self.word_constant(),
            self.word_constant(),
        );
        let op = self.random.pick(&[BinOp::Add, BinOp::Sub]);
        let a = self.builder.binary(op, x, k);
        let subtracts = self.random.one_in(2);
        let op = if subtracts { BinOp::Sub } else { BinOp::Add };
        // Now and then the two do not belong together.
        let flags = if subtracts != self.random.one_in(4) {
            Inst::SubFlags { a, b }
        } else {
            Inst::AddFlags { a, b }
        };
        let width = Width::W32;
        let sum = Inst::Binary { op, width, a, b };
        let flags_first = self.random.one_in(2);
        self.push(if flags_first { flags } else { sum });
        self.push(if flags_first { sum } else { flags });
    }

    fn chained_flags(&mut self) {
        let mut rest = self.value(Ty::Flags);
        for _ in 0..3 {
            let (result, carry) = (self.value(Ty::I32), self.value(Ty::I1));
            rest = if self.random.one_in(2) {
                self.builder.nz_flags(result, rest)
            } else {
                self.builder.nzc_flags(result, carry, rest)
            };
        }
        let condition = self.random.pick(&Condition::ALL);
        self.push(Inst::Condition {
            flags: rest,
            condition,
        });
    }

    fn shifted_twice(&mut self) {
        const SHIFTS: [BinOp; 4] = [BinOp::Shl, BinOp::Lshr, BinOp::Ashr, BinOp::Ror];
        let (x, first) = (self.value(Ty::I32), self.word_constant());
        let second = if self.random.one_in(2) {
            first
        } else {
            self.word_constant()
        };
        let op = self.random.pick(&SHIFTS);
        let a = self.builder.binary(op, x, first);
        let op = self.random.pick(&SHIFTS);
        self.push(Inst::Binary {
            op,
            width: Width::W32,
            a,
            b: second,
        });
    }

    fn compared_wide(&mut self) {
        let signed = self.random.one_in(2);
        let (a, b) = (self.value(Ty::I32), self.value(Ty::I32));
        let a = self.builder.push(Inst::Extend { signed, a });
        let b = self.builder.push(Inst::Extend { signed, a: b });
        let op = self.random.pick(&COMPARE);
        self.push(Inst::Compare {
            op,
            width: Width::W64,
            a,
            b,
        });
    }

    fn narrow_load(&mut self) {
        let access = self.access(&[Size::Byte, Size::Half]);
        let address = self.value(Ty::I32);
        self.push(Inst::Load {
            access,
            width: Width::W32,
            address,
        });
        let op = self.random.pick(&UNARY);
        let a = self.value(Ty::I32);
        self.push(Inst::Unary { op, a });
    }

    fn arithmetic(&mut self) -> Inst {
        let width = self.width();
        match self.random.below(12) {
            0..=5 => Inst::Binary {
                op: self.random.pick(&BINARY),
                width,
                a: self.value(width.ty()),
                b: self.value(width.ty()),
            },
            6 | 7 => Inst::Unary {
                op: self.random.pick(&UNARY),
                a: self.value(Ty::I32),
            },
            8 => Inst::Extend {
                signed: self.random.one_in(2),
                a: self.value(Ty::I32),
            },
            9 => Inst::Low {
                a: self.value(Ty::I64),
            },
            10 => Inst::High {
                a: self.value(Ty::I64),
            },
            _ => Inst::Select {
                width,
                condition: self.value(Ty::I1),
                yes: self.value(width.ty()),
                no: self.value(width.ty()),
            },
        }
    }

    fn bit_inst(&mut self) -> Inst {
        let width = self.width();
        match self.random.below(8) {
            0 => Inst::Bits {
                op: self.random.pick(&[BitOp::And, BitOp::Or, BitOp::Xor]),
                a: self.value(Ty::I1),
                b: self.value(Ty::I1),
            },
            1 => Inst::BitNot {
                a: self.value(Ty::I1),
            },
            2 => Inst::BitToWord {
                a: self.value(Ty::I1),
            },
            3 | 4 => Inst::Condition {
                flags: self.value(Ty::Flags),
                condition: self.random.pick(&Condition::ALL),
            },
            _ => Inst::Compare {
                op: self.random.pick(&COMPARE),
                width,
                a: self.value(width.ty()),
                b: self.value(width.ty()),
            },
        }
    }

    fn flags_inst(&mut self) -> Inst {
        let (a, b) = (self.value(Ty::I32), self.value(Ty::I32));
        let carry = self.value(Ty::I1);
        match self.random.below(12) {
            0 => Inst::Adc { a, b, carry },
            1 => Inst::Sbc { a, b, carry },
            2 => Inst::AddFlags { a, b },
            3 => Inst::SubFlags { a, b },
            4 => Inst::AdcFlags { a, b, carry },
            5 => Inst::SbcFlags { a, b, carry },
            6 => Inst::FlagsFromPsr { a },
            7 => Inst::FlagsToPsr {
                a: self.value(Ty::Flags),
            },
            8 | 9 => Inst::NzFlags {
                result: a,
                rest: self.value(Ty::Flags),
            },
            _ => Inst::NzcFlags {
                result: a,
                carry,
                rest: self.value(Ty::Flags),
            },
        }
    }

    fn float_inst(&mut self) -> Inst {
        let width = self.width();
        match self.random.below(8) {
            5..=7 => self.vector_inst(),
            0 => Inst::ToVector {
                width,
                a: self.value(width.ty()),
            },
            1 => Inst::FromVector {
                width,
                a: self.value(width.vector_ty()),
            },
            2 => Inst::FloatSign {
                op: self.random.pick(&[SignOp::Neg, SignOp::Abs]),
                width,
                a: self.value(width.vector_ty()),
            },
            3 if self.random.one_in(4) => {
                // What is pending is pending in one of the two places.
                let a = self.builder.get(FLOAT_STATUS);
                let b = self.builder.push(Inst::FloatStatus);
                Inst::Binary {
                    op: BinOp::Or,
                    width: Width::W32,
                    a,
                    b,
                }
            }
            _ => {
                let op = self.random.pick(&FLOAT);
                let mut args = op.operands().map(|ty| self.value(ty));
                let first = args[0];
                args[op.count()..].fill(first);
                Inst::Float {
                    op,
                    flushes: self.random.one_in(4),
                    default_nan: self.random.one_in(4),
                    rounds: self.random.one_in(4),
                    helper: helpers::of_float(op),
                    args,
                }
            }
        }
    }

    fn vector_inst(&mut self) -> Inst {
        const SIZES: [Size; 4] = [Size::Byte, Size::Half, Size::Word, Size::Dword];
        let op = loop {
            let kind = self.random.pick(VectorKind::ALL);
            let op = VectorOp::new(kind, self.random.pick(&SIZES), self.random.one_in(2))
                .signed(self.random.one_in(2))
                .imm(u8::try_from(self.random.below(65)).expect("at most 64"));
            if op.is_valid() {
                break op;
            }
        };
        let mut args = op.operands().map(|width| self.value(width.ty()));
        let first = args[0];
        args[op.count()..].fill(first);
        Inst::Vector {
            op,
            rounds: self.random.one_in(4),
            helper: helpers::VECTOR,
            info: helpers::pack(op),
            args,
        }
    }

    /// An access of a floating-point register.
    fn vector_access(&mut self) -> Inst {
        let width = self
            .random
            .pick(&[VectorWidth::V32, VectorWidth::V64, VectorWidth::V128]);
        let access = match width {
            VectorWidth::V32 => Access::new(Size::Word),
            VectorWidth::V64 => Access::new(Size::Dword).aligned_by_words(),
            VectorWidth::V128 => Access::new(Size::Dword),
        };
        let address = self.value(Ty::I32);
        if self.random.one_in(2) {
            return Inst::LoadVector {
                access,
                width,
                address,
            };
        }
        Inst::StoreVector {
            access,
            width,
            address,
            value: self.value(width.ty()),
        }
    }

    fn effect(&mut self) {
        const NARROW: [Size; 3] = [Size::Byte, Size::Half, Size::Word];
        const ALL: [Size; 4] = [Size::Byte, Size::Half, Size::Word, Size::Dword];
        let width = self.width();
        let sizes: &[Size] = if width == Width::W64 { &ALL } else { &NARROW };
        let inst = match self.random.below(14) {
            12 | 13 => self.vector_access(),
            0..=3 => Inst::Load {
                access: self.access(sizes),
                width,
                address: self.value(Ty::I32),
            },
            4..=6 => Inst::Store {
                access: self.access(sizes),
                width,
                address: self.value(Ty::I32),
                value: self.value(width.ty()),
            },
            7 => {
                let address = self.value(Ty::I32);
                Inst::StoreExclusive {
                    access: self.access(&ALL),
                    address,
                    // What a tag is differs from engine to engine, so that nothing else
                    // may use it.
                    tag: self.builder.push(Inst::LoadTag { address }),
                    expected: self.value(Ty::I64),
                    new: self.value(Ty::I64),
                }
            }
            8 => Inst::Fence,
            9 => Inst::Call {
                helper: Helper(4 + self.random.below(3) as u16),
                args: [(); 3].map(|()| self.value(Ty::I64)),
            },
            _ => Inst::ExitIf {
                condition: self.value(Ty::I1),
                target: self.target(),
            },
        };
        self.push(inst);
    }

    fn terminator(&mut self) -> Terminator {
        let (target, return_to) = (self.target(), self.target());
        let return_location = Location::new(self.pc + 4, 7);
        match self.random.below(8) {
            0..=3 => Terminator::Jump(target),
            4 => Terminator::Call {
                target,
                return_location,
                return_to,
            },
            5 | 6 => Terminator::Indirect {
                value: self.value(Ty::I32),
                mode: 7,
                kind: self.random.pick(&[
                    IndirectKind::Jump,
                    IndirectKind::Return,
                    IndirectKind::Call {
                        return_location,
                        return_to,
                    },
                ]),
            },
            _ => Terminator::Trap {
                kind: self.random.pick(&TrapKind::ALL),
                info: self.random.word() & 0xff,
                resume: return_location,
            },
        }
    }
}
