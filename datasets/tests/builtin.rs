//! The built-in and generated data sets against the published facts about them, and the front door.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking too")]

use bp_core::Float;
use bp_datasets::{Dataset, LoadOptions, Loaded, TargetData, generate, load, names};
use bp_train::TargetKind;

fn whole(name: &str) -> Dataset<f64> {
    match load(name, &LoadOptions::default()) {
        Ok(Loaded::Whole(data)) => data,
        other => panic!("{other:?}"),
    }
}

fn check_classes(name: &str, inputs: usize, counts: &[usize], classes: &[&str], first_row: &[f64]) {
    let data = whole(name);
    assert_eq!((data.name(), data.rows(), data.inputs()), (name, counts.iter().sum(), inputs));
    assert_eq!(data.class_counts().as_deref(), Some(counts));
    let expected = classes.iter().map(ToString::to_string).collect();
    assert_eq!(data.schema().target, TargetKind::Classes(expected));
    assert_eq!(&data.row(0)[..first_row.len()], first_row);
}

fn values(data: &Dataset<f64>) -> &[f64] {
    match data.targets() {
        TargetData::Values(values) => values,
        TargetData::Classes(_) => panic!("{} is a classification", data.name()),
    }
}

fn column_names(data: &Dataset<f64>) -> Vec<&str> {
    data.schema().columns.iter().map(|column| column.name.as_str()).collect()
}

#[test]
fn classifications_are_as_published() {
    check_classes("iris", 4, &[50; 3], &["setosa", "versicolor", "virginica"], &[5.1, 3.5, 1.4, 0.2]);
    check_classes("wine", 13, &[59, 71, 48], &["class 0", "class 1", "class 2"], &[14.23, 1.71, 2.43, 15.6]);
    check_classes("breast-cancer", 30, &[212, 357], &["malignant", "benign"], &[17.99, 10.38, 122.8, 1001.0]);
    check_classes(
        "digits",
        64,
        &[178, 182, 177, 183, 181, 182, 181, 179, 174, 180],
        &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        &[0.0, 0.0, 5.0, 13.0, 9.0, 1.0],
    );
    let digits = whole("digits");
    assert!(digits.x().iter().all(|x| (0.0..=16.0).contains(x)));
    // Fisher's rows 35 and 38, in which UCI's copy differs.
    let iris = whole("iris");
    assert_eq!((iris.row(34), iris.row(37)), (&[4.9, 3.1, 1.5, 0.2][..], &[4.9, 3.6, 1.4, 0.1][..]));
}

#[test]
fn features_have_their_names() {
    let iris = whole("iris");
    assert_eq!(column_names(&iris), ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]);
    let cancer = whole("breast-cancer");
    let cancer = column_names(&cancer);
    assert_eq!((cancer[0], cancer[10], cancer[29]), ("mean radius", "radius error", "worst fractal dimension"));
    assert_eq!(column_names(&whole("wine"))[12], "proline");
    assert_eq!(column_names(&whole("digits"))[63], "pixel_7_7");
    assert_eq!(column_names(&whole("diabetes")), ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]);
}

#[test]
fn regressions_are_as_published() {
    let diabetes = whole("diabetes");
    assert_eq!((diabetes.rows(), diabetes.inputs(), diabetes.outputs()), (442, 10, 1));
    let (least, most) = values(&diabetes).iter().fold((f64::MAX, 0.0), |(a, b), &t| (t.min(a), t.max(b)));
    assert_eq!((least, most), (25.0, 346.0));
    assert_eq!(diabetes.row(0), [59.0, 2.0, 32.1, 101.0, 157.0, 93.2, 38.0, 4.0, 4.8598, 87.0]);

    let sunspots = whole("sunspots");
    assert_eq!((sunspots.rows(), sunspots.inputs(), sunspots.outputs()), (300, 9, 1));
    assert_eq!(sunspots.schema().target, TargetKind::Values(vec!["SUNACTIVITY".into()]));
    assert_eq!((column_names(&sunspots)[0], column_names(&sunspots)[8]), ("lag 1", "lag 9"));
    // 1700 to 1709: 5, 11, 16, 23, 36, 58, 29, 20, 10, 8.
    assert_eq!(sunspots.row(0), [10.0, 20.0, 29.0, 58.0, 36.0, 23.0, 16.0, 11.0, 5.0]);
    assert_eq!((values(&sunspots)[0], values(&sunspots)[299]), (8.0, 2.9));
    assert_eq!(sunspots.row(299)[0].to_bits(), 7.5_f64.to_bits());
}

