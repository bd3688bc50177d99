//! [`Trainer`]: epochs of minibatches (M8), with one seed for everything random. What it can be told is in
//! `trainer/settings.rs`.

mod disturb;
mod guard;
mod parallel;
mod partial;
mod regularize;
mod resume;
mod rows;
mod settings;
mod state;
mod step;
mod watch;

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use bp_core::{Activation, Backend, Examples, Float, Loss, Workspace};

use crate::batches::Batches;
use crate::clip::Clip;
use crate::noise::{self, At, Masked, Noise};
use crate::penalty::{Incoming, Penalty};
use crate::{
    Checkpoint, EarlyStop, EpochRecord, Event, Group, History, Network, Optimizer, Plateau, Schedule, SettingError,
    Sgd, TrainError,
};

use guard::{Blame, first_bad};
use parallel::Shards;
pub use regularize::ClassWeights;
use rows::{Room, Rows};
pub use settings::Reduction;
use state::Moment;
use step::batch_weight;
use watch::Watch;

/// Trains a [`Network`] by minibatches. The defaults are those of a first try: 100 epochs, batches of 32, plain
/// gradient descent with rate 0.1, mean reduction, seed 0.
///
/// A batch of 1 is the book's online rule, a batch of all examples its batch rule.
///
/// ```
/// use bp_core::{Act, Examples, Output, Reference, Targets, stack};
/// use bp_train::{Adam, Network, Trainer};
/// let xor = Examples::new(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], Targets::Classes(&[0, 1, 1, 0]));
/// let mut net = Network::<Reference>::new(stack(2).hidden(8, Act::Tanh).output(2, Output::Softmax), 1)?;
/// let history = Trainer::new().optimizer(Adam::new()).rate(0.02).batch(4).epochs(300).fit(&mut net, &xor)?;
/// assert_eq!(history.epochs.len(), 300);
/// assert_eq!(net.classify(xor.x)?, [0, 1, 1, 0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Trainer<S: Float = f32> {
    epochs: usize,
    batch: usize,
    rate: f64,
    decay: f64,
    decay_biases: bool,
    reduction: Reduction,
    seed: u64,
    optimizer: Box<dyn Optimizer<S>>,
    schedule: Schedule,
    /// The lowest and highest of a cycle.
    momentum: Option<(f64, f64)>,
    plateau: Option<Plateau>,
    clip: Clip,
    /// Factors on the rate by layer; the last of a name counts.
    layer_rates: Vec<(String, f64)>,
    loss: Option<Box<dyn Loss<S>>>,
    noise: Noise,
    penalty: Penalty,
    /// ε of label smoothing.
    smoothing: f64,
    class_weights: Option<ClassWeights>,
    /// Batches per step.
    accumulate: usize,
    /// Rows of a block whose gradient is computed beside others.
    block: Option<usize>,
    early_stop: Option<EarlyStop>,
    /// The parameters of the best epoch that early stopping has seen.
    best: Vec<S>,
    /// Steps and epochs that this trainer has done, so that a second `fit` goes on.
    steps_done: u64,
    epochs_done: u64,
    prepared_for: Option<usize>,
}

impl<S: Float> Default for Trainer<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Float> Trainer<S> {
    /// A trainer with the defaults above.
    pub fn new() -> Self {
        Self {
            epochs: 100,
            batch: 32,
            rate: 0.1,
            decay: 0.0,
            decay_biases: false,
            reduction: Reduction::Mean,
            seed: 0,
            optimizer: Box::new(Sgd::new()),
            schedule: Schedule::Constant,
            momentum: None,
            plateau: None,
            clip: Clip::default(),
            layer_rates: vec![],
            loss: None,
            noise: Noise::default(),
            penalty: Penalty::default(),
            smoothing: 0.0,
            class_weights: None,
            accumulate: 1,
            block: None,
            early_stop: None,
            best: vec![],
            steps_done: 0,
            epochs_done: 0,
            prepared_for: None,
        }
    }

