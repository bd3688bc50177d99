//! The manifest, and files held against it.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking too")]

use std::fs;

use bp_datasets::{FileStatus, Manifest, verify};
use sha2::{Digest, Sha256};

fn sha256(content: &str) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn toml_of(name: &str, file: &str, content: &str) -> String {
    format!(
        "[[dataset]]\nname = \"{name}\"\nabout = \"it\"\nlicense = \"none\"\ncitation = \"nobody\"\nshape = {{ rows = 1, inputs = 1 }}\n\
         [[dataset.file]]\nname = \"{file}\"\nbytes = {}\nsha256 = \"{}\"\nurls = [\"http://127.0.0.1/{file}\"]\n",
        content.len(),
        sha256(content)
    )
}

fn check_error(text: &str, expected: &str) {
    assert_eq!(Manifest::parse(text).unwrap_err().to_string(), expected);
}

#[test]
fn the_built_in_manifest_is_complete() {
    let manifest = Manifest::built_in();
    let names: Vec<&str> = manifest.datasets.iter().map(|dataset| dataset.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "mnist",
            "fashion-mnist",
            "kmnist",
            "iris-uci",
            "wine-uci",
            "breast-cancer-wdbc",
            "abalone",
            "sonar",
            "wine-quality-red",
            "yacht",
            "energy",
            "concrete",
            "power-plant",
            "california-housing"
        ]
    );
    assert_eq!(manifest.datasets.iter().map(|dataset| dataset.files.len()).sum::<usize>(), 23);
    for dataset in &manifest.datasets {
        assert!(!dataset.license.is_empty() && !dataset.citation.is_empty() && dataset.shape.rows > 0);
        assert!(dataset.files.iter().all(|file| file.urls.len() >= 2), "{} has no second address", dataset.name);
        assert_eq!(dataset.table.is_none(), dataset.classes.len() == 10, "{}", dataset.name);
    }
    // One list: a name means one thing, whatever is done with it.
    let known: Vec<&str> = bp_datasets::names().iter().map(|set| set.name).collect();
    assert_eq!(&known[known.len() - names.len()..], names);
    assert!(known.iter().all(|name| known.iter().filter(|other| *other == name).count() == 1), "{known:?}");
    let unpublished = manifest.datasets.iter().filter(|set| set.files.iter().any(|file| file.sha256.is_none()));
    let unpublished: Vec<&str> = unpublished.map(|set| set.name.as_str()).collect();
    assert_eq!(unpublished, ["energy", "concrete", "power-plant"]);
    let images = &manifest.get("mnist").unwrap().files[0];
    assert_eq!((images.bytes, images.urls.len()), (9_912_422, 2));
    assert_eq!(images.sha256.as_deref(), Some("440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"));
    assert!(manifest.get("cifar10").is_none());
}

