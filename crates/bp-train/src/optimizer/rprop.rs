//! [`Rprop`]: a step size per parameter that only signs of gradients change.

use bp_core::Float;

use super::{Optimizer, Step, sign};
use crate::SettingError;

/// Rprop (Riedmiller and Braun 1993), for batches of all examples: the noise of minibatches flips signs.
///
/// With g ← g + λw and g′ the one kept from the step before: s ← min(η⁺s, s_max) where g g′ > 0, s ← max(η⁻s, s_min) and
/// g ← 0 where g g′ < 0, then w ← w − s sign(g), g′ ← g. Every s starts as the rate; later rates do not matter, but 0
/// rests. Defaults η⁻ = 0.5, η⁺ = 1.2, s from 1e-6 to 50; a usual rate is 0.01. Weight decay is coupled.
///
/// So it is iRprop⁻ (Igel and Hüsken 2000), PyTorch's. The paper takes the last step back where the sign flips,
/// w ← w + s sign(g′) with the s of that step: [`backtracking`](Rprop::backtracking).
///
/// ```
/// use bp_train::{Group, Optimizer, Rprop, Step};
/// let mut rprop = Rprop::new();
/// rprop.prepare(1);
/// let (mut w, groups) = ([1.0_f64], [Group { range: 0..1, decay: 0.0, rate: 1.0 }]);
/// for (index, g) in [(1, 3.0), (2, -2.0), (3, -2.0)] {
///     rprop.step(&Step { index, rate: 0.5, groups: &groups }, &mut w, &[g]);
/// }
/// assert_eq!(w, [1.0 - 0.5 + 0.0 + 0.25]);
/// ```
#[derive(Debug, Clone)]
pub struct Rprop<S = f32> {
    factors: (f64, f64),
    sizes: (f64, f64),
    backtracking: bool,
    last: Vec<S>,
    /// 0 until a parameter's first step.
    size: Vec<S>,
}

impl<S: Float> Default for Rprop<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Float> Rprop<S> {
    /// With the paper's factors, and PyTorch's limits of the step size.
    pub fn new() -> Self {
        Self { factors: (0.5, 1.2), sizes: (1e-6, 50.0), backtracking: false, last: vec![], size: vec![] }
    }

    /// With other factors: η⁻ in (0, 1) where a sign flips, η⁺ above 1 where it stays.
    #[must_use]
    pub fn factors(self, flips: f64, stays: f64) -> Self {
        Self { factors: (flips, stays), ..self }
    }

    /// With other limits of the step size, 0 < s_min ≤ s_max.
    #[must_use]
    pub fn sizes(self, smallest: f64, largest: f64) -> Self {
        Self { sizes: (smallest, largest), ..self }
    }

    /// Takes the last step back where a sign flips.
    #[must_use]
    pub fn backtracking(self, backtracking: bool) -> Self {
        Self { backtracking, ..self }
    }
}

impl<S: Float> Optimizer<S> for Rprop<S> {
    fn name(&self) -> &'static str {
        "rprop"
    }

    fn check(&self) -> Result<(), SettingError> {
        let ((flips, stays), (smallest, largest)) = (self.factors, self.sizes);
        SettingError::unless_above_0("the smaller factor of rprop", flips)?;
        SettingError::unless_below_1("the smaller factor of rprop", flips)?;
        let is_right = stays > 1.0 && stays.is_finite();
        SettingError::unless(is_right, "the larger factor of rprop", stays, "a finite number above 1")?;
        SettingError::unless_above_0("the smallest step of rprop", smallest)?;
        let is_right = largest >= smallest && largest.is_finite();
        SettingError::unless(is_right, "the largest step of rprop", largest, "at least the smallest one, and finite")
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("smaller factor", self.factors.0),
            ("larger factor", self.factors.1),
            ("smallest step", self.sizes.0),
            ("largest step", self.sizes.1),
            ("backtracking", self.backtracking.into()),
        ]
    }

    fn prepare(&mut self, n_params: usize) {
        self.last = vec![S::ZERO; n_params];
        self.size = vec![S::ZERO; n_params];
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let ((flips, stays), (smallest, largest)) = (self.factors, self.sizes);
        let [flips, stays, smallest, largest] = [flips, stays, smallest, largest].map(S::from_f64);
        let back = if self.backtracking { S::ONE } else { S::ZERO };
        for (group, rate) in step.moving().filter(|(_, rate)| !(rate.abs() <= 0.0)) {
            let (first, decay) = (S::from_f64(rate).max(smallest).min(largest), S::from_f64(group.decay));
            let range = group.range.clone();
            let kept = self.last[range.clone()].iter_mut().zip(&mut self.size[range.clone()]);
            for ((w, &g), (last, s)) in params[range.clone()].iter_mut().zip(&grad[range]).zip(kept) {
                let g = g + decay * *w;
                // By signs, because a product of small gradients may underflow; by products with 0 and 1, which are
                // exact and keep NaN, because selections would keep the loop out of vectors.
                let start = *s + first * (S::ONE - sign(*s));
                let (sign_now, sign_before) = (sign(g), sign(*last));
                let side = sign_now * sign_before;
                let [flipped, stayed] = [side * side - side, side * side + side].map(|twice| S::HALF * twice);
                let going = S::ONE - flipped;
                let factor = flipped * flips + stayed * stays + (going - stayed);
                *s = (start * factor).min(largest).max(smallest);
                *w = *w + back * flipped * start * sign_before - *s * (going * sign_now);
                *last = going * g;
            }
        }
    }

    fn state(&self) -> Vec<(&'static str, &[S])> {
        vec![("last", &self.last), ("size", &self.size)]
    }

    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        vec![("last", &mut self.last), ("size", &mut self.size)]
    }
}
