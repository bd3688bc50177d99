//! Laws about sets of examples: E(w) = Σ_n ω_n E_n(w).

use bp_core::{Activation, Backend, Loss, Output, OutputFunction, ShapeError};

use super::{Law, Sides, pair_up};
use crate::run::run;
use crate::{Case, Number, Numbers};

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

/// Every example twice is every example with twice its weight: E, ∇E and, in the second, each row of δ and ∂E/∂x are
/// doubled, y stays; in the first, each row of y, δ and ∂E/∂x comes twice.
#[derive(Debug)]
pub enum Duplication {}

impl Law for Duplication {
    const NAME: &'static str = "an example twice is an example with twice its weight";

    fn sides<T, H, L, B>(backend: &B, case: &Case<H>, loss: &L) -> Result<Vec<Sides<T>>, ShapeError>
    where
        T: Number,
        H: Activation<T> + Clone,
        Output<H>: OutputFunction<T>,
        L: Loss<T> + ?Sized,
        B: Backend<T> + ?Sized,
    {
        let (mut numbers, rows) = (case.numbers::<T>(), case.rows());
        let two = T::ONE + T::ONE;
        let plain = run(&case.plan, backend, loss, &numbers.params, &numbers.examples(), None)?;
        let mut doubled = plain.clone().followed_by(plain.clone());
        doubled.dw.iter_mut().for_each(|dw| *dw = two * *dw);

        let weights = numbers.weights.clone().unwrap_or_else(|| vec![T::ONE; rows]);
        let twice = Numbers {
            x: numbers.x.repeat(2),
            t: numbers.t.repeat(2),
            weights: Some(weights.repeat(2)),
            params: numbers.params.clone(),
        };
        let repeated = run(&case.plan, backend, loss, &twice.params, &twice.examples(), None)?;
        let mut sides = pair_up("twice: ", &doubled, &repeated);

        numbers.weights = Some(weights.into_iter().map(|weight| two * weight).collect());
        let heavier = run(&case.plan, backend, loss, &numbers.params, &numbers.examples(), None)?;
        sides.extend(pair_up("twice the weight: ", &plain.times(two), &heavier));
        Ok(sides)
    }
}
