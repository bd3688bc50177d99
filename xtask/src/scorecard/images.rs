//! MNIST and Fashion-MNIST with dropout and a cosine schedule, once per seed.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use bp_core::{Act, Backend, Examples, Output, Targets, stack};
use bp_datasets::{Dataset, LoadOptions, Loaded, Split, TargetData, load};
use bp_faer::{Faer, Network};
use bp_train::{Adam, Schedule, Trainer};

use super::Part;
use super::card::{Card, Images};
use crate::bench::machine::date;

/// One network on one set of images.
pub(super) struct Job {
    pub(super) name: &'static str,
    set: &'static str,
    hidden: &'static [usize],
    epochs: usize,
    /// Share of inputs and of hidden units that is dropped.
    dropout: (f64, f64),
    /// Largest test error that the README allows itself, percent.
    pub(super) bar: f64,
}

const BATCH: usize = 128;
const RATE: f64 = 0.001;

pub(super) const MNIST_800: Job =
    Job { name: "MNIST 784-800-10", set: "mnist", hidden: &[800], epochs: 60, dropout: (0.2, 0.5), bar: 1.4 };
pub(super) const MNIST_300: Job =
    Job { name: "MNIST 784-300-100-10", set: "mnist", hidden: &[300, 100], epochs: 30, dropout: (0.1, 0.2), bar: 2.0 };
pub(super) const FASHION: Job = Job {
    name: "Fashion-MNIST 784-800-10",
    set: "fashion-mnist",
    hidden: &[800],
    epochs: 40,
    dropout: (0.1, 0.4),
    bar: 10.0,
};

pub(super) fn jobs() -> [(Part, Job); 3] {
    [(Part::Mnist800, MNIST_800), (Part::Mnist300, MNIST_300), (Part::Fashion, FASHION)]
}

impl Job {
    /// In words.
    pub(super) fn settings(&self) -> String {
        let (inputs, units) = self.dropout;
        format!(
            "relu, adam {RATE} to 0 by a cosine, {} epochs of batches of {BATCH}, dropout {inputs} of inputs and {units} of units",
            self.epochs
        )
    }
}

/// Trains with seeds 0, 1, … and puts each test error on the card.
pub(super) fn run(card: &mut Card, job: &Job, data_dir: Option<&Path>, seeds: u64) -> Result<()> {
    let dir = data_dir.context("the images need --data-dir")?;
    let options = LoadOptions { data_dir: Some(dir.into()), seed: 0 };
    let Loaded::Parts(parts) = load::<f32>(job.set, &options)? else { bail!("{} has no test part", job.set) };
    let threads = Backend::<f32>::threads(&Faer::with_threads(0));
    let mut entry = Images { date: date(), settings: job.settings(), test_error: vec![], seconds: vec![], threads };
    for seed in 0..seeds {
        let start = Instant::now();
        let error = test_error(job, &parts, seed)?;
        let seconds = start.elapsed().as_secs_f64();
        println!("{}, seed {seed}: test error {error:.2} %, {seconds:.0} s", job.name);
        entry.test_error.push(error);
        entry.seconds.push(seconds);
        card.images.insert(job.name.into(), entry.clone());
        card.save()?;
    }
    Ok(())
}

/// Percent of the test part, looked at once, after training.
fn test_error(job: &Job, parts: &Split<f32>, seed: u64) -> Result<f64> {
    let (train, test) = (examples(&parts.train)?, examples(&parts.test)?);
    let layers = job.hidden.iter().fold(stack(parts.train.inputs()), |stack, &width| stack.hidden(width, Act::Relu));
    let mut net = Network::<f32>::on(Faer::with_threads(0), layers.output(10, Output::Softmax), seed)?;
    let steps = (job.epochs * parts.train.rows().div_ceil(BATCH)) as u64;
    let (inputs, units) = job.dropout;
    let mut trainer = Trainer::new().optimizer(Adam::new()).rate(RATE).schedule(Schedule::Cosine { steps, floor: 0.0 });
    trainer = trainer.input_dropout(inputs).dropout(units).batch(BATCH).epochs(job.epochs).seed(seed);
    trainer.fit(&mut net, &train)?;
    let accuracy = net.evaluate(&test)?.accuracy.context("classes have an accuracy")?;
    Ok(100.0 * (1.0 - accuracy))
}

fn examples(data: &Dataset<f32>) -> Result<Examples<'_, f32>> {
    match data.targets() {
        TargetData::Classes(labels) => Ok(Examples::new(data.x(), Targets::Classes(labels))),
        TargetData::Values(_) => bail!("{} has no classes", data.name()),
    }
}
