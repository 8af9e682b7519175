//! Every way in which a file can be wrong is named.

use super::*;
use crate::memory::{FaultKind, Space};

/// An ELF file under construction: `(type, offset, address, file size, memory size, flags)`
/// for each program header, and the bytes behind them.
struct Builder {
    headers: Vec<[u32; 6]>,
    kind: u16,
    machine: u16,
    flags: u32,
    entry: u32,
    len: usize,
}

const LOAD: u32 = 1;
const INTERP: u32 = 3;
const RX: u32 = 5;
const RW: u32 = 6;

impl Builder {
    fn new() -> Self {
        Self {
            headers: vec![
                [LOAD, 0, 0x1_0000, 0x300, 0x300, RX],
                [LOAD, 0x1300, 0x2_1300, 8, 0x2000, RW],
            ],
            kind: 2,
            machine: 40,
            flags: 0x0500_0400,
            entry: 0x1_0201,
            len: 0x1400,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = b"\x7fELF\x01\x01\x01".to_vec();
        out.resize(16, 0);
        out.extend(self.kind.to_le_bytes());
        out.extend(self.machine.to_le_bytes());
        for word in [1, self.entry, 52, 0, self.flags] {
            out.extend(word.to_le_bytes());
        }
        for half in [52, 32, self.headers.len() as u16, 40, 0, 0] {
            out.extend(half.to_le_bytes());
        }
        for [kind, offset, addr, file, memory, flags] in &self.headers {
            for word in [kind, offset, addr, addr, file, memory, flags, &0x1000] {
                out.extend(word.to_le_bytes());
            }
        }
        out.resize(self.len, 0xab);
        out
    }

    fn parse(&self) -> Result<Image, ElfError> {
        parse(&self.bytes())
    }

    fn error(&self) -> ElfError {
        self.parse().expect_err("the file is bad")
    }
}

fn parse(bytes: &[u8]) -> Result<Image, ElfError> {
    Image::parse(bytes, bytes.len() as u64)
}

#[test]
fn a_good_file_is_accepted() {
    let image = Builder::new().parse().unwrap();
    assert_eq!(image.entry, 0x1_0201);
    assert!(!image.relocatable && image.interpreter.is_none());
    assert_eq!((image.headers, image.header_count), (0x1_0034, 2));
    assert_eq!(image.extent(), 0x1_0000..0x2_4000);
    assert_eq!(image.segments[1].prot, Prot::READ | Prot::WRITE);
    // Without PT_GNU_STACK a program may expect to run code on its stack.
    assert!(image.exec_stack);
}

#[test]
fn files_that_are_not_elf_are_named() {
    for bytes in [
        &b""[..],
        b"\x7fEL",
        b"#!/bin/sh\necho",
        &[0; 200],
        &[0xff; 52],
    ] {
        assert_eq!(parse(bytes), Err(ElfError::NotElf));
    }
    assert!(ElfError::NotElf.to_string().contains("not an ELF file"));
}

#[test]
fn files_for_other_machines_are_named() {
    let name = |machine, class, order| {
        let mut bytes = Builder {
            machine,
            ..Builder::new()
        }
        .bytes();
        (bytes[4], bytes[5]) = (class, order);
        if order == 2 {
            bytes[18..20].reverse();
        }
        parse(&bytes).expect_err("not ours").to_string()
    };
    assert!(name(62, 2, 1).contains("x86-64"));
    assert!(name(183, 2, 1).contains("AArch64"));
    assert!(name(40, 1, 2).contains("big-endian ARM"));
    assert!(name(243, 2, 1).contains("RISC-V"));
    assert!(name(8, 1, 2).contains("MIPS"));
    assert!(name(4711, 1, 1).contains("machine 4711"));
    assert!(name(40, 2, 1).contains("machine 40, class 2"));
}

#[test]
fn files_that_are_no_programs_are_named() {
    assert_eq!(
        Builder {
            kind: 1,
            ..Builder::new()
        }
        .error(),
        ElfError::Type { kind: 1 }
    );
    assert!(
        ElfError::Type { kind: 1 }
            .to_string()
            .contains("object file")
    );
    assert!(
        Builder {
            kind: 4,
            ..Builder::new()
        }
        .error()
        .to_string()
        .contains("core dump")
    );
    let old = Builder {
        flags: 0x0200_0000,
        ..Builder::new()
    }
    .error();
    assert!(old.to_string().contains("EABI version 2"), "{old}");
    let mut empty = Builder::new();
    empty.headers.clear();
    assert_eq!(empty.error(), ElfError::Empty);
}

#[test]
fn truncated_files_are_named_with_what_is_missing() {
    let bytes = Builder::new().bytes();
    // Cut in the second segment, in the header table, and in the header.
    let range = 0x1300..0x1308;
    assert_eq!(
        parse(&bytes[..0x1304]),
        Err(ElfError::Truncated {
            index: 1,
            range,
            len: 0x1304
        })
    );
    assert_eq!(
        parse(&bytes[..80]),
        Err(ElfError::Headers {
            what: "beyond the end of the file"
        })
    );
    assert_eq!(parse(&bytes[..51]), Err(ElfError::NotElf));
    let text = parse(&bytes[..0x1304]).unwrap_err().to_string();
    assert!(text.contains("segment 1") && text.contains("0x1304") && text.contains("truncated"));
}

/// Damages one program header of a good file and returns what is said about it.
fn with(n: usize, change: fn(&mut [u32; 6])) -> ElfError {
    let mut builder = Builder::new();
    change(&mut builder.headers[n]);
    builder.error()
}

#[test]
fn segments_in_each_others_way_are_named() {
    let overlap = with(1, |h| {
        h[1] = 0x200;
        h[2] = 0x1_0200;
    });
    assert_eq!(
        overlap,
        ElfError::Overlap {
            first: 0,
            second: 1,
            addr: 0x1_0200
        }
    );
    assert!(
        overlap
            .to_string()
            .contains("segments 0 and 1 both want address 0x10200")
    );

    let outside = with(1, |h| (h[2], h[5], h[4]) = (0xffff_e300, RW, 0x3000));
    let range = 0xffff_e300..0x1_0000_1300;
    assert_eq!(outside, ElfError::Outside { index: 1, range });
    // The page of the kernel helpers is not the program's.
    assert!(matches!(
        with(1, |h| h[2] = 0xfffe_f300),
        ElfError::Outside { index: 1, .. }
    ));
    // Nor is page zero.
    assert!(matches!(
        with(0, |h| h[2] = 0),
        ElfError::Outside { index: 0, .. }
    ));
}

#[test]
fn damaged_segments_are_named() {
    assert_eq!(
        with(1, |h| h[4] = 4),
        ElfError::Sizes {
            index: 1,
            file: 8,
            memory: 4
        }
    );
    assert_eq!(
        with(1, |h| h[2] = 0x2_1304),
        ElfError::Misaligned {
            index: 1,
            addr: 0x2_1304,
            offset: 0x1300
        }
    );
    assert_eq!(
        with(1, |h| h[1] = 0xffff_f300),
        ElfError::Truncated {
            index: 1,
            range: 0xffff_f300..0xffff_f308,
            len: 0x1400
        }
    );
    assert_eq!(with(0, |h| h[5] = RW), ElfError::Entry { entry: 0x1_0201 });
    assert_eq!(
        Builder {
            entry: 0x9000,
            ..Builder::new()
        }
        .error(),
        ElfError::Entry { entry: 0x9000 }
    );
}

#[test]
fn the_interpreter_is_a_terminated_string_in_the_file() {
    let with = |header: [u32; 6], text: &[u8]| {
        let mut builder = Builder::new();
        builder.headers.push(header);
        let mut bytes = builder.bytes();
        bytes[0x1000..0x1000 + text.len()].copy_from_slice(text);
        parse(&bytes)
    };
    let good = with([INTERP, 0x1000, 0, 7, 7, 4], b"/lib/x\0").unwrap();
    assert_eq!(good.interpreter.as_deref(), Some(&b"/lib/x"[..]));
    for (size, text) in [
        (0, &b""[..]),
        (1, b"\0"),
        (6, b"/lib/x"),
        (7, b"/l\0b/x\0"),
        (5000, b""),
    ] {
        let result = with([INTERP, 0x1000, 0, size, size, 4], text);
        assert!(
            matches!(result, Err(ElfError::Interpreter { .. })),
            "{size} {result:?}"
        );
    }
    let beyond = with([INTERP, 0x13ff, 0, 7, 7, 4], b"");
    assert!(
        matches!(beyond, Err(ElfError::Truncated { index: 2, .. })),
        "{beyond:?}"
    );
}

/// What a fuzz target does, for a moment: nothing makes the parser panic.
#[test]
fn damaged_files_never_panic() {
    let good = Builder::new().bytes();
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    for _ in 0..50_000 {
        let mut bytes = good.clone();
        for _ in 0..1 + next() % 4 {
            let at = next() as usize % 140;
            bytes[at] = next() as u8;
        }
        bytes.truncate(next() as usize % 0x1500);
        if let Ok(image) = parse(&bytes) {
            assert!(image.extent().end <= 0xffff_0000);
        }
    }
}

#[test]
fn loading_fills_memory_as_the_segments_say() {
    let path = std::env::temp_dir().join(format!("dbt-user-load-{}", std::process::id()));
    std::fs::write(&path, Builder::new().bytes()).unwrap();
    let file = std::fs::File::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let space = Space::new().unwrap();
    let image = Builder::new().parse().unwrap();
    let loaded = load(&space, &file, &image, None).unwrap();
    assert_eq!(
        (loaded.bias, loaded.entry, loaded.headers),
        (0, 0x1_0201, 0x1_0034)
    );
    assert_eq!(loaded.end, 0x2_4000);
    assert_eq!(space.read_obj::<[u8; 4]>(0x1_0000).unwrap(), *b"\x7fELF");
    // The file's bytes, then zeroes to the end of the last page.
    assert_eq!(
        space.read_obj::<[u8; 9]>(0x2_1300).unwrap(),
        [0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0xab, 0]
    );
    let mut rest = vec![1; 0x2000 + 0xd00 - 8];
    space.read(0x2_1308, &mut rest).unwrap();
    assert!(rest.iter().all(|&b| b == 0));
    // Between the segments nothing is accessible, and text is not writable.
    assert!(space.read_obj::<u8>(0x1_1000).is_err());
    let fault = space.write(0x1_0000, &[0]).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Protection);
    // A second time there is no room, and nothing is overwritten.
    assert!(load(&space, &file, &image, None).is_err());
}

#[test]
fn relocatable_images_go_where_there_is_room() {
    let path = std::env::temp_dir().join(format!("dbt-user-pie-{}", std::process::id()));
    let builder = Builder {
        kind: 3,
        ..Builder::new()
    };
    std::fs::write(&path, builder.bytes()).unwrap();
    let file = std::fs::File::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let space = Space::new().unwrap();
    let image = builder.parse().unwrap();
    let first = load(&space, &file, &image, Some(0x40_0000)).unwrap();
    assert_eq!((first.bias, first.entry), (0x3f_0000, 0x40_0201));
    let second = load(&space, &file, &image, Some(0x40_0000)).unwrap();
    assert_ne!(second.bias, first.bias);
    assert_eq!(
        space.read_obj::<[u8; 4]>(second.bias + 0x1_0000).unwrap(),
        *b"\x7fELF"
    );
}
