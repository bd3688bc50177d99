//! [`Checkpoint`]: what a file of a training that is under way holds, to bytes and back.

use bp_core::Float;
use serde::{Deserialize, Serialize};

use crate::frame::{Dtype, FileError, MAX_HISTORY, Reader, Writer, decode, encode, float_bytes, read_floats};
use crate::{EarlyStopState, History, PlateauState};

/// Everything that the next step of a training depends on.
///
/// Plain data, and no clock value in it: the same training gives the same bytes. It is stored in the container of model
/// files, numbers as they are in memory; [`from_bytes`](Checkpoint::from_bytes) refuses what is cut short or damaged.
///
/// ```
/// use bp_core::{Act, Examples, Reference, Targets, stack};
/// use bp_train::{Checkpoint, Checkpoints, Network, Trainer};
/// let folder = tempfile::tempdir()?;
/// let line = Examples::new(&[0.0, 1.0, 2.0], Targets::Rows(&[1.0, 3.0, 5.0]));
/// let mut net = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 1)?;
/// let mut checkpoints = Checkpoints::new(folder.path());
/// Trainer::new().batch(1).epochs(2).fit_resumable(&mut net, &line, None, &mut checkpoints, |_, _| {
///     std::ops::ControlFlow::Continue(())
/// })?;
///
/// let bytes = std::fs::read(folder.path().join("step-000000000006.bp"))?;
/// let checkpoint = Checkpoint::<f64>::from_bytes(&bytes)?;
/// assert_eq!((checkpoint.place.steps_done, checkpoint.place.epochs_done), (6, 2));
/// assert_eq!(checkpoint.model, net.to_bytes()?);
/// assert_eq!(checkpoint.to_bytes()?, bytes);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint<S> {
    /// The network: a whole model file.
    pub model: Vec<u8>,
    /// Every setting of the trainer and its optimiser, by name.
    pub settings: Vec<(String, String)>,
    /// SHA-256 of the examples: shapes, inputs, targets, weights.
    pub data: [u8; 32],
    /// The same of the validation examples, if there are any.
    pub validation: Option<[u8; 32]>,
    /// A text of the caller's, see [`Checkpoints::note`](crate::Checkpoints::note).
    pub note: String,
    /// How far it has come.
    pub place: Place,
    /// What the optimiser remembers, by name.
    pub optimizer: Vec<(String, Vec<S>)>,
    /// The parameters after the last epoch that was found good.
    pub last_good: Vec<S>,
    /// The parameters of the best epoch that early stopping has seen; empty without.
    pub best: Vec<S>,
    /// The epochs so far, and whether early stopping has ended them.
    pub history: History,
}

/// How far a training has come.
///
/// The generator needs no more: orders of examples are a function of (seed, epoch), dropout and noise of (seed, step).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Steps of the optimiser.
    pub steps_done: u64,
    /// Epochs that are over.
    pub epochs_done: u64,
    /// The epoch of the last batch, from 1.
    pub epoch: u64,
    /// The last batch in it, from 1.
    pub step: u64,
    /// Sum of the errors of this epoch's batches.
    pub error: f64,
    /// Sum of the weights of this epoch's examples.
    pub weight: f64,
    /// The epoch after which the last good parameters stood.
    pub good_epoch: u64,
    /// Whether an epoch has ended whose parameters no step has found good yet.
    pub is_unproven: bool,
    /// What the plateau remembers, if there is one.
    pub plateau: Option<PlateauState>,
    /// What early stopping remembers, if there is any.
    pub early_stop: Option<EarlyStopState>,
}

/// The header's content.
#[derive(Serialize, Deserialize)]
pub(super) struct Meta {
    kind: String,
    data: [u8; 32],
    validation: Option<[u8; 32]>,
    place: Place,
    /// Names of the sections of the optimiser.
    optimizer: Vec<String>,
}

const KIND: &str = "checkpoint";
/// Largest note, and largest list of settings.
const MAX_TEXT: usize = 1 << 24;

