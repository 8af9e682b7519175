//! The files under `/proc` that describe the process itself: ours would be wrong.

use std::ffi::{CStr, CString};
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;

use super::host::{self, Arg, Sysno};
use super::{Fail, SysResult};
use crate::memory::{Prot, RegionKind};
use crate::thread::Thread;

/// Opens a file about the guest in place of the one about us; `None` for all others.
pub(super) fn open(thread: &Thread, path: &CStr) -> Option<SysResult> {
    let path = path.to_bytes();
    let contents = match own(path) {
        Some(b"maps") => maps(thread).into_bytes(),
        Some(b"auxv") => thread.process.auxv.clone(),
        Some(b"cmdline") => thread
            .process
            .args
            .iter()
            .flat_map(|arg| arg.to_bytes_with_nul())
            .copied()
            .collect(),
        Some(b"exe") => {
            let path = exe(thread);
            let flags = Arg::from(libc::O_RDONLY);
            let opened = host::call(
                Sysno::openat,
                [libc::AT_FDCWD.into(), (&*path).into(), flags],
            );
            return Some(opened.map(|fd| fd as u32));
        }
        _ if path == b"/proc/cpuinfo" => CPU_INFO.as_bytes().to_vec(),
        _ => return None,
    };
    Some(file_of(&contents))
}

/// Returns what a link about the guest points to; `None` for all other paths.
pub(super) fn link(thread: &Thread, path: &CStr) -> Option<CString> {
    (own(path.to_bytes())? == b"exe").then(|| exe(thread))
}

/// Returns the part behind `/proc/self/`, by either of its names.
fn own(path: &[u8]) -> Option<&[u8]> {
    let rest = path.strip_prefix(b"/proc/")?;
    let pid = std::process::id().to_string();
    [b"self/".as_slice(), b"thread-self/".as_slice()]
        .iter()
        .find_map(|prefix| rest.strip_prefix(*prefix))
        .or_else(|| rest.strip_prefix(pid.as_bytes())?.strip_prefix(b"/"))
}

fn exe(thread: &Thread) -> CString {
    CString::new(thread.process.path.as_os_str().as_bytes()).unwrap_or_default()
}

/// Puts text into a file that can only be read by who has its descriptor.
fn file_of(contents: &[u8]) -> SysResult {
    let fd = host::call(Sysno::memfd_create, [c"proc".into(), 0.into()])? as u32;
    let mut rest = contents;
    while !rest.is_empty() {
        let bytes = Arg::input(&rest[0]);
        let written = host::call(
            Sysno::write,
            [fd.into(), bytes, Arg::long(rest.len() as u64)],
        );
        let written = written.inspect_err(|_| close(fd))?;
        rest = &rest[written as usize..];
    }
    let start = [fd.into(), Arg::long(0), libc::SEEK_SET.into()];
    host::call(Sysno::lseek, start).inspect_err(|_| close(fd))?;
    Ok(fd)
}

fn close(fd: u32) {
    // There is nothing to do about a failure.
    let _: Result<u64, Fail> = host::call(Sysno::close, [fd.into()]);
}

/// Writes `/proc/self/maps`. The C library looks for the main thread's stack there.
fn maps(thread: &Thread) -> String {
    let mut text = String::new();
    for region in thread.space().regions() {
        let (start, end, prot) = (region.range.start, region.range.end, region.prot);
        let flag = |bit, c| if prot.contains(bit) { c } else { '-' };
        let (r, w, x) = (
            flag(Prot::READ, 'r'),
            flag(Prot::WRITE, 'w'),
            flag(Prot::EXEC, 'x'),
        );
        let (shared, offset, dev, ino) = match region.kind {
            RegionKind::Anonymous { shared } => (shared, 0, 0, 0),
            RegionKind::File {
                offset,
                shared,
                device,
                inode,
            } => (shared, offset, device, inode),
        };
        let (major, minor) = (libc::major(dev), libc::minor(dev));
        let s = if shared { 's' } else { 'p' };
        let name = region.label.as_deref().unwrap_or_default();
        let head = format!(
            "{start:08x}-{end:08x} {r}{w}{x}{s} {offset:08x} {major:02x}:{minor:02x} {ino}"
        );
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{head:<72} {name}");
    }
    text
}

/// What the hardware capabilities say, in `/proc/cpuinfo`'s words.
const CPU_INFO: &str = "\
processor\t: 0
model name\t: ARMv7 Processor rev 0 (v7l)
BogoMIPS\t: 100.00
Features\t: half thumb fastmult vfp edsp vfpv3 vfpv3d16 tls idiva idivt
CPU implementer\t: 0x41
CPU architecture: 7
CPU variant\t: 0x0
CPU part\t: 0xc0f
CPU revision\t: 0

Hardware\t: dbt-user
Revision\t: 0000
Serial\t\t: 0000000000000000
";
