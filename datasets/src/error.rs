//! [`DatasetError`], what the front door and the file readers return, and [`DataError`], what data in memory can
//! be refused for.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::idx::IdxError;
use crate::table::CsvError;

/// Why a data set could not be had. Every message that concerns a file begins with its path.
///
/// ```
/// use bp_datasets::{LoadOptions, load};
/// let error = load::<f64>("irs", &LoadOptions::default()).unwrap_err();
/// assert!(error.to_string().starts_with("unknown data set `irs`, did you mean `iris`? known: "));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// The path leads nowhere.
    #[error("{}: no such file", path.display())]
    NoSuchFile {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{}: {error}", path.display())]
    Io {
        /// The path as it was given.
        path: PathBuf,
        /// Its reason.
        error: io::Error,
    },
    /// A table is not right.
    #[error("{}: {error}", path.display())]
    Csv {
        /// The path as it was given.
        path: PathBuf,
        /// What is wrong, and where.
        error: CsvError,
    },
    /// An IDX file is not right.
    #[error("{}: {error}", path.display())]
    Idx {
        /// The path as it was given.
        path: PathBuf,
        /// What is wrong.
        error: IdxError,
    },
    /// Two IDX files do not belong together.
    #[error("{} and {}: {error}", images.display(), labels.display())]
    Images {
        /// The path of the images.
        images: PathBuf,
        /// The path of the labels.
        labels: PathBuf,
        /// What does not fit.
        error: DataError,
    },
    /// The images for testing have another size than those for training.
    #[error("{}: images of {test_size} pixels, but those of {} have {train_size}", test.display(), train.display())]
    ImageSizes {
        /// The path of the images for training.
        train: PathBuf,
        /// Their height and width, or whatever dimensions they have.
        train_size: String,
        /// The path of the images for testing.
        test: PathBuf,
        /// Their dimensions.
        test_size: String,
    },
    /// The numbers do not make a data set.
    #[error("{0}")]
    Data(#[from] DataError),
    /// Gzip where any part of a file may be asked for.
    #[error("{}: is gzip, of which blocks cannot be read by themselves; unpack it first (gunzip)", path.display())]
    Packed {
        /// The path as it was given.
        path: PathBuf,
    },
    /// A file is not what it was, or not what others are.
    #[error("{}: {why}", path.display())]
    Unlike {
        /// The path of the file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// One of the files of a data set is not in its folder.
    #[error(
        "{}: neither `{file}` nor `{file}.gz` is here; get {dataset} by `bp data fetch {dataset}`, without internet by \
         `bp data fetch {dataset} --from FOLDER`, or name the folder that has it (--data-dir)",
        dir.display()
    )]
    MissingPart {
        /// Which data set was asked for.
        dataset: String,
        /// The folder that was searched.
        dir: PathBuf,
        /// The name of the file, without `.gz`.
        file: String,
    },
    /// No folder was given, and none can be guessed.
    #[error("no folder for `{dataset}`: give one, or set BP_DATA_DIR")]
    NoFolder {
        /// Which data set was asked for.
        dataset: String,
    },
    /// There is no data set of this name.
    #[error("unknown data set `{name}`{} known: {}", did_you_mean(*nearest), known.join(", "))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The known name most like it, if one is close.
        nearest: Option<&'static str>,
        /// All known names.
        known: Vec<&'static str>,
    },
}

