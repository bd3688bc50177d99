//! [`explain`]: one forward and one backward pass, taken apart into terms, and the checks of the result.

use bp_core::{
    Activation, Backend, Examples, Float, Gradient, INPUT, Loss, Output, OutputFunction, Plan, Scalar, ShapeError,
    Targets, Workspace,
};

use super::check::{check, with_bias};
use super::joints::{Joint, joints, widths};
use super::{Entry, ExplainError, Explanation, Focus, Input, Product, Term, Unit};
use crate::Rounded;
use crate::bounds::{CheckedActivation, CheckedLoss};

/// Explains a unit or a parameter on one example: a, h′(a), every wₖⱼ δₖ, their sum, δⱼ, δⱼ zᵢ, and what central
/// differences and the certificate say about the result. Weights of examples are left out.
///
/// ```
/// use bp_core::Reference;
/// use bp_verify::explain::{Focus, explain, lecture};
///
/// // The two consumers of the lecture's first hidden unit nearly cancel.
/// let lecture = lecture();
/// let focus = Focus::Unit { layer: "h1", unit: 0 };
/// let explained = explain(&lecture.plan, &lecture.loss, &Reference, &lecture.params, &lecture.example(), focus)?;
/// let products = explained.unit.terms.iter().map(|term| format!("{:.6}", term.product)).collect::<Vec<_>>();
/// assert_eq!(products, ["-0.298845", "0.299955"]);
/// assert_eq!(format!("{:.6}", explained.unit.delta), "0.001015");
/// assert!(explained.check.passed());
/// println!("{explained}");
/// # Ok::<(), bp_verify::explain::ExplainError>(())
/// ```
///
/// # Errors
/// A layer, unit or parameter that is not there, a number that is not finite, not exactly one example, or a
/// length that does not fit the plan.
pub fn explain<S, H, L, B>(
    plan: &Plan<H>,
    loss: &L,
    backend: &B,
    params: &[S],
    example: &Examples<'_, S>,
    focus: Focus<'_>,
) -> Result<Explanation, ExplainError>
where
    S: Float,
    H: CheckedActivation<S> + Activation<Rounded<f64>> + Clone,
    L: CheckedLoss<S> + Loss<Rounded<f64>> + ?Sized,
    B: Backend<S> + ?Sized,
{
    let example = &one(plan, example)?;
    let (layer, index) = place(plan, focus)?;
    let run = Run::new(plan, loss, backend, params, example)?;
    let unit = run.unit(loss, example, &layer, index)?;
    let (entry, check) = match focus {
        Focus::Parameter(at) => {
            let entry = run.entry(at)?;
            let check = check(plan, loss, params, example, at, entry.gradient, run.largest())?;
            (Some(entry), check)
        }
        Focus::Unit { .. } => {
            let (plan, params, at) = with_bias(plan, params, &layer, index)?;
            (None, check(&plan, loss, &params, example, at, unit.delta, run.largest())?)
        }
    };
    Ok(Explanation { scalar: S::NAME, error: run.error, unit, entry, check })
}

/// The one example, without a weight.
pub(super) fn one<'a, S: Float, H>(plan: &Plan<H>, example: &Examples<'a, S>) -> Result<Examples<'a, S>, ExplainError> {
    match example.x.len() == plan.inputs() {
        true => Ok(Examples::new(
            example.x,
            match example.t {
                Targets::Rows(rows) => Targets::Rows(rows),
                Targets::Classes(classes) => Targets::Classes(classes),
            },
        )),
        false => Err(ExplainError::OneExample { inputs: plan.inputs(), got: example.x.len() }),
    }
}

/// The unit in question; of a parameter, the first that it feeds.
fn place<H>(plan: &Plan<H>, focus: Focus<'_>) -> Result<(String, usize), ExplainError> {
    let (layer, index) = match focus {
        Focus::Unit { layer, unit } => (layer.to_owned(), unit),
        Focus::Parameter(index) => {
            let unknown = || ExplainError::Parameter { index, n_params: plan.n_params() };
            let place = plan.locate(index).ok_or_else(unknown)?;
            let uses =
                joints(plan).into_iter().flat_map(|joint| joint.uses(index).map(|(to, _)| to).collect::<Vec<_>>());
            let unit = match place.block.source {
                None => place.col,
                // A weight that no term uses has nothing to show but a gradient of 0.
                Some(_) => uses.min().unwrap_or(0),
            };
            (place.block.layer.clone(), unit)
        }
    };
    let widths = widths(plan);
    match widths.iter().find(|(name, _)| *name == layer) {
        None => Err(ExplainError::UnknownLayer { layer, known: widths.into_iter().map(|(name, _)| name).collect() }),
        Some((_, width)) if index >= *width => Err(ExplainError::Unit { layer, unit: index, width: *width }),
        Some(_) => Ok((layer, index)),
    }
}

