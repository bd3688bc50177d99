//! [`Real`] for [`Interval`]: monotone functions by their ends, kinks by their hulls.

use bp_core::{Real, Scalar};

use super::directed::{add_down, add_up, sqrt_down, sqrt_up};
use super::{Interval, Origin, functions};
use crate::double::trig;

impl Real for Interval {
    /// The point x: constants of a specification are `f64` themselves.
    fn from_f64(x: f64) -> Self {
        Self::point(x)
    }
    fn sqrt(self) -> Self {
        if self.lo < 0.0 {
            return self.lost();
        }
        Self { lo: sqrt_down(self.lo), hi: sqrt_up(self.hi), kinked: self.kinked, origin: Origin::Value }
    }
    fn exp(self) -> Self {
        self.increasing(functions::exp)
    }
    fn expm1(self) -> Self {
        self.increasing(functions::expm1)
    }
    /// A lower end of 0 gives −∞; if a member is negative, or none is positive, nothing is known.
    fn ln(self) -> Self {
        if self.lo < 0.0 || self.hi <= 0.0 { self.lost() } else { self.increasing(functions::ln) }
    }
    fn ln1p(self) -> Self {
        if self.lo < -1.0 || self.hi <= -1.0 { self.lost() } else { self.increasing(functions::ln1p) }
    }
    fn tanh(self) -> Self {
        self.increasing(functions::tanh)
    }
    fn erf(self) -> Self {
        self.increasing(functions::erf)
    }
    /// Beyond 10⁵ in size no better than [−1, 1].
    fn sin(self) -> Self {
        self.circular(functions::sin, core::f64::consts::FRAC_PI_2)
    }
    /// Beyond 10⁵ in size no better than [−1, 1].
    fn cos(self) -> Self {
        self.circular(functions::cos, 0.0)
    }
    fn abs(self) -> Self {
        if self.is_whole() {
            return self.lost();
        }
        let size = Self { lo: self.mignitude(), hi: self.magnitude(), ..self };
        size.kinked_if(self.meets_zero())
    }
    fn relu(self) -> Self {
        if self.is_whole() {
            return self.lost();
        }
        let part = Self { lo: self.lo.max(0.0), hi: self.hi.max(0.0), ..self }.kinked_if(self.meets_zero());
        if self.hi < 0.0 { Self { origin: Origin::Flat, ..part } } else { part }
    }
    fn step(self) -> Self {
        if self.is_whole() {
            return self.lost();
        }
        let ends = |x: f64| if x > 0.0 { 1.0 } else { 0.0 };
        let step = Self { lo: ends(self.lo), hi: ends(self.hi), ..self }.kinked_if(self.meets_zero());
        // Its derivative is 0 too, and of a sum of hints it is not a hint.
        Self {
            origin: if step.is_zero() && self.origin == Origin::Flat { Origin::Flat } else { Origin::Value },
            ..step
        }
    }
    /// Two hints give a hint; of anything else a possible tie is a kink.
    fn max(self, other: Self) -> Self {
        if self.is_whole() || other.is_whole() {
            return Self { kinked: self.either_kinked(&other), ..Self::WHOLE };
        }
        let hint = self.origin == Origin::Hint && other.origin == Origin::Hint;
        let origin = if hint { Origin::Hint } else { Origin::Value };
        let larger =
            Self { lo: self.lo.max(other.lo), hi: self.hi.max(other.hi), kinked: self.either_kinked(&other), origin };
        larger.kinked_if(!hint && self.intersects(&other))
    }
    /// The middle, without a width and without the flag: what is subtracted here is added again elsewhere, so neither
    /// its error nor its branch reaches the result.
    fn shift_hint(self) -> Self {
        Self { origin: Origin::Hint, ..Self::point(self.mid()) }
    }
    fn sech2(self) -> Self {
        if self.is_whole() {
            return self.lost();
        }
        let nearest = functions::sech2(self.mignitude());
        let farthest = if self.is_point() { nearest } else { functions::sech2(self.magnitude()) };
        Self { lo: farthest.0, hi: nearest.1, kinked: self.kinked, origin: Origin::Value }
    }
    fn frac_2_sqrt_pi() -> Self {
        let (lo, hi) = functions::frac_2_sqrt_pi();
        Self::plain(lo, hi)
    }
    fn recip(self) -> Self {
        Self::ONE / self
    }
    fn logistic(self) -> Self {
        self.increasing(functions::logistic)
    }
    fn softplus(self) -> Self {
        self.increasing(functions::softplus)
    }
}

impl Interval {
    fn kinked_if(self, met: bool) -> Self {
        Self { kinked: self.kinked || met, ..self }
    }

    /// A sine or cosine with a maximum at `peak`: the values at the ends, and ±1 for every extremum that may lie between.
    ///
    /// Extrema are at peak + n π, maxima for even n. With n = (x − peak) / π only known to a few of its ulps an extremum
    /// may be taken in that lies just outside; there the function is ±1 to within the square of that distance,
    /// which is below one step of `f64` for |x| ≤ 10⁵.
    fn circular(self, f: fn(f64) -> (f64, f64), peak: f64) -> Self {
        if self.is_whole() {
            return self.lost();
        }
        let everything = Self { lo: -1.0, hi: 1.0, kinked: self.kinked, origin: Origin::Value };
        if !(self.magnitude() <= trig::LARGEST) || self.width() >= 7.0 {
            return everything;
        }
        let at_lo = f(self.lo);
        if self.is_point() {
            return Self { lo: at_lo.0, hi: at_lo.1, ..everything };
        }
        let at_hi = f(self.hi);
        let (mut lo, mut hi) = (at_lo.0.min(at_hi.0), at_lo.1.max(at_hi.1));
        let count = (self - Self::point(peak)) / Self::plain(core::f64::consts::PI, core::f64::consts::PI.next_up());
        // `peak` is π/2 to within 2⁻⁵³.
        let (first, last) = (add_down(count.lo, -1e-15), add_up(count.hi, 1e-15));
        let mut n = first.ceil();
        while n <= last {
            if n.rem_euclid(2.0) < 0.5 {
                hi = 1.0;
            } else {
                lo = -1.0;
            }
            n += 1.0;
        }
        Self { lo, hi, ..everything }
    }
}
