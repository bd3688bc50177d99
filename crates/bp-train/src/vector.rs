//! [`Vector`]: the scalars that have vectors, and what the direct loops ask of one, for any width of the machine.

use bp_core::Float;
use pulp::Simd;
use sealed::Lanes;

/// A scalar with vectors: `f32` or `f64`.
///
/// ```
/// fn name_of<S: bp_train::Vector>() -> &'static str {
///     S::NAME
/// }
/// assert_eq!(name_of::<f64>(), "f64");
/// ```
pub trait Vector: Float + Lanes {}

impl Vector for f32 {}
impl Vector for f64 {}

pub(crate) mod sealed {
    use pulp::Simd;

    /// What the loops ask of a vector, for any width.
    pub trait Lanes: Sized {
        type Vector<V: Simd>: Copy;
        fn lanes<V: Simd>() -> usize;
        fn splat<V: Simd>(simd: V, x: Self) -> Self::Vector<V>;
        /// The whole vectors at the start of a slice.
        fn vectors<V: Simd>(from: &[Self]) -> &[Self::Vector<V>];
        /// a · b + c, fused where the machine can.
        fn mul_add<V: Simd>(simd: V, a: Self::Vector<V>, b: Self::Vector<V>, c: Self::Vector<V>) -> Self::Vector<V>;
        fn plus<V: Simd>(simd: V, a: Self::Vector<V>, b: Self::Vector<V>) -> Self::Vector<V>;
        fn sum<V: Simd>(simd: V, v: Self::Vector<V>) -> Self;
    }
}

macro_rules! impl_lanes {
    ($float:ty, $vector:ident, $lanes:ident, $splat:ident, $load:ident, $fma:ident, $add:ident, $sum:ident) => {
        impl Lanes for $float {
            type Vector<V: Simd> = V::$vector;
            #[inline(always)]
            fn lanes<V: Simd>() -> usize {
                V::$lanes
            }
            #[inline(always)]
            fn splat<V: Simd>(simd: V, x: Self) -> V::$vector {
                simd.$splat(x)
            }
            #[inline(always)]
            fn vectors<V: Simd>(from: &[Self]) -> &[V::$vector] {
                V::$load(from).0
            }
            #[inline(always)]
            fn mul_add<V: Simd>(simd: V, a: V::$vector, b: V::$vector, c: V::$vector) -> V::$vector {
                simd.$fma(a, b, c)
            }
            #[inline(always)]
            fn plus<V: Simd>(simd: V, a: V::$vector, b: V::$vector) -> V::$vector {
                simd.$add(a, b)
            }
            #[inline(always)]
            fn sum<V: Simd>(simd: V, v: V::$vector) -> Self {
                simd.$sum(v)
            }
        }
    };
}

impl_lanes!(f32, f32s, F32_LANES, splat_f32s, as_simd_f32s, mul_add_e_f32s, add_f32s, reduce_sum_f32s);
impl_lanes!(f64, f64s, F64_LANES, splat_f64s, as_simd_f64s, mul_add_e_f64s, add_f64s, reduce_sum_f64s);
