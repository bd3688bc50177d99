//! The golden vectors on every backend and scalar, and the proof that the comparison can fail.
#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use bp_core::{Float, Reference};
use bp_tests::golden::{self, File, NetCase, Report, plant, read_file};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden");

/// The networks of the committed files, also where `BP_GOLDEN_DIR` names others.
fn cases() -> Vec<NetCase> {
    let net = |(name, file): (String, File)| match file {
        File::Net(net) => Some(NetCase::new(&net).expect(&name)),
        File::External(external) => Some(NetCase::new(&external.net).expect(&name)),
        _ => None,
    };
    golden::read_folder(Path::new(COMMITTED)).expect("golden files").into_iter().filter_map(net).collect()
}

#[test]
fn golden() {
    match golden::check_folder(&golden::folder()) {
        // Past the test harness, which would swallow what is not covered.
        Ok(report) => {
            writeln!(std::io::stderr(), "{report}").unwrap();
            let is_missing = |what: &&String| what.starts_with("optimizer ") || what.starts_with("schedule ");
            let missing: Vec<&String> = report.not_covered.keys().filter(is_missing).collect();
            assert!(missing.iter().all(|what| *what == "optimizer lbfgs"), "{missing:?}");
        }
        Err(e) => panic!("{e}"),
    }
}

/// For every file and every array: is an error of `relative` in its largest number noticed?
fn caught<S: Float>(relative: f64) -> (usize, usize, String)
where
    Reference: bp_core::Backend<S>,
{
    let (mut caught, mut all, mut missed) = (0, 0, String::new());
    for case in cases() {
        let got = case.run::<Reference, S>(&Reference);
        for name in case.want.keys().filter(|name| case.want[*name].iter().any(|x| x.abs() > 0.0)) {
            all += 1;
            match case.compare::<S>(&plant(&got, name, relative)) {
                Err(_) => caught += 1,
                Ok(_) => writeln!(missed, "{} {name}", case.name).unwrap(),
            }
        }
    }
    (caught, all, missed)
}

#[test]
fn planted_errors_are_caught_in_f64() {
    let (caught, all, missed) = caught::<f64>(1e-11);
    assert_eq!(caught, all, "missed: {missed}");
}

#[test]
fn planted_errors_are_caught_in_f32() {
    let (caught, all, missed) = caught::<f32>(1e-3);
    println!("{caught} of {all} caught, missed: {missed}");
    assert!(caught * 100 >= all * 95, "{caught} of {all} caught, missed: {missed}");
}

#[test]
fn nan_zero_and_missing_arrays_fail() {
    for case in cases() {
        let got = case.run::<Reference, f64>(&Reference);
        for name in case.want.keys() {
            for bad in [f64::NAN, f64::INFINITY] {
                let mut planted = got.clone();
                planted.get_mut(name).unwrap()[0] = bad;
                assert!(case.compare::<f64>(&planted).is_err(), "{} {name} {bad}", case.name);
                assert!(case.compare::<f32>(&planted).is_err(), "{} {name} {bad}", case.name);
            }
            let mut planted = got.clone();
            planted.remove(name);
            assert!(case.compare::<f64>(&planted).is_err(), "{} {name} missing", case.name);
        }
    }
}

/// A small network file, `from` in it replaced by `to`.
fn refused(from: &str, to: &str) -> String {
    let text = include_str!("../golden/net_width_1_1_1_1_tanh_sse.json");
    assert!(text.contains(from), "{from}");
    let text = text.replacen(from, to, 1);
    let checked = read_file("net_x", &text).and_then(|file| golden::check_file(&file, &mut Report::default()));
    checked.expect_err(&format!("{from} → {to} was accepted"))
}

#[test]
fn files_that_say_something_else_are_refused() {
    let cases = [
        ("\"error\":", "\"mistake\": 1, \"error\":", "unknown field `mistake`"),
        ("\"kind\":\"dense\"", "\"kind\":\"dense\",\"dropout\":0.5", "unknown field `dropout`"),
        ("\"error\":", "\"error_\":", "unknown field `error_`"),
        ("\"activation\":\"tanh\"", "\"activation\":\"mish\"", "unknown activation `mish`"),
        ("\"kind\":\"dense\"", "\"kind\":\"conv\"", "unknown kind of link conv"),
        ("sum_of_squares", "hinge", "unknown loss hinge"),
        ("\"x\": [[0.193]", "\"x\": [[0.193, 1.0]", "a row of 2 values, expected 1"),
        ("\"h.bias\":[0.107]", "\"h.bias\":[0.107, 1.0]", "h.bias: 2 values, expected 1"),
        ("\"h.bias\":[0.107]", "\"h.b\":[0.107]", "h.bias is missing"),
        ("0.42952007803420467", "0.42952007803520467", "error[0]: got 4.29520078034"),
        ("0.107", "0.10700000001", "a.h[0]: got"),
    ];
    for (from, to, message) in cases {
        let error = refused(from, to);
        assert!(error.contains(message), "{from} → {to}: {error}");
    }
    for (name, _) in golden::read_folder(Path::new(COMMITTED)).unwrap() {
        let text = std::fs::read_to_string(Path::new(COMMITTED).join(&name).with_extension("json")).unwrap();
        let error = read_file(&name, &text.replacen("\"name\":", "\"mistake\": 1, \"name\":", 1)).unwrap_err();
        assert!(error.contains("unknown field `mistake`"), "{name}: {error}");
    }
    assert!(read_file("hessian_x", "{}").unwrap_err().contains("no known kind"));
    assert!(golden::check_folder(&std::env::temp_dir().join("bp-no-such-folder")).is_err());
    let empty = tempfile::tempdir().unwrap();
    let error = golden::check_folder(empty.path()).unwrap_err();
    assert!(error.ends_with("no *.json in it"), "{error}");
}

#[test]
fn the_reader_rounds_to_nearest() {
    for text in ["0.1", "5e-324", "2.2250738585072011e-308", "1.7976931348623157e308", "-0.0", "9007199254740993.0"] {
        let got: golden::Array = serde_json::from_str(text).unwrap();
        assert_eq!(got.0[0].to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
    }
}
