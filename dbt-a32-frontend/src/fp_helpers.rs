//! Floating-point operations as functions that generated code calls.
//!
//! Each reads the control bits of [`ArmState::fpscr`], computes, and raises the
//! cumulative flags there. Operands and results are those of [`FpOp`]; an
//! operand that the operation does not have may be anything.

use crate::checksum::Checksum;
use crate::simd::SimdOp;
use crate::softfloat::{FpControl, FpEnv};
use crate::state::ArmState;
use crate::vfp_machine::FpOp;

/// A function that generated code may call with the state.
pub type FpFunction = extern "C" fn(state: &mut ArmState, a: u64, b: u64, c: u64) -> u64;

/// The functions, indexed by [`FpOp`].
pub const FP_FUNCTIONS: [FpFunction; FpOp::ALL.len()] = functions();

impl FpOp {
    /// Performs the operation on a state: control bits from FPSCR, flags to it.
    #[inline]
    #[must_use]
    pub fn execute(self, state: &mut ArmState, a: u64, b: u64, c: u64) -> u64 {
        let mut env = FpEnv::new(FpControl::from_fpscr(state.fpscr));
        let result = self.eval(&mut env, a, b, c);
        state.fpscr |= env.flags().bits();
        result
    }

    /// Returns the function of the operation.
    #[must_use]
    pub const fn function(self) -> FpFunction {
        FP_FUNCTIONS[self as usize]
    }
}

/// Performs the packed vector operation `op` on operands in
/// [`ArmState::vectors`], clears them and leaves the result in the place of the
/// first.
pub extern "C" fn simd_function(state: &mut ArmState, op: u64, _: u64, _: u64) -> u64 {
    let [a, b, c] = [0, 2, 4].map(|index| {
        let [low, high] = [index, index + 1].map(|index| u128::from(state.vectors[index]));
        high << 64 | low
    });
    let result = SimdOp::unpack(op).execute(state, a, b, c);
    #[allow(clippy::cast_possible_truncation, reason = "halves are meant")]
    let [low, high] = [result as u64, (result >> 64) as u64];
    state.vectors = [low, high, 0, 0, 0, 0];
    0
}

/// Returns the checksum `a`, continued with the lowest bytes of `b`; `packed` is a
/// [`Checksum`].
#[must_use]
pub extern "C" fn crc_function(_: &mut ArmState, packed: u64, a: u64, b: u64) -> u64 {
    #[allow(clippy::cast_possible_truncation, reason = "words")]
    let [a, b] = [a as u32, b as u32];
    Checksum::from_bits(packed).eval(a, b).into()
}

/// All functions: those of floating point, those of vectors and of checksums.
pub const FUNCTIONS: [FpFunction; FpOp::ALL.len() + 2] = {
    let mut functions = [simd_function as FpFunction; FpOp::ALL.len() + 2];
    functions[CRC_FUNCTION as usize] = crc_function;
    let mut index = 0;
    while index < FP_FUNCTIONS.len() {
        functions[index] = FP_FUNCTIONS[index];
        index += 1;
    }
    functions
};

/// The place of [`simd_function`] among [`FUNCTIONS`].
#[allow(clippy::cast_possible_truncation, reason = "there are few functions")]
pub const SIMD_FUNCTION: u16 = FpOp::ALL.len() as u16;

/// The place of [`crc_function`] among [`FUNCTIONS`].
pub const CRC_FUNCTION: u16 = SIMD_FUNCTION + 1;

/// Instantiates one function for each operation, so that none decides at run
/// time which it is.
macro_rules! table {
    ($($op:ident)*) => {
        const fn functions() -> [FpFunction; FpOp::ALL.len()] {
            [$({
                extern "C" fn function(state: &mut ArmState, a: u64, b: u64, c: u64) -> u64 {
                    FpOp::$op.execute(state, a, b, c)
                }
                function
            }),*]
        }

        // The table is in the order of the operations' numbers.
        const _: () = {
            let order = [$(FpOp::$op),*];
            let mut index = 0;
            while index < order.len() {
                assert!(order[index] as usize == index && FpOp::ALL[index] as usize == index);
                index += 1;
            }
        };
    };
}

table! {
    Add32 Add64 Sub32 Sub64 Mul32 Mul64 Div32 Div64 Sqrt32 Sqrt64 MulAdd32 MulAdd64
    Compare32 Compare64 CompareSignalling32 CompareSignalling64
    Widen Narrow HalfToSingle SingleToHalf ToFixed32 ToFixed64 FromFixed32 FromFixed64
    MaxNum32 MaxNum64 MinNum32 MinNum64 RoundToInt32 RoundToInt64 ToInt32 ToInt64
    HalfToDouble DoubleToHalf
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_reads_the_control_bits_and_keeps_flags_raised_before() {
        let mut state = ArmState {
            fpscr: 1 << 22 | 1,
            ..ArmState::default()
        };
        let function = FpOp::Div32.function();
        let third = function(&mut state, 0x3f80_0000, 0x4040_0000, u64::MAX);
        assert_eq!(third, 0x3eaa_aaab, "1/3 rounded up");
        assert_eq!(state.fpscr, 1 << 22 | 1 << 4 | 1);
    }
}
