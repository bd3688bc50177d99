//! Edges and one ulp to either side: ±0, ±∞, NaN, subnormal numbers, poles, overflow and saturation.

use bp_math::{f32 as single, f64 as double};

/// Equal bits, or both NaN.
macro_rules! check {
    ($float:ident: $($f:path, $x:expr => $want:expr;)*) => {$({
        let (x, want): ($float, $float) = ($x, $want);
        let got = $f(x);
        let same = got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan());
        assert!(same, "{} at {x:e}: {got:e}, expected {want:e}", stringify!($f));
    })*};
}

/// What IEEE 754-2019, 9.2.1 recommends for both types, and the limits of the functions it does not know.
macro_rules! limits {
    ($float:ident, $m:ident) => {{
        const INF: $float = $float::INFINITY;
        const TINY: $float = $float::from_bits(1);
        check!($float:
            $m::exp, INF => INF; $m::exp, -INF => 0.0; $m::exp, 0.0 => 1.0; $m::exp, -0.0 => 1.0; $m::exp, TINY => 1.0;
            $m::exp, $float::MAX => INF; $m::exp, $float::MIN => 0.0;
            $m::expm1, INF => INF; $m::expm1, -INF => -1.0; $m::expm1, 0.0 => 0.0; $m::expm1, -0.0 => -0.0;
            $m::expm1, TINY => TINY; $m::expm1, -TINY => -TINY; $m::expm1, $float::MIN => -1.0;
            $m::expm1, $float::MIN_POSITIVE => $float::MIN_POSITIVE;
            $m::ln, INF => INF; $m::ln, 0.0 => -INF; $m::ln, -0.0 => -INF; $m::ln, 1.0 => 0.0;
            $m::ln, -TINY => $float::NAN; $m::ln, -INF => $float::NAN; $m::ln, -1.0 => $float::NAN;
            $m::ln1p, INF => INF; $m::ln1p, -1.0 => -INF; $m::ln1p, 0.0 => 0.0; $m::ln1p, -0.0 => -0.0;
            $m::ln1p, TINY => TINY; $m::ln1p, -TINY => -TINY; $m::ln1p, (-1.0 as $float).next_down() => $float::NAN;
            $m::ln1p, -INF => $float::NAN; $m::ln1p, $float::MIN_POSITIVE => $float::MIN_POSITIVE;
            $m::tanh, INF => 1.0; $m::tanh, -INF => -1.0; $m::tanh, 0.0 => 0.0; $m::tanh, -0.0 => -0.0;
            $m::tanh, TINY => TINY; $m::tanh, -TINY => -TINY; $m::tanh, $float::MAX => 1.0;
            $m::tanh, $float::MIN_POSITIVE => $float::MIN_POSITIVE;
            $m::tanh_derivative, 0.0 => 1.0; $m::tanh_derivative, 1.0 => 0.0; $m::tanh_derivative, -1.0 => 0.0;
            $m::sech2, 0.0 => 1.0; $m::sech2, INF => 0.0; $m::sech2, -INF => 0.0; $m::sech2, TINY => 1.0;
            $m::sech2, $float::MAX => 0.0;
            $m::logistic, 0.0 => 0.5; $m::logistic, INF => 1.0; $m::logistic, -INF => 0.0; $m::logistic, TINY => 0.5;
            $m::logistic, $float::MAX => 1.0; $m::logistic, $float::MIN => 0.0;
            $m::softplus, INF => INF; $m::softplus, -INF => 0.0; $m::softplus, $float::MAX => $float::MAX;
            $m::softplus, $float::MIN => 0.0; $m::softplus, 1e4 => 1e4;
            $m::log_sigmoid, INF => -0.0; $m::log_sigmoid, -INF => -INF; $m::log_sigmoid, $float::MIN => $float::MIN;
            $m::erf, INF => 1.0; $m::erf, -INF => -1.0; $m::erf, 0.0 => 0.0; $m::erf, -0.0 => -0.0; $m::erf, 7.0 => 1.0;
            $m::erfc, INF => 0.0; $m::erfc, -INF => 2.0; $m::erfc, 0.0 => 1.0; $m::erfc, -7.0 => 2.0; $m::erfc, 30.0 => 0.0;
            $m::sqrt, INF => INF; $m::sqrt, 0.0 => 0.0; $m::sqrt, -0.0 => -0.0; $m::sqrt, -TINY => $float::NAN;
            $m::sin, 0.0 => 0.0; $m::sin, -0.0 => -0.0; $m::sin, INF => $float::NAN; $m::sin, -INF => $float::NAN;
            $m::sin, TINY => TINY; $m::sin, $float::MIN_POSITIVE => $float::MIN_POSITIVE;
            $m::cos, 0.0 => 1.0; $m::cos, -0.0 => 1.0; $m::cos, INF => $float::NAN; $m::cos, TINY => 1.0;
            $m::abs, -0.0 => 0.0; $m::abs, -INF => INF;
        );
        for f in [$m::exp, $m::expm1, $m::ln, $m::ln1p, $m::tanh, $m::tanh_derivative, $m::sech2, $m::logistic,
            $m::log_sigmoid, $m::softplus, $m::erf, $m::erfc, $m::sqrt, $m::sin, $m::cos, $m::abs] {
            assert!(f($float::NAN).is_nan() && f(-$float::NAN).is_nan());
        }
    }};
}

