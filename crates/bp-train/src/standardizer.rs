//! [`Standardizer`]: columns with mean 0 and variance 1, fitted on the training part only.

mod blocks;

use bp_core::{Float, MatRef};

/// An affine map per column, x ↦ (x − mean) / scale, and back.
///
/// ```
/// use bp_core::MatRef;
/// use bp_train::Standardizer;
/// let train = [1.0_f64, 5.0, 3.0, 5.0]; // two rows of two columns
/// let standardizer = Standardizer::fit(MatRef::new(&train, 2, 2));
/// let mut x = [4.0, 6.0];
/// standardizer.apply(&mut x);
/// assert_eq!(x, [2.0, 1.0]); // a constant column keeps its scale
/// standardizer.invert(&mut x);
/// assert_eq!(x, [4.0, 6.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Standardizer {
    pub(crate) mean: Vec<f64>,
    pub(crate) scale: Vec<f64>,
}

impl Standardizer {
    /// Mean and standard deviation (divided by the number of rows) of every column. A constant column, and every
    /// column of an empty matrix, gets scale 1. Squares of numbers of any size neither overflow nor vanish.
    pub fn fit<S: Float>(x: MatRef<'_, S>) -> Self {
        let (mean, deviations): (_, Vec<_>) = columns(x).unzip();
        Self::of(mean, deviations)
    }

    /// Of means and deviations; a constant column has none.
    fn of(mean: Vec<f64>, deviations: Vec<Option<f64>>) -> Self {
        Self { mean, scale: deviations.into_iter().map(|d| d.unwrap_or(1.0)).collect() }
    }

    /// Like [`fit`](Standardizer::fit), but columns that look as if they had one unit (centimetres, shades of gray) keep
    /// their sizes beside each other: if the largest deviation is at most ten times the smallest, constant columns aside,
    /// all are divided by the root of their mean square. A column that varies little then says little, instead of having
    /// its noise blown up.
    ///
    /// ```
    /// use bp_core::MatRef;
    /// use bp_train::Standardizer;
    /// let of = |x: &[f64]| Standardizer::fit_units(MatRef::new(x, 2, 3)).scale().to_vec();
    /// assert_eq!(of(&[1.0, 2.0, 5.0, 3.0, 16.0, 5.0]), [5.0; 3]); // deviations 1 and 7: √(½ (1 + 49))
    /// assert_eq!(of(&[1.0, 2.0, 5.0, 3.0, 24.0, 5.0]), [1.0, 11.0, 1.0]);
    /// ```
    pub fn fit_units<S: Float>(x: MatRef<'_, S>) -> Self {
        let (mean, deviations) = columns(x).unzip();
        units(mean, deviations)
    }

    /// Standardises whole rows in place.
    pub fn apply<S: Float>(&self, rows: &mut [S]) {
        self.map(rows, |x, mean, scale| (x - mean) / scale);
    }

    /// Undoes [`apply`](Standardizer::apply).
    pub fn invert<S: Float>(&self, rows: &mut [S]) {
        self.map(rows, |x, mean, scale| x * scale + mean);
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.mean.len()
    }

    /// The means.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The standard deviations, 1 for constant columns.
    pub fn scale(&self) -> &[f64] {
        &self.scale
    }

    /// What a model file must hold: one positive, finite scale per finite mean.
    pub(crate) fn is_sound(&self) -> bool {
        let is_scale = |scale: &f64| *scale > 0.0 && scale.is_finite();
        self.mean.len() == self.scale.len()
            && self.mean.iter().all(|m| m.is_finite())
            && self.scale.iter().all(is_scale)
    }

    /// In `f64`, so that the map itself rounds once; digits that `x` has lost as an `S` do not come back.
    fn map<S: Float>(&self, rows: &mut [S], f: impl Fn(f64, f64, f64) -> f64) {
        debug_assert!(rows.len().is_multiple_of(self.width()));
        for row in rows.chunks_exact_mut(self.width()) {
            for ((x, &mean), &scale) in row.iter_mut().zip(&self.mean).zip(&self.scale) {
                *x = S::from_f64(f(x.to_f64(), mean, scale));
            }
        }
    }
}

/// Columns that look as if they had one unit keep it.
fn units(mean: Vec<f64>, deviations: Vec<Option<f64>>) -> Standardizer {
    const MOST: f64 = 10.0;
    let known: Vec<f64> = deviations.iter().flatten().copied().collect();
    let (least, most) = known.iter().fold((f64::INFINITY, 0.0), |(l, m), &d| (f64::min(l, d), f64::max(m, d)));
    let each = Standardizer::of(mean, deviations);
    // Written so that NaN keeps each column's own.
    if !(most <= MOST * least && most.is_finite()) || known.is_empty() {
        return each;
    }
    let mean_square = known.iter().map(|d| (d / most) * (d / most)).sum::<f64>() / known.len() as f64;
    Standardizer { scale: vec![most * mean_square.sqrt(); each.width()], ..each }
}

/// Mean and deviation of every column; a constant one has none.
fn columns<S: Float>(x: MatRef<'_, S>) -> impl Iterator<Item = (f64, Option<f64>)> {
    (0..x.cols()).map(move |j| moments(|| (0..x.rows()).map(|i| x.at(i, j).to_f64())))
}

/// Mean and deviation of a column, in units of a power of two near its largest number, which changes no digit.
fn moments<I: Iterator<Item = f64>>(column: impl Fn() -> I) -> (f64, Option<f64>) {
    let n = column().count().max(1) as f64;
    let largest = column().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    let unit = unit_of(largest);
    let mean = column().map(|x| x / unit).sum::<f64>() / n;
    let constant = column().all(|x| x.to_bits() == column().next().unwrap_or(x).to_bits());
    let square = |x: f64| (x / unit - mean) * (x / unit - mean);
    (mean * unit, deviation(column().map(square).sum::<f64>() / n, unit, constant))
}

/// A power of two near the largest number of a column.
fn unit_of(largest: f64) -> f64 {
    const EXPONENT: u64 = 0x7FF0_0000_0000_0000;
    f64::from_bits(largest.to_bits() & EXPONENT).max(f64::MIN_POSITIVE)
}

/// √ of a mean of squares in such a unit; none for a constant column.
fn deviation(mean_square: f64, unit: f64, is_constant: bool) -> Option<f64> {
    let deviation = mean_square.sqrt() * unit;
    (!is_constant && deviation > 0.0).then_some(deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns of −2, 2, 6, 10 in units of any size: mean 4, deviation √20.
    #[test]
    fn columns_of_any_size() {
        for size in [1.0, 1e300, f64::MAX / 10.0, 1e-200, 1e-300] {
            let column = [-2.0, 2.0, 6.0, 10.0].map(|x| x * size);
            let Standardizer { mean, scale } = Standardizer::fit(MatRef::new(&column, 4, 1));
            let near = |got: f64, want: f64| (got / size - want).abs() <= 4.0 * f64::EPSILON * want;
            assert!(near(mean[0], 4.0) && near(scale[0], 20.0_f64.sqrt()), "{size}: {mean:?}, {scale:?}");
        }
    }

    /// In f32 too the largest numbers standardise to something of size 1.
    #[test]
    fn the_largest_numbers() {
        let mut column = [-f32::MAX, f32::MAX, f32::MAX, -f32::MAX];
        let standardizer = Standardizer::fit(MatRef::new(&column, 4, 1));
        standardizer.apply(&mut column);
        assert_eq!(column.map(f32::to_bits), [-1.0_f32, 1.0, 1.0, -1.0].map(f32::to_bits));
    }
}
