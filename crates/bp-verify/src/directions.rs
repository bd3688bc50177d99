//! Directions: g · v for many entries of a gradient g at once, where one pass per parameter would take too long.

use bp_core::{Examples, Float, Plan, Reference, Scalar, ShapeError};

use crate::bounds::{CheckedActivation, CheckedLoss, LANES, Lanes};
use crate::case::SplitMix;
use crate::certificate::Judged;
use crate::lift::Lifted;
use crate::rounding::{product_up, sum_up};
use crate::{Dual, Interval};

/// Which directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Directions {
    /// Gaussian directions through all parameters.
    pub(crate) gaussian: usize,
    /// Random groups that all parameters are dealt into, one direction through each.
    pub(crate) groups: usize,
    pub(crate) seed: u64,
}

/// The probability with which an error of the stated size stays unseen by the Gaussian directions.
const MISSED: f64 = 1e-6;

/// Judges g · v for every direction: the centre by forward mode along v, the radius Σ |vᵢ| ρᵢ. Returns the judgements and
/// what they leave unseen, in words.
///
/// Through a **group** v has entries of random sign and size 1 to 2, so a single wrong entry in it moves g · v by at
/// least its error: it is seen for certain above the width and radius of its group. Two or more wrong entries in
/// one group can cancel, by accident of the signs.
///
/// An error vector e of the whole gradient passes a **Gaussian** direction only if |e · v| ≤ s, the width and radius of
/// that direction; e · v is normal with deviation ‖e‖₂ and density at most 1/√2π ‖e‖₂, so that happens with probability
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
    let mut params: Vec<Lanes> = params.iter().map(|w| lift(w.to_f64())).collect();
    let mut ws = plan.workspace(examples.x.len() / plan.inputs());
    // One pass for up to `LANES` directions; `entry` gives v of a parameter in a lane, or nothing.
    let mut pass = |lanes: usize, entry: &mut dyn FnMut(usize, usize) -> Option<f64>| -> Result<_, ShapeError> {
        let mut dot = [Interval::ZERO; LANES];
        let mut radius = [0.0; LANES];
        for (i, w) in params.iter_mut().enumerate() {
            w.derivatives = [Interval::ZERO; LANES];
            for lane in 0..lanes {
                let Some(v) = entry(i, lane) else { continue };
                w.derivatives[lane] = Interval::point(v);
                dot[lane] += Interval::point(v) * Interval::point(got[i].to_f64());
                radius[lane] = sum_up(radius[lane], product_up(v.abs(), radii[i]));
            }
        }
        plan.forward(&Reference, &params, batch.examples().x, &mut ws)?;
        let Dual { derivatives, .. } = plan.error(loss, &batch.examples(), &ws)?;
        let judge = |lane: usize| {
            // The width of the exact g · v is nobody's error: it goes into the radius.
            let radius = sum_up(radius[lane], dot[lane].width());
            let value = if dot[lane].is_bounded() { dot[lane].mid() } else { f64::NAN };
            Judged::new(String::new(), value, derivatives[lane], radius, f64::INFINITY)
        };
        Ok((0..lanes).map(judge).collect::<Vec<_>>())
    };

    let Directions { gaussian, groups, seed } = directions;
    let mut random = SplitMix(seed);
    let mut judged = vec![];
    for first in (0..gaussian).step_by(LANES) {
        let found = pass(LANES.min(gaussian - first), &mut |_, _| Some(random.gaussian()))?;
        judged.extend(found.into_iter().zip(first..).map(|(j, n)| Judged { place: format!("direction {n}"), ..j }));
    }
    let dealt: Vec<(usize, f64)> =
        (0..got.len()).map(|_| (random.below(groups.max(1)), random.sign_and_size())).collect();
    for first in (0..groups).step_by(LANES) {
        let found = pass(LANES.min(groups - first), &mut |i, lane| {
            let (group, v) = dealt[i];
            (group == first + lane).then_some(v)
        })?;
        judged.extend(found.into_iter().zip(first..).map(|(j, n)| Judged { place: format!("group {n}"), ..j }));
    }
    let text = unseen(&judged, got.iter().map(|g| g.to_f64().abs()).fold(0.0, f64::max), directions, got.len());
    Ok((judged, text))
}

fn unseen(
    judged: &[Judged],
    largest: f64,
    Directions { gaussian, groups, seed }: Directions,
    n_params: usize,
) -> String {
    let widest =
        |judged: &[Judged]| judged.iter().map(Judged::sees).fold(0.0, |a: f64, b| if b <= a { a } else { b }) / largest;
    let mut parts = vec![];
    if groups > 0 {
        parts.push(format!(
            "{groups} random groups of about {} parameters: one wrong entry in a group is seen above {:.1e} of the \
             largest entry, several may cancel by accident",
            n_params.div_ceil(groups),
            widest(&judged[gaussian..])
        ));
    }
    if gaussian > 0 {
        let size = 0.8 * widest(&judged[..gaussian]) / MISSED.powf(1.0 / gaussian as f64);
        parts.push(format!(
            "{gaussian} Gaussian directions: an error of the whole gradient of 2-norm above {size:.1e} of its largest \
             entry is seen with probability 1 − {MISSED:.0e}"
        ));
    }
    format!("{} (seed {seed})", parts.join("; "))
}

impl SplitMix {
    /// A number near the normal distribution: the sum of twelve uniform ones less 6, in steps of 2⁻²⁰, so that products
    /// with it are often exact.
    fn gaussian(&mut self) -> f64 {
        let sum: u64 = (0..12).map(|_| self.next() >> 44).sum();
        (sum as f64 - 6.0 * (1 << 20) as f64) / (1 << 20) as f64
    }

    /// ±1 to ±2, in steps of ⅛.
    fn sign_and_size(&mut self) -> f64 {
        let size = 1.0 + self.below(9) as f64 / 8.0;
        if self.below(2) == 0 { size } else { -size }
    }
}
