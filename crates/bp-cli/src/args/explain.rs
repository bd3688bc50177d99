//! What `bp explain` and `bp graph` can be told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{TableArgs, TaskName};

/// Show every term of an error δ or of an entry of the gradient, as a lecture would.
///
/// Without --unit and --weight, the errors of all layers on one example. Numbers are those that the network sees:
/// standardized where it standardizes. All is counted from 0, as in the reports of `bp verify`.
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// Model file, as written by `bp train --out`, or `lecture`, a small network that is built in
    pub(crate) model: PathBuf,
    /// Name of a data set (see `bp datasets`) or path of a table with the columns of the model and its target
    pub(crate) data: Option<String>,
    /// Folder with the files of a data set that is fetched, or with a folder of its name
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Which row is the example, from 0; of images, those for training come first
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) row: usize,
    /// A unit: 'h1[0]' or h1.0
    #[arg(long, value_name = "LAYER[J]", conflicts_with = "weight")]
    pub(crate) unit: Option<String>,
    /// A weight or bias as `bp verify` names it: 'h1.weight.input[0][1]', 'h1.bias[0]', or with dots
    #[arg(long, value_name = "ENTRY")]
    pub(crate) weight: Option<String>,
    /// What to write
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub(crate) format: ExplainFormat,
    /// Write here instead of to standard output; an image whose name ends in .png becomes a PNG, if bp was built with
    /// --features plots
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Seed of generated data, as in training
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) table: TableArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// 80 columns
    Text,
    /// A snippet for a document with amsmath
    Latex,
    /// An image that follows the reader's light or dark setting
    Svg,
    /// One JSON object
    Json,
}

/// Draw a network: layers, widths, functions, skip connections, parameters.
#[derive(Debug, Args)]
#[command(after_help = GRAPH_EXAMPLES)]
pub(crate) struct GraphArgs {
    /// Model file, `lecture`, or a network file (.toml)
    pub(crate) model: PathBuf,
    /// Data set or table from which a network file takes its number of inputs and outputs
    pub(crate) data: Option<String>,
    /// Folder with the files of a data set that is fetched, or with a folder of its name
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Classify or regress, for a network file
    #[arg(long, value_enum)]
    pub(crate) task: Option<TaskName>,
    /// What to write
    #[arg(long, value_enum, default_value_t = GraphFormat::Svg)]
    pub(crate) format: GraphFormat,
    /// Write here instead of to standard output; an image whose name ends in .png becomes a PNG, if bp was built with
    /// --features plots
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) table: TableArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For Graphviz
    Dot,
    /// An image that follows the reader's light or dark setting
    Svg,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  bp explain lecture
  bp explain lecture --unit 'h1[0]'
  bp explain iris.bp iris --row 7 --weight 'h1.weight.input[0][1]'
  bp explain iris.bp iris --unit out.2 --format svg --out unit.svg";

const GRAPH_EXAMPLES: &str = "\
Examples:
  bp graph digits.bp --out digits.svg
  bp graph digits.bp --out digits.png
  bp graph net.toml wine --format dot | dot -Tpng > net.png";
