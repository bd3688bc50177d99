//! [`Interval`] against two arbitrary-precision crates: the true value is inside, and the interval is narrow.

use bp_core::Real;
use bp_verify::Interval;

use crate::oracle::{Both, Exact, Function};
use crate::points;

fn enclosure(f: Function, x: Interval) -> Interval {
    match f {
        Function::Exp => x.exp(),
        Function::Expm1 => x.expm1(),
        Function::Ln => x.ln(),
        Function::Ln1p => x.ln1p(),
        Function::Tanh => x.tanh(),
        Function::Erf => x.erf(),
        Function::Sin => x.sin(),
        Function::Cos => x.cos(),
        Function::Sqrt => x.sqrt(),
        Function::Sech2 => x.sech2(),
        Function::Logistic => x.logistic(),
        Function::Softplus => x.softplus(),
    }
}

/// The number of `f64` steps from `lo` to `hi`.
fn steps(x: Interval) -> u64 {
    let place = |x: f64| {
        let bits = x.abs().to_bits() as i64;
        if x.is_sign_negative() { -bits } else { bits }
    };
    (place(x.hi()) - place(x.lo())) as u64
}

/// What is wrong with an enclosure of f(x) whose true value by two crates is `truth`.
fn fault(truth: &[Exact; 2], got: Interval, most: u64) -> Option<String> {
    if !truth.iter().all(|truth| truth.is_within(got.lo(), got.hi())) {
        return Some(format!("{got:?} does not hold {truth:?}"));
    }
    (steps(got) > most).then(|| format!("{got:?} is {} steps wide", steps(got)))
}

/// How many steps wide the enclosure of a point may be: one, two where a neighbour of the true value is too near.
const MOST: u64 = 2;

#[test]
fn points_are_enclosed_by_neighbours() {
    let mut both = Both::new();
    println!("| function | points | widest in steps | widest relative in ε |");
    for f in Function::ALL {
        let (mut widest, mut relative, mut n) = (0, 0.0_f64, 0);
        let points = points::hard().into_iter().chain(points::random(1 + f as u64, 400));
        for x in points.filter(|&x| f.is_defined(x)) {
            let got = enclosure(f, Interval::point(x));
            if skipped(f, x, got) {
                continue;
            }
            let truth = both.values(f, (x, 0.0));
            if let Some(fault) = fault(&truth, got, MOST) {
                panic!("{f:?}({x:e}): {fault}");
            }
            (widest, n) = (widest.max(steps(got)), n + 1);
            if got.mignitude() > 1e-300 && got.is_bounded() {
                relative = relative.max(got.width() / got.mignitude() / f64::EPSILON);
            }
        }
        println!("| {f:?} | {n} | {widest} | {relative:.2} |");
    }
}

/// Points at which the true value is out of an oracle's reach, with what must be said there instead.
fn skipped(f: Function, x: f64, got: Interval) -> bool {
    match f {
        Function::Sin | Function::Cos if x.abs() > 1e5 => {
            assert_eq!((got.lo(), got.hi()), (-1.0, 1.0));
            true
        }
        Function::Erf if x.abs() > 8.0 => {
            assert_eq!(got.magnitude(), 1.0);
            assert_eq!(steps(got), 1);
            true
        }
        // The exponents of the oracles end.
        Function::Exp
        | Function::Expm1
        | Function::Tanh
        | Function::Sech2
        | Function::Logistic
        | Function::Softplus
            if x.abs() > 1e5 =>
        {
            assert!(!got.is_bounded() || steps(got) <= 1, "{f:?}({x:e}): {got:?}");
            true
        }
        _ => false,
    }
}
