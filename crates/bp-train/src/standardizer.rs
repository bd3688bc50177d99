//! [`Standardizer`]: columns with mean 0 and variance 1, fitted on the training part only.

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
    /// column of an empty matrix, gets scale 1.
    pub fn fit<S: Float>(x: MatRef<'_, S>) -> Self {
        let n = x.rows().max(1) as f64;
        let column = |j: usize| (0..x.rows()).map(move |i| x.at(i, j).to_f64());
        let mean: Vec<f64> = (0..x.cols()).map(|j| column(j).sum::<f64>() / n).collect();
        let scale = mean.iter().enumerate().map(|(j, mean)| {
            let constant = column(j).all(|x| x.to_bits() == column(j).next().unwrap_or(x).to_bits());
            let variance = column(j).map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
            if constant || !(variance > 0.0) { 1.0 } else { variance.sqrt() }
        });
        let scale = scale.collect();
        Self { mean, scale }
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

    /// In `f64`, so that a large mean does not cost digits.
    fn map<S: Float>(&self, rows: &mut [S], f: impl Fn(f64, f64, f64) -> f64) {
        debug_assert!(rows.len().is_multiple_of(self.width()));
        for row in rows.chunks_exact_mut(self.width()) {
            for ((x, &mean), &scale) in row.iter_mut().zip(&self.mean).zip(&self.scale) {
                *x = S::from_f64(f(x.to_f64(), mean, scale));
            }
        }
    }
}
