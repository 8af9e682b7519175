//! The procedural macro behind `dbt-isa`.
