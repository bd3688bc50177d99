//! Whether files in a folder are the ones of the manifest.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{DatasetError, open};
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
/// let checks = verify(&Manifest::built_in(), dir.path())?;
/// let wine = checks.iter().find(|check| check.dataset == "wine").unwrap();
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
                let status = status(&own, file)?;
                (own, status)
            } else {
                let path = dir.join(&file.name);
                let status = match path.is_file() {
                    false => FileStatus::Missing,
                    true => match status(&path, file)? {
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

fn status(path: &Path, file: &ManifestFile) -> Result<FileStatus, DatasetError> {
    let (got_bytes, got_sha256) = digest(open(path)?).map_err(|error| DatasetError::Io { path: path.into(), error })?;
    Ok(if got_bytes == file.bytes && got_sha256 == file.sha256 {
        FileStatus::Ok
    } else {
        FileStatus::Wrong { expected_bytes: file.bytes, got_bytes, expected_sha256: file.sha256.clone(), got_sha256 }
    })
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
    namesakes.into_iter().any(|(other, twin)| twin.sha256 == sha256 || folder == Some(&other.name))
}
