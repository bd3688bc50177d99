//! What the columns of tables are, found out in one reading that keeps no rows: the decisions of `infer.rs`.

use std::collections::BTreeSet;

use bp_core::Float;
use bp_train::{Column, Kind, Schema, TargetKind};

use super::error::{CsvError, Place};
use super::infer::{MAX_CLASSES, are_classes, sorted};
use super::known::Layout;
use super::rows::{Cell, Places, Row, Table, canonical, parse};
use super::{CsvOptions, MAX_CATEGORIES, Task};

/// A place in one of several tables.
type At = (usize, Place, String);

/// An error of one of several tables.
pub(super) type InTable = (usize, CsvError);

/// What is known of every column so far.
pub(super) struct Survey {
    pub(super) layout: Layout,
    task: Option<Task>,
    inputs: Vec<Seen>,
    target: Seen,
    pub(super) rows: usize,
}

/// One column.
#[derive(Default)]
struct Seen {
    n_numbers: u64,
    n_texts: u64,
    first_number: Option<At>,
    first_text: Option<At>,
    texts: BTreeSet<String>,
    /// The first number, the first other one, and whether all are the same as an `S`.
    first: f64,
    other: Option<f64>,
    is_distinct: bool,
    /// Whole numbers so far, at most one more than classes may be.
    is_fraction: bool,
    wholes: BTreeSet<u64>,
}

impl Survey {
    pub(super) fn new(table: &Table<'_>, options: &CsvOptions) -> Result<Self, CsvError> {
        let kept = table.kept(&options.skip)?;
        let target = match &options.target {
            Some(wanted) => Some(table.target(wanted, &kept)?),
            None => kept.last().copied(),
        };
        let inputs: Vec<usize> = kept.iter().copied().filter(|&column| Some(column) != target).collect();
        let (Some(target), false) = (target, inputs.is_empty()) else {
            return Err(CsvError::TooFewColumns { columns: kept.len() });
        };
        let seen = inputs.iter().map(|_| Seen::default()).collect();
        let layout = Layout { inputs, targets: vec![target] };
        Ok(Self { layout, task: options.task, inputs: seen, target: Seen::default(), rows: 0 })
    }

    /// Looks at a row.
    pub(super) fn see<S: Float>(&mut self, table: usize, row: &Row<'_>, places: &Places) -> Result<(), CsvError> {
        self.rows += 1;
        for (seen, &column) in self.inputs.iter_mut().zip(&self.layout.inputs) {
            seen.push::<S>(&row.cells[column], table, || places.at(row.line, column))?;
        }
        let column = self.layout.targets[0];
        let (text, place) = (&row.cells[column], || places.at(row.line, column));
        match self.task {
            Some(Task::Classify) => match parse::<S>(text, place)? {
                Cell::Number(number) => self.target.push_name(&canonical(number), place),
                Cell::Text => self.target.push_name(text, place),
            },
            _ => self.target.push::<S>(text, table, place),
        }
    }

