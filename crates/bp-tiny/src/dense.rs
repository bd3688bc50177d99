//! [`Dense`]: weights and biases of one layer, and every loop over them.

use crate::{Real, Sgd};

/// Weights and biases from I to J units.
///
/// Weights stand `[from][to]`, so that the J sums of a layer stand side by side; flat slices of parameters have `bp-core`'s
/// order, `[to][from]`.
///
/// Sums have the order of `bp_core::kernels`: over i, k or n from the first to the last, starting from 0. Where 0 is added
/// elsewhere than first, or not at all, nothing but the sign of a zero could differ, and a comment says why it does not.
///
/// ```
/// use bp_tiny::Dense;
/// let dense = Dense { w: [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0_f32]], b: [0.5; 3] };
/// assert_eq!(size_of_val(&dense), 9 * size_of::<f32>());
/// assert_eq!(dense.forward(&[1.0, 10.0]), [21.5, 43.5, 65.5]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dense<const I: usize, const J: usize, S> {
    /// w_ji as `w[i][j]`.
    pub w: [[S; J]; I],
    /// b_j.
    pub b: [S; J],
}

#[allow(clippy::needless_range_loop, reason = "formulas with two indices; iterators over rows cost a branch per row")]
impl<const I: usize, const J: usize, S: Real> Dense<I, J, S> {
    /// Number of parameters. A width of 0 does not compile.
    pub const N_PARAMS: usize = {
        assert!(I > 0 && J > 0, "a layer has units");
        I * J + J
    };

    /// All 0.
    #[inline(always)]
    pub fn zeros() -> Self {
        Self { w: [[S::ZERO; J]; I], b: [S::ZERO; J] }
    }

    /// aⱼ = Σᵢ wⱼᵢ zᵢ + bⱼ (Bishop 5.48).
    #[inline(always)]
    pub fn forward(&self, z: &[S; I]) -> [S; J] {
        const { assert!(Self::N_PARAMS > 0) };
        let mut a = [S::ZERO; J];
        for j in 0..J {
            a[j] = z[0] * self.w[0][j];
        }
        for i in 1..I {
            for j in 0..J {
                a[j] += z[i] * self.w[i][j];
            }
        }
        for j in 0..J {
            // A sum that starts from 0 is never −0, and neither is 0 + b: adding 0 here equals adding it first.
            a[j] += S::ZERO + self.b[j];
        }
        a
    }

    /// Σⱼ wⱼᵢ δⱼ, what the units below get back (the sum in Bishop 5.56).
    ///
    /// The sum does not start from 0, so it may be −0 where the engine has 0. Every sum that such a δ enters does.
    #[inline(always)]
    pub fn back(&self, delta: &[S; J]) -> [S; I] {
        let mut back = [S::ZERO; I];
        for i in 0..I {
            back[i] = delta[0] * self.w[i][0];
        }
        for j in 1..J {
            for i in 0..I {
                back[i] += delta[j] * self.w[i][j];
            }
        }
        back
    }

    /// One step of `sgd` by the gradient of one example, ∂E/∂wⱼᵢ = δⱼ zᵢ and ∂E/∂bⱼ = δⱼ (Bishop 5.53).
    #[inline(always)]
    pub(crate) fn learn(&mut self, delta: &[S; J], z: &[S; I], sgd: Sgd<S>) {
        for i in 0..I {
            for j in 0..J {
                self.w[i][j] = sgd.update_by_one(self.w[i][j], delta[j] * z[i]);
            }
        }
        for j in 0..J {
            self.b[j] = sgd.for_biases().update_by_one(self.b[j], delta[j]);
        }
    }

    /// Adds the gradient of one example to `self`, which holds the sum over those before it.
    #[inline(always)]
    pub(crate) fn add_gradient(&mut self, delta: &[S; J], z: &[S; I]) {
        for i in 0..I {
            for j in 0..J {
                self.w[i][j] += delta[j] * z[i];
            }
        }
        for j in 0..J {
            self.b[j] += delta[j];
        }
    }

    /// One step of `sgd` by `gradient` times `scale`.
    #[inline(always)]
    pub(crate) fn update(&mut self, gradient: &Self, scale: S, sgd: Sgd<S>) {
        for (w, &dw) in self.w.as_flattened_mut().iter_mut().zip(gradient.w.as_flattened()) {
            *w = sgd.update(*w, dw * scale);
        }
        for (b, &db) in self.b.iter_mut().zip(&gradient.b) {
            *b = sgd.for_biases().update(*b, db * scale);
        }
    }

    /// Takes weights and biases from the front of `params`, which is long enough; the rest.
    #[inline(always)]
    pub(crate) fn read<'a>(&mut self, params: &'a [S]) -> &'a [S] {
        let (w, rest) = params.split_at(I * J);
        let (b, rest) = rest.split_at(J);
        for (j, w) in w.chunks_exact(I).enumerate() {
            for (i, &w) in w.iter().enumerate() {
                self.w[i][j] = w;
            }
        }
        self.b.copy_from_slice(b);
        rest
    }

    /// Writes weights and biases to the front of `params`, which is long enough; the rest.
    #[inline(always)]
    pub(crate) fn write<'a>(&self, params: &'a mut [S]) -> &'a mut [S] {
        let (w, rest) = params.split_at_mut(I * J);
        let (b, rest) = rest.split_at_mut(J);
        for (j, w) in w.chunks_exact_mut(I).enumerate() {
            for (i, w) in w.iter_mut().enumerate() {
                *w = self.w[i][j];
            }
        }
        b.copy_from_slice(&self.b);
        rest
    }
}
