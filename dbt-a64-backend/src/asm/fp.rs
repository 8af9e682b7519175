//! Encoding of floating-point instructions, and of loads, stores and moves of vector
//! registers (Arm ARM DDI 0487, chapter C7).

use dbt_core::ir::{VectorWidth, Width};

use super::simd::{Arrangement, unsigned};
use super::{Asm, Mem, rd, rn};
use crate::regs::{Reg, Vreg};

/// The part of a vector register that an instruction works on.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum View {
    /// 32 bits.
    S,
    /// 64 bits.
    D,
    /// All 128 bits.
    Q,
}

impl View {
    pub(crate) const fn bytes(self) -> u32 {
        match self {
            Self::S => 4,
            Self::D => 8,
            Self::Q => 16,
        }
    }

    /// Returns the part with so many bytes.
    pub(crate) const fn of_bytes(bytes: u32) -> Self {
        match bytes {
            4 => Self::S,
            8 => Self::D,
            _ => Self::Q,
        }
    }
}

/// The precision of scalar floating point: `ftype`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub(crate) enum Precision {
    Single = 0,
    Double = 1 << 22,
    /// With FEAT_FP16.
    Half = 3 << 22,
}

impl From<View> for Precision {
    fn from(view: View) -> Self {
        match view {
            View::S => Self::Single,
            View::D | View::Q => Self::Double,
        }
    }
}

impl From<Width> for Precision {
    fn from(width: Width) -> Self {
        View::from(width).into()
    }
}

impl From<VectorWidth> for View {
    fn from(width: VectorWidth) -> Self {
        match width {
            VectorWidth::V32 => Self::S,
            VectorWidth::V64 => Self::D,
            VectorWidth::V128 => Self::Q,
        }
    }
}

impl From<Width> for View {
    fn from(width: Width) -> Self {
        match width {
            Width::W32 => Self::S,
            Width::W64 => Self::D,
        }
    }
}

/// Operations of two numbers, by their opcodes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub(crate) enum Fp2 {
    Mul = 0x0800,
    Div = 0x1800,
    Add = 0x2800,
    Sub = 0x3800,
    MaxNum = 0x6800,
    MinNum = 0x7800,
    /// The opposite of the product.
    NegMul = 0x8800,
}

/// Operations of one number, by their opcodes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub(crate) enum Fp1 {
    Mov = 0x4000,
    Abs = 0xc000,
    Neg = 0x1_4000,
    Sqrt = 0x1_c000,
    /// `FRINTN`, to the even one of two.
    RoundTiesEven = 0x4_4000,
    RoundUp = 0x4_c000,
    RoundDown = 0x5_4000,
    RoundZero = 0x5_c000,
    RoundTiesAway = 0x6_4000,
    /// `FRINTX`.
    RoundModeExact = 0x7_4000,
    /// `FRINTI`.
    RoundMode = 0x7_c000,
}

/// How a conversion to an integer rounds, by its `rmode` and `opcode`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub(crate) enum IntConversion {
    TiesEven = 0,
    TiesAway = 4 << 16,
    Up = 1 << 19,
    Down = 2 << 19,
    Zero = 3 << 19,
}

/// Fused operations of three numbers, by their opcodes: `c + a * b` with signs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub(crate) enum Fused {
    /// `FMADD`: `c + a * b`.
    Add = 0,
    /// `FMSUB`: `c - a * b`.
    Sub = 0x8000,
    /// `FNMADD`: `-c - a * b`.
    NegAdd = 0x20_0000,
    /// `FNMSUB`: `-c + a * b`.
    NegSub = 0x20_8000,
}

/// Returns the encoding of a number in `FMOV` (`VFPExpandImm()` inverted).
pub(crate) const fn float_immediate(view: View, bits: u64) -> Option<u32> {
    let (exponent, fraction, size) = match view {
        View::S => (8, 23, 32),
        View::D | View::Q => (11, 52, 64),
    };
    let sign = bits >> (size - 1) & 1;
    // The exponent is `NOT(b):b…b:cd`, the fraction `efgh` and zeroes.
    let low = fraction - 4;
    let repeated = exponent - 3;
    let b = bits >> (fraction + 2) & 1;
    let top = bits >> (fraction + 2) & ((1 << (repeated + 1)) - 1);
    let expected = if b == 1 {
        (1 << repeated) - 1
    } else {
        1 << repeated
    };
    if bits & ((1 << low) - 1) != 0 || top != expected {
        return None;
    }
    let cdefgh = bits >> low & 0x3f;
    #[allow(clippy::cast_possible_truncation, reason = "eight bits")]
    let immediate = (sign << 7 | b << 6 | cdefgh) as u32;
    Some(immediate)
}

