//! Products with vectors: one row times a matrix, and a column times a row. A matrix library packs its operands before it
//! multiplies; here each is used once, so that costs as much as the product. Loops over vectors of the machine's width, for
//! inference on one example and for online training.

use bp_core::{Accum, Float, MatMut, MatRef};
use pulp::Simd;

use crate::Vector;

/// Whether a product is one of a row with a matrix, or of a column with a row. Two transposed factors, which training never
/// meets, are left to the library.
pub(crate) fn suits<S: Float>(lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) -> bool {
    let (is_row, is_outer) = (lhs.rows() == 1 && !lhs.is_transposed(), lhs.cols() == 1 && !rhs.is_transposed());
    is_row || is_outer
}

/// `dst ← (dst +) alpha · lhs · rhs` for factors that [suit](suits).
#[inline(always)]
pub(crate) fn gemm<S: Vector, V: Simd>(
    simd: V,
    mut dst: MatMut<'_, S>,
    accum: Accum,
    alpha: S,
    lhs: MatRef<'_, S>,
    rhs: MatRef<'_, S>,
) {
    let out = Out { accum, alpha };
    if dst.rows() == 0 || dst.cols() == 0 {
        return;
    }
    match (lhs.cols(), rhs.is_transposed()) {
        (1, false) => outer(simd, &mut dst, out, lhs, rhs.row(0)),
        (_, false) => rows(simd, dst.row_mut(0), out, lhs.row(0), rhs),
        (_, true) => dots(simd, dst.row_mut(0), out, lhs.row(0), rhs.t()),
    }
}

/// What becomes of a sum.
#[derive(Clone, Copy)]
struct Out<S> {
    accum: Accum,
    alpha: S,
}

impl<S: Vector> Out<S> {
    #[inline(always)]
    fn put(self, dst: &mut S, sum: S) {
        *dst = match self.accum {
            Accum::Replace => self.alpha * sum,
            Accum::Add => *dst + self.alpha * sum,
        };
    }
}

/// A column times a row: the gradient of one example.
#[inline(always)]
fn outer<S: Vector, V: Simd>(simd: V, dst: &mut MatMut<'_, S>, out: Out<S>, lhs: MatRef<'_, S>, row: &[S]) {
    for i in 0..dst.rows() {
        let (l, dst) = (out.alpha * lhs.at(i, 0), &mut dst.row_mut(i)[..row.len()]);
        match out.accum {
            Accum::Replace => {
                for (d, &r) in dst.iter_mut().zip(row) {
                    *d = l * r;
                }
            }
            Accum::Add => add_row(simd, dst, l, row),
        }
    }
}

/// A row times a matrix: the sum of its rows, each times one value.
#[inline(always)]
fn rows<S: Vector, V: Simd>(simd: V, dst: &mut [S], out: Out<S>, x: &[S], rhs: MatRef<'_, S>) {
    if out.accum == Accum::Replace {
        dst.fill(S::ZERO);
    }
    for (k, &x) in x.iter().enumerate() {
        add_row(simd, dst, out.alpha * x, rhs.row(k));
    }
}

/// `dst ← dst + factor · row`. Up to half a vector is left to the compiler, which has registers of that size.
#[inline(always)]
fn add_row<S: Vector, V: Simd>(simd: V, dst: &mut [S], factor: S, row: &[S]) {
    let lanes = S::lanes::<V>();
    if dst.len() <= lanes / 2 {
        for (d, &r) in dst.iter_mut().zip(row) {
            *d += factor * r;
        }
        return;
    }
    let (factor, row) = (S::splat(simd, factor), &row[..dst.len()]);
    let sum = |d: S::Vector<V>, r| S::mul_add(simd, factor, r, d);
    if dst.len() < lanes {
        let sum = sum(S::partial(simd, dst), S::partial(simd, row));
        return S::put_partial(simd, dst, sum);
    }
    // The last vector overlaps the one before it, where both have the same sums.
    let last = dst.len() - lanes;
    let last_sum = sum(S::vectors::<V>(&dst[last..])[0], S::vectors::<V>(&row[last..])[0]);
    for (d, &r) in S::vectors_mut::<V>(dst).iter_mut().zip(S::vectors::<V>(row)) {
        *d = sum(*d, r);
    }
    S::vectors_mut::<V>(&mut dst[last..])[0] = last_sum;
}

/// A row times the transpose of `w`: dot products along vectors, four at a time.
#[inline(always)]
fn dots<S: Vector, V: Simd>(simd: V, dst: &mut [S], out: Out<S>, x: &[S], w: MatRef<'_, S>) {
    let mut j = 0;
    while j < dst.len() {
        match dst.len() - j {
            1 => dot::<S, V, 1>(simd, &mut dst[j..], out, x, w, j),
            2 => dot::<S, V, 2>(simd, &mut dst[j..], out, x, w, j),
            3 => dot::<S, V, 3>(simd, &mut dst[j..], out, x, w, j),
            _ => dot::<S, V, 4>(simd, &mut dst[j..], out, x, w, j),
        }
        j += 4;
    }
}

