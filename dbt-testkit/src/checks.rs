//! Theorems about any input, for fuzzing and for `cargo test`.
//!
//! Each takes bytes, of which it makes an input, panics if its theorem does not
//! hold, and tells whether the input was a meaningful one. What is missing at the end
//! of the bytes is zero. A fuzzer makes a million inputs a second if it is let, so
//! checks keep what they can between inputs, and those of decoders allocate nothing.

mod decode;
mod lockstep;
mod step;
mod text;

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod cache;

use dbt_a32_frontend::version::Features;

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
pub use cache::code_cache;
pub use decode::{a32_decodes, encodings_decode, t32_decodes};
pub use lockstep::{
    exclusives_keep_in_step, floating_point_keeps_in_step, generated_code_keeps_in_step,
    system_level_keeps_in_step,
};
pub use step::{any_instruction_steps, description_is_checked};
pub use text::ir_text_round_trips;

/// What is left of an input: numbers, least significant byte first.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        byte
    }

    fn half(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    fn word(&mut self) -> u32 {
        u32::from(self.half()) | u32::from(self.half()) << 16
    }

    fn doubleword(&mut self) -> u64 {
        u64::from(self.word()) | u64::from(self.word()) << 32
    }

    /// Features, all but those that are named.
    fn features(&mut self) -> Features {
        Features::from_bits_truncate(!self.word())
    }
}
