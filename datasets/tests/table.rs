//! Tables: what is read, and the exact words about what is not.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking too")]

use std::io::{self, Read};

use bp_datasets::{
    CsvError, CsvOptions, Dataset, Delimiter, MAX_COLUMNS, MAX_LINE_BYTES, TargetData, Task, read_csv, read_csv_file,
};
use bp_train::{Kind, TargetKind};
use proptest::prelude::*;

fn read_as(text: impl AsRef<[u8]>, options: &CsvOptions) -> Result<Dataset<f64>, CsvError> {
    read_csv(text.as_ref(), "table", options)
}

fn read(text: impl AsRef<[u8]>) -> Result<Dataset<f64>, CsvError> {
    read_as(text, &CsvOptions::default())
}

fn check_error_as(text: impl AsRef<[u8]>, options: &CsvOptions, expected: &str) {
    let shown = String::from_utf8_lossy(&text.as_ref()[..text.as_ref().len().min(80)]).into_owned();
    let error = read_as(text, options).expect_err(&shown);
    assert_eq!(error.to_string(), expected, "{shown:?}");
}

fn check_error(text: impl AsRef<[u8]>, expected: &str) {
    check_error_as(text, &CsvOptions::default(), expected);
}

fn classes(data: &Dataset<f64>) -> (Vec<&str>, Vec<u32>) {
    match (&data.schema().target, data.targets()) {
        (TargetKind::Classes(names), TargetData::Classes(labels)) => {
            (names.iter().map(String::as_str).collect(), labels.clone())
        }
        _ => panic!("not a classification: {:?}", data.schema().target),
    }
}

fn values(data: &Dataset<f64>) -> Vec<f64> {
    match data.targets() {
        TargetData::Values(values) => values.clone(),
        TargetData::Classes(_) => panic!("not a regression: {:?}", data.schema().target),
    }
}

fn target(wanted: &str) -> CsvOptions {
    CsvOptions { target: Some(wanted.into()), ..CsvOptions::default() }
}

fn task(task: Task) -> CsvOptions {
    CsvOptions { task: Some(task), ..CsvOptions::default() }
}

const SMALL: &str = "x,y\n1,0.5\n2,0.25\n";

#[test]
fn line_ends_quotes_and_marks_do_not_matter() {
    let expected = read(SMALL).unwrap();
    assert_eq!((expected.x(), values(&expected)), (&[1.0, 2.0][..], vec![0.5, 0.25]));
    for text in [
        "x,y\r\n1,0.5\r\n2,0.25\r\n",
        "x,y\n1,0.5\n2,0.25",
        "x,y\r\n1,0.5\r\n2,0.25",
        "\u{feff}x,y\n1,0.5\n2,0.25\n",
        "\u{feff}\"x\",\"y\"\n1,0.5\n2,0.25\n",
        "x,y\n1,0.5\n2,0.25\n\n\n",
        "x,y\r\n1,0.5\r\n2,0.25\r\n\r\n  \r\n",
        "\"x\" , \"y\"\n \"1\",\"0.5\"\n2 ,\t.25\n",
        "x,y\n1e0,+0.5\n2.,2.5E-1\n",
    ] {
        assert_eq!(read(text).unwrap(), expected, "{text:?}");
    }
}

#[test]
fn other_delimiters() {
    for (delimiter, text) in [
        (";", "x;y\n1;0.5\n2;0.25\n"),
        ("tab", "x\ty\n1\t0.5\n2\t0.25\n"),
        ("space", "x y\n1 0.5\n2 0.25\n"),
        ("space", "  x   y\n 1\t0.5 \n2 \t 0.25\n\n"),
        ("|", "x|y\n1|0.5\n2|0.25\n"),
    ] {
        let options = CsvOptions { delimiter: delimiter.parse().unwrap(), ..CsvOptions::default() };
        assert_eq!(read_as(text, &options).unwrap(), read(SMALL).unwrap(), "{text:?}");
    }
    assert!("".parse::<Delimiter>().is_err() && "\"".parse::<Delimiter>().is_err());
}

