//! [`Manifest`]: which public files make a data set, where they are, and what bytes they must have.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::table::Delimiter;

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
    /// What it is about, in a few words.
    pub about: String,
    /// Its license, as its makers or keepers state it.
    pub license: String,
    /// Whom to cite.
    pub citation: String,
    /// What is in it.
    pub shape: Shape,
    /// The names of the classes of images, in the order of their labels.
    #[serde(default)]
    pub classes: Vec<String>,
    /// How its only file is to be read; nothing for images.
    #[serde(default)]
    pub table: Option<TableFormat>,
    /// Its files.
    #[serde(rename = "file")]
    pub files: Vec<ManifestFile>,
}

/// How the table of a [`ManifestDataset`] is written.
///
/// ```
/// use bp_datasets::Manifest;
/// let wine = Manifest::built_in().get("wine-quality-red").and_then(|set| set.table.as_ref());
/// assert_eq!(wine.map(|table| (table.columns.len(), table.target.as_str())), Some((12, "quality")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableFormat {
    /// What stands between cells, as [`Delimiter`] reads it; a comma unless told.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// Whether the first line names the columns.
    pub header: bool,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// The one that is to be predicted.
    pub target: String,
    /// Those that are left out.
    #[serde(default)]
    pub skip: Vec<String>,
    /// Columns behind the others that some copies have; they are left out too.
    #[serde(default)]
    pub optional: Vec<String>,
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
    /// Its length; the most it may have, if no checksum is published.
    pub bytes: u64,
    /// Its SHA-256 in 64 lower-case hexadecimal digits; nothing if none is published.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Where it, or its archive, can be had, the best place first.
    pub urls: Vec<String>,
    /// The archive that it comes in.
    #[serde(default)]
    pub archive: Option<Archive>,
}

/// A compressed tar archive with a [`ManifestFile`] in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
    /// The path of the file in it.
    pub member: String,
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
    /// A table that nobody can read, or the only file without a checksum and a table to hold it against.
    #[error("the table of `{dataset}` is not described right: {why}")]
    Table {
        /// The data set.
        dataset: String,
        /// What is wrong.
        why: &'static str,
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
    pub fn built_in() -> &'static Self {
        static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
            Manifest::parse(include_str!("../manifest.toml")).expect("the built-in manifest is right")
        });
        &MANIFEST
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// If the text is not TOML, has other fields, names that are not plain file names, or a table without its target.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text).map_err(ManifestError::Toml)?;
        let names = manifest.datasets.iter().map(|dataset| dataset.name.as_str());
        check_names(names)?;
        for dataset in &manifest.datasets {
            let archives = dataset.files.iter().filter_map(|file| file.archive.as_ref());
            let files = dataset.files.iter().map(|file| file.name.as_str());
            check_names(files.chain(archives.map(|archive| archive.name.as_str())))?;
            dataset.files.iter().try_for_each(check_file)?;
            check_table(dataset).map_err(|why| ManifestError::Table { dataset: dataset.name.clone(), why })?;
        }
        Ok(manifest)
    }

    /// The data set of this name.
    pub fn get(&self, name: &str) -> Option<&ManifestDataset> {
        self.datasets.iter().find(|dataset| dataset.name == name)
    }
}

impl ManifestDataset {
    /// How many bytes come over the line at most.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.incoming().bytes).sum()
    }
}

impl TableFormat {
    /// What stands between cells.
    pub(crate) fn delimiter(&self) -> Delimiter {
        let text = self.delimiter.as_deref();
        text.map_or_else(Delimiter::default, |text| text.parse().expect("checked when the manifest was read"))
    }
}

/// What comes over the line: a file, or the archive that it is in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Incoming<'a> {
    pub(crate) name: &'a str,
    pub(crate) bytes: u64,
    pub(crate) sha256: Option<&'a str>,
}

impl ManifestFile {
    pub(crate) fn incoming(&self) -> Incoming<'_> {
        match &self.archive {
            Some(Archive { name, bytes, sha256, .. }) => Incoming { name, bytes: *bytes, sha256: Some(sha256) },
            None => self.itself(),
        }
    }

    pub(crate) fn itself(&self) -> Incoming<'_> {
        Incoming { name: &self.name, bytes: self.bytes, sha256: self.sha256.as_deref() }
    }
}

fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), ManifestError> {
    let mut seen = BTreeSet::new();
    for name in names {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        if !plain || name.is_empty() || name.starts_with('.') || name.len() > 200 {
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
    let archive = file.archive.as_ref().map(|archive| &archive.sha256);
    if file.sha256.iter().chain(archive).any(|sum| sum.len() != 64 || !sum.bytes().all(is_hex)) {
        return Err(ManifestError::Checksum { file: file.name.clone() });
    }
    let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    if file.urls.is_empty() || !file.urls.iter().all(is_web) {
        return Err(ManifestError::Url { file: file.name.clone() });
    }
    Ok(())
}

fn check_table(dataset: &ManifestDataset) -> Result<(), &'static str> {
    let Some(table) = &dataset.table else {
        let all_published = dataset.files.iter().all(|file| file.sha256.is_some());
        return if all_published { Ok(()) } else { Err("a file without sha256 must be a table") };
    };
    let has = |name: &String| table.columns.contains(name);
    if dataset.files.len() != 1 {
        return Err("it has one file");
    }
    if !has(&table.target) || !table.skip.iter().all(has) || table.skip.contains(&table.target) {
        return Err("target and skip must be different ones of the columns");
    }
    if dataset.shape.inputs + table.skip.len() + 1 != table.columns.len() {
        return Err("there must be as many columns as inputs, those in skip, and the target");
    }
    match &table.delimiter {
        Some(text) if text.parse::<Delimiter>().is_err() => Err("a delimiter is one character, `tab` or `space`"),
        _ => Ok(()),
    }
}
