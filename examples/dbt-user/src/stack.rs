//! The initial stack: arguments, environment and auxiliary vector.

use std::ffi::{CStr, CString};

use crate::memory::{Access, FaultKind, GuestFault, Space};

/// What the core can do, as `AT_HWCAP`: ARMv7-A with the divide instructions,
/// VFPv4 and Advanced SIMD. The C library and `OpenSSL` choose their routines by it.
pub(crate) const HWCAP: u32 = hwcap::HALF
    | hwcap::THUMB
    | hwcap::FAST_MULT
    | hwcap::VFP
    | hwcap::EDSP
    | hwcap::TLS
    | hwcap::NEON
    | hwcap::VFPV3
    | hwcap::VFPV4
    | hwcap::VFPD32
    | hwcap::IDIVA
    | hwcap::IDIVT;

/// As `AT_HWCAP2`: none of the ARMv8 cryptographic instructions.
pub(crate) const HWCAP2: u32 = 0;

/// The bits of `AT_HWCAP` (Linux, `arch/arm/include/uapi/asm/hwcap.h`).
mod hwcap {
    pub(super) const HALF: u32 = 1 << 1;
    pub(super) const THUMB: u32 = 1 << 2;
    pub(super) const FAST_MULT: u32 = 1 << 4;
    pub(super) const VFP: u32 = 1 << 6;
    pub(super) const EDSP: u32 = 1 << 7;
    pub(super) const NEON: u32 = 1 << 12;
    pub(super) const VFPV3: u32 = 1 << 13;
    pub(super) const TLS: u32 = 1 << 15;
    pub(super) const VFPV4: u32 = 1 << 16;
    pub(super) const IDIVA: u32 = 1 << 17;
    pub(super) const IDIVT: u32 = 1 << 18;
    pub(super) const VFPD32: u32 = 1 << 19;
}

/// The auxiliary vector's keys (Linux, `include/uapi/linux/auxvec.h`).
mod at {
    pub(super) const PHDR: u32 = 3;
    pub(super) const PHENT: u32 = 4;
    pub(super) const PHNUM: u32 = 5;
    pub(super) const PAGESZ: u32 = 6;
    pub(super) const BASE: u32 = 7;
    pub(super) const FLAGS: u32 = 8;
    pub(super) const ENTRY: u32 = 9;
    pub(super) const UID: u32 = 11;
    pub(super) const EUID: u32 = 12;
    pub(super) const GID: u32 = 13;
    pub(super) const EGID: u32 = 14;
    pub(super) const PLATFORM: u32 = 15;
    pub(super) const HWCAP: u32 = 16;
    pub(super) const CLKTCK: u32 = 17;
    pub(super) const SECURE: u32 = 23;
    pub(super) const RANDOM: u32 = 25;
    pub(super) const HWCAP2: u32 = 26;
    pub(super) const EXECFN: u32 = 31;
}

/// What a program finds on its stack.
#[derive(Clone, Debug)]
pub(crate) struct Start<'a> {
    /// `argv`.
    pub(crate) args: &'a [CString],
    /// The environment, `NAME=VALUE`.
    pub(crate) env: &'a [CString],
    /// The path by which the program was started (`AT_EXECFN`).
    pub(crate) path: &'a CStr,
    /// Where the program's own headers are.
    pub(crate) headers: u32,
    /// How many there are.
    pub(crate) header_count: u32,
    /// The program's own entry point, even if an interpreter runs first.
    pub(crate) entry: u32,
    /// Where the interpreter was loaded, or 0.
    pub(crate) interpreter: u32,
    /// Sixteen random bytes.
    pub(crate) random: [u8; 16],
    /// User and group, each real and effective.
    pub(crate) ids: [u32; 4],
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stack {
    /// The initial stack pointer.
    pub(crate) sp: u32,
    /// The auxiliary vector as the guest sees it, for `/proc/self/auxv`.
    pub(crate) auxv: Vec<u8>,
}

