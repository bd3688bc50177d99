//! [`Spread`]: mean, standard deviation and standard error.

use serde::{Deserialize, Serialize};

/// What some scores come to.
///
/// The standard error takes the scores as independent. Those of folds share training rows, so that the mean of a
/// cross-validation is known less well than its standard error says.
///
/// ```
/// use bp_train::selection::Spread;
/// let spread = Spread::of(&[1.0, 2.0, 3.0, 6.0]);
/// assert_eq!((spread.n, spread.mean, spread.deviation), (4, 3.0, (14.0_f64 / 3.0).sqrt()));
/// assert_eq!(spread.error, spread.deviation / 2.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// How many scores.
    pub n: usize,
    /// Their mean; NaN without any.
    pub mean: f64,
    /// Their standard deviation, √(Σ (x − mean)² / (n − 1)); 0 for one score.
    pub deviation: f64,
    /// The standard error of the mean, deviation / √n.
    pub error: f64,
}

impl Spread {
    /// Of these scores. One that is NaN makes the mean NaN.
    pub fn of(scores: &[f64]) -> Self {
        let n = scores.len();
        let mean = scores.iter().sum::<f64>() / n as f64;
        let squares: f64 = scores.iter().map(|score| (score - mean) * (score - mean)).sum();
        let deviation = if n < 2 { 0.0 } else { (squares / (n - 1) as f64).sqrt() };
        Self { n, mean, deviation, error: deviation / (n.max(1) as f64).sqrt() }
    }
}
