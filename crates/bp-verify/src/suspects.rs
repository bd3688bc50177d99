//! Gradients with known faults, to compare a wrong one with.

use core::sync::atomic::{AtomicUsize, Ordering};

use bp_core::{
    Accum, Activation, Backend, Examples, Float, Gradient, INPUT, Layer, MatMut, MatRef, Plan, Reference, Source,
};

use crate::bounds::{CheckedActivation, CheckedLoss};
use crate::diagnosis::{Candidate, Symptom};
use crate::lift::Lifted;

/// The engine's gradient in `f64` with each known fault.
pub(crate) fn suspects<S, H, L>(
    plan: &Plan<H>,
    loss: &L,
    params: &[S],
    examples: &Examples<'_, S>,
    symptoms: &[Symptom],
    previous: &[f64],
) -> Vec<Candidate>
where
    S: Float,
    H: CheckedActivation<S>,
    L: CheckedLoss<S> + ?Sized,
{
    let batch = Lifted::new(examples, |x| x);
    let params: Vec<f64> = params.iter().map(|w| w.to_f64()).collect();
    let rows = examples.x.len() / plan.inputs();
    let gradient = |fault: Fault, from: usize, to: usize| -> Option<Vec<f64>> {
        let backend = Faulty { fault, backs: AtomicUsize::new(0) };
        let mut dw = vec![0.0; plan.n_params()];
        let part = cut(batch.examples(), rows, from, to);
        let mut ws = plan.workspace::<f64>(to - from);
        plan.gradient(&backend, loss, &params, &part, &mut ws, Gradient::replace(&mut dw)).ok().map(|_| dw)
    };
    let mut found: Vec<Candidate> = vec![];
    let mut add = |name: String, gradient: Option<Vec<f64>>| found.extend(gradient.map(|g| (name, g)));

    if !previous.is_empty() {
        add("the gradient of the call before".into(), Some(previous.to_vec()));
        let mut sum = previous.to_vec();
        symptoms.iter().for_each(|s| sum[s.index] += s.truth);
        add("the true gradient added to that of the call before".into(), Some(sum));
    }
    add("the gradient without h′".into(), gradient(Fault::NoChain, 0, rows));
    add("the gradient with square weights not transposed".into(), gradient(Fault::NotTransposed, 0, rows));
    for (n, name) in backs(plan).into_iter().enumerate() {
        let what = format!("the gradient without the errors that pass back {name}");
        add(what, gradient(Fault::WithoutBack(n), 0, rows));
    }
    if rows > 1 {
        add("the gradient without the last example".into(), gradient(Fault::None, 0, rows - 1));
        add("the gradient of the last example alone".into(), gradient(Fault::None, rows - 1, rows));
    }
    found
}

/// Names of the dense connections through which errors pass back, in the order of the backward pass.
fn backs<H>(plan: &Plan<H>) -> Vec<String> {
    let architecture = plan.architecture();
    let hidden = architecture.hidden.iter().map(|Layer { name, sources, .. }| (name, sources));
    let layers: Vec<(&String, &Vec<Source>)> =
        hidden.chain([(&architecture.output.name, &architecture.output.sources)]).collect();
    let dense = |source: &&Source| source.from != INPUT && matches!(source.connection, bp_core::Connection::Dense);
    layers
        .into_iter()
        .rev()
        .flat_map(|(layer, sources)| {
            sources.iter().filter(dense).map(move |source| format!("from {layer} to {}", source.from))
        })
        .collect()
}

fn cut<'a>(examples: Examples<'a, f64>, rows: usize, from: usize, to: usize) -> Examples<'a, f64> {
    fn part<T>(values: &[T], rows: usize, from: usize, to: usize) -> &[T] {
        let width = values.len() / rows;
        &values[from * width..to * width]
    }
    let t = match examples.t {
        bp_core::Targets::Rows(t) => bp_core::Targets::Rows(part(t, rows, from, to)),
        bp_core::Targets::Classes(t) => bp_core::Targets::Classes(&t[from..to]),
    };
    Examples { x: part(examples.x, rows, from, to), t, weights: examples.weights.map(|weights| &weights[from..to]) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    NoChain,
    NotTransposed,
    WithoutBack(usize),
}

/// The reference backend with a fault.
struct Faulty {
    fault: Fault,
    /// Products of the recursion so far.
    backs: AtomicUsize,
}

impl Backend<f64> for Faulty {
    fn name(&self) -> &str {
        "faulty"
    }
    fn gemm(&self, mut dst: MatMut<'_, f64>, accum: Accum, alpha: f64, lhs: MatRef<'_, f64>, rhs: MatRef<'_, f64>) {
        // Of the engine's three products only that of the recursion has no transposed side.
        let is_back = !lhs.is_transposed() && !rhs.is_transposed();
        let n = if is_back { self.backs.fetch_add(1, Ordering::Relaxed) } else { 0 };
        match self.fault {
            Fault::WithoutBack(skipped) if is_back && n == skipped => {
                if accum == Accum::Replace {
                    (0..dst.rows()).for_each(|i| dst.row_mut(i).fill(0.0));
                }
            }
            Fault::NotTransposed if is_back && rhs.rows() == rhs.cols() => {
                Reference.gemm(dst, accum, alpha, lhs, rhs.t());
            }
            _ => Reference.gemm(dst, accum, alpha, lhs, rhs),
        }
    }
    fn chain(&self, activation: &dyn Activation<f64>, a: &[f64], z: &[f64], delta: &mut [f64]) {
        if self.fault != Fault::NoChain {
            activation.chain(a, z, delta);
        }
    }
}
