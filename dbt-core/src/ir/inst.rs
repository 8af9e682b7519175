//! Instructions and the entities that they name.

use dbt_isa::ops::{Access, BinOp, CmpOp, Condition, Size, UnOp};

use super::float::{FloatOp, SignOp};
use super::ty::{Ty, VectorWidth, Width};
use super::vector::VectorOp;
use crate::location::Location;

/// The result of an instruction, named by the instruction's index in its unit.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Value(pub u32);

impl Value {
    /// Returns the index of the instruction that makes the value.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A block of a unit.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BlockId(pub u32);

impl BlockId {
    /// The block at which a unit is entered.
    pub const ENTRY: Self = Self(0);

    /// Returns the block's index in its unit.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A piece of guest state that the IR reads and writes; an index into the
/// guest's [`StateLayout`](crate::guest::StateLayout).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Slot(pub u16);

impl Slot {
    /// Returns the slot's index in the layout.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A function of the guest that generated code calls; an index into
/// [`Guest::helpers`](crate::guest::Guest::helpers).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Helper(pub u16);

/// An operation of two bits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum BitOp {
    /// Both.
    And,
    /// Either or both.
    Or,
    /// Exactly one.
    Xor,
}

/// Where control goes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Target {
    /// A block of the same unit.
    Block(BlockId),
    /// Out of the unit, to a guest location known while translating.
    Exit(Location),
}

/// One instruction. Its operands are values made earlier in the same block:
/// values never cross blocks, state slots do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Inst {
    /// Nothing; what a pass leaves of a deleted instruction.
    Nop,
    /// Marks the first instruction of the guest instruction at `location`.
    /// Whatever faults before the next marker faults at this location.
    Guest {
        /// Where the guest instruction is, with the mode it is executed in.
        location: Location,
    },
    /// A constant of type `ty`, zero-extended; of a `v128`, in both halves.
    Const {
        /// Its type.
        ty: Ty,
        /// Its bits.
        bits: u64,
    },
    /// Reads guest state.
    Get {
        /// What is read; it gives the type.
        slot: Slot,
    },
    /// Writes guest state.
    Set {
        /// What is written.
        slot: Slot,
        /// The new value, of the slot's type.
        value: Value,
    },
    /// `op(a, b)`.
    Binary {
        /// The operation.
        op: BinOp,
        /// The width of operands and result.
        width: Width,
        /// First operand.
        a: Value,
        /// Second operand.
        b: Value,
    },
    /// `op(a)` on 32 bits.
    Unary {
        /// The operation.
        op: UnOp,
        /// Operand.
        a: Value,
    },
    /// An `i1` that tells whether `op` holds between `a` and `b`.
    Compare {
        /// The relation.
        op: CmpOp,
        /// The width of the operands.
        width: Width,
        /// First operand.
        a: Value,
        /// Second operand.
        b: Value,
    },
    /// `op(a, b)` of two `i1`.
    Bits {
        /// The operation.
        op: BitOp,
        /// First operand.
        a: Value,
        /// Second operand.
        b: Value,
    },
    /// The opposite `i1`.
    BitNot {
        /// Operand.
        a: Value,
    },
    /// Zero or one as `i32`.
    BitToWord {
        /// An `i1`.
        a: Value,
    },
    /// `yes` if `condition`, else `no`.
    Select {
        /// The width of `yes`, `no` and the result.
        width: Width,
        /// An `i1`.
        condition: Value,
        /// The result when `condition` holds.
        yes: Value,
        /// The result when it does not.
        no: Value,
    },
    /// `i32` to `i64`.
    Extend {
        /// Whether the sign is copied up.
        signed: bool,
        /// Operand.
        a: Value,
    },
    /// The low half of an `i64`.
    Low {
        /// Operand.
        a: Value,
    },
    /// The high half of an `i64`.
    High {
        /// Operand.
        a: Value,
    },
    /// `a + b + carry` on 32 bits.
    Adc {
        /// First operand.
        a: Value,
        /// Second operand.
        b: Value,
        /// An `i1`.
        carry: Value,
    },
    /// `a + !b + carry` on 32 bits.
    Sbc {
        /// First operand.
        a: Value,
        /// Second operand.
        b: Value,
        /// An `i1`; clear means borrow.
        carry: Value,
    },
    /// The flags of `a + b`.
    AddFlags {
        /// First operand.
        a: Value,
        /// Second operand.
        b: Value,
    },
    /// The flags of `a - b`; C means "no borrow".
    SubFlags {
        /// First operand.
        a: Value,
        /// Second operand.
        b: Value,
    },
    /// The flags of `a + b + carry`.
    AdcFlags {
        /// First operand.
        a: Value,
        /// Second operand.
        b: Value,
        /// An `i1`.
        carry: Value,
    },
    /// The flags of `a + !b + carry`.
    SbcFlags {
        /// First operand.
        a: Value,
        /// Second operand.
        b: Value,
        /// An `i1`.
        carry: Value,
    },
    /// N and Z of `result`, C and V of `rest`.
    NzFlags {
        /// An `i32`.
        result: Value,
        /// Flags.
        rest: Value,
    },
    /// N and Z of `result`, C from `carry`, V of `rest`.
    NzcFlags {
        /// An `i32`.
        result: Value,
        /// An `i1`.
        carry: Value,
        /// Flags.
        rest: Value,
    },
    /// Flags from bits 31 to 28.
    FlagsFromPsr {
        /// An `i32`.
        a: Value,
    },
    /// Flags in bits 31 to 28 of an `i32`, the other bits zero.
    FlagsToPsr {
        /// Flags.
        a: Value,
    },
    /// An `i1` that tells whether a condition holds.
    Condition {
        /// Flags.
        flags: Value,
        /// The condition.
        condition: Condition,
    },
    /// Loads from guest memory. Narrow loads extend to `width`. May fault.
    Load {
        /// How the access is made.
        access: Access,
        /// The width of the result.
        width: Width,
        /// An `i32`.
        address: Value,
    },
    /// Stores the low bytes of `value`. May fault.
    Store {
        /// How the access is made.
        access: Access,
        /// The width of `value`.
        width: Width,
        /// An `i32`.
        address: Value,
        /// What is stored.
        value: Value,
    },
    /// The tag of the exclusive granule of an address, an `i64`: see
    /// [`GlobalMonitor`](crate::monitor::GlobalMonitor). It is read before whatever
    /// is loaded later. Never faults.
    LoadTag {
        /// An `i32`.
        address: Value,
    },
    /// Stores `new` if the address's granule has the tag `tag` and memory holds
    /// `expected`, atomically; gives an `i32` that is zero if it has stored, else
    /// one. May fault, as a store does.
    StoreExclusive {
        /// How the access is made.
        access: Access,
        /// An `i32`.
        address: Value,
        /// An `i64`.
        tag: Value,
        /// An `i64`.
        expected: Value,
        /// An `i64`.
        new: Value,
    },
    /// A full memory barrier.
    Fence,
    /// The same bits in a floating-point or vector register.
    ToVector {
        /// The width of the value.
        width: Width,
        /// An integer.
        a: Value,
    },
    /// The same bits as an integer.
    FromVector {
        /// The width of the value.
        width: Width,
        /// A value of a floating-point or vector register.
        a: Value,
    },
    /// Loads from guest memory to a floating-point or vector register as many
    /// bytes as the value has; a `v128` as two doublewords, the lower one first. May
    /// fault.
    LoadVector {
        /// How the access is made, or each of the two.
        access: Access,
        /// The width of the result.
        width: VectorWidth,
        /// An `i32`.
        address: Value,
    },
    /// Stores what [`LoadVector`](Self::LoadVector) loads. May fault; of a `v128` the
    /// lower doubleword may have been stored then.
    StoreVector {
        /// How the access is made, or each of the two.
        access: Access,
        /// The width of `value`.
        width: VectorWidth,
        /// An `i32`.
        address: Value,
        /// What is stored.
        value: Value,
    },
    /// An operation on vectors. If it is [pure](VectorOp::is_pure), `op` says what it
    /// gives. Otherwise it is *defined* as the call of a function of the guest, and
    /// [`op.kind`](VectorOp::kind) promises what that does. A back end that lacks an
    /// operation calls the function in either case:
    ///
    /// The operands are written to the slots [`StateLayout::vector_operands`],
    /// zero-extended to 128 bits, and the function is called with the state, `info`
    /// and two zeroes. It leaves the result in the first of the slots, zero-extended,
    /// and zeroes in the others; who reads the result clears the first slot too. Of
    /// the state it touches nothing else but the slot
    /// [`StateLayout::float_status`], in which it raises cumulative flags.
    ///
    /// [`StateLayout::vector_operands`]: crate::guest::StateLayout::vector_operands
    /// [`StateLayout::float_status`]: crate::guest::StateLayout::float_status
    Vector {
        /// What is done.
        op: VectorOp,
        /// Whether the guest's mode rounds otherwise than to nearest here, so that a host
        /// whose operations on vectors have no mode of their own must call the function of
        /// one on numbers.
        rounds: bool,
        /// The guest's function.
        helper: Helper,
        /// What it is called with.
        info: u32,
        /// The operands, of which the first [`VectorOp::count`] count; the others
        /// repeat the first.
        args: [Value; 3],
    },
    /// Changes the sign of a number, and nothing else.
    FloatSign {
        /// How.
        op: SignOp,
        /// The width of the number.
        width: Width,
        /// Operand.
        a: Value,
    },
    /// A floating-point operation. It is *defined* as the call of a function of
    /// the guest with the state and the operands, zero-extended to 64 bits; a
    /// comparison gets its flags in bits 31 to 28. Of the state the function
    /// touches only the slot [`StateLayout::float_status`], in which it raises
    /// cumulative flags.
    ///
    /// And it is *promised* that for ordinary values the host's own operation
    /// `op`, in the mode that [`Guest::float_mode`] gives, raises the same flags in
    /// the host's status and gives the same value. The promise holds unless an
    /// operand or the result is a NaN, the result is the smallest normal number or
    /// its opposite (it may be tiny before rounding), or an integer is out of range.
    /// On a host that follows the guest's rules ([`StateLayout::float_rules`]) it
    /// holds always.
    ///
    /// [`StateLayout::float_rules`]: crate::guest::StateLayout::float_rules
    /// [`StateLayout::float_status`]: crate::guest::StateLayout::float_status
    /// [`Guest::float_mode`]: crate::guest::Guest::float_mode
    Float {
        /// The host's operation.
        op: FloatOp,
        /// Whether the guest's mode flushes to zero here, so that a host that
        /// cannot do so as the guest does must call the function.
        flushes: bool,
        /// Whether every NaN that the guest's mode lets an operation give here is the
        /// default one, so that a host that passes operands on must look.
        default_nan: bool,
        /// Whether the guest's mode rounds otherwise than to nearest here, so that a host
        /// without a conversion to integers that rounds as the mode says must call the
        /// function.
        rounds: bool,
        /// The guest's function.
        helper: Helper,
        /// The operands, of which the first [`FloatOp::count`] count; the others
        /// repeat the first.
        args: [Value; 3],
    },
    /// The cumulative flags ([`FloatFlags`](super::FloatFlags), an `i32`) that
    /// the host's status holds and the guest's state not yet, perhaps.
    FloatStatus,
    /// Continues a cyclic redundancy check. A back end that lacks it calls the guest's
    /// function with the state and the operands, zero-extended to 64 bits; it touches
    /// nothing of the state.
    Checksum {
        /// Which.
        op: ChecksumOp,
        /// The guest's function.
        helper: Helper,
        /// An `i64` that is the helper's only, the checksum so far, an `i32`, and the
        /// data, the lowest bytes of an `i32`.
        args: [Value; 3],
    },
    /// Calls a function of the guest with the state and three `i64`; gives an
    /// `i64`. The function may read and write any slot that is not
    /// [hot](crate::guest::StateLayout::hot): those may be in host registers.
    Call {
        /// Which function.
        helper: Helper,
        /// Its arguments.
        args: [Value; 3],
    },
    /// Leaves the block for `target` if `condition` holds; goes on otherwise.
    ExitIf {
        /// An `i1`.
        condition: Value,
        /// Where to.
        target: Target,
    },
}

