//! Appending instructions.

use dbt_isa::machine::{Abort, Machine};
use dbt_isa::ops::{Access, BinOp, CmpOp, Condition, UnOp};

use super::inst::{BitOp, BlockId, Helper, Inst, Slot, Target, Value};
use super::terminator::Terminator;
use super::ty::{Ty, Width};
use super::unit::{Block, Unit};
use crate::location::Location;

/// Appends instructions and blocks to a [`Unit`].
///
/// It is a [`Machine`] whose values are [`Value`]s, so a semantic function run
/// on it appends its own translation. A front end wraps it and adds what its
/// guest needs.
///
/// Blocks are begun and ended explicitly. Forward targets are named before they
/// exist: [`reserve`](Self::reserve) gives the name, [`begin`](Self::begin)
/// starts the block. Blocks may be begun in any order, which becomes the order of
/// their code; each reserved block must be begun and ended.
#[derive(Debug)]
pub struct Builder<'a> {
    unit: &'a mut Unit,
    /// The block being appended to, with the index of its first instruction.
    open: Option<(BlockId, usize)>,
    limit: u32,
}

impl<'a> Builder<'a> {
    /// Starts with an empty unit; what `unit` held is dropped.
    pub fn new(unit: &'a mut Unit) -> Self {
        unit.clear();
        Self {
            unit,
            open: None,
            limit: u32::MAX,
        }
    }

    /// Asks for a unit of at most `limit` guest instructions, at least one.
    #[must_use]
    pub const fn with_limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// Returns how many guest instructions the unit should have at most. A front
    /// end that ignores it loses nothing but speed: units that a back end cannot
    /// compile are then interpreted.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// Drops all that was built.
    pub fn restart(&mut self) {
        self.unit.clear();
        self.open = None;
    }

    /// Returns the unit as far as it is built.
    #[must_use]
    pub fn unit(&self) -> &Unit {
        self.unit
    }

    /// Returns the unit to record what it was made from.
    pub fn unit_mut(&mut self) -> &mut Unit {
        self.unit
    }

    /// Names a block that will be begun later. The first one named is the entry.
    pub fn reserve(&mut self) -> BlockId {
        let id = BlockId(u32::try_from(self.unit.blocks.len()).unwrap_or(u32::MAX));
        self.unit.blocks.push(Block {
            location: None,
            insts: 0..0,
            terminator: Terminator::Jump(Target::Block(id)),
        });
        id
    }

    /// Begins a reserved block.
    ///
    /// # Panics
    ///
    /// If the block before has not been ended.
    pub fn begin(&mut self, id: BlockId, location: Option<Location>) {
        assert!(self.open.is_none(), "the block before is ended first");
        self.unit.blocks[id.index()].location = location;
        self.unit.order.push(id);
        self.open = Some((id, self.unit.insts.len()));
    }

    /// Ends the open block.
    ///
    /// # Panics
    ///
    /// If no block is open.
    pub fn end(&mut self, terminator: Terminator) {
        let Some((id, start)) = self.open.take() else {
            panic!("a terminator ends an open block");
        };
        let end = self.unit.insts.len();
        let block = &mut self.unit.blocks[id.index()];
        block.insts = start..end;
        block.terminator = terminator;
    }

    /// Tells whether a block is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Returns the instructions of the open block; none if no block is open.
    #[must_use]
    pub fn open_insts(&self) -> &[Inst] {
        let start = self.open.map_or(self.unit.insts.len(), |(_, start)| start);
        &self.unit.insts[start..]
    }

    /// Appends an instruction.
    #[inline]
    pub fn push(&mut self, inst: Inst) -> Value {
        let value = Value(u32::try_from(self.unit.insts.len()).unwrap_or(u32::MAX));
        self.unit.insts.push(inst);
        value
    }

    /// Removes the instructions from `len` on, all of the open block, so that
    /// another translation can be tried.
    pub fn rewind(&mut self, len: usize) {
        for inst in self.unit.insts.drain(len..) {
            self.unit.guest_insts -= u32::from(matches!(inst, Inst::Guest { .. }));
        }
    }