#[test]
fn generated_data_depends_on_the_seed_alone() {
    let load = |name, seed| match load::<f64>(name, &LoadOptions { seed, ..LoadOptions::default() }).unwrap() {
        Loaded::Whole(data) => data,
        Loaded::Parts(_) => panic!(),
    };
    for name in ["sine", "bishop-square", "bishop-sine", "bishop-abs", "bishop-step"] {
        assert_eq!(load(name, 3), load(name, 3));
        assert_ne!(load(name, 3), load(name, 4));
    }
    assert_eq!(load("xor", 3), load("xor", 4));
    // The same numbers over both floats, and on every machine.
    let narrow = generate::sine::<f32>(10, 5, 0.3).unwrap();
    assert_eq!(narrow, generate::sine::<f64>(10, 5, 0.3).unwrap().cast());
    let first = generate::bishop_abs::<f64>(2, 0, 0.0).unwrap();
    assert_eq!(first.x().iter().map(|x| x.to_bits()).collect::<Vec<_>>(), BISHOP_SEED_0);
}

/// The inputs of `bishop_abs(2, 0, 0.0)`.
const BISHOP_SEED_0: [u64; 2] = [0x3fbe_3461_0fe4_46f0, 0xbfeb_0c7a_617e_71a4];

#[test]
fn curves_are_the_functions_they_are_named_after() {
    let check = |name: &str, rows: usize, f: fn(f64) -> f64| {
        let data = whole(name);
        assert_eq!((data.name(), data.rows(), data.inputs(), data.outputs()), (name, rows, 1, 1));
        for (&x, &t) in data.x().iter().zip(values(&data)) {
            assert!((t - f(x)).abs() < 1e-15 && x > -1.0 && x < 1.0, "{name}: f({x}) = {t}");
        }
        assert!(data.x().iter().any(|&x| x < -0.5) && data.x().iter().any(|&x| x > 0.5));
    };
    check("bishop-square", 50, |x| x * x);
    check("bishop-sine", 50, f64::sin);
    check("bishop-abs", 50, f64::abs);
    check("bishop-step", 50, |x| f64::from(u8::from(x > 0.0)));

    let sine = generate::sine::<f64>(5, 0, 0.0).unwrap();
    assert_eq!(sine.x(), [0.0, 0.25, 0.5, 0.75, 1.0]);
    assert!(values(&sine).iter().zip([0.0, 1.0, 0.0, -1.0, 0.0]).all(|(t, expected)| (t - expected).abs() < 1e-15));
}

#[test]
fn noise_is_normal_with_the_given_deviation() {
    let n = 20_000;
    let clean = generate::bishop_abs::<f64>(n, 1, 0.0).unwrap();
    let noisy = generate::bishop_abs::<f64>(n, 1, 0.5).unwrap();
    assert_eq!(clean.x(), noisy.x());
    let z: Vec<f64> = values(&noisy).iter().zip(values(&clean)).map(|(a, b)| (a - b) / 0.5).collect();
    let moment = |k: i32| z.iter().map(|z| z.powi(k)).sum::<f64>() / n as f64;
    // Five standard errors: √(1/n), √(2/n), √(96/n).
    let error = |variance: f64| 5.0 * (variance / n as f64).sqrt();
    assert!(moment(1).abs() < error(1.0) && (moment(2) - 1.0).abs() < error(2.0), "{} {}", moment(1), moment(2));
    assert!((moment(4) - 3.0).abs() < error(96.0), "{}", moment(4));
}

#[test]
fn spirals_do_not_touch() {
    check_spirals("spirals", 1000, 1.25);
    check_spirals("spirals-194", 194, 3.0);
    // The benchmark as published: radius 6.5 (104 − i) / 104, angle iπ/16.
    let benchmark = whole("spirals-194");
    let (angle, radius) = (17.0 * std::f64::consts::PI / 16.0, 87.0 / 104.0);
    let [x, y] = benchmark.row(2 * 17 + 1) else { panic!() };
    assert!((x + radius * angle.sin()).abs() < 1e-15 && (y + radius * angle.cos()).abs() < 1e-15, "({x}, {y})");
    assert_eq!(generate::spirals::<f64>(7, 3.0, 0, 0.1).unwrap().class_counts(), Some(vec![4, 3]));
}