/// A cyclic redundancy check of 32 bits that takes data in from its lowest bit on, and has
/// the lowest power in the highest bit.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ChecksumOp {
    /// Whether the polynomial is Castagnoli's, 0x1edc_6f41; else 0x04c1_1db7.
    pub castagnoli: bool,
    /// How much is taken in: up to a word.
    pub size: Size,
}

impl Inst {
    /// Returns how a load or store accesses guest memory, and its address.
    #[must_use]
    pub const fn access(&self) -> Option<(Access, Value)> {
        match *self {
            Self::Load {
                access, address, ..
            }
            | Self::Store {
                access, address, ..
            }
            | Self::LoadVector {
                access, address, ..
            }
            | Self::StoreVector {
                access, address, ..
            } => Some((access, address)),
            _ => None,
        }
    }

    /// Returns the type of the value that the instruction makes, or `None` if it
    /// makes none. `slot_ty` knows the types of slots.
    #[must_use]
    pub fn ty(&self, slot_ty: impl FnOnce(Slot) -> Ty) -> Option<Ty> {
        Some(match *self {
            Self::Const { ty, .. } => ty,
            Self::Get { slot } => slot_ty(slot),
            Self::Binary { width, .. } | Self::Select { width, .. } | Self::Load { width, .. } => {
                width.ty()
            }
            Self::Unary { .. }
            | Self::BitToWord { .. }
            | Self::Low { .. }
            | Self::High { .. }
            | Self::Adc { .. }
            | Self::Sbc { .. }
            | Self::FlagsToPsr { .. }
            | Self::Checksum { .. }
            | Self::StoreExclusive { .. } => Ty::I32,
            Self::ToVector { width, .. } | Self::FloatSign { width, .. } => width.vector_ty(),
            Self::LoadVector { width, .. } => width.ty(),
            Self::Vector { op, .. } => op.ty(),
            Self::FromVector { width, .. } => width.ty(),
            Self::Float { op, .. } => op.ty(),
            Self::FloatStatus => Ty::I32,
            Self::Extend { .. } | Self::LoadTag { .. } | Self::Call { .. } => Ty::I64,
            Self::Compare { .. }
            | Self::Bits { .. }
            | Self::BitNot { .. }
            | Self::Condition { .. } => Ty::I1,
            Self::AddFlags { .. }
            | Self::SubFlags { .. }
            | Self::AdcFlags { .. }
            | Self::SbcFlags { .. }
            | Self::NzFlags { .. }
            | Self::NzcFlags { .. }
            | Self::FlagsFromPsr { .. } => Ty::Flags,
            Self::Nop
            | Self::Guest { .. }
            | Self::Set { .. }
            | Self::Store { .. }
            | Self::StoreVector { .. }
            | Self::Fence
            | Self::ExitIf { .. } => return None,
        })
    }

