//! The machine that semantic functions run on.
//!
//! A semantic function is written once, generic over [`Machine`]. What it holds
//! as a Rust value (decoded fields, modes) is *static*; what it holds as one of
//! the associated types is *dynamic* and may be a number (interpreter), an IR
//! value (lifter) or nothing at all (use analysis). Since the associated types
//! offer no way back to Rust values, a semantic function cannot branch on a
//! dynamic value except through [`Machine::select`] and [`Machine::when`], and
//! the compiler checks it.
//!
//! A guest extends this trait with its registers and its ways to branch.

use crate::ops::{Access, BinOp, CmpOp, Condition, UnOp};

/// A memory access faulted and the instruction must be abandoned. The machine
/// that returned it knows the particulars.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Abort;

/// What is left to do after a semantic function.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Flow {
    /// Go on with the next instruction.
    Next,
    /// The machine was told where to go on, or why to stop.
    Leave,
}

/// The result of a semantic function.
pub type Execution = Result<Flow, Abort>;

/// Run-time values and what can be done with them.
///
/// The provided methods are abbreviations; implement the required ones.
pub trait Machine {
    /// One bit.
    type Bit: Copy;
    /// 32 bits.
    type Word: Copy;
    /// 64 bits.
    type Dword: Copy;
    /// N, Z, C and V as one value.
    type Flags: Copy;

    /// A constant bit.
    fn bit(&mut self, value: bool) -> Self::Bit;
    /// A constant word.
    fn imm(&mut self, value: u32) -> Self::Word;
    /// A constant doubleword.
    fn imm64(&mut self, value: u64) -> Self::Dword;

    /// An operation of two words.
    fn binary(&mut self, op: BinOp, a: Self::Word, b: Self::Word) -> Self::Word;
    /// An operation of two doublewords.
    fn binary64(&mut self, op: BinOp, a: Self::Dword, b: Self::Dword) -> Self::Dword;
    /// An operation of one word.
    fn unary(&mut self, op: UnOp, a: Self::Word) -> Self::Word;
    /// A comparison of words.
    fn compare(&mut self, op: CmpOp, a: Self::Word, b: Self::Word) -> Self::Bit;
    /// A comparison of doublewords.
    fn compare64(&mut self, op: CmpOp, a: Self::Dword, b: Self::Dword) -> Self::Bit;

    /// Both.
    fn bit_and(&mut self, a: Self::Bit, b: Self::Bit) -> Self::Bit;
    /// Either or both.
    fn bit_or(&mut self, a: Self::Bit, b: Self::Bit) -> Self::Bit;
    /// Exactly one.
    fn bit_xor(&mut self, a: Self::Bit, b: Self::Bit) -> Self::Bit;
    /// The opposite.
    fn bit_not(&mut self, a: Self::Bit) -> Self::Bit;
    /// Zero or one as a word.
    fn bit_to_word(&mut self, a: Self::Bit) -> Self::Word;

    /// `yes` if `condition`, else `no`.
    fn select(&mut self, condition: Self::Bit, yes: Self::Word, no: Self::Word) -> Self::Word;
    /// `yes` if `condition`, else `no`.
    fn select64(&mut self, condition: Self::Bit, yes: Self::Dword, no: Self::Dword) -> Self::Dword;

    /// Zero extension to 64 bits.
    fn zext64(&mut self, a: Self::Word) -> Self::Dword;
    /// Sign extension to 64 bits.
    fn sext64(&mut self, a: Self::Word) -> Self::Dword;
    /// The low word.
    fn low(&mut self, a: Self::Dword) -> Self::Word;
    /// The high word.
    fn high(&mut self, a: Self::Dword) -> Self::Word;

    /// `a + b + carry`.
    fn adc(&mut self, a: Self::Word, b: Self::Word, carry: Self::Bit) -> Self::Word;
    /// `a + !b + carry`, which is `a - b` less the borrow `!carry`.
    fn sbc(&mut self, a: Self::Word, b: Self::Word, carry: Self::Bit) -> Self::Word;
    /// The flags of `a + b`.
    fn add_flags(&mut self, a: Self::Word, b: Self::Word) -> Self::Flags;
    /// The flags of `a - b`; C means "no borrow".
    fn sub_flags(&mut self, a: Self::Word, b: Self::Word) -> Self::Flags;
    /// The flags of [`adc`](Self::adc).
    fn adc_flags(&mut self, a: Self::Word, b: Self::Word, carry: Self::Bit) -> Self::Flags;
    /// The flags of [`sbc`](Self::sbc).
    fn sbc_flags(&mut self, a: Self::Word, b: Self::Word, carry: Self::Bit) -> Self::Flags;
    /// N and Z of `result`, C and V of `rest`.
    fn nz_flags(&mut self, result: Self::Word, rest: Self::Flags) -> Self::Flags;
    /// N and Z of `result`, `carry` as C, V of `rest`.
    fn nzc_flags(&mut self, result: Self::Word, carry: Self::Bit, rest: Self::Flags)
    -> Self::Flags;
    /// Flags from bits 31 to 28.
    fn flags_from_psr(&mut self, word: Self::Word) -> Self::Flags;
    /// Flags in bits 31 to 28, the other bits zero.
    fn flags_to_psr(&mut self, flags: Self::Flags) -> Self::Word;
    /// Whether `condition` holds.
    fn condition(&mut self, flags: Self::Flags, condition: Condition) -> Self::Bit;

