//! [`Trainer::fit_resumable`]: a training that goes on from its newest checkpoint, to the bits of one without a break.

use std::ops::ControlFlow;

use bp_core::{Activation, Backend, Examples, Float, Reference};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Trainer;
use super::rows::Rows;
use super::watch::Watch;
use crate::digest::digest;
use crate::{Checkpoint, CheckpointError, Checkpoints, Event, FileError, History, Network, RowBlocks};

impl<S: Float> Trainer<S> {
    /// [`fit_with`](Trainer::fit_with), or [`fit_validated`](Trainer::fit_validated), that saves itself to a folder and
    /// goes on from the newest checkpoint there, if there is any: call the same program again.
    ///
    /// `net` is made as for the first call; its parameters and this trainer's state are then those of the checkpoint.
    /// What comes out has the bits of a training that was never interrupted, whether it ended in the middle of an epoch
    /// or of a file. A callback that ends the training leaves a checkpoint behind, and a second call goes on from it. The
    /// history is that of the whole training. See [`Checkpoints`] for an example.
    ///
    /// # Errors
    /// As [`fit`](Trainer::fit); a checkpoint that cannot be read or written; a setting of the trainer or its optimiser, a
    /// network, a backend or examples that are not those the training was begun with.
    pub fn fit_resumable<B, H, F>(
        &mut self,
        net: &mut Network<B, S, H>,
        train: &Examples<'_, S>,
        validation: Option<&Examples<'_, S>>,
        checkpoints: &mut Checkpoints,
        on_event: F,
    ) -> Result<History, CheckpointError>
    where
        B: Backend<S>,
        H: Activation<S> + Clone + Serialize + DeserializeOwned,
        F: FnMut(Event, &Network<B, S, H>) -> ControlFlow<()> + Send,
    {
        self.check(net, &Rows::Memory(train))?;
        let known_by = (digest(train), validation.map(digest));
        let watch = validation.map_or(Watch::Nothing, Watch::Examples);
        self.resumable(net, Rows::Memory(train), watch, known_by, checkpoints, on_event)
    }

    /// The same for rows that are read block by block: [`fit_blocks`](Trainer::fit_blocks) that saves itself and goes on.
    /// Blocks of the epoch that were done before are not read again.
    ///
    /// # Errors
    /// As [`fit_resumable`](Trainer::fit_resumable) and [`fit_blocks`](Trainer::fit_blocks); the rows are those that the
    /// training was begun with if [`RowBlocks::digest`] is the same.
    pub fn fit_blocks_resumable<'a, B, H, F>(
        &mut self,
        net: &mut Network<B, S, H>,
        train: &mut dyn RowBlocks<S>,
        validation: Option<&'a mut dyn RowBlocks<S>>,
        checkpoints: &mut Checkpoints,
        on_event: F,
    ) -> Result<History, CheckpointError>
    where
        B: Backend<S> + 'a,
        H: Activation<S> + Clone + Serialize + DeserializeOwned + 'a,
        F: FnMut(Event, &Network<B, S, H>) -> ControlFlow<()> + Send,
    {
        let known_by = (train.digest(), validation.as_ref().map(|rows| rows.digest()));
        let watch = validation.map_or(Watch::Nothing, Watch::Blocks);
        self.resumable(net, Rows::Blocks(train), watch, known_by, checkpoints, on_event)
    }

    fn resumable<B, H, F>(
        &mut self,
        net: &mut Network<B, S, H>,
        train: Rows<'_, S>,
        watch: Watch<'_, B, S, H>,
        (data, of_validation): ([u8; 32], Option<[u8; 32]>),
        checkpoints: &mut Checkpoints,
        mut on_event: F,
    ) -> Result<History, CheckpointError>
    where
        B: Backend<S>,
        H: Activation<S> + Clone + Serialize + DeserializeOwned,
        F: FnMut(Event, &Network<B, S, H>) -> ControlFlow<()> + Send,
    {
        self.check(net, &train)?;
        let _lock = checkpoints.begin()?;
        let mut settings = self.named_settings();
        settings.push(("the backend".into(), net.backend.name().into()));
        let start = checkpoints.newest::<S>()?;
        if let Some(checkpoint) = &start {
            let changed = |what: String, now: String, then: String| CheckpointError::Changed {
                folder: checkpoints.folder().into(),
                what,
                now,
                then,
            };
            if let Some((what, now, then)) = difference(&settings, &checkpoint.settings) {
                return Err(changed(what, now, then));
            }
            for (what, now, then) in [
                ("the SHA-256 of the training data", Some(data), Some(checkpoint.data)),
                ("the SHA-256 of the validation data", of_validation, checkpoint.validation),
            ] {
                if now != then {
                    return Err(changed(what.into(), short(now), short(then)));
                }
            }
            if let Some((what, now, then)) = load(net, &checkpoint.model).map_err(CheckpointError::Unsavable)? {
                return Err(changed(what, now, then));
            }
            if !self.take_over(checkpoint, net.params.len()) {
                let (now, then) = (self.optimizer.name().into(), "another optimizer".into());
                return Err(changed("the state of the optimizer".into(), now, then));
            }
        }
        let mut outcome = Ok(());
        let history = self.train(net, train, watch, start.as_ref(), |event, net, moment| {
            let flow = on_event(event, net);
            let place = (moment.trainer.steps_done, moment.trainer.epochs_done);
            if flow.is_continue() && !moment.is_last() && !checkpoints.is_due(event, place.0, place.1) {
                return flow;
            }
            outcome = net.to_bytes().map_err(CheckpointError::Unsavable).and_then(|model| {
                let settings = settings.clone();
                checkpoints.save(Checkpoint { model, settings, data, validation: of_validation, ..moment.checkpoint() })
            });
            if outcome.is_ok() { flow } else { ControlFlow::Break(()) }
        });
        outcome?;
        Ok(history?)
    }
}

