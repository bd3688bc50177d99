//! [`Evaluation`]: how well a network does on examples it is shown.

mod blocks;

use std::fmt;

use bp_core::{
    Activation, Backend, ErrorFunction, Examples, Float, Loss, OutputKind, Plan, ShapeError, Target, Targets,
};
use serde::{Deserialize, Serialize};

use crate::network::{BLOCK, check_examples, class_of, total_weight};
use crate::{BlockError, Network};

/// Figures over a set of examples; means weigh examples by their weights.
///
/// ```
/// use bp_core::{Act, Examples, Reference, Targets, stack};
/// let mut net = bp_train::Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 0)?;
/// net.params_mut().copy_from_slice(&[1.0, 0.5]); // y = x + 0.5
/// let e = net.evaluate(&Examples::new(&[0.0, 1.0], Targets::Rows(&[0.0, 2.0])))?;
/// assert_eq!((e.error, e.rmse), (0.125, Some(0.5))); // mean of ½ r²; root of the mean of r²
/// assert_eq!(e.r2, Some(0.75));
/// assert_eq!(e.accuracy, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Number of examples.
    pub examples: usize,
    /// Mean of E_n, without weight decay, in the units the network is trained in (standardised targets).
    pub error: f64,
    /// Share of examples whose class is right: for class targets, and for rows if the network's own error function is
    /// a cross-entropy. An example with an output that is NaN is never right.
    pub accuracy: Option<f64>,
    /// Root of the mean of (y − t)² over examples and outputs, in the user's units; where there is no accuracy.
    pub rmse: Option<f64>,
    /// 1 − Σ (y − t)² / Σ (t − t̄)², with t̄ the mean of each target in these examples; `None` if t is constant.
    pub r2: Option<f64>,
}

/// Examples that cannot be evaluated.
///
/// ```
/// use bp_core::{Act, Examples, Reference, Targets, stack};
/// let net = bp_train::Network::<Reference>::new(stack(1).output(1, Act::Identity), 0)?;
/// let error = net.evaluate(&Examples::new(&[], Targets::Rows(&[]))).unwrap_err();
/// assert_eq!(error.to_string(), "no examples to evaluate");
/// # Ok::<(), bp_core::PlanError>(())
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// Examples that do not fit the network.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A block of rows that could not be had.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// No example at all.
    #[error("no examples to evaluate")]
    NoExamples,
    /// Examples whose weights sum to 0 or less, or are not finite.
    #[error("the weights of {examples} examples sum to {sum}, expected more than 0")]
    Weights {
        /// Number of examples.
        examples: usize,
        /// Their sum.
        sum: f64,
    },
}

/// Refuses examples that do not fit, none, and weights that sum to 0; returns how many there are.
pub(crate) fn check_evaluable<S: Float, H>(plan: &Plan<H>, examples: &Examples<'_, S>) -> Result<usize, EvaluateError> {
    let rows = check_examples(plan, examples)?;
    if rows == 0 {
        return Err(EvaluateError::NoExamples);
    }
    let sum = total_weight(examples, rows);
    if sum > 0.0 && sum.is_finite() { Ok(rows) } else { Err(EvaluateError::Weights { examples: rows, sum }) }
}

/// Sums over one block, added up in block order.
#[derive(Clone, Copy, Default)]
struct Sums {
    weight: f64,
    error: f64,
    right: f64,
    squares: f64,
}

