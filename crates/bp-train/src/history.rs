//! What training tells: [`Event`] while it goes on, [`History`] when it is done, [`TrainError`] when it cannot be.

use bp_core::ShapeError;
use serde::{Deserialize, Serialize};

use crate::{BlockError, EvaluateError, SettingError};

/// What a callback hears while training goes on.
///
/// ```
/// use bp_train::Event;
/// fn epoch_of(event: &Event) -> usize {
///     match event {
///         Event::Step { epoch, .. } => *epoch,
///         Event::Epoch(record) => record.epoch,
///     }
/// }
/// assert_eq!(epoch_of(&Event::Step { epoch: 3, step: 1, steps: 10 }), 3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// A step is done.
    Step {
        /// The epoch, from 1.
        epoch: usize,
        /// The step within the epoch, from 1.
        step: usize,
        /// Steps in an epoch.
        steps: usize,
    },
    /// An epoch is done.
    Epoch(EpochRecord),
}

/// One line of a [`History`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Counted from 1 over all calls of `fit`.
    pub epoch: usize,
    /// Mean error per example over the epoch's minibatches, each before its update, without weight decay.
    pub error: f64,
    /// What was watched after the epoch: the mean error per example of the validation set, or the value of a function;
    /// `None` if nothing was. See [`fit_validated`](crate::Trainer::fit_validated).
    pub validation: Option<f64>,
}

/// What happened, epoch by epoch. Plain data without a clock value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// One record per epoch that was finished.
    pub epochs: Vec<EpochRecord>,
    /// True if a callback or early stopping ended the training.
    pub stopped: bool,
    /// The epoch whose weights early stopping has put back.
    pub restored: Option<usize>,
}

/// Training that could not start or go on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// Examples that do not fit the network.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A block of rows that could not be had.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// No example at all.
    #[error("no examples to train on")]
    NoExamples,
    /// A batch of 0 examples.
    #[error("batch size is 0, expected at least 1")]
    NoBatch,
    /// A setting of the trainer or its optimiser outside its range.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A rate for a layer that is not there.
    #[error("a rate for the layer `{layer}`, but no layer has this name; there are: {}", .known.join(", "))]
    UnknownLayer {
        /// The name that was not found.
        layer: String,
        /// Every name that could have been meant.
        known: Vec<String>,
    },
    /// A validation set that cannot be evaluated.
    #[error("the validation set: {0}")]
    Validation(#[from] EvaluateError),
    /// Something that watches a validation error, and no validation set.
    #[error("{what} watches a validation error, but there is no validation set; give one to `fit_validated`")]
    NothingToWatch {
        /// What watches.
        what: &'static str,
    },
    /// A cycle of momentum, and an optimiser that has none.
    #[error("the momentum of {optimizer} cannot be cycled; that of sgd, adam and adamw can")]
    NoMomentum {
        /// Its name.
        optimizer: &'static str,
    },
    /// Something that needs classes, and targets that are none.
    #[error("{what} is for classes, but the targets are rows of numbers")]
    NoClasses {
        /// What needs them.
        what: &'static str,
    },
    /// Dropout for a layer that is not there, or is the output layer.
    #[error("dropout for the layer `{layer}`, but no hidden layer has this name; there are: {}", .known.join(", "))]
    NotHidden {
        /// The name that was not found.
        layer: String,
        /// Every name that could have been meant.
        known: Vec<String>,
    },
    /// Weights that sum to 0 over all examples, or to less in a batch, or are not finite.
    #[error("the weights of {examples} examples sum to {sum}, expected more than 0")]
    Weights {
        /// Number of examples.
        examples: usize,
        /// Their sum.
        sum: f64,
    },
    /// The error, a unit, a gradient, a parameter or the optimiser's state became infinite or NaN. The network is left as it was after
    /// epoch `last_good`.
    #[error("{what} became {value} in epoch {epoch}, step {step}; a smaller learning rate may help")]
    NonFinite {
        /// The first value that was not finite: a parameter by layer and source, an input, a, z or δ of a layer, a
        /// gradient, the error, or a part of the optimiser's state.
        what: String,
        /// What it became.
        value: f64,
        /// The epoch, from 1.
        epoch: usize,
        /// The step within the epoch, from 1.
        step: usize,
        /// The last epoch after which the error was found finite; 0 means before the first.
        last_good: usize,
    },
}
