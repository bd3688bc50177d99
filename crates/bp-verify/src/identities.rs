//! Identities with bounds of their own: none, none in bits, and one derived by hand.

use bp_core::{Activation, Backend, Float, Loss, Output, Reference, ShapeError, SumOfSquares};

use crate::laws::output_errors;
use crate::rounding::gamma;
use crate::run::{run, run_from};
use crate::{Case, Double, Dual, Fp, Number, Numbers, Violation};

/// Reverse mode equals dual numbers, exactly over GF(2⁶¹ − 1): ∂E/∂w for every parameter and ∂E/∂x for every input.
///
/// Dual numbers push a derivative forward, so they share no line with the recursion.
///
/// # Errors
/// The first derivative that differs.
pub fn reverse_equals_dual<H>(backend: &dyn Backend<Fp>, case: &Case<H>) -> Result<(), Violation>
where
    H: Activation<Fp> + Activation<Dual<Fp>>,
{
    const LAW: &str = "reverse mode equals dual numbers";
    let numbers = case.numbers::<Fp>();
    let reverse = run(&case.plan, backend, &SumOfSquares, &numbers.params, &numbers.examples(), None)?;
    let mut dual = case.numbers::<Dual<Fp>>();
    let mut ws = case.plan.workspace(case.rows());
    let mut forward = |dual: &Numbers<Dual<Fp>>| -> Result<Fp, ShapeError> {
        case.plan.forward(&Reference, &dual.params, &dual.x, &mut ws)?;
        Ok(case.plan.error(&SumOfSquares, &dual.examples(), &ws)?.derivative())
    };
    for (index, &got) in reverse.dw.iter().enumerate() {
        dual.params[index].derivatives = [Fp::from_i64(1)];
        let want = forward(&dual)?;
        dual.params[index].derivatives = [Fp::from_i64(0)];
        if got != want {
            let place = case.plan.locate(index).map_or_else(String::new, |place| place.to_string());
            return Err(Violation::exact(LAW, place, got, want));
        }
    }
    for (index, &got) in reverse.dx.iter().enumerate() {
        dual.x[index].derivatives = [Fp::from_i64(1)];
        let want = forward(&dual)?;
        dual.x[index].derivatives = [Fp::from_i64(0)];
        if got != want {
            return Err(Violation::exact(LAW, format!("dx[{index}]"), got, want));
        }
    }
    Ok(())
}

/// Output errors times 2ᵏ give every δ and gradient times 2ᵏ, **bit for bit** in any float type on any backend:
/// scaling by a power of two commutes with rounding as long as nothing underflows. Where the product of the two
/// smallest numbers of a pass could, and where a pass overflows, the law says nothing and this returns `Ok`.
///
/// # Errors
/// The first number whose bits differ.
pub fn scales_bitwise<S, H>(backend: &dyn Backend<S>, case: &Case<H>, k: i32) -> Result<(), Violation>
where
    S: Float + Number,
    H: Activation<S>,
{
    const LAW: &str = "output errors scaled by a power of two";
    let numbers = case.numbers::<S>();
    let factor = S::from_f64(2.0_f64.powi(k));
    let (delta, _) = output_errors::<S>(case.rows() * case.plan.outputs());
    let scaled: Vec<S> = delta.iter().map(|&d| factor * d).collect();
    let one = run_from(&case.plan, backend, &delta, &numbers.params, &numbers.x)?;
    let many = run_from(&case.plan, backend, &scaled, &numbers.params, &numbers.x)?;
    if !(one.is_far_from_underflow() && many.is_far_from_underflow()) {
        return Ok(());
    }
    for ((place, one), (_, got)) in one.backward().zip(many.backward()) {
        let (got, want) = (got.to_f64(), (factor * one).to_f64());
        if got.to_bits() != want.to_bits() {
            return Err(Violation::bounded(LAW, place, got, want, 0.0));
        }
    }
    Ok(())
}

/// Σ_k δ_k = 0 in every row, for softmax with cross-entropy: softmax does not see a shift of all its a.
///
/// δ_k = y_k s − t_k with s = Σ_m t_m. Computed, Σ y_k is within γ_{K+1} of 1 (K − 1 additions, one division), s within
/// γ_{K−1} T of Σ t with T = Σ |t_m|, and the product and the difference cost u T and 2 u T: together
/// at most γ_{2K+4} T; the weight of the example multiplies T and costs one more rounding of δ, at most 2 u T. Errors
/// of exp are in y and in its normaliser alike and cancel.
///
/// # Errors
/// The first row that is farther from 0, or the engine's.
///
/// # Panics
/// If the case's output function is not softmax.
pub fn softmax_errors_cancel<S, H>(
    backend: &dyn Backend<S>,
    case: &Case<H>,
    loss: &dyn Loss<S>,
) -> Result<(), Violation>
where
    S: Float + Number,
    H: Activation<S>,
{
    assert!(matches!(case.plan.architecture().output.function, Output::Softmax), "softmax is what this is about");
    let numbers = case.numbers::<S>();
    let pass = run(&case.plan, backend, loss, &numbers.params, &numbers.examples(), None)?;
    let outputs = case.plan.outputs();
    let Some((_, delta)) = pass.deltas.last() else { return Ok(()) };
    for (n, delta) in delta.chunks(outputs).enumerate() {
        let t = &numbers.t[n * outputs..][..outputs];
        let magnitude: f64 = t.iter().map(|t| t.to_f64().abs()).sum();
        let weight = numbers.weights.as_ref().map_or(1.0, |weights| weights[n].to_f64().abs());
        let sum: Double = delta.iter().fold(0.0.into(), |sum, d| sum + d.to_f64().into());
        let bound = gamma::<S>(2 * outputs + 6) * magnitude * weight;
        if !(sum.to_f64().abs() <= bound) {
            return Err(Violation::bounded("softmax errors cancel", format!("row {n}"), sum.to_f64(), 0.0, bound));
        }
    }
    Ok(())
}