#[inline(always)]
fn dot<S: Vector, V: Simd, const N: usize>(simd: V, dst: &mut [S], out: Out<S>, x: &[S], w: MatRef<'_, S>, j: usize) {
    let lanes = S::lanes::<V>();
    let mut rows = [x; N];
    for t in 0..N {
        rows[t] = &w.row(j + t)[..x.len()];
    }
    let mut total = [S::ZERO; N];
    let xs = S::vectors::<V>(x);
    let mut from = xs.len() * lanes;
    if xs.is_empty() && x.len() > lanes / 2 {
        let part = S::partial(simd, x);
        for t in 0..N {
            total[t] = S::sum(simd, S::times(simd, part, S::partial(simd, rows[t])));
        }
        from = rows[0].len();
    } else if !xs.is_empty() {
        let mut ws = [xs; N];
        for t in 0..N {
            ws[t] = &S::vectors::<V>(rows[t])[..xs.len()];
        }
        let mut sums = [[S::splat(simd, S::ZERO); 2]; N];
        let pairs = xs.len() / 2;
        for p in 0..pairs {
            for t in 0..N {
                sums[t][0] = S::mul_add(simd, xs[2 * p], ws[t][2 * p], sums[t][0]);
                sums[t][1] = S::mul_add(simd, xs[2 * p + 1], ws[t][2 * p + 1], sums[t][1]);
            }
        }
        if xs.len() % 2 == 1 {
            for t in 0..N {
                sums[t][0] = S::mul_add(simd, xs[2 * pairs], ws[t][2 * pairs], sums[t][0]);
            }
        }
        if from < x.len() {
            // The last vector overlaps the one before it: there both factors are 0.
            let (seen, last) = (lanes - (x.len() - from), x.len() - lanes);
            let is_new = S::build::<V>(simd, |l| if l < seen { S::ZERO } else { S::ONE });
            let new = |v: &[S]| S::blend(simd, is_new, S::splat(simd, S::ZERO), S::vectors::<V>(&v[last..])[0]);
            let x = new(x);
            for t in 0..N {
                sums[t][1] = S::mul_add(simd, x, new(rows[t]), sums[t][1]);
            }
            from = rows[0].len();
        }
        for t in 0..N {
            total[t] = S::sum(simd, S::plus(simd, sums[t][0], sums[t][1]));
        }
    }
    // Two sums each, so that one addition need not wait for the one before.
    let mut other = [S::ZERO; N];
    let (pairs, last) = x[from..].as_chunks::<2>();
    for (p, x) in pairs.iter().enumerate() {
        for t in 0..N {
            total[t] += x[0] * rows[t][from + 2 * p];
            other[t] += x[1] * rows[t][from + 2 * p + 1];
        }
    }
    for t in 0..N {
        if let [x] = last {
            total[t] += *x * rows[t][rows[t].len() - 1];
        }
        out.put(&mut dst[t], total[t] + other[t]);
    }
}

#[cfg(test)]
mod tests {
    use bp_core::kernels;
    use pulp::{Arch, WithSimd};

    use super::*;

    struct Job<'a, S> {
        dst: MatMut<'a, S>,
        out: Out<S>,
        lhs: MatRef<'a, S>,
        rhs: MatRef<'a, S>,
    }

    impl<S: Vector> WithSimd for Job<'_, S> {
        type Output = ();
        #[inline(always)]
        fn with_simd<V: Simd>(self, simd: V) {
            gemm(simd, self.dst, self.out.accum, self.out.alpha, self.lhs, self.rhs);
        }
    }

    fn values<S: Float>(n: usize, seed: usize) -> Vec<S> {
        (0..n).map(|i| S::from_f64(((i * 37 + seed * 11) % 64) as f64 / 32.0 - 1.0 + 1e-3)).collect()
    }

    /// The orientations of an m × n product with inner size k that suit, operands with gaps, against the plain loops.
    fn check<S: Vector>([m, n, k]: [usize; 3]) {
        let (l, r) = (values::<S>((m + 3) * (k + 3), 1), values::<S>((n + 3) * (k + 3), 2));
        for turns in 0..3 {
            let lhs = match turns & 1 {
                0 => MatRef::with_ld(&l, m, k, k + 3),
                _ => MatRef::with_ld(&l, k, m, m + 3).t(),
            };
            let rhs = match turns & 2 {
                0 => MatRef::with_ld(&r, k, n, n + 3),
                _ => MatRef::with_ld(&r, n, k, k + 3).t(),
            };
            if !suits(lhs, rhs) {
                continue;
            }
            for accum in [Accum::Replace, Accum::Add] {
                for alpha in [S::ONE, S::from_f64(-0.3)] {
                    let mut got = values::<S>(m * (n + 2), 3);
                    let mut want = got.clone();
                    let dst = MatMut::with_ld(&mut got, m, n, n + 2);
                    Arch::new().dispatch(Job { dst, out: Out { accum, alpha }, lhs, rhs });
                    kernels::gemm(MatMut::with_ld(&mut want, m, n, n + 2), accum, alpha, lhs, rhs);
                    // Each is within γ of the exact sum of k products, |x| ≤ 1.001, plus one more term.
                    let terms = k as f64 + 3.0;
                    let bound = 2.0 * terms * terms * 1.01 * S::UNIT_ROUNDOFF;
                    for (at, (got, want)) in got.iter().zip(&want).enumerate() {
                        let (got, want) = (got.to_f64(), want.to_f64());
                        let what = format!("{m}×{n}×{k} {turns} {accum:?}, place {at}");
                        assert!((got - want).abs() <= bound, "{what}: {got:e}, expected {want:e}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_shape_and_orientation_agrees_with_the_plain_loops() {
        for m in [0, 1, 2, 3, 9] {
            for n in (0..=17).chain([31, 32, 33, 40, 65]) {
                for k in [0, 1, 2, 3, 4, 5, 7, 16, 31, 32, 33, 65] {
                    check::<f32>([m, n, k]);
                    check::<f64>([m, n, k]);
                }
            }
        }
    }
}
