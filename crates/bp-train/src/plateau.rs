//! [`Plateau`]: a learning rate that falls when the error does not.

use serde::{Deserialize, Serialize};

use crate::SettingError;

/// Multiplies the learning rate by a factor when the error of an epoch has not become better for a while.
///
/// An error is better if it is below (1 − threshold) times the best one, as for an error of at least 0. After more than
/// `patience` epochs in a row without a better one the factor is applied, `cooldown` epochs are not counted, and the
/// count starts again. The scale stays at or above the floor. It acts on what a [`Schedule`](crate::Schedule) says.
///
/// ```
/// use bp_train::Plateau;
/// let mut plateau = Plateau::new().factor(0.5).patience(1);
/// let scales = [4.0, 3.0, 3.0, 3.0, 2.0].map(|error| plateau.observe(error));
/// assert_eq!(scales, [1.0, 1.0, 1.0, 0.5, 0.5]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plateau {
    factor: f64,
    patience: u64,
    threshold: f64,
    cooldown: u64,
    floor: f64,
    watches_validation: bool,
    state: PlateauState,
}

/// What a [`Plateau`] remembers.
///
/// ```
/// let state = bp_train::Plateau::new().state();
/// assert_eq!((state.best, state.wait, state.scale), (None, 0, 1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlateauState {
    /// The best error so far; none before the first.
    pub best: Option<f64>,
    /// Epochs since then, or since the last fall of the rate.
    pub wait: u64,
    /// Epochs still not to be counted.
    pub rest: u64,
    /// Factor on the rate.
    pub scale: f64,
}

/// Before any epoch.
const START: PlateauState = PlateauState { best: None, wait: 0, rest: 0, scale: 1.0 };

impl Default for Plateau {
    fn default() -> Self {
        Self::new()
    }
}

impl Plateau {
    /// Factor 0.1 after more than 10 epochs, threshold 1e-4, no cooldown, no floor.
    pub fn new() -> Self {
        Self {
            factor: 0.1,
            patience: 10,
            threshold: 1e-4,
            cooldown: 0,
            floor: 0.0,
            watches_validation: false,
            state: START,
        }
    }

    /// What the rate is multiplied by, above 0 and below 1.
    #[must_use]
    pub fn factor(self, factor: f64) -> Self {
        Self { factor, ..self }
    }

    /// How many epochs in a row may be no better.
    #[must_use]
    pub fn patience(self, patience: u64) -> Self {
        Self { patience, ..self }
    }

    /// How much better an error has to be, as a share of the best, from 0 to below 1.
    #[must_use]
    pub fn threshold(self, threshold: f64) -> Self {
        Self { threshold, ..self }
    }

    /// How many epochs are not counted after a fall of the rate.
    #[must_use]
    pub fn cooldown(self, cooldown: u64) -> Self {
        Self { cooldown, ..self }
    }

    /// The smallest scale, as a share of the scheduled rate from 0 to 1.
    #[must_use]
    pub fn floor(self, floor: f64) -> Self {
        Self { floor, ..self }
    }

    /// Hears, in a trainer, the validation error of [`fit_validated`](crate::Trainer::fit_validated) in place of the
    /// training error.
    #[must_use]
    pub fn watch_validation(self) -> Self {
        Self { watches_validation: true, ..self }
    }

    /// Hears the error of an epoch and returns the factor on the rate from now on. NaN is no better.
    pub fn observe(&mut self, error: f64) -> f64 {
        let state = &mut self.state;
        if error < state.best.unwrap_or(f64::INFINITY) * (1.0 - self.threshold) {
            (state.best, state.wait) = (Some(error), 0);
        } else {
            state.wait += 1;
        }
        if state.rest > 0 {
            (state.rest, state.wait) = (state.rest - 1, 0);
        }
        if state.wait > self.patience {
            (state.wait, state.rest) = (0, self.cooldown);
            state.scale = (state.scale * self.factor).max(self.floor);
        }
        state.scale
    }

    /// Forgets what it heard.
    pub fn reset(&mut self) {
        self.state = START;
    }

    /// Takes up what another one remembered.
    pub fn set_state(&mut self, state: PlateauState) {
        self.state = state;
    }

    /// Whether it hears the validation error.
    pub fn watches_validation(&self) -> bool {
        self.watches_validation
    }

    /// What it remembers.
    pub fn state(&self) -> PlateauState {
        self.state
    }

    /// Refuses numbers out of range. The trainer asks before it starts.
    ///
    /// # Errors
    /// The first number that is out of range.
    pub fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_above_0("the factor of a plateau", self.factor)?;
        SettingError::unless_below_1("the factor of a plateau", self.factor)?;
        SettingError::unless_below_1("the threshold of a plateau", self.threshold)?;
        let is_right = (0.0..=1.0).contains(&self.floor);
        SettingError::unless(is_right, "the floor of a plateau", self.floor, "a number from 0 to 1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scales<const N: usize>(mut plateau: Plateau, errors: [f64; N]) -> [u64; N] {
        assert_eq!(plateau.check(), Ok(()));
        errors.map(|error| plateau.observe(error).to_bits())
    }

    #[test]
    fn falls_after_more_epochs_than_its_patience() {
        let plateau = || Plateau::new().factor(0.5).patience(1);
        let flat = [1.0; 8];
        let want = [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125];
        assert_eq!(scales(plateau(), flat), want.map(f64::to_bits));
        let want = [1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25];
        assert_eq!(scales(plateau().cooldown(2), flat), want.map(f64::to_bits));
        let want = [1.0, 1.0, 0.5, 0.5, 0.4, 0.4, 0.4, 0.4];
        assert_eq!(scales(plateau().floor(0.4), flat), want.map(f64::to_bits));
        // A threshold of a tenth: 0.95 is no better than 1, 0.8 is.
        let errors = [1.0, 0.95, 0.8, 0.75, f64::NAN, 0.1];
        let want = [1.0, 1.0, 1.0, 1.0, 0.5, 0.5];
        assert_eq!(scales(plateau().threshold(0.1), errors), want.map(f64::to_bits));
        assert_eq!(scales(plateau().patience(0), [1.0, 1.0, 0.5]), [1.0, 0.5, 0.5].map(f64::to_bits));
    }

    #[test]
    fn its_state_is_everything() {
        let (mut one, mut other) = (Plateau::new().patience(1).cooldown(1), Plateau::new().patience(1).cooldown(1));
        for error in [3.0, 3.0, 3.0, 2.0] {
            one.observe(error);
        }
        other.set_state(one.state());
        for error in [2.0, 2.0, 2.0, 1.0] {
            assert_eq!(one.observe(error).to_bits(), other.observe(error).to_bits());
        }
        one.reset();
        assert_eq!(one.state(), Plateau::new().state());
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let error = |plateau: Plateau| plateau.check().expect_err("out of range").to_string();
        assert_eq!(
            error(Plateau::new().factor(1.0)),
            "the factor of a plateau is 1, expected a number from 0 to below 1"
        );
        for bad in [-0.1, 1.5, f64::NAN] {
            error(Plateau::new().factor(bad));
            error(Plateau::new().threshold(bad));
            error(Plateau::new().floor(bad));
        }
    }
}