pub(super) const fn vd(reg: Vreg) -> u32 {
    reg.0 as u32
}

pub(super) const fn vn(reg: Vreg) -> u32 {
    (reg.0 as u32) << 5
}

pub(super) const fn vm(reg: Vreg) -> u32 {
    (reg.0 as u32) << 16
}

/// Arithmetic.
impl Asm<'_> {
    pub(crate) fn float2(&mut self, op: Fp2, of: Precision, dst: Vreg, a: Vreg, b: Vreg) {
        self.word(0x1e20_0000 | of as u32 | op as u32 | vm(b) | vn(a) | vd(dst));
    }

    pub(crate) fn float1(&mut self, op: Fp1, of: Precision, dst: Vreg, a: Vreg) {
        self.word(0x1e20_0000 | of as u32 | op as u32 | vn(a) | vd(dst));
    }

    pub(crate) fn fused(&mut self, op: Fused, of: Precision, dst: Vreg, a: Vreg, b: Vreg, c: Vreg) {
        let addend = u32::from(c.0) << 10;
        self.word(0x1f00_0000 | of as u32 | op as u32 | vm(b) | addend | vn(a) | vd(dst));
    }

    /// `FCMP`, `FCMPE`, of zero if there is no second number.
    pub(crate) fn float_compare(
        &mut self,
        signalling: bool,
        of: Precision,
        a: Vreg,
        b: Option<Vreg>,
    ) {
        let signals = u32::from(signalling) << 4;
        let second = b.map_or(8, vm);
        self.word(0x1e20_2000 | of as u32 | signals | second | vn(a));
    }

    /// `FCVT` to the other precision.
    pub(crate) fn float_convert(&mut self, from: View, dst: Vreg, a: Vreg) {
        let opcode = match from {
            View::S => 0x1e22_c000,
            View::D | View::Q => 0x1e62_4000,
        };
        self.word(opcode | vn(a) | vd(dst));
    }

    /// `FCVT` of a half.
    pub(crate) fn half_to_float(&mut self, to: View, dst: Vreg, a: Vreg) {
        let opcode = match to {
            View::S => 0x1ee2_4000,
            View::D | View::Q => 0x1ee2_c000,
        };
        self.word(opcode | vn(a) | vd(dst));
    }

    /// `FCVT` to a half.
    pub(crate) fn float_to_half(&mut self, from: View, dst: Vreg, a: Vreg) {
        self.word(0x1e23_c000 | Precision::from(from) as u32 | vn(a) | vd(dst));
    }

    /// `BFCVT`.
    pub(crate) fn float_to_brain(&mut self, dst: Vreg, a: Vreg) {
        self.word(0x1e63_4000 | vn(a) | vd(dst));
    }

    /// `FCVTZS` and its like, by `rmode` and `opcode`, to 32 bits.
    pub(crate) fn float_to_int(
        &mut self,
        from: Precision,
        rounding: IntConversion,
        signed: bool,
        dst: Reg,
        a: Vreg,
    ) {
        let unsigned = u32::from(!signed) << 16;
        self.word(0x1e20_0000 | rounding as u32 | from as u32 | unsigned | vn(a) | rd(dst));
    }

    /// The same of a single, to where it came from.
    pub(crate) fn single_to_int(&mut self, signed: bool, dst: Vreg, a: Vreg) {
        let unsigned = u32::from(!signed) << 29;
        self.word(0x5ea1_b800 | unsigned | vn(a) | vd(dst));
    }

    /// `SCVTF`, `UCVTF` of 32 bits.
    pub(crate) fn int_to_float(&mut self, to: Precision, signed: bool, dst: Vreg, a: Reg) {
        let unsigned = u32::from(!signed) << 16;
        self.word(0x1e22_0000 | to as u32 | unsigned | rn(a) | vd(dst));
    }

    /// The same to a single, of 32 bits of a vector register.
    pub(crate) fn int_to_single(&mut self, signed: bool, dst: Vreg, a: Vreg) {
        let unsigned = u32::from(!signed) << 29;
        self.word(0x5e21_d800 | unsigned | vn(a) | vd(dst));
    }

    /// `FCVTZS`, `FCVTZU` to 32 bits of which some are behind the point.
    pub(crate) fn float_to_fixed(
        &mut self,
        from: Precision,
        signed: bool,
        fraction_bits: u8,
        dst: Reg,
        a: Vreg,
    ) {
        let unsigned = u32::from(!signed) << 16;
        let scale = scale(fraction_bits);
        self.word(0x1e18_0000 | from as u32 | unsigned | scale | vn(a) | rd(dst));
    }

    /// The same of a single, to where it came from.
    pub(crate) fn single_to_fixed(&mut self, signed: bool, fraction_bits: u8, dst: Vreg, a: Vreg) {
        let at = Arrangement::SINGLE_WORD.right(0x5f00_fc00, fraction_bits.into());
        self.word(unsigned(at, signed) | vn(a) | vd(dst));
    }

    /// `SCVTF`, `UCVTF` of 32 bits of which some are behind the point.
    pub(crate) fn fixed_to_float(
        &mut self,
        to: Precision,
        signed: bool,
        fraction_bits: u8,
        dst: Vreg,
        a: Reg,
    ) {
        let unsigned = u32::from(!signed) << 16;
        let scale = scale(fraction_bits);
        self.word(0x1e02_0000 | to as u32 | unsigned | scale | rn(a) | vd(dst));
    }

    /// The same to a single, of 32 bits of a vector register.
    pub(crate) fn fixed_to_single(&mut self, signed: bool, fraction_bits: u8, dst: Vreg, a: Vreg) {
        let at = Arrangement::SINGLE_WORD.right(0x5f00_e400, fraction_bits.into());
        self.word(unsigned(at, signed) | vn(a) | vd(dst));
    }

    /// `MRS Xt, FPCR`.
    pub(crate) fn read_fpcr(&mut self, dst: Reg) {
        self.word(0xd53b_4400 | rd(dst));
    }

    /// `MSR FPCR, Xt`.
    pub(crate) fn write_fpcr(&mut self, from: Reg) {
        self.word(0xd51b_4400 | rd(from));
    }

    /// `MRS Xt, FPSR`.
    pub(crate) fn read_fpsr(&mut self, dst: Reg) {
        self.word(0xd53b_4420 | rd(dst));
    }

    /// `MSR FPSR, Xt`.
    pub(crate) fn write_fpsr(&mut self, from: Reg) {
        self.word(0xd51b_4420 | rd(from));
    }
}

