//! [`Rate`]: the learning rate of an epoch, for the history.

use bp_train::{Plateau, Schedule};

use crate::settings::Settings;

/// Follows the schedule of a training beside it.
pub(super) struct Rate {
    base: f64,
    schedule: Schedule,
    plateau: Option<Plateau>,
    steps_per_epoch: u64,
}

impl Rate {
    pub(super) fn new(settings: &Settings) -> Self {
        let built = settings.schedule.as_ref().map(|spec| spec.build(settings.epochs, settings.steps_per_epoch));
        let (schedule, plateau) = built.unwrap_or((Schedule::Constant, None));
        Self { base: settings.rate, schedule, plateau, steps_per_epoch: settings.steps_per_epoch as u64 }
    }

    /// Of the last step of an epoch, counted from 1.
    pub(super) fn of_epoch(&self, epoch: usize) -> f64 {
        let last = (epoch as u64).saturating_mul(self.steps_per_epoch).saturating_sub(1);
        let scale = self.plateau.as_ref().map_or(1.0, |plateau| plateau.state().scale);
        scale * self.schedule.rate(self.base, last, self.steps_per_epoch)
    }

    /// What the trainer's plateau sees after an epoch.
    pub(super) fn observe(&mut self, error: Option<f64>, validation: Option<f64>) {
        if let Some(plateau) = &mut self.plateau {
            let heard = validation.filter(|_| plateau.watches_validation());
            plateau.observe(heard.or(error).unwrap_or(f64::NAN));
        }
    }
}
