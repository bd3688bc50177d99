//! Arguments at which elementary functions are tried.

/// A sequence in (0, 1), different for every seed.
pub(crate) fn uniform(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed;
    core::iter::repeat_with(move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 * 2.0_f64.powi(-53)
    })
}

/// Where the reductions, the series and the range end.
pub(crate) fn hard() -> Vec<f64> {
    let mut points = vec![0.0, f64::from_bits(1), f64::MIN_POSITIVE, f64::MAX, 1e-300, 1e-200, 1e-100, 1e-60, 1e-20];
    points.extend([1e-16, 1e-8, 1e-3, 5.0, 1e3, 1e4, 99_999.0, 1e5, 1e6, 1e15, 1e100, 6.0, 20.0, 40.0, 60.0, 380.0]);
    // Overflow and underflow of exp, of expm1, of sech².
    points.extend([709.0, 709.782_712_893_383_9, 709.782_712_893_384_1, 710.0, 708.396_418_532_264_1]);
    points.extend([744.0, 745.133_219_101_941_1, 745.133_219_101_941_2, 746.0, 800.0, 354.2, 372.5, 373.0]);
    let multiples = (1..40).flat_map(|n| {
        let n = f64::from(n);
        [n * core::f64::consts::LN_2 / 2.0, n * core::f64::consts::FRAC_PI_4, n / 16.0, (n - 20.0).exp2()]
    });
    points.extend(multiples);
    points.extend([1000.0, 31_830.0, 63_661.0].map(|n| n * core::f64::consts::FRAC_PI_2));
    points.extend([0.29, 0.41, core::f64::consts::SQRT_2, core::f64::consts::FRAC_1_SQRT_2, 1.0 / 6.0]);
    // Each with its neighbours and 1 ± what is tiny, of either sign.
    let near = points.iter().flat_map(|&x| [x, x.next_up(), x.next_down(), 1.0 + x]);
    near.flat_map(|x| [x, -x]).filter(|x| x.is_finite()).collect()
}

/// Numbers of ordinary size, in every range that matters, down to 10⁻⁹⁰.
pub(crate) fn random(seed: u64, n: usize) -> Vec<f64> {
    let pairs: Vec<f64> = uniform(seed).take(2 * n).collect();
    let signed = |x: f64, bit: f64| if (bit * 4096.0).fract() < 0.5 { x } else { -x };
    let points = pairs.chunks(2).enumerate().map(|(i, pair)| match i % 4 {
        0 => signed(pair[0] * 3.0, pair[1]),
        1 => signed(pair[0] * 20.0, pair[1]),
        2 => signed(pair[0] * 750.0, pair[1]),
        _ => signed((pair[0] * 340.0 - 324.0).clamp(-300.0, 5.0).exp2() * pair[1].max(0.1), pair[1]),
    });
    points.collect()
}
