//! Model files: what is written is read again, bit for bit; what was damaged is refused, never misread.
#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use std::fmt::Debug;
use std::fs;

use bp_core::{Act, Backend, ErrorFunction, Examples, Float, Output, Reference, Targets, stack};
use bp_faer::Faer;
use bp_ndarray::Ndarray;
use bp_tests::for_every_backend_and_scalar;
use bp_tests::nets::{graph, values};
use bp_tests::suite::{bits, scalars};
use bp_train::{Column, FileError, Kind, ModelError, Network, Schema, TargetKind, model_dtype};

for_every_backend_and_scalar!(round_trip, saved_and_loaded);

/// Skip connections, terms, schema, scalings and a loss that is not the default.
fn models<B: Backend<S> + Default, S: Float>() -> [Network<B, S>; 3] {
    let x: Vec<S> = scalars(&values(31, 60));
    let text = |names: [&str; 3]| names.map(String::from).to_vec();
    let columns = vec![
        Column::numeric("length"),
        Column { name: "sex".into(), kind: Kind::Categorical(vec!["F".into(), "M".into()]) },
    ];
    let mut classes = Network::new(graph(Act::Tanh, Output::Softmax), 1).expect("a network");
    classes.standardize(&Examples::new(&x, Targets::Classes(&[1; 20]))).expect("shapes fit");
    let target = TargetKind::Classes(text(["setosa", "Größe ½", ""]));
    classes.set_schema(Schema { columns: columns.clone(), target }).expect("widths fit");
    let mut values = Network::new(graph(Act::LeakyRelu { slope: 0.2 }, Act::Identity.into()), 2).expect("a network");
    values.standardize(&Examples::new(&x, Targets::Rows(&x))).expect("shapes fit");
    values.set_loss(ErrorFunction::Huber { threshold: 0.75 }).expect("a threshold");
    values.set_schema(Schema { columns, target: TargetKind::Values(text(["u", "v", "w"])) }).expect("widths fit");
    // Numbers that a detour through decimals or another scalar would lose.
    let mut odd = Network::new(stack(3).output(1, Output::Exp), 3).expect("a network");
    odd.params_mut().copy_from_slice(&scalars::<S>(&[-0.0, 1e-310, 0.1, f64::INFINITY]));
    [classes, values, odd]
}

fn assert_same<A, B, S>(got: &Network<A, S>, want: &Network<B, S>)
where
    A: Backend<S>,
    B: Backend<S>,
    S: Float,
{
    assert_eq!(bits(got.params()), bits(want.params()));
    assert_eq!(got.plan().architecture(), want.plan().architecture());
    assert_eq!(got.loss(), want.loss());
    assert_eq!(got.schema(), want.schema());
    for (got, want) in [(got.input_scaling(), want.input_scaling()), (got.target_scaling(), want.target_scaling())] {
        assert_eq!(got, want);
        let means = |s: &bp_train::Standardizer| [bits(s.mean()), bits(s.scale())];
        assert_eq!(got.map(means), want.map(means));
    }
    assert_eq!(got.to_bytes(), want.to_bytes());
}

fn round_trip<B: Backend<S> + Default, S: Float>() {
    let x: Vec<S> = scalars(&values(32, 33));
    for net in models::<B, S>() {
        let bytes = net.to_bytes().expect("a small network");
        assert_eq!(model_dtype(&bytes), Ok(S::NAME));
        let same = Network::<B, S>::from_bytes(&bytes).expect("what was written");
        assert_same(&same, &net);
        assert_eq!(bits(&same.predict(&x).expect("rows")), bits(&net.predict(&x).expect("rows")));
        // A file knows no backend.
        assert_same(&Network::<Reference, S>::from_bytes(&bytes).expect("what was written"), &net);
    }
}

