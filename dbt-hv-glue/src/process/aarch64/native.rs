//! The back end for the host that the process runs on (AArch64).

use dbt_a64_backend::Features;

/// That back end.
pub type NativeBackend = dbt_a64_backend::A64Backend;

/// Makes the back end, for the features of the CPU that this runs on.
#[must_use]
pub fn backend() -> NativeBackend {
    let (hwcap, _) = rustix::param::linux_hwcap();
    NativeBackend::new(Features::from_hwcap(hwcap as u64))
}