/// What differs, what it is, and what it was.
type Difference = (String, String, String);

/// The first setting that is not what it was.
fn difference(now: &[(String, String)], then: &[(String, String)]) -> Option<Difference> {
    let of = |settings: &[(String, String)], name: &str| {
        let found = settings.iter().rev().find(|(other, _)| other == name);
        found.map_or_else(|| "not set".into(), |(_, value)| value.clone())
    };
    let mut names = now.iter().chain(then).map(|(name, _)| name);
    let differs = names.find(|name| of(now, name) != of(then, name))?;
    Some((differs.clone(), of(now, differs), of(then, differs)))
}

/// Takes the parameters of a model that is this network in everything else; says what is not.
fn load<B, S, H>(net: &mut Network<B, S, H>, model: &[u8]) -> Result<Option<Difference>, FileError>
where
    B: Backend<S>,
    S: Float,
    H: Activation<S> + Clone + Serialize + DeserializeOwned,
{
    let saved = Network::<Reference, S, H>::from_bytes_on(Reference, model)?;
    let differs = |what: &str, now: String, then: String| Ok(Some((what.into(), now, then)));
    let (now, then) = (net.params.len(), saved.params.len());
    if now != then {
        return differs("the number of parameters", now.to_string(), then.to_string());
    }
    if net.loss != saved.loss {
        return differs("the loss", net.loss.to_string(), saved.loss.to_string());
    }
    for (what, now, then) in [
        ("the scaling of the inputs", &net.input_scaling, &saved.input_scaling),
        ("the scaling of the targets", &net.target_scaling, &saved.target_scaling),
    ] {
        if now != then {
            let name = |is_there| if is_there { "one".to_owned() } else { "none".to_owned() };
            let [now, then] = match (now, then) {
                (Some(_), Some(_)) => ["one".into(), "another".into()],
                _ => [now, then].map(|scaling| name(scaling.is_some())),
            };
            return differs(what, now, then);
        }
    }
    if net.schema != saved.schema {
        return differs("what the columns mean", "one thing".into(), "another".into());
    }
    // A model file is a function of the model: with the same parameters nothing else may differ.
    let before = std::mem::replace(&mut net.params, saved.params);
    if net.to_bytes()? != model {
        net.params = before;
        return differs("the network", "one graph of layers".into(), "another".into());
    }
    Ok(None)
}

/// The beginning of a digest.
fn short(digest: Option<[u8; 32]>) -> String {
    let Some(digest) = digest else { return "none".into() };
    let hex: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    hex + "…"
}
