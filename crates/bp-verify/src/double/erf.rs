//! erf of a [`Double`]: Taylor series about the nearest eighth.

use super::series::INVERSE;
use super::{Double, exp};

/// erf x.
///
/// With c the eighth nearest to |x| and h = |x| − c, so |h| ≤ 1/16,
///
/// > erf(c + h) = erf c + 2/√π e^−c² h Σ uₙ / (n + 1), uₙ = gₙ hⁿ,
///
/// gₙ the Taylor coefficients of e^(−2ch − h²). Its derivative is −2 (c + h) times itself, hence u₀ = 1, u₁ = −2ch and
/// uₙ₊₁ = −(2ch uₙ + 2h² uₙ₋₁) / (n + 1). The terms up to u₈ are computed in 106 bits, those up to u₁₈ in 53: for the
/// worst c, about 2, e^−c² |h| |u₉| 2⁻⁵¹ is below 2⁻⁹⁰, and so is the first term left out. About c = 0 the sum is
/// near 1 and h = x, so that the error is relative to x. From 8 on erf is 1 to within 2⁻⁹⁶.
///
/// Relative error at most 2⁻⁸⁵.
pub(crate) fn erf(x: Double) -> Double {
    let size = x.abs();
    if !(size.hi < 8.0) {
        return if x.is_nan() { x } else { Double::from(f64::copysign(1.0, x.hi)) };
    }
    // Below, h² and with it u₂ would fall out of the range; the factor 2/√π is all there is.
    if size.hi < exp::TINY {
        return Double::FRAC_2_SQRT_PI * x;
    }
    // Adding 2⁵² rounds to a whole number.
    let eighth = (8.0 * size.hi + TO_WHOLE) - TO_WHOLE;
    let c = eighth / 8.0;
    let h = size - Double::from(c);
    let (linear, square) = (h * Double::from(-2.0 * c), h * h * Double::from(-2.0));
    let (mut before, mut u, mut sum) = (Double::from(1.0), linear, Double::from(1.0) + linear * INVERSE[2]);
    for n in 1..8 {
        (before, u) = (u, (linear * u + square * before) * INVERSE[n + 1]);
        sum += u * INVERSE[n + 2];
    }
    let (mut before, mut u, mut rest) = (before.hi, u.hi, 0.0);
    for n in 8..18 {
        let next = f64::from(n + 1);
        (before, u) = (u, (linear.hi * u + square.hi * before) / next);
        rest += u / (next + 1.0);
    }
    let slope = Double::FRAC_2_SQRT_PI * exp::exp(Double::from(-c * c));
    let value = ERF_OF_EIGHTHS[eighth as usize] + slope * h * (sum + Double::from(rest));
    if x.hi < 0.0 { -value } else { value }
}

/// 2⁵².
const TO_WHOLE: f64 = 4_503_599_627_370_496.0;

