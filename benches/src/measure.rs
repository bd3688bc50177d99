//! [`interleaved`]: medians of samples taken in turn, so that a slow minute of the machine hits every row.

use serde::Serialize;

use crate::{Setup, Step, sample};

/// Microseconds per training step of one setup.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// `W1` to `W7`.
    pub workload: &'static str,
    /// The backend.
    pub backend: &'static str,
    /// `f32` or `f64`.
    pub dtype: &'static str,
    /// Threads of the backend.
    pub threads: usize,
    /// Median over the samples.
    pub us_median: f64,
    /// Fastest sample.
    pub us_min: f64,
    /// Slowest sample.
    pub us_max: f64,
    /// Number of samples.
    pub samples: usize,
}

/// Times every setup in turn, `rounds` times, each time after a warm-up ([`sample`]). `on_sample` hears how many of how many samples are done.
///
/// ```
/// use bp_benches::{Setup, Workload, interleaved};
/// let setup = Setup { workload: Workload::W1, backend: "reference", dtype: "f64", threads: 1 };
/// let rows = interleaved(&[setup], 3, |_, _| {});
/// assert!(rows[0].us_min <= rows[0].us_median && rows[0].us_median <= rows[0].us_max);
/// ```
pub fn interleaved(setups: &[Setup], rounds: usize, mut on_sample: impl FnMut(usize, usize)) -> Vec<Row> {
    let mut running: Vec<(Box<dyn Step>, Vec<f64>)> = setups.iter().map(|setup| (setup.step(), vec![])).collect();
    for round in 0..rounds {
        for (i, (step, times)) in running.iter_mut().enumerate() {
            times.push(sample(&mut |n| {
                step.run(n);
                n
            }));
            on_sample(round * setups.len() + i + 1, rounds * setups.len());
        }
    }
    setups.iter().zip(running).map(|(setup, (_, times))| row(setup, times)).collect()
}

fn row(setup: &Setup, mut times: Vec<f64>) -> Row {
    times.sort_by(f64::total_cmp);
    Row {
        workload: setup.workload.name(),
        backend: setup.backend,
        dtype: setup.dtype,
        threads: setup.threads,
        us_median: times[times.len() / 2],
        us_min: times[0],
        us_max: times[times.len() - 1],
        samples: times.len(),
    }
}
