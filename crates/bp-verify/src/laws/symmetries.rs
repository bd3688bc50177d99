//! Symmetries of weight space (Bishop 5.1.1): networks with other weights that compute the same.

use bp_core::{Activation, Backend, Loss, Output, OutputFunction, ShapeError};

use super::{Law, Sides, pair_up, pair_up_units};
use crate::edges::{Edge, edges, weights_of};
use crate::rewrite::{biases_to_weights, permute_units};
use crate::run::{Factors, run};
use crate::{Case, Number};

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

/// Renumbering the classes, with the weights into the output layer and the targets, renumbers y, the output layer's δ and the
/// gradients, and leaves E and everything else.
#[derive(Debug)]
pub enum Relabelling {}

impl Law for Relabelling {
    const NAME: &'static str = "classes can be renumbered";

    fn sides<T, H, L, B>(backend: &B, case: &Case<H>, loss: &L) -> Result<Vec<Sides<T>>, ShapeError>
    where
        T: Number,
        H: Activation<T> + Clone,
        Output<H>: OutputFunction<T>,
        L: Loss<T> + ?Sized,
        B: Backend<T> + ?Sized,
    {
        let mut numbers = case.numbers::<T>();
        let (outputs, hidden) = (case.plan.outputs(), case.plan.architecture().hidden.len());
        let mut plain = run(&case.plan, backend, loss, &numbers.params, &numbers.examples(), None)?;
        if outputs == 1 {
            return Ok(vec![]);
        }
        // Turned by one: every class moves.
        let order: Vec<usize> = (0..outputs).map(|k| (k + 1) % outputs).collect();
        let renumber =
            |rows: &[T]| -> Vec<T> { rows.chunks(outputs).flat_map(|row| order.iter().map(|&old| row[old])).collect() };
        let (plan, origin) = permute_units(&case.plan, hidden, &order);
        plain = plain.renumber(&case.plan.architecture().output.name, &order, &origin);
        plain.y = renumber(&plain.y);
        numbers.t = renumber(&numbers.t);
        numbers.params = origin.iter().map(|&old| numbers.params[old]).collect();
        let relabelled = run(&plan, backend, loss, &numbers.params, &numbers.examples(), None)?;
        Ok(pair_up("classes renumbered: ", &plain, &relabelled))
    }
}

/// h(−a) = −h(a): a hidden unit j with all its weights negated, w_ji, b_j and w_kj → −, has −a_j, −z_j and −δ_j, and
/// y, E and everything else stay; the gradients by the negated weights change their signs (Bishop 5.1.1: 2^M of
/// the M! 2^M symmetries). No float is rounded differently for its sign, so over floats it holds [`bitwise`](super::bitwise).
///
/// For cases whose hidden activations are all odd. Units at the end of a fixed term, an identity or a weight that is shared
/// with another unit have nothing to negate and are passed over.
#[derive(Debug)]
pub enum SignFlip {}

impl Law for SignFlip {
    const NAME: &'static str = "an odd unit can be turned around";

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
        let (minus, edges, mut sides) = (-T::ONE, edges(&case.plan), vec![]);
        for layer in &case.plan.architecture().hidden {
            for unit in 0..layer.width {
                let touches = |edge: &Edge<'_>| edge.starts_at(&layer.name, unit) || edge.ends_at(&layer.name, unit);
                let Some(turned) = weights_of(&edges, touches) else { continue };
                if edges.iter().any(|edge| !touches(edge) && edge.param.is_some_and(|p| turned.contains(&p))) {
                    continue;
                }
                let mut params = numbers.params.clone();
                turned.iter().for_each(|&p| params[p] = minus * params[p]);
                let got = run(&case.plan, backend, loss, &params, &numbers.examples(), None)?;
                let factors = Factors { z: minus, delta: minus, dw: vec![(turned, minus)] };
                let want = plain.scaled(&layer.name, |j| j == unit, layer.width, &factors);
                let tag = format!("{}[{unit}] turned: ", layer.name);
                sides.extend(pair_up(&tag, &want, &got).into_iter().chain(pair_up_units(&tag, &want, &got)));
            }
        }
        Ok(sides)
    }
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
