//! Modified immediate constants.
//!
//! See Arm ARM DDI 0406C.d, sections A5.2.4 (A32) and A6.3.2 (T32).

use core::fmt;
use core::num::NonZeroU16;

/// An immediate and the carry that its expansion produces.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ExpandedImm {
    /// The 32-bit constant.
    pub value: u32,
    /// What a logical instruction writes to C; `None` leaves C alone.
    pub carry: Option<bool>,
    /// The A32 encoding, so that one an assembler would not choose for the
    /// value prints as byte and rotation.
    encoded: Option<NonZeroU16>,
}

impl ExpandedImm {
    /// Returns a constant that leaves the carry alone.
    #[inline]
    #[must_use]
    pub const fn new(value: u32) -> Self {
        Self {
            value,
            carry: None,
            encoded: None,
        }
    }

    /// Returns the complement, with the same carry.
    #[inline]
    #[must_use]
    pub const fn inverted(self) -> Self {
        Self {
            value: !self.value,
            carry: self.carry,
            encoded: None,
        }
    }
}

/// Prints the value, or byte and rotation where the encoding is not canonical.
impl fmt::Display for ExpandedImm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let imm12 = self
            .encoded
            .map_or(self.value, |imm12| u32::from(imm12.get()));
        if self.encoded.is_none() || imm12 >> 8 == canonical_rotation(self.value) {
            Imm32(self.value).fmt(f)
        } else {
            write!(f, "#{}, #{}", imm12 & 0xff, imm12 >> 8 << 1)
        }
    }
}

/// An immediate operand that fits a byte.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct Imm8(u8);

impl Imm8 {
    /// Returns the immediate of the low eight bits.
    #[inline]
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "fields are at most eight bits"
    )]
    pub const fn new(bits: u32) -> Self {
        Self(bits as u8)
    }

    /// Returns the value.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0 as u32
    }
}

/// An immediate operand that fits a halfword.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct Imm16(u16);

impl Imm16 {
    /// Returns the immediate of the low sixteen bits.
    #[inline]
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "fields are at most sixteen bits"
    )]
    pub const fn new(bits: u32) -> Self {
        Self(bits as u16)
    }

    /// Returns the value.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0 as u32
    }
}

/// An immediate operand of up to 32 bits.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct Imm32(pub u32);

/// Prints `#9` or `#0xa`.
impl fmt::Display for Imm8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Imm32(self.get()).fmt(f)
    }
}

/// Prints `#9` or `#0xa`.
impl fmt::Display for Imm16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Imm32(self.get()).fmt(f)
    }
}

/// Prints `#9` or `#0xa`.
impl fmt::Display for Imm32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("#")?;
        number(self.0, f)
    }
}

/// A signed number, printed as `#9`, `#0xa`, `#-1` or `#-0xa`.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[repr(transparent)]
pub struct SignedImm(pub i32);

impl fmt::Display for SignedImm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 < 0 { "#-" } else { "#" })?;
        number(self.0.unsigned_abs(), f)
    }
}

/// Prints small numbers in decimal, the others in hexadecimal.
///
/// `{:#x}` costs more than the rest of printing an instruction, hence the digits
/// are made here.
pub(crate) fn number(value: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let mut text = *b"0x00000000";
    let (mut rest, mut start) = (value, text.len());
    loop {
        start -= 1;
        text[start] = DIGITS[(rest & 15) as usize];
        rest >>= 4;
        if rest == 0 {
            break;
        }
    }
    if value >= 10 {
        start -= 2;
        text[start] = b'0';
        text[start + 1] = b'x';
    }
    f.write_str(str::from_utf8(&text[start..]).unwrap_or_default())
}

/// Expands the twelve bits of an A32 immediate (`ARMExpandImm_C()`).
///
/// # Examples
///
/// ```
/// use dbt_a32_frontend::imm::a32_expand_imm_c;
///
/// let imm = a32_expand_imm_c(0x4ff);
/// assert_eq!((imm.value, imm.carry), (0xff00_0000, Some(true)));
/// assert_eq!(a32_expand_imm_c(0x0ff).carry, None);
/// ```
#[inline]
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "masked to twelve bits")]
pub const fn a32_expand_imm_c(imm12: u32) -> ExpandedImm {
    let rotation = imm12 >> 8 & 15;
    let byte = imm12 & 0xff;
    let value = byte.rotate_right(rotation * 2);
    let carry = if rotation == 0 {
        None
    } else {
        Some(value >> 31 != 0)
    };
    let encoded = NonZeroU16::new((imm12 & 0xfff) as u16);
    ExpandedImm {
        value,
        carry,
        encoded,
    }
}

/// Expands the twelve bits of an A32 immediate for arithmetic
/// (`ARMExpandImm()`).
#[inline]
#[must_use]
pub const fn a32_expand_imm(imm12: u32) -> ExpandedImm {
    a32_expand_imm_c(imm12)
}

