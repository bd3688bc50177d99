//! Tables read with a known schema.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking too")]

use bp_datasets::{
    CsvError, CsvOptions, Dataset, Inputs, TargetData, Task, read_csv, read_inputs, read_inputs_file, read_with_schema,
    read_with_schema_file,
};
use bp_train::Schema;

const TRAINED_ON: &str = "length,sex,rings\n1.5,M,10.5\n2.5,F,11.5\n3.5,M,12.5\n";

fn schema_of(text: &str, options: &CsvOptions) -> Schema {
    read_csv::<f64>(text.as_bytes(), "", options).unwrap().schema().clone()
}

fn schema() -> Schema {
    schema_of(TRAINED_ON, &CsvOptions::default())
}

fn inputs(text: &str, schema: &Schema) -> Result<Inputs<f64>, CsvError> {
    read_inputs(text.as_bytes(), schema, &CsvOptions::default())
}

fn with_targets(text: &str, schema: &Schema) -> Result<Dataset<f64>, CsvError> {
    read_with_schema(text.as_bytes(), "", schema, &CsvOptions::default())
}

fn check_inputs(text: &str, schema: &Schema, rows: usize, x: &[f64]) {
    assert_eq!(inputs(text, schema).unwrap(), Inputs { rows, x: x.to_vec() }, "{text:?}");
}

fn check_error(text: &str, expected: &str) {
    assert_eq!(inputs(text, &schema()).unwrap_err().to_string(), expected, "{text:?}");
}

fn check_target_error(text: &str, schema: &Schema, expected: &str) {
    assert_eq!(with_targets(text, schema).unwrap_err().to_string(), expected, "{text:?}");
}

#[test]
fn inputs_are_found_by_name() {
    let x = [4.0, 1.0, 0.0, 5.0, 0.0, 1.0];
    for text in [
        "length,sex,rings\n4,F,1\n5,M,2\n",
        "length,sex\n4,F\n5,M\n",
        "sex,length\nF,4\nM,5\n",
        "id,sex,note,length\n1,F,?,4\n2,M,,5\n",
        "\u{feff}\"length\",\"sex\"\r\n4,F\r\n5,M",
    ] {
        check_inputs(text, &schema(), 2, &x);
    }
}

#[test]
fn inputs_are_found_by_position() {
    check_inputs("4,F\n5,M\n", &schema(), 2, &[4.0, 1.0, 0.0, 5.0, 0.0, 1.0]);
    check_inputs("4,F,9\n", &schema(), 1, &[4.0, 1.0, 0.0]);
    // Made from a table without a header, asked with one.
    let headerless = schema_of("1.5,M,10.5\n2.5,F,11.5\n", &CsvOptions::default());
    check_inputs("l,s,r\n4,F,9\n", &headerless, 1, &[4.0, 1.0, 0.0]);

    let first = CsvOptions { target: Some("1".into()), ..CsvOptions::default() };
    let schema = schema_of("10.5,1.5,2.5\n11.5,3.5,4.5\n", &first);
    let read = |text: &str| read_inputs::<f64>(text.as_bytes(), &schema, &first).unwrap().x;
    assert_eq!(read("9,1,2\n"), [1.0, 2.0]);
    assert_eq!(read("1,2\n"), [1.0, 2.0]);
    assert_eq!(read("t,a,b\n9,1,2\n"), [1.0, 2.0]);

    let skip = CsvOptions { skip: vec!["1".into()], ..CsvOptions::default() };
    let schema = schema_of("17,1.5,10.5\n18,3.5,11.5\n", &skip);
    assert_eq!(read_inputs::<f64>(&b"19,4.5,1\n"[..], &schema, &skip).unwrap().x, [4.5]);
}

#[test]
fn what_does_not_fit_is_an_error() {
    check_error("length,rings\n4,5\n", "the column `sex` is missing; the columns are length, rings");
    check_error("4\n", "expected 2 columns, or 3 with the target, got 1");
    check_error("4,F,5,6\n", "expected 2 columns, or 3 with the target, got 4");
    check_error("length,sex\n4,X\n", "line 2, column 2 (sex): unknown category `X`, known are F, M");
    check_error("4,f\n", "line 1, column 2: unknown category `f`, known are F, M");
    check_error("4,1\n", "line 1, column 2: unknown category `1`, known are F, M");
    check_error("length,sex\n4,?\n", "line 2, column 2 (sex): missing value `?`");
    check_error("length,sex\nfour,F\n", "line 2, column 1 (length): text in a numeric column: `four`");
    check_error("length,sex\nNaN,F\n", "line 2, column 1 (length): `NaN` is not a finite number");
    check_error("length,sex\n4,F\n5\n", "line 3: expected 2 columns, got 1");
    check_error("length,sex\n", "there are no rows below the header");
    check_error("", "the table is empty");
}

/// A target that is asked for must be there, even where its values are not needed, and must not be left out.
#[test]
fn the_target_that_is_asked_for_must_be_there() {
    let check = |text: &str, schema: &Schema, [target, skip]: [&str; 2], expected: &str| {
        let skip = if skip.is_empty() { vec![] } else { vec![skip.into()] };
        let options = CsvOptions { target: Some(target.into()), skip, ..CsvOptions::default() };
        let error = read_inputs::<f64>(text.as_bytes(), schema, &options).unwrap_err().to_string();
        assert_eq!(error, expected, "{text:?}");
        let error = read_with_schema::<f64>(text.as_bytes(), "", schema, &options).unwrap_err().to_string();
        assert_eq!(error, expected, "{text:?}");
    };
    let named = "length,sex,rings\n4,F,7\n5,M,8\n";
    check(named, &schema(), ["zz", ""], "there is no column `zz`; the columns are length, sex, rings");
    check(named, &schema(), ["4", ""], "there is no column `4`; the columns are length, sex, rings");
    check("4,F\n", &schema(), ["zz", ""], "there is no column `zz`; the columns are column 1, column 2");
    let skipped = |name| format!("the column `{name}` is asked for as the target and left out as well");
    check(named, &schema(), ["rings", "rings"], &skipped("rings"));
    check(named, &schema(), ["rings", "3"], &skipped("rings"));
    // One column too many would otherwise move every input.
    let first = CsvOptions { target: Some("1".into()), ..CsvOptions::default() };
    let headerless = schema_of("10.5,1.5,2.5\n11.5,3.5,4.5\n", &first);
    check("0,9,1,2\n", &headerless, ["1", "1"], &skipped("column 1"));
}

