//! [`packed`]: the matrix product for vectors of 512 bits. Columns of the right operand are packed into panels;
//! tiles of the destination, eight rows of a panel, are summed in registers.
//!
//! Every entry of the destination is summed in the same order, whatever the rows and columns beside it: one fused
//! multiply-add after another over a block of the inner index, block after block. So a tile has the bits of the whole
//! wherever it is cut, by rows or by columns.

mod pack;
mod tile;

use std::ops::Range;

use bp_core::{Accum, MatMut, MatRef};
use pulp::{Arch, Simd, WithSimd};

use crate::Vector;
use tile::{Out, Tile};

/// The inner index is cut into blocks of at most this length.
const INNER: usize = 512;
/// Panels that are packed at a time: with a block of the inner index less than half of a second cache of 2 MiB.
const PANELS: usize = 8;
/// Vectors of a panel at most.
const WIDE: usize = 3;
/// Rows of the destination at a time.
pub(crate) const ROWS: usize = 512;

/// The rows of a matrix, or of some of its columns.
pub(crate) type Lines<'a, S> = [&'a mut [S]; ROWS];

/// Whether this machine has the vectors that [`packed`] is made for: the sums of a tile fill 24 registers of 512 bits.
///
/// ```
/// assert!(!bp_train::packed_is_fast() || cfg!(target_arch = "x86_64"));
/// ```
pub fn packed_is_fast() -> bool {
    struct Bits;
    impl WithSimd for Bits {
        type Output = usize;
        #[inline(always)]
        fn with_simd<V: Simd>(self, _simd: V) -> usize {
            8 * size_of::<V::f32s>()
        }
    }
    Arch::new().dispatch(Bits) >= 512
}

/// `dst ← (dst +) alpha · lhs · rhs` on this thread.
///
/// ```
/// use bp_core::{Accum, MatMut, MatRef};
/// let (x, w, mut z) = ([1.0_f32, 2.0], [3.0, 4.0], [0.0]);
/// bp_train::packed(MatMut::new(&mut z, 1, 1), Accum::Replace, 1.0, MatRef::new(&x, 1, 2), MatRef::new(&w, 1, 2).t());
/// assert_eq!(z, [11.0]);
/// ```
///
/// # Panics
/// If the shapes do not fit.
pub fn packed<S: Vector>(dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
    let (mut rest, mut done) = (dst, 0);
    while rest.rows() > 0 {
        let count = rest.rows().min(ROWS);
        let (top, bottom) = rest.split_at_row(count);
        let mut lines = lines(top);
        packed_lines(&mut lines[..count], accum, alpha, lhs.rows_range(done, done + count), rhs);
        (rest, done) = (bottom, done + count);
    }
}

/// The rows of a matrix of at most [`ROWS`].
pub(crate) fn lines<S: Copy>(m: MatMut<'_, S>) -> Lines<'_, S> {
    let (cols, ld) = (m.cols(), m.ld());
    let mut lines: Lines<'_, S> = std::array::from_fn(|_| &mut [][..]);
    if cols > 0 {
        for (line, row) in lines.iter_mut().zip(m.into_data().chunks_mut(ld)) {
            *line = &mut row[..cols];
        }
    }
    lines
}

/// [`packed`] into rows that may stand anywhere.
pub(crate) fn packed_lines<S: Vector>(
    dst: &mut [&mut [S]],
    accum: Accum,
    alpha: S,
    lhs: MatRef<'_, S>,
    rhs: MatRef<'_, S>,
) {
    let Some(n) = dst.first().map(|line| line.len()) else { return };
    assert!(lhs.rows() == dst.len() && rhs.rows() == lhs.cols() && rhs.cols() == n, "shapes of a product");
    if lhs.cols() == 0 && accum == Accum::Replace {
        return dst.iter_mut().for_each(|line| line.fill(S::ZERO));
    }
    if lhs.cols() == 0 || n == 0 {
        return;
    }
    S::with_room(|room| Arch::new().dispatch(Job { dst, accum, alpha, lhs, rhs, room }));
}

struct Job<'a, 'b, S> {
    dst: &'a mut [&'b mut [S]],
    accum: Accum,
    alpha: S,
    lhs: MatRef<'a, S>,
    rhs: MatRef<'a, S>,
    room: &'a mut Vec<S>,
}

impl<S: Vector> WithSimd for Job<'_, '_, S> {
    type Output = ();

