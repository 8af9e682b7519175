//! Our decoders as subjects of a sweep.

use std::fmt::Write as _;

use dbt_a32_frontend::decode::{decode_a32, decode_thumb};
use dbt_a32_frontend::disasm::PrintContext;
use dbt_a32_frontend::insn::{Insn, a32, simd, simd_extension, t16, t32, vfp, vfp_half, vfp_v8};
use dbt_a32_frontend::itstate::{Cond, ItState};
use dbt_a32_frontend::version::{DecodeContext, Features};
use dbt_isa::{Decoded, RowInfo, Undecodable};

use super::{Set, Subject, Verdict};
use crate::capstone;

/// The decoder of `dbt-a32-frontend`.
#[derive(Clone, Copy, Debug)]
pub struct Frontend {
    set: Set,
    cx: DecodeContext,
    print: PrintContext,
}

impl Frontend {
    /// Outside an IT block, with every feature.
    #[must_use]
    pub fn new(set: Set) -> Self {
        let thumb = set != Set::A32;
        let cx = DecodeContext {
            features: Features::all(),
            thumb,
            ..DecodeContext::default()
        };
        let print = PrintContext {
            address: capstone::ADDRESS,
            thumb,
            ..PrintContext::default()
        };
        Self { set, cx, print }
    }

    /// The same, but branch targets are printed as if the PC were zero.
    #[must_use]
    pub const fn relative(mut self) -> Self {
        self.print.address = 0_u32.wrapping_sub(if self.print.thumb { 4 } else { 8 });
        self
    }

    /// In an IT block: `it` is what remains of it.
    #[must_use]
    pub fn in_block(set: Set, it: ItState) -> Self {
        let mut this = Self::new(set);
        this.cx.it = it;
        this.print.c = it.cond();
        this
    }

    /// The rows of the decoder.
    #[must_use]
    pub const fn rows(&self) -> &'static [RowInfo] {
        match self.set {
            Set::A32 => a32::ROWS,
            Set::T16 => t16::ROWS,
            Set::T32 => t32::ROWS,
        }
    }

    fn decode(&self, word: u32) -> Result<Decoded<Insn>, Undecodable> {
        if self.set == Set::A32 {
            return decode_a32(word, &self.cx);
        }
        let (first, second) = match self.set {
            Set::T16 => (word, 0),
            _ => (word >> 16, word & 0xffff),
        };
        let half = |word| u16::try_from(word).map_err(|_| Undecodable::Unallocated);
        let (first, second) = (half(first)?, half(second)?);
        decode_thumb(first, || second, &self.cx).map(|thumb| thumb.decoded)
    }

    /// The first row whose fixed bits a word has; its conditions may say that
    /// another is meant, so this is good for a name in a report only.
    fn nearest_row(&self, word: u32) -> &'static str {
        let mut rows = self.rows().iter();
        // Floating point is decoded under one condition only.
        let always = word & 0x0fff_ffff | 0xe000_0000;
        let mut fp = [
            vfp::ROWS,
            simd::ROWS,
            vfp_v8::ROWS,
            vfp_half::ROWS,
            simd_extension::ROWS,
        ]
        .into_iter()
        .flatten();
        let row = rows.find(|row| word & row.mask == row.value).or_else(|| {
            fp.find(|row| {
                [word, always]
                    .iter()
                    .any(|word| word & row.mask == row.value)
            })
        });
        row.map_or("?", |row| row.name)
    }
}

impl Subject for Frontend {
    fn ask(&self, word: u32, text: &mut String) -> Verdict {
        match self.decode(word) {
            Ok(decoded) => {
                let mut print = self.print;
                if self.set == Set::A32 {
                    print.c = Cond::from_bits(word >> 28);
                }
                write!(text, "{}", decoded.display(&print)).expect("a string takes any text");
                let size = if self.set == Set::T16 { 2 } else { 4 };
                Verdict::Insn {
                    row: decoded.row.name,
                    size,
                }
            }
            Err(Undecodable::Unpredictable) => Verdict::Unpredictable {
                row: self.nearest_row(word),
            },
            Err(Undecodable::Undefined) => Verdict::Undefined {
                row: self.nearest_row(word),
            },
            Err(_) => Verdict::Unallocated,
        }
    }
}
