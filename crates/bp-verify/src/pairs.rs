//! Random networks for any pair of output function and loss.

use bp_core::{Act, Connection, ErrorFunction, Output, Plan, Reference};

use crate::{Case, Kind, Recipe};

/// Every output function.
pub fn output_functions() -> Vec<Output> {
    Act::ALL.into_iter().map(Output::Each).chain([Output::Softmax, Output::Exp]).collect()
}

/// True if ln y (and for binary cross-entropy ln(1 − y)) exists for every a: the pair needs no help. No pair is left
/// out: for the others, `pin` keeps the outputs within the loss' domain.
pub fn defined_everywhere(output: &Output, loss: ErrorFunction) -> bool {
    let positive = matches!(output, Output::Softmax | Output::Exp | Output::Each(Act::Logistic | Act::Softplus));
    let below_one = matches!(output, Output::Softmax | Output::Each(Act::Logistic));
    match loss {
        ErrorFunction::CrossEntropy | ErrorFunction::Poisson => positive,
        ErrorFunction::BinaryCrossEntropy => below_one,
        _ => true,
    }
}

/// Gives the output layer biases of ±½ and weights so small that |a ∓ ½| ≤ 0.2. Every activation then has
/// 0 < y < 1 (at ½: relu, leaky, elu, identity 0.5; tanh 0.46; softplus 0.97 at most 1.11 − so −½ for it and for exp).
fn pin(case: &mut Case) {
    let output = &case.plan.architecture().output;
    let centre = if matches!(output.function, Output::Exp | Output::Each(Act::Softplus)) { -500 } else { 500 };
    let name = output.name.clone();
    let blocks = case.plan.blocks().to_vec();
    let last = || blocks.iter().filter(|block| block.layer == name);
    for block in last() {
        case.params[block.range.clone()].fill(if block.source.is_none() { centre } else { 1000 });
    }
    // With weights of 1, the largest sum of |z| that feeds an output unit bounds |a − centre|.
    let numbers = case.numbers::<f64>();
    let mut ws = case.plan.workspace(case.rows());
    case.plan.forward(&Reference, &numbers.params, &numbers.x, &mut ws).expect("the numbers are the case's own");
    let x = numbers.x.iter().map(|x| x.abs());
    let z = ws.layers().filter(|&layer| layer != name).flat_map(|layer| {
        let z = ws.z(layer).expect("a layer of the workspace");
        (0..z.rows()).flat_map(|i| z.row(i).iter().map(|z| z.abs())).collect::<Vec<_>>()
    });
    let largest = x.chain(z).fold(0.0, f64::max);
    let terms = last().filter(|block| block.source.is_some()).map(|block| block.cols.max(6)).sum::<usize>();
    let weight = 200.0 / (1.0 + largest * terms as f64);
    for block in last().filter(|block| block.source.is_some()) {
        for (i, w) in case.params[block.range.clone()].iter_mut().enumerate() {
            *w = if i % 2 == 0 { weight as i64 } else { -(weight as i64) };
        }
    }
}

impl Recipe {
    /// The network for a pair of output function and loss: where the loss takes logarithms of outputs that may be 0 or
    /// below, or 1 and above, small weights into the output layer keep them inside; targets are 0 ≤ t ≤ 1 where the loss
    /// wants probabilities or counts.
    ///
    /// ```
    /// use bp_core::{Act, ErrorFunction, Output};
    /// use bp_verify::{Certify, Recipe};
    /// let case = Recipe::random(3).pair(&Output::Each(Act::Tanh), ErrorFunction::Poisson);
    /// let numbers = case.numbers::<f64>();
    /// let (loss, backend) = (ErrorFunction::Poisson, bp_core::Reference);
    /// let certificate = Certify::new().gradient(&case.plan, &loss, &backend, &numbers.params, &numbers.examples())?;
    /// assert!(!certificate.is_wrong());
    /// # Ok::<(), bp_core::ShapeError>(())
    /// ```
    pub fn pair(&self, output: &Output, loss: ErrorFunction) -> Case {
        pair(self, output, loss)
    }
}

fn pair(recipe: &Recipe, output: &Output, loss: ErrorFunction) -> Case {
    let mut recipe = recipe.clone();
    let pinned = !defined_everywhere(output, loss);
    if pinned {
        // Dense only: an identity or a fixed term into the output could not be made small.
        recipe.output.bias = true;
        recipe.output.links.iter_mut().for_each(|(_, kind)| *kind = Kind::Dense);
    }
    let mut case = recipe.case(output.clone());
    if pinned {
        let mut architecture = case.plan.architecture().clone();
        architecture.output.sources.iter_mut().for_each(|source| source.connection = Connection::Dense);
        case.plan = Plan::new(architecture).expect("dense connections fit any widths");
        case.params.resize(case.plan.n_params(), 0);
        pin(&mut case);
    }
    if !matches!(loss, ErrorFunction::SumOfSquares | ErrorFunction::Huber { .. }) {
        case.t.iter_mut().for_each(|t| *t = t.abs() / 2);
    }
    case
}
