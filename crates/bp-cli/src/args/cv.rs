//! What `bp cv` can be told.

use clap::Args;

use super::TrainArgs;

/// Cross-validate: train and judge k times, each time with another part of the rows put aside.
///
/// What `bp train` can be told about the network and the training holds for every training; with --patience each puts
/// validation rows of its own aside. Nothing is saved, so --out, --run and checkpoints are refused. Classes are spread evenly over the folds; scaling
/// is fitted to the training part of each fold. Folds and trainings get seeds of their own from --seed, and --threads
/// trainings run at a time: the figures do not depend on how many. Of images from a folder the training part is used
/// and the test part never looked at.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CvArgs {
    /// How many folds
    #[arg(long, default_value_t = 5, value_name = "K", help_heading = "Cross-validation")]
    pub(crate) folds: usize,
    /// How often to cut the rows anew
    #[arg(long, default_value_t = 1, value_name = "N", help_heading = "Cross-validation")]
    pub(crate) repeats: usize,
    #[command(flatten)]
    pub(crate) train: TrainArgs,
}

const EXAMPLES: &str = "\
Examples:
  bp cv digits
  bp cv houses.csv --target price --folds 10 --repeats 3 --hidden 32
  bp cv wine --weight-decay 0.01 --json";
