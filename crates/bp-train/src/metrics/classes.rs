//! Shares of rows whose class is right, or among the first k.

use bp_core::Float;

use super::{MetricError, check_classes, n_classes};
use crate::network::class_of;

/// The share of rows whose most probable class is the right one: the largest output, the first of equal ones; with one
/// output, class 1 from ½ on.
///
/// ```
/// let y = [0.9, 0.1, 0.4, 0.6, f64::NAN, 0.5]; // the last row is wrong, whatever its target
/// assert_eq!(bp_train::metrics::accuracy(&y, 2, &[0, 1, 1])?, 2.0 / 3.0);
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
///
/// # Errors
/// If there are no rows, or outputs and classes do not fit together.
pub fn accuracy<S: Float>(y: &[S], outputs: usize, truth: &[u32]) -> Result<f64, MetricError> {
    check_classes(y.len(), outputs, truth)?;
    let right = y.chunks_exact(outputs).zip(truth).filter(|(y, class)| class_of(y) == Some(**class)).count();
    Ok(right as f64 / truth.len() as f64)
}

/// The share of rows whose right class is among the k most probable, of equal ones the first; so that k = 1 is the
/// [`accuracy`], and from the number of classes on every row without a NaN is right.
///
/// ```
/// use bp_train::metrics::top_k;
/// let y = [0.5, 0.3, 0.2, 0.1, 0.8, 0.1];
/// assert_eq!([1, 2, 3].map(|k| top_k(&y, 3, &[1, 2], k).ok()), [Some(0.0), Some(0.5), Some(1.0)]);
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
///
/// # Errors
/// As [`accuracy`], or if k is 0.
pub fn top_k<S: Float>(y: &[S], outputs: usize, truth: &[u32], k: usize) -> Result<f64, MetricError> {
    check_classes(y.len(), outputs, truth)?;
    if k == 0 {
        return Err(MetricError::Zero { what: "k of the top k" });
    }
    let right = y.chunks_exact(outputs).zip(truth).filter(|(y, class)| rank(y, **class).is_some_and(|r| r < k));
    Ok(right.count() as f64 / truth.len() as f64)
}

/// How many classes come before this one; none for a row with a NaN.
fn rank<S: Float>(y: &[S], class: u32) -> Option<usize> {
    let first = class_of(y)?;
    if y.len() == 1 {
        return Some(usize::from(first != class));
    }
    debug_assert!((class as usize) < n_classes(y.len()));
    let class = class as usize;
    let before = |(j, y_j): (usize, &S)| *y_j > y[class] || (*y_j >= y[class] && j < class);
    Some(y.iter().enumerate().filter(|&(j, y_j)| before((j, y_j))).count())
}
