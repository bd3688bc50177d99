//! [`Taylor`]: the error of the tangent, |f(x + tv) − f(x) − t g·v|, falls as t² if g is the gradient, and as t if not.

use core::fmt;

use super::slopes::noise;

/// Halvings of the step.
const HALVINGS: usize = 8;
/// What an order of 2 must reach.
const ORDER: f64 = 1.9;
/// First steps that are tried, 2⁻⁴ and so on: where the third order still shows, a smaller one decides.
const FIRST: [i32; 4] = [-4, -7, -10, -13];
/// A remainder counts if it is so many times larger than its noise: then an order is off by at most
/// 2 log₂(1 + 1/32) < 0.1, the distance from 2 to 1.9.
const ABOVE_NOISE: f64 = 32.0;

/// Slopes of the remainder of Taylor's formula over eight halvings of the step.
///
/// ```
/// use bp_verify::BlackBox;
/// let mut f = BlackBox::new(|x: &[f64]| x[0].exp() * x[1]);
/// let e = 0.5_f64.exp();
/// assert!(f.taylor(&[0.5, 2.0], &[2.0 * e, e]).passed());
/// let wrong = f.taylor(&[0.5, 2.0], &[2.0 * e, e + 0.001]);
/// assert!(!wrong.passed(), "{wrong}");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Taylor {
    /// log₂ of the ratio of neighbouring remainders, as far as both are above rounding.
    pub slopes: Vec<f64>,
    /// The first step.
    pub step: f64,
    /// True if every remainder is as small as rounding: f is a straight line here, and the gradient is its slope.
    pub is_straight: bool,
}

impl Taylor {
    /// True if the last slope, of the smallest step that is above rounding, is at least 1.9.
    pub fn passed(&self) -> bool {
        self.is_straight || self.slopes.last().is_some_and(|&slope| slope >= ORDER)
    }
}

/// The remainders of f along a line, where the tangent has this slope.
pub(crate) fn taylor(slope: f64, mut f: impl FnMut(f64) -> f64) -> Taylor {
    let here = f(0.0);
    let noise = 2.0 * noise(&mut f);
    let mut last = Taylor { slopes: vec![], step: 0.0, is_straight: false };
    for exponent in FIRST {
        let step = f64::from(exponent).exp2();
        let mut remainder = |n: usize| {
            let t = step / (1_u64 << n) as f64;
            let (value, tangent) = (f(t), t * slope);
            let floor = ABOVE_NOISE * (noise + f64::EPSILON * (value.abs() + tangent.abs()));
            ((value - here - tangent).abs(), floor)
        };
        let all: Vec<(f64, f64)> = (0..=HALVINGS).map(&mut remainder).collect();
        let is_straight = all.iter().all(|(r, floor)| r <= floor);
        let clear = all.windows(2).take_while(|pair| !(pair[1].0 <= pair[1].1));
        let slopes: Vec<f64> = clear.map(|pair| (pair[0].0 / pair[1].0).log2()).collect();
        let found = Taylor { slopes, step, is_straight: is_straight && exponent == FIRST[0] };
        if found.passed() {
            return found;
        }
        if !found.slopes.is_empty() {
            last = found;
        }
    }
    last
}

impl fmt::Display for Taylor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { slopes, step, is_straight } = self;
        if *is_straight {
            return write!(f, "a straight line, to rounding, from step {step:e} on");
        }
        write!(f, "orders of the remainder from step {step:e} on:")?;
        slopes.iter().try_for_each(|slope| write!(f, " {slope:.2}"))?;
        write!(f, " (2 for a gradient, 1 for anything else)")
    }
}
