//! What fits nowhere else (Linux, `include/uapi/linux/{sysinfo,utsname,resource}.h`).

use super::guest_struct;

guest_struct! { 64; /// `struct sysinfo`.
SysInfo {
    uptime: i32,
    loads: [u32; 3],
    ram: [u32; 4],
    swap: [u32; 2],
    procs: u16,
    pad: u16,
    high: [u32; 2],
    mem_unit: u32,
    spare: [u32; 2],
} }

guest_struct! { 112; /// The host's `struct sysinfo`.
HostSysInfo {
    uptime: i64,
    loads: [u64; 3],
    ram: [u64; 4],
    swap: [u64; 2],
    procs: u16,
    pad: u16,
    pad2: u32,
    high: [u64; 2],
    mem_unit: u32,
    pad3: u32,
} }

guest_struct! { 390; /// `struct new_utsname`, the same everywhere.
Utsname {
    sysname: [u8; 65],
    nodename: [u8; 65],
    release: [u8; 65],
    version: [u8; 65],
    machine: [u8; 65],
    domainname: [u8; 65],
} }

guest_struct! { 8; /// `struct rlimit`.
Rlimit32 { cur: u32, max: u32 } }

guest_struct! { 16; /// `struct rlimit64`, and the host's.
Rlimit { cur: u64, max: u64 } }

guest_struct! { 64; /// `struct sigevent`.
SigEvent { value: u32, signo: i32, notify: i32, tid: i32, pad: [u32; 12] } }

guest_struct! { 64; /// The host's `struct sigevent`.
HostSigEvent { value: u64, signo: i32, notify: i32, tid: i32, pad: [u32; 11] } }

const _: () = assert!(size_of::<libc::sysinfo>() == 112 && size_of::<libc::sigevent>() == 64);
