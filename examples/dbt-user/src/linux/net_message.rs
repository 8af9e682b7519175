//! `sendmsg` and `recvmsg`: headers with pointers and control messages inside.

use super::abi::net::{CmsgHdr, HostCmsgHdr, HostMsgHdr, MsgHdr};
use super::host::{Arg, Sysno};
use super::io::iovecs;
use super::table::calls;
use super::{Args, Errno, Fail, SysResult, fail};
use crate::memory::Access;
use crate::thread::Thread;

calls! {
    sendmsg(Fd, Ptr, Hex) => |t, a| send(t, a.int(0), a[1], a[2]);
    recvmsg(Fd, Ptr, Hex) => |t, a| receive(t, a.int(0), a[1], a[2]);
    sendmmsg(Fd, Ptr, Int, Hex) => |t, a| {
        many(t, a, |t, at| send(t, a.int(0), at, a[3]))
    };
    recvmmsg(Fd, Ptr, Int, Hex, Ptr) => |t, a| {
        // The timeout only ends the call between messages; the first wait is the socket's.
        many(t, a, |t, at| receive(t, a.int(0), at, a[3]))
    };
}

/// The most control data that is translated.
const CONTROL: usize = 4096;

/// Sends or receives a `struct mmsghdr` array, one message after another.
fn many(
    thread: &mut Thread,
    args: Args,
    mut one: impl FnMut(&mut Thread, u32) -> SysResult,
) -> SysResult {
    let size = size_of::<MsgHdr>() as u32;
    for n in 0..args[2].min(1024) {
        let at = args[1].wrapping_add(n * (size + 4));
        match one(thread, at) {
            Ok(len) => thread.put(at.wrapping_add(size), &len)?,
            Err(_) if n > 0 => return Ok(n),
            Err(fail) => return Err(fail),
        }
    }
    Ok(args[2].min(1024))
}

fn send(thread: &mut Thread, fd: i32, at: u32, flags: u32) -> SysResult {
    let header: MsgHdr = thread.get(at)?;
    let vectors = iovecs(thread, header.iov, header.iov_len, Access::Read)?;
    let name = thread
        .space()
        .slice(header.name, name_len(&header).into(), Access::Read)?;
    let control = control_to_host(thread, &header)?;
    let host = HostMsgHdr {
        name: if header.name == 0 { 0 } else { name as u64 },
        name_len: name_len(&header),
        pad: 0,
        iov: vectors.as_ptr() as u64,
        iov_len: vectors.len() as u64,
        control: if control.is_empty() {
            0
        } else {
            control.as_ptr() as u64
        },
        control_len: size_of_val(&*control) as u64,
        flags: 0,
        pad2: 0,
    };
    thread.blocking(Sysno::sendmsg, [fd.into(), Arg::input(&host), flags.into()])
}

fn name_len(header: &MsgHdr) -> u32 {
    if header.name == 0 { 0 } else { header.name_len }
}

fn receive(thread: &mut Thread, fd: i32, at: u32, flags: u32) -> SysResult {
    let mut header: MsgHdr = thread.get(at)?;
    let vectors = iovecs(thread, header.iov, header.iov_len, Access::Write)?;
    let name = thread
        .space()
        .slice(header.name, name_len(&header).into(), Access::Write)?;
    // Each message's header is four bytes longer here, and so may be its padding.
    let mut control = vec![
        0_u64;
        if header.control_len == 0 {
            0
        } else {
            CONTROL / 8
        }
    ];
    let room = (header.control_len as usize * 2).min(CONTROL);
    let mut host = HostMsgHdr {
        name: if header.name == 0 { 0 } else { name as u64 },
        name_len: name_len(&header),
        pad: 0,
        iov: vectors.as_ptr() as u64,
        iov_len: vectors.len() as u64,
        control: if control.is_empty() {
            0
        } else {
            control.as_mut_ptr() as u64
        },
        control_len: room as u64,
        flags: 0,
        pad2: 0,
    };
    // SAFETY: the kernel updates the header, and writes at most `room` bytes of control data
    // into a buffer that is not smaller.
    let out = unsafe { Arg::out(&mut host) };
    let len = thread.blocking(Sysno::recvmsg, [fd.into(), out, flags.into()])?;
    let used = (host.control_len as usize).min(CONTROL);
    let bytes = &bytemuck::cast_slice::<u64, u8>(&control)[..used.min(control.len() * 8)];
    header.flags = host.flags;
    header.name_len = host.name_len;
    header.control_len = control_to_guest(thread, &mut header, bytes)?;
    thread.put(at, &header)?;
    Ok(len)
}

/// Translates control messages for the host: longer headers, wider padding.
fn control_to_host(thread: &Thread, header: &MsgHdr) -> Result<Vec<u64>, Fail> {
    let mut bytes = Vec::new();
    if header.control == 0 || header.control_len == 0 {
        return Ok(Vec::new());
    }
    if header.control_len as usize > CONTROL {
        return fail(Errno::ENOBUFS);
    }
    let mut guest = vec![0; header.control_len as usize];
    thread.space().read(header.control, &mut guest)?;
    let mut rest = guest.as_slice();
    while rest.len() >= size_of::<CmsgHdr>() {
        let (head, _) = rest.split_at(size_of::<CmsgHdr>());
        let CmsgHdr { len, level, kind } = bytemuck::pod_read_unaligned(head);
        let Some(data) = rest.get(size_of::<CmsgHdr>()..len as usize) else {
            return fail(Errno::EINVAL);
        };
        let len = (size_of::<HostCmsgHdr>() + data.len()) as u64;
        bytes.extend_from_slice(bytemuck::bytes_of(&HostCmsgHdr { len, level, kind }));
        bytes.extend_from_slice(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        let next = (size_of::<CmsgHdr>() + data.len()).next_multiple_of(4);
        rest = rest.get(next..).unwrap_or_default();
    }
    Ok(bytemuck::allocation::pod_collect_to_vec(&bytes))
}

/// Translates the host's control messages, as many as fit; returns their length.
fn control_to_guest(thread: &Thread, header: &mut MsgHdr, host: &[u8]) -> Result<u32, Fail> {
    let mut guest: Vec<u8> = Vec::new();
    let room = header.control_len as usize;
    let mut rest = host;
    while rest.len() >= size_of::<HostCmsgHdr>() {
        let (head, _) = rest.split_at(size_of::<HostCmsgHdr>());
        let HostCmsgHdr { len, level, kind } = bytemuck::pod_read_unaligned(head);
        let Some(data) = rest.get(size_of::<HostCmsgHdr>()..len as usize) else {
            break;
        };
        if guest.len() + size_of::<CmsgHdr>() + data.len() > room {
            header.flags |= libc::MSG_CTRUNC.cast_unsigned();
            break;
        }
        let len = (size_of::<CmsgHdr>() + data.len()) as u32;
        guest.extend_from_slice(bytemuck::bytes_of(&CmsgHdr { len, level, kind }));
        guest.extend_from_slice(data);
        guest.resize(guest.len().next_multiple_of(4), 0);
        let next = (size_of::<HostCmsgHdr>() + data.len()).next_multiple_of(8);
        rest = rest.get(next..).unwrap_or_default();
    }
    guest.truncate(room);
    thread.space().write(header.control, &guest)?;
    Ok(guest.len() as u32)
}
