//! erf and erfc = 1 − erf in double precision.
//!
//! Below 1, erf x = x + x P(x²). Above, erf x = 1 − erfc x and erfc x = e^(−x²) F / (1 + 2 x), where F varies only
//! between 1.08 and 1.28 over all x ≥ 0 and is smooth in t = (x − 3.75)/(x + 3.75) (Shepherd and Laframboise 1981);
//! the coefficients are our own. Both sides are computed and one is selected, so that loops vectorise.

use crate::bits::{abs, at_most, head, scale, sum, with_sign_of};
use crate::exp::{Parts, poly};

/// erf(x)/x − 1 in x², |x| ≤ 1: relative error 1.3e-17.
const P: [f64; 13] = [
    0.128_379_167_095_512_6,
    -0.376_126_389_031_837_5,
    0.112_837_916_709_548_58,
    -0.026_866_170_645_072_96,
    0.005_223_977_624_781_37,
    -0.000_854_832_697_876_514_9,
    0.000_120_553_310_375_511_08,
    -1.492_559_351_872_822_6e-5,
    1.646_097_295_415_376_5e-6,
    -1.635_002_619_207_727e-7,
    1.465_788_353_091_965_3e-8,
    -1.136_567_067_182_716e-9,
    5.945_255_584_223_488e-11,
];

/// F(t) for 0.4375 ≤ x ≤ 28, relative error 1e-17 together with `F0_LOST`.
const F: [f64; 21] = [
    1.237_512_630_837_827_5,
    -0.140_240_598_585_546_77,
    0.003_585_415_485_466_938_6,
    0.082_276_738_490_117_81,
    -0.108_803_930_141_915_04,
    0.092_304_321_161_449_63,
    -0.058_693_398_585_325_275,
    0.028_362_277_399_977_69,
    -0.009_746_579_615_644_534,
    0.001_755_626_035_838_832_5,
    0.000_293_714_116_869_991_54,
    -0.000_290_155_134_252_430_4,
    5.164_688_322_478_608e-5,
    2.238_803_281_214_553_4e-5,
    -1.143_711_233_481_798_8e-5,
    -9.821_952_878_580_775e-7,
    1.737_157_547_892_396_8e-6,
    -4.506_791_331_570_069e-8,
    -2.398_736_444_433_852e-7,
    1.345_036_233_639_388e-8,
    2.444_062_469_821_380_7e-8,
];
/// What F(0) lost when it was rounded.
const F0_LOST: f64 = 1.054_616_024_972_544_8e-16;

/// Error function 2/√π ∫₀ˣ e^(−t²) dt.
#[inline(always)]
pub(crate) fn erf(x: f64) -> f64 {
    let y = abs(x);
    // From 5.93 on, erf rounds to 1.
    let far = at_most(y, 6.0);
    let (e, n) = gauss(far);
    let (f, _) = shape(far);
    let above = 1.0 - scale(e.0, n) * f / (1.0 + 2.0 * far);
    with_sign_of(abs(if y < 1.0 { below_one(y) } else { above }), x)
}

/// erfc x = 1 − erf x, with its own relative accuracy where erf saturates.
#[inline(always)]
pub(crate) fn erfc(x: f64) -> f64 {
    let y = abs(x);
    // From 27.3 on, erfc rounds to 0.
    let far = at_most(y, 28.0);
    let ((e, lost_e), n) = gauss(far);
    let (f, lost_f) = shape(far);
    let (d, lost_d) = sum(2.0 * far, 1.0);
    let (d, lost_d) = if far < 0.5 { sum(1.0, 2.0 * far) } else { (d, lost_d) };
    // F / (1 + 2 x) in two parts: the remainder of a division by Dekker's product is exact.
    let q = f / d;
    let (q_head, d_head) = (head(q), head(d));
    let (q_low, d_low) = (q - q_head, d - d_head);
    let remainder = ((f - q_head * d_head) - (q_head * d_low + q_low * d_head)) - q_low * d_low;
    let lost_q = (remainder + (lost_f - q * lost_d)) / d;
    let above = scale(e * q + (e * lost_q + lost_e * q), n);
    let erf = if y < 1.0 { below_one(y) } else { 1.0 - above };
    if x < 0.0 {
        1.0 + erf
    } else if x < 0.4375 {
        1.0 - erf
    } else {
        above
    }
}

/// erf y for 0 ≤ y < 1.
#[inline(always)]
fn below_one(y: f64) -> f64 {
    let z = y * y;
    y + y * poly(at_most(z, 1.0), &P)
}

/// e^(−y²) as a mantissa in two parts and a power of two. The head of y has an exact square.
#[inline(always)]
fn gauss(y: f64) -> ((f64, f64), f64) {
    let top = head(y);
    let parts = Parts::new(-(top * top), -((y - top) * (y + top)));
    (parts.mantissa(), parts.n)
}

/// F as a rounded value and what it lost.
#[inline(always)]
fn shape(y: f64) -> (f64, f64) {
    let t = (y - 3.75) / (y + 3.75);
    let (_, rest) = F.split_first_chunk::<1>().unwrap_or((&[0.0], &[]));
    let mut q = 0.0;
    for c in rest.iter().rev() {
        q = q * t + c;
    }
    sum(F[0], t * q + F0_LOST)
}
