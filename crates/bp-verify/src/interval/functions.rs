//! Enclosures of elementary functions at a point: a 106-bit evaluation from `double/`, plus and minus its error.
//!
//! Every function here takes an `f64` and returns the ends of an interval that holds the true value. The relative errors
//! proved in `double/` are at most 2⁻⁸⁵; 2⁻⁸⁰ is added, which all but always costs nothing: the ends are the two
//! neighbours of the true value. Results that can leave the range of normal numbers are computed without their power of
//! two, which is applied last, rounded outward.

use super::around;
use super::directed::{add_down, scale_down, scale_up};
use crate::Double;
use crate::double::exp::{self, TINY};
use crate::double::{erf, log, trig};

type Ends = (f64, f64);

/// 2⁻⁸⁰.
const RELATIVE: f64 = f64::from_bits((1023 - 80) << 52);
/// 2⁻¹³⁰: sine and cosine beyond π/4, where the reduction has an absolute error.
const ABSOLUTE: f64 = f64::from_bits((1023 - 130) << 52);
const LEAST: f64 = f64::from_bits(1);

/// x within its relative error.
fn enclosed(x: Double) -> Ends {
    let (hi, lo) = x.parts();
    around((hi, lo), hi.abs() * RELATIVE)
}

/// 2ᵏ x within its relative error.
fn enclosed_scaled((x, k): (Double, i32)) -> Ends {
    let (lo, hi) = enclosed(x);
    (scale_down(lo, k), scale_up(hi, k))
}

/// The ends for an odd function, from those at |x|.
fn odd(x: f64, at_positive: impl Fn(f64) -> Ends) -> Ends {
    let (lo, hi) = at_positive(x.abs());
    if x < 0.0 { (-hi, -lo) } else { (lo, hi) }
}

pub(super) fn exp(x: f64) -> Ends {
    match x {
        0.0 => (1.0, 1.0),
        x if x > 710.0 => (f64::MAX, f64::INFINITY),
        x if x < -746.0 => (0.0, LEAST),
        x => {
            let (p, k) = exp::reduced(Double::from(x));
            enclosed_scaled((Double::from(1.0) + p, k))
        }
    }
}

/// For tiny x: x ≤ eˣ − 1 < x + x² < the next number.
pub(super) fn expm1(x: f64) -> Ends {
    if x.abs() < TINY {
        return if x == 0.0 { (0.0, 0.0) } else { (x, x.next_up()) };
    }
    if x > 710.0 {
        return exp(x);
    }
    if x > 700.0 {
        // What is subtracted is far below one step.
        let (lo, hi) = exp(x);
        return (add_down(lo, -1.0), hi);
    }
    let (lo, hi) = enclosed(exp::expm1(Double::from(x)));
    (lo.max(-1.0), hi)
}

/// −∞ at 0, which can only be a lower end.
pub(super) fn ln(x: f64) -> Ends {
    match x {
        0.0 => (f64::NEG_INFINITY, -700.0),
        f64::INFINITY => (700.0, x),
        x => enclosed(log::ln(Double::from(x))),
    }
}

/// For tiny x: x − x² < ln(1 + x) ≤ x.
pub(super) fn ln1p(x: f64) -> Ends {
    match x {
        0.0 => (0.0, 0.0),
        -1.0 => (f64::NEG_INFINITY, -36.0),
        f64::INFINITY => (700.0, x),
        x if x.abs() < TINY => (x.next_down(), x),
        x => enclosed(log::ln1p(Double::from(x))),
    }
}

pub(super) fn tanh(x: f64) -> Ends {
    odd(x, |size| match size {
        0.0 => (0.0, 0.0),
        size if size < TINY => (size.next_down(), size),
        size if size > 40.0 => (1.0_f64.next_down(), 1.0),
        size => at_most_one(enclosed(exp::tanh(Double::from(size)))),
    })
}

/// sech²x for x ≥ 0, a falling function.
pub(super) fn sech2(x: f64) -> Ends {
    match x {
        0.0 => (1.0, 1.0),
        x if x > 380.0 => (0.0, LEAST),
        x => at_most_one(enclosed_scaled(exp::sech2_scaled(Double::from(x)))),
    }
}

pub(super) fn logistic(x: f64) -> Ends {
    match x {
        0.0 => (0.5, 0.5),
        x if x > 40.0 => (1.0_f64.next_down(), 1.0),
        x if x > 0.0 => at_most_one(enclosed(exp::logistic_of_positive(Double::from(x)))),
        x if x < -746.0 => (0.0, LEAST),
        x => enclosed_scaled(exp::logistic_scaled(Double::from(x))),
    }
}

/// For large x: x < ln(1 + eˣ) = x + ln(1 + e⁻ˣ) < x + e⁻ˣ.
pub(super) fn softplus(x: f64) -> Ends {
    match x {
        x if x > 60.0 => (x.min(f64::MAX), x.next_up()),
        x if x >= 0.0 => enclosed(Double::from(x) + log::ln1p(exp::exp(Double::from(-x)))),
        x if x < -746.0 => (0.0, LEAST),
        x => {
            let (m, k) = exp::softplus_scaled(Double::from(x));
            if k == 0 { enclosed(m) } else { enclosed_scaled((m, k)) }
        }
    }
}

/// For tiny x: 2/√π x, off by less than x².
pub(super) fn erf(x: f64) -> Ends {
    odd(x, |size| match size {
        0.0 => (0.0, 0.0),
        size if size < TINY => {
            // Where products are exact in 106 bits.
            let large = Double::from(size).scaled(500);
            enclosed_scaled((Double::FRAC_2_SQRT_PI * large, -500))
        }
        size if size >= 6.0 => (1.0_f64.next_down(), 1.0), // erfc 6 < 2⁻⁵⁵
        size => at_most_one(enclosed(erf::erf(Double::from(size)))),
    })
}

/// 2/√π: its low part is positive and not 0.
pub(super) fn frac_2_sqrt_pi() -> Ends {
    enclosed(Double::FRAC_2_SQRT_PI)
}

/// For tiny x: x − x³ < sin x < x. Beyond [`trig::LARGEST`] [−1, 1].
pub(super) fn sin(x: f64) -> Ends {
    odd(x, |size| match size {
        0.0 => (0.0, 0.0),
        size if size < TINY => (size.next_down(), size),
        size => circular(trig::sin, size),
    })
}

/// Beyond [`trig::LARGEST`] [−1, 1].
pub(super) fn cos(x: f64) -> Ends {
    if x == 0.0 { (1.0, 1.0) } else { circular(trig::cos, x.abs()) }
}

fn circular(f: fn(Double) -> Double, x: f64) -> Ends {
    if !(x <= trig::LARGEST) {
        return (-1.0, 1.0);
    }
    let (hi, lo) = f(Double::from(x)).parts();
    let absolute = if x < 0.78 { 0.0 } else { ABSOLUTE };
    let (lo, hi) = around((hi, lo), hi.abs() * RELATIVE + absolute);
    (lo.max(-1.0), hi.min(1.0))
}

fn at_most_one((lo, hi): Ends) -> Ends {
    (lo, hi.min(1.0))
}
