//! [`Interval`] against two arbitrary-precision crates: the true value is inside, and the interval is narrow.

use bp_core::Real;
use bp_verify::Interval;

use crate::oracle::{Both, Exact, Function};
use crate::points;

pub(crate) fn enclosure(f: Function, x: Interval) -> Interval {
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
pub(crate) fn steps(x: Interval) -> u64 {
    let place = |x: f64| {
        let bits = x.abs().to_bits() as i64;
        if x.is_sign_negative() { -bits } else { bits }
    };
    place(x.hi()).abs_diff(place(x.lo()))
}

/// What is wrong with an enclosure of f(x) whose true value by two crates is `truth`.
pub(crate) fn fault(truth: &[Exact; 2], got: Interval, most: u64) -> Option<String> {
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
            if is_out_of_reach(f, x) {
                check_far_out(f, x, got);
                continue;
            }
            let truth = both.values(f, (x, 0.0));
            if let Some(fault) = fault(&truth, got, MOST) {
                panic!("{f:?}({x:e}): {fault}");
            }
            // At 0 all but ln 2 = softplus 0 are exact, elsewhere none is: the value is transcendental (Lindemann).
            let exact = x == 0.0 && f != Function::Softplus || f == Function::Ln && x == 1.0;
            assert!(f == Function::Sqrt || (steps(got) == 0) == exact, "{f:?}({x:e}): {got:?}");
            (widest, n) = (widest.max(steps(got)), n + 1);
            if got.mignitude() > 1e-300 && got.is_bounded() {
                relative = relative.max(got.width() / got.mignitude() / f64::EPSILON);
            }
        }
        println!("| {f:?} | {n} | {widest} | {relative:.2} |");
    }
}

/// True where the true value is out of an oracle's reach: exponents end, the series of erf grows long.
fn is_out_of_reach(f: Function, x: f64) -> bool {
    x.abs()
        > match f {
            Function::Erf => 8.0,
            Function::Ln | Function::Ln1p | Function::Sqrt => f64::INFINITY,
            _ => 1e5,
        }
}

/// What must be said there.
fn check_far_out(f: Function, x: f64, got: Interval) {
    let ends = (got.lo(), got.hi());
    let one = (1.0_f64.next_down(), 1.0);
    let want = match (f, x > 0.0) {
        (Function::Sin | Function::Cos, _) => (-1.0, 1.0),
        (Function::Erf | Function::Tanh | Function::Logistic, true) => one,
        (Function::Erf | Function::Tanh, false) => (-one.1, -one.0),
        (Function::Exp | Function::Expm1, true) => (f64::MAX, f64::INFINITY),
        (Function::Expm1, false) => (-1.0, -one.0),
        (Function::Softplus, true) => (x, x.next_up()),
        _ => (0.0, f64::from_bits(1)),
    };
    assert_eq!(ends, want, "{f:?}({x:e})");
}

/// 0, one step, and relative or absolute widths up to 1, about x.
fn around(x: f64) -> [Interval; 6] {
    [
        Interval::new(x, x.next_up()),
        Interval::new(x - x.abs() * 1e-12, x + x.abs() * 1e-12),
        Interval::new(x - 1e-12, x + 1e-12),
        Interval::new(x - 1e-3, x),
        Interval::new(x, x + 1.0),
        Interval::new(x - 0.5, x + 0.5),
    ]
}

/// The ends belong to the ends, and what lies between is inside.
#[test]
fn intervals_are_enclosed() {
    let mut both = Both::new();
    for f in Function::ALL {
        for x in points::random(50 + f as u64, 24).into_iter().chain([0.0, 1e-300, -1e-13, 0.25, -0.5]) {
            for x in around(x).into_iter().filter(|x| f.is_defined(x.lo()) && f.is_defined(x.hi())) {
                let got = enclosure(f, x);
                if is_out_of_reach(f, x.magnitude()) {
                    continue;
                }
                let between = [0.0, 0.3, 0.8, 1.0].map(|share| (x.lo() + share * x.width()).min(x.hi()));
                for x in between {
                    let truth = both.values(f, (x, 0.0));
                    assert_eq!(fault(&truth, got, u64::MAX), None, "{f:?}({x:e})");
                }
                let ends = [x.lo(), x.hi()].map(|x| enclosure(f, Interval::point(x)));
                let hull = Interval::new(ends[0].lo().min(ends[1].lo()), ends[0].hi().max(ends[1].hi()));
                let want = match f {
                    Function::Sin | Function::Cos => {
                        check_extrema(f, x, hull, got);
                        continue;
                    }
                    Function::Sech2 if x.contains(0.0) => (hull.lo(), 1.0),
                    Function::Sech2 => (hull.lo(), hull.hi()),
                    _ => (ends[0].lo(), ends[1].hi()),
                };
                assert_eq!((got.lo(), got.hi()), want, "{f:?}({x:?})");
            }
        }
    }
}

/// Above the values at the ends there is nothing but 1, and 1 only where the other function changes its sign.
fn check_extrema(f: Function, x: Interval, hull: Interval, got: Interval) {
    let slope = if f == Function::Sin { x.cos() } else { x.sin() };
    for (end, of_hull, extremum) in [(got.lo(), hull.lo(), -1.0), (got.hi(), hull.hi(), 1.0)] {
        assert!(end == of_hull || end == extremum && slope.contains(0.0), "{f:?}({x:?}) = {got:?}");
    }
}

/// An interval that is too narrow, by one step on one side, and one that is too wide are seen.
#[test]
fn a_wrong_enclosure_is_seen() {
    let mut both = Both::new();
    for f in Function::ALL {
        let truth = both.values(f, (0.7, 0.0));
        let got = enclosure(f, Interval::point(0.7));
        assert_eq!(fault(&truth, got, 2), None);
        let narrow =
            [Interval::point(got.lo()), Interval::point(got.hi()), Interval::new(got.hi(), got.hi().next_up())];
        let wide = Interval::new(got.lo().next_down(), got.hi().next_up());
        for wrong in narrow.into_iter().chain([wide, Interval::WHOLE]) {
            assert!(fault(&truth, wrong, 2).is_some(), "{f:?}: {wrong:?} passed");
        }
    }
}
