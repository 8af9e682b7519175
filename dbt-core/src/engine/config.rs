//! What an embedder chooses.

use crate::opt::Passes;

/// How guest code is executed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Mode {
    /// Translated; what cannot be is interpreted.
    #[default]
    Translate,
    /// Interpreted, always.
    Interpret,
}

/// An engine's configuration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// How guest code is executed.
    pub mode: Mode,
    /// Whether direct exits are patched to jump to their successors. Without
    /// links every unit ends in the dispatcher, and so does every iteration of a
    /// loop inside one: slow, but then each is one round of the
    /// [`Budget`](crate::exit::Budget).
    pub link: bool,
    /// Whether indirect branches may use the jump cache.
    pub jump_cache: bool,
    /// Into how many parts code memory is divided. When it is full, one of them
    /// is evicted: more parts forget less at a time and waste more at their ends.
    pub segments: usize,
    /// What the optimiser does to each unit.
    pub passes: Passes,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::Translate,
            link: true,
            jump_cache: true,
            segments: 8,
            passes: Passes::ALL,
        }
    }
}
