//! Networks and data for checks: a small zoo that has every kind of connection, output and activation.

use bp_core::{Act, Architecture, ErrorFunction, Layer, Output, Plan, Term, stack};
use bp_train::{Philox, stream};

/// A network with parameters, and a source of examples. All numbers are multiples of 1/64, so both scalars hold them
/// exactly.
#[derive(Debug)]
pub struct Sample {
    /// Its name in messages.
    pub name: &'static str,
    /// The plan.
    pub plan: Plan,
    /// The error function.
    pub loss: ErrorFunction,
    /// The parameters.
    pub params: Vec<f64>,
}

/// Multiples of 1/64 in [−1, 1), from a seed.
pub fn values(seed: u64, n: usize) -> Vec<f64> {
    let mut rng = Philox::new(seed, stream::DATA);
    (0..n).map(|_| (rng.below(128) as f64 - 64.0) / 64.0).collect()
}

/// Integers in −`largest`..=`largest`, from a seed.
pub fn integers(seed: u64, n: usize, largest: i32) -> Vec<f64> {
    let mut rng = Philox::new(seed, stream::DATA);
    (0..n).map(|_| rng.below(2 * largest as u64 + 1) as f64 - f64::from(largest)).collect()
}

/// Dense, identity, shared and fixed terms, skip connections from input and hidden layers, a layer with several
/// consumers, one without biases; `act` in every hidden layer.
pub fn graph<H: Clone>(act: H, output: Output<H>) -> Architecture<H> {
    let conv = (0..4).flat_map(|to| [Term::weighted(to, to, 0), Term::weighted(to, to + 1, 1)]);
    let conv = conv.chain([Term::fixed(0, 4)]).collect();
    Architecture::new(
        3,
        vec![
            Layer::new("wide", 5, act.clone()).dense("input"),
            Layer::new("conv", 4, act.clone()).terms("wide", conv).without_bias(),
            Layer::new("res", 4, act).dense("conv").identity("conv").dense("input"),
        ],
        Layer::new("out", 3, output).dense("res").dense("input").dense("wide"),
    )
}

/// The zoo.
pub fn samples() -> Vec<Sample> {
    use ErrorFunction::{BinaryCrossEntropy, CrossEntropy, SumOfSquares};
    let mut samples = vec![
        Sample::new("perceptron", stack(3).output(1, Act::Identity), SumOfSquares),
        Sample::new("slide", stack(2).hidden(8, Act::Tanh).output(1, Act::Identity), SumOfSquares),
        Sample::new("classes", stack(4).hidden(9, Act::Relu).output(3, Output::Softmax), CrossEntropy),
        Sample::new("labels", stack(3).hidden(4, Act::Softplus).output(2, Act::Logistic), BinaryCrossEntropy),
        Sample::new("no bias", stack(3).without_bias().hidden(5, Act::Elu).output(2, Act::Tanh), SumOfSquares),
        Sample::new("graph, softmax", graph(Act::Tanh, Output::Softmax), CrossEntropy),
    ];
    for act in Act::ALL {
        samples.push(Sample::new(act.name(), graph(act, Act::Identity.into()), SumOfSquares));
    }
    samples
}

impl Sample {
    /// A sample from its parts, with parameters drawn from the length of its name.
    ///
    /// # Panics
    /// If the architecture is none.
    pub fn new(name: &'static str, architecture: Architecture, loss: ErrorFunction) -> Self {
        let plan = Plan::new(architecture).expect("a sample is a network");
        let params = values(name.len() as u64, plan.n_params());
        Self { name, plan, loss, params }
    }

    /// Inputs and targets of `rows` examples. For cross-entropy every third target does not sum to 1 (M10's first
    /// form) and the others are one-hot, for binary cross-entropy they are 0 or 1.
    pub fn examples(&self, rows: usize) -> (Vec<f64>, Vec<f64>) {
        let outputs = self.plan.outputs();
        let x = values(100 + rows as u64, rows * self.plan.inputs());
        let mut t = values(200 + rows as u64, rows * outputs);
        match self.loss {
            ErrorFunction::CrossEntropy => {
                for (n, t) in t.chunks_exact_mut(outputs).enumerate() {
                    t.fill(0.0);
                    t[n * 7 % outputs] = 1.0;
                    if n % 3 == 1 {
                        t.iter_mut().zip([0.25, 0.5, 0.75]).for_each(|(t, part)| *t += part);
                    }
                }
            }
            ErrorFunction::BinaryCrossEntropy => t.iter_mut().for_each(|t| *t = f64::from(u8::from(*t > 0.0))),
            _ => {}
        }
        (x, t)
    }
}
