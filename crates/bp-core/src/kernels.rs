//! The plain bodies of every kernel, public so that a backend can call or be tested against them.
//!
//! Sums run in index order, so over floats a result depends on nothing but its inputs. Shapes are checked by
//! the engine before a kernel runs; here they are debug assertions.

use crate::{Accum, Backend, Finish, MatMut, MatRef, Real, Scalar, Slope, Term};

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
#[inline(always)]
pub fn add_bias<S: Scalar>(mut dst: MatMut<'_, S>, bias: &[S]) {
    debug_assert_eq!(dst.cols(), bias.len());
    for i in 0..dst.rows() {
        for (a, &b) in dst.row_mut(i).iter_mut().zip(bias) {
            *a += b;
        }
    }
}

/// `dst ← (dst +) alpha · Σₙ deltaₙ`, each sum in row order.
///
/// ```
/// use bp_core::{Accum, MatRef, kernels};
/// let mut db = [f64::NAN; 2];
/// kernels::sum_rows(&mut db, Accum::Replace, 1.0, MatRef::new(&[1.0, 2.0, 3.0, 4.0], 2, 2));
/// assert_eq!(db, [4.0, 6.0]);
/// kernels::sum_rows(&mut db, Accum::Add, -0.5, MatRef::new(&[1.0, 2.0, 3.0, 4.0], 2, 2));
/// assert_eq!(db, [2.0, 3.0]);
/// ```
#[inline(always)]
pub fn sum_rows<S: Scalar>(dst: &mut [S], accum: Accum, alpha: S, delta: MatRef<'_, S>) {
    debug_assert_eq!(dst.len(), delta.cols());
    let (blocks, rest) = dst.as_chunks_mut::<16>();
    let (fours, ones) = rest.as_chunks_mut::<4>();
    let (at_fours, at_ones) = (16 * blocks.len(), 16 * blocks.len() + 4 * fours.len());
    for (i, dst) in blocks.iter_mut().enumerate() {
        sum_columns(dst, accum, alpha, delta, 16 * i);
    }
    for (i, dst) in fours.iter_mut().enumerate() {
        sum_columns(dst, accum, alpha, delta, at_fours + 4 * i);
    }
    for (i, dst) in ones.iter_mut().enumerate() {
        sum_columns(core::array::from_mut(dst), accum, alpha, delta, at_ones + i);
    }
}

#[inline(always)]
fn sum_columns<S: Scalar, const L: usize>(dst: &mut [S; L], accum: Accum, alpha: S, delta: MatRef<'_, S>, at: usize) {
    let mut sums = [S::ZERO; L];
    for n in 0..delta.rows() {
        let row: &[S; L] = delta.row(n)[at..].first_chunk().expect("as many columns as sums");
        for t in 0..L {
            sums[t] += row[t];
        }
    }
    for (d, sum) in dst.iter_mut().zip(sums) {
        store(d, accum, alpha * sum);
    }
}

/// [`Backend::dense_forward`] one kernel after the other.
///
/// ```
/// use bp_core::{Accum, Finish, MatMut, MatRef, Reference, kernels};
/// let (x, w, mut a) = ([1.0, 2.0], [3.0, 4.0], [0.0]);
/// let a_view = MatMut::new(&mut a, 1, 1);
/// kernels::dense_forward(&Reference, a_view, Accum::Replace, MatRef::new(&x, 1, 2), MatRef::new(&w, 1, 2), Finish::default());
/// assert_eq!(a, [11.0]);
/// ```
#[inline(always)]
pub fn dense_forward<S: Scalar, B: Backend<S> + ?Sized>(
    backend: &B,
    mut z: MatMut<'_, S>,
    accum: Accum,
    x: MatRef<'_, S>,
    w: MatRef<'_, S>,
    finish: Finish<'_, S>,
) {
    backend.gemm(z.reborrow(), accum, S::ONE, x, w.t());
    backend.finish(z, finish);
}

