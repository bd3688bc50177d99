//! [`Report`]: what a gradient check found.

use core::fmt;

/// One compared parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Which parameter: `h2.weight.h1[3][1]`.
    pub place: String,
    /// The gradient under test.
    pub got: f64,
    /// The derivative it is compared with.
    pub want: f64,
    /// |got − want|.
    pub difference: f64,
    /// What it may be.
    pub bound: f64,
}

impl Entry {
    /// An entry; the difference is computed.
    pub fn new(place: String, got: f64, want: f64, bound: f64) -> Self {
        Self { place, got, want, difference: (got - want).abs(), bound }
    }

    /// The block of [`place`](Entry::place): `h2.weight.h1`.
    pub fn block(&self) -> &str {
        self.place.split_once('[').map_or(&self.place, |(block, _)| block)
    }

    /// True if the difference is within a finite bound. False for NaN, on either side.
    pub fn passed(&self) -> bool {
        self.difference <= self.bound && self.bound.is_finite()
    }

    /// The difference in units of the bound; ∞ where it is undefined.
    pub fn share(&self) -> f64 {
        let share = if self.difference <= 0.0 && self.bound.is_finite() { 0.0 } else { self.difference / self.bound };
        if share.is_nan() || self.bound.is_infinite() { f64::INFINITY } else { share }
    }
}

/// What a gradient check found. It passes if something was compared and nothing failed.
///
/// ```
/// use bp_verify::{Entry, Report};
/// let report = Report::new("f64", vec![Entry::new("out.bias[0]".into(), 1.0, 2.0, 0.5)], 0);
/// assert!(!report.passed());
/// assert_eq!(
///     report.to_string(),
///     "gradient check (f64) FAILED: 1 of 1 parameters off, in out.bias. Worst out.bias[0]: engine 1, differences 2, \
///      apart 1.00e0, allowed 5.00e-1 (2.000 times the bound; engine / differences = 0.5000)."
/// );
/// assert!(!Report::new("f64", vec![], 0).passed()); // nothing compared is nothing shown
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The float type of the gradient.
    pub scalar: &'static str,
    /// How many parameters were compared.
    pub checked: usize,
    /// How many of them were outside their bound.
    pub failed: usize,
    /// How many could not be compared because a kink is nearer than any useful step.
    pub at_kinks: usize,
    /// How many could not be compared because no finite bound on the rounding exists, after an overflow in the float type
    /// say. A report with such entries does not pass, but nothing is said against them.
    pub unbounded: usize,
    /// Parameter blocks with an entry outside its bound, in the plan's order: `h1.weight.input`, `h1.bias`.
    pub failed_blocks: Vec<String>,
    /// The one that used most of its bound.
    pub worst: Option<Entry>,
    /// The largest bound over the largest |derivative|: a fault above this share of the largest entry would have been
    /// seen. ∞ if all derivatives are 0.
    pub resolution: f64,
}

impl Report {
    /// A report on compared entries.
    pub fn new(scalar: &'static str, entries: Vec<Entry>, at_kinks: usize) -> Self {
        let n_entries = entries.len();
        let entries: Vec<Entry> = entries.into_iter().filter(|entry| entry.bound.is_finite()).collect();
        let largest = |of: fn(&Entry) -> f64| entries.iter().map(of).fold(0.0, f64::max);
        let mut failed_blocks: Vec<String> =
            entries.iter().filter(|e| !e.passed()).map(|e| e.block().to_owned()).collect();
        failed_blocks.dedup();
        let (bound, derivative) = (largest(|e| e.bound), largest(|e| e.want.abs()));
        Self {
            scalar,
            checked: entries.len(),
            failed: entries.iter().filter(|entry| !entry.passed()).count(),
            at_kinks,
            unbounded: n_entries - entries.len(),
            failed_blocks,
            resolution: if derivative > 0.0 { bound / derivative } else { f64::INFINITY },
            worst: entries.into_iter().max_by(|a, b| a.share().total_cmp(&b.share())),
        }
    }

    /// True if at least one parameter was compared, all are within their bounds, and every bound was finite.
    pub fn passed(&self) -> bool {
        self.checked > 0 && self.failed + self.unbounded == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scalar, checked, failed, at_kinks, unbounded, failed_blocks, worst, resolution } = self;
        let Some(Entry { place, got, want, difference, bound }) = worst else {
            return write!(
                f,
                "gradient check ({scalar}) FAILED: nothing compared, {at_kinks} parameters at kinks, {unbounded} without a finite bound."
            );
        };
        if self.passed() {
            write!(f, "gradient check ({scalar}) passed: {checked} parameters, worst {place}: engine {got}, ")?;
            write!(f, "differences {want}, apart {difference:.1e}, allowed {bound:.1e}. ")?;
            write!(f, "A fault above {resolution:.1e} of the largest entry would have been seen.")?;
        } else if *failed == 0 {
            write!(f, "gradient check ({scalar}) undecided: {unbounded} parameters have no finite bound, ")?;
            write!(f, "{checked} others are right.")?;
        } else {
            let share = worst.as_ref().map_or(0.0, Entry::share);
            write!(f, "gradient check ({scalar}) FAILED: {failed} of {checked} parameters off, ")?;
            write!(f, "in {}. Worst {place}: ", failed_blocks.join(", "))?;
            write!(f, "engine {got}, differences {want}, apart {difference:.2e}, allowed {bound:.2e} ")?;
            write!(f, "({share:.3} times the bound; engine / differences = {:.4}).", got / want)?;
        }
        if *at_kinks > 0 {
            write!(f, " {at_kinks} more at kinks, not compared.")?;
        }
        Ok(())
    }
}