/// erf(j / 8) for j = 0 … 64, from 400 bits.
#[rustfmt::skip]
const ERF_OF_EIGHTHS: [Double; 65] = [
    Double::pair(0.0, 0.0),
    Double::pair(0.140_316_204_801_333_8, 1.259_610_382_703_694_2e-17),
    Double::pair(0.276_326_390_168_236_96, -2.422_707_622_118_416_3e-17),
    Double::pair(0.404_116_909_434_822_3, -1.509_449_780_625_651_7e-17),
    Double::pair(0.520_499_877_813_046_5, 1.900_077_467_916_287e-17),
    Double::pair(0.623_240_882_188_418, -2.701_681_683_613_529_7e-17),
    Double::pair(0.711_155_633_653_515_1, 4.697_440_771_642_89e-17),
    Double::pair(0.784_075_061_059_859_7, -3.204_544_978_890_348e-17),
    Double::pair(0.842_700_792_949_714_9, -2.480_101_178_911_860_2e-17),
    Double::pair(0.888_388_231_701_707_8, -1.158_643_993_739_769e-17),
    Double::pair(0.922_900_128_256_458_3, -5.517_754_429_863_92e-17),
    Double::pair(0.948_170_072_782_090_3, 1.071_691_533_519_912e-17),
    Double::pair(0.966_105_146_475_310_8, -3.386_703_144_168_069_6e-17),
    Double::pair(0.978_443_733_239_983_7, -1.702_851_317_892_558_8e-17),
    Double::pair(0.986_671_671_219_182_4, 2.143_119_028_956_533_8e-17),
    Double::pair(0.991_990_057_670_119_9, 3.012_677_904_558_272_7e-17),
    Double::pair(0.995_322_265_018_952_7, 2.207_198_583_297_65e-17),
    Double::pair(0.997_345_970_640_517_7, -6.548_583_264_315_741e-18),
    Double::pair(0.998_537_283_413_318_8, 2.695_640_588_541_345_7e-17),
    Double::pair(0.999_217_061_782_108_9, -1.434_911_733_255_568_2e-17),
    Double::pair(0.999_593_047_982_555, 4.692_515_109_704_223_4e-17),
    Double::pair(0.999_794_624_263_858_8, -6.255_666_555_692_380_4e-18),
    Double::pair(0.999_899_378_077_880_3, 4.451_378_916_214_761e-17),
    Double::pair(0.999_952_145_160_256_2, 1.493_359_812_585_8e-17),
    Double::pair(0.999_977_909_503_001_4, 5.363_397_058_636_269e-17),
    Double::pair(0.999_990_103_265_374_7, 1.313_233_654_349_327_6e-17),
    Double::pair(0.999_995_697_220_536_3, 5.224_680_575_187_069e-17),
    Double::pair(0.999_998_184_718_572_6, -4.284_756_581_330_801e-17),
    Double::pair(0.999_999_256_901_627_6, 4.964_727_918_721_220_4e-17),
    Double::pair(0.999_999_704_859_807_5, -3.810_833_672_487_368_6e-18),
    Double::pair(0.999_999_886_272_743_4, 4.227_618_239_182_961_5e-17),
    Double::pair(0.999_999_957_486_056, -5.061_664_878_955_853_6e-17),
    Double::pair(0.999_999_984_582_742_1, 1.448_265_319_200_25e-17),
    Double::pair(0.999_999_994_576_599_2, 3.996_756_673_920_96e-17),
    Double::pair(0.999_999_998_149_425_9, 9.866_750_341_927_52e-19),
    Double::pair(0.999_999_999_387_516_7, -9.046_130_618_729_546e-18),
    Double::pair(0.999_999_999_803_383_9, 1.261_472_797_505_494_7e-17),
    Double::pair(0.999_999_999_938_783_9, 3.813_525_439_388_226e-17),
    Double::pair(0.999_999_999_981_514_9, 5.461_622_108_299_497e-17),
    Double::pair(0.999_999_999_994_586_6, 4.100_177_432_181_354_5e-17),
    Double::pair(0.999_999_999_998_462_6, -2.294_992_711_807_301e-17),
    Double::pair(0.999_999_999_999_576_6, -1.727_604_158_766_289e-17),
    Double::pair(0.999_999_999_999_886_9, 2.859_354_043_191_264e-17),
    Double::pair(0.999_999_999_999_970_7, 1.500_230_523_258_917_7e-17),
    Double::pair(0.999_999_999_999_992_7, -3.037_595_544_836_49e-17),
    Double::pair(0.999_999_999_999_998_2, -1.566_316_625_075_595_2e-17),
    Double::pair(0.999_999_999_999_999_6, 2.087_554_810_748_885_3e-17),
    Double::pair(0.999_999_999_999_999_9, 1.410_674_600_974_390_3e-17),
    Double::pair(1.0, -2.151_973_671_249_891_3e-17),
    Double::pair(1.0, -4.633_222_155_299_265_6e-18),
    Double::pair(1.0, -9.672_204_131_876_253e-19),
    Double::pair(1.0, -1.957_752_304_280_631_7e-19),
    Double::pair(1.0, -3.842_148_327_120_647_5e-20),
    Double::pair(1.0, -7.310_869_685_530_323e-21),
    Double::pair(1.0, -1.348_767_889_361_13e-21),
    Double::pair(1.0, -2.412_535_134_375_822e-22),
    Double::pair(1.0, -4.183_825_607_779_414e-23),
    Double::pair(1.0, -7.034_487_747_459_961e-24),
    Double::pair(1.0, -1.146_690_081_481_501_2e-24),
    Double::pair(1.0, -1.812_217_052_439_620_3e-25),
    Double::pair(1.0, -2.776_649_386_030_569e-26),
    Double::pair(1.0, -4.124_533_420_209_177e-27),
    Double::pair(1.0, -5.939_747_859_517_146e-28),
    Double::pair(1.0, -8.292_723_782_930_443e-29),
    Double::pair(1.0, -1.122_429_717_298_292_6e-29),
];
