//! Guest memory, which is the window of `dbt-hv-glue`.
//!
//! Every pointer that a guest passes is checked there: copies are tolerant of
//! faults, and a host call gets an address only for a range that allows the
//! access ([`Space::slice`](dbt_hv_glue::process::Window::slice)). Translations
//! of what is written or unmapped are forgotten there as well.

pub use dbt_hv_glue::process::{
    Access, Backing, CStrFault, Error, FaultKind, GuestFault, Placement, Prot, RegionKind,
    RemapTarget, Window as Space, page_size,
};
