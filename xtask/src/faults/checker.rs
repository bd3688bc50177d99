//! Faults of a checker, and the detector MET: a self-test that every checker must pass before its verdicts count.

use anyhow::Result;
use bp_verify::{Certify, Entry, Report, Sample, compare_gradient};

use super::enclosures::once;
use super::nets::{Net, PAIRS};
use super::plant::Plant;
use super::subject::Subject;

/// A fault of a checker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blind {
    /// No fault: [`Certify`].
    Encloses,
    /// No fault: [`compare_gradient`].
    Differences,
    /// Expected and actual come from the same source.
    SameSource,
    /// The loop runs over zero entries.
    NoEntries,
    /// The bound is computed as +∞, or as NaN.
    NoBound(NoNumber),
    /// The generator gives all-equal inputs.
    EqualInputs,
    /// A feature turns the test off.
    Gated,
    /// Only norms are compared.
    NormOnly,
    /// `if error > bound { fail }`, which NaN passes. Fault 30 of the forty.
    NanPasses,
}

/// What a bound became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoNumber {
    Infinite,
    Nan,
}

/// The six of VERIFICATION §3; the third has two forms.
pub(crate) const SIX: [(&str, &[Blind]); 6] = [
    ("expected and actual from the same source", &[Blind::SameSource]),
    ("a loop over zero entries", &[Blind::NoEntries]),
    ("the bound computed as +∞ or NaN", &[Blind::NoBound(NoNumber::Infinite), Blind::NoBound(NoNumber::Nan)]),
    ("a generator of all-equal inputs", &[Blind::EqualInputs]),
    ("the test gated off by a feature", &[Blind::Gated]),
    ("an assertion on the norm only", &[Blind::NormOnly]),
];

/// Control faults: what a checker must see before it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Control {
    Right,
    Factor,
    SignOfOne,
    Nan,
    TransposedWeight,
}

/// One run of a checker on a subject with a control fault: true if it passes it.
fn passes(blind: Blind, control: Control, seed: u64) -> Result<bool> {
    if blind == Blind::Gated {
        return Ok(true);
    }
    let mut net = Net::graph(PAIRS[1], 1.0, seed, 4)?;
    if blind == Blind::EqualInputs {
        net.params.fill(0.5);
        net.x.fill(0.5);
    }
    let plant = if control == Control::TransposedWeight { Plant::WeightNotTransposed } else { Plant::Right };
    let (_, mut got) = once(&Subject::<f64>::new(plant), &net)?;
    let middle = got.len() / 2;
    match control {
        Control::Factor => got.iter_mut().for_each(|g| *g *= 2.0),
        Control::SignOfOne => got[middle] = -got[middle],
        Control::Nan => got[middle] = f64::NAN,
        Control::Right | Control::TransposedWeight => {}
    }
    // The real ones.
    let held = net.held::<f64>();
    let examples = held.examples();
    if matches!(blind, Blind::Encloses | Blind::EqualInputs) {
        return Ok(Certify::new().given_gradient(&net.plan, &net.loss, &held.params, &examples, &got)?.passed());
    }
    if blind == Blind::Differences {
        return Ok(compare_gradient(&net.plan, &net.loss, &held.params, &examples, &got, Sample::all())?.passed());
    }
    let (_, right) = once(&Subject::<f64>::new(Plant::Right), &net)?;
    let bound = |g: f64| 1e-9 * (1.0 + g.abs());
    let entry = |n: usize, got: f64, want: f64, bound: f64| Entry::new(format!("w[{n}]"), got, want, bound);
    let pairs = || got.iter().zip(&right).enumerate();
    // What a careless checker makes of it, where bp-verify's own report would refuse.
    Ok(match blind {
        Blind::SameSource => {
            let entries = got.iter().enumerate().map(|(n, &g)| entry(n, g, g, bound(g))).collect();
            Report::new("f64", entries, 0).passed()
        }
        Blind::NoEntries => pairs().take(0).all(|(n, (&g, &w))| entry(n, g, w, bound(w)).passed()),
        Blind::NoBound(kind) => {
            let bound = if kind == NoNumber::Nan { f64::NAN } else { f64::INFINITY };
            !pairs().map(|(n, (&g, &w))| entry(n, g, w, bound)).any(|entry| entry.difference > entry.bound)
        }
        Blind::NanPasses => {
            !pairs().map(|(n, (&g, &w))| entry(n, g, w, bound(w))).any(|entry| entry.difference > entry.bound)
        }
        Blind::NormOnly => {
            let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
            (norm(&got) - norm(&right)).abs() <= bound(norm(&right))
        }
        Blind::Encloses | Blind::Differences | Blind::EqualInputs | Blind::Gated => false,
    })
}

/// MET: what the self-test holds against a checker; nothing means that it may be believed. A right gradient must pass,
/// four wrong ones must not.
pub(crate) fn self_test(blind: Blind) -> Result<Option<String>> {
    for seed in 0..3 {
        if !passes(blind, Control::Right, seed)? {
            return Ok(Some("it fails a right gradient".into()));
        }
        for control in [Control::Factor, Control::SignOfOne, Control::Nan, Control::TransposedWeight] {
            if passes(blind, control, seed)? {
                return Ok(Some(format!("it passes the control fault {control:?}")));
            }
        }
    }
    Ok(None)
}
