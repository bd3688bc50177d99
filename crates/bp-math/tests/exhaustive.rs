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
/// looked at. And |x| < 2⁻¹³, where tanh x = x (1 − x²/3 + …) lies within 2⁻²⁷·⁵ x of x, so x is nearest: exact
/// equality is checked there, which is odd, monotone and bounded.
#[test]
fn tanh_is_right_everywhere() {
    let small = 2.0_f32.powi(-13);
    // The negative half is compared with the positive one, bit by bit.
    let [positive, _] = between(small, 10.0);
    check(function("tanh"), &[positive]);
    let job = |bits: Range<u64>| {
        let x: Vec<f32> = bits.map(|bits| f32::from_bits(bits as u32)).collect();
        let mut z = x.clone();
        bp_math::f32::slice::tanh(&mut z);
        x.iter().zip(z).filter(|(x, z)| x.to_bits() != z.to_bits()).count()
    };
    for range in between(0.0, small) {
        assert_eq!(in_parallel(range, 1 << 14, job, |_| {}).into_iter().sum::<usize>(), 0, "tanh x is not x");
    }
    assert_eq!(bp_math::f32::tanh(10.0).to_bits(), 1.0_f32.to_bits());
}

/// Left out: x > 90 and x < −110, where the body replaces x by 90 and −110, which are looked at. And |x| < 2⁻²⁶, where
/// 1 is nearest to eˣ: |eˣ − 1| < 2⁻²⁵·⁹ is less than half of the 2⁻²⁴ below 1; equality is checked.
#[test]
fn exp_is_right_everywhere() {
    let small = 2.0_f32.powi(-26);
    let [positive, _] = between(small, 90.0);
    let [_, negative] = between(small, 110.0);
    check(function("exp"), &[positive, negative]);
    constant(bp_math::f32::slice::exp, small, 1.0);
}

/// Left out: |x| > 110, where the body replaces |x| by 110. And |x| < 2⁻²⁴, where ½ is nearest to σ(x): it lies within
/// x/4 < 2⁻²⁶ of ½, less than half of the 2⁻²⁵ below ½; equality is checked.
#[test]
fn logistic_is_right_everywhere() {
    let small = 2.0_f32.powi(-24);
    check(function("logistic"), &between(small, 110.0));
    constant(bp_math::f32::slice::logistic, small, 0.5);
}

/// For |x| ≤ `small` the function is constant.
fn constant(slice: fn(&mut [f32]), small: f32, value: f32) {
    let job = |bits: Range<u64>| {
        let mut z: Vec<f32> = bits.map(|bits| f32::from_bits(bits as u32)).collect();
        slice(&mut z);
        z.iter().filter(|z| z.to_bits() != value.to_bits()).count()
    };
    for range in between(0.0, small) {
        assert_eq!(in_parallel(range, 1 << 14, job, |_| {}).into_iter().sum::<usize>(), 0, "not {value}");
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
