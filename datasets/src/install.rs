//! Files that are on disk already, put where downloads go, after the same checks.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use crate::fetched::{AttemptError, Event, FetchError, Fetched, Progress};
use crate::manifest::{ManifestDataset, ManifestFile};
use crate::store::{Form, Stop, Store, at};

/// Takes the files of a data set from `from`, or from a folder with its name in there, into `dir`, without a network.
///
/// A file is held against the manifest like one that was fetched, and what is right in `dir` stays. Of a file that
/// comes in an archive, the archive, the file itself and the file as `.gz` will do. `from` is not changed.
///
/// ```
/// use bp_datasets::{Manifest, install_dataset};
/// let (from, to) = (tempfile::tempdir()?, tempfile::tempdir()?);
/// std::fs::write(from.path().join("wine.data"), "not wine")?;
/// let wine = Manifest::built_in().get("wine-uci").ok_or("no wine")?;
/// let error = install_dataset(wine, from.path(), to.path(), |_| ()).unwrap_err();
/// assert!(error.to_string().ends_with("wine.data: truncated: expected 10782 bytes, got 8"));
/// assert!(!to.path().join("wine.data").exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If a file is not there or is not the right one, or the folder cannot be written. Files before it stay.
pub fn install_dataset(
    dataset: &ManifestDataset,
    from: impl AsRef<Path>,
    dir: impl AsRef<Path>,
    mut hear: impl FnMut(Event<'_>),
) -> Result<Vec<Fetched>, FetchError> {
    let store = Store::open(dataset, dir.as_ref(), &mut hear)?;
    dataset.files.iter().map(|file| install(&store, file, from.as_ref(), &mut hear)).collect()
}

fn install(
    store: &Store<'_>,
    file: &ManifestFile,
    from: &Path,
    hear: &mut impl FnMut(Event<'_>),
) -> Result<Fetched, FetchError> {
    if let Some(path) = store.has(file)? {
        return Ok(Fetched::AlreadyThere(path));
    }
    let dataset = store.set.name.clone();
    let mut names = vec![(file.incoming().name.to_owned(), Form::Incoming)];
    if file.archive.is_some() {
        names.push((file.name.clone(), Form::Itself));
    }
    if !file.name.ends_with(".gz") {
        names.push((format!("{}.gz", file.name), Form::Gzip));
    }
    let mut attempts = Vec::new();
    for folder in [from.join(&dataset), from.to_owned()] {
        for (name, form) in &names {
            let path = folder.join(name);
            if !path.is_file() {
                continue;
            }
            match take(store, file, &path, *form, hear) {
                Ok(fetched) => return Ok(fetched),
                Err(Stop::Attempt(error)) => attempts.push((path.display().to_string(), error)),
                Err(Stop::Disk(error)) => return Err(error),
            }
        }
    }
    if !from.is_dir() {
        return Err(at(from)(io::Error::new(io::ErrorKind::NotFound, "no such folder")));
    }
    match attempts.is_empty() {
        true => Err(FetchError::Absent { dataset, file: file.name.clone(), from: from.into() }),
        false => Err(FetchError::Failed { dataset, file: file.name.clone(), attempts }),
    }
}

/// Copies first and checks the copy, so that what is checked is what is kept.
fn take(
    store: &Store<'_>,
    file: &ManifestFile,
    from: &Path,
    form: Form,
    hear: &mut impl FnMut(Event<'_>),
) -> Result<Fetched, Stop> {
    let what = match form {
        Form::Incoming => file.incoming(),
        Form::Itself | Form::Gzip => file.itself(),
    };
    let part = store.part(what);
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |error| Stop::Disk(at(&path)(error))
    };
    let mut source = File::open(from).map_err(disk(from))?.take(what.bytes.saturating_add(1));
    let mut copy = File::create(&part).map_err(disk(&part))?;
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        hear(Event::Progress(Progress { file: what.name, bytes, total: what.bytes }));
        match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                copy.write_all(&buffer[..n]).map_err(disk(&part))?;
                bytes += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                let _ = std::fs::remove_file(&part);
                return Err(Stop::Attempt(AttemptError::Unreadable { message: error.to_string() }));
            }
        }
    }
    drop(copy);
    store.keep(file, &part, form).map(Fetched::New)
}
