//! What `bp data` can be told.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Get public data sets, check and list them.
///
/// They are put into a folder per data set in the data folder (see `bp data path`), where `bp train`, `bp eval`,
/// `bp predict` and `bp verify` find them by their names.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct DataArgs {
    #[command(subcommand)]
    pub(crate) command: DataCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// List the data sets that are known by name, or tell all about one
    List {
        /// Columns, licence, citation, files and addresses of this one
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Fetch data sets, checked byte for byte before they get their names
    Fetch(FetchArgs),
    /// Check files against their lengths and SHA-256 sums
    Verify {
        /// The folder to look in [default: the data folder]
        #[arg(value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Print the data folder: BP_DATA_DIR, or bp in the folder that the system has for caches
    Path,
}

#[derive(Debug, Args)]
pub(crate) struct FetchArgs {
    /// Names from `bp data list`
    #[arg(required = true, value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Take files from this folder, or from one of the data set's name in it, with the same checks and no network
    #[arg(long, value_name = "DIR")]
    pub(crate) from: Option<PathBuf>,
    /// Put them here instead of into the data folder; --data-dir then finds them
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  bp data list
  bp data list abalone
  bp data fetch mnist
  bp data fetch mnist --from ~/downloads     on a machine without internet
  bp data fetch abalone sonar --to data      then: bp train abalone --data-dir data
  bp data verify";
