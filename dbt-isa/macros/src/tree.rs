//! The decision tree of a decoder, laid out as one table.
//!
//! A node looks at a group of adjacent bits and has an entry for each of its values; an entry is
//! another node or a list of candidate rows. The tree is data and not nested `match`es: every level
//! of matches would be an indirect jump, which a processor predicts badly on mixed code, where a
//! level of table costs one load.
//!
//! The root looks at two groups (A32 tells most instructions apart by bits 27 to 20 and 7 to 4).
//! It may be large, so that few words need a second level: how many levels a word needs is again
//! a branch to predict.
//!
//! The layout of an entry is shared with `dbt_isa::tree::Tree`:
//!
//! ```text
//! bit 31 clear  node       base << 9 | width << 5 | shift
//! bit 31 set    candidates index of the first
//! ```

use std::collections::HashMap;

use crate::check;
use crate::cond::PartialWord;
use crate::pattern::low_bits;
use crate::row::Row;

const LEAF: u32 = 1 << 31;

/// The most bits that the root looks at; a wider table strains the first-level cache.
const ROOT_WIDTH: u32 = 12;

/// The most bits that another node looks at.
const NODE_WIDTH: u32 = 10;

/// The price of a table entry at the root and elsewhere, in candidates.
///
/// Measured with 300 generated rows: a root that is 32 times cheaper makes the table four times as
/// large (16 KiB) and decoding in random order a tenth faster, which a translator with other uses
/// for its cache would lose again.
const ROOT_PRICE: f64 = 1.0 / 512.0;
const NODE_PRICE: f64 = 1.0 / 64.0;

/// Adjacent bits of a word.
#[derive(Clone, Copy)]
pub(crate) struct Group {
    pub(crate) shift: u32,
    pub(crate) width: u32,
}

impl Group {
    fn mask(self) -> u32 {
        low_bits(self.width) << self.shift
    }
}

/// A finished tree.
pub(crate) struct Tree {
    /// The groups of the root, the more significant one first; the second may be empty. The
    /// root's entries are the first ones.
    pub(crate) root: [Group; 2],
    pub(crate) entries: Vec<u32>,
    /// Lists of rows; the last one of each list is marked.
    pub(crate) candidates: Vec<(usize, bool)>,
    /// The longest way from the root to candidates, in nodes.
    pub(crate) depth: usize,
    /// The longest list of candidates.
    pub(crate) most_candidates: usize,
}

/// Builds the tree for rows that have passed the checks.
pub(crate) fn build(rows: &[Row], width: u32) -> Tree {
    let mut builder = Builder {
        rows,
        width,
        tree: Tree {
            root: [Group { shift: 0, width: 0 }; 2],
            entries: Vec::new(),
            candidates: Vec::new(),
            depth: 1,
            most_candidates: 0,
        },
        leaves: HashMap::new(),
        nodes: HashMap::new(),
    };
    builder.root();
    builder.tree
}

struct Builder<'a> {
    rows: &'a [Row],
    width: u32,
    tree: Tree,
    /// Lists and nodes that exist already, so that equal ones are shared.
    leaves: HashMap<Vec<usize>, u32>,
    nodes: HashMap<(u32, u32, Vec<u32>), u32>,
}

