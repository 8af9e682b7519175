//! Oracles, generators and runners that test the dbt crates.

pub mod memory;
pub mod random;
pub mod units;
