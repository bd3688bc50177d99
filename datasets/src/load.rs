//! [`load`], the front door: every data set by its name.

use std::path::PathBuf;
use std::sync::LazyLock;

use bp_core::{Float, Real};

use crate::cache::cache_dir;
use crate::dataset::Dataset;
use crate::error::{DataError, DatasetError};
use crate::images::load_image_folder;
use crate::known_tables::load_table;
use crate::manifest::{Manifest, ManifestDataset};
use crate::nearest::nearest;
use crate::split::Split;
use crate::{embedded, generate};

/// The name of a data set that [`load`] knows, and what it is.
///
/// ```
/// assert!(bp_datasets::names().iter().any(|set| set.name == "iris"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
}

impl Named {
    /// Whether it is one of the [`Manifest`], whose files have to be in a folder; if not, it is built in or generated.
    ///
    /// ```
    /// let set = |name| bp_datasets::names().iter().find(|set| set.name == name);
    /// assert_eq!(set("mnist").map(|set| set.needs_folder()), Some(true));
    /// assert_eq!(set("iris").map(|set| set.needs_folder()), Some(false));
    /// ```
    pub fn needs_folder(&self) -> bool {
        Manifest::built_in().get(self.name).is_some()
    }
}

/// What [`load`] may need to know.
///
/// ```
/// use bp_datasets::{LoadOptions, load};
/// let options = LoadOptions { seed: 7, ..LoadOptions::default() };
/// assert_ne!(load::<f32>("sine", &options)?, load::<f32>("sine", &LoadOptions::default())?);
/// # Ok::<(), bp_datasets::DatasetError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoadOptions {
    /// The folder with the files of a data set of the [`Manifest`], or with a folder of that name. Unless told, the
    /// folder of that name in [`cache_dir`], where it is put when it is fetched.
    pub data_dir: Option<PathBuf>,
    /// The seed of generated data.
    pub seed: u64,
}

/// What [`load`] gives.
///
/// ```
/// use bp_datasets::{LoadOptions, Loaded, load};
/// let Loaded::Whole(wine) = load::<f32>("wine", &LoadOptions::default())? else { panic!() };
/// assert_eq!(wine.rows(), 178);
/// # Ok::<(), bp_datasets::DatasetError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Loaded<S: Real> {
    /// A data set to be split.
    Whole(Dataset<S>),
    /// One that its makers have split.
    Parts(Split<S>),
}

/// The names that [`load`] knows.
pub fn names() -> &'static [Named] {
    static ABOUT: LazyLock<Vec<String>> = LazyLock::new(|| Manifest::built_in().datasets.iter().map(about).collect());
    static NAMES: LazyLock<Vec<Named>> = LazyLock::new(|| {
        let fetched =
            Manifest::built_in().datasets.iter().zip(&*ABOUT).map(|(set, about)| Named { name: &set.name, about });
        BUILT_IN.into_iter().chain(fetched).collect()
    });
    &NAMES
}

/// A data set by its name: see [`names`].
///
/// ```
/// use bp_datasets::{LoadOptions, load};
/// let parts = load::<f64>("spirals-194", &LoadOptions::default())?.split(0.25, 1)?;
/// assert_eq!(parts.test.rows(), 48);
/// # Ok::<(), bp_datasets::DatasetError>(())
/// ```
///
/// # Errors
/// If the name is not known; and for those of the [`Manifest`], if their folder cannot be found or a file in it is
/// missing or wrong.
pub fn load<S: Float>(name: &str, options: &LoadOptions) -> Result<Loaded<S>, DatasetError> {
    let seed = options.seed;
    let whole = match name {
        "iris" => embedded::iris(),
        "wine" => embedded::wine(),
        "breast-cancer" => embedded::breast_cancer(),
        "digits" => embedded::digits(),
        "diabetes" => embedded::diabetes(),
        "sunspots" => embedded::sunspots(),
        "xor" => generate::xor(4, seed, 0.0)?,
        "spirals" => generate::spirals(1000, 1.25, seed, 0.0)?,
        "spirals-194" => generate::spirals(194, 3.0, seed, 0.0)?.named(name),
        "sine" => generate::sine(100, seed, 0.3)?,
        "bishop-square" => generate::bishop_square(50, seed, 0.0)?,
        "bishop-sine" => generate::bishop_sine(50, seed, 0.0)?,
        "bishop-abs" => generate::bishop_abs(50, seed, 0.0)?,
        "bishop-step" => generate::bishop_step(50, seed, 0.0)?,
        _ => match Manifest::built_in().get(name) {
            Some(set) => return from_folder(set, options),
            None => return Err(unknown(name)),
        },
    };
    Ok(Loaded::Whole(whole))
}

