//! [`Sgd`]: gradient descent, with momentum if wanted.

use bp_core::Float;

use super::{Group, Optimizer, Step, floor::Floor};
use crate::SettingError;

/// Stochastic gradient descent (Robbins and Monro 1951), with momentum (Polyak 1964) or Nesterov's (Nesterov 1983,
/// Sutskever et al. 2013) if wanted.
///
/// With g ← g + λw: u ← μu + (1 − τ)g, τ the dampening and u = g at step 1, then w ← w − ηu, or w ← w − η(g + μu) for
/// Nesterov's. Without momentum it is M8, w ← w − ηg. Weight decay is coupled.
///
/// The rate stands outside u, as in PyTorch. Books write Δw ← μΔw − ηg, w ← w + Δw (Bishop 2006, 5.2.4; Goodfellow et
/// al. 2016, 8.3.2): the same while η is constant, and otherwise not, because what was added with an earlier η keeps it.
/// That is [`rate_in_velocity`](Sgd::rate_in_velocity).
///
/// ```
/// use bp_train::Sgd;
/// let sgd: Sgd<f32> = Sgd::new().momentum(0.9).nesterov(true);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Sgd<S = f32> {
    momentum: f64,
    dampening: f64,
    nesterov: bool,
    rate_in_velocity: bool,
    velocity: Vec<S>,
}

impl<S: Float> Sgd<S> {
    /// Plain descent.
    pub fn new() -> Self {
        Self { momentum: 0.0, dampening: 0.0, nesterov: false, rate_in_velocity: false, velocity: vec![] }
    }

    /// With momentum μ in [0, 1), usually 0.9; 0 is plain descent.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// Weakens what enters the velocity after the first step to (1 − τ)g, τ in [0, 1). Not for Nesterov's; without
    /// momentum this changes nothing.
    #[must_use]
    pub fn dampening(self, dampening: f64) -> Self {
        Self { dampening, ..self }
    }

    /// Looks ahead by Nesterov's rule; without momentum this changes nothing.
    #[must_use]
    pub fn nesterov(self, nesterov: bool) -> Self {
        Self { nesterov, ..self }
    }

    /// The books' velocity, which has the rate in it: u ← μu + ηg, then w ← w − u, or w ← w − (ηg + μu) for Nesterov's.
    #[must_use]
    pub fn rate_in_velocity(self, rate_in_velocity: bool) -> Self {
        Self { rate_in_velocity, ..self }
    }

    fn has_momentum(&self) -> bool {
        self.momentum.to_bits() << 1 != 0
    }

    /// A momentum that is 0 for a while still has a velocity.
    fn uses_velocity(&self) -> bool {
        self.has_momentum() || !self.velocity.is_empty()
    }
}

impl<S: Float> Optimizer<S> for Sgd<S> {
    fn name(&self) -> &'static str {
        "sgd"
    }

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_below_1("the momentum of sgd", self.momentum)?;
        SettingError::unless_below_1("the dampening of sgd", self.dampening)?;
        let is_right = !self.nesterov || self.dampening <= 0.0;
        SettingError::unless(is_right, "the dampening of nesterov's sgd", self.dampening, "0")
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("momentum", self.momentum),
            ("dampening", self.dampening),
            ("nesterov", self.nesterov.into()),
            ("rate in the velocity", self.rate_in_velocity.into()),
        ]
    }

    fn prepare(&mut self, n_params: usize) {
        self.velocity = if self.has_momentum() { vec![S::ZERO; n_params] } else { vec![] };
    }

    fn set_momentum(&mut self, momentum: f64) -> bool {
        self.momentum = momentum;
        true
    }

    fn plain_rate(&self, step: &Step<'_>) -> Option<f64> {
        let is_plain = |group: &Group| group.decay.abs() <= 0.0 && group.rate.to_bits() == 1.0_f64.to_bits();
        (!self.uses_velocity() && step.groups.iter().all(is_plain)).then_some(step.rate)
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let dampening = if step.index == 1 { 0.0 } else { self.dampening };
        let [momentum, share] = [self.momentum, 1.0 - dampening].map(S::from_f64);
        let floor = Floor::new();
        for (group, rate) in step.moving() {
            let (range, decay) = (group.range.clone(), S::from_f64(group.decay));
            let (params, grad) = (&mut params[range.clone()], &grad[range.clone()]);
            let rate = S::from_f64(rate);
            if !self.uses_velocity() {
                for (w, &g) in params.iter_mut().zip(grad) {
                    *w = *w - rate * (g + decay * *w);
                }
                continue;
            }
            let (inside, outside) = if self.rate_in_velocity { (rate, S::ONE) } else { (S::ONE, rate) };
            let velocity = &mut self.velocity[range];
            for ((w, &g), u) in params.iter_mut().zip(grad).zip(velocity) {
                let g = inside * floor.of(g + decay * *w);
                *u = floor.of(momentum * *u + share * g);
                let change = if self.nesterov { g + momentum * *u } else { *u };
                *w = *w - outside * change;
            }
        }
    }

    fn state(&self) -> Vec<(&'static str, &[S])> {
        vec![("velocity", &self.velocity)]
    }

    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        vec![("velocity", &mut self.velocity)]
    }
}