impl Builder<'_> {
    /// Makes the root and everything below it.
    fn root(&mut self) {
        let all: Vec<usize> = (0..self.rows.len()).collect();
        let [high, low] = self.choose_root(&all);
        let size = 1 << (high.width + low.width);
        self.tree.root = [high, low];
        self.tree.entries = vec![0; size];
        for index in 0..size {
            let value = u32::try_from(index).unwrap_or(u32::MAX);
            let known = PartialWord {
                mask: high.mask() | low.mask(),
                value: value >> low.width << high.shift
                    | (value & low_bits(low.width)) << low.shift,
            };
            self.tree.entries[index] = self.node(&self.matching(&all, known), known, 1);
        }
    }

    /// Makes the entry for words of which `known` is known and which only `rows` can match.
    fn node(&mut self, rows: &[usize], known: PartialWord, depth: usize) -> u32 {
        let Some(group) = self.choose(rows, known) else {
            self.tree.depth = self.tree.depth.max(depth);
            return self.leaf(rows);
        };
        let entries: Vec<u32> = (0..1_u32 << group.width)
            .map(|value| {
                let here = PartialWord {
                    mask: group.mask(),
                    value: value << group.shift,
                };
                // A value that contradicts what is known never occurs here.
                match known.merge(here) {
                    Some(known) => self.node(&self.matching(rows, known), known, depth + 1),
                    None => self.leaf(&[]),
                }
            })
            .collect();
        let key = (group.shift, group.width, entries);
        if let Some(&entry) = self.nodes.get(&key) {
            return entry;
        }
        let base = u32::try_from(self.tree.entries.len()).unwrap_or(u32::MAX);
        let entry = base << 9 | group.width << 5 | group.shift;
        self.tree.entries.extend(&key.2);
        self.nodes.insert(key, entry);
        entry
    }

    /// Those of `rows` that a word described by `known` may match.
    fn matching(&self, rows: &[usize], known: PartialWord) -> Vec<usize> {
        rows.iter()
            .copied()
            .filter(|&row| self.may_match(row, known))
            .collect()
    }

    fn may_match(&self, row: usize, known: PartialWord) -> bool {
        let row = &self.rows[row];
        check::fixed(row).merge(known).is_some_and(|known| {
            row.conds
                .iter()
                .all(|cond| cond.holds(known) != Some(false))
        })
    }

    /// Chooses the group of bits that leaves the fewest candidates for its size.
    fn choose(&self, rows: &[usize], known: PartialWord) -> Option<Group> {
        if rows.len() < 2 {
            return None;
        }
        let masks = self.masks(rows);
        let mut best = (0.9, None);
        for group in self.groups(NODE_WIDTH) {
            let cost = left(&masks, group.mask() & !known.mask)
                + price(NODE_PRICE, group.width, rows.len());
            if cost < best.0 {
                best = (cost, Some(group));
            }
        }
        best.1
    }

    /// Chooses the two groups of the root.
    fn choose_root(&self, rows: &[usize]) -> [Group; 2] {
        let none = Group { shift: 0, width: 0 };
        let masks = self.masks(rows);
        let mut best = (f64::INFINITY, [Group { shift: 0, width: 1 }, none]);
        for low in core::iter::once(none).chain(self.groups(ROOT_WIDTH)) {
            for high in self.groups(ROOT_WIDTH - low.width) {
                if high.shift < low.shift + low.width {
                    continue;
                }
                let price = price(ROOT_PRICE, high.width + low.width, rows.len());
                let cost = left(&masks, high.mask() | low.mask()) + price;
                if cost < best.0 {
                    best = (cost, [high, low]);
                }
            }
        }
        best.1
    }

    /// The masks of fixed bits that occur, and how often: there are far fewer than rows.
    fn masks(&self, rows: &[usize]) -> Vec<(u32, u32)> {
        let mut masks = HashMap::<u32, u32>::new();
        for &row in rows {
            *masks.entry(self.rows[row].pattern.mask).or_default() += 1;
        }
        masks.into_iter().collect()
    }

    /// All groups of at most `width` bits.
    fn groups(&self, width: u32) -> impl Iterator<Item = Group> + use<> {
        let word = self.width;
        (1..=width.min(word))
            .flat_map(move |width| (0..=word - width).map(move |shift| Group { shift, width }))
    }

    fn leaf(&mut self, rows: &[usize]) -> u32 {
        // The most general row first: it is the most frequent one, all else being equal.
        let mut rows = rows.to_vec();
        rows.sort_by_key(|&row| self.rows[row].pattern.mask.count_ones());
        self.tree.most_candidates = self.tree.most_candidates.max(rows.len());
        if let Some(&entry) = self.leaves.get(&rows) {
            return entry;
        }
        let first = u32::try_from(self.tree.candidates.len()).unwrap_or(u32::MAX);
        let entry = LEAF | first;
        // The list of no rows is a row that does not exist; see `expand`.
        let listed = if rows.is_empty() {
            vec![usize::MAX]
        } else {
            rows.clone()
        };
        let last = listed.len() - 1;
        let marked = listed
            .into_iter()
            .enumerate()
            .map(|(index, row)| (row, index == last));
        self.tree.candidates.extend(marked);
        self.leaves.insert(rows, entry);
        entry
    }
}

/// The part of some rows that is left, on average, when the bits of `known` are known.
fn left(masks: &[(u32, u32)], known: u32) -> f64 {
    // A row is left with the probability 2^-(fixed bits that are known).
    let chance = |mask: u32| 1_u64 << (u32::BITS - (mask & known).count_ones());
    let sum: u64 = masks
        .iter()
        .map(|&(mask, count)| chance(mask) * u64::from(count))
        .sum();
    let count: u32 = masks.iter().map(|&(_, count)| count).sum();
    sum as f64 / (1_u64 << u32::BITS) as f64 / f64::from(count)
}

/// What a table of `width` bits costs for `count` rows.
fn price(entry: f64, width: u32, count: usize) -> f64 {
    entry * f64::from(1_u32 << width) / count as f64
}
