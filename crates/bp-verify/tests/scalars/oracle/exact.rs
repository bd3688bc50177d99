//! [`Exact`]: a number of 128 significant bits with an unbounded exponent, in which results of either crate, and every
//! `f64`, are compared.

use core::cmp::Ordering;

/// ± m 2ᵉ with the top bit of m set, or 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exact {
    negative: bool,
    exponent: i64,
    m: u128,
}

impl Exact {
    pub fn new(negative: bool, m: u128, exponent: i64) -> Self {
        if m == 0 {
            return Self { negative: false, exponent: 0, m };
        }
        let shift = m.leading_zeros();
        Self { negative, exponent: exponent - i64::from(shift), m: m << shift }
    }

    /// The exact value of a finite `f64`.
    pub fn of(x: f64) -> Self {
        let bits = x.abs().to_bits();
        let (biased, fraction) = ((bits >> 52) as i64, u128::from(bits & ((1 << 52) - 1)));
        match biased {
            0 => Self::new(x < 0.0, fraction, -1074),
            _ => Self::new(x < 0.0, fraction | 1 << 52, biased - 1075),
        }
    }

    /// |self − (hi + lo)|, relative to self, to few digits: the error of a sum of two `f64`.
    pub fn relative_error_of(&self, hi: f64, lo: f64) -> f64 {
        if self.m == 0 {
            return if hi == 0.0 && lo == 0.0 { 0.0 } else { f64::INFINITY };
        }
        // Everything as whole multiples of 2ᵉ⁺², of which self has about 2¹²⁵.
        let signed = |m: u128, negative: bool| if negative { -(m as i128) } else { m as i128 };
        let multiples = |x: f64| {
            if x == 0.0 {
                return Some(0);
            }
            let x = Self::of(x);
            let shift = u32::try_from(self.exponent - x.exponent + 2).ok().filter(|&shift| shift > 0)?;
            Some(signed(x.m.checked_shr(shift).unwrap_or(0), x.negative))
        };
        let own = signed(self.m >> 2, self.negative);
        match (multiples(hi), multiples(lo)) {
            (Some(hi), Some(lo)) => ((own - hi - lo) as f64 / own as f64).abs(),
            _ => f64::INFINITY,
        }
    }

    /// True if the two differ by at most 2⁻ᵇⁱᵗˢ of the larger.
    pub fn agrees_with(&self, other: &Self, bits: u32) -> bool {
        if self.m == 0 || other.m == 0 {
            return self.m == other.m;
        }
        let (low, high) = if self.exponent <= other.exponent { (self, other) } else { (other, self) };
        let difference = match high.exponent - low.exponent {
            0 => high.m.abs_diff(low.m),
            // A power of two from its two sides.
            1 => (high.m - (1 << 127)).saturating_mul(2).saturating_add(u128::MAX - low.m),
            _ => return false,
        };
        self.negative == other.negative && difference <= u128::MAX >> bits
    }

    /// True if lo ≤ self ≤ hi.
    pub fn is_within(&self, lo: f64, hi: f64) -> bool {
        self.at_least(lo) && self.at_most(hi)
    }

    fn at_least(&self, x: f64) -> bool {
        x == f64::NEG_INFINITY || x.is_finite() && self.compare(&Self::of(x)) != Ordering::Less
    }

    fn at_most(&self, x: f64) -> bool {
        x == f64::INFINITY || x.is_finite() && self.compare(&Self::of(x)) != Ordering::Greater
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        let sign = |x: &Self| match (x.m, x.negative) {
            (0, _) => 0,
            (_, false) => 1,
            (_, true) => -1,
        };
        let size = (self.exponent, self.m).cmp(&(other.exponent, other.m));
        sign(self).cmp(&sign(other)).then(match sign(self) {
            0 => Ordering::Equal,
            1 => size,
            _ => size.reverse(),
        })
    }
}
