//! What a training watches besides its own error: the user's validation set, or a function.

use std::ops::ControlFlow;

use bp_core::{Activation, Backend, Examples, Float, Loss};

use super::Trainer;
use crate::evaluation::check_evaluable;
use crate::{EarlyStop, EarlyStopState, Event, History, Network, Plateau, RowBlocks, TrainError};

/// A value of the network, smaller is better.
pub(super) type Watcher<'a, B, S, H> = dyn FnMut(&Network<B, S, H>) -> f64 + Send + 'a;

/// What is looked at after every epoch.
pub(super) enum Watch<'a, B, S, H> {
    Nothing,
    Examples(&'a Examples<'a, S>),
    Blocks(&'a mut dyn RowBlocks<S>),
    Function(&'a mut Watcher<'a, B, S, H>),
}

impl<S: Float> Trainer<S> {
    /// Ends the training when what it watches no longer gets better, and puts the best weights back; see [`EarlyStop`].
    #[must_use]
    pub fn early_stop(self, early_stop: EarlyStop) -> Self {
        Self { early_stop: Some(early_stop), best: vec![], ..self }
    }

    /// [`fit_with`](Trainer::fit_with) that evaluates rows of the user's own after every epoch: their mean error, by the
    /// trainer's error function, without any penalty, is the [`EpochRecord::validation`](crate::EpochRecord::validation)
    /// that [`EarlyStop`] watches, and a [`Plateau`] that was told to. An error that is not finite is
    /// recorded as such, and no better than any other. No step sees these rows, and neither does a standardiser that was
    /// fitted to the training rows.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use bp_core::{Act, Examples, Reference, Targets, stack};
    /// use bp_train::{EarlyStop, Network, Trainer};
    /// let train = Examples::new(&[0.0, 1.0, 2.0], Targets::Rows(&[1.5, 3.0, 4.0]));
    /// let validation = Examples::new(&[0.5, 1.5], Targets::Rows(&[2.0, 4.0]));
    /// let mut net = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 1)?;
    /// let mut trainer = Trainer::new().epochs(1000).early_stop(EarlyStop::new().patience(5));
    /// let history = trainer.fit_validated(&mut net, &train, &validation, |_, _| ControlFlow::Continue(()))?;
    /// let best = history.restored.expect("it watched");
    /// assert_eq!(net.evaluate(&validation)?.error, history.epochs[best - 1].validation.expect("evaluated"));
    /// assert!(history.epochs.iter().all(|record| record.validation >= history.epochs[best - 1].validation));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Trainer::fit), and validation rows that do not fit the network, or none.
    pub fn fit_validated<B, H, F>(
        &mut self,
        net: &mut Network<B, S, H>,
        train: &Examples<'_, S>,
        validation: &Examples<'_, S>,
        on_event: F,
    ) -> Result<History, TrainError>
    where
        B: Backend<S>,
        H: Activation<S>,
        F: FnMut(Event, &Network<B, S, H>) -> ControlFlow<()> + Send,
    {
        self.fit_watching(net, train, Watch::Examples(validation), on_event)
    }

    /// The same with a function of the network in place of a validation error: any figure of which smaller is better.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use bp_core::{Act, Examples, Reference, Targets, stack};
    /// use bp_train::{EarlyStop, Network, Trainer};
    /// let train = Examples::new(&[0.0, 1.0], Targets::Rows(&[0.0, 1.0]));
    /// let mut net = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 1)?;
    /// let mut trainer = Trainer::new().epochs(100).early_stop(EarlyStop::new().patience(3));
    /// let off = |net: &Network<Reference, f64>| net.predict(&[3.0]).map_or(f64::NAN, |y| (y[0] - 3.0).abs());
    /// let history = trainer.fit_watched(&mut net, &train, off, |_, _| ControlFlow::Continue(()))?;
    /// assert!(history.epochs.iter().all(|record| record.validation.is_some()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Trainer::fit).
    pub fn fit_watched<B, H, W, F>(
        &mut self,
        net: &mut Network<B, S, H>,
        train: &Examples<'_, S>,
        mut watch: W,
        on_event: F,
    ) -> Result<History, TrainError>
    where
        B: Backend<S>,
        H: Activation<S>,
        W: FnMut(&Network<B, S, H>) -> f64 + Send,
        F: FnMut(Event, &Network<B, S, H>) -> ControlFlow<()> + Send,
    {
        self.fit_watching(net, train, Watch::Function(&mut watch), on_event)
    }

