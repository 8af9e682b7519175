//! Which instruction an operation is.

use dbt_core::ir::{VectorKind, VectorOp};
use dbt_isa::ops::Size;

use crate::asm::{Arrangement, element, unsigned};
use crate::features::Features;

/// How an instruction takes the operands, which are given by their positions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// The result is the first operand.
    Same,
    Unary(u32),
    Binary(u32),
    /// The result's register holds an operand first.
    Tied {
        opcode: u32,
        tied: usize,
        a: usize,
        b: usize,
    },
    TiedUnary {
        opcode: u32,
        tied: usize,
        a: usize,
    },
    /// A step of an iteration, which is made of products and this.
    Step(u32),
}

/// The bit that sets operations on numbers with one opcode apart.
const OTHER: u32 = 1 << 23;

/// Returns the instruction of an operation, but for those that move parts of vectors and
/// those that the host does not have.
pub(super) fn form(op: VectorOp, features: Features) -> Option<Form> {
    use Form::{Binary, Same, Unary};
    use VectorKind as K;
    let VectorOp {
        size,
        signed,
        wide,
        imm,
        ..
    } = op;
    let at = Arrangement { size, wide };
    let (imm, imm8) = (u32::from(imm), imm);
    // The groups of the manual: three registers of the same type, three different,
    // two registers, and shifts by a constant.
    let same = |opcode: u32| at.sized(0x0e20_0400 | opcode << 11);
    let same_u = |opcode: u32| same(opcode) | 1 << 29;
    let by_sign = |opcode: u32| unsigned(same(opcode), signed);
    let two = |opcode: u32| at.sized(0x0e20_0800 | opcode << 12);
    let two_u = |opcode: u32| two(opcode) | 1 << 29;
    let bits = |opcode: u32| at.whole(opcode);
    if op.is_float() && size == Size::Half && !features.fp16 && !op.mixes_singles() {
        return None;
    }
    let numbers = |opcode: u32| at.numbers(opcode);
    let numbers_u = |opcode: u32| numbers(opcode) | 1 << 29;
    let number2 = |opcode: u32| at.number(opcode);
    let permute = |opcode: u32| at.whole(0x0e00_0800 | opcode << 12) | (size as u32) << 22;
    let tied = |opcode, tied, a, b| Form::Tied { opcode, tied, a, b };
    // Long and narrow forms are named by the narrow elements.
    let narrow = Arrangement {
        size: half_of(size),
        wide: false,
    };
    let narrowed = |opcode: u32| narrow.sized(0x0e20_0800 | opcode << 12);
    let long = |opcode: u32| 0x0e20_0000 | (size as u32) << 22 | opcode << 12;
    Some(match op.kind {
        K::And => Binary(bits(0x0e20_1c00)),
        K::AndNot => Binary(bits(0x0e60_1c00)),
        K::Or => Binary(bits(0x0ea0_1c00)),
        K::OrNot => Binary(bits(0x0ee0_1c00)),
        K::Xor => Binary(bits(0x2e20_1c00)),
        // BSL
        K::Select => tied(bits(0x2e60_1c00), 0, 1, 2),
        K::Add => Binary(same(0b1_0000)),
        K::Sub => Binary(same_u(0b1_0000)),
        // Of up to words only.
        K::Mul
        | K::Max
        | K::Min
        | K::AbsDiff
        | K::HalvingAdd
        | K::RoundingHalvingAdd
        | K::HalvingSub
            if size == Size::Dword =>
        {
            return None;
        }
        // Of halfwords and words, of words, and of as many bits as a word has only.
        K::SatDoublingMulHigh | K::SatRoundingDoublingMulHigh
            if !matches!(size, Size::Half | Size::Word) =>
        {
            return None;
        }
        K::RecipEstimate | K::RsqrtEstimate if size != Size::Word => return None,
        K::Mul => Binary(same(0b1_0011)),
        K::PolyMul => Binary(same_u(0b1_0011)),
        K::Equal => Binary(same_u(0b1_0001)),
        K::Greater => Binary(by_sign(0b0_0110)),
        K::GreaterOrEqual => Binary(by_sign(0b0_0111)),
        K::Test => Binary(same(0b1_0001)),
        K::Max => Binary(by_sign(0b0_1100)),
        K::Min => Binary(by_sign(0b0_1101)),
        K::AbsDiff => Binary(by_sign(0b0_1110)),
        K::HalvingAdd => Binary(by_sign(0b0_0000)),
        K::RoundingHalvingAdd => Binary(by_sign(0b0_0010)),
        K::HalvingSub => Binary(by_sign(0b0_0100)),
        K::Shift => Binary(by_sign(0b0_1000)),
        K::RoundingShift => Binary(by_sign(0b0_1010)),
        K::ShiftLeft | K::InsertLeft if imm == 0 => Same,
        K::ShiftLeft => Unary(at.left(0x0f00_5400, imm)),
        K::ShiftRight => Unary(unsigned(at.right(0x0f00_0400, imm), signed)),
        K::RoundingShiftRight => Unary(unsigned(at.right(0x0f00_2400, imm), signed)),
        K::InsertLeft => Form::TiedUnary {
            opcode: at.left(0x2f00_5400, imm),
            tied: 1,
            a: 0,
        },
        K::InsertRight => Form::TiedUnary {
            opcode: at.right(0x2f00_4400, imm),
            tied: 1,
            a: 0,
        },
        K::Abs => Unary(two(0b0_1011)),
        K::Neg => Unary(two_u(0b0_1011)),
        K::CountSign => Unary(two(0b0_0100)),
        K::CountZeroes => Unary(two_u(0b0_0100)),
        K::CountOnes => Unary(two(0b0_0101)),
        K::Widen => Unary(unsigned(widen(size, 0), signed)),
        K::Narrow => Unary(narrowed(0b1_0010)),
        K::PairAddLong => Unary(unsigned(two(0b0_0010), signed)),
        K::MulLong => Binary(unsigned(long(0b1100), signed)),
        // Of doublewords with FEAT_PMULL only.
        K::PolyMulLong if size == Size::Byte => Binary(long(0b1110)),
        K::Even => Binary(permute(1)),
        K::TransposeEven => Binary(permute(2)),
        K::ZipLow => Binary(permute(3)),
        K::Odd => Binary(permute(5)),
        K::TransposeOdd => Binary(permute(6)),
        K::ZipHigh => Binary(permute(7)),
        K::Reverse if size as u32 == imm => Same,
        K::Reverse => Unary(
            at.whole(match imm {
                1 => 0x0e20_1800,
                2 => 0x2e20_0800,
                _ => 0x0e20_0800,
            }) | (size as u32) << 22,
        ),
        K::Extract => Binary(bits(0x2e00_0000) | imm << 11),
        K::SatAdd => Binary(by_sign(0b0_0001)),
        K::SatSub => Binary(by_sign(0b0_0101)),
        K::SatDoublingMulHigh => Binary(same(0b1_0110)),
        K::SatRoundingDoublingMulHigh => Binary(same_u(0b1_0110)),
        K::SatShift => Binary(by_sign(0b0_1001)),
        K::SatRoundingShift => Binary(by_sign(0b0_1011)),
        K::SatShiftLeft => Unary(unsigned(at.left(0x0f00_7400, imm), signed)),
        K::SatShiftLeftUnsigned => Unary(at.left(0x2f00_6400, imm)),
        K::SatAbs => Unary(two(0b0_0111)),
        K::SatNeg => Unary(two_u(0b0_0111)),
        K::SatNarrow => Unary(unsigned(narrowed(0b1_0100), signed)),
        K::SatNarrowUnsigned => Unary(narrowed(0b1_0010) | 1 << 29),
        K::FloatAdd => Binary(numbers(0b1_1010)),
        K::FloatSub => Binary(numbers(0b1_1010) | OTHER),
        K::FloatMul => Binary(numbers_u(0b1_1011)),
        K::FloatMulAdd => tied(numbers(0b1_1001), 0, 1, 2),
        K::FloatMax => Binary(numbers(0b1_1110)),
        K::FloatMin => Binary(numbers(0b1_1110) | OTHER),
        K::FloatMaxNum => Binary(numbers(0b1_1000)),
        K::FloatMinNum => Binary(numbers(0b1_1000) | OTHER),
        K::FloatEqual => Binary(numbers(0b1_1100)),
        K::FloatGreater => Binary(numbers_u(0b1_1100) | OTHER),
        K::FloatGreaterOrEqual => Binary(numbers_u(0b1_1100)),
        K::FloatRecipEstimate => Unary(number2(0b1_1101) | OTHER),
        K::FloatRsqrtEstimate => Unary(number2(0b1_1101) | OTHER | 1 << 29),
        K::FloatToFixed if imm == 0 => Unary(unsigned(number2(0b1_1011) | OTHER, signed)),
        K::FloatToFixed => Unary(unsigned(at.right(0x0f00_fc00, imm), signed)),
        K::FixedToFloat if imm == 0 => Unary(unsigned(number2(0b1_1101), signed)),
        K::FixedToFloat => Unary(unsigned(at.right(0x0f00_e400, imm), signed)),
        K::FloatToInt => Unary(unsigned(
            match imm8 {
                0 => number2(0b1_1010),
                1 => number2(0b1_1010) | OTHER,
                2 => number2(0b1_1011),
                3 => number2(0b1_1011) | OTHER,
                _ => number2(0b1_1100),
            },
            signed,
        )),
        K::FloatRound => Unary(match imm8 {
            0 => number2(0b1_1000),
            1 => number2(0b1_1000) | OTHER,
            2 => number2(0b1_1001),
            3 => number2(0b1_1001) | OTHER,
            _ => number2(0b1_1000) | 1 << 29,
        }),
        // FRINTX, which rounds as `FPCR` says: to nearest.
        K::FloatRoundExact => Unary(number2(0b1_1001) | 1 << 29),
        K::RecipEstimate => Unary(number2(0b1_1100) | OTHER),
        K::RsqrtEstimate => Unary(number2(0b1_1100) | OTHER | 1 << 29),
        K::FloatRecipStep => Form::Step(numbers(0b1_1111)),
        K::FloatRsqrtStep => Form::Step(numbers(0b1_1111) | OTHER),
        K::FloatNarrow => Unary(0x0e21_6800),
        K::FloatWiden => Unary(0x0e21_7800),
        _ => return extension(op, features),
    })
}

