//! What a [`Trainer`] carries from step to step, out of it and into it, and its settings by name.

use bp_core::Float;

use super::{Run, Trainer};
use crate::{Checkpoint, EarlyStop, History, Place, Plateau, TrainError};

/// A training after a step or an epoch.
pub(super) struct Moment<'a, 'r, S: Float> {
    pub(super) trainer: &'a Trainer<S>,
    pub(super) run: &'a Run<'r, S>,
    pub(super) history: &'a History,
}

impl<S: Float> Moment<'_, '_, S> {
    /// Whether no step follows, whatever a callback says.
    pub(super) fn is_last(&self) -> bool {
        let is_epoch_over = self.trainer.epochs_done == self.run.at.0 as u64;
        is_epoch_over && (self.history.stopped || self.history.epochs.len() >= self.trainer.epochs)
    }

    /// All of it but the network, the settings and what the data are known by.
    pub(super) fn checkpoint(&self) -> Checkpoint<S> {
        let Self { trainer, run, history } = self;
        let state = trainer.optimizer.state();
        Checkpoint {
            model: vec![],
            settings: vec![],
            data: [0; 32],
            validation: None,
            note: String::new(),
            place: Place {
                steps_done: trainer.steps_done,
                epochs_done: trainer.epochs_done,
                epoch: run.at.0 as u64,
                step: run.at.1 as u64,
                error: run.sums.0,
                weight: run.sums.1,
                good_epoch: run.good_epoch,
                is_unproven: run.is_unproven,
                plateau: trainer.plateau_state(),
                early_stop: trainer.early_stop_state(),
            },
            optimizer: state.into_iter().map(|(name, values)| (name.into(), values.to_vec())).collect(),
            last_good: run.last_good.clone(),
            best: trainer.best_params().map_or_else(Vec::new, <[S]>::to_vec),
            history: (*history).clone(),
        }
    }
}

impl<S: Float> Run<'_, S> {
    /// Goes to the place of a checkpoint, which fits the network.
    pub(super) fn go_to(&mut self, checkpoint: &Checkpoint<S>) {
        let place = &checkpoint.place;
        self.at = (place.epoch as usize, place.step as usize);
        self.sums = (place.error, place.weight);
        self.last_update = (place.steps_done > 0).then_some(self.at);
        self.last_good.copy_from_slice(&checkpoint.last_good);
        (self.good_epoch, self.is_unproven) = (place.good_epoch, place.is_unproven);
    }
}

impl<S: Float> Trainer<S> {
    /// Takes over the state of a checkpoint whose settings are those of this trainer. False if it is not the state of such
    /// a trainer and so many parameters: then the optimiser is as it is before any step.
    pub(super) fn take_over(&mut self, checkpoint: &Checkpoint<S>, n_params: usize) -> bool {
        self.optimizer.prepare(n_params);
        let slots = self.optimizer.state_mut();
        let (place, saved) = (&checkpoint.place, &checkpoint.optimizer);
        let fits = slots.len() == saved.len()
            && slots.iter().zip(saved).all(|((slot, to), (name, from))| slot == name && to.len() == from.len())
            && checkpoint.last_good.len() == n_params
            && checkpoint.history.epochs.len() as u64 <= place.epochs_done
            && place.plateau.is_some() == self.plateau.is_some()
            && place.early_stop.is_some() == self.early_stop.is_some()
            && checkpoint.best.len() == place.early_stop.and_then(|state| state.best).map_or(0, |_| n_params);
        if !fits {
            return false;
        }
        slots.into_iter().zip(saved).for_each(|((_, to), (_, from))| to.copy_from_slice(from));
        (self.steps_done, self.epochs_done, self.prepared_for) = (place.steps_done, place.epochs_done, Some(n_params));
        if let (Some(plateau), Some(state)) = (&mut self.plateau, place.plateau) {
            plateau.set_state(state);
        }
        place.early_stop.into_iter().for_each(|state| self.resume_early_stop(state, &checkpoint.best));
        true
    }

    /// Everything that was set, by name, numbers to the last digit. Taken apart here, so that no field is forgotten.
    pub(super) fn named_settings(&self) -> Vec<(String, String)> {
        #[rustfmt::skip]
        let Self {
            epochs, batch, rate, decay, decay_biases, reduction, seed, optimizer, schedule, momentum, plateau, clip,
            layer_rates, loss, noise, penalty, smoothing, class_weights, accumulate, block, early_stop,
            best: _, steps_done: _, epochs_done: _, prepared_for: _,
        } = self;
        let plateau = plateau.clone().map(|mut plateau| {
            plateau.reset();
            plateau
        });
        let early_stop = early_stop.clone().map(|mut early_stop| {
            early_stop.reset();
            early_stop
        });
        let number = |value: &f64| format!("{value:?}");
        let limit = |value: &Option<f64>| value.as_ref().map_or("none".into(), number);
        let mut all: Vec<(String, String)> = [
            ("the number of epochs", epochs.to_string()),
            ("the batch size", batch.to_string()),
            ("the learning rate", number(rate)),
            ("the weight decay", number(decay)),
            ("the weight decay on biases", decay_biases.to_string()),
            ("the reduction", format!("{reduction:?}")),
            ("the seed", seed.to_string()),
            ("the schedule", format!("{schedule:?}")),
            ("the cycle of the momentum", format!("{momentum:?}")),
            ("the plateau", plateau.map_or("none".into(), |plateau: Plateau| format!("{plateau:?}"))),
            ("early stopping", early_stop.map_or("none".into(), |early_stop: EarlyStop| format!("{early_stop:?}"))),
            ("the norm to clip at", limit(&clip.norm)),
            ("the value to clip at", limit(&clip.value)),
            ("the dropout rate", number(&noise.hidden)),
            ("the dropout rate of the inputs", number(&noise.inputs)),
            ("the noise on the inputs", number(&noise.sigma)),
            ("the l1 penalty", number(&penalty.l1)),
            ("the l2 penalty", number(&penalty.l2)),
            ("the decoupled weight decay", number(&penalty.shrink)),
            ("the largest norm of weights", limit(&penalty.max_norm)),
            ("the label smoothing", number(smoothing)),
            ("the class weights", format!("{class_weights:?}")),
            ("the batches per step", accumulate.to_string()),
            ("the rows of a block", block.map_or("none".into(), |rows| rows.to_string())),
            ("the loss", if loss.is_some() { "the trainer's" } else { "the network's" }.into()),
            ("the optimizer", optimizer.name().into()),
        ]
        .map(|(name, value)| (name.into(), value))
        .into();
        let mut of_layers = |what: &str, layers: &[(String, f64)]| {
            all.extend(layers.iter().map(|(layer, value)| (format!("{what} of layer {layer}"), number(value))));
        };
        of_layers("the factor on the rate", layer_rates);
        of_layers("the dropout rate", &noise.layers);
        let (name, own) = (optimizer.name(), optimizer.settings());
        all.extend(own.iter().map(|(what, value)| (format!("the {what} of {name}"), number(value))));
        all
    }
}

impl<S> Run<'_, S> {
    pub(super) fn non_finite(&self, what: impl Into<String>, value: f64) -> TrainError {
        let ((epoch, step), last_good) = (self.at, self.good_epoch as usize);
        TrainError::NonFinite { what: what.into(), value, epoch, step, last_good }
    }
}