    /// What [`early_stop`](Trainer::early_stop) remembers.
    pub fn early_stop_state(&self) -> Option<EarlyStopState> {
        self.early_stop.as_ref().map(EarlyStop::state)
    }

    /// The parameters of the best epoch so far, if [`early_stop`](Trainer::early_stop) has seen one.
    pub fn best_params(&self) -> Option<&[S]> {
        self.early_stop_state().filter(|state| state.best.is_some()).map(|_| &self.best[..])
    }

    /// Takes up what [`early_stop_state`](Trainer::early_stop_state) and [`best_params`](Trainer::best_params) gave, as a
    /// training does that goes on in another process. Without [`early_stop`](Trainer::early_stop) nothing is taken.
    pub fn resume_early_stop(&mut self, state: EarlyStopState, best: &[S]) {
        if let Some(early_stop) = &mut self.early_stop {
            early_stop.set_state(state);
            self.best = best.to_vec();
        }
    }

    /// What is watched, after an epoch.
    pub(super) fn look<B, H>(
        &self,
        watch: &mut Watch<'_, B, S, H>,
        net: &Network<B, S, H>,
    ) -> Result<Option<f64>, TrainError>
    where
        B: Backend<S>,
        H: Activation<S>,
    {
        let loss: &dyn Loss<S> = self.loss.as_deref().unwrap_or(&net.loss);
        Ok(match watch {
            Watch::Nothing => None,
            Watch::Examples(examples) => Some(net.evaluate_with(loss, examples)?.error),
            Watch::Blocks(blocks) => Some(net.error_of_blocks(loss, *blocks)?),
            Watch::Function(f) => Some(f(net)),
        })
    }

    /// Tells early stopping; true if the training should end.
    pub(super) fn hears<B, H>(&mut self, value: Option<f64>, net: &Network<B, S, H>) -> bool {
        let (Some(early_stop), Some(value)) = (&mut self.early_stop, value) else { return false };
        let verdict = early_stop.observe(self.epochs_done, value);
        if verdict.is_best {
            self.best.clear();
            self.best.extend_from_slice(&net.params);
        }
        verdict.ends
    }

    /// Puts the best weights back, and returns their epoch.
    pub(super) fn restore<B, H>(&self, net: &mut Network<B, S, H>) -> Option<usize> {
        let early_stop = self.early_stop.as_ref().filter(|early_stop| early_stop.restores())?;
        let best = self.best_params().filter(|best| best.len() == net.params.len())?;
        net.params.copy_from_slice(best);
        Some(early_stop.state().best_epoch as usize)
    }

    /// Refuses to watch nothing, and rows that cannot be evaluated.
    pub(super) fn check_watch<B, H>(
        &self,
        net: &Network<B, S, H>,
        watch: &Watch<'_, B, S, H>,
    ) -> Result<(), TrainError> {
        self.early_stop.as_ref().map_or(Ok(()), EarlyStop::check)?;
        if let Watch::Examples(examples) = watch {
            check_evaluable(&net.plan, examples)?;
        }
        let plateau = self.plateau.as_ref().is_some_and(Plateau::watches_validation);
        let what = match (&self.early_stop, plateau) {
            (Some(_), _) => "early stopping",
            (None, true) => "the plateau",
            (None, false) => return Ok(()),
        };
        match watch {
            Watch::Nothing => Err(TrainError::NothingToWatch { what }),
            _ => Ok(()),
        }
    }
}
