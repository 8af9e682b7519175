//! Files (Linux, `arch/arm/include/uapi/asm/{stat,statfs,fcntl}.h`).

use super::guest_struct;

guest_struct! { 104; /// `struct stat64`.
Stat64 {
    dev: u64,
    pad0: u32,
    short_ino: u32,
    mode: u32,
    nlink: u32,
    uid: u32,
    gid: u32,
    rdev: u64,
    pad3: [u32; 2],
    size: i64,
    blksize: u32,
    pad4: u32,
    blocks: u64,
    atime: [u32; 2],
    mtime: [u32; 2],
    ctime: [u32; 2],
    ino: u64,
} }

guest_struct! { 84; /// `struct statfs64`, packed to four bytes on ARM; 64-bit fields are halves.
Statfs64 {
    kind: u32,
    bsize: u32,
    blocks: [u32; 2],
    bfree: [u32; 2],
    bavail: [u32; 2],
    files: [u32; 2],
    ffree: [u32; 2],
    fsid: [u32; 2],
    namelen: u32,
    frsize: u32,
    flags: u32,
    spare: [u32; 4],
} }

guest_struct! { 120; /// The host's `struct statfs`.
HostStatfs {
    kind: i64,
    bsize: i64,
    blocks: u64,
    bfree: u64,
    bavail: u64,
    files: u64,
    ffree: u64,
    fsid: [u32; 2],
    namelen: i64,
    frsize: i64,
    flags: i64,
    spare: [i64; 4],
} }

guest_struct! { 16; /// `struct flock`; `struct flock64` is the host's.
Flock32 { kind: i16, whence: i16, start: i32, len: i32, pid: i32 } }

guest_struct! { 32; /// The host's `struct flock`.
Flock { kind: i16, whence: i16, pad: u32, start: i64, len: i64, pid: i32, pad2: u32 } }

guest_struct! { 8; /// `struct iovec`.
Iovec { base: u32, len: u32 } }

guest_struct! { 16; /// The host's `struct iovec`.
HostIovec { base: u64, len: u64 } }

guest_struct! { 16; /// `struct epoll_event`, padded on ARM as it is not on x86-64.
EpollEvent { events: u32, pad: u32, data: [u32; 2] } }

#[cfg(target_arch = "x86_64")]
guest_struct! { 12; /// x86-64's packed `struct epoll_event`.
HostEpollEvent { events: u32, data: [u32; 2] } }

/// Elsewhere it is padded as on ARM.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) use EpollEvent as HostEpollEvent;

const _: () = assert!(size_of::<libc::statfs>() == 120 && size_of::<libc::flock>() == 32);

/// Splits a 64-bit number into its halves.
pub(crate) fn halves(value: u64) -> [u32; 2] {
    [value as u32, (value >> 32) as u32]
}
