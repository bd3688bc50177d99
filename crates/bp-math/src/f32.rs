//! The functions for `f32`.

/// Natural exponential eˣ. Overflows to ∞ above 88.72.
pub fn exp(x: f32) -> f32 {
    libm::expf(x)
}

/// eˣ − 1, accurate near 0.
pub fn expm1(x: f32) -> f32 {
    libm::expm1f(x)
}

/// Natural logarithm; `ln(0) = −∞`, NaN below 0.
pub fn ln(x: f32) -> f32 {
    libm::logf(x)
}

/// ln(1 + x), accurate near 0.
pub fn ln1p(x: f32) -> f32 {
    libm::log1pf(x)
}

/// Hyperbolic tangent (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).
pub fn tanh(x: f32) -> f32 {
    libm::tanhf(x)
}

/// Logistic sigmoid σ(x) = 1 / (1 + e⁻ˣ), Bishop's equation 4.59.
///
/// Overflows on neither side: below 0 it is computed as eˣ / (1 + eˣ).
pub fn logistic(x: f32) -> f32 {
    let e = exp(-abs(x));
    let p = 1.0 / (1.0 + e);
    if x < 0.0 { e * p } else { p }
}

/// Softplus ln(1 + eˣ), stable on both sides: max(x, 0) + ln(1 + e^−|x|).
pub fn softplus(x: f32) -> f32 {
    // NaN fails the comparison and stays NaN.
    let positive = if x <= 0.0 { 0.0 } else { x };
    positive + ln1p(exp(-abs(x)))
}

/// Error function 2/√π ∫₀ˣ e^(−t²) dt.
pub fn erf(x: f32) -> f32 {
    libm::erff(x)
}

/// Correctly rounded square root; NaN below 0.
pub fn sqrt(x: f32) -> f32 {
    libm::sqrtf(x)
}

/// Sine of x radians.
pub fn sin(x: f32) -> f32 {
    libm::sinf(x)
}

/// Cosine of x radians.
pub fn cos(x: f32) -> f32 {
    libm::cosf(x)
}

/// Absolute value, by clearing the sign bit.
pub fn abs(x: f32) -> f32 {
    f32::from_bits(x.to_bits() & (u32::MAX >> 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sum of the Taylor series of eˣ in `f64`, as an independent route for |x| ≤ 1.
    fn series_exp(x: f64) -> f64 {
        let mut term = 1.0;
        let mut sum = 1.0;
        for n in 1..30 {
            term *= x / f64::from(n);
            sum += term;
        }
        sum
    }

    #[test]
    fn functions_agree_with_series_and_identities() {
        for i in -64..=64 {
            let x = f32::from(i as i8) / 64.0;
            let e = series_exp(f64::from(x)) as f32;
            let ulp = 4.0 * f32::EPSILON;
            assert!(abs(exp(x) - e) <= ulp * e, "exp {x}");
            assert!(abs(expm1(x) - (e - 1.0)) <= ulp * e, "expm1 {x}");
            assert!(abs(ln(e) - x) <= ulp, "ln {x}");
            assert!(abs(ln1p(expm1(x)) - x) <= ulp, "ln1p {x}");
            assert!(abs(tanh(x) - (e * e - 1.0) / (e * e + 1.0)) <= ulp, "tanh {x}");
            assert!(abs(logistic(x) - e / (1.0 + e)) <= ulp, "logistic {x}");
            assert!(abs(softplus(x) - softplus(-x) - x) <= ulp, "softplus {x}");
            assert!(abs(sin(x) * sin(x) + cos(x) * cos(x) - 1.0) <= ulp, "sin, cos {x}");
        }
    }

    #[test]
    fn edges() {
        for f in [exp, expm1, ln, ln1p, tanh, logistic, softplus, erf, sqrt, sin, cos] {
            assert!(f(f32::NAN).is_nan());
        }
        assert_eq!(logistic(-1e4).to_bits(), 0);
        assert_eq!(logistic(1e4).to_bits(), 1.0_f32.to_bits());
        assert_eq!(logistic(f32::NEG_INFINITY).to_bits(), 0);
        assert_eq!(softplus(1e4).to_bits(), 1e4_f32.to_bits());
        assert_eq!(softplus(-1e4).to_bits() << 1, 0);
        assert_eq!(softplus(f32::NEG_INFINITY).to_bits(), 0);
        assert!(softplus(f32::INFINITY) == f32::INFINITY);
        assert_eq!(tanh(f32::INFINITY).to_bits(), 1.0_f32.to_bits());
        assert_eq!(tanh(-0.0).to_bits(), (-0.0_f32).to_bits());
        assert_eq!(erf(f32::INFINITY).to_bits(), 1.0_f32.to_bits());
    }
}