#[test]
fn what_is_not_a_manifest_is_refused() {
    let right = toml_of("set", "file.csv", "x");
    assert!(Manifest::parse(&right).is_ok());
    for name in ["", "..", ".hidden", "a/b", "a\\\\b", "/etc", "a b"] {
        let shown = name.replace("\\\\", "\\");
        let expected = format!("`{shown}` cannot be the name of a file or folder of a data set");
        check_error(&toml_of("set", name, "x"), &expected);
        check_error(&toml_of(name, "file.csv", "x"), &expected);
    }
    check_error(&right.repeat(2), "`set` occurs twice");
    let sum = sha256("x");
    for wrong in [&sum[1..], &sum.to_uppercase(), &sum.replacen(char::is_alphanumeric, "g", 1)] {
        let expected = "the sha-256 of `file.csv` is not 64 lower-case hexadecimal digits";
        check_error(&right.replace(&sum, wrong), expected);
    }
    for wrong in ["[]", "[\"file:///etc/passwd\"]"] {
        let expected = "`file.csv` has no address, or one that is not http or https";
        check_error(&right.replace("[\"http://127.0.0.1/file.csv\"]", wrong), expected);
    }
    assert!(Manifest::parse(&format!("{right}extra = 1\n")).is_err());
    let unnamed = right.replace(&format!("sha256 = \"{sum}\"\n"), "");
    check_error(&unnamed, "the table of `set` is not described right: a file without sha256 must be a table");
    let table =
        |fields: &str| right.replace("[[dataset.file]]", &format!("[dataset.table]\n{fields}\n[[dataset.file]]"));
    assert!(Manifest::parse(&table("header = true\ncolumns = [\"x\", \"y\"]\ntarget = \"y\"")).is_ok());
    for (fields, why) in [
        ("columns = [\"x\", \"y\"]\ntarget = \"z\"", "target and skip must be different ones of the columns"),
        (
            "columns = [\"x\", \"y\"]\ntarget = \"y\"\nskip = [\"y\"]",
            "target and skip must be different ones of the columns",
        ),
        (
            "columns = [\"x\", \"w\", \"y\"]\ntarget = \"y\"",
            "there must be as many columns as inputs, those in skip, and the target",
        ),
        (
            "columns = [\"x\", \"y\"]\ntarget = \"y\"\ndelimiter = \";;\"",
            "a delimiter is one character, `tab` or `space`",
        ),
    ] {
        let expected = format!("the table of `set` is not described right: {why}");
        check_error(&table(&format!("header = true\n{fields}")), &expected);
    }
}

#[test]
fn files_are_right_wrong_or_missing() {
    let [a, b, c] = ["a", "b", "c"].map(|name| toml_of(name, &format!("{name}.csv"), name));
    let manifest = Manifest::parse(&format!("{a}{b}{c}")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.csv"), "a").unwrap();
    fs::create_dir(dir.path().join("b")).unwrap();
    fs::write(dir.path().join("b/b.csv"), "bb").unwrap();
    let checks = verify(&manifest, dir.path()).unwrap();
    let lines: Vec<String> = checks.iter().map(ToString::to_string).collect();
    let wrong = format!(
        "b/b.csv: wrong: expected 1 bytes with sha-256 {}, got 2 bytes with sha-256 {}",
        sha256("b"),
        sha256("bb")
    );
    assert_eq!(lines, ["a/a.csv: ok".to_owned(), wrong, "c/c.csv: missing".into()]);
    assert_eq!(checks[1].path, dir.path().join("b/b.csv"));
    // Its own folder goes first.
    fs::write(dir.path().join("b.csv"), "b").unwrap();
    assert!(matches!(verify(&manifest, dir.path()).unwrap()[1].status, FileStatus::Wrong { .. }));

    let none = dir.path().join("none");
    assert_eq!(verify(&manifest, &none).unwrap_err().to_string(), format!("{}: no such file", none.display()));
}

#[test]
fn a_name_shared_by_two_sets_counts_for_the_right_one() {
    let manifest =
        Manifest::parse(&format!("{}{}", toml_of("one", "images", "1"), toml_of("two", "images", "2"))).unwrap();
    let statuses = |dir: &std::path::Path| -> Vec<&str> {
        let checks = verify(&manifest, dir).unwrap();
        let word = |status: &FileStatus| match status {
            FileStatus::Ok => "ok",
            FileStatus::Wrong { .. } => "wrong",
            FileStatus::Missing => "missing",
            other => panic!("{other:?} of a file with a checksum"),
        };
        checks.iter().map(|check| word(&check.status)).collect()
    };
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("images"), "2").unwrap();
    assert_eq!(statuses(dir.path()), ["missing", "ok"]);
    fs::write(dir.path().join("images"), "3").unwrap();
    assert_eq!(statuses(dir.path()), ["wrong", "wrong"]);
    let two = dir.path().join("two");
    fs::create_dir(&two).unwrap();
    fs::write(two.join("images"), "3").unwrap();
    assert_eq!(statuses(&two), ["missing", "wrong"]);
}
