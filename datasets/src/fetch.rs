//! Downloads, each under its final name only after length and SHA-256 are found right.

mod answer;
mod client;

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use ureq::Agent;

use crate::fetched::{AttemptError, Event, FetchError, Fetched};
use crate::manifest::{ManifestDataset, ManifestFile};
use crate::store::{Form, Stop, Store};

/// How long a slow server is borne.
///
/// ```
/// use std::time::Duration;
/// use bp_datasets::Patience;
/// let hurried = Patience { silence: Duration::from_secs(5), ..Patience::default() };
/// assert!(hurried.silence < Patience::default().silence);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Longest wait for a connection, for an answer and for the next bytes of it: a minute unless told.
    pub silence: Duration,
    /// The time in which at least [`bytes`](Self::bytes) must come, counted again and again: a minute unless told.
    pub span: Duration,
    /// The least that must come in each [`span`](Self::span): 64 KiB unless told, about a kilobyte per second.
    pub bytes: u64,
}

impl Default for Patience {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self { silence: minute, span: minute, bytes: 1 << 16 }
    }
}

/// Fetches the files of a data set into a folder, which is made if need be, each from the first of its addresses that
/// has it.
///
/// A file that is there and right is left alone; one that is there and wrong is replaced once the right one has come.
/// Bytes are collected in `<name>.part`, no more of them than the manifest says, whatever the server announces. A part
/// that an earlier attempt left is continued if the server confirms the range. The file takes its final name when
/// length and SHA-256 are right. A second process waits for the first. The usual proxy variables count
/// (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` and so on); certificates are checked against Mozilla's, or against those in
/// the file that `SSL_CERT_FILE` names.
///
/// ```no_run
/// use bp_datasets::{Manifest, Patience, fetch_dataset};
/// let dir = bp_datasets::cache_dir().ok_or("no cache folder")?.join("abalone");
/// let abalone = Manifest::built_in().get("abalone").ok_or("no abalone")?;
/// fetch_dataset(abalone, dir, &Patience::default(), |_| ())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the folder cannot be written, or no address has the right file. Files before it stay.
pub fn fetch_dataset(
    dataset: &ManifestDataset,
    dir: impl AsRef<Path>,
    patience: &Patience,
    hear: impl FnMut(Event<'_>),
) -> Result<Vec<Fetched>, FetchError> {
    fetch_by(&client::agent(patience)?, dataset, dir.as_ref(), patience, hear)
}

fn fetch_by(
    agent: &Agent,
    dataset: &ManifestDataset,
    dir: &Path,
    patience: &Patience,
    mut hear: impl FnMut(Event<'_>),
) -> Result<Vec<Fetched>, FetchError> {
    let store = Store::open(dataset, dir, &mut hear)?;
    let mut fetch = |file| Fetch { agent, patience, store: &store, file }.run(&mut hear);
    dataset.files.iter().map(&mut fetch).collect()
}

/// One file on its way.
struct Fetch<'a> {
    agent: &'a Agent,
    patience: &'a Patience,
    store: &'a Store<'a>,
    file: &'a ManifestFile,
}

impl Fetch<'_> {
    fn run(&self, hear: &mut impl FnMut(Event<'_>)) -> Result<Fetched, FetchError> {
        if let Some(path) = self.store.has(self.file)? {
            return Ok(Fetched::AlreadyThere(path));
        }
        let mut attempts = Vec::new();
        for url in &self.file.urls {
            match self.from(url, hear) {
                Ok(fetched) => return Ok(fetched),
                Err(Stop::Attempt(error)) => {
                    hear(Event::Refused { url, error: &error });
                    attempts.push((url.clone(), error));
                }
                Err(Stop::Disk(error)) => return Err(error),
            }
        }
        let (dataset, file) = (self.store.set.name.clone(), self.file.name.clone());
        Err(FetchError::Failed { dataset, file, attempts })
    }

    /// Asks one address, once more from the beginning if continuing a part came to nothing.
    fn from(&self, url: &str, hear: &mut impl FnMut(Event<'_>)) -> Result<Fetched, Stop> {
        let part = self.store.part(self.file.incoming());
        let had = self.usable(&part);
        match self.download(url, &part, had, hear) {
            Err(Stop::Attempt(error)) if had > 0 && is_about_the_part(&error) => {
                self.forget(&part);
                self.download(url, &part, 0, hear)
            }
            result => result,
        }
    }

    fn download(&self, url: &str, part: &Path, had: u64, hear: &mut impl FnMut(Event<'_>)) -> Result<Fetched, Stop> {
        let wanted = self.file.incoming();
        if had < wanted.bytes || wanted.sha256.is_none() {
            answer::receive(self, url, part, had, hear)?;
        }
        let kept = self.store.keep(self.file, part, Form::Incoming);
        self.forget(part);
        kept.map(Fetched::New)
    }

    /// How much of an earlier attempt can be built on. Without a checksum nothing would show that a part is bad.
    fn usable(&self, part: &Path) -> u64 {
        let wanted = self.file.incoming();
        let bytes = fs::metadata(part).map_or(0, |metadata| metadata.len());
        match wanted.sha256 {
            Some(_) if bytes <= wanted.bytes => bytes,
            _ => {
                self.forget(part);
                0
            }
        }
    }

    fn forget(&self, part: &Path) {
        let _ = fs::remove_file(part);
        let _ = fs::remove_file(answer::tag_path(part));
    }

    /// The part, open behind its first `had` bytes.
    fn open(&self, part: &Path, had: u64) -> std::io::Result<File> {
        if had == 0 { File::create(part) } else { File::options().append(true).open(part) }
    }
}

/// Whether what is wrong may come from what an earlier attempt left.
fn is_about_the_part(error: &AttemptError) -> bool {
    matches!(
        error,
        AttemptError::Range { .. }
            | AttemptError::Checksum { .. }
            | AttemptError::TooLong { .. }
            | AttemptError::Length { .. }
            | AttemptError::Unpack { .. }
    )
}

#[cfg(test)]
mod tests;
