//! Data sets made in memory, and their splits.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking too")]

use bp_datasets::{DataError, Dataset, TargetData};
use bp_train::{Column, Schema, TargetKind};
use proptest::prelude::*;

fn check_error(result: Result<Dataset<f64>, DataError>, expected: &str) {
    assert_eq!(result.unwrap_err().to_string(), expected);
}

fn labelled(labels: &[u32]) -> Dataset<f64> {
    let x: Vec<f64> = (0..labels.len()).map(|row| row as f64).collect();
    Dataset::from_labels("labelled", 1, &x, labels).unwrap()
}

/// The rows of six, two classes in turn, under seed 1: the same on every machine.
const SPLIT_OF_SIX: ([usize; 4], [usize; 2]) = ([1, 2, 0, 5], [3, 4]);

#[test]
fn what_is_not_a_data_set_is_refused() {
    let nan = f64::NAN;
    check_error(Dataset::from_values("", 1, &[], 1, &[]), "a data set needs at least one row");
    check_error(Dataset::from_values("", 0, &[], 1, &[1.0]), "a row needs at least one input");
    check_error(Dataset::from_values("", 1, &[1.0], 0, &[]), "a row needs at least one target");
    check_error(Dataset::from_values("", 2, &[1.0; 3], 1, &[1.0]), "3 input values do not make rows of 2");
    check_error(Dataset::from_values("", 1, &[1.0; 3], 2, &[1.0; 5]), "expected 6 target values, got 5");
    check_error(Dataset::from_labels("", 1, &[1.0; 3], &[0, 1]), "expected 3 target values, got 2");
    check_error(Dataset::from_labels("", 1, &[1.0; 2], &[0, 0]), "a classification needs at least 2 classes, got 1");
    check_error(
        Dataset::from_values("", 2, &[1.0, 2.0, 3.0, nan], 1, &[1.0; 2]),
        "row 1, input 1 is NaN, not a finite number",
    );
    check_error(
        Dataset::from_values("", 1, &[1.0; 2], 1, &[1.0, f64::NEG_INFINITY]),
        "row 1, target 0 is -inf, not a finite number",
    );
    check_error(
        Dataset::from_labels("", 1, &[1.0; 2], &[0, u32::MAX]),
        "row 1 has label 4294967295, beyond the 65536 classes",
    );
    let schema = Schema { columns: vec![Column::numeric("x")], target: TargetKind::Values(vec!["t".into()]) };
    check_error(
        Dataset::new("", schema, vec![1.0], TargetData::Classes(vec![0])),
        "the schema and the targets disagree: one has classes, the other values",
    );
    let two = Schema::unnamed(1, TargetKind::Classes(vec!["a".into(), "b".into()]));
    check_error(
        Dataset::new("", two, vec![1.0; 2], TargetData::Classes(vec![0, 2])),
        "row 1 has label 2, beyond the 2 classes",
    );
    check_error(labelled(&[0, 1]).subset(&[]), "a data set needs at least one row");
    check_error(labelled(&[0, 1]).subset(&[0, 2]), "row 2 does not exist, there are 2");
}

#[test]
fn splits_that_are_none_are_refused() {
    let data = labelled(&[0, 1, 0, 1]);
    for fraction in [0.0, 1.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
        let expected = format!("the test fraction must lie between 0 and 1, got {fraction}");
        assert_eq!(data.split(fraction, 0).unwrap_err().to_string(), expected);
    }
    let lone = Dataset::from_values("", 1, &[1.0], 1, &[1.0]).unwrap();
    assert_eq!(lone.split(0.5, 0).unwrap_err().to_string(), "a split needs at least 2 rows, got 1");
}

#[test]
fn splits_depend_on_the_seed_alone() {
    let data = labelled(&[0, 1, 2].repeat(20));
    assert_eq!(data.split_rows(0.25, 9), data.split_rows(0.25, 9));
    assert_ne!(data.split_rows(0.25, 9), data.split_rows(0.25, 10));
    let small = labelled(&[0, 1, 0, 1, 0, 1]);
    let (train, test) = small.split_rows(0.34, 1).unwrap();
    assert_eq!((&train[..], &test[..]), (&SPLIT_OF_SIX.0[..], &SPLIT_OF_SIX.1[..]));
}

proptest! {
    #[test]
    fn a_split_is_a_stratified_partition(
        labels in proptest::collection::vec(0..4_u32, 4..80),
        fraction in 0.01..0.99_f64,
        seed in any::<u64>(),
    ) {
        prop_assume!(labels.iter().any(|&label| label > 0));
        let data = labelled(&labels);
        let (train, test) = data.split_rows(fraction, seed).unwrap();
        let mut all = [&train[..], &test[..]].concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..data.rows()).collect::<Vec<_>>());
        prop_assert!(!train.is_empty() && !test.is_empty());

        let parts = data.split(fraction, seed).unwrap();
        prop_assert_eq!((parts.train.rows(), parts.test.rows()), (train.len(), test.len()));
        // Row numbers are the inputs, so the rows that came can be read off.
        let rows: Vec<usize> = parts.test.x().iter().map(|&x| x as usize).collect();
        prop_assert_eq!(&rows, &test);
        let counts = data.class_counts().unwrap();
        if counts.iter().any(|&n| n > 1) {
            for (&n, n_test) in counts.iter().zip(parts.test.class_counts().unwrap()) {
                prop_assert!((n_test as f64 - n as f64 * fraction).abs() <= 1.0);
                prop_assert!(n < 2 || (1..n).contains(&n_test));
            }
        }
    }

    #[test]
    fn a_regression_is_split_as_a_whole(rows in 2..80_usize, fraction in 0.01..0.99_f64, seed in any::<u64>()) {
        let x: Vec<f64> = (0..rows).map(|row| row as f64).collect();
        let data = Dataset::from_values("line", 1, &x, 1, &x).unwrap();
        let parts = data.split(fraction, seed).unwrap();
        prop_assert_eq!(parts.train.rows() + parts.test.rows(), rows);
        prop_assert!((parts.test.rows() as f64 - rows as f64 * fraction).abs() <= 1.0);
        let TargetData::Values(t) = parts.test.targets() else { panic!() };
        prop_assert_eq!(t, parts.test.x());
    }
}

#[test]
fn one_row_per_class_is_split_all_the_same() {
    let parts = labelled(&[0, 1, 2, 3]).split(0.25, 5).unwrap();
    assert_eq!((parts.train.rows(), parts.test.rows()), (3, 1));
}
