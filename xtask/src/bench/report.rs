//! [`Report`]: the raw figures of `bench --peers`, kept as JSON.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::machine::Machine;
use super::{median, quantile};

/// Everything that was measured, by workload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Report {
    pub(super) unit: String,
    pub(super) machine: Machine,
    pub(super) entries: Vec<Entry>,
    pub(super) missing: Vec<String>,
    /// Why there are no counts, if there are none.
    pub(super) no_counts: Option<String>,
    pub(super) epoch: Option<Epoch>,
}

/// One workload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) job: String,
    pub(super) date: String,
    pub(super) rows: Vec<Row>,
    /// User instructions per step of bp-faer on one thread, f32.
    pub(super) instructions: Option<f64>,
}

/// One participant's samples.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) who: String,
    pub(super) about: String,
    pub(super) threads: usize,
    pub(super) dtype: String,
    /// Microseconds per step, in the order of the rounds.
    pub(super) samples: Vec<f64>,
    /// Why there are none.
    pub(super) refused: Option<String>,
}

/// An epoch of W4's network on 60,000 rows in memory, one thread.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Epoch {
    /// Seconds of the trainer's epoch, shuffling and gathering of rows included.
    pub(super) epoch: f64,
    /// Seconds of as many steps on one batch that stays where it is.
    pub(super) steps: f64,
}

impl Report {
    /// The report in this folder if it is of the same machine, else an empty one.
    pub(super) fn open(folder: &Path) -> Self {
        let new = Self {
            unit: "microseconds per step".into(),
            machine: Machine::this(),
            entries: vec![],
            missing: vec![],
            no_counts: None,
            epoch: None,
        };
        let old = fs::read_to_string(folder.join("peers.json")).ok();
        let old = old.and_then(|text| serde_json::from_str::<Self>(&text).ok());
        old.filter(|old| old.machine == new.machine).unwrap_or(new)
    }

    pub(super) fn save(&self, folder: &Path) -> Result<()> {
        write(&folder.join("peers.json"), &(serde_json::to_string_pretty(self)? + "\n"))
    }

    /// Replaces the entry of this name.
    pub(super) fn insert(&mut self, entry: Entry) {
        self.entries.retain(|old| old.name != entry.name);
        self.entries.push(entry);
        // W1 to W7 before I1 to I3.
        self.entries.sort_by_key(|entry| (entry.name.starts_with('I'), entry.name.clone()));
    }
}

impl Entry {
    pub(super) fn row(&self, who: &str, threads: usize, dtype: &str) -> Option<&Row> {
        let same =
            |row: &&Row| row.who == who && row.threads == threads && row.dtype == dtype && !row.samples.is_empty();
        self.rows.iter().find(same)
    }

    /// The fastest row of another library that takes at most this many threads.
    pub(super) fn best_peer(&self, threads: usize) -> Option<&Row> {
        let peers = self.rows.iter().filter(|row| row.is_peer() && row.threads <= threads && !row.samples.is_empty());
        peers.min_by(|a, b| a.median().total_cmp(&b.median()))
    }

    /// Products and activations alone; with two threads half of the products' time.
    pub(super) fn limit(&self, threads: usize) -> Option<f64> {
        let part = |who| self.row(who, 1, "f32").map(Row::median);
        Some(part("limit-products")? / threads as f64 + part("limit-elementwise")?)
    }
}

impl Row {
    pub(super) fn is_peer(&self) -> bool {
        !self.who.starts_with("bp-") && !self.who.starts_with("limit-")
    }

    pub(super) fn median(&self) -> f64 {
        median(&self.samples)
    }

    /// The quartiles: half of the samples lie between them.
    pub(super) fn spread(&self) -> (f64, f64) {
        (quantile(&self.samples, 0.25), quantile(&self.samples, 0.75))
    }
}

/// Writes a text file into a folder that may not exist yet.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
