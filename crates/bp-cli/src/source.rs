//! Where rows come from: a data set by its name or a table by its path, cut into a training and a test part.

use std::path::{Path, PathBuf};

use bp_core::{Examples, Targets};
use bp_datasets::{Dataset, LoadOptions, Loaded, TargetData, load, names, read_csv_file, read_with_schema_file};
use bp_train::{Schema, TargetKind};

use crate::args::{TableArgs, TaskName};
use crate::backend::Number;
use crate::failure::Failure;

/// Rows below which nothing is put aside unless told.
pub(crate) const MIN_ROWS_TO_SPLIT: usize = 20;
pub(crate) const TEST_FRACTION: f64 = 0.2;

/// What a user means by `data`.
pub(crate) struct Source<'a> {
    pub(crate) data: &'a str,
    pub(crate) data_dir: Option<&'a PathBuf>,
    pub(crate) table: &'a TableArgs,
    pub(crate) test_fraction: Option<f64>,
    pub(crate) seed: u64,
}

/// Rows for training, and for testing if any were put aside.
pub(crate) struct Parts<S: Number> {
    pub(crate) train: Dataset<S>,
    pub(crate) test: Option<Dataset<S>>,
    /// True for images from a folder, whose inputs are 0 to 1 and whose parts are fixed.
    pub(crate) images: bool,
}

impl Source<'_> {
    /// Reads the data and splits it; `task` settles what a table's target is.
    pub(crate) fn parts<S: Number>(&self, task: Option<TaskName>) -> Result<Parts<S>, Failure> {
        self.check()?;
        let loaded = match self.is_file() {
            true => Loaded::Whole(read_csv_file(self.data, &self.table.options(task))?),
            false => self.named(task)?,
        };
        self.split(loaded)
    }

    /// The same for rows that a model is to be judged by; refuses what does not have the model's columns.
    pub(crate) fn parts_like<S: Number>(&self, schema: &Schema, model: &Path) -> Result<Parts<S>, Failure> {
        self.check()?;
        if self.is_file() {
            let data = read_with_schema_file(self.data, schema, &self.table.options(None))?;
            return self.split(Loaded::Whole(data));
        }
        let loaded = self.named::<S>(None)?;
        let has = match &loaded {
            Loaded::Whole(data) => data.schema(),
            Loaded::Parts(parts) => parts.train.schema(),
        };
        match difference(schema, has) {
            None => self.split(loaded),
            Some(why) => Err(Failure::Columns { data: self.data.into(), model: model.into(), why }),
        }
    }

    /// Whether it is a path: whatever is no known name and looks like one, or is there.
    pub(crate) fn is_file(&self) -> bool {
        let is_known = names().iter().any(|set| set.name == self.data);
        !is_known && (self.data.contains(['.', '/', '\\']) || Path::new(self.data).exists())
    }

    /// Whether a data set of this name comes with a test part of its own.
    pub(crate) fn has_parts(data: &str) -> bool {
        names().iter().any(|set| set.name == data && set.needs_folder())
    }

    pub(crate) fn check(&self) -> Result<(), Failure> {
        let is_built_in = names().iter().any(|set| set.name == self.data && !set.needs_folder());
        if self.data_dir.is_some() && (is_built_in || self.is_file()) {
            let why = format!("--data-dir means nothing here: no files are fetched for {}", self.data);
            return Err(Failure::Usage(why));
        }
        match self.test_fraction {
            Some(fraction) if !(0.0..1.0).contains(&fraction) => {
                Err(Failure::Usage(format!("--test-fraction is {fraction}, expected a number from 0 to below 1")))
            }
            _ => Ok(()),
        }
    }

    fn named<S: Number>(&self, task: Option<TaskName>) -> Result<Loaded<S>, Failure> {
        let name = self.data;
        let options = LoadOptions { data_dir: self.data_dir.cloned(), seed: self.seed };
        let loaded = load::<S>(name, &options)?;
        if let Some(option) = self.table.first_given() {
            return Err(Failure::Usage(format!("{option} is for tables, but {name} is a data set known by name")));
        }
        let schema = match &loaded {
            Loaded::Whole(data) => data.schema(),
            Loaded::Parts(parts) => parts.train.schema(),
        };
        let (is, does_not_fit) = match &schema.target {
            TargetKind::Classes(_) => ("classes", task == Some(TaskName::Regress)),
            TargetKind::Values(_) => ("values", task == Some(TaskName::Classify)),
        };
        match does_not_fit {
            true => Err(Failure::Usage(format!("--task does not fit: the targets of {name} are {is}"))),
            false => Ok(loaded),
        }
    }

    fn split<S: Number>(&self, loaded: Loaded<S>) -> Result<Parts<S>, Failure> {
        let whole = match loaded {
            Loaded::Parts(_) if self.test_fraction.is_some() => {
                let why = format!("--test-fraction means nothing here: {} comes with its own test part", self.data);
                return Err(Failure::Usage(why));
            }
            Loaded::Parts(parts) => return Ok(Parts { train: parts.train, test: Some(parts.test), images: true }),
            Loaded::Whole(whole) => whole,
        };
        let default = if whole.rows() < MIN_ROWS_TO_SPLIT { 0.0 } else { TEST_FRACTION };
        let fraction = self.test_fraction.unwrap_or(default);
        if fraction <= 0.0 {
            return Ok(Parts { train: whole, test: None, images: false });
        }
        let parts =
            whole.split(fraction, self.seed).map_err(|error| Failure::Data { data: self.data.into(), error })?;
        Ok(Parts { train: parts.train, test: Some(parts.test), images: false })
    }
}