fn check_spirals(name: &str, rows: usize, turns: f64) {
    let spirals = whole(name);
    assert_eq!((spirals.name(), spirals.rows()), (name, rows));
    let TargetData::Classes(labels) = spirals.targets() else { panic!() };
    let distance = |i: usize, j: usize| {
        let [a, b] = [spirals.row(i), spirals.row(j)];
        (a[0] - b[0]).hypot(a[1] - b[1])
    };
    let pairs = (0..rows).flat_map(|i| (0..i).map(move |j| (i, j))).filter(|&(i, j)| labels[i] != labels[j]);
    let closest = pairs.map(|(i, j)| distance(i, j)).fold(f64::MAX, f64::min);
    assert!(closest > 0.1, "{closest}");
    let radius = |i: usize| spirals.row(i)[0].hypot(spirals.row(i)[1]);
    assert!((0..rows).all(|i| radius(i) <= 1.0 + 1e-15));
    // The angle from one point of a spiral to the next, added up.
    let angle = |i: usize| {
        let [a, b] = [spirals.row(i), spirals.row(i + 2)];
        ((a[0] * b[1] - a[1] * b[0]) / (radius(i) * radius(i + 2))).asin()
    };
    let turned = (0..rows - 2).step_by(2).map(angle).sum::<f64>() / std::f64::consts::TAU;
    assert!((turned + turns).abs() < 1e-12, "{name}: {turned}");
}

#[test]
fn generators_refuse_nonsense() {
    let check = |result: Result<Dataset<f64>, _>, expected: &str| {
        assert_eq!(result.map_err(|error: bp_datasets::DataError| error.to_string()), Err(expected.into()));
    };
    check(generate::xor(3, 0, 0.0), "this data set has at least 4 rows, got 3");
    check(generate::spirals(3, 3.0, 0, 0.0), "this data set has at least 4 rows, got 3");
    check(generate::spirals(4, f64::INFINITY, 0, 0.0), "the number of turns must be finite, got inf");
    check(generate::sine(1, 0, 0.0), "this data set has at least 2 rows, got 1");
    check(generate::bishop_step(0, 0, 0.0), "this data set has at least 2 rows, got 0");
    check(generate::xor(4, 0, -1.0), "the noise must be a finite number not below 0, got -1");
    check(generate::sine(4, 0, f64::NAN), "the noise must be a finite number not below 0, got NaN");
}

#[test]
fn every_name_is_known_and_others_are_not() {
    let nowhere = std::path::PathBuf::from("nowhere at all");
    for set in names() {
        let options = LoadOptions { data_dir: Some(nowhere.clone()), seed: 1 };
        match load::<f32>(set.name, &options) {
            Ok(loaded) => {
                let parts = loaded.split(0.25, 1).unwrap();
                assert_eq!(parts.train.name(), set.name);
                assert!(set.about.contains(&format!("{} rows", parts.train.rows() + parts.test.rows())), "{set:?}");
                assert!(parts.train.x().iter().all(|x| Float::is_finite(*x)));
            }
            Err(error) => assert!(error.to_string().starts_with("nowhere at all: neither "), "{error}"),
        }
    }
    let message = |name| load::<f32>(name, &LoadOptions::default()).unwrap_err().to_string();
    let known = "known: iris, digits, wine, breast-cancer, diabetes, sunspots, xor, spirals, spirals-194, sine, \
                 bishop-square, bishop-sine, bishop-abs, bishop-step, mnist, fashion-mnist, kmnist, iris-uci, wine-uci, \
                 breast-cancer-wdbc, abalone, sonar, wine-quality-red, yacht, energy, concrete, power-plant, \
                 california-housing";
    assert_eq!(message("mnits"), format!("unknown data set `mnits`, did you mean `mnist`? {known}"));
    assert_eq!(message("Iris"), format!("unknown data set `Iris`, did you mean `iris`? {known}"));
    assert_eq!(message("housing"), format!("unknown data set `housing`, did you mean `california-housing`? {known}"));
    assert_eq!(message("zebra"), format!("unknown data set `zebra`; {known}"));
    assert_eq!(message(""), format!("unknown data set ``; {known}"));
}
