//! [`Certificate`]: a gradient judged entry by entry against an enclosure of the true one, without a tolerance.

use core::fmt;

use crate::diagnosis::Diagnosis;
use crate::rounding::sum_up;
use crate::{Interval, RoundingModel};

/// What is known about one entry. Only [`Pass`](Verdict::Pass) passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Within the radius of rounding around the enclosure of the true value.
    Pass,
    /// Outside, by more than [`ROUNDING_SIZED`] radii: wrong.
    Fail,
    /// Outside by a few radii: a formula that is right but rounds more than the declared model allows, or a fault as
    /// small as that. Declare a [`RoundingModel`] for it if you can argue for one.
    RoundingSized,
    /// Nothing is claimed, for this reason.
    Inconclusive(Why),
}

/// Why nothing is claimed about an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// A unit stands on a kink (relu at 0), or too near to tell its side.
    Kink,
    /// The enclosure or the radius has no end.
    Overflow,
    /// Enclosure and radius together are wider than the resolution that was asked for.
    TooWide,
}

/// How many radii outside an entry may be and still be called rounding-sized.
pub const ROUNDING_SIZED: f64 = 16.0;

/// One entry of a gradient, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Which entry: `h2.weight.h1[3][1]`.
    pub place: String,
    /// The value under test.
    pub got: f64,
    /// An enclosure of the true value.
    pub centre: Interval,
    /// How far rounding may take a right program from the true value.
    pub radius: f64,
    /// How far `got` is outside the enclosure, in radii; 0 inside.
    pub radii: f64,
    /// The judgement.
    pub verdict: Verdict,
}

impl Judged {
    /// Judges one value. `limit` is the largest width + radius that still says something.
    ///
    /// ```
    /// use bp_verify::{Interval, Judged, Verdict};
    /// let judge = |got| Judged::new("dw[0]".into(), got, Interval::new(1.0, 1.5), 0.25, 1.0).verdict;
    /// assert_eq!(judge(0.75), Verdict::Pass);
    /// assert_eq!(judge(0.5), Verdict::RoundingSized); // two radii outside
    /// assert_eq!(judge(9.0), Verdict::Fail);
    /// assert_eq!(judge(f64::NAN), Verdict::Fail);
    /// ```
    pub fn new(place: String, got: f64, centre: Interval, radius: f64, limit: f64) -> Self {
        // Rounded up, as a radius is: what is outside by less than an ulp is outside.
        let distance = if got < centre.lo() {
            Interval::new(got, centre.lo()).width()
        } else if got > centre.hi() {
            Interval::new(centre.hi(), got).width()
        } else {
            got * 0.0 // 0, or NaN for NaN
        };
        let radii = match distance / radius {
            radii if radii.is_nan() && distance <= 0.0 => 0.0,
            radii if radii.is_nan() => f64::INFINITY,
            radii => radii,
        };
        let is_bounded = centre.is_bounded() && radius < f64::INFINITY;
        // Every comparison is written so that NaN does not pass.
        let verdict = if !is_bounded {
            Verdict::Inconclusive(Why::Overflow)
        } else if centre.kinked() {
            Verdict::Inconclusive(Why::Kink)
        } else if !(radii <= ROUNDING_SIZED) {
            Verdict::Fail
        } else if !(distance <= radius) {
            Verdict::RoundingSized
        } else if !(sum_up(centre.width(), radius) <= limit) {
            Verdict::Inconclusive(Why::TooWide)
        } else {
            Verdict::Pass
        };
        Self { place, got, centre, radius, radii, verdict }
    }

    /// Width and radius together: an error of the entry above this is surely seen.
    pub fn sees(&self) -> f64 {
        sum_up(self.centre.width(), self.radius)
    }
}

/// The outcome of a certification.
///
/// It passes if something was judged and every entry passed. What that means is said in every report: for these
/// parameters, on this batch, with the forward pass as the specification and this model of rounding, every entry
/// of the gradient is right up to the stated resolution.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// The float type of what was judged.
    pub scalar: &'static str,
    /// What was judged: `97 parameters, 7 examples, faer`.
    pub subject: String,
    /// The model of rounding.
    pub model: RoundingModel,
    /// How many entries there are of each verdict.
    pub counts: Counts,
    /// Every entry that did not pass.
    pub findings: Vec<Judged>,
    /// The entry that is farthest outside, or else uses most of its radius.
    pub worst: Option<Judged>,
    /// The largest |entry| of the true gradient among those judged.
    pub largest: f64,
    /// The largest width + radius over [`largest`](Certificate::largest): a fault above this share of the largest entry
    /// would have been seen. ∞ if nothing was judged.
    pub resolution: f64,
    /// Faults planted in the subject's own output, and how many of them the judgement saw.
    pub planted: (usize, usize),
    /// What is likely wrong, if something is.
    pub diagnosis: Option<Diagnosis>,
    /// What this certification could not see, if it did not look at every entry.
    pub unseen: Option<String>,
    /// What the subject was held against, and where: the meaning of "certified".
    pub means: &'static str,
    /// The largest width + radius of a value of the forward pass over the largest such value, if values were judged
    /// beside derivatives: what would have been seen of them.
    pub values: Option<f64>,
    /// How to do it again.
    pub replay: String,
}

