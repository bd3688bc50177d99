//! [`measure`]: how much of an epoch is not training steps but shuffling and gathering of rows.

use std::time::Instant;

use anyhow::Result;
use bp_benches::{Kind, Setup, Workload, architecture, backend, sample};
use bp_core::{Examples, Targets};
use bp_train::{Network, Trainer};

use super::median;
use super::report::Epoch;

/// As many as MNIST has.
const ROWS: usize = 60_000;

/// Medians over `rounds` of an epoch and of its steps alone, in turn.
pub(super) fn measure(rounds: usize) -> Result<Epoch> {
    let (workload, job) = (Workload::W4, Workload::W4.job(Kind::Train, false));
    let x = bp_benches::Job::numbers(ROWS * job.inputs(), 6);
    let classes: Vec<u32> = (0..ROWS).map(|n| (n % job.outputs()) as u32).collect();
    let data = Examples::new(&x, Targets::Classes(&classes));
    let mut net = Network::on(backend::<f32>("faer", 1), architecture(&job), 1)?;
    let mut step = Setup { workload, backend: "faer", dtype: "f32", threads: 1 }.step();
    let mut fit = |epochs: usize| -> Result<f64> {
        let start = Instant::now();
        Trainer::new().batch(job.batch).epochs(epochs).rate(1e-6).fit(&mut net, &data)?;
        Ok(start.elapsed().as_secs_f64())
    };
    let (mut epochs, mut steps) = (vec![], vec![]);
    for _ in 0..rounds {
        // `fit` ends with an evaluation, which is no part of an epoch: the difference of two.
        let one = fit(1)?;
        epochs.push((fit(3)? - one) / 2.0);
        let us = sample(&mut |n| {
            step.run(n);
            n
        });
        steps.push(us * 1e-6 * ROWS.div_ceil(job.batch) as f64);
    }
    Ok(Epoch { epoch: median(&epochs), steps: median(&steps) })
}
