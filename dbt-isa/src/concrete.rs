//! Machines whose run-time values are numbers: interpreters.
//!
//! An interpreter does what `ops` says with every value, so all that is left to
//! write for a guest is its memory and its registers. The blanket implementation
//! is here once, and not in each guest, because it *is* the reference that other
//! instances are compared with.

use crate::machine::{Abort, Machine};
use crate::ops::{Access, BinOp, CmpOp, Condition, Nzcv, Size, UnOp};

/// A [`Machine`] whose values are Rust integers.
///
/// Implementors provide memory. Values narrower than 64 bits are zero-extended
/// when read and cut off when written; signs are extended by the machine.
pub trait Concrete {
    /// Reads memory.
    ///
    /// # Errors
    ///
    /// [`Abort`] when the access faults.
    fn read(&mut self, access: Access, address: u32) -> Result<u64, Abort>;

    /// Writes memory.
    ///
    /// # Errors
    ///
    /// [`Abort`] when the access faults.
    fn write(&mut self, access: Access, address: u32, value: u64) -> Result<(), Abort>;

    /// Returns the tag of an exclusive granule.
    fn tag(&mut self, address: u32) -> u64;

    /// Writes `new` if the granule has the tag `tag` and memory holds `expected`,
    /// atomically; tells whether it did.
    ///
    /// # Errors
    ///
    /// [`Abort`] when the access faults.
    fn replace(
        &mut self,
        access: Access,
        address: u32,
        tag: u64,
        expected: u64,
        new: u64,
    ) -> Result<bool, Abort>;

    /// Orders what was accessed before against what is accessed later.
    fn barrier(&mut self);
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "words are halves of doublewords"
)]
impl<T: Concrete> Machine for T {
    type Bit = bool;
    type Word = u32;
    type Dword = u64;
    type Flags = Nzcv;

    #[inline]
    fn bit(&mut self, value: bool) -> bool {
        value
    }
    #[inline]
    fn imm(&mut self, value: u32) -> u32 {
        value
    }
    #[inline]
    fn imm64(&mut self, value: u64) -> u64 {
        value
    }

    #[inline]
    fn binary(&mut self, op: BinOp, a: u32, b: u32) -> u32 {
        op.eval32(a, b)
    }
    #[inline]
    fn binary64(&mut self, op: BinOp, a: u64, b: u64) -> u64 {
        op.eval64(a, b)
    }
    #[inline]
    fn unary(&mut self, op: UnOp, a: u32) -> u32 {
        op.eval(a)
    }
    #[inline]
    fn compare(&mut self, op: CmpOp, a: u32, b: u32) -> bool {
        op.eval32(a, b)
    }
    #[inline]
    fn compare64(&mut self, op: CmpOp, a: u64, b: u64) -> bool {
        op.eval64(a, b)
    }

    #[inline]
    fn bit_and(&mut self, a: bool, b: bool) -> bool {
        a && b
    }
    #[inline]
    fn bit_or(&mut self, a: bool, b: bool) -> bool {
        a || b
    }
    #[inline]
    fn bit_xor(&mut self, a: bool, b: bool) -> bool {
        a != b
    }
    #[inline]
    fn bit_not(&mut self, a: bool) -> bool {
        !a
    }
    #[inline]
    fn bit_to_word(&mut self, a: bool) -> u32 {
        u32::from(a)
    }

    #[inline]
    fn select(&mut self, condition: bool, yes: u32, no: u32) -> u32 {
        if condition { yes } else { no }
    }
    #[inline]
    fn select64(&mut self, condition: bool, yes: u64, no: u64) -> u64 {
        if condition { yes } else { no }
    }

    #[inline]
    fn zext64(&mut self, a: u32) -> u64 {
        u64::from(a)
    }
    #[inline]
    fn sext64(&mut self, a: u32) -> u64 {
        i64::from(a.cast_signed()).cast_unsigned()
    }
    #[inline]
    fn low(&mut self, a: u64) -> u32 {
        a as u32
    }
    #[inline]
    fn high(&mut self, a: u64) -> u32 {
        (a >> 32) as u32
    }

