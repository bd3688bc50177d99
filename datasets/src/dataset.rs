//! [`Dataset`]: rows of inputs with their targets, checked once and then always whole.

use bp_core::{Float, Real};
use bp_train::{Schema, TargetKind};

use crate::error::DataError;

/// Rows of inputs, each with its target, and a [`Schema`] that says what the numbers mean.
///
/// ```
/// use bp_datasets::{Dataset, TargetData};
/// let x = [0.0_f32, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
/// let xor = Dataset::from_labels("xor", 2, &x, &[0, 1, 1, 0])?;
/// assert_eq!((xor.rows(), xor.inputs(), xor.outputs()), (4, 2, 2));
/// assert_eq!(xor.row(1), [0.0, 1.0]);
/// assert_eq!(xor.targets(), &TargetData::Classes(vec![0, 1, 1, 0]));
/// # Ok::<(), bp_datasets::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset<S: Real> {
    name: String,
    schema: Schema,
    x: Vec<S>,
    targets: TargetData<S>,
}

/// The targets of a [`Dataset`].
#[derive(Debug, Clone, PartialEq)]
pub enum TargetData<S> {
    /// One label per row: a number below the count of classes.
    Classes(Vec<u32>),
    /// The values of each row after one another.
    Values(Vec<S>),
}

impl<S: Float> Dataset<S> {
    /// A data set whose columns are known. `x` is row-major.
    ///
    /// ```
    /// use bp_datasets::{Dataset, TargetData};
    /// use bp_train::{Column, Schema, TargetKind};
    /// let schema = Schema {
    ///     columns: vec![Column::numeric("dose")],
    ///     target: TargetKind::Values(vec!["response".into()]),
    /// };
    /// let data = Dataset::new("trial", schema, vec![1.0, 2.0], TargetData::Values(vec![0.1, 0.3]))?;
    /// assert_eq!(data.rows(), 2);
    /// # Ok::<(), bp_datasets::DataError>(())
    /// ```
    ///
    /// # Errors
    /// If there is no row, input or target, lengths do not fit together, a label has no class, fewer than two
    /// classes are named, or a number is not finite.
    pub fn new(name: impl Into<String>, schema: Schema, x: Vec<S>, targets: TargetData<S>) -> Result<Self, DataError> {
        let (inputs, outputs) = (schema.inputs(), schema.outputs());
        if inputs == 0 {
            return Err(DataError::NoInputs);
        }
        if !x.len().is_multiple_of(inputs) {
            return Err(DataError::InputLength { inputs, got: x.len() });
        }
        let rows = x.len() / inputs;
        if rows == 0 {
            return Err(DataError::NoRows);
        }
        if let Some(i) = x.iter().position(|value| !value.is_finite()) {
            return Err(DataError::InputNotFinite { row: i / inputs, input: i % inputs, value: x[i].to_f64() });
        }
        check_targets(&schema, &targets, rows, outputs)?;
        Ok(Self { name: name.into(), schema, x, targets })
    }

    /// A classification from slices: `inputs` numbers per row, and one label per row counted from 0. The classes
    /// are 0 to the largest label, and named so.
    ///
    /// # Errors
    /// As [`new`](Dataset::new); labels that are all 0 make only one class.
    pub fn from_labels(name: impl Into<String>, inputs: usize, x: &[S], labels: &[u32]) -> Result<Self, DataError> {
        let classes = labels.iter().max().map_or(0, |&label| u64::from(label) + 1);
        // A label far beyond the number of rows would otherwise name billions of classes.
        if let Some(row) = labels.iter().position(|&label| label > MAX_LABEL) {
            return Err(DataError::Label { row, label: labels[row], classes: MAX_LABEL as usize + 1 });
        }
        let classes = (0..classes).map(|class| class.to_string()).collect();
        let schema = Schema::unnamed(inputs, TargetKind::Classes(classes));
        Self::new(name, schema, x.to_vec(), TargetData::Classes(labels.to_vec()))
    }

    /// A regression from slices: `inputs` numbers and `outputs` target values per row.
    ///
    /// ```
    /// use bp_datasets::Dataset;
    /// let line = Dataset::from_values("line", 1, &[0.0, 1.0, 2.0], 1, &[1.0, 3.0, 5.0])?;
    /// assert_eq!((line.rows(), line.outputs()), (3, 1));
    /// # Ok::<(), bp_datasets::DataError>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Dataset::new).
    pub fn from_values(
        name: impl Into<String>,
        inputs: usize,
        x: &[S],
        outputs: usize,
        values: &[S],
    ) -> Result<Self, DataError> {
        let names = match outputs {
            1 => vec!["t".into()],
            _ => (1..=outputs).map(|output| format!("t{output}")).collect(),
        };
        let schema = Schema::unnamed(inputs, TargetKind::Values(names));
        Self::new(name, schema, x.to_vec(), TargetData::Values(values.to_vec()))
    }

    /// The same data over another kind of number: from `f64` to `f32`, or to dual numbers.
    /// What is too large for `T` becomes infinite.
    pub fn cast<T: Real>(&self) -> Dataset<T> {
        let cast = |values: &[S]| values.iter().map(|value| T::from_f64(value.to_f64())).collect();
        let targets = match &self.targets {
            TargetData::Classes(labels) => TargetData::Classes(labels.clone()),
            TargetData::Values(values) => TargetData::Values(cast(values)),
        };
        Dataset { name: self.name.clone(), schema: self.schema.clone(), x: cast(&self.x), targets }
    }
}

