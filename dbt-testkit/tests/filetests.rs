//! Every file under `filetests` is as expected.

use std::path::Path;

use dbt_testkit::filetest::{A64_KINDS, IR_KINDS, ISA_KINDS, Run, bless, run};

#[test]
fn ir_files_are_as_expected() {
    files_are_as_expected(&["ir", "opt"], &IR_KINDS);
}

/// Every instruction of the manuals is described or excluded, and every row is one's.
#[test]
fn the_index_is_complete() {
    files_are_as_expected(&["isa"], &ISA_KINDS);
}

#[test]
fn a64_files_are_as_expected() {
    files_are_as_expected(&["a64", "counts/a64"], &A64_KINDS);
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn x86_files_are_as_expected() {
    files_are_as_expected(&["x86", "counts/x86"], &dbt_testkit::filetest::X86_KINDS);
}

fn files_are_as_expected(folders: &[&str], kinds: &[(&str, Run)]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../filetests");
    for folder in folders {
        let count = run(&root.join(folder), kinds).unwrap_or_else(|failures| {
            let list: Vec<_> = failures.iter().map(ToString::to_string).collect();
            panic!("{}\n(cargo xtask bless rewrites them)", list.join("\n"))
        });
        assert!(count > 0, "{folder} has tests");
    }
}

/// Blessing a wrong expectation makes it right, and then changes nothing.
#[test]
fn blessing_rewrites_the_expectation_only() {
    let folder = std::env::temp_dir().join(format!("dbt-bless-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    let file = folder.join("wrong.ir");
    let input = "test opt dce\n; Why.\nblock0:\n  v0 = get r0\n  jump exit 0x8000\n";
    std::fs::write(&file, format!("{input}\n; expect\n; nonsense\n")).expect("writable");

    assert!(run(&folder, &IR_KINDS).is_err());
    assert_eq!(bless(&folder, &IR_KINDS), Ok(vec![file.clone()]));
    assert_eq!(run(&folder, &IR_KINDS), Ok(1));
    assert_eq!(bless(&folder, &IR_KINDS), Ok(vec![]));

    let text = std::fs::read_to_string(&file).expect("readable");
    assert_eq!(
        text,
        format!("{input}\n; expect\n; block0:\n;   jump exit 0x8000\n")
    );
    std::fs::remove_dir_all(&folder).expect("removable");
}
