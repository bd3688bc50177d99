//! A table that nobody knows yet: columns of numbers, columns of text, and a target.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;
use std::path::Path;

use bp_core::Float;
use bp_train::{Column, Kind, Schema, TargetKind};

use super::error::{CsvError, Place};
use super::rows::{Cell, Table, canonical, parse};
use super::{CsvOptions, MAX_CATEGORIES, Task};
use crate::dataset::{Dataset, TargetData};
use crate::error::{DatasetError, open};

/// Reads a table and finds out what its columns are.
///
/// A column of numbers is one input. A column in which no value is a number becomes one input per text, in
/// alphabetical order, 1 where the row has that text and 0 elsewhere. Classes are ordered by number if all are
/// numbers, otherwise alphabetically. See [`CsvOptions`] for the target and the task.
///
/// # Errors
/// See [`CsvError`]; in particular a missing value (nothing, `?` or `NA`), NaN, an infinity, a row of another
/// width, a column that mixes numbers and text, one whose numbers differ but are all the same as an `S`, fewer than
/// two rows, and a single class.
pub fn read_csv<S: Float>(reader: impl Read, name: &str, options: &CsvOptions) -> Result<Dataset<S>, CsvError> {
    let mut table = Table::open(reader, options)?;
    let kept = table.kept(&options.skip)?;
    let target = match &options.target {
        Some(wanted) => Some(table.target(wanted, &kept)?),
        None => kept.last().copied(),
    };
    let input_columns: Vec<usize> = kept.iter().copied().filter(|&column| Some(column) != target).collect();
    let (Some(target), false) = (target, input_columns.is_empty()) else {
        return Err(CsvError::TooFewColumns { columns: kept.len() });
    };

    let places = table.places();
    let mut inputs: Vec<Values> = input_columns.iter().map(|_| Values::default()).collect();
    let mut targets = match options.task {
        Some(Task::Classify) => Targets::Labels(Texts::default()),
        _ => Targets::Values(Values::default()),
    };
    let mut rows = 0;
    while let Some(row) = table.next()? {
        rows += 1;
        for (values, &column) in inputs.iter_mut().zip(&input_columns) {
            values.push::<S>(&row.cells[column], || places.at(row.line, column))?;
        }
        let place = || places.at(row.line, target);
        match &mut targets {
            Targets::Values(values) => values.push::<S>(&row.cells[target], place)?,
            Targets::Labels(labels) => labels.push_label::<S>(&row.cells[target], place)?,
        }
    }
    match rows {
        0 => return Err(CsvError::NoRows),
        1 => return Err(CsvError::TooFewRows { rows }),
        _ => {}
    }

    let inputs: Vec<Kinds> = inputs.into_iter().map(Values::finish).collect::<Result<_, _>>()?;
    let indistinct = |column, (first, other)| CsvError::Indistinct {
        column: column + 1,
        name: places.name(column),
        first,
        other,
        scalar: S::NAME,
    };
    for (values, &column) in inputs.iter().zip(&input_columns) {
        if let Kinds::Numbers(numbers) = values {
            check_distinct::<S>(numbers).map_err(|pair| indistinct(column, pair))?;
        }
    }
    let merged = |pair| indistinct(target, pair);
    let (target, targets) = targets.finish::<S>(options.task, &table.names()[target], merged)?;
    let columns = input_columns.iter().zip(&inputs);
    let columns = columns.map(|(&column, kinds)| Column { name: table.names()[column].clone(), kind: kinds.kind() });
    let schema = Schema { columns: columns.collect(), target };
    Ok(Dataset::new(name, schema, matrix(&inputs, rows), targets).expect("the reader checks every value and length"))
}

/// Reads a table by its path, which also names the data set. See [`read_csv`].
///
/// # Errors
/// As [`read_csv`], with the path; and if the file does not exist.
pub fn read_csv_file<S: Float>(path: impl AsRef<Path>, options: &CsvOptions) -> Result<Dataset<S>, DatasetError> {
    let path = path.as_ref();
    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    read_csv(open(path)?, &name, options).map_err(|error| DatasetError::Csv { path: path.into(), error })
}

