//! Faults of optimisers, and the detector OPT: every step against the rule in double-double arithmetic, from the state
//! that the optimiser itself shows.

use anyhow::{Context, Result};
use bp_core::{Act, Examples, Float, Real, Reference, Targets, stack};
use bp_train::{Adam, Group, Network, Optimizer, Sgd, Step, Trainer};
use bp_verify::{Double, gamma};

use super::{Effort, Seen};

/// Which rule the optimiser promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Sgd,
    Momentum,
    Nesterov,
    Adam,
    /// The trainer's clipping by norm, before plain descent.
    Clip,
}

/// A fault of an optimiser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    Right,
    /// w ← w − η (g − λw).
    DecaySign,
    /// Decay with every one of two micro-steps instead of once.
    DecayTwice,
    /// w ← w − ηg, then w ← w − ηλw.
    DecayAfter,
    /// u ← g − μu.
    MomentumSign,
    /// w ← w − ηu where w − η (g + μu) is promised.
    NesterovPoint,
    /// t + 1 in the corrections of bias.
    LateCorrection,
    /// Every value clipped where the norm is promised.
    ClipByValue,
}

const MU: f64 = 0.9;
const DECAY: f64 = 0.1;
const BETAS: (f64, f64) = (0.9, 0.999);
const EPSILON: f64 = 1e-8;

/// The optimiser of bp-train, wrapped.
struct Slipping {
    slip: Slip,
    inner: Box<dyn Optimizer<f64>>,
}

impl Slipping {
    fn new(rule: Rule, slip: Slip) -> Self {
        let sgd = Sgd::new().momentum(if slip == Slip::MomentumSign { -MU } else { MU });
        let inner: Box<dyn Optimizer<f64>> = match rule {
            Rule::Sgd | Rule::Clip => Box::new(Sgd::new()),
            Rule::Momentum => Box::new(sgd),
            Rule::Nesterov => Box::new(sgd.nesterov(slip != Slip::NesterovPoint)),
            Rule::Adam => Box::new(Adam::new().betas(BETAS.0, BETAS.1).epsilon(EPSILON)),
        };
        Self { slip, inner }
    }
}

impl Optimizer<f64> for Slipping {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn prepare(&mut self, n_params: usize) {
        self.inner.prepare(n_params);
    }

    fn step(&mut self, step: &Step<'_>, params: &mut [f64], grad: &[f64]) {
        let mut groups = step.groups.to_vec();
        for group in &mut groups {
            match self.slip {
                Slip::DecaySign => group.decay = -group.decay,
                Slip::DecayTwice => group.decay *= 2.0,
                Slip::DecayAfter => group.decay = 0.0,
                _ => {}
            }
        }
        let index = step.index + u64::from(self.slip == Slip::LateCorrection);
        self.inner.step(&Step { index, rate: step.rate, groups: &groups }, params, grad);
        if self.slip == Slip::DecayAfter {
            for group in step.groups {
                params[group.range.clone()].iter_mut().for_each(|w| *w -= step.rate * group.decay * *w);
            }
        }
    }

    fn state(&self) -> Vec<(&'static str, &[f64])> {
        self.inner.state()
    }
}

/// OPT: 200 steps on E = ½ Σ c w², with decay on two of three parameters. The new parameters may be γ₃₂ times the sum of
/// the absolute values of all terms of the rule away from it: no rule has more than 32 roundings on the way to a
/// parameter. In Adam's corrections 1 − βᵗ an error of β's power is divided by what is left.
pub(crate) fn trajectory(rule: Rule, slip: Slip, effort: Effort) -> Result<Seen> {
    if rule == Rule::Clip {
        return clipped(slip);
    }
    let groups = [Group { range: 0..2, decay: DECAY, rate: 1.0 }, Group { range: 2..3, decay: 0.0, rate: 1.0 }];
    let (curvature, rate) = ([1.0, 0.5, 2.0], 0.05);
    let (mut optimizer, mut w) = (Slipping::new(rule, slip), [1.0, -2.0, 3.0]);
    optimizer.prepare(3);
    for index in 1..=if effort.is_quick { 40 } else { 200 } {
        let before = w;
        let grad = [0, 1, 2].map(|i| curvature[i] * w[i]);
        let of = |name: &str, optimizer: &Slipping| -> Option<Vec<f64>> {
            optimizer.state().into_iter().find(|(known, _)| *known == name).map(|(_, values)| values.to_vec())
        };
        let names = if rule == Rule::Adam { ["first", "second"] } else { ["velocity", "velocity"] };
        let state = names.map(|name| of(name, &optimizer));
        optimizer.step(&Step { index, rate, groups: &groups }, &mut w, &grad);
        for i in 0..3 {
            let decay = if i < 2 { DECAY } else { 0.0 };
            let at = |n: usize| state[n].as_ref().and_then(|s| s.get(i).copied()).unwrap_or(0.0);
            if rule == Rule::Adam {
                state[1].as_ref().context("Adam shows its moments")?;
            }
            let (want, size) = exact(rule, before[i], grad[i], [at(0), at(1)], decay, rate, index);
            let apart = (want - Double::from(w[i])).abs().to_f64();
            if !(apart <= gamma::<f64>(32) * size) {
                return Ok(Some(format!(
                    "{rule:?}, step {index}: w[{i}] is {:e} instead of {:e}",
                    w[i],
                    want.to_f64()
                )));
            }
        }
    }
    Ok(None)
}

