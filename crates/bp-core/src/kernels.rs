//! The plain bodies of every kernel, public so that a backend can call or be tested against them.
//!
//! Sums run in index order, so over floats a result depends on nothing but its inputs. Shapes are checked by
//! the engine before a kernel runs; here they are debug assertions.

use crate::{Accum, MatMut, MatRef, Scalar, Term};

/// How many columns of a product are summed side by side: independent sums, so the order within one stays.
const LANES: usize = 8;

/// `dst ← (dst +) alpha · lhs · rhs`: each entry is alpha times the sum over k in index order.
///
/// ```
/// use bp_core::{Accum, MatMut, MatRef, kernels};
/// let mut c = [0.0; 4];
/// let (a, b) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]);
/// kernels::gemm(MatMut::new(&mut c, 2, 2), Accum::Replace, 1.0, MatRef::new(&a, 2, 2), MatRef::new(&b, 2, 2).t());
/// assert_eq!(c, [17.0, 23.0, 39.0, 53.0]);
/// ```
pub fn gemm<S: Scalar>(mut dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
    debug_assert_eq!((dst.rows(), dst.cols()), (lhs.rows(), rhs.cols()));
    debug_assert_eq!(lhs.cols(), rhs.rows());
    for i in 0..dst.rows() {
        let mut j = 0;
        while j < dst.cols() {
            let n = LANES.min(dst.cols() - j);
            let mut sums = [S::ZERO; LANES];
            for k in 0..lhs.cols() {
                let l = lhs.at(i, k);
                for (lane, sum) in sums[..n].iter_mut().enumerate() {
                    *sum += l * rhs.at(k, j + lane);
                }
            }
            for (d, sum) in dst.row_mut(i)[j..j + n].iter_mut().zip(sums) {
                store(d, accum, alpha * sum);
            }
            j += n;
        }
    }
}

/// Adds `bias` to every row of `dst`.
///
/// ```
/// use bp_core::{MatMut, kernels};
/// let mut a = [1.0, 2.0, 3.0, 4.0];
/// kernels::add_bias(MatMut::new(&mut a, 2, 2), &[10.0, 20.0]);
/// assert_eq!(a, [11.0, 22.0, 13.0, 24.0]);
/// ```
pub fn add_bias<S: Scalar>(mut dst: MatMut<'_, S>, bias: &[S]) {
    debug_assert_eq!(dst.cols(), bias.len());
    for i in 0..dst.rows() {
        for (a, &b) in dst.row_mut(i).iter_mut().zip(bias) {
            *a += b;
        }
    }
}

/// The sum of the rows of `delta`, in row order.
///
/// ```
/// use bp_core::{Accum, MatRef, kernels};
/// let mut db = [f64::NAN; 2];
/// kernels::sum_rows(&mut db, Accum::Replace, MatRef::new(&[1.0, 2.0, 3.0, 4.0], 2, 2));
/// assert_eq!(db, [4.0, 6.0]);
/// ```
pub fn sum_rows<S: Scalar>(dst: &mut [S], accum: Accum, delta: MatRef<'_, S>) {
    debug_assert_eq!(dst.len(), delta.cols());
    if accum == Accum::Replace {
        dst.fill(S::ZERO);
    }
    for i in 0..delta.rows() {
        for (sum, &d) in dst.iter_mut().zip(delta.row(i)) {
            *sum += d;
        }
    }
}

/// `dst ← (dst +) src`, elementwise: an identity connection in either direction.
///
/// ```
/// use bp_core::{Accum, kernels};
/// let mut a = [1.0, 2.0];
/// kernels::accumulate(&mut a, Accum::Add, &[10.0, 20.0]);
/// assert_eq!(a, [11.0, 22.0]);
/// ```
pub fn accumulate<S: Scalar>(dst: &mut [S], accum: Accum, src: &[S]) {
    debug_assert_eq!(dst.len(), src.len());
    for (d, &s) in dst.iter_mut().zip(src) {
        store(d, accum, s);
    }
}

/// A connection given by terms, forward: `a[to] += w[weight] · z[from]` for every example and term.
///
/// ```
/// use bp_core::{Accum, MatMut, MatRef, Term, kernels};
/// let terms = [Term::weighted(0, 1, 0), Term::fixed(1, 0)];
/// let mut a = [0.0; 2];
/// kernels::terms_forward(MatMut::new(&mut a, 1, 2), Accum::Replace, &terms, &[3.0], MatRef::new(&[5.0, 7.0], 1, 2));
/// assert_eq!(a, [21.0, 5.0]);
/// ```
pub fn terms_forward<S: Scalar>(mut a: MatMut<'_, S>, accum: Accum, terms: &[Term], w: &[S], z: MatRef<'_, S>) {
    for n in 0..a.rows() {
        let (a, z) = (a.row_mut(n), z.row(n));
        if accum == Accum::Replace {
            a.fill(S::ZERO);
        }
        for term in terms {
            a[term.to as usize] += term.times(w, z[term.from as usize]);
        }
    }
}

/// The same connection backwards (M7): `delta_from[from] += w[weight] · delta[to]`.
///
/// ```
/// use bp_core::{Accum, MatMut, MatRef, Term, kernels};
/// let terms = [Term::weighted(0, 1, 0), Term::fixed(1, 0)];
/// let mut d = [0.0; 2];
/// kernels::terms_backward(MatMut::new(&mut d, 1, 2), Accum::Replace, &terms, &[3.0], MatRef::new(&[5.0, 7.0], 1, 2));
/// assert_eq!(d, [7.0, 15.0]);
/// ```
pub fn terms_backward<S: Scalar>(
    mut delta_from: MatMut<'_, S>,
    accum: Accum,
    terms: &[Term],
    w: &[S],
    delta: MatRef<'_, S>,
) {
    for n in 0..delta.rows() {
        let (from, to) = (delta_from.row_mut(n), delta.row(n));
        if accum == Accum::Replace {
            from.fill(S::ZERO);
        }
        for term in terms {
            from[term.from as usize] += term.times(w, to[term.to as usize]);
        }
    }
}

/// The gradient of its weights (M5): `dw[weight] += delta[to] · z[from]`, summed over examples and sharing terms.
///
/// ```
/// use bp_core::{Accum, MatRef, Term, kernels};
/// let terms = [Term::weighted(0, 0, 0), Term::weighted(1, 1, 0)]; // one weight used twice
/// let mut dw = [0.0];
/// let (delta, z) = (MatRef::new(&[2.0, 3.0], 1, 2), MatRef::new(&[5.0, 7.0], 1, 2));
/// kernels::terms_gradient(&mut dw, Accum::Replace, &terms, delta, z);
/// assert_eq!(dw, [31.0]);
/// ```
pub fn terms_gradient<S: Scalar>(dw: &mut [S], accum: Accum, terms: &[Term], delta: MatRef<'_, S>, z: MatRef<'_, S>) {
    if accum == Accum::Replace {
        dw.fill(S::ZERO);
    }
    for n in 0..delta.rows() {
        let (delta, z) = (delta.row(n), z.row(n));
        for term in terms {
            if let Some(w) = term.weight {
                dw[w as usize] += delta[term.to as usize] * z[term.from as usize];
            }
        }
    }
}

#[inline(always)]
fn store<S: Scalar>(dst: &mut S, accum: Accum, value: S) {
    match accum {
        Accum::Replace => *dst = value,
        Accum::Add => *dst += value,
    }
}
