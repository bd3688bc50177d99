//! [`NAdam`]: Adam that looks ahead by Nesterov's rule.

use bp_core::{Float, Real};

use super::{Optimizer, Step, floor::Floor, power};
use crate::SettingError;

/// ln 0.96, rounded to nearest.
const LN_0_96: f64 = -0.040_821_994_520_255_166;

/// NAdam (Dozat 2016).
///
/// With g ← g + λw and Adam's m and v: μₜ = β₁(1 − ½ · 0.96^(tψ)), Πₜ = μ₁ ⋯ μₜ,
/// w ← w − η [μₜ₊₁ m / (1 − Πₜ₊₁) + (1 − μₜ) g / (1 − Πₜ)] / (√v̂ + ε), v̂ = v / (1 − β₂ᵗ). Defaults β₁ = 0.9,
/// β₂ = 0.999, ε = 1e-8, ψ = 0.004, the paper's and PyTorch's; a usual rate is 0.002. Weight decay is coupled.
///
/// ```
/// use bp_train::NAdam;
/// let nadam: NAdam<f32> = NAdam::new().momentum_decay(0.01);
/// ```
#[derive(Debug, Clone)]
pub struct NAdam<S = f32> {
    betas: (f64, f64),
    epsilon: f64,
    momentum_decay: f64,
    first: Vec<S>,
    second: Vec<S>,
    /// Π, one number.
    product: [S; 1],
}

impl<S: Float> Default for NAdam<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Float> NAdam<S> {
    /// With the defaults above.
    pub fn new() -> Self {
        let (betas, epsilon, momentum_decay) = ((0.9, 0.999), 1e-8, 0.004);
        Self { betas, epsilon, momentum_decay, first: vec![], second: vec![], product: [S::ONE] }
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

    /// With another ψ, at least 0: how fast the momentum grows from β₁/2 to β₁.
    #[must_use]
    pub fn momentum_decay(self, momentum_decay: f64) -> Self {
        Self { momentum_decay, ..self }
    }

    /// μₜ.
    fn momentum(&self, t: f64) -> f64 {
        self.betas.0 * (1.0 - 0.5 * Real::exp(t * self.momentum_decay * LN_0_96))
    }
}

impl<S: Float> Optimizer<S> for NAdam<S> {
    fn name(&self) -> &'static str {
        "nadam"
    }

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_below_1("the first beta of nadam", self.betas.0)?;
        SettingError::unless_below_1("the second beta of nadam", self.betas.1)?;
        SettingError::unless_at_least_0("the epsilon of nadam", self.epsilon)?;
        SettingError::unless_at_least_0("the momentum decay of nadam", self.momentum_decay)
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("first beta", self.betas.0),
            ("second beta", self.betas.1),
            ("epsilon", self.epsilon),
            ("momentum decay", self.momentum_decay),
        ]
    }

    fn prepare(&mut self, n_params: usize) {
        self.first = vec![S::ZERO; n_params];
        self.second = vec![S::ZERO; n_params];
        self.product = [S::ONE];
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let (beta1, beta2) = self.betas;
        let t = step.index as f64;
        let (now, next) = (self.momentum(t), self.momentum(t + 1.0));
        let product = self.product[0].to_f64() * now;
        let floor = Floor::new();
        self.product[0] = floor.of(S::from_f64(product));
        let unbias2 = S::from_f64(1.0 / (1.0 - power(beta2, step.index)));
        let [b1, b2, c1, c2] = [beta1, beta2, 1.0 - beta1, 1.0 - beta2].map(S::from_f64);
        let epsilon = S::from_f64(self.epsilon);
        for (group, rate) in step.moving() {
            let of_mean = S::from_f64(rate * next / (1.0 - product * next));
            let of_gradient = S::from_f64(rate * (1.0 - now) / (1.0 - product));
            let (range, decay) = (group.range.clone(), S::from_f64(group.decay));
            let moments = self.first[range.clone()].iter_mut().zip(&mut self.second[range.clone()]);
            for ((w, &g), (m, v)) in params[range.clone()].iter_mut().zip(&grad[range]).zip(moments) {
                let g = floor.of(g + decay * *w);
                *m = floor.of(b1 * *m + c1 * g);
                *v = floor.of_square(b2 * *v + c2 * (g * g));
                *w = *w - (of_mean * *m + of_gradient * g) / ((*v * unbias2).sqrt() + epsilon);
            }
        }
    }

    fn state(&self) -> Vec<(&'static str, &[S])> {
        vec![("first", &self.first), ("second", &self.second), ("product", &self.product)]
    }

    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        vec![("first", &mut self.first), ("second", &mut self.second), ("product", &mut self.product)]
    }
}