/// [`Backend::dense_backward`] one kernel after the other.
///
/// ```
/// use bp_core::{Accum, MatMut, MatRef, Reference, kernels};
/// let (delta, w, mut back) = ([2.0], [3.0, 4.0], [0.0; 2]);
/// let view = MatMut::new(&mut back, 1, 2);
/// kernels::dense_backward(&Reference, view, Accum::Replace, MatRef::new(&delta, 1, 1), MatRef::new(&w, 1, 2), None);
/// assert_eq!(back, [6.0, 8.0]);
/// ```
#[inline(always)]
pub fn dense_backward<S: Scalar, B: Backend<S> + ?Sized>(
    backend: &B,
    mut back: MatMut<'_, S>,
    accum: Accum,
    delta: MatRef<'_, S>,
    w: MatRef<'_, S>,
    slope: Option<Slope<'_, S>>,
) {
    debug_assert_eq!(back.ld(), back.cols());
    backend.gemm(back.reborrow(), accum, S::ONE, delta, w);
    if let Some(Slope { activation, a, z }) = slope {
        backend.chain(activation, a, z, back.into_data());
    }
}

/// [`Backend::finish`]: bias, copy of a, activation.
///
/// ```
/// use bp_core::{Act, Finish, MatMut, Reference, kernels};
/// let (mut z, mut a) = ([1.0, -5.0], [0.0; 2]);
/// let finish = Finish { bias: Some(&[1.0]), a: Some(&mut a), activation: Some(&Act::Relu) };
/// kernels::finish(&Reference, MatMut::new(&mut z, 2, 1), finish);
/// assert_eq!((a, z), ([2.0, -4.0], [2.0, 0.0]));
/// ```
#[inline(always)]
pub fn finish<S: Scalar, B: Backend<S> + ?Sized>(backend: &B, mut z: MatMut<'_, S>, finish: Finish<'_, S>) {
    debug_assert_eq!(z.ld(), z.cols());
    let Finish { bias, a, activation } = finish;
    if let Some(bias) = bias {
        backend.add_bias(z.reborrow(), bias);
    }
    let z = z.into_data();
    if let Some(a) = a {
        a.copy_from_slice(z);
    }
    if let Some(activation) = activation {
        backend.activate(activation, z);
    }
}

