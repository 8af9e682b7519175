//! ELF files: what a guest program asks to have in memory.
//!
//! [`Image::parse`] looks at untrusted bytes and decides; it maps nothing, so it
//! can be tested and fuzzed alone. [`load`] then does what the image says.

mod load;
#[cfg(test)]
mod tests;

use std::ops::Range;

use object::elf::{self, FileHeader32, ProgramHeader32};
use object::read::ReadRef;
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, LittleEndian};

pub use load::{Loaded, load};

use crate::memory::{Prot, page_size};

/// The longest interpreter path that Linux accepts.
const PATH_MAX: u32 = 4096;

/// The part of `e_flags` that names the ABI, and the only one there is today.
const EABI_MASK: u32 = 0xff00_0000;
const EABI_VERSION_5: u32 = 0x0500_0000;

/// The most program headers that Linux accepts: they must fit in 64 KiB.
const MAX_HEADERS: usize = 0x1_0000 / 32;

/// What is wrong with an ELF file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElfError {
    /// The file does not start with an ELF header.
    #[error(
        "not an ELF file; dbt-user runs 32-bit ARM Linux programs (scripts: name their interpreter)"
    )]
    NotElf,
    /// The file is for another kind of machine.
    #[error("this program is for {found}; dbt-user runs 32-bit little-endian ARM programs (armhf)")]
    Machine {
        /// What it is for.
        found: String,
    },
    /// The program uses the ABI that preceded EABI5.
    #[error("e_flags {flags:#010x} name EABI version {}; only version 5 is supported, rebuild the program with a current compiler", flags >> 24)]
    Abi {
        /// `e_flags`.
        flags: u32,
    },
    /// The file is an object, a core dump or something else that does not run.
    #[error("e_type {kind} is {}, not a program: link it first", type_name(*kind))]
    Type {
        /// `e_type`.
        kind: u16,
    },
    /// The program headers are missing, of a strange size, or too many.
    #[error("the program headers are {what}: the file is truncated or damaged, copy it again")]
    Headers {
        /// What is wrong with them.
        what: &'static str,
    },
    /// A part of the file lies beyond its end.
    #[error("segment {index} needs file bytes {:#x}..{:#x}, but the file has only {len:#x}: it is truncated, copy it again", range.start, range.end)]
    Truncated {
        /// Index of the program header.
        index: usize,
        /// What it needs.
        range: Range<u64>,
        /// What there is.
        len: u64,
    },
    /// A segment leaves the address space, or lies in a part the system keeps.
    #[error("segment {index} wants addresses {:#x}..{:#x}; a program may use 0x1000..0xffff0000, relink it", range.start, range.end)]
    Outside {
        /// Index of the program header.
        index: usize,
        /// The addresses it wants.
        range: Range<u64>,
    },
    /// Two segments want the same address.
    #[error(
        "segments {first} and {second} both want address {addr:#x}: the file is damaged or was linked wrongly"
    )]
    Overlap {
        /// Index of one program header.
        first: usize,
        /// Index of the other.
        second: usize,
        /// The address.
        addr: u64,
    },
    /// A segment's size in the file exceeds its size in memory.
    #[error(
        "segment {index} has {file:#x} bytes in the file but only {memory:#x} in memory: the file is damaged"
    )]
    Sizes {
        /// Index of the program header.
        index: usize,
        /// Bytes in the file.
        file: u32,
        /// Bytes in memory.
        memory: u32,
    },
    /// Address and file offset differ within a page, so it cannot be mapped.
    #[error(
        "segment {index} has address {addr:#x} and file offset {offset:#x}, which differ modulo the page size: relink with -z max-page-size=4096 or more"
    )]
    Misaligned {
        /// Index of the program header.
        index: usize,
        /// `p_vaddr`.
        addr: u32,
        /// `p_offset`.
        offset: u32,
    },
    /// Nothing is to be loaded.
    #[error(
        "there is no loadable segment: the file holds no program (is it a debug-information file?)"
    )]
    Empty,
    /// The entry point is not in executable memory.
    #[error(
        "the entry point {entry:#x} is in no executable segment: the file is damaged or is a shared library that cannot be run"
    )]
    Entry {
        /// `e_entry`.
        entry: u32,
    },
    /// The interpreter's name is damaged.
    #[error("the name of the interpreter (PT_INTERP) {what}: the file is damaged")]
    Interpreter {
        /// What is wrong with it.
        what: &'static str,
    },
}

/// A segment to be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where, before the bias of a position-independent image.
    pub addr: u32,
    /// Bytes in memory.
    pub size: u32,
    /// Where its bytes are in the file.
    pub offset: u32,
    /// How many there are; the rest is zero.
    pub file_size: u32,
    /// What the guest may do with it.
    pub prot: Prot,
}

