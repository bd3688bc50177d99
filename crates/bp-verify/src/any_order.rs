//! [`AnyOrder`]: the reference backend over [`Rounded`], for factors alpha in any place.

use bp_core::{Accum, Backend, Float, MatMut, MatRef, Scalar};

use crate::Rounded;

/// The backend over [`Rounded`] that bounds a product for any order of summation and for a factor alpha that is applied
/// to the products or to their sum.
///
/// [`Rounded`] itself keeps sums open, so that the order does not matter; here alpha is one more factor of every
/// product, which costs at least as much as to multiply the sum with it.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyOrder;

impl<S: Float> Backend<Rounded<S>> for AnyOrder {
    fn name(&self) -> &str {
        "any-order"
    }

    fn gemm(
        &self,
        mut dst: MatMut<'_, Rounded<S>>,
        accum: Accum,
        alpha: Rounded<S>,
        lhs: MatRef<'_, Rounded<S>>,
        rhs: MatRef<'_, Rounded<S>>,
    ) {
        for i in 0..dst.rows() {
            for (j, dst) in dst.row_mut(i).iter_mut().enumerate() {
                let mut sum = if accum == Accum::Add { *dst } else { Rounded::ZERO };
                for k in 0..lhs.cols() {
                    sum += (alpha * lhs.at(i, k)) * rhs.at(k, j);
                }
                *dst = sum;
            }
        }
    }
}
