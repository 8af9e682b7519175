//! What instructions programs are made of.

use dbt_a32_frontend::guest::A32Guest;
use dbt_a32_frontend::insn::{a32, simd, simd_extension, t16, t32, vfp, vfp_half, vfp_v8};
use dbt_a32_frontend::system::{Config, Exceptions};
use dbt_a32_frontend::version::{DecodeContext, Features};
use dbt_isa::RowInfo;

use super::SYSTEM_REGISTERS;
use crate::random::Random;

/// A row, with the decoder it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    A32(&'static RowInfo),
    T16(&'static RowInfo),
    T32(&'static RowInfo),
    Vfp(&'static RowInfo),
    Simd(&'static RowInfo),
    VfpV8(&'static RowInfo),
    VfpHalf(&'static RowInfo),
    SimdExtension(&'static RowInfo),
}

impl Source {
    pub(crate) const fn row(self) -> &'static RowInfo {
        match self {
            Self::A32(row)
            | Self::T16(row)
            | Self::T32(row)
            | Self::Vfp(row)
            | Self::Simd(row)
            | Self::VfpV8(row)
            | Self::VfpHalf(row)
            | Self::SimdExtension(row) => row,
        }
    }

    /// All rows of A32 or T32.
    pub(crate) fn all(thumb: bool) -> Vec<Self> {
        let fp = (vfp::ROWS.iter().map(Self::Vfp))
            .chain(vfp_v8::ROWS.iter().map(Self::VfpV8))
            .chain(vfp_half::ROWS.iter().map(Self::VfpHalf))
            .chain(simd_extension::ROWS.iter().map(Self::SimdExtension))
            .chain(simd::ROWS.iter().map(Self::Simd));
        if thumb {
            let narrow = t16::ROWS.iter().map(Self::T16);
            let wide = t32::ROWS.iter().map(Self::T32);
            narrow.chain(wide).chain(fp).collect()
        } else {
            a32::ROWS.iter().map(Self::A32).chain(fp).collect()
        }
    }

    /// Draws an encoding of the row and returns it with its length.
    pub(crate) fn draw(self, random: &mut Random, cx: &DecodeContext) -> Option<(u32, u32)> {
        let always = random.one_in(2);
        let next = &mut || random.word();
        match self {
            Self::A32(row) => {
                let word = a32::random(row, next, cx)?;
                let tied = word >> 28 == 15 || !always;
                let unconditional = word & 0x0fff_ffff | 0xe000_0000;
                Some((if tied { word } else { unconditional }, 4))
            }
            Self::T16(row) => Some((t16::random(row, next, cx)?.into(), 2)),
            Self::T32(row) => Some((t32::random(row, next, cx)?, 4)),
            Self::Vfp(row) => {
                let word = vfp::random(row, next, cx)?;
                let cond = if cx.thumb || always { 14 } else { next() % 15 };
                Some((word & 0x0fff_ffff | cond << 28, 4))
            }
            Self::Simd(row) => {
                let word = simd::random(row, next, cx)?;
                Some((if cx.thumb { simd_in_thumb(word) } else { word }, 4))
            }
            Self::VfpV8(row) => Some((vfp_v8::random(row, next, cx)?, 4)),
            Self::VfpHalf(row) => Some((vfp_half::random(row, next, cx)?, 4)),
            Self::SimdExtension(row) => Some((simd_extension::random(row, next, cx)?, 4)),
        }
    }
}

/// Returns an Advanced SIMD word of A32 as T32 encodes it.
const fn simd_in_thumb(word: u32) -> u32 {
    let data_processing = word >> 25 == 0b111_1001;
    if data_processing {
        word & 0x00ff_ffff | 0xef00_0000 | (word >> 24 & 1) << 28
    } else {
        word & 0x00ff_ffff | 0xf900_0000
    }
}

/// What programs are made of.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// The features of the core.
    pub features: Features,
    /// The least and the largest number of instructions.
    pub len: (usize, usize),
    /// One instruction in so many is a uniformly random word; 0 for none.
    pub wild: usize,
    /// One stop in so many is kept as the end of the program.
    pub stops: usize,
    /// One program in so many accesses big-endian data; 0 for none.
    pub big_endian: usize,
    /// Whether each instruction is executed once and in order, so that one that is
    /// at fault can be told by its place. Otherwise there are loops and skips.
    pub straight: bool,
    /// Whether programs run in any mode, Secure or not, with all registers drawn; the
    /// embedder takes exceptions.
    pub system: bool,
    /// Whether the guest takes exceptions itself, if there is a system level: to vectors
    /// at the start of the code page that return from calls and breakpoints and leave
    /// the page at anything else.
    pub vectors: bool,
}

impl Mix {
    /// A mix for a core with `features`.
    #[must_use]
    pub const fn new(features: Features) -> Self {
        Self {
            features,
            len: (8, 32),
            wild: 8,
            stops: 16,
            big_endian: 8,
            straight: false,
            system: false,
            vectors: false,
        }
    }

    /// Draws an encoding of a row; moves to and from system registers are of those that
    /// programs in any mode have.
    pub(super) fn draw(
        &self,
        source: Source,
        random: &mut Random,
        cx: &DecodeContext,
    ) -> Option<(u32, u32)> {
        let (word, len) = source.draw(random, cx)?;
        if !self.system || !["Mrc", "Mcr"].contains(&source.row().name) {
            return Some((word, len));
        }
        let (_, [crn, opc1, crm, opc2]) = random.pick(&SYSTEM_REGISTERS);
        let fields = 15 << 8 | crn << 16 | opc1 << 21 | crm | opc2 << 5;
        Some((word & !0x00ef_0fef | fields, len))
    }

    /// The guest that executes the programs.
    ///
    /// # Panics
    ///
    /// If the features contradict one another.
    #[must_use]
    pub fn guest(&self) -> A32Guest {
        if !self.system {
            return A32Guest::new(self.features);
        }
        let config = Config {
            exceptions: if self.vectors {
                Exceptions::Guest
            } else {
                Exceptions::Embedder
            },
            ..Config::default()
        };
        A32Guest::with_system(self.features, config).expect("the features are those of a core")
    }
}
