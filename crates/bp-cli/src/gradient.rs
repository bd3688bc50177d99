//! The gradient of the trained network against differences of its error, on a few training rows.

use bp_core::{Examples, ShapeError, Targets};
use bp_verify::{Entry, Report, Sample, check_gradient};
use serde::Serialize;

use crate::backend::{Net, Number};

/// Rows and parameters that are looked at; fewer parameters where one costs much.
const ROWS: usize = 4;
const MOST: usize = 64;
const FEWEST: usize = 8;
/// Parameters of a network for which `MOST` are looked at.
const SMALL: usize = 20_000;

/// What was found.
#[derive(Debug, Serialize)]
pub(crate) struct GradientCheck {
    passed: bool,
    /// Parameters that were compared.
    checked: usize,
    failed: usize,
    /// Parameters that stand on a kink of an activation and have no derivative to compare with.
    at_kinks: usize,
    rows: usize,
    worst: Option<Worst>,
}

/// The parameter that used most of its bound.
#[derive(Debug, Serialize)]
struct Worst {
    parameter: String,
    gradient: f64,
    difference_quotient: f64,
    difference: f64,
    bound: f64,
}

/// Checks the gradient of the network's own loss on its own backend, over the first of these examples.
pub(crate) fn check<S: Number>(net: &Net<S>, train: &Examples<'_, S>, seed: u64) -> Result<GradientCheck, ShapeError> {
    let plan = net.plan();
    let (inputs, outputs) = (plan.inputs(), plan.outputs());
    let rows = ROWS.min(train.x.len() / inputs);
    let mut x = train.x[..rows * inputs].to_vec();
    if let Some(scaling) = net.input_scaling() {
        scaling.apply(&mut x);
    }
    let t: Vec<S> = match train.t {
        Targets::Rows(t) => {
            let mut t = t[..rows * outputs].to_vec();
            if let Some(scaling) = net.target_scaling() {
                scaling.apply(&mut t);
            }
            t
        }
        Targets::Classes(_) => vec![],
    };
    let targets = match train.t {
        Targets::Rows(_) => Targets::Rows(&t),
        Targets::Classes(classes) => Targets::Classes(&classes[..rows]),
    };
    let n = (MOST * SMALL / plan.n_params().max(1)).clamp(FEWEST, MOST);
    let examples = Examples::new(&x, targets);
    let report = check_gradient(plan, &net.loss(), net.backend(), net.params(), &examples, Sample::some(n, seed))?;
    Ok(GradientCheck::new(report, rows))
}

impl GradientCheck {
    fn new(report: Report, rows: usize) -> Self {
        let worst = |Entry { place, got, want, difference, bound }| Worst {
            parameter: place,
            gradient: got,
            difference_quotient: want,
            difference,
            bound,
        };
        Self {
            passed: report.passed(),
            checked: report.checked,
            failed: report.failed,
            at_kinks: report.at_kinks,
            rows,
            worst: report.worst.map(worst),
        }
    }

    /// In one line.
    pub(crate) fn describe(&self) -> String {
        let verdict = if self.passed { "PASS" } else { "FAIL" };
        let Some(worst) = &self.worst else {
            return format!("gradient check {verdict}: all {} parameters stand on kinks", self.at_kinks);
        };
        format!(
            "gradient check {verdict}: {} parameters over {} rows, worst difference {:.1e} at {}, allowed {:.1e}",
            self.checked, self.rows, worst.difference, worst.parameter, worst.bound
        )
    }
}
