//! Sine and cosine in double precision, with a right reduction for every finite argument.
//!
//! x = n π/2 + r with |r| ≤ π/4. Above π/4 the reduction is Payne and Hanek's (1983): x is an integer m < 2⁵³ times
//! 2ᵉ, and of m 2ᵉ · 2/π only the part below 4 matters, so those bits of 2/π that make multiples of 4 are never
//! touched. 192 bits of the rest leave an error below 2⁻¹³⁷, while no double comes nearer than about 2⁻⁶¹ to a
//! multiple of π/2 (Muller, Elementary Functions, 3rd ed., ch. 11). Integers all the way: the same on every machine.

use crate::bits::{abs, sum, with_sign_of};
use crate::exp::poly;

/// 64 zero bits, then the binary places of 2/π.
const TWO_OVER_PI: [u64; 22] = [
    0,
    0xa2f9_836e_4e44_1529,
    0xfc27_57d1_f534_ddc0,
    0xdb62_9599_3c43_9041,
    0xfe51_63ab_debb_c561,
    0xb724_6e3a_424d_d2e0,
    0x0649_2eea_09d1_921c,
    0xfe1d_eb1c_b129_a73e,
    0xe882_35f5_2ebb_4484,
    0xe99c_7026_b45f_7e41,
    0x3991_d639_8353_39f4,
    0x9c84_5f8b_bdf9_283b,
    0x1ff8_97ff_de05_980f,
    0xef2f_118b_5a0a_6d1f,
    0x6d36_7ecf_27cb_09b7,
    0x4f46_3f66_9e5f_ea2d,
    0x7527_bac7_ebe5_f17b,
    0x3d07_39f7_8a52_92ea,
    0x6bfb_5fb1_1f8d_5d08,
    0x5603_3046_fc7b_6bab,
    0xf0cf_bc20_9af4_361d,
    0xa9e3_9161_5ee6_1b08,
];

/// π/2, rounded, and what the rounding lost.
const HALF_PI: (f64, f64) = (core::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17);

/// (sin(r)/r − 1) / r² in r², |r| ≤ π/4: error of the sine 6e-18.
const S: [f64; 6] = [
    -0.166_666_666_666_666_32,
    0.008_333_333_333_322_573,
    -0.000_198_412_698_299_140_5,
    2.755_731_372_390_358_5e-6,
    -2.505_076_257_967_340_4e-8,
    1.589_703_080_972_497e-10,
];

/// (cos(r) − 1 + r²/2) / r⁴ in r², |r| ≤ π/4: error of the cosine 9e-19.
const C: [f64; 6] = [
    0.041_666_666_666_666_616,
    -0.001_388_888_888_887_614_8,
    2.480_158_729_058_603e-5,
    -2.755_731_463_738_669e-7,
    2.087_575_849_509_051e-9,
    -1.136_132_660_847_652_5e-11,
];

/// Sine of x radians.
#[inline]
pub(crate) fn sin(x: f64) -> f64 {
    let (quadrant, r) = reduce(abs(x));
    let y = of_quadrant(quadrant, r);
    // x itself at ±0, whose sign the polynomial would lose.
    if abs(x) < 1e-300 { x } else { with_sign_of(1.0, x) * y }
}

/// Cosine of x radians.
#[inline]
pub(crate) fn cos(x: f64) -> f64 {
    let (quadrant, r) = reduce(abs(x));
    of_quadrant(quadrant + 1, r)
}

/// sin(n π/2 + r).
fn of_quadrant(n: u64, (r, lo): (f64, f64)) -> f64 {
    let z = r * r;
    let y = if n & 1 == 0 {
        r + (r * z * poly(z, &S) + lo * (1.0 - 0.5 * z))
    } else {
        let (h, l) = sum(1.0, -0.5 * z);
        h + (l + (z * z * poly(z, &C) - r * lo))
    };
    if n & 2 == 0 { y } else { -y }
}

/// n mod 4 and r for a non-negative x; r is NaN for ∞ and NaN.
fn reduce(x: f64) -> (u64, (f64, f64)) {
    if x <= core::f64::consts::FRAC_PI_4 {
        (0, (x, 0.0))
    } else if x < f64::INFINITY {
        let bits = x.to_bits();
        payne_hanek(bits & ((1 << 52) - 1) | (1 << 52), (bits >> 52) as i64 - 1075)
    } else {
        (0, (f64::NAN, f64::NAN))
    }
}

/// The same for x = m · 2ᵉ above π/4, 2⁵² ≤ m < 2⁵³.
fn payne_hanek(m: u64, e: i64) -> (u64, (f64, f64)) {
    // The place of 2/π with weight 2^(1 − e) is the first whose product with m may be below 4. The table begins with
    // 64 places left of the point.
    let first = (e - 2 + 64) as usize;
    let [w2, w1, w0] = [0, 1, 2].map(|i| word(first + 64 * i));
    // The lower 192 bits of m · window, in units of 2⁻¹⁹⁰.
    let p0 = u128::from(m) * u128::from(w0);
    let p1 = u128::from(m) * u128::from(w1) + (p0 >> 64);
    let p2 = m.wrapping_mul(w2).wrapping_add((p1 >> 64) as u64);
    let (f0, f1, f2) = (p0 as u64, p1 as u64, p2);
    // Two bits of quadrant, then the fraction; rounding to the nearest quadrant makes it signed.
    let quadrant = (f2.wrapping_add(1 << 61)) >> 62;
    let (g2, g1, g0) = (f2 << 2 | f1 >> 62, f1 << 2 | f0 >> 62, f0 << 2);
    let top = u128::from(g2) << 64 | u128::from(g1);
    let negative = g2 >> 63 == 1;
    let (top, low) = if negative { (!top, !g0) } else { (top, g0) };
    // The fraction is at least 2⁻⁶⁴, so its leading bit is in the upper word, and 128 bits after it are known.
    let zeros = top.leading_zeros();
    let all = if zeros == 0 { top } else { top << zeros | u128::from(low >> (64 - zeros.min(63))) };
    let upper = (all >> 64) as u64;
    // 53 bits and the 64 after them, each converted without a surprise.
    let unit = f64::from_bits((1023 - 64 - u64::from(zeros)) << 52);
    let hi = (upper & !0x7ff) as f64 * unit;
    let rest = (upper & 0x7ff) << 53 | (all as u64) >> 11;
    let lo = rest as f64 * (unit * f64::from_bits((1023 - 53) << 52));
    let (hi, lo) = if negative { (-hi, -lo) } else { (hi, lo) };
    (quadrant, times_half_pi(hi, lo))
}

/// 64 places of 2/π from `first` on, counted from the table's beginning.
fn word(first: usize) -> u64 {
    let (index, offset) = (first / 64, first % 64);
    let at = |i: usize| u128::from(TWO_OVER_PI.get(i).copied().unwrap_or(0));
    ((at(index) << 64 | at(index + 1)) >> (64 - offset)) as u64
}

/// (hi + lo) π/2 in two parts, by Dekker's product.
fn times_half_pi(hi: f64, lo: f64) -> (f64, f64) {
    use crate::bits::head;
    let (a, b) = (head(hi), head(HALF_PI.0));
    let (a_low, b_low) = (hi - a, HALF_PI.0 - b);
    let p = hi * HALF_PI.0;
    let error = ((a * b - p) + (a * b_low + a_low * b)) + a_low * b_low;
    sum(p, error + (hi * HALF_PI.1 + lo * HALF_PI.0))
}
