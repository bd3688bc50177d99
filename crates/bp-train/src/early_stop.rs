//! [`EarlyStop`]: a training that ends when it no longer helps on rows it does not learn from.

use serde::{Deserialize, Serialize};

use crate::SettingError;

/// Ends a training when what it watches has not become better for a while, and puts the best weights back (Prechelt 1998).
///
/// What it watches is the validation error of [`fit_validated`](crate::Trainer::fit_validated), or what the function given to
/// [`fit_watched`](crate::Trainer::fit_watched) returns; smaller is better, and NaN is never better. Better means below the
/// best by more than the minimum improvement. After more than `patience` epochs in a row without a better one the training
/// ends. Whether it ends so or after its last epoch, the network is left with the weights of the best epoch.
///
/// ```
/// use bp_train::EarlyStop;
/// let mut stop = EarlyStop::new().patience(1);
/// let ends = [(1, 3.0), (2, 2.0), (3, 2.5), (4, 1.9), (5, 2.0), (6, 2.0)].map(|(epoch, error)| stop.observe(epoch, error).ends);
/// assert_eq!(ends, [false, false, false, false, false, true]);
/// assert_eq!((stop.state().best, stop.state().best_epoch), (Some(1.9), 4));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EarlyStop {
    patience: u64,
    improvement: f64,
    restore: bool,
    state: EarlyStopState,
}

/// What an [`EarlyStop`] remembers, besides the best weights
/// ([`Trainer::best_params`](crate::Trainer::best_params)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopState {
    /// The best value so far; none before the first.
    pub best: Option<f64>,
    /// The epoch of the best value, counted from 1.
    pub best_epoch: u64,
    /// Epochs since the best one, or since the last end.
    pub wait: u64,
}

/// What follows from a value that an [`EarlyStop`] heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// It is the best so far.
    pub is_best: bool,
    /// The training should end.
    pub ends: bool,
}

impl Default for EarlyStop {
    fn default() -> Self {
        Self::new()
    }
}

impl EarlyStop {
    /// A patience of 10 epochs, any improvement, the best weights put back.
    pub fn new() -> Self {
        Self { patience: 10, improvement: 0.0, restore: true, state: EarlyStopState::default() }
    }

    /// How many epochs in a row may be no better.
    #[must_use]
    pub fn patience(self, patience: u64) -> Self {
        Self { patience, ..self }
    }

    /// How far below the best value a better one has to be, at least 0.
    #[must_use]
    pub fn min_improvement(self, improvement: f64) -> Self {
        Self { improvement, ..self }
    }

    /// Whether the best weights are put back at the end.
    #[must_use]
    pub fn restore_best(self, restore: bool) -> Self {
        Self { restore, ..self }
    }

    /// Hears the value of an epoch. After an end the patience is whole again.
    pub fn observe(&mut self, epoch: u64, value: f64) -> Verdict {
        let state = &mut self.state;
        let is_best = value < state.best.map_or(f64::INFINITY, |best| best - self.improvement);
        if is_best {
            (state.best, state.best_epoch, state.wait) = (Some(value), epoch, 0);
        } else {
            state.wait += 1;
        }
        let ends = state.wait > self.patience;
        if ends {
            state.wait = 0;
        }
        Verdict { is_best, ends }
    }

    /// Forgets what it heard.
    pub fn reset(&mut self) {
        self.state = EarlyStopState::default();
    }

    /// Takes up what another one remembered.
    pub fn set_state(&mut self, state: EarlyStopState) {
        self.state = state;
    }

    /// What it remembers.
    pub fn state(&self) -> EarlyStopState {
        self.state
    }

    /// Whether it puts the best weights back.
    pub fn restores(&self) -> bool {
        self.restore
    }

    /// Refuses numbers out of range. The trainer asks before it starts.
    ///
    /// # Errors
    /// A minimum improvement out of range.
    pub fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_at_least_0("the minimum improvement of early stopping", self.improvement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(mut stop: EarlyStop, values: &[f64]) -> Vec<usize> {
        assert_eq!(stop.check(), Ok(()));
        (1..)
            .zip(values)
            .filter(|(epoch, value)| stop.observe(*epoch as u64, **value).ends)
            .map(|(epoch, _)| epoch)
            .collect()
    }

    #[test]
    fn ends_after_more_epochs_than_its_patience() {
        let stop = |patience| EarlyStop::new().patience(patience);
        assert_eq!(ends(stop(0), &[1.0, 1.0, 0.5, 0.75]), [2, 4]);
        assert_eq!(ends(stop(2), &[1.0; 9]), [4, 7]);
        assert_eq!(ends(stop(1), &[4.0, 3.0, 2.0, 1.0]), [0; 0]);
        // NaN and ∞ are no better, even first.
        assert_eq!(ends(stop(1), &[f64::NAN, f64::INFINITY, 1.0, f64::NAN, 0.5]), [2]);
        // Better by a quarter at least: 0.75 is not below 1 − ¼.
        assert_eq!(ends(stop(0).min_improvement(0.25), &[1.0, 0.75, 0.5, 0.3]), [2, 4]);
        assert_eq!(ends(stop(0), &[-1.0, -2.0, -1.5]), [3]);
    }

    #[test]
    fn its_state_is_everything() {
        let (mut one, mut other) = (EarlyStop::new().patience(2), EarlyStop::new().patience(2));
        for (epoch, value) in (1..).zip([3.0, 2.0, 2.0, 2.5]) {
            one.observe(epoch, value);
        }
        other.set_state(one.state());
        for (epoch, value) in (5..).zip([2.5, 1.0, 1.5, 1.5, 1.5]) {
            assert_eq!(one.observe(epoch, value), other.observe(epoch, value));
        }
        assert_eq!(one.state(), other.state());
        one.reset();
        assert_eq!(one, EarlyStop::new().patience(2));
        for bad in [-0.1, f64::NAN, f64::INFINITY] {
            let error = EarlyStop::new().min_improvement(bad).check().expect_err("out of range").to_string();
            assert!(error.starts_with("the minimum improvement of early stopping is "), "{error}");
        }
    }
}
