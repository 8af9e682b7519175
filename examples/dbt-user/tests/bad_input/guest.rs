//! Small guest programs, made without an assembler.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where the first segment is: headers and code, not writable.
pub(crate) const TEXT: u32 = 0x1_0000;
/// Where the second segment is: a page of zeroes, not executable.
pub(crate) const DATA: u32 = 0x3_0000;
/// Headers before the code of [`program`].
const HEADERS: u32 = 52 + 2 * 32;

/// Instructions (A32).
pub(crate) mod asm {
    /// `bx r4`
    pub(crate) const BX_R4: u32 = 0xe12f_ff14;
    /// `bx r5`
    pub(crate) const BX_R5: u32 = 0xe12f_ff15;
    /// `add r5, r5, #1`
    pub(crate) const ADD_R5_1: u32 = 0xe285_5001;
    /// `ldr r0, [r4]`
    pub(crate) const LDR_R0_R4: u32 = 0xe594_0000;
    /// `str r0, [r4]`
    pub(crate) const STR_R0_R4: u32 = 0xe584_0000;
    /// `udf #0`
    pub(crate) const UDF: u32 = 0xe7f0_00f0;
    /// `svc #0`
    pub(crate) const SVC: u32 = 0xef00_0000;

    /// Moves a constant to a register: `movw`, `movt`.
    pub(crate) fn mov(register: u32, value: u32) -> [u32; 2] {
        let fields = |half: u32| half >> 12 << 16 | register << 12 | half & 0xfff;
        [
            0xe300_0000 | fields(value & 0xffff),
            0xe340_0000 | fields(value >> 16),
        ]
    }

    /// Puts an address into `r4` and `r5`.
    pub(crate) fn set_r4_r5(address: u32) -> Vec<u32> {
        [mov(4, address), mov(5, address)].concat()
    }

    /// Calls the system, with `r0` to `r5` as they are.
    pub(crate) fn call(number: u32) -> Vec<u32> {
        let mut code = mov(7, number).to_vec();
        code.push(SVC);
        code
    }

    /// Ends the program.
    pub(crate) fn exit(status: u32) -> Vec<u32> {
        [mov(0, status).to_vec(), call(EXIT_GROUP)].concat()
    }

    pub(crate) const EXIT_GROUP: u32 = 248;
    pub(crate) const RT_SIGACTION: u32 = 174;
    pub(crate) const MMAP2: u32 = 192;
}

/// A file that is deleted at the end.
pub(crate) struct TempFile(PathBuf);