/// Entries by verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// [`Verdict::Pass`].
    pub passed: usize,
    /// [`Verdict::Fail`].
    pub failed: usize,
    /// [`Verdict::RoundingSized`].
    pub rounding_sized: usize,
    /// [`Verdict::Inconclusive`].
    pub inconclusive: usize,
}

impl Counts {
    /// All entries.
    pub fn judged(&self) -> usize {
        self.passed + self.failed + self.rounding_sized + self.inconclusive
    }

    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.passed += 1,
            Verdict::Fail => self.failed += 1,
            Verdict::RoundingSized => self.rounding_sized += 1,
            Verdict::Inconclusive(_) => self.inconclusive += 1,
        }
    }
}

/// Entries of the subject's own output in which a fault is planted, to show that the judgement can see one.
const PLANTED: usize = 12;

impl Certificate {
    /// Collects judged entries. `entries` are those of the gradient; `others` (the error itself, say) are judged too but
    /// say nothing about the resolution.
    pub(crate) fn new(
        scalar: &'static str,
        subject: String,
        model: RoundingModel,
        entries: Vec<Judged>,
        others: Vec<Judged>,
    ) -> Self {
        let (largest, resolution) = resolve(&entries);
        let planted = plant(&entries);
        let (mut counts, mut findings, mut worst) = (Counts::default(), vec![], None::<Judged>);
        for entry in entries.into_iter().chain(others) {
            counts.add(entry.verdict);
            if worst.as_ref().is_none_or(|worst| rank(&entry) > rank(worst)) {
                worst = Some(entry.clone());
            }
            if entry.verdict != Verdict::Pass {
                findings.push(entry);
            }
        }
        let (diagnosis, unseen, replay) = (None, None, String::new());
        Self {
            scalar,
            subject,
            model,
            counts,
            findings,
            worst,
            largest,
            resolution,
            planted,
            diagnosis,
            unseen,
            means: "these parameters, this batch, the forward pass trusted as the specification",
            values: None,
            replay,
        }
    }

    /// True if some entry of the gradient was judged, every entry passed, and every planted fault was seen.
    pub fn passed(&self) -> bool {
        let Counts { failed, rounding_sized, inconclusive, .. } = self.counts;
        // Without an entry the resolution is ∞.
        self.resolution < f64::INFINITY
            && failed + rounding_sized + inconclusive == 0
            && self.planted.0 == self.planted.1
    }

    /// True if some entry is surely wrong, or rounds more than the model allows.
    pub fn is_wrong(&self) -> bool {
        self.counts.failed + self.counts.rounding_sized > 0
    }

    /// # Panics
    /// If it does not pass, with the report.
    pub fn assert_pass(&self) {
        assert!(self.passed(), "{self}");
    }
}

/// The largest entry, and the share of it above which every error is seen; ∞ if there is no entry.
pub(crate) fn resolve(entries: &[Judged]) -> (f64, f64) {
    let largest = entries.iter().map(|entry| entry.centre.magnitude()).fold(0.0, f64::max);
    let widest = entries.iter().map(Judged::sees).fold(0.0, |a, b| if a <= b || b.is_nan() { b } else { a });
    let resolution = match (entries.is_empty(), widest <= 0.0) {
        (true, _) => f64::INFINITY,
        (_, true) => 0.0,
        _ => widest / largest,
    };
    (largest, resolution)
}

/// Order of badness: verdict first, then distance in radii, then the share of the radius that is used.
fn rank(entry: &Judged) -> (u8, f64, f64) {
    let verdict = match entry.verdict {
        Verdict::Pass => 0,
        Verdict::Inconclusive(_) => 1,
        Verdict::RoundingSized => 2,
        Verdict::Fail => 3,
    };
    let used = (entry.got - entry.centre.mid()).abs() / entry.sees();
    (verdict, entry.radii, if used.is_nan() { 0.0 } else { used })
}

