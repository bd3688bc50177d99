//! [`AdamW`]: Adam with weight decay beside the step.

use bp_core::Float;

use super::{Adam, Optimizer, Step};
use crate::SettingError;

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
///
/// w ← w (1 − ηλ), then [`Adam`]'s step with the gradient as it is: the decay is not divided by √v̂, so weights with
/// large gradients shrink as fast as others. λ is PyTorch's, multiplied by the rate; the paper's λ′ is multiplied by the
/// schedule alone, λ′ = ηλ with η the rate before any schedule. A usual λ is 0.01.
///
/// ```
/// use bp_train::{AdamW, Group, Optimizer, Step};
/// let mut adamw = AdamW::new();
/// adamw.prepare(1);
/// let (mut w, groups) = ([1.0_f64], [Group { range: 0..1, decay: 0.5, rate: 1.0 }]);
/// adamw.step(&Step { index: 1, rate: 0.5, groups: &groups }, &mut w, &[0.0]);
/// assert_eq!(w, [0.75]);
/// ```
#[derive(Debug, Clone)]
pub struct AdamW<S = f32>(Adam<S>);

impl<S: Float> Default for AdamW<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Float> AdamW<S> {
    /// With β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
    pub fn new() -> Self {
        Self(Adam::new().decoupled())
    }

    /// With other decay rates of the moments, each in [0, 1).
    #[must_use]
    pub fn betas(self, first: f64, second: f64) -> Self {
        Self(self.0.betas(first, second))
    }

    /// With another ε, at least 0.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self(self.0.epsilon(epsilon))
    }

    /// Divides by the root of the largest second moment so far.
    #[must_use]
    pub fn amsgrad(self, amsgrad: bool) -> Self {
        Self(self.0.amsgrad(amsgrad))
    }
}

impl<S: Float> Optimizer<S> for AdamW<S> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn check(&self) -> Result<(), SettingError> {
        self.0.check_as(["the first beta of adamw", "the second beta of adamw", "the epsilon of adamw"])
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        self.0.settings()
    }

    fn prepare(&mut self, n_params: usize) {
        self.0.prepare(n_params);
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        self.0.step(step, params, grad);
    }

    fn set_momentum(&mut self, momentum: f64) -> bool {
        self.0.set_momentum(momentum)
    }

    fn state(&self) -> Vec<(&'static str, &[S])> {
        self.0.state()
    }

    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        self.0.state_mut()
    }
}