/// Softmax of every row of `width` values, in place: e^{a_k} / Σ_j e^{a_j} (Bishop 5.25), with the largest a subtracted
/// first. The exponentials stand in one flat loop, for vectors' sake.
///
/// ```
/// let mut y = [1e4, 0.0, 0.0, 0.0];
/// bp_core::kernels::softmax(2, &mut y);
/// assert_eq!(y, [1.0, 0.0, 0.5, 0.5]);
/// ```
#[inline(always)]
pub fn softmax<S: Real>(width: usize, y: &mut [S]) {
    for row in y.chunks_exact_mut(width) {
        let mut shift = row[0].shift_hint();
        for a in &row[1..] {
            shift = shift.max(a.shift_hint());
        }
        for a in row {
            *a = *a - shift;
        }
    }
    for a in &mut *y {
        *a = a.exp();
    }
    for row in y.chunks_exact_mut(width) {
        let mut sum = S::ZERO;
        for &e in &*row {
            sum += e;
        }
        for e in row {
            *e = *e / sum;
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
#[inline]
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
#[inline]
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
#[inline]
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

/// Its weights' gradient (M5), times alpha if there is one: `dw[weight] += alpha · delta[to] · z[from]`, for every example
/// and term.
///
/// ```
/// use bp_core::{Accum, MatRef, Term, kernels};
/// let terms = [Term::weighted(0, 0, 0), Term::weighted(1, 1, 0)]; // one weight used twice
/// let mut dw = [0.0];
/// let (delta, z) = (MatRef::new(&[2.0, 3.0], 1, 2), MatRef::new(&[5.0, 7.0], 1, 2));
/// kernels::terms_gradient(&mut dw, Accum::Replace, None, &terms, delta, z);
/// assert_eq!(dw, [31.0]);
/// ```
#[inline]
pub fn terms_gradient<S: Scalar>(
    dw: &mut [S],
    accum: Accum,
    alpha: Option<S>,
    terms: &[Term],
    delta: MatRef<'_, S>,
    z: MatRef<'_, S>,
) {
    if accum == Accum::Replace {
        dw.fill(S::ZERO);
    }
    for n in 0..delta.rows() {
        let (delta, z) = (delta.row(n), z.row(n));
        for term in terms {
            if let Some(w) = term.weight {
                let product = delta[term.to as usize] * z[term.from as usize];
                dw[w as usize] += alpha.map_or(product, |alpha| alpha * product);
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

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;
    use crate::{Act, Activation, Reference};

    /// Whole numbers from −4 to 4, so that no sum of their products rounds.
    fn numbers(n: usize, step: usize) -> Vec<f64> {
        (0..n).map(|i| ((i * step + 3) % 9) as f64 - 4.0).collect()
    }

    /// What stood in the destination before, as far as it stays.
    fn kept(accum: Accum, before: f64) -> f64 {
        match accum {
            Accum::Replace => 0.0,
            Accum::Add => before,
        }
    }

    fn assert_equal(got: &[f64], want: &[f64], what: &str) {
        assert_eq!(got.len(), want.len());
        for (n, (got, want)) in got.iter().zip(want).enumerate() {
            assert!((got - want).abs() <= 0.0, "{what}: entry {n} is {got}, by hand {want}");
        }
    }

    const BOTH: [Accum; 2] = [Accum::Replace, Accum::Add];

    /// Sizes on both sides of every block of columns: 16, 8, 4 and 1.
    const SIZES: [usize; 11] = [1, 3, 4, 5, 8, 9, 15, 16, 17, 21, 37];

    #[test]
    fn products_and_sums_of_every_size() {
        for accum in BOTH {
            for cols in SIZES {
                let (rows, inner, alpha) = (3, 5, -2.0);
                let (lhs, rhs, before) = (numbers(rows * inner, 2), numbers(inner * cols, 5), numbers(rows * cols, 7));
                let mut got = before.clone();
                let view = MatMut::new(&mut got, rows, cols);
                gemm(view, accum, alpha, MatRef::new(&lhs, rows, inner), MatRef::new(&rhs, inner, cols));
                let entry =
                    |i: usize, j: usize| (0..inner).map(|k| lhs[i * inner + k] * rhs[k * cols + j]).sum::<f64>();
                let want: Vec<f64> =
                    (0..rows * cols).map(|n| kept(accum, before[n]) + alpha * entry(n / cols, n % cols)).collect();
                assert_equal(&got, &want, "product");

                let mut got = before[..cols].to_vec();
                sum_rows(&mut got, accum, alpha, MatRef::new(&rhs, inner, cols));
                let sum = |j: usize| (0..inner).map(|n| rhs[n * cols + j]).sum::<f64>();
                let want: Vec<f64> = (0..cols).map(|j| kept(accum, before[j]) + alpha * sum(j)).collect();
                assert_equal(&got, &want, "sum of rows");
            }
        }
    }

    /// Two units from three, over two examples; one weight is used twice, one term is fixed.
    #[test]
    fn terms_by_hand() {
        let terms = [Term::weighted(0, 0, 1), Term::weighted(1, 2, 1), Term::weighted(1, 1, 0), Term::fixed(0, 2)];
        let (w, z, delta) = ([3.0, -2.0], [1.0, 2.0, -1.0, 4.0, 0.0, 3.0], [2.0, -1.0, 1.0, 5.0]);
        for accum in BOTH {
            let before =
                |values: &[f64]| -> Vec<f64> { values.iter().map(|value| kept(accum, 10.0) + value).collect() };
            let mut a = [10.0; 4];
            terms_forward(MatMut::new(&mut a, 2, 2), accum, &terms, &w, MatRef::new(&z, 2, 3));
            // −2 z₀ + z₂ and 3 z₁ − 2 z₂.
            assert_equal(&a, &before(&[-3.0, 8.0, -5.0, -6.0]), "forward");
            let mut back = [10.0; 6];
            terms_backward(MatMut::new(&mut back, 2, 3), accum, &terms, &w, MatRef::new(&delta, 2, 2));
            // −2 δ₀, 3 δ₁ and −2 δ₁ + δ₀.
            assert_equal(&back, &before(&[-4.0, -3.0, 4.0, -2.0, 15.0, -9.0]), "backward");
            let mut dw = [10.0; 2];
            terms_gradient(&mut dw, accum, Some(-2.0), &terms, MatRef::new(&delta, 2, 2), MatRef::new(&z, 2, 3));
            // Σ δ₁ z₁ and Σ (δ₀ z₀ + δ₁ z₂), times −2.
            assert_equal(&dw, &before(&[-2.0 * -2.0, -2.0 * (3.0 + 19.0)]), "gradient");
        }
    }

    #[test]
    fn elementwise_kernels_by_hand() {
        for accum in BOTH {
            let mut dst = [10.0, 20.0];
            accumulate(&mut dst, accum, &[1.0, -2.0]);
            assert_equal(&dst, &[kept(accum, 10.0) + 1.0, kept(accum, 20.0) - 2.0], "accumulate");
        }
        let mut a = [1.0, 2.0, 3.0, 4.0];
        add_bias(MatMut::new(&mut a, 2, 2), &[10.0, 20.0]);
        assert_equal(&a, &[11.0, 22.0, 13.0, 24.0], "bias");
    }

    /// A layer's end and the beginning of its way back, each part there or not.
    #[test]
    fn what_follows_a_connection() {
        let (x, w) = ([1.0, 2.0, -1.0, 0.0], [3.0, -1.0]);
        let (plain, activation): (_, Option<&dyn Activation<f64>>) = ([1.0, -3.0], Some(&Act::Relu));
        let layer = |bias: Option<&[f64]>, keeps: bool, activation| {
            let (mut z, mut a) = ([5.0; 2], [9.0; 2]);
            let finish = Finish { bias, a: keeps.then_some(&mut a[..]), activation };
            let (x, w) = (MatRef::new(&x, 2, 2), MatRef::new(&w, 1, 2));
            dense_forward(&Reference, MatMut::new(&mut z, 2, 1), Accum::Replace, x, w, finish);
            [z, a]
        };
        assert_eq!(
            layer(None, false, None).map(|v| v.map(f64::to_bits)),
            [plain, [9.0; 2]].map(|v| v.map(f64::to_bits))
        );
        let all = layer(Some(&[1.0]), true, activation);
        assert_eq!(all.map(|v| v.map(f64::to_bits)), [[2.0, 0.0], [2.0, -2.0]].map(|v| v.map(f64::to_bits)));

        for (slope, factor) in [(None, [1.0, 1.0]), (Some([1.0, -1.0]), [1.0, 0.0])] {
            let mut back = [5.0; 2];
            let slope = slope.as_ref().map(|z: &[f64; 2]| Slope { activation: &Act::Relu, a: z, z });
            let (delta, w) = (MatRef::new(&[2.0], 1, 1), MatRef::new(&w, 1, 2));
            dense_backward(&Reference, MatMut::new(&mut back, 1, 2), Accum::Add, delta, w, slope);
            assert_equal(&back, &[(5.0 + 6.0) * factor[0], (5.0 - 2.0) * factor[1]], "way back");
        }
    }

    /// Of a row the largest is subtracted, whichever it is; rows do not see each other.
    #[test]
    fn softmax_of_rows() {
        let rows = [[1e4, 0.0, -1e4], [-1e4, 1e4, 0.0], [0.0, -1e4, 1e4], [-2.0, -2.0, -1e4]];
        let mut y = rows.concat();
        softmax(3, &mut y);
        assert_equal(&y, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.5, 0.5, 0.0], "softmax");
        let mut one = vec![-1e4, 1e4];
        softmax(1, &mut one);
        assert_equal(&one, &[1.0, 1.0], "of one unit");
    }
}
