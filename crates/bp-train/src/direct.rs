//! Products too small for a matrix library, which packs and cuts before it multiplies, and products of a single row, which
//! it packs for nothing: loops over vectors of the machine's width, ragged edges by partial loads.
//!
//! What a product is worth is decided by its whole shape, so cutting one never changes how it is summed.

use bp_core::{Accum, Float, MatMut, MatRef};
use pulp::Simd;

use crate::Vector;

/// Multiply-adds up to which the loops here beat a matrix library (`benches/benches/kernels.rs`).
const SMALL: usize = 1 << 13;

/// Values of a transposed right-hand side that are turned on the stack.
const TURNED: usize = 1024;

/// The same where fewer do: a buffer is cleared before it is used.
const FEW: usize = 256;

/// Whether the loops here are the better choice. They have none for two transposed factors, which training never meets.
pub(crate) fn suits<S: Float>(lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) -> bool {
    let (m, k, n) = (lhs.rows(), lhs.cols(), rhs.cols());
    (m.saturating_mul(n).saturating_mul(k) <= SMALL || m == 1) && !(lhs.is_transposed() && rhs.is_transposed())
}

/// No vector has more lanes.
const MAX_LANES: usize = 16;

/// `dst ← (dst +) alpha · lhs · rhs`.
#[inline(always)]
pub(crate) fn gemm<S: Vector, V: Simd>(
    simd: V,
    mut dst: MatMut<'_, S>,
    accum: Accum,
    alpha: S,
    lhs: MatRef<'_, S>,
    rhs: MatRef<'_, S>,
) {
    let (m, n, k) = (dst.rows(), dst.cols(), lhs.cols());
    if m == 0 || n == 0 {
        return;
    }
    let out = Out { accum, alpha };
    let lanes = S::lanes::<V>();
    let (padded_m, padded_n) = (m.next_multiple_of(lanes), n.next_multiple_of(lanes));
    match (k, rhs.is_transposed()) {
        (0, _) => {
            for i in 0..m {
                for d in dst.row_mut(i) {
                    out.put(d, S::ZERO);
                }
            }
        }
        (1, false) => outer(&mut dst, out, lhs, rhs.row(0)),
        (_, false) if lhs.is_transposed() && n < lanes && n < m && n * padded_m <= FEW => {
            across::<S, V, FEW>(simd, &mut dst, out, lhs.t(), rhs);
        }
        (_, false) => blocks(simd, &mut dst, out, lhs, rhs.data(), rhs.ld()),
        _ if m < 4 || (n <= 4 && k >= lanes) || k * padded_n > TURNED => dots(simd, &mut dst, out, lhs, rhs.t()),
        _ if k * padded_n <= FEW => turned::<S, V, FEW>(simd, &mut dst, out, lhs, rhs.t()),
        _ => turned::<S, V, TURNED>(simd, &mut dst, out, lhs, rhs.t()),
    }
}

