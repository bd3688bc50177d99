//! The likely fault of a subject without layers, by its signature: which of dp and dx, which multiple, whose result.

use bp_core::Float;

use crate::diagnosis::{Candidate, Diagnosis, Scope, Symptom, nature_of_numbers, resembles, single_precision};
use crate::spec::record::Chain;
use crate::spec::trial::{Outcome, Trial};
use crate::{CheckedSpec, Rounded};

/// Explains symptoms, of which at least one is wrong.
pub(crate) fn explain<S, P>(
    spec: &P,
    trial: &Trial<S>,
    outcome: &Outcome<S>,
    symptoms: &[Symptom],
    places: &[String],
) -> Diagnosis
where
    S: Float,
    P: CheckedSpec<S> + ?Sized,
{
    let wrong: Vec<Symptom> = symptoms.iter().copied().filter(|s| s.is_wrong).collect();
    let nature = nature_of_numbers(&wrong, trial.cotangent.len())
        .or_else(|| resembles(symptoms, || candidates(spec, trial, outcome, symptoms)))
        .or_else(|| single_precision(&wrong));
    Diagnosis { scope: scope(symptoms, &wrong, trial.p.len(), places), nature }
}

/// Which entries are wrong, if parameters are the first `n_params` of all. `places` are the names of the symptoms, of which
/// what stands before the first bracket is a block.
fn scope(symptoms: &[Symptom], wrong: &[Symptom], n_params: usize, places: &[String]) -> Scope {
    let visible = |s: &Symptom| s.truth != 0.0 || s.got != 0.0;
    let is_all = |part: &dyn Fn(&Symptom) -> bool| symptoms.iter().all(|s| s.is_wrong || !part(s) || !visible(s));
    let last = symptoms.last().map_or(0, |s| s.index);
    // Of one entry the last says nothing.
    let ends = [(n_params > 1).then(|| n_params - 1), (last > n_params).then_some(last)];
    let in_params = |s: &Symptom| s.index < n_params;
    let both = n_params > 0 && symptoms.iter().any(|s| !in_params(s));
    let block = |place: &String| place.split('[').next().unwrap_or_default().to_owned();
    let mut blocks: Vec<String> = vec![];
    for (_, place) in symptoms.iter().zip(places).filter(|(s, _)| s.is_wrong) {
        if !blocks.contains(&block(place)) {
            blocks.push(block(place));
        }
    }
    match () {
        () if wrong.iter().all(|s| ends.contains(&Some(s.index))) => Scope::LastEntry,
        () if wrong.len() == 1 => Scope::OneEntry,
        () if is_all(&|_| true) => Scope::Everything,
        () if both && wrong.iter().all(in_params) && is_all(&in_params) => Scope::ParametersOnly,
        () if both && !wrong.iter().any(in_params) && is_all(&|s| !in_params(s)) => Scope::InputsOnly,
        () if places.iter().any(|place| !blocks.contains(&block(place))) => Scope::Blocks(blocks),
        () => Scope::Some { wrong: wrong.len(), judged: symptoms.len() },
    }
}

/// Derivatives with known faults.
fn candidates<S, P>(spec: &P, trial: &Trial<S>, outcome: &Outcome<S>, symptoms: &[Symptom]) -> Vec<Candidate>
where
    S: Float,
    P: CheckedSpec<S> + ?Sized,
{
    let previous: Vec<f64> = outcome.previous.iter().map(|g| g.to_f64()).collect();
    let mut sum = previous.clone();
    symptoms.iter().for_each(|s| sum[s.index] += s.truth);
    let with = |cotangent: &[S], chain: Chain| -> Vec<f64> {
        trial.sweep(spec, cotangent, chain).1.iter().map(Rounded::value).collect()
    };
    let c = &trial.cotangent;
    let mut found = vec![
        ("the result of the call before".into(), previous),
        ("the true value added to the result of the call before".into(), sum),
        (
            "the derivative for a cotangent of ones: the cotangent is not used".into(),
            with(&vec![S::ONE; c.len()], Chain::Full),
        ),
        (
            "the derivative without those of the elementary functions (h′ missing)".into(),
            with(c, Chain::WithoutFunctions),
        ),
    ];
    if let [.., _, _] = c[..] {
        let (mut without_last, mut last_alone) = (c.clone(), vec![S::ZERO; c.len()]);
        let end = c.len() - 1;
        without_last[end] = S::ZERO;
        last_alone[end] = c[end];
        found.push(("the derivative without the last output".into(), with(&without_last, Chain::Full)));
        found.push(("the derivative of the last output alone".into(), with(&last_alone, Chain::Full)));
    }
    found
}