    #[inline]
    fn adc(&mut self, a: u32, b: u32, carry: bool) -> u32 {
        a.wrapping_add(b).wrapping_add(u32::from(carry))
    }
    #[inline]
    fn sbc(&mut self, a: u32, b: u32, carry: bool) -> u32 {
        a.wrapping_add(!b).wrapping_add(u32::from(carry))
    }
    #[inline]
    fn add_flags(&mut self, a: u32, b: u32) -> Nzcv {
        Nzcv::of_adc(a, b, false)
    }
    #[inline]
    fn sub_flags(&mut self, a: u32, b: u32) -> Nzcv {
        Nzcv::of_sbc(a, b, true)
    }
    #[inline]
    fn adc_flags(&mut self, a: u32, b: u32, carry: bool) -> Nzcv {
        Nzcv::of_adc(a, b, carry)
    }
    #[inline]
    fn sbc_flags(&mut self, a: u32, b: u32, carry: bool) -> Nzcv {
        Nzcv::of_sbc(a, b, carry)
    }
    #[inline]
    fn nz_flags(&mut self, result: u32, rest: Nzcv) -> Nzcv {
        rest.with_nz(result)
    }
    #[inline]
    fn nzc_flags(&mut self, result: u32, carry: bool, rest: Nzcv) -> Nzcv {
        rest.with_nz(result).with_c(carry)
    }
    #[inline]
    fn flags_from_psr(&mut self, word: u32) -> Nzcv {
        Nzcv::from_psr(word)
    }
    #[inline]
    fn flags_to_psr(&mut self, flags: Nzcv) -> u32 {
        flags.to_psr()
    }
    #[inline]
    fn condition(&mut self, flags: Nzcv, condition: Condition) -> bool {
        condition.holds(flags)
    }

    #[inline]
    fn load(&mut self, access: Access, address: u32) -> Result<u32, Abort> {
        Ok(extend(self.read(access, address)?, access) as u32)
    }
    #[inline]
    fn load64(&mut self, access: Access, address: u32) -> Result<u64, Abort> {
        Ok(extend(self.read(access, address)?, access))
    }
    #[inline]
    fn store(&mut self, access: Access, address: u32, value: u32) -> Result<(), Abort> {
        self.write(access, address, u64::from(value))
    }
    #[inline]
    fn store64(&mut self, access: Access, address: u32, value: u64) -> Result<(), Abort> {
        self.write(access, address, value)
    }
    #[inline]
    fn load_tag(&mut self, address: u32) -> u64 {
        self.tag(address)
    }
    #[inline]
    fn store_exclusive(
        &mut self,
        access: Access,
        address: u32,
        tag: u64,
        expected: u64,
        new: u64,
    ) -> Result<u32, Abort> {
        let stored = self.replace(access, address, tag, expected, new)?;
        Ok(u32::from(!stored))
    }
    #[inline]
    fn fence(&mut self) {
        self.barrier();
    }

    #[inline]
    fn when(
        &mut self,
        condition: bool,
        body: impl FnOnce(&mut Self) -> Result<(), Abort>,
    ) -> Result<(), Abort> {
        if condition { body(self) } else { Ok(()) }
    }
}

/// Extends the sign of what was read, if the access says so.
#[inline]
const fn extend(value: u64, access: Access) -> u64 {
    if !access.signed {
        return value;
    }
    let unused = match access.size {
        Size::Byte => 56,
        Size::Half => 48,
        Size::Word => 32,
        Size::Dword => 0,
    };
    ((value << unused).cast_signed() >> unused).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::extend;
    use crate::ops::{Access, Size};

    #[test]
    fn only_signed_accesses_extend_the_sign() {
        assert_eq!(extend(0x80, Access::new(Size::Byte)), 0x80);
        assert_eq!(extend(0x80, Access::new(Size::Byte).signed()), !0x7f);
        assert_eq!(extend(0x7fff, Access::new(Size::Half).signed()), 0x7fff);
        assert_eq!(
            extend(u64::MAX, Access::new(Size::Dword).signed()),
            u64::MAX
        );
    }
}
