//! Everything that can be said on the command line.

mod checkpoint;
mod cv;
mod data;
mod explain;
mod regularize;
mod run;
mod schedule;
mod shell;
mod stream;
mod train;

use std::path::PathBuf;

use bp_datasets::{CsvOptions, Delimiter, Task};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use checkpoint::CheckpointArgs;
pub(crate) use cv::CvArgs;
pub(crate) use data::{DataArgs, DataCommand, FetchArgs};
pub(crate) use explain::{ExplainArgs, ExplainFormat, GraphArgs, GraphFormat};
pub(crate) use regularize::RegularizeArgs;
pub(crate) use run::{PlotArgs, RunArgs};
pub(crate) use schedule::ScheduleSpec;
pub(crate) use shell::{CompletionsArgs, ManArgs};
pub(crate) use stream::StreamArgs;
pub(crate) use train::{Hidden, OptimizerName, ReductionName, Standardize, TrainArgs};

/// Trains feed-forward networks by error backpropagation.
#[derive(Debug, Parser)]
#[command(name = "bp", version, disable_help_subcommand = false, max_term_width = 100, after_help = crate::EXAMPLES)]
pub(crate) struct Cli {
    /// Show no progress and no notes
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    // The help of each command is the documentation of its arguments.
    Train(Box<TrainArgs>),
    Cv(Box<CvArgs>),
    Eval(EvalArgs),
    Predict(PredictArgs),
    Info(InfoArgs),
    Plot(PlotArgs),
    Verify(VerifyArgs),
    Explain(Box<ExplainArgs>),
    Graph(GraphArgs),
    Data(DataArgs),
    /// List the data sets that are known by name: short for `bp data list`
    Datasets,
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// Judge a model by rows whose targets are known.
///
/// Of a data set that `bp train` splits, the test part of the same --seed and --test-fraction counts; of a file,
/// all rows.
#[derive(Debug, Args)]
#[command(after_help = EVAL_EXAMPLES)]
pub(crate) struct EvalArgs {
    /// Model file, as written by `bp train --out`
    pub(crate) model: PathBuf,
    /// Name of a data set (see `bp datasets`) or path of a table with the columns of the model and its target
    pub(crate) data: String,
    /// Folder with the files of a data set that is fetched, or with a folder of its name
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Which rows count [default: test for a data set, all for a file]
    #[arg(long, value_enum)]
    pub(crate) part: Option<Part>,
    /// Share of the rows in the test part, as in training [default: 0.2]
    #[arg(long, value_name = "SHARE")]
    pub(crate) test_fraction: Option<f64>,
    /// Seed of the split and of generated data, as in training
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) machine: MachineArgs,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Predict from the rows of a table or a data set.
///
/// A table with a header line is read by the names of its columns, in any order; others are ignored. One without is
/// read by position. Of a data set known by name all rows are answered, in their order, or those of --part. The answer
/// is CSV: for classes a column `class` and one probability per class, for values one column per target.
#[derive(Debug, Args)]
#[command(after_help = PREDICT_EXAMPLES)]
pub(crate) struct PredictArgs {
    /// Model file, as written by `bp train --out`
    pub(crate) model: PathBuf,
    /// Name of a data set (see `bp datasets`) or path of a table with the columns of the model; the target of a table
    /// may be there or not
    pub(crate) data: String,
    /// Folder with the files of a data set that is fetched, or with a folder of its name
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Which rows of a data set, as in `bp eval` [default: all]
    #[arg(long, value_enum)]
    pub(crate) part: Option<Part>,
    /// Share of the rows in the test part, as in training [default: 0.2]
    #[arg(long, value_name = "SHARE", requires = "part")]
    pub(crate) test_fraction: Option<f64>,
    /// Seed of the split and of generated data, as in training
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Write here instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) machine: MachineArgs,
}

