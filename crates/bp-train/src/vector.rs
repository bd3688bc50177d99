//! [`Vector`]: the scalars that have vectors, and what the direct loops ask of one, for any width of the machine.

use std::cell::RefCell;

use bp_core::Float;
use pulp::{Simd, bytemuck};
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
        /// The vector of the numbers `of(0)`, `of(1)`, ….
        fn build<V: Simd>(simd: V, of: impl Fn(usize) -> Self) -> Self::Vector<V>;
        fn lanes<V: Simd>() -> usize;
        fn splat<V: Simd>(simd: V, x: Self) -> Self::Vector<V>;
        /// The whole vectors at the start of a slice.
        fn vectors<V: Simd>(from: &[Self]) -> &[Self::Vector<V>];
        /// The same, to write to.
        fn vectors_mut<V: Simd>(from: &mut [Self]) -> &mut [Self::Vector<V>];
        /// A vector that begins with the numbers of a slice which is shorter; the rest is 0.
        fn partial<V: Simd>(simd: V, from: &[Self]) -> Self::Vector<V>;
        /// Writes as many of a vector's first numbers as fit.
        fn put_partial<V: Simd>(simd: V, to: &mut [Self], v: Self::Vector<V>);
        /// a · b + c, fused where the machine can.
        fn mul_add<V: Simd>(simd: V, a: Self::Vector<V>, b: Self::Vector<V>, c: Self::Vector<V>) -> Self::Vector<V>;
        fn plus<V: Simd>(simd: V, a: Self::Vector<V>, b: Self::Vector<V>) -> Self::Vector<V>;
        fn times<V: Simd>(simd: V, a: Self::Vector<V>, b: Self::Vector<V>) -> Self::Vector<V>;
        /// Where `choose` is 0 the lane of `a`, elsewhere that of `b`.
        fn blend<V: Simd>(simd: V, choose: Self::Vector<V>, a: Self::Vector<V>, b: Self::Vector<V>) -> Self::Vector<V>;
        /// Lane l goes to lane l + by, past the last one from the first.
        fn rotate<V: Simd>(simd: V, v: Self::Vector<V>, by: usize) -> Self::Vector<V>;
        /// Runs `job` with memory of this thread for packed operands.
        fn with_room<R>(job: impl FnOnce(&mut Vec<Self>) -> R) -> R;
        fn sum<V: Simd>(simd: V, v: Self::Vector<V>) -> Self;
    }
}

macro_rules! impl_lanes {
    ($float:ident, $vector:ident, $lanes:ident, $splat:ident, $load:ident, $store:ident, $partial:ident, $put_partial:ident,
     $fma:ident, $add:ident, $mul:ident,
     $equal:ident, $select:ident, $rotate:ident, $sum:ident) => {
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
            fn vectors_mut<V: Simd>(from: &mut [Self]) -> &mut [V::$vector] {
                V::$store(from).0
            }
            #[inline(always)]
            fn partial<V: Simd>(simd: V, from: &[Self]) -> V::$vector {
                simd.$partial(from)
            }
            #[inline(always)]
            fn put_partial<V: Simd>(simd: V, to: &mut [Self], v: V::$vector) {
                simd.$put_partial(to, v);
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
            fn times<V: Simd>(simd: V, a: V::$vector, b: V::$vector) -> V::$vector {
                simd.$mul(a, b)
            }
            #[inline(always)]
            fn blend<V: Simd>(simd: V, choose: V::$vector, a: V::$vector, b: V::$vector) -> V::$vector {
                simd.$select(simd.$equal(choose, simd.$splat(0.0)), a, b)
            }
            #[inline(always)]
            fn rotate<V: Simd>(simd: V, v: V::$vector, by: usize) -> V::$vector {
                simd.$rotate(v, by)
            }
            #[inline(always)]
            fn build<V: Simd>(simd: V, of: impl Fn(usize) -> Self) -> V::$vector {
                let mut v = simd.$splat(0.0);
                let lanes: &mut [Self] = bytemuck::cast_slice_mut(core::slice::from_mut(&mut v));
                lanes.iter_mut().enumerate().for_each(|(l, x)| *x = of(l));
                v
            }
            fn with_room<R>(job: impl FnOnce(&mut Vec<Self>) -> R) -> R {
                thread_local!(static ROOM: RefCell<Vec<$float>> = const { RefCell::new(vec![]) });
                ROOM.with_borrow_mut(job)
            }
            #[inline(always)]
            fn sum<V: Simd>(simd: V, v: V::$vector) -> Self {
                simd.$sum(v)
            }
        }
    };
}

impl_lanes!(
    f32,
    f32s,
    F32_LANES,
    splat_f32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    partial_load_f32s,
    partial_store_f32s,
    mul_add_e_f32s,
    add_f32s,
    mul_f32s,
    equal_f32s,
    select_f32s,
    rotate_right_f32s,
    reduce_sum_f32s
);
impl_lanes!(
    f64,
    f64s,
    F64_LANES,
    splat_f64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    partial_load_f64s,
    partial_store_f64s,
    mul_add_e_f64s,
    add_f64s,
    mul_f64s,
    equal_f64s,
    select_f64s,
    rotate_right_f64s,
    reduce_sum_f64s
);
