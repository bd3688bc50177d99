//! What a [`Trainer`] carries from step to step, out of it and into it, and its settings by name.

use bp_core::Float;

use super::{Run, Trainer};
use crate::{Checkpoint, EpochRecord, History, Place, Plateau};

/// A training after a step or an epoch.
pub(super) struct Moment<'a, S: Float> {
    pub(super) trainer: &'a Trainer<S>,
    pub(super) run: &'a Run<'a, S>,
    pub(super) epochs: &'a [EpochRecord],
}

impl<S: Float> Moment<'_, S> {
    /// All of it but the network, the settings and what the data are known by.
    pub(super) fn checkpoint(&self) -> Checkpoint<S> {
        let Self { trainer, run, epochs } = self;
        let state = trainer.optimizer.state();
        Checkpoint {
            model: vec![],
            settings: vec![],
            data: [0; 32],
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
            },
            optimizer: state.into_iter().map(|(name, values)| (name.into(), values.to_vec())).collect(),
            last_good: run.last_good.clone(),
            history: History { epochs: epochs.to_vec(), stopped: false },
        }
    }
}

impl<S: Float> Run<'_, S> {
    /// Goes to the place of a checkpoint, which fits the network.
    pub(super) fn go_to(&mut self, checkpoint: &Checkpoint<S>) {
        let place = &checkpoint.place;
        self.at = (place.epoch as usize, place.step as usize);
        self.sums = (place.error, place.weight);
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
            && place.plateau.is_some() == self.plateau.is_some();
        if !fits {
            return false;
        }
        slots.into_iter().zip(saved).for_each(|((_, to), (_, from))| to.copy_from_slice(from));
        (self.steps_done, self.epochs_done, self.prepared_for) = (place.steps_done, place.epochs_done, Some(n_params));
        if let (Some(plateau), Some(state)) = (&mut self.plateau, place.plateau) {
            plateau.set_state(state);
        }
        true
    }

    /// Everything that was set, by name, numbers to the last digit.
    pub(super) fn named_settings(&self) -> Vec<(String, String)> {
        let plateau = self.plateau.clone().map(|mut plateau| {
            plateau.reset();
            plateau
        });
        let own_loss = if self.loss.is_some() { "the trainer's" } else { "the network's" };
        let mut all: Vec<(String, String)> = [
            ("the number of epochs", self.epochs.to_string()),
            ("the batch size", self.batch.to_string()),
            ("the learning rate", format!("{:?}", self.rate)),
            ("the weight decay", format!("{:?}", self.decay)),
            ("the weight decay on biases", self.decay_biases.to_string()),
            ("the reduction", format!("{:?}", self.reduction)),
            ("the seed", self.seed.to_string()),
            ("the schedule", format!("{:?}", self.schedule)),
            ("the plateau", plateau.map_or("none".into(), |plateau: Plateau| format!("{plateau:?}"))),
            ("the norm to clip at", format!("{:?}", self.clip.norm)),
            ("the value to clip at", format!("{:?}", self.clip.value)),
            ("the loss", own_loss.into()),
            ("the optimizer", self.optimizer.name().into()),
        ]
        .map(|(name, value)| (name.into(), value))
        .into();
        let layers = self.layer_rates.iter();
        all.extend(
            layers.map(|(layer, rate)| (format!("the factor on the rate of layer {layer}"), format!("{rate:?}"))),
        );
        let (optimizer, own) = (self.optimizer.name(), self.optimizer.settings());
        all.extend(own.into_iter().map(|(name, value)| (format!("the {name} of {optimizer}"), format!("{value:?}"))));
        all
    }
}
