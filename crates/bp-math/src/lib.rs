//! Elementary functions for neural networks: one algorithm each, the same bits on every machine, no dependency.
//!
//! Two modules with the same names, [`mod@f32`] and [`mod@f64`]; each has the functions on one value and, in a module
//! `slice`, on slices in place. [`ulp`] declares the worst error of every function as a constant. Everything above this
//! crate takes its transcendental functions from here and from nowhere else. What it is not: a general mathematics
//! library, or one that is right in other rounding modes than to nearest.
//!
//! ```
//! assert!((bp_math::f64::tanh(0.5) - 0.46211715726000975).abs() < 1e-15);
//! // Saturated on both sides, never NaN.
//! assert_eq!(bp_math::f32::logistic(-1e4), 0.0);
//! assert_eq!(bp_math::f32::softplus(1e4), 1e4);
//! // Where tanh saturates, 1 − z² knows nothing; sech² does.
//! assert_eq!(bp_math::f64::tanh_derivative(bp_math::f64::tanh(20.0)), 0.0);
//! assert!(bp_math::f64::sech2(20.0) > 1.6e-17);
//! let mut z = [0.1_f32; 100];
//! bp_math::f32::slice::tanh(&mut z);
//! assert_eq!(z[99].to_bits(), bp_math::f32::tanh(0.1).to_bits());
//! assert!(bp_math::ulp::f32::TANH <= 0.51);
//! ```
//!
//! In the book's notation these are activation functions h and their slopes h′: `tanh` and `tanh_derivative`, `logistic` (σ), and
//! the logarithms of error functions. Where to go next: `bp_core::Act`, which is made of them; the front page of `bp_core` for the
//! table of notation; [losses and output functions](https://github.com/bp-rs/bp/blob/main/docs/guide/losses.md) in the guide for why stable forms are needed.
//!
//! # Equal bits, any vector width
//!
//! Bodies consist of IEEE +, −, ×, ÷, √ and bit operations, in a fixed order and without a fused multiply-add. The
//! compiler may not reorder or fuse these, so a loop has the same bits whether it runs on one value at a time or in vectors
//! of SSE2, AVX2, AVX-512 or NEON. There are no branches, tables or casts to integers in them (sine and cosine, and the
//! square root without `std`, apart), so flat loops vectorise. Everything is `#[inline(always)]`: a caller that wants wide
//! vectors calls a `slice` function inside its own width dispatch; that takes a dependency or `unsafe`, and this crate has
//! neither. NaN payloads are not promised.
//!
//! # Functions
//!
//! | function | formula | domain | declared ulp, f32 | f64 |
//! | --- | --- | --- | --- | --- |
//! | `exp` | eˣ | all | 0.51 | 1 |
//! | `expm1` | eˣ − 1 | all | 0.51 | 1.5 |
//! | `ln` | ln x | x > 0, −∞ at 0, NaN below | 0.51 | 1.5 |
//! | `ln1p` | ln(1 + x) | x > −1, −∞ at −1, NaN below | 0.51 | 1.5 |
//! | `tanh` | (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ) | all | 0.51 | 2 |
//! | `tanh_derivative` | (1 − z)(1 + z) | all z; means something for \|z\| ≤ 1 | 0.51 | 2 |
//! | `sech2` | 4/(eᵃ + e⁻ᵃ)² | all | 0.51 | 2 |
//! | `logistic` | 1/(1 + e⁻ˣ) | all | 0.51 | 2 |
//! | `softplus` | ln(1 + eˣ) | all | 0.51 | 2 |
//! | `log_sigmoid` | −ln(1 + e⁻ˣ) | all | 0.51 | 2 |
//! | `erf` | 2/√π ∫₀ˣ e^(−t²) dt | all | 0.51 | 2 |
//! | `erfc` | 1 − erf x | all | 0.51 | 2 |
//! | `sqrt` | √x | x ≥ 0, NaN below | 0.5 | 0.5 |
//! | `sin`, `cos` | | finite x, NaN at ±∞ | 0.51 | 1.5 |
//! | `abs` | \|x\| | all | 0 | 0 |
//!
//! Odd functions keep −0, NaN stays NaN, subnormal arguments and results are right, and results overflow and underflow
//! where the exact ones do.
//!
//! # Why single precision is within 0.51
//!
//! It is computed in double precision with an error below 2⁻³⁰ and rounded once, so a result can miss the nearest float only
//! if the exact value lies within 2⁻³⁰ of the middle between two. The constants rest on more than that argument: for the
//! functions that `docs/accuracy.md` lists so, every one of the 2³² inputs has been looked at (`cargo xtask ulps`), and
//! `cargo test` does it each time for `tanh`, `exp` and `logistic`. Nowhere there was a decrease of a rising function.
//!
//! # Why double precision is within 2
//!
//! u = 2⁻⁵³ is half an ulp of 1; a rounding costs at most half an ulp of its own result. Polynomial errors are those of the
//! committed coefficients against 60 digits, and evaluation is by Horner's rule, where only the last two steps count: the
//! earlier ones are multiplied by powers of the small argument.
//!
//! - **Reduction for eˣ.** x = n ln 2 + r + c. ln 2 is cut after 42 places, n has at most 11, so n·`LN2_HI` and x − n·`LN2_HI`
//!   are exact; r rounds the rest and c is what it lost, itself wrong by 2⁻⁵⁴·n·2⁻⁴⁴ at most. |r| ≤ 0.3466 (1 + 2⁻⁴⁰).
//! - **w = e^(r+c) − 1 − r** is r² q(r) + c: |w| ≤ 0.068. Its own roundings are worth 2 ulp of 0.068, that is u/8; the
//!   neglected r c is below 0.35·u/4; q's error is below u/100. Together δ ≤ 0.22 u.
//! - **exp.** 1 + r is kept in two parts, so 2ⁿ(1 + r + w) rounds once: half an ulp and δ. The mantissa is at least 0.707, where
//!   an ulp is u: ≤ 0.5 + 0.22. A subnormal result is rounded a second time: ≤ 0.5 + 0.5 of *its* larger ulp, hence **1**
//!   (and a first error far below it).
//! - **expm1.** (1 − 2⁻ⁿ) + r + w in two parts, times 2ⁿ. n = 0: r = x exactly, w/x ≤ 0.18, half an ulp and 0.3. n = 1 has the
//!   smallest value, 0.207, with ulp u/4: δ counts 0.22·4 = 0.88. 1 − 2⁻ⁿ is exact up to n = 53; beyond it rounds by half an
//!   ulp of 1 at most, before a value of at least 0.7: 0.5 + 0.5 + 0.22. **1.5**.
//! - **tanh, logistic, sech².** N and D are each known with their rounding errors, up to δ-like rests of 0.3 u. Of the first-order
//!   correction (N₁ − q D₁)/D₀ at most 18 %, 6 % and 5 % are missed, because 1/D₀ is only rough; N₁ and q D₁ are each at most
//!   an ulp of q (twice that for sech², whose D is a square). Then q is rounded, in the worst case in the binade above the
//!   result's, which costs one ulp instead of half, and the sum is rounded: 0.5 + 1 + 0.36 + rests. **2**; seen: 1.14, 1.03
//!   and 1.1.
//! - **ln.** f is exact. k·`LN2_HI` is exact, its sum with f is kept in two parts; what remains is s(f − R), at most 0.07 for k = 0
//!   and f = 0.41, with three roundings and that of s: u/4. Polynomial: u/600. The smallest result that is not f-like is 0.3466 at
//!   k = −1, ulp u/2: 0.5 + 0.5. For k = 0, s(f − R) ≤ 0.2 f: 0.5 + 0.4. **1.5**.
//! - **ln1p.** As ln of the rounded 1 + x, with what was lost divided by 1 + x: one more rounding of a quantity below u. **1.5**.
//! - **softplus, log_sigmoid.** e^−|x| enters ln1p in two parts, so ln1p's bound holds for the tail. Above 0 the sum with x rounds
//!   again: 0.5 and the tail's absolute error, at most ln1p's 1.5 ulp of a tail ≤ 0.69 below a result ≥ 0.69. **2**.
//! - **erf.** Below 1, x + x P(x²): x P is between −0.16 x and 0.13 x, with roundings of 3 ulp of 0.16: 0.5 + 0.8. Above,
//!   1 − erfc: erfc(1) = 0.157 has ulps of an eighth to a quarter of the result's and is within 4 of them: 0.5 + 1. **2**.
//! - **erfc.** Where it is 1 − erf with erf < 0.4641, erf errs by 1.3 of ulps of half the result's at most: 0.5 + 0.65. Elsewhere
//!   e^(−x²) (two parts; the square of x's head is exact) times F/(1 + 2x) in two parts: product and sum round, 0.5 + 0.5;
//!   F's last step is kept in two parts, its earlier ones are worth 0.3; its argument t has up to three roundings, 2.4 u, and
//!   F′ ≤ 0.6, so 1.2 if all of them point one way where the mantissa is near 2. **2** is thus not proved in the worst case
//!   (2.5 is): it is what measurement supports, 1.62 seen in 100,000 points.
//! - **sin, cos.** r in two parts from 192 bits (`trig.rs`); then as r + (small) and 1 − r²/2 + (small) in two parts:
//!   0.5 + 0.35 and 0.5 + 0.5. **1.5**.
//! - **tanh_derivative.** Above ½, 1 − z is exact, and two roundings are left: 0.5 + 1. Below, the errors are u/2 (1 + z) + u (1 − z),
//!   and half an ulp (u/2) for the product, of a result with ulp u: 2 − z/2. **2**.
//!
//! Where to read first: `exp.rs`, then `tanh.rs`. `single.rs` holds single precision.
#![no_std]

#[cfg(any(test, feature = "std"))]
extern crate std;

mod bits;
mod erf;
mod exp;
pub mod f32;
pub mod f64;
mod log;
mod loops;
mod single;
mod sqrt;
mod tanh;
mod trig;
pub mod ulp;
