//! IDX files, whole and broken, and the image sets made of them.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking too")]

use std::fs;
use std::io::Write;
use std::path::Path;

use bp_datasets::{Idx, LoadOptions, Loaded, TargetData, images_and_labels, load, read_idx, read_idx_file};
use bp_train::TargetKind;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn idx(dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, dims.len() as u8];
    file.extend(dims.iter().flat_map(|dim| dim.to_be_bytes()));
    file.extend_from_slice(data);
    file
}

fn check_error(file: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(read_idx(file.as_ref()).unwrap_err().to_string(), expected);
}

#[test]
fn other_files_are_refused() {
    check_error("", "the file is empty");
    check_error(gzip(b""), "the file is empty");
    check_error([0, 0], "truncated: expected an idx header of 4 bytes, got 2");
    check_error([0, 0, 8, 3, 0, 0, 0, 2, 0], "truncated: expected an idx header of 16 bytes, got 9");
    check_error(
        "<!DOCTYPE html>",
        "bad magic number 0x3c21444f: an idx file of bytes starts with 0x000008 and its number of dimensions",
    );
    check_error(
        [1, 8, 0, 0, 0, 0, 0],
        "bad magic number 0x01080000: an idx file of bytes starts with 0x000008 and its number of dimensions",
    );
    check_error(
        [0, 0, 0x0d, 1, 0, 0, 0, 1, 0, 0, 0, 0],
        "idx elements of type 0x0d are not supported, only 0x08, unsigned bytes",
    );
    check_error([0, 0, 8, 0], "an idx file needs 1 to 8 dimensions, got 0");
    check_error([0, 0, 8, 9], "an idx file needs 1 to 8 dimensions, got 9");
}

#[test]
fn wrong_lengths_are_refused() {
    let data = [7; 100];
    for file in [idx(&[10, 12], &data), gzip(&idx(&[10, 12], &data))] {
        check_error(file, "truncated: expected 120 bytes of data, got 100");
    }
    for file in [idx(&[11, 9], &data), gzip(&idx(&[11, 9], &data))] {
        check_error(file, "too long: expected 99 bytes of data, got 100 or more");
    }
    // Far too long: only one byte more is read.
    check_error(idx(&[9], &data), "too long: expected 9 bytes of data, got 10 or more");
    check_error(idx(&[0], &data), "too long: expected 0 bytes of data, got 1 or more");
    assert_eq!(read_idx(&idx(&[0, 28], &[])[..]).unwrap().data(), []);
}

#[test]
fn huge_headers_are_refused_without_memory() {
    let most = u32::MAX;
    check_error(
        idx(&[1 << 16, (1 << 16) + 1], b""),
        "the idx header declares 4295032832 bytes, more than the limit of 4294967296",
    );
    check_error(
        idx(&[most, most], b""),
        "the idx header declares 18446744065119617025 bytes, more than the limit of 4294967296",
    );
    // The product of these wraps to 0 in 64 bits.
    check_error(
        idx(&[1 << 31, 1 << 31, 4], b""),
        "the idx header declares 18446744073709551616 bytes, more than the limit of 4294967296",
    );
    let expected = format!("the idx header declares {} bytes, more than the limit of 4294967296", u128::MAX);
    check_error(idx(&[most; 8], b""), &expected);
    // Just within the limit, and nothing behind it.
    check_error(idx(&[1 << 16, 1 << 16], b"abc"), "truncated: expected 4294967296 bytes of data, got 3");
    check_error(gzip(&idx(&[1 << 16, 1 << 16], b"abc")), "truncated: expected 4294967296 bytes of data, got 3");
}

