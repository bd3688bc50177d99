//! What sources of blocks share: files that must stay as they are, and parts of rows.

mod cuts;

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::{DatasetError, open};

pub(crate) use cuts::Cuts;

/// A plain file as it was when it was opened first.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    pub(crate) path: PathBuf,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    /// Refuses gzip, which can be read from its beginning only.
    pub(crate) fn of(path: &Path) -> Result<Self, DatasetError> {
        let mut start = Vec::new();
        let io = |error| DatasetError::Io { path: path.into(), error };
        open(path)?.take(2).read_to_end(&mut start).map_err(io)?;
        if start == [0x1f, 0x8b] {
            return Err(DatasetError::Packed { path: path.into() });
        }
        let (bytes, modified) = state(path)?;
        Ok(Self { path: path.into(), bytes, modified })
    }

    /// The file from some byte on, if it is what it was.
    pub(crate) fn open_at(&self, byte: u64) -> Result<File, DatasetError> {
        self.check()?;
        let mut file = open(&self.path)?;
        file.seek(SeekFrom::Start(byte)).map_err(|error| DatasetError::Io { path: self.path.clone(), error })?;
        Ok(file)
    }

    /// Refuses a file that has another length or was written to.
    pub(crate) fn check(&self) -> Result<(), DatasetError> {
        let (bytes, modified) = state(&self.path)?;
        if bytes != self.bytes {
            return Err(self.unlike(format!("it had {} bytes when reading began, and now has {bytes}", self.bytes)));
        }
        if modified != self.modified {
            return Err(self.unlike("it was written to since reading began".into()));
        }
        Ok(())
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn unlike(&self, why: String) -> DatasetError {
        DatasetError::Unlike { path: self.path.clone(), why }
    }
}

fn state(path: &Path) -> Result<(u64, Option<SystemTime>), DatasetError> {
    let state = fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => DatasetError::NoSuchFile { path: path.into() },
        _ => DatasetError::Io { path: path.into(), error },
    })?;
    Ok((state.len(), state.modified().ok()))
}
