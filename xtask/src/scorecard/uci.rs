//! Five UCI regressions on 20 random 90/10 splits: one hidden layer of 50, one rule for all sets.
//!
//! The rule: each split's training part chooses among [`ALPHAS`] by a cross-validation of its
//! own rows, and the network is then trained on all of them. The test rows are looked at once, by that network.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use bp_core::{Act, Examples, Targets, stack};
use bp_datasets::{CsvOptions, Dataset, TargetData, Task, read_csv_file};
use bp_faer::{Faer, Network};
use bp_train::selection::{Goal, KFold, Subset, search};
use bp_train::{Adam, Schedule, Trainer};

use super::card::{Card, Uci};
use crate::bench::machine::date;

/// A set: its file, what stands between cells, whether names come first, and what others report.
pub(super) struct Set {
    pub(super) name: &'static str,
    file: &'static str,
    delimiter: &'static str,
    has_header: bool,
    /// Probabilistic backpropagation, and the 2018 re-run of dropout.
    pub(super) bar: f64,
    pub(super) aim: f64,
}

#[rustfmt::skip]
pub(super) const SETS: [Set; 5] = [
    Set { name: "yacht", file: "yacht_hydrodynamics.data", delimiter: "space", has_header: false, bar: 1.02, aim: 0.67 },
    Set { name: "energy", file: "energy.csv", delimiter: ",", has_header: true, bar: 1.80, aim: 0.54 },
    Set { name: "concrete", file: "concrete.csv", delimiter: ",", has_header: true, bar: 5.67, aim: 4.82 },
    Set { name: "power-plant", file: "power-plant.csv", delimiter: ",", has_header: true, bar: 4.12, aim: 4.01 },
    Set { name: "wine-red", file: "winequality-red.csv", delimiter: ";", has_header: true, bar: 0.64, aim: 0.62 },
];

/// Test rows as differences; xtask/scripts/uci_splits.py wrote them.
const SPLITS: &str = include_str!("../../data/uci-splits.txt");
const HIDDEN: usize = 50;
const BATCH: usize = 32;
const RATE: f64 = 0.01;
/// Steps of one training, whatever the number of rows.
const STEPS: usize = 10_000;
const FOLDS: usize = 3;

/// Candidates α of the weight decay λ = α / rows, which is a normal prior of precision α on every weight.
const ALPHAS: [f64; 4] = [0.03, 0.3, 3.0, 10.0];

/// All sets, or those whose table is there.
pub(super) fn run(card: &mut Card, data_dir: Option<&Path>) -> Result<()> {
    let dir = data_dir.context("the UCI sets need --data-dir")?;
    for set in &SETS {
        let Some(path) = find(dir, set.file) else {
            println!("{}: {} is not in {}", set.name, set.file, dir.display());
            continue;
        };
        let start = Instant::now();
        let data = read(set, path)?;
        let splits = splits(set.name, data.rows())?;
        let (mut rmse, mut chosen) = (vec![], vec![]);
        for (split, test) in splits.iter().enumerate() {
            let (alpha, error) = judge(&data, test, split as u64)?;
            rmse.push(error);
            chosen.push(alpha);
        }
        let mean = rmse.iter().sum::<f64>() / rmse.len() as f64;
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{}: RMSE {mean:.3} ({seconds:.0} s), alpha {}",
            set.name,
            chosen.iter().map(f64::to_string).collect::<Vec<_>>().join(" ")
        );
        card.uci.insert(set.name.into(), Uci { date: date(), rmse, chosen, seconds });
        card.save()?;
    }
    Ok(())
}

