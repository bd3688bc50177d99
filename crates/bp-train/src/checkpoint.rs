//! [`Checkpoints`]: where and how often a training is saved. What is in a file is in `checkpoint/content.rs`; how a
//! trainer goes on from one in `trainer/resume.rs`.

mod content;
mod error;
mod folder;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bp_core::Float;

pub use content::{Checkpoint, Place};
pub use error::CheckpointError;

use crate::{Event, write_file};

/// How often a checkpoint is written; the end of a training always is one.
///
/// ```
/// use std::time::Duration;
/// use bp_train::{Checkpoints, Every};
/// let often = Checkpoints::new("run").every(Every::Time(Duration::from_secs(30)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Every {
    /// After so many steps.
    Steps(u64),
    /// After so many epochs.
    Epochs(u64),
    /// At the first step after so long a time. The clock decides when a file is written, not what is in it.
    Time(Duration),
}

/// A folder of checkpoints: `step-000000001234.bp` after 1,234 steps.
///
/// Every file is written whole (see [`write_file`]) and carries checksums; the newest that can be read is
/// the one that counts. One training writes to a folder at a time, which a file `lock` in it watches over.
///
/// ```
/// use std::ops::ControlFlow;
/// use bp_core::{Act, Examples, Output, Reference, Targets, stack};
/// use bp_train::{Adam, Checkpoints, Event, Every, Network, Trainer};
/// let folder = tempfile::tempdir()?;
/// let xor = Examples::new(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], Targets::Classes(&[0, 1, 1, 0]));
/// let network = || Network::<Reference>::new(stack(2).hidden(8, Act::Tanh).output(2, Output::Softmax), 1);
/// let trainer = || Trainer::new().optimizer(Adam::new()).rate(0.02).batch(3).epochs(20);
/// let mut checkpoints = Checkpoints::new(folder.path()).every(Every::Epochs(5)).keep(2);
///
/// // The power fails in epoch 12, after the first of two steps …
/// let (mut net, fails) = (network()?, Event::Step { epoch: 12, step: 1, steps: 2 });
/// let power = |event, _: &_| if event == fails { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
/// trainer().fit_resumable(&mut net, &xor, None, &mut checkpoints, power)?;
/// // … and the same program goes on there, to the same bits as one that was never interrupted.
/// let mut net = network()?;
/// trainer().fit_resumable(&mut net, &xor, None, &mut checkpoints, |_, _| ControlFlow::Continue(()))?;
/// let mut same = network()?;
/// trainer().fit(&mut same, &xor)?;
/// assert_eq!(net.to_bytes()?, same.to_bytes()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Checkpoints {
    folder: PathBuf,
    every: Every,
    keep: usize,
    note: String,
    warn: Box<dyn FnMut(&str) + Send>,
    /// When the last one was written, or the training began.
    last: Instant,
}

impl Checkpoints {
    /// In this folder, which is made when the first training begins; every 30 seconds, the last 3 kept.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let (every, warn) = (Every::Time(Duration::from_secs(30)), Box::new(|_: &str| {}));
        Self { folder: folder.into(), every, keep: 3, note: String::new(), warn, last: Instant::now() }
    }

    /// How often.
    #[must_use]
    pub fn every(self, every: Every) -> Self {
        Self { every, ..self }
    }

    /// How many are kept, at least 1. With 1 there is none to fall back to when a disk has damaged it.
    #[must_use]
    pub fn keep(self, keep: usize) -> Self {
        Self { keep: keep.max(1), ..self }
    }

    /// A text that every checkpoint carries, such as what a program was called with.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// Who hears of checkpoints that are damaged, or could not be deleted. Unless told, nobody.
    #[must_use]
    pub fn on_warning(self, warn: impl FnMut(&str) + Send + 'static) -> Self {
        Self { warn: Box::new(warn), ..self }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Steps of all checkpoints in the folder, the newest last.
    ///
    /// # Errors
    /// If the folder cannot be read; one that is not there has no checkpoint.
    pub fn steps(&self) -> Result<Vec<u64>, CheckpointError> {
        folder::list(&self.folder)
    }

    /// The newest checkpoint that can be read, if there is any. Those that cannot are reported to
    /// [`on_warning`](Checkpoints::on_warning).
    ///
    /// # Errors
    /// If none of several can be read, or it is over another scalar.
    pub fn newest<S: Float>(&mut self) -> Result<Option<Checkpoint<S>>, CheckpointError> {
        folder::newest(&self.folder, Checkpoint::from_bytes, &mut self.warn)
    }

    /// The [`note`](Checkpoints::note) of the newest checkpoint that can be read, over whatever scalar.
    ///
    /// # Errors
    /// If none of several can be read.
    pub fn note_of_newest(&self) -> Result<Option<String>, CheckpointError> {
        folder::newest(&self.folder, content::read_note, &mut |_| {})
    }

    /// Keeps other trainings out, and starts the clock.
    pub(crate) fn begin(&mut self) -> Result<File, CheckpointError> {
        self.last = Instant::now();
        folder::lock(&self.folder)
    }

    /// Whether one is to be written after this event.
    pub(crate) fn is_due(&self, event: Event, steps_done: u64, epochs_done: u64) -> bool {
        match (event, self.every) {
            (Event::Step { .. }, Every::Steps(n)) => steps_done.is_multiple_of(n.max(1)),
            (Event::Step { .. }, Every::Time(time)) => self.last.elapsed() >= time,
            (Event::Epoch(_), Every::Epochs(n)) => epochs_done.is_multiple_of(n.max(1)),
            _ => false,
        }
    }

    pub(crate) fn save<S: Float>(&mut self, mut checkpoint: Checkpoint<S>) -> Result<(), CheckpointError> {
        checkpoint.note.clone_from(&self.note);
        let steps = checkpoint.place.steps_done;
        let path = folder::path_of(&self.folder, steps);
        let bytes = checkpoint.to_bytes().map_err(CheckpointError::Unsavable)?;
        write_file(&path, &bytes).map_err(|error| CheckpointError::Io { action: "write", path, error })?;
        folder::prune(&self.folder, steps, self.keep, &mut self.warn)?;
        self.last = Instant::now();
        Ok(())
    }
}