impl<S: Real> Dataset<S> {
    /// The same data under other names for its inputs and classes.
    pub(crate) fn with_schema(mut self, schema: Schema) -> Self {
        debug_assert_eq!((schema.inputs(), schema.outputs()), (self.inputs(), self.outputs()));
        self.schema = schema;
        self
    }

    /// The same under another name.
    pub(crate) fn named(self, name: &str) -> Self {
        Self { name: name.into(), ..self }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the columns mean.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// All inputs, row-major.
    pub fn x(&self) -> &[S] {
        &self.x
    }

    /// The inputs of one row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> &[S] {
        &self.x[row * self.inputs()..][..self.inputs()]
    }

    /// The targets.
    pub fn targets(&self) -> &TargetData<S> {
        &self.targets
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.x.len() / self.inputs()
    }

    /// How many inputs a row has, one-hot columns counted one by one.
    pub fn inputs(&self) -> usize {
        self.schema.inputs()
    }

    /// How many outputs a network for it has: one per class, or one per target value.
    pub fn outputs(&self) -> usize {
        self.schema.outputs()
    }

    /// A new matrix of targets, row-major, with [`outputs`](Dataset::outputs) columns: the values, or 1 in the
    /// column of the class and 0 elsewhere.
    ///
    /// ```
    /// # use bp_datasets::Dataset;
    /// let data = Dataset::from_labels("two", 1, &[0.5, 0.7], &[0, 1])?;
    /// assert_eq!(data.to_target_matrix(), [1.0, 0.0, 0.0, 1.0]);
    /// # Ok::<(), bp_datasets::DataError>(())
    /// ```
    pub fn to_target_matrix(&self) -> Vec<S> {
        match &self.targets {
            TargetData::Values(values) => values.clone(),
            TargetData::Classes(labels) => {
                let outputs = self.outputs();
                let mut t = vec![S::ZERO; labels.len() * outputs];
                for (row, &label) in t.chunks_exact_mut(outputs).zip(labels) {
                    row[label as usize] = S::ONE;
                }
                t
            }
        }
    }

    /// How many rows each class has, or nothing for a regression.
    pub fn class_counts(&self) -> Option<Vec<usize>> {
        let TargetData::Classes(labels) = &self.targets else { return None };
        let mut counts = vec![0; self.outputs()];
        for &label in labels {
            counts[label as usize] += 1;
        }
        Some(counts)
    }

    /// The rows with these numbers, in this order; a number may occur more than once.
    ///
    /// ```
    /// # use bp_datasets::Dataset;
    /// let data = Dataset::from_values("line", 1, &[0.0, 1.0, 2.0], 1, &[1.0, 3.0, 5.0])?;
    /// assert_eq!(data.subset(&[2, 0])?.x(), [2.0, 0.0]);
    /// # Ok::<(), bp_datasets::DataError>(())
    /// ```
    ///
    /// # Errors
    /// If no row is named, or one that does not exist.
    pub fn subset(&self, rows: &[usize]) -> Result<Self, DataError> {
        if rows.is_empty() {
            return Err(DataError::NoRows);
        }
        if let Some(&row) = rows.iter().find(|&&row| row >= self.rows()) {
            return Err(DataError::NoSuchRow { row, rows: self.rows() });
        }
        let gather = |values: &[S], width: usize| -> Vec<S> {
            rows.iter().flat_map(|row| &values[row * width..][..width]).copied().collect()
        };
        let targets = match &self.targets {
            TargetData::Classes(labels) => TargetData::Classes(rows.iter().map(|&row| labels[row]).collect()),
            TargetData::Values(values) => TargetData::Values(gather(values, self.outputs())),
        };
        let x = gather(&self.x, self.inputs());
        Ok(Self { name: self.name.clone(), schema: self.schema.clone(), x, targets })
    }
}

/// The largest label that [`Dataset::from_labels`] takes.
const MAX_LABEL: u32 = 65_535;

fn check_targets<S: Float>(
    schema: &Schema,
    targets: &TargetData<S>,
    rows: usize,
    outputs: usize,
) -> Result<(), DataError> {
    match (targets, &schema.target) {
        (TargetData::Classes(labels), TargetKind::Classes(_)) => {
            if labels.len() != rows {
                return Err(DataError::TargetLength { expected: rows, got: labels.len() });
            }
            if outputs < 2 {
                return Err(DataError::TooFewClasses { classes: outputs });
            }
            match labels.iter().position(|&label| label as usize >= outputs) {
                Some(row) => Err(DataError::Label { row, label: labels[row], classes: outputs }),
                None => Ok(()),
            }
        }
        (TargetData::Values(values), TargetKind::Values(_)) => {
            if outputs == 0 {
                return Err(DataError::NoOutputs);
            }
            if values.len() != rows * outputs {
                return Err(DataError::TargetLength { expected: rows * outputs, got: values.len() });
            }
            match values.iter().position(|value| !value.is_finite()) {
                Some(i) => {
                    let value = values[i].to_f64();
                    Err(DataError::TargetNotFinite { row: i / outputs, target: i % outputs, value })
                }
                None => Ok(()),
            }
        }
        _ => Err(DataError::TargetKind),
    }
}
