//! `bp plot`: the pictures of a run again, or several runs in one.

use std::path::{Path, PathBuf};

use crate::args::PlotArgs;
use crate::failure::Failure;
use crate::output::print;
use crate::run::{Kept, report};
use crate::work::waited;

/// Runs the command.
pub(crate) fn run(args: &PlotArgs, quiet: bool) -> Result<(), Failure> {
    let runs = args.runs.iter().map(|run| Kept::read(&folder(run))).collect::<Result<Vec<_>, _>>()?;
    if let Some(run) = runs.iter().find(|run| run.history.is_empty()) {
        let why = "no epoch of this run is over, so there is nothing to draw".into();
        return Err(Failure::Run { folder: run.folder.clone(), why });
    }
    let said = waited(quiet, "drawing", || match &runs[..] {
        [run] if run.is_finished() => Ok(report(&run.folder)? + "\n"),
        runs => together(runs, &args.out),
    })?;
    print(&said)
}

/// A bare name is one of `runs`; where there is none of that name, a folder here will do.
fn folder(run: &Path) -> PathBuf {
    let in_runs = PathBuf::from("runs").join(run);
    let is_name = run.components().count() == 1;
    if is_name && (in_runs.exists() || !run.exists()) { in_runs } else { run.into() }
}

#[cfg(feature = "plots")]
fn together(runs: &[Kept], out: &Path) -> Result<String, Failure> {
    let svg = crate::run::compare(runs).map_err(|error| Failure::Run { folder: out.into(), why: error.to_string() })?;
    crate::output::write_picture(out, &svg)?;
    Ok(format!("the curves of {} are in {}\n", crate::output::counted(runs.len(), "run", "runs"), out.display()))
}

#[cfg(not(feature = "plots"))]
fn together(_: &[Kept], _: &Path) -> Result<String, Failure> {
    Err(Failure::Usage("bp was built without pictures; build it with --features plots".into()))
}
