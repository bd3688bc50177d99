//! Laws that every correct engine and backend obeys, each one computation for all scalars: **exact** over the prime
//! field, and within the rounding bounds of both sides over floats.
//!
//! | law | statement |
//! | --- | --- |
//! | [`Additivity`] | E and ∇E add over every split of the examples (M2) |
//! | [`Permutation`] | renumbering hidden units renumbers δ and gradients and leaves y |
//! | [`Linearity`] | δ(αu + βv) = α δ(u) + β δ(v), through the whole recursion (M7) |
//! | [`BiasIsAWeight`] | a bias is a weight from a constant input 1 (M3) |
//! | [`SameAsReference`] | every number of a backend is the reference backend's |
//!
//! [`reverse_equals_dual`], [`scales_bitwise`] and [`softmax_errors_cancel`] have bounds of their own.

use bp_core::{Activation, Backend, Float, Loss, Output, OutputFunction, Reference, ShapeError, SumOfSquares};

use crate::any_order::AnyOrder;
use crate::case::SplitMix;
use crate::rewrite::{biases_to_weights, permute_units};
use crate::rounding::Rounded;
use crate::run::{Pass, run, run_from};
use crate::{Case, Fp, Number, Violation};

pub use crate::identities::{reverse_equals_dual, scales_bitwise, softmax_errors_cancel};

/// Two ways to the same number.
#[derive(Debug, Clone)]
pub struct Sides<T> {
    /// Which number.
    pub place: String,
    /// One way.
    pub left: T,
    /// The other.
    pub right: T,
}

/// A statement about networks: pairs of numbers that must agree.
///
/// `sides` is written once and run over [`Fp`], a float on the backend under test, and [`Rounded`] for the bound, so
/// that no law carries a tolerance. Write your own by implementing it for a type without fields.
pub trait Law {
    /// Its name in messages.
    const NAME: &'static str;

    /// Every pair that must agree for this case.
    ///
    /// # Errors
    /// None for a case that fits its plan; the type is the engine's.
    fn sides<T, H, L, B>(backend: &B, case: &Case<H>, loss: &L) -> Result<Vec<Sides<T>>, ShapeError>
    where
        T: Number,
        H: Activation<T> + Clone,
        Output<H>: OutputFunction<T>,
        L: Loss<T> + ?Sized,
        B: Backend<T> + ?Sized;
}

/// Checks a law exactly, over GF(2⁶¹ − 1), for polynomial activations and the sum of squares.
///
/// # Errors
/// The first pair that differs.
pub fn exactly<X: Law, H>(backend: &dyn Backend<Fp>, case: &Case<H>) -> Result<(), Violation>
where
    H: Activation<Fp> + Clone,
{
    for Sides { place, left, right } in X::sides(backend, case, &SumOfSquares)? {
        if left != right {
            return Err(Violation::exact(X::NAME, place, left, right));
        }
    }
    Ok(())
}

/// Checks a law over floats on any backend: |left − right| is at most the rounding bound of the left side plus that of
/// the right side, both from the same computation over [`Rounded`] with sums in any order.
///
/// # Errors
/// The first pair that is farther apart, NaN included.
pub fn within<X: Law, S, H, L>(backend: &dyn Backend<S>, case: &Case<H>, loss: &L) -> Result<(), Violation>
where
    S: Float + Number,
    H: Activation<S> + Activation<Rounded<S>> + Clone,
    L: Loss<S> + Loss<Rounded<S>> + ?Sized,
{
    let bounds = X::sides::<Rounded<S>, H, L, AnyOrder>(&AnyOrder, case, loss)?;
    for (Sides { place, left, right }, bound) in X::sides(backend, case, loss)?.into_iter().zip(bounds) {
        // Both sides are subtracted in f64, which is exact enough for f32 and one more rounding for f64.
        let (left, right) = (left.to_f64(), right.to_f64());
        let allowed = bound.left.error() + bound.right.error() + f64::UNIT_ROUNDOFF * (left - right).abs();
        if !((left - right).abs() <= allowed && allowed.is_finite()) {
            return Err(Violation::bounded(X::NAME, place, left, right, allowed));
        }
    }
    Ok(())
}

