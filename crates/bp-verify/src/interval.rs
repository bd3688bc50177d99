//! [`Interval`]: all numbers between two `f64`, with every operation rounded outward, so that the true result is inside.

mod arithmetic;
mod directed;
mod functions;
mod real;

use self::directed::{add_down, add_up};

/// A set {x : lo ≤ x ≤ hi} that holds the true value of what was computed, with a note whether a kink was met.
///
/// Interval arithmetic after Moore, Kearfott and Cloud (*Introduction to Interval Analysis*, 2009): for x ∈ X and y ∈ Y,
/// x ∘ y ∈ X ∘ Y. End points are rounded outward by one step of `f64`, and only if the operation was inexact. Elementary
/// functions are enclosed from a 106-bit evaluation whose error is bounded in `double/`, widened by 2⁻⁸⁰; none of
/// std's, libm's or bp-math's is used.
///
/// ```
/// use bp_core::Real;
/// use bp_verify::Interval;
/// let third = Interval::point(1.0) / Interval::point(3.0);
/// assert!(third.lo() < third.hi() && third.width() < 1e-16); // ⅓ is no f64: two neighbours
/// assert!(third.tanh().width() < 2e-16 && !third.tanh().kinked());
/// assert_eq!(Interval::new(-1.0, 2.0).relu().hi(), 2.0);
/// assert!(Interval::new(-1.0, 2.0).relu().kinked());
/// ```
///
/// # What an unbounded interval means
///
/// [−∞, ∞] is «no information»: NaN, a division by an interval that holds 0, a logarithm or root of something that may be
/// negative, 0 · ∞. It is never dropped: any operation on it, even 0 · or tanh, gives no information again. An overflow
/// gives a half line such as [1.8·10³⁰⁸, ∞], of which tanh is bounded. Nothing panics.
///
/// # Kinks
///
/// abs, relu, step and max set [`kinked`](Interval::kinked) where the branch is not the same for all members, or where 0
/// (for max: equality) is a member: there the derivative does not exist. The value is then still enclosed (the hull of both
/// branches), and a point follows the convention of [`Real`](bp_core::Real): relu′(0) = step(0) = 0. A flag on a point
/// thus means: the value is certain, but it lies on a kink and its derivative is a convention. The flag goes through
/// every operation to every result. Two things do not set it:
///
/// - a [`shift_hint`](bp_core::Real::shift_hint): it is a constant that cancels out of the result, so a tie between two
///   hints, or between differences of hints, decides nothing;
/// - the 0 that relu returned on its flat side, and its products and sums: it is 0 not only here but all around, so
///   step and relu of it are 0 on any side. This is what `Act::Relu`, whose derivative is step(z), relies on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Below ∞.
    lo: f64,
    /// Above −∞.
    hi: f64,
    kinked: bool,
    origin: Origin,
}

/// Where an interval comes from, as far as kinks must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Value,
    /// A shift hint, or sums of such.
    Hint,
    /// A 0 that is 0 for all neighbouring parameters: relu on its flat side.
    Flat,
}

impl Interval {
    /// Every number, and no information.
    pub const WHOLE: Self = Self::plain(f64::NEG_INFINITY, f64::INFINITY);

    /// {x}. For ±∞ the half line beyond the largest numbers, for NaN everything.
    pub fn point(x: f64) -> Self {
        Self::new(x, x)
    }

    /// {x : lo ≤ x ≤ hi}. Everything if lo > hi or one is NaN.
    pub fn new(lo: f64, hi: f64) -> Self {
        if lo <= hi { Self::plain(lo.min(f64::MAX), hi.max(f64::MIN)) } else { Self::WHOLE }
    }

    /// The lower end, −∞ if there is none.
    pub fn lo(&self) -> f64 {
        self.lo
    }

    /// The upper end, ∞ if there is none.
    pub fn hi(&self) -> f64 {
        self.hi
    }

    /// hi − lo, rounded up.
    pub fn width(&self) -> f64 {
        add_up(self.hi, -self.lo)
    }

    /// A finite member near the middle; the finite end of a half line, 0 if there is no end.
    pub fn mid(&self) -> f64 {
        match (self.lo.is_finite(), self.hi.is_finite()) {
            // Halves first, so that nothing overflows; a point stays itself even where its half is not exact.
            (true, true) => (self.lo / 2.0 + self.hi / 2.0).clamp(self.lo, self.hi),
            (true, false) => self.lo,
            (false, true) => self.hi,
            (false, false) => 0.0,
        }
    }

    /// The largest |x|.
    pub fn magnitude(&self) -> f64 {
        f64::max(-self.lo, self.hi).max(0.0)
    }

    /// The smallest |x|.
    pub fn mignitude(&self) -> f64 {
        f64::max(self.lo, -self.hi).max(0.0)
    }

    /// True if lo ≤ x ≤ hi; false for NaN.
    pub fn contains(&self, x: f64) -> bool {
        self.lo <= x && x <= self.hi
    }

    /// True if there is a common member.
    pub fn intersects(&self, other: &Self) -> bool {
        self.lo <= other.hi && other.lo <= self.hi
    }

    /// True if both ends are finite.
    pub fn is_bounded(&self) -> bool {
        self.lo.is_finite() && self.hi.is_finite()
    }

    /// True if a branch at a kink was undecided, here or in anything that this was computed from.
    pub fn kinked(&self) -> bool {
        self.kinked
    }

    const fn plain(lo: f64, hi: f64) -> Self {
        Self { lo, hi, kinked: false, origin: Origin::Value }
    }

    /// The hull of {f(x) : lo ≤ x ≤ hi} for increasing f, given an enclosure of f at a point.
    fn increasing(self, f: impl Fn(f64) -> (f64, f64)) -> Self {
        if self.is_whole() {
            return self.lost();
        }
        let at_lo = f(self.lo);
        let at_hi = if self.is_point() { at_lo } else { f(self.hi) };
        Self { lo: at_lo.0, hi: at_hi.1, kinked: self.kinked, origin: Origin::Value }
    }

    /// No information, after `self`.
    fn lost(self) -> Self {
        Self { kinked: self.kinked, ..Self::WHOLE }
    }

    fn is_point(&self) -> bool {
        self.lo >= self.hi
    }

    fn is_whole(&self) -> bool {
        self.lo <= f64::NEG_INFINITY && self.hi >= f64::INFINITY
    }

    fn is_zero(&self) -> bool {
        self.lo >= 0.0 && self.hi <= 0.0
    }

    /// True if a kink at 0 is met, which hints and flat zeros do not do.
    fn meets_zero(&self) -> bool {
        self.origin == Origin::Value && self.contains(0.0)
    }
}

/// The ends of hi + lo ± `error`, for a sum of two `f64` as in [`Double`](crate::Double).
fn around((hi, lo): (f64, f64), error: f64) -> (f64, f64) {
    (add_down(hi, add_down(lo, -error)), add_up(hi, add_up(lo, error)))
}
