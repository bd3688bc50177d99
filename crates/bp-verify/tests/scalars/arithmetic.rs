//! Sums, products, quotients and roots of intervals, against exact results.

use bp_core::{Real, Scalar};
use bp_verify::Interval;

use crate::interval::steps;
use crate::oracle::{Exact, astro};
use crate::points;

/// Every size, both signs, short and long fractions.
fn operands(seed: u64) -> Vec<f64> {
    let size = points::uniform(seed).take(150).zip(points::uniform(seed + 1));
    let random = size.enumerate().map(|(n, (u, v))| match n % 5 {
        0 => (u * 2000.0 - 1000.0).exp2() * (v - 0.5),
        1 => ((u - 0.5) * 2048.0).round() / 64.0,
        2 => (u * 60.0 - 1074.0).exp2() * (v - 0.5).signum(),
        3 => (1000.0 + u * 24.0).exp2() * (v - 0.5).signum(),
        _ => u * 4.0 - 2.0,
    });
    let special = [0.0, -0.0, 1.0, -1.0, f64::from_bits(1), -f64::from_bits(1), f64::MAX, f64::MIN, f64::MIN_POSITIVE];
    random.chain(special).filter(|x| x.is_finite()).collect()
}

type Operation = (&'static str, fn(Interval, Interval) -> Interval);

const OPERATIONS: [Operation; 4] = [("+", |a, b| a + b), ("−", |a, b| a - b), ("×", |a, b| a * b), ("÷", |a, b| a / b)];

#[test]
fn points_give_an_exact_point_or_neighbours() {
    for (name, operation) in OPERATIONS {
        for (x, y) in operands(1).into_iter().flat_map(|x| operands(3).into_iter().map(move |y| (x, y))) {
            let got = operation(Interval::point(x), Interval::point(y));
            if name == "÷" && y == 0.0 {
                assert!(!got.is_bounded());
                continue;
            }
            let truth = astro::arithmetic(name, x, y);
            assert!(truth.is_within(got.lo(), got.hi()), "{x:e} {name} {y:e}: {got:?} does not hold {truth:?}");
            // Only where what was lost could underflow or overflow are both sides moved.
            let safe = got.mignitude() > 1e-270 && x.abs() > 1e-270 && x.abs().max(y.abs()) < 1e307;
            let exact = safe && [got.lo(), got.hi()].iter().any(|&end| truth == Exact::of(end));
            let most = if exact { 0 } else { 1 + u64::from(!safe) };
            assert!(steps(got) <= most, "{x:e} {name} {y:e}: {got:?} is too wide");
        }
    }
}

#[test]
fn intervals_hold_what_their_members_give() {
    let ends = operands(5).into_iter().step_by(2).zip(operands(7));
    let intervals: Vec<Interval> = ends
        .flat_map(|(a, b)| [Interval::new(a.min(b), a.max(b)), Interval::new(a, a.next_up()), Interval::new(-1.0, 2.0)])
        .step_by(4)
        .collect();
    for (name, operation) in OPERATIONS {
        for (a, b) in intervals.iter().flat_map(|a| intervals.iter().map(move |b| (a, b))) {
            let got = operation(*a, *b);
            if name == "÷" && b.contains(0.0) {
                assert_eq!(got, Interval::WHOLE);
                continue;
            }
            // The extremes of a monotone function of two variables are at its corners.
            let mut hull: Option<Interval> = None;
            for (x, y) in [(a.lo(), b.lo()), (a.lo(), b.hi()), (a.hi(), b.lo()), (a.hi(), b.hi())] {
                let corner = operation(Interval::point(x), Interval::point(y));
                hull = Some(hull.map_or(corner, |h| Interval::new(h.lo().min(corner.lo()), h.hi().max(corner.hi()))));
            }
            assert_eq!(Some(got), hull, "{a:?} {name} {b:?}");
            let middle = operation(Interval::point(a.mid()), Interval::point(b.mid()));
            assert!(middle.intersects(&got));
        }
    }
}

#[test]
fn exact_operations_keep_points() {
    let (third, x) = (Interval::ONE / Interval::point(3.0), Interval::point(0.1));
    for same in [third + Interval::ZERO, third * Interval::ONE, third / Interval::ONE, third - Interval::ZERO] {
        assert_eq!(same, third);
    }
    for point in [x + x, x * Interval::HALF, x - x, x * Interval::ZERO, x / x, Interval::point(2.25).sqrt()] {
        assert_eq!(point.width(), 0.0, "{point:?}");
    }
    assert_eq!(third.width(), f64::EPSILON / 4.0);
}

/// Nothing is ever made of no information, and an overflow keeps the side it is on.
#[test]
fn no_information_stays() {
    let zero = Interval::new(-1.0, 1.0);
    let lost = [Interval::point(f64::NAN), Interval::new(2.0, 1.0), Interval::ONE / zero, zero.ln(), zero.sqrt()];
    for lost in lost.into_iter().chain([(-Interval::ONE).ln(), Interval::point(-2.0).ln1p(), zero.recip()]) {
        let after = [
            lost * Interval::ZERO,
            Interval::ZERO * lost,
            lost.tanh(),
            lost.step(),
            lost.abs(),
            lost.relu(),
            lost.max(Interval::ONE),
            Interval::ONE.max(lost),
            lost.sin(),
            lost.cos(),
            lost.sech2(),
            lost.exp(),
            lost.logistic(),
            lost - lost,
            lost / lost,
            Interval::ONE / lost,
            Interval::ZERO / lost,
            lost - lost.shift_hint(),
        ];
        assert!(after.iter().all(|x| x.lo() == f64::NEG_INFINITY && x.hi() == f64::INFINITY), "{after:?}");
    }
    let large = Interval::point(1e300);
    for over in [large * large, large.exp(), large / Interval::point(1e-300), Interval::point(f64::INFINITY)] {
        assert_eq!((over.lo(), over.hi()), (f64::MAX, f64::INFINITY));
        assert_eq!((-over).hi(), f64::MIN);
        assert!(over.tanh().lo() < 1.0 && over.tanh().hi() <= 1.0);
        assert!(over.mid().is_finite() && over.contains(over.mid()) && over.width() == f64::INFINITY);
    }
    assert_eq!(Interval::ZERO.ln1p(), Interval::ZERO);
    assert_eq!(Interval::new(0.0, 1.0).ln().hi(), 0.0);
}

#[test]
fn accessors() {
    let x = Interval::new(-3.0, 1.0);
    assert_eq!((x.mid(), x.width(), x.magnitude(), x.mignitude()), (-1.0, 4.0, 3.0, 0.0));
    assert_eq!(Interval::new(2.0, 3.0).mignitude(), 2.0);
    assert!(x.contains(1.0) && !x.contains(1.5) && !x.contains(f64::NAN));
    assert!(x.intersects(&Interval::point(1.0)) && !x.intersects(&Interval::new(1.5, 2.0)));
    assert!(x.is_bounded() && !Interval::WHOLE.is_bounded());
    for point in [f64::from_bits(1), f64::MAX, f64::MIN, -f64::from_bits(3), 0.1] {
        assert_eq!(Interval::point(point).mid(), point);
    }
}