/// An ELF file that can be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Where it starts, before the bias; bit 0 selects T32.
    pub entry: u32,
    /// Whether it may be loaded at any page (`ET_DYN`).
    pub relocatable: bool,
    /// What is to be loaded, in the file's order.
    pub segments: Vec<Segment>,
    /// The interpreter's path, as bytes without the final zero.
    pub interpreter: Option<Vec<u8>>,
    /// Where the program headers are in memory, before the bias; 0 if nowhere.
    pub headers: u32,
    /// How many there are.
    pub header_count: u32,
    /// Whether the stack must be executable, as programs with trampolines on it ask.
    pub exec_stack: bool,
}

impl Image {
    /// Checks an ELF file. `len` is the file's length.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with it.
    pub fn parse<'data, R: ReadRef<'data>>(data: R, len: u64) -> Result<Self, ElfError> {
        let header = header(data)?;
        let e = LittleEndian;
        if header.e_phentsize.get(e) != 32 {
            return Err(ElfError::Headers {
                what: "not of 32 bytes each",
            });
        }
        // `program_headers` turns 0xffff into a count kept elsewhere; Linux does not.
        if usize::from(header.e_phnum.get(e)) > MAX_HEADERS {
            return Err(ElfError::Headers { what: "too many" });
        }
        let headers = header
            .program_headers(e, data)
            .map_err(|_| ElfError::Headers {
                what: "beyond the end of the file",
            })?;
        let relocatable = header.e_type.get(e) == elf::ET_DYN;
        let segments = segments(headers, len, relocatable)?;
        let image = Self {
            entry: header.e_entry.get(e),
            relocatable,
            interpreter: interpreter(headers, data, len)?,
            headers: headers_in_memory(header, headers, &segments),
            header_count: headers.len() as u32,
            exec_stack: headers
                .iter()
                .find(|h| h.p_type.get(e) == elf::PT_GNU_STACK)
                .is_none_or(|h| h.p_flags.get(e).0 & elf::PF_X.0 != 0),
            segments,
        };
        let entry = image.entry & !1;
        let runs = |s: &Segment| s.prot.contains(Prot::EXEC) && entry.wrapping_sub(s.addr) < s.size;
        if !image.segments.iter().any(runs) {
            return Err(ElfError::Entry { entry: image.entry });
        }
        Ok(image)
    }

    /// Returns the pages that the image needs, before the bias.
    #[must_use]
    pub fn extent(&self) -> Range<u64> {
        let page = u64::from(page_size());
        let start = self
            .segments
            .iter()
            .map(|s| u64::from(s.addr) & !(page - 1))
            .min();
        let end = self
            .segments
            .iter()
            .map(|s| u64::from(s.addr) + u64::from(s.size))
            .max();
        start.unwrap_or(0)..end.unwrap_or(0).next_multiple_of(page)
    }
}

/// Whether a file is one that dbt-user can run, as far as its first bytes tell.
#[must_use]
pub fn is_arm_program(data: &[u8]) -> bool {
    header(data).is_ok()
}

/// Checks the identification and the header.
fn header<'data, R: ReadRef<'data>>(
    data: R,
) -> Result<&'data FileHeader32<LittleEndian>, ElfError> {
    // The 32-bit header is a prefix of what every ELF file has.
    let header = data
        .read_at::<FileHeader32<LittleEndian>>(0)
        .ok()
        .filter(|h| h.e_ident.magic == elf::ELFMAG)
        .ok_or(ElfError::NotElf)?;
    let (class, order) = (header.e_ident.class, header.e_ident.data);
    let big = order == elf::ELFDATA2MSB;
    let endian = if big {
        Endianness::Big
    } else {
        Endianness::Little
    };
    let machine = data
        .read_at::<FileHeader32<Endianness>>(0)
        .map_or(elf::EM_NONE, |h| h.e_machine.get(endian));
    let found = |name: String| Err(ElfError::Machine { found: name });
    match (machine, class, big) {
        (elf::EM_ARM, elf::ELFCLASS32, false) => {}
        (elf::EM_ARM, elf::ELFCLASS32, true) => return found("big-endian ARM".into()),
        (elf::EM_AARCH64, ..) => return found("64-bit ARM (AArch64)".into()),
        (elf::EM_X86_64, ..) => return found("x86-64".into()),
        (elf::EM_386, ..) => return found("32-bit x86".into()),
        (elf::EM_RISCV, ..) => return found("RISC-V".into()),
        (elf::EM_MIPS, ..) => return found("MIPS".into()),
        (elf::EM_PPC | elf::EM_PPC64, ..) => return found("PowerPC".into()),
        (m, ..) => return found(format!("foreign (ELF machine {m}, class {class})")),
    }
    let flags = header.e_flags.get(LittleEndian).0;
    if flags & EABI_MASK != EABI_VERSION_5 {
        return Err(ElfError::Abi { flags });
    }
    match header.e_type.get(LittleEndian) {
        elf::ET_EXEC | elf::ET_DYN => Ok(header),
        kind => Err(ElfError::Type { kind: kind.0 }),
    }
}

