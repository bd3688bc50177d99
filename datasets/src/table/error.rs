//! [`CsvError`], which always says where.

use std::borrow::Cow;
use std::fmt;
use std::io;

use crate::error::DataError;
use crate::nearest::nearest;

/// A cell of a table. Lines and columns are counted from 1, the header line and empty lines included.
///
/// ```
/// use bp_datasets::Place;
/// let place = Place { line: 3, column: 2, name: Some("age".into()) };
/// assert_eq!(place.to_string(), "line 3, column 2 (age)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its line.
    pub line: u64,
    /// Its column.
    pub column: usize,
    /// The name of the column, if the table has a header.
    pub name: Option<String>,
}

/// Why a text is not a table that can be learned from.
///
/// ```
/// use bp_datasets::{CsvOptions, read_csv};
/// let error = read_csv::<f32>(&b"x,y\n1,2\n?,4\n"[..], "", &CsvOptions::default()).unwrap_err();
/// assert_eq!(error.to_string(), "line 3, column 1 (x): missing value `?`");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CsvError {
    /// The text could not be had, or unpacked.
    #[error("cannot read: {0}")]
    Io(io::Error),
    /// Nothing but empty lines.
    #[error("the table is empty")]
    Empty,
    /// A header and nothing else.
    #[error("there are no rows below the header")]
    NoRows,
    /// Too little to learn from and be judged by.
    #[error("at least 2 rows are needed, got {rows}")]
    TooFewRows {
        /// How many there are.
        rows: usize,
    },
    /// No column left for the inputs.
    #[error("an input column and a target column are needed, got {columns} in all; is the delimiter right?")]
    TooFewColumns {
        /// How many there are, without those left out.
        columns: usize,
    },
    /// Bytes that are no text.
    #[error("line {line} is not utf-8 text")]
    NotUtf8 {
        /// Its line.
        line: u64,
    },
    /// A line beyond [`MAX_LINE_BYTES`](crate::MAX_LINE_BYTES).
    #[error("line {line} has more than {limit} bytes")]
    LineTooLong {
        /// Its line.
        line: u64,
        /// The limit.
        limit: usize,
    },
    /// A line beyond [`MAX_COLUMNS`](crate::MAX_COLUMNS).
    #[error("line {line} has more than {limit} columns")]
    TooManyColumns {
        /// Its line.
        line: u64,
        /// The limit.
        limit: usize,
    },
    /// A column name beyond [`MAX_NAME_BYTES`](crate::MAX_NAME_BYTES).
    #[error("the name of column {column} has more than {limit} bytes")]
    NameTooLong {
        /// Its column.
        column: usize,
        /// The limit.
        limit: usize,
    },
    /// A quote that is not closed on its line.
    #[error("line {line}: a quote is opened but not closed")]
    OpenQuote {
        /// Its line.
        line: u64,
    },
    /// Something between a closing quote and the delimiter.
    #[error("line {line}: `{}` stands after a closing quote; is the delimiter right?", short(text))]
    AfterQuote {
        /// Its line.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// An empty line with rows below it.
    #[error("line {line} is empty, and rows follow")]
    EmptyLine {
        /// Its line.
        line: u64,
    },
    /// A row of another width than the first line.
    #[error("line {line}: expected {expected} columns, got {got}")]
    Ragged {
        /// Its line.
        line: u64,
        /// Columns of the first line.
        expected: usize,
        /// Columns of this line.
        got: usize,
    },
    /// Two columns of one name.
    #[error("columns {first} and {second} are both named `{name}`")]
    DuplicateName {
        /// The name.
        name: String,
        /// The first of them.
        first: usize,
        /// The second.
        second: usize,
    },
    /// A target, or a column to leave out, that does not exist.
    #[error("there is no column `{wanted}`{}; the columns are {}", meant(wanted, columns), listed(columns))]
    NoSuchColumn {
        /// The name or number asked for.
        wanted: String,
        /// The columns there are.
        columns: Vec<String>,
    },
    /// A target that is also to be left out.
    #[error("the column `{name}` is asked for as the target and left out as well")]
    SkippedTarget {
        /// Its name.
        name: String,
    },
    /// No value.
    #[error("{place}: missing value{}", quoted_unless_empty(text))]
    Missing {
        /// Where.
        place: Place,
        /// What stands there: nothing, `?` or `NA`.
        text: String,
    },
    /// NaN or an infinity.
    #[error("{place}: `{}` is not a finite number", short(text))]
    NotFinite {
        /// Where.
        place: Place,
        /// What stands there.
        text: String,
    },
    /// A number that the chosen kind of number cannot hold.
    #[error("{place}: `{}` is too large for {scalar}", short(text))]
    TooLarge {
        /// Where.
        place: Place,
        /// What stands there.
        text: String,
        /// `f32` or `f64`.
        scalar: &'static str,
    },
    /// Numbers that differ, but become one in the chosen kind of number.
    #[error(
        "column {column}{}: the numbers {first} and {other} are the same in {scalar}, and so are all others, but not \
         in f64",
        in_brackets(name.as_deref())
    )]
    Indistinct {
        /// Their column, counted from 1.
        column: usize,
        /// The name of the column, if the table has a header.
        name: Option<String>,
        /// The first of them.
        first: f64,
        /// The first that differs from it.
        other: f64,
        /// `f32`.
        scalar: &'static str,
    },
    /// A column of numbers with a text in it.
    #[error("{place}: text in a numeric column: `{}`", short(text))]
    TextInNumeric {
        /// Where the first such text is.
        place: Place,
        /// The text.
        text: String,
    },
    /// A column of text with a number in it.
    #[error("{place}: number in a text column: `{}`", short(text))]
    NumberInText {
        /// Where the first such number is.
        place: Place,
        /// The number.
        text: String,
    },
    /// More than [`MAX_CATEGORIES`](crate::MAX_CATEGORIES).
    #[error("{place}: more than {limit} different values in a column of categories")]
    TooManyCategories {
        /// Where the first beyond the limit is.
        place: Place,
        /// The limit.
        limit: usize,
    },
    /// Nothing to tell apart.
    #[error("all rows have the same class `{}`, at least 2 classes are needed", short(class))]
    OneClass {
        /// The class.
        class: String,
    },
    /// A category that the schema does not have.
    #[error("{place}: unknown category `{}`, known are {}", short(text), listed(known))]
    UnknownCategory {
        /// Where.
        place: Place,
        /// What stands there.
        text: String,
        /// The categories of this column.
        known: Vec<String>,
    },
    /// A class that the schema does not have.
    #[error("{place}: unknown class `{}`, known are {}", short(text), listed(known))]
    UnknownClass {
        /// Where.
        place: Place,
        /// What stands there.
        text: String,
        /// The classes.
        known: Vec<String>,
    },
    /// A column of the schema that the table lacks.
    #[error("the column `{name}` is missing; the columns are {}", listed(columns))]
    MissingColumn {
        /// The column of the schema.
        name: String,
        /// The columns there are.
        columns: Vec<String>,
    },
    /// No column is left that could be the target.
    #[error("the target column is missing; the columns are {}", listed(columns))]
    MissingTarget {
        /// The columns there are.
        columns: Vec<String>,
    },
    /// A schema that is itself not right: no input, no target, or a single class.
    #[error("the schema does not fit: {0}")]
    Schema(DataError),
    /// A table without names whose width fits the schema neither with nor without the target.
    #[error("expected {inputs} columns, or {with_target} with the target, got {got}")]
    Width {
        /// Input columns of the schema.
        inputs: usize,
        /// Together with its targets.
        with_target: usize,
        /// Columns of the table, without those left out.
        got: usize,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}{}", self.line, self.column, in_brackets(self.name.as_deref()))
    }
}

fn in_brackets(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!(" ({name})"))
}

fn quoted_unless_empty(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" `{text}`") }
}

/// The column that may have been meant.
fn meant(wanted: &str, columns: &[String]) -> String {
    let near = nearest(wanted, columns.iter().map(String::as_str));
    near.map_or_else(String::new, |near| format!(", did you mean `{}`?", short(near)))
}

/// The first of the names, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let mut list = names.iter().take(SHOWN).map(|name| short(name)).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        list += &format!(" and {} more", names.len() - SHOWN);
    }
    list
}

/// A text that fits into a message.
fn short(text: &str) -> Cow<'_, str> {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
