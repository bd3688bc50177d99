//! Laws that every correct engine and backend obeys, each one computation for all scalars: **exact** over the prime
//! field, and within the rounding bounds of both sides over floats.
//!
//! | law | statement |
//! | --- | --- |
//! | [`Additivity`] | E and ∇E add over every split of the examples (M2) |
//! | [`Duplication`] | every example twice is every example with twice its weight: 2 E, 2 ∇E |
//! | [`Permutation`] | renumbering hidden units renumbers δ and gradients and leaves y |
//! | [`Relabelling`] | renumbering the classes renumbers y, δ and gradients and leaves E |
//! | [`SignFlip`] | a unit with an odd h and all its weights negated: y stays, bit for bit |
//! | [`Rescaling`] | a linear layer times 2ᵏ, the weights out of it times 2⁻ᵏ: y stays, bit for bit |
//! | [`ZeroWeights`] | weights of 0 out of a layer: δ = 0 in it, exactly |
//! | [`Linearity`] | δ(αu + βv) = α δ(u) + β δ(v), through the whole recursion (M7) |
//! | [`BiasIsAWeight`] | a bias is a weight from a constant input 1 (M3) |
//! | [`SameAsReference`] | every number of a backend is the reference backend's |
//!
//! Three need derivatives pushed forward ([`TangentLaw`]), by dual numbers, which know nothing of backpropagation:
//!
//! | law | statement |
//! | --- | --- |
//! | [`JacobianByColumns`] | ∂y/∂x by backward passes from unit errors = by dual numbers (Bishop 5.3.4) |
//! | [`Adjoint`] | ⟨Ju, v⟩ = ⟨u, Jᵀv⟩ for y as a function of parameters and inputs |
//! | [`AdjointOfConnections`] | the same for every connection, in its units and in its weights |
//!
//! [`reverse_equals_dual`], [`scales_bitwise`], [`rescales_bitwise`], [`softmax_ignores_a_shift`],
//! [`softmax_errors_cancel`], [`history_changes_nothing`] and [`rows_stand_alone`] have bounds of their own, or none.

mod examples;
mod history;
mod scaling;
mod symmetries;
mod tangents;

use core::cmp::Ordering;
use core::fmt::Display;

use bp_core::{Activation, Backend, Float, Loss, Output, OutputFunction, Reference, ShapeError, SumOfSquares};

pub use self::examples::{Additivity, Duplication};
pub use self::history::{history_changes_nothing, rows_stand_alone};
pub use self::scaling::{Rescaling, ZeroWeights, rescales_bitwise, softmax_ignores_a_shift};
pub use self::symmetries::{BiasIsAWeight, Permutation, Relabelling, SignFlip};
pub use self::tangents::{
    Adjoint, AdjointOfConnections, JacobianByColumns, TangentLaw, tangents_exactly, tangents_within,
};
use crate::any_order::AnyOrder;
use crate::case::SplitMix;
pub use crate::identities::{reverse_equals_dual, scales_bitwise, softmax_errors_cancel};
use crate::rounding::Rounded;
use crate::run::{Pass, run, run_from};
use crate::{Case, Fp, Number, Violation};

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
    all_equal(X::NAME, X::sides(backend, case, &SumOfSquares)?)
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
    all_within(X::NAME, X::sides(backend, case, loss)?, bounds)
}

/// Checks a law over floats without any bound: left = right, bit for bit but for the sign of a zero.
///
/// Only [`SignFlip`] promises that, on a backend whose order of summation does not depend on values, as the
/// [`Reference`]'s; and [`Rescaling`], where nothing underflows: [`rescales_bitwise`] looks to that.
///
/// # Errors
/// The first pair that differs, NaN included.
pub fn bitwise<X: Law, S, H, L>(backend: &dyn Backend<S>, case: &Case<H>, loss: &L) -> Result<(), Violation>
where
    S: Float + Number,
    H: Activation<S> + Clone,
    L: Loss<S> + ?Sized,
{
    all_bitwise(X::NAME, X::sides(backend, case, loss)?)
}

fn all_equal<T: PartialEq + Display>(law: &'static str, sides: Vec<Sides<T>>) -> Result<(), Violation> {
    match sides.into_iter().find(|sides| sides.left != sides.right) {
        Some(Sides { place, left, right }) => Err(Violation::exact(law, place, left, right)),
        None => Ok(()),
    }
}

fn all_within<S: Float>(
    law: &'static str,
    sides: Vec<Sides<S>>,
    bounds: Vec<Sides<Rounded<S>>>,
) -> Result<(), Violation> {
    for (Sides { place, left, right }, bound) in sides.into_iter().zip(bounds) {
        // Both sides are subtracted in f64, which is exact enough for f32 and one more rounding for f64.
        let (left, right) = (left.to_f64(), right.to_f64());
        let allowed = bound.left.error() + bound.right.error() + f64::UNIT_ROUNDOFF * (left - right).abs();
        if !((left - right).abs() <= allowed && allowed.is_finite()) {
            return Err(Violation::bounded(law, place, left, right, allowed));
        }
    }
    Ok(())
}

fn all_bitwise<S: Float>(law: &'static str, sides: Vec<Sides<S>>) -> Result<(), Violation> {
    for Sides { place, left, right } in sides {
        if left.partial_cmp(&right) != Some(Ordering::Equal) {
            return Err(Violation::bounded(law, place, left.to_f64(), right.to_f64(), 0.0));
        }
    }
    Ok(())
}

fn pair_up<T: Number>(tag: &str, left: &Pass<T>, right: &Pass<T>) -> Vec<Sides<T>> {
    zip_up(tag, left.all(), right.all())
}

fn pair_up_units<T: Number>(tag: &str, left: &Pass<T>, right: &Pass<T>) -> Vec<Sides<T>> {
    zip_up(tag, left.units(), right.units())
}

fn zip_up<T>(
    tag: &str,
    left: impl Iterator<Item = (String, T)>,
    right: impl Iterator<Item = (String, T)>,
) -> Vec<Sides<T>> {
    left.zip(right).map(|((place, left), (_, right))| Sides { place: format!("{tag}{place}"), left, right }).collect()
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