    /// Marks the start of the guest instruction at `location`.
    pub fn guest(&mut self, location: Location) {
        self.unit.guest_insts += 1;
        self.push(Inst::Guest { location });
    }

    /// Reads a slot.
    pub fn get(&mut self, slot: Slot) -> Value {
        self.push(Inst::Get { slot })
    }

    /// Writes a slot.
    pub fn set(&mut self, slot: Slot, value: Value) {
        self.push(Inst::Set { slot, value });
    }

    /// Leaves the block for `target` if `condition` holds.
    pub fn exit_if(&mut self, condition: Value, target: Target) {
        self.push(Inst::ExitIf { condition, target });
    }

    /// Calls a helper of the guest.
    pub fn call(&mut self, helper: Helper, args: [Value; 3]) -> Value {
        self.push(Inst::Call { helper, args })
    }

    /// Returns the constant that `value` is, if it is one.
    #[must_use]
    pub fn constant(&self, value: Value) -> Option<u64> {
        self.unit.constant(value)
    }

    fn word_const(&self, value: Value) -> Option<u32> {
        self.constant(value)
            .and_then(|bits| u32::try_from(bits).ok())
    }
}

impl Machine for Builder<'_> {
    type Bit = Value;
    type Word = Value;
    type Dword = Value;
    type Flags = Value;

    fn bit(&mut self, value: bool) -> Value {
        self.push(Inst::Const {
            ty: Ty::I1,
            bits: value.into(),
        })
    }
    fn imm(&mut self, value: u32) -> Value {
        self.push(Inst::Const {
            ty: Ty::I32,
            bits: value.into(),
        })
    }
    fn imm64(&mut self, value: u64) -> Value {
        self.push(Inst::Const {
            ty: Ty::I64,
            bits: value,
        })
    }

    fn binary(&mut self, op: BinOp, a: Value, b: Value) -> Value {
        if let (Some(a), Some(b)) = (self.word_const(a), self.word_const(b)) {
            return self.imm(op.eval32(a, b));
        }
        self.push(Inst::Binary {
            op,
            width: Width::W32,
            a,
            b,
        })
    }
    fn binary64(&mut self, op: BinOp, a: Value, b: Value) -> Value {
        self.push(Inst::Binary {
            op,
            width: Width::W64,
            a,
            b,
        })
    }
    fn unary(&mut self, op: UnOp, a: Value) -> Value {
        if let Some(a) = self.word_const(a) {
            return self.imm(op.eval(a));
        }
        self.push(Inst::Unary { op, a })
    }
    fn compare(&mut self, op: CmpOp, a: Value, b: Value) -> Value {
        self.push(Inst::Compare {
            op,
            width: Width::W32,
            a,
            b,
        })
    }
    fn compare64(&mut self, op: CmpOp, a: Value, b: Value) -> Value {
        self.push(Inst::Compare {
            op,
            width: Width::W64,
            a,
            b,
        })
    }

    fn bit_and(&mut self, a: Value, b: Value) -> Value {
        self.push(Inst::Bits {
            op: BitOp::And,
            a,
            b,
        })
    }
    fn bit_or(&mut self, a: Value, b: Value) -> Value {
        self.push(Inst::Bits {
            op: BitOp::Or,
            a,
            b,
        })
    }
    fn bit_xor(&mut self, a: Value, b: Value) -> Value {
        self.push(Inst::Bits {
            op: BitOp::Xor,
            a,
            b,
        })
    }
    fn bit_not(&mut self, a: Value) -> Value {
        self.push(Inst::BitNot { a })
    }
    fn bit_to_word(&mut self, a: Value) -> Value {
        self.push(Inst::BitToWord { a })
    }

    fn select(&mut self, condition: Value, yes: Value, no: Value) -> Value {
        self.push(Inst::Select {
            width: Width::W32,
            condition,
            yes,
            no,
        })
    }
    fn select64(&mut self, condition: Value, yes: Value, no: Value) -> Value {
        self.push(Inst::Select {
            width: Width::W64,
            condition,
            yes,
            no,
        })
    }

    fn zext64(&mut self, a: Value) -> Value {
        self.push(Inst::Extend { signed: false, a })
    }
    fn sext64(&mut self, a: Value) -> Value {
        self.push(Inst::Extend { signed: true, a })
    }
    fn low(&mut self, a: Value) -> Value {
        self.push(Inst::Low { a })
    }
    fn high(&mut self, a: Value) -> Value {
        self.push(Inst::High { a })
    }

    fn adc(&mut self, a: Value, b: Value, carry: Value) -> Value {
        self.push(Inst::Adc { a, b, carry })
    }
    fn sbc(&mut self, a: Value, b: Value, carry: Value) -> Value {
        self.push(Inst::Sbc { a, b, carry })
    }
    fn add_flags(&mut self, a: Value, b: Value) -> Value {
        self.push(Inst::AddFlags { a, b })
    }
    fn sub_flags(&mut self, a: Value, b: Value) -> Value {
        self.push(Inst::SubFlags { a, b })
    }
    fn adc_flags(&mut self, a: Value, b: Value, carry: Value) -> Value {
        self.push(Inst::AdcFlags { a, b, carry })
    }
    fn sbc_flags(&mut self, a: Value, b: Value, carry: Value) -> Value {
        self.push(Inst::SbcFlags { a, b, carry })
    }
    fn nz_flags(&mut self, result: Value, rest: Value) -> Value {
        self.push(Inst::NzFlags { result, rest })
    }
    fn nzc_flags(&mut self, result: Value, carry: Value, rest: Value) -> Value {
        self.push(Inst::NzcFlags {
            result,
            carry,
            rest,
        })
    }
    fn flags_from_psr(&mut self, word: Value) -> Value {
        self.push(Inst::FlagsFromPsr { a: word })
    }
    fn flags_to_psr(&mut self, flags: Value) -> Value {
        self.push(Inst::FlagsToPsr { a: flags })
    }
    fn condition(&mut self, flags: Value, condition: Condition) -> Value {
        self.push(Inst::Condition { flags, condition })
    }

    fn load(&mut self, access: Access, address: Value) -> Result<Value, Abort> {
        Ok(self.push(Inst::Load {
            access,
            width: Width::W32,
            address,
        }))
    }
    fn load64(&mut self, access: Access, address: Value) -> Result<Value, Abort> {
        Ok(self.push(Inst::Load {
            access,
            width: Width::W64,
            address,
        }))
    }
    fn store(&mut self, access: Access, address: Value, value: Value) -> Result<(), Abort> {
        self.push(Inst::Store {
            access,
            width: Width::W32,
            address,
            value,
        });
        Ok(())
    }
    fn store64(&mut self, access: Access, address: Value, value: Value) -> Result<(), Abort> {
        self.push(Inst::Store {
            access,
            width: Width::W64,
            address,
            value,
        });
        Ok(())
    }
    fn load_tag(&mut self, address: Value) -> Value {
        self.push(Inst::LoadTag { address })
    }
    fn store_exclusive(
        &mut self,
        access: Access,
        address: Value,
        tag: Value,
        expected: Value,
        new: Value,
    ) -> Result<Value, Abort> {
        Ok(self.push(Inst::StoreExclusive {
            access,
            address,
            tag,
            expected,
            new,
        }))
    }
    fn fence(&mut self) {
        self.push(Inst::Fence);
    }

    fn when(
        &mut self,
        condition: Value,
        body: impl FnOnce(&mut Self) -> Result<(), Abort>,
    ) -> Result<(), Abort> {
        let join = self.reserve();
        let skip = self.bit_not(condition);
        self.exit_if(skip, Target::Block(join));
        let result = body(self);
        if self.is_open() {
            self.end(Terminator::Jump(Target::Block(join)));
        }
        self.begin(join, None);
        result
    }
}
