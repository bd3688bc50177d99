//! Power series in a [`Double`]: the first coefficients in 106 bits, the rest in 53, because what they are multiplied
//! with is small.

use super::Double;

/// Σ headᵢ xⁱ + xⁿ Σ tailⱼ xʲ by Horner's rule, n the number of coefficients in `head`.
///
/// The tail has an error of some 2⁻⁵¹ of its first term (Higham 2002, 5.1, for terms that fall by a factor 10 or
/// more); the callers choose n so that xⁿ makes that harmless.
pub(super) fn series(x: Double, head: &[Double], tail: &[f64]) -> Double {
    let rest = tail.iter().rev().fold(0.0, |sum, &c| sum * x.hi + c);
    head.iter().rev().fold(Double::from(rest), |sum, &c| sum * x + c)
}

/// 1 / k! as `f64`.
pub(super) const fn inverse_factorial(k: u32) -> f64 {
    let (mut product, mut n) = (1.0, 2);
    while n <= k {
        product *= n as f64;
        n += 1;
    }
    1.0 / product
}

/// 1 / k! for k = 0 … 15.
pub(super) const INVERSE_FACTORIAL: [Double; 16] = [
    Double::pair(1.0, 0.0),
    Double::pair(1.0, 0.0),
    Double::pair(0.5, 0.0),
    Double::pair(0.166_666_666_666_666_66, 9.251_858_538_542_97e-18),
    Double::pair(0.041_666_666_666_666_664, 2.312_964_634_635_742_7e-18),
    Double::pair(0.008_333_333_333_333_333, 1.156_482_317_317_871_4e-19),
    Double::pair(0.001_388_888_888_888_889, -5.300_543_954_373_577e-20),
    Double::pair(0.000_198_412_698_412_698_4, 1.720_955_829_342_070_5e-22),
    Double::pair(2.480_158_730_158_73e-5, 2.151_194_786_677_588_2e-23),
    Double::pair(2.755_731_922_398_589_3e-6, -1.858_393_274_046_472e-22),
    Double::pair(2.755_731_922_398_589e-7, 2.376_771_462_225_029_7e-23),
    Double::pair(2.505_210_838_544_172e-8, -1.448_814_070_935_912e-24),
    Double::pair(2.087_675_698_786_81e-9, -1.207_345_059_113_26e-25),
    Double::pair(1.605_904_383_682_161_3e-10, 1.258_529_458_875_209_8e-26),
    Double::pair(1.147_074_559_772_972_5e-11, 2.065_551_275_283_074_5e-28),
    Double::pair(7.647_163_731_819_816e-13, 7.038_728_777_334_53e-30),
];

/// 1 / k for k = 1 … 15, and a place for 0 that nothing reads.
pub(super) const INVERSE: [Double; 16] = [
    Double::pair(0.0, 0.0),
    Double::pair(1.0, 0.0),
    Double::pair(0.5, 0.0),
    Double::pair(0.333_333_333_333_333_3, 1.850_371_707_708_594e-17),
    Double::pair(0.25, 0.0),
    Double::pair(0.2, -1.110_223_024_625_156_6e-17),
    Double::pair(0.166_666_666_666_666_66, 9.251_858_538_542_97e-18),
    Double::pair(0.142_857_142_857_142_85, 7.930_164_461_608_26e-18),
    Double::pair(0.125, 0.0),
    Double::pair(0.111_111_111_111_111_1, 6.167_905_692_361_980_4e-18),
    Double::pair(0.1, -5.551_115_123_125_783e-18),
    Double::pair(0.090_909_090_909_090_91, -2.523_234_146_875_356e-18),
    Double::pair(0.083_333_333_333_333_33, 4.625_929_269_271_485e-18),
    Double::pair(0.076_923_076_923_076_93, -4.270_088_556_250_602e-18),
    Double::pair(0.071_428_571_428_571_42, 3.965_082_230_804_13e-18),
    Double::pair(0.066_666_666_666_666_67, 9.251_858_538_542_971e-19),
];