/// The values of a column while it is not known whether they are numbers or text.
#[derive(Default)]
struct Values {
    numbers: Vec<f64>,
    texts: Texts,
    n_numbers: usize,
    n_texts: usize,
    first_number: Option<(Place, String)>,
    first_text: Option<(Place, String)>,
}

/// Texts as numbers in the order in which they first occurred.
#[derive(Default)]
struct Texts {
    codes: Vec<u32>,
    names: Vec<String>,
    by_name: HashMap<String, u32>,
}

/// A finished column.
enum Kinds {
    Numbers(Vec<f64>),
    Texts(Texts),
}

enum Targets {
    Values(Values),
    Labels(Texts),
}

impl Values {
    fn push<S: Float>(&mut self, text: &str, place: impl Fn() -> Place) -> Result<(), CsvError> {
        match parse::<S>(text, &place)? {
            Cell::Number(number) => {
                self.n_numbers += 1;
                if self.n_numbers == 1 {
                    self.first_number = Some((place(), text.into()));
                }
                if self.n_texts == 0 {
                    self.numbers.push(number);
                }
            }
            Cell::Text => {
                self.n_texts += 1;
                if self.n_texts == 1 {
                    self.first_text = Some((place(), text.into()));
                }
                if self.n_numbers == 0 {
                    self.texts.push(text, place)?;
                }
            }
        }
        Ok(())
    }

    /// Numbers or text; both together are an error at the first of the rarer kind.
    fn finish(self) -> Result<Kinds, CsvError> {
        match (self.first_number, self.first_text) {
            (Some(_), Some((place, text))) if self.n_texts <= self.n_numbers => {
                Err(CsvError::TextInNumeric { place, text })
            }
            (Some((place, text)), Some(_)) => Err(CsvError::NumberInText { place, text }),
            (_, None) => Ok(Kinds::Numbers(self.numbers)),
            (None, Some(_)) => Ok(Kinds::Texts(self.texts.sorted())),
        }
    }
}

impl Texts {
    fn push(&mut self, text: &str, place: impl FnOnce() -> Place) -> Result<(), CsvError> {
        let code = match self.by_name.get(text) {
            Some(&code) => code,
            None if self.names.len() == MAX_CATEGORIES => {
                return Err(CsvError::TooManyCategories { place: place(), limit: MAX_CATEGORIES });
            }
            None => {
                let code = self.names.len() as u32;
                self.names.push(text.into());
                self.by_name.insert(text.into(), code);
                code
            }
        };
        self.codes.push(code);
        Ok(())
    }

    fn push_label<S: Float>(&mut self, text: &str, place: impl Fn() -> Place) -> Result<(), CsvError> {
        match parse::<S>(text, &place)? {
            Cell::Number(number) => self.push(&canonical(number), place),
            Cell::Text => self.push(text, place),
        }
    }

    /// The same texts under numbers in order: by number if all are numbers, otherwise alphabetically.
    fn sorted(self) -> Self {
        let order = order(&self.names);
        let mut new_code = vec![0; order.len()];
        for (code, &old) in (0..).zip(&order) {
            new_code[old] = code;
        }
        Self {
            codes: self.codes.iter().map(|&code| new_code[code as usize]).collect(),
            names: order.iter().map(|&old| self.names[old].clone()).collect(),
            by_name: HashMap::new(),
        }
    }
}

/// By number if all are numbers, otherwise alphabetically.
pub(super) fn sorted(names: &[String]) -> Vec<String> {
    order(names).into_iter().map(|at| names[at].clone()).collect()
}

fn order(names: &[String]) -> Vec<usize> {
    let numbers: Result<Vec<f64>, _> = names.iter().map(|name| name.parse()).collect();
    let mut order: Vec<usize> = (0..names.len()).collect();
    match numbers {
        Ok(numbers) => order.sort_by(|&i, &j| numbers[i].total_cmp(&numbers[j])),
        Err(_) => order.sort_by(|&i, &j| names[i].cmp(&names[j])),
    }
    order
}