/// Why numbers in memory do not make a [`Dataset`](crate::Dataset), or cannot be split. Rows are counted from 0.
///
/// ```
/// use bp_datasets::{DataError, Dataset};
/// let error = Dataset::from_values("lone", 2, &[1.0, 2.0, 3.0], 1, &[0.5]).unwrap_err();
/// assert_eq!(error, DataError::InputLength { inputs: 2, got: 3 });
/// assert_eq!(error.to_string(), "3 input values do not make rows of 2");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// No rows.
    #[error("a data set needs at least one row")]
    NoRows,
    /// A row without inputs.
    #[error("a row needs at least one input")]
    NoInputs,
    /// A row without outputs.
    #[error("a row needs at least one target")]
    NoOutputs,
    /// Images too large for one input per pixel.
    #[error("{inputs} inputs per row are more than the limit of {limit}")]
    TooManyInputs {
        /// Inputs per row.
        inputs: usize,
        /// The limit.
        limit: usize,
    },
    /// The inputs do not fill whole rows.
    #[error("{got} input values do not make rows of {inputs}")]
    InputLength {
        /// Inputs per row.
        inputs: usize,
        /// How many values there are.
        got: usize,
    },
    /// There are more or fewer targets than the rows need.
    #[error("expected {expected} target values, got {got}")]
    TargetLength {
        /// Rows times targets per row.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// A label beyond the classes.
    #[error("row {row} has label {label}, beyond the {classes} classes")]
    Label {
        /// Its row.
        row: usize,
        /// The label.
        label: u32,
        /// How many classes there are.
        classes: usize,
    },
    /// NaN or an infinity among the inputs.
    #[error("row {row}, input {input} is {value}, not a finite number")]
    InputNotFinite {
        /// Its row.
        row: usize,
        /// Which input of the row, counted from 0.
        input: usize,
        /// What stands there.
        value: f64,
    },
    /// NaN or an infinity among the targets.
    #[error("row {row}, target {target} is {value}, not a finite number")]
    TargetNotFinite {
        /// Its row.
        row: usize,
        /// Which target of the row, counted from 0.
        target: usize,
        /// What stands there.
        value: f64,
    },
    /// Nothing to tell apart.
    #[error("a classification needs at least 2 classes, got {classes}")]
    TooFewClasses {
        /// How many there are.
        classes: usize,
    },
    /// Classes are named, but only one occurs.
    #[error("all rows have the same label {label}, at least 2 are needed")]
    OneLabel {
        /// The label.
        label: u32,
    },
    /// The schema says classes where the data has values, or the other way round.
    #[error("the schema and the targets disagree: one has classes, the other values")]
    TargetKind,
    /// A row number beyond the data set.
    #[error("row {row} does not exist, there are {rows}")]
    NoSuchRow {
        /// The row asked for.
        row: usize,
        /// How many there are.
        rows: usize,
    },
    /// Images and labels do not pair up.
    #[error("{images} images but {labels} labels")]
    Counts {
        /// How many images.
        images: usize,
        /// How many labels.
        labels: usize,
    },
    /// Labels in an array of more than one dimension.
    #[error("labels need an idx file of 1 dimension, got {dims}")]
    LabelDims {
        /// How many dimensions the file has.
        dims: usize,
    },
    /// A test part that is nothing, or everything.
    #[error("the test fraction must lie between 0 and 1, got {fraction}")]
    TestFraction {
        /// What was given.
        fraction: f64,
    },
    /// A generator was asked for too little.
    #[error("this data set has at least {least} rows, got {rows}")]
    GeneratedRows {
        /// How many make sense.
        least: usize,
        /// What was asked for.
        rows: usize,
    },
    /// A standard deviation that is none.
    #[error("the noise must be a finite number not below 0, got {noise}")]
    Noise {
        /// What was given.
        noise: f64,
    },
    /// A length of spirals that is none.
    #[error("the number of turns must be finite, got {turns}")]
    Turns {
        /// What was given.
        turns: f64,
    },
    /// Too few rows to have both parts.
    #[error("a split needs at least 2 rows, got {rows}")]
    SplitRows {
        /// How many there are.
        rows: usize,
    },
}

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> Result<File, DatasetError> {
    File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => DatasetError::NoSuchFile { path: path.into() },
        _ => DatasetError::Io { path: path.into(), error },
    })
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(", did you mean `{name}`?")).unwrap_or_else(|| ";".into())
}
