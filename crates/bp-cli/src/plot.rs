//! `bp plot`: the pictures of a run again, or several runs in one.

use std::path::{Path, PathBuf};

use crate::args::PlotArgs;
use crate::failure::Failure;
use crate::output::print;
use crate::run::{Kept, report};

/// Runs the command.
pub(crate) fn run(args: &PlotArgs) -> Result<(), Failure> {
    let runs = args.runs.iter().map(|run| Kept::read(&folder(run))).collect::<Result<Vec<_>, _>>()?;
    if let Some(run) = runs.iter().find(|run| run.history.is_empty()) {
        let why = "no epoch of this run is over, so there is nothing to draw".into();
        return Err(Failure::Run { folder: run.folder.clone(), why });
    }
    match &runs[..] {
        [run] if run.is_finished() => print(&(report(&run.folder)? + "\n")),
        runs => together(runs, &args.out),
    }
}

/// A bare name is one of `runs`; where there is none of that name, a folder here will do.
fn folder(run: &Path) -> PathBuf {
    let in_runs = PathBuf::from("runs").join(run);
    let is_name = run.components().count() == 1;
    if is_name && (in_runs.exists() || !run.exists()) { in_runs } else { run.into() }
}

#[cfg(feature = "plots")]
fn together(runs: &[Kept], out: &Path) -> Result<(), Failure> {
    let svg = crate::run::compare(runs).map_err(|error| Failure::Run { folder: out.into(), why: error.to_string() })?;
    crate::output::write_whole(out, &svg)?;
    print(&format!("the curves of {} are in {}\n", crate::output::counted(runs.len(), "run", "runs"), out.display()))
}

#[cfg(not(feature = "plots"))]
fn together(_: &[Kept], _: &Path) -> Result<(), Failure> {
    Err(Failure::Usage("bp was built without pictures; build it with --features plots".into()))
}
