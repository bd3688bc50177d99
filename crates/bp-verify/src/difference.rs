//! [`check_gradient`]: a gradient against differences of the error, with an error estimate for every entry instead
//! of a tolerance.

use std::collections::BTreeSet;

use bp_core::{Activation, Backend, Examples, Float, Gradient, Loss, Plan, Real, Reference, Scalar, ShapeError};

use crate::any_order::AnyOrder;
use crate::case::SplitMix;
use crate::extrapolation::{COLUMNS, Table};
use crate::lift::Lifted;
use crate::rounding::Rounded;
use crate::{Entry, Report};

/// Which parameters [`check_gradient`] visits.
///
/// ```
/// use bp_core::{Act, Plan, stack};
/// use bp_verify::Sample;
/// let plan = Plan::new(stack(10).hidden(20, Act::Tanh).output(1, Act::Identity))?;
/// assert_eq!(Sample::all().indices(&plan).len(), plan.n_params());
/// assert_eq!(Sample::some(32, 7).indices(&plan).len(), 32);
/// # Ok::<(), bp_core::PlanError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    entries: usize,
    seed: u64,
}

impl Sample {
    /// Every parameter.
    pub fn all() -> Self {
        Self { entries: usize::MAX, seed: 0 }
    }

    /// `entries` parameters chosen by `seed`, at least one of every block.
    pub fn some(entries: usize, seed: u64) -> Self {
        Self { entries, seed }
    }

    /// Their numbers, ascending.
    pub fn indices<H>(&self, plan: &Plan<H>) -> Vec<usize> {
        if self.entries >= plan.n_params() {
            return (0..plan.n_params()).collect();
        }
        let mut random = SplitMix(self.seed);
        let blocks = plan.blocks().iter();
        let mut chosen: BTreeSet<usize> =
            blocks.map(|block| block.range.start + random.below(block.range.len())).collect();
        while chosen.len() < self.entries {
            chosen.insert(random.below(plan.n_params()));
        }
        chosen.into_iter().collect()
    }
}

/// Computes the gradient on `backend` and checks it. See [`compare_gradient`].
///
/// ```
/// use bp_core::{Act, ErrorFunction, Examples, Output, Plan, Reference, Targets, stack};
/// use bp_verify::{Sample, check_gradient};
/// let plan = Plan::new(stack(2).hidden(3, Act::Tanh).output(2, Output::Softmax))?;
/// let params: Vec<f32> = (0..plan.n_params()).map(|i| (i as f32).sin()).collect();
/// let examples = Examples::new(&[0.0, 1.0, 1.0, 1.0], Targets::Classes(&[1, 0]));
/// let report =
///     check_gradient(&plan, &ErrorFunction::CrossEntropy, &Reference, &params, &examples, Sample::all())?;
/// assert!(report.passed(), "{report}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A [`ShapeError`] if a length does not fit the plan.
pub fn check_gradient<S, H, L, B>(
    plan: &Plan<H>,
    loss: &L,
    backend: &B,
    params: &[S],
    examples: &Examples<'_, S>,
    sample: Sample,
) -> Result<Report, ShapeError>
where
    S: Float,
    H: Activation<S> + Activation<Rounded<S>> + Activation<Rounded<f64>>,
    L: Loss<S> + Loss<Rounded<S>> + Loss<Rounded<f64>> + ?Sized,
    B: Backend<S> + ?Sized,
{
    let mut ws = plan.workspace(examples.x.len() / plan.inputs());
    // What stands in these buffers must not matter.
    let nan = S::from_f64(f64::NAN);
    ws.poison(nan);
    let mut gradient = vec![nan; plan.n_params()];
    plan.gradient(backend, loss, params, examples, &mut ws, Gradient::replace(&mut gradient))?;
    compare_gradient(plan, loss, params, examples, &gradient, sample)
}