impl TempFile {
    pub(crate) fn new(contents: &[u8]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("dbt-user-bad-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, contents).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        // What is left in the folder for temporary files does no harm.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A program header: type, offset, address, size in the file, size in memory, flags.
type Header = [u32; 6];

const LOAD: u32 = 1;
const RX: u32 = 5;
const RW: u32 = 6;

/// An ELF file for ARM.
fn elf(kind: u16, entry: u32, headers: &[Header], rest: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x01\x01\x01".to_vec();
    bytes.resize(16, 0);
    let count = u16::try_from(headers.len()).unwrap();
    bytes.extend([kind, 40].iter().flat_map(|half| half.to_le_bytes()));
    bytes.extend(words(&[1, entry, 52, 0, 0x0500_0400]));
    let halves = [52, 32, count, 40, 0, 0];
    bytes.extend(halves.iter().flat_map(|half: &u16| half.to_le_bytes()));
    for &[kind, offset, address, in_file, in_memory, flags] in headers {
        let fields = [
            kind, offset, address, address, in_file, in_memory, flags, 0x1000,
        ];
        bytes.extend(words(&fields));
    }
    bytes.extend_from_slice(rest);
    bytes
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn len<T>(items: &[T]) -> u32 {
    u32::try_from(size_of_val(items)).unwrap()
}

/// A program of these instructions, with a page of data.
pub(crate) fn program(code: &[u32]) -> Vec<u8> {
    let size = HEADERS + len(code);
    let headers = [
        [LOAD, 0, TEXT, size, size, RX],
        [LOAD, 0, DATA, 0, 0x1000, RW],
    ];
    elf(2, TEXT + HEADERS, &headers, &words(code))
}

/// A program whose segments are in each other's way.
pub(crate) fn overlapping() -> Vec<u8> {
    let size = HEADERS + 4;
    let headers = [
        [LOAD, 0, TEXT, size, size, RX],
        [LOAD, 0, TEXT, 0, 0x1000, RW],
    ];
    elf(2, TEXT + HEADERS, &headers, &words(&[0]))
}

/// A program that an interpreter is to link with a library.
pub(crate) fn dynamic(interpreter: &str, library: &str) -> Vec<u8> {
    const INTERP: u32 = 3;
    const DYNAMIC: u32 = 2;
    const ADDRESS: u32 = 0x1_0000;
    let (strings, interpreter) = (format!("\0{library}\0"), format!("{interpreter}\0"));
    let table = 52 + 4 * 32;
    // DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_SYMTAB, DT_SYMENT, DT_HASH, DT_NULL
    let entries = 7 * 8;
    let (symbols, hash) = (table + entries, table + entries + 16);
    let names = hash + 16;
    let path = names + len(strings.as_bytes());
    let end = path + len(interpreter.as_bytes());
    let at = |offset| ADDRESS + offset;
    #[rustfmt::skip]
    let dynamic = [
        1, 1, 5, at(names), 10, len(strings.as_bytes()), 6, at(symbols), 11, 16, 4, at(hash), 0, 0,
    ];
    // A table of symbols with the null symbol, and one bucket that is empty.
    let rest = [
        words(&dynamic),
        words(&[0; 4]),
        words(&[1, 1, 0, 0]),
        strings.into_bytes(),
        interpreter.clone().into_bytes(),
    ]
    .concat();
    let path_len = len(interpreter.as_bytes());
    let headers = [
        [INTERP, path, at(path), path_len, path_len, 4],
        [LOAD, 0, at(0), end, end, 7],
        [DYNAMIC, table, at(table), entries, entries, RW],
        // PT_GNU_STACK
        [0x6474_e551, 0, 0, 0, 0, RW],
    ];
    elf(2, at(table), &headers, &rest)
}

/// Where the code of [`catching`] proper starts, from the start of the text.
pub(crate) const START: u32 = HEADERS + 4 * 20;

/// Executes `code` with `address` in `r4` and `r5`, and exits with what a handler
/// for SIGILL and SIGSEGV is told: `signal << 2 | si_code`, where the code is 0 if
/// `si_addr` is not `address`.
pub(crate) fn catching(code: &[u32], address: u32) -> Vec<u32> {
    const SA_SIGINFO: u32 = 4;
    let handler = TEXT + START + len(code);
    let handler_code = [
        vec![
            0xe591_2008, // ldr r2, [r1, #8]
            0xe591_300c, // ldr r3, [r1, #12]
            0xe153_0004, // cmp r3, r4
            0x13a0_2000, // movne r2, #0
            0xe182_0100, // orr r0, r2, r0, lsl #2
        ],
        asm::call(asm::EXIT_GROUP),
    ]
    .concat();
    let action = handler + len(&handler_code);
    let install = [
        asm::mov(1, action).to_vec(),
        asm::mov(2, 0).to_vec(),
        asm::mov(3, 8).to_vec(),
        asm::mov(0, libc::SIGILL.cast_unsigned()).to_vec(),
        asm::call(asm::RT_SIGACTION),
        asm::mov(0, libc::SIGSEGV.cast_unsigned()).to_vec(),
        asm::call(asm::RT_SIGACTION),
        asm::set_r4_r5(address),
    ]
    .concat();
    assert_eq!(HEADERS + len(&install), START);
    let action = [handler, SA_SIGINFO, 0, 0, 0];
    [&install[..], code, &handler_code, &action].concat()
}

/// Maps and touches regions of 16 MiB until it is refused with ENOMEM, and exits
/// with how many it got.
pub(crate) fn exhausting() -> Vec<u32> {
    // PRIVATE | ANONYMOUS | NORESERVE
    const FLAGS: u32 = 0x4022;
    let map = [
        asm::mov(0, 0).to_vec(),
        asm::mov(1, 16 << 20).to_vec(),
        asm::mov(2, 3).to_vec(),
        asm::mov(3, FLAGS).to_vec(),
        asm::mov(4, !0).to_vec(),
        asm::mov(5, 0).to_vec(),
        asm::call(asm::MMAP2),
    ]
    .concat();
    let test = [
        0xe370_000c, // cmn r0, #12
        0x0a00_0002, // beq 1f
        0xe580_0000, // str r0, [r0]
        0xe286_6001, // add r6, r6, #1
        0xeaff_ffeb, // b back to `map`
        0xe1a0_0006, // 1: mov r0, r6
    ];
    let start = asm::mov(6, 0);
    [&start[..], &map, &test, &asm::call(asm::EXIT_GROUP)].concat()
}