/// Collects and checks the loadable segments.
fn segments(
    headers: &[ProgramHeader32<LittleEndian>],
    len: u64,
    relocatable: bool,
) -> Result<Vec<Segment>, ElfError> {
    let mut segments: Vec<(usize, Segment)> = Vec::new();
    for (index, header) in headers.iter().enumerate() {
        if header.p_type.get(LittleEndian) != elf::PT_LOAD {
            continue;
        }
        let segment = segment(index, header, len, relocatable)?;
        for (first, other) in &segments {
            let start = segment.addr.max(other.addr);
            let end = (u64::from(segment.addr) + u64::from(segment.size))
                .min(u64::from(other.addr) + u64::from(other.size));
            if u64::from(start) < end {
                let addr = u64::from(start);
                return Err(ElfError::Overlap {
                    first: *first,
                    second: index,
                    addr,
                });
            }
        }
        // A segment without memory needs nothing.
        if segment.size != 0 {
            segments.push((index, segment));
        }
    }
    if segments.is_empty() {
        return Err(ElfError::Empty);
    }
    Ok(segments.into_iter().map(|(_, segment)| segment).collect())
}

fn segment(
    index: usize,
    header: &ProgramHeader32<LittleEndian>,
    len: u64,
    may_be_zero: bool,
) -> Result<Segment, ElfError> {
    let e = LittleEndian;
    let (addr, size) = (header.p_vaddr.get(e), header.p_memsz.get(e));
    let (offset, file_size) = (header.p_offset.get(e), header.p_filesz.get(e));
    if file_size > size {
        return Err(ElfError::Sizes {
            index,
            file: file_size,
            memory: size,
        });
    }
    let range = u64::from(offset)..u64::from(offset) + u64::from(file_size);
    if range.end > len {
        return Err(ElfError::Truncated { index, range, len });
    }
    let wanted = u64::from(addr)..u64::from(addr) + u64::from(size);
    if wanted.start < u64::from(page_size()) && !may_be_zero || wanted.end > 0xffff_0000 {
        return Err(ElfError::Outside {
            index,
            range: wanted,
        });
    }
    if file_size != 0 && addr % page_size() != offset % page_size() {
        return Err(ElfError::Misaligned {
            index,
            addr,
            offset,
        });
    }
    let flags = header.p_flags.get(e).0;
    let mut prot = Prot::empty();
    prot.set(Prot::READ, flags & elf::PF_R.0 != 0);
    prot.set(Prot::WRITE, flags & elf::PF_W.0 != 0);
    prot.set(Prot::EXEC, flags & elf::PF_X.0 != 0);
    Ok(Segment {
        addr,
        size,
        offset,
        file_size,
        prot,
    })
}

/// Returns the interpreter's path.
fn interpreter<'data, R: ReadRef<'data>>(
    headers: &[ProgramHeader32<LittleEndian>],
    data: R,
    len: u64,
) -> Result<Option<Vec<u8>>, ElfError> {
    let e = LittleEndian;
    let interp = headers
        .iter()
        .enumerate()
        .find(|(_, h)| h.p_type.get(e) == elf::PT_INTERP);
    let Some((index, header)) = interp else {
        return Ok(None);
    };
    let size = header.p_filesz.get(e);
    if !(2..=PATH_MAX).contains(&size) {
        return Err(ElfError::Interpreter {
            what: "is empty or longer than 4096 bytes",
        });
    }
    let start = u64::from(header.p_offset.get(e));
    let bytes = header.data(e, data).map_err(|()| ElfError::Truncated {
        index,
        range: start..start + u64::from(size),
        len,
    })?;
    match bytes.split_last() {
        Some((0, path)) if !path.contains(&0) => Ok(Some(path.to_vec())),
        _ => Err(ElfError::Interpreter {
            what: "does not end with one zero byte",
        }),
    }
}

/// Returns where the program headers end up in memory (`AT_PHDR`).
fn headers_in_memory(
    header: &FileHeader32<LittleEndian>,
    headers: &[ProgramHeader32<LittleEndian>],
    segments: &[Segment],
) -> u32 {
    let e = LittleEndian;
    if let Some(own) = headers.iter().find(|h| h.p_type.get(e) == elf::PT_PHDR) {
        return own.p_vaddr.get(e);
    }
    let offset = header.e_phoff.get(e);
    segments
        .iter()
        .find(|s| offset.wrapping_sub(s.offset) < s.file_size)
        .map_or(0, |s| s.addr.wrapping_add(offset.wrapping_sub(s.offset)))
}

fn type_name(kind: u16) -> &'static str {
    match elf::FileType(kind) {
        elf::ET_REL => "an object file",
        elf::ET_CORE => "a core dump",
        _ => "unknown",
    }
}
