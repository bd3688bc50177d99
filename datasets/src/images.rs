//! Images with labels, as MNIST and its kin come: two IDX files for training, two for testing.

use std::path::{Path, PathBuf};

use bp_core::{Float, Real};
use bp_train::{Column, Schema, TargetKind};

use crate::dataset::{Dataset, TargetData};
use crate::error::{DataError, DatasetError};
use crate::idx::{Idx, read_idx_file};
use crate::split::Split;

/// The largest image, in pixels. Each becomes a named column.
pub(crate) const MAX_PIXELS: usize = 1 << 20;

/// Pairs images with labels; pixels become 0 to 1. Without names of classes, these are 0 to the largest label.
///
/// ```
/// use bp_datasets::{Idx, images_and_labels};
/// let images = Idx::new(vec![2, 1, 3], vec![0, 51, 255, 255, 0, 0])?;
/// let labels = Idx::new(vec![2], vec![1, 0])?;
/// let data = images_and_labels::<f64>("tiny", &images, &labels, &["left", "right"])?;
/// assert_eq!(data.row(0), [0.0, 0.2, 1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If there are more images than labels or the other way round, a label has no class, there is nothing, or an image
/// has more than 1,048,576 pixels.
pub fn images_and_labels<S: Float>(
    name: &str,
    images: &Idx,
    labels: &Idx,
    classes: &[&str],
) -> Result<Dataset<S>, DataError> {
    if labels.dims().len() != 1 {
        return Err(DataError::LabelDims { dims: labels.dims().len() });
    }
    let (n_images, n_labels) = (images.dims()[0] as usize, labels.data().len());
    if n_images != n_labels {
        return Err(DataError::Counts { images: n_images, labels: n_labels });
    }
    if n_images == 0 {
        return Err(DataError::NoRows);
    }
    // Exact, and 0 if a dimension is: the length of the data was checked against the dimensions.
    match images.data().len() / n_images {
        0 => return Err(DataError::NoInputs),
        1..=MAX_PIXELS => {}
        inputs => return Err(DataError::TooManyInputs { inputs, limit: MAX_PIXELS }),
    }
    let classes: Vec<String> = match (classes, labels.data().iter().max()) {
        ([], Some(&largest)) => (0..=largest).map(|class| class.to_string()).collect(),
        _ => classes.iter().map(ToString::to_string).collect(),
    };
    let schema = Schema { columns: pixels(&images.dims()[1..]), target: TargetKind::Classes(classes) };
    let level: Vec<S> = (0..=255).map(|pixel| S::from_f64(f64::from(pixel) / 255.0)).collect();
    let x = images.data().iter().map(|&pixel| level[usize::from(pixel)]).collect();
    Dataset::new(name, schema, x, TargetData::Classes(labels.data().iter().map(|&label| label.into()).collect()))
}

/// Reads a pair of IDX files, plain or gzip. See [`images_and_labels`].
///
/// # Errors
/// As [`images_and_labels`] and [`read_idx`](crate::read_idx), with the paths.
pub fn read_image_files<S: Float>(
    name: &str,
    images: impl AsRef<Path>,
    labels: impl AsRef<Path>,
    classes: &[&str],
) -> Result<Dataset<S>, DatasetError> {
    let (images, labels) = (images.as_ref(), labels.as_ref());
    images_and_labels(name, &read_idx_file(images)?, &read_idx_file(labels)?, classes)
        .map_err(|error| DatasetError::Images { images: images.into(), labels: labels.into(), error })
}

/// Reads the four files that MNIST has, and others under the same names, plain or as `.gz`:
/// `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`.
///
/// # Errors
/// As [`read_image_files`]; also if one of the files is not in the folder, the images of the two parts differ in size,
/// or all images for training have the same label.
pub fn load_image_folder<S: Float>(
    name: &str,
    dir: impl AsRef<Path>,
    classes: &[&str],
) -> Result<Split<S>, DatasetError> {
    let dir = dir.as_ref();
    let find = |file| find_part(name, dir, file);
    // Look for all four before reading the first.
    let [train_images, train_labels] = [find("train-images-idx3-ubyte")?, find("train-labels-idx1-ubyte")?];
    let [test_images, test_labels] = [find("t10k-images-idx3-ubyte")?, find("t10k-labels-idx1-ubyte")?];
    let (pixels, test_pixels) = (read_idx_file(&train_images)?, read_idx_file(&test_images)?);
    let part = |pixels, images: &Path, labels: &Path| {
        images_and_labels(name, pixels, &read_idx_file(labels)?, classes).map_err(|error| DatasetError::Images {
            images: images.into(),
            labels: labels.into(),
            error,
        })
    };
    let train = part(&pixels, &train_images, &train_labels)?;
    if let Some(error) = one_label(&train) {
        return Err(DatasetError::Images { images: train_images, labels: train_labels, error });
    }
    let test = part(&test_pixels, &test_images, &test_labels)?;
    if pixels.dims()[1..] != test_pixels.dims()[1..] {
        let size = |idx: &Idx| idx.dims()[1..].iter().map(u32::to_string).collect::<Vec<_>>().join("x");
        let (train_size, test_size) = (size(&pixels), size(&test_pixels));
        return Err(DatasetError::ImageSizes { train: train_images, train_size, test: test_images, test_size });
    }
    Ok(Split { train, test })
}

/// The complaint about rows of which all have the same label.
fn one_label<S: Real>(data: &Dataset<S>) -> Option<DataError> {
    let TargetData::Classes(labels) = data.targets() else { return None };
    labels.iter().all(|label| *label == labels[0]).then(|| DataError::OneLabel { label: labels[0] })
}

fn find_part(dataset: &str, dir: &Path, file: &'static str) -> Result<PathBuf, DatasetError> {
    [format!("{file}.gz"), file.to_owned()]
        .into_iter()
        .map(|file| dir.join(file))
        .find(|path| path.is_file())
        .ok_or_else(|| DatasetError::MissingPart { dataset: dataset.into(), dir: dir.into(), file: file.into() })
}

/// Names by row and column where there are two dimensions, otherwise by number, counted from 0.
pub(crate) fn pixels(dims: &[u32]) -> Vec<Column> {
    match *dims {
        [height, width] => (0..height)
            .flat_map(|row| (0..width).map(move |column| Column::numeric(format!("pixel_{row}_{column}"))))
            .collect(),
        _ => (0..dims.iter().map(|&dim| u64::from(dim)).product())
            .map(|i| Column::numeric(format!("pixel_{i}")))
            .collect(),
    }
}