#[test]
fn the_header_is_found_or_told() {
    let names = |data: &Dataset<f64>| data.schema().columns[0].name.clone();
    assert_eq!(names(&read("5.1,a\n4.9,b\n").unwrap()), "column 1");
    assert_eq!(read("5.1,a\n4.9,b\n").unwrap().rows(), 2);
    assert_eq!(names(&read("x,kind\n5.1,a\n4.9,b\n").unwrap()), "x");
    let yes = CsvOptions { header: Some(true), ..CsvOptions::default() };
    assert_eq!(names(&read_as("2008,2009\n1.5,2.5\n3.5,4.5\n", &yes).unwrap()), "2008");
    let no = CsvOptions { header: Some(false), ..CsvOptions::default() };
    let data = read_as("red,a\nblue,b\n", &no).unwrap();
    assert_eq!((data.rows(), data.inputs(), names(&data).as_str()), (2, 2, "column 1"));
    assert_eq!(names(&read_as(",t\n1,2.5\n3,4.5\n", &yes).unwrap()), "column 1");
}

#[test]
fn text_columns_become_categories_in_alphabetical_order() {
    let data = read("size,colour,y\n1.5,red,0.1\n2.5,blue,0.2\n3.5,red,0.3\n4.5,green,0.4\n").unwrap();
    assert_eq!(data.schema().columns[1].kind, Kind::Categorical(vec!["blue".into(), "green".into(), "red".into()]));
    assert_eq!(data.inputs(), 4);
    let x = [[1.5, 0.0, 0.0, 1.0], [2.5, 1.0, 0.0, 0.0], [3.5, 0.0, 0.0, 1.0], [4.5, 0.0, 1.0, 0.0]];
    assert_eq!(data.x(), x.as_flattened());
}

#[test]
fn the_target_is_named_numbered_or_last() {
    let text = "a,b,c\n1.5,2.5,3.5\n4.5,5.5,6.5\n";
    assert_eq!(values(&read(text).unwrap()), [3.5, 6.5]);
    for wanted in ["a", "1"] {
        let data = read_as(text, &target(wanted)).unwrap();
        assert_eq!((values(&data), data.x()), (vec![1.5, 4.5], &[2.5, 3.5, 5.5, 6.5][..]));
        assert_eq!(data.schema().target, TargetKind::Values(vec!["a".into()]));
    }
    // A name goes before a number.
    assert_eq!(
        values(
            &read_as("2x,x,1\n1.5,2.5,3.5\n4.5,5.5,6.5\n", &CsvOptions { header: Some(true), ..target("1") }).unwrap()
        ),
        [3.5, 6.5]
    );
    for wanted in ["d", "0", "4", "-1", ""] {
        check_error_as(text, &target(wanted), &format!("there is no column `{wanted}`; the columns are a, b, c"));
    }
}

#[test]
fn columns_can_be_left_out() {
    let text = "id,x,y\na17,1,0.5\nb20,2,0.25\n";
    for skip in ["id", "1"] {
        let options = CsvOptions { skip: vec![skip.into()], ..CsvOptions::default() };
        assert_eq!(read_as(text, &options).unwrap(), read(SMALL).unwrap());
    }
    let options = CsvOptions { skip: vec!["y".into()], ..CsvOptions::default() };
    assert_eq!(values(&read_as("x,t,y\n1,2.5,3\n4,5.5,6\n", &options).unwrap()), [2.5, 5.5]);
    let options = CsvOptions { skip: vec!["no".into()], ..CsvOptions::default() };
    check_error_as(text, &options, "there is no column `no`; the columns are id, x, y");
}

#[test]
fn classes_are_ordered_by_number_or_alphabetically() {
    let data = read_as("1,10\n2,9\n3,-1\n4,10.0\n", &task(Task::Classify)).unwrap();
    assert_eq!(classes(&data), (vec!["-1", "9", "10"], vec![2, 1, 0, 2]));
    let data = read("1,b\n2,B\n3,a\n").unwrap();
    assert_eq!(classes(&data), (vec!["B", "a", "b"], vec![2, 0, 1]));
    let data = read_as("1,10\n2,9\n3,x\n", &task(Task::Classify)).unwrap();
    assert_eq!(classes(&data), (vec!["10", "9", "x"], vec![0, 1, 2]));
    let data = read_as("1,-0\n2,0.0\n3,0.5\n", &task(Task::Classify)).unwrap();
    assert_eq!(classes(&data), (vec!["0", "0.5"], vec![0, 0, 1]));
}

