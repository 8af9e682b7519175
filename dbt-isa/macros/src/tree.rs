//! The decision tree of a decoder, laid out as one table.
//!
//! A node looks at one group of adjacent bits and has an entry for each of its values; an entry is
//! another node or a list of candidate rows. The tree is data and not nested `match`es: every level
//! of matches would be an indirect jump, which a processor predicts badly on mixed code, where a
//! level of table costs one load.
//!
//! The layout of an entry is shared with `dbt_isa::decode::Tree`:
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

/// The widest group of bits one node looks at; wider ones do not fit the first-level cache.
const MAX_WIDTH: u32 = 10;

/// A finished tree.
pub(crate) struct Tree {
    pub(crate) root: u32,
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
            root: 0,
            entries: Vec::new(),
            candidates: Vec::new(),
            depth: 0,
            most_candidates: 0,
        },
        leaves: HashMap::new(),
        nodes: HashMap::new(),
    };
    let all: Vec<usize> = (0..rows.len()).collect();
    builder.tree.root = builder.node(&all, PartialWord::default(), 0);
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
    /// Makes the entry for words of which `known` is known and which only `rows` can match.
    fn node(&mut self, rows: &[usize], known: PartialWord, depth: usize) -> u32 {
        let Some((shift, width)) = self.choose(rows, known) else {
            self.tree.depth = self.tree.depth.max(depth);
            return self.leaf(rows);
        };
        let group = PartialWord {
            mask: low_bits(width) << shift,
            value: 0,
        };
        let entries: Vec<u32> = (0..1 << width)
            .map(|value: u32| {
                let here = PartialWord {
                    value: value << shift,
                    ..group
                };
                // A value that contradicts what is known never occurs here.
                let Some(known) = known.merge(here) else {
                    return self.leaf(&[]);
                };
                let rows: Vec<usize> = rows
                    .iter()
                    .copied()
                    .filter(|&row| self.may_match(row, known))
                    .collect();
                self.node(&rows, known, depth + 1)
            })
            .collect();
        let key = (shift, width, entries);
        if let Some(&entry) = self.nodes.get(&key) {
            return entry;
        }
        let base = u32::try_from(self.tree.entries.len()).unwrap_or(u32::MAX);
        let entry = base << 9 | width << 5 | shift;
        self.tree.entries.extend(&key.2);
        self.nodes.insert(key, entry);
        entry
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
    fn choose(&self, rows: &[usize], known: PartialWord) -> Option<(u32, u32)> {
        if rows.len() < 2 {
            return None;
        }
        let count = rows.len() as f64;
        // The cost is the part of the candidates that is left, plus a price for the table.
        let mut best = (0.9, None);
        for width in 1..=MAX_WIDTH.min(self.width) {
            let price = f64::from(1_u32 << width) / (64.0 * count);
            for shift in 0..=self.width - width {
                let group = low_bits(width) << shift & !known.mask;
                let left: f64 = rows
                    .iter()
                    .map(|&row| f64::from((group & self.rows[row].pattern.mask).count_ones()))
                    .map(|fixed| (-fixed).exp2())
                    .sum();
                let cost = left / count + price;
                if cost < best.0 {
                    best = (cost, Some((shift, width)));
                }
            }
        }
        best.1
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
