//! [`CsvBlocks`]: tables that are read block by block.

use std::io::{BufReader, Read};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use bp_core::Float;
use bp_train::{Block, BlockError, RowBlocks, Schema, TargetKind};
use sha2::{Digest, Sha256};

use super::error::CsvError;
use super::known::{Layout, label, number, push_inputs};
use super::lines::{Lines, cells};
use super::rows::{Places, Row, Table};
use super::survey::Survey;
use super::{CsvOptions, Delimiter};
use crate::blocks::{Cuts, Stamp};
use crate::error::{DataError, DatasetError};

/// Tables on disk as blocks of rows, for data that do not fit into memory.
///
/// Opening reads every file once: it finds out what the columns are, exactly as [`read_csv`](crate::read_csv) does, checks
/// every cell, and notes where each block begins. From then on a block is read from its place, and no row is kept.
/// Files must be plain, because gzip can be read from its beginning only, and must stay as they are: one that
/// is written to meanwhile is refused. Blocks end with their file.
///
/// ```
/// use bp_datasets::{CsvBlocks, CsvOptions};
/// use bp_train::RowBlocks;
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("houses.csv");
/// std::fs::write(&path, "rooms,price\n1,10.5\n2,20.25\n3,30.75\n")?;
/// let houses = CsvBlocks::<f32>::open(&[&path], &CsvOptions::default(), 2)?;
/// assert_eq!(houses.sizes(), [2, 1]);
/// assert_eq!(houses.schema().columns[0].name, "rooms");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct CsvBlocks<S> {
    tables: Arc<Tables>,
    cuts: Cuts,
    scalar: PhantomData<fn() -> S>,
}

/// What all parts share.
struct Tables {
    files: Vec<Stamp>,
    delimiter: Delimiter,
    width: usize,
    places: Places,
    schema: Schema,
    layout: Layout,
    blocks: Vec<Start>,
    digest: [u8; 32],
}

/// Where a block begins: in which file, at which byte, behind which line.
struct Start {
    file: usize,
    byte: u64,
    line: u64,
}

impl<S: Float> CsvBlocks<S> {
    /// Opens tables with the same columns, in blocks of `block` rows.
    ///
    /// # Errors
    /// As [`read_csv_file`](crate::read_csv_file); also a file that is gzip, or has other columns than the first, no file,
    /// and blocks of no row.
    pub fn open(paths: &[impl AsRef<Path>], options: &CsvOptions, block: usize) -> Result<Self, DatasetError> {
        if block == 0 {
            return Err(DataError::NoRows.into());
        }
        let files: Vec<Stamp> = paths.iter().map(|path| Stamp::of(path.as_ref())).collect::<Result<_, _>>()?;
        let Some(first) = files.first() else { return Err(DataError::NoRows.into()) };
        let mut hash = Sha256::new();
        let (mut starts, mut sizes): (Vec<Start>, Vec<usize>) = Default::default();
        let mut known: Option<(Survey, Places, Vec<String>, bool)> = None;
        for (at, file) in files.iter().enumerate() {
            let wrong = |error| DatasetError::Csv { path: file.path.clone(), error };
            let reader = Hashing { file: file.open_at(0)?, hash: &mut hash };
            let mut table = Table::open(reader, options).map_err(wrong)?;
            let (survey, places, ..) = match &mut known {
                Some(known) if known.2 == table.names() && known.3 == table.has_header() => known,
                Some((_, _, names, _)) => {
                    let list = |names: &[String]| names.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
                    let (expected, got) = (list(names), list(table.names()));
                    let first = first.path.display();
                    return Err(file.unlike(format!("has the columns {got}, but {first} has {expected}")));
                }
                None => {
                    let survey = Survey::new(&table, options).map_err(wrong)?;
                    known.insert((survey, table.places(), table.names().to_vec(), table.has_header()))
                }
            };
            let before = survey.rows;
            while let Some(row) = table.next().map_err(wrong)? {
                let line = row.line;
                survey.see::<S>(at, &row, places).map_err(wrong)?;
                if (survey.rows - before - 1).is_multiple_of(block) {
                    starts.push(Start { file: at, byte: table.start(), line: line - 1 });
                    sizes.push(0);
                }
                *sizes.last_mut().expect("a block was begun") += 1;
            }
            file.check()?;
        }
        let (survey, places, names, _) = known.expect("there is a file");
        let wrong = |(at, error): (usize, CsvError)| DatasetError::Csv { path: files[at].path.clone(), error };
        let (schema, layout) = survey.finish::<S>(&names, &places).map_err(wrong)?;
        hash.update(format!("{} {options:?} {block}", S::NAME));
        let tables = Tables {
            delimiter: options.delimiter,
            width: names.len(),
            places,
            schema,
            layout,
            blocks: starts,
            digest: hash.finalize().into(),
            files,
        };
        Ok(Self { tables: Arc::new(tables), cuts: Cuts::new(sizes), scalar: PhantomData })
    }

