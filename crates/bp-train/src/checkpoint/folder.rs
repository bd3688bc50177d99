//! Checkpoints as files of a folder: names, the newest that is whole, what may be deleted.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::FileError;
use crate::checkpoint::CheckpointError;

/// What damaged files are reported with.
pub(super) type Warn<'a> = &'a mut dyn FnMut(&str);

/// Makes the folder if it is not there, keeps other trainings out until the file is dropped, and takes away what writers
/// that were killed have left.
pub(super) fn lock(folder: &Path) -> Result<File, CheckpointError> {
    let failed = |path: &Path, error| CheckpointError::Io { action: "write", path: path.into(), error };
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let path = folder.join("lock");
    let file = File::create(&path).map_err(|error| failed(&path, error))?;
    // Where a file system has no locks there is no protection.
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(CheckpointError::Busy { folder: folder.into() });
    }
    for name in names(folder)? {
        if name.starts_with(".bp-") && name.ends_with(".tmp") {
            let path = folder.join(name);
            fs::remove_file(&path).map_err(|error| failed(&path, error))?;
        }
    }
    Ok(file)
}

/// The file of a checkpoint after so many steps.
pub(super) fn path_of(folder: &Path, steps: u64) -> PathBuf {
    folder.join(format!("step-{steps:012}.bp"))
}

/// Steps of all checkpoints, the newest last. A folder that is not there has none.
pub(super) fn list(folder: &Path) -> Result<Vec<u64>, CheckpointError> {
    let steps_of = |name: &String| name.strip_prefix("step-")?.strip_suffix(".bp")?.parse().ok();
    let mut all: Vec<u64> = names(folder)?.iter().filter_map(steps_of).collect();
    all.sort_unstable();
    Ok(all)
}

/// The newest checkpoint that `read` can make something of; what is newer is passed over with a warning.
pub(super) fn newest<T>(
    folder: &Path,
    read: impl Fn(&[u8]) -> Result<T, FileError>,
    warn: Warn<'_>,
) -> Result<Option<T>, CheckpointError> {
    let steps = list(folder)?;
    let mut first = None;
    for &at in steps.iter().rev() {
        let path = path_of(folder, at);
        let content =
            fs::read(&path).map_err(|error| CheckpointError::Io { action: "read", path: path.clone(), error });
        let error = match content.map(|bytes| read(&bytes)) {
            Ok(Ok(found)) => return Ok(Some(found)),
            // Nothing is wrong with the file.
            Ok(Err(FileError::Dtype { got, expected })) => {
                let (what, now, then) = ("the type of numbers".into(), expected.into(), got.into());
                return Err(CheckpointError::Changed { folder: folder.into(), what, now, then });
            }
            Ok(Err(error)) => CheckpointError::File { path, error },
            Err(error) => error,
        };
        warn(&format!("checkpoint passed over: {error}"));
        first.get_or_insert(error);
    }
    match first {
        None => Ok(None),
        Some(error) => {
            Err(CheckpointError::Unreadable { folder: folder.into(), count: steps.len(), error: Box::new(error) })
        }
    }
}

/// Deletes all but the last `keep` checkpoints up to `newest`. Those beyond it could not be read when the training went
/// on from an earlier one.
pub(super) fn prune(folder: &Path, newest: u64, keep: usize, warn: Warn<'_>) -> Result<(), CheckpointError> {
    let (past, beyond): (Vec<u64>, Vec<u64>) = list(folder)?.into_iter().partition(|&steps| steps <= newest);
    let old = past.len().saturating_sub(keep);
    for &steps in past[..old].iter().chain(&beyond) {
        let path = path_of(folder, steps);
        if let Err(error) = fs::remove_file(&path) {
            warn(&format!("cannot delete the old checkpoint {}: {error}", path.display()));
        }
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>, CheckpointError> {
    let failed = |error| CheckpointError::Io { action: "read", path: folder.into(), error };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        entries => entries.map_err(failed)?,
    };
    let names = entries.map(|entry| Ok(entry.map_err(failed)?.file_name().to_string_lossy().into_owned()));
    names.collect()
}