    /// Calls `visit` with each operand.
    #[inline]
    pub fn for_each_operand(&self, mut visit: impl FnMut(Value)) {
        let mut copy = *self;
        copy.map_operands(|value| {
            visit(value);
            value
        });
    }

    /// Replaces each operand by `map` of it.
    #[inline]
    pub fn map_operands(&mut self, mut map: impl FnMut(Value) -> Value) {
        match self {
            Self::Nop
            | Self::Guest { .. }
            | Self::Const { .. }
            | Self::Get { .. }
            | Self::Fence
            | Self::FloatStatus => {}
            Self::Float { op, args, .. } => {
                let (operands, rest) = args.split_at_mut(op.count());
                for operand in operands.iter_mut() {
                    *operand = map(*operand);
                }
                rest.fill(operands[0]);
            }
            Self::Vector { op, args, .. } => {
                let (operands, rest) = args.split_at_mut(op.count());
                for operand in operands.iter_mut() {
                    *operand = map(*operand);
                }
                rest.fill(operands[0]);
            }
            Self::Set { value: a, .. }
            | Self::Unary { a, .. }
            | Self::BitNot { a }
            | Self::BitToWord { a }
            | Self::Extend { a, .. }
            | Self::Low { a }
            | Self::High { a }
            | Self::FlagsFromPsr { a }
            | Self::FlagsToPsr { a }
            | Self::Condition { flags: a, .. }
            | Self::Load { address: a, .. }
            | Self::LoadTag { address: a }
            | Self::ToVector { a, .. }
            | Self::FromVector { a, .. }
            | Self::LoadVector { address: a, .. }
            | Self::FloatSign { a, .. }
            | Self::ExitIf { condition: a, .. } => *a = map(*a),
            Self::Binary { a, b, .. }
            | Self::Compare { a, b, .. }
            | Self::Bits { a, b, .. }
            | Self::AddFlags { a, b }
            | Self::SubFlags { a, b }
            | Self::NzFlags { result: a, rest: b }
            | Self::Store {
                address: a,
                value: b,
                ..
            }
            | Self::StoreVector {
                address: a,
                value: b,
                ..
            } => {
                *a = map(*a);
                *b = map(*b);
            }
            Self::Select {
                condition: a,
                yes: b,
                no: c,
                ..
            }
            | Self::Adc { a, b, carry: c }
            | Self::Sbc { a, b, carry: c }
            | Self::AdcFlags { a, b, carry: c }
            | Self::SbcFlags { a, b, carry: c }
            | Self::NzcFlags {
                result: a,
                carry: b,
                rest: c,
            }
            | Self::Checksum {
                args: [a, b, c], ..
            }
            | Self::Call {
                args: [a, b, c], ..
            } => {
                *a = map(*a);
                *b = map(*b);
                *c = map(*c);
            }
            Self::StoreExclusive {
                address,
                tag,
                expected,
                new,
                ..
            } => {
                *address = map(*address);
                *tag = map(*tag);
                *expected = map(*expected);
                *new = map(*new);
            }
        }
    }

