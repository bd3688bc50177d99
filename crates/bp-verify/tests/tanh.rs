//! (b) tanh′ = 1 − h² by a route that has neither: sech² a = 4e / (1 + e)², e = e^−2|a|, in 106 bits (M12).
//!
//! "1 − h²" is an identity, not an algorithm: near saturation h rounds to 1 and every digit is lost. What can be
//! promised is absolute. With ẑ = z + e, |e| ≤ err(h): |(1 − ẑ)(1 + ẑ) − (1 − z²)| ≤ 2|z||e| + e² ≤ 2 err(h) + e², and the
//! three roundings of (1 − ẑ)(1 + ẑ) cost at most 3u of a result ≤ 1. So |fl(h′) − tanh′(a)| ≤ 3u + 2 err(h), and
//! err(h) is what bp-math declares: `bp_math::ulp`, checked on every f32 and argued for f64.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bp_core::{Act, Activation, Float};
use bp_verify::Double;

/// The distance between floats just below |z|.
fn ulp<S: Float>(z: f64) -> f64 {
    2.0 * S::UNIT_ROUNDOFF * (z.abs() * (1.0 - S::UNIT_ROUNDOFF)).log2().floor().exp2()
}

/// The largest share of the bound that `derivative` uses, over a grid of both signs from 2⁻²⁰ to 20.
fn largest_share<S: Float>(tanh_ulps: f64, derivative: impl Fn(S, S) -> S) -> f64 {
    let magnitudes = (0..24 * 512).map(|n| (f64::from(n) / 512.0 - 20.0).exp2()).filter(|a| *a <= 20.0);
    let a = magnitudes.chain((1..2_000).map(|n| f64::from(n) * 0.01)).flat_map(|a| [a, -a]).map(S::from_f64);
    let mut largest = 0.0;
    for a in a {
        let z = Act::Tanh.value(a);
        let want = Double::from(a.to_f64()).sech2();
        let err = tanh_ulps * ulp::<S>(z.to_f64());
        // e² of the derivation, and 2⁻⁸⁰ for the reference itself.
        let bound = 3.0 * S::UNIT_ROUNDOFF + 2.0 * err + err * err + 2.0_f64.powi(-80);
        let off = (Double::from(derivative(a, z).to_f64()) - want).abs().to_f64();
        let share = off / bound;
        largest = if share > largest || share.is_nan() { share } else { largest };
    }
    largest
}

fn check<S: Float>(tanh_ulps: f64) {
    let engine = largest_share::<S>(tanh_ulps, |a, z| Act::Tanh.derivative(a, z));
    assert!(engine <= 1.0, "{}: {engine} of the bound", S::NAME);
    // The bound is no barn door: the engine uses a good part of it …
    assert!(engine >= 0.1, "{}: only {engine} of the bound", S::NAME);
    // … and none of these fits through: h′ at the output, the square lost, a stray epsilon of 16 u, h′ forgotten.
    let epsilon = S::from_f64(32.0 * S::UNIT_ROUNDOFF);
    let wrong: [fn(S, S, S) -> S; 4] = [
        |_, z, _| (S::ONE - z.tanh()) * (S::ONE + z.tanh()),
        |_, z, _| S::ONE - z,
        |_, z, epsilon| (S::ONE - z) * (S::ONE + z) - epsilon,
        |_, _, _| S::ONE,
    ];
    for (n, derivative) in wrong.into_iter().enumerate() {
        let share = largest_share::<S>(tanh_ulps, |a, z| derivative(a, z, epsilon));
        assert!(!(share <= 1.0), "{}: wrong derivative {n} passed with {share}", S::NAME);
    }
}

#[test]
fn tanh_in_single_precision() {
    check::<f32>(bp_math::ulp::f32::TANH);
}

#[test]
fn tanh_in_double_precision() {
    check::<f64>(bp_math::ulp::f64::TANH);
}

/// M12's example with its own names: δ_j = (1 − z_j²) Σ_k w_kj δ_k by hand, for one unit.
#[test]
fn the_slope_at_known_points() {
    for (a, slope) in [(0.0, 1.0), (f64::INFINITY, 0.0), (f64::NEG_INFINITY, 0.0), (1e4, 0.0)] {
        let z = Act::Tanh.value(a);
        assert_eq!(Act::Tanh.derivative(a, z).to_bits(), f64::to_bits(slope), "at {a}");
    }
}
