//! Choosing settings by cross-validation: first a grid, then draws at random around what it found.
//!
//! ```sh
//! cargo run --example choose
//! ```

use std::error::Error;

use bp_faer::prelude::*;
use bp_train::selection::{Fold, Goal, KFold, Search, Subset, Trial, draws, grid, log_uniform, search};
use bp_train::{Philox, stream};

/// Errors cross threads.
type Failure = Box<dyn Error + Send + Sync>;

/// What is chosen: how strongly weights decay, and how fast they are learned.
pub(crate) type Setting = [f64; 2];

/// 40 points of sin(2πx) with noise that is uniform between −0.3 and 0.3.
pub(crate) struct Points {
    x: Vec<f64>,
    t: Vec<f64>,
}

impl Points {
    /// The same points for the same seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Philox::new(seed, stream::DATA);
        let x: Vec<f64> = (0..40).map(|_| rng.unit()).collect();
        let t = x.iter().map(|x| (std::f64::consts::TAU * x).sin() + 0.6 * (rng.unit() - 0.5)).collect();
        Self { x, t }
    }

    /// Trains on the rows of a trial and returns the RMSE on those it was not shown.
    fn judge(&self, &[decay, rate]: &Setting, trial: &Trial<'_>) -> Result<f64, Failure> {
        let all = Examples::new(&self.x, Targets::Rows(&self.t));
        let train = Subset::new(&all, 1, 1, trial.train);
        let test = Subset::new(&all, 1, 1, trial.test);
        // One thread each: the trials themselves run side by side.
        let mut net = Network::<f64>::on(
            bp_faer::Faer::with_threads(1),
            stack(1).hidden(16, Tanh).output(1, Identity),
            trial.seed,
        )?;
        net.standardize(&train.examples())?;
        let mut trainer = Trainer::new().optimizer(Adam::new()).rate(rate).weight_decay(decay);
        trainer = trainer.seed(trial.seed).batch(8).epochs(60);
        trainer.fit(&mut net, &train.examples())?;
        Ok(net.evaluate(&test.examples())?.rmse.unwrap_or(f64::NAN))
    }

    /// Every combination of a few decays and rates.
    pub(crate) fn by_grid(&self, folds: &[Fold], threads: usize) -> Result<Search<Setting>, Failure> {
        let settings = grid([&[1e-5, 1e-3, 1e-1], &[1e-3, 3e-2]]);
        search(&settings, folds, 1, threads, Goal::Least, |setting, trial| self.judge(setting, trial))
    }

    /// Eight settings at random, within a factor of four of the one given.
    pub(crate) fn at_random(
        &self,
        [decay, rate]: Setting,
        folds: &[Fold],
        threads: usize,
    ) -> Result<Search<Setting>, Failure> {
        let near = |rng: &mut Philox, x: f64| log_uniform(rng, x / 4.0, x * 4.0);
        let settings = draws(8, 2, |rng| [near(rng, decay), near(rng, rate)]);
        search(&settings, folds, 2, threads, Goal::Least, |setting, trial| self.judge(setting, trial))
    }
}

fn print(what: &str, found: &Search<Setting>) {
    println!("{what}");
    for (at, tried) in found.tried.iter().enumerate() {
        let [decay, rate] = tried.setting;
        let mark = if at == found.best { "  ← best" } else { "" };
        println!(
            "  decay {decay:.1e}, rate {rate:.1e}: RMSE {:.3} ± {:.3}{mark}",
            tried.spread.mean, tried.spread.error
        );
    }
}

pub(crate) fn main() -> Result<(), Failure> {
    let points = Points::new(3);
    let folds = KFold::new(5).repeats(2).seed(4).split(40)?;
    let coarse = points.by_grid(&folds, 0)?;
    print("Grid, 5 folds, twice; RMSE mean ± standard error (the noise alone: 0.173)", &coarse);
    let fine = points.at_random(coarse.best().setting, &folds, 0)?;
    print("At random around the best", &fine);
    Ok(())
}
