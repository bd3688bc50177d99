//! What `bp train` can be told.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use bp_core::{Act, ErrorFunction, Init};
use clap::{Args, ValueEnum};

use super::{
    CheckpointArgs, DtypeName, MachineArgs, RegularizeArgs, RunArgs, ScheduleSpec, StreamArgs, TableArgs, TaskName,
};
use crate::hint::hinted;

/// Train a network on a data set or a table.
///
/// Classes get softmax outputs and cross-entropy, numbers identity outputs and the sum of squares, unless told
/// otherwise. A fifth of the rows is put aside to test the network with; images from a folder bring their own
/// test part. The error that is shown is a mean per example; for numbers it is in units of the targets' standard
/// deviation.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TrainArgs {
    /// Name of a data set (see `bp datasets`) or path of a table
    #[arg(required_unless_present = "resume", default_value = "", hide_default_value = true)]
    pub(crate) data: String,
    /// Folder with the files of a data set that is fetched, or with a folder of its name
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Share of the rows to put aside for testing, 0 for none [default: 0.2, or 0 below 20 rows]
    #[arg(long, value_name = "SHARE")]
    pub(crate) test_fraction: Option<f64>,
    /// Scale inputs, and targets of a regression, to mean 0 and variance 1 over the training part; `auto` divides inputs
    /// that look as if they had one unit (deviations within a factor of ten) by one number, and leaves images from a
    /// folder alone, whose pixels are 0 to 1
    #[arg(long, value_enum, default_value_t = Standardize::Auto)]
    pub(crate) standardize: Standardize,
    /// Classify or regress [default: classify if the target is text, or few different whole numbers]
    #[arg(long, value_enum)]
    pub(crate) task: Option<TaskName>,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) stream: StreamArgs,

    /// Widths of the hidden layers, or `none` [default: 64]
    #[arg(long, value_name = "WIDTHS", conflicts_with = "net", help_heading = "Network")]
    pub(crate) hidden: Option<Hidden>,
    /// Network as a TOML file, see below
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub(crate) net: Option<PathBuf>,
    /// Activation of the hidden layers: identity, tanh, logistic, relu, leaky-relu[:slope], elu, softplus, softsign,
    /// silu, gelu [default: tanh]
    #[arg(long, value_name = "NAME", conflicts_with = "net", value_parser = hinted_name::<Act>, help_heading = "Network")]
    pub(crate) activation: Option<Act>,
    /// sum-of-squares, cross-entropy, binary-cross-entropy, poisson or huber[:threshold]; it also chooses the output
    /// function [default: cross-entropy for classes, sum-of-squares for numbers]
    #[arg(long, value_name = "NAME", value_parser = hinted_name::<ErrorFunction>, help_heading = "Network")]
    pub(crate) loss: Option<ErrorFunction>,
    /// Distribution of the initial weights: glorot-uniform, glorot-normal, he-uniform, he-normal, lecun-uniform,
    /// lecun-normal [default: what suits each activation]
    #[arg(long, value_name = "NAME", value_parser = init, help_heading = "Network")]
    pub(crate) init: Option<Init>,

    /// How gradients change weights [default: adam, or sgd with --momentum or --nesterov]
    #[arg(long, value_enum, help_heading = "Training")]
    pub(crate) optimizer: Option<OptimizerName>,
    /// Learning rate [default: what is usual for the optimiser, 0.001 for adam, 0.1 for sgd; with --reduction sum, sgd
    /// divides it by the batch]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) lr: Option<f64>,
    /// How the learning rate changes: constant, step:EPOCHS[,FACTOR], exponential:FACTOR, cosine[:FLOOR],
    /// cosine-restarts:EPOCHS[,GROWTH], one-cycle or plateau[:FACTOR[,EPOCHS]]; warmup:EPOCHS alone, or with a + before
    /// another [default: constant]
    #[arg(long, value_name = "SCHEDULE", value_parser = hinted_name::<ScheduleSpec>, help_heading = "Training")]
    pub(crate) schedule: Option<ScheduleSpec>,
    /// Longest gradient: a longer one is shortened to this norm
    #[arg(long, value_name = "NORM", allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) clip_norm: Option<f64>,
    /// Largest entry of a gradient: others are cut to it
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) clip_value: Option<f64>,
    /// Momentum of sgd or rmsprop, from 0 to below 1
    #[arg(long, value_name = "MU", allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) momentum: Option<f64>,
    /// Nesterov's form of momentum
    #[arg(long, requires = "momentum", help_heading = "Training")]
    pub(crate) nesterov: bool,
    /// Weight decay: adds this times each weight to its gradient, biases excepted; adamw and lion shrink the weights
    /// beside the step instead [default: 1 by the training rows, a normal prior of variance 1 on each weight, but at most
    /// 0.01; 0 for sgd, adamw and lion]
    #[arg(long, value_name = "LAMBDA", allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) weight_decay: Option<f64>,
    /// How often every training row is seen [default: as many as make about 10000 steps, but 10 to 500, or to 2500 below 50 rows]
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub(crate) epochs: Option<usize>,
    /// Rows per step [default: 32, or 128 from 20000 training rows on, but no more than an eighth of them]
    #[arg(long, value_name = "B", help_heading = "Training")]
    pub(crate) batch: Option<usize>,
    /// Whether the gradient of a batch is the mean or the sum over its rows
    #[arg(long, value_enum, default_value_t = ReductionName::Mean, help_heading = "Training")]
    pub(crate) reduction: ReductionName,
    /// Seed of everything random: split, initial weights, order of rows, generated data
    #[arg(long, default_value_t = 0, help_heading = "Training")]
    pub(crate) seed: u64,

    #[command(flatten)]
    pub(crate) regularize: RegularizeArgs,

    #[command(flatten)]
    pub(crate) checkpoints: CheckpointArgs,
    #[command(flatten)]
    pub(crate) machine: MachineArgs,
    /// Precision of all numbers
    #[arg(long, value_enum, default_value_t = DtypeName::F32, help_heading = "Machine")]
    pub(crate) dtype: DtypeName,

    /// Save the trained model to this file
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Print one JSON object instead of text
    #[arg(long, help_heading = "Results")]
    pub(crate) json: bool,
    /// Show no progress and no notes
    #[arg(long, help_heading = "Results")]
    pub(crate) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OptimizerName {
    Sgd,
    Adam,
    #[value(name = "amsgrad")]
    AmsGrad,
    #[value(name = "adamw")]
    AdamW,
    #[value(name = "nadam")]
    NAdam,
    #[value(name = "radam")]
    RAdam,
    Adamax,
    Adagrad,
    #[value(name = "rmsprop")]
    RmsProp,
    Adadelta,
    Lion,
    /// For batches of all rows
    Rprop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReductionName {
    Mean,
    Sum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Standardize {
    Auto,
    Yes,
    No,
}

/// Widths of hidden layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hidden(pub(crate) Vec<usize>);

impl FromStr for Hidden {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(vec![]));
        }
        let width = |(at, text): (usize, &str)| match text.trim().parse() {
            Ok(0) => Err(format!("layer `h{}` has width 0, expected at least 1", at + 1)),
            Ok(width) => Ok(width),
            Err(_) => Err(format!("`{text}` is no width; expected whole numbers as in 64,32, or none")),
        };
        text.split(',').enumerate().map(width).collect::<Result<_, _>>().map(Self)
    }
}