impl Kinds {
    /// How many inputs it becomes.
    fn width(&self) -> usize {
        match self {
            Self::Numbers(_) => 1,
            Self::Texts(texts) => texts.names.len(),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Numbers(_) => Kind::Numeric,
            Self::Texts(texts) => Kind::Categorical(texts.names.clone()),
        }
    }
}

impl Targets {
    fn finish<S: Float>(
        self,
        task: Option<Task>,
        name: &str,
        merged: impl Fn((f64, f64)) -> CsvError,
    ) -> Result<(TargetKind, TargetData<S>), CsvError> {
        let texts = match self {
            Self::Labels(labels) => labels.sorted(),
            Self::Values(mut values) => {
                if task == Some(Task::Regress)
                    && let Some((place, text)) = values.first_text.take()
                {
                    return Err(CsvError::TextInNumeric { place, text });
                }
                match values.finish()? {
                    Kinds::Texts(texts) => texts,
                    Kinds::Numbers(numbers) if task.is_none() && look_like_classes(&numbers) => {
                        let mut texts = Texts::default();
                        for &number in &numbers {
                            let nowhere = || unreachable!("there are at most 20 classes");
                            texts.push(&canonical(number), nowhere)?;
                        }
                        texts.sorted()
                    }
                    Kinds::Numbers(numbers) => {
                        check_distinct::<S>(&numbers).map_err(merged)?;
                        let values = numbers.into_iter().map(S::from_f64).collect();
                        return Ok((TargetKind::Values(vec![name.into()]), TargetData::Values(values)));
                    }
                }
            }
        };
        match &texts.names[..] {
            [class] => Err(CsvError::OneClass { class: class.clone() }),
            _ => Ok((TargetKind::Classes(texts.names), TargetData::Classes(texts.codes))),
        }
    }
}

/// Refuses numbers that differ but are one and the same as an `S`: two of them that do.
fn check_distinct<S: Float>(numbers: &[f64]) -> Result<(), (f64, f64)> {
    let rounded = |number: f64| S::from_f64(number).to_f64().to_bits();
    let Some((&first, rest)) = numbers.split_first() else { return Ok(()) };
    let other = rest.iter().find(|number| number.to_bits() != first.to_bits());
    match other {
        Some(&other) if rest.iter().all(|&number| rounded(number) == rounded(first)) => Err((first, other)),
        _ => Ok(()),
    }
}

/// The most whole numbers that are taken for classes.
pub(super) const MAX_CLASSES: usize = 20;

/// Whether so many different whole numbers are more likely names of classes than values.
pub(super) fn are_classes(distinct: usize, rows: usize) -> bool {
    const MIN_ROWS_PER_CLASS: usize = 5;
    distinct == 2 || (distinct <= MAX_CLASSES && rows >= distinct * MIN_ROWS_PER_CLASS)
}

fn look_like_classes(numbers: &[f64]) -> bool {
    let mut distinct = BTreeSet::new();
    for number in numbers {
        if number.fract().abs() > 0.0 {
            return false;
        }
        distinct.insert((number + 0.0).to_bits());
        if distinct.len() > MAX_CLASSES {
            return false;
        }
    }
    are_classes(distinct.len(), numbers.len())
}

/// The inputs row by row.
fn matrix<S: Float>(columns: &[Kinds], rows: usize) -> Vec<S> {
    let width: usize = columns.iter().map(Kinds::width).sum();
    let mut x = vec![S::ZERO; rows * width];
    for (i, row) in x.chunks_exact_mut(width).enumerate() {
        let mut at = 0;
        for column in columns {
            match column {
                Kinds::Numbers(numbers) => row[at] = S::from_f64(numbers[i]),
                Kinds::Texts(texts) => row[at + texts.codes[i] as usize] = S::ONE,
            }
            at += column.width();
        }
    }
    x
}
