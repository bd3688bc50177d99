//! Freivalds' check of a product: C = A B is tested by C v = A (B v) for one vector v of signs, at the cost of a few
//! passes over the matrices instead of a product.

use bp_core::{Accum, Float, MatRef};

use crate::gamma;

/// A row of a product that cannot be right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WrongRow {
    /// The row of the destination.
    pub row: usize,
    /// |C v − (D v + α A (B v))| in it.
    pub residual: f64,
    /// What rounding can explain.
    pub bound: f64,
}

/// Checks `dst` = (`before` +) α · `lhs` · `rhs` with one vector v of random signs (Freivalds 1977), for any order of
/// summation. `before` is what stood in `dst`, for [`Accum::Add`].
///
/// With M = |α| |A| (|B| 1) + |D| 1 per row, a right product in `S` has |ĉ − c| summed over the row at most
/// γ_{k+3}(S) M: k products and their additions, α, and the addition to D. The check itself computes C v, D v and
/// A (B v) in `f64`, sums of at most k + n + 3 terms whose sizes are at most 2 M: 4 γ_{k+n+3}(f64) M more. All v are ±1,
/// so a row with one wrong entry is **always** seen above the bound; two errors in one row cancel with probability at
/// most ½.
///
/// `None` if no row is wrong, or if the sizes are not finite and nothing can be said.
///
/// ```
/// use bp_core::{Accum, MatRef};
/// use bp_verify::wrong_row;
/// let (a, b) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]);
/// let (a, b) = (MatRef::new(&a, 2, 2), MatRef::new(&b, 2, 2));
/// let check = |c: &[f64]| wrong_row(MatRef::new(c, 2, 2), Accum::Replace, None, 1.0, a, b, 7);
/// assert_eq!(check(&[19.0, 22.0, 43.0, 50.0]), None);
/// assert_eq!(check(&[19.0, 22.0, 43.0, 50.0000001]).unwrap().row, 1);
/// ```
pub fn wrong_row<S: Float>(
    dst: MatRef<'_, S>,
    accum: Accum,
    before: Option<MatRef<'_, S>>,
    alpha: S,
    lhs: MatRef<'_, S>,
    rhs: MatRef<'_, S>,
    seed: u64,
) -> Option<WrongRow> {
    let (n, k) = (dst.cols(), lhs.cols());
    let signs: Vec<f64> = (0..n as u64).map(|j| if mix(seed, j) & 1 == 0 { 1.0 } else { -1.0 }).collect();
    let (mut product, mut size) = (vec![0.0; k], vec![0.0; k]);
    for i in 0..k {
        for (j, sign) in signs.iter().enumerate() {
            let b = rhs.at(i, j).to_f64();
            product[i] += b * sign;
            size[i] += b.abs();
        }
    }
    let alpha = alpha.to_f64();
    let before = before.filter(|_| accum == Accum::Add);
    for row in 0..dst.rows() {
        let (mut want, mut got, mut magnitude) = (0.0, 0.0, 0.0);
        for i in 0..k {
            let a = alpha * lhs.at(row, i).to_f64();
            want += a * product[i];
            magnitude += a.abs() * size[i];
        }
        for (j, sign) in signs.iter().enumerate() {
            got += dst.at(row, j).to_f64() * sign;
            if let Some(before) = before {
                let d = before.at(row, j).to_f64();
                want += d * sign;
                magnitude += d.abs();
            }
        }
        let bound = (gamma::<S>(k + 3) + 4.0 * gamma::<f64>(k + n + 3)) * magnitude + underflow::<S>(k, n);
        let residual: f64 = (got - want).abs();
        if magnitude.is_finite() && !(residual <= bound) {
            return Some(WrongRow { row, residual, bound });
        }
    }
    None
}

/// What k products and sums of a row can lose where they are subnormal.
fn underflow<S: Float>(k: usize, n: usize) -> f64 {
    let smallest = if S::UNIT_ROUNDOFF > 1e-10 { f64::from(f32::from_bits(1)) } else { f64::from_bits(1) };
    (k + 2) as f64 * n as f64 * smallest
}

/// A number from a seed and a position (the finaliser of SplitMix64).
pub(crate) fn mix(seed: u64, position: u64) -> u64 {
    let z = seed.wrapping_add(position.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
