//! [`Optimizer`]: how a gradient changes parameters, and the two that come first, [`Sgd`] and [`Adam`].

use std::ops::Range;

use bp_core::{Float, Plan};

use crate::SettingError;

/// One step's settings, handed to an [`Optimizer`] by the trainer.
///
/// ```
/// use bp_train::{Group, Optimizer, Sgd, Step};
/// let mut w = [1.0_f64, 2.0];
/// let groups = [Group { range: 0..2, decay: 0.0, rate: 1.0 }];
/// let step = Step { index: 1, rate: 0.1, groups: &groups };
/// Sgd::new().step(&step, &mut w, &[10.0, -10.0]);
/// assert_eq!(w, [0.0, 3.0]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// Counts steps from 1.
    pub index: u64,
    /// The learning rate η of this step.
    pub rate: f64,
    /// Runs of parameters with settings of their own; together they cover all parameters.
    pub groups: &'a [Group],
}

/// Parameters that are treated alike. See [`Step`].
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Which parameters.
    pub range: Range<usize>,
    /// Weight decay λ: λw is added to the gradient.
    pub decay: f64,
    /// Factor on the learning rate; 0 freezes the group.
    pub rate: f64,
}

impl Group {
    /// The groups of a plan: decay on weights, and on biases only if asked.
    ///
    /// ```
    /// use bp_core::{Act, Plan, stack};
    /// use bp_train::Group;
    /// let plan = Plan::new(stack(2).output(1, Act::Identity))?;
    /// let groups = Group::of_plan(&plan, 0.01, false);
    /// assert_eq!(groups[0], Group { range: 0..2, decay: 0.01, rate: 1.0 });
    /// assert_eq!(groups[1], Group { range: 2..3, decay: 0.0, rate: 1.0 });
    /// # Ok::<(), bp_core::PlanError>(())
    /// ```
    pub fn of_plan<H>(plan: &Plan<H>, decay: f64, decay_biases: bool) -> Vec<Self> {
        let mut groups: Vec<Self> = vec![];
        for block in plan.blocks() {
            let decay = if block.source.is_some() || decay_biases { decay } else { 0.0 };
            match groups.last_mut() {
                Some(last) if last.decay.to_bits() == decay.to_bits() => last.range.end = block.range.end,
                _ => groups.push(Self { range: block.range.clone(), decay, rate: 1.0 }),
            }
        }
        groups
    }
}

/// Turns a gradient into a change of parameters, in place and without allocating.
///
/// ```
/// use bp_core::Float;
/// use bp_train::{Optimizer, Step};
///
/// /// w ← w − η sign(g).
/// struct SignDescent;
///
/// impl<S: Float> Optimizer<S> for SignDescent {
///     fn name(&self) -> &'static str {
///         "sign-descent"
///     }
///     fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
///         for (w, g) in params.iter_mut().zip(grad) {
///             *w = *w - S::from_f64(step.rate) * (g.step() - (-*g).step());
///         }
///     }
/// }
///
/// let mut w = [1.0_f32];
/// SignDescent.step(&Step { index: 1, rate: 0.25, groups: &[] }, &mut w, &[-7.0]);
/// assert_eq!(w, [1.25]);
/// ```
pub trait Optimizer<S: Float>: Send {
    /// Its name in reports and files.
    fn name(&self) -> &'static str;

    /// Refuses settings out of range. The trainer asks before it starts.
    ///
    /// # Errors
    /// The first setting that is out of range.
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    /// Makes room for the state of `n_params` parameters, all zeros. Called before the first step, and again
    /// only for another number of parameters or after an error.
    fn prepare(&mut self, _n_params: usize) {}

    /// One step. `grad` is already divided by what the trainer's reduction asks for; decay is not in it.
    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]);

    /// The rate η if [`step`](Optimizer::step) would do nothing but w ← w − ηg with every parameter: then the trainer
    /// changes the weights in the backward pass itself, which saves the gradient.
    fn plain_rate(&self, _step: &Step<'_>) -> Option<f64> {
        None
    }

    /// Everything that a later step depends on, by name; the trainer stops when a value is not finite.
    fn state(&self) -> Vec<(&'static str, &[S])> {
        vec![]
    }

    /// The same to write to, for resuming.
    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        vec![]
    }
}

