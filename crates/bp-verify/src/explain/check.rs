//! One δ or one entry of the gradient, by two other ways: central differences and the certificate.

use bp_core::{Activation, Examples, Float, Loss, Plan, Reference, Scalar, ShapeError};

use super::{Check, Difference, ExplainError};
use crate::bounds::{CheckedActivation, CheckedLoss};
use crate::certificate::Judged;
use crate::certify::enclose;
use crate::lift::Lifted;
use crate::{Derivative, Rounded, derivative, rounding_of_gradient};

/// The same network with biases in `layer`, of 0 where it had none: ∂E/∂b is δ, so δ is checked like any entry. And the
/// place of the bias of unit `index`.
pub(super) fn with_bias<S: Float, H: Clone>(
    plan: &Plan<H>,
    params: &[S],
    layer: &str,
    index: usize,
) -> Result<(Plan<H>, Vec<S>, usize), ExplainError> {
    let mut architecture = plan.architecture().clone();
    match architecture.hidden.iter_mut().find(|hidden| hidden.name == layer) {
        Some(hidden) => hidden.bias = true,
        None => architecture.output.bias = true,
    }
    let with = Plan::new(architecture)?;
    let mut values = Vec::with_capacity(with.n_params());
    let mut at = 0;
    for block in with.blocks() {
        if block.layer == layer && block.source.is_none() {
            at = block.range.start + index;
        }
        values.resize(block.range.end, S::ZERO);
    }
    let mut old = plan.blocks().iter().peekable();
    for block in with.blocks() {
        let is_old = old.peek().is_some_and(|old| (&old.layer, &old.source) == (&block.layer, &block.source));
        if let Some(old) = old.next_if(|_| is_old) {
            values[block.range.clone()].copy_from_slice(&params[old.range.clone()]);
        }
    }
    Ok((with, values, at))
}

/// The share of the largest entry that a verdict must resolve: worst-case bounds of wide layers are wide in single precision.
pub(super) fn resolution<S: Float>() -> f64 {
    if S::UNIT_ROUNDOFF > 1e-10 { 0.05 } else { 1e-10 }
}

/// One entry of the gradient by central differences and by the certificate.
pub(super) fn check<S, H, L>(
    plan: &Plan<H>,
    loss: &L,
    params: &[S],
    example: &Examples<'_, S>,
    index: usize,
    got: f64,
    largest: f64,
) -> Result<Check, ExplainError>
where
    S: Float,
    H: CheckedActivation<S> + Activation<Rounded<f64>>,
    L: CheckedLoss<S> + Loss<Rounded<f64>> + ?Sized,
{
    let radius = rounding_of_gradient(plan, loss, params, example)?[index].error();
    let (centres, _) = enclose(plan, loss, params, example, &[index], &|_| ())?;
    let judged = Judged::new(String::new(), got, centres[0], radius, resolution::<S>() * largest);
    Ok(Check {
        got,
        difference: difference(plan, loss, params, example, index)?,
        verdict: judged.verdict.to_string(),
        true_from: judged.centre.lo(),
        true_to: judged.centre.hi(),
        radius: judged.radius,
    })
}

/// Central differences of E in parameter `index`, in `f64` on the reference engine.
fn difference<S, H, L>(
    plan: &Plan<H>,
    loss: &L,
    params: &[S],
    example: &Examples<'_, S>,
    index: usize,
) -> Result<Option<Difference>, ShapeError>
where
    S: Float,
    H: Activation<Rounded<f64>>,
    L: Loss<Rounded<f64>> + ?Sized,
{
    let batch = Lifted::new(example, |x| Rounded::<f64>::new(x, 0.0));
    let mut params: Vec<Rounded<f64>> = params.iter().map(|w| Rounded::exact(w.to_f64())).collect();
    let mut ws = plan.workspace(1);
    let mut failure = None;
    let found = derivative(params[index].value(), |w| {
        params[index] = w;
        let run = plan.forward(&Reference, &params, batch.examples().x, &mut ws);
        run.and_then(|()| plan.error(loss, &batch.examples(), &ws)).unwrap_or_else(|error| {
            failure = Some(error);
            Rounded::ZERO
        })
    });
    let sum = |d: Derivative| Difference { value: d.value, error: d.truncation + d.noise };
    failure.map_or(Ok(found.map(sum)), Err)
}
