//! tanh, exp and logistic on every `f32`: worst error within the declared one, odd, monotone, bounded. The other
//! functions on a sixteenth of one percent of them; `cargo xtask ulps` looks at all of those too.

mod oracle;

use std::ops::Range;

use bp_math::ulp;
use oracle::in_parallel;
use oracle::single::{ALL, Function, Report};

const SIGN: u64 = 1 << 31;

fn function(name: &str) -> &'static Function {
    ALL.iter().find(|f| f.name == name).expect("the name is in the list")
}

fn declared(name: &str) -> f64 {
    ulp::f32::ALL.iter().find(|(known, _)| *known == name).expect("every function has a declared error").1
}

/// Ranges of bits cut into blocks, looked at on all cores.
fn report(function: &Function, ranges: &[Range<u64>]) -> Report {
    const BLOCK: u64 = 1 << 18;
    Report::merge(ranges.iter().map(|range| {
        let blocks = (range.end - range.start).div_ceil(BLOCK);
        let part = |n: u64| range.start + (n * BLOCK).min(range.end - range.start);
        let job = |blocks: Range<u64>| Report::merge(blocks.map(|n| function.check(part(n)..part(n + 1))));
        Report::merge(in_parallel(0..blocks, 1, job, |_| {}))
    }))
}

fn check(function: &Function, ranges: &[Range<u64>]) {
    let report = report(function, ranges);
    let holds = report.worst <= declared(function.name);
    assert!(holds && report.unordered + report.asymmetric + report.outside == 0, "{}: {report:?}", function.name);
}

/// Bits of the finite inputs of one sign with size in `from` ≤ |x| ≤ `to`.
fn between(from: f32, to: f32) -> [Range<u64>; 2] {
    let (from, to) = (u64::from(from.to_bits()), u64::from(to.to_bits()) + 1);
    [from..to, SIGN + from..SIGN + to]
}

/// Left out: |x| > 10, where the body replaces |x| by 10 before anything else, so the result is that of ±10, which is
/// looked at. And |x| < 2⁻¹³, where the reduction gives n = 0, so that the body's double is tanh x = x (1 − x²/3 + …) up to
/// its polynomial's 2.5e-10: within 2⁻²⁷ x of x, while half the distance to a neighbor is 2⁻²⁵ x at least. So the result is
/// x itself: odd, monotone and bounded. Every 61st of those is looked at nevertheless.
#[test]
fn tanh_is_right_everywhere() {
    let small = 2.0_f32.powi(-13);
    // The negative half is compared with the positive one, bit by bit.
    let [positive, _] = between(small, 10.0);
    check(function("tanh"), &[positive]);
    simple(bp_math::f32::slice::tanh, small, |x| x);
    assert_eq!(bp_math::f32::tanh(10.0).to_bits(), 1.0_f32.to_bits());
}

/// Left out: x > 90 and x < −110, where the body replaces x by 90 and −110, which are looked at. And |x| < 2⁻²⁶, where the
/// reduction gives n = 0 and the body's double lies within 2⁻²⁵·⁹ of 1, less than half of the 2⁻²⁴ to 1's lower
/// neighbor: the result is 1.
#[test]
fn exp_is_right_everywhere() {
    let small = 2.0_f32.powi(-26);
    let [positive, _] = between(small, 90.0);
    let [_, negative] = between(small, 110.0);
    check(function("exp"), &[positive, negative]);
    simple(bp_math::f32::slice::exp, small, |_| 1.0);
}

/// Left out: |x| > 110, where the body replaces |x| by 110, which is looked at. And |x| < 2⁻²⁵, where the reduction gives
/// n = 0 and the body's double lies within x/4 < 2⁻²⁷ and a few 2⁻⁵³ of ½, less than half of the 2⁻²⁵ to ½'s lower
/// neighbor: the result is ½.
#[test]
fn logistic_is_right_everywhere() {
    let small = 2.0_f32.powi(-25);
    check(function("logistic"), &between(small, 110.0));
    simple(bp_math::f32::slice::logistic, small, |_| 0.5);
}

/// Every 61st |x| ≤ `small` of both signs.
fn simple(slice: fn(&mut [f32]), small: f32, want: fn(f32) -> f32) {
    for range in between(0.0, small) {
        let x: Vec<f32> = range.step_by(61).map(|bits| f32::from_bits(bits as u32)).collect();
        let mut z = x.clone();
        slice(&mut z);
        let wrong = x.iter().zip(&z).find(|(x, z)| want(**x).to_bits() != z.to_bits());
        assert!(wrong.is_none(), "{wrong:?}");
    }
}

/// Every 1600th block of 4096 neighbors, for all functions.
#[test]
fn the_others_are_right_on_a_sample() {
    for function in ALL {
        let ranges: Vec<_> = (0..1 << 20).step_by(1601).map(|n: u64| n << 12..(n + 1) << 12).collect();
        let job = |n: Range<u64>| Report::merge(n.map(|n| function.check(ranges[n as usize].clone())));
        let report = Report::merge(in_parallel(0..ranges.len() as u64, 8, job, |_| {}));
        let holds = report.worst <= declared(function.name);
        assert!(holds && report.unordered + report.asymmetric + report.outside == 0, "{}: {report:?}", function.name);
    }
}

/// The checker itself: a result one ulp off, a decrease and a broken parity are seen.
#[test]
fn wrong_functions_fail() {
    let off = |x: f32| bp_math::f32::tanh(x) * (1.0 + f32::EPSILON);
    fn flat(x: f32) -> f32 {
        (bp_math::f32::tanh(x) * 1024.0).trunc() / 1024.0 + if x.to_bits() & 1 == 1 { 1e-6 } else { 0.0 }
    }
    let wrong = Function {
        one: off,
        slice: |x| x.iter_mut().for_each(|x| *x = bp_math::f32::tanh(*x) * (1.0 + f32::EPSILON)),
        ..*function("tanh")
    };
    let [range, _] = between(0.5, 0.500_01);
    assert!(!(report(&wrong, std::slice::from_ref(&range)).worst <= declared("tanh")));
    let wrong = Function { one: flat, slice: |x| x.iter_mut().for_each(|x| *x = flat(*x)), ..*function("tanh") };
    let seen = report(&wrong, &[range]);
    assert!(seen.unordered > 0 && seen.asymmetric > 0, "{seen:?}");
}
