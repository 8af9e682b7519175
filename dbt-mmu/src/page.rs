//! Guest physical page numbers.

use core::ops::Range;

/// A 4 KiB page of guest physical memory, by its number.
///
/// A page number says nothing about whether memory is there.
///
/// # Examples
///
/// ```
/// use dbt_mmu::Page;
///
/// let page = Page::containing(0x8abc);
/// assert_eq!(page, Page::new(8));
/// assert_eq!(page.bytes(), 0x8000..0x9000);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(transparent)]
pub struct Page(u64);

impl Page {
    /// Base-2 logarithm of [`Self::SIZE`].
    pub const SHIFT: u32 = 12;

    /// Bytes in a page.
    pub const SIZE: u64 = 1 << Self::SHIFT;

    /// Names the page with this number.
    ///
    /// # Panics
    ///
    /// Panics when the page starts beyond 2^64 bytes.
    #[inline]
    #[must_use]
    pub const fn new(number: u64) -> Self {
        assert!(number <= u64::MAX >> Self::SHIFT, "page number beyond 2^52");
        Self(number)
    }

    /// Returns the page that holds the byte at `addr`.
    #[inline]
    #[must_use]
    pub const fn containing(addr: u64) -> Self {
        Self(addr >> Self::SHIFT)
    }

    /// Returns the page's number.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Returns the address of the page's first byte.
    #[inline]
    #[must_use]
    pub const fn start(self) -> u64 {
        self.0 << Self::SHIFT
    }

    /// Returns the page's bytes.
    ///
    /// The range of the very last page of a 64-bit space ends one byte early,
    /// for want of a number.
    #[inline]
    #[must_use]
    pub const fn bytes(self) -> Range<u64> {
        self.start()..self.start().saturating_add(Self::SIZE)
    }

    /// Returns the pages that share a byte with `bytes`, first and last, or
    /// nothing for an empty range.
    #[inline]
    #[must_use]
    pub const fn covering(bytes: &Range<u64>) -> Option<(Self, Self)> {
        if bytes.start >= bytes.end {
            return None;
        }
        Some((
            Self::containing(bytes.start),
            Self::containing(bytes.end - 1),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    /// A range that ends on a boundary does not touch the page behind it.
    #[test]
    fn covering_is_exact_at_both_ends() {
        let pages = |r| Page::covering(&r).map(|(a, b)| (a.number(), b.number()));
        assert_eq!(pages(0x1000..0x2000), Some((1, 1)));
        assert_eq!(pages(0x0fff..0x2001), Some((0, 2)));
        assert_eq!(pages(0x1000..0x1000), None);
        assert_eq!(
            pages(u64::MAX - 1..u64::MAX),
            Some(((1 << 52) - 1, (1 << 52) - 1))
        );
    }
}