    /// The rest, and a part with about `share` of the rows, the same for the same seed and blocks. Rows are chosen at random
    /// in each block, not class by class, and stay in the order of the file.
    ///
    /// # Errors
    /// If the share is not between 0 and 1, both excluded, or there are fewer than 2 rows.
    pub fn split(&self, share: f64, seed: u64) -> Result<(Self, Self), DataError> {
        let (rest, part) = self.cuts.split(share, seed)?;
        let with = |cuts| Self { tables: Arc::clone(&self.tables), cuts, scalar: PhantomData };
        Ok((with(rest), with(part)))
    }

    /// What the columns mean.
    pub fn schema(&self) -> &Schema {
        &self.tables.schema
    }

    /// How many rows this part has.
    pub fn rows(&self) -> usize {
        self.cuts.sizes().iter().sum()
    }

    fn read_block(&self, number: usize, into: &mut Block<S>) -> Result<(), DatasetError> {
        let tables = &*self.tables;
        let Start { file, byte, line } = tables.blocks[number];
        let file = &tables.files[file];
        let mut lines = Lines::behind(BufReader::new(file.open_at(byte)?), line, byte);
        let chosen = self.cuts.chosen(number);
        let wrong = |error| DatasetError::Csv { path: file.path.clone(), error };
        for (n, is_chosen) in (1..).zip(&chosen) {
            let gone = || file.unlike(format!("line {} is gone since reading began", line + n));
            let (line, text) = lines.next().map_err(wrong)?.ok_or_else(gone)?;
            if *is_chosen {
                tables.push(line, text, into).map_err(wrong)?;
            }
        }
        file.check()
    }
}

impl Tables {
    fn push<S: Float>(&self, line: u64, text: &str, into: &mut Block<S>) -> Result<(), CsvError> {
        let row = Row { line, cells: cells(text, line, self.delimiter)? };
        if row.cells.len() != self.width {
            return Err(CsvError::Ragged { line, expected: self.width, got: row.cells.len() });
        }
        let place = |column| self.places.at(line, column);
        push_inputs(&mut into.x, &row, &self.schema, &self.layout, &place)?;
        for &column in &self.layout.targets {
            let text = &row.cells[column];
            match &self.schema.target {
                TargetKind::Classes(known) => into.classes.push(label::<S>(text, known, || place(column))?),
                TargetKind::Values(_) => into.values.push(number(text, || place(column))?),
            }
        }
        Ok(())
    }
}

impl<S: Float> RowBlocks<S> for CsvBlocks<S> {
    fn sizes(&self) -> &[usize] {
        self.cuts.sizes()
    }

    fn has_classes(&self) -> bool {
        matches!(self.tables.schema.target, TargetKind::Classes(_))
    }

    fn digest(&self) -> [u8; 32] {
        Sha256::new().chain_update(self.tables.digest).chain_update(self.cuts.name()).finalize().into()
    }

    fn read(&mut self, block: usize, into: &mut Block<S>) -> Result<(), BlockError> {
        self.read_block(block, into).map_err(|error| BlockError::Source(error.to_string()))
    }
}

/// A file whose bytes are hashed as they go by.
struct Hashing<'a, R> {
    file: R,
    hash: &'a mut Sha256,
}

impl<R: Read> Read for Hashing<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.hash.update(&buffer[..n]);
        Ok(n)
    }
}
