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

/// Makes the thread that an environment calls [`thread`] leave generated code, if it
/// runs any, by the [detour](crate::host::Detour). Called by any thread, signal
/// handlers included, after [`VcpuContext::interrupt`] has been set. If the thread has
/// ended, nothing happens.
///
/// [`thread`]: crate::host::Environment::thread
/// [`VcpuContext::interrupt`]: crate::host::VcpuContext::interrupt
pub type Kick = fn(thread: u64);

/// An engine's configuration.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// How guest code is executed.
    pub mode: Mode,
    /// How often a location is reached, and interpreted from there to the next
    /// branch, before it is translated. Zero translates everything at once.
    pub hot_threshold: u8,
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
    /// How a thread is brought to leave generated code. With it, a back end that can
    /// makes code that does not poll; half of code memory is a
    /// [detour](crate::host::Detour) then.
    pub kick: Option<Kick>,
    /// How many of the host's floating-point exceptions a guest instruction may raise
    /// before it is translated to a call of the guest's function, which is slower and
    /// raises none. Unless it is zero, every environment
    /// [takes](crate::host::Environment::takes_float_traps) exceptions, and a back end
    /// that can makes code that raises one instead of looking for rare results.
    /// `u32::MAX` is as many as there are.
    pub float_traps: u32,
    /// How many accesses of a guest instruction may fault because their address wraps
    /// around before it is translated to arithmetic that wraps as the guest's does.
    /// Matters with [`Lowering::Isolated`](crate::host::Lowering::Isolated), which is
    /// taken for [`Identity`](crate::host::Lowering::Identity) if this is zero.
    /// `u32::MAX` is as many as there are.
    pub wrapping: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::Translate,
            hot_threshold: 48,
            link: true,
            jump_cache: true,
            segments: 8,
            passes: Passes::ALL,
            kick: None,
            float_traps: 0,
            wrapping: 8,
        }
    }
}