fn saved_and_loaded<B: Backend<S> + Default + Debug, S: Float>() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("net.bp");
    let names = || {
        let entries = fs::read_dir(folder.path()).expect("the folder").map(|e| e.expect("an entry").file_name());
        entries.collect::<Vec<_>>()
    };
    // The second and third replace the one before; nothing else is ever left.
    for net in models::<B, S>() {
        net.save(&path).expect("a folder to write to");
        assert_same(&Network::<B, S>::load(&path).expect("what was written"), &net);
        assert_eq!(names(), ["net.bp"]);
    }
    let [net, ..] = models::<B, S>();
    let lost = folder.path().join("no").join("such.bp");
    let error = net.save(&lost).expect_err("there is no folder").to_string();
    assert!(error.starts_with(&format!("cannot write {}: ", lost.display())), "{error}");
    // A target that cannot be replaced: the error names it and the temporary file is gone.
    let blocked = folder.path().join("folder.bp");
    fs::create_dir(&blocked).expect("a folder");
    fs::write(blocked.join("file"), "in the way").expect("a file");
    let error = net.save(&blocked).expect_err("a folder is in the way").to_string();
    assert!(error.starts_with(&format!("cannot write {}: ", blocked.display())), "{error}");
    assert_eq!(names().len(), 2, "{:?}", names());
    let error = Network::<B, S>::load(&lost).expect_err("there is no file");
    assert!(matches!(&error, ModelError::Io { action: "read", path, .. } if *path == lost), "{error}");
    fs::write(&path, "not a model").expect("a file");
    let error = Network::<B, S>::load(&path).expect_err("it is text").to_string();
    assert_eq!(error, format!("{}: not a bp file: it does not start with the bp mark", path.display()));
}

fn small() -> Vec<u8> {
    let [_, net, _] = models::<Reference, f32>();
    net.to_bytes().unwrap()
}

fn read(bytes: &[u8]) -> Result<Network<Reference, f32>, FileError> {
    Network::from_bytes(bytes)
}

#[test]
fn every_truncation_is_an_error() {
    let bytes = small();
    for n in 0..bytes.len() {
        let error = read(&bytes[..n]).unwrap_err();
        let early = matches!(error, FileError::NotBp if n < 8) || matches!(error, FileError::CutShort { .. });
        assert!(early, "{n} of {} bytes: {error}", bytes.len());
        assert!(model_dtype(&bytes[..n]).is_err(), "{n} of {} bytes", bytes.len());
    }
}

#[test]
fn every_changed_byte_is_an_error() {
    let mut bytes = small();
    for at in 0..bytes.len() {
        let right = bytes[at];
        for wrong in (0..=u8::MAX).filter(|wrong| *wrong != right) {
            bytes[at] = wrong;
            assert!(read(&bytes).is_err(), "byte {at} of {}: {right} → {wrong}", bytes.len());
        }
        bytes[at] = right;
    }
    read(&bytes).unwrap();
}

#[test]
fn every_missing_doubled_and_swapped_byte_is_an_error() {
    let bytes = small();
    for at in 0..bytes.len() {
        let mut missing = bytes.clone();
        missing.remove(at);
        assert!(read(&missing).is_err(), "without byte {at}");
        let mut doubled = bytes.clone();
        doubled.insert(at, bytes[at]);
        assert!(read(&doubled).is_err(), "byte {at} doubled");
        let mut swapped = bytes.clone();
        swapped.swap(at, (at + 1) % bytes.len());
        assert!(swapped == bytes || read(&swapped).is_err(), "bytes {at} and the next swapped");
    }
    assert_eq!(read(&[&bytes[..], &[0]].concat()).unwrap_err(), FileError::TrailingBytes { extra: 1 });
    assert_eq!(read(&bytes.repeat(2)).unwrap_err(), FileError::TrailingBytes { extra: bytes.len() });
}

/// What `to_bytes` gives, `from_bytes` takes: the widest schema that a table can have, and numbers of any size.
#[test]
fn what_is_written_can_be_read() {
    let wide = 1 << 16;
    let mut net = Network::<Reference, f32>::new(stack(wide).output(1, Act::Identity), 1).unwrap();
    let columns = (0..wide).map(|i| Column::numeric(format!("{i:x>255}"))).collect();
    net.set_schema(Schema { columns, target: TargetKind::Values(vec!["y".into()]) }).unwrap();
    let again = Network::<Reference, f32>::from_bytes(&net.to_bytes().unwrap()).unwrap();
    assert_eq!(again.schema(), net.schema());

    let mut net = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 1).unwrap();
    net.standardize(&Examples::new(&[0.0, 1e200, 9e307], Targets::Rows(&[1e300, -1e300, 0.0]))).unwrap();
    let again = Network::<Reference, f64>::from_bytes(&net.to_bytes().unwrap()).unwrap();
    assert_eq!(again.input_scaling(), net.input_scaling());
}

