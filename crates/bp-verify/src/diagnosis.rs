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