/// Returns the smallest rotation, in steps of two, that encodes `value`.
const fn canonical_rotation(value: u32) -> u32 {
    let mut rotation = 0;
    while rotation < 15 && value.rotate_left(rotation * 2) > 0xff {
        rotation += 1;
    }
    rotation
}

/// Expands the twelve bits `i:imm3:imm8` of a T32 immediate
/// (`ThumbExpandImm_C()`).
///
/// A repeated byte of zero is UNPREDICTABLE and gives zero here.
///
/// # Examples
///
/// ```
/// use dbt_a32_frontend::imm::t32_expand_imm_c;
///
/// assert_eq!(t32_expand_imm_c(0x2ab).value, 0xab00_ab00);
/// let imm = t32_expand_imm_c(0x47f);
/// assert_eq!((imm.value, imm.carry), (0xff00_0000, Some(true)));
/// ```
#[inline]
#[must_use]
pub const fn t32_expand_imm_c(imm12: u32) -> ExpandedImm {
    let byte = imm12 & 0xff;
    match imm12 >> 8 & 15 {
        0 => ExpandedImm::new(byte),
        1 => ExpandedImm::new(byte << 16 | byte),
        2 => ExpandedImm::new(byte << 24 | byte << 8),
        3 => ExpandedImm::new(byte << 24 | byte << 16 | byte << 8 | byte),
        _ => {
            let value = (0x80 | byte & 0x7f).rotate_right(imm12 >> 7 & 31);
            ExpandedImm {
                value,
                carry: Some(value >> 31 != 0),
                encoded: None,
            }
        }
    }
}

/// Expands the twelve bits of a T32 immediate for arithmetic
/// (`ThumbExpandImm()`).
#[inline]
#[must_use]
pub const fn t32_expand_imm(imm12: u32) -> ExpandedImm {
    t32_expand_imm_c(imm12)
}

/// Whether `ThumbExpandImm()` of the twelve bits is UNPREDICTABLE: a byte of zero,
/// repeated.
#[inline]
#[must_use]
pub const fn bad_imm(imm12: u32) -> bool {
    imm12 & 0xff == 0 && matches!(imm12 >> 8 & 15, 1..=3)
}

/// Returns the offset of a T32 branch whose range needs the sign bit and the two
/// bits that are stored as their difference from the sign (J1, J2); `rest` is
/// what stands below.
///
/// See Arm ARM DDI 0406C.d, section A8.8.18, encoding T4.
#[inline]
#[must_use]
pub const fn t32_branch_offset(sign: u32, j1: u32, j2: u32, rest: u32) -> i32 {
    let same = (sign << 1 | sign) ^ 3 ^ (j1 << 1 | j2);
    sign_extend(sign << 24 | same << 22 | rest, 25)
}

/// Sign-extends the low `bits` bits of `value` (`SignExtend()`).
#[inline]
#[must_use]
pub const fn sign_extend(value: u32, bits: u32) -> i32 {
    (value << (32 - bits)).cast_signed() >> (32 - bits)
}

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn numbers_print_as_in_assembly() {
        let print = |value| Imm32(value).to_string();
        assert_eq!(print(0), "#0");
        assert_eq!(print(9), "#9");
        assert_eq!(print(10), "#0xa");
        assert_eq!(print(0x120), "#0x120");
        assert_eq!(print(u32::MAX), "#0xffffffff");
        assert_eq!(SignedImm(i32::MIN).to_string(), "#-0x80000000");
    }

    #[test]
    fn a32_immediates_rotate_by_twice_the_field() {
        assert_eq!(a32_expand_imm_c(0x101).value, 0x4000_0000);
        assert_eq!(a32_expand_imm_c(0x101).carry, Some(false));
        assert_eq!(a32_expand_imm_c(0x102).carry, Some(true));
        assert_eq!(a32_expand_imm_c(0xfff).value, 0x3fc);
    }

    #[test]
    fn only_canonical_immediates_print_as_one_number() {
        assert_eq!(a32_expand_imm_c(0xfff).to_string(), "#0x3fc");
        assert_eq!(a32_expand_imm_c(0xf01).to_string(), "#1, #30");
        assert_eq!(a32_expand_imm_c(0x004).to_string(), "#4");
    }

    #[test]
    fn t32_immediates_replicate_or_rotate() {
        assert_eq!(t32_expand_imm_c(0x0ab).value, 0xab);
        assert_eq!(t32_expand_imm_c(0x1ab).value, 0x00ab_00ab);
        assert_eq!(t32_expand_imm_c(0x3ab).value, 0xabab_abab);
        assert_eq!(t32_expand_imm_c(0x400).value, 0x8000_0000);
        assert_eq!(t32_expand_imm_c(0xfff).value, 0x1fe);
        assert_eq!(t32_expand_imm_c(0xfff).carry, Some(false));
    }

    #[test]
    fn sign_extension_copies_the_top_bit() {
        assert_eq!(sign_extend(0x80_0000, 24), -0x80_0000);
        assert_eq!(sign_extend(0x7f_ffff, 24), 0x7f_ffff);
    }
}
