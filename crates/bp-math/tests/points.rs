//! `f64`: 3,000 points of each function, hard ones among them, against two arbitrary-precision crates that must agree;
//! `cargo xtask ulps` takes a million.

mod oracle;

use bp_math::ulp;
use oracle::double::{ALL, Report};
use oracle::in_parallel;

#[test]
fn errors_are_within_the_declared_ones() {
    for function in ALL {
        let job = |points: std::ops::Range<u64>| Report::merge(points.map(|i| function.check(i)));
        let report = Report::merge(in_parallel(0..3_000, 32, job, |_| {}));
        let declared = ulp::f64::ALL.iter().find(|(name, _)| *name == function.name).expect("declared").1;
        assert!(report.worst <= declared, "{}: {report:?}, declared {declared}", function.name);
        assert!(report.disagreement <= 1e-9, "{}: the oracles disagree, {report:?}", function.name);
        assert_eq!(report.asymmetric + report.outside, 0, "{}: {report:?}", function.name);
    }
}

/// The points are what they claim to be: of every kind, and not the same ones.
#[test]
fn points_are_varied() {
    for function in ALL {
        let x: Vec<f64> = (0..8_000).map(|i| function.point(i)).collect();
        let share = |test: &dyn Fn(f64) -> bool| x.iter().filter(|x| test(**x)).count();
        assert!(
            share(&|x| x.is_subnormal() && x.abs() > 0.0) > 100 || ["ln", "ln1p"].contains(&function.name),
            "{}",
            function.name
        );
        assert!(share(&|x| x.abs() > 0.1 && x.abs() < 5.0) > 500, "{}", function.name);
        let mut bits: Vec<u64> = x.iter().map(|x| x.to_bits()).collect();
        bits.sort_unstable();
        bits.dedup();
        assert!(bits.len() > 6_000, "{}: {} different points", function.name, bits.len());
    }
}
