//! [`overview`]: the errors of all layers on one example.

use bp_core::{Backend, Examples, Float, Plan};

use super::ExplainError;
use super::check::resolution;
use super::compute::{Run, one};
use crate::Certify;
use crate::bounds::{CheckedActivation, CheckedLoss};

/// One example at a glance: outputs beside targets, the errors δ of every layer, and what the certificate says about
/// the gradient. Made by [`overview`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Overview {
    /// The float type that the network computes in.
    pub scalar: &'static str,
    /// E of the example.
    pub error: f64,
    /// Every output unit.
    pub outputs: Vec<OutputUnit>,
    /// Every layer, from the output back, as errors go.
    pub layers: Vec<LayerErrors>,
    /// The certificate's verdict over the gradient.
    pub verdict: &'static str,
    /// Entries that were judged.
    pub judged: usize,
    /// A fault above this share of the largest entry would have been seen.
    pub resolution: f64,
}

/// An output unit beside its target.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct OutputUnit {
    /// Its name.
    pub unit: String,
    /// y.
    pub y: f64,
    /// t.
    pub t: f64,
    /// δ = ∂E/∂a.
    pub delta: f64,
}

/// The errors of a layer.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LayerErrors {
    /// Its name.
    pub layer: String,
    /// δ of every unit.
    pub delta: Vec<f64>,
    /// √(Σ δ² / units): what vanishes or explodes from layer to layer.
    pub root_mean_square: f64,
    /// The largest |δ|.
    pub largest: f64,
    /// The unit that has it.
    pub at: usize,
}

/// Sums up one example. The weight of the example, if any, is left out.
///
/// ```
/// use bp_core::Reference;
/// use bp_verify::explain::{lecture, overview};
/// let lecture = lecture();
/// let all = overview(&lecture.plan, &lecture.loss, &Reference, &lecture.params, &lecture.example())?;
/// assert_eq!(all.layers[0].layer, "out"); // from the output back, as errors go
/// assert_eq!(format!("{:.6?}", all.layers[1].delta), "[0.001015, 0.537226, -0.434983]");
/// assert_eq!(all.verdict, "PASS");
/// # Ok::<(), bp_verify::explain::ExplainError>(())
/// ```
///
/// # Errors
/// As [`explain`](super::explain).
pub fn overview<S, H, L, B>(
    plan: &Plan<H>,
    loss: &L,
    backend: &B,
    params: &[S],
    example: &Examples<'_, S>,
) -> Result<Overview, ExplainError>
where
    S: Float,
    H: CheckedActivation<S>,
    L: CheckedLoss<S> + ?Sized,
    B: Backend<S> + ?Sized,
{
    let example = one(plan, example)?;
    let run = Run::new(plan, loss, backend, params, &example)?;
    let certificate = Certify::new().resolution(resolution::<S>()).gradient(plan, loss, backend, params, &example)?;
    let architecture = plan.architecture();
    let output = &architecture.output;
    let names = architecture.hidden.iter().map(|layer| &layer.name).chain([&output.name]);
    let mut layers = vec![];
    for name in names.rev() {
        let delta: Vec<f64> = run.ws.delta(name)?.row(0).iter().map(|d| d.to_f64()).collect();
        let squares: f64 = delta.iter().map(|d| d * d).sum();
        let sizes = delta.iter().map(|d| d.abs()).enumerate();
        let (at, largest) = sizes.fold((0, 0.0), |best, next| if next.1 > best.1 { next } else { best });
        let root_mean_square = (squares / delta.len() as f64).sqrt();
        layers.push(LayerErrors { layer: name.clone(), delta, root_mean_square, largest, at });
    }
    let t = example.t.get(0, output.width);
    let outputs = run.ws.y().row(0).iter().zip(&layers[0].delta).enumerate();
    let outputs = outputs.map(|(k, (y, &delta))| OutputUnit {
        unit: format!("{}[{k}]", output.name),
        y: y.to_f64(),
        t: t.at(k).to_f64(),
        delta,
    });
    Ok(Overview {
        scalar: S::NAME,
        error: run.error,
        outputs: outputs.collect(),
        layers,
        verdict: certificate.verdict(),
        judged: certificate.counts.judged(),
        resolution: certificate.resolution,
    })
}
