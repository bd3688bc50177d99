//! [`RAdam`]: Adam that waits until its second moment can be trusted.

use bp_core::{Float, Real};

use super::{Optimizer, Step, floor::Floor, power};
use crate::SettingError;

/// RAdam, rectified Adam (Liu et al. 2020).
///
/// With g ← g + λw and Adam's m, v and m̂: ρ∞ = 2/(1 − β₂) − 1, ρₜ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ). While ρₜ is above a threshold,
/// w ← w − η r m̂ √(1 − β₂ᵗ) / (√v + ε), r = √[(ρₜ − 4)(ρₜ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρₜ)]; otherwise w ← w − η m̂.
/// Defaults β₁ = 0.9, β₂ = 0.999, ε = 1e-8; a usual rate is 0.001. Weight decay is coupled.
///
/// The threshold is 5, as in PyTorch and the authors' program. The paper's algorithm has 4 and no ε:
/// [`threshold`](RAdam::threshold) and [`epsilon`](RAdam::epsilon).
///
/// ```
/// use bp_train::RAdam;
/// let paper: RAdam<f32> = RAdam::new().threshold(4.0).epsilon(0.0);
/// ```
#[derive(Debug, Clone)]
pub struct RAdam<S = f32> {
    betas: (f64, f64),
    epsilon: f64,
    threshold: f64,
    first: Vec<S>,
    second: Vec<S>,
}

impl<S: Float> Default for RAdam<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Float> RAdam<S> {
    /// With the defaults above.
    pub fn new() -> Self {
        Self { betas: (0.9, 0.999), epsilon: 1e-8, threshold: 5.0, first: vec![], second: vec![] }
    }

    /// With other decay rates of the moments, each in [0, 1).
    #[must_use]
    pub fn betas(self, first: f64, second: f64) -> Self {
        Self { betas: (first, second), ..self }
    }

    /// With another ε, at least 0.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// With another threshold on ρₜ, at least 4: the factor r is not defined below.
    #[must_use]
    pub fn threshold(self, threshold: f64) -> Self {
        Self { threshold, ..self }
    }

    /// r √(1 − β₂ᵗ) at step t, or nothing while ρₜ is too small.
    fn rectification(&self, t: u64) -> Option<f64> {
        let beta2 = self.betas.1;
        let (largest, power) = (2.0 / (1.0 - beta2) - 1.0, power(beta2, t));
        let rho = largest - 2.0 * t as f64 * power / (1.0 - power);
        let square = (rho - 4.0) * (rho - 2.0) * largest / ((largest - 4.0) * (largest - 2.0) * rho);
        (rho > self.threshold).then(|| Real::sqrt(square) * Real::sqrt(1.0 - power))
    }
}

impl<S: Float> Optimizer<S> for RAdam<S> {
    fn name(&self) -> &'static str {
        "radam"
    }

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_below_1("the first beta of radam", self.betas.0)?;
        SettingError::unless_below_1("the second beta of radam", self.betas.1)?;
        SettingError::unless_at_least_0("the epsilon of radam", self.epsilon)?;
        let is_right = self.threshold >= 4.0 && self.threshold.is_finite();
        let expected = "a finite number of at least 4";
        SettingError::unless(is_right, "the threshold of radam", self.threshold, expected)
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("first beta", self.betas.0),
            ("second beta", self.betas.1),
            ("epsilon", self.epsilon),
            ("threshold", self.threshold),
        ]
    }

    fn prepare(&mut self, n_params: usize) {
        self.first = vec![S::ZERO; n_params];
        self.second = vec![S::ZERO; n_params];
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let (beta1, beta2) = self.betas;
        let rectification = self.rectification(step.index);
        let [b1, b2, c1, c2] = [beta1, beta2, 1.0 - beta1, 1.0 - beta2].map(S::from_f64);
        let epsilon = S::from_f64(self.epsilon);
        let floor = Floor::new();
        for (group, rate) in step.moving() {
            let rate = rate * rectification.unwrap_or(1.0) / (1.0 - power(beta1, step.index));
            let [rate, decay] = [rate, group.decay].map(S::from_f64);
            let range = group.range.clone();
            let moments = self.first[range.clone()].iter_mut().zip(&mut self.second[range.clone()]);
            let all = params[range.clone()].iter_mut().zip(&grad[range]).zip(moments);
            if rectification.is_some() {
                for ((w, &g), (m, v)) in all {
                    let g = floor.of(g + decay * *w);
                    *m = floor.of(b1 * *m + c1 * g);
                    *v = floor.of_square(b2 * *v + c2 * (g * g));
                    *w = *w - rate * *m / (v.sqrt() + epsilon);
                }
            } else {
                for ((w, &g), (m, v)) in all {
                    let g = floor.of(g + decay * *w);
                    *m = floor.of(b1 * *m + c1 * g);
                    *v = floor.of_square(b2 * *v + c2 * (g * g));
                    *w = *w - rate * *m;
                }
            }
        }
    }

    fn state(&self) -> Vec<(&'static str, &[S])> {
        vec![("first", &self.first), ("second", &self.second)]
    }

    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        vec![("first", &mut self.first), ("second", &mut self.second)]
    }
}
