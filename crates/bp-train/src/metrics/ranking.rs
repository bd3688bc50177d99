//! The area under the receiver operating characteristic, counted exactly.

use bp_core::Float;

use super::{MetricError, check_classes, check_rows};

/// The share of pairs (positive, negative) in which the positive row has the larger score; a tie counts ½. This is the
/// area under the ROC curve (Hanley and McNeil 1982), from whole numbers: pairs are counted, one division rounds.
///
/// None if all rows are of one class, NaN if a score is NaN. Sorts a list of the rows.
///
/// ```
/// use bp_train::metrics::roc_auc;
/// assert_eq!(roc_auc(&[0.1, 0.4, 0.4, 0.8], &[0, 1, 0, 1])?, Some(0.875)); // 3 pairs won, 1 tied, of 4
/// assert_eq!(roc_auc(&[0.1, 0.4], &[1, 1])?, None);
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
///
/// # Errors
/// If there are no rows, another number of scores than of classes, or a class that is not 0 or 1.
pub fn roc_auc<S: Float>(scores: &[S], truth: &[u32]) -> Result<Option<f64>, MetricError> {
    check_classes(scores.len(), 1, truth)?;
    let mut rows = Vec::with_capacity(truth.len());
    Ok(auc(scores.iter().zip(truth).map(|(score, &class)| (score.to_f64(), class == 1)), &mut rows))
}

/// The AUC of each class against all others, by its own output; one output gives that of class 1 alone.
///
/// ```
/// use bp_train::metrics::roc_auc_one_vs_rest;
/// let y = [0.7, 0.2, 0.1, 0.1, 0.5, 0.4, 0.3, 0.4, 0.3];
/// assert_eq!(roc_auc_one_vs_rest(&y, 3, &[0, 1, 1])?, [Some(1.0), Some(1.0), None]);
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
///
/// # Errors
/// If there are no rows, or outputs and classes do not fit together.
pub fn roc_auc_one_vs_rest<S: Float>(y: &[S], outputs: usize, truth: &[u32]) -> Result<Vec<Option<f64>>, MetricError> {
    if outputs == 1 {
        return Ok(vec![roc_auc(y, truth)?]);
    }
    check_rows(y.len(), outputs, truth.len())?;
    check_classes(y.len(), outputs, truth)?;
    let mut rows = Vec::with_capacity(truth.len());
    let scores = |k: usize| y.iter().skip(k).step_by(outputs).zip(truth);
    let of_class = |k| auc(scores(k).map(|(score, &class)| (score.to_f64(), class as usize == k)), &mut rows);
    Ok((0..outputs).map(of_class).collect())
}

/// Counts half pairs over runs of equal scores, from the smallest score up.
fn auc(rows: impl Iterator<Item = (f64, bool)>, sorted: &mut Vec<(f64, bool)>) -> Option<f64> {
    sorted.clear();
    sorted.extend(rows);
    let positives = sorted.iter().filter(|(_, is_positive)| *is_positive).count() as u128;
    let negatives = sorted.len() as u128 - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    if sorted.iter().any(|(score, _)| score.is_nan()) {
        return Some(f64::NAN);
    }
    sorted.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
    let (mut below, mut half_pairs) = (0_u128, 0_u128);
    // −0 and 0 stand beside each other and are equal.
    for run in sorted.chunk_by(|(a, _), (b, _)| a >= b) {
        let positive = run.iter().filter(|(_, is_positive)| *is_positive).count() as u128;
        let negative = run.len() as u128 - positive;
        half_pairs += positive * (2 * below + negative);
        below += negative;
    }
    Some(half_pairs as f64 / (2 * positives * negatives) as f64)
}
