//! `cargo xtask`: benchmarks, dataset downloads and the checks that CI runs.

mod bench;
mod ci;
mod datasets;
mod tidy;

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
    /// Time training steps of the workloads W1 to W7 on every backend.
    Bench(bench::Options),
    /// Fetch, check and list the data sets that are not built in.
    #[command(subcommand)]
    Datasets(datasets::Command),
    /// Run everything that must be green before a change lands: format, lints, tests, docs.
    Ci,
    /// Check what compilers do not: file lengths, doc headers, links, stray paths.
    Tidy,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Bench(options) => bench::run(&options),
        Task::Datasets(command) => datasets::run(&command),
        Task::Ci => ci::run(),
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
