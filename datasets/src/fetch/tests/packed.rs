//! Archives, and files without a published checksum.

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::manifest::{Archive, TableFormat};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// A tar archive with one member, gzipped.
fn archive(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[156] = b'0';
    header[148..156].fill(b' ');
    let sum: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut tar = [&header[..], content].concat();
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    gzip(&tar)
}

fn packed(archive: &[u8], urls: Vec<String>) -> ManifestDataset {
    let member = "Iris/iris.data".into();
    let (bytes, sha256) = digest(archive).unwrap();
    set_of(ManifestFile { archive: Some(Archive { name: "iris.tgz".into(), bytes, sha256, member }), ..file(urls) })
}

#[test]
fn the_member_of_an_archive_is_what_is_kept() {
    let right = archive("Iris/iris.data", CONTENT);
    let dir = tempfile::tempdir().unwrap();
    let fetched = run(&packed(&right, vec![says(whole(&right))]), dir.path()).unwrap();
    assert_eq!(fetched, [Fetched::New(dir.path().join("iris.data"))]);
    assert_eq!(fs::read(dir.path().join("iris.data")).unwrap(), CONTENT);
    assert_eq!(names_in(dir.path()), ["iris.data"]);
}

/// Archives that are the right ones by their checksum, and still must not do harm.
#[test]
fn archives_do_no_harm() {
    let check = |bytes: Vec<u8>, expected: &str| {
        let outside = tempfile::tempdir().unwrap();
        let dir = outside.path().join("set");
        let set = packed(&bytes, vec![says(whole(&bytes))]);
        let error = run(&set, &dir).unwrap_err().to_string();
        assert!(error.ends_with(expected), "expected {expected}, got {error}");
        assert_eq!((names_in(&dir), names_in(outside.path())), (vec![], vec!["set".to_owned()]), "{expected}");
    };
    check(archive("../iris.data", CONTENT), "cannot unpack: the archive has no `Iris/iris.data`");
    check(archive("/tmp/iris.data", CONTENT), "cannot unpack: the archive has no `Iris/iris.data`");
    let bomb = vec![b'7'; 1 << 20];
    check(archive("Iris/iris.data", &bomb), "cannot unpack: `Iris/iris.data` has 1048576 bytes, expected at most 28");
    check(gzip(b"not a tar"), "cannot unpack: failed to fill whole buffer");
    check(archive("Iris/iris.data", &CONTENT[..9]), "truncated: expected 28 bytes, got 9");
    // Not the archive of the manifest: it is not even opened.
    let right = archive("Iris/iris.data", CONTENT);
    let mut wrong = right.clone();
    *wrong.last_mut().unwrap() ^= 1;
    let dir = tempfile::tempdir().unwrap();
    let error = run(&packed(&right, vec![says(whole(&wrong))]), dir.path()).unwrap_err().to_string();
    assert!(error.contains("wrong content: expected sha-256"), "{error}");
    assert_eq!(names_in(dir.path()), [""; 0]);
}

/// A table of two columns and two rows whose checksum nobody has published.
fn unpublished(urls: Vec<String>) -> ManifestDataset {
    let columns = ["x", "y"].map(String::from).to_vec();
    let format = TableFormat {
        delimiter: None,
        header: true,
        columns,
        target: "y".into(),
        skip: vec![],
        optional: vec!["z".into()],
    };
    let file = ManifestFile { name: "t.csv".into(), bytes: 40, sha256: None, urls, archive: None };
    let shape = Shape { rows: 2, test_rows: 0, inputs: 1, classes: 0 };
    ManifestDataset { name: "t".into(), shape, table: Some(format), ..set_of(file) }
}

#[test]
fn without_a_checksum_the_content_counts() {
    let check = |body: &[u8], expected: Result<(), &str>| {
        let dir = tempfile::tempdir().unwrap();
        let url = says(whole(body));
        let got = run(&unpublished(vec![url.clone()]), dir.path()).map(drop).map_err(|error| error.to_string());
        assert_eq!(got, expected.map_err(|why| format!("cannot get `t.csv` of t: {url}: {why}")));
        let left: &[&str] = if expected.is_ok() { &["t.csv", "t.csv.sha256"] } else { &[] };
        assert_eq!(names_in(dir.path()), left);
        dir
    };
    check(b"X1,Y1\n1,0.5\n2,1.5\n", Ok(()));
    check(b"X1,Y1,Y2\n1,0.5,7\n2,1.5,8\n", Ok(()));
    check(b"X1,Y1\n1,0.5\n", Err("not the table that was meant: at least 2 rows are needed, got 1"));
    let rows = "not the table that was meant: expected 2 rows, got 3";
    check(b"X1,Y1\n1,0.5\n2,1.5\n3,2.5\n", Err(rows));
    let columns = "not the table that was meant: expected 2 columns, got 4";
    check(b"a,b,c,d\n1,0.5,3,4\n2,1.5,3,4\n", Err(columns));
    check(b"<html>\n", Err("a web page came instead of the file"));
    check(&[b'1'; 41], Err("too long: expected 40 bytes, got more"));
    let dir = check(b"X1,Y1\n1,0.5\n2,1.5\n", Ok(()));
    let path = dir.path().join("t.csv");
    let note = fs::read_to_string(dir.path().join("t.csv.sha256")).unwrap();
    assert_eq!(note, format!("{}  t.csv\n", sha256(b"X1,Y1\n1,0.5\n2,1.5\n")));
    let again = run(&unpublished(vec![nobody()]), dir.path()).unwrap();
    assert_eq!(again, [Fetched::AlreadyThere(path.clone())]);
    // Changed since it came: it is fetched again.
    fs::write(&path, "X1,Y1\n1,0.5\n2,9.5\n").unwrap();
    assert!(run(&unpublished(vec![nobody()]), dir.path()).is_err());
}
