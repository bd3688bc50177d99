//! How good predictions are: pure functions on slices, and reports that hold every figure of a task.
//!
//! Figures of classes take outputs row by row (examples × outputs) and the right class of each row. One output is the
//! probability of class 1 of two. Every example weighs 1. Three rules hold throughout:
//!
//! - A figure that counts takes a row with a NaN among its outputs as wrong: it belongs to no class.
//! - A figure that measures is NaN if an output is NaN or, where a probability is asked for, none.
//! - A figure without a denominator is `None`: the recall of a class that does not occur, the AUC of rows that are all
//!   of one class, the R² of a constant target.
//!
//! Reports hold `None` for what is NaN or infinite too, so that they can be written and read as JSON. Read
//! `confusion.rs` first; [`ClassReport`] and [`ValueReport`] put everything together.

mod classes;
mod confusion;
mod probability;
mod ranking;
mod report;
mod values;

pub use classes::{accuracy, top_k};
pub use confusion::{Average, ClassFigures, Confusion};
pub use probability::{Bin, Calibration, brier, calibration, log_loss};
pub use ranking::{roc_auc, roc_auc_one_vs_rest};
pub use report::{ClassReport, ValueFigures, ValueReport};
pub use values::{mae, r2, rmse};

/// Predictions and targets that do not fit together.
///
/// ```
/// let error = bp_train::metrics::accuracy(&[0.2, 0.8, 0.5], 2, &[1, 0]).unwrap_err();
/// assert_eq!(error.to_string(), "3 predicted values, expected 4: 2 for each of 2 targets");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// Nothing to judge.
    #[error("no examples to judge")]
    NoExamples,
    /// Another number of predictions than the targets want.
    #[error("{got} predicted values, expected {}: {outputs} for each of {rows} targets", .outputs.saturating_mul(*.rows))]
    Length {
        /// Values of a row.
        outputs: usize,
        /// Rows by the targets.
        rows: usize,
        /// Predicted values.
        got: usize,
    },
    /// Rows of no values at all.
    #[error("rows of 0 outputs cannot be judged")]
    NoOutputs,
    /// A target class that the predictions do not have.
    #[error("the target of row {row} is class {class}, but there are {classes} classes")]
    Class {
        /// The row, from 0.
        row: usize,
        /// Its class.
        class: u32,
        /// How many there are.
        classes: usize,
    },
    /// A k of 0 or no bin.
    #[error("{what} is 0, expected at least 1")]
    Zero {
        /// `k of the top k` or the like.
        what: &'static str,
    },
}

/// How many classes rows of so many outputs tell apart.
fn n_classes(outputs: usize) -> usize {
    if outputs == 1 { 2 } else { outputs }
}

/// Checks the shape of `got` predicted values against the number of rows.
fn check_rows(got: usize, outputs: usize, rows: usize) -> Result<(), MetricError> {
    match (outputs, rows) {
        (0, _) => Err(MetricError::NoOutputs),
        (_, 0) => Err(MetricError::NoExamples),
        _ if outputs.checked_mul(rows) != Some(got) => Err(MetricError::Length { outputs, rows, got }),
        _ => Ok(()),
    }
}

/// Checks outputs and classes against each other.
fn check_classes(got: usize, outputs: usize, truth: &[u32]) -> Result<(), MetricError> {
    check_rows(got, outputs, truth.len())?;
    let classes = n_classes(outputs);
    match truth.iter().position(|&class| class as usize >= classes) {
        Some(row) => Err(MetricError::Class { row, class: truth[row], classes }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
