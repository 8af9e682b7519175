//! The conformance suite, stamped on the back ends of this host.
#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

use dbt_hv_glue::process::native;
use dbt_testkit::conformance;

conformance!(this_host, native::backend());

#[cfg(target_arch = "x86_64")]
conformance!(
    x86_64_baseline,
    dbt_x86_backend::X86Backend::new(dbt_x86_backend::Features::BASELINE)
);

#[cfg(target_arch = "aarch64")]
conformance!(
    aarch64_baseline,
    dbt_a64_backend::A64Backend::new(dbt_a64_backend::Features::BASELINE)
);

// Where indirect branches go astray, the host says so.
conformance!(checked_branches, conformance::CheckedBranches);

// Nearly everything is too far away for a branch.
#[cfg(target_arch = "aarch64")]
conformance!(
    aarch64_far_apart,
    dbt_a64_backend::A64Backend::new(dbt_a64_backend::Features::BASELINE).with_reach(4096)
);
