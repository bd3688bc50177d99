//! Public data sets from files on disk: what gets in, what does not, and how it is read afterwards.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking too")]

use std::fs;
use std::io::Write;
use std::path::Path;

use bp_datasets::{Fetched, FileStatus, LoadOptions, Loaded, Manifest, install_dataset, load, verify};
use bp_train::TargetKind;
use flate2::Compression;
use flate2::write::GzEncoder;

/// UCI's `iris.data`, made from the built-in copy: other names for the classes, and two rows wrong as there.
fn iris_data() -> Vec<u8> {
    let mut lines: Vec<String> = include_str!("../data/iris.csv").lines().skip(1).map(String::from).collect();
    lines[34] = "4.9,3.1,1.5,0.1,0".into();
    lines[37] = "4.9,3.1,1.5,0.1,0".into();
    let classes = ["setosa", "versicolor", "virginica"];
    let renamed = |line: &String| {
        let (numbers, class) = line.rsplit_once(',').unwrap();
        format!("{numbers},Iris-{}\n", classes[class.parse::<usize>().unwrap()])
    };
    (lines.iter().map(renamed).collect::<String>() + "\n").into_bytes()
}

fn install(name: &str, from: &Path, to: &Path) -> Result<Vec<Fetched>, String> {
    let set = Manifest::built_in().get(name).unwrap();
    install_dataset(set, from, to.join(name), |_| ()).map_err(|error| error.to_string())
}

fn names_in(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_right_file_is_taken_once_and_can_be_loaded() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(from.path().join("iris.data"), iris_data()).unwrap();
    let path = to.path().join("iris-uci/iris.data");
    assert_eq!(install("iris-uci", from.path(), to.path()), Ok(vec![Fetched::New(path.clone())]));
    assert_eq!(names_in(&to.path().join("iris-uci")), [".bp-lock", "iris.data"]);
    let nowhere = from.path().join("nowhere");
    assert_eq!(install("iris-uci", &nowhere, to.path()), Ok(vec![Fetched::AlreadyThere(path)]));

    let options = LoadOptions { data_dir: Some(to.path().into()), seed: 0 };
    let Loaded::Whole(iris) = load::<f64>("iris-uci", &options).unwrap() else { panic!() };
    assert_eq!((iris.name(), iris.class_counts()), ("iris-uci", Some(vec![50; 3])));
    assert_eq!((iris.row(34), iris.schema().columns[3].name.as_str()), (&[4.9, 3.1, 1.5, 0.1][..], "petal width (cm)"));
    let checks = verify(Manifest::built_in(), to.path()).unwrap();
    let right: Vec<_> = checks.iter().filter(|check| check.status == FileStatus::Ok).collect();
    assert_eq!((right.len(), right[0].dataset.as_str()), (1, "iris-uci"));
}

#[test]
fn it_is_found_in_a_folder_of_its_name_and_as_gzip() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&iris_data()).unwrap();
    fs::create_dir(from.path().join("iris-uci")).unwrap();
    fs::write(from.path().join("iris-uci/iris.data.gz"), gzip.finish().unwrap()).unwrap();
    // A wrong one in the folder itself does no harm.
    fs::write(from.path().join("iris.data"), "wrong").unwrap();
    let path = to.path().join("iris-uci/iris.data");
    assert_eq!(install("iris-uci", from.path(), to.path()), Ok(vec![Fetched::New(path.clone())]));
    assert_eq!(fs::read(path).unwrap(), iris_data());
}

fn check_refused(content: &[u8], name: &str, expected: &str) {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(from.path().join(name), content).unwrap();
    let place = from.path().join(name);
    let error = install("iris-uci", from.path(), to.path()).unwrap_err();
    assert_eq!(error, format!("cannot get `iris.data` of iris-uci: {}: {expected}", place.display()));
    assert_eq!(names_in(&to.path().join("iris-uci")), [".bp-lock"], "{expected}");
}

