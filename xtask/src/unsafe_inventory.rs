//! `cargo xtask unsafe-inventory`: SAFETY.md and the sources say the same.
//!
//! Tests and benches are left out: their unsafe code provokes what the library's
//! must withstand.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// Folders that hold no code of the library crates and examples.
const LEFT_OUT: [&str; 7] = [
    "target",
    "tests",
    "benches",
    "fuzz",
    "filetests",
    "guests",
    "workloads",
];

/// Compares the modules that contain `unsafe` with those that SAFETY.md lists.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let text = fs::read_to_string(root.join("SAFETY.md"))
        .map_err(|error| format!("cannot read SAFETY.md: {error}"))?;
    let listed = listed(&text);
    let mut found = BTreeSet::new();
    walk(root, root, &mut found).map_err(|error| format!("cannot read the sources: {error}"))?;
    let mut complaints = Vec::new();
    for module in found.difference(&listed) {
        complaints.push(format!(
            "{module} contains `unsafe` and is not in SAFETY.md"
        ));
    }
    for module in listed.difference(&found) {
        complaints.push(format!("{module} is in SAFETY.md and contains no `unsafe`"));
    }
    if complaints.is_empty() {
        println!(
            "{} modules contain `unsafe`, and SAFETY.md lists them",
            found.len()
        );
        return Ok(());
    }
    Err(complaints.join("\n       "))
}

/// Returns the paths in the first column of the tables.
fn listed(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(path, _)| path.to_owned())
        .filter(|path| path.ends_with(".rs"))
        .collect()
}

fn walk(root: &Path, folder: &Path, found: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && !LEFT_OUT.contains(&&*name) {
                walk(root, &path, found)?;
            }
        } else if name.ends_with(".rs")
            && name != "tests.rs"
            && contains_unsafe(&fs::read_to_string(&path)?)
            && let Ok(path) = path.strip_prefix(root)
        {
            found.insert(path.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

/// Tells whether a source has the keyword outside comments and unit tests.
fn contains_unsafe(source: &str) -> bool {
    let code = source
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    code.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .any(|line| KEYWORD_USES.iter().any(|pattern| has_word(line, pattern)))
}

/// What follows the keyword where it is one.
const KEYWORD_USES: [&str; 6] = [
    "unsafe {",
    "unsafe fn",
    "unsafe impl",
    "unsafe trait",
    "unsafe extern",
    "unsafe(",
];

/// Tells whether `line` holds `pattern` at the start of a word.
fn has_word(line: &str, pattern: &str) -> bool {
    line.match_indices(pattern).any(|(at, _)| {
        !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"' || c == '`')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_keyword_counts() {
        assert!(contains_unsafe("    unsafe { f() }"));
        assert!(contains_unsafe("#[unsafe(naked)]"));
        assert!(contains_unsafe("pub unsafe fn f() {}"));
        assert!(!contains_unsafe("#![forbid(unsafe_code)]"));
        assert!(!contains_unsafe("// unsafe { }"));
        assert!(!contains_unsafe(
            "fn f() {}\n#[cfg(test)]\nmod tests {\n unsafe { }"
        ));
    }

    #[test]
    fn the_first_column_names_modules() {
        let text = "| Module | x |\n| --- | --- |\n| `a/src/b.rs` | *X* |\n| `c` | none |";
        assert_eq!(listed(text), BTreeSet::from(["a/src/b.rs".to_owned()]));
    }
}
