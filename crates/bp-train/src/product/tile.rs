//! A tile of the destination: eight rows times up to three vectors, summed in registers.

use std::ops::Range;

use bp_core::{Accum, MatRef};
use pulp::Simd;

use crate::Vector;

/// Rows of a tile.
pub(super) const ROWS: usize = 8;

/// What becomes of a sum.
#[derive(Clone, Copy)]
pub(super) struct Out<S> {
    pub(super) accum: Accum,
    pub(super) alpha: S,
}

/// Rows of the left operand, and the columns of the destination that their products with a panel go to.
pub(super) struct Tile<'a, S> {
    pub(super) rows: MatRef<'a, S>,
    /// The rows packed, if their columns and not they are contiguous.
    pub(super) left: &'a [S],
    pub(super) panel: Range<usize>,
}

/// The sums of rows `$r`: `$at(k, r)` from the left operand times the vectors of the panel, k after k.
macro_rules! sums {
    ($simd:ident, $b:ident, $at:expr, $($r:tt $s:ident),*) => {{
        let zero = S::splat($simd, S::ZERO);
        $(let mut $s = [zero; C];)*
        let at = $at;
        for (k, b) in $b.iter().enumerate() {
            $(
                let x = S::splat($simd, at(k, $r));
                for c in 0..C {
                    $s[c] = S::mul_add($simd, x, b[c], $s[c]);
                }
            )*
        }
        [$($s),*]
    }};
}

impl<S: Vector> Tile<'_, S> {
    #[inline(always)]
    pub(super) fn multiply<V: Simd, const C: usize>(&self, simd: V, panel: &[S], dst: &mut [&mut [S]], out: Out<S>) {
        let (b, _) = S::vectors::<V>(panel).as_chunks::<C>();
        let rows = self.rows.rows();
        let row = |r: usize| &self.rows.row(r.min(rows - 1))[..b.len()];
        let a = &self.left.as_chunks::<ROWS>().0;
        match (self.rows.is_transposed(), rows > ROWS / 2) {
            (true, true) => {
                let a = &a[..b.len()];
                let sums = sums!(simd, b, |k: usize, r: usize| a[k][r], 0 s0, 1 s1, 2 s2, 3 s3, 4 s4, 5 s5, 6 s6, 7 s7);
                self.put::<V, C, _>(simd, dst, out, sums);
            }
            (true, false) => {
                let a = &a[..b.len()];
                let sums = sums!(simd, b, |k: usize, r: usize| a[k][r], 0 s0, 1 s1, 2 s2, 3 s3);
                self.put::<V, C, _>(simd, dst, out, sums);
            }
            (false, true) => {
                let a = [row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)];
                let sums = sums!(simd, b, |k: usize, r: usize| a[r][k], 0 s0, 1 s1, 2 s2, 3 s3, 4 s4, 5 s5, 6 s6, 7 s7);
                self.put::<V, C, _>(simd, dst, out, sums);
            }
            (false, false) => {
                let a = [row(0), row(1), row(2), row(3)];
                let sums = sums!(simd, b, |k: usize, r: usize| a[r][k], 0 s0, 1 s1, 2 s2, 3 s3);
                self.put::<V, C, _>(simd, dst, out, sums);
            }
        }
    }

    #[inline(always)]
    fn put<V: Simd, const C: usize, const R: usize>(
        &self,
        simd: V,
        dst: &mut [&mut [S]],
        out: Out<S>,
        sums: [[S::Vector<V>; C]; R],
    ) {
        for (line, sums) in dst.iter_mut().zip(sums) {
            put::<S, V, C>(simd, &mut line[self.panel.clone()], out, sums);
        }
    }
}

#[inline(always)]
fn put<S: Vector, V: Simd, const C: usize>(simd: V, row: &mut [S], out: Out<S>, sums: [S::Vector<V>; C]) {
    let alpha = S::splat(simd, out.alpha);
    let merge = |d: &mut S::Vector<V>, s: S::Vector<V>| {
        *d = match out.accum {
            Accum::Replace => S::times(simd, alpha, s),
            Accum::Add => S::mul_add(simd, alpha, s, *d),
        }
    };
    if row.len() == C * S::lanes::<V>() {
        let row = S::vectors_mut::<V>(row);
        for c in 0..C {
            merge(&mut row[c], sums[c]);
        }
    } else {
        let mut whole = [S::ZERO; 3 * 16];
        whole[..row.len()].copy_from_slice(row);
        let vectors = S::vectors_mut::<V>(&mut whole);
        for c in 0..C {
            merge(&mut vectors[c], sums[c]);
        }
        row.copy_from_slice(&whole[..row.len()]);
    }
}
