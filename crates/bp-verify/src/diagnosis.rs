//! [`Diagnosis`]: the likely fault, by its signature.

use core::fmt;

use bp_core::Plan;

/// What is likely wrong with a gradient: where, and how.
///
/// It is a guess from the numbers alone, to save the reader an hour; the verdict does not depend on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// Which entries are wrong.
    pub scope: Scope,
    /// How, if the numbers fit something known.
    pub nature: Option<Nature>,
}

/// Which entries are wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// Every entry that is not 0.
    Everything,
    /// Biases and no weights.
    BiasesOnly,
    /// Weights and no biases.
    WeightsOnly,
    /// The last column of every block concerned.
    LastColumn,
    /// The last row of every block concerned.
    LastRow,
    /// These blocks of parameters.
    Blocks(Vec<String>),
    /// One entry.
    OneEntry,
    /// Derivatives by parameters and none by inputs.
    ParametersOnly,
    /// Derivatives by inputs and none by parameters.
    InputsOnly,
    /// The last parameter or the last input, or both.
    LastEntry,
    /// So many, in no pattern that has a name.
    Some {
        /// Wrong entries.
        wrong: usize,
        /// All that were looked at.
        judged: usize,
    },
}

/// How entries are wrong.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Nature {
    /// NaN or ±∞ where the true value is finite.
    NotFinite,
    /// Every wrong entry is this multiple of the true one.
    ConstantRatio(f64, &'static str),
    /// Every wrong block is the transpose of the true one.
    Transpose,
    /// The wrong entries equal those of a gradient with a known fault.
    Equals(String),
    /// The true values, rounded to single precision on the way.
    SinglePrecision,
}

/// One judged entry, as numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Symptom {
    /// The number of the parameter.
    pub(crate) index: usize,
    pub(crate) got: f64,
    pub(crate) truth: f64,
    pub(crate) is_wrong: bool,
}

/// A gradient with a known fault: its description, and one value per parameter.
pub(crate) type Candidate = (String, Vec<f64>);

/// How near two numbers must be to count as the same symptom: single precision's digits, of the larger scale.
const ALIKE: f64 = 1e-6;

/// Explains symptoms, of which at least one is wrong. `batch` is the number of examples; `candidates` are made when asked for.
pub(crate) fn diagnose<H>(
    plan: &Plan<H>,
    symptoms: &[Symptom],
    batch: usize,
    candidates: impl FnOnce() -> Vec<Candidate>,
) -> Diagnosis {
    let wrong: Vec<Symptom> = symptoms.iter().copied().filter(|s| s.is_wrong).collect();
    let scope = scope(plan, symptoms, &wrong);
    let nature = nature(plan, symptoms, &wrong, batch).or_else(|| resembles(symptoms, candidates));
    Diagnosis { scope, nature }
}

/// The candidate that these symptoms equal, if one does.
pub(crate) fn resembles(symptoms: &[Symptom], candidates: impl FnOnce() -> Vec<Candidate>) -> Option<Nature> {
    let scale = symptoms.iter().map(|s| s.truth.abs()).fold(0.0, f64::max);
    let near = |a: f64, b: f64| (a - b).abs() <= ALIKE * scale;
    let fits = |(_, gradient): &Candidate| {
        let is_got = symptoms.iter().all(|s| near(s.got, gradient[s.index]));
        // A fault that changes nothing here explains nothing.
        is_got && !symptoms.iter().all(|s| near(s.truth, gradient[s.index]))
    };
    candidates().into_iter().find(fits).map(|(name, _)| Nature::Equals(name))
}

fn scope<H>(plan: &Plan<H>, symptoms: &[Symptom], wrong: &[Symptom]) -> Scope {
    let is_bias = |s: &Symptom| plan.locate(s.index).is_some_and(|place| place.block.source.is_none());
    let visible = |s: &Symptom| s.truth != 0.0 || s.got != 0.0;
    if wrong.len() == 1 {
        return Scope::OneEntry;
    }
    if symptoms.iter().all(|s| s.is_wrong || !visible(s)) {
        return Scope::Everything;
    }
    let at_end = |of_row: bool| {
        wrong.iter().filter(|s| !is_bias(s)).all(|s| {
            plan.locate(s.index).is_some_and(|p| {
                if of_row {
                    p.row + 1 == p.block.rows && p.block.rows > 1
                } else {
                    p.col + 1 == p.block.cols && p.block.cols > 1
                }
            })
        }) && wrong.iter().any(|s| !is_bias(s))
    };
    match () {
        () if wrong.iter().all(is_bias) => Scope::BiasesOnly,
        () if at_end(false) => Scope::LastColumn,
        () if at_end(true) => Scope::LastRow,
        () if !wrong.iter().any(is_bias) && symptoms.iter().all(|s| s.is_wrong || is_bias(s) || !visible(s)) => {
            Scope::WeightsOnly
        }
        () => {
            let mut blocks: Vec<String> =
                wrong.iter().filter_map(|s| plan.locate(s.index)).map(|p| p.block.to_string()).collect();
            blocks.dedup();
            Scope::Blocks(blocks)
        }
    }
}