    /// The schema, and where the columns stand.
    pub(super) fn finish<S: Float>(self, names: &[String], places: &Places) -> Result<(Schema, Layout), InTable> {
        match self.rows {
            0 => return Err((0, CsvError::NoRows)),
            1 => return Err((0, CsvError::TooFewRows { rows: 1 })),
            _ => {}
        }
        let kinds: Vec<Option<Vec<String>>> = self.inputs.iter().map(Seen::kind).collect::<Result<_, _>>()?;
        let indistinct = |seen: &Seen, column: usize| match seen.other {
            Some(other) if !seen.is_distinct => {
                let (first, name) = (seen.first, places.name(column));
                Err((0, CsvError::Indistinct { column: column + 1, name, first, other, scalar: S::NAME }))
            }
            _ => Ok(()),
        };
        for ((seen, kind), &column) in self.inputs.iter().zip(&kinds).zip(&self.layout.inputs) {
            if kind.is_none() {
                indistinct(seen, column)?;
            }
        }
        let (target, at) = (&self.target, self.layout.targets[0]);
        let classes = match self.task {
            Some(Task::Classify) => Some(sorted(&target.texts.iter().cloned().collect::<Vec<_>>())),
            task => {
                if let (Some(Task::Regress), Some((table, place, text))) = (task, &target.first_text) {
                    return Err((*table, CsvError::TextInNumeric { place: place.clone(), text: text.clone() }));
                }
                match target.kind()? {
                    None if task.is_none() && target.are_classes(self.rows) => {
                        let numbers = target.wholes.iter().map(|&bits| canonical(f64::from_bits(bits)));
                        Some(sorted(&numbers.collect::<Vec<_>>()))
                    }
                    texts => texts,
                }
            }
        };
        let target = match classes {
            Some(names) => match &names[..] {
                [class] => return Err((0, CsvError::OneClass { class: class.clone() })),
                _ => TargetKind::Classes(names),
            },
            None => {
                indistinct(target, at)?;
                TargetKind::Values(vec![names[at].clone()])
            }
        };
        let kind = |kind: Option<Vec<String>>| kind.map_or(Kind::Numeric, Kind::Categorical);
        let columns = self.layout.inputs.iter().zip(kinds);
        let columns = columns.map(|(&column, of)| Column { name: names[column].clone(), kind: kind(of) }).collect();
        Ok((Schema { columns, target }, self.layout))
    }
}

impl Seen {
    fn push<S: Float>(&mut self, text: &str, table: usize, place: impl Fn() -> Place) -> Result<(), CsvError> {
        match parse::<S>(text, &place)? {
            Cell::Number(number) => {
                self.n_numbers += 1;
                if self.n_numbers == 1 {
                    self.first_number = Some((table, place(), text.into()));
                    self.first = number;
                }
                let rounded = |number: f64| S::from_f64(number).to_f64().to_bits();
                if number.to_bits() != self.first.to_bits() {
                    self.other = self.other.or(Some(number));
                    self.is_distinct |= rounded(number) != rounded(self.first);
                }
                self.is_fraction |= number.fract().abs() > 0.0;
                if !self.is_fraction && self.wholes.len() <= MAX_CLASSES {
                    self.wholes.insert((number + 0.0).to_bits());
                }
            }
            Cell::Text => {
                self.n_texts += 1;
                if self.n_texts == 1 {
                    self.first_text = Some((table, place(), text.into()));
                }
                if self.n_numbers == 0 {
                    self.push_name(text, place)?;
                }
            }
        }
        Ok(())
    }

    fn push_name(&mut self, name: &str, place: impl FnOnce() -> Place) -> Result<(), CsvError> {
        if !self.texts.contains(name) {
            if self.texts.len() == MAX_CATEGORIES {
                return Err(CsvError::TooManyCategories { place: place(), limit: MAX_CATEGORIES });
            }
            self.texts.insert(name.into());
        }
        Ok(())
    }

    /// None for numbers, categories for texts; both together are an error at the first of the rarer kind.
    fn kind(&self) -> Result<Option<Vec<String>>, InTable> {
        match (&self.first_number, &self.first_text) {
            (Some(_), Some((table, place, text))) if self.n_texts <= self.n_numbers => {
                Err((*table, CsvError::TextInNumeric { place: place.clone(), text: text.clone() }))
            }
            (Some((table, place, text)), Some(_)) => {
                Err((*table, CsvError::NumberInText { place: place.clone(), text: text.clone() }))
            }
            (_, None) => Ok(None),
            (None, Some(_)) => Ok(Some(sorted(&self.texts.iter().cloned().collect::<Vec<_>>()))),
        }
    }

    fn are_classes(&self, rows: usize) -> bool {
        !self.is_fraction && are_classes(self.wholes.len(), rows)
    }
}
