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
    (got, radii): (&[S], &[f64]),
    directions: Directions,
    hear: &dyn Fn(usize),
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
        let mut is_finite = [true; LANES];
        for (i, w) in params.iter_mut().enumerate() {
            w.derivatives = [Interval::ZERO; LANES];
            for lane in 0..lanes {
                let Some(v) = entry(i, lane) else { continue };
                w.derivatives[lane] = Interval::point(v);
                dot[lane] += Interval::point(v) * Interval::point(got[i].to_f64());
                radius[lane] = sum_up(radius[lane], product_up(v.abs(), radii[i]));
                is_finite[lane] &= got[i].is_finite();
            }
        }
        plan.forward(&Reference, &params, batch.examples().x, &mut ws)?;
        let Dual { derivatives, .. } = plan.error(loss, &batch.examples(), &ws)?;
        let judge = |lane: usize| {
            // What is not finite is wrong, and has no width; that of the exact g · v is nobody's error: it goes into the
            // radius.
            let (value, radius) = match is_finite[lane] {
                true => (dot[lane].mid(), sum_up(radius[lane], dot[lane].width())),
                false => (f64::NAN, radius[lane]),
            };
            Judged::new(String::new(), value, derivatives[lane], radius, f64::INFINITY)
        };
        hear(lanes);
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
    // NaN, once met, stays.
    let wider = |a: f64, b: f64| if a <= b || b.is_nan() { b } else { a };
    let widest = |judged: &[Judged]| judged.iter().map(Judged::sees).fold(0.0, wider) / largest;
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bp_core::{Act, ErrorFunction, Gradient, Targets, stack};

    use super::*;
    use crate::Verdict;

    const X: [f64; 6] = [0.5, -1.25, 2.0, 0.75, -0.5, 1.5];
    const T: [f64; 6] = [0.25, 1.0, -0.5, 0.0, 2.0, 1.25];

    /// 17 parameters, one of them wrong by `error`; with the 10⁻¹² of a radius that each is given.
    fn judged(wrong: usize, error: f64, directions: Directions) -> (Vec<Judged>, String) {
        let plan = Plan::new(stack(2).hidden(3, Act::Tanh).output(2, Act::Identity)).expect("three layers in a row");
        let params: Vec<f64> = (0..17).map(|i| (f64::from(i * 7 % 17) - 8.0) / 8.0).collect();
        let (examples, loss) = (Examples::new(&X, Targets::Rows(&T)), ErrorFunction::SumOfSquares);
        let mut gradient = vec![0.0; 17];
        let into = Gradient::replace(&mut gradient);
        plan.gradient(&Reference, &loss, &params, &examples, &mut plan.workspace(3), into).expect("shapes fit");
        gradient[wrong] += error;
        judge_directions(&plan, &loss, &params, &examples, (&gradient, &[1e-12; 17]), directions, &|_| ())
            .expect("shapes fit")
    }

    /// More directions and groups than one pass takes, and no more than were asked for.
    const MANY: Directions = Directions { gaussian: LANES + 2, groups: 2 * LANES + 1, seed: 9 };

    #[test]
    fn a_right_gradient_passes_in_every_direction() {
        let (judged, text) = judged(0, 0.0, MANY);
        let names: Vec<String> = judged.iter().map(|judged| judged.place.clone()).collect();
        let directions = (0..MANY.gaussian).map(|n| format!("direction {n}"));
        assert_eq!(names, directions.chain((0..MANY.groups).map(|n| format!("group {n}"))).collect::<Vec<String>>());
        for judged in &judged {
            assert_eq!(judged.verdict, Verdict::Pass, "{judged}");
            // Seventeen entries of size 6 at most, each with its radius and a few roundings.
            assert!(judged.sees() <= 2.0 * 6.0 * 17e-12, "{judged}");
        }
        assert!(text.ends_with("(seed 9)"), "{text}");
    }

    /// Every parameter is in one group, which sees its error alone; and every direction through all sees it.
    #[test]
    fn one_wrong_entry_is_seen_by_its_group() {
        for wrong in 0..17 {
            let (judged, _) = judged(wrong, 1e-9, MANY);
            let (directions, groups) = judged.split_at(MANY.gaussian);
            let failed = |judged: &[Judged]| judged.iter().filter(|judged| judged.verdict != Verdict::Pass).count();
            assert_eq!(failed(groups), 1, "parameter {wrong}");
            assert!(failed(directions) + 1 >= MANY.gaussian, "parameter {wrong}");
        }
        // What is not finite is as wrong here as in an entry of its own.
        for error in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let (judged, _) = judged(3, error, MANY);
            let failed = judged.iter().filter(|judged| judged.verdict == Verdict::Fail).count();
            assert_eq!(failed, MANY.gaussian + 1, "{error}");
        }
    }

    #[test]
    fn what_stays_unseen_in_numbers() {
        let judge = |radius: f64| Judged::new(String::new(), 1.0, Interval::new(1.0, 1.0), radius, 1.0);
        // Two directions that see 0.25 and 0.5, two groups that see 1 and 0.125; the largest entry is 2.
        let judged = [0.25, 0.5, 1.0, 0.125].map(judge);
        let text =
            |judged: &[Judged], gaussian, groups| unseen(judged, 2.0, Directions { gaussian, groups, seed: 5 }, 17);
        let groups = "2 random groups of about 9 parameters: one wrong entry in a group is seen above 5.0e-1 of the \
                      largest entry, several may cancel by accident";
        // 0.8 · 0.25 / √10⁻⁶.
        let directions = "2 Gaussian directions: an error of the whole gradient of 2-norm above 2.0e2 of its largest \
                          entry is seen with probability 1 − 1e-6";
        assert_eq!(text(&judged, 2, 2), format!("{groups}; {directions} (seed 5)"));
        assert_eq!(text(&judged[2..], 0, 2), format!("{groups} (seed 5)"));
        assert_eq!(text(&judged[..2], 2, 0), format!("{directions} (seed 5)"));
        // What has no bound is not passed over for what has.
        let lost = [judge(f64::NAN), judge(0.5)];
        assert!(text(&lost, 2, 0).contains("above NaN of its largest"), "{}", text(&lost, 2, 0));
    }

    /// Mean 0 and variance 1 within six deviations of 4096 draws: 6/64 and 6 √(2/4096).
    #[test]
    fn gaussian_numbers_are_nearly_normal() {
        let mut random = SplitMix(1);
        let draws: Vec<f64> = (0..4096).map(|_| random.gaussian()).collect();
        let mean = draws.iter().sum::<f64>() / 4096.0;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / 4096.0;
        assert!(
            mean.abs() < 6.0 / 64.0 && (variance - 1.0).abs() < 6.0 * (2.0_f64 / 4096.0).sqrt(),
            "{mean} {variance}"
        );
        for x in draws {
            assert!(x.abs() <= 6.0 && (x * f64::from(1 << 20)).fract().abs() <= 0.0, "{x}");
        }
    }

    #[test]
    fn sizes_are_eighths_from_1_to_2_of_both_signs() {
        let mut random = SplitMix(1);
        let eighths: BTreeSet<i64> = (0..4096).map(|_| (random.sign_and_size() * 8.0) as i64).collect();
        assert_eq!(eighths, (8..=16).chain(-16..=-8).collect());
        assert!((0..4096).all(|_| (random.sign_and_size() * 8.0).fract().abs() <= 0.0));
    }
}
