//! [`Adam`]: a running mean of gradients over the root of a running mean of their squares.

use bp_core::Float;

use super::{Optimizer, Step, floor::Floor, power};
use crate::SettingError;

/// Adam (Kingma and Ba 2015), and AMSGrad (Reddi, Kale and Kumar 2018).
///
/// With g ← g + λw: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − η m̂ / (√v̂ + ε), where m̂ = m / (1 − β₁ᵗ)
/// and v̂ = v / (1 − β₂ᵗ) at step t. Defaults β₁ = 0.9, β₂ = 0.999, ε = 1e-8; a usual rate is 0.001. Weight decay is
/// coupled; [`AdamW`](super::AdamW) decouples it.
///
/// AMSGrad has the largest v so far in place of v. PyTorch then corrects it by 1 − β₂ᵗ, as here; the paper corrects
/// neither moment, which is [`amsgrad`](Adam::amsgrad) with [`bias_correction`](Adam::bias_correction) off.
///
/// ```
/// use bp_train::{Adam, Group, Optimizer, Step};
/// let mut adam = Adam::new();
/// adam.prepare(1);
/// let (mut w, groups) = ([1.0_f64], [Group { range: 0..1, decay: 0.0, rate: 1.0 }]);
/// adam.step(&Step { index: 1, rate: 0.001, groups: &groups }, &mut w, &[250.0]);
/// assert!((w[0] - 0.999).abs() < 1e-12); // the first step has the size of the rate
/// ```
#[derive(Debug, Clone)]
pub struct Adam<S = f32> {
    betas: (f64, f64),
    epsilon: f64,
    amsgrad: bool,
    bias_correction: bool,
    /// Weight decay beside the step, as AdamW has it.
    decoupled: bool,
    first: Vec<S>,
    second: Vec<S>,
    /// Largest second moment so far; empty without AMSGrad.
    largest: Vec<S>,
}

impl<S: Float> Default for Adam<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Float> Adam<S> {
    /// With the paper's β₁, β₂ and ε.
    pub fn new() -> Self {
        Self {
            betas: (0.9, 0.999),
            epsilon: 1e-8,
            amsgrad: false,
            bias_correction: true,
            decoupled: false,
            first: vec![],
            second: vec![],
            largest: vec![],
        }
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

    /// Divides by the root of the largest second moment so far.
    #[must_use]
    pub fn amsgrad(self, amsgrad: bool) -> Self {
        Self { amsgrad, ..self }
    }

    /// Whether the moments are divided by 1 − βᵗ, as they are unless this is turned off.
    #[must_use]
    pub fn bias_correction(self, bias_correction: bool) -> Self {
        Self { bias_correction, ..self }
    }

    /// Checks the settings under these names.
    pub(super) fn check_as(&self, [first, second, epsilon]: [&'static str; 3]) -> Result<(), SettingError> {
        SettingError::unless_below_1(first, self.betas.0)?;
        SettingError::unless_below_1(second, self.betas.1)?;
        SettingError::unless_at_least_0(epsilon, self.epsilon)
    }

    /// For AdamW.
    pub(super) fn decoupled(self) -> Self {
        Self { decoupled: true, ..self }
    }
}

impl<S: Float> Optimizer<S> for Adam<S> {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn check(&self) -> Result<(), SettingError> {
        self.check_as(["the first beta of adam", "the second beta of adam", "the epsilon of adam"])
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("first beta", self.betas.0),
            ("second beta", self.betas.1),
            ("epsilon", self.epsilon),
            ("amsgrad", self.amsgrad.into()),
            ("bias correction", self.bias_correction.into()),
        ]
    }

    fn prepare(&mut self, n_params: usize) {
        self.first = vec![S::ZERO; n_params];
        self.second = vec![S::ZERO; n_params];
        self.largest = vec![S::ZERO; if self.amsgrad { n_params } else { 0 }];
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let (beta1, beta2) = self.betas;
        let correction = |beta| if self.bias_correction { 1.0 - power(beta, step.index) } else { 1.0 };
        let unbias2 = S::from_f64(1.0 / correction(beta2));
        let [b1, b2, c1, c2] = [beta1, beta2, 1.0 - beta1, 1.0 - beta2].map(S::from_f64);
        let epsilon = S::from_f64(self.epsilon);
        let floor = Floor::new();
        for (group, rate) in step.moving() {
            let (decay, shrink) = if self.decoupled { (0.0, 1.0 - rate * group.decay) } else { (group.decay, 1.0) };
            let [rate, decay, shrink] = [rate / correction(beta1), decay, shrink].map(S::from_f64);
            let range = group.range.clone();
            let moments = self.first[range.clone()].iter_mut().zip(&mut self.second[range.clone()]);
            let all = params[range.clone()].iter_mut().zip(&grad[range.clone()]).zip(moments);
            if self.amsgrad {
                for (((w, &g), (m, v)), largest) in all.zip(&mut self.largest[range]) {
                    let g = floor.of(g + decay * *w);
                    *m = floor.of(b1 * *m + c1 * g);
                    *v = floor.of_square(b2 * *v + c2 * (g * g));
                    *largest = v.max(*largest);
                    *w = shrink * *w - rate * *m / ((*largest * unbias2).sqrt() + epsilon);
                }
            } else {
                for ((w, &g), (m, v)) in all {
                    let g = floor.of(g + decay * *w);
                    *m = floor.of(b1 * *m + c1 * g);
                    *v = floor.of_square(b2 * *v + c2 * (g * g));
                    *w = shrink * *w - rate * *m / ((*v * unbias2).sqrt() + epsilon);
                }
            }
        }
    }

    fn set_momentum(&mut self, momentum: f64) -> bool {
        self.betas.0 = momentum;
        true
    }

    fn state(&self) -> Vec<(&'static str, &[S])> {
        vec![("first", &self.first), ("second", &self.second), ("largest", &self.largest)]
    }

    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        vec![("first", &mut self.first), ("second", &mut self.second), ("largest", &mut self.largest)]
    }
}
