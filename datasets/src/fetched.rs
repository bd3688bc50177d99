//! What comes of getting the files of a data set: [`Fetched`], [`Event`]s on the way, [`FetchError`].

use std::io;
use std::path::{Path, PathBuf};

/// How far a file is.
///
/// ```
/// use bp_datasets::Progress;
/// let report = |progress: Progress<'_>| println!("{}: {} of {}", progress.file, progress.bytes, progress.total);
/// # report(Progress { file: "iris.data", bytes: 1, total: 2 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The name of the file, or of its archive.
    pub file: &'a str,
    /// How many bytes are there. It may begin again with each address that is tried.
    pub bytes: u64,
    /// How many there will be, or at most.
    pub total: u64,
}

/// What happens on the way. See [`Progress`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Another process is at work in the folder and is waited for.
    Waiting {
        /// The folder.
        dir: &'a Path,
    },
    /// Bytes have arrived.
    Progress(Progress<'a>),
    /// An address did not have the file; the next one is tried, if there is one.
    Refused {
        /// The address.
        url: &'a str,
        /// What was wrong.
        error: &'a AttemptError,
    },
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// It has come, was found right and has its name.
    New(PathBuf),
    /// The right file was there already.
    AlreadyThere(PathBuf),
}

/// Why a file could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The folder or a file in it could not be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// No address, or no file on disk, was right.
    #[error("cannot get `{file}` of {dataset}: {}", listed(attempts))]
    Failed {
        /// The data set.
        dataset: String,
        /// The name of the file.
        file: String,
        /// Each address or path with what was wrong there, in the order of trying.
        attempts: Vec<(String, AttemptError)>,
    },
    /// There is no such file on disk.
    #[error("cannot get `{file}` of {dataset}: {} does not have it, nor has a folder {dataset} in it", from.display())]
    Absent {
        /// The data set.
        dataset: String,
        /// The names that were looked for.
        file: String,
        /// The folder.
        from: PathBuf,
    },
    /// What the HTTP client was told by the environment makes no sense.
    #[error("{variable}: {message}")]
    Setting {
        /// The environment variable.
        variable: &'static str,
        /// What is wrong.
        message: String,
    },
}

/// What was wrong with one address or one file on disk. See [`FetchError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttemptError {
    /// The server could not be asked, or answered with an error.
    #[error("{message}")]
    Http {
        /// What was wrong.
        message: String,
    },
    /// A file on disk cannot be read.
    #[error("cannot read: {message}")]
    Unreadable {
        /// What the system says.
        message: String,
    },
    /// HTML where no HTML can be.
    #[error("a web page came instead of the file")]
    WebPage,
    /// The server announces another length. Nothing was read.
    #[error("wrong length: expected {expected} bytes, {announced} are announced")]
    Length {
        /// The length in the manifest.
        expected: u64,
        /// The length that is announced.
        announced: u64,
    },
    /// The file ends early.
    #[error("truncated: expected {expected} bytes, got {got}")]
    Truncated {
        /// The length in the manifest.
        expected: u64,
        /// How many bytes there are.
        got: u64,
    },
    /// The file goes on. Reading stops at the first byte too many.
    #[error("too long: expected {expected} bytes, got more")]
    TooLong {
        /// The length in the manifest.
        expected: u64,
    },
    /// The server sends other bytes than those that were missing.
    #[error("wrong range: asked for the bytes from {asked} on, the answer is for `{got}`")]
    Range {
        /// The first byte that was missing.
        asked: u64,
        /// What the server says of its answer.
        got: String,
    },
    /// Nothing came for so long.
    #[error("nothing came for {seconds} s")]
    Silent {
        /// How long was waited.
        seconds: u64,
    },
    /// Hardly anything came for so long.
    #[error("too slow: {bytes} bytes in {seconds} s")]
    Slow {
        /// How many bytes came.
        bytes: u64,
        /// In which time.
        seconds: u64,
    },
    /// It has the right length and is another file.
    #[error("wrong content: expected sha-256 {expected}, got {got}")]
    Checksum {
        /// The SHA-256 in the manifest.
        expected: String,
        /// That of what came.
        got: String,
    },
    /// An archive or a gzip file that is not right.
    #[error("cannot unpack: {message}")]
    Unpack {
        /// What was wrong.
        message: String,
    },
    /// No checksum is published, and the content is not what was meant.
    #[error("not the table that was meant: {why}")]
    Content {
        /// What was wrong.
        why: String,
    },
}

fn listed(attempts: &[(String, AttemptError)]) -> String {
    attempts.iter().map(|(place, error)| format!("{place}: {error}")).collect::<Vec<_>>().join("; ")
}
