//! One product by faer: views in, `matmul` on one thread.

use std::hint::black_box;

use bp_core::{Accum, Float, MatMut, MatRef};
use faer::Par;
use faer::linalg::matmul::matmul;

/// A scalar that faer multiplies: `f32` or `f64`.
///
/// ```
/// fn network_of<S: bp_faer::Element>() -> &'static str {
///     S::NAME
/// }
/// assert_eq!(network_of::<f32>(), "f32");
/// ```
pub trait Element: Float + sealed::Sealed {}

mod sealed {
    /// What faer needs, kept out of the public signature.
    pub trait Sealed: faer::traits::ComplexField {}
}

impl Element for f32 {}
impl Element for f64 {}
impl sealed::Sealed for f32 {}
impl sealed::Sealed for f64 {}

/// `dst ← (dst +) alpha · lhs · rhs`.
pub(crate) fn product<S: Element>(dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
    let accum = match accum {
        Accum::Replace => faer::Accum::Replace,
        Accum::Add => faer::Accum::Add,
    };
    matmul(write(dst), accum, read(lhs), read(rhs), alpha, Par::Seq);
    clear_wide_registers();
}

/// faer's kernels return without clearing the upper halves of the vector registers, and until somebody does,
/// every scalar instruction waits for them: a tanh takes 30 to 45 ns instead of 7. The compiler clears them at the
/// end of any function that it has built for wide vectors, so calling one is enough (measured: 2 ns).
fn clear_wide_registers() {
    struct Touch;
    impl pulp::NullaryFnOnce for Touch {
        type Output = ();
        #[inline(always)]
        fn call(self) {
            let mut wide = [1.0_f32; 16];
            black_box(&mut wide).iter_mut().for_each(|x| *x += 1.0);
            black_box(&wide);
        }
    }
    pulp::Arch::new().dispatch(Touch);
}

fn read<S: Element>(view: MatRef<'_, S>) -> faer::MatRef<'_, S> {
    let (data, ld) = (view.data(), view.ld());
    if view.is_transposed() {
        faer::MatRef::from_column_major_slice_with_stride(data, view.rows(), view.cols(), ld)
    } else {
        faer::MatRef::from_row_major_slice_with_stride(data, view.rows(), view.cols(), ld)
    }
}

/// Row-major is the transpose of column-major. (faer 0.24.4's own `from_row_major_slice_with_stride_mut` swaps the
/// two strides.)
fn write<S: Element>(view: MatMut<'_, S>) -> faer::MatMut<'_, S> {
    let (rows, cols, ld) = (view.rows(), view.cols(), view.ld());
    faer::MatMut::from_column_major_slice_with_stride_mut(view.into_data(), cols, rows, ld).transpose_mut()
}
