//! The program `bp`: trains feed-forward networks by error backpropagation on built-in data sets and on tables,
//! evaluates saved models and predicts from tables.
//!
//! ```text
//! bp train iris --out iris.bp
//! bp eval iris.bp iris
//! bp predict iris.bp flowers.csv -o answers.csv
//! bp info iris.bp
//! bp verify iris.bp iris
//! bp explain iris.bp iris --unit 'h1[0]'
//! ```
//!
//! What this crate is not: a library to build on. It has one public function, [`run`]; programs use `bp-faer` or
//! `bp-ndarray`. Read `args.rs` first, which is all that a user can say, then `train.rs`.
//!
//! Results go to standard output, everything else to standard error. The exit code is 0, or 2 for a command that
//! cannot be meant, 130 for a training that the user ended, or 1 for data, files and trainings that went wrong, with one sentence that says what and where.

mod args;
mod backend;
mod certificate;
mod cv;
mod data;
mod design;
mod eval;
mod explain;
mod failure;
mod graph;
mod hint;
mod info;
mod interrupt;
mod model;
mod net_file;
mod output;
mod place;
mod plot;
mod predict;
mod progress;
mod regularize;
mod report;
mod resume;
mod run;
mod scaling;
mod settings;
mod shell;
mod source;
mod sparkline;
mod stream;
mod summary;
mod train;
mod verify;
mod work;

use std::ffi::OsString;

use clap::{ArgMatches, CommandFactory, FromArgMatches};

use crate::args::{Cli, Command};
use crate::failure::Failure;

/// Runs a command line, the program's name first, and returns the exit code.
///
/// ```
/// assert_eq!(bp_cli::run(["bp", "datasets"]), 0);
/// assert_eq!(bp_cli::run(["bp", "train", "iris", "--lr", "fast"]), 2);
/// assert_eq!(bp_cli::run(["bp", "info", "no/such.bp"]), 1);
/// ```
pub fn run<T>(args: impl IntoIterator<Item = T>) -> u8
where
    T: Into<OsString> + Clone,
{
    let parsed = Cli::command().try_get_matches_from(args);
    let result = match parsed.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches))) {
        Ok((cli, matches)) => execute(cli, &matches),
        Err(error) => {
            // Nothing is left to do if even this cannot be written.
            let _ = error.print();
            return if error.use_stderr() { 2 } else { 0 };
        }
    };
    match result {
        Ok(()) => 0,
        Err(failure) => {
            if let Some(text) = failure.text() {
                output::complain(&text);
            }
            failure.exit_code()
        }
    }
}

fn execute(cli: Cli, matches: &ArgMatches) -> Result<(), Failure> {
    let quiet = cli.quiet;
    match cli.command {
        None => output::print(&guide()),
        Some(Command::Train(args)) => train::run(*args, resume::said(matches)?),
        Some(Command::Cv(args)) => cv::run(&args),
        Some(Command::Eval(args)) => eval::run(&args, quiet),
        Some(Command::Predict(args)) => predict::run(&args, quiet),
        Some(Command::Info(args)) => info::run(&args),
        Some(Command::Plot(args)) => plot::run(&args, quiet),
        Some(Command::Verify(args)) => verify::run(&args, quiet),
        Some(Command::Explain(args)) => explain::run(&args, quiet),
        Some(Command::Graph(args)) => graph::run(&args),
        Some(Command::Data(args)) => data::run(&args, quiet),
        Some(Command::Completions(args)) => shell::completions(&args),
        Some(Command::Man(args)) => shell::man(&args, quiet),
        Some(Command::Datasets) => output::print(&data::list()),
    }
}

/// What `bp` alone says.
fn guide() -> String {
    format!(
        "bp trains feed-forward networks by error backpropagation. First this:\n\n  bp train digits\n\nIt trains on a \
         built-in data set, tests on rows that training has not seen,\nand checks the gradient. Then, for example:\n\n\
         {}\n`bp help train` lists every setting, `bp help` every command.\n",
        EXAMPLES.split_once('\n').map_or("", |(_, examples)| examples)
    )
}

/// The way through the commands, also at the foot of `bp help`.
const EXAMPLES: &str = "\
Examples:
  bp train digits                  train on a built-in data set, and test
  bp train iris --out iris.bp      the same, and keep the model
  bp train spirals --run demo      the same, and keep a page with pictures
  bp cv wine                       how well it does over five folds
  bp eval iris.bp iris             judge a saved model
  bp train houses.csv --out h.bp   learn the last column of a table
  bp predict h.bp new.csv          answers for the rows of another table
  bp info h.bp                     what is in a model file
  bp verify iris.bp iris           is its gradient right? without a tolerance
  bp explain lecture               every term of every error, as in a lecture
  bp graph iris.bp --out iris.svg  a picture of the network
  bp data list                     the data sets that are known by name
  bp data fetch mnist              get one, checked byte for byte
";
