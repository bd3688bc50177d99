//! What a [`Trainer`] can be told, and [`Reduction`].

use bp_core::{Float, Loss, Plan};
use serde::{Deserialize, Serialize};

use super::Trainer;
use crate::{Optimizer, Plateau, PlateauState, Schedule, SettingError, TrainError};

/// What the gradient of a minibatch is divided by before the optimiser sees it. Weight decay never is.
///
/// ```
/// assert_eq!(bp_train::Reduction::default(), bp_train::Reduction::Mean);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reduction {
    /// The sum of the examples' weights, their number if all weigh 1.
    #[default]
    Mean,
    /// Nothing: the textbook's E = Σ Eₙ.
    Sum,
}

impl<S: Float> Trainer<S> {
    /// How often every example is seen in one `fit`.
    #[must_use]
    pub fn epochs(self, epochs: usize) -> Self {
        Self { epochs, ..self }
    }

    /// Examples per step; the last step of an epoch takes what is left.
    #[must_use]
    pub fn batch(self, batch: usize) -> Self {
        Self { batch, ..self }
    }

    /// The learning rate η.
    #[must_use]
    pub fn rate(self, rate: f64) -> Self {
        Self { rate, ..self }
    }

    /// Weight decay λ: adds ½ λ Σ w² to the error, λw to the gradient, on weights but not on biases.
    #[must_use]
    pub fn weight_decay(self, decay: f64) -> Self {
        Self { decay, ..self }
    }

    /// Lets weight decay act on biases too.
    #[must_use]
    pub fn decay_biases(self, decay_biases: bool) -> Self {
        Self { decay_biases, ..self }
    }

    /// Mean or sum over a minibatch.
    #[must_use]
    pub fn reduction(self, reduction: Reduction) -> Self {
        Self { reduction, ..self }
    }

    /// The seed of the order of examples.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Which optimiser.
    #[must_use]
    pub fn optimizer(self, optimizer: impl Optimizer<S> + 'static) -> Self {
        Self { optimizer: Box::new(optimizer), prepared_for: None, ..self }
    }

    /// How the rate changes with the steps; see [`Schedule`]. It counts the steps of all calls of `fit`, and starts again
    /// after an error.
    ///
    /// ```
    /// use bp_train::{Schedule, Trainer};
    /// let trainer: Trainer = Trainer::new().rate(0.1).schedule(Schedule::step(30, 0.1).per_epoch());
    /// ```
    #[must_use]
    pub fn schedule(self, schedule: Schedule) -> Self {
        Self { schedule, ..self }
    }

    /// Lowers the rate, scheduled or not, when the mean error of the epochs stays where it is; see [`Plateau`].
    #[must_use]
    pub fn reduce_on_plateau(self, plateau: Plateau) -> Self {
        Self { plateau: Some(plateau), ..self }
    }

    /// A factor on the rate of a layer's weights and biases. The last one for a layer counts.
    ///
    /// ```
    /// use bp_train::Trainer;
    /// let fine_tuning: Trainer = Trainer::new().layer_rate("h1", 0.1).freeze("h2");
    /// ```
    #[must_use]
    pub fn layer_rate(mut self, layer: impl Into<String>, factor: f64) -> Self {
        self.layer_rates.push((layer.into(), factor));
        self
    }

    /// Leaves a layer's weights and biases as they are: a factor of 0.
    #[must_use]
    pub fn freeze(self, layer: impl Into<String>) -> Self {
        self.layer_rate(layer, 0.0)
    }

    /// Shortens the gradient g of a step, all layers in one vector, frozen ones excepted, if it is longer than c:
    /// g ← g · min(1, c/‖g‖), the norm in `f64` (Pascanu, Mikolov and Bengio 2013). After reduction, before decay.
    #[must_use]
    pub fn clip_norm(mut self, norm: f64) -> Self {
        self.clip.norm = Some(norm);
        self
    }

    /// Cuts every entry of the gradient to [−c, c], before its norm if both are limited. ±∞ becomes ±c, NaN stays.
    #[must_use]
    pub fn clip_value(mut self, value: f64) -> Self {
        self.clip.value = Some(value);
        self
    }

    /// An error function other than the network's own.
    #[must_use]
    pub fn loss(self, loss: impl Loss<S> + 'static) -> Self {
        Self { loss: Some(Box::new(loss)), ..self }
    }

    /// What [`reduce_on_plateau`](Trainer::reduce_on_plateau) remembers.
    pub fn plateau_state(&self) -> Option<PlateauState> {
        self.plateau.as_ref().map(Plateau::state)
    }

    /// The rate of the next step.
    pub(super) fn rate_of_step(&self, steps_per_epoch: usize) -> f64 {
        let scale = self.plateau.as_ref().map_or(1.0, |plateau| plateau.state().scale);
        scale * self.schedule.rate(self.rate, self.steps_done, steps_per_epoch as u64)
    }

    /// The factor on a layer's rate.
    pub(super) fn layer_factor(&self, layer: &str) -> f64 {
        self.layer_rates.iter().rev().find(|(name, _)| name == layer).map_or(1.0, |(_, factor)| *factor)
    }

    /// Refuses factors of layers that are not there, and factors out of range.
    pub(super) fn check_layers<H>(&self, plan: &Plan<H>) -> Result<(), TrainError> {
        let architecture = plan.architecture();
        let names = || architecture.hidden.iter().map(|layer| &layer.name).chain([&architecture.output.name]);
        for (layer, factor) in &self.layer_rates {
            SettingError::unless_at_least_0("the factor on a layer's rate", *factor)?;
            if !names().any(|name| name == layer) {
                return Err(TrainError::UnknownLayer { layer: layer.clone(), known: names().cloned().collect() });
            }
        }
        let hidden = || architecture.hidden.iter().map(|layer| &layer.name);
        for (layer, _) in &self.noise.layers {
            if !hidden().any(|name| name == layer) {
                return Err(TrainError::NotHidden { layer: layer.clone(), known: hidden().cloned().collect() });
            }
        }
        Ok(())
    }
}
