//! Packing: operands into the order in which tiles read them.

use bp_core::MatRef;
use pulp::Simd;

use crate::Vector;
use crate::product::tile::ROWS;

/// A transposed left operand, given as its rows of the inner index: for every [`ROWS`] columns, row after row of them.
#[inline(always)]
pub(super) fn left<S: Vector>(room: &mut [S], lhs: MatRef<'_, S>) {
    let (inner, columns) = (lhs.rows(), lhs.cols());
    for (tile, from) in room.chunks_exact_mut(ROWS * inner).zip((0..columns).step_by(ROWS)) {
        let (tile, _) = tile.as_chunks_mut::<ROWS>();
        let to = columns.min(from + ROWS);
        for (k, tile) in tile.iter_mut().enumerate() {
            match lhs.row(k)[from..].first_chunk::<ROWS>() {
                Some(whole) => *tile = *whole,
                None => tile[..to - from].copy_from_slice(&lhs.row(k)[from..to]),
            }
        }
    }
}

/// The columns of a panel of C vectors, given as rows: C vectors for every inner index.
#[inline(always)]
pub(super) fn right<S: Vector, V: Simd, const C: usize>(simd: V, room: &mut [S], columns: MatRef<'_, S>) {
    let (n, lanes) = (columns.rows(), S::lanes::<V>());
    let width = C * lanes;
    if columns.is_transposed() {
        let columns = columns.t();
        let (tiles, _) = S::vectors_mut::<V>(room).as_chunks_mut::<C>();
        if n == width {
            for (k, tile) in tiles.iter_mut().enumerate() {
                *tile = *S::vectors::<V>(columns.row(k)).first_chunk().expect("C vectors");
            }
        } else {
            let whole = n / lanes;
            for (k, tile) in tiles.iter_mut().enumerate() {
                let row = columns.row(k);
                for (to, from) in tile.iter_mut().zip(S::vectors::<V>(row)) {
                    *to = *from;
                }
                tile[whole] = S::build(simd, |l| row.get(whole * lanes + l).copied().unwrap_or(S::ZERO));
            }
        }
        return;
    }
    let inner = columns.cols();
    for first in (0..width).step_by(lanes) {
        // Lanes past the last column repeat it: nobody reads their sums.
        let row = |l: usize| columns.row((first + l).min(n - 1));
        if inner < lanes {
            for (l, k) in (0..lanes).flat_map(|l| (0..inner).map(move |k| (l, k))) {
                room[k * width + first + l] = row(l)[k];
            }
            continue;
        }
        for k in (0..inner).step_by(lanes) {
            let k = k.min(inner - lanes);
            let load = |l| S::vectors::<V>(&row(l)[k..][..lanes])[0];
            let store = |l, v| S::vectors_mut::<V>(&mut room[(k + l) * width + first..][..lanes])[0] = v;
            transpose::<S, V>(simd, load, store);
        }
    }
}

/// A square of as many rows as a vector has lanes: in round s, what stands s lanes and s rows apart changes places.
#[inline(always)]
fn transpose<S: Vector, V: Simd>(
    simd: V,
    load: impl Fn(usize) -> S::Vector<V>,
    mut store: impl FnMut(usize, S::Vector<V>),
) {
    let lanes = S::lanes::<V>();
    let mut v = [S::splat(simd, S::ZERO); 16];
    for (l, v) in v[..lanes].iter_mut().enumerate() {
        *v = load(l);
    }
    macro_rules! round {
        ($s:literal) => {
            if $s < lanes {
                let odd = S::build::<V>(simd, |l| if l & $s == 0 { S::ZERO } else { S::ONE });
                for i in 0..lanes {
                    if i & $s == 0 {
                        let (a, b) = (v[i], v[i + $s]);
                        v[i] = S::blend(simd, odd, a, S::rotate(simd, b, $s));
                        v[i + $s] = S::blend(simd, odd, S::rotate(simd, a, lanes - $s), b);
                    }
                }
            }
        };
    }
    round!(8);
    round!(4);
    round!(2);
    round!(1);
    for (l, v) in v[..lanes].iter().enumerate() {
        store(l, *v);
    }
}
