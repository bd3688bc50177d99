//! Faults of loaders, and the detector DAT: small IDX files whose content is known, and files that must be refused.

use anyhow::{Context, Result};
use bp_datasets::{Dataset, Idx, TargetData, images_and_labels, read_idx};

use super::Seen;

/// A fault of a loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lapse {
    Right,
    /// Every label is one too high.
    LabelShift,
    /// What is no IDX file is filled up with zeros.
    AnyBytes,
    /// The product of the dimensions is computed in 32 bits.
    WrappedProduct,
}

/// Reads a file as this loader does.
fn read(lapse: Lapse, bytes: &[u8]) -> Option<Idx> {
    match (lapse, read_idx(bytes)) {
        (_, Ok(idx)) => Some(idx),
        (Lapse::AnyBytes, Err(_)) => {
            let mut data = bytes.to_vec();
            data.resize(data.len().next_multiple_of(4), 0);
            Idx::new(vec![data.len() as u32], data).ok()
        }
        (Lapse::WrappedProduct, Err(_)) => {
            let dims: Vec<u32> =
                bytes.get(4..)?.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]])).collect();
            let n = dims.iter().fold(1_u32, |n, &dim| n.wrapping_mul(dim));
            (n == 0).then(|| Idx::new(vec![1], vec![0]).ok()).flatten()
        }
        _ => None,
    }
}

fn load(lapse: Lapse, images: &[u8], labels: &[u8]) -> Option<Dataset<f64>> {
    let (images, labels) = (read(lapse, images)?, read(lapse, labels)?);
    let labels = if lapse == Lapse::LabelShift {
        Idx::new(labels.dims().to_vec(), labels.data().iter().map(|label| (label + 1) % 3).collect()).ok()?
    } else {
        labels
    };
    images_and_labels("tiny", &images, &labels, &["zero", "one", "two"]).ok()
}

/// DAT.
pub(crate) fn loading(lapse: Lapse) -> Result<Seen> {
    let file = |dims: Vec<u32>, data: Vec<u8>| -> Result<Vec<u8>> {
        let mut bytes = vec![];
        Idx::new(dims, data)?.write(&mut bytes)?;
        Ok(bytes)
    };
    let images = file(vec![3, 1, 2], vec![0, 51, 255, 0, 102, 204])?;
    let labels = file(vec![3], vec![2, 0, 1])?;
    let data = load(lapse, &images, &labels).context("a right pair of files")?;
    let pixels: Vec<u64> = (0..3).flat_map(|n| data.row(n).iter().map(|x| x.to_bits())).collect();
    if pixels != [0.0_f64, 0.2, 1.0, 0.0, 0.4, 0.8].map(f64::to_bits) {
        return Ok(Some("a pixel is not its byte over 255".into()));
    }
    if data.targets() != &TargetData::Classes(vec![2, 0, 1]) {
        return Ok(Some(format!("labels 2, 0, 1 are read as {:?}", data.targets())));
    }
    let overflow: Vec<u8> = [&[0, 0, 8, 2][..], &[0, 1, 0, 0], &[0, 1, 0, 0]].concat();
    let page = b"<!DOCTYPE html><html><body>503 Service Unavailable</body></html>";
    for (what, bytes) in [
        ("a page of HTML", &page[..]),
        ("a file cut short", &images[..images.len() - 1]),
        ("dimensions whose product wraps", &overflow),
    ] {
        if read(lapse, bytes).is_some() {
            return Ok(Some(format!("{what} is read as data")));
        }
    }
    Ok(None)
}