impl<B, S, H> Network<B, S, H>
where
    B: Backend<S>,
    S: Float,
    H: Activation<S>,
{
    /// Evaluates examples given in the user's units, with the network's own error function.
    ///
    /// # Errors
    /// If the examples do not fit the network, there are none, or their weights sum to 0.
    pub fn evaluate(&self, examples: &Examples<'_, S>) -> Result<Evaluation, EvaluateError> {
        self.evaluate_with(&self.loss, examples)
    }

    /// [`evaluate`](Network::evaluate), and tells after every block how many rows it had; `hear` is called from the threads
    /// that compute.
    ///
    /// ```
    /// use bp_core::{Act, Examples, Reference, Targets, stack};
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// let net = bp_train::Network::<Reference>::new(stack(1).output(1, Act::Identity), 0)?;
    /// let (zeros, done) = ([0.0; 1000], AtomicUsize::new(0));
    /// let count = |rows| drop(done.fetch_add(rows, Ordering::Relaxed));
    /// net.evaluate_and_tell(&Examples::new(&zeros, Targets::Rows(&zeros)), &count)?;
    /// assert_eq!(done.into_inner(), 1000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`evaluate`](Network::evaluate).
    pub fn evaluate_and_tell(
        &self,
        examples: &Examples<'_, S>,
        hear: &(dyn Fn(usize) + Sync),
    ) -> Result<Evaluation, EvaluateError> {
        self.evaluate_all(&self.loss, examples, hear)
    }

    /// [`evaluate`](Network::evaluate) with another error function.
    ///
    /// # Errors
    /// As [`evaluate`](Network::evaluate).
    pub fn evaluate_with<L>(&self, loss: &L, examples: &Examples<'_, S>) -> Result<Evaluation, EvaluateError>
    where
        L: Loss<S> + ?Sized,
    {
        self.evaluate_all(loss, examples, &|_| ())
    }

    fn evaluate_all<L>(
        &self,
        loss: &L,
        examples: &Examples<'_, S>,
        hear: &(dyn Fn(usize) + Sync),
    ) -> Result<Evaluation, EvaluateError>
    where
        L: Loss<S> + ?Sized,
    {
        let rows = check_evaluable(&self.plan, examples)?;
        let mut total = Sums::default();
        self.add_sums(loss, examples, rows, &mut total, hear);
        let classes = self.counts_classes(examples);
        let spread = if classes { 0.0 } else { self.spread(examples, total.weight) };
        Ok(self.figures(rows, total, classes, spread))
    }

    /// Adds what blocks of 256 rows sum up to, in their order.
    fn add_sums<L>(
        &self,
        loss: &L,
        examples: &Examples<'_, S>,
        rows: usize,
        total: &mut Sums,
        hear: &(dyn Fn(usize) + Sync),
    ) where
        L: Loss<S> + ?Sized,
    {
        let mut blocks = vec![Sums::default(); rows.div_ceil(BLOCK)];
        let items = blocks.iter_mut().enumerate().collect();
        crate::blocks::for_each(
            &*self.backend,
            items,
            || self.block_memory(rows.min(BLOCK)),
            |memory, (b, sums)| {
                *sums = self.block_sums(loss, &block_of(examples, b, rows, self), memory);
                hear(BLOCK.min(rows - b * BLOCK));
            },
        );
        for sums in blocks {
            total.weight += sums.weight;
            total.error += sums.error;
            total.right += sums.right;
            total.squares += sums.squares;
        }
    }

    /// Figures from sums over all rows.
    fn figures(&self, rows: usize, total: Sums, classes: bool, spread: f64) -> Evaluation {
        let outputs = self.plan.outputs() as f64;
        Evaluation {
            examples: rows,
            error: total.error / total.weight,
            accuracy: classes.then(|| total.right / total.weight),
            rmse: (!classes).then(|| (total.squares / (total.weight * outputs)).sqrt()),
            r2: (spread > 0.0).then(|| 1.0 - total.squares / spread),
        }
    }

    /// Whether a right class, rather than a small distance, is what counts.
    fn counts_classes(&self, examples: &Examples<'_, S>) -> bool {
        matches!(examples.t, Targets::Classes(_))
            || matches!(self.loss, ErrorFunction::CrossEntropy | ErrorFunction::BinaryCrossEntropy)
    }

    fn block_memory(&self, rows: usize) -> (bp_core::Workspace<S>, Vec<S>, Vec<S>) {
        let (inputs, outputs) = (self.plan.inputs(), self.plan.outputs());
        (self.plan.workspace(rows), vec![S::ZERO; rows * inputs], vec![S::ZERO; rows * outputs])
    }

    fn block_sums<L>(
        &self,
        loss: &L,
        block: &Examples<'_, S>,
        (ws, x, t): &mut (bp_core::Workspace<S>, Vec<S>, Vec<S>),
    ) -> Sums
    where
        L: Loss<S> + ?Sized,
    {
        let scaled = self.scaled(block, x, t);
        self.plan.forward(&*self.backend, &self.params, scaled.x, ws).expect("a block of checked examples");
        let error = self.plan.error(loss, &scaled, ws).expect("a block of checked examples");
        let mut sums = Sums { error: error.to_f64(), ..Sums::default() };
        let outputs = self.plan.outputs();
        let by_class = self.counts_classes(block);
        let mut y = vec![S::ZERO; outputs];
        for n in 0..ws.rows() {
            let weight = block.weights.map_or(1.0, |weights| weights[n].to_f64());
            sums.weight += weight;
            y.copy_from_slice(ws.y().row(n));
            let target = block.t.get(n, outputs);
            if by_class {
                let is_right = match (class_of(&y), target) {
                    (None, _) => false,
                    (Some(got), Target::Class(class)) => got == class,
                    (got, Target::Row(t)) if self.output_kind() == OutputKind::Softmax => got == class_of(t),
                    (_, Target::Row(t)) => y.iter().zip(t).all(|(&y, &t)| (y >= S::HALF) == (t >= S::HALF)),
                };
                sums.right += if is_right { weight } else { 0.0 };
            } else {
                if let Some(scaling) = &self.target_scaling {
                    scaling.invert(&mut y);
                }
                let errors = y.iter().enumerate().map(|(k, y)| y.to_f64() - target.at(k).to_f64());
                let squares = errors.map(|error| error * error);
                sums.squares += weight * squares.sum::<f64>();
            }
        }
        sums
    }

    /// The examples in the network's units, copied to `x` and `t` only where there is something to scale.
    pub(crate) fn scaled<'a>(&self, block: &Examples<'a, S>, x: &'a mut [S], t: &'a mut [S]) -> Examples<'a, S> {
        let mut scaled = *block;
        if let Some(scaling) = &self.input_scaling {
            let x = &mut x[..block.x.len()];
            x.copy_from_slice(block.x);
            scaling.apply(x);
            scaled.x = x;
        }
        if let (Some(scaling), Targets::Rows(rows)) = (&self.target_scaling, block.t) {
            let t = &mut t[..rows.len()];
            t.copy_from_slice(rows);
            scaling.apply(t);
            scaled.t = Targets::Rows(t);
        }
        scaled
    }

    /// Σ ω (t − t̄)² over examples and outputs.
    fn spread(&self, examples: &Examples<'_, S>, weight: f64) -> f64 {
        let Targets::Rows(t) = examples.t else { return 0.0 };
        let outputs = self.plan.outputs();
        let omega = |n: usize| examples.weights.map_or(1.0, |weights| weights[n].to_f64());
        let column = |k: usize| t.iter().skip(k).step_by(outputs).enumerate().map(move |(n, t)| (omega(n), t.to_f64()));
        let of_column = |k| {
            // A rounded mean leaves something between equal values.
            let mut values = column(k).map(|(_, t)| t.to_bits());
            if values.next().is_none_or(|first| values.all(|t| t == first)) {
                return 0.0;
            }
            let mean = column(k).map(|(omega, t)| omega * t).sum::<f64>() / weight;
            column(k).map(|(omega, t)| omega * ((t - mean) * (t - mean))).sum::<f64>()
        };
        (0..outputs).map(of_column).sum()
    }
}