/// Checks a given gradient, of any origin: |g − d| ≤ truncation + noise + rounding for every parameter of `sample`.
///
/// - d is the derivative of E by Richardson extrapolation of central differences, in `f64` on the reference engine;
/// - truncation is the disagreement of neighbours in the extrapolation table ([`derivative`]);
/// - noise bounds the rounding errors of E in `f64`, divided by the step: E is evaluated over [`Rounded<f64>`];
/// - rounding bounds what a correct backward pass in `S` may lose: the backward pass is run over [`Rounded<S>`]
///   with [`AnyOrder`] products, so it grows with the network's absolute values, γ_n per sum of n products in any
///   order, and the stated ulps per elementary function. Only the bound of that run is used, never its value.
///
/// Every comparison is written so that NaN fails; a bound of ∞ is no bound and fails too. Parameters at whose kinks
/// (relu′ at 0, …) no step stays on one side are counted in [`Report::at_kinks`] and not compared.
///
/// # Errors
/// A [`ShapeError`] if a length does not fit the plan.
pub fn compare_gradient<S, H, L>(
    plan: &Plan<H>,
    loss: &L,
    params: &[S],
    examples: &Examples<'_, S>,
    gradient: &[S],
    sample: Sample,
) -> Result<Report, ShapeError>
where
    S: Float,
    H: Activation<Rounded<S>> + Activation<Rounded<f64>>,
    L: Loss<Rounded<S>> + Loss<Rounded<f64>> + ?Sized,
{
    if gradient.len() != plan.n_params() {
        return Err(ShapeError::Length { what: "gradient", expected: plan.n_params(), got: gradient.len() });
    }
    let rounding = rounding_of_gradient(plan, loss, params, examples)?;

    let batch = Lifted::new(examples, |x| Rounded::<f64>::new(x, 0.0));
    let mut params: Vec<Rounded<f64>> = params.iter().map(|w| Rounded::exact(w.to_f64())).collect();
    let mut ws = plan.workspace(examples.x.len() / plan.inputs());
    let mut entries = vec![];
    let mut at_kinks = 0;
    for index in sample.indices(plan) {
        let weight = params[index];
        let mut failure = None;
        let found = derivative(weight.value(), |w| {
            params[index] = w;
            let run = plan.forward(&Reference, &params, batch.examples().x, &mut ws);
            let error = run.and_then(|()| plan.error(loss, &batch.examples(), &ws));
            error.unwrap_or_else(|e| {
                failure = Some(e);
                Rounded::ZERO
            })
        });
        params[index] = weight;
        if let Some(error) = failure {
            return Err(error);
        }
        let place = plan.locate(index).map_or_else(String::new, |place| place.to_string());
        match found {
            Some(d) => {
                let bound = d.truncation + d.noise + rounding[index].error();
                entries.push(Entry::new(place, gradient[index].to_f64(), d.value, bound));
            }
            None => at_kinks += 1,
        }
    }
    Ok(Report::new(S::NAME, entries, at_kinks))
}

/// The backward pass over [`Rounded<S>`]: how far a correct gradient in `S` may be from the exact one.
///
/// # Errors
/// A [`ShapeError`] if a length does not fit the plan.
pub fn rounding_of_gradient<S, H, L>(
    plan: &Plan<H>,
    loss: &L,
    params: &[S],
    examples: &Examples<'_, S>,
) -> Result<Vec<Rounded<S>>, ShapeError>
where
    S: Float,
    H: Activation<Rounded<S>>,
    L: Loss<Rounded<S>> + ?Sized,
{
    let batch = Lifted::new(examples, |x| Rounded::<S>::new(x, 0.0));
    let params: Vec<_> = params.iter().map(|&w| Rounded::exact(w)).collect();
    let mut ws = plan.workspace(examples.x.len() / plan.inputs());
    let mut dw = vec![Rounded::ZERO; plan.n_params()];
    plan.gradient(&AnyOrder, loss, &params, &batch.examples(), &mut ws, Gradient::replace(&mut dw))?;
    Ok(dw)
}