/// OPT for clipping: one step of the trainer on y = w₁x₁ + w₂x₂ + b and one example, whose gradient is (y − t)(x₁, x₂, 1),
/// against w − η g min(1, c/‖g‖) in [`Double`], once with a norm above c and once below.
fn clipped(slip: Slip) -> Result<Seen> {
    let (x, t, rate, w) = ([3.0, -0.5], [1.0], 0.25, [0.5, -1.0, 0.75]);
    for limit in [0.375, 1e3] {
        let mut net = Network::<Reference, f64>::new(stack(2).output(1, Act::Identity), 1)?;
        net.params_mut().copy_from_slice(&w);
        let trainer = Trainer::new().rate(rate).batch(1).epochs(1);
        let mut trainer = match slip {
            Slip::ClipByValue => trainer.clip_value(limit),
            _ => trainer.clip_norm(limit),
        };
        trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t)))?;
        let d = Double::from;
        let delta = d(w[0]) * d(x[0]) + d(w[1]) * d(x[1]) + d(w[2]) - d(t[0]);
        let grad = [delta * d(x[0]), delta * d(x[1]), delta];
        let norm = (grad[0] * grad[0] + grad[1] * grad[1] + grad[2] * grad[2]).sqrt();
        let factor = if norm.to_f64() > limit { d(limit) / norm } else { d(1.0) };
        for (i, &got) in net.params().iter().enumerate() {
            let change = d(rate) * grad[i] * factor;
            let apart = (d(w[i]) - change - d(got)).abs().to_f64();
            if !(apart <= gamma::<f64>(32) * (w[i].abs() + change.abs().to_f64())) {
                let want = (d(w[i]) - change).to_f64();
                return Ok(Some(format!("clipping at {limit}: w[{i}] is {got:e} instead of {want:e}")));
            }
        }
    }
    Ok(None)
}

/// The rule as bp-train's docs state it, in [`Double`], and the sum of the absolute values of its terms.
fn exact(rule: Rule, w: f64, g: f64, state: [f64; 2], decay: f64, rate: f64, t: u64) -> (Double, f64) {
    let d = Double::from;
    let (w2, g_size) = (d(w), g.abs() + decay * w.abs());
    let g = d(g) + d(decay) * w2;
    let u = d(MU) * d(state[0]) + g;
    let u_size = MU * state[0].abs() + g_size;
    match rule {
        Rule::Sgd | Rule::Clip => (w2 - d(rate) * g, w.abs() + rate * g_size),
        Rule::Momentum => (w2 - d(rate) * u, w.abs() + rate * u_size),
        Rule::Nesterov => (w2 - d(rate) * (g + d(MU) * u), w.abs() + rate * (g_size + MU * u_size)),
        Rule::Adam => {
            let one = d(1.0);
            let power = |beta: f64| (0..t).fold(one, |p, _| p * d(beta));
            let left = [one - power(BETAS.0), one - power(BETAS.1)];
            let m = d(BETAS.0) * d(state[0]) + (one - d(BETAS.0)) * g;
            let v = d(BETAS.1) * d(state[1]) + (one - d(BETAS.1)) * g * g;
            let root = (v / left[1]).sqrt() + d(EPSILON);
            let step = d(rate) * m / left[0] / root;
            let m_size = BETAS.0 * state[0].abs() + (1.0 - BETAS.0) * g_size;
            let size = rate * m_size / left[0].to_f64() / root.to_f64();
            (w2 - step, w.abs() + size * (1.0 + 1.0 / left[0].to_f64() + 1.0 / left[1].to_f64()))
        }
    }
}

/// γ₃₂ is a bound only while numbers are normal.
const _: () = assert!(<f64 as Float>::UNIT_ROUNDOFF > 0.0);