#[test]
fn limits_in_single_precision() {
    limits!(f32, single);
}

#[test]
fn limits_in_double_precision() {
    limits!(f64, double);
}

/// The last argument with a finite result and the first without; the last that does not underflow to 0. Thresholds
/// from the logarithms of 2¹²⁸ (1 − 2⁻²⁵), 2⁻¹⁵⁰, 2¹⁰²⁴ (1 − 2⁻⁵⁴) and 2⁻¹⁰⁷⁵ in 60 digits, rounded towards 0.
#[test]
fn overflow_and_underflow_begin_where_they_should() {
    fn around32(f: fn(f32) -> f32, last: f32, beyond: f32) {
        let next = if last > 0.0 { last.next_up() } else { last.next_down() };
        assert!(f(last).to_bits() != beyond.to_bits() && f(last).is_finite(), "{last:e}: {:e}", f(last));
        assert!(f(next).to_bits() == beyond.to_bits(), "{next:e}: {:e}", f(next));
    }
    fn around64(f: fn(f64) -> f64, last: f64, beyond: f64) {
        let next = if last > 0.0 { last.next_up() } else { last.next_down() };
        assert!(f(last).to_bits() != beyond.to_bits() && f(last).is_finite(), "{last:e}: {:e}", f(last));
        assert!(f(next).to_bits() == beyond.to_bits(), "{next:e}: {:e}", f(next));
    }
    around32(single::exp, TOP32, f32::INFINITY);
    around32(single::expm1, TOP32, f32::INFINITY);
    around32(single::exp, -BOTTOM32, 0.0);
    around32(single::softplus, -BOTTOM32, 0.0);
    around32(single::logistic, -BOTTOM32, 0.0);
    around64(double::exp, TOP64, f64::INFINITY);
    around64(double::expm1, TOP64, f64::INFINITY);
    around64(double::exp, -BOTTOM64, 0.0);
    around64(double::softplus, -BOTTOM64, 0.0);
    around64(double::logistic, -BOTTOM64, 0.0);
}

#[test]
fn saturation_begins_where_it_should() {
    // The nearest float to tanh is 1 from artanh(1 − 2⁻²⁵) = 9.0109133… and artanh(1 − 2⁻⁵⁴) = 19.0615474… on. In double
    // precision, where 2 ulp are declared, that is asked with a margin.
    assert!(single::tanh(9.010_913_f32.next_up()) >= 1.0 && single::tanh(9.010) < 1.0);
    assert!(double::tanh(19.5) >= 1.0 && double::tanh(18.36) < 1.0);
    // Where tanh is 1, its derivative from z is 0, and from a it is not.
    assert!(single::tanh_derivative(single::tanh(20.0)) <= 0.0 && single::sech2(20.0) > 1e-17);
    assert!(double::tanh_derivative(double::tanh(30.0)) <= 0.0 && double::sech2(30.0) > 3e-26);
    assert!(double::erf(5.8) < 1.0 && double::erf(6.0) >= 1.0 && double::erfc(27.0) > 0.0);
}

/// Arguments whose reduction leaves almost nothing, and the largest ones. Expected bits from 400 digits.
#[test]
fn sine_and_cosine_of_hard_arguments() {
    // The double nearest to a multiple of π/2 (Muller, Elementary Functions, 3rd ed., table 11.1).
    let worst = 6_381_956_970_095_103.0 * 797_f64.exp2();
    check!(f64:
        double::cos, worst => f64::from_bits(WORST_COS);
        double::sin, worst => 1.0;
        double::sin, f64::MAX => f64::from_bits(MAX_SIN);
        double::cos, f64::MAX => f64::from_bits(MAX_COS);
        double::sin, std::f64::consts::PI => 1.224_646_799_147_353_2e-16;
        double::cos, std::f64::consts::FRAC_PI_2 => 6.123_233_995_736_766e-17;
    );
    check!(f32:
        single::sin, f32::MAX => f32::from_bits(MAX_SIN32);
        single::cos, f32::MAX => f32::from_bits(MAX_COS32);
    );
}

const WORST_COS: u64 = 0xbc214ae72e6ba22f;
const MAX_SIN: u64 = 0x3f7452fc98b34e97;
const MAX_COS: u64 = 0xbfefffe62ecfab75;
const MAX_SIN32: u32 = 0xbf0599b3;
const MAX_COS32: u32 = 0x3f5a5f96;
const TOP32: f32 = 88.722_83;
const BOTTOM32: f32 = 103.972_08;
const TOP64: f64 = 709.782712893384;
const BOTTOM64: f64 = 745.1332191019411;
