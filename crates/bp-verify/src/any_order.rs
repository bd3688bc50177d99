//! [`AnyOrder`]: products of [`Rounded`] numbers, bounded for any order of summation.

use bp_core::{Accum, Backend, Float, MatMut, MatRef, Scalar};

use crate::rounding::{Rounded, mix, product_error, underflow};

/// The backend over [`Rounded`] whose sums are bounded for **any** order of summation, with or without fused
/// multiply–add or blocking: n products cost γ_{n+2} Σ |l| |r|, γ_n = n u / (1 − n u) (Higham 3.1).
///
/// This makes one bound serve every backend.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyOrder;

/// γ_n for scalar `S`: ∞ from n u = 1 on.
pub fn gamma<S: Float>(n: usize) -> f64 {
    let nu = n as f64 * S::UNIT_ROUNDOFF;
    if nu < 1.0 { nu / (1.0 - nu) } else { f64::INFINITY }
}

/// A sum of products under way.
struct Sum<S> {
    total: Rounded<S>,
    magnitude: f64,
    terms: usize,
}

impl<S: Float> Sum<S> {
    fn new() -> Self {
        Self { total: Rounded::ZERO, magnitude: 0.0, terms: 0 }
    }

    #[inline]
    fn add(&mut self, l: Rounded<S>, r: Rounded<S>) {
        let product = l.value * r.value;
        self.total.value += product;
        self.total.error += product_error(l, r);
        self.total.path = mix(self.total.path, mix(l.path, r.path));
        self.magnitude += l.top() * r.top();
        self.terms += 1;
    }

    /// Alpha times the sum, and what stood in `dst` if it is kept.
    fn store(mut self, dst: &mut Rounded<S>, accum: Accum, alpha: Rounded<S>) {
        if !alpha.is_exactly(1.0) {
            self.total.error = product_error(alpha, self.total);
            self.total.value *= alpha.value;
            self.magnitude *= alpha.top();
            self.terms += 1;
        }
        if accum == Accum::Add {
            self.magnitude += dst.top();
            self.total.value += dst.value;
            self.total.error += dst.error;
            self.total.path = mix(self.total.path, dst.path);
            self.terms += 1;
        }
        if self.magnitude > 0.0 || self.magnitude.is_nan() {
            self.total.error += gamma::<S>(self.terms + 2) * self.magnitude;
            self.total.error += self.terms as f64 * underflow::<S>(0.0);
        }
        *dst = self.total;
    }
}

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
            for j in 0..dst.cols() {
                let mut sum = Sum::new();
                for k in 0..lhs.cols() {
                    sum.add(lhs.at(i, k), rhs.at(k, j));
                }
                sum.store(&mut dst.row_mut(i)[j], accum, alpha);
            }
        }
    }

    fn sum_rows(&self, dst: &mut [Rounded<S>], accum: Accum, delta: MatRef<'_, Rounded<S>>) {
        for (j, dst) in dst.iter_mut().enumerate() {
            let mut sum = Sum::new();
            for i in 0..delta.rows() {
                sum.add(delta.at(i, j), Rounded::ONE);
            }
            sum.store(dst, accum, Rounded::ONE);
        }
    }
}
