//! Tables as text: what may stand between cells, how the columns are told apart, and which of them is the target.
//!
//! A line is a row: a quoted cell may hold the delimiter but no line break. Cells are trimmed. A byte order mark,
//! Windows line ends, a missing last line end and empty lines at the end are all fine. Gzip is recognised and
//! unpacked, up to 1 GiB. `lines.rs` cuts lines and cells, `rows.rs` finds the header, `infer.rs` reads a table
//! nobody knows yet, `known.rs` one whose schema is known, `blocks.rs` one that is larger than memory.

mod blocks;
mod error;
mod infer;
mod known;
mod lines;
mod rows;
mod survey;

use std::str::FromStr;

pub use blocks::CsvBlocks;
pub use error::{CsvError, Place};
pub use infer::{read_csv, read_csv_file};
pub use known::{Inputs, read_inputs, read_inputs_file, read_with_schema, read_with_schema_file};
pub use lines::{MAX_COLUMNS, MAX_LINE_BYTES};
pub use rows::MAX_NAME_BYTES;

/// The most different texts a column of text, or a target of classes, may have: 1,000. A table that was cut with
/// the wrong delimiter, or a column of names, would otherwise become thousands of inputs.
pub const MAX_CATEGORIES: usize = 1000;

/// How to read a table.
///
/// ```
/// use bp_datasets::{CsvOptions, Task, read_csv};
/// let text = "kind;length;width\nfly;1.5;2\nbee;2.5;3\nfly;1.25;2\n";
/// let options = CsvOptions { delimiter: ";".parse()?, target: Some("kind".into()), ..CsvOptions::default() };
/// let insects = read_csv::<f32>(text.as_bytes(), "insects", &options)?;
/// assert_eq!((insects.rows(), insects.inputs(), insects.outputs()), (3, 2, 2));
///
/// let options = CsvOptions { target: Some("2".into()), task: Some(Task::Regress), ..options };
/// let insects = read_csv::<f32>(text.as_bytes(), "insects", &options)?;
/// assert_eq!((insects.inputs(), insects.outputs()), (3, 1)); // bee, fly, width
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CsvOptions {
    /// What stands between cells; a comma unless told otherwise.
    pub delimiter: Delimiter,
    /// Whether the first line names the columns. Unless told, it does if none of its cells is a number or empty.
    pub header: Option<bool>,
    /// The target column, by name or by number counted from 1; a name goes before a number. Unless told, the last.
    pub target: Option<String>,
    /// Classify or regress. Unless told, a target of text is classified, and a target of numbers if all are whole
    /// and they are two different ones, or at most 20 different ones with at least 5 rows for each on average.
    pub task: Option<Task>,
    /// Columns to leave out, by name or number, such as an identification number.
    pub skip: Vec<String>,
}

/// What a network does with a table. See [`CsvOptions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Tell classes apart.
    Classify,
    /// Predict a number.
    Regress,
}

/// What stands between two cells of a table.
///
/// ```
/// use bp_datasets::Delimiter;
/// assert_eq!("space".parse(), Ok(Delimiter::Space));
/// assert_eq!("tab".parse(), Ok(Delimiter::Char('\t')));
/// assert_eq!(";".parse(), Ok(Delimiter::Char(';')));
/// let error = ";;".parse::<Delimiter>().unwrap_err();
/// assert_eq!(error.to_string(), "a delimiter is one character, `tab` or `space`, not `;;`");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// Exactly one such character.
    Char(char),
    /// Any run of white space; that at the ends of a line does not count.
    Space,
}

/// A text that is no [`Delimiter`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a delimiter is one character, `tab` or `space`, not `{text}`")]
pub struct DelimiterError {
    /// The text.
    pub text: String,
}

impl Default for Delimiter {
    fn default() -> Self {
        Self::Char(',')
    }
}

impl FromStr for Delimiter {
    type Err = DelimiterError;

    fn from_str(text: &str) -> Result<Self, DelimiterError> {
        let mut chars = text.chars();
        match (text, chars.next(), chars.next()) {
            ("space", ..) => Ok(Self::Space),
            ("tab" | "\\t", ..) => Ok(Self::Char('\t')),
            (_, Some(char), None) if !['"', '\n', '\r'].contains(&char) => Ok(Self::Char(char)),
            _ => Err(DelimiterError { text: text.into() }),
        }
    }
}
