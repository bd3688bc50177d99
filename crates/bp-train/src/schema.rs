//! [`Schema`]: what the columns of a table mean, so that a model can read the table it is asked about.

use serde::{Deserialize, Serialize};

/// The columns a model was trained on, in order, and what it predicts.
///
/// ```
/// use bp_train::{Column, Kind, Schema, TargetKind};
/// let schema = Schema {
///     columns: vec![
///         Column::numeric("length"),
///         Column { name: "sex".into(), kind: Kind::Categorical(vec!["F".into(), "M".into()]) },
///     ],
///     target: TargetKind::Values(vec!["rings".into()]),
/// };
/// assert_eq!(schema.inputs(), 3); // one for the number, one per category
/// assert_eq!(schema.outputs(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// The input columns.
    pub columns: Vec<Column>,
    /// What is predicted.
    pub target: TargetKind,
}

/// One input column of a table.
///
/// ```
/// assert_eq!(bp_train::Column::numeric("age").width(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The name in the header line, or `column 3` (counted from 1) where there is none.
    pub name: String,
    /// Number or category.
    pub kind: Kind,
}

/// How the text of a column becomes inputs. See [`Schema`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// One input: the number itself.
    Numeric,
    /// One input per category, 1 where the text equals it and 0 elsewhere.
    Categorical(Vec<String>),
}

/// What a network predicts from a table. See [`Schema`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TargetKind {
    /// One of these classes, by name.
    Classes(Vec<String>),
    /// One real value per named column.
    Values(Vec<String>),
}

impl Column {
    /// A column of numbers.
    pub fn numeric(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Numeric }
    }

    /// How many network inputs it becomes.
    pub fn width(&self) -> usize {
        match &self.kind {
            Kind::Numeric => 1,
            Kind::Categorical(categories) => categories.len(),
        }
    }
}

impl Schema {
    /// Numeric columns named `x1`, `x2`, … before a target.
    pub fn unnamed(inputs: usize, target: TargetKind) -> Self {
        Self { columns: (1..=inputs).map(|i| Column::numeric(format!("x{i}"))).collect(), target }
    }

    /// The network's number of inputs.
    pub fn inputs(&self) -> usize {
        self.columns.iter().map(Column::width).sum()
    }

    /// The network's number of outputs: classes, or values.
    pub fn outputs(&self) -> usize {
        match &self.target {
            TargetKind::Classes(names) | TargetKind::Values(names) => names.len(),
        }
    }
}