/// Show what is in a model file.
#[derive(Debug, Args)]
pub(crate) struct InfoArgs {
    /// Model file, as written by `bp train --out`
    pub(crate) model: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Certify the gradient of a network on given rows, without a tolerance.
///
/// Every entry of the gradient is compared with an enclosure of the true one (forward mode over intervals), within
/// a bound on the rounding of a right program. The report says what would have been seen. Exit code 0 means PASS,
/// 1 anything else.
#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub(crate) struct VerifyArgs {
    /// Model file, or a network file (.toml) whose initial weights are used
    pub(crate) subject: PathBuf,
    /// Name of a data set (see `bp datasets`) or path of a table
    pub(crate) data: String,
    /// Folder with the files of a data set that is fetched, or with a folder of its name
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// How many rows the batch has, from the first on
    #[arg(long, default_value_t = 7, value_name = "N")]
    pub(crate) rows: usize,
    /// Which part of the rows [default: train]
    #[arg(long, value_enum)]
    pub(crate) part: Option<Part>,
    /// Classify or regress, for a network file
    #[arg(long, value_enum)]
    pub(crate) task: Option<TaskName>,
    /// Loss, for a network file, as in `bp train`
    #[arg(long, value_name = "NAME", value_parser = train::hinted_name::<bp_core::ErrorFunction>)]
    pub(crate) loss: Option<bp_core::ErrorFunction>,
    /// How many parameters to certify one by one, 0 for all [default: all up to 4096, else 64 and directions]
    #[arg(long, value_name = "N", help_heading = "Certificate")]
    pub(crate) parameters: Option<usize>,
    /// Gaussian directions through all parameters
    #[arg(long, value_name = "N", help_heading = "Certificate")]
    pub(crate) directions: Option<usize>,
    /// Random groups of parameters, one direction through each
    #[arg(long, value_name = "N", help_heading = "Certificate")]
    pub(crate) groups: Option<usize>,
    /// Share of the largest entry that a verdict must resolve [default: 1e-10 in f64, 0.05 in f32]
    #[arg(long, value_name = "SHARE", help_heading = "Certificate")]
    pub(crate) resolution: Option<f64>,
    /// Keep the rows' targets even if the network has learned them so well that nothing can be resolved
    #[arg(long, help_heading = "Certificate")]
    pub(crate) as_given: bool,
    /// Seed of the split, of initial weights and of what is looked at
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) machine: MachineArgs,
    /// Precision of a network file's numbers [default: f64; a model has its own]
    #[arg(long, value_enum, help_heading = "Machine")]
    pub(crate) dtype: Option<DtypeName>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// How to read a table.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tables")]
pub(crate) struct TableArgs {
    /// Target column, by name or by number counted from 1 [default: the last]
    #[arg(long, value_name = "COL|NUMBER")]
    pub(crate) target: Option<String>,
    /// What stands between cells: one character, `tab` or `space` [default: comma]
    #[arg(long, value_name = "CHAR|space")]
    pub(crate) delimiter: Option<Delimiter>,
    /// The first line is a row, not names [default: found out]
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Column to leave out, by name or number; may be given more than once
    #[arg(long, value_name = "COL|NUMBER")]
    pub(crate) skip: Vec<String>,
}

/// What computes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Machine")]
pub(crate) struct MachineArgs {
    /// What multiplies matrices
    #[arg(long, value_enum, default_value_t = BackendName::Faer)]
    pub(crate) backend: BackendName,
    /// Threads for large products and for evaluation; 0 means one per core
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=1024), value_name = "N")]
    pub(crate) threads: u16,
    /// Check every product of matrices while it is used, not one in 1024; a wrong one is computed again and reported
    #[arg(long)]
    pub(crate) paranoid: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendName {
    /// The faer crate
    Faer,
    /// The ndarray crate
    Ndarray,
    /// Plain loops: slow, and the same bits everywhere
    Reference,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DtypeName {
    F32,
    F64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TaskName {
    /// Tell classes apart
    Classify,
    /// Predict a number
    Regress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The rows that training uses
    Train,
    /// The rows that training puts aside
    Test,
    /// All rows
    All,
}

impl Part {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
            Self::All => "all",
        }
    }
}

impl TableArgs {
    /// The reader's options.
    pub(crate) fn options(&self, task: Option<TaskName>) -> CsvOptions {
        CsvOptions {
            delimiter: self.delimiter.unwrap_or_default(),
            header: self.no_header.then_some(false),
            target: self.target.clone(),
            task: task.map(|task| match task {
                TaskName::Classify => Task::Classify,
                TaskName::Regress => Task::Regress,
            }),
            skip: self.skip.clone(),
        }
    }

    /// The first of these that was given, for a message that it means nothing here.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let given = [
            (self.target.is_some(), "--target"),
            (self.delimiter.is_some(), "--delimiter"),
            (self.no_header, "--no-header"),
            (!self.skip.is_empty(), "--skip"),
        ];
        given.into_iter().find(|(is_given, _)| *is_given).map(|(_, name)| name)
    }
}

const EVAL_EXAMPLES: &str = "\
Examples:
  bp eval digits.bp digits
  bp eval digits.bp digits --seed 3        the test part of `bp train digits --seed 3`
  bp eval mnist.bp mnist --data-dir mnist
  bp eval houses.bp houses-2024.csv --json";

const VERIFY_EXAMPLES: &str = "\
Examples:
  bp verify iris.bp iris
  bp verify net.toml digits --rows 3 --dtype f32
  bp verify mnist.bp mnist --data-dir mnist --resolution 0.01 --json";

const PREDICT_EXAMPLES: &str = "\
Examples:
  bp predict iris.bp flowers.csv
  bp predict iris.bp flowers.csv -o answers.csv
  bp predict iris.bp iris --part test
  bp predict yacht.bp hulls.data --delimiter space --no-header";
