//! `--dump` and `--perf-map`, with the embedded program.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn dbt_user(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dbt-user"));
    // From the first instruction on.
    command.args(["--hot-threshold", "0"]);
    command.args(args).stdout(Stdio::null());
    command
}

/// The listing that a dump of some columns leaves in a file.
fn dump(columns: &str) -> String {
    let name = format!("dbt-dump-{}-{columns}", std::process::id());
    let path: PathBuf = std::env::temp_dir().join(name);
    let to = path.to_str().expect("a path in UTF-8");
    let status = dbt_user(&["--dump", columns, "--dump-to", to]).status();
    assert!(status.expect("it runs").success());
    let listing = fs::read_to_string(&path).expect("the listing was written");
    fs::remove_file(path).expect("removable");
    listing
}

/// The unit at the program's entry, up to the empty line.
fn first_unit(listing: &str) -> &str {
    listing.split("\n\n").next().unwrap_or_default()
}

#[test]
fn listing_has_three_columns() {
    let listing = dump("guest,ir,host");
    let unit = first_unit(&listing);
    let row = |guest: &str| -> Vec<&str> {
        let line = unit.lines().find(|line| line.contains(guest));
        let cells = line.expect("the program begins with it").split('|');
        cells.map(str::trim).collect()
    };
    // The program's first and last instruction of its first unit.
    let [first, ir, _] = row("mov.w r0, #0")[..] else {
        panic!("{unit}");
    };
    assert!(first.ends_with("f04f0000  mov.w r0, #0"), "{unit}");
    assert_eq!(ir, "v1 = const.i32 0x0");
    let [_, ir, host] = row("e7ee      b #")[..] else {
        panic!("{unit}");
    };
    assert!(ir.starts_with("jump exit "), "{unit}");
    assert!(host.starts_with('+'), "{unit}");
    assert!(unit.contains("out of line:"));
    assert!(listing.lines().count() > 1000);
}

#[test]
fn listing_has_the_columns_asked_for() {
    let guest = dump("guest");
    assert!(guest.contains("  mov.w r0, #0\n"), "{}", first_unit(&guest));
    assert!(!guest.contains('|') && !guest.contains("const.i32"));
    let host = dump("host");
    assert!(!host.contains('|') && !host.contains("mov.w r0") && host.contains("jmp trap"));
    let both = dump("ir,host");
    assert!(!both.contains("mov.w r0") && both.contains("call unlinked"));
    assert!(
        first_unit(&both)
            .lines()
            .any(|line| line.matches('|').count() == 1)
    );
}

#[test]
fn dump_goes_to_standard_error() {
    let output = dbt_user(&["--dump", "guest"])
        .stderr(Stdio::piped())
        .output();
    let output = output.expect("it runs");
    assert!(output.status.success());
    let text = String::from_utf8(output.stderr).expect("text");
    assert!(text.starts_with("unit 0x"), "{}", first_unit(&text));
}

#[test]
fn file_that_cannot_be_written_is_named() {
    let output = dbt_user(&["--dump", "ir", "--dump-to", "/no/such/file"]).output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(125));
    let text = String::from_utf8(output.stderr).expect("text");
    assert!(
        text.contains("--dump-to /no/such/file: No such file"),
        "{text}"
    );
}

#[test]
fn perf_map_names_all_code() {
    let mut child = dbt_user(&["--perf-map"]).spawn().expect("it runs");
    let path = PathBuf::from(format!("/tmp/perf-{}.map", child.id()));
    assert!(child.wait().expect("it ends").success());
    let map = fs::read_to_string(&path).expect("the map was written");
    fs::remove_file(path).expect("removable");
    let mut lines: Vec<(u64, u64, &str)> = map
        .lines()
        .map(|line| {
            let mut words = line.splitn(3, ' ');
            let mut next = || words.next().expect("three words");
            let number = |word| u64::from_str_radix(word, 16).expect("a number");
            (number(next()), number(next()), next())
        })
        .collect();
    assert_eq!(lines[0].2, "dbt-user runtime");
    assert!(lines[1].2.ends_with("[T32]"), "{}", lines[1].2);
    assert!(lines.iter().any(|line| line.2.ends_with("[A32]")));
    // The program is stripped, so its code is named by its file.
    assert!(lines[1..].iter().all(|line| line.2.contains("selftest+0x")));
    lines.sort_unstable();
    let apart = |pair: &[(u64, u64, &str)]| pair[0].0 + pair[0].1 <= pair[1].0;
    assert!(lines.windows(2).all(apart), "no code has two names");
}
