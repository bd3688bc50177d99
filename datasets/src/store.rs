//! [`Store`]: the folder of one data set, into which only right files get.
//!
//! Bytes arrive in `<name>.part`. They take their final name by a rename, after length and SHA-256 were found right
//! and, for an archive, the member was unpacked and found right too. A lock on the folder keeps a second process out.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::fetched::{AttemptError, Event, FetchError};
use crate::known_tables::read_table;
use crate::manifest::{Incoming, ManifestDataset, ManifestFile};
use crate::unpack;
use crate::verify::{FileStatus, digest, note_path, status};

const LOCK: &str = ".bp-lock";

/// The folder of one data set, locked.
pub(crate) struct Store<'a> {
    pub(crate) set: &'a ManifestDataset,
    pub(crate) dir: &'a Path,
    _lock: File,
}

/// What has arrived in a `.part`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// What the addresses have: the file, or its archive.
    Incoming,
    /// The file itself, though addresses have its archive.
    Itself,
    /// The file as gzip, though the manifest has it plain.
    Gzip,
}

/// Why a file was not kept: another source may do better, or none can.
#[derive(Debug)]
pub(crate) enum Stop {
    Attempt(AttemptError),
    Disk(FetchError),
}

impl<'a> Store<'a> {
    /// Makes the folder if need be and waits until no other process is at work in it.
    pub(crate) fn open(
        set: &'a ManifestDataset,
        dir: &'a Path,
        hear: &mut impl FnMut(Event<'_>),
    ) -> Result<Self, FetchError> {
        fs::create_dir_all(dir).map_err(at(dir))?;
        let path = dir.join(LOCK);
        let lock = File::options().create(true).write(true).truncate(false).open(&path).map_err(at(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                hear(Event::Waiting { dir });
                lock.lock().map_err(at(&path))?;
            }
            // Some file systems know no locks; the rename still keeps halves away.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(at(&path)(error)),
        }
        Ok(Self { set, dir, _lock: lock })
    }

    /// Where a file is, if the right one is there.
    pub(crate) fn has(&self, file: &ManifestFile) -> Result<Option<PathBuf>, FetchError> {
        let path = self.dir.join(&file.name);
        if !path.is_file() {
            return Ok(None);
        }
        match status(self.set, file, &path).map_err(at(&path))? {
            FileStatus::Ok => Ok(Some(path)),
            FileStatus::Unpublished { sha256 } => {
                self.note(file, &sha256)?;
                Ok(Some(path))
            }
            _ => Ok(None),
        }
    }

    /// Where bytes that come for a file are collected.
    pub(crate) fn part(&self, what: Incoming<'_>) -> PathBuf {
        self.dir.join(format!("{}.part", what.name))
    }

    /// Checks what has arrived, unpacks it if need be, and gives it its final name. What is wrong is deleted.
    pub(crate) fn keep(&self, file: &ManifestFile, part: &Path, form: Form) -> Result<PathBuf, Stop> {
        let kept = self.check_and_name(file, part, form);
        if kept.is_err() {
            let _ = fs::remove_file(part);
            let _ = fs::remove_file(self.unpacked(file));
        }
        kept
    }

    fn check_and_name(&self, file: &ManifestFile, part: &Path, form: Form) -> Result<PathBuf, Stop> {
        let right = match (form, &file.archive) {
            (Form::Incoming, Some(archive)) => {
                check(part, file.incoming())?;
                self.unpack(file, part, |from, to| unpack::member(from, &archive.member, file.bytes, to))?
            }
            (Form::Gzip, _) => self.unpack(file, part, |from, to| unpack::gunzip(from, file.bytes, to))?,
            (Form::Incoming | Form::Itself, _) => part.to_owned(),
        };
        let sha256 = check(&right, file.itself())?;
        if file.sha256.is_none() {
            self.check_content(file, &right)?;
            self.note(file, &sha256).map_err(Stop::Disk)?;
        }
        let path = self.dir.join(&file.name);
        let disk = |error| Stop::Disk(at(&path)(error));
        File::options().write(true).open(&right).and_then(|file| file.sync_all()).map_err(disk)?;
        fs::rename(&right, &path).map_err(disk)?;
        if right != part {
            let _ = fs::remove_file(part);
        }
        sync_folder(self.dir).map_err(disk)?;
        Ok(path)
    }

    /// Where a file goes that comes out of something packed.
    fn unpacked(&self, file: &ManifestFile) -> PathBuf {
        self.dir.join(format!("{}.unpacked.part", file.name))
    }

    fn unpack(
        &self,
        file: &ManifestFile,
        part: &Path,
        unpack: impl FnOnce(File, &mut File) -> io::Result<()>,
    ) -> Result<PathBuf, Stop> {
        let path = self.unpacked(file);
        let disk = |path| move |error| Stop::Disk(at(path)(error));
        let from = File::open(part).map_err(disk(part))?;
        let mut to = File::create(&path).map_err(disk(&path))?;
        unpack(from, &mut to).map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => disk(&path)(error),
            _ => Stop::Attempt(AttemptError::Unpack { message: error.to_string() }),
        })?;
        Ok(path)
    }

    /// Without a published checksum: it must at least be the table that was meant.
    fn check_content(&self, file: &ManifestFile, path: &Path) -> Result<(), Stop> {
        let Some(format) = &self.set.table else { return Ok(()) };
        let open = File::open(path).map_err(|error| Stop::Disk(at(path)(error)))?;
        let read = read_table::<f64>(self.set, format, file, open);
        read.map(drop).map_err(|error| Stop::Attempt(AttemptError::Content { why: error.to_string() }))
    }

    /// Notes the SHA-256 of a file that has no published one, in the form of sha256sum.
    fn note(&self, file: &ManifestFile, sha256: &str) -> Result<(), FetchError> {
        let path = note_path(&self.dir.join(&file.name));
        fs::write(&path, format!("{sha256}  {}\n", file.name)).map_err(at(&path))
    }
}

/// An error of the operating system with its path.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> FetchError {
    let path = path.to_owned();
    |error| FetchError::Io { path, error }
}

/// Whether a file has the length and SHA-256 that it should have; its SHA-256.
fn check(path: &Path, what: Incoming<'_>) -> Result<String, Stop> {
    let (got, sha256) = File::open(path).and_then(digest).map_err(|error| Stop::Disk(at(path)(error)))?;
    let expected = what.bytes;
    Err(Stop::Attempt(match what.sha256 {
        _ if got > expected => AttemptError::TooLong { expected },
        Some(_) if got < expected => AttemptError::Truncated { expected, got },
        Some(expected) if expected != sha256 => AttemptError::Checksum { expected: expected.into(), got: sha256 },
        _ => return Ok(sha256),
    }))
}

/// Makes a rename last, where a folder can be synced.
fn sync_folder(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}
