//! What `--stats` prints of the engine.

use std::io::{self, Write};

use dbt_core::stats::{Stats, VcpuStats};

/// What the cores that have ended did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub(super) vcpus: VcpuStats,
    pub(super) system_calls: u64,
}

/// Writes the statistics.
pub(super) fn write(
    out: &mut dyn Write,
    translating: bool,
    stats: &Stats,
    totals: &Totals,
) -> io::Result<()> {
    let vcpus = &totals.vcpus;
    let mut line = |name: &str, value: &dyn std::fmt::Display| writeln!(out, "{name:<32}{value}");
    line("system calls", &totals.system_calls)?;
    line("instructions interpreted", &vcpus.interpreted)?;
    if !translating {
        return Ok(());
    }
    line("units translated", &stats.translations)?;
    line("  guest instructions", &stats.guest_insts)?;
    line("  host bytes", &stats.host_bytes)?;
    line(
        "  host bytes/guest instruction",
        &ratio(stats.host_bytes, stats.guest_insts),
    )?;
    line(
        "  ns/guest instruction",
        &ratio(vcpus.translation_ns, stats.guest_insts),
    )?;
    line("  thrown away", &stats.discarded)?;
    line("  refused by the back end", &stats.refused)?;
    line("entries of generated code", &vcpus.entries)?;
    line("  left at unlinked exits", &vcpus.unlinked_exits)?;
    line("  left for indirect branches", &vcpus.indirect_misses)?;
    line("  left by faults", &vcpus.faults)?;
    line("    and went on", &vcpus.resolved_faults)?;
    line("    of wrapped addresses", &vcpus.wrapped)?;
    line("float traps", &vcpus.float_traps)?;
    line("lookups in the shared cache", &vcpus.lookups)?;
    line("links made", &stats.links)?;
    line("  with vector registers kept", &stats.bound_links)?;
    line("  and taken back", &stats.unlinks)?;
    line("invalidations", &stats.invalidations)?;
    line("  units forgotten", &stats.invalidated_fragments)?;
    line("evictions", &stats.evictions)?;
    line("  units forgotten", &stats.evicted_fragments)?;
    line("  waits for a core", &stats.waits)?;
    line(
        "code cache bytes in use",
        &format_args!("{} of {}", stats.used_bytes, stats.capacity_bytes),
    )
}

/// Returns a quotient for people.
#[expect(clippy::cast_precision_loss, reason = "one decimal place is printed")]
fn ratio(amount: u64, of: u64) -> String {
    format!("{:.1}", amount as f64 / of.max(1) as f64)
}