/// Returns the instruction of an operation that ARMv8.0 lacks.
fn extension(op: VectorOp, features: Features) -> Option<Form> {
    use VectorKind as K;
    let at = Arrangement {
        size: op.size,
        wide: op.wide,
    };
    // The host takes the operands as the guest does.
    let tied = |opcode| Form::Tied {
        opcode,
        tied: 0,
        a: 1,
        b: 2,
    };
    let tied_unary = |opcode| Form::TiedUnary {
        opcode,
        tied: 0,
        a: 1,
    };
    let (is_there, form) = match op.kind {
        K::PolyMulLong => (features.pmull, Form::Binary(0x0ee0_e000)),
        K::SatRoundingDoublingMulAdd => (features.rdm, tied(at.sized(0x2e00_8400))),
        K::SatRoundingDoublingMulSub => (features.rdm, tied(at.sized(0x2e00_8c00))),
        K::Dot => {
            let opcode = unsigned(at.whole(0x0e80_9400), op.signed);
            (features.dot_product, tied(opcode))
        }
        K::DotMixed => (features.i8mm, tied(at.whole(0x0e80_9c00))),
        K::MatrixMulAdd => {
            let opcode = unsigned(0x4e80_a400, op.signed);
            (features.i8mm, tied(opcode))
        }
        K::MatrixMulAddMixed => (features.i8mm, tied(0x4e80_ac00)),
        K::BrainDot => (features.bf16, tied(at.whole(0x2e40_fc00))),
        K::BrainMatrixMulAdd => (features.bf16, tied(0x6e40_ec00)),
        K::FloatNarrowBrain => (features.bf16, Form::Unary(0x0ea1_6800)),
        K::FloatMulAddLong => (features.fhm, tied(at.whole(0x0e20_ec00))),
        K::FloatMulSubLong => (features.fhm, tied(at.whole(0x0ea0_ec00))),
        K::AesEncrypt => (features.aes, tied_unary(0x4e28_4800)),
        K::AesDecrypt => (features.aes, tied_unary(0x4e28_5800)),
        K::AesMix => (features.aes, Form::Unary(0x4e28_6800)),
        K::AesUnmix => (features.aes, Form::Unary(0x4e28_7800)),
        K::Sha1Choose => (features.sha1, tied(0x5e00_0000)),
        K::Sha1Parity => (features.sha1, tied(0x5e00_1000)),
        K::Sha1Majority => (features.sha1, tied(0x5e00_2000)),
        K::Sha1Schedule0 => (features.sha1, tied(0x5e00_3000)),
        K::Sha1Rotate => (features.sha1, Form::Unary(0x5e28_0800)),
        K::Sha1Schedule1 => (features.sha1, tied_unary(0x5e28_1800)),
        K::Sha256Hash => (features.sha256, tied(0x5e00_4000)),
        K::Sha256Hash2 => (features.sha256, tied(0x5e00_5000)),
        K::Sha256Schedule0 => (features.sha256, tied_unary(0x5e28_2800)),
        K::Sha256Schedule1 => (features.sha256, tied(0x5e00_6000)),
        _ => return None,
    };
    is_there.then_some(form)
}

