//! `cargo xtask`: benchmarks, dataset downloads and the checks that CI runs.

mod bench;
mod bits;
mod ci;
mod faults;
mod kill;
#[path = "../../crates/bp-math/tests/oracle/mod.rs"]
mod oracle;
mod page;
mod scorecard;
mod tidy;
mod ulps;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the bp workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Time training steps of the workloads W1 to W7 on every backend, also beside other libraries.
    Bench(bench::Options),
    /// What `bench --peers` starts for bp's own rows.
    #[command(hide = true)]
    BenchChild(bench::child::Options),
    /// Fetch, check and list the data sets that are not built in: the same as `bp data`.
    #[command(disable_help_flag = true)]
    Datasets {
        /// What `bp data` can be told: list, fetch NAME…, verify, path.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
        words: Vec<OsString>,
    },
    /// Measure the error of every function of bp-math and write docs/accuracy.md.
    Ulps(ulps::Options),
    /// Plant forty faults, show which detectors and which other checks see them, and write docs/faults.md.
    Faults(faults::Options),
    /// Kill trainings with checkpoints at random instants: they must end as if nothing had happened.
    Kill(kill::Options),
    /// What `kill` starts: `bp` with these words.
    #[command(hide = true, disable_help_flag = true)]
    Bp {
        /// The words.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Compare the bits of tanh and exp between vector widths, on every f32.
    Bits,
    /// Open a page that `bp train --run` wrote in headless Chromium, as wide as a phone, and check what it does.
    Page(page::Options),
    /// Run everything that must be green before a change lands: format, lints, tests, docs.
    Ci,
    /// Certify gradients of random right networks on every backend: there must be no false alarm.
    Verify(verify::Options),
    /// Measure every accuracy that the README claims and rewrite its table.
    Scorecard(scorecard::Options),
    /// Check what compilers do not: file lengths, doc headers, links, stray paths.
    Tidy,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Bench(options) => bench::run(&options),
        Task::BenchChild(options) => bench::child::run(&options),
        Task::Datasets { words } => {
            let command = ["bp", "data"].map(OsString::from).into_iter().chain(words);
            return ExitCode::from(bp_cli::run(command));
        }
        Task::Ulps(options) => ulps::run(&options),
        Task::Faults(options) => faults::run(&options),
        Task::Kill(options) => kill::run(&options),
        Task::Bp { words } => kill::child(&words),
        Task::Bits => bits::run(),
        Task::Page(options) => page::run(&options),
        Task::Ci => ci::run(),
        Task::Verify(options) => verify::run(&options),
        Task::Scorecard(options) => scorecard::run(&options),
        Task::Tidy => tidy::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
