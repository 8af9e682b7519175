//! Descriptors, paths and structures of files.

use super::nr::{Sysno, of};
use super::{Caller, DATA};
use crate::linux::Errno;
use crate::linux::abi::file::{EpollEvent, Stat64};
use crate::linux::abi::time::{Timespec, Timespec32};

fn pipe(caller: &mut Caller) -> [u32; 2] {
    caller.call(of(Sysno::pipe2), &[DATA, 0o2_000_000]).unwrap();
    caller.get(DATA)
}

fn close(caller: &mut Caller, fds: &[u32]) {
    for fd in fds {
        assert_eq!(caller.call(of(Sysno::close), &[*fd]), Ok(0));
    }
}

#[test]
fn vectors_are_gathered_and_scattered() {
    let mut caller = Caller::new();
    let [from, to] = pipe(&mut caller);
    caller.put(DATA + 0x100, b"hello, world");
    let vectors = [[DATA + 0x100, 5], [DATA + 0x105, 7]];
    caller.put(DATA + 0x200, bytemuck::bytes_of(&vectors));
    assert_eq!(
        caller.call(of(Sysno::writev), &[to, DATA + 0x200, 2]),
        Ok(12)
    );
    let vectors = [[DATA + 0x300, 3], [DATA + 0x400, 100]];
    caller.put(DATA + 0x200, bytemuck::bytes_of(&vectors));
    assert_eq!(
        caller.call(of(Sysno::readv), &[from, DATA + 0x200, 2]),
        Ok(12)
    );
    assert_eq!(caller.get::<[u8; 3]>(DATA + 0x300), *b"hel");
    assert_eq!(caller.get::<[u8; 9]>(DATA + 0x400), *b"lo, world");
    assert_eq!(
        caller.call(of(Sysno::writev), &[to, DATA + 0x200, 1025]),
        Err(Errno::EINVAL)
    );
    close(&mut caller, &[from, to]);
}

#[test]
fn files_are_made_read_and_described() {
    let mut caller = Caller::new();
    let path = format!(
        "{}/dbt-user-file-{}\0",
        std::env::temp_dir().display(),
        std::process::id()
    );
    caller.put(DATA, path.as_bytes());
    // O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_LARGEFILE, with ARM's bit for the last.
    let fd = caller
        .call(of(Sysno::open), &[DATA, 0o2_400_302, 0o600])
        .unwrap();
    caller.put(DATA + 0x100, &[7; 5000]);
    assert_eq!(
        caller.call(of(Sysno::write), &[fd, DATA + 0x100, 5000]),
        Ok(5000)
    );
    // The offset's halves are in r4 and r5: r3 is padding.
    assert_eq!(
        caller.call(of(Sysno::pread64), &[fd, DATA + 0x100, 10, 9, 4995, 0]),
        Ok(5)
    );
    assert_eq!(
        caller.call(of(Sysno::pread64), &[fd, DATA + 0x100, 10, 0, 0, 1]),
        Ok(0)
    );
    // lseek to 5 GiB does not fit a 32-bit result; _llseek does.
    assert_eq!(
        caller.call(of(Sysno::_llseek), &[fd, 1, 0x4000_0000, DATA + 0x100, 0]),
        Ok(0)
    );
    assert_eq!(caller.get::<u64>(DATA + 0x100), 0x1_4000_0000);
    assert_eq!(
        caller.call(of(Sysno::lseek), &[fd, 0, 1]),
        Err(Errno::EOVERFLOW)
    );
    assert_eq!(caller.call(of(Sysno::ftruncate64), &[fd, 0, 3, 2]), Ok(0));
    assert_eq!(caller.call(of(Sysno::fstat64), &[fd, DATA + 0x100]), Ok(0));
    let stat: Stat64 = caller.get(DATA + 0x100);
    assert_eq!(
        (stat.size, stat.mode & 0o177_777),
        (0x2_0000_0003, 0o100_600)
    );
    assert_eq!(stat.ino as u32, stat.short_ino);
    // ARM's O_DIRECTORY must not become the host's O_DIRECT.
    let open = of(Sysno::open);
    assert_eq!(caller.call(open, &[DATA, 0o40000, 0]), Err(Errno::ENOTDIR));
    // F_GETFL speaks ARM's language.
    let flags = caller.call(of(Sysno::fcntl64), &[fd, 3, 0]).unwrap();
    assert_eq!(flags & 0o700_003, 0o400_002);
    assert_eq!(caller.call(of(Sysno::unlink), &[DATA]), Ok(0));
    assert_eq!(
        caller.call(of(Sysno::stat64), &[DATA, DATA + 0x100]),
        Err(Errno::ENOENT)
    );
    close(&mut caller, &[fd]);
}

