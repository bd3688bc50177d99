//! [`load`], the front door: every data set by its name.

use std::path::PathBuf;

use bp_core::{Float, Real};

use crate::cache::cache_dir;
use crate::dataset::Dataset;
use crate::error::{DataError, DatasetError};
use crate::images::load_image_folder;
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
    /// Whether its files have to be in a folder; if not, it is built in or generated.
    ///
    /// ```
    /// let set = |name| bp_datasets::names().iter().find(|set| set.name == name);
    /// assert_eq!(set("mnist").map(|set| set.needs_folder()), Some(true));
    /// assert_eq!(set("iris").map(|set| set.needs_folder()), Some(false));
    /// ```
    pub fn needs_folder(&self) -> bool {
        FROM_FOLDERS.contains(&self.name)
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
    /// The folder with the files of `mnist`, `fashion-mnist` or `kmnist`, or with a folder of that name. Unless
    /// told, the folder of that name in [`cache_dir`].
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
    &NAMES
}

/// A data set by its name: see [`names`].
///
/// ```
/// use bp_datasets::{LoadOptions, load};
/// let parts = load::<f64>("spirals", &LoadOptions::default())?.split(0.25, 1)?;
/// assert_eq!(parts.test.rows(), 48);
/// # Ok::<(), bp_datasets::DatasetError>(())
/// ```
///
/// # Errors
/// If the name is not known; and for the sets of images, if their folder cannot be found or a file in it is missing
/// or wrong.
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
        "spirals" => generate::spirals(194, seed, 0.0)?,
        "sine" => generate::sine(100, seed, 0.3)?,
        "bishop-square" => generate::bishop_square(50, seed, 0.0)?,
        "bishop-sine" => generate::bishop_sine(50, seed, 0.0)?,
        "bishop-abs" => generate::bishop_abs(50, seed, 0.0)?,
        "bishop-step" => generate::bishop_step(50, seed, 0.0)?,
        "mnist" => return images(name, &DIGITS, options),
        "fashion-mnist" => return images(name, &FASHION, options),
        "kmnist" => return images(name, &KANA, options),
        _ => return Err(unknown(name)),
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

const NAMES: [Named; 16] = [
    Named { name: "iris", about: "iris flowers, 150 rows, 4 inputs, 3 classes; built in" },
    Named { name: "digits", about: "handwritten digits of 8x8 pixels, 1797 rows, 64 inputs, 10 classes; built in" },
    Named { name: "wine", about: "wine cultivars by chemistry, 178 rows, 13 inputs, 3 classes; built in" },
    Named { name: "breast-cancer", about: "Wisconsin breast cancer, 569 rows, 30 inputs, 2 classes; built in" },
    Named { name: "diabetes", about: "progress of diabetes, 442 rows, 10 inputs, 1 value; built in" },
    Named { name: "sunspots", about: "sunspots from the 9 years before, 300 rows, 9 inputs, 1 value; built in" },
    Named { name: "xor", about: "exclusive or, 4 rows, 2 inputs, 2 classes; generated" },
    Named { name: "spirals", about: "two spirals, 194 rows, 2 inputs, 2 classes; generated" },
    Named { name: "sine", about: "noisy sin(2πx), 100 rows, 1 input, 1 value; generated" },
    Named { name: "bishop-square", about: "x², 50 rows, 1 input, 1 value; generated" },
    Named { name: "bishop-sine", about: "sin(x), 50 rows, 1 input, 1 value; generated" },
    Named { name: "bishop-abs", about: "|x|, 50 rows, 1 input, 1 value; generated" },
    Named { name: "bishop-step", about: "step from 0 to 1, 50 rows, 1 input, 1 value; generated" },
    Named { name: "mnist", about: "handwritten digits of 28x28 pixels, 60000 + 10000 rows, 10 classes; from a folder" },
    Named { name: "fashion-mnist", about: "clothing, 28x28 pixels, 60000 + 10000 rows, 10 classes; from a folder" },
    Named { name: "kmnist", about: "cursive Japanese, 28x28 pixels, 60000 + 10000 rows, 10 classes; from a folder" },
];

const FROM_FOLDERS: [&str; 3] = ["mnist", "fashion-mnist", "kmnist"];

const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const KANA: [&str; 10] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"];
const FASHION: [&str; 10] =
    ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

fn images<S: Float>(name: &str, classes: &[&str], options: &LoadOptions) -> Result<Loaded<S>, DatasetError> {
    let dir = match &options.data_dir {
        Some(dir) if dir.join(name).is_dir() => dir.join(name),
        Some(dir) => dir.clone(),
        None => cache_dir().ok_or_else(|| DatasetError::NoFolder { dataset: name.into() })?.join(name),
    };
    load_image_folder(name, dir, classes).map(Loaded::Parts)
}

fn unknown(name: &str) -> DatasetError {
    let known: Vec<&'static str> = NAMES.iter().map(|set| set.name).collect();
    let lower = name.to_lowercase();
    let close = |known: &&str| distance(&lower, known) <= known.len().max(name.len()) / 3;
    let nearest = known.iter().copied().filter(close).min_by_key(|known| distance(&lower, known));
    DatasetError::Unknown { name: name.into(), nearest, known }
}

/// How many letters must be put in, taken out, changed, or swapped with the next to get from one name to the other
/// (Damerau 1964, each letter touched once).
fn distance(a: &str, b: &str) -> usize {
    let [a, b]: [Vec<char>; 2] = [a, b].map(|name| name.chars().collect());
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = change.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(table[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    table[a.len()][b.len()]
}
