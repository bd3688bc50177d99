//! [`Settings`]: how to train, with every default filled in.

use bp_train::{
    Adadelta, Adagrad, Adam, AdamW, Adamax, Lion, NAdam, Optimizer, RAdam, Reduction, RmsProp, Rprop, Sgd, Trainer,
};
use clap::ValueEnum;

use crate::args::{CheckpointArgs, OptimizerName, ReductionName, RegularizeArgs, ScheduleSpec, TrainArgs};
use crate::backend::Number;
use crate::failure::Failure;
use crate::output::counted;

const MAX_DEFAULT_BATCH: usize = 32;
/// Many rows: larger batches, which a machine works off several times faster.
const MANY_ROWS: usize = 20_000;
const MAX_DEFAULT_BATCH_OF_MANY: usize = 128;
/// A batch is at most this share of the training rows, so that an epoch has some steps.
const MIN_DEFAULT_STEPS: usize = 8;
const DEFAULT_STEPS: usize = 10_000;
const DEFAULT_EPOCHS: (usize, usize) = (10, 500);
/// Below so many rows an epoch is a few steps, and there may be more of them.
const FEW_ROWS: usize = 50;
const MOST_EPOCHS_OF_FEW: usize = 2500;

/// A handful of rows must not be forgotten over the prior.
const MOST_DEFAULT_DECAY: f64 = 0.01;

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) optimizer: OptimizerName,
    pub(crate) rate: f64,
    pub(crate) schedule: Option<ScheduleSpec>,
    pub(crate) clip_norm: Option<f64>,
    pub(crate) clip_value: Option<f64>,
    pub(crate) momentum: f64,
    pub(crate) nesterov: bool,
    pub(crate) weight_decay: f64,
    pub(crate) epochs: usize,
    pub(crate) batch: usize,
    pub(crate) steps_per_epoch: usize,
    pub(crate) reduction: ReductionName,
    pub(crate) seed: u64,
    pub(crate) regularize: RegularizeArgs,
}

/// Refuses settings that no data could make right; called before any file is read.
pub(crate) fn check(args: &TrainArgs) -> Result<(), Failure> {
    let usage = |text: String| Err(Failure::Usage(text));
    let at_least_0 = |what: &str, value: Option<f64>| match value {
        Some(value) if !(value >= 0.0 && value.is_finite()) => {
            usage(format!("{what} is {value}, expected a finite number of at least 0"))
        }
        _ => Ok(()),
    };
    args.regularize.check()?;
    at_least_0("--lr", args.lr)?;
    at_least_0("--weight-decay", args.weight_decay)?;
    for (what, value) in [("--clip-norm", args.clip_norm), ("--clip-value", args.clip_value)] {
        match value {
            Some(value) if !(value > 0.0 && value.is_finite()) => {
                return usage(format!("{what} is {value}, expected a finite number above 0"));
            }
            _ => {}
        }
    }
    let CheckpointArgs { checkpoint_dir, checkpoint_every, keep, resume } = &args.checkpoints;
    for (what, is_given) in [("--checkpoint-every", checkpoint_every.is_some()), ("--keep", keep.is_some())] {
        if is_given && checkpoint_dir.is_none() && resume.is_none() && args.run.run.is_none() {
            return usage(format!("{what} means nothing without --checkpoint-dir, --run or --resume"));
        }
    }
    match (args.optimizer, args.momentum) {
        (Some(name), _) if args.nesterov && name != OptimizerName::Sgd => {
            return usage(format!("--nesterov is for --optimizer sgd, but {} was asked for", name.name()));
        }
        (Some(name), Some(_)) if !matches!(name, OptimizerName::Sgd | OptimizerName::RmsProp) => {
            return usage(format!("--momentum is for --optimizer sgd or rmsprop, but {} was asked for", name.name()));
        }
        (_, Some(momentum)) if !(0.0..1.0).contains(&momentum) => {
            return usage(format!("--momentum is {momentum}, expected a number from 0 to below 1"));
        }
        _ => {}
    }
    for (what, value) in [("--epochs", args.epochs), ("--batch", args.batch)] {
        if value == Some(0) {
            return usage(format!("{what} is 0, expected at least 1"));
        }
    }
    Ok(())
}

impl Settings {
    /// The settings for so many training rows.
    pub(crate) fn new(args: &TrainArgs, rows: usize) -> Result<Self, Failure> {
        let largest = if rows < MANY_ROWS { MAX_DEFAULT_BATCH } else { MAX_DEFAULT_BATCH_OF_MANY };
        let batch = args.batch.unwrap_or_else(|| (rows / MIN_DEFAULT_STEPS).clamp(1, largest));
        if batch > rows {
            return Err(Failure::BatchTooLarge { data: args.data.clone(), batch, rows });
        }
        let (fewest, most) = DEFAULT_EPOCHS;
        let most = if rows < FEW_ROWS { MOST_EPOCHS_OF_FEW } else { most };
        let epochs = args.epochs.unwrap_or_else(|| DEFAULT_STEPS.div_ceil(rows.div_ceil(batch)).clamp(fewest, most));
        let implied = if args.momentum.is_some() { OptimizerName::Sgd } else { OptimizerName::Adam };
        let optimizer = args.optimizer.unwrap_or(implied);
        let share = match (optimizer, args.reduction) {
            (OptimizerName::Sgd, ReductionName::Sum) => batch as f64,
            _ => 1.0,
        };
        Ok(Self {
            optimizer,
            rate: args.lr.unwrap_or(optimizer.default_rate() / share),
            schedule: args.schedule.clone(),
            clip_norm: args.clip_norm,
            clip_value: args.clip_value,
            momentum: args.momentum.unwrap_or(0.0),
            nesterov: args.nesterov,
            weight_decay: args.weight_decay.unwrap_or_else(|| optimizer.default_decay(args.reduction, batch, rows)),
            epochs,
            batch,
            steps_per_epoch: rows.div_ceil(batch).div_ceil(args.regularize.accumulate),
            regularize: args.regularize.clone(),
            reduction: args.reduction,
            seed: args.seed,
        })
    }

