//! [`IdxBlocks`]: images and labels that are read block by block.

use std::io::Read;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use bp_core::Float;
use bp_train::{Block, BlockError, RowBlocks, Schema, TargetKind};
use sha2::{Digest, Sha256};

use crate::blocks::{Cuts, Stamp};
use crate::error::{DataError, DatasetError};
use crate::idx::{IdxError, read_dims};
use crate::images::{MAX_PIXELS, pixels};

/// A pair of IDX files on disk as blocks of rows: images with their labels, pixels as 0 to 1, whatever their size
/// together. Plain files only, which must stay as they are; see [`CsvBlocks`](crate::CsvBlocks).
///
/// ```
/// use bp_datasets::{Idx, IdxBlocks};
/// use bp_train::RowBlocks;
/// # let folder = tempfile::tempdir()?;
/// let [images, labels] = ["images", "labels"].map(|name| folder.path().join(name));
/// Idx::new(vec![3, 1, 2], vec![0, 51, 255, 0, 0, 0])?.write(std::fs::File::create(&images)?)?;
/// Idx::new(vec![3], vec![1, 0, 1])?.write(std::fs::File::create(&labels)?)?;
/// let blocks = IdxBlocks::<f32>::open(&images, &labels, &[], 2)?;
/// assert_eq!((blocks.sizes(), blocks.schema().outputs()), (&[2, 1][..], 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct IdxBlocks<S> {
    files: Arc<Files>,
    cuts: Cuts,
    scalar: PhantomData<fn() -> S>,
}

#[derive(Debug)]
struct Files {
    images: Part,
    labels: Part,
    schema: Schema,
    block: usize,
    digest: [u8; 32],
}

/// One file: where its data begin, and how many bytes each row has.
#[derive(Debug)]
struct Part {
    file: Stamp,
    header: u64,
    width: u64,
}

impl<S: Float> IdxBlocks<S> {
    /// Opens images and labels in blocks of `block` rows. Without names of classes, these are 0 to the largest label.
    ///
    /// # Errors
    /// As [`read_image_files`](crate::read_image_files), but for files of any size; also files that are gzip, and blocks of
    /// no row.
    pub fn open(
        images: impl AsRef<Path>,
        labels: impl AsRef<Path>,
        classes: &[&str],
        block: usize,
    ) -> Result<Self, DatasetError> {
        let (images, labels) = (images.as_ref(), labels.as_ref());
        let mut hash = Sha256::new();
        let ((images, dims), (labels, label_dims)) = (part(images)?, part(labels)?);
        let refused =
            |error| DatasetError::Images { images: images.file.path.clone(), labels: labels.file.path.clone(), error };
        if label_dims.len() != 1 {
            return Err(refused(DataError::LabelDims { dims: label_dims.len() }));
        }
        let [rows, n_labels] = [dims[0] as usize, label_dims[0] as usize];
        if rows != n_labels {
            return Err(refused(DataError::Counts { images: rows, labels: n_labels }));
        }
        if rows == 0 || block == 0 {
            return Err(refused(DataError::NoRows));
        }
        match images.width as usize {
            0 => return Err(refused(DataError::NoInputs)),
            inputs if inputs > MAX_PIXELS => {
                return Err(refused(DataError::TooManyInputs { inputs, limit: MAX_PIXELS }));
            }
            _ => {}
        }
        let (mut largest, mut row) = (0, 0);
        let mut beyond = None;
        each_chunk(&labels.file, labels.header, &mut hash, |bytes| {
            for &label in bytes {
                largest = largest.max(label);
                if beyond.is_none() && !classes.is_empty() && usize::from(label) >= classes.len() {
                    beyond = Some((row, label));
                }
                row += 1;
            }
        })?;
        if let Some((row, label)) = beyond {
            return Err(refused(DataError::Label { row, label: label.into(), classes: classes.len() }));
        }
        each_chunk(&images.file, 0, &mut hash, |_| ())?;
        let classes: Vec<String> = match classes {
            [] => (0..=largest).map(|class| class.to_string()).collect(),
            _ => classes.iter().map(ToString::to_string).collect(),
        };
        if classes.len() < 2 {
            return Err(refused(DataError::TooFewClasses { classes: classes.len() }));
        }
        hash.update(format!("{} {classes:?} {block}", S::NAME));
        let schema = Schema { columns: pixels(&dims[1..]), target: TargetKind::Classes(classes) };
        let sizes = (0..rows).step_by(block).map(|from| block.min(rows - from)).collect();
        let files = Files { images, labels, schema, block, digest: hash.finalize().into() };
        Ok(Self { files: Arc::new(files), cuts: Cuts::new(sizes), scalar: PhantomData })
    }