#[test]
fn gzip_is_taken_at_its_word_and_no_further() {
    let file = idx(&[3], &[1, 2, 3]);
    let packed = gzip(&file);
    assert_eq!(read_idx(&packed[..]).unwrap().data(), [1, 2, 3]);

    // 64 MiB of zeros in 64 KiB, behind a header that declares three bytes.
    let bomb = gzip(&idx(&[3], &vec![0; 64 << 20]));
    assert!(bomb.len() < 128 << 10);
    check_error(bomb, "too long: expected 3 bytes of data, got 4 or more");

    let twice = [packed.clone(), packed.clone()].concat();
    check_error(twice, "cannot read: the gzip file goes on after its first member");
    let padded = [&packed[..], &[0]].concat();
    check_error(padded, "cannot read: the gzip file goes on after its first member");

    let mut corrupt = packed.clone();
    let crc = corrupt.len() - 8;
    corrupt[crc] ^= 1;
    check_error(corrupt, "cannot read: corrupt gzip stream does not have a matching checksum");
    for n in 2..packed.len() {
        assert!(read_idx(&packed[..n]).is_err(), "cut to {n} bytes");
    }
}

#[test]
fn files_are_named_in_errors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("labels");
    assert_eq!(read_idx_file(&path).unwrap_err().to_string(), format!("{}: no such file", path.display()));
    fs::write(&path, "").unwrap();
    assert_eq!(read_idx_file(&path).unwrap_err().to_string(), format!("{}: the file is empty", path.display()));
}