const _: Option<&dyn Optimizer<f32>> = None;

/// Stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013) if wanted.
///
/// With g ← g + λw: u ← μu + g, then w ← w − ηu, or w ← w − η(g + μu) for Nesterov's. Without momentum it is
/// M8, w ← w − ηg. The rate stands outside u, as in PyTorch; books that write Δw ← μΔw − ηg agree while η is
/// constant.
///
/// ```
/// use bp_train::Sgd;
/// let sgd: Sgd<f32> = Sgd::new().momentum(0.9).nesterov(true);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Sgd<S = f32> {
    momentum: f64,
    nesterov: bool,
    velocity: Vec<S>,
}

impl<S: Float> Sgd<S> {
    /// Plain descent.
    pub fn new() -> Self {
        Self { momentum: 0.0, nesterov: false, velocity: vec![] }
    }

    /// With momentum μ in [0, 1), usually 0.9; 0 is plain descent.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// Looks ahead by Nesterov's rule; without momentum this changes nothing.
    #[must_use]
    pub fn nesterov(self, nesterov: bool) -> Self {
        Self { nesterov, ..self }
    }

    fn uses_velocity(&self) -> bool {
        self.momentum.to_bits() << 1 != 0
    }
}

impl<S: Float> Optimizer<S> for Sgd<S> {
    fn name(&self) -> &'static str {
        "sgd"
    }

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_below_1("the momentum of sgd", self.momentum)
    }

    fn prepare(&mut self, n_params: usize) {
        self.velocity = if self.uses_velocity() { vec![S::ZERO; n_params] } else { vec![] };
    }

    fn plain_rate(&self, step: &Step<'_>) -> Option<f64> {
        let is_plain = |group: &Group| group.decay.abs() <= 0.0 && group.rate.to_bits() == 1.0_f64.to_bits();
        (!self.uses_velocity() && step.groups.iter().all(is_plain)).then_some(step.rate)
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let momentum = S::from_f64(self.momentum);
        for group in step.groups {
            let (rate, decay) = (S::from_f64(step.rate * group.rate), S::from_f64(group.decay));
            let (params, grad) = (&mut params[group.range.clone()], &grad[group.range.clone()]);
            if !self.uses_velocity() {
                for (w, &g) in params.iter_mut().zip(grad) {
                    *w = *w - rate * (g + decay * *w);
                }
                continue;
            }
            let velocity = &mut self.velocity[group.range.clone()];
            for ((w, &g), u) in params.iter_mut().zip(grad).zip(velocity) {
                let g = g + decay * *w;
                *u = momentum * *u + g;
                let change = if self.nesterov { g + momentum * *u } else { *u };
                *w = *w - rate * change;
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

/// Adam (Kingma and Ba 2015).
///
/// With g ← g + λw: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − η m̂ / (√v̂ + ε), where m̂ = m / (1 − β₁ᵗ)
/// and v̂ = v / (1 − β₂ᵗ) at step t. Defaults β₁ = 0.9, β₂ = 0.999, ε = 1e-8; a usual rate is 0.001.
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
    first: Vec<S>,
    second: Vec<S>,
}

impl<S: Float> Default for Adam<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Float> Adam<S> {
    /// With the paper's β₁, β₂ and ε.
    pub fn new() -> Self {
        Self { betas: (0.9, 0.999), epsilon: 1e-8, first: vec![], second: vec![] }
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
}

impl<S: Float> Optimizer<S> for Adam<S> {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_below_1("the first beta of adam", self.betas.0)?;
        SettingError::unless_below_1("the second beta of adam", self.betas.1)?;
        SettingError::unless_at_least_0("the epsilon of adam", self.epsilon)
    }

    fn prepare(&mut self, n_params: usize) {
        self.first = vec![S::ZERO; n_params];
        self.second = vec![S::ZERO; n_params];
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let (beta1, beta2) = self.betas;
        // 1 − βᵗ by repeated multiplication in f64: the same bits on every machine.
        let corrections = (1.0 - power(beta1, step.index), 1.0 - power(beta2, step.index));
        let unbias2 = S::from_f64(1.0 / corrections.1);
        let [b1, b2, c1, c2] = [beta1, beta2, 1.0 - beta1, 1.0 - beta2].map(S::from_f64);
        let epsilon = S::from_f64(self.epsilon);
        for group in step.groups {
            let rate = S::from_f64(step.rate * group.rate / corrections.0);
            let decay = S::from_f64(group.decay);
            let range = group.range.clone();
            let moments = self.first[range.clone()].iter_mut().zip(&mut self.second[range.clone()]);
            for ((w, &g), (m, v)) in params[range.clone()].iter_mut().zip(&grad[range]).zip(moments) {
                let g = g + decay * *w;
                *m = b1 * *m + c1 * g;
                *v = b2 * *v + c2 * (g * g);
                *w = *w - rate * *m / ((*v * unbias2).sqrt() + epsilon);
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

/// xⁿ by squaring.
fn power(mut x: f64, mut n: u64) -> f64 {
    let mut result = 1.0;
    while n > 0 {
        if n & 1 == 1 {
            result *= x;
        }
        x *= x;
        n >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(decay: f64) -> [Group; 2] {
        [Group { range: 0..2, decay, rate: 1.0 }, Group { range: 2..3, decay: 0.0, rate: 1.0 }]
    }

    fn run(optimizer: &mut dyn Optimizer<f64>, groups: &[Group], rate: f64, steps: u64) -> [f64; 3] {
        let mut w = [1.0, -2.0, 3.0];
        optimizer.prepare(3);
        for index in 1..=steps {
            let grad = w; // E = ½ w²
            optimizer.step(&Step { index, rate, groups }, &mut w, &grad);
        }
        w
    }

    #[test]
    fn on_a_quadratic_every_step_is_known() {
        // w ← (1 − η(1 + λ)) w, exactly representable here.
        assert_eq!(
            run(&mut Sgd::new(), &groups(1.0), 0.25, 3).map(f64::to_bits),
            [0.125, -0.25, 1.265625].map(f64::to_bits)
        );
    }

    #[test]
    fn zero_rate_and_zero_momentum_change_nothing() {
        for optimizer in [&mut Sgd::new().momentum(0.9) as &mut dyn Optimizer<f64>, &mut Adam::new()] {
            assert_eq!(run(optimizer, &groups(0.1), 0.0, 5).map(f64::to_bits), [1.0, -2.0, 3.0].map(f64::to_bits));
        }
        let plain = run(&mut Sgd::new(), &groups(0.1), 0.1, 5);
        for nesterov in [false, true] {
            let got = run(&mut Sgd::new().momentum(0.0).nesterov(nesterov), &groups(0.1), 0.1, 5);
            assert_eq!(got.map(f64::to_bits), plain.map(f64::to_bits));
        }
    }

    /// λ = 0: the bits of w ← w − ηg.
    #[test]
    fn zero_decay_is_none() {
        let got = run(&mut Sgd::new(), &groups(0.0), 0.1, 5);
        let mut want = [1.0, -2.0, 3.0];
        (0..5).for_each(|_| want = want.map(|w: f64| w - 0.1 * w));
        assert_eq!(got.map(f64::to_bits), want.map(f64::to_bits));
        // It adds to the momentum and to the moments of adam, too, if it is not 0.
        for optimizer in [&mut Sgd::new().momentum(0.9) as &mut dyn Optimizer<f64>, &mut Adam::new()] {
            let [with, without] = [0.1, 0.0].map(|decay| run(optimizer, &groups(decay), 0.1, 5).map(f64::to_bits));
            assert_ne!(with, without);
        }
    }

    #[test]
    fn a_frozen_group_rests() {
        let mut groups = groups(0.1);
        groups[1].rate = 0.0;
        for optimizer in [&mut Sgd::new().momentum(0.9) as &mut dyn Optimizer<f64>, &mut Adam::new()] {
            let w = run(optimizer, &groups, 0.1, 5);
            assert_eq!(w[2].to_bits(), 3.0_f64.to_bits());
            assert!(w[0] < 1.0);
        }
    }
}
