//! What is known about a row at run time.

/// One row of a description: an encoding of an instruction.
///
/// Tools read these: coverage reports, exhaustive tests, generators of random
/// instructions. The rows of a decoder are its constant `ROWS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "written out by the expansion of `isa!`"
)]
pub struct RowInfo {
    /// The name of the instruction, shared by all its encodings.
    pub name: &'static str,
    /// The manual's label of the encoding, such as "A1" or "T2".
    pub encoding: &'static str,
    /// The bit pattern as written.
    pub pattern: &'static str,
    /// The bits that are fixed.
    pub mask: u32,
    /// The values of the fixed bits.
    pub value: u32,
    /// The bits that should have a value; the word is UNPREDICTABLE otherwise.
    pub should_be_mask: u32,
    /// The values those bits should have.
    pub should_be_value: u32,
    /// The length of the instruction word in bits.
    pub width_bits: u32,
    /// The position of the row in `ROWS`.
    pub index: u16,
    /// The assembly syntax as written, here or in an earlier row of the same name.
    pub syntax: &'static str,
    /// Which of the syntax strings of its name the row has.
    #[doc(hidden)]
    pub syntax_index: u8,
}
