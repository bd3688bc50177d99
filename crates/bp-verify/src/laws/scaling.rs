//! Laws about weights that are scaled, set to 0 or shifted.

use bp_core::{Activation, Backend, Float, Loss, Output, OutputFunction, Plan, Reference, ShapeError, SumOfSquares};

use super::{Law, Sides, all_bitwise, all_within, pair_up, pair_up_units};
use crate::any_order::AnyOrder;
use crate::edges::{edges, weights_of};
use crate::run::{Factors, normal, run};
use crate::{Case, Number, Rounded, Violation};

/// A linear layer: weights and biases into it times c, the weights out of it times 1/c. Its z are c times as large, its δ 1/c
/// times; the gradients by weights into it are 1/c, by those out of it c times as large; y, E and the rest stay. Here c = 8, which
/// commutes with rounding.
///
/// For cases whose hidden activations have h(8a) = 8 h(a): identity, relu, leaky relu. Layers at the end of a fixed term or an
/// identity are passed over.
#[derive(Debug)]
pub enum Rescaling {}

impl Law for Rescaling {
    const NAME: &'static str = "a linear layer can be rescaled";

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
        let (more, less) = (T::from_thousandths(8000), T::from_thousandths(125));
        let (edges, mut sides) = (edges(&case.plan), vec![]);
        for layer in &case.plan.architecture().hidden {
            let into = weights_of(&edges, |edge| edge.to == layer.name);
            let (Some(into), Some(out)) = (into, weights_of(&edges, |edge| edge.from == layer.name)) else { continue };
            let mut params = numbers.params.clone();
            into.iter().for_each(|&p| params[p] = more * params[p]);
            out.iter().for_each(|&p| params[p] = less * params[p]);
            let got = run(&case.plan, backend, loss, &params, &numbers.examples(), None)?;
            let factors = Factors { z: more, delta: less, dw: vec![(into, less), (out, more)] };
            let want = plain.scaled(&layer.name, |_| true, layer.width, &factors);
            let tag = format!("{} rescaled: ", layer.name);
            sides.extend(pair_up(&tag, &want, &got).into_iter().chain(pair_up_units(&tag, &want, &got)));
        }
        Ok(sides)
    }
}

/// [`Rescaling`] bit for bit, for linear outputs and the sum of squares, on any backend: scaling by 8 commutes with rounding
/// as long as nothing underflows. Where on the reference backend an eighth of the product of the two smallest numbers of a pass
/// could, or a pass overflows, the law says nothing and this returns `Ok`.
///
/// # Errors
/// The first number that differs, NaN included.
pub fn rescales_bitwise<S, H>(backend: &dyn Backend<S>, case: &Case<H>) -> Result<(), Violation>
where
    S: Float + Number,
    H: Activation<S> + Clone,
{
    let (numbers, loss) = (case.numbers::<S>(), &SumOfSquares);
    // Not from the backend: what it makes of a NaN or a 0 must not silence the law.
    let sides: Vec<Sides<S>> = Rescaling::sides(&Reference, case, loss)?;
    let given = numbers.params.iter().chain(&numbers.x).chain(&numbers.t).copied();
    let all = given.chain(sides.iter().flat_map(|side| [side.left, side.right])).map(|x| x.to_f64().abs());
    let Some(smallest) = smallest(all) else { return Ok(()) };
    // Parameters may stand in the product at an eighth, and so may both factors of it.
    if !(smallest * smallest >= 64.0 * normal::<S>()) {
        return Ok(());
    }
    all_bitwise(Rescaling::NAME, Rescaling::sides(backend, case, loss)?)
}

/// The smallest that is not 0, ∞ if there is none; `None` if one overflowed.
fn smallest(mut magnitudes: impl Iterator<Item = f64>) -> Option<f64> {
    magnitudes.try_fold(f64::INFINITY, |least, x| match x {
        _ if !x.is_finite() => None,
        0.0 => Some(least),
        _ => Some(least.min(x)),
    })
}