fn nature<H>(plan: &Plan<H>, symptoms: &[Symptom], wrong: &[Symptom], batch: usize) -> Option<Nature> {
    if let Some(nature) = nature_of_numbers(wrong, batch) {
        return Some(nature);
    }
    if is_transpose(plan, symptoms, wrong, scale_of(wrong)) {
        return Some(Nature::Transpose);
    }
    single_precision(wrong)
}

/// What the numbers tell without a place: not finite, or a constant ratio.
pub(crate) fn nature_of_numbers(wrong: &[Symptom], batch: usize) -> Option<Nature> {
    if wrong.iter().any(|s| !s.got.is_finite()) {
        return Some(Nature::NotFinite);
    }
    let ratio = constant_ratio(wrong, scale_of(wrong))?;
    Some(Nature::ConstantRatio(ratio, meaning(ratio, batch)))
}

/// Whether every wrong entry is right to some digits of `f32`.
pub(crate) fn single_precision(wrong: &[Symptom]) -> Option<Nature> {
    let (scale, unit) = (scale_of(wrong), f64::from(f32::EPSILON));
    let single = wrong.iter().all(|s| (s.got - s.truth).abs() <= 16.0 * unit * f64::max(scale, s.truth.abs()));
    single.then_some(Nature::SinglePrecision)
}

fn scale_of(wrong: &[Symptom]) -> f64 {
    wrong.iter().map(|s| s.truth.abs()).fold(0.0, f64::max)
}

/// The ratio of got to true, if it is the same for every wrong entry that is large enough to tell, and not about 1.
fn constant_ratio(wrong: &[Symptom], scale: f64) -> Option<f64> {
    let mut ratios = wrong.iter().filter(|s| s.truth.abs() > 1e-4 * scale).map(|s| s.got / s.truth);
    let first = ratios.next()?;
    let alike = ratios.all(|ratio| (ratio - first).abs() <= ALIKE * first.abs().max(1.0));
    (alike && wrong.len() > 1 && (first - 1.0).abs() > 1e-4).then_some(first)
}

fn meaning(ratio: f64, batch: usize) -> &'static str {
    let is = |value: f64| (ratio - value).abs() <= ALIKE * value.abs().max(1.0);
    let n = batch as f64;
    match () {
        () if is(0.0) => "never computed, or a consumer that passes nothing back",
        () if is(-1.0) => "the sign",
        () if is(2.0) => "the ½ of the sum of squares lost, or something counted twice",
        () if is(0.5) => "½ too much",
        () if is(n) => "N: a sum where a mean was computed",
        () if is(1.0 / n) => "1/N: a mean where a sum was asked for",
        () => "a factor",
    }
}

fn is_transpose<H>(plan: &Plan<H>, symptoms: &[Symptom], wrong: &[Symptom], scale: f64) -> bool {
    let truth = |index: usize| symptoms.iter().find(|s| s.index == index).map(|s| s.truth);
    wrong.iter().all(|s| {
        plan.locate(s.index).is_some_and(|p| {
            let turned = p.block.range.start + p.col * p.block.cols + p.row;
            let is_square = p.block.rows == p.block.cols && p.block.rows > 1;
            is_square && truth(turned).is_some_and(|t| (s.got - t).abs() <= ALIKE * scale)
        })
    })
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scope {
            Scope::Everything => f.write_str("every entry")?,
            Scope::BiasesOnly => f.write_str("biases only")?,
            Scope::WeightsOnly => f.write_str("weights only")?,
            Scope::LastColumn => f.write_str("the last column only")?,
            Scope::LastRow => f.write_str("the last row only")?,
            Scope::Blocks(blocks) => write!(f, "only {}", blocks.join(", "))?,
            Scope::OneEntry => f.write_str("one entry only")?,
            Scope::ParametersOnly => f.write_str("parameters only, inputs are right")?,
            Scope::InputsOnly => f.write_str("inputs only, parameters are right")?,
            Scope::LastEntry => f.write_str("the last entry only")?,
            Scope::Some { wrong, judged } => write!(f, "{wrong} of {judged} entries")?,
        }
        match &self.nature {
            None => Ok(()),
            Some(Nature::NotFinite) => f.write_str("; not finite: uninitialised memory, or an overflow"),
            Some(Nature::ConstantRatio(ratio, meaning)) => write!(f, "; constant ratio {ratio:.6} ({meaning})"),
            Some(Nature::Transpose) => f.write_str("; equals the transpose"),
            Some(Nature::Equals(what)) => write!(f, "; equals {what}"),
            Some(Nature::SinglePrecision) => f.write_str("; right to single precision only"),
        }
    }
}

