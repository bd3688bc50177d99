//! [`ClassReport`] and [`ValueReport`]: every figure of a task in one place, as plain data.

use bp_core::Float;
use serde::{Deserialize, Serialize};

use super::values::figures;
use super::{
    Average, Calibration, ClassFigures, Confusion, MetricError, brier, calibration, log_loss, roc_auc_one_vs_rest,
    top_k,
};

/// Bins of the calibration error in a report.
const BINS: usize = 10;

/// Everything about a classification.
///
/// ```
/// use bp_train::metrics::ClassReport;
/// let report = ClassReport::new(&[0.9, 0.1, 0.2, 0.8, 0.7, 0.3], 2, &[0, 1, 1])?;
/// assert_eq!((report.accuracy, report.auc), (2.0 / 3.0, Some(1.0)));
/// assert_eq!(report.confusion.counts, [1, 0, 1, 1]);
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassReport {
    /// Rows judged.
    pub rows: usize,
    /// [`super::accuracy`].
    pub accuracy: f64,
    /// [`super::top_k`] for k from 1 to 5, fewer with fewer classes.
    pub top_k: Vec<f64>,
    /// [`super::log_loss`], if it is finite.
    pub log_loss: Option<f64>,
    /// [`super::brier`], if outputs are probabilities.
    pub brier: Option<f64>,
    /// The error of [`super::calibration`] over ten bins, if outputs are probabilities.
    pub calibration_error: Option<f64>,
    /// The AUC of class 1 for two classes, the mean over the classes that have one for more.
    pub auc: Option<f64>,
    /// Of each class.
    pub classes: Vec<ClassFigures>,
    /// [`roc_auc_one_vs_rest`] by class; of two classes both have the same with one output.
    pub auc_of_class: Vec<Option<f64>>,
    /// [`Confusion::macro_average`].
    pub macro_average: Average,
    /// [`Confusion::weighted_average`].
    pub weighted_average: Average,
    /// [`Confusion::micro_average`].
    pub micro_average: Average,
    /// Which class was taken for which.
    pub confusion: Confusion,
    /// The ten bins behind the calibration error.
    pub calibration: Vec<super::Bin>,
}

impl ClassReport {
    /// Judges rows of outputs by their classes.
    ///
    /// # Errors
    /// If there are no rows, or outputs and classes do not fit together.
    pub fn new<S: Float>(y: &[S], outputs: usize, truth: &[u32]) -> Result<Self, MetricError> {
        let confusion = Confusion::new(y, outputs, truth)?;
        let classes = confusion.classes;
        let mut auc_of_class = roc_auc_one_vs_rest(y, outputs, truth)?;
        auc_of_class.resize(classes, auc_of_class[0]);
        auc_of_class.iter_mut().for_each(|auc| *auc = auc.and_then(finite));
        let known: Vec<f64> = auc_of_class.iter().flatten().copied().collect();
        let auc = match classes {
            2 => auc_of_class[1],
            _ => finite(known.iter().sum::<f64>() / known.len() as f64),
        };
        let Calibration { error, bins } = calibration(y, outputs, truth, BINS)?;
        Ok(Self {
            rows: truth.len(),
            accuracy: confusion.accuracy(),
            top_k: (1..=classes.min(5)).map(|k| top_k(y, outputs, truth, k)).collect::<Result<_, _>>()?,
            log_loss: finite(log_loss(y, outputs, truth)?),
            brier: finite(brier(y, outputs, truth)?),
            calibration_error: finite(error),
            auc,
            classes: (0..classes).map(|class| confusion.class(class)).collect(),
            auc_of_class,
            macro_average: confusion.macro_average(),
            weighted_average: confusion.weighted_average(),
            micro_average: confusion.micro_average(),
            confusion,
            calibration: bins,
        })
    }
}

/// Everything about a regression.
///
/// ```
/// use bp_train::metrics::ValueReport;
/// let report = ValueReport::new(&[9.0, 1.0, 9.0, 4.0], &[0.0, 2.0, 0.0, 4.0], 2)?;
/// assert_eq!((report.rows, report.targets[0].rmse, report.targets[0].r2), (2, Some(9.0), None));
/// assert_eq!((report.targets[1].mae, report.targets[1].r2), (Some(0.5), Some(0.5)));
/// # Ok::<(), bp_train::metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueReport {
    /// Rows judged.
    pub rows: usize,
    /// Of each target.
    pub targets: Vec<ValueFigures>,
}

/// The figures of one target in its units, where they are finite. See [`ValueReport`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ValueFigures {
    /// [`super::rmse`].
    pub rmse: Option<f64>,
    /// [`super::mae`].
    pub mae: Option<f64>,
    /// [`super::r2`].
    pub r2: Option<f64>,
}

impl ValueReport {
    /// Judges rows of values by their targets.
    ///
    /// # Errors
    /// If there are no rows, or not as many predicted values as targets.
    pub fn new<S: Float>(y: &[S], t: &[S], outputs: usize) -> Result<Self, MetricError> {
        let of_target = |output| {
            let all = figures(y, t, outputs, output)?;
            Ok(ValueFigures { rmse: finite(all.rmse), mae: finite(all.mae), r2: all.r2.and_then(finite) })
        };
        let targets = (0..outputs.max(1)).map(of_target).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { rows: t.len() / outputs, targets })
    }
}

fn finite(x: f64) -> Option<f64> {
    Some(x).filter(|x| x.is_finite())
}
