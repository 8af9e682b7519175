//! Facts about a unit that passes and back ends share.
#![forbid(unsafe_code)]

pub mod alignment;
pub mod bindings;
mod flag_set;
mod liveness;

pub use flag_set::FlagSet;
pub use liveness::Liveness;