fn block_of<'a, B, S, H>(examples: &Examples<'a, S>, b: usize, rows: usize, net: &Network<B, S, H>) -> Examples<'a, S>
where
    S: Float,
{
    let (from, to) = (b * BLOCK, rows.min((b + 1) * BLOCK));
    let (inputs, outputs) = (net.plan.inputs(), net.plan.outputs());
    Examples {
        x: &examples.x[from * inputs..to * inputs],
        t: match examples.t {
            Targets::Rows(t) => Targets::Rows(&t[from * outputs..to * outputs]),
            Targets::Classes(classes) => Targets::Classes(&classes[from..to]),
        },
        weights: examples.weights.map(|weights| &weights[from..to]),
    }
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error {:.6}", self.error)?;
        if let Some(accuracy) = self.accuracy {
            write!(f, ", accuracy {:.2} %", 100.0 * accuracy)?;
        }
        if let Some(rmse) = self.rmse {
            write!(f, ", RMSE {rmse:.6}")?;
        }
        if let Some(r2) = self.r2 {
            write!(f, ", R² {r2:.4}")?;
        }
        write!(f, " on {} examples", self.examples)
    }
}

#[cfg(test)]
mod tests {
    use bp_core::{Act, Output, Reference, stack};

    use super::*;

    /// One input, y = h(w x) for each w.
    fn net(output: impl Into<Output>, weights: &[f64]) -> Network<Reference, f64> {
        let mut net = Network::new(stack(1).without_bias().output(weights.len(), output), 0).expect("a network");
        net.params_mut().copy_from_slice(weights);
        net
    }

