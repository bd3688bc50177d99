//! Text into lines and lines into cells.

use std::borrow::Cow;
use std::io::{BufRead, Read};

use super::Delimiter;
use super::error::CsvError;

/// The longest line of a table, in bytes without its line end: 1 MiB.
pub const MAX_LINE_BYTES: usize = 1 << 20;
/// The most columns of a table: 65,536.
pub const MAX_COLUMNS: usize = 1 << 16;

/// The lines of a text that are not empty, with their numbers.
pub(super) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    line: u64,
    /// Bytes before the line in the buffer, and up to its end.
    start: u64,
    end: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self::behind(reader, 0, 0)
    }

    /// The lines behind a line, which ends with this byte.
    pub(super) fn behind(reader: R, line: u64, byte: u64) -> Self {
        Self { reader, buffer: Vec::new(), line, start: byte, end: byte }
    }

    /// Where the last line begins.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// The next line and its number, counted from 1.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &str)>, CsvError> {
        let mut empty_line = None;
        while self.fill()? {
            if !self.buffer.trim_ascii().is_empty() {
                let line = self.line;
                return match empty_line {
                    Some(line) => Err(CsvError::EmptyLine { line }),
                    None => match std::str::from_utf8(&self.buffer) {
                        Ok(text) => Ok(Some((line, text))),
                        Err(_) => Err(CsvError::NotUtf8 { line }),
                    },
                };
            }
            empty_line = empty_line.or(Some(self.line));
        }
        Ok(None)
    }

    /// Reads a line without its end into the buffer; false at the end of the text.
    fn fill(&mut self) -> Result<bool, CsvError> {
        // The line, a carriage return, a line feed, and a byte order mark on the first line.
        let limit = MAX_LINE_BYTES as u64 + 5;
        self.buffer.clear();
        let n = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.buffer).map_err(CsvError::Io)?;
        if n == 0 {
            return Ok(false);
        }
        self.line += 1;
        (self.start, self.end) = (self.end, self.end + n as u64);
        if self.buffer.ends_with(b"\n") {
            self.buffer.pop();
        }
        if self.buffer.ends_with(b"\r") {
            self.buffer.pop();
        }
        if self.line == 1 && self.buffer.starts_with(b"\xef\xbb\xbf") {
            self.buffer.drain(..3);
        }
        if self.buffer.len() > MAX_LINE_BYTES {
            return Err(CsvError::LineTooLong { line: self.line, limit: MAX_LINE_BYTES });
        }
        Ok(true)
    }
}

/// The cells of a line, trimmed and without quotes.
pub(super) fn cells(text: &str, line: u64, delimiter: Delimiter) -> Result<Vec<Cow<'_, str>>, CsvError> {
    let mut cells = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest.map(|text| skip_blanks(text, delimiter)) {
        if delimiter == Delimiter::Space && text.is_empty() {
            break;
        }
        if cells.len() == MAX_COLUMNS {
            return Err(CsvError::TooManyColumns { line, limit: MAX_COLUMNS });
        }
        match text.strip_prefix('"') {
            None => {
                let (cell, tail) = cut(text, delimiter);
                cells.push(Cow::Borrowed(cell.trim_end()));
                rest = tail;
            }
            Some(inner) => {
                let (cell, behind) = unquote(inner).ok_or(CsvError::OpenQuote { line })?;
                cells.push(cell);
                let (text, tail) = cut(behind, delimiter);
                if !text.trim().is_empty() {
                    return Err(CsvError::AfterQuote { line, text: text.trim().into() });
                }
                rest = tail;
            }
        }
    }
    Ok(cells)
}

fn skip_blanks(text: &str, delimiter: Delimiter) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() && Delimiter::Char(c) != delimiter)
}

/// The text up to the delimiter, and that behind it if there was one.
fn cut(text: &str, delimiter: Delimiter) -> (&str, Option<&str>) {
    let parts = match delimiter {
        Delimiter::Char(char) => text.split_once(char),
        Delimiter::Space => text.split_once(char::is_whitespace),
    };
    parts.map_or((text, None), |(cell, rest)| (cell, Some(rest)))
}

/// The text up to the closing quote, doubled quotes made single, and that behind it.
fn unquote(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut from = 0;
    loop {
        let quote = from + text[from..].find('"')?;
        let behind = &text[quote + 1..];
        if !behind.starts_with('"') {
            let cell = &text[..quote];
            let cell = if from == 0 { Cow::Borrowed(cell) } else { Cow::Owned(cell.replace("\"\"", "\"")) };
            return Some((trimmed(cell), behind));
        }
        from = quote + 2;
    }
}

fn trimmed(cell: Cow<'_, str>) -> Cow<'_, str> {
    match cell {
        Cow::Borrowed(cell) => Cow::Borrowed(cell.trim()),
        Cow::Owned(cell) => Cow::Owned(cell.trim().into()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, delimiter: Delimiter, expected: &[&str]) {
        assert_eq!(cells(text, 1, delimiter).unwrap(), expected, "{text:?}");
    }

    #[test]
    fn cells_are_cut_trimmed_and_unquoted() {
        let comma = Delimiter::Char(',');
        check("a", comma, &["a"]);
        check("a,b", comma, &["a", "b"]);
        check(" a , b ", comma, &["a", "b"]);
        check("a,", comma, &["a", ""]);
        check(",", comma, &["", ""]);
        check(r#""a,b",c"#, comma, &["a,b", "c"]);
        check(r#" "a" , "b" "#, comma, &["a", "b"]);
        check(r#""say ""hi""",x"#, comma, &[r#"say "hi""#, "x"]);
        check(r#""""#, comma, &[""]);
        check("a\t\tb", Delimiter::Char('\t'), &["a", "", "b"]);
        check("a\t \"b\"\t", Delimiter::Char('\t'), &["a", "b", ""]);
        check("  1 \t 2   3 ", Delimiter::Space, &["1", "2", "3"]);
        check(r#"1 "two words" 3"#, Delimiter::Space, &["1", "two words", "3"]);
        check("ä→ö", Delimiter::Char('→'), &["ä", "ö"]);
    }

    #[test]
    fn broken_quotes_are_errors() {
        for (text, expected) in [
            (r#"1,"two"#, "line 9: a quote is opened but not closed"),
            (r#"1,"two"x,3"#, "line 9: `x` stands after a closing quote; is the delimiter right?"),
        ] {
            assert_eq!(cells(text, 9, Delimiter::Char(',')).unwrap_err().to_string(), expected);
        }
    }

    proptest! {
        /// The csv crate is the second opinion on what it and we both read.
        #[test]
        fn as_the_csv_crate(row in proptest::collection::vec("[a-c ,\"0-3]{0,6}", 1..5)) {
            let mut writer = ::csv::WriterBuilder::new().from_writer(Vec::new());
            writer.write_record(&row).unwrap();
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let expected: Vec<&str> = row.iter().map(|cell| cell.trim()).collect();
            prop_assert_eq!(cells(text.trim_end_matches('\n'), 1, Delimiter::Char(',')).unwrap(), expected);
        }
    }
}
