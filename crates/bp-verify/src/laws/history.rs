//! Laws about what must not matter: what was computed before, and which other rows are in the batch. Bit for bit.

use bp_core::{Activation, Backend, Float, Gradient, Loss, ShapeError, Workspace};

use crate::run::{Pass, run};
use crate::{Case, Number, Violation};

/// A pass has the same bits on every call: the first, the second, after and between the passes of another network, in a
/// workspace with room for more examples that is full of NaN, and into gradient buffers full of NaN.
///
/// # Errors
/// The first number whose bits differ from those of a first call.
pub fn history_changes_nothing<S, H, L>(
    backend: &dyn Backend<S>,
    case: &Case<H>,
    other: &Case<H>,
    loss: &L,
) -> Result<(), Violation>
where
    S: Float + Number,
    H: Activation<S>,
    L: Loss<S> + ?Sized,
{
    let mut here = Stage::new(case, case.rows() + 3);
    let mut there = Stage::new(other, other.rows());
    let first = run(&case.plan, backend, loss, &here.numbers.params, &here.numbers.examples(), None)?;
    let first_of_other = run(&other.plan, backend, loss, &there.numbers.params, &there.numbers.examples(), None)?;

    for call in ["in a larger workspace", "second call"] {
        here.forward(backend)?;
        same_bits(call, &first, &here.backward(backend, loss)?)?;
    }
    // Alternately, pass by pass.
    here.forward(backend)?;
    there.forward(backend)?;
    same_bits("between another network's passes", &first, &here.backward(backend, loss)?)?;
    same_bits("the other network", &first_of_other, &there.backward(backend, loss)?)?;

    here.ws.poison(S::from_f64(f64::NAN));
    here.forward(backend)?;
    same_bits("in a poisoned workspace", &first, &here.backward(backend, loss)?)
}

/// A network with its workspace, half-way through a pass or not.
struct Stage<'a, S, H> {
    case: &'a Case<H>,
    numbers: crate::Numbers<S>,
    ws: Workspace<S>,
}

impl<'a, S: Float + Number, H: Activation<S>> Stage<'a, S, H> {
    fn new(case: &'a Case<H>, capacity: usize) -> Self {
        Self { case, numbers: case.numbers(), ws: case.plan.workspace(capacity) }
    }

    fn forward(&mut self, backend: &dyn Backend<S>) -> Result<(), ShapeError> {
        self.case.plan.forward(backend, &self.numbers.params, &self.numbers.x, &mut self.ws)
    }

    fn backward<L: Loss<S> + ?Sized>(&mut self, backend: &dyn Backend<S>, loss: &L) -> Result<Pass<S>, ShapeError> {
        let Self { case: Case { plan, .. }, numbers, ws } = self;
        let examples = numbers.examples();
        let error = plan.error(loss, &examples, ws)?;
        let nan = S::from_f64(f64::NAN);
        let (mut dw, mut dx) = (vec![nan; plan.n_params()], vec![nan; numbers.x.len()]);
        let into = Gradient::replace(&mut dw).with_dx(&mut dx);
        plan.backward(backend, loss, &numbers.params, &examples, ws, into)?;
        Pass::read(plan, ws, error, dw, dx)
    }
}

fn same_bits<S: Float>(when: &str, want: &Pass<S>, got: &Pass<S>) -> Result<(), Violation> {
    let wanted = want.all().chain(want.units());
    for ((place, want), (_, got)) in wanted.zip(got.all().chain(got.units())) {
        let (got, want) = (got.to_f64(), want.to_f64());
        if got.to_bits() != want.to_bits() {
            return Err(Violation::bounded("history changes nothing", format!("{when}: {place}"), got, want, 0.0));
        }
    }
    Ok(())
}

/// A row of a batch has the bits of the row alone: y, z, δ and ∂E/∂x. The reference backend promises it; backends that choose
/// a kernel by the number of rows need not.
///
/// # Errors
/// The first number whose bits differ.
pub fn rows_stand_alone<S, H, L>(backend: &dyn Backend<S>, case: &Case<H>, loss: &L) -> Result<(), Violation>
where
    S: Float + Number,
    H: Activation<S>,
    L: Loss<S> + ?Sized,
{
    let (numbers, rows) = (case.numbers::<S>(), case.rows());
    let batch = run(&case.plan, backend, loss, &numbers.params, &numbers.examples(), None)?;
    for n in 0..rows {
        let alone = run(&case.plan, backend, loss, &numbers.params, &numbers.part(rows, n, n + 1), None)?;
        // z of all layers, one behind the other, as the δ are.
        let mut at = 0;
        for ((name, all), (_, delta)) in batch.deltas.iter().zip(&alone.deltas) {
            let width = delta.len();
            same_row(&format!("delta of {name}"), n, all, delta)?;
            same_row(&format!("z of {name}"), n, &batch.z[rows * at..][..rows * width], &alone.z[at..][..width])?;
            at += width;
        }
        same_row("y", n, &batch.y, &alone.y)?;
        same_row("dx", n, &batch.dx, &alone.dx)?;
    }
    Ok(())
}

fn same_row<S: Float>(what: &str, n: usize, batch: &[S], alone: &[S]) -> Result<(), Violation> {
    let row = &batch[n * alone.len()..][..alone.len()];
    for (i, (got, want)) in row.iter().zip(alone).map(|(got, want)| (got.to_f64(), want.to_f64())).enumerate() {
        if got.to_bits() != want.to_bits() {
            return Err(Violation::bounded("rows stand alone", format!("row {n}: {what}[{i}]"), got, want, 0.0));
        }
    }
    Ok(())
}