#[test]
fn the_task_follows_from_the_target() {
    let rows = |targets: &[&str]| targets.iter().enumerate().map(|(i, t)| format!("{i},{t}\n")).collect::<String>();
    let is_classification = |targets: &[&str]| read(rows(targets)).unwrap().class_counts().is_some();
    assert!(is_classification(&["a", "b"]));
    assert!(is_classification(&["0", "1", "1", "0"]), "two values, as in xor");
    assert!(is_classification(&["1", "2", "3"].repeat(5)));
    assert!(!is_classification(&["1", "2", "3"].repeat(4)), "4 rows per value");
    assert!(!is_classification(&["0.5", "1", "1", "0.5"]));
    let numbers: Vec<String> = (1..=21).map(|i| i.to_string()).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    assert!(is_classification(&numbers[..20].repeat(5)));
    assert!(!is_classification(&numbers.repeat(5)));

    let data = read_as(rows(&["0", "1", "1", "0"]), &task(Task::Regress)).unwrap();
    assert_eq!(values(&data), [0.0, 1.0, 1.0, 0.0]);
    let data = read_as(rows(&["1", "2", "3"]), &task(Task::Classify)).unwrap();
    assert_eq!(data.class_counts(), Some(vec![1, 1, 1]));
    check_error_as(rows(&["a", "b"]), &task(Task::Regress), "line 1, column 2: text in a numeric column: `a`");
}

#[test]
fn too_little_is_an_error() {
    check_error("", "the table is empty");
    check_error("\n\r\n  \n", "the table is empty");
    check_error("\u{feff}", "the table is empty");
    check_error("x,y\n", "there are no rows below the header");
    check_error("x,y\n1,2\n", "at least 2 rows are needed, got 1");
    check_error("1,2.5", "at least 2 rows are needed, got 1");
    let narrow = "an input column and a target column are needed, got 1 in all; is the delimiter right?";
    check_error("x\n1\n2\n", narrow);
    check_error("x;y\n1;2\n3;4\n", narrow);
    check_error("x,y\n1,a\n2,a\n", "all rows have the same class `a`, at least 2 classes are needed");
    check_error("1,7\n2,7\n3,7\n4,7\n5,7\n", "all rows have the same class `7`, at least 2 classes are needed");
    check_error_as(
        "1,0.5\n2,0.50\n",
        &task(Task::Classify),
        "all rows have the same class `0.5`, at least 2 classes are needed",
    );
}

#[test]
fn missing_values_are_errors_with_their_place() {
    check_error("x,y\n1,2.5\n,4.5\n", "line 3, column 1 (x): missing value");
    check_error("x,y\n1,2.5\n3,\n", "line 3, column 2 (y): missing value");
    check_error("x,y\n1,2.5\n3,\"\"\n", "line 3, column 2 (y): missing value");
    check_error("1,2.5\n?,4.5\n", "line 2, column 1: missing value `?`");
    check_error("1,2.5\n NA ,4.5\n", "line 2, column 1: missing value `NA`");
    check_error("red,2.5\n?,4.5\n", "line 2, column 1: missing value `?`");
    check_error_as("1,a\n2,?\n", &task(Task::Classify), "line 2, column 2: missing value `?`");
    check_error("1,2\n\n3,4\n", "line 2 is empty, and rows follow");
    check_error("x,y\n1,2\n\n\n3,4\n", "line 3 is empty, and rows follow");
}

#[test]
fn numbers_that_are_none_are_errors_with_their_place() {
    for text in ["NaN", "nan", "-nan", "inf", "-inf", "Infinity", "+INF"] {
        let expected = format!("line 3, column 1 (x): `{text}` is not a finite number");
        check_error(format!("x,y\n1,2\n{text},4\n"), &expected);
        let expected = format!("line 3, column 2 (y): `{text}` is not a finite number");
        check_error(format!("x,y\n1,2\n3,{text}\n"), &expected);
        check_error_as(format!("x,y\n1,2\n3,{text}\n"), &task(Task::Classify), &expected);
    }
    check_error("1,2\n1e999,4\n", "line 2, column 1: `1e999` is too large for f64");
    let error = read_csv::<f32>(&b"1,2\n1e39,4\n"[..], "", &CsvOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "line 2, column 1: `1e39` is too large for f32");
    assert_eq!(read("1e-999,2.5\n1e39,4.5\n").unwrap().x(), [0.0, 1e39]);
}

