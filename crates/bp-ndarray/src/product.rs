//! One product by ndarray: views in, `general_mat_mul` on one thread.

use bp_core::{Accum, MatMut, MatRef};
use bp_train::Vector;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder};

/// A scalar that ndarray multiplies fast: `f32` or `f64`.
///
/// ```
/// fn network_of<S: bp_ndarray::Element>() -> &'static str {
///     S::NAME
/// }
/// assert_eq!(network_of::<f32>(), "f32");
/// ```
pub trait Element: Vector + sealed::Sealed {}

mod sealed {
    /// What ndarray needs, kept out of the public signature.
    pub trait Sealed: ndarray::LinalgScalar {}
}

impl Element for f32 {}
impl Element for f64 {}
impl sealed::Sealed for f32 {}
impl sealed::Sealed for f64 {}

/// `dst ← (dst +) alpha · lhs · rhs`.
pub(crate) fn product<S: Element>(
    mut dst: MatMut<'_, S>,
    accum: Accum,
    alpha: S,
    lhs: MatRef<'_, S>,
    rhs: MatRef<'_, S>,
) {
    let beta = match accum {
        Accum::Replace => S::ZERO,
        Accum::Add => S::ONE,
    };
    if accum == Accum::Replace {
        // What stands there must not matter, and 0 · NaN is NaN.
        (0..dst.rows()).for_each(|i| dst.row_mut(i).fill(S::ZERO));
    }
    if lhs.cols() == 0 || dst.rows() == 0 || dst.cols() == 0 {
        return;
    }
    general_mat_mul(alpha, &read(lhs), &read(rhs), beta, &mut write(dst));
}

fn read<S: Element>(view: MatRef<'_, S>) -> ArrayView2<'_, S> {
    let strides = if view.is_transposed() { (1, view.ld()) } else { (view.ld(), 1) };
    ArrayView2::from_shape((view.rows(), view.cols()).strides(strides), view.data())
        .expect("a view reaches over its elements")
}

fn write<S: Element>(view: MatMut<'_, S>) -> ArrayViewMut2<'_, S> {
    let shape = (view.rows(), view.cols()).strides((view.ld(), 1));
    ArrayViewMut2::from_shape(shape, view.into_data()).expect("a view reaches over its elements")
}