/// One example, forward and backward.
pub(super) struct Run<'a, S, H> {
    plan: &'a Plan<H>,
    params: &'a [S],
    x: &'a [S],
    pub(super) ws: Workspace<S>,
    pub(super) gradient: Vec<S>,
    pub(super) error: f64,
}

impl<'a, S: Float, H: CheckedActivation<S>> Run<'a, S, H> {
    /// Computes everything, and refuses what is not finite.
    pub(super) fn new<L, B>(
        plan: &'a Plan<H>,
        loss: &L,
        backend: &B,
        params: &'a [S],
        example: &Examples<'a, S>,
    ) -> Result<Self, ExplainError>
    where
        L: CheckedLoss<S> + ?Sized,
        B: Backend<S> + ?Sized,
    {
        let mut ws = plan.traced_workspace(1);
        let mut gradient = vec![S::ZERO; plan.n_params()];
        let error = plan.gradient(backend, loss, params, example, &mut ws, Gradient::replace(&mut gradient))?;
        let finite = |what: String, values: &[S]| match values.iter().position(|x| !x.to_f64().is_finite()) {
            None => Ok(()),
            Some(at) => Err(ExplainError::NonFinite { what: format!("{what}[{at}]"), value: values[at].to_f64() }),
        };
        finite("x of input".into(), example.x)?;
        for (layer, _) in widths(plan) {
            finite(format!("a of {layer}"), ws.a(&layer)?.row(0))?;
            finite(format!("z of {layer}"), ws.z(&layer)?.row(0))?;
        }
        if !error.to_f64().is_finite() {
            return Err(ExplainError::NonFinite { what: "E".into(), value: error.to_f64() });
        }
        for (layer, _) in widths(plan).iter().rev() {
            finite(format!("δ of {layer}"), ws.delta(layer)?.row(0))?;
        }
        Ok(Self { plan, params, x: example.x, ws, gradient, error: error.to_f64() })
    }

    fn z(&self, layer: &str, unit: usize) -> Result<S, ShapeError> {
        if layer == INPUT { Ok(self.x[unit]) } else { Ok(self.ws.z(layer)?.row(0)[unit]) }
    }

    fn delta(&self, layer: &str, unit: usize) -> Result<S, ShapeError> {
        Ok(self.ws.delta(layer)?.row(0)[unit])
    }

    /// The largest |∂E/∂w|, of which a certificate resolves a share.
    fn largest(&self) -> f64 {
        let deltas = self.plan.architecture().hidden.iter().flat_map(|layer| self.ws.delta(&layer.name));
        let deltas = deltas.flat_map(|delta| delta.row(0).iter().map(|d| d.to_f64().abs()).collect::<Vec<_>>());
        self.gradient.iter().map(|g| g.to_f64().abs()).chain(deltas).fold(0.0, f64::max)
    }

