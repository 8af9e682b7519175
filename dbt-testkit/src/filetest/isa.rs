//! `test isa`: the manuals' indexes of instructions, and the rows that describe each.
//!
//! A line is `TITLE : ROW ROW …`, or `TITLE : except REASON` where no row does. What comes of
//! it are the encodings of the rows. It is an error if a row that is named does not exist, or
//! one that exists is not named.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use dbt_a32_frontend::insn::{a32, simd, simd_extension, t16, t32, vfp, vfp_half, vfp_v8};
use dbt_isa::RowInfo;

/// The decoders, as the report calls them.
const DECODERS: [(&str, &[RowInfo]); 8] = [
    ("A32", a32::ROWS),
    ("T16", t16::ROWS),
    ("T32", t32::ROWS),
    ("A32 and T32", vfp::ROWS),
    ("A32 and T32", vfp_v8::ROWS),
    ("A32 and T32", vfp_half::ROWS),
    ("A32 and T32", simd::ROWS),
    ("A32 and T32", simd_extension::ROWS),
];

/// Prints the encodings of each entry.
pub(super) fn run(_: &[&str], input: &str) -> Result<String, String> {
    let mut unnamed: BTreeSet<&str> = rows().map(|(_, row)| row.name).collect();
    let (mut described, mut excluded) = (0, 0);
    let mut out = String::new();
    for (number, line) in (1..).zip(input.lines()) {
        let line = line.split(';').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let (title, names) = line
            .split_once(" : ")
            .ok_or_else(|| format!("line {number}: `TITLE : ROWS` is wanted"))?;
        if let Some(reason) = names.strip_prefix("except ") {
            excluded += 1;
            writeln!(out, "{title}\n  excluded: {reason}").map_err(|error| error.to_string())?;
            continue;
        }
        described += 1;
        writeln!(out, "{title}").map_err(|error| error.to_string())?;
        for name in names.split_whitespace() {
            let encodings = encodings(name);
            if encodings.is_empty() {
                return Err(format!("line {number}: there is no row `{name}`"));
            }
            unnamed.remove(name);
            writeln!(out, "  {name}: {encodings}").map_err(|error| error.to_string())?;
        }
    }
    if let Some(name) = unnamed.first() {
        return Err(format!("no entry names the row `{name}`"));
    }
    let count = rows().count();
    writeln!(
        out,
        "\n{described} described by {count} rows, {excluded} excluded"
    )
    .map_err(|error| error.to_string())?;
    Ok(out)
}

fn rows() -> impl Iterator<Item = (&'static str, &'static RowInfo)> {
    let of =
        |(set, rows): (&'static str, &'static [RowInfo])| rows.iter().map(move |row| (set, row));
    DECODERS.into_iter().flat_map(of)
}

/// The labels of a name's rows, by set.
fn encodings(name: &str) -> String {
    let mut sets = Vec::<(&str, Vec<&str>)>::new();
    for (set, row) in rows().filter(|(_, row)| row.name == name) {
        match sets.iter_mut().find(|(known, _)| *known == set) {
            Some((_, labels)) => labels.push(row.encoding),
            None => sets.push((set, vec![row.encoding])),
        }
    }
    let of_set = |(set, labels): (&str, Vec<&str>)| format!("{set} {}", labels.join(", "));
    sets.into_iter().map(of_set).collect::<Vec<_>>().join("; ")
}
