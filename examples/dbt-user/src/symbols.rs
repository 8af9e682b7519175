//! Names of guest code, from the symbol tables of what is mapped.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use object::read::elf::{ElfFile32, ProgramHeader as _};
use object::{LittleEndian, Object as _, ObjectSymbol as _, SymbolKind, elf};

use crate::memory::Space;

/// The symbols of the files that the guest executes, read when they are first
/// asked for.
#[derive(Debug, Default)]
pub struct Symbols {
    /// Files and where they are mapped. A place that is mapped anew keeps its old
    /// names.
    mapped: Vec<Mapped>,
    files: HashMap<PathBuf, Table>,
}

/// A part of a file in the guest's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mapped {
    /// Guest addresses.
    range: Range<u64>,
    /// The file's offset at the start.
    offset: u64,
    path: PathBuf,
}

impl Symbols {
    /// Returns the name of the code at a guest address: function and offset, or
    /// file and offset if no function is known; none if no file is mapped there.
    pub fn name(&mut self, space: &Space, address: u32) -> Option<String> {
        let wanted = u64::from(address);
        let known = self.mapped.iter().find(|m| m.range.contains(&wanted));
        let mapped = match known {
            Some(mapped) => mapped.clone(),
            None => {
                let base = space.base().addr() as u64;
                let maps = fs::read_to_string("/proc/self/maps").ok()?;
                let mapped = find(&maps, base, wanted)?;
                self.mapped.push(mapped.clone());
                mapped
            }
        };
        let table = self.files.entry(mapped.path.clone()).or_insert_with(|| {
            fs::read(&mapped.path).map_or_else(|_| Table::default(), Table::new)
        });
        let offset = wanted - mapped.range.start + mapped.offset;
        Some(table.name(offset).unwrap_or_else(|| {
            let file = mapped.path.file_name().unwrap_or(OsStr::new("?"));
            format!("{}+{offset:#x}", file.display())
        }))
    }
}

/// Finds what is mapped at a guest address in the text of `/proc/self/maps`.
fn find(maps: &str, base: u64, wanted: u64) -> Option<Mapped> {
    maps.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        let (start, end) = (
            number(start)?.checked_sub(base)?,
            number(end)?.checked_sub(base)?,
        );
        if !(start..end).contains(&wanted) {
            return None;
        }
        let offset = number(words.nth(1)?)?;
        // The path comes behind device and inode and may contain spaces.
        let path = &line[line.find('/')?..];
        Some(Mapped {
            range: start..end,
            offset,
            path: Path::new(path.strip_suffix(" (deleted)").unwrap_or(path)).to_owned(),
        })
    })
}

/// The functions of a file, and where its parts belong.
#[derive(Debug, Default)]
struct Table {
    /// Segments: offset in the file, length, address.
    segments: Vec<[u64; 3]>,
    /// Functions by address: address, length, name.
    functions: Vec<(u64, u64, String)>,
}

impl Table {
    /// Reads a file; what is no ELF file has no names.
    fn new(bytes: Vec<u8>) -> Self {
        let Ok(file) = ElfFile32::<LittleEndian>::parse(&*bytes) else {
            return Self::default();
        };
        let segments = file.elf_program_headers().iter();
        let segments = segments.filter(|header| header.p_type(LittleEndian) == elf::PT_LOAD);
        let mut functions: Vec<_> = file
            .symbols()
            .chain(file.dynamic_symbols())
            .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.is_definition())
            .filter_map(|symbol| {
                let name = symbol.name().ok().filter(|name| !name.is_empty())?;
                // Bit 0 tells that the function is T32.
                Some((symbol.address() & !1, symbol.size(), name.to_owned()))
            })
            .collect();
        functions.sort();
        functions.dedup();
        Self {
            segments: segments
                .map(|header| {
                    let offset = header.p_offset(LittleEndian);
                    let len = header.p_filesz(LittleEndian);
                    [offset, len, header.p_vaddr(LittleEndian)].map(u64::from)
                })
                .collect(),
            functions,
        }
    }

    /// Returns the function at an offset of the file.
    fn name(&self, offset: u64) -> Option<String> {
        let address = self.segments.iter().find_map(|&[start, len, address]| {
            let inside = offset.checked_sub(start).filter(|&inside| inside < len)?;
            Some(address + inside)
        })?;
        let behind = self
            .functions
            .partition_point(|(start, ..)| *start <= address);
        let (start, len, name) = self.functions[..behind].last()?;
        match address - start {
            0 => Some(name.clone()),
            distance if distance < *len || *len == 0 => Some(format!("{name}+{distance:#x}")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_found_by_guest_address() {
        let maps = "\
10000010000-10000012000 r-xp 00003000 08:01 77                         /lib/a b.so
10000012000-10000013000 rw-p 00000000 00:00 0
10000013000-10000014000 r-xp 00000000 00:01 78      /memfd:selftest (deleted)
";
        let found = find(maps, 0x100_0000_0000, 0x1_1004);
        let expected = Mapped {
            range: 0x1_0000..0x1_2000,
            offset: 0x3000,
            path: "/lib/a b.so".into(),
        };
        assert_eq!(found, Some(expected));
        assert_eq!(find(maps, 0x100_0000_0000, 0x1_2000), None);
        let path = find(maps, 0x100_0000_0000, 0x1_3000).map(|mapped| mapped.path);
        assert_eq!(path, Some("/memfd:selftest".into()));
    }

    #[test]
    fn functions_are_named_with_offsets() {
        let table = Table {
            segments: vec![[0x1000, 0x100, 0x2_1000]],
            functions: vec![
                (0x2_1000, 0x10, "first".into()),
                (0x2_1020, 0, "unsized".into()),
            ],
        };
        assert_eq!(table.name(0x1000).as_deref(), Some("first"));
        assert_eq!(table.name(0x100c).as_deref(), Some("first+0xc"));
        assert_eq!(table.name(0x1010), None);
        assert_eq!(table.name(0x1030).as_deref(), Some("unsized+0x10"));
        assert_eq!(table.name(0x1100), None);
        assert_eq!(table.name(0), None);
    }

    #[test]
    fn stripped_program_and_garbage_have_no_functions() {
        let table = Table::new(crate::SELFTEST.to_vec());
        assert!(!table.segments.is_empty() && table.functions.is_empty());
        assert!(Table::new(vec![0x7f; 100]).segments.is_empty());
    }
}