/// `scale` of conversions to and from fixed point.
const fn scale(fraction_bits: u8) -> u32 {
    (64 - fraction_bits as u32) << 10
}

/// Moves.
impl Asm<'_> {
    /// `FMOV` of 32 or 64 bits from a general register; the rest becomes zero.
    pub(crate) fn move_to_vector(&mut self, width: Width, dst: Vreg, from: Reg) {
        let opcode = match width {
            Width::W32 => 0x1e27_0000,
            Width::W64 => 0x9e67_0000,
        };
        self.word(opcode | rn(from) | vd(dst));
    }

    /// `FMOV` of 32 or 64 bits to a general register.
    pub(crate) fn move_from_vector(&mut self, width: Width, dst: Reg, from: Vreg) {
        let opcode = match width {
            Width::W32 => 0x1e26_0000,
            Width::W64 => 0x9e66_0000,
        };
        self.word(opcode | vn(from) | rd(dst));
    }

    /// Copies at least so much of a vector register.
    pub(crate) fn move_vector(&mut self, view: View, dst: Vreg, from: Vreg) {
        match view {
            View::S | View::D => self.float1(Fp1::Mov, view.into(), dst, from),
            // ORR (vector)
            View::Q => self.word(0x4ea0_1c00 | vm(from) | vn(from) | vd(dst)),
        }
    }

    /// `FMOV` of an encoded number.
    pub(crate) fn float_constant(&mut self, view: View, dst: Vreg, immediate: u32) {
        self.word(0x1e20_1000 | Precision::from(view) as u32 | immediate << 13 | vd(dst));
    }

    /// `MOVI Dd, #0`: the whole register becomes zero.
    pub(crate) fn zero_vector(&mut self, dst: Vreg) {
        self.word(0x2f00_e400 | vd(dst));
    }

    /// `DUP` (element, scalar): element number `index` of a size; the rest becomes
    /// zero.
    pub(crate) fn take_element(&mut self, view: View, dst: Vreg, from: Vreg, index: u32) {
        self.word(0x5e00_0400 | element(view, index) << 16 | vn(from) | vd(dst));
    }

    /// `INS` (element): element 0 of `from` becomes element number `index`; the rest
    /// stays.
    pub(crate) fn insert_element(&mut self, view: View, dst: Vreg, index: u32, from: Vreg) {
        self.word(0x6e00_0400 | element(view, index) << 16 | vn(from) | vd(dst));
    }
}

