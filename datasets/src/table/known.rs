//! A table whose columns are known, because a model was trained on such a one.

use std::io::Read;
use std::path::Path;

use bp_core::Float;
use bp_train::{Kind, Schema, TargetKind};

use super::CsvOptions;
use super::error::{CsvError, Place};
use super::rows::{Cell, Row, Table, canonical, parse};
use crate::dataset::{Dataset, TargetData};
use crate::error::{DatasetError, open};

/// Rows to predict from.
///
/// ```
/// use bp_datasets::{CsvOptions, read_inputs};
/// use bp_train::{Schema, TargetKind};
/// let schema = Schema::unnamed(2, TargetKind::Values(vec!["y".into()]));
/// let inputs = read_inputs::<f32>(&b"x2,x1\n10,1\n20,2\n"[..], &schema, &CsvOptions::default())?;
/// assert_eq!((inputs.rows, inputs.x), (2, vec![1.0, 10.0, 2.0, 20.0]));
/// # Ok::<(), bp_datasets::CsvError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs<S> {
    /// How many rows.
    pub rows: usize,
    /// The inputs, row-major, in the order of the schema.
    pub x: Vec<S>,
}

/// Reads the inputs of a table with a known schema, with or without its target.
///
/// A table with a header is read by the names of its columns, in any order, and other columns are ignored. One
/// without, and any table for a schema that was itself made from a table without a header, is read by position:
/// it has the columns of the schema, or those and the target, which is where `options.target` says or else last.
/// `options.task` is not used.
///
/// # Errors
/// See [`CsvError`]; in particular a missing column and an unknown category. A single row is enough.
pub fn read_inputs<S: Float>(reader: impl Read, schema: &Schema, options: &CsvOptions) -> Result<Inputs<S>, CsvError> {
    let mut table = Table::open(reader, options)?;
    let layout = Layout::find(&table, schema, options, false)?;
    let mut inputs = Inputs { rows: 0, x: Vec::new() };
    each_row(&mut table, |row, place| {
        inputs.rows += 1;
        push_inputs(&mut inputs.x, row, schema, &layout, place)
    })?;
    Ok(inputs)
}

/// Reads a table with a known schema and its target, to judge a model by. See [`read_inputs`].
///
/// With a header, the target is the column that `options.target` names, or that of the schema's target values, or
/// for classes the one column that is no input, or the last.
///
/// ```
/// use bp_datasets::{CsvOptions, TargetData, read_with_schema};
/// use bp_train::{Schema, TargetKind};
/// let schema = Schema::unnamed(1, TargetKind::Classes(vec!["no".into(), "yes".into()]));
/// let text = "0.5,yes\n0.25,no\n";
/// let data = read_with_schema::<f32>(text.as_bytes(), "answers", &schema, &CsvOptions::default())?;
/// assert_eq!(data.targets(), &TargetData::Classes(vec![1, 0]));
/// # Ok::<(), bp_datasets::CsvError>(())
/// ```
///
/// # Errors
/// As [`read_inputs`]; also a missing target and an unknown class.
pub fn read_with_schema<S: Float>(
    reader: impl Read,
    name: &str,
    schema: &Schema,
    options: &CsvOptions,
) -> Result<Dataset<S>, CsvError> {
    let mut table = Table::open(reader, options)?;
    let layout = Layout::find(&table, schema, options, true)?;
    let (mut x, mut labels, mut values) = (Vec::new(), Vec::new(), Vec::new());
    each_row(&mut table, |row, place| {
        push_inputs(&mut x, row, schema, &layout, place)?;
        for &column in &layout.targets {
            let text = &row.cells[column];
            match &schema.target {
                TargetKind::Classes(known) => labels.push(label::<S>(text, known, || place(column))?),
                TargetKind::Values(_) => values.push(number(text, || place(column))?),
            }
        }
        Ok(())
    })?;
    let targets = match schema.target {
        TargetKind::Classes(_) => TargetData::Classes(labels),
        TargetKind::Values(_) => TargetData::Values(values),
    };
    Dataset::new(name, schema.clone(), x, targets).map_err(CsvError::Schema)
}

/// Reads inputs by the path of their table. See [`read_inputs`].
///
/// # Errors
/// As [`read_inputs`], with the path; and if the file does not exist.
pub fn read_inputs_file<S: Float>(
    path: impl AsRef<Path>,
    schema: &Schema,
    options: &CsvOptions,
) -> Result<Inputs<S>, DatasetError> {
    let path = path.as_ref();
    read_inputs(open(path)?, schema, options).map_err(|error| DatasetError::Csv { path: path.into(), error })
}

/// Reads a table with a known schema by its path, which also names the data set. See [`read_with_schema`].
///
/// # Errors
/// As [`read_with_schema`], with the path; and if the file does not exist.
pub fn read_with_schema_file<S: Float>(
    path: impl AsRef<Path>,
    schema: &Schema,
    options: &CsvOptions,
) -> Result<Dataset<S>, DatasetError> {
    let path = path.as_ref();
    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    read_with_schema(open(path)?, &name, schema, options)
        .map_err(|error| DatasetError::Csv { path: path.into(), error })
}

/// Which column of a table is which of a schema.
pub(super) struct Layout {
    pub(super) inputs: Vec<usize>,
    pub(super) targets: Vec<usize>,
}