    /// An example with a NaN among its outputs is wrong, whatever its target is.
    #[test]
    fn nan_is_never_right() {
        let nan = f64::NAN;
        let softmax = net(Output::Softmax, &[nan, 1.0, 1.0]);
        for class in 0..3 {
            let examples = Examples::new(&[1.0], Targets::Classes(std::slice::from_ref(&class)));
            assert_eq!(softmax.evaluate(&examples).map(|e| e.accuracy), Ok(Some(0.0)), "class {class}");
        }
        let row = Examples::new(&[1.0], Targets::Rows(&[1.0, 0.0, 0.0]));
        assert_eq!(softmax.evaluate(&row).map(|e| e.accuracy), Ok(Some(0.0)));
        for weights in [[nan, -9.0], [-9.0, nan]] {
            let labels = net(Act::Logistic, &weights);
            let row = Examples::new(&[1.0], Targets::Rows(&[0.0, 0.0]));
            assert_eq!(labels.evaluate(&row).map(|e| e.accuracy), Ok(Some(0.0)));
        }
        let single = net(Act::Logistic, &[nan]);
        let row = Examples::new(&[1.0, 0.0], Targets::Rows(&[0.0, 1.0]));
        assert_eq!(single.evaluate(&row).map(|e| e.accuracy), Ok(Some(0.0)));
    }

    /// 0.1 three times has a rounded mean that is not 0.1; there is still nothing to explain.
    #[test]
    fn a_constant_target_has_no_r2() {
        let values = net(Act::Identity, &[1.0]);
        let examples = Examples::new(&[1.0, 2.0, 3.0], Targets::Rows(&[0.1, 0.1, 0.1]));
        assert_eq!(values.evaluate(&examples).map(|e| e.r2), Ok(None));
    }

    /// Logistic outputs under a cross-entropy tell labels; under squares they are values like any other.
    #[test]
    fn the_error_function_says_what_counts() {
        let mut net = net(Act::Logistic, &[0.0]);
        let examples = Examples::new(&[1.0, 1.0], Targets::Rows(&[0.25, 0.75]));
        let labels = net.evaluate(&examples).expect("examples");
        assert_eq!((labels.accuracy, labels.rmse, labels.r2), (Some(0.5), None, None));
        net.set_loss(ErrorFunction::SumOfSquares).expect("no setting");
        let values = net.evaluate(&examples).expect("examples");
        assert_eq!((values.accuracy, values.rmse, values.r2), (None, Some(0.25), Some(0.0)));
    }
}