/// Plants in some passing entries an error just above what each claims to see; every one must be noticed.
fn plant(entries: &[Judged]) -> (usize, usize) {
    let passing: Vec<&Judged> = entries.iter().filter(|entry| entry.verdict == Verdict::Pass).collect();
    let chosen = passing.iter().step_by(passing.len().div_ceil(PLANTED).max(1));
    let (mut seen, mut planted) = (0, 0);
    for (n, entry) in chosen.enumerate() {
        let [above, below] = just_seen(entry);
        let got = if n % 2 == 0 { above } else { below };
        let judged = Judged::new(String::new(), got, entry.centre, entry.radius, f64::INFINITY);
        planted += 1;
        seen += usize::from(judged.verdict != Verdict::Pass);
    }
    (seen, planted)
}

/// The true value with the smallest error, up and down, that an entry claims to see.
fn just_seen(entry: &Judged) -> [f64; 2] {
    let true_value = entry.centre.mid();
    let fault = sum_up(entry.sees(), true_value.abs() * f64::EPSILON).next_up();
    [(true_value + fault).next_up(), (true_value - fault).next_down()]
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::RoundingSized => "ROUNDING-SIZED",
            Self::Inconclusive(Why::Kink) => "INCONCLUSIVE (on a kink)",
            Self::Inconclusive(Why::Overflow) => "INCONCLUSIVE (no finite enclosure)",
            Self::Inconclusive(Why::TooWide) => "INCONCLUSIVE (too wide)",
        })
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, got, centre, radius, radii, verdict } = self;
        write!(
            f,
            "{place}: {verdict}, got {got:e}, true in [{:e}, {:e}], radius {radius:.1e}",
            centre.lo(),
            centre.hi()
        )?;
        match *radii {
            radii if radii > 1.0 => write!(f, ", {radii:.3e} radii outside"),
            radii if radii > 0.0 => write!(f, ", of which {:.1} % is used", 100.0 * radii),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Interval;
    use bp_core::Real;

    fn judge(got: f64, centre: [f64; 2], radius: f64) -> Judged {
        let [lo, hi] = centre;
        Judged::new(format!("{got} in [{lo}, {hi}] ± {radius}"), got, Interval::new(lo, hi), radius, 1.0)
    }

    fn certificate(entries: &[Judged]) -> Certificate {
        Certificate::new("f64", String::new(), RoundingModel::standard(), entries.to_vec(), vec![])
    }

    /// [1, 1.5] ± ¼ on both sides of every border.
    #[test]
    fn borders_belong_to_the_better_verdict() {
        use Verdict::{Fail, Pass, RoundingSized};
        let cases = [
            (1.25, 0.0, Pass),
            (1.0, 0.0, Pass),
            (1.5, 0.0, Pass),
            (0.75, 1.0, Pass),
            (1.75, 1.0, Pass),
            (0.75_f64.next_down(), 1.0, RoundingSized),
            (1.75_f64.next_up(), 1.0, RoundingSized),
            (-3.0, 16.0, RoundingSized),
            (5.5, 16.0, RoundingSized),
            ((-3.0_f64).next_down(), 16.0, Fail),
            (5.5_f64.next_up(), 16.0, Fail),
            (9.5, 32.0, Fail),
            (f64::NAN, f64::INFINITY, Fail),
            (f64::INFINITY, f64::INFINITY, Fail),
            (f64::NEG_INFINITY, f64::INFINITY, Fail),
        ];
        for (got, radii, verdict) in cases {
            let judged = judge(got, [1.0, 1.5], 0.25);
            assert_eq!(judged.verdict, verdict, "{judged}");
            let is_near = judged.radii >= radii && judged.radii <= radii * (1.0 + 1e-15);
            assert!(is_near, "{} radii, by hand {radii}: {judged}", judged.radii);
        }
        // 4 + 2⁻⁵¹ outside, of which the nearest number is 4.
        for (got, centre) in [((-3.0_f64).next_down(), [1.0, 1.5]), (3.0_f64.next_up(), [-1.5, -1.0])] {
            let judged = judge(got, centre, 4.0);
            assert_eq!(judged.verdict, RoundingSized, "{judged}");
        }
        // Without a radius nothing but the enclosure passes.
        assert_eq!(judge(1.0, [1.0, 1.0], 0.0).verdict, Pass);
        assert!(judge(1.0, [1.0, 1.0], 0.0).radii <= 0.0);
        assert_eq!(judge(1.0_f64.next_up(), [1.0, 1.0], 0.0).verdict, Fail);
        assert_eq!(judge(f64::NAN, [1.0, 1.0], 0.0).verdict, Fail);
    }

    #[test]
    fn nothing_is_claimed_without_bounds_on_a_kink_or_too_wide() {
        let why = |centre: Interval, radius: f64, limit: f64| {
            Judged::new(String::new(), centre.mid(), centre, radius, limit).verdict
        };
        let (narrow, kink) = (Interval::new(1.0, 1.5), Interval::new(-1.0, 1.0).abs());
        assert!(kink.kinked());
        assert_eq!(why(narrow, 0.25, 0.75_f64.next_up()), Verdict::Pass); // the sum is rounded up
        assert_eq!(why(narrow, 0.25, 0.75_f64.next_down()), Verdict::Inconclusive(Why::TooWide));
        assert_eq!(why(narrow, 0.25, f64::NAN), Verdict::Inconclusive(Why::TooWide));
        assert_eq!(why(kink, 0.25, f64::INFINITY), Verdict::Inconclusive(Why::Kink));
        for radius in [f64::INFINITY, f64::NAN] {
            assert_eq!(why(narrow, radius, f64::INFINITY), Verdict::Inconclusive(Why::Overflow));
            assert_eq!(why(kink, radius, f64::INFINITY), Verdict::Inconclusive(Why::Overflow));
        }
        for unbounded in [Interval::WHOLE, Interval::new(1.0, f64::INFINITY), Interval::new(f64::NEG_INFINITY, 1.0)] {
            assert_eq!(why(unbounded, 0.25, f64::INFINITY), Verdict::Inconclusive(Why::Overflow));
        }
    }

    /// Each is worse than the one before it, whichever comes first.
    #[test]
    fn the_worst_is_found_in_any_order() {
        let one = [1.0, 1.5];
        let ladder = [
            judge(1.25, one, 0.25),                                               // in the middle
            judge(1.0, one, 0.25),                                                // ⅓ of width and radius
            judge(1.0, [1.0, 1.125], 0.015_625),                                  // 4/9 of them
            judge(1.625, one, 0.25),                                              // half a radius outside
            judge(1.75, one, 0.25),                                               // one radius, which still passes
            Judged::new("wide".into(), 1.25, Interval::new(1.0, 1.5), 0.25, 0.5), // nothing claimed
            Judged::new("wide, aside".into(), 1.75, Interval::new(1.0, 1.5), 0.25, 0.5),
            judge(2.0, one, 0.25), // two radii
            judge(5.0, one, 0.25), // fourteen
            judge(9.5, one, 0.25), // thirty-two
            judge(f64::NAN, one, 0.25),
        ];
        for (n, worse) in ladder.iter().enumerate().skip(1) {
            for better in &ladder[..n] {
                for entries in [[better.clone(), worse.clone()], [worse.clone(), better.clone()]] {
                    let worst = certificate(&entries).worst.expect("there are two");
                    assert_eq!(worst.place, worse.place, "not {}", better.place);
                }
            }
        }
        // Of equals the first.
        let equals = ["a", "b"].map(|place| Judged { place: place.into(), ..ladder[0].clone() });
        assert_eq!(certificate(&equals).worst.map(|worst| worst.place), Some("a".into()));
    }

    /// Up to twelve of the passing entries, evenly spread; none of the others.
    #[test]
    fn faults_are_planted_and_seen() {
        let pass = judge(1.0, [1.0, 1.5], 0.25);
        for (passing, planted) in [(0, 0), (1, 1), (5, 5), (12, 12), (13, 7), (24, 12), (25, 9), (1000, 12)] {
            let mut entries = vec![pass.clone(); passing];
            entries.extend(vec![judge(9.0, [1.0, 1.5], 0.25); 3]);
            assert_eq!(certificate(&entries).planted, (planted, planted), "{passing} entries");
        }
        // One that is not seen is no pass, though nothing else speaks against it.
        let mut blind = certificate(&[pass]);
        assert!(blind.passed());
        blind.planted = (0, 1);
        assert!(!blind.passed() && !blind.is_wrong());
    }

    /// Width and radius, and beyond them no more than the roundings of five operations, each 1 ulp at most.
    #[test]
    fn a_planted_fault_is_just_above_what_is_seen() {
        for (lo, hi, radius) in
            [(1.0, 1.5, 0.25), (-3.0, -3.0, 1e-9), (1e9, 1e9, 0.0), (-1.0, 1.0, 1e-3), (0.0, 0.0, 0.0)]
        {
            let entry = judge(lo, [lo, hi], radius);
            let (sees, middle) = (entry.sees(), entry.centre.mid());
            let most = sees + 5.0 * f64::EPSILON * (sees + middle.abs()) + f64::MIN_POSITIVE;
            let [above, below] = just_seen(&entry);
            for (got, error) in [(above, above - middle), (below, middle - below)] {
                assert!(error >= sees && error <= most, "{error:e} planted in {entry}, which sees {sees:e}");
                assert_ne!(judge(got, [lo, hi], radius).verdict, Verdict::Pass, "{got} in {entry}");
            }
        }
    }

    #[test]
    fn the_resolution_is_that_of_the_widest_and_largest() {
        let resolve = |entries: &[Judged]| resolve(entries);
        let (wide, large) = (judge(1.25, [1.0, 1.5], 0.25), judge(-8.0, [-8.0, -8.0], 0.0));
        for entries in [[wide.clone(), large.clone()], [large.clone(), wide.clone()]] {
            let (largest, resolution) = resolve(&entries);
            assert!((largest - 8.0).abs() <= 0.0 && (resolution - 0.75 / 8.0).abs() < 1e-15, "{largest}, {resolution}");
        }
        // Entries that are exactly 0 hide nothing, however few.
        let (largest, resolution) = resolve(&[judge(0.0, [0.0, 0.0], 0.0)]);
        assert!(largest.abs() <= 0.0 && resolution.abs() <= 0.0, "{largest}, {resolution}");
        // A radius without a value is no resolution.
        let lost = judge(1.25, [1.0, 1.5], f64::NAN);
        for entries in [[lost.clone(), wide.clone()], [wide, lost]] {
            assert!(resolve(&entries).1.is_nan());
            assert!(!certificate(&entries).passed());
        }
    }

    /// Every pair of bad verdicts is bad, also where their numbers are equal.
    #[test]
    fn two_kinds_of_bad_do_not_cancel() {
        let pass = judge(1.0, [1.0, 1.5], 0.25);
        let (fail, rounding) = (judge(9.0, [1.0, 1.5], 0.25), judge(2.0, [1.0, 1.5], 0.25));
        let wide = Judged::new("wide".into(), 1.25, Interval::new(1.0, 1.5), 0.25, 0.5);
        for (entries, is_wrong) in [
            (vec![&fail, &rounding], true),
            (vec![&fail, &wide], true),
            (vec![&rounding, &wide], true),
            (vec![&fail], true),
            (vec![&rounding], true),
            (vec![&wide], false),
        ] {
            let entries: Vec<Judged> = entries.into_iter().chain([&pass]).cloned().collect();
            let certificate = certificate(&entries);
            assert_eq!((certificate.passed(), certificate.is_wrong()), (false, is_wrong), "{certificate}");
        }
        assert!(certificate(&[pass]).passed());
    }

    #[test]
    #[should_panic(expected = "1 of 1 entries outside")]
    fn assert_pass_panics_with_the_report() {
        certificate(&[judge(9.0, [1.0, 1.5], 0.25)]).assert_pass();
    }

    #[test]
    fn entries_in_words() {
        let text =
            |got: f64| judge(got, [1.0, 1.5], 0.25).to_string().split_once(": ").map(|(_, text)| text.to_string());
        let cases = [
            (1.25, "PASS, got 1.25e0, true in [1e0, 1.5e0], radius 2.5e-1"),
            (1.625, "PASS, got 1.625e0, true in [1e0, 1.5e0], radius 2.5e-1, of which 50.0 % is used"),
            (1.75, "PASS, got 1.75e0, true in [1e0, 1.5e0], radius 2.5e-1, of which 100.0 % is used"),
            (2.0, "ROUNDING-SIZED, got 2e0, true in [1e0, 1.5e0], radius 2.5e-1, 2.000e0 radii outside"),
            (9.5, "FAIL, got 9.5e0, true in [1e0, 1.5e0], radius 2.5e-1, 3.200e1 radii outside"),
        ];
        for (got, want) in cases {
            assert_eq!(text(got).as_deref(), Some(want));
        }
        let inconclusive = [Why::Kink, Why::Overflow, Why::TooWide].map(|why| Verdict::Inconclusive(why).to_string());
        let words = ["INCONCLUSIVE (on a kink)", "INCONCLUSIVE (no finite enclosure)", "INCONCLUSIVE (too wide)"];
        assert_eq!(inconclusive, words);
    }
}