impl Start<'_> {
    /// Writes the stack below `top`.
    ///
    /// # Errors
    ///
    /// Returns the address that could not be written: the arguments and the
    /// environment exceed the stack.
    pub(crate) fn write(&self, space: &Space, top: u32) -> Result<Stack, GuestFault> {
        let mut writer = Writer {
            space,
            at: top - 16,
        };
        let path = writer.bytes(self.path.to_bytes_with_nul())?;
        let env = writer.strings(self.env)?;
        let args = writer.strings(self.args)?;
        let platform = writer.bytes(b"v7l\0")?;
        let random = writer.bytes(&self.random)?;
        let auxv = self.auxv(path, platform, random);

        let mut words = vec![args.len() as u32];
        words.extend(args);
        words.push(0);
        words.extend(env);
        words.push(0);
        let head = words.len() * 4;
        words.extend(auxv.iter().flatten());
        // The stack pointer is a multiple of 8 at every public interface (AAPCS).
        let sp = (writer.at - words.len() as u32 * 4) & !15;
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        space.write(sp, &bytes)?;
        Ok(Stack {
            sp,
            auxv: bytes[head..].to_vec(),
        })
    }

    fn auxv(&self, path: u32, platform: u32, random: u32) -> Vec<[u32; 2]> {
        let [uid, euid, gid, egid] = self.ids;
        vec![
            [at::PHDR, self.headers],
            [at::PHENT, 32],
            [at::PHNUM, self.header_count],
            [at::PAGESZ, crate::memory::page_size()],
            [at::BASE, self.interpreter],
            [at::FLAGS, 0],
            [at::ENTRY, self.entry],
            [at::UID, uid],
            [at::EUID, euid],
            [at::GID, gid],
            [at::EGID, egid],
            [at::HWCAP, HWCAP],
            [at::HWCAP2, HWCAP2],
            [at::CLKTCK, 100],
            [at::RANDOM, random],
            [at::PLATFORM, platform],
            [at::SECURE, 0],
            [at::EXECFN, path],
            [0, 0],
        ]
    }
}

/// The stack would begin below address 0.
const BELOW_ZERO: GuestFault = GuestFault {
    addr: 0,
    access: Access::Write,
    kind: FaultKind::Unmapped,
};

/// Pushes bytes downwards.
struct Writer<'a> {
    space: &'a Space,
    at: u32,
}

impl Writer<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Result<u32, GuestFault> {
        let addr = u32::try_from(bytes.len())
            .ok()
            .and_then(|len| self.at.checked_sub(len));
        self.at = addr.ok_or(BELOW_ZERO)?;
        self.space.write(self.at, bytes)?;
        Ok(self.at)
    }

    /// Writes strings so that the first is the lowest, as Linux does; returns where each is.
    fn strings(&mut self, strings: &[CString]) -> Result<Vec<u32>, GuestFault> {
        let mut addrs = strings
            .iter()
            .rev()
            .map(|s| self.bytes(s.to_bytes_with_nul()))
            .collect::<Result<Vec<_>, _>>()?;
        addrs.reverse();
        Ok(addrs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Backing, Placement, Prot};

    fn start<'a>(args: &'a [CString], env: &'a [CString]) -> Start<'a> {
        Start {
            args,
            env,
            path: c"/bin/true",
            headers: 0x1_0034,
            header_count: 9,
            entry: 0x1_0401,
            interpreter: 0xb000_0000,
            random: [7; 16],
            ids: [1, 2, 3, 4],
        }
    }

    /// What `_start` finds: argc, argv, NULL, envp, NULL, auxv, at an aligned address.
    #[test]
    fn stack_is_laid_out_as_linux_does() {
        let space = Space::new().unwrap();
        let prot = Prot::READ | Prot::WRITE;
        space
            .map(
                0x10_0000,
                0x1_0000,
                prot,
                Backing::Anonymous,
                Placement::Fixed,
            )
            .unwrap();
        let args = [c"true".to_owned(), c"".to_owned(), c"x y".to_owned()];
        let env = [c"A=1".to_owned()];
        let stack = start(&args, &env).write(&space, 0x11_0000).unwrap();
        assert_eq!(stack.sp % 8, 0);
        let word = |i: u32| space.read_obj::<u32>(stack.sp + 4 * i).unwrap();
        let text = |addr| space.read_cstr(addr, 64).unwrap();
        assert_eq!(word(0), 3);
        assert_eq!(text(word(1)).as_c_str(), c"true");
        assert_eq!(text(word(2)).as_c_str(), c"");
        assert_eq!(text(word(3)).as_c_str(), c"x y");
        assert_eq!((word(4), word(6)), (0, 0));
        assert_eq!(text(word(5)).as_c_str(), c"A=1");
        assert_eq!((word(7), word(8)), (at::PHDR, 0x1_0034));
        let auxv: Vec<[u32; 2]> = bytemuck::allocation::pod_collect_to_vec(&stack.auxv);
        let find = |key| auxv.iter().find(|e| e[0] == key).unwrap()[1];
        assert_eq!(text(find(at::EXECFN)).as_c_str(), c"/bin/true");
        assert_eq!(text(find(at::PLATFORM)).as_c_str(), c"v7l");
        assert_eq!(find(at::ENTRY), 0x1_0401);
        assert_eq!(find(at::HWCAP), HWCAP);
        assert_eq!(auxv.last(), Some(&[0, 0]));
    }

    #[test]
    fn arguments_larger_than_the_stack_are_an_error() {
        let space = Space::new().unwrap();
        let prot = Prot::READ | Prot::WRITE;
        space
            .map(
                0x10_0000,
                0x1000,
                prot,
                Backing::Anonymous,
                Placement::Fixed,
            )
            .unwrap();
        let args = [CString::new(vec![b'x'; 0x2000]).unwrap()];
        assert!(start(&args, &[]).write(&space, 0x10_1000).is_err());
    }
}
