//! What an embedder can ask for in vain.

/// Why an engine could not be made. Nothing that a guest does is an `Error`: see
/// [`Exit`](crate::exit::Exit) for that.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The code memory cannot hold the runtime and one small segment. Give more,
    /// or make an engine that only interprets.
    #[error("code memory of {have} bytes is too small: {need} are needed")]
    CodeMemoryTooSmall {
        /// The least capacity.
        need: usize,
        /// What was given.
        have: usize,
    },
    /// The code memory reaches beyond what direct jumps span (2 GiB). Give less.
    #[error("code memory of {have} bytes is too large")]
    CodeMemoryTooLarge {
        /// What was given.
        have: usize,
    },
    /// The back end cannot work on this host. Make an engine that only
    /// interprets.
    #[error("the back end cannot work on this host")]
    Unsupported,
    /// The host CPU lacks what the back end requires. Nothing was emitted. Make an engine
    /// that only interprets.
    #[error("the host lacks {feature}")]
    MissingHostFeature {
        /// What it lacks.
        feature: &'static str,
    },
    /// The guest's description of its state has a slot outside the state, or its
    /// flags are no four-byte slot. The front end's fault.
    #[error("the guest's state layout does not fit its state")]
    BadLayout,
}