#[cfg(test)]
mod tests {
    use bp_core::{Act, Place, stack};

    use super::*;

    /// 3 inputs, 3 hidden units, 2 outputs: a square block, and one that is not.
    fn plan() -> Plan {
        Plan::new(stack(3).hidden(3, Act::Tanh).output(2, Act::Identity)).expect("three layers in a row")
    }

    /// Entry i of the true gradient: no two alike, of both signs.
    fn truth(i: usize) -> f64 {
        let size = 1.0 + i as f64 / 16.0;
        if i % 3 == 1 { -size } else { size }
    }

    /// A gradient that is wrong where `got` changes a true entry.
    fn symptoms(plan: &Plan, got: impl Fn(usize, Place<'_>) -> f64) -> Vec<Symptom> {
        let symptom = |index| {
            let (truth, got) = (truth(index), got(index, plan.locate(index).expect("a parameter")));
            Symptom { index, got, truth, is_wrong: got.to_bits() != truth.to_bits() }
        };
        (0..plan.n_params()).map(symptom).collect()
    }

    fn diagnosed(got: impl Fn(usize, Place<'_>) -> f64) -> Diagnosis {
        let plan = plan();
        diagnose(&plan, &symptoms(&plan, got), 7, Vec::new)
    }

    /// A gradient that is wrong where `is_wrong` says so, three times what it should be.
    fn scope_of(is_wrong: impl Fn(usize, &Place<'_>) -> bool) -> Scope {
        diagnosed(|i, place| if is_wrong(i, &place) { 3.0 * truth(i) } else { truth(i) }).scope
    }

    fn is_bias(place: &Place<'_>) -> bool {
        place.block.source.is_none()
    }

    #[test]
    fn every_scope_has_its_pattern() {
        let blocks = |names: &[&str]| Scope::Blocks(names.iter().map(ToString::to_string).collect());
        let (first, second) = (plan().blocks()[0].to_string(), plan().blocks()[2].to_string());
        assert_eq!(scope_of(|_, _| true), Scope::Everything);
        assert_eq!(scope_of(|i, _| i == 4), Scope::OneEntry);
        assert_eq!(scope_of(|_, place| is_bias(place)), Scope::BiasesOnly);
        assert_eq!(scope_of(|_, place| !is_bias(place)), Scope::WeightsOnly);
        let last_col = |p: &Place<'_>| !is_bias(p) && p.col + 1 == p.block.cols;
        let last_row = |p: &Place<'_>| !is_bias(p) && p.row + 1 == p.block.rows;
        assert_eq!(scope_of(|_, p| last_col(p)), Scope::LastColumn);
        assert_eq!(scope_of(|_, p| last_row(p)), Scope::LastRow);
        // Biases beside a last row or column do not hide it; a first row or column is not the last.
        assert_eq!(scope_of(|_, p| is_bias(p) || last_col(p)), Scope::LastColumn);
        assert_eq!(scope_of(|_, p| is_bias(p) || last_row(p)), Scope::LastRow);
        assert_eq!(scope_of(|_, p| !is_bias(p) && p.col == 0), blocks(&[&first, &second]));
        assert_eq!(scope_of(|_, p| !is_bias(p) && p.row == 0), blocks(&[&first, &second]));
        assert_eq!(scope_of(|_, p| p.block.to_string() == second), blocks(&[&second]));
        assert_eq!(scope_of(|i, p| p.block.to_string() == first && i != 2), blocks(&[&first]));
        // All weights and one bias of five.
        assert!(matches!(scope_of(|i, p| !is_bias(p) || i == 10), Scope::Blocks(_)));
    }

    /// Of a single row or column none is the last.
    #[test]
    fn one_row_or_column_is_a_block() {
        let plan = Plan::new(stack(1).hidden(3, Act::Tanh).output(1, Act::Identity)).expect("three layers in a row");
        for number in [0, 2] {
            let block = plan.blocks()[number].to_string();
            let got = |i, place: Place<'_>| if place.block.to_string() == block { 3.0 * truth(i) } else { truth(i) };
            let scope = diagnose(&plan, &symptoms(&plan, got), 7, Vec::new).scope;
            assert_eq!(scope, Scope::Blocks(vec![block]));
        }
    }

    /// One weight is its own transpose, which says nothing.
    #[test]
    fn single_weights_are_not_transposed() {
        let plan = Plan::new(stack(1).hidden(1, Act::Tanh).output(1, Act::Identity)).expect("three layers in a row");
        let rounded = symptoms(&plan, |i, _| truth(i) * (1.0 + 2e-7));
        assert_eq!(diagnose(&plan, &rounded, 7, Vec::new).nature, Some(Nature::SinglePrecision));
    }

    /// Entries that are 0 and should be are no evidence.
    #[test]
    fn what_is_0_counts_for_nothing() {
        let plan = plan();
        let at = |is_wrong: fn(&Place<'_>) -> bool| -> Vec<Symptom> {
            let symptom = |s: Symptom| {
                let is_wrong = is_wrong(&plan.locate(s.index).expect("a parameter"));
                let truth = if is_wrong { s.truth } else { 0.0 };
                Symptom { truth, got: 3.0 * truth, is_wrong, ..s }
            };
            symptoms(&plan, |i, _| truth(i)).into_iter().map(symptom).collect()
        };
        assert_eq!(diagnose(&plan, &at(|p| p.block.cols == 3 && p.col < 2), 7, Vec::new).scope, Scope::Everything);
        let mut half = at(|p| !is_bias(p) && p.col > 0);
        half.iter_mut().filter(|s| is_bias(&plan.locate(s.index).expect("a parameter"))).for_each(|s| {
            (s.truth, s.got) = (1.0, 1.0);
        });
        assert_eq!(diagnose(&plan, &half, 7, Vec::new).scope, Scope::WeightsOnly);
        // An entry that should be 0 and is not, or should not and is, counts.
        for (truth, got) in [(0.0, 1.0), (1.0, 0.0)] {
            let mut some = at(|p| !is_bias(p) && p.col > 0);
            some[9] = Symptom { truth, got, ..some[9] };
            assert_eq!(diagnose(&plan, &some, 7, Vec::new).scope, Scope::WeightsOnly);
        }
    }

    #[test]
    fn a_constant_ratio_has_a_meaning() {
        let table = [
            (0.0, "never computed, or a consumer that passes nothing back"),
            (-1.0, "the sign"),
            (2.0, "the ½ of the sum of squares lost, or something counted twice"),
            (0.5, "½ too much"),
            (7.0, "N: a sum where a mean was computed"),
            (7.000_005, "N: a sum where a mean was computed"),
            (1.0 / 7.0, "1/N: a mean where a sum was asked for"),
            (3.0, "a factor"),
            (1.001, "a factor"),
            (0.999, "a factor"),
        ];
        for (ratio, meaning) in table {
            let nature = diagnosed(|i, _| ratio * truth(i)).nature;
            let Some(Nature::ConstantRatio(got, text)) = nature else { panic!("{ratio}: {nature:?}") };
            assert!((got - ratio).abs() <= 1e-15 * ratio.abs() && text == meaning, "{ratio}: {got} ({text})");
        }
        // A ratio that is not the same everywhere, of one entry alone, or so near to 1 that it is rounding.
        let not =
            |got: &dyn Fn(usize) -> f64| !matches!(diagnosed(|i, _| got(i)).nature, Some(Nature::ConstantRatio(..)));
        assert!(not(&|i| if i < 10 { 3.0 * truth(i) } else { 3.001 * truth(i) }));
        assert!(not(&|i| if i == 3 { 3.0 * truth(i) } else { truth(i) }));
        assert!(not(&|i| truth(i) * 1.000_05) && not(&|i| truth(i) * 0.999_95));
        // To six digits it is the same, and entries below 10⁻⁴ of the largest are too small to tell.
        assert!(!not(&|i| truth(i) * if i % 2 == 0 { 3.0 } else { 3.000_001 }));
        let plan = plan();
        let mut tiny = symptoms(&plan, |i, _| 3.0 * truth(i));
        tiny[5] = Symptom { truth: 1e-4, got: 1.0, ..tiny[5] };
        assert_eq!(diagnose(&plan, &tiny, 7, Vec::new).nature, Some(Nature::ConstantRatio(3.0, "a factor")));
        tiny[5] = Symptom { truth: 1e-3, ..tiny[5] };
        assert_eq!(diagnose(&plan, &tiny, 7, Vec::new).nature, None);
    }

    #[test]
    fn every_nature_has_its_numbers() {
        for lost in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(diagnosed(|i, _| if i == 3 { lost } else { 2.0 * truth(i) }).nature, Some(Nature::NotFinite));
        }
        // The square block turned over; its diagonal is right.
        let turned = |i: usize, p: &Place<'_>| p.block.range.start + if i < 9 { 3 * p.col + p.row } else { i };
        for off in [0.0, 1.2e-6] {
            let got = |i, p: Place<'_>| if i < 9 { truth(turned(i, &p)) + off } else { truth(i) };
            assert_eq!(diagnosed(got).nature, Some(Nature::Transpose), "{off}");
        }
        assert_eq!(diagnosed(|i, p| if i < 9 { 1.1 * truth(turned(i, &p)) } else { truth(i) }).nature, None);
        // The numbers of another block, read across, are no transpose.
        let across = |i: usize, p: &Place<'_>| p.block.range.start + p.col * p.block.cols + p.row + usize::from(i == 0);
        assert_eq!(diagnosed(|i, p| if (12..18).contains(&i) { truth(across(i, &p)) } else { truth(i) }).nature, None);
        // Single precision: to 16 of its units, of the largest entry.
        let single = |units: f64| {
            diagnosed(|i, _| truth(i) + if i % 2 == 0 { units } else { -units } * f64::from(f32::EPSILON) * truth(19))
                .nature
        };
        assert_eq!(single(1.0), Some(Nature::SinglePrecision));
        assert_eq!(single(15.9), Some(Nature::SinglePrecision));
        assert_eq!(single(16.1), None);
    }

    #[test]
    fn a_candidate_explains_all_entries_or_nothing() {
        let plan = plan();
        let wrong = symptoms(&plan, |i, _| truth(i) + i as f64);
        let named =
            |name: &str, f: fn(usize) -> f64| (name.to_string(), (0..plan.n_params()).map(f).collect::<Vec<f64>>());
        let right = || named("right", truth);
        let known = || named("known", |i| truth(i) + i as f64 + 1.5e-6);
        let near = || named("near", |i| truth(i) + i as f64 + if i == 7 { 1e-4 } else { 0.0 });
        let nature = |candidates: Vec<Candidate>| diagnose(&plan, &wrong, 7, || candidates).nature;
        assert_eq!(nature(vec![right(), near(), known()]), Some(Nature::Equals("known".into())));
        assert_eq!(nature(vec![right(), near()]), None);
        // A candidate that is the true gradient explains no fault, not even one too small to tell from it.
        let small = symptoms(&plan, |i, _| truth(i) + if i == 7 { 1e-7 } else { 0.0 });
        assert_eq!(resembles(&small, || vec![right()]), None);
    }

    #[test]
    fn diagnoses_in_words() {
        let scopes = [
            (Scope::Everything, "every entry"),
            (Scope::BiasesOnly, "biases only"),
            (Scope::WeightsOnly, "weights only"),
            (Scope::LastColumn, "the last column only"),
            (Scope::LastRow, "the last row only"),
            (Scope::Blocks(vec!["a".into(), "b".into()]), "only a, b"),
            (Scope::OneEntry, "one entry only"),
            (Scope::ParametersOnly, "parameters only, inputs are right"),
            (Scope::InputsOnly, "inputs only, parameters are right"),
            (Scope::LastEntry, "the last entry only"),
            (Scope::Some { wrong: 2, judged: 5 }, "2 of 5 entries"),
        ];
        for (scope, text) in scopes {
            assert_eq!(Diagnosis { scope, nature: None }.to_string(), text);
        }
        let natures = [
            (Nature::NotFinite, "not finite: uninitialised memory, or an overflow"),
            (Nature::ConstantRatio(-1.0, "the sign"), "constant ratio -1.000000 (the sign)"),
            (Nature::Transpose, "equals the transpose"),
            (Nature::Equals("it".into()), "equals it"),
            (Nature::SinglePrecision, "right to single precision only"),
        ];
        for (nature, text) in natures {
            let diagnosis = Diagnosis { scope: Scope::OneEntry, nature: Some(nature) };
            assert_eq!(diagnosis.to_string(), format!("one entry only; {text}"));
        }
    }
}
