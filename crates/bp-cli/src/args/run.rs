//! What can be said about folders of runs.

use std::path::PathBuf;

use clap::Args;

/// Where a run is kept.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Results")]
pub(crate) struct RunArgs {
    /// Keep everything about this training in a new folder runs/NAME, or at a path with a `/`: settings, history, model
    /// and a page report.html. --checkpoint-every saves the training in it, too
    #[arg(long, value_name = "NAME")]
    pub(crate) run: Option<PathBuf>,
}

impl RunArgs {
    /// The folder: a bare name is one of `runs`.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        let name = self.run.as_ref()?;
        Some(if name.components().count() == 1 { PathBuf::from("runs").join(name) } else { name.clone() })
    }
}

/// Compare runs in one picture, or draw the pictures of one run again.
///
/// A run is a folder that `bp train --run` wrote; a bare name means runs/NAME. Of one run the pictures and report.html
/// are written again. Of several the curves are drawn together; runs of the same command line but for --seed are one line,
/// their mean, with the spread from the lowest to the highest around it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PlotArgs {
    /// Folders of runs, or their names
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<PathBuf>,
    /// Where to write the picture that compares several runs
    #[arg(short, long, value_name = "FILE", default_value = "runs.svg")]
    pub(crate) out: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  bp plot demo                         draw the pictures of runs/demo again
  bp plot narrow wide -o widths.svg    the error of both, epoch by epoch";