fn pair_up<T: Number>(tag: &str, left: &Pass<T>, right: &Pass<T>) -> Vec<Sides<T>> {
    left.all()
        .zip(right.all())
        .map(|((place, left), (_, right))| Sides { place: format!("{tag}{place}"), left, right })
        .collect()
}

/// M2: E(w) = Σ_n E_n(w). For every split of the batch, E, ∇E and every row of y, δ and ∂E/∂x of the whole equal those
/// of the two parts, the second part's gradient added to the first's.
#[derive(Debug)]
pub enum Additivity {}

impl Law for Additivity {
    const NAME: &'static str = "error and gradient add over examples";

    fn sides<T, H, L, B>(backend: &B, case: &Case<H>, loss: &L) -> Result<Vec<Sides<T>>, ShapeError>
    where
        T: Number,
        H: Activation<T> + Clone,
        Output<H>: OutputFunction<T>,
        L: Loss<T> + ?Sized,
        B: Backend<T> + ?Sized,
    {
        let (numbers, rows) = (case.numbers::<T>(), case.rows());
        let whole = run(&case.plan, backend, loss, &numbers.params, &numbers.examples(), None)?;
        let mut sides = vec![];
        for at in 0..=rows {
            let part = |from, to| numbers.part(rows, from, to);
            let first = run(&case.plan, backend, loss, &numbers.params, &part(0, at), None)?;
            let second = run(&case.plan, backend, loss, &numbers.params, &part(at, rows), Some(&first.dw))?;
            sides.extend(pair_up(&format!("split at {at}: "), &whole, &first.followed_by(second)));
        }
        Ok(sides)
    }
}

/// Renumbering the units of a hidden layer, with the weights into and out of it, renumbers its z, δ and gradients, and
/// leaves y, E and everything else (Bishop 5.1.1).
#[derive(Debug)]
pub enum Permutation {}

impl Law for Permutation {
    const NAME: &'static str = "hidden units can be renumbered";

    fn sides<T, H, L, B>(backend: &B, case: &Case<H>, loss: &L) -> Result<Vec<Sides<T>>, ShapeError>
    where
        T: Number,
        H: Activation<T> + Clone,
        Output<H>: OutputFunction<T>,
        L: Loss<T> + ?Sized,
        B: Backend<T> + ?Sized,
    {
        let numbers = case.numbers::<T>();
        let plain = run(&case.plan, backend, loss, &numbers.params, &numbers.examples(), None)?;
        let mut sides = vec![];
        for (l, layer) in case.plan.architecture().hidden.iter().enumerate().filter(|(_, layer)| layer.width > 1) {
            // Backwards, turned by one: no unit of three or more stays where it was, except a middle one.
            let order: Vec<usize> = (0..layer.width).map(|n| (2 * layer.width - n) % layer.width).collect();
            let order = if layer.width == 2 { vec![1, 0] } else { order };
            let (plan, origin) = permute_units(&case.plan, l, &order);
            let params: Vec<T> = origin.iter().map(|&old| numbers.params[old]).collect();
            let renumbered = run(&plan, backend, loss, &params, &numbers.examples(), None)?;
            sides.extend(pair_up(
                &format!("{} renumbered: ", layer.name),
                &plain.renumber(&layer.name, &order, &origin),
                &renumbered,
            ));
        }
        Ok(sides)
    }
}

/// The recursion is linear in the output errors: δ(αu + βv) = α δ(u) + β δ(v) for δ of every layer, the gradient and
/// ∂E/∂x, here with α = 2 and β = −3.
#[derive(Debug)]
pub enum Linearity {}