/// δ_j = h′(a_j) Σ_k w_kj δ_k = 0 in a hidden layer whose weights to all its consumers are 0, and so are the gradients by
/// the weights and biases into it. Products with 0 are not rounded: over floats the bound is 0.
///
/// Layers with a fixed term or an identity to a consumer are passed over.
#[derive(Debug)]
pub enum ZeroWeights {}

impl Law for ZeroWeights {
    const NAME: &'static str = "no error comes back through weights of 0";

    fn sides<T, H, L, B>(backend: &B, case: &Case<H>, loss: &L) -> Result<Vec<Sides<T>>, ShapeError>
    where
        T: Number,
        H: Activation<T> + Clone,
        Output<H>: OutputFunction<T>,
        L: Loss<T> + ?Sized,
        B: Backend<T> + ?Sized,
    {
        let numbers = case.numbers::<T>();
        let (edges, mut sides) = (edges(&case.plan), vec![]);
        for layer in &case.plan.architecture().hidden {
            let Some(out) = weights_of(&edges, |edge| edge.from == layer.name) else { continue };
            let mut params = numbers.params.clone();
            out.iter().for_each(|&p| params[p] = T::ZERO);
            let got = run(&case.plan, backend, loss, &params, &numbers.examples(), None)?;
            let into: Vec<usize> = edges.iter().filter(|edge| edge.to == layer.name).filter_map(|e| e.param).collect();
            let zero = |place, left| Sides { place, left, right: T::ZERO };
            let deltas = got.deltas.iter().filter(|(name, _)| *name == layer.name).flat_map(|(_, delta)| delta);
            sides.extend(deltas.enumerate().map(|(i, &delta)| zero(format!("{}.delta[{i}]", layer.name), delta)));
            sides.extend(into.into_iter().map(|p| zero(got.name(p).to_owned(), got.dw[p])));
        }
        Ok(sides)
    }
}

/// y_k = e^{a_k + c} / Σ_j e^{a_j + c} = e^{a_k} / Σ_j e^{a_j}: a `shift` c of all biases of a softmax layer leaves y, E, δ and
/// all gradients, for every loss of y; within rounding bounds, and they and the numbers finite, also at c = ±10⁴. A layer
/// without biases is given some, which are 0.
///
/// # Errors
/// The first number that is farther from the unshifted one, NaN included.
///
/// # Panics
/// If the case's output function is not softmax.
pub fn softmax_ignores_a_shift<S, H, L>(
    backend: &dyn Backend<S>,
    case: &Case<H>,
    loss: &L,
    shift: i32,
) -> Result<(), Violation>
where
    S: Float + Number,
    H: Activation<S> + Activation<Rounded<S>> + Clone,
    L: Loss<S> + Loss<Rounded<S>> + ?Sized,
{
    assert!(matches!(case.plan.architecture().output.function, Output::Softmax), "softmax is what this is about");
    let bounds = shifted::<Rounded<S>, H, L, AnyOrder>(&AnyOrder, case, loss, shift)?;
    all_within("softmax ignores a shift", shifted(backend, case, loss, shift)?, bounds)
}

fn shifted<T, H, L, B>(backend: &B, case: &Case<H>, loss: &L, shift: i32) -> Result<Vec<Sides<T>>, ShapeError>
where
    T: Number,
    H: Activation<T> + Clone,
    Output<H>: OutputFunction<T>,
    L: Loss<T> + ?Sized,
    B: Backend<T> + ?Sized,
{
    let mut architecture = case.plan.architecture().clone();
    architecture.output.bias = true;
    let plan = Plan::new(architecture).expect("biases keep the graph");
    let mut numbers = case.numbers::<T>();
    // The biases of the output layer are the last parameters.
    numbers.params.resize(plan.n_params(), T::ZERO);
    let plain = run(&plan, backend, loss, &numbers.params, &numbers.examples(), None)?;
    let (c, biases) = (T::from_thousandths(1000 * i64::from(shift)), plan.n_params() - plan.outputs());
    numbers.params[biases..].iter_mut().for_each(|bias| *bias += c);
    let shifted = run(&plan, backend, loss, &numbers.params, &numbers.examples(), None)?;
    Ok(pair_up(&format!("shifted by {shift}: "), &plain, &shifted))
}
