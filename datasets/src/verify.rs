//! Whether files in a folder are the ones of the manifest.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::DatasetError;
use crate::known_tables::read_table;
use crate::manifest::{Manifest, ManifestDataset, ManifestFile};

/// What [`verify`] found out about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCheck {
    /// The data set it belongs to.
    pub dataset: String,
    /// Its name.
    pub file: String,
    /// Where it is, or where it was last looked for.
    pub path: PathBuf,
    /// Whether it is right.
    pub status: FileStatus,
}

/// Whether a file is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileStatus {
    /// Length and SHA-256 are those of the manifest.
    Ok,
    /// No checksum is published. It is a table of the right rows and columns, and the same file as when it came.
    Unpublished {
        /// The SHA-256 it has.
        sha256: String,
    },
    /// No checksum is published, and it is not the file that came.
    Changed {
        /// The SHA-256 that was noted when it came.
        noted: String,
        /// The SHA-256 it has.
        got_sha256: String,
    },
    /// No checksum is published, and it is not a table of the right rows and columns.
    Unlike {
        /// What is wrong.
        why: String,
    },
    /// It is another file.
    Wrong {
        /// The length it should have.
        expected_bytes: u64,
        /// The length it has.
        got_bytes: u64,
        /// The SHA-256 it should have.
        expected_sha256: String,
        /// The SHA-256 it has.
        got_sha256: String,
    },
    /// There is no such file.
    Missing,
}

/// Compares the files of every data set of the manifest with those in `dir/<data set>/` or else in `dir` itself, by
/// length and SHA-256.
///
/// MNIST and its kin have files of the same names. Such a file in `dir` itself counts for the data set whose
/// checksum it has; if it has none of them, for the one that `dir` is named after, or else for all.
///
/// ```
/// use bp_datasets::{FileStatus, Manifest, verify};
/// let dir = tempfile::tempdir()?;
/// std::fs::write(dir.path().join("wine.data"), "not wine")?;
/// let checks = verify(Manifest::built_in(), dir.path())?;
/// let wine = checks.iter().find(|check| check.dataset == "wine-uci").unwrap();
/// assert!(matches!(wine.status, FileStatus::Wrong { expected_bytes: 10_782, got_bytes: 8, .. }));
/// assert_eq!(checks.iter().filter(|check| check.status == FileStatus::Missing).count(), checks.len() - 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the folder does not exist or a file in it cannot be read.
pub fn verify(manifest: &Manifest, dir: impl AsRef<Path>) -> Result<Vec<FileCheck>, DatasetError> {
    let dir = dir.as_ref();
    if !dir.is_dir() {
        return Err(DatasetError::NoSuchFile { path: dir.into() });
    }
    let mut checks = Vec::new();
    for dataset in &manifest.datasets {
        for file in &dataset.files {
            let own = dir.join(&dataset.name).join(&file.name);
            let (path, status) = if own.is_file() {
                let status = status_of(dataset, file, &own)?;
                (own, status)
            } else {
                let path = dir.join(&file.name);
                let status = match path.is_file() {
                    false => FileStatus::Missing,
                    true => match status_of(dataset, file, &path)? {
                        FileStatus::Wrong { got_sha256, .. }
                            if belongs_elsewhere(manifest, dataset, file, dir, &got_sha256) =>
                        {
                            FileStatus::Missing
                        }
                        status => status,
                    },
                };
                (path, status)
            };
            checks.push(FileCheck { dataset: dataset.name.clone(), file: file.name.clone(), path, status });
        }
    }
    Ok(checks)
}

impl fmt::Display for FileCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}: ", self.dataset, self.file)?;
        match &self.status {
            FileStatus::Ok => write!(f, "ok"),
            FileStatus::Missing => write!(f, "missing"),
            FileStatus::Unpublished { sha256 } => write!(f, "no checksum is published; sha-256 {sha256}"),
            FileStatus::Changed { noted, got_sha256 } => {
                write!(f, "changed: its sha-256 was {noted} when it came and is {got_sha256} now")
            }
            FileStatus::Unlike { why } => write!(f, "wrong: {why}"),
            FileStatus::Wrong { expected_bytes, got_bytes, expected_sha256, got_sha256 } => write!(
                f,
                "wrong: expected {expected_bytes} bytes with sha-256 {expected_sha256}, got {got_bytes} bytes with \
                 sha-256 {got_sha256}"
            ),
        }
    }
}

/// Length and SHA-256 of all that can be read.
pub(crate) fn digest(mut reader: impl Read) -> io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok((bytes, hex(hash))),
            Ok(n) => {
                hash.update(&buffer[..n]);
                bytes += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A finished SHA-256 in lower-case hexadecimal digits.
pub(crate) fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where the SHA-256 of a file is noted that has no published one.
pub(crate) fn note_path(path: &Path) -> PathBuf {
    let mut note = OsString::from(path);
    note.push(".sha256");
    note.into()
}

/// Whether a file is the one of the manifest.
pub(crate) fn status(set: &ManifestDataset, file: &ManifestFile, path: &Path) -> io::Result<FileStatus> {
    let (got_bytes, got_sha256) = File::open(path).and_then(digest)?;
    match (&file.sha256, &set.table) {
        (Some(sha256), _) if got_bytes == file.bytes && got_sha256 == *sha256 => Ok(FileStatus::Ok),
        (Some(sha256), _) => {
            let (expected_bytes, expected_sha256) = (file.bytes, sha256.clone());
            Ok(FileStatus::Wrong { expected_bytes, got_bytes, expected_sha256, got_sha256 })
        }
        (None, None) => Ok(FileStatus::Unpublished { sha256: got_sha256 }),
        (None, Some(format)) => {
            let note = fs::read_to_string(note_path(path)).unwrap_or_default();
            let noted = note.split_whitespace().next().unwrap_or(&got_sha256);
            if noted != got_sha256 {
                return Ok(FileStatus::Changed { noted: noted.into(), got_sha256 });
            }
            Ok(match read_table::<f64>(set, format, file, File::open(path)?) {
                Ok(_) => FileStatus::Unpublished { sha256: got_sha256 },
                Err(error) => FileStatus::Unlike { why: error.to_string() },
            })
        }
    }
}

fn status_of(set: &ManifestDataset, file: &ManifestFile, path: &Path) -> Result<FileStatus, DatasetError> {
    status(set, file, path).map_err(|error| DatasetError::Io { path: path.into(), error })
}

/// Whether a file that is wrong here is the one of another data set, by its content or by its folder.
fn belongs_elsewhere(
    manifest: &Manifest,
    dataset: &ManifestDataset,
    file: &ManifestFile,
    dir: &Path,
    sha256: &str,
) -> bool {
    let namesakes = manifest
        .datasets
        .iter()
        .filter(|other| other.name != dataset.name)
        .flat_map(|other| other.files.iter().filter(|twin| twin.name == file.name).map(move |twin| (other, twin)));
    let folder = dir.file_name().and_then(|name| name.to_str());
    namesakes.into_iter().any(|(other, twin)| twin.sha256.as_deref() == Some(sha256) || folder == Some(&other.name))
}
