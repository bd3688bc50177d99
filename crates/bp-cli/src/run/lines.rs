//! [`Lines`]: a file of JSON Lines that grows.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::not_json;
use crate::failure::Failure;
use crate::output::write_whole;

/// Each line is whole in the file before the next thing happens; a training that is killed leaves all of them.
pub(super) struct Lines {
    path: PathBuf,
    file: File,
    /// Not yet cut to where the training goes on.
    is_old: bool,
}

impl Lines {
    /// A new file, or one that goes on.
    pub(super) fn new(path: PathBuf, goes_on: bool) -> Result<Self, Failure> {
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.map_err(|error| Failure::Write { path: path.clone(), error })?;
        Ok(Self { path, file, is_old: goes_on })
    }

    /// Before the first line of a training that goes on: takes away the lines from an epoch on, which it does again, and
    /// a last line that is not whole; returns those that stay.
    pub(super) fn keep_before<T>(&mut self, epoch: usize, of: impl Fn(&T) -> usize) -> Result<Vec<T>, Failure>
    where
        T: Serialize + for<'a> Deserialize<'a>,
    {
        if !std::mem::take(&mut self.is_old) {
            return Ok(vec![]);
        }
        let mut kept: Vec<T> = read(&self.path)?;
        kept.retain(|line| of(line) < epoch);
        write_whole(&self.path, &kept.iter().map(line).collect::<String>())?;
        *self = Self::new(self.path.clone(), false)?;
        Ok(kept)
    }

    /// Adds a line.
    pub(super) fn push(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let written = self.file.write_all(line(value).as_bytes()).and_then(|()| self.file.flush());
        written.map_err(|error| Failure::Write { path: self.path.clone(), error })
    }
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("numbers and texts can always be written") + "\n"
}

/// The lines of a file; the last may be half, as a power failure leaves it. None if there is no file.
pub(super) fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Vec<T>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(not_json(path, &error.to_string())),
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let parsed = whole.lines().enumerate().map(|(at, line)| {
        serde_json::from_str(line).map_err(|error| not_json(path, &format!("line {}: {error}", at + 1)))
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_line_is_passed_over_and_a_wrong_one_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("n.jsonl");
        let check = |text: &str, want: &[usize]| {
            fs::write(&path, text).expect("a file");
            assert_eq!(read::<usize>(&path).expect(text), want, "{text:?}");
        };
        check("", &[]);
        check("1", &[]);
        check("1\n2\n", &[1, 2]);
        check("1\n2", &[1]);
        fs::write(&path, "1\nx\n3\n").expect("a file");
        let error = read::<usize>(&path).expect_err("x is no number").to_string();
        assert!(error.contains("n.jsonl: cannot be read as part of a run: line 2: expected value"), "{error}");
    }

    #[test]
    fn what_is_done_again_is_written_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("n.jsonl");
        fs::write(&path, "1\n2\n3\n4").expect("a file");
        let mut lines = Lines::new(path.clone(), true).expect("a file");
        assert_eq!(lines.keep_before(3, |n: &usize| *n).expect("numbers"), [1, 2]);
        lines.push(&3).expect("a file");
        assert_eq!(lines.keep_before(1, |n: &usize| *n).expect("numbers"), Vec::<usize>::new());
        assert_eq!(read::<usize>(&path).expect("numbers"), [1, 2, 3]);
    }
}
