//! [`Summary`]: the outcome of a training, as text and as JSON.

use std::fmt::Write;

use bp_train::Evaluation;
use serde::Serialize;

use crate::args::RegularizeArgs;
use crate::certificate::Found;
use crate::output::{counted, figure};

/// Everything that a finished training states. The keys of the JSON object are the fields' names.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) dataset: String,
    pub(crate) task: &'static str,
    pub(crate) backend: &'static str,
    pub(crate) dtype: &'static str,
    pub(crate) threads: usize,
    pub(crate) seed: u64,
    pub(crate) network: String,
    pub(crate) n_params: usize,
    pub(crate) loss: String,
    pub(crate) optimizer: String,
    pub(crate) lr: f64,
    pub(crate) schedule: Option<String>,
    pub(crate) clip_norm: Option<f64>,
    pub(crate) clip_value: Option<f64>,
    pub(crate) momentum: f64,
    pub(crate) weight_decay: f64,
    pub(crate) reduction: &'static str,
    pub(crate) batch: usize,
    pub(crate) epochs: usize,
    pub(crate) epochs_done: usize,
    /// The epoch whose weights were kept, if there were validation rows.
    pub(crate) best_epoch: Option<usize>,
    #[serde(flatten)]
    pub(crate) regularization: RegularizeArgs,
    pub(crate) standardized: bool,
    pub(crate) n_train: usize,
    pub(crate) n_validation: usize,
    pub(crate) n_test: usize,
    #[serde(flatten)]
    pub(crate) scores: Scores,
    pub(crate) seconds: f64,
    pub(crate) examples_per_second: f64,
    pub(crate) gradient: Found,
    pub(crate) out: Option<String>,
}

/// How well the network does on both parts; without a test part its figures are null. Losses are means per example
/// without weight decay.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Scores {
    Classes {
        train_loss: f64,
        test_loss: Option<f64>,
        train_accuracy: Option<f64>,
        test_accuracy: Option<f64>,
    },
    Values {
        train_loss: f64,
        test_loss: Option<f64>,
        train_rmse: Option<f64>,
        test_rmse: Option<f64>,
        train_r2: Option<f64>,
        test_r2: Option<f64>,
    },
}

impl Scores {
    pub(crate) fn new(train: &Evaluation, test: Option<&Evaluation>) -> Self {
        let of_test = |figure: fn(&Evaluation) -> Option<f64>| test.and_then(figure);
        let (train_loss, test_loss) = (train.error, of_test(|e| Some(e.error)));
        match train.accuracy {
            Some(_) => Self::Classes {
                train_loss,
                test_loss,
                train_accuracy: train.accuracy,
                test_accuracy: of_test(|e| e.accuracy),
            },
            None => Self::Values {
                train_loss,
                test_loss,
                train_rmse: train.rmse,
                test_rmse: of_test(|e| e.rmse),
                train_r2: train.r2,
                test_r2: of_test(|e| e.r2),
            },
        }
    }
}

impl Summary {
    /// For people.
    pub(crate) fn describe(&self, train: &Evaluation, test: Option<&Evaluation>) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "training  {}", figures(train));
        let _ = match test {
            Some(test) => writeln!(text, "test      {}", figures(test)),
            None => writeln!(text, "test      no rows were put aside"),
        };
        let _ = writeln!(text, "{}", self.gradient.describe());
        if let Some(best) = self.best_epoch {
            let rows = counted(self.n_validation, "row", "rows");
            let _ = writeln!(text, "best      after epoch {best} of {}, by the error on {rows}", self.epochs_done);
        }
        let epochs = counted(self.epochs_done, "epoch", "epochs");
        let _ = writeln!(text, "{epochs} in {:.2} s, {:.0} rows/s", self.seconds, self.examples_per_second);
        if let Some(out) = &self.out {
            let _ = writeln!(text, "saved to {out}; try: bp info {out}");
        }
        text
    }
}

/// The one figure that matters most.
pub(crate) fn headline(e: &Evaluation) -> String {
    match (e.accuracy, e.rmse) {
        (Some(accuracy), _) => format!("accuracy {:.2} %", 100.0 * accuracy),
        (None, Some(rmse)) => format!("RMSE {}", figure(rmse)),
        (None, None) => format!("error {}", figure(e.error)),
    }
}

/// The figures of an evaluation, the important one first.
pub(crate) fn figures(e: &Evaluation) -> String {
    let mut figures = vec![headline(e)];
    if let Some(r2) = e.r2 {
        figures.push(format!("R² {r2:.4}"));
    }
    figures.push(format!("error {}", figure(e.error)));
    format!("{} on {}", figures.join(", "), counted(e.examples, "row", "rows"))
}
