//! Cyclic redundancy checks (DDI 0487, F5.1).

use dbt_isa::ops::Size;

use crate::args::size_of_log2;

/// A checksum of 32 bits, its bits in the order of the data's.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Checksum {
    /// Whether the polynomial is Castagnoli's; else that of Ethernet.
    pub castagnoli: bool,
    /// How many bytes are added.
    pub size: Size,
}

impl Checksum {
    /// Packs the description into an argument for generated code.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.size as u64 | (self.castagnoli as u64) << 2
    }

    /// Unpacks what [`bits`](Self::bits) packed.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "two bits")]
    pub const fn from_bits(bits: u64) -> Self {
        Self {
            castagnoli: bits & 4 != 0,
            size: size_of_log2(bits as u32 & 3),
        }
    }

    /// Continues the checksum `sum` with the lowest bytes of `data`.
    ///
    /// # Examples
    ///
    /// ```
    /// use dbt_a32_frontend::checksum::Checksum;
    /// use dbt_isa::ops::Size;
    ///
    /// let crc = Checksum { castagnoli: false, size: Size::Byte };
    /// let sum = b"123456789".iter().fold(!0, |sum, &byte| crc.eval(sum, byte.into()));
    /// assert_eq!(!sum, 0xcbf4_3926);
    /// ```
    #[must_use]
    pub const fn eval(self, sum: u32, data: u32) -> u32 {
        // With the lowest power in the highest bit.
        let polynomial = if self.castagnoli {
            0x82f6_3b78
        } else {
            0xedb8_8320
        };
        let bits = 8 * self.size.bytes();
        let mut sum = sum ^ (data & u32::MAX >> (32 - bits));
        let mut bit = 0;
        while bit < bits {
            sum = sum >> 1 ^ if sum & 1 == 1 { polynomial } else { 0 };
            bit += 1;
        }
        sum
    }
}