impl<S: Number> Parts<S> {
    /// All rows, those for training first.
    pub(crate) fn joined(&self) -> Result<Dataset<S>, Failure> {
        let Some(test) = &self.test else { return Ok(self.train.clone()) };
        let train = &self.train;
        let targets = match (train.targets(), test.targets()) {
            (TargetData::Classes(a), TargetData::Classes(b)) => TargetData::Classes([&a[..], b].concat()),
            (TargetData::Values(a), TargetData::Values(b)) => TargetData::Values([&a[..], b].concat()),
            _ => unreachable!("both parts have the schema of the whole"),
        };
        Dataset::new(train.name(), train.schema().clone(), [train.x(), test.x()].concat(), targets)
            .map_err(|error| Failure::Data { data: train.name().into(), error })
    }
}

/// A data set as the trainer wants it.
pub(crate) fn examples<S: Number>(data: &Dataset<S>) -> Examples<'_, S> {
    let targets = match data.targets() {
        TargetData::Classes(labels) => Targets::Classes(labels),
        TargetData::Values(values) => Targets::Rows(values),
    };
    Examples::new(data.x(), targets)
}

/// The first difference between the schema of a model and that of a data set.
fn difference(model: &Schema, data: &Schema) -> Option<String> {
    let (want, has) = (model.columns.len(), data.columns.len());
    if want != has {
        return Some(format!("expected {want} input columns, got {has}"));
    }
    let unlike = model.columns.iter().zip(&data.columns).enumerate().find(|(_, (want, has))| want != has);
    if let Some((at, (want, has))) = unlike {
        return Some(format!("input column {} is expected to be `{}`, got `{}`", at + 1, want.name, has.name));
    }
    match (&model.target, &data.target) {
        (want, has) if want == has => None,
        (TargetKind::Classes(want), TargetKind::Classes(has)) => {
            Some(format!("expected the classes {}, got {}", want.join(", "), has.join(", ")))
        }
        (TargetKind::Values(want), TargetKind::Values(has)) => {
            Some(format!("expected the targets {}, got {}", want.join(", "), has.join(", ")))
        }
        (TargetKind::Classes(_), _) => Some("expected classes as targets, got values".into()),
        (TargetKind::Values(_), _) => Some("expected values as targets, got classes".into()),
    }
}
