//! Golden vectors: numbers computed elsewhere, read from `tests/golden` (see its README) or from `BP_GOLDEN_DIR`.

mod external;
mod file;
mod net;
mod optim;
mod report;
mod schedule;
mod second;

pub use file::{Array, File, read_file, read_folder};
pub use net::{NetCase, check_net, plant};
pub use report::Report;

use std::path::PathBuf;

/// The folder to read: `BP_GOLDEN_DIR`, or the committed one.
pub fn folder() -> PathBuf {
    std::env::var_os("BP_GOLDEN_DIR")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/golden").into(), PathBuf::from)
}

/// Compares every file of a folder on every backend and scalar.
///
/// # Errors
/// The file, and what is wrong with it; an empty folder too.
pub fn check_folder(folder: &std::path::Path) -> Result<Report, String> {
    let mut report = Report::default();
    for (name, file) in read_folder(folder)? {
        check_file(&file, &mut report).map_err(|e| format!("{name}: {e}"))?;
        report.files += 1;
    }
    Ok(report)
}

/// Compares one file.
///
/// # Errors
/// What is wrong with it.
pub fn check_file(file: &File, report: &mut Report) -> Result<(), String> {
    match file {
        File::Net(net) => {
            let case = NetCase::new(net)?;
            check_net(&case, report)?;
            second::check(net, &case, report)
        }
        File::External(external) => external::check(external, report),
        File::Optim(optim) => optim::check(optim, report),
        File::Schedule(schedule) => schedule::check(schedule, report),
    }
}