impl Layout {
    fn find(table: &Table<'_>, schema: &Schema, options: &CsvOptions, want_targets: bool) -> Result<Self, CsvError> {
        let kept = table.kept(&options.skip)?;
        let has_names = schema.columns.iter().any(|column| !is_generated(&column.name));
        let by_name_only = table.has_header() && has_names;
        // By position, a number says where the target stands in tables that have one; this one may have none.
        let has_none = !by_name_only && kept.len() == schema.columns.len();
        let given = match &options.target {
            Some(wanted) if !(has_none && wanted.parse::<usize>().is_ok()) => Some(table.target(wanted, &kept)?),
            _ => None,
        };
        if !by_name_only {
            return Self::by_position(&kept, schema, given, want_targets);
        }
        let inputs: Vec<usize> =
            schema.columns.iter().map(|column| by_name(table, &column.name)).collect::<Result<_, _>>()?;
        let targets = match (&schema.target, want_targets) {
            (_, false) => Vec::new(),
            (TargetKind::Values(names), _) => match (given, &names[..]) {
                (Some(column), [_]) => vec![column],
                _ => names.iter().map(|name| by_name(table, name)).collect::<Result<_, _>>()?,
            },
            (TargetKind::Classes(_), _) => {
                let mut is_input = vec![false; table.names().len()];
                inputs.iter().for_each(|&column| is_input[column] = true);
                let mut others = kept.iter().copied().filter(|&column| !is_input[column]);
                let column = match (given, others.next(), others.next()) {
                    (Some(column), ..) => Some(column),
                    (None, only, None) => only,
                    _ => kept.last().copied().filter(|&last| !is_input[last]),
                };
                vec![column.ok_or_else(|| CsvError::MissingTarget { columns: table.names().to_vec() })?]
            }
        };
        Ok(Self { inputs, targets })
    }

    fn by_position(
        kept: &[usize],
        schema: &Schema,
        given: Option<usize>,
        want_targets: bool,
    ) -> Result<Self, CsvError> {
        let n_inputs = schema.columns.len();
        let n_targets = match &schema.target {
            TargetKind::Classes(_) => 1,
            TargetKind::Values(names) => names.len(),
        };
        if kept.len() == n_inputs && !want_targets {
            return Ok(Self { inputs: kept.to_vec(), targets: Vec::new() });
        }
        if kept.len() != n_inputs + n_targets {
            return Err(CsvError::Width { inputs: n_inputs, with_target: n_inputs + n_targets, got: kept.len() });
        }
        let targets = match given {
            Some(column) if n_targets == 1 => vec![column],
            _ => kept[n_inputs..].to_vec(),
        };
        Ok(Self { inputs: kept.iter().copied().filter(|column| !targets.contains(column)).collect(), targets })
    }
}

/// Whether a column has the name that is given to columns without one.
fn is_generated(name: &str) -> bool {
    name.strip_prefix("column ").is_some_and(|number| number.parse::<usize>().is_ok())
}

fn by_name(table: &Table<'_>, name: &str) -> Result<usize, CsvError> {
    let missing = || CsvError::MissingColumn { name: name.into(), columns: table.names().to_vec() };
    table.find(name).ok_or_else(missing)
}

fn each_row(
    table: &mut Table<'_>,
    mut f: impl FnMut(&Row<'_>, &dyn Fn(usize) -> Place) -> Result<(), CsvError>,
) -> Result<(), CsvError> {
    let places = table.places();
    let mut is_empty = true;
    while let Some(row) = table.next()? {
        is_empty = false;
        f(&row, &|column| places.at(row.line, column))?;
    }
    if is_empty { Err(CsvError::NoRows) } else { Ok(()) }
}

pub(super) fn push_inputs<S: Float>(
    x: &mut Vec<S>,
    row: &Row<'_>,
    schema: &Schema,
    layout: &Layout,
    place: &dyn Fn(usize) -> Place,
) -> Result<(), CsvError> {
    for (column, &at) in schema.columns.iter().zip(&layout.inputs) {
        let text = &row.cells[at];
        match &column.kind {
            Kind::Numeric => x.push(number(text, || place(at))?),
            Kind::Categorical(known) => {
                let (category, text) = (position::<S>(text, known, || place(at))?, text.as_ref().into());
                let category = category.ok_or_else(|| CsvError::UnknownCategory {
                    place: place(at),
                    text,
                    known: known.clone(),
                })?;
                let start = x.len();
                x.resize(start + known.len(), S::ZERO);
                x[start + category] = S::ONE;
            }
        }
    }
    Ok(())
}

pub(super) fn number<S: Float>(text: &str, place: impl Fn() -> Place) -> Result<S, CsvError> {
    match parse::<S>(text, &place)? {
        Cell::Number(number) => Ok(S::from_f64(number)),
        Cell::Text => Err(CsvError::TextInNumeric { place: place(), text: text.into() }),
    }
}

pub(super) fn label<S: Float>(text: &str, known: &[String], place: impl Fn() -> Place) -> Result<u32, CsvError> {
    match position::<S>(text, known, &place)? {
        Some(class) => Ok(class as u32),
        None => Err(CsvError::UnknownClass { place: place(), text: text.into(), known: known.to_vec() }),
    }
}

/// Which of the known names a cell is: itself, or for numbers in any spelling.
fn position<S: Float>(text: &str, known: &[String], place: impl Fn() -> Place) -> Result<Option<usize>, CsvError> {
    if let Some(i) = known.iter().position(|name| name == text) {
        return Ok(Some(i));
    }
    Ok(match parse::<S>(text, place)? {
        Cell::Number(number) => known.iter().position(|name| *name == canonical(number)),
        Cell::Text => None,
    })
}
