//! Paths and open flags.
//!
//! With `-L DIR` an absolute path is looked up under `DIR` first, and on the
//! host only if nothing is there, as `qemu-user` does. Unlike there, an absolute
//! symbolic link found under `DIR` points to a place under `DIR` again, which is
//! what it means on a real armhf system (`/usr/bin/awk` leads to
//! `/etc/alternatives/awk` and on to `/usr/bin/gawk`). Relative paths are the
//! host's. A path that exists nowhere is the host's as well: what the program
//! creates, it creates on the host.

use std::ffi::{CStr, CString, OsStr};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// As many symbolic links as Linux follows in one path.
const MAX_LINKS: u32 = 40;

/// The `-L` directory, if any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sysroot(Option<PathBuf>);

impl Sysroot {
    /// The root directory itself is no sysroot: every path is there already.
    pub(crate) fn new(dir: Option<PathBuf>) -> Self {
        let dir = dir.and_then(|dir| dir.canonicalize().ok());
        Self(dir.filter(|dir| dir.as_os_str() != "/"))
    }

    pub(crate) fn dir(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    /// Returns the host path of a guest path; a final symbolic link is followed.
    pub(crate) fn resolve(&self, path: &CStr) -> CString {
        self.lookup(path, true)
    }

    /// As [`resolve`](Self::resolve), for calls about the link itself.
    pub(crate) fn resolve_link(&self, path: &CStr) -> CString {
        self.lookup(path, false)
    }

    fn lookup(&self, path: &CStr, follow: bool) -> CString {
        let found = self.0.as_ref().and_then(|root| {
            let path = path.to_bytes().strip_prefix(b"/")?;
            walk(root, Path::new(OsStr::from_bytes(path)), follow)
        });
        // A path made of parts without zero bytes has none.
        found
            .and_then(|path| CString::new(path.into_os_string().as_bytes()).ok())
            .unwrap_or_else(|| path.to_owned())
    }
}

/// Walks `path` under `root`, which no link and no `..` leaves. `None` when a part
/// does not exist.
fn walk(root: &Path, path: &Path, follow: bool) -> Option<PathBuf> {
    let mut at = root.to_owned();
    // What is still to be walked, the next part last.
    let mut rest: Vec<_> = path
        .components()
        .rev()
        .map(|c| c.as_os_str().to_owned())
        .collect();
    let mut links = 0;
    while let Some(part) = rest.pop() {
        match Path::new(&part).components().next() {
            Some(Component::ParentDir) if at != root => {
                at.pop();
            }
            Some(Component::Normal(name)) => {
                let next = at.join(name);
                let is_last = rest.is_empty();
                let target = match fs::read_link(&next) {
                    Ok(target) if follow || !is_last => target,
                    // Not a link; whether it exists shows at the end.
                    _ => {
                        at = next;
                        continue;
                    }
                };
                links += 1;
                if links > MAX_LINKS {
                    return None;
                }
                if target.is_absolute() {
                    at = root.to_owned();
                }
                rest.extend(target.components().rev().map(|c| c.as_os_str().to_owned()));
            }
            _ => {}
        }
    }
    fs::symlink_metadata(&at).is_ok().then_some(at)
}

/// Open flags whose values differ: ARM's and the host's.
const OPEN_FLAGS: [(u32, i32); 4] = [
    (0o40000, libc::O_DIRECTORY),
    (0o100_000, libc::O_NOFOLLOW),
    (0o200_000, libc::O_DIRECT),
    // A 64-bit process needs no O_LARGEFILE, and glibc says it is zero; the kernel's bit:
    (0o400_000, HOST_LARGEFILE),
];

#[cfg(target_arch = "x86_64")]
const HOST_LARGEFILE: i32 = 0o100_000;
#[cfg(not(target_arch = "x86_64"))]
const HOST_LARGEFILE: i32 = 0o400_000;

/// Translates the guest's open flags to the host's.
pub(crate) fn open_flags_to_host(flags: u32) -> i32 {
    let known: u32 = OPEN_FLAGS.iter().map(|f| f.0).sum();
    let mut host = (flags & !known).cast_signed();
    for (guest, bit) in OPEN_FLAGS {
        if flags & guest != 0 {
            host |= bit;
        }
    }
    host
}

/// Translates the host's open flags (`F_GETFL`) to the guest's.
pub(crate) fn open_flags_to_guest(flags: i32) -> u32 {
    let known: i32 = OPEN_FLAGS.iter().map(|f| f.1).sum();
    let mut guest = (flags & !known).cast_unsigned();
    for (bit, host) in OPEN_FLAGS {
        if flags & host != 0 {
            guest |= bit;
        }
    }
    guest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O_TMPFILE contains O_DIRECTORY, so it changes as well.
    #[test]
    fn open_flags_differ_as_the_headers_say() {
        assert_eq!(open_flags_to_host(0o40000), libc::O_DIRECTORY);
        assert_eq!(open_flags_to_host(0o100_000), libc::O_NOFOLLOW);
        assert_eq!(open_flags_to_host(0o200_000), libc::O_DIRECT);
        assert_eq!(open_flags_to_host(0o20_040_000), libc::O_TMPFILE);
        assert_eq!(
            open_flags_to_host(0o2_000_102),
            libc::O_CLOEXEC | libc::O_CREAT | libc::O_RDWR
        );
        for bit in 0..22 {
            let guest = 1 << bit;
            assert_eq!(open_flags_to_guest(open_flags_to_host(guest)), guest);
        }
    }

    #[test]
    fn absolute_links_stay_under_the_sysroot() {
        let root = std::env::temp_dir().join(format!("dbt-user-sysroot-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("etc/alternatives")).unwrap();
        fs::create_dir_all(root.join("usr/bin")).unwrap();
        fs::write(root.join("usr/bin/gawk"), "x").unwrap();
        let link = std::os::unix::fs::symlink::<&str, PathBuf>;
        link("/etc/alternatives/awk", root.join("usr/bin/awk")).unwrap();
        link("/usr/bin/gawk", root.join("etc/alternatives/awk")).unwrap();
        link("/loop", root.join("loop")).unwrap();
        let sysroot = Sysroot::new(Some(root.clone()));
        let root = root.canonicalize().unwrap();
        let host = |p: &str| CString::new(root.join(p).as_os_str().as_bytes()).unwrap();
        assert_eq!(sysroot.resolve(c"/usr/bin/awk"), host("usr/bin/gawk"));
        assert_eq!(sysroot.resolve_link(c"/usr/bin/awk"), host("usr/bin/awk"));
        assert_eq!(
            sysroot.resolve(c"/../usr/./bin/../bin/gawk"),
            host("usr/bin/gawk")
        );
        // Not there, or not absolute: the host's.
        assert_eq!(
            sysroot.resolve(c"/usr/bin/nawk").as_c_str(),
            c"/usr/bin/nawk"
        );
        assert_eq!(sysroot.resolve(c"usr/bin/awk").as_c_str(), c"usr/bin/awk");
        assert_eq!(sysroot.resolve(c"/loop").as_c_str(), c"/loop");
        fs::remove_dir_all(root).unwrap();
    }
}
