//! The detectors REL and XTR: relations between calls, each within the rounding bounds of both sides, and extreme values.

use anyhow::Result;
use bp_core::{Act, Backend, ErrorFunction, Examples, Float, Output, Reference, Targets};
use bp_verify::laws::{Linearity, Permutation, scales_bitwise, softmax_errors_cancel, within};
use bp_verify::{Double, Number, Recipe, Rounded, rounding_of_gradient};

use super::losses::Errors;
use super::nets::{Net, PAIRS, part, standard};
use super::subject::Subject;
use super::{Effort, Seen};

/// REL: E and ∇E add over every split; softmax errors cancel and do not see a shift; hidden units can be renumbered;
/// the recursion is linear in δ of the output.
pub(crate) fn relations<S: Float + Number>(subject: &Subject<S>, effort: Effort) -> Result<Seen> {
    for net in standard(effort.seeds.min(3), true)? {
        for threads in 1..=2 {
            subject.threads.set(threads);
            let seen = additive(subject, &net)?;
            subject.threads.set(1);
            if let Some(seen) = seen {
                return Ok(Some(format!("{seen}, {threads} threads")));
            }
        }
        for shift in [1.0, 8192.0] {
            if let Some(seen) = shifted(subject, &net, shift)? {
                return Ok(Some(seen));
            }
        }
    }
    for seed in 0..4 * effort.seeds {
        let case = Recipe::random(seed).case(Output::Softmax);
        let loss = ErrorFunction::CrossEntropy;
        let believed = subject.believed(loss);
        let laws = [
            within::<Linearity, S, _, _>(&subject.kernels, &case, &believed),
            within::<Permutation, S, _, _>(&subject.kernels, &case, &believed),
            scales_bitwise(&subject.kernels, &case, 3),
            softmax_errors_cancel(&subject.kernels, &case, &Errors::new(subject.plant, loss)),
        ];
        if let Some(violation) = laws.into_iter().find_map(Result::err) {
            return Ok(Some(violation.to_string()));
        }
    }
    Ok(None)
}

/// E(A ∪ B) = E(A) + E(B) and the same for the gradient; of means, weighted by the numbers of examples.
fn additive<S: Float>(subject: &Subject<S>, net: &Net) -> Result<Seen> {
    let (held, rows) = (net.held::<S>(), net.rows());
    let call = |from: usize, to: usize| {
        let examples = part(&net.plan, &held.examples(), from, to);
        let mut memory = subject.memory(&net.plan, rows);
        let error = subject.gradient(&net.plan, net.loss, &held.params, &examples, &mut memory)?;
        // Bounds on the rounding of a right program for the sum.
        let bounds = rounding_of_gradient(&net.plan, &net.loss, &held.params, &examples)?;
        let times = if subject.promises_mean() { (to - from) as f64 } else { 1.0 };
        let sums: Vec<f64> = memory.dw.iter().map(|g| times * g.to_f64()).collect();
        anyhow::Ok((times * error.to_f64(), sums, bounds))
    };
    let (_, whole, whole_bounds) = call(0, rows)?;
    for at in 1..rows {
        let ((_, left, left_bounds), (_, right, right_bounds)) = (call(0, at)?, call(at, rows)?);
        for i in 0..whole.len() {
            let sum = left[i] + right[i];
            // A mean's weight and its factor cost four more roundings, the sum here one of f64.
            let allowed = whole_bounds[i].error()
                + left_bounds[i].error()
                + right_bounds[i].error()
                + f64::UNIT_ROUNDOFF * sum.abs()
                + 4.0 * S::UNIT_ROUNDOFF * (whole[i].abs() + left[i].abs() + right[i].abs());
            if !((whole[i] - sum).abs() <= allowed) {
                return Ok(Some(format!("split at {at}: parameter {i} is {:e} instead of {sum:e}", whole[i])));
            }
        }
    }
    Ok(None)
}

/// Softmax does not see a shift of all logits: the same for all biases of the output, which are rounded to 256ths here so
/// that the shifted ones are exact, leaves the gradient within the bounds of both sides.
fn shifted<S: Float>(subject: &Subject<S>, net: &Net, shift: f64) -> Result<Seen> {
    // The bounds are those of a sum.
    if net.loss != ErrorFunction::CrossEntropy || subject.weights(1, 2).is_some() {
        return Ok(None);
    }
    let held = net.held::<S>();
    let call = |shift: f64| {
        let mut params = held.params.clone();
        let last = params.len() - net.plan.outputs();
        params[last..].iter_mut().for_each(|b| *b = S::from_f64((b.to_f64() * 256.0).round() / 256.0 + shift));
        let mut memory = subject.memory(&net.plan, net.rows());
        subject.gradient(&net.plan, net.loss, &params, &held.examples(), &mut memory)?;
        let bounds: Vec<Rounded<S>> = rounding_of_gradient(&net.plan, &net.loss, &params, &held.examples())?;
        anyhow::Ok((memory.dw, bounds))
    };
    let ((one, one_bounds), (two, two_bounds)) = (call(0.0)?, call(shift)?);
    let far = |i: usize| {
        let apart = (one[i] - two[i]).to_f64().abs();
        !(apart <= one_bounds[i].error() + two_bounds[i].error() + S::UNIT_ROUNDOFF * apart)
    };
    Ok((0..one.len()).find(|&i| far(i)).map(|i| {
        format!("logits shifted by {shift}: parameter {i} goes from {:e} to {:e}", one[i].to_f64(), two[i].to_f64())
    }))
}

