//! Writing to the two streams and to files, without panics and without halves.

use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

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

/// Runs a job, and writes a line to standard error if it goes on for so long.
pub(crate) fn noted_if_long<T>(patience: Duration, text: &str, job: impl FnOnce() -> T) -> T {
    let (done, wait) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if wait.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                note(text);
            }
        });
        let outcome = job();
        drop(done);
        outcome
    })
}

/// The last line of a command that failed.
pub(crate) fn complain(failure: &str) {
    note(&format!("error: {failure}"));
}

/// Finds out whether a file can be written before any work is done for it.
pub(crate) fn check_writable(path: &Path) -> Result<(), Failure> {
    bp_train::check_writable(path).map_err(|error| Failure::Write { path: path.into(), error })
}

/// Writes a file so that it is whole or not there.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<(), Failure> {
    bp_train::write_file(path, text.as_bytes()).map_err(|error| Failure::Write { path: path.into(), error })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is quickly done is not waited for.
    #[test]
    fn a_short_job_takes_as_long_as_it_takes() {
        assert_eq!(noted_if_long(Duration::from_secs(1 << 40), "never", || 7), 7);
        assert_eq!(noted_if_long(Duration::ZERO, "perhaps", || 8), 8);
    }
}
