//! `cargo xtask verify`: certificates of random networks that are right. A single verdict against one is a false alarm.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};
use bp_core::{Backend, ErrorFunction, Float, Output, Reference, ShapeError};
use bp_faer::Faer;
use bp_ndarray::Ndarray;
use bp_verify::{Certificate, Certify, Number, Recipe, Sample, Verdict, Why, output_functions};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// Random graphs with skip, identity, masked and shared connections, every activation, output function and loss, in f32
/// and f64, spread over the backends.
#[derive(Args)]
pub(crate) struct Options {
    /// 100,000 runs.
    #[arg(long)]
    long: bool,
    /// So many runs.
    #[arg(long, default_value_t = 3000, conflicts_with = "long", value_name = "N")]
    runs: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Entries of one run that are looked at, besides E.
const ENTRIES: usize = 16;

/// What all runs found.
#[derive(Debug, Default)]
struct Tally {
    passed: AtomicUsize,
    /// Entries with a unit on or too near to a kink.
    at_kinks: AtomicUsize,
    /// Entries without a finite enclosure or radius.
    overflow: AtomicUsize,
    /// Entries that rounding blurs more than the resolution asked for.
    too_wide: AtomicUsize,
}

impl Tally {
    fn add(&self, certificate: &Certificate) {
        self.passed.fetch_add(certificate.counts.passed, Ordering::Relaxed);
        for finding in &certificate.findings {
            let count = match finding.verdict {
                Verdict::Inconclusive(Why::Kink) => &self.at_kinks,
                Verdict::Inconclusive(Why::Overflow) => &self.overflow,
                _ => &self.too_wide,
            };
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Share of the entries away from kinks about which nothing was said, in percent.
    fn undecided(&self) -> f64 {
        let [passed, overflow, wide] =
            [&self.passed, &self.overflow, &self.too_wide].map(|n| n.load(Ordering::Relaxed) as f64);
        100.0 * (overflow + wide) / (passed + overflow + wide).max(1.0)
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let runs = if options.long { 100_000 } else { options.runs };
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} networks, {eta} left").expect("a fixed template");
    let bar = ProgressBar::new(runs).with_style(style);
    let outcome = alarms(options.seed, runs, &bar);
    bar.finish_and_clear();
    let (tally, alarms) = outcome?;
    for (seed, certificate) in alarms.iter().take(3) {
        println!("seed {seed}:\n{certificate}");
    }
    let [passed, kinks, overflow, wide] =
        [&tally.passed, &tally.at_kinks, &tally.overflow, &tally.too_wide].map(|count| count.load(Ordering::Relaxed));
    println!(
        "{runs} networks, seeds from {}: {passed} entries pass, {kinks} on kinks, {overflow} without a finite bound, \
         {wide} too wide",
        options.seed
    );
    println!("undecided away from kinks: {:.3} %", tally.undecided());
    println!("false alarms: {}/{runs}", alarms.len());
    match alarms.len() {
        0 => Ok(()),
        n => bail!("{n} certificates speak against a right gradient"),
    }
}

/// Runs all seeds on every core; returns the verdicts against right gradients.
fn alarms(first: u64, runs: u64, bar: &ProgressBar) -> Result<(Tally, Vec<(u64, Certificate)>)> {
    let tally = Tally::default();
    let found: Result<Vec<_>, ShapeError> = (first..first + runs)
        .into_par_iter()
        .map(|seed| {
            let certificate = certify(seed)?;
            tally.add(&certificate);
            bar.inc(1);
            Ok(certificate.is_wrong().then_some((seed, certificate)))
        })
        .collect();
    Ok((tally, found?.into_iter().flatten().collect()))
}

/// One network: the seed decides the graph, the pair, the backend and the scalar.
fn certify(seed: u64) -> Result<Certificate, ShapeError> {
    let outputs = output_functions();
    let pair = seed as usize / 6;
    let (output, loss) = (&outputs[pair % outputs.len()], ErrorFunction::ALL[pair / outputs.len() % 5]);
    let mut recipe = Recipe::random(seed);
    if *output == Output::Softmax {
        // The softmax of one unit is 1 whatever its a: all gradients are 0, and there is no scale to resolve.
        recipe.output.width = recipe.output.width.max(2);
    }
    match seed % 6 {
        0 => on::<f64>(&Reference, &recipe, output, loss, seed),
        1 => on::<f64>(&Faer::with_threads(1), &recipe, output, loss, seed),
        2 => on::<f64>(&Ndarray::with_threads(1), &recipe, output, loss, seed),
        3 => on::<f32>(&Reference, &recipe, output, loss, seed),
        4 => on::<f32>(&Faer::with_threads(1), &recipe, output, loss, seed),
        _ => on::<f32>(&Ndarray::with_threads(1), &recipe, output, loss, seed),
    }
}

fn on<S: Float + Number>(
    backend: &dyn Backend<S>,
    recipe: &Recipe,
    output: &Output,
    loss: ErrorFunction,
    seed: u64,
) -> Result<Certificate, ShapeError> {
    let case = recipe.pair(output, loss);
    let numbers = case.numbers::<S>();
    let certify = Certify::new().coordinates(Sample::some(ENTRIES, seed));
    certify.gradient(&case.plan, &loss, backend, &numbers.params, &numbers.examples())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A slice of the long run, every pair on every backend at least once.
    #[test]
    fn no_false_alarm_and_little_undecided() {
        let (tally, alarms) = alarms(0, 720, &ProgressBar::hidden()).unwrap();
        assert!(alarms.is_empty(), "seed {}: {}", alarms[0].0, alarms[0].1);
        assert!(tally.undecided() <= 1.0, "{tally:?}");
    }
}
