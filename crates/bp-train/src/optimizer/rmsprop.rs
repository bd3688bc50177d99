//! [`RmsProp`]: gradients over the root of a running mean of their squares.

use bp_core::Float;

use super::{Optimizer, Step, floor::Floor};
use crate::SettingError;

/// RMSprop (Tieleman and Hinton 2012), centred (Graves 2013) and with momentum if wanted.
///
/// With g ← g + λw: v ← αv + (1 − α)g², q = g / (√v + ε), w ← w − ηq. Centred, m ← αm + (1 − α)g and the root is
/// √(v − m²). With momentum, u ← μu + q and w ← w − ηu. Defaults α = 0.99, ε = 1e-8; a usual rate is 0.001. Weight
/// decay is coupled.
///
/// That is PyTorch's definition. Goodfellow et al. 2016 (algorithms 8.5 and 8.6) and Graves have ε inside the root,
/// √(v + ε), which is [`epsilon_in_root`](RmsProp::epsilon_in_root), and the rate in the velocity, u ← μu + ηq,
/// w ← w − u, which is [`rate_in_velocity`](RmsProp::rate_in_velocity) and differs when η changes.
///
/// ```
/// use bp_train::RmsProp;
/// let book: RmsProp<f32> = RmsProp::new().epsilon_in_root(true).momentum(0.9).rate_in_velocity(true);
/// ```
#[derive(Debug, Clone)]
pub struct RmsProp<S = f32> {
    alpha: f64,
    epsilon: f64,
    momentum: f64,
    centered: bool,
    epsilon_in_root: bool,
    rate_in_velocity: bool,
    square: Vec<S>,
    /// Running mean; empty unless centred.
    mean: Vec<S>,
    /// Empty without momentum.
    velocity: Vec<S>,
}

impl<S: Float> Default for RmsProp<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Float> RmsProp<S> {
    /// With α = 0.99, ε = 1e-8, neither centred nor with momentum.
    pub fn new() -> Self {
        Self {
            alpha: 0.99,
            epsilon: 1e-8,
            momentum: 0.0,
            centered: false,
            epsilon_in_root: false,
            rate_in_velocity: false,
            square: vec![],
            mean: vec![],
            velocity: vec![],
        }
    }

    /// With another decay rate of the running means, in [0, 1).
    #[must_use]
    pub fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    /// With another ε, at least 0.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// With momentum μ in [0, 1).
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// Divides by the root of a running variance instead.
    #[must_use]
    pub fn centered(self, centered: bool) -> Self {
        Self { centered, ..self }
    }

    /// The books' place of ε: √(v + ε).
    #[must_use]
    pub fn epsilon_in_root(self, epsilon_in_root: bool) -> Self {
        Self { epsilon_in_root, ..self }
    }

    /// The books' velocity, which has the rate in it; without momentum this changes nothing.
    #[must_use]
    pub fn rate_in_velocity(self, rate_in_velocity: bool) -> Self {
        Self { rate_in_velocity, ..self }
    }

    fn uses_velocity(&self) -> bool {
        self.momentum.to_bits() << 1 != 0
    }
}

impl<S: Float> Optimizer<S> for RmsProp<S> {
    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_below_1("the alpha of rmsprop", self.alpha)?;
        SettingError::unless_below_1("the momentum of rmsprop", self.momentum)?;
        SettingError::unless_at_least_0("the epsilon of rmsprop", self.epsilon)
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("alpha", self.alpha),
            ("epsilon", self.epsilon),
            ("momentum", self.momentum),
            ("centered", self.centered.into()),
            ("epsilon in the root", self.epsilon_in_root.into()),
            ("rate in the velocity", self.rate_in_velocity.into()),
        ]
    }

    fn prepare(&mut self, n_params: usize) {
        let room = |is_used| vec![S::ZERO; if is_used { n_params } else { 0 }];
        (self.square, self.mean, self.velocity) = (room(true), room(self.centered), room(self.uses_velocity()));
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let [alpha, rest, momentum] = [self.alpha, 1.0 - self.alpha, self.momentum].map(S::from_f64);
        let (inner, outer) = if self.epsilon_in_root { (self.epsilon, 0.0) } else { (0.0, self.epsilon) };
        let [inner, outer] = [inner, outer].map(S::from_f64);
        let form = (self.centered, self.uses_velocity());
        let root = |square: S| (square + inner).sqrt() + outer;
        let floor = Floor::new();
        for (group, rate) in step.moving() {
            let [rate, decay] = [rate, group.decay].map(S::from_f64);
            let (inside, outside) = if self.rate_in_velocity { (rate, S::ONE) } else { (S::ONE, rate) };
            let range = group.range.clone();
            let squares = self.square[range.clone()].iter_mut();
            let all = params[range.clone()].iter_mut().zip(&grad[range.clone()]).zip(squares);
            // The variance v − m² is at least 0 but for rounding.
            match form {
                (false, false) => all.for_each(|((w, &g), v)| {
                    let g = floor.of(g + decay * *w);
                    *v = floor.of_square(alpha * *v + rest * (g * g));
                    *w = *w - rate * g / root(*v);
                }),
                (true, false) => all.zip(&mut self.mean[range]).for_each(|(((w, &g), v), m)| {
                    let g = floor.of(g + decay * *w);
                    *v = floor.of_square(alpha * *v + rest * (g * g));
                    *m = floor.of(alpha * *m + rest * g);
                    *w = *w - rate * g / root((*v - *m * *m).relu());
                }),
                (false, true) => all.zip(&mut self.velocity[range]).for_each(|(((w, &g), v), u)| {
                    let g = floor.of(g + decay * *w);
                    *v = floor.of_square(alpha * *v + rest * (g * g));
                    *u = floor.of(momentum * *u + inside * g / root(*v));
                    *w = *w - outside * *u;
                }),
                (true, true) => {
                    let more = self.mean[range.clone()].iter_mut().zip(&mut self.velocity[range]);
                    all.zip(more).for_each(|(((w, &g), v), (m, u))| {
                        let g = floor.of(g + decay * *w);
                        *v = floor.of_square(alpha * *v + rest * (g * g));
                        *m = floor.of(alpha * *m + rest * g);
                        *u = floor.of(momentum * *u + inside * g / root((*v - *m * *m).relu()));
                        *w = *w - outside * *u;
                    });
                }
            }
        }
    }

    fn state(&self) -> Vec<(&'static str, &[S])> {
        vec![("square", &self.square), ("mean", &self.mean), ("velocity", &self.velocity)]
    }

    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        vec![("square", &mut self.square), ("mean", &mut self.mean), ("velocity", &mut self.velocity)]
    }
}
