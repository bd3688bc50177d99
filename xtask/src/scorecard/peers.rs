//! `bp train` beside scikit-learn's MLP: both with their defaults, on the same 20 stratified splits of five sets.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use bp_datasets::{Dataset, LoadOptions, Loaded, load};
use serde::Deserialize;

use super::card::{Card, Peers};
use super::program::{Bp, figure};
use crate::bench::machine::date;
use crate::tidy;

pub(super) const SETS: [&str; 5] = ["iris", "wine", "breast-cancer", "digits", "diabetes"];
const SPLITS: u64 = 20;
/// What `bp train` puts aside.
const TEST_FRACTION: f64 = 0.2;

/// What the script writes.
#[derive(Deserialize)]
struct Theirs {
    version: String,
    sets: BTreeMap<String, Scores>,
}

#[derive(Deserialize)]
struct Scores {
    raw: Vec<f64>,
    scaled: Vec<f64>,
}

/// Our side always; the other if a Python is given.
pub(super) fn run(card: &mut Card, python: Option<&Path>) -> Result<()> {
    let mut splits = BTreeMap::new();
    for name in SETS {
        splits.insert(name, test_rows(name)?);
    }
    let bp = Bp::build()?;
    for (&name, rows) in &splits {
        let entry = card.peers.entry(name.into()).or_default();
        let tag = tag(rows);
        if entry.splits != tag {
            *entry = Peers { splits: tag, ..Peers::default() };
        }
        entry.ours = (0..SPLITS).map(|seed| ours(&bp, name, seed)).collect::<Result<_>>()?;
        entry.date = date();
        println!("{name}: bp {:.4}", entry.ours.iter().sum::<f64>() / SPLITS as f64);
    }
    let Some(python) = python else { return Ok(()) };
    let Theirs { version, mut sets } = theirs(python, &splits)?;
    for name in SETS {
        let scores = sets.remove(name).with_context(|| format!("the script has no scores of {name}"))?;
        let entry = card.peers.entry(name.into()).or_default();
        (entry.version, entry.raw, entry.scaled) = (version.clone(), scores.raw, scores.scaled);
    }
    Ok(())
}

/// The score of `bp train NAME --seed SEED` on the rows that it puts aside.
fn ours(bp: &Bp, name: &str, seed: u64) -> Result<f64> {
    let outcome = bp.json(&["train", name, "--seed", &seed.to_string(), "--quiet", "--json", "--threads", "1"])?;
    figure(&outcome, if name == "diabetes" { "test_r2" } else { "test_accuracy" })
}

fn theirs(python: &Path, splits: &BTreeMap<&str, Vec<Vec<usize>>>) -> Result<Theirs> {
    let script = tidy::root().join("xtask/scripts/sklearn_mlp.py");
    let mut command = Command::new(python);
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("{} does not start", python.display()))?;
    let mut stdin = child.stdin.take().context("a pipe was asked for")?;
    stdin.write_all(&serde_json::to_vec(splits)?)?;
    drop(stdin);
    let out = child.wait_with_output()?;
    if !out.status.success() {
        bail!("the script failed; does {} have scikit-learn?", python.display());
    }
    serde_json::from_slice(&out.stdout).context("the script prints no scores")
}

/// The rows that `bp train` puts aside for each seed.
fn test_rows(name: &str) -> Result<Vec<Vec<usize>>> {
    let Loaded::Whole(data) = load::<f64>(name, &LoadOptions::default())? else {
        bail!("{name} comes with its own split");
    };
    let rows = |data: &Dataset<f64>, seed| Ok(data.split_rows(TEST_FRACTION, seed)?.1);
    (0..SPLITS).map(|seed| rows(&data, seed)).collect()
}

/// FNV-1a over the rows, to know them again.
fn tag(splits: &[Vec<usize>]) -> String {
    let bytes = splits.iter().flatten().flat_map(|row| (*row as u64).to_le_bytes());
    let hash =
        bytes.fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    format!("{}:{hash:016x}", splits.len())
}
