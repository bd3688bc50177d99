//! Writing to the two streams and to files, without panics and without halves.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::failure::Failure;

/// Columns of a terminal.
pub(crate) const WIDTH: usize = 80;

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

/// Breaks lines that are longer than a terminal is wide, between words; what is broken goes on below the text behind
/// the first colon or run of spaces.
pub(crate) fn wrapped(text: &str) -> String {
    text.lines().map(|line| wrapped_line(line) + "\n").collect()
}

fn wrapped_line(line: &str) -> String {
    let indent = line.find(": ").map(|at| at + 2).filter(|&at| at <= 20).unwrap_or(2);
    hanging(line, indent)
}

/// Breaks one line so, with that many spaces before what is broken.
pub(crate) fn hanging(line: &str, indent: usize) -> String {
    let (mut text, mut width) = (String::new(), 0);
    for (at, word) in line.split(' ').enumerate() {
        let letters = word.chars().count();
        if at > 0 && width + 1 + letters > WIDTH && width > indent {
            text = text.trim_end().to_owned() + "\n" + &" ".repeat(indent);
            width = indent;
        } else if at > 0 {
            text.push(' ');
            width += 1;
        }
        text += word;
        width += letters;
    }
    text
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
pub(crate) fn write_whole(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Failure> {
    bp_train::write_file(path, content.as_ref()).map_err(|error| Failure::Write { path: path.into(), error })
}

/// Writes a picture as what the ending of its file's name says: PNG, or SVG.
pub(crate) fn write_picture(path: &Path, svg: &str) -> Result<(), Failure> {
    match path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("png")) {
        true => write_whole(path, as_png(svg, path)?),
        false => write_whole(path, svg),
    }
}

#[cfg(feature = "plots")]
use crate::run::as_png;

#[cfg(not(feature = "plots"))]
fn as_png(_: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    let path = path.display();
    Err(Failure::Usage(format!("bp was built without --features plots and writes no PNG: {path} should end in .svg")))
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

    /// Words stay whole and in their order; a word that is longer than a line has one for itself.
    #[test]
    fn lines_fit() {
        let long = format!("gradient PASS: {}{} end", "word ".repeat(30), "x".repeat(100));
        let text = wrapped(&format!("short  one\n{long}\n"));
        assert!(text.starts_with("short  one\ngradient PASS: word word"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH || !line.trim_start().contains(' ')), "{text}");
        assert!(text.lines().skip(2).all(|line| line.starts_with(&" ".repeat(15))), "{text}");
        assert!(text.split_whitespace().skip(2).eq(long.split_whitespace()), "{text}");
    }
}
