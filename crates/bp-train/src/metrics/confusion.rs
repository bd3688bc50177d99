//! [`Confusion`]: which classes are taken for which, and the figures that follow from it.

use bp_core::Float;
use serde::{Deserialize, Serialize};

use super::{MetricError, check_classes, n_classes};
use crate::network::class_of;

/// How often each class was taken for each other.
///
/// ```
/// use bp_train::metrics::Confusion;
/// let c = Confusion::new(&[0.9, 0.1, 0.2, 0.8, 0.7, 0.3], 2, &[0, 1, 1])?;
/// assert_eq!(c.counts, [[1, 0], [1, 1]].concat());
/// assert_eq!((c.class(1).precision, c.class(1).recall), (Some(1.0), Some(0.5)));
/// assert_eq!(c.accuracy(), 2.0 / 3.0);
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// The number of classes K.
    pub classes: usize,
    /// K × K numbers of rows: right classes down, predicted ones across.
    pub counts: Vec<u64>,
    /// Of each class, the rows that belong to no class because an output is NaN.
    pub unclassified: Vec<u64>,
}

/// Figures of one class, from its true positives TP, false positives FP and false negatives FN.
///
/// ```
/// use bp_train::metrics::Confusion;
/// let never_predicted = Confusion::new(&[0.9_f32, 0.1], 2, &[1])?.class(1);
/// assert_eq!((never_predicted.precision, never_predicted.recall, never_predicted.f1), (None, Some(0.0), Some(0.0)));
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassFigures {
    /// Rows of the class, TP + FN.
    pub support: u64,
    /// TP / (TP + FP); none if the class is never predicted.
    pub precision: Option<f64>,
    /// TP / (TP + FN); none if the class does not occur.
    pub recall: Option<f64>,
    /// 2 TP / (2 TP + FP + FN), the harmonic mean of the two; none if the class neither occurs nor is predicted.
    pub f1: Option<f64>,
}

/// Precision, recall and F1 over all classes. See [`Confusion::macro_average`] and its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Average {
    /// Precision.
    pub precision: f64,
    /// Recall.
    pub recall: f64,
    /// F1.
    pub f1: f64,
}

impl Confusion {
    /// Counts rows of outputs against their classes.
    ///
    /// # Errors
    /// If there are no rows, or outputs and classes do not fit together.
    pub fn new<S: Float>(y: &[S], outputs: usize, truth: &[u32]) -> Result<Self, MetricError> {
        check_classes(y.len(), outputs, truth)?;
        let classes = n_classes(outputs);
        let mut confusion = Self { classes, counts: vec![0; classes * classes], unclassified: vec![0; classes] };
        for (y, &class) in y.chunks_exact(outputs).zip(truth) {
            match class_of(y) {
                Some(predicted) => confusion.counts[class as usize * classes + predicted as usize] += 1,
                None => confusion.unclassified[class as usize] += 1,
            }
        }
        Ok(confusion)
    }

    /// The figures of one class.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn class(&self, class: usize) -> ClassFigures {
        let (right, support, predicted) = (self.right(class), self.support(class), self.predicted(class));
        ClassFigures {
            support,
            precision: share(right, predicted),
            recall: share(right, support),
            f1: share(2 * right, support + predicted),
        }
    }

    /// The share of rows on the diagonal.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..self.classes).map(|class| self.right(class)).sum();
        right as f64 / self.rows() as f64
    }

    /// The mean over the classes that occur or are predicted. A precision or recall without a denominator counts as 0
    /// here, so that a class that is never predicted, or predicted where it does not occur, costs something.
    ///
    /// ```
    /// use bp_train::metrics::Confusion;
    /// let c = Confusion::new(&[0.9_f32, 0.1, 0.8, 0.2], 2, &[0, 1])?;
    /// assert_eq!(c.macro_average().precision, 0.25); // ½ and 0
    /// # Ok::<(), bp_train::metrics::MetricError>(())
    /// ```
    pub fn macro_average(&self) -> Average {
        self.average(|figures| f64::from(u8::from(figures.f1.is_some())))
    }

    /// The mean over classes, each weighing as much as it has rows; its recall is the accuracy.
    pub fn weighted_average(&self) -> Average {
        self.average(|figures| figures.support as f64)
    }

    /// From the sums of TP, FP and FN over all classes: three times the accuracy, unless rows belong to no class; those
    /// count in the recall and not in the precision, which is 0 if all are such.
    pub fn micro_average(&self) -> Average {
        let right: u64 = (0..self.classes).map(|class| self.right(class)).sum();
        let predicted: u64 = self.counts.iter().sum();
        let of = |part, whole| share(part, whole).unwrap_or(0.0);
        Average {
            precision: of(right, predicted),
            recall: of(right, self.rows()),
            f1: of(2 * right, predicted + self.rows()),
        }
    }

    fn average(&self, weight: impl Fn(&ClassFigures) -> f64) -> Average {
        let mut sums = [0.0; 4];
        for figures in (0..self.classes).map(|class| self.class(class)) {
            let weight = weight(&figures);
            sums[0] += weight;
            for (sum, figure) in sums[1..].iter_mut().zip([figures.precision, figures.recall, figures.f1]) {
                *sum += weight * figure.unwrap_or(0.0);
            }
        }
        Average { precision: sums[1] / sums[0], recall: sums[2] / sums[0], f1: sums[3] / sums[0] }
    }

    fn right(&self, class: usize) -> u64 {
        self.counts[class * self.classes + class]
    }

    fn support(&self, class: usize) -> u64 {
        self.counts[class * self.classes..][..self.classes].iter().sum::<u64>() + self.unclassified[class]
    }

    fn predicted(&self, class: usize) -> u64 {
        self.counts.iter().skip(class).step_by(self.classes).sum()
    }

    fn rows(&self) -> u64 {
        self.counts.iter().chain(&self.unclassified).sum()
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
