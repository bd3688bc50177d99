//! The tables of the manifest, read as it says they are written.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bp_core::Float;
use bp_train::{Column, Schema, TargetKind};

use crate::dataset::Dataset;
use crate::error::{DatasetError, open};
use crate::gzip::unpacked;
use crate::manifest::{ManifestDataset, ManifestFile, TableFormat};
use crate::table::{CsvOptions, Delimiter, Task, read_csv};

/// Reads the table of a data set from its folder, plain or as `.gz`.
pub(crate) fn load_table<S: Float>(
    set: &ManifestDataset,
    format: &TableFormat,
    dir: &Path,
) -> Result<Dataset<S>, DatasetError> {
    let file = &set.files[0];
    let path = find(set, file, dir)?;
    read_table(set, format, file, open(&path)?).map_err(|error| error.at(path))
}

/// Why a table is not the one of the manifest, before its path is known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TableError {
    #[error("cannot read: {0}")]
    Io(std::io::Error),
    #[error(transparent)]
    Csv(#[from] crate::table::CsvError),
    #[error("{0}")]
    Unlike(String),
}

impl TableError {
    fn at(self, path: PathBuf) -> DatasetError {
        match self {
            Self::Io(error) => DatasetError::Io { path, error },
            Self::Csv(error) => DatasetError::Csv { path, error },
            Self::Unlike(why) => DatasetError::Unlike { path, why },
        }
    }
}

/// Reads a table that must have exactly the rows and columns of the manifest.
pub(crate) fn read_table<S: Float>(
    set: &ManifestDataset,
    format: &TableFormat,
    file: &ManifestFile,
    reader: File,
) -> Result<Dataset<S>, TableError> {
    let mut text = Vec::new();
    let limit = file.bytes + 1;
    unpacked(reader, limit).and_then(|whole| whole.take(limit).read_to_end(&mut text)).map_err(TableError::Io)?;
    if text.len() as u64 > file.bytes {
        return Err(TableError::Unlike(format!("too long: expected at most {} bytes", file.bytes)));
    }
    let data: Dataset<S> = read_csv(&text[..], &set.name, &options(set, format, &text))?;
    let Schema { columns, target } = data.schema();
    let names: Vec<&String> =
        format.columns.iter().filter(|name| **name != format.target && !format.skip.contains(name)).collect();
    if columns.len() != names.len() {
        let skipped = format.skip.len() + 1;
        let (expected, got) = (format.columns.len(), columns.len() + skipped);
        return Err(TableError::Unlike(format!("expected {expected} columns, got {got}")));
    }
    if data.rows() != set.shape.rows {
        return Err(TableError::Unlike(format!("expected {} rows, got {}", set.shape.rows, data.rows())));
    }
    let columns = columns.iter().zip(names).map(|(column, name)| Column { name: name.clone(), ..column.clone() });
    let target = match target {
        TargetKind::Values(_) => TargetKind::Values(vec![format.target.clone()]),
        classes => classes.clone(),
    };
    let schema = Schema { columns: columns.collect(), target };
    Ok(data.with_schema(schema))
}

fn options(set: &ManifestDataset, format: &TableFormat, text: &[u8]) -> CsvOptions {
    let delimiter = format.delimiter();
    let number = |name: &String| format.columns.iter().position(|column| column == name).map(|at| at + 1);
    let first_line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let n_cells = match delimiter {
        Delimiter::Char(char) => String::from_utf8_lossy(first_line).split(char).count(),
        Delimiter::Space => String::from_utf8_lossy(first_line).split_whitespace().count(),
    };
    let known = format.columns.len();
    let optional = (known + 1..=n_cells).filter(|_| n_cells == known + format.optional.len());
    CsvOptions {
        delimiter,
        header: Some(format.header),
        target: number(&format.target).map(|number| number.to_string()),
        task: Some(if set.shape.classes > 0 { Task::Classify } else { Task::Regress }),
        skip: format.skip.iter().filter_map(number).chain(optional).map(|number| number.to_string()).collect(),
    }
}

fn find(set: &ManifestDataset, file: &ManifestFile, dir: &Path) -> Result<PathBuf, DatasetError> {
    [file.name.clone(), format!("{}.gz", file.name)]
        .into_iter()
        .map(|name| dir.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| DatasetError::MissingPart {
            dataset: set.name.clone(),
            dir: dir.into(),
            file: file.name.clone(),
        })
}
