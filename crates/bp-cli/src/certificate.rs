//! The gradient of a network on real rows, certified.

use std::cell::OnceCell;

use bp_core::{Examples, ShapeError, Targets};
use bp_verify::{Certificate, Certify, Judged, Sample};
use serde::Serialize;

use crate::backend::{Net, Number};
use crate::work::Work;

/// Rows and parameters that a finished training is certified on; fewer parameters where one costs much.
const ROWS: usize = 4;
const FEW: Coverage = Coverage { parameters: 64, gaussian: 0, groups: 56 };
const VERY_FEW: Coverage = Coverage { parameters: 16, gaussian: 0, groups: 8 };
/// Parameters of a network up to which `FEW` is affordable.
const SMALL: usize = 50_000;

/// How much to look at.
#[derive(Debug, Clone, Copy)]
struct Coverage {
    parameters: usize,
    gaussian: usize,
    groups: usize,
}

/// What was found, for JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    passed: bool,
    verdict: &'static str,
    /// Entries that were judged: parameters, directions, and E.
    judged: usize,
    outside: usize,
    inconclusive: usize,
    rows: usize,
    resolution: f64,
    worst: Option<Worst>,
    likely: Option<String>,
    unseen: Option<String>,
}

/// The entry that is farthest outside, or uses most of its radius.
#[derive(Debug, Serialize)]
struct Worst {
    place: String,
    got: f64,
    true_from: f64,
    true_to: f64,
    radius: f64,
    verdict: String,
}

/// The first rows of a data set as the network sees them.
pub(crate) struct Batch<S> {
    x: Vec<S>,
    t: Vec<S>,
    classes: Option<Vec<u32>>,
    pub(crate) rows: usize,
}

impl<S: Number> Batch<S> {
    pub(crate) fn first(rows: usize, net: &Net<S>, examples: &Examples<'_, S>) -> Self {
        let (inputs, outputs) = (net.plan().inputs(), net.plan().outputs());
        let rows = rows.min(examples.x.len() / inputs);
        let mut x = examples.x[..rows * inputs].to_vec();
        if let Some(scaling) = net.input_scaling() {
            scaling.apply(&mut x);
        }
        let (t, classes) = match examples.t {
            Targets::Rows(t) => {
                let mut t = t[..rows * outputs].to_vec();
                if let Some(scaling) = net.target_scaling() {
                    scaling.apply(&mut t);
                }
                (t, None)
            }
            Targets::Classes(classes) => (vec![], Some(classes[..rows].to_vec())),
        };
        Self { x, t, classes, rows }
    }

    /// One row alone.
    ///
    /// # Panics
    /// If there are fewer.
    pub(crate) fn one(row: usize, net: &Net<S>, examples: &Examples<'_, S>) -> Self {
        let (inputs, outputs) = (net.plan().inputs(), net.plan().outputs());
        let t = match examples.t {
            Targets::Rows(t) => Targets::Rows(&t[row * outputs..(row + 1) * outputs]),
            Targets::Classes(classes) => Targets::Classes(&classes[row..row + 1]),
        };
        Self::first(1, net, &Examples::new(&examples.x[row * inputs..(row + 1) * inputs], t))
    }

    /// The same rows with other targets: the next class, or 1 more. The errors y − t of a network that has learned its rows
    /// are hardly more than rounding, and in a gradient made of them nothing can be resolved.
    pub(crate) fn with_moved_targets(mut self, net: &Net<S>) -> Self {
        self.t.iter_mut().for_each(|t| *t += S::ONE);
        let n_classes = net.plan().outputs() as u32;
        self.classes.iter_mut().flatten().for_each(|class| *class = (*class + 1) % n_classes);
        self
    }

    pub(crate) fn examples(&self) -> Examples<'_, S> {
        Examples::new(&self.x, self.classes.as_deref().map_or(Targets::Rows(&self.t), Targets::Classes))
    }

    /// Certifies the gradient of the network's own loss on its own backend.
    pub(crate) fn certify(&self, how: Certify, net: &Net<S>, quiet: bool) -> Result<Certificate, ShapeError> {
        let work = OnceCell::new();
        let hear = |n, total| {
            let start = || Work::new(quiet, "certifying the gradient", total, "entries");
            work.get_or_init(start).add(n);
        };
        let (plan, backend, params) = (net.plan(), net.backend(), net.params());
        let certificate = how.gradient_and_tell(plan, &net.loss(), backend, params, &self.examples(), &hear);
        work.into_inner().into_iter().for_each(Work::finish);
        certificate
    }
}

/// What every finished training states: a quick certificate on a few rows, with their targets moved.
pub(crate) fn after_training<S: Number>(
    net: &Net<S>,
    train: &Examples<'_, S>,
    seed: u64,
    quiet: bool,
) -> Result<(Certificate, usize), ShapeError> {
    let batch = Batch::first(ROWS, net, train).with_moved_targets(net);
    let Coverage { parameters, gaussian, groups } = if net.plan().n_params() <= SMALL { FEW } else { VERY_FEW };
    let how = Certify::new().coordinates(Sample::some(parameters, seed)).resolution(sharpness::<S>());
    let how = if parameters < net.plan().n_params() { how.directions(gaussian, groups, seed) } else { how };
    Ok((batch.certify(how, net, quiet)?, batch.rows))
}

/// What a verdict must resolve: worst-case bounds of wide layers are wide in single precision.
fn sharpness<S: Number>() -> f64 {
    if S::NAME == "f32" { 0.05 } else { 1e-9 }
}

impl Found {
    pub(crate) fn new(certificate: &Certificate, rows: usize) -> Self {
        let worst = |Judged { place, got, centre, radius, verdict, .. }: &Judged| Worst {
            place: place.clone(),
            got: *got,
            true_from: centre.lo(),
            true_to: centre.hi(),
            radius: *radius,
            verdict: verdict.to_string(),
        };
        let counts = certificate.counts;
        Self {
            passed: certificate.passed(),
            verdict: certificate.verdict(),
            judged: counts.judged(),
            outside: counts.failed + counts.rounding_sized,
            inconclusive: counts.inconclusive,
            rows,
            resolution: certificate.resolution,
            worst: certificate.worst.as_ref().map(worst),
            likely: certificate.diagnosis.as_ref().map(ToString::to_string),
            unseen: certificate.unseen.clone(),
        }
    }

    /// In one line.
    pub(crate) fn describe(&self) -> String {
        let Self { verdict, judged, rows, resolution, outside, inconclusive, .. } = self;
        let mut text = format!("gradient {verdict}: {judged} entries over {rows} rows, no tolerance; ");
        if self.passed {
            return text + &format!("a fault above {resolution:.0e} of the largest would have been seen");
        }
        if *outside == 0 {
            return format!("gradient not decided for {inconclusive} of {judged} entries ({verdict}); none is wrong");
        }
        text += &format!("{outside} outside, {inconclusive} undecided");
        if let Some(Worst { place, got, true_from, true_to, verdict, .. }) = &self.worst {
            text += &format!("; worst {place}: {verdict}, got {got:e}, true in [{true_from:e}, {true_to:e}]");
        }
        text
    }
}
