//! [`Report`]: what was compared, how near it was, and what was left out.

use std::collections::BTreeMap;
use std::fmt;

use crate::arrays::Match;

/// Counts over a folder of golden files.
#[derive(Debug, Default)]
pub struct Report {
    /// Files read.
    pub files: usize,
    /// Networks compared.
    pub nets: usize,
    /// Optimiser runs compared.
    pub runs: usize,
    /// Comparisons by kind (`net f64`, `net f32`, …): arrays, and the largest share of what is allowed.
    pub matches: BTreeMap<&'static str, Match>,
    /// What is in the files and not compared yet, with how often.
    pub not_covered: BTreeMap<String, usize>,
}

impl Report {
    /// Adds a comparison.
    pub fn add(&mut self, kind: &'static str, found: &Match, of: &str) {
        self.matches.entry(kind).or_insert_with(Match::none).join(found, of);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "golden: {} files, {} networks, {} optimiser runs", self.files, self.nets, self.runs)?;
        for (kind, found) in &self.matches {
            let Match { arrays, worst, at } = found;
            writeln!(f, "golden: {kind}: {arrays} arrays, worst at {worst:.2e} of what is allowed ({at})")?;
        }
        let left: Vec<String> = self.not_covered.iter().map(|(what, n)| format!("{what} ×{n}")).collect();
        write!(f, "golden: not yet covered: {}", if left.is_empty() { "nothing".into() } else { left.join(", ") })
    }
}