#[test]
fn one_column_is_enough() {
    let schema = schema_of("x,y\n1,2\n3,4\n", &CsvOptions::default());
    for text in ["x\n7\n8\n", "7\n8", "7\r\n8\r\n\r\n", "\u{feff}7\n8\n"] {
        check_inputs(text, &schema, 2, &[7.0, 8.0]);
    }
    let error = inputs("x\n7\n\n8\n", &schema).unwrap_err();
    assert_eq!(error.to_string(), "line 3 is empty, and rows follow");
    let error = inputs("x\n7\n\"\"\n", &schema).unwrap_err();
    assert_eq!(error.to_string(), "line 3, column 1 (x): missing value");
}

#[test]
fn long_lists_are_cut() {
    let rows: String = (0..30).map(|i| format!("c{i:02},{i}.5\n")).collect();
    let schema = schema_of(&rows, &CsvOptions::default());
    let error = inputs("x\n", &schema).unwrap_err().to_string();
    assert!(
        error.starts_with("the column `column 1` is missing") || error.ends_with("rows below the header"),
        "{error}"
    );
    let error = inputs("new,0.5\n", &schema).unwrap_err().to_string();
    assert!(error.starts_with("line 1, column 1: unknown category `new`, known are c00, c01, "), "{error}");
    assert!(error.ends_with(", c19 and 10 more"), "{error}");
}

#[test]
fn targets_are_found() {
    let values = TargetData::Values(vec![7.0, 8.0]);
    for text in ["length,sex,rings\n4,F,7\n5,M,8\n", "rings,length,sex,id\n7,4,F,0\n8,5,M,0\n", "4,F,7\n5,M,8\n"] {
        let data = with_targets(text, &schema()).unwrap();
        assert_eq!((data.targets(), data.schema()), (&values, &schema()), "{text:?}");
    }
    let missing = "the column `rings` is missing; the columns are length, sex";
    check_target_error("length,sex\n4,F\n", &schema(), missing);
    check_target_error("4,F\n", &schema(), "expected 2 columns, or 3 with the target, got 2");
    check_target_error("4,F,x\n", &schema(), "line 1, column 3: text in a numeric column: `x`");
}

#[test]
fn classes_are_found() {
    let schema = schema_of("a,b,kind\n1,2,no\n3,4,yes\n", &CsvOptions::default());
    let labels = TargetData::Classes(vec![1, 0]);
    for text in ["a,b,kind\n1,2,yes\n3,4,no\n", "answer,b,a\nyes,2,1\nno,4,3\n", "id,b,a,kind\n0,2,1,yes\n0,4,3,no\n"] {
        assert_eq!(with_targets(text, &schema).unwrap().targets(), &labels, "{text:?}");
    }
    let options = CsvOptions { target: Some("truth".into()), ..CsvOptions::default() };
    let text = "a,truth,b,other\n1,yes,2,0\n";
    let data: Dataset<f64> = read_with_schema(text.as_bytes(), "", &schema, &options).unwrap();
    assert_eq!((data.rows(), data.targets()), (1, &TargetData::Classes(vec![1])));
    check_target_error("a,b\n1,2\n", &schema, "the target column is missing; the columns are a, b");
    let unknown = "line 2, column 3 (kind): unknown class `maybe`, known are no, yes";
    check_target_error("a,b,kind\n1,2,maybe\n", &schema, unknown);
}

#[test]
fn numeric_classes_are_known_in_any_spelling() {
    let classify = CsvOptions { task: Some(Task::Classify), ..CsvOptions::default() };
    let schema = schema_of("1,2\n3,10\n", &classify);
    assert_eq!(with_targets("0,10.0\n0,02\n", &schema).unwrap().targets(), &TargetData::Classes(vec![1, 0]));
    check_target_error("0,3\n", &schema, "line 1, column 2: unknown class `3`, known are 2, 10");
}

#[test]
fn a_table_read_again_with_its_schema_is_the_same() {
    let first: Dataset<f64> = read_csv(TRAINED_ON.as_bytes(), "", &CsvOptions::default()).unwrap();
    assert_eq!(with_targets(TRAINED_ON, first.schema()).unwrap(), first);
    assert_eq!(inputs(TRAINED_ON, first.schema()).unwrap().x, first.x());
}

#[test]
fn files_are_named_in_errors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new.csv");
    let options = CsvOptions::default();
    let error = read_inputs_file::<f32>(&path, &schema(), &options).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: no such file", path.display()));
    std::fs::write(&path, "4,X,1\n").unwrap();
    let expected = format!("{}: line 1, column 2: unknown category `X`, known are F, M", path.display());
    assert_eq!(read_inputs_file::<f32>(&path, &schema(), &options).unwrap_err().to_string(), expected);
    assert_eq!(read_with_schema_file::<f32>(&path, &schema(), &options).unwrap_err().to_string(), expected);
}
