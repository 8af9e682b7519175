//! A place in a line of text.

use super::{Expected, ParseError};
use crate::ir::text::names::named;
use crate::location::Location;

/// The rest of a line. Blanks before it are skipped.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    line: u32,
    whole: &'a str,
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(line: u32, whole: &'a str) -> Self {
        Self {
            line,
            whole,
            rest: whole.trim_start(),
        }
    }

    /// Returns the error that `expected` does not stand here.
    pub(super) fn error(&self, expected: Expected) -> ParseError {
        let before = &self.whole[..self.whole.len() - self.rest.len()];
        ParseError {
            line: self.line,
            column: u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX),
            expected,
        }
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn end(&self) -> Result<(), ParseError> {
        if self.is_at_end() {
            Ok(())
        } else {
            Err(self.error(Expected::EndOfLine))
        }
    }

    /// Takes what can be one word: letters, digits, `_`, and `.` inside.
    pub(super) fn word(&mut self) -> &'a str {
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(self.rest.len());
        self.advance(end)
    }

    fn advance(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest.trim_start();
        taken
    }

    /// Takes a sign if it stands here.
    pub(super) fn take(&mut self, sign: &str) -> bool {
        let found = self.rest.starts_with(sign);
        if found {
            self.advance(sign.len());
        }
        found
    }

    /// Takes a whole word if it stands here.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let mut after = self.clone();
        let found = after.word() == word;
        if found {
            *self = after;
        }
        found
    }

    /// Takes a word or sign that must stand here.
    pub(super) fn expect(&mut self, wanted: &'static str) -> Result<(), ParseError> {
        if self.take(wanted) {
            Ok(())
        } else {
            Err(self.error(Expected::Word(wanted)))
        }
    }

    /// Takes `prefix` with a decimal number behind it, if they stand here.
    pub(super) fn numbered(&mut self, prefix: &str) -> Option<u32> {
        let mut after = self.clone();
        let number = after.word().strip_prefix(prefix)?;
        if !number.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let number = number.parse().ok()?;
        *self = after;
        Some(number)
    }

    /// Takes one of several words.
    pub(super) fn named<T: Copy>(
        &mut self,
        names: &[(&'static str, T)],
        expected: Expected,
    ) -> Result<T, ParseError> {
        let place = self.clone();
        named(names, self.word()).ok_or(place.error(expected))
    }

    /// Takes a number, decimal or hexadecimal.
    pub(super) fn number(&mut self) -> Result<u64, ParseError> {
        let place = self.clone();
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(self.rest.len());
        let digits = self.advance(end);
        let number = match digits.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        number.map_err(|_| place.error(Expected::Number))
    }

    /// Takes a number of at most 32 bits.
    pub(super) fn number32(&mut self) -> Result<u32, ParseError> {
        let place = self.clone();
        let number = self.number()?;
        u32::try_from(number).map_err(|_| place.error(Expected::Number))
    }

    /// Takes a location: its low half and, if it is not zero, `.` and its high
    /// half.
    pub(super) fn location(&mut self) -> Result<Location, ParseError> {
        let pc_bits = self.number32()?;
        let mode = if self.take(".") { self.number32()? } else { 0 };
        Ok(Location::new(pc_bits, mode))
    }
}
