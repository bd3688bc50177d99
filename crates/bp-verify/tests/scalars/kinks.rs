//! When an [`Interval`] says that a branch was undecided.

use bp_core::{Act, Activation, Real, Scalar};
use bp_verify::{Dual, Interval};

fn ends(x: &Interval) -> Ends {
    (x.lo(), x.hi())
}

/// Ends of an interval.
type Ends = (f64, f64);

/// (input, value, flag) of a function with a kink.
fn check(name: &str, f: fn(Interval) -> Interval, cases: &[(Ends, Ends, bool)]) {
    for &((lo, hi), value, kinked) in cases {
        let got = f(Interval::new(lo, hi));
        assert_eq!((ends(&got), got.kinked()), (value, kinked), "{name}([{lo}, {hi}])");
    }
}

#[test]
fn hulls_and_flags() {
    let cases = [(-2.0, -1.0), (-2.0, 1.0), (1.0, 2.0), (0.0, 0.0), (-1.0, 0.0), (0.0, 1.0)];
    let with = |values: [(Ends, bool); 6]| core::array::from_fn::<_, 6, _>(|n| (cases[n], values[n].0, values[n].1));
    let relu = [((0.0, 0.0), false), ((0.0, 1.0), true), ((1.0, 2.0), false)];
    let at_0 = [((0.0, 0.0), true), ((0.0, 0.0), true), ((0.0, 1.0), true)];
    check("relu", Real::relu, &with([relu[0], relu[1], relu[2], at_0[0], at_0[1], at_0[2]]));
    let step = [((0.0, 0.0), false), ((0.0, 1.0), true), ((1.0, 1.0), false)];
    check("step", Real::step, &with([step[0], step[1], step[2], at_0[0], at_0[1], at_0[2]]));
    let abs = [((1.0, 2.0), false), ((0.0, 2.0), true), ((1.0, 2.0), false)];
    check("abs", Real::abs, &with([abs[0], abs[1], abs[2], at_0[0], ((0.0, 1.0), true), ((0.0, 1.0), true)]));
    let max = [((0.0, 0.0), false), relu[1], relu[2], at_0[0], at_0[1], at_0[2]];
    check("max(·, 0)", |x| x.max(Interval::ZERO), &with(max));
}

#[test]
fn max_and_min_of_points_are_exact() {
    let (one, two, wide) = (Interval::ONE, Interval::point(2.0), Interval::new(0.5, 1.5));
    assert_eq!((one.max(two), one.min(two)), (two, one));
    assert!(one.max(one).kinked() && one.min(one).kinked());
    assert!(!wide.max(two).kinked());
    assert_eq!((ends(&wide.max(one)), wide.max(one).kinked()), ((1.0, 1.5), true));
    assert_eq!((ends(&wide.min(one)), wide.min(one).kinked()), ((0.5, 1.0), true));
}

#[test]
fn the_flag_goes_through_everything() {
    let kinked = Interval::new(-1.0, 1.0).relu();
    let one = Interval::ONE;
    let after = [
        kinked + one,
        one - kinked,
        kinked * one,
        one * kinked,
        kinked / one,
        one / kinked,
        -kinked,
        kinked.sqrt(),
        kinked.exp(),
        kinked.ln(),
        kinked.tanh(),
        kinked.sin(),
        kinked.sech2(),
        kinked.softplus(),
        kinked.max(Interval::point(9.0)),
        (kinked + one).step(),
        (kinked + one).abs(),
        kinked * Interval::ZERO,
    ];
    assert!(after.iter().all(Interval::kinked), "{after:?}");
    assert!(!kinked.shift_hint().kinked());
}

/// Ties of shift hints cancel out of the result, in dual numbers too, whose max takes a step of a difference.
#[test]
fn shift_hints_raise_no_flag() {
    let x = Dual::variable(Interval::new(1.0, 1.5));
    let hint = x.shift_hint();
    assert_eq!((ends(&hint.value), ends(&hint.derivative())), ((1.25, 1.25), (0.0, 0.0)));
    let shift = hint.max(x.shift_hint()).max(Dual::<Interval>::ONE.shift_hint());
    assert!(!shift.value.kinked() && !shift.derivative().kinked());
    let shifted = x - shift;
    assert_eq!(ends(&shifted.value), (-0.25, 0.25));
    // What is computed with a hint is a value again.
    assert!(shifted.relu().value.kinked());
}

/// Act::Relu's and Act::LeakyRelu's derivatives are steps of z, which is exactly 0 on the flat side.
#[test]
fn a_flat_zero_is_decided() {
    for act in [Act::Relu, Act::LeakyRelu { slope: 0.01 }, Act::Elu] {
        for (x, kinked) in [(-2.0, false), (2.0, false), (0.0, true)] {
            let a = Interval::point(x);
            let z = act.value(a);
            assert_eq!(act.derivative(a, z).kinked(), kinked, "{act} at {x}");
            assert_eq!(act.value(Dual::variable(a)).derivative().kinked(), kinked, "{act} at {x}");
        }
    }
    let flat = Interval::point(-1.0).relu();
    let sum = flat * Interval::point(3.0) + flat * Interval::new(-1.0, 1.0);
    assert!(!sum.relu().kinked() && !sum.step().kinked());
    // Beside a bias that is 0 by chance it is not 0 all around.
    assert!((sum + Interval::ZERO).step().kinked());
    assert!((flat + Interval::point(0.5)).step().lo() > 0.0);
}
