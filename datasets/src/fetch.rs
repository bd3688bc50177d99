//! Downloads, each under its final name only after length and SHA-256 are found right.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::Agent;

use crate::manifest::{ManifestDataset, ManifestFile};
use crate::verify::{digest, hex};

/// How far a download is.
///
/// ```
/// use bp_datasets::Progress;
/// let report = |progress: Progress<'_>| println!("{}: {} of {}", progress.file, progress.bytes, progress.total);
/// # report(Progress { file: "iris.data", bytes: 1, total: 2 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The name of the file.
    pub file: &'a str,
    /// How many bytes have arrived. It begins again at 0 with each address that is tried.
    pub bytes: u64,
    /// How many there will be.
    pub total: u64,
}

/// What [`fetch`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The file has been downloaded.
    New(PathBuf),
    /// The right file was there already.
    AlreadyThere(PathBuf),
}

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The folder or a file in it could not be written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// No address had the right file.
    #[error("cannot download `{file}`: {}", attempts_listed(attempts))]
    Failed {
        /// The name of the file.
        file: String,
        /// Each address with what was wrong there, in the order of trying.
        attempts: Vec<(String, AttemptError)>,
    },
}

/// What was wrong at one address. See [`FetchError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttemptError {
    /// The server could not be asked, or answered with an error.
    #[error("{message}")]
    Http {
        /// What the client says.
        message: String,
    },
    /// The answer ends early.
    #[error("truncated: expected {expected} bytes, got {got}")]
    Truncated {
        /// The length in the manifest.
        expected: u64,
        /// How many bytes came.
        got: u64,
    },
    /// The answer goes on. Reading stops at the first byte too many.
    #[error("too long: expected {expected} bytes, got more")]
    TooLong {
        /// The length in the manifest.
        expected: u64,
    },
    /// The answer has the right length and is another file.
    #[error("wrong content: expected sha-256 {expected}, got {got}")]
    Checksum {
        /// The SHA-256 in the manifest.
        expected: String,
        /// That of the answer.
        got: String,
    },
}

/// Fetches the files of a data set into a folder, which is made if need be. See [`fetch`].
///
/// # Errors
/// As [`fetch`], at the first file that cannot be had.
pub fn fetch_dataset(
    dataset: &ManifestDataset,
    dir: impl AsRef<Path>,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Vec<Fetched>, FetchError> {
    let dir = dir.as_ref();
    dataset.files.iter().map(|file| fetch(file, dir, &mut progress)).collect()
}

/// Fetches a file into a folder, from the first of its addresses that has it.
///
/// A file that is there and right is left alone; one that is there and wrong is replaced once the right one has
/// come. Bytes go to a temporary file in the same folder, no more of them than the manifest says, whatever the
/// server announces; it takes the final name when length and SHA-256 are right, and is deleted otherwise. The usual
/// proxy variables (`HTTPS_PROXY` and so on) count.
///
/// ```no_run
/// use bp_datasets::{Manifest, fetch};
/// let manifest = Manifest::built_in();
/// let dir = bp_datasets::cache_dir().ok_or("no cache folder")?.join("iris");
/// fetch(&manifest.get("iris").ok_or("no iris")?.files[0], dir, |_| ())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the folder cannot be written, or no address has the right file.
pub fn fetch(
    file: &ManifestFile,
    dir: impl AsRef<Path>,
    progress: impl FnMut(Progress<'_>),
) -> Result<Fetched, FetchError> {
    let wait = Some(Duration::from_secs(60));
    let agent = Agent::config_builder()
        .timeout_connect(wait)
        .timeout_recv_response(wait)
        .timeout_per_read(wait)
        // The .gz files are wanted as they are.
        .accept_encoding("identity")
        .build()
        .new_agent();
    fetch_by(&agent, file, dir.as_ref(), progress)
}

fn fetch_by(
    agent: &Agent,
    file: &ManifestFile,
    dir: &Path,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Fetched, FetchError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        |error| FetchError::Io { path, error }
    };
    fs::create_dir_all(dir).map_err(at(dir))?;
    let path = dir.join(&file.name);
    if path.is_file() {
        let (bytes, sha256) = File::open(&path).and_then(digest).map_err(at(&path))?;
        if bytes == file.bytes && sha256 == file.sha256 {
            return Ok(Fetched::AlreadyThere(path));
        }
    }
    let mut attempts = Vec::new();
    for url in &file.urls {
        let mut temporary = temporary_in(dir).map_err(at(dir))?;
        match download(agent, url, file, temporary.as_file_mut(), &mut progress) {
            Ok(()) => {
                temporary.as_file().sync_all().map_err(at(temporary.path()))?;
                temporary.persist(&path).map_err(|refused| at(&path)(refused.error))?;
                sync_folder(dir).map_err(at(dir))?;
                return Ok(Fetched::New(path));
            }
            Err(Stop::Attempt(error)) => attempts.push((url.clone(), error)),
            Err(Stop::Disk(error)) => return Err(at(temporary.path())(error)),
        }
    }
    Err(FetchError::Failed { file: file.name.clone(), attempts })
}

/// Why a download ended: the next address may do better, or not.
enum Stop {
    Attempt(AttemptError),
    Disk(io::Error),
}

fn download(
    agent: &Agent,
    url: &str,
    file: &ManifestFile,
    to: &mut File,
    progress: &mut impl FnMut(Progress<'_>),
) -> Result<(), Stop> {
    let http = |message: String| Stop::Attempt(AttemptError::Http { message });
    let expected = file.bytes;
    let answer = agent.get(url).call().map_err(|error| http(error.to_string()))?;
    let mut body = answer.into_body().into_reader().take(expected.saturating_add(1));
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut got = 0;
    loop {
        progress(Progress { file: &file.name, bytes: got, total: expected });
        let n = match body.read(&mut buffer) {
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if is_early_end(&error) => 0,
            Err(error) => return Err(http(error.to_string())),
        };
        if n == 0 {
            break;
        }
        got += n as u64;
        if got > expected {
            return Err(Stop::Attempt(AttemptError::TooLong { expected }));
        }
        hash.update(&buffer[..n]);
        to.write_all(&buffer[..n]).map_err(Stop::Disk)?;
    }
    if got < expected {
        return Err(Stop::Attempt(AttemptError::Truncated { expected, got }));
    }
    match hex(hash) {
        got if got == file.sha256 => Ok(()),
        got => Err(Stop::Attempt(AttemptError::Checksum { expected: file.sha256.clone(), got })),
    }
}

fn is_early_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
    )
}

/// A temporary file with the permissions that a plain file would have.
fn temporary_in(dir: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix(".bp-download-").tempfile_in(dir)
}

/// Makes a rename last, where a folder can be synced.
fn sync_folder(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

fn attempts_listed(attempts: &[(String, AttemptError)]) -> String {
    attempts.iter().map(|(url, error)| format!("{url}: {error}")).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