/// `SSHLL`.
pub(super) const fn widen(size: Size, amount: u32) -> u32 {
    let narrow = Arrangement { size, wide: false };
    narrow.left(0x0f00_a400, amount)
}

/// `DUP` of an element.
pub(super) const fn splat(op: VectorOp) -> u32 {
    let q = if op.wide { 1 << 30 } else { 0 };
    element(0x0e00_0400 | q, op.size, op.imm as u32)
}

/// The size that two elements fit into.
pub(super) const fn half_of(size: Size) -> Size {
    match size {
        Size::Dword => Size::Word,
        Size::Word => Size::Half,
        Size::Half | Size::Byte => Size::Byte,
    }
}

/// Returns the comparison with zero of an operation of which some operands are.
pub(super) fn compare_zero(op: VectorOp, zeroes: [bool; 2]) -> Option<u32> {
    use VectorKind as K;
    let at = Arrangement {
        size: op.size,
        wide: op.wide,
    };
    let two = |opcode: u32| at.sized(0x0e20_0800 | opcode << 12);
    let number = |opcode: u32| at.number(opcode) | OTHER;
    const U: u32 = 1 << 29;
    Some(match (op.kind, zeroes) {
        (K::Equal, [true, false] | [false, true]) => two(0b0_1001),
        (K::Greater, [false, true]) if op.signed => two(0b0_1000),
        (K::Greater, [true, false]) if op.signed => two(0b0_1010),
        (K::GreaterOrEqual, [false, true]) if op.signed => two(0b0_1000) | U,
        (K::GreaterOrEqual, [true, false]) if op.signed => two(0b0_1001) | U,
        (K::FloatEqual, [true, false] | [false, true]) => number(0b0_1101),
        (K::FloatGreater, [false, true]) => number(0b0_1100),
        (K::FloatGreater, [true, false]) => number(0b0_1110),
        (K::FloatGreaterOrEqual, [false, true]) => number(0b0_1100) | U,
        (K::FloatGreaterOrEqual, [true, false]) => number(0b0_1101) | U,
        _ => return None,
    })
}
