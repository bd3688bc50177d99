//! Directions: g · v for a whole gradient at once, where one pass per parameter would take too long.

use bp_core::{Examples, Float, Plan, Reference, Scalar, ShapeError};

use crate::bounds::{CheckedActivation, CheckedLoss, LANES, Lanes};
use crate::case::SplitMix;
use crate::certificate::Judged;
use crate::lift::Lifted;
use crate::rounding::{product_up, sum_up};
use crate::{Dual, Interval};

/// How many directions, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Directions {
    pub(crate) n: usize,
    pub(crate) seed: u64,
}

/// The probability with which an error of the stated size stays unseen.
const MISSED: f64 = 1e-6;

/// Judges g · v for every direction: the centre by forward mode along v, the radius Σ |vᵢ| ρᵢ. Returns the judgements and
/// what they leave unseen, in words.
///
/// An error vector e of the gradient passes a direction only if |e · v| ≤ s, the width and radius of that direction.
/// For Gaussian v, e · v is normal with deviation ‖e‖₂ and density at most 1/√2π ‖e‖₂, so that happens with probability
/// at most 0.8 s / ‖e‖₂, and with all n directions at most (0.8 s / ‖e‖₂)ⁿ.
pub(crate) fn judge_directions<S, H, L>(
    plan: &Plan<H>,
    loss: &L,
    params: &[S],
    examples: &Examples<'_, S>,
    got: &[S],
    radii: &[f64],
    directions: Directions,
) -> Result<(Vec<Judged>, String), ShapeError>
where
    S: Float,
    H: CheckedActivation<S>,
    L: CheckedLoss<S> + ?Sized,
{
    let lift = |x: f64| Lanes::constant(Interval::point(x));
    let batch = Lifted::new(examples, lift);
    let mut lifted: Vec<Lanes> = params.iter().map(|w| lift(w.to_f64())).collect();
    let mut ws = plan.workspace(examples.x.len() / plan.inputs());
    let mut random = SplitMix(directions.seed);
    let (mut judged, mut largest, mut widest) = (vec![], 0.0_f64, 0.0_f64);
    for first in (0..directions.n).step_by(LANES) {
        let lanes = LANES.min(directions.n - first);
        let mut dot = [Interval::ZERO; LANES];
        let mut radius = [0.0; LANES];
        for (w, (&g, &rho)) in lifted.iter_mut().zip(got.iter().zip(radii)) {
            for lane in 0..lanes {
                let v = random.gaussian();
                w.derivatives[lane] = Interval::point(v);
                dot[lane] += Interval::point(v) * Interval::point(g.to_f64());
                radius[lane] = sum_up(radius[lane], product_up(v.abs(), rho));
            }
        }
        plan.forward(&Reference, &lifted, batch.examples().x, &mut ws)?;
        let Dual { derivatives, .. } = plan.error(loss, &batch.examples(), &ws)?;
        for lane in 0..lanes {
            // The width of the exact g · v is nobody's error: it goes into the radius.
            let radius = sum_up(radius[lane], dot[lane].width());
            let value = if dot[lane].is_bounded() { dot[lane].mid() } else { f64::NAN };
            let entry =
                Judged::new(format!("direction {}", first + lane), value, derivatives[lane], radius, f64::INFINITY);
            widest = if entry.sees() <= widest { widest } else { entry.sees() };
            judged.push(entry);
        }
    }
    largest = got.iter().map(|g| g.to_f64().abs()).fold(largest, f64::max);
    let size = 0.8 * widest / MISSED.powf(1.0 / directions.n.max(1) as f64);
    let text = format!(
        "{} Gaussian directions (seed {}) through all of them: an error of the gradient of 2-norm above {:.1e} of its \
         largest entry would have been seen with probability 1 − {MISSED:.0e} over the seeds",
        directions.n,
        directions.seed,
        size / largest
    );
    Ok((judged, text))
}

impl SplitMix {
    /// A number near the normal distribution: the sum of twelve uniform ones less 6, in steps of 2⁻²⁰, so that products
    /// with it are often exact.
    fn gaussian(&mut self) -> f64 {
        let sum: u64 = (0..12).map(|_| self.next() >> 44).sum();
        (sum as f64 - 6.0 * (1 << 20) as f64) / (1 << 20) as f64
    }
}