/// XTR: logits of ±10⁴, p near 0, NaN in the inputs, and tanh′ over [−20, 20].
pub(crate) fn extremes<S: Float>(subject: &Subject<S>, _effort: Effort) -> Result<Seen> {
    Ok(large_logits(subject)?.or(nan_stays(subject)?).or(slopes(subject)))
}

/// One softmax layer whose logits are its biases, right class 1: E = a₀ − a₁ up to e^(a₁ − a₀), δ = (1, −1).
fn large_logits<S: Float>(subject: &Subject<S>) -> Result<Seen> {
    let net = Net::stack([1, 1, 2], PAIRS[0], 1, 1)?;
    for size in [30.0, 44.0, 1e4] {
        let mut params = vec![S::ZERO; net.plan.n_params()];
        let last = params.len() - 2;
        (params[last], params[last + 1]) = (S::from_f64(size), S::from_f64(-size));
        let mut memory = subject.memory(&net.plan, 1);
        let x = [S::ONE];
        let examples = Examples::new(&x, Targets::Classes(&[1]));
        let error = subject.gradient(&net.plan, net.loss, &params, &examples, &mut memory)?.to_f64();
        let delta = [memory.dw[last].to_f64(), memory.dw[last + 1].to_f64()];
        // e^−60 is left out of E and δ; E has four roundings, δ as many, and bp-math's exp and ln are within an ulp.
        let small = Double::from(-2.0 * size).exp().to_f64();
        let near = |got: f64, want: f64| (got - want).abs() <= small + 8.0 * S::UNIT_ROUNDOFF * want.abs();
        if !(near(error, 2.0 * size) && near(delta[0], 1.0) && near(delta[1], -1.0)) {
            return Ok(Some(format!(
                "logits ±{size}: E = {error:e} and δ = {delta:?}, expected {:e} and ±1",
                2.0 * size
            )));
        }
    }
    Ok(None)
}

/// NaN in an input must reach the gradient, and the error.
fn nan_stays<S: Float>(subject: &Subject<S>) -> Result<Seen> {
    for act in [Act::Tanh, Act::Relu] {
        let plan = bp_core::Plan::new(bp_core::stack(2).hidden(3, act).output(2, Act::Identity))?;
        let params: Vec<S> = super::nets::uniform(plan.n_params(), 7).into_iter().map(S::from_f64).collect();
        let x = [S::from_f64(f64::NAN), S::ONE];
        let mut memory = subject.memory(&plan, 1);
        let t = [S::ONE, S::ZERO];
        let examples = Examples::new(&x, Targets::Rows(&t));
        let error = subject.gradient(&plan, ErrorFunction::SumOfSquares, &params, &examples, &mut memory)?;
        if !error.to_f64().is_nan() || memory.dw.iter().any(|g| !g.to_f64().is_nan()) {
            return Ok(Some(format!(
                "an input of NaN gives E = {:e} and a gradient with numbers in it",
                error.to_f64()
            )));
        }
    }
    Ok(None)
}

/// The first of the numbers 0, 0.01, 0.02 … at which the engine's tanh′ is 0.
pub(crate) fn flat_from<S: Float>() -> f64 {
    let slope = |a: S| {
        let mut delta = [S::ONE];
        Reference.chain(&Act::Tanh, &[a], &[a.tanh()], &mut delta);
        delta[0].to_f64()
    };
    (0..2000).map(|n| f64::from(n) / 100.0).find(|&a| !(slope(S::from_f64(a)) > 0.0)).unwrap_or(f64::INFINITY)
}

/// |fl(tanh′) − tanh′| ≤ 3 u + 2 err(tanh); an ulp of tanh, which is below 1, is at most u.
fn slopes<S: Float>(subject: &Subject<S>) -> Seen {
    let ulps = if S::NAME == "f64" { bp_math::ulp::f64::TANH } else { bp_math::ulp::f32::TANH };
    let bound = S::UNIT_ROUNDOFF * (3.0 + 2.0 * ulps);
    for n in -2000..=2000 {
        let a = S::from_f64(f64::from(n) / 100.0);
        let mut z = [a];
        subject.kernels.activate(&Act::Tanh, &mut z);
        let mut delta = [S::ONE];
        subject.kernels.chain(&Act::Tanh, &[a], &z, &mut delta);
        let off = (Double::from(delta[0].to_f64()) - Double::from(a.to_f64()).sech2()).abs().to_f64();
        if !(off <= bound) {
            return Some(format!("tanh′({:e}) is off by {off:.1e}, more than {bound:.1e}", a.to_f64()));
        }
    }
    None
}
