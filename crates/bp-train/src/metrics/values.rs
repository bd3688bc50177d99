//! How far predicted values are from their targets.

use bp_core::Float;

use super::{MetricError, check_rows};

/// √(mean of (y − t)²) over all values. NaN if one is NaN.
///
/// ```
/// assert_eq!(bp_train::metrics::rmse(&[3.0, 1.0], &[0.0, 5.0])?, 12.5_f64.sqrt());
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
///
/// # Errors
/// If there are no values, or not as many predicted ones as targets.
pub fn rmse<S: Float>(y: &[S], t: &[S]) -> Result<f64, MetricError> {
    Ok(figures(y, t, 1, 0)?.rmse)
}

/// The mean of |y − t| over all values. NaN if one is NaN.
///
/// ```
/// assert_eq!(bp_train::metrics::mae(&[3.0, 1.0], &[0.0, 5.0])?, 3.5);
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
///
/// # Errors
/// As [`rmse`].
pub fn mae<S: Float>(y: &[S], t: &[S]) -> Result<f64, MetricError> {
    Ok(figures(y, t, 1, 0)?.mae)
}

/// R² = 1 − Σ (y − t)² / Σ (t − t̄)², of one target: 1 if all is right, 0 for the mean, below for what is worse. None if
/// t is constant, NaN if a value is NaN.
///
/// ```
/// use bp_train::metrics::r2;
/// assert_eq!(r2(&[1.0, 2.0, 6.0], &[1.0, 3.0, 5.0])?, Some(0.75));
/// assert_eq!(r2(&[1.0, 2.0], &[0.1, 0.1])?, None);
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
///
/// # Errors
/// As [`rmse`].
pub fn r2<S: Float>(y: &[S], t: &[S]) -> Result<Option<f64>, MetricError> {
    Ok(figures(y, t, 1, 0)?.r2)
}

/// The figures of one target.
pub(super) struct Figures {
    pub(super) rmse: f64,
    pub(super) mae: f64,
    pub(super) r2: Option<f64>,
}

/// Of column `output` of `outputs`; values stand row by row.
pub(super) fn figures<S: Float>(y: &[S], t: &[S], outputs: usize, output: usize) -> Result<Figures, MetricError> {
    let rows = t.len().checked_div(outputs).unwrap_or(0);
    check_rows(y.len(), outputs, rows)?;
    if y.len() != t.len() {
        return Err(MetricError::Length { outputs: 1, rows: t.len(), got: y.len() });
    }
    let n = rows as f64;
    let square = |x: f64| x * x;
    let column = |values: &'_ [S], row: usize| values[row * outputs + output].to_f64();
    let sum = |of: &dyn Fn(f64, f64) -> f64| (0..rows).map(|row| of(column(y, row), column(t, row))).sum::<f64>();
    let squares = sum(&|y, t| square(y - t));
    let mean = sum(&|_, t| t) / n;
    let spread = sum(&|_, t| square(t - mean));
    // A rounded mean leaves something between equal values.
    let is_constant = (1..rows).all(|row| column(t, row).to_bits() == column(t, 0).to_bits()) || spread <= 0.0;
    Ok(Figures {
        rmse: (squares / n).sqrt(),
        mae: sum(&|y, t| (y - t).abs()) / n,
        r2: (!is_constant).then(|| 1.0 - squares / spread),
    })
}
