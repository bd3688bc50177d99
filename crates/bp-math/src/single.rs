//! The functions for single precision: computed in double precision, rounded once at the end.
//!
//! Errors of 2⁻³⁰ leave a result within 0.51 ulp, so polynomials are shorter than in double precision and nothing
//! is kept in two parts. Subnormal results come out right because the last step is one conversion.

use crate::bits::{SHIFT, abs, at_least, at_most, pow2, with_sign_of};
use crate::exp::poly;
use crate::log::{edges, split};

/// (eʳ − 1 − r) / r² on |r| ≤ ½ ln 2: minimax in the relative error of eʳ − 1, which is 2e-10.
const Q: [f64; 6] = [
    0.500_000_004_416_664_7,
    0.166_666_668_142_189_78,
    0.041_666_360_942_140_87,
    0.008_333_273_632_308_62,
    0.001_394_062_379_951_850_5,
    0.000_199_138_825_824_412_4,
];

/// (2 artanh(s)/s − 2) / s² in s²: relative error of the logarithm 5e-12.
const L: [f64; 4] =
    [0.666_666_656_850_023_4, 0.400_003_282_356_620_75, 0.285_376_773_105_159_1, 0.235_760_659_452_007_3];

/// erf(x)/x − 1 in x², |x| ≤ 2: relative error 3e-12.
const P: [f64; 13] = [
    0.128_379_167_092_042_47,
    -0.376_126_388_754_628_9,
    0.112_837_912_986_202_91,
    -0.026_866_150_763_024_55,
    0.005_223_921_894_494_844,
    -0.000_854_738_814_476_963_2,
    0.000_120_450_740_481_191_72,
    -1.484_960_340_088_618_7e-5,
    1.606_991_094_308_039_7e-6,
    -1.494_304_687_680_436_7e-7,
    1.117_901_848_515_113_5e-8,
    -5.850_439_594_363_183e-10,
    1.556_311_935_215_958_3e-11,
];

/// erf(3 + u), |u| ≤ 1: error 1.7e-10.
const T: [f64; 13] = [
    0.999_977_909_398_611_9,
    0.000_139_251_329_210_203_38,
    -0.000_417_750_189_319_393_43,
    0.000_789_148_997_104_554,
    -0.001_044_526_005_573_869_8,
    0.001_016_164_708_538_180_6,
    -0.000_737_344_424_682_785,
    0.000_391_843_117_607_396_87,
    -0.000_136_603_917_285_282_57,
    1.193_086_240_219_524_7e-5,
    1.810_167_089_476_58e-5,
    -9.479_400_853_818_799e-6,
    1.338_268_202_136_986_2e-6,
];

/// eˣ = s (1 + p): the power of two s and p = eʳ − 1, |p| < 0.42.
#[inline(always)]
fn parts(x: f64) -> (f64, f64) {
    let shifted = x * core::f64::consts::LOG2_E + SHIFT;
    let r = x - (shifted - SHIFT) * core::f64::consts::LN_2;
    (pow2(shifted), r + r * r * poly(r, &Q))
}

/// eˣ for |x| ≤ 700.
#[inline(always)]
fn e(x: f64) -> f64 {
    let (s, p) = parts(x);
    s + s * p
}

/// eˣ. Beyond the bounds the result is ∞ or rounds to 0, as it does at the bounds.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    e(at_most(at_least(f64::from(x), -110.0), 90.0)) as f32
}

/// eˣ − 1. Below −20 it rounds to −1.
#[inline(always)]
pub(crate) fn expm1(x: f32) -> f32 {
    let x = f64::from(x);
    let (s, p) = parts(at_most(at_least(x, -20.0), 90.0));
    with_sign_of(abs(s * p + (s - 1.0)), x) as f32
}

/// tanh x = (e²ˣ − 1) / (e²ˣ + 1). From 9.02 on it rounds to 1.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let x = f64::from(x);
    let (s, p) = parts(2.0 * at_most(abs(x), 10.0));
    let expm1 = s * p + (s - 1.0);
    with_sign_of(abs(expm1 / (expm1 + 2.0)), x) as f32
}

/// 1 / (1 + e⁻ˣ). Beyond the bounds the result is 1 or rounds to 0.
#[inline(always)]
pub(crate) fn logistic(x: f32) -> f32 {
    let e = e(-at_most(at_least(f64::from(x), -110.0), 110.0));
    (1.0 / (1.0 + e)) as f32
}

/// 4 e^(−2|x|) / (1 + e^(−2|x|))². From 53 on it rounds to 0.
#[inline(always)]
pub(crate) fn sech2(x: f32) -> f32 {
    let e = e(-2.0 * at_most(abs(f64::from(x)), 60.0));
    (4.0 * e / ((1.0 + e) * (1.0 + e))) as f32
}

/// (1 − z)(1 + z).
#[inline(always)]
pub(crate) fn tanh_derivative(z: f32) -> f32 {
    let z = f64::from(z);
    ((1.0 - z) * (1.0 + z)) as f32
}

/// k ln 2 + ln(1 + f).
#[inline(always)]
fn add_up(k: f64, f: f64) -> f64 {
    let s = f / (2.0 + f);
    let z = s * s;
    k * core::f64::consts::LN_2 + (f - s * (f - z * poly(z, &L)))
}

/// ln(1 + x) for x > −1. What 1 + x lost is added: where it counts, x is small and 1 / (1 + x) near 1.
#[inline(always)]
fn ln_one_plus(x: f64) -> f64 {
    let u = 1.0 + x;
    let (k, f) = split(u);
    // Above 2⁵² it would not be what was lost, and does not count.
    let lost = if x < 1.0 { x - (u - 1.0) } else { 0.0 };
    add_up(k, f) + lost
}

/// Natural logarithm; every `f32` is a normal `f64`.
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    let x = f64::from(x);
    let (k, f) = split(x);
    edges(x, 0.0, add_up(k, f)) as f32
}

/// ln(1 + x).
#[inline(always)]
pub(crate) fn ln1p(x: f32) -> f32 {
    let wide = f64::from(x);
    let y = edges(wide, -1.0, ln_one_plus(wide)) as f32;
    // −0 would become 0; so near 0, x is nearest to ln(1 + x).
    if abs(wide) < 1e-10 { x } else { y }
}

/// max(x, 0) + ln(1 + e^−|x|).
#[inline(always)]
pub(crate) fn softplus(x: f32) -> f32 {
    let x = f64::from(x);
    // NaN fails the comparison and stays NaN.
    let positive = if x <= 0.0 { 0.0 } else { x };
    (positive + ln_one_plus(e(-at_most(abs(x), 110.0)))) as f32
}

/// Error function: one polynomial below 2, one from 2 to 4, where it rounds to 1.
#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    let x = f64::from(x);
    let y = at_most(abs(x), 4.0);
    let near = y + y * poly(y * y, &P);
    let far = poly(y - 3.0, &T);
    with_sign_of(abs(if y < 2.0 { near } else { far }), x) as f32
}