#[test]
fn proc_self_describes_the_guest() {
    let mut caller = Caller::new();
    let mut open = |path: &str| {
        caller.put(DATA, path.as_bytes());
        let fd = caller.call(of(Sysno::open), &[DATA, 0, 0]).unwrap();
        let len = caller
            .call(of(Sysno::read), &[fd, DATA + 0x1000, 0x4000])
            .unwrap();
        close(&mut caller, &[fd]);
        let mut text = vec![0; len as usize];
        caller.0.space().read(DATA + 0x1000, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    };
    let maps = open("/proc/self/maps\0");
    assert!(maps.contains("00010000-00030000 rw-p"), "{maps}");
    assert!(
        maps.contains("ffff0000-ffff1000 r-xp") && maps.contains("[vectors]"),
        "{maps}"
    );
    assert_eq!(open("/proc/self/cmdline\0"), "guest\0");
    assert!(open("/proc/cpuinfo\0").contains("vfpv3d16"));
    let mut caller = Caller::new();
    caller.put(DATA, b"/proc/self/exe\0");
    assert_eq!(
        caller.call(of(Sysno::readlink), &[DATA, DATA + 0x100, 4]),
        Ok(4)
    );
    assert_eq!(caller.get::<[u8; 5]>(DATA + 0x100), *b"/bin\0");
}

#[test]
fn waiting_for_descriptors_converts_sets_and_times() {
    let mut caller = Caller::new();
    let [from, to] = pipe(&mut caller);
    let set = |fd: u32| {
        let mut words = [0_u32; 32];
        words[fd as usize / 32] |= 1 << (fd % 32);
        words
    };
    let zero = Timespec32 { sec: 0, nsec: 0 };
    caller.put(DATA + 0x100, bytemuck::bytes_of(&zero));
    let select = |caller: &mut Caller| {
        caller.put(DATA + 0x200, bytemuck::bytes_of(&set(from)));
        caller.call(
            of(Sysno::_newselect),
            &[from + 1, DATA + 0x200, 0, 0, DATA + 0x100],
        )
    };
    assert_eq!(select(&mut caller), Ok(0));
    assert_eq!(caller.get::<[u32; 32]>(DATA + 0x200), [0; 32]);
    assert_eq!(caller.call(of(Sysno::write), &[to, DATA, 1]), Ok(1));
    assert_eq!(select(&mut caller), Ok(1));
    assert_eq!(caller.get::<[u32; 32]>(DATA + 0x200), set(from));

    caller.put(DATA + 0x300, bytemuck::bytes_of(&[from, 1]));
    let wide = Timespec { sec: 5, nsec: 0 };
    caller.put(DATA + 0x400, bytemuck::bytes_of(&wide));
    assert_eq!(
        caller.call(
            of(Sysno::ppoll_time64),
            &[DATA + 0x300, 1, DATA + 0x400, 0, 8]
        ),
        Ok(1)
    );
    assert_eq!(caller.get::<[u16; 4]>(DATA + 0x300)[3], 1);

    let epoll = caller.call(of(Sysno::epoll_create1), &[0]).unwrap();
    let event = EpollEvent {
        events: 1,
        pad: 0,
        data: [0x1234_5678, 0x9abc_def0],
    };
    caller.put(DATA + 0x500, bytemuck::bytes_of(&event));
    assert_eq!(
        caller.call(of(Sysno::epoll_ctl), &[epoll, 1, from, DATA + 0x500]),
        Ok(0)
    );
    assert_eq!(
        caller.call(of(Sysno::epoll_wait), &[epoll, DATA + 0x600, 10, 0]),
        Ok(1)
    );
    let got: EpollEvent = caller.get(DATA + 0x600);
    assert_eq!((got.events, got.data), (1, event.data));
    close(&mut caller, &[from, to, epoll]);
}

#[test]
fn messages_carry_descriptors() {
    let mut caller = Caller::new();
    caller
        .call(of(Sysno::socketpair), &[1, 0o2_000_001, 0, DATA])
        .unwrap();
    let [a, b] = caller.get::<[u32; 2]>(DATA);
    let [from, to] = pipe(&mut caller);
    caller.put(DATA + 0x100, b"x");
    caller.put(DATA + 0x200, bytemuck::bytes_of(&[DATA + 0x100, 1]));
    // cmsghdr: twelve bytes and one descriptor, SOL_SOCKET, SCM_RIGHTS.
    caller.put(DATA + 0x300, bytemuck::bytes_of(&[16, 1, 1, to]));
    let header = [0, 0, DATA + 0x200, 1, DATA + 0x300, 16, 0];
    caller.put(DATA + 0x400, bytemuck::bytes_of(&header));
    assert_eq!(
        caller.call(of(Sysno::sendmsg), &[a, DATA + 0x400, 0]),
        Ok(1)
    );
    caller.put(DATA + 0x300, &[0; 64]);
    let header = [0, 0, DATA + 0x200, 1, DATA + 0x300, 64, 0];
    caller.put(DATA + 0x400, bytemuck::bytes_of(&header));
    assert_eq!(
        caller.call(of(Sysno::recvmsg), &[b, DATA + 0x400, 0]),
        Ok(1)
    );
    let control: [u32; 4] = caller.get(DATA + 0x300);
    assert_eq!(control[..3], [16, 1, 1]);
    assert_eq!(caller.get::<[u32; 7]>(DATA + 0x400)[5], 16);
    // What arrived is the pipe's other end.
    assert_eq!(caller.call(of(Sysno::write), &[control[3], DATA, 3]), Ok(3));
    assert_eq!(
        caller.call(of(Sysno::read), &[from, DATA + 0x500, 9]),
        Ok(3)
    );
    close(&mut caller, &[a, b, from, to, control[3]]);
}

#[test]
fn both_widths_of_a_clock_agree() {
    let mut caller = Caller::new();
    assert_eq!(caller.call(of(Sysno::clock_gettime), &[0, DATA]), Ok(0));
    assert_eq!(
        caller.call(of(Sysno::clock_gettime64), &[0, DATA + 16]),
        Ok(0)
    );
    let (narrow, wide): (Timespec32, Timespec) = (caller.get(DATA), caller.get(DATA + 16));
    assert!((wide.sec - i64::from(narrow.sec)).abs() <= 1);
    assert_eq!(
        caller.call(of(Sysno::clock_gettime), &[99, DATA]),
        Err(Errno::EINVAL)
    );
}