    /// Loads a word or less.
    ///
    /// # Errors
    ///
    /// [`Abort`] when the access faults.
    fn load(&mut self, access: Access, address: Self::Word) -> Result<Self::Word, Abort>;
    /// Loads a doubleword (single-copy atomic when it is aligned).
    ///
    /// # Errors
    ///
    /// [`Abort`] when the access faults.
    fn load64(&mut self, access: Access, address: Self::Word) -> Result<Self::Dword, Abort>;
    /// Stores a word or less.
    ///
    /// # Errors
    ///
    /// [`Abort`] when the access faults.
    fn store(
        &mut self,
        access: Access,
        address: Self::Word,
        value: Self::Word,
    ) -> Result<(), Abort>;
    /// Stores a doubleword.
    ///
    /// # Errors
    ///
    /// [`Abort`] when the access faults.
    fn store64(
        &mut self,
        access: Access,
        address: Self::Word,
        value: Self::Dword,
    ) -> Result<(), Abort>;
    /// The tag of the exclusive granule of `address`, which every
    /// [`store_exclusive`](Self::store_exclusive) to the granule changes. It is read
    /// before what is loaded later.
    fn load_tag(&mut self, address: Self::Word) -> Self::Dword;
    /// Stores `new` if the granule of `address` still has the tag `tag` and memory
    /// still holds `expected`, atomically. Returns zero if it has stored, else one.
    ///
    /// Values narrower than 64 bits are zero-extended.
    ///
    /// # Errors
    ///
    /// [`Abort`] when the access faults.
    fn store_exclusive(
        &mut self,
        access: Access,
        address: Self::Word,
        tag: Self::Dword,
        expected: Self::Dword,
        new: Self::Dword,
    ) -> Result<Self::Word, Abort>;
    /// A full memory barrier.
    fn fence(&mut self);

    /// Runs `body` only if `condition` holds when the code runs. Dynamic values
    /// made before or inside must not be used after it.
    ///
    /// # Errors
    ///
    /// [`Abort`] when `body` returned it.
    fn when(
        &mut self,
        condition: Self::Bit,
        body: impl FnOnce(&mut Self) -> Result<(), Abort>,
    ) -> Result<(), Abort>
    where
        Self: Sized;

    /// `a + b`.
    fn add(&mut self, a: Self::Word, b: Self::Word) -> Self::Word {
        self.binary(BinOp::Add, a, b)
    }
    /// `a - b`.
    fn sub(&mut self, a: Self::Word, b: Self::Word) -> Self::Word {
        self.binary(BinOp::Sub, a, b)
    }
    /// `a & b`.
    fn and(&mut self, a: Self::Word, b: Self::Word) -> Self::Word {
        self.binary(BinOp::And, a, b)
    }
    /// `a | b`.
    fn or(&mut self, a: Self::Word, b: Self::Word) -> Self::Word {
        self.binary(BinOp::Or, a, b)
    }
    /// `a ^ b`.
    fn xor(&mut self, a: Self::Word, b: Self::Word) -> Self::Word {
        self.binary(BinOp::Xor, a, b)
    }
    /// `!a`.
    fn not(&mut self, a: Self::Word) -> Self::Word {
        self.unary(UnOp::Not, a)
    }
    /// `a << amount` for a constant amount.
    fn shl_imm(&mut self, a: Self::Word, amount: u32) -> Self::Word {
        let amount = self.imm(amount);
        self.binary(BinOp::Shl, a, amount)
    }
    /// `a >> amount` (logical) for a constant amount.
    fn lshr_imm(&mut self, a: Self::Word, amount: u32) -> Self::Word {
        let amount = self.imm(amount);
        self.binary(BinOp::Lshr, a, amount)
    }
    /// `a >> amount` (arithmetic) for a constant amount.
    fn ashr_imm(&mut self, a: Self::Word, amount: u32) -> Self::Word {
        let amount = self.imm(amount);
        self.binary(BinOp::Ashr, a, amount)
    }
    /// `a + value` for a constant.
    fn add_imm(&mut self, a: Self::Word, value: u32) -> Self::Word {
        let value = self.imm(value);
        self.binary(BinOp::Add, a, value)
    }
    /// `a & mask` for a constant.
    fn and_imm(&mut self, a: Self::Word, mask: u32) -> Self::Word {
        let mask = self.imm(mask);
        self.binary(BinOp::And, a, mask)
    }
    /// Bit `index` of `a`.
    fn bit_of(&mut self, a: Self::Word, index: u32) -> Self::Bit {
        let masked = self.and_imm(a, 1 << index);
        let zero = self.imm(0);
        self.compare(CmpOp::Ne, masked, zero)
    }
    /// Whether `a` is zero.
    fn is_zero(&mut self, a: Self::Word) -> Self::Bit {
        let zero = self.imm(0);
        self.compare(CmpOp::Eq, a, zero)
    }
}
