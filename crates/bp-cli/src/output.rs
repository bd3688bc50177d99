//! Writing to the two streams and to files, without panics and without halves.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::failure::Failure;

/// Writes a whole text to standard output. A reader that has gone away, as in `bp … | head`, is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// Writes one line of JSON to standard output; numbers that are not finite become null.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::Output(error.into()))?;
    print(&(text + "\n"))
}

/// Writes a line to standard error, if that is possible.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// The last line of a command that failed.
pub(crate) fn complain(failure: &Failure) {
    note(&format!("error: {failure}"));
}

/// Finds out whether a file can be written before any work is done for it.
pub(crate) fn check_writable(path: &Path) -> Result<(), Failure> {
    let refuse = |error| Failure::Write { path: path.into(), error };
    if path.is_dir() {
        return Err(refuse(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")));
    }
    if path.file_name().is_none() {
        return Err(refuse(io::Error::new(io::ErrorKind::InvalidInput, "no file name")));
    }
    tempfile::tempfile_in(folder(path)).map(drop).map_err(refuse)
}

/// Writes a file so that it is whole or not there: under another name first.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        if !is_replaceable(path) {
            // A pipe or a device cannot be replaced by a file.
            return fs::write(path, text);
        }
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // The mode of an ordinary file, less the umask.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let mut file = builder.prefix(".bp-").suffix(".tmp").tempfile_in(folder(path))?;
        file.write_all(text.as_bytes())?;
        file.persist(path).map(drop).map_err(|error| error.error)
    };
    write().map_err(|error| Failure::Write { path: path.into(), error })
}

fn is_replaceable(path: &Path) -> bool {
    fs::metadata(path).map_or(true, |data| data.is_file())
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.into(),
        _ => PathBuf::from("."),
    }
}

/// `1 row`, `2 rows`.
pub(crate) fn counted(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// A figure with six decimals, or as a power of ten where those would show nothing or too much.
pub(crate) fn figure(x: f64) -> String {
    match x.abs() {
        size if size >= 1e9 || (size > 0.0 && size < 5e-5) => format!("{x:.3e}"),
        _ => format!("{x:.6}"),
    }
}