    #[inline(always)]
    fn with_simd<V: Simd>(self, simd: V) {
        let Self { dst, accum, alpha, lhs, rhs, room } = self;
        let (m, k) = (dst.len(), lhs.cols());
        let cut = Panels { columns: rhs.cols(), lanes: S::lanes::<V>() };
        let inner = k.div_ceil(k.div_ceil(INNER));
        let (blocks, line) = (cut.count().div_ceil(PANELS), 64 / size_of::<S>());
        let left =
            if lhs.is_transposed() { (m.next_multiple_of(tile::ROWS) * inner).next_multiple_of(line) } else { 0 };
        let right = WIDE * cut.lanes * cut.count().div_ceil(blocks) * inner;
        if room.len() < left + right + line {
            room.resize(left + right + line, S::ZERO);
        }
        let at = room.as_ptr().align_offset(64).min(line);
        let (left, right) = room[at..].split_at_mut(left);
        for from in (0..k).step_by(inner) {
            let to = k.min(from + inner);
            let out = Out { accum: if from == 0 { accum } else { Accum::Add }, alpha };
            let (lhs, columns) = (lhs.t().rows_range(from, to).t(), rhs.rows_range(from, to).t());
            if lhs.is_transposed() {
                pack::left(left, lhs.t());
            }
            for block in 0..blocks {
                let panels =
                    || (block * cut.count() / blocks..(block + 1) * cut.count() / blocks).map(|p| cut.range(p));
                let mut rest = &mut *right;
                for panel in panels() {
                    let (room, behind) = rest.split_at_mut((to - from) * cut.width(&panel));
                    let columns = columns.rows_range(panel.start, panel.end);
                    match room.len() / cut.lanes / (to - from) {
                        1 => pack::right::<S, V, 1>(simd, room, columns),
                        2 => pack::right::<S, V, 2>(simd, room, columns),
                        _ => pack::right::<S, V, 3>(simd, room, columns),
                    }
                    rest = behind;
                }
                for (i, dst) in dst.chunks_mut(tile::ROWS).enumerate() {
                    let top = i * tile::ROWS;
                    let rows = lhs.rows_range(top, top + dst.len());
                    let left = if lhs.is_transposed() { &left[top * (to - from)..] } else { &[] };
                    let mut rest = &*right;
                    for panel in panels() {
                        let (packed, behind) = rest.split_at((to - from) * cut.width(&panel));
                        let vectors = cut.width(&panel) / cut.lanes;
                        let tile = Tile { rows, left, panel };
                        match vectors {
                            1 => tile.multiply::<V, 1>(simd, packed, dst, out),
                            2 => tile.multiply::<V, 2>(simd, packed, dst, out),
                            _ => tile.multiply::<V, 3>(simd, packed, dst, out),
                        }
                        rest = behind;
                    }
                }
            }
        }
    }
}

/// How columns are cut into panels of one to three vectors, as even as can be.
#[derive(Clone, Copy)]
struct Panels {
    columns: usize,
    lanes: usize,
}

impl Panels {
    #[inline(always)]
    fn count(self) -> usize {
        self.columns.div_ceil(self.lanes).div_ceil(WIDE)
    }

    /// The columns of panel `p`.
    #[inline(always)]
    fn range(self, p: usize) -> Range<usize> {
        let at = |p: usize| p * self.columns.div_ceil(self.lanes) / self.count() * self.lanes;
        at(p)..at(p + 1).min(self.columns)
    }

    /// The columns of a panel in whole vectors.
    #[inline(always)]
    fn width(self, panel: &Range<usize>) -> usize {
        panel.len().next_multiple_of(self.lanes)
    }
}

#[cfg(test)]
mod tests {
    use bp_core::kernels;

    use super::*;

    fn values<S: Vector>(n: usize, seed: usize) -> Vec<S> {
        (0..n).map(|i| S::from_f64(((i * 37 + seed * 11) % 64) as f64 / 32.0 - 1.0 + 1e-3)).collect()
    }

