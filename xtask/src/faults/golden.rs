//! The detector GLD: numbers that were computed elsewhere. The golden vectors of `tests/golden`, and three cases worked
//! out by hand in numbers that binary holds exactly.

use anyhow::{Result, anyhow};
use bp_core::{Act, ErrorFunction, Examples, Plan, Targets, stack};
use bp_tests::golden::{File, NetCase, folder, read_folder};

use super::subject::Subject;
use super::{Effort, Seen};

/// The files are within 4e-14 of the exact values per array; so much is said in their README.
const TOLERANCE: f64 = 1e-12;

/// The networks of the golden files.
pub(crate) fn cases() -> Result<Vec<NetCase>> {
    let mut cases = vec![];
    for (name, file) in read_folder(&folder()).map_err(|e| anyhow!(e))? {
        let net = match file {
            File::Net(net) => *net,
            File::External(external) => external.net,
            _ => continue,
        };
        cases.push(NetCase::new(&net).map_err(|e| anyhow!("{name}: {e}"))?);
    }
    Ok(cases)
}

/// GLD.
pub(crate) fn golden(subject: &Subject<f64>, cases: &[NetCase], effort: Effort) -> Result<Seen> {
    let step = if effort.is_quick { 4 } else { 1 };
    for case in cases.iter().step_by(step) {
        if let Some(seen) = compare(subject, case)? {
            return Ok(Some(seen));
        }
    }
    Ok(partial_batch(subject)?.or(kinks(subject)?).or(soft_log(subject)?))
}

fn compare(subject: &Subject<f64>, case: &NetCase) -> Result<Seen> {
    let rows = case.x.len() / case.plan.inputs();
    let mut memory = subject.memory(&case.plan, rows);
    let classes: Option<Vec<u32>> = one_hot(&case.t, case.plan.outputs());
    let targets = match (&classes, case.loss) {
        (Some(classes), ErrorFunction::CrossEntropy) => Targets::Classes(classes),
        _ => Targets::Rows(&case.t),
    };
    let examples = Examples::new(&case.x, targets);
    let error = subject.gradient(&case.plan, case.loss, &case.params, &examples, &mut memory)?;
    let times = if subject.promises_mean() { rows as f64 } else { 1.0 };
    let off = |got: &[f64], want: &[f64]| {
        let largest = want.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        got.iter().zip(want).position(|(got, want)| !((times * got - want).abs() <= TOLERANCE * largest))
    };
    if off(&[error], &case.want["error"]).is_some() {
        return Ok(Some(format!("{}: E is {error:e} instead of {:e}", case.name, case.want["error"][0])));
    }
    for block in case.plan.blocks() {
        let want = &case.want[&format!("gradient.{block}")];
        let got = &memory.dw[block.range.clone()];
        if let Some(i) = off(got, want) {
            return Ok(Some(format!("{}: {block}[{i}] is {:e} instead of {:e}", case.name, times * got[i], want[i])));
        }
    }
    Ok(None)
}

/// Rows with one 1 and zeros, as classes.
fn one_hot(t: &[f64], outputs: usize) -> Option<Vec<u32>> {
    let class = |row: &[f64]| {
        let ones: Vec<usize> = (0..outputs).filter(|&k| row[k].to_bits() == 1.0_f64.to_bits()).collect();
        let zeros = row.iter().filter(|t| t.abs() <= 0.0).count();
        (ones.len() == 1 && zeros == outputs - 1).then(|| ones[0] as u32)
    };
    t.chunks(outputs).map(class).collect()
}

/// y = 2x + 1 on x = 1, 2, 3 and t = 2, 2, 2: δ = 1, 3, 5, so Σ δx = 22 and Σ δ = 9, in batches of 4 of which one is
/// never full. Where a mean is promised it is a third of that.
fn partial_batch(subject: &Subject<f64>) -> Result<Seen> {
    let plan: Plan = Plan::new(stack(1).output(1, Act::Identity))?;
    let mut memory = subject.memory(&plan, 4);
    let examples = Examples::new(&[1.0, 2.0, 3.0], Targets::Rows(&[2.0, 2.0, 2.0]));
    subject.gradient(&plan, ErrorFunction::SumOfSquares, &[2.0, 1.0], &examples, &mut memory)?;
    let times = if subject.promises_mean() { 3.0 } else { 1.0 };
    let got = [times * memory.dw[0], times * memory.dw[1]];
    let right = got.map(f64::to_bits) == [22.0, 9.0].map(f64::to_bits);
    Ok((!right).then(|| format!("three examples in a batch of four: {got:?} instead of [22, 9]")))
}

/// One unit exactly on its kink, a = 2 · 1 − 2, then y = 3z + 1 and δ = 1: ∂E/∂b is 3 h′(0) with the convention of the
/// activation's docs; with x = NaN the gradient is NaN.
fn kinks(subject: &Subject<f64>) -> Result<Seen> {
    for (act, slope) in [(Act::Relu, 0.0), (Act::LeakyRelu { slope: 0.25 }, 0.25)] {
        let plan: Plan = Plan::new(stack(1).hidden(1, act).output(1, Act::Identity))?;
        let params = [2.0, -2.0, 3.0, 1.0];
        let call = |x: f64| {
            let mut memory = subject.memory(&plan, 1);
            let (x, t) = ([x], [0.0]);
            let examples = Examples::new(&x, Targets::Rows(&t));
            subject.gradient(&plan, ErrorFunction::SumOfSquares, &params, &examples, &mut memory)?;
            anyhow::Ok(memory.dw)
        };
        let got = call(1.0)?[1];
        if !((got - 3.0 * slope).abs() <= 0.0) {
            return Ok(Some(format!("{act} at 0: ∂E/∂b is {got} instead of {}", 3.0 * slope)));
        }
        let got = call(f64::NAN)?[1];
        if !got.is_nan() {
            return Ok(Some(format!("{act} at NaN: ∂E/∂b is {got}")));
        }
    }
    Ok(None)
}

/// A softmax with logits 0 and 35 and right class 0: E = ln(1 + e³⁵) = 35 + e⁻³⁵ − …, to 17 digits.
fn soft_log(subject: &Subject<f64>) -> Result<Seen> {
    let plan: Plan = Plan::new(stack(1).output(2, bp_core::Output::Softmax))?;
    let examples = Examples::new(&[1.0], Targets::Classes(&[0]));
    let mut memory = subject.memory(&plan, 1);
    let error = subject.gradient(&plan, ErrorFunction::CrossEntropy, &[0.0, 35.0, 0.0, 0.0], &examples, &mut memory)?;
    Ok((!((error - 35.0).abs() <= 35.0 * TOLERANCE)).then(|| format!("p = e⁻³⁵: E is {error:e} instead of 35")))
}
