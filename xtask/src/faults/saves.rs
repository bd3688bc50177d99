//! Faults of saving and loading a training, and the part of the detector HIS that looks for them: a training broken off
//! after every event goes on to the bits of one that was not.

use std::fs;
use std::ops::ControlFlow;

use anyhow::{Context, Result};
use bp_core::{Act, Examples, Reference, Targets, stack};
use bp_tests::nets::values;
use bp_train::{Adam, Checkpoint, Checkpoints, History, Network, Plateau, Schedule, Trainer};

use super::Seen;

/// What does not survive in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forgets {
    Nothing,
    /// Adam's moments are 0 again.
    Moments,
    /// The number of steps, which bias correction and schedule count.
    Steps,
    /// The place in the order of examples: the epoch begins again.
    Place,
    /// The error of the epoch so far, to which a plateau listens.
    Sums,
    /// Moments are written as text with six decimals.
    Digits,
}

/// What a faulty program would have written in place of a checkpoint.
fn spoil(checkpoint: &mut Checkpoint<f64>, forgets: Forgets) {
    let moments = checkpoint.optimizer.iter_mut().flat_map(|(_, values)| values);
    match forgets {
        Forgets::Nothing => {}
        Forgets::Moments => moments.for_each(|m| *m = 0.0),
        Forgets::Steps => checkpoint.place.steps_done = 0,
        Forgets::Place => checkpoint.place.step = 0,
        Forgets::Sums => (checkpoint.place.error, checkpoint.place.weight) = (0.0, 0.0),
        Forgets::Digits => moments.for_each(|m| *m = format!("{m:.6}").parse().unwrap_or(f64::NAN)),
    }
}

const ROWS: usize = 7;
const EPOCHS: usize = 3;
/// Three steps of batches of 3 and the end of the epoch.
const EVENTS: usize = 4 * EPOCHS;

fn network() -> Result<Network<Reference, f64>> {
    Ok(Network::new(stack(2).hidden(3, Act::Tanh).output(2, Act::Identity), 5)?)
}

fn trainer() -> Trainer<f64> {
    let plateau = Plateau::new().factor(0.5).patience(0).threshold(0.9);
    let schedule = Schedule::warmup(2).then(2, Schedule::cosine(20));
    Trainer::new()
        .optimizer(Adam::new())
        .rate(0.1)
        .schedule(schedule)
        .reduce_on_plateau(plateau)
        .batch(3)
        .epochs(EPOCHS)
}

/// Bits of the parameters and of the errors of all epochs.
fn outcome(net: &Network<Reference, f64>, history: &History) -> Vec<u64> {
    let errors = history.epochs.iter().map(|record| record.error.to_bits());
    net.params().iter().map(|w| w.to_bits()).chain(errors).collect()
}

/// HIS of a training.
pub(crate) fn resumed(forgets: Forgets) -> Result<Seen> {
    let (x, t) = (values(51, 2 * ROWS), values(52, 2 * ROWS));
    let examples = Examples::new(&x, Targets::Rows(&t));
    let mut net = network()?;
    let history = trainer().fit(&mut net, &examples)?;
    let want = outcome(&net, &history);
    for events in 1..=EVENTS {
        let folder = tempfile::tempdir()?;
        let mut checkpoints = Checkpoints::new(folder.path());
        let (mut net, mut count) = (network()?, 0);
        trainer().fit_resumable(&mut net, &examples, None, &mut checkpoints, |_, _| {
            count += 1;
            if count == events { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let mut checkpoint = checkpoints.newest()?.context("a checkpoint")?;
        let path = folder.path().join(format!("step-{:012}.bp", checkpoint.place.steps_done));
        spoil(&mut checkpoint, forgets);
        fs::write(path, checkpoint.to_bytes()?)?;
        let mut net = network()?;
        let history =
            trainer().fit_resumable(&mut net, &examples, None, &mut checkpoints, |_, _| ControlFlow::Continue(()))?;
        if outcome(&net, &history) != want {
            return Ok(Some(format!("broken off after event {events} of {EVENTS}, a training ends with other bits")));
        }
    }
    Ok(None)
}