impl<S: Float> Checkpoint<S> {
    /// The bytes of a file.
    ///
    /// # Errors
    /// For what could not be read again: a history of more than 256 MiB, a note of more than 16.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FileError> {
        let mut writer = Writer::default();
        let mut text = |name: &str, bytes: Vec<u8>| writer.section(name, Dtype::U8, &[bytes.len()], &bytes);
        text("model", self.model.clone());
        text("settings", encode::<_, MAX_TEXT>(&self.settings, "settings")?);
        text("note", encode::<_, MAX_TEXT>(&self.note, "note")?);
        text("history", encode::<_, MAX_HISTORY>(&self.history, "history")?);
        let names = self.optimizer.iter().map(|(name, _)| name.clone()).collect();
        let states = self.optimizer.iter().map(|(name, values)| (section_of(name), values));
        for (name, values) in states.chain([("last_good".into(), &self.last_good), ("best".into(), &self.best)]) {
            let (dtype, bytes) = float_bytes(values);
            writer.section(&name, dtype, &[values.len()], &bytes);
        }
        let (data, validation, place) = (self.data, self.validation, self.place);
        writer.finish(Meta { kind: KIND.into(), data, validation, place, optimizer: names })
    }

    /// A checkpoint from the bytes of a file.
    ///
    /// # Errors
    /// If the bytes are no whole, undamaged checkpoint over scalar `S`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FileError> {
        let file = open(bytes)?;
        let mut known: Vec<String> =
            ["model", "settings", "note", "history", "last_good", "best"].map(String::from).into();
        known.extend(file.meta.optimizer.iter().map(|name| section_of(name)));
        if let Some(unknown) = file.names().find(|name| !known.iter().any(|k| k == name)) {
            return Err(invalid("header", format!("unknown section {unknown:.40}")));
        }
        let states = file.meta.optimizer.iter();
        let optimizer = states.map(|name| Ok((name.clone(), read_floats(&file, &section_of(name))?)));
        Ok(Self {
            model: text(&file, "model")?.to_vec(),
            settings: decode::<_, MAX_TEXT>(text(&file, "settings")?, "settings")?,
            data: file.meta.data,
            validation: file.meta.validation,
            note: note_of(&file)?,
            place: file.meta.place.checked()?,
            optimizer: optimizer.collect::<Result<_, FileError>>()?,
            last_good: read_floats(&file, "last_good")?,
            best: read_floats(&file, "best")?,
            history: decode::<_, MAX_HISTORY>(text(&file, "history")?, "history")?,
        })
    }
}

/// The note in the bytes of a file, whatever its scalar.
pub(super) fn read_note(bytes: &[u8]) -> Result<String, FileError> {
    note_of(&open(bytes)?)
}

/// A checked file that is a checkpoint.
fn open(bytes: &[u8]) -> Result<Reader<'_, Meta>, FileError> {
    let file = Reader::<Meta>::new(bytes)?;
    match file.meta.kind == KIND {
        true => Ok(file),
        false => Err(invalid("header", format!("it describes a {:.40}, expected a {KIND}", file.meta.kind))),
    }
}

impl Place {
    /// Counters that a training could have.
    fn checked(self) -> Result<Self, FileError> {
        let is_between = |n: u64, low: u64| n >= low && n <= low.saturating_add(1);
        let most = 1 << 56; // the stream of an epoch's order is numbered in 56 bits
        let is_possible = self.epochs_done < most && self.good_epoch <= self.epochs_done;
        match is_possible && is_between(self.epoch, self.epochs_done) {
            true => Ok(self),
            false => Err(invalid("header", format!("epoch {} after {} epochs", self.epoch, self.epochs_done))),
        }
    }
}

fn section_of(name: &str) -> String {
    format!("optimizer.{name}")
}

fn text<'a>(file: &Reader<'a, Meta>, name: &str) -> Result<&'a [u8], FileError> {
    file.bytes(name, Dtype::U8).ok_or_else(|| invalid("header", format!("section {name} is missing")))
}

fn note_of(file: &Reader<'_, Meta>) -> Result<String, FileError> {
    decode::<_, MAX_TEXT>(text(file, "note")?, "note")
}

fn invalid(part: &str, why: String) -> FileError {
    FileError::Invalid { part: part.into(), why }
}
