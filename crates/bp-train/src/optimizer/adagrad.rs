//! [`Adagrad`]: a rate per parameter that falls with all its gradients so far.

use bp_core::Float;

use super::{Optimizer, Step, floor::Floor};
use crate::SettingError;

/// Adagrad (Duchi, Hazan and Singer 2011).
///
/// With g ← g + λw: s ← s + g², w ← w − η′ g / (√s + ε), η′ = η / (1 + (t − 1)ν) at step t, s = s₀ before the first.
/// Defaults ε = 1e-10, s₀ = 0 and ν = 0, with which it is the paper's (and Goodfellow et al. 2016, algorithm 8.4, but for
/// ε = 1e-7). A usual rate is 0.01. Weight decay is coupled.
///
/// ```
/// use bp_train::{Adagrad, Group, Optimizer, Step};
/// let mut adagrad = Adagrad::new().epsilon(0.0);
/// adagrad.prepare(1);
/// let (mut w, groups) = ([1.0_f64], [Group { range: 0..1, decay: 0.0, rate: 1.0 }]);
/// adagrad.step(&Step { index: 1, rate: 0.5, groups: &groups }, &mut w, &[3.0]);
/// adagrad.step(&Step { index: 2, rate: 0.5, groups: &groups }, &mut w, &[4.0]);
/// assert_eq!(w, [0.5 - 0.5 * 4.0 / 5.0]);
/// ```
#[derive(Debug, Clone)]
pub struct Adagrad<S = f32> {
    epsilon: f64,
    initial_sum: f64,
    rate_decay: f64,
    sum: Vec<S>,
}

impl<S: Float> Default for Adagrad<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Float> Adagrad<S> {
    /// With ε = 1e-10.
    pub fn new() -> Self {
        Self { epsilon: 1e-10, initial_sum: 0.0, rate_decay: 0.0, sum: vec![] }
    }

    /// With another ε, at least 0.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// With another sum s₀ to start from, at least 0.
    #[must_use]
    pub fn initial_sum(self, initial_sum: f64) -> Self {
        Self { initial_sum, ..self }
    }

    /// With a rate that falls by itself, ν at least 0.
    #[must_use]
    pub fn rate_decay(self, rate_decay: f64) -> Self {
        Self { rate_decay, ..self }
    }
}

impl<S: Float> Optimizer<S> for Adagrad<S> {
    fn name(&self) -> &'static str {
        "adagrad"
    }

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_at_least_0("the epsilon of adagrad", self.epsilon)?;
        SettingError::unless_at_least_0("the initial sum of adagrad", self.initial_sum)?;
        SettingError::unless_at_least_0("the rate decay of adagrad", self.rate_decay)
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![("epsilon", self.epsilon), ("initial sum", self.initial_sum), ("rate decay", self.rate_decay)]
    }

    fn prepare(&mut self, n_params: usize) {
        self.sum = vec![S::from_f64(self.initial_sum); n_params];
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let fall = 1.0 + step.index.saturating_sub(1) as f64 * self.rate_decay;
        let epsilon = S::from_f64(self.epsilon);
        let floor = Floor::new();
        for (group, rate) in step.moving() {
            let [rate, decay] = [rate / fall, group.decay].map(S::from_f64);
            let range = group.range.clone();
            let sum = &mut self.sum[range.clone()];
            for ((w, &g), s) in params[range.clone()].iter_mut().zip(&grad[range]).zip(sum) {
                let g = floor.of(g + decay * *w);
                *s += g * g;
                *w = *w - rate * g / (s.sqrt() + epsilon);
            }
        }
    }

    fn state(&self) -> Vec<(&'static str, &[S])> {
        vec![("sum", &self.sum)]
    }

    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        vec![("sum", &mut self.sum)]
    }
}