    /// An operand of rows × columns with gaps, as it stands or transposed in memory.
    fn operand<S: Vector>(data: &[S], rows: usize, cols: usize, is_transposed: bool) -> MatRef<'_, S> {
        match is_transposed {
            false => MatRef::with_ld(data, rows, cols, cols + 3),
            true => MatRef::with_ld(data, cols, rows, rows + 3).t(),
        }
    }

    /// Every orientation, against the plain loops, and cut by rows and by columns, against the whole.
    fn check<S: Vector>([m, n, k]: [usize; 3]) {
        let (l, r) = (values::<S>((m + 3) * (k + 3), 1), values::<S>((n + 3) * (k + 3), 2));
        for turns in 0..4 {
            let (lhs, rhs) = (operand(&l, m, k, turns & 1 > 0), operand(&r, k, n, turns & 2 > 0));
            for (accum, alpha) in [(Accum::Replace, S::ONE), (Accum::Add, S::from_f64(-0.3))] {
                let what = format!("{m}×{n}×{k} in {}, turns {turns}, {accum:?}", S::NAME);
                let before = values::<S>(m * (n + 2), 3);
                let (mut got, mut want) = (before.clone(), before.clone());
                packed(MatMut::with_ld(&mut got, m, n, n + 2), accum, alpha, lhs, rhs);
                kernels::gemm(MatMut::with_ld(&mut want, m, n, n + 2), accum, alpha, lhs, rhs);
                // Each is within γ of the exact sum of k products, |x| ≤ 1.001, plus one more term.
                let bound = 2.0 * (k as f64 + 3.0).powi(2) * 1.01 * S::UNIT_ROUNDOFF;
                for (at, (got, want)) in got.iter().zip(&want).enumerate() {
                    let (got, want) = (got.to_f64(), want.to_f64());
                    assert!((got - want).abs() <= bound, "{what}, place {at}: {got:e}, expected {want:e}");
                }
                let (top, left) = (m / 3, n / 3);
                let mut cut = before;
                let (upper, lower) = MatMut::with_ld(&mut cut, m, n, n + 2).split_at_row(top);
                packed(upper, accum, alpha, lhs.rows_range(0, top), rhs);
                let (mut first, mut second) = (vec![], vec![]);
                let lower_rows = lower.rows();
                for line in lines(lower).into_iter().take(lower_rows) {
                    let (a, b) = line.split_at_mut(left);
                    first.push(a);
                    second.push(b);
                }
                let lhs = lhs.rows_range(top, m);
                packed_lines(&mut first, accum, alpha, lhs, rhs.t().rows_range(0, left).t());
                packed_lines(&mut second, accum, alpha, lhs, rhs.t().rows_range(left, n).t());
                assert!(cut.iter().zip(&got).all(|(a, b)| a.to_f64().to_bits() == b.to_f64().to_bits()), "{what}, cut");
            }
        }
    }

    #[test]
    fn every_shape_and_orientation_agrees_with_the_plain_loops_and_with_its_parts() {
        for m in [0, 1, 2, 4, 5, 8, 9, 17] {
            for n in (0..=17).chain([31, 32, 33, 47, 48, 49, 65]) {
                for k in [0, 1, 2, 7, 8, 15, 16, 17, 33] {
                    check::<f32>([m, n, k]);
                    check::<f64>([m, n, k]);
                }
            }
        }
    }

    #[test]
    fn several_blocks_agree_too() {
        for shape in
            [[3, 5, INNER], [3, 5, INNER + 1], [2, 3, 2 * INNER + 5], [ROWS + 3, 7, 9], [5, 48 * PANELS + 50, 6]]
        {
            check::<f32>(shape);
            check::<f64>(shape);
        }
    }

    /// An infinity or NaN in one row and one column stays there: what fills a tile or a vector up is not summed.
    #[test]
    fn values_that_are_not_finite_stay_in_their_rows_and_columns() {
        for poison in [f32::NAN, f32::INFINITY] {
            for (m, n, k) in [(9, 17, 5), (5, 49, 20)] {
                let (mut l, mut r) = (values::<f32>(m * k, 1), values::<f32>(k * n, 2));
                l[(m - 1) * k] = poison;
                r[n - 1] = poison;
                let mut got = vec![0.0; m * n];
                let (lhs, rhs) = (MatRef::new(&l, m, k), MatRef::new(&r, k, n));
                packed(MatMut::new(&mut got, m, n), Accum::Replace, 1.0, lhs, rhs);
                for (at, x) in got.iter().enumerate() {
                    let hit = at / n == m - 1 || at % n == n - 1;
                    assert_eq!(x.is_finite(), !hit, "{m}×{n}×{k}, {poison}, row {}, column {}", at / n, at % n);
                }
            }
        }
    }
}