    /// Trains. A second call goes on with the optimiser's state and the next epochs' orders, after an error with an
    /// empty state. The state belongs to the trainer: another network with as many parameters would take it over, so
    /// give each network a trainer of its own.
    ///
    /// A batch whose examples all weigh 0 is passed over. When the last step is done the error over all examples is
    /// computed once more, so that what `Ok` leaves behind is known to be finite.
    ///
    /// # Errors
    /// Examples that do not fit, weights that sum to 0, a setting out of range, or a [`TrainError::NonFinite`].
    pub fn fit<B, H>(&mut self, net: &mut Network<B, S, H>, train: &Examples<'_, S>) -> Result<History, TrainError>
    where
        B: Backend<S>,
        H: Activation<S>,
    {
        self.fit_with(net, train, |_, _| ControlFlow::Continue(()))
    }

    /// [`fit`](Trainer::fit) with a callback after every step and every epoch, which may end the training.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use bp_core::{Act, Examples, Reference, Targets, stack};
    /// use bp_train::{Event, Network, Trainer};
    /// let line = Examples::new(&[0.0, 1.0, 2.0], Targets::Rows(&[1.0, 3.0, 5.0]));
    /// let mut net = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 1)?;
    /// let history = Trainer::new().batch(3).epochs(10_000).fit_with(&mut net, &line, |event, _net| match event {
    ///     Event::Epoch(record) if record.error < 1e-6 => ControlFlow::Break(()),
    ///     _ => ControlFlow::Continue(()),
    /// })?;
    /// assert!(history.stopped && history.epochs.len() < 1000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Trainer::fit).
    pub fn fit_with<B, H, F>(
        &mut self,
        net: &mut Network<B, S, H>,
        train: &Examples<'_, S>,
        on_event: F,
    ) -> Result<History, TrainError>
    where
        B: Backend<S>,
        H: Activation<S>,
        F: FnMut(Event, &Network<B, S, H>) -> ControlFlow<()> + Send,
    {
        self.fit_watching(net, train, Watch::Nothing, on_event)
    }

    fn fit_watching<B, H, F>(
        &mut self,
        net: &mut Network<B, S, H>,
        train: &Examples<'_, S>,
        watch: Watch<'_, B, S, H>,
        mut on_event: F,
    ) -> Result<History, TrainError>
    where
        B: Backend<S>,
        H: Activation<S>,
        F: FnMut(Event, &Network<B, S, H>) -> ControlFlow<()> + Send,
    {
        self.train(net, Rows::Memory(train), watch, None, |event, net, _| on_event(event, net))
    }

    /// Trains from the beginning, or from where a checkpoint is that this trainer and this network have taken over.
    fn train<B, H, F>(
        &mut self,
        net: &mut Network<B, S, H>,
        mut train: Rows<'_, S>,
        mut watch: Watch<'_, B, S, H>,
        from: Option<&Checkpoint<S>>,
        mut on_event: F,
    ) -> Result<History, TrainError>
    where
        B: Backend<S>,
        H: Activation<S>,
        F: FnMut(Event, &Network<B, S, H>, &Moment<'_, '_, S>) -> ControlFlow<()> + Send,
    {
        let rows = self.check(net, &train)?;
        self.check_watch(net, &watch)?;
        self.check_momentum()?;
        let batch = self.batch.min(rows);
        let mut room = Room::default();
        let batches = self.batches(net, train.shorter(), &mut room, batch)?;
        let n_params = net.params.len();
        if self.prepared_for != Some(n_params) {
            self.optimizer.prepare(n_params);
            (self.prepared_for, self.steps_done) = (Some(n_params), 0);
        }
        let masked = self.noise.masked(&net.plan);
        let mut run = Run {
            shards: Shards::new(&net.plan, &masked, batch, self.block),
            masked,
            batches,
            ws: net.plan.workspace(batch),
            grad: vec![],
            last_good: net.params.clone(),
            good_epoch: self.epochs_done,
            is_unproven: false,
            at: (0, 0),
            last_update: None,
            sums: (0.0, 0.0),
            penalized: Group::by_layer(&net.plan, 1.0, self.decay_biases, |layer| self.layer_factor(layer)),
            incoming: Incoming::of_plan(&net.plan, |layer| self.layer_factor(layer) <= 0.0),
            biases: net.plan.blocks().iter().filter(|b| b.source.is_none()).map(|b| b.range.clone()).collect(),
            groups: Group::by_layer(&net.plan, self.decay, self.decay_biases, |layer| self.layer_factor(layer)),
        };
        // No rows yet, but the memory for all factors.
        noise::draw(&run.masked, At { seed: 0, step: 0, row: 0 }, 0, &mut run.ws);
        from.into_iter().for_each(|checkpoint| run.go_to(checkpoint));
        let mut history = from.map_or_else(History::default, |checkpoint| checkpoint.history.clone());
        let mut outcome = Ok(());
        // All steps run where the backend's threads live: entering a pool costs more than a small step.
        let backend = Arc::clone(&net.backend);
        let work = if run.shards.is_on() { usize::MAX } else { net.plan.largest_product(batch) };
        backend.install(work, &mut || {
            let done = self.run(net, &mut run, &mut history, &mut watch, &mut on_event);
            outcome = done.and_then(|()| self.prove(net, &mut run));
        });
        if outcome.is_err() {
            net.params.copy_from_slice(&run.last_good);
            (self.epochs_done, self.prepared_for) = (run.good_epoch, None);
            self.plateau.iter_mut().for_each(Plateau::reset);
            self.early_stop.iter_mut().for_each(EarlyStop::reset);
        }
        outcome.map(|()| history)
    }

    fn run<B, H, F>(
        &mut self,
        net: &mut Network<B, S, H>,
        run: &mut Run<'_, S>,
        history: &mut History,
        watch: &mut Watch<'_, B, S, H>,
        on_event: &mut F,
    ) -> Result<(), TrainError>
    where
        B: Backend<S>,
        H: Activation<S>,
        F: FnMut(Event, &Network<B, S, H>, &Moment<'_, '_, S>) -> ControlFlow<()> + Send,
    {
        let steps = self.steps(run);
        // One that early stopping has ended does not go on: all that is left is to put the best weights back.
        let epochs = if history.stopped { 0 } else { self.epochs };
        for _ in history.epochs.len()..epochs {
            let epoch = self.epochs_done as usize + 1;
            run.batches.shuffle(self.seed, self.epochs_done);
            if run.at.0 != epoch {
                (run.at, run.sums) = ((epoch, 0), (0.0, 0.0));
            }
            for step in run.at.1 + 1..=steps {
                run.at = (epoch, step);
                let (e, w) = self.step(net, run)?;
                run.sums = (run.sums.0 + e, run.sums.1 + w);
                let moment = Moment { trainer: self, run, history };
                if on_event(Event::Step { epoch, step, steps }, net, &moment).is_break() {
                    history.stopped = true;
                    return Ok(());
                }
            }
            self.check_numbers(net, run)?;
            self.epochs_done += 1;
            run.is_unproven = true;
            let error = run.sums.0 / run.sums.1;
            let record = EpochRecord { epoch, error, validation: self.look(watch, net)? };
            if let Some(plateau) = &mut self.plateau {
                let heard = record.validation.filter(|_| plateau.watches_validation());
                plateau.observe(heard.unwrap_or(record.error));
            }
            history.stopped = self.hears(record.validation, net);
            history.epochs.push(record);
            let moment = Moment { trainer: self, run, history };
            if on_event(Event::Epoch(record), net, &moment).is_break() {
                history.stopped = true;
                return Ok(());
            }
            if history.stopped {
                break;
            }
        }
        history.restored = self.restore(net);
        Ok(())
    }

    /// After the last step, if there was one: the error over all examples, batch by batch.
    fn prove<B, H>(&self, net: &Network<B, S, H>, run: &mut Run<'_, S>) -> Result<(), TrainError>
    where
        B: Backend<S>,
        H: Activation<S>,
    {
        let loss: &dyn Loss<S> = self.loss.as_deref().unwrap_or(&net.loss);
        let steps = if run.at.1 == 0 { 0 } else { run.batches.steps() };
        run.ws.use_factors(false);
        for step in 0..steps {
            let examples = run.batches.gather(step)?;
            if batch_weight(&examples, net.plan.inputs())? <= 0.0 {
                continue;
            }
            net.plan.forward(&*net.backend, &net.params, examples.x, &mut run.ws)?;
            let error = net.plan.error(loss, &examples, &run.ws)?.to_f64();
            if !error.is_finite() {
                let x = first_bad(examples.x);
                return Err(Blame::forward(net, run, x, error).error(run));
            }
        }
        Ok(())
    }

    /// Refuses parameters and optimiser states that are not finite.
    fn check_numbers<B, H>(&self, net: &Network<B, S, H>, run: &Run<'_, S>) -> Result<(), TrainError> {
        if let Some(at) = net.params.iter().position(|w| !Float::is_finite(*w)) {
            let place = net.plan.locate(at).expect("an index of a parameter");
            return Err(run.non_finite(place.to_string(), net.params[at].to_f64()));
        }
        for (name, values) in self.optimizer.state() {
            if let Some(value) = values.iter().find(|value| !Float::is_finite(**value)) {
                let what = format!("the state `{name}` of {}", self.optimizer.name());
                return Err(run.non_finite(what, value.to_f64()));
            }
        }
        Ok(())
    }

    fn check<B, H>(&self, net: &Network<B, S, H>, train: &Rows<'_, S>) -> Result<usize, TrainError> {
        SettingError::unless_at_least_0("the learning rate", self.rate)?;
        SettingError::unless_at_least_0("the weight decay", self.decay)?;
        self.optimizer.check()?;
        self.schedule.check()?;
        self.plateau.as_ref().map_or(Ok(()), Plateau::check)?;
        self.clip.check()?;
        self.noise.check()?;
        self.penalty.check()?;
        self.check_layers(&net.plan)?;
        let rows = match (train.check(net)?, self.batch) {
            (0, _) => return Err(TrainError::NoExamples),
            (_, 0) => return Err(TrainError::NoBatch),
            (rows, _) => rows,
        };
        let is_right = self.accumulate >= 1;
        SettingError::unless(is_right, "the number of batches per step", self.accumulate as f64, "at least 1")?;
        SettingError::unless(self.block != Some(0), "the number of rows of a block", 0.0, "at least 1")?;
        Ok(rows)
    }
}

/// What one call of `fit` works with.
struct Run<'a, S> {
    batches: Batches<'a, S>,
    ws: Workspace<S>,
    /// Empty until an optimiser asks for it.
    grad: Vec<S>,
    groups: Vec<Group>,
    masked: Vec<Masked>,
    shards: Shards<S>,
    /// Groups whose decay is 1 where penalties act.
    penalized: Vec<Group>,
    /// Where max-norm acts.
    incoming: Vec<Incoming>,
    biases: Vec<Range<usize>>,
    /// The parameters after the last epoch that a later step found to give a finite error.
    last_good: Vec<S>,
    /// That epoch.
    good_epoch: u64,
    /// True from the end of an epoch until its parameters have given a finite error.
    is_unproven: bool,
    /// The epoch and the step that is being done, from 1.
    at: (usize, usize),
    /// The last one that has changed a parameter.
    last_update: Option<(usize, usize)>,
    /// Error and weight of the steps of this epoch.
    sums: (f64, f64),
}