#[test]
fn wrong_files_are_refused_and_leave_nothing() {
    let right = iris_data();
    let mut wrong = right.clone();
    wrong[0] ^= 1;
    check_refused(&right[1..], "iris.data", "truncated: expected 4551 bytes, got 4550");
    check_refused(&[&right[..], b"\n"].concat(), "iris.data", "too long: expected 4551 bytes, got more");
    let sum = "6f608b71a7317216319b4d27b4d9bc84e6abd734eda7872b71a458569e2656c0";
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(from.path().join("iris.data"), wrong).unwrap();
    let error = install("iris-uci", from.path(), to.path()).unwrap_err();
    assert!(error.contains(&format!("wrong content: expected sha-256 {sum}, got ")), "{error}");
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![b'1'; 1 << 20]).unwrap();
    let unpacks = "cannot unpack: the gzip file unpacks to more than 4551 bytes";
    check_refused(&bomb.finish().unwrap(), "iris.data.gz", unpacks);

    let nothing = install("iris-uci", to.path(), to.path()).unwrap_err();
    let expected = format!(
        "cannot get `iris.data` of iris-uci: {} does not have it, nor has a folder iris-uci in it",
        to.path().display()
    );
    assert_eq!(nothing, expected);
}

/// Rows made up, but as many as the manifest says, for the sets whose checksum nobody has published.
fn table(rows: usize, columns: usize) -> String {
    let header: Vec<String> = (0..columns).map(|column| format!("X{column}")).collect();
    let row = |row: usize| (0..columns).map(|column| format!("{}.5", row + column)).collect::<Vec<_>>().join(",");
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("{}\n{}\n", header.join(","), rows.join("\n"))
}

#[test]
fn without_a_checksum_rows_and_columns_count_and_changes_are_seen() {
    let to = tempfile::tempdir().unwrap();
    let energy = to.path().join("energy/energy.csv");
    let install_table = |text: String| {
        let from = tempfile::tempdir().unwrap();
        fs::write(from.path().join("energy.csv"), text).unwrap();
        install("energy", from.path(), to.path())
    };
    let refused = |text, expected: &str| {
        let error = install_table(text).unwrap_err();
        assert!(error.ends_with(&format!("energy.csv: not the table that was meant: {expected}")), "{error}");
    };
    refused(table(767, 9), "expected 768 rows, got 767");
    refused(table(768, 8), "there is no column `9`; the columns are X0, X1, X2, X3, X4, X5, X6, X7");
    refused(table(768, 11), "expected 9 columns, got 11");
    refused(table(768, 9).replace("7.5,8.5", "7.5,?"), "line 2, column 9 (X8): missing value `?`");
    // UCI's has a second target behind.
    assert_eq!(install_table(table(768, 10)), Ok(vec![Fetched::New(energy.clone())]));
    let options = LoadOptions { data_dir: Some(to.path().into()), seed: 0 };
    let Loaded::Whole(data) = load::<f64>("energy", &options).unwrap() else { panic!() };
    assert_eq!((data.rows(), data.inputs()), (768, 8));
    assert_eq!(data.schema().target, TargetKind::Values(vec!["heating load".into()]));

    let status = || {
        let checks = verify(Manifest::built_in(), to.path()).unwrap();
        checks.into_iter().find(|check| check.dataset == "energy").unwrap().status
    };
    assert!(matches!(status(), FileStatus::Unpublished { .. }));
    fs::write(&energy, table(768, 9)).unwrap();
    assert!(matches!(status(), FileStatus::Changed { .. }));
    fs::remove_file(to.path().join("energy/energy.csv.sha256")).unwrap();
    assert!(matches!(status(), FileStatus::Unpublished { .. }));
    fs::write(&energy, table(3, 9)).unwrap();
    assert_eq!(status(), FileStatus::Unlike { why: "expected 768 rows, got 3".into() });
    let error = load::<f64>("energy", &options).unwrap_err().to_string();
    assert_eq!(error, format!("{}: expected 768 rows, got 3", energy.display()));
}
