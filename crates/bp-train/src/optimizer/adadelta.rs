//! [`Adadelta`]: steps in the units of the parameters.

use bp_core::Float;

use super::{Optimizer, Step, floor::Floor};
use crate::SettingError;

/// Adadelta (Zeiler 2012).
///
/// With g ← g + λw: v ← ρv + (1 − ρ)g², Δ = √(s + ε) / √(v + ε) · g, s ← ρs + (1 − ρ)Δ², w ← w − ηΔ. Defaults ρ = 0.9,
/// ε = 1e-6. The paper has no rate: η = 1 is its rule. Weight decay is coupled.
///
/// ```
/// use bp_train::{Adadelta, Group, Optimizer, Step};
/// let mut adadelta = Adadelta::new().rho(0.0).epsilon(1.0);
/// adadelta.prepare(1);
/// let (mut w, groups) = ([1.0_f64], [Group { range: 0..1, decay: 0.0, rate: 1.0 }]);
/// adadelta.step(&Step { index: 1, rate: 1.0, groups: &groups }, &mut w, &[0.75]);
/// assert!((w[0] - (1.0 - 0.75 / 1.25)).abs() < 1e-15);
/// ```
#[derive(Debug, Clone)]
pub struct Adadelta<S = f32> {
    rho: f64,
    epsilon: f64,
    square: Vec<S>,
    change: Vec<S>,
}

impl<S: Float> Default for Adadelta<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Float> Adadelta<S> {
    /// With ρ = 0.9, ε = 1e-6.
    pub fn new() -> Self {
        Self { rho: 0.9, epsilon: 1e-6, square: vec![], change: vec![] }
    }

    /// With another decay rate of the running means, in [0, 1).
    #[must_use]
    pub fn rho(self, rho: f64) -> Self {
        Self { rho, ..self }
    }

    /// With another ε, above 0: without it nothing would ever move.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }
}

impl<S: Float> Optimizer<S> for Adadelta<S> {
    fn name(&self) -> &'static str {
        "adadelta"
    }

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_below_1("the rho of adadelta", self.rho)?;
        SettingError::unless_above_0("the epsilon of adadelta", self.epsilon)
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![("rho", self.rho), ("epsilon", self.epsilon)]
    }

    fn prepare(&mut self, n_params: usize) {
        self.square = vec![S::ZERO; n_params];
        self.change = vec![S::ZERO; n_params];
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let [rho, rest, epsilon] = [self.rho, 1.0 - self.rho, self.epsilon].map(S::from_f64);
        let floor = Floor::new();
        for (group, rate) in step.moving() {
            let [rate, decay] = [rate, group.decay].map(S::from_f64);
            let range = group.range.clone();
            let means = self.square[range.clone()].iter_mut().zip(&mut self.change[range.clone()]);
            for ((w, &g), (v, s)) in params[range.clone()].iter_mut().zip(&grad[range]).zip(means) {
                let g = floor.of(g + decay * *w);
                *v = floor.of_square(rho * *v + rest * (g * g));
                let delta = (*s + epsilon).sqrt() / (*v + epsilon).sqrt() * g;
                *s = floor.of_square(rho * *s + rest * (delta * delta));
                *w = *w - rate * delta;
            }
        }
    }

    fn state(&self) -> Vec<(&'static str, &[S])> {
        vec![("square", &self.square), ("change", &self.change)]
    }

    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        vec![("square", &mut self.square), ("change", &mut self.change)]
    }
}