impl Law for Linearity {
    const NAME: &'static str = "the recursion is linear in the output errors";

    fn sides<T, H, L, B>(backend: &B, case: &Case<H>, _loss: &L) -> Result<Vec<Sides<T>>, ShapeError>
    where
        T: Number,
        H: Activation<T> + Clone,
        Output<H>: OutputFunction<T>,
        L: Loss<T> + ?Sized,
        B: Backend<T> + ?Sized,
    {
        let numbers = case.numbers::<T>();
        let (u, v) = output_errors::<T>(case.rows() * case.plan.outputs());
        let (alpha, beta) = (T::from_thousandths(2000), T::from_thousandths(-3000));
        let combine = |u: &[T], v: &[T]| -> Vec<T> { u.iter().zip(v).map(|(&u, &v)| alpha * u + beta * v).collect() };
        let from = |delta: &[T]| run_from(&case.plan, backend, delta, &numbers.params, &numbers.x);
        let (of_u, of_v, of_both) = (from(&u)?, from(&v)?, from(&combine(&u, &v))?);
        let pairs = of_u.backward().zip(of_v.backward()).zip(of_both.backward());
        Ok(pairs.map(|(((place, u), (_, v)), (_, left))| Sides { place, left, right: alpha * u + beta * v }).collect())
    }
}

/// Two sets of output errors, hundredths in ±1.
pub(crate) fn output_errors<T: Number>(n: usize) -> (Vec<T>, Vec<T>) {
    let mut random = SplitMix(n as u64);
    let mut draw = || (0..n).map(|_| T::from_thousandths(random.between(-1000, 1000))).collect();
    (draw(), draw())
}

/// M3: a network with biases equals one without, on inputs with a further column of ones. Its parameters are the same
/// flat slice: every bias has become the weight from the constant.
#[derive(Debug)]
pub enum BiasIsAWeight {}

impl Law for BiasIsAWeight {
    const NAME: &'static str = "a bias is a weight from a constant 1";

    fn sides<T, H, L, B>(backend: &B, case: &Case<H>, loss: &L) -> Result<Vec<Sides<T>>, ShapeError>
    where
        T: Number,
        H: Activation<T> + Clone,
        Output<H>: OutputFunction<T>,
        L: Loss<T> + ?Sized,
        B: Backend<T> + ?Sized,
    {
        let mut numbers = case.numbers::<T>();
        let with_biases = run(&case.plan, backend, loss, &numbers.params, &numbers.examples(), None)?;
        let plan = biases_to_weights(&case.plan);
        let inputs = case.plan.inputs();
        numbers.x = numbers.x.chunks(inputs).flat_map(|row| row.iter().copied().chain([T::ONE])).collect();
        let mut without = run(&plan, backend, loss, &numbers.params, &numbers.examples(), None)?;
        // The constant has no partner in the network with biases.
        without.dx = without.dx.chunks(inputs + 1).flat_map(|row| row[..inputs].iter().copied()).collect();
        Ok(pair_up("", &with_biases, &without))
    }
}

/// Every number of a pass on this backend is the reference backend's.
#[derive(Debug)]
pub enum SameAsReference {}

impl Law for SameAsReference {
    const NAME: &'static str = "the backend agrees with the reference";

    fn sides<T, H, L, B>(backend: &B, case: &Case<H>, loss: &L) -> Result<Vec<Sides<T>>, ShapeError>
    where
        T: Number,
        H: Activation<T> + Clone,
        Output<H>: OutputFunction<T>,
        L: Loss<T> + ?Sized,
        B: Backend<T> + ?Sized,
    {
        let numbers = case.numbers::<T>();
        let here = run(&case.plan, backend, loss, &numbers.params, &numbers.examples(), None)?;
        let there = run(&case.plan, &Reference, loss, &numbers.params, &numbers.examples(), None)?;
        Ok(pair_up("", &here, &there))
    }
}