    /// As [`CsvBlocks::split`](crate::CsvBlocks::split).
    ///
    /// # Errors
    /// As there.
    pub fn split(&self, share: f64, seed: u64) -> Result<(Self, Self), DataError> {
        let (rest, part) = self.cuts.split(share, seed)?;
        let with = |cuts| Self { files: Arc::clone(&self.files), cuts, scalar: PhantomData };
        Ok((with(rest), with(part)))
    }

    /// What the columns mean.
    pub fn schema(&self) -> &Schema {
        &self.files.schema
    }

    fn read_block(&self, number: usize, into: &mut Block<S>) -> Result<(), DatasetError> {
        let (from, rows) = ((number * self.files.block) as u64, self.cuts.whole(number) as u64);
        let bytes = |part: &Part| -> Result<Vec<u8>, DatasetError> {
            let file = part.file.open_at(part.header + from * part.width)?;
            let (mut bytes, expected) = (Vec::new(), rows * part.width);
            let io = |error| DatasetError::Io { path: part.file.path.clone(), error };
            file.take(expected).read_to_end(&mut bytes).map_err(io)?;
            part.file.check()?;
            match bytes.len() as u64 {
                got if got == expected => Ok(bytes),
                got => Err(part.file.unlike(format!("expected {expected} bytes of a block, got {got}"))),
            }
        };
        let (images, labels) = (bytes(&self.files.images)?, bytes(&self.files.labels)?);
        let level: Vec<S> = (0..=255).map(|pixel| S::from_f64(f64::from(pixel) / 255.0)).collect();
        let all = images.chunks_exact(self.files.images.width as usize).zip(labels);
        for ((image, label), _) in all.zip(self.cuts.chosen(number)).filter(|(_, is_chosen)| *is_chosen) {
            into.x.extend(image.iter().map(|&pixel| level[usize::from(pixel)]));
            into.classes.push(label.into());
        }
        Ok(())
    }
}

impl<S: Float> RowBlocks<S> for IdxBlocks<S> {
    fn sizes(&self) -> &[usize] {
        self.cuts.sizes()
    }

    fn has_classes(&self) -> bool {
        true
    }

    fn digest(&self) -> [u8; 32] {
        Sha256::new().chain_update(self.files.digest).chain_update(self.cuts.name()).finalize().into()
    }

    fn read(&mut self, block: usize, into: &mut Block<S>) -> Result<(), BlockError> {
        self.read_block(block, into).map_err(|error| BlockError::Source(error.to_string()))
    }
}

/// A file and its dimensions, if it is as long as they say.
fn part(path: &Path) -> Result<(Part, Vec<u32>), DatasetError> {
    let file = Stamp::of(path)?;
    let wrong = |error| DatasetError::Idx { path: path.into(), error };
    let dims = read_dims(&mut file.open_at(0)?).map_err(wrong)?;
    let header = 4 + 4 * dims.len() as u64;
    let declared = |dims: &[u32]| dims.iter().try_fold(1_u64, |size, &dim| size.checked_mul(dim.into()));
    let width = if dims.contains(&0) { Some(0) } else { declared(&dims[1..]) };
    let expected = width.and_then(|width| width.checked_mul(dims[0].into()));
    let (Some(width), Some(expected)) = (width, expected) else {
        return Err(wrong(IdxError::TooLarge { declared: u128::MAX, limit: u64::MAX }));
    };
    match file.bytes().saturating_sub(header) {
        got if got < expected => Err(wrong(IdxError::Truncated { expected, got })),
        got if got > expected => Err(wrong(IdxError::TooLong { expected, got })),
        _ => Ok((Part { file, header, width }, dims)),
    }
}

/// Reads a file once, from some byte on.
fn each_chunk(file: &Stamp, from: u64, hash: &mut Sha256, mut look: impl FnMut(&[u8])) -> Result<(), DatasetError> {
    let mut reader = file.open_at(from)?;
    let mut chunk = vec![0; 1 << 16];
    loop {
        let n = reader.read(&mut chunk).map_err(|error| DatasetError::Io { path: file.path.clone(), error })?;
        if n == 0 {
            return file.check();
        }
        hash.update(&chunk[..n]);
        look(&chunk[..n]);
    }
}