/// A derivative by differences. See [`derivative`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Derivative {
    /// The extrapolated value.
    pub value: f64,
    /// Estimate of what the step left over.
    pub truncation: f64,
    /// Bound on what rounding added.
    pub noise: f64,
}

/// First step, and the smallest that is tried when a kink is near.
const FIRST_STEP: f64 = 1.0 / 16.0;
const LAST_STEP: f64 = 1.0 / (1 << 20) as f64;

/// f′(w) by Ridders' method (1982): central differences D(h) = (f(w+h) − f(w−h)) / 2h for halved steps, extrapolated
/// to h = 0 by Richardson's table D_{i,j} = (4ʲ D_{i,j−1} − D_{i−1,j−1}) / (4ʲ − 1).
///
/// For analytic f the error of column j is of order h^{2j+2}, so D_{i,j} is nearer to f′ than both of its parents, and
/// its distance to the farther parent estimates *their* error: truncation = max(|D_{i,j} − D_{i,j−1}|,
/// |D_{i,j} − D_{i−1,j−1}|) is larger than the error of D_{i,j} by a factor of about 4ʲ, as long as the table
/// converges. Two things keep an accident (parents that agree by chance) out: an entry's truncation is never below
/// 4^{−2j} of the one before it on the diagonal, and only columns from 2 on are taken. Noise goes through the table
/// with the absolute values of its coefficients, (4ʲ + 1) / (4ʲ − 1), whose product stays below 2. The entry with the
/// smallest truncation + noise is returned. Steps are halved until noise alone is above that, or down to 2⁻²⁰.
///
/// The rounding of w ± h itself is an error of the argument: f is called with that bound, |w ± h| u.
///
/// `None` if no step down to 2⁻²⁰ keeps both ends on the smooth piece of f on which w lies, or f is not finite.
///
/// ```
/// use bp_core::Real;
/// let d = bp_verify::derivative(0.5, |w| w.exp()).unwrap();
/// assert!((d.value - 0.5_f64.exp()).abs() <= d.truncation + d.noise);
/// assert!(d.truncation + d.noise < 1e-12);
/// assert!(bp_verify::derivative(0.0, |w| w.relu()).is_none());
/// // So steep that the first ten steps see nothing of it.
/// let thousand = bp_verify::Rounded::<f64>::exact(1000.0);
/// let d = bp_verify::derivative(0.0, |w| (thousand * w).tanh()).unwrap();
/// assert!((d.value - 1000.0).abs() <= d.truncation + d.noise && d.truncation + d.noise < 1e-5);
/// ```
pub fn derivative(w: f64, mut f: impl FnMut(Rounded<f64>) -> Rounded<f64>) -> Option<Derivative> {
    let unit = f64::UNIT_ROUNDOFF;
    let path = f(Rounded::exact(w)).path();
    // (D, noise), if both ends lie on the piece of w.
    let mut central = |h: f64| {
        let mut at = |w: f64| f(Rounded::new(w, w.abs() * unit));
        let (up, down) = (at(w + h), at(w - h));
        let rise = up.value() - down.value();
        let noise = (up.error() + down.error() + unit * Real::abs(rise)) / (2.0 * h);
        let smooth = up.path() == path && down.path() == path && noise.is_finite() && rise.is_finite();
        smooth.then_some((rise / (2.0 * h), noise))
    };

    let mut table = Table::new(4.0, COLUMNS);
    let mut h = FIRST_STEP;
    loop {
        if let Some((first, noise)) = central(h) {
            table.add(first, noise);
            break;
        }
        h /= 2.0;
        if h < LAST_STEP {
            return None;
        }
    }
    loop {
        h /= 2.0;
        // Smaller steps than this only add noise. Larger ones than needed cost nothing but a wide estimate, so a steep
        // function is followed down to the last step.
        if h < LAST_STEP || table.is_noisy() {
            return table.best();
        }
        let (d, noise) = central(h)?;
        table.add(d, noise);
    }
}
