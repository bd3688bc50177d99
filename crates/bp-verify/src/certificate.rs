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
        let distance = if got < centre.lo() {
            centre.lo() - got
        } else if got > centre.hi() {
            got - centre.hi()
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
        let true_value = entry.centre.mid();
        let fault = sum_up(entry.sees(), true_value.abs() * f64::EPSILON).next_up();
        let got = if n % 2 == 0 { (true_value + fault).next_up() } else { (true_value - fault).next_down() };
        let judged = Judged::new(String::new(), got, entry.centre, entry.radius, f64::INFINITY);
        planted += 1;
        seen += usize::from(judged.verdict != Verdict::Pass);
    }
    (seen, planted)
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
