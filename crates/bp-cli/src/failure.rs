//! [`Failure`]: every way in which a command can end badly, each in one sentence.

use std::io;
use std::path::PathBuf;

use bp_core::{PlanError, ShapeError};
use bp_datasets::{DataError, DatasetError, FetchError};
use bp_train::metrics::MetricError;
use bp_train::{BlockError, CheckpointError, EvaluateError, FileError, ModelError, SettingError, TrainError};
use bp_verify::explain::ExplainError;

use crate::interrupt;
use crate::net_file::NetFileError;

/// Why a command ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A command that cannot be meant.
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Dataset(Box<DatasetError>),
    #[error("{data}: {error}")]
    Data { data: String, error: DataError },
    #[error("{data} and the options do not go together: {why}")]
    Unsuitable { data: String, why: String },
    #[error("{data} does not have the columns of {}: {why}", model.display())]
    Columns { data: String, model: PathBuf, why: String },
    #[error("a batch of {batch} rows was asked for, but {data} has {rows} for training; --batch can be at most that")]
    BatchTooLarge { data: String, batch: usize, rows: usize },
    #[error("the hidden layers make no network: {0}")]
    Hidden(PlanError),
    #[error("{}: {error}", path.display())]
    NetFile { path: PathBuf, error: NetFileError },
    #[error("{network}: {n_params} parameters are more than the limit of {limit}")]
    TooManyParams { network: String, n_params: usize, limit: usize },
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Shape(#[from] ShapeError),
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
    #[error(transparent)]
    Block(#[from] BlockError),
    #[error(transparent)]
    Metric(#[from] MetricError),
    #[error("repetition {repeat}, fold {fold}: {error}")]
    Fold { repeat: usize, fold: usize, error: TrainError },
    #[error("{error}")]
    Training { error: TrainError },
    /// Training that broke down; what became of the last good model is said behind it.
    #[error("{error}; {kept}")]
    Broken { error: TrainError, kept: String },
    #[error(transparent)]
    Checkpoint(Box<CheckpointError>),
    /// A folder of checkpoints and a command that do not go together.
    #[error("{}: {why}", folder.display())]
    Resume { folder: PathBuf, why: String },
    /// A folder of a run that is there already, or is none.
    #[error("{}: {why}", folder.display())]
    Run { folder: PathBuf, why: String },
    /// Ended by the user, who was told what became of the model.
    #[error("interrupted")]
    Interrupted,
    #[error("cannot write {}: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error("cannot make a table of the answers: {0}")]
    Answers(#[from] csv::Error),
    #[cfg(feature = "download")]
    #[error("{error}; without internet, put the files into a folder and say `bp data fetch {name} --from FOLDER`")]
    Fetch { name: String, error: FetchError },
    #[error(transparent)]
    Install(FetchError),
    /// Files that are not what they should be.
    #[error("{0}")]
    Files(String),
    /// A unit, parameter or row that is not there.
    #[error("{0}")]
    Place(String),
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The report has said everything.
    #[error("the gradient is not certified: {0}")]
    NotCertified(&'static str),
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

impl Failure {
    /// 2 for a command that cannot be meant, 130 where the user ended it, 1 for everything that only running it could tell.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Interrupted => interrupt::EXIT_CODE,
            _ => 1,
        }
    }

    /// What to say; nothing where a report on standard output has said it.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::NotCertified(_) | Self::Interrupted => None,
            failure => Some(failure.to_string()),
        }
    }

    /// What is wrong with a model file.
    pub(crate) fn model_file(path: impl Into<PathBuf>, error: FileError) -> Self {
        Self::Model(ModelError::File { path: path.into(), error })
    }
}

impl From<CheckpointError> for Failure {
    fn from(error: CheckpointError) -> Self {
        Self::Checkpoint(Box::new(error))
    }
}

impl From<DatasetError> for Failure {
    fn from(error: DatasetError) -> Self {
        Self::Dataset(Box::new(error))
    }
}
