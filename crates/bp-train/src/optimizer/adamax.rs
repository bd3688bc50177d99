//! [`Adamax`]: Adam with the largest gradient in place of a root mean square.

use bp_core::Float;

use super::{Optimizer, Step, floor::Floor, power};
use crate::SettingError;

/// Adamax (Kingma and Ba 2015, section 7.1).
///
/// With g ← g + λw: m ← β₁m + (1 − β₁)g, u ← max(β₂u, |g| + ε), w ← w − η m̂ / u, m̂ = m / (1 − β₁ᵗ). Defaults β₁ = 0.9,
/// β₂ = 0.999, ε = 1e-8; a usual rate is 0.002. Weight decay is coupled.
///
/// ε stands where PyTorch has it. The paper has none: [`epsilon(0.0)`](Adamax::epsilon); a parameter whose gradients have
/// all been 0 then stays where it is.
///
/// ```
/// use bp_train::{Adamax, Group, Optimizer, Step};
/// let mut adamax = Adamax::new().betas(0.5, 0.5).epsilon(0.0);
/// adamax.prepare(1);
/// let (mut w, groups) = ([1.0_f64], [Group { range: 0..1, decay: 0.0, rate: 1.0 }]);
/// adamax.step(&Step { index: 1, rate: 0.25, groups: &groups }, &mut w, &[-8.0]);
/// assert_eq!(w, [1.25]);
/// ```
#[derive(Debug, Clone)]
pub struct Adamax<S = f32> {
    betas: (f64, f64),
    epsilon: f64,
    first: Vec<S>,
    largest: Vec<S>,
}

impl<S: Float> Default for Adamax<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Float> Adamax<S> {
    /// With the defaults above.
    pub fn new() -> Self {
        Self { betas: (0.9, 0.999), epsilon: 1e-8, first: vec![], largest: vec![] }
    }

    /// With other decay rates of mean and maximum, each in [0, 1).
    #[must_use]
    pub fn betas(self, first: f64, second: f64) -> Self {
        Self { betas: (first, second), ..self }
    }

    /// With another ε, at least 0.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }
}

impl<S: Float> Optimizer<S> for Adamax<S> {
    fn name(&self) -> &'static str {
        "adamax"
    }

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_below_1("the first beta of adamax", self.betas.0)?;
        SettingError::unless_below_1("the second beta of adamax", self.betas.1)?;
        SettingError::unless_at_least_0("the epsilon of adamax", self.epsilon)
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![("first beta", self.betas.0), ("second beta", self.betas.1), ("epsilon", self.epsilon)]
    }

    fn prepare(&mut self, n_params: usize) {
        self.first = vec![S::ZERO; n_params];
        self.largest = vec![S::ZERO; n_params];
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let (beta1, beta2) = self.betas;
        let [b1, b2, c1, epsilon] = [beta1, beta2, 1.0 - beta1, self.epsilon].map(S::from_f64);
        let floor = Floor::new();
        for (group, rate) in step.moving() {
            let [rate, decay] = [rate / (1.0 - power(beta1, step.index)), group.decay].map(S::from_f64);
            let range = group.range.clone();
            let moments = self.first[range.clone()].iter_mut().zip(&mut self.largest[range.clone()]);
            for ((w, &g), (m, u)) in params[range.clone()].iter_mut().zip(&grad[range]).zip(moments) {
                let g = floor.of(g + decay * *w);
                *m = floor.of(b1 * *m + c1 * g);
                *u = (b2 * *u).max(g.abs() + epsilon);
                // 0 / 0 only if every g was 0.
                let quotient = *m / *u;
                *w = *w - if *u <= S::ZERO { S::ZERO } else { rate * quotient };
            }
        }
    }

    fn state(&self) -> Vec<(&'static str, &[S])> {
        vec![("first", &self.first), ("largest", &self.largest)]
    }

    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        vec![("first", &mut self.first), ("largest", &mut self.largest)]
    }
}