/// What could not be read again is refused by `to_bytes`.
#[test]
fn what_could_not_be_read_is_not_written() {
    let mut net = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 1).unwrap();
    let names = TargetKind::Values(vec!["y".repeat(1 << 26)]);
    net.set_schema(Schema { columns: vec![Column::numeric("x")], target: names }).unwrap();
    let error = net.to_bytes().unwrap_err().to_string();
    assert!(
        error.starts_with("schema is not valid: 671") && error.ends_with(" bytes, expected at most 67108864"),
        "{error}"
    );

    let mut net = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 1).unwrap();
    net.standardize(&Examples::new(&[0.0, f64::NAN], Targets::Rows(&[1.0, 2.0]))).unwrap();
    let why = "input.scale is not valid: scales must be positive and finite, one per finite mean";
    assert_eq!(net.to_bytes().unwrap_err().to_string(), why);
}

#[test]
fn another_scalar_and_another_version_are_refused() {
    let bytes = small();
    let error = Network::<Reference, f64>::from_bytes(&bytes).unwrap_err();
    assert_eq!(error, FileError::Dtype { got: "f32", expected: "f64" });
    for version in [0_u16, 2, 256, u16::MAX] {
        let mut other = bytes.clone();
        other[8..10].copy_from_slice(&version.to_le_bytes());
        assert_eq!(read(&other).unwrap_err(), FileError::Version { got: version, expected: 1 });
    }
}

/// The model in `golden-model/v1.bp`: 2 inputs, two relu units by shared terms, a skip connection, scalings. Every
/// parameter and scale is a power of two or a small sum of them, so its predictions are exact anywhere.
fn model_of_v1() -> Network<Reference, f32> {
    use bp_core::{Architecture, Layer, Term};
    let shared = vec![Term::weighted(0, 0, 0), Term::weighted(1, 1, 0), Term::fixed(1, 0)];
    let architecture = Architecture::new(
        2,
        vec![Layer::new("h", 2, Act::Relu).terms("input", shared)],
        Layer::new("out", 1, Act::Identity).dense("h").dense("input"),
    );
    let mut net = Network::new(architecture, 0).unwrap();
    // shared w; bias of h; out from h; out from input; bias of out.
    net.params_mut().copy_from_slice(&[2.0, 0.5, -0.25, 1.0, -3.0, 0.125, 4.0, 0.75]);
    net.standardize(&Examples::new(&[3.0, 18.0, -1.0, 2.0], Targets::Rows(&[7.0, -1.0]))).unwrap();
    net.set_loss(ErrorFunction::Huber { threshold: 0.5 }).unwrap();
    net.set_schema(Schema::unnamed(2, TargetKind::Values(vec!["Höhe".into()]))).unwrap();
    net
}

/// The same in plain arithmetic.
fn v1_by_hand(x: [f32; 2]) -> f32 {
    let (x1, x2) = ((x[0] - 1.0) / 2.0, (x[1] - 10.0) / 8.0);
    let (h1, h2) = ((2.0 * x1 + 0.5).max(0.0), (2.0 * x2 + x1 - 0.25).max(0.0));
    4.0 * (h1 - 3.0 * h2 + 0.125 * x1 + 4.0 * x2 + 0.75) + 3.0
}

/// The committed file must stay readable, and mean the same, for as long as version 1 is read at all; and what is
/// written today must be version 1 as it was. A change of layout on purpose raises the version and adds a file.
#[test]
fn the_committed_model_of_version_1_still_loads() {
    let bytes = include_bytes!("../golden-model/v1.bp");
    let want = model_of_v1();
    assert_eq!(want.to_bytes().unwrap(), bytes, "today's writer");
    fn check<B: Backend<f32> + Default>(bytes: &[u8], want: &Network<Reference, f32>) {
        let net = Network::<B, f32>::from_bytes(bytes).unwrap();
        assert_same(&net, want);
        for x in [[3.0, 18.0], [-1.0, 2.0], [0.0, 0.0], [1.0, 10.0], [-8.0, 64.0]] {
            assert_eq!(bits(&net.predict(&x).unwrap()), bits(&[v1_by_hand(x)]), "{x:?}");
        }
    }
    check::<Reference>(bytes, &want);
    check::<Ndarray>(bytes, &want);
    check::<Faer>(bytes, &want);
}