#[test]
fn images_and_labels_must_pair_up() {
    let images = |n: u32| Idx::new(vec![n, 1, 2], vec![9; 2 * n as usize]).unwrap();
    let labels = |labels: &[u8]| Idx::new(vec![labels.len() as u32], labels.to_vec()).unwrap();
    let check = |images: &Idx, labels: &Idx, expected: &str| {
        let error = images_and_labels::<f32>("", images, labels, &["a", "b"]).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check(&images(3), &labels(&[0, 1]), "3 images but 2 labels");
    check(&images(2), &labels(&[0, 2]), "row 1 has label 2, beyond the 2 classes");
    check(&images(0), &labels(&[]), "a data set needs at least one row");
    check(&images(2), &images(2), "labels need an idx file of 1 dimension, got 3");
    // A zero makes the product zero, however large the others are.
    for dims in [vec![2, 0, 28], vec![2, u32::MAX, u32::MAX, u32::MAX, 0], vec![2, u32::MAX, 0]] {
        let flat = Idx::new(dims, vec![]).unwrap();
        check(&flat, &labels(&[0, 1]), "a row needs at least one input");
    }
    let large = Idx::new(vec![2, 1024, 1025], vec![0; 2 * 1024 * 1025]).unwrap();
    check(&large, &labels(&[0, 1]), "1049600 inputs per row are more than the limit of 1048576");
    let data = images_and_labels::<f32>("", &images(2), &labels(&[0, 3]), &[]).unwrap();
    assert_eq!(data.outputs(), 4);
}

const PARTS: [&str; 4] =
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

fn write_folder(dir: &Path, packed: bool) {
    let contents = [
        idx(&[2, 28, 28], &[[0_u8; 784], [255; 784]].concat()),
        idx(&[2], &[9, 0]),
        idx(&[1, 28, 28], &[51; 784]),
        idx(&[1], &[5]),
    ];
    for (name, content) in PARTS.iter().zip(contents) {
        let (name, content) = match packed {
            true => (format!("{name}.gz"), gzip(&content)),
            false => ((*name).into(), content),
        };
        fs::write(dir.join(name), content).unwrap();
    }
}

fn options(dir: &Path) -> LoadOptions {
    LoadOptions { data_dir: Some(dir.into()), ..LoadOptions::default() }
}

#[test]
fn folders_of_images_are_loaded_plain_and_packed() {
    for (name, packed) in [("mnist", false), ("mnist", true), ("fashion-mnist", true), ("kmnist", false)] {
        let dir = tempfile::tempdir().unwrap();
        write_folder(dir.path(), packed);
        let Loaded::Parts(parts) = load::<f64>(name, &options(dir.path())).unwrap() else { panic!() };
        assert_eq!((parts.train.rows(), parts.test.rows(), parts.train.inputs()), (2, 1, 784));
        assert_eq!(parts.train.targets(), &TargetData::Classes(vec![9, 0]));
        assert_eq!((parts.train.row(0)[0], parts.train.row(1)[783], parts.test.row(0)[5]), (0.0, 1.0, 0.2));
        assert_eq!(parts.train.schema(), parts.test.schema());
        assert_eq!(parts.train.schema().columns[29].name, "pixel_1_1");
        let TargetKind::Classes(classes) = &parts.train.schema().target else { panic!() };
        assert_eq!(classes.len(), 10);

        // The folder above it does as well.
        let above = tempfile::tempdir().unwrap();
        let own = above.path().join(name);
        fs::create_dir(&own).unwrap();
        write_folder(&own, packed);
        assert_eq!(load::<f64>(name, &options(above.path())).unwrap(), Loaded::Parts(parts));
    }
}

#[test]
fn a_missing_part_is_named_with_what_to_do() {
    for part in PARTS {
        let dir = tempfile::tempdir().unwrap();
        write_folder(dir.path(), false);
        fs::remove_file(dir.path().join(part)).unwrap();
        let error = load::<f32>("mnist", &options(dir.path())).unwrap_err();
        let expected = format!(
            "{}: neither `{part}` nor `{part}.gz` is here; get mnist by `bp data fetch mnist`, without internet by `bp \
             data fetch mnist --from FOLDER`, or name the folder that has it (--data-dir)",
            dir.path().display()
        );
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_wrong_part_is_named() {
    let dir = tempfile::tempdir().unwrap();
    write_folder(dir.path(), false);
    let [images, labels] = [PARTS[0], PARTS[1]].map(|part| dir.path().join(part));
    fs::write(&labels, idx(&[3], &[1, 2, 3])).unwrap();
    let error = load::<f32>("mnist", &options(dir.path())).unwrap_err();
    let expected = format!("{} and {}: 2 images but 3 labels", images.display(), labels.display());
    assert_eq!(error.to_string(), expected);
    fs::write(&labels, idx(&[2], &[1])).unwrap();
    let error = load::<f32>("mnist", &options(dir.path())).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: truncated: expected 2 bytes of data, got 1", labels.display()));
}

#[test]
fn parts_of_other_sizes_and_a_single_label_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    write_folder(dir.path(), false);
    let [images, labels, tests] = [0, 1, 2].map(|part| dir.path().join(PARTS[part]));
    let error = || load::<f32>("mnist", &options(dir.path())).unwrap_err().to_string();
    for dims in [[1, 14, 56], [1, 3, 3]] {
        fs::write(&tests, idx(&dims, &vec![0; (dims[1] * dims[2]) as usize])).unwrap();
        let size = format!("{}x{}", dims[1], dims[2]);
        let (tests, images) = (tests.display(), images.display());
        assert_eq!(error(), format!("{tests}: images of {size} pixels, but those of {images} have 28x28"));
    }
    fs::write(&labels, idx(&[2], &[4, 4])).unwrap();
    let both = format!("{} and {}", images.display(), labels.display());
    assert_eq!(error(), format!("{both}: all rows have the same label 4, at least 2 are needed"));
}

proptest! {
    #[test]
    fn what_is_written_is_read(dims in proptest::collection::vec(0..5_u32, 1..=8), packed in any::<bool>(), seed in any::<u8>()) {
        let size: u32 = dims.iter().product();
        let array = Idx::new(dims, (0..size).map(|i| (i as u8).wrapping_mul(seed)).collect()).unwrap();
        let mut file = Vec::new();
        array.write(&mut file).unwrap();
        if packed {
            file = gzip(&file);
        }
        prop_assert_eq!(read_idx(&file[..]).unwrap(), array);
    }

    #[test]
    fn any_bytes_are_an_array_or_an_error(
        rank in 0..10_u8,
        tail in proptest::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..64),
        packed in any::<bool>(),
    ) {
        let mut file = vec![0, 0, 8, rank];
        file.extend_from_slice(&tail);
        if packed {
            file = gzip(&file);
        }
        if let Ok(array) = read_idx(&file[..]) {
            let has_zero = array.dims().contains(&0);
            let size = if has_zero { 0 } else { array.dims().iter().map(|&dim| dim as usize).product() };
            prop_assert_eq!(array.data().len(), size);
        }
        let _ = read_idx(&tail[..]);
    }
}
