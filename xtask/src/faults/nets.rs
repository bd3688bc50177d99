//! Seeded networks to plant faults in: VERIFICATION's 5-5-5 nets with a skip connection, and a graph whose first layer
//! has three consumers.

use anyhow::Result;
use bp_core::{Act, Architecture, ErrorFunction, Examples, Float, INPUT, Layer, Output, Plan, Targets, stack};

/// A network with parameters and a batch, in numbers that `f32` holds exactly.
pub(crate) struct Net {
    pub(crate) plan: Plan,
    pub(crate) loss: ErrorFunction,
    pub(crate) params: Vec<f64>,
    pub(crate) x: Vec<f64>,
    t: Vec<f64>,
    classes: Vec<u32>,
}

/// The numbers of a [`Net`] in one float type.
pub(crate) struct Held<S> {
    pub(crate) params: Vec<S>,
    x: Vec<S>,
    t: Vec<S>,
    classes: Vec<u32>,
    by_class: bool,
}

impl<S: Float> Held<S> {
    pub(crate) fn examples(&self) -> Examples<'_, S> {
        let t = if self.by_class { Targets::Classes(&self.classes) } else { Targets::Rows(&self.t) };
        Examples::new(&self.x, t)
    }
}

/// Numbers in ±1 in steps of 2⁻²⁰, from a multiplicative generator (Knuth's constants).
pub(crate) fn uniform(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 43) as f64 / (1 << 20) as f64) - 1.0
    };
    (0..8).for_each(|_| {
        draw();
    });
    (0..n).map(|_| draw()).collect()
}

/// The two canonical pairs that faults are planted in.
pub(crate) const PAIRS: [ErrorFunction; 2] = [ErrorFunction::CrossEntropy, ErrorFunction::SumOfSquares];

fn output(loss: ErrorFunction) -> Output {
    if loss == ErrorFunction::CrossEntropy { Output::Softmax } else { Output::Each(Act::Identity) }
}

impl Net {
    pub(crate) fn new(plan: Plan, loss: ErrorFunction, scale: f64, rows: usize, seed: u64) -> Self {
        let params = uniform(plan.n_params(), 4 * seed + 1).into_iter().map(|w| scale * w);
        let params = params.map(|w| f64::from(w as f32)).collect();
        let classes = uniform(rows, 4 * seed + 2)
            .iter()
            .map(|u| (u.abs() * plan.outputs() as f64) as u32 % plan.outputs() as u32)
            .collect();
        let (x, t) = (uniform(rows * plan.inputs(), 4 * seed + 3), uniform(rows * plan.outputs(), 4 * seed + 4));
        Self { plan, loss, params, x, t, classes }
    }

    /// 5 inputs, 5 tanh units, 5 outputs, a connection that skips from input to output; 85 parameters, 7 examples.
    pub(crate) fn skip(loss: ErrorFunction, scale: f64, seed: u64) -> Result<Self> {
        let hidden = vec![Layer::new("h1", 5, Act::Tanh).dense(INPUT)];
        let out = Layer::new("out", 5, output(loss)).dense("h1").dense(INPUT);
        Ok(Self::new(Plan::new(Architecture::new(5, hidden, out))?, loss, scale, 7, seed))
    }

    /// Three tanh layers of `width` units; the first has three consumers.
    pub(crate) fn graph(loss: ErrorFunction, scale: f64, seed: u64, width: usize) -> Result<Self> {
        let hidden = vec![
            Layer::new("h1", width, Act::Tanh).dense(INPUT),
            Layer::new("h2", width, Act::Tanh).dense("h1"),
            Layer::new("h3", width, Act::Tanh).dense("h2").dense("h1"),
        ];
        let out = Layer::new("out", width, output(loss)).dense("h3").dense("h1");
        Ok(Self::new(Plan::new(Architecture::new(width, hidden, out))?, loss, scale, 7, seed))
    }

    /// Two layers beside each other, listed in this order or the other.
    pub(crate) fn diamond(swapped: bool) -> Result<Self> {
        let mut beside =
            vec![Layer::new("left", 3, Act::Tanh).dense("h1"), Layer::new("right", 3, Act::Tanh).dense("h1")];
        if swapped {
            beside.reverse();
        }
        let mut hidden = vec![Layer::new("h1", 3, Act::Tanh).dense(INPUT)];
        hidden.extend(beside);
        let out = Layer::new("out", 3, Output::Softmax).dense("left").dense("right");
        let plan = Plan::new(Architecture::new(3, hidden, out))?;
        Ok(Self::new(plan, ErrorFunction::CrossEntropy, 1.0, 5, 3))
    }

    /// A plain stack.
    pub(crate) fn stack(sizes: [usize; 3], loss: ErrorFunction, rows: usize, seed: u64) -> Result<Self> {
        let [inputs, hidden, outputs] = sizes;
        Ok(Self::new(
            Plan::new(stack(inputs).hidden(hidden, Act::Tanh).output(outputs, output(loss)))?,
            loss,
            1.0,
            rows,
            seed,
        ))
    }

    pub(crate) fn rows(&self) -> usize {
        self.classes.len()
    }

    pub(crate) fn held<S: Float>(&self) -> Held<S> {
        let all = |values: &[f64]| values.iter().map(|&x| S::from_f64(x)).collect();
        Held {
            params: all(&self.params),
            x: all(&self.x),
            t: all(&self.t),
            classes: self.classes.clone(),
            by_class: self.loss == ErrorFunction::CrossEntropy,
        }
    }
}

/// The nets that a fault is looked for in: both pairs, both scales of weights, `seeds` each. 5-5-5 with a skip
/// connection, and as many graphs with several consumers if `graphs`.
pub(crate) fn standard(seeds: u64, graphs: bool) -> Result<Vec<Net>> {
    let mut nets = vec![];
    for seed in 0..seeds {
        for (loss, scale) in PAIRS.into_iter().flat_map(|loss| [(loss, 1.0), (loss, 0.1)]) {
            nets.push(if graphs { Net::graph(loss, scale, seed, 5)? } else { Net::skip(loss, scale, seed)? });
        }
    }
    Ok(nets)
}

/// Examples `from..to`.
pub(crate) fn part<'a, S: Float>(plan: &Plan, all: &Examples<'a, S>, from: usize, to: usize) -> Examples<'a, S> {
    let (inputs, outputs) = (plan.inputs(), plan.outputs());
    Examples {
        x: &all.x[from * inputs..to * inputs],
        t: match all.t {
            Targets::Rows(t) => Targets::Rows(&t[from * outputs..to * outputs]),
            Targets::Classes(classes) => Targets::Classes(&classes[from..to]),
        },
        weights: all.weights.map(|weights| &weights[from..to]),
    }
}
