//! One product by faer: views in, `matmul` on one thread.

use std::hint::black_box;

use bp_core::{Accum, MatMut, MatRef};
use bp_train::Vector;
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
pub trait Element: Vector + sealed::Sealed {}

mod sealed {
    /// What faer needs, kept out of the public signature.
    pub trait Sealed: faer::traits::ComplexField {}
}

impl Element for f32 {}
impl Element for f64 {}
impl sealed::Sealed for f32 {}
impl sealed::Sealed for f64 {}

/// Bytes of a row of a block of columns for which what faer packs stays in the cache. On whole large products it runs at
/// two thirds of the speed that it has on such blocks.
const BLOCK_BYTES: usize = 256;
/// The same, and the inner size, for a transposed left-hand side whose columns are far apart: the gradient of weights.
const GRADIENT_BLOCK_BYTES: usize = 1024;
const GRADIENT_INNER: usize = 128;

/// `dst ← (dst +) alpha · lhs · rhs`, block by block. Blocks cut columns and sums by their number alone, so a tile of rows
/// has the bits of the whole.
pub(crate) fn product<S: Element>(dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
    let (n, k) = (dst.cols(), lhs.cols());
    let (bytes, inner) = match lhs.is_transposed() {
        true => (GRADIENT_BLOCK_BYTES, even(k, GRADIENT_INNER)),
        false => (BLOCK_BYTES, k),
    };
    let columns = even(n, bytes / size_of::<S>());
    let mut dst = dst;
    if columns >= n && inner >= k {
        one_block(dst, accum, alpha, lhs, rhs);
    } else {
        let (rows, ld) = (dst.rows(), dst.ld());
        for j in (0..n).step_by(columns.max(1)) {
            let to = n.min(j + columns);
            let right = rhs.t().rows_range(j, to).t();
            for from in (0..k.max(1)).step_by(inner.max(1)) {
                let until = k.min(from + inner);
                let data = dst.reborrow().into_data();
                let part = MatMut::with_ld(data.get_mut(j..).unwrap_or_default(), rows, to - j, ld);
                let accum = if from == 0 { accum } else { Accum::Add };
                one_block(part, accum, alpha, lhs.t().rows_range(from, until).t(), right.rows_range(from, until));
            }
        }
    }
    clear_wide_registers();
}

/// The size of the parts if `n` is cut into parts of nearly `most`, all alike and multiples of 16.
fn even(n: usize, most: usize) -> usize {
    let parts = n.div_ceil(most + most / 4).max(1);
    n.div_ceil(parts).next_multiple_of(16)
}

fn one_block<S: Element>(dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
    let accum = match accum {
        Accum::Replace => faer::Accum::Replace,
        Accum::Add => faer::Accum::Add,
    };
    matmul(write(dst), accum, read(lhs), read(rhs), alpha, Par::Seq);
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
