#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
//! AArch32 (A32 and T32) guest: decode, disassemble, interpret, lift.
//!
//! For whoever looks at or runs 32-bit ARM code: disassemblers and analysers
//! need the decoder alone, emulators the interpreter, translators the lifter. It
//! is no assembler, and it knows nothing of a host or of page tables.
//!
//! ```
//! use dbt_a32_frontend::instruction::Instruction;
//! use dbt_a32_frontend::version::DecodeContext;
//!
//! let insn = Instruction::a32(0xe281_0c01, 0x8000, &DecodeContext::a32())?;
//! assert_eq!(insn.to_string(), "add r0, r1, #0x100");
//! let insn = Instruction::thumb(0x4770, || 0, 0x8000, &DecodeContext::t32())?;
//! assert_eq!(insn.to_string(), "bx lr");
//! # Ok::<(), dbt_isa::Undecodable>(())
//! ```
//!
//! # Concepts
//!
//! Every encoding is one row in the tables of `src/encodings`, written as in the
//! Arm manual, and decodes to an [`Insn`](insn::Insn). Encodings of one
//! instruction share its [arguments](args) and its one semantic function, which
//! is generic over a machine ([`A32Machine`](machine::A32Machine),
//! [`VfpMachine`](vfp_machine::VfpMachine)). The interpreter, the lifter and the
//! [use analysis](use_analysis) are such machines.
//!
//! What decoding depends on besides the bits is a
//! [`DecodeContext`](version::DecodeContext): the features of the core, and the
//! state of an IT block. A condition is not part of an instruction; see
//! [`Instruction`](instruction::Instruction).
//!
//! # What is described
//!
//! All user-level instructions of ARMv7-A, in A32 and T32, with floating point and
//! Advanced SIMD; what ARMv8 added to both sets: acquiring and releasing accesses,
//! checksums, cryptography, and rounding, selecting and numeric maxima in floating
//! point; what its later versions added up to ARMv8.6: half precision, BFloat16, dot
//! products and products of matrices, complex numbers, `VJCVT`, `VQRDMLAH`, `SETPAN`,
//! speculation barriers; and the [system level](system) with the Security and Virtualization
//! Extensions. A guest of user-level code ([`A32Guest::new`](guest::A32Guest::new))
//! leaves exceptions to the embedder; a guest with a system level
//! ([`A32Guest::with_system`](guest::A32Guest::with_system)) takes them.
//!
//! # UNPREDICTABLE
//!
//! The decoder rejects what the manual calls UNPREDICTABLE, bits that should be
//! zero or one included, and the interpreter and the lifter take it as UNDEFINED.
//! The exceptions, all of which real code and other implementations rely on:
//!
//! - An UNDEFINED instruction whose condition fails does nothing.
//! - `STM` with writeback stores a listed base as it was before.
//! - A branch to an A32 address with bit 1 set ignores the bit.
//! - Instructions that only privileged code may execute decode, and are UNDEFINED
//!   in User mode (`CPS` does nothing, as the manual says).
//! - A store-exclusive of another size than the load-exclusive compares what it
//!   would overwrite. One that fails for its address does not check alignment.
//! - An `LDRD` or `STRD` that is not aligned to words faults; one that is not
//!   aligned to doublewords does not, and is made of two accesses.
//!
//! Those of the system level stand in [`system`].
//!
//! # Features
//!
//! - `translate` (default): interpreter and lifter; needs `alloc` and `dbt-core`.
//!   Without it the crate decodes, prints and analyses.
//!
//! # no_std and allocation
//!
//! The crate is `no_std`. Decoding, printing, analysing and interpreting never
//! allocate.
//!
//! # Limits
//!
//! ThumbEE and short vectors of VFP are not described: `filetests/isa/index.txt` lists every
//! instruction of the manuals with its encodings, or why there are none. Debug state is not
//! modelled, so that `HLT` and `DCPS` are UNDEFINED. CPSR.PAN is kept, and set by exceptions, for
//! an embedder that checks accesses by it; CPSR.SSBS likewise, which User mode does not write.
//! What the system level leaves out stands in [`system`].
//!
//! # MSRV
//!
//! Rust 1.95.

#[cfg(feature = "translate")]
extern crate alloc;

pub mod args;
pub mod checksum;
pub mod decode;
pub mod disasm;
mod encodings;
pub mod fp_helpers;
pub mod fp_reg;
#[cfg(feature = "translate")]
pub mod guest;
pub mod imm;
pub mod insn;
pub mod instruction;
#[cfg(feature = "translate")]
pub mod interp;
pub mod itstate;
#[cfg(feature = "translate")]
mod lift;
pub mod machine;
pub mod operands;
pub mod reg;
mod sem;
pub mod simd;
pub mod simd_machine;
pub mod softfloat;
pub mod state;
#[cfg_attr(
    not(feature = "translate"),
    allow(dead_code, reason = "nothing executes where there is only a decoder")
)]
pub mod system;
pub mod system_machine;
pub mod use_analysis;
pub mod version;
pub mod vfp_machine;