/// The transposed product on the stack, for a destination too narrow for a vector: `dstᵀ = rhsᵀ · left`.
#[inline(always)]
fn across<S: Vector, V: Simd, const N: usize>(
    simd: V,
    dst: &mut MatMut<'_, S>,
    out: Out<S>,
    left: MatRef<'_, S>,
    rhs: MatRef<'_, S>,
) {
    let mut buffer = [S::ZERO; N];
    let (m, n) = (dst.rows(), dst.cols());
    let ld = m.next_multiple_of(S::lanes::<V>());
    let sum = Out { accum: Accum::Replace, alpha: S::ONE };
    blocks(simd, &mut MatMut::with_ld(&mut buffer, n, m, ld), sum, rhs.t(), left.data(), left.ld());
    for i in 0..m {
        for (j, d) in dst.row_mut(i).iter_mut().enumerate() {
            out.put(d, buffer[j * ld + i]);
        }
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
fn outer<S: Vector>(dst: &mut MatMut<'_, S>, out: Out<S>, lhs: MatRef<'_, S>, row: &[S]) {
    for i in 0..dst.rows() {
        let (l, dst) = (out.alpha * lhs.at(i, 0), &mut dst.row_mut(i)[..row.len()]);
        match out.accum {
            Accum::Replace => {
                for (d, &r) in dst.iter_mut().zip(row) {
                    *d = l * r;
                }
            }
            Accum::Add => {
                for (d, &r) in dst.iter_mut().zip(row) {
                    *d += l * r;
                }
            }
        }
    }
}

/// The transpose of `w` on the stack, its rows filled up to whole vectors, then [`blocks`].
#[inline(always)]
fn turned<S: Vector, V: Simd, const N: usize>(
    simd: V,
    dst: &mut MatMut<'_, S>,
    out: Out<S>,
    lhs: MatRef<'_, S>,
    w: MatRef<'_, S>,
) {
    let mut buffer = [S::ZERO; N];
    let ld = w.rows().next_multiple_of(S::lanes::<V>());
    for j in 0..w.rows() {
        for (k, &w) in w.row(j).iter().enumerate() {
            buffer[k * ld + j] = w;
        }
    }
    blocks(simd, dst, out, lhs, &buffer[..w.cols() * ld], ld);
}

/// Rows of `lhs` times a right-hand side whose rows, `ld` values apart, run along vectors: tiles of four rows by two
/// vectors.
#[inline(always)]
fn blocks<S: Vector, V: Simd>(simd: V, dst: &mut MatMut<'_, S>, out: Out<S>, lhs: MatRef<'_, S>, rhs: &[S], ld: usize) {
    let lanes = S::lanes::<V>();
    let mut j = 0;
    while j < dst.cols() {
        let is_wide = j + lanes < dst.cols();
        let mut i = 0;
        while i < dst.rows() {
            match (dst.rows() - i >= 4, is_wide) {
                (true, true) => tile::<S, V, 4, 2>(simd, dst, out, lhs, rhs, ld, (i, j)),
                (true, false) => tile::<S, V, 4, 1>(simd, dst, out, lhs, rhs, ld, (i, j)),
                (false, true) => tile::<S, V, 1, 2>(simd, dst, out, lhs, rhs, ld, (i, j)),
                (false, false) => tile::<S, V, 1, 1>(simd, dst, out, lhs, rhs, ld, (i, j)),
            }
            i += if dst.rows() - i >= 4 { 4 } else { 1 };
        }
        j += if is_wide { 2 * lanes } else { lanes };
    }
}

/// What a vector holds beyond the last column is computed and dropped. Where it would reach over the end of `rhs`, in the
/// last rows, it is loaded from a copy.
#[inline(always)]
fn tile<S: Vector, V: Simd, const R: usize, const C: usize>(
    simd: V,
    dst: &mut MatMut<'_, S>,
    out: Out<S>,
    lhs: MatRef<'_, S>,
    rhs: &[S],
    ld: usize,
    (i, j): (usize, usize),
) {
    let lanes = S::lanes::<V>();
    let (row, col) = if lhs.is_transposed() { (1, lhs.ld()) } else { (lhs.ld(), 1) };
    let left = lhs.data();
    let mut sums = [[S::splat(simd, S::ZERO); C]; R];
    let mut whole = lhs.cols();
    while whole > 0 && (whole - 1) * ld + j + C * lanes > rhs.len() {
        whole -= 1;
    }
    for k in 0..whole {
        add::<S, V, R, C>(simd, &mut sums, left, i * row + k * col, row, &rhs[k * ld + j..]);
    }
    for k in whole..lhs.cols() {
        let mut copy = [S::ZERO; 2 * MAX_LANES];
        for (copy, &x) in copy.iter_mut().zip(&rhs[k * ld + j..]) {
            *copy = x;
        }
        add::<S, V, R, C>(simd, &mut sums, left, i * row + k * col, row, &copy);
    }
    let columns = (dst.cols() - j).min(C * lanes);
    let alpha = S::splat(simd, out.alpha);
    for r in 0..R {
        let dst = &mut dst.row_mut(i + r)[j..j + columns];
        if columns == C * lanes {
            let dst = &mut S::vectors_mut::<V>(dst)[..C];
            for c in 0..C {
                dst[c] = match out.accum {
                    Accum::Replace => S::times(simd, alpha, sums[r][c]),
                    Accum::Add => S::mul_add(simd, alpha, sums[r][c], dst[c]),
                };
            }
        } else {
            let mut copy = [S::ZERO; 2 * MAX_LANES];
            let vectors = &mut S::vectors_mut::<V>(&mut copy)[..C];
            for c in 0..C {
                vectors[c] = S::times(simd, alpha, sums[r][c]);
            }
            for (d, &sum) in dst.iter_mut().zip(&copy) {
                *d = if out.accum == Accum::Add { *d + sum } else { sum };
            }
        }
    }
}

/// One column of `lhs` from `at` on, its rows `row` apart, times the vectors at the start of `right`.
#[inline(always)]
fn add<S: Vector, V: Simd, const R: usize, const C: usize>(
    simd: V,
    sums: &mut [[S::Vector<V>; C]; R],
    left: &[S],
    at: usize,
    row: usize,
    right: &[S],
) {
    let right = &S::vectors::<V>(right)[..C];
    for r in 0..R {
        let l = S::splat(simd, left[at + r * row]);
        for c in 0..C {
            sums[r][c] = S::mul_add(simd, l, right[c], sums[r][c]);
        }
    }
}

/// Rows times rows, each dot product along vectors, four at a time.
#[inline(always)]
fn dots<S: Vector, V: Simd>(simd: V, dst: &mut MatMut<'_, S>, out: Out<S>, lhs: MatRef<'_, S>, w: MatRef<'_, S>) {
    for i in 0..dst.rows() {
        let (x, n) = (lhs.row(i), dst.cols());
        let dst = dst.row_mut(i);
        let mut j = 0;
        while j < n {
            match n - j {
                1 => dot::<S, V, 1>(simd, &mut dst[j..], out, x, w, j),
                2 => dot::<S, V, 2>(simd, &mut dst[j..], out, x, w, j),
                3 => dot::<S, V, 3>(simd, &mut dst[j..], out, x, w, j),
                _ => dot::<S, V, 4>(simd, &mut dst[j..], out, x, w, j),
            }
            j += 4;
        }
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
    if !xs.is_empty() {
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
        for t in 0..N {
            total[t] = S::sum(simd, S::plus(simd, sums[t][0], sums[t][1]));
        }
    }
    // Two sums each, so that one addition need not wait for the one before.
    let mut other = [S::ZERO; N];
    let from = xs.len() * lanes;
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

    /// All orientations of an m × n product with inner size k, operands with gaps, against the plain loops.
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
        for m in [1, 2, 3, 4, 5, 8, 9] {
            for n in (0..=17).chain([31, 32, 33, 40, 65]) {
                for k in [0, 1, 2, 3, 4, 5, 7, 16, 31, 32, 33, 65] {
                    check::<f32>([m, n, k]);
                    check::<f64>([m, n, k]);
                }
            }
        }
    }
}