    /// Tells whether the instruction must stay even if its value is unused.
    #[must_use]
    pub const fn has_effect(&self) -> bool {
        self.raises_float_flags()
            || matches!(
                self,
                Self::Guest { .. }
                    | Self::Set { .. }
                    | Self::Load { .. }
                    | Self::Store { .. }
                    | Self::LoadTag { .. }
                    | Self::StoreExclusive { .. }
                    | Self::LoadVector { .. }
                    | Self::StoreVector { .. }
                    | Self::Fence
                    | Self::Call { .. }
                    | Self::ExitIf { .. }
            )
    }

    /// Tells whether a function of the guest may raise cumulative flags for the
    /// instruction: it reads and writes
    /// [`float_status`](crate::guest::StateLayout::float_status).
    #[must_use]
    pub const fn raises_float_flags(&self) -> bool {
        match self {
            Self::Float { .. } => true,
            Self::Vector { op, .. } => !op.is_pure(),
            _ => false,
        }
    }

    /// Tells whether guest state is visible to others at this instruction:
    /// because it may fault, leave the block, or call the guest.
    #[must_use]
    pub const fn exposes_state(&self) -> bool {
        matches!(
            self,
            Self::Load { .. }
                | Self::Store { .. }
                | Self::StoreExclusive { .. }
                | Self::LoadVector { .. }
                | Self::StoreVector { .. }
                | Self::Call { .. }
                | Self::ExitIf { .. }
        )
    }
}
