//! What the tests in `tests/tests` share: one suite for every backend and scalar type, and the golden vectors.
//!
//! A check is a generic function over a backend and a scalar; [`for_every_backend_and_scalar`] makes six tests of it.
//! What a network should compute comes from three sides: from [`slow`], the specification written as plain loops,
//! which also knows how far rounding may take any implementation; from [`golden`], numbers computed elsewhere; and
//! from arithmetic that is exact, in the tests themselves.
//!
//! What it is not: the laws and certificates of `bp-verify`, which prove more about fewer things. Read `suite.rs`
//! first.

pub mod arrays;
pub mod ball;
pub mod golden;
pub mod nets;
pub mod slow;
pub mod suite;

/// Makes a test of each check for every backend and scalar type.
///
/// A check is a `fn check<B: Backend<S> + Default, S: Float>()` in the same file.
#[macro_export]
macro_rules! for_every_backend_and_scalar {
    ($($check:ident),* $(,)?) => {$(
        mod $check {
            #[test]
            fn reference_f32() {
                super::$check::<bp_core::Reference, f32>();
            }
            #[test]
            fn reference_f64() {
                super::$check::<bp_core::Reference, f64>();
            }
            #[test]
            fn ndarray_f32() {
                super::$check::<bp_ndarray::Ndarray, f32>();
            }
            #[test]
            fn ndarray_f64() {
                super::$check::<bp_ndarray::Ndarray, f64>();
            }
            #[test]
            fn faer_f32() {
                super::$check::<bp_faer::Faer, f32>();
            }
            #[test]
            fn faer_f64() {
                super::$check::<bp_faer::Faer, f64>();
            }
        }
    )*};
}
