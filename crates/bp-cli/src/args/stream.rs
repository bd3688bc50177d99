//! What can be said about tables that are larger than memory.

use clap::Args;

/// How a large table is read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Tables")]
pub(crate) struct StreamArgs {
    /// Never hold more than one block of rows in memory: read the table, or all .csv files of a folder, again in every
    /// epoch. Blocks come in a random order, and so do the rows in each; rows that lie sorted should be shuffled once
    /// before. Rows for testing are chosen from every block, not class by class
    #[arg(long)]
    pub(crate) stream: bool,
    /// Rows of a block [default: 65536]
    #[arg(long, value_name = "ROWS", requires = "stream")]
    pub(crate) block: Option<usize>,
}
