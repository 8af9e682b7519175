//! Oracles, generators and runners that test the dbt crates.

pub mod equivalence;
pub mod filetest;
pub mod memory;
pub mod random;
pub mod units;
