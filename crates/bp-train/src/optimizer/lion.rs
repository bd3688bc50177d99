//! [`Lion`]: steps of one size, in the direction of a sign.

use bp_core::Float;

use super::{Optimizer, Step, floor::Floor, sign};
use crate::SettingError;

/// Lion (Chen et al. 2023).
///
/// w ← w (1 − ηλ) − η sign(β₁m + (1 − β₁)g), then m ← β₂m + (1 − β₂)g; sign(0) = 0. Defaults β₁ = 0.9, β₂ = 0.99. Every
/// step has the size of the rate, so a usual rate is a third to a tenth of Adam's, with λ three to ten times larger.
/// Weight decay is decoupled.
///
/// ```
/// use bp_train::{Group, Lion, Optimizer, Step};
/// let mut lion = Lion::new();
/// lion.prepare(2);
/// let (mut w, groups) = ([1.0_f64, 1.0], [Group { range: 0..2, decay: 0.0, rate: 1.0 }]);
/// lion.step(&Step { index: 1, rate: 0.25, groups: &groups }, &mut w, &[1e-3, -1e3]);
/// assert_eq!(w, [0.75, 1.25]);
/// ```
#[derive(Debug, Clone)]
pub struct Lion<S = f32> {
    betas: (f64, f64),
    mean: Vec<S>,
}

impl<S: Float> Default for Lion<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Float> Lion<S> {
    /// With β₁ = 0.9, β₂ = 0.99.
    pub fn new() -> Self {
        Self { betas: (0.9, 0.99), mean: vec![] }
    }

    /// With other shares of the mean in the step and in itself, each in [0, 1).
    #[must_use]
    pub fn betas(self, first: f64, second: f64) -> Self {
        Self { betas: (first, second), ..self }
    }
}

impl<S: Float> Optimizer<S> for Lion<S> {
    fn name(&self) -> &'static str {
        "lion"
    }

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_below_1("the first beta of lion", self.betas.0)?;
        SettingError::unless_below_1("the second beta of lion", self.betas.1)
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![("first beta", self.betas.0), ("second beta", self.betas.1)]
    }

    fn prepare(&mut self, n_params: usize) {
        self.mean = vec![S::ZERO; n_params];
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let (beta1, beta2) = self.betas;
        let [b1, b2, c1, c2] = [beta1, beta2, 1.0 - beta1, 1.0 - beta2].map(S::from_f64);
        let floor = Floor::new();
        for (group, rate) in step.moving() {
            let [shrink, rate] = [1.0 - rate * group.decay, rate].map(S::from_f64);
            let range = group.range.clone();
            let mean = &mut self.mean[range.clone()];
            for ((w, &g), m) in params[range.clone()].iter_mut().zip(&grad[range]).zip(mean) {
                *w = shrink * *w - rate * sign(b1 * *m + c1 * g);
                *m = floor.of(b2 * *m + c2 * g);
            }
        }
    }

    fn state(&self) -> Vec<(&'static str, &[S])> {
        vec![("mean", &self.mean)]
    }

    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        vec![("mean", &mut self.mean)]
    }
}
