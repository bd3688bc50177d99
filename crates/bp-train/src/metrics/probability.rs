//! How good probabilities are: log loss, Brier score, calibration.

use bp_core::{Float, Real};
use serde::{Deserialize, Serialize};

use super::{MetricError, check_classes, n_classes};
use crate::network::class_of;

/// The mean of −ln p, p the probability of the right class: the cross-entropy per row. Nothing is clipped: ∞ if a right
/// class has probability 0. NaN if an output is no probability.
///
/// ```
/// let loss = bp_train::metrics::log_loss(&[0.5, 0.5, 0.25, 0.75], 2, &[0, 0])?;
/// assert!((loss - 1.5 * 2.0_f64.ln()).abs() < 1e-15);
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
///
/// # Errors
/// If there are no rows, or outputs and classes do not fit together.
pub fn log_loss<S: Float>(y: &[S], outputs: usize, truth: &[u32]) -> Result<f64, MetricError> {
    check_classes(y.len(), outputs, truth)?;
    let of_row = |(y, &class): (&[S], &u32)| match are_probabilities(y) {
        true => Real::ln(probability(y, class as usize)),
        false => f64::NAN,
    };
    // From 0, so that certainty gives 0 and not −0.
    Ok(0.0 - y.chunks_exact(outputs).zip(truth).map(of_row).sum::<f64>() / truth.len() as f64)
}

/// The mean over rows of Σ_k (p_k − t_k)², from 0 to 2 (Brier 1950); with one output both classes count, so that it
/// equals that of two outputs. NaN if an output is no probability.
///
/// ```
/// use bp_train::metrics::brier;
/// assert_eq!(brier(&[0.25, 0.75], 2, &[1])?, 0.125);
/// assert_eq!(brier(&[0.75], 1, &[1])?, 0.125);
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
///
/// # Errors
/// As [`log_loss`].
pub fn brier<S: Float>(y: &[S], outputs: usize, truth: &[u32]) -> Result<f64, MetricError> {
    check_classes(y.len(), outputs, truth)?;
    let square = |x: f64| x * x;
    let of_row = |(y, &class): (&[S], &u32)| match are_probabilities(y) {
        true => (0..n_classes(outputs))
            .map(|k| square(probability(y, k) - f64::from(u8::from(k == class as usize))))
            .sum::<f64>(),
        false => f64::NAN,
    };
    Ok(y.chunks_exact(outputs).zip(truth).map(of_row).sum::<f64>() / truth.len() as f64)
}

/// Rows whose probability of the predicted class lies in the same interval.
///
/// ```
/// let c = bp_train::metrics::calibration(&[0.75, 0.25], 2, &[0], 2)?;
/// assert_eq!((c.bins[1].rows, c.bins[1].confidence, c.bins[1].accuracy), (1, 0.75, 1.0));
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// How many.
    pub rows: u64,
    /// The mean of their probabilities, 0 without rows.
    pub confidence: f64,
    /// The share of them whose class is right, 0 without rows.
    pub accuracy: f64,
}

/// How well probabilities say how often the prediction is right. See [`calibration`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The expected calibration error Σ_b n_b/n |accuracy_b − confidence_b|; NaN if an output is no probability.
    pub error: f64,
    /// The bins, from probability 0 to 1; rows whose outputs are no probabilities are in none.
    pub bins: Vec<Bin>,
}

/// Compares the probability of each row's predicted class with how often such a prediction is right, over bins of equal
/// width: bin b of B holds b/B < p ≤ (b+1)/B (Guo et al. 2017).
///
/// ```
/// let y = [0.75, 0.25, 0.75, 0.25, 0.75, 0.25, 0.75, 0.25]; // four times 0.75, of which three are right
/// assert_eq!(bp_train::metrics::calibration(&y, 2, &[0, 0, 1, 0], 10)?.error, 0.0);
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
///
/// # Errors
/// As [`log_loss`], or if there is no bin.
pub fn calibration<S: Float>(y: &[S], outputs: usize, truth: &[u32], bins: usize) -> Result<Calibration, MetricError> {
    check_classes(y.len(), outputs, truth)?;
    if bins == 0 {
        return Err(MetricError::Zero { what: "the number of bins" });
    }
    let mut sums = vec![Bin { rows: 0, confidence: 0.0, accuracy: 0.0 }; bins];
    let mut is_sound = true;
    for (y, &class) in y.chunks_exact(outputs).zip(truth) {
        let Some(predicted) = class_of(y).filter(|_| are_probabilities(y)) else {
            is_sound = false;
            continue;
        };
        let confidence = probability(y, predicted as usize);
        let bin = &mut sums[((confidence * bins as f64).ceil() as usize).clamp(1, bins) - 1];
        bin.rows += 1;
        bin.confidence += confidence;
        bin.accuracy += f64::from(u8::from(predicted == class));
    }
    let gaps = sums.iter().map(|bin| (bin.accuracy - bin.confidence).abs()).sum::<f64>();
    for bin in &mut sums {
        bin.confidence /= bin.rows.max(1) as f64;
        bin.accuracy /= bin.rows.max(1) as f64;
    }
    Ok(Calibration { error: if is_sound { gaps / truth.len() as f64 } else { f64::NAN }, bins: sums })
}

fn are_probabilities<S: Float>(y: &[S]) -> bool {
    y.iter().all(|p| (0.0..=1.0).contains(&p.to_f64()))
}

/// The probability of a class.
fn probability<S: Float>(y: &[S], class: usize) -> f64 {
    match y {
        [p] if class == 0 => 1.0 - p.to_f64(),
        [p] => p.to_f64(),
        _ => y[class].to_f64(),
    }
}
