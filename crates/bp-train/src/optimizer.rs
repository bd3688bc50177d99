//! [`Optimizer`]: how a gradient changes parameters. Each rule has a file of its own; read `optimizer/sgd.rs` first.

mod adadelta;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod floor;
mod lion;
mod nadam;
mod radam;
mod rmsprop;
mod rprop;
mod sgd;
#[cfg(test)]
mod tests;

pub use adadelta::Adadelta;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamax::Adamax;
pub use adamw::AdamW;
pub use lion::Lion;
pub use nadam::NAdam;
pub use radam::RAdam;
pub use rmsprop::RmsProp;
pub use rprop::Rprop;
pub use sgd::Sgd;

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

impl<'a> Step<'a> {
    /// The groups that are not frozen, each with its own rate η · [`Group::rate`].
    ///
    /// ```
    /// use bp_train::{Group, Step};
    /// let groups = [Group { range: 0..2, decay: 0.0, rate: 0.5 }, Group { range: 2..3, decay: 0.0, rate: 0.0 }];
    /// let step = Step { index: 1, rate: 0.25, groups: &groups };
    /// assert_eq!(step.moving().collect::<Vec<_>>(), [(&groups[0], 0.125)]);
    /// ```
    pub fn moving(&self) -> impl Iterator<Item = (&'a Group, f64)> + use<'a> {
        let rate = self.rate;
        self.groups.iter().filter(|group| !group.is_frozen()).map(move |group| (group, rate * group.rate))
    }
}

/// Parameters that are treated alike. See [`Step`].
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Which parameters.
    pub range: Range<usize>,
    /// Weight decay λ. Coupled, λw is added to the gradient (the L2 penalty ½ λ Σ w²); [`AdamW`] and [`Lion`] take it
    /// decoupled, w ← w (1 − ηλ) beside the step.
    pub decay: f64,
    /// Factor on the learning rate; 0 freezes the group: neither decay nor momentum moves it, and its state rests.
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
        Self::by_layer(plan, decay, decay_biases, |_| 1.0)
    }

    /// The same with a factor on the rate of each layer, by its name.
    ///
    /// ```
    /// use bp_core::{Act, Plan, stack};
    /// use bp_train::Group;
    /// let plan = Plan::new(stack(2).hidden(1, Act::Tanh).output(1, Act::Identity))?;
    /// let groups = Group::by_layer(&plan, 0.0, false, |layer| if layer == "h1" { 0.1 } else { 1.0 });
    /// assert_eq!(groups[0], Group { range: 0..3, decay: 0.0, rate: 0.1 });
    /// # Ok::<(), bp_core::PlanError>(())
    /// ```
    pub fn by_layer<H>(plan: &Plan<H>, decay: f64, decay_biases: bool, rate: impl Fn(&str) -> f64) -> Vec<Self> {
        let mut groups: Vec<Self> = vec![];
        for block in plan.blocks() {
            let decay = if block.source.is_some() || decay_biases { decay } else { 0.0 };
            let rate = rate(&block.layer);
            let is_like = |last: &Self| [last.decay, last.rate].map(f64::to_bits) == [decay, rate].map(f64::to_bits);
            match groups.last_mut() {
                Some(last) if is_like(last) => last.range.end = block.range.end,
                _ => groups.push(Self { range: block.range.clone(), decay, rate }),
            }
        }
        groups
    }

    /// True if the factor on the rate is 0.
    pub fn is_frozen(&self) -> bool {
        self.rate.abs() <= 0.0
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

    /// Every number that it was set to, by name; a training is gone on with only if they are what they were (see
    /// [`Checkpoints`](crate::Checkpoints)).
    fn settings(&self) -> Vec<(&'static str, f64)> {
        vec![]
    }

    /// Makes room for the state of `n_params` parameters, as it is before any step. Called before the first step, and again
    /// only for another number of parameters or after an error.
    fn prepare(&mut self, _n_params: usize) {}

    /// One step. `grad` is already divided by what the trainer's reduction asks for; decay is not in it.
    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]);

    /// The rate η if [`step`](Optimizer::step) would do nothing but w ← w − ηg with every parameter: then the trainer
    /// changes the weights in the backward pass itself, which saves the gradient.
    fn plain_rate(&self, _step: &Step<'_>) -> Option<f64> {
        None
    }

    /// Takes another momentum, or first decay rate of moments, from the next step on; false if it has none. A trainer that
    /// [cycles momentum](crate::Trainer::cycle_momentum) calls this before it makes room for the state, and before each step.
    fn set_momentum(&mut self, _momentum: f64) -> bool {
        false
    }

    /// Everything that a later step depends on, by name; the trainer stops when a value is not finite.
    fn state(&self) -> Vec<(&'static str, &[S])> {
        vec![]
    }

    /// The same to write to, in the same order, for going on from a checkpoint.
    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        vec![]
    }
}

const _: Option<&dyn Optimizer<f32>> = None;

/// A boxed optimiser is one, so that it can be chosen while a program runs.
impl<S: Float, O: Optimizer<S> + ?Sized> Optimizer<S> for Box<O> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn check(&self) -> Result<(), SettingError> {
        (**self).check()
    }

    fn settings(&self) -> Vec<(&'static str, f64)> {
        (**self).settings()
    }

    fn prepare(&mut self, n_params: usize) {
        (**self).prepare(n_params);
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        (**self).step(step, params, grad);
    }

    fn plain_rate(&self, step: &Step<'_>) -> Option<f64> {
        (**self).plain_rate(step)
    }

    fn set_momentum(&mut self, momentum: f64) -> bool {
        (**self).set_momentum(momentum)
    }

    fn state(&self) -> Vec<(&'static str, &[S])> {
        (**self).state()
    }

    fn state_mut(&mut self) -> Vec<(&'static str, &mut [S])> {
        (**self).state_mut()
    }
}

/// xⁿ by squaring in `f64`: the same bits on every machine.
pub(crate) fn power(mut x: f64, mut n: u64) -> f64 {
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

/// The sign of x: −1, 0 or 1, and NaN for what is not finite.
#[inline(always)]
pub(crate) fn sign<S: Float>(x: S) -> S {
    // Two selections of constants, and 0 · x in place of a third: flat, so that loops run in vectors.
    let above = if x > S::ZERO { S::ONE } else { S::ZERO };
    let below = if x < S::ZERO { S::ONE } else { S::ZERO };
    above - below + S::ZERO * x
}
