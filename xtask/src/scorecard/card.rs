//! [`Card`]: what was measured, split by split, as docs/scorecard.json.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use bp_train::selection::Spread;
use serde::{Deserialize, Serialize};

use crate::tidy;

/// Everything measured so far. Parts that were not run are empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Card {
    /// By data set: `bp train` and scikit-learn on the same splits.
    pub(super) peers: BTreeMap<String, Peers>,
    /// By data set.
    pub(super) uci: BTreeMap<String, Uci>,
    /// By name of the job.
    pub(super) images: BTreeMap<String, Images>,
}

/// Scores of both sides on one set: accuracy, R² for values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Peers {
    pub(super) date: String,
    /// How many splits, and a checksum of their test rows: scores of other splits are not compared.
    pub(super) splits: String,
    pub(super) ours: Vec<f64>,
    /// scikit-learn's version, empty before it was run.
    pub(super) version: String,
    pub(super) raw: Vec<f64>,
    pub(super) scaled: Vec<f64>,
}

/// RMSE of one UCI set, split by split, with the setting that was chosen on the training part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Uci {
    pub(super) date: String,
    pub(super) rmse: Vec<f64>,
    pub(super) chosen: Vec<f64>,
    pub(super) seconds: f64,
}

/// Error on the test part by seed, in percent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Images {
    pub(super) date: String,
    pub(super) settings: String,
    pub(super) test_error: Vec<f64>,
    /// Seconds of each training.
    pub(super) seconds: Vec<f64>,
    pub(super) threads: usize,
}

impl Peers {
    /// Our score minus theirs, split by split; none before both sides have scores.
    pub(super) fn difference(&self, theirs: &[f64]) -> Option<Spread> {
        let is_whole = !self.ours.is_empty() && self.ours.len() == theirs.len();
        let differences: Vec<f64> = self.ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs).collect();
        is_whole.then(|| Spread::of(&differences))
    }
}

impl Images {
    /// The median test error.
    pub(super) fn median(&self) -> f64 {
        let mut sorted = self.test_error.clone();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        f64::midpoint(low, high)
    }
}

impl Card {
    /// The card of the workspace, empty if there is none.
    pub(super) fn open() -> Result<Self> {
        let path = path();
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is no scorecard", path.display())),
            Err(_) => Ok(Self::default()),
        }
    }

    pub(super) fn save(&self) -> Result<()> {
        let path = path();
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

fn path() -> PathBuf {
    tidy::root().join("docs/scorecard.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_differences() {
        let images = |test_error: &[f64]| Images {
            date: String::new(),
            settings: String::new(),
            test_error: test_error.into(),
            seconds: vec![],
            threads: 1,
        };
        assert_eq!(
            [&[3.0, 1.0, 2.0][..], &[4.0, 1.0], &[5.0]].map(|e| images(e).median().to_bits()),
            [2.0, 2.5, 5.0].map(f64::to_bits)
        );
        let peers = Peers { ours: vec![1.0, 0.5], raw: vec![0.5, 0.5], ..Peers::default() };
        assert_eq!(peers.difference(&peers.raw).map(|d| (d.mean, d.error)), Some((0.25, 0.25)));
        assert_eq!(peers.difference(&peers.scaled), None);
    }
}
