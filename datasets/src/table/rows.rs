//! [`Table`]: the header of a text, and its rows, all of one width.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use bp_core::Float;

use super::error::{CsvError, Place};
use super::lines::{Lines, cells};
use super::{CsvOptions, Delimiter};
use crate::gzip::unpacked;

/// The longest name of a column, in bytes.
pub const MAX_NAME_BYTES: usize = 255;
/// What a gzip file may unpack to.
const MAX_UNPACKED_BYTES: u64 = 1 << 30;

/// A table of which rows can be asked for one by one.
pub(super) struct Table<'a> {
    lines: Lines<Box<dyn BufRead + 'a>>,
    delimiter: Delimiter,
    names: Vec<String>,
    by_name: HashMap<String, usize>,
    has_header: bool,
    /// The first line, if it turned out to be a row.
    first: Option<(u64, Vec<String>)>,
}

/// A row of a table.
pub(super) struct Row<'a> {
    pub(super) line: u64,
    pub(super) cells: Vec<Cow<'a, str>>,
}

impl<'a> Table<'a> {
    pub(super) fn open(reader: impl Read + 'a, options: &CsvOptions) -> Result<Self, CsvError> {
        let reader = unpacked(reader, MAX_UNPACKED_BYTES).map_err(CsvError::Io)?;
        let mut lines = Lines::new(Box::new(BufReader::new(reader)) as Box<dyn BufRead>);
        let (line, text) = lines.next()?.ok_or(CsvError::Empty)?;
        let first: Vec<String> = cells(text, line, options.delimiter)?.into_iter().map(Cow::into_owned).collect();
        let has_header = options.header.unwrap_or_else(|| first.iter().all(|cell| looks_like_name(cell)));
        let names = match has_header {
            true => first.iter().enumerate().map(name_of).collect::<Result<Vec<_>, _>>()?,
            false => (0..first.len()).map(generated_name).collect(),
        };
        let by_name = index(&names)?;
        let first = (!has_header).then_some((line, first));
        Ok(Self { lines, delimiter: options.delimiter, names, by_name, has_header, first })
    }

    /// The next row.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>, CsvError> {
        if let Some((line, cells)) = self.first.take() {
            return Ok(Some(Row { line, cells: cells.into_iter().map(Cow::Owned).collect() }));
        }
        let Some((line, text)) = self.lines.next()? else { return Ok(None) };
        let cells = cells(text, line, self.delimiter)?;
        if cells.len() != self.names.len() {
            return Err(CsvError::Ragged { line, expected: self.names.len(), got: cells.len() });
        }
        Ok(Some(Row { line, cells }))
    }

    /// The byte at which the last row begins.
    pub(super) fn start(&self) -> u64 {
        self.lines.start()
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn has_header(&self) -> bool {
        self.has_header
    }

    /// The index of a column of this name.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The index of a column given by name or by number counted from 1.
    pub(super) fn column(&self, wanted: &str) -> Result<usize, CsvError> {
        let by_number = || match wanted.parse::<usize>() {
            Ok(number @ 1..) if number <= self.names.len() => Some(number - 1),
            _ => None,
        };
        self.find(wanted)
            .or_else(by_number)
            .ok_or_else(|| CsvError::NoSuchColumn { wanted: wanted.into(), columns: self.names.clone() })
    }

    /// The indices of the columns that are not to be left out.
    pub(super) fn kept(&self, skip: &[String]) -> Result<Vec<usize>, CsvError> {
        let skipped: Vec<usize> = skip.iter().map(|wanted| self.column(wanted)).collect::<Result<_, _>>()?;
        Ok((0..self.names.len()).filter(|column| !skipped.contains(column)).collect())
    }

    /// The index of the target column, which must be none of those that are left out.
    pub(super) fn target(&self, wanted: &str, kept: &[usize]) -> Result<usize, CsvError> {
        let column = self.column(wanted)?;
        match kept.contains(&column) {
            true => Ok(column),
            false => Err(CsvError::SkippedTarget { name: self.names[column].clone() }),
        }
    }

    /// Where to find the names while a row is borrowed.
    pub(super) fn places(&self) -> Places {
        Places { names: self.has_header.then(|| self.names.clone()) }
    }
}

/// Makes a [`Place`] of a line and the index of a column.
pub(super) struct Places {
    names: Option<Vec<String>>,
}

impl Places {
    pub(super) fn at(&self, line: u64, column: usize) -> Place {
        Place { line, column: column + 1, name: self.name(column) }
    }

    /// The name of a column in the header, if there is one.
    pub(super) fn name(&self, column: usize) -> Option<String> {
        self.names.as_ref().map(|names| names[column].clone())
    }
}

/// What a column without a header is called.
fn generated_name(column: usize) -> String {
    format!("column {}", column + 1)
}

/// What a cell says.
pub(super) enum Cell {
    Number(f64),
    Text,
}

/// A number that `S` can hold, or a text; `place` is asked only when the cell is neither.
pub(super) fn parse<S: Float>(text: &str, place: impl FnOnce() -> Place) -> Result<Cell, CsvError> {
    if is_missing(text) {
        return Err(CsvError::Missing { place: place(), text: text.into() });
    }
    let Ok(number) = text.parse::<f64>() else { return Ok(Cell::Text) };
    if !number.is_finite() {
        let text = text.to_owned();
        // Digits that overflow are a number, but too large a one.
        return Err(match text.contains(|c: char| c.is_ascii_digit()) {
            true => CsvError::TooLarge { place: place(), text, scalar: S::NAME },
            false => CsvError::NotFinite { place: place(), text },
        });
    }
    if !S::from_f64(number).is_finite() {
        return Err(CsvError::TooLarge { place: place(), text: text.into(), scalar: S::NAME });
    }
    Ok(Cell::Number(number))
}

/// One text for all spellings of a number: `1`, `1.0` and `01` are the same class.
pub(super) fn canonical(number: f64) -> String {
    // Adding zero takes the sign from −0.
    (number + 0.0).to_string()
}

fn is_missing(text: &str) -> bool {
    matches!(text, "" | "?" | "NA")
}

fn looks_like_name(cell: &str) -> bool {
    !is_missing(cell) && cell.parse::<f64>().is_err()
}

fn name_of((column, cell): (usize, &String)) -> Result<String, CsvError> {
    match cell.len() {
        0 => Ok(generated_name(column)),
        1..=MAX_NAME_BYTES => Ok(cell.clone()),
        _ => Err(CsvError::NameTooLong { column: column + 1, limit: MAX_NAME_BYTES }),
    }
}

fn index(names: &[String]) -> Result<HashMap<String, usize>, CsvError> {
    let mut by_name = HashMap::with_capacity(names.len());
    for (column, name) in names.iter().enumerate() {
        if let Some(first) = by_name.insert(name.clone(), column) {
            return Err(CsvError::DuplicateName { name: name.clone(), first: first + 1, second: column + 1 });
        }
    }
    Ok(by_name)
}
