//! [`Settings`]: how to train, with every default filled in.

use bp_train::{Adam, Reduction, Sgd, Trainer};

use crate::args::{OptimizerName, ReductionName, TrainArgs};
use crate::backend::Number;
use crate::failure::Failure;
use crate::output::counted;

const ADAM_RATE: f64 = 0.001;
const SGD_RATE: f64 = 0.1;
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

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) optimizer: OptimizerName,
    pub(crate) rate: f64,
    pub(crate) momentum: f64,
    pub(crate) nesterov: bool,
    pub(crate) weight_decay: f64,
    pub(crate) epochs: usize,
    pub(crate) batch: usize,
    pub(crate) reduction: ReductionName,
    pub(crate) seed: u64,
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
    at_least_0("--lr", args.lr)?;
    at_least_0("--weight-decay", Some(args.weight_decay))?;
    match args.momentum {
        Some(_) if args.optimizer == Some(OptimizerName::Adam) => {
            return usage("--momentum is for --optimizer sgd, but adam was asked for".into());
        }
        Some(momentum) if !(0.0..1.0).contains(&momentum) => {
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
        let default_rate = match (optimizer, args.reduction) {
            (OptimizerName::Adam, _) => ADAM_RATE,
            (OptimizerName::Sgd, ReductionName::Mean) => SGD_RATE,
            (OptimizerName::Sgd, ReductionName::Sum) => SGD_RATE / batch as f64,
        };
        Ok(Self {
            optimizer,
            rate: args.lr.unwrap_or(default_rate),
            momentum: args.momentum.unwrap_or(0.0),
            nesterov: args.nesterov,
            weight_decay: args.weight_decay,
            epochs,
            batch,
            reduction: args.reduction,
            seed: args.seed,
        })
    }

    /// A trainer with these settings.
    pub(crate) fn trainer<S: Number>(&self) -> Trainer<S> {
        let trainer = match self.optimizer {
            OptimizerName::Adam => Trainer::new().optimizer(Adam::new()),
            OptimizerName::Sgd => Trainer::new().optimizer(Sgd::new().momentum(self.momentum).nesterov(self.nesterov)),
        };
        trainer
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

    /// In words: `adam, rate 0.001, batches of 32, 223 epochs`.
    pub(crate) fn describe(&self) -> String {
        let mut text = format!("{}, rate {:?}", self.optimizer.name(), self.rate);
        if self.momentum > 0.0 {
            text += &format!(", {}momentum {}", if self.nesterov { "Nesterov " } else { "" }, self.momentum);
        }
        if self.weight_decay > 0.0 {
            text += &format!(", weight decay {}", self.weight_decay);
        }
        if self.reduction == ReductionName::Sum {
            text += ", sums over batches";
        }
        let epochs = counted(self.epochs, "epoch", "epochs");
        text + &format!(", batches of {}, {epochs}, seed {}", self.batch, self.seed)
    }
}

impl OptimizerName {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Adam => "adam",
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