const INITS: [(&str, Init); 6] = [
    ("glorot-uniform", Init::GlorotUniform),
    ("glorot-normal", Init::GlorotNormal),
    ("he-uniform", Init::HeUniform),
    ("he-normal", Init::HeNormal),
    ("lecun-uniform", Init::LeCunUniform),
    ("lecun-normal", Init::LeCunNormal),
];

fn init(text: &str) -> Result<Init, String> {
    let found = INITS.iter().find(|(name, _)| *name == text).map(|(_, init)| *init);
    found.ok_or_else(|| {
        let known = INITS.map(|(name, _)| name).join(", ");
        hinted(&format!("unknown distribution `{text}`, expected one of {known}"))
    })
}

/// Reads a name; of one that is not known the message says which may be meant.
pub(super) fn hinted_name<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| hinted(&error.to_string()))
}

const EXAMPLES: &str = "\
Examples:
  bp train digits
  bp train mnist --data-dir mnist --hidden 128 --epochs 10 --out mnist.bp
  bp train houses.csv --target price --hidden 64,32 --out houses.bp
  bp train winequality.csv --delimiter ';' --task regress
  bp train yacht.data --delimiter space --no-header
  bp train clicks.csv --stream --out clicks.bp
  bp train iris --optimizer sgd --lr 0.1 --momentum 0.9 --epochs 50 --json
  bp train digits --dropout 0.3 --max-norm 3 --label-smoothing 0.1 --patience 10
  bp train digits --checkpoint-dir run --checkpoint-every 10s --out digits.bp
  bp train --resume run
  bp train digits --optimizer adamw --weight-decay 0.01 --schedule warmup:2+cosine --clip-norm 1

A network file, here with a connection that skips a layer:
  [[layer]]
  name = \"h1\"
  width = 32
  activation = \"tanh\"
  from = [\"input\"]                  # default: the layer before, or the input

  [[layer]]
  name = \"out\"                      # the last layer, or the one that `output = \"...\"` names
  activation = \"softmax\"            # default: what suits the loss; its width comes from the data
  from = [\"h1\", { layer = \"input\", kind = \"dense\" }]

A source has a kind: dense, identity, or terms = [[to, from, weight], [to, from], ...], units and weights counted
from 0, where terms of the same weight share it and terms without one count 1. `bias = false` takes the biases of
a layer away.";
