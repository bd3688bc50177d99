//! [`CheckpointError`]: a training with checkpoints that could not start, go on or be saved.

use std::io;
use std::path::PathBuf;

use crate::{FileError, TrainError};

/// Why [`Trainer::fit_resumable`](crate::Trainer::fit_resumable) ended.
///
/// ```
/// use bp_train::Checkpoints;
/// let error = Checkpoints::new("Cargo.toml").note_of_newest().unwrap_err();
/// assert!(error.to_string().starts_with("cannot read Cargo.toml: "));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The training itself.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The system refused.
    #[error("cannot {action} {}: {error}", .path.display())]
    Io {
        /// `read`, `write` or `lock`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// What is to be saved is too large to be read again.
    #[error("no checkpoint can be made: {0}")]
    Unsavable(FileError),
    /// There are checkpoints, but none can be read.
    #[error("none of the {count} checkpoints in {} can be read; the newest: {error}", .folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// How many there are.
        count: usize,
        /// What is wrong with the newest.
        error: Box<CheckpointError>,
    },
    /// One file is damaged.
    #[error("{}: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: FileError,
    },
    /// Another setting, network or data set than the training was begun with.
    #[error("{what} is {now}, but the training in {} was begun with {then}", .folder.display())]
    Changed {
        /// The folder.
        folder: PathBuf,
        /// What differs.
        what: String,
        /// What it is.
        now: String,
        /// What it was.
        then: String,
    },
    /// Another training writes to this folder.
    #[error("another training writes to {}", .folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
}