/// Chooses on the training part, trains, and returns it with the RMSE on the test rows.
fn judge(data: &Dataset<f32>, test: &[usize], seed: u64) -> Result<(f64, f64)> {
    let TargetData::Values(t) = data.targets() else { bail!("{} has classes", data.name()) };
    let all = Examples::new(data.x(), Targets::Rows(t));
    let train: Vec<usize> = (0..data.rows()).filter(|row| test.binary_search(row).is_err()).collect();
    let rows_of = |places: &[usize]| places.iter().map(|&place| train[place]).collect::<Vec<_>>();
    let folds = KFold::new(FOLDS).seed(seed).split(train.len())?;
    let found = search(&ALPHAS, &folds, seed, 0, Goal::Least, |&alpha, trial| {
        rmse(&all, data.inputs(), &rows_of(trial.train), &rows_of(trial.test), alpha, trial.seed)
    })?;
    let best = found.best().setting;
    Ok((best, rmse(&all, data.inputs(), &train, test, best, seed)?))
}

fn rmse(all: &Examples<'_, f32>, inputs: usize, train: &[usize], test: &[usize], alpha: f64, seed: u64) -> Result<f64> {
    let (fit, judge) = (Subset::new(all, inputs, 1, train), Subset::new(all, inputs, 1, test));
    let architecture = stack(inputs).hidden(HIDDEN, Act::Relu).output(1, Act::Identity);
    let mut net = Network::<f32>::on(Faer::with_threads(1), architecture, seed)?;
    net.standardize(&fit.examples())?;
    let steps = train.len().div_ceil(BATCH);
    let epochs = STEPS.div_ceil(steps);
    let schedule = Schedule::Cosine { steps: (epochs * steps) as u64, floor: 0.0 };
    let trainer = Trainer::new().optimizer(Adam::new()).rate(RATE).schedule(schedule);
    trainer
        .weight_decay(alpha / train.len() as f64)
        .batch(BATCH)
        .epochs(epochs)
        .seed(seed)
        .fit(&mut net, &fit.examples())?;
    net.evaluate(&judge.examples())?.rmse.context("values have an RMSE")
}

fn read(set: &Set, path: PathBuf) -> Result<Dataset<f32>> {
    let options = CsvOptions {
        delimiter: set.delimiter.parse()?,
        header: Some(set.has_header),
        task: Some(Task::Regress),
        ..CsvOptions::default()
    };
    Ok(read_csv_file(path, &options)?)
}

/// The file in this folder or in a folder in it.
fn find(dir: &Path, file: &str) -> Option<PathBuf> {
    let here = dir.join(file);
    if here.is_file() {
        return Some(here);
    }
    let mut below: Vec<PathBuf> = fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path().join(file)).collect();
    below.sort();
    below.into_iter().find(|path| path.is_file())
}

/// The test rows of every split of a set, in rising order.
fn splits(name: &str, rows: usize) -> Result<Vec<Vec<usize>>> {
    let mut splits = vec![];
    for line in SPLITS.lines().filter(|line| line.split(' ').next() == Some(name)) {
        let numbers = line.split(' ').skip(1).map(str::parse).collect::<Result<Vec<usize>, _>>()?;
        let [of, number, differences @ ..] = &numbers[..] else { bail!("a line of {name} is too short") };
        ensure!((*of, *number) == (rows, splits.len()), "the splits are of {of} rows of {name}, but it has {rows}");
        let sum = |at: &mut usize, step: &usize| {
            *at += step;
            Some(*at)
        };
        splits.push(differences.iter().scan(0, sum).collect::<Vec<_>>());
    }
    ensure!(!splits.is_empty(), "there are no splits of {name}");
    Ok(splits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty different splits of each set: the tenth part, in rising order, inside the table.
    #[test]
    fn the_splits_are_whole() {
        for (name, rows) in
            [("yacht", 308), ("energy", 768), ("concrete", 1030), ("power-plant", 9568), ("wine-red", 1599)]
        {
            let splits = splits(name, rows).unwrap();
            assert_eq!(splits.len(), 20);
            for split in &splits {
                assert_eq!(split.len(), rows - (rows as f64 * 0.9).round() as usize, "{name}");
                assert!(split.windows(2).all(|pair| pair[0] < pair[1]) && *split.last().unwrap() < rows, "{name}");
            }
            assert!((1..20).all(|at| splits[at] != splits[0]), "{name}");
        }
        assert!(splits("yacht", 309).is_err() && splits("boat", 308).is_err());
    }
}