    /// A trainer with these settings.
    pub(crate) fn trainer<S: Number>(&self) -> Trainer<S> {
        let mut trainer = Trainer::new().optimizer(self.optimizer::<S>());
        if let Some(spec) = &self.schedule {
            let (schedule, plateau) = spec.build(self.epochs, self.steps_per_epoch);
            trainer = trainer.schedule(schedule);
            trainer = plateau.into_iter().fold(trainer, Trainer::reduce_on_plateau);
        }
        trainer = self.clip_norm.into_iter().fold(trainer, Trainer::clip_norm);
        trainer = self.clip_value.into_iter().fold(trainer, Trainer::clip_value);
        self.regularize
            .tell(trainer)
            .rate(self.rate)
            .weight_decay(self.weight_decay)
            .epochs(self.epochs)
            .batch(self.batch)
            .seed(self.seed)
            .reduction(match self.reduction {
                ReductionName::Mean => Reduction::Mean,
                ReductionName::Sum => Reduction::Sum,
            })
    }

    fn optimizer<S: Number>(&self) -> Box<dyn Optimizer<S>> {
        match self.optimizer {
            OptimizerName::Sgd => Box::new(Sgd::new().momentum(self.momentum).nesterov(self.nesterov)),
            OptimizerName::Adam => Box::new(Adam::new()),
            OptimizerName::AmsGrad => Box::new(Adam::new().amsgrad(true)),
            OptimizerName::AdamW => Box::new(AdamW::new()),
            OptimizerName::NAdam => Box::new(NAdam::new()),
            OptimizerName::RAdam => Box::new(RAdam::new()),
            OptimizerName::Adamax => Box::new(Adamax::new()),
            OptimizerName::Adagrad => Box::new(Adagrad::new()),
            OptimizerName::RmsProp => Box::new(RmsProp::new().momentum(self.momentum)),
            OptimizerName::Adadelta => Box::new(Adadelta::new()),
            OptimizerName::Lion => Box::new(Lion::new()),
            OptimizerName::Rprop => Box::new(Rprop::new()),
        }
    }

    /// In words: `adam, rate 0.001, batches of 32, 223 epochs`.
    pub(crate) fn describe(&self) -> String {
        let mut text = format!("{}, rate {:?}", self.optimizer.name(), self.rate);
        if self.momentum > 0.0 {
            text += &format!(", {}momentum {}", if self.nesterov { "Nesterov " } else { "" }, self.momentum);
        }
        if let Some(schedule) = &self.schedule {
            text += &format!(", schedule {schedule}");
        }
        for (what, value) in [("norm", self.clip_norm), ("value", self.clip_value)] {
            text += &value.map_or_else(String::new, |value| format!(", {what} clipped at {value}"));
        }
        if self.weight_decay > 0.0 {
            text += &format!(", weight decay {}", short(self.weight_decay));
        }
        text += &self.regularize.describe();
        if self.reduction == ReductionName::Sum {
            text += ", sums over batches";
        }
        let epochs = counted(self.epochs, "epoch", "epochs");
        text + &format!(", batches of {}, {epochs}, seed {}", self.batch, self.seed)
    }
}

/// Three digits at most: what was set, or near enough.
fn short(x: f64) -> String {
    let rounded: f64 = format!("{x:.2e}").parse().unwrap_or(x);
    format!("{rounded:?}")
}

impl OptimizerName {
    /// As on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().into())
    }

    /// What is usual.
    fn default_rate(self) -> f64 {
        match self {
            Self::Adadelta => 1.0,
            Self::Sgd => 0.1,
            Self::Adagrad | Self::Rprop => 0.01,
            Self::NAdam | Self::Adamax => 0.002,
            Self::Adam | Self::AmsGrad | Self::AdamW | Self::RAdam | Self::RmsProp => 0.001,
            Self::Lion => 0.0001,
        }
    }
}

impl OptimizerName {
    /// λ with which λ ½ Σ w² beside the mean error of so many rows is a prior of variance 1 beside their sum; as much
    /// times the batch for sums over batches. None for the textbook's rule, nor where decay stands beside the step.
    fn default_decay(self, reduction: ReductionName, batch: usize, rows: usize) -> f64 {
        let prior = (1.0 / rows as f64).min(MOST_DEFAULT_DECAY);
        match (self, reduction) {
            (Self::Sgd | Self::AdamW | Self::Lion, _) => 0.0,
            (_, ReductionName::Mean) => prior,
            (_, ReductionName::Sum) => batch as f64 * prior,
        }
    }
}

impl ReductionName {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Sum => "sum",
        }
    }
}
