//! Oracles, generators and runners that test the dbt crates.