impl<S: Real> Loaded<S> {
    /// The parts as they came, or else those of [`Dataset::split`].
    ///
    /// # Errors
    /// As [`Dataset::split`].
    pub fn split(self, test_fraction: f64, seed: u64) -> Result<Split<S>, DataError> {
        match self {
            Self::Whole(data) => data.split(test_fraction, seed),
            Self::Parts(parts) => Ok(parts),
        }
    }
}

const BUILT_IN: [Named; 14] = [
    Named { name: "iris", about: "iris flowers, 150 rows, 4 inputs, 3 classes; built in" },
    Named { name: "digits", about: "handwritten digits of 8x8 pixels, 1797 rows, 64 inputs, 10 classes; built in" },
    Named { name: "wine", about: "wine cultivars by chemistry, 178 rows, 13 inputs, 3 classes; built in" },
    Named { name: "breast-cancer", about: "Wisconsin breast cancer, 569 rows, 30 inputs, 2 classes; built in" },
    Named { name: "diabetes", about: "progress of diabetes, 442 rows, 10 inputs, 1 value; built in" },
    Named { name: "sunspots", about: "sunspots from the 9 years before, 300 rows, 9 inputs, 1 value; built in" },
    Named { name: "xor", about: "exclusive or, 4 rows, 2 inputs, 2 classes; generated" },
    Named {
        name: "spirals",
        about: "two spirals of one and a quarter turns, 1000 rows, 2 inputs, 2 classes; generated",
    },
    Named {
        name: "spirals-194",
        about: "Lang and Witbrock's two, of three turns, 194 rows, 2 inputs, 2 classes; generated",
    },
    Named { name: "sine", about: "noisy sin(2πx), 100 rows, 1 input, 1 value; generated" },
    Named { name: "bishop-square", about: "x², 50 rows, 1 input, 1 value; generated" },
    Named { name: "bishop-sine", about: "sin(x), 50 rows, 1 input, 1 value; generated" },
    Named { name: "bishop-abs", about: "|x|, 50 rows, 1 input, 1 value; generated" },
    Named { name: "bishop-step", about: "step from 0 to 1, 50 rows, 1 input, 1 value; generated" },
];

/// One line about a data set of the manifest.
fn about(set: &ManifestDataset) -> String {
    let shape = &set.shape;
    let rows = match shape.test_rows {
        0 => format!("{} rows", shape.rows),
        test_rows => format!("{} + {test_rows} rows", shape.rows),
    };
    let targets = match shape.classes {
        0 => "1 value".into(),
        classes => format!("{classes} classes"),
    };
    format!("{}, {rows}, {} inputs, {targets}; to be fetched", set.about, shape.inputs)
}

fn from_folder<S: Float>(set: &ManifestDataset, options: &LoadOptions) -> Result<Loaded<S>, DatasetError> {
    let name = &set.name;
    let dir = match &options.data_dir {
        Some(dir) if dir.join(name).is_dir() => dir.join(name),
        Some(dir) => dir.clone(),
        None => cache_dir().ok_or_else(|| DatasetError::NoFolder { dataset: name.clone() })?.join(name),
    };
    match &set.table {
        Some(table) => load_table(set, table, &dir).map(Loaded::Whole),
        None => {
            let classes: Vec<&str> = set.classes.iter().map(String::as_str).collect();
            load_image_folder(name, dir, &classes).map(Loaded::Parts)
        }
    }
}

fn unknown(name: &str) -> DatasetError {
    let known: Vec<&'static str> = names().iter().map(|set| set.name).collect();
    DatasetError::Unknown { name: name.into(), nearest: nearest(name, known.iter().copied()), known }
}