/// A column that `f32` would make constant is refused; one of which `f32` tells some numbers apart is not.
#[test]
fn numbers_that_become_one_are_errors() {
    let merged = "a,b\n1000000000,0.5\n1000000001,1.5\n1000000002,2.5\n";
    let read = |text: &str, target: &str| {
        let options = CsvOptions { target: Some(target.into()), task: Some(Task::Regress), ..CsvOptions::default() };
        read_csv::<f32>(text.as_bytes(), "", &options)
    };
    let expected = "column 1 (a): the numbers 1000000000 and 1000000001 are the same in f32, and so are all others, \
                    but not in f64";
    for target in ["b", "a"] {
        assert_eq!(read(merged, target).unwrap_err().to_string(), expected);
        assert!(read(&(merged.to_owned() + "1000000100,3.5\n"), target).is_ok());
        assert!(read("a,b\n7,0.5\n7,1.5\n", target).is_ok());
        let options = CsvOptions { target: Some(target.into()), ..CsvOptions::default() };
        assert!(read_as(merged, &options).is_ok());
    }
    let error = read("5,16777217\n6,16777216\n", "2").unwrap_err().to_string();
    assert!(error.starts_with("column 2: the numbers 16777217 and 16777216 are the same in f32"), "{error}");
}

#[test]
fn a_target_cannot_be_left_out() {
    let options = CsvOptions { skip: vec!["3".into()], ..target("c") };
    let expected = "the column `c` is asked for as the target and left out as well";
    check_error_as("a,b,c\n1,2,3\n4,5,6\n", &options, expected);
}

#[test]
fn numbers_and_text_do_not_mix() {
    check_error("x,y\n1,2\n3,4\n5..,6\n", "line 4, column 1 (x): text in a numeric column: `5..`");
    check_error("x,y\n1.5x,2\n3,4\n5,6\n", "line 2, column 1 (x): text in a numeric column: `1.5x`");
    check_error("x,y\n1,2.5\n3,4.5\n5,\"6,5\"\n", "line 4, column 2 (y): text in a numeric column: `6,5`");
    check_error("c,y\nred,2\nblue,4\n7,6\n", "line 4, column 1 (c): number in a text column: `7`");
    check_error("1,2\nred,3\n", "line 2, column 1: text in a numeric column: `red`");
}

#[test]
fn rows_of_another_width_are_errors() {
    check_error("x,y\n1,2\n3\n", "line 3: expected 2 columns, got 1");
    check_error("x,y\n1,2\n3,4,5\n", "line 3: expected 2 columns, got 3");
    check_error("x,y\r\n1,2\r\n3,4,\r\n", "line 3: expected 2 columns, got 3");
    check_error("1,2,3\n1,2\n", "line 2: expected 3 columns, got 2");
    let space = CsvOptions { delimiter: Delimiter::Space, ..CsvOptions::default() };
    check_error_as("1 2 3\n1  2\n", &space, "line 2: expected 3 columns, got 2");
}

#[test]
fn text_that_is_none_is_an_error() {
    check_error(b"x,y\n1,2\n\xff,4\n", "line 3 is not utf-8 text");
    check_error("x,y\n1,\"2\n3,4\n", "line 2: a quote is opened but not closed");
    check_error("x,y\n1,\"2\"3\n", "line 2: `3` stands after a closing quote; is the delimiter right?");
    check_error("x,x\n1,2\n3,4\n", "columns 1 and 2 are both named `x`");
    // A message stays short whatever the file holds.
    let long = "ä".repeat(1000);
    let shown = "ä".repeat(60);
    check_error(format!("1,2\n3,4\n5,{long}\n"), &format!("line 3, column 2: text in a numeric column: `{shown}…`"));
    let name = "n".repeat(256);
    check_error(format!("x,{name}\n1,2\n3,4\n"), "the name of column 2 has more than 255 bytes");
    assert!(read(format!("x,{}\n1,2\n3,4\n", &name[1..])).is_ok());
}

