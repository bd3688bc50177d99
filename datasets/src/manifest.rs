//! [`Manifest`]: which public files make a data set, where they are, and what bytes they must have.

use std::collections::BTreeSet;

use serde::Deserialize;

/// The data sets of `manifest.toml`.
///
/// ```
/// use bp_datasets::Manifest;
/// let manifest = Manifest::built_in();
/// let mnist = manifest.get("mnist").unwrap();
/// assert_eq!(mnist.shape.rows, 60_000);
/// assert_eq!(mnist.files.len(), 4);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The data sets.
    #[serde(rename = "dataset")]
    pub datasets: Vec<ManifestDataset>,
}

/// One data set of a [`Manifest`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestDataset {
    /// Its name, also that of its folder.
    pub name: String,
    /// Its license, as its makers or keepers state it.
    pub license: String,
    /// Whom to cite.
    pub citation: String,
    /// What is in it.
    pub shape: Shape,
    /// Its files.
    #[serde(rename = "file")]
    pub files: Vec<ManifestFile>,
}

/// How large a data set is. Columns of text count as one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Rows, or those of the training part.
    pub rows: usize,
    /// Rows of the test part, 0 if there is none.
    #[serde(default)]
    pub test_rows: usize,
    /// Input columns.
    pub inputs: usize,
    /// Classes, 0 if the target is a value.
    #[serde(default)]
    pub classes: usize,
}

/// One file of a [`ManifestDataset`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Where it can be had, the best place first.
    pub urls: Vec<String>,
}

/// Why a text is not a [`Manifest`].
///
/// ```
/// use bp_datasets::Manifest;
/// let error = Manifest::parse("dataset = 3").unwrap_err();
/// assert!(error.to_string().starts_with("the manifest is not right: "));
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not TOML, or not the fields of a manifest.
    #[error("the manifest is not right: {0}")]
    Toml(toml::de::Error),
    /// A name that could lead out of its folder.
    #[error("`{name}` cannot be the name of a file or folder of a data set")]
    Name {
        /// The name.
        name: String,
    },
    /// A name for two things.
    #[error("`{name}` occurs twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// A checksum that is none.
    #[error("the sha-256 of `{file}` is not 64 lower-case hexadecimal digits")]
    Checksum {
        /// The file.
        file: String,
    },
    /// A file without an address, or with one that is not http or https.
    #[error("`{file}` has no address, or one that is not http or https")]
    Url {
        /// The file.
        file: String,
    },
}

impl Manifest {
    /// The manifest that is part of the program.
    pub fn built_in() -> Self {
        Self::parse(include_str!("../manifest.toml")).expect("the built-in manifest is right")
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// If the text is not TOML, has other fields, or names that are not plain file names.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text).map_err(ManifestError::Toml)?;
        let names = manifest.datasets.iter().map(|dataset| dataset.name.as_str());
        check_names(names)?;
        for dataset in &manifest.datasets {
            check_names(dataset.files.iter().map(|file| file.name.as_str()))?;
            dataset.files.iter().try_for_each(check_file)?;
        }
        Ok(manifest)
    }

    /// The data set of this name.
    pub fn get(&self, name: &str) -> Option<&ManifestDataset> {
        self.datasets.iter().find(|dataset| dataset.name == name)
    }
}

fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), ManifestError> {
    let mut seen = BTreeSet::new();
    for name in names {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        if !plain || name.is_empty() || name.starts_with('.') || name.len() > 255 {
            return Err(ManifestError::Name { name: name.into() });
        }
        if !seen.insert(name) {
            return Err(ManifestError::Twice { name: name.into() });
        }
    }
    Ok(())
}

fn check_file(file: &ManifestFile) -> Result<(), ManifestError> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if file.sha256.len() != 64 || !file.sha256.bytes().all(is_hex) {
        return Err(ManifestError::Checksum { file: file.name.clone() });
    }
    let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    if file.urls.is_empty() || !file.urls.iter().all(is_web) {
        return Err(ManifestError::Url { file: file.name.clone() });
    }
    Ok(())
}