/// `imm5` of an element.
const fn element(view: View, index: u32) -> u32 {
    let bytes = view.bytes();
    bytes | (index * 2 * bytes)
}

/// Memory.
impl Asm<'_> {
    /// Tells whether a load or store of this size reaches an offset.
    pub(crate) const fn vector_offset_fits(view: View, offset: i32) -> bool {
        let bytes = view.bytes().cast_signed();
        (offset >= -256 && offset < 256)
            || (offset >= 0 && offset % bytes == 0 && offset / bytes < 4096)
    }

    /// A load or store of a vector register.
    pub(crate) fn transfer_vector(&mut self, load: bool, view: View, reg: Vreg, mem: Mem) {
        let size = match view {
            View::S => 2 << 30,
            View::D => 3 << 30,
            View::Q => 1 << 23,
        };
        let bits = size | u32::from(load) << 22 | 1 << 26;
        self.word(bits | mem.bits(view.bytes()) | vd(reg));
    }

    pub(crate) fn load_vector(&mut self, view: View, reg: Vreg, base: Reg, offset: i32) {
        self.transfer_vector(true, view, reg, Mem::Offset { base, offset });
    }

    pub(crate) fn store_vector(&mut self, view: View, reg: Vreg, base: Reg, offset: i32) {
        self.transfer_vector(false, view, reg, Mem::Offset { base, offset });
    }

    /// `LDP`, `STP` with an offset that is a multiple of the size.
    pub(crate) fn vector_pair(
        &mut self,
        load: bool,
        view: View,
        [first, second]: [Vreg; 2],
        mem: Mem,
    ) {
        let (form, base, offset) = match mem {
            Mem::Before { base, offset } => (0x2d80_0000, base, offset),
            Mem::After { base, offset } => (0x2c80_0000, base, offset),
            Mem::Offset { base, offset } => (0x2d00_0000, base, offset),
            Mem::Index { base, .. } | Mem::Element { base, .. } => (0x2d00_0000, base, 0),
        };
        let opc = (view as u32) << 30;
        let scaled = (offset / view.bytes().cast_signed()).cast_unsigned() & 0x7f;
        let second = u32::from(second.0) << 10;
        let load = u32::from(load) << 22;
        self.word(opc | form | load | scaled << 15 | second | rn(base) | vd(first));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All 256 numbers have their encodings, and no others.
    #[test]
    fn float_immediates_are_complete() {
        for immediate in 0..256_u32 {
            // VFPExpandImm()
            let bits = u64::from(immediate);
            let (sign, b, low) = (bits >> 7, bits >> 6 & 1, bits & 0x3f);
            let single =
                sign << 31 | (1 - b) << 30 | (if b == 1 { 0x1f } else { 0 }) << 25 | low << 19;
            let double =
                sign << 63 | (1 - b) << 62 | (if b == 1 { 0xff } else { 0 }) << 54 | low << 48;
            assert_eq!(float_immediate(View::S, single), Some(immediate));
            assert_eq!(float_immediate(View::D, double), Some(immediate));
            for bit in 0..64 {
                let other = double ^ 1 << bit;
                if let Some(found) = float_immediate(View::D, other) {
                    assert_ne!(found, immediate, "{other:#x}");
                }
            }
        }
        assert_eq!(float_immediate(View::S, 0), None);
        assert_eq!(float_immediate(View::D, 0), None);
    }
}