    fn unit<L>(&self, loss: &L, example: &Examples<'_, S>, layer: &str, index: usize) -> Result<Unit, ExplainError>
    where
        L: CheckedLoss<S> + ?Sized,
    {
        let joints = joints(self.plan);
        let (a, z, delta) = (self.ws.a(layer)?.row(0)[index], self.z(layer, index)?, self.delta(layer, index)?);
        let architecture = self.plan.architecture();
        let hidden = architecture.hidden.iter().find(|hidden| hidden.name == layer);
        let width = hidden.map_or(architecture.output.width, |hidden| hidden.width);
        let (terms, slope, target) = match hidden {
            Some(hidden) => {
                let slope = Activation::<S>::derivative(&hidden.function, a, z);
                (self.consumers(&joints, layer, index)?, Some(slope.to_f64()), None)
            }
            None => {
                let t = example.t.get(0, width).at(index);
                (self.output_terms(loss, example, index)?, None, Some(t.to_f64()))
            }
        };
        let sum = terms.iter().map(|term| term.product).sum::<f64>();
        let sum = if terms.is_empty() && hidden.is_none() { delta.to_f64() } else { sum };
        let function = match hidden {
            Some(hidden) => act_name::<S, H>(&hidden.function),
            None => match &architecture.output.function {
                Output::Softmax => "softmax".into(),
                Output::Exp => "exp".into(),
                Output::Each(h) => act_name::<S, H>(h),
                _ => "own output function".into(),
            },
        };
        Ok(Unit {
            layer: layer.into(),
            index,
            width,
            function,
            inputs: self.inputs(&joints, layer, index, delta)?,
            a: a.to_f64(),
            z: z.to_f64(),
            slope,
            target,
            terms,
            sum,
            delta: delta.to_f64(),
        })
    }

    /// The terms of a.
    fn inputs(&self, joints: &[Joint<'_>], layer: &str, unit: usize, delta: S) -> Result<Vec<Input>, ShapeError> {
        let mut inputs = vec![];
        for joint in joints.iter().filter(|joint| joint.layer == layer) {
            for (_, from, parameter) in joint.pairs(Some(unit), None) {
                let (z, weight) = (self.z(joint.source, from)?, parameter.map(|at| self.params[at]));
                inputs.push(Input {
                    from: format!("{}[{from}]", joint.source),
                    weight: weight.map(Float::to_f64),
                    z: z.to_f64(),
                    product: weight.map_or(z, |w| w * z).to_f64(),
                    gradient: weight.map(|_| (delta * z).to_f64()),
                });
            }
        }
        if let Some(block) = self.plan.blocks().iter().find(|block| block.layer == layer && block.source.is_none()) {
            let b = self.params[block.range.start + unit].to_f64();
            let gradient = Some(delta.to_f64());
            inputs.push(Input { from: "bias".into(), weight: Some(b), z: 1.0, product: b, gradient });
        }
        Ok(inputs)
    }

    /// wₖⱼ δₖ of every consumer, over all layers that the unit feeds.
    fn consumers(&self, joints: &[Joint<'_>], layer: &str, unit: usize) -> Result<Vec<Term>, ShapeError> {
        let mut terms = vec![];
        for joint in joints.iter().filter(|joint| joint.source == layer) {
            for (to, _, parameter) in joint.pairs(None, Some(unit)) {
                let (w, delta) = (parameter.map_or(S::ONE, |at| self.params[at]), self.delta(joint.layer, to)?);
                terms.push((format!("{}[{to}]", joint.layer), w, delta));
            }
        }
        Ok(with_shares(terms))
    }

    /// M6 taken apart, δ_k = Σ_m ∂y_m/∂a_k ∂E/∂y_m; nothing where δ is y − t, or where ∂E/∂y has no finite value.
    fn output_terms<L>(&self, loss: &L, example: &Examples<'_, S>, k: usize) -> Result<Vec<Term>, ShapeError>
    where
        L: CheckedLoss<S> + ?Sized,
    {
        let output = &self.plan.architecture().output;
        let (a, y) = (self.ws.a(&output.name)?, self.ws.y());
        let (a, y, t) = (a.row(0), y.row(0), example.t.get(0, output.width));
        let difference = (y[k] - t.at(k)).to_f64() - self.delta(&output.name, k)?.to_f64();
        if difference.abs() <= 0.0 {
            return Ok(vec![]);
        }
        let mut slopes = vec![S::ZERO; output.width];
        Loss::<S>::gradient(loss, y, t, &mut slopes);
        let mut terms = vec![];
        for (m, &slope) in slopes.iter().enumerate() {
            let mut column = vec![S::ZERO; output.width];
            column[m] = S::ONE;
            OutputFunction::<S>::pullback_row(&output.function, a, y, &mut column);
            // What does not depend on a_k is no term.
            if column[k].to_f64().abs() > 0.0 {
                terms.push((format!("{}[{m}]", output.name), column[k], slope));
            }
        }
        let are_finite = terms.iter().all(|(_, dy, slope)| (*dy * *slope).to_f64().is_finite());
        Ok(if are_finite { with_shares(terms) } else { vec![] })
    }

    fn entry(&self, index: usize) -> Result<Entry, ExplainError> {
        let n_params = self.plan.n_params();
        let place = self.plan.locate(index).ok_or(ExplainError::Parameter { index, n_params })?;
        let mut products = vec![];
        let mut add = |unit: (&str, usize), from: String, z: S| -> Result<(), ShapeError> {
            let delta = self.delta(unit.0, unit.1)?;
            let (name, product) = (format!("{}[{}]", unit.0, unit.1), (delta * z).to_f64());
            products.push(Product { unit: name, delta: delta.to_f64(), from, z: z.to_f64(), product });
            Ok(())
        };
        if place.block.source.is_none() {
            add((&place.block.layer, place.col), "bias".into(), S::ONE)?;
        } else {
            for joint in joints(self.plan) {
                for (to, from) in joint.uses(index) {
                    add((joint.layer, to), format!("{}[{from}]", joint.source), self.z(joint.source, from)?)?;
                }
            }
        }
        let (value, gradient) = (self.params[index].to_f64(), self.gradient[index].to_f64());
        Ok(Entry { place: place.to_string(), value, products, gradient })
    }
}

/// The name of a built-in activation.
fn act_name<S: Scalar, H: Activation<S>>(h: &H) -> String {
    Activation::<S>::known(h).map_or_else(|| "own activation".into(), ToString::to_string)
}

fn with_shares<S: Float>(terms: Vec<(String, S, S)>) -> Vec<Term> {
    let all: f64 = terms.iter().map(|(_, w, delta)| (*w * *delta).to_f64().abs()).sum();
    let term = |(unit, w, delta): (String, S, S)| {
        let product = (w * delta).to_f64();
        let share = if all > 0.0 { product.abs() / all } else { 0.0 };
        Term { unit, factor: w.to_f64(), delta: delta.to_f64(), product, share }
    };
    terms.into_iter().map(term).collect()
}
