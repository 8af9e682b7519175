//! Sockets (Linux, `include/uapi/linux/socket.h`, `include/linux/socket.h`). Addresses are the
//! same everywhere.

use super::guest_struct;

guest_struct! { 28; /// `struct msghdr`.
MsgHdr {
    name: u32,
    name_len: u32,
    iov: u32,
    iov_len: u32,
    control: u32,
    control_len: u32,
    flags: u32,
} }

guest_struct! { 56; /// The host's `struct msghdr`.
HostMsgHdr {
    name: u64,
    name_len: u32,
    pad: u32,
    iov: u64,
    iov_len: u64,
    control: u64,
    control_len: u64,
    flags: u32,
    pad2: u32,
} }

guest_struct! { 12; /// `struct cmsghdr`.
CmsgHdr { len: u32, level: i32, kind: i32 } }

guest_struct! { 16; /// The host's `struct cmsghdr`.
HostCmsgHdr { len: u64, level: i32, kind: i32 } }

const _: () = assert!(size_of::<libc::msghdr>() == 56 && size_of::<libc::cmsghdr>() == 16);