#[test]
fn limits_hold_exactly() {
    let wide = |n: usize| format!("{}\n", vec!["1.5"; n].join(",")).repeat(2);
    assert_eq!(read(wide(MAX_COLUMNS)).unwrap().inputs(), MAX_COLUMNS - 1);
    check_error(wide(MAX_COLUMNS + 1), "line 1 has more than 65536 columns");

    let long = |n: usize, end: &str| format!("1,{}{end}3,4{end}", "2".repeat(n - 2).replacen('2', "0.", 1));
    for end in ["\n", "\r\n"] {
        assert_eq!(read(long(MAX_LINE_BYTES - 1, end)).unwrap().rows(), 2);
        check_error(long(MAX_LINE_BYTES, end), "line 1 has more than 1048576 bytes");
    }
    check_error(vec![b'1'; 3 << 20], "line 1 has more than 1048576 bytes");
    check_error(vec![0; 3 << 20], "line 1 has more than 1048576 bytes");

    let names = |n: usize| (0..n).map(|i| format!("n{i},{i}.5\n")).collect::<String>();
    assert_eq!(read(names(1000)).unwrap().inputs(), 1000);
    check_error(names(1001), "line 1001, column 1: more than 1000 different values in a column of categories");
}

/// A reader that gives one byte at a time, and is interrupted before each.
struct Slow<'a>(&'a [u8], bool);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let n = self.0.len().min(buffer.len()).min(1);
        let (now, later) = self.0.split_at(n);
        buffer[..n].copy_from_slice(now);
        self.0 = later;
        Ok(n)
    }
}

#[test]
fn slow_readers_and_gzip_give_the_same() {
    let expected = read(SMALL).unwrap();
    let options = CsvOptions::default();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    io::copy(&mut SMALL.as_bytes(), &mut encoder).unwrap();
    let packed = encoder.finish().unwrap();
    assert_eq!(read(&packed).unwrap(), expected);
    for bytes in [SMALL.as_bytes(), &packed] {
        assert_eq!(read_csv::<f64>(Slow(bytes, false), "table", &options).unwrap(), expected);
    }
    check_error(&packed[..packed.len() - 3], "cannot read: unexpected end of file");
    check_error([&packed[..], &packed].concat(), "cannot read: the gzip file goes on after its first member");
}

#[test]
fn files_are_named_in_errors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("none.csv");
    let error = read_csv_file::<f32>(&path, &CsvOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: no such file", path.display()));
    std::fs::write(&path, "").unwrap();
    let error = read_csv_file::<f32>(&path, &CsvOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: the table is empty", path.display()));
    std::fs::write(&path, SMALL).unwrap();
    assert_eq!(read_csv_file::<f32>(&path, &CsvOptions::default()).unwrap().name(), "none");
    let error = read_csv_file::<f32>(dir.path(), &CsvOptions::default()).unwrap_err();
    assert!(error.to_string().starts_with(&dir.path().display().to_string()));
}

proptest! {
    /// Numbers written with all their digits come back bit for bit.
    #[test]
    fn written_numbers_come_back(rows in proptest::collection::vec(proptest::array::uniform3(-1e9..1e9_f64), 2..20)) {
        let text: String = rows.iter().map(|[a, b, t]| format!("{a},{b:e},{t}\n")).collect();
        let data = read_as(text, &task(Task::Regress)).unwrap();
        let (x, t): (Vec<_>, Vec<_>) = rows.iter().map(|&[a, b, t]| ([a, b], t)).unzip();
        prop_assert_eq!(data.x(), x.as_flattened());
        prop_assert_eq!(values(&data), t);
    }

    /// No text makes the reader panic.
    #[test]
    fn any_text_is_data_or_an_error(text in "[-0-9.,;eEnaifNA?\"\n\r\t a-c\u{feff}ä]{0,200}", space in any::<bool>()) {
        let delimiter = if space { Delimiter::Space } else { Delimiter::default() };
        for task in [None, Some(Task::Classify), Some(Task::Regress)] {
            if let Ok(data) = read_as(&text, &CsvOptions { delimiter, task, ..CsvOptions::default() }) {
                prop_assert!(data.rows() >= 2 && data.x().iter().all(|x| x.is_finite()));
            }
        }
    }

    /// Nor do any bytes, gzip or not.
    #[test]
    fn any_bytes_are_data_or_an_error(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), gzip in any::<bool>()) {
        if gzip {
            bytes.splice(0..0, [0x1f, 0x8b, 8, 0]);
        }
        let _ = read(bytes);
    }
}
