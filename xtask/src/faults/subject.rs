//! [`Subject`]: what is checked. The engine of bp-core on [`Kernels`] with [`Errors`], called as a user's program calls
//! it, with those faults that sit in the call itself.

use std::cell::Cell;

use bp_core::{Backend, ErrorFunction, Examples, Float, Gradient, Plan, Reference, ShapeError, Targets, Workspace};

use super::kernels::Kernels;
use super::losses::{Believed, Errors};
use super::nets::part;
use super::plant::Plant;

/// Memory that is used for one call after another.
pub(crate) struct Memory<S> {
    pub(crate) ws: Workspace<S>,
    pub(crate) dw: Vec<S>,
    /// The size of a full batch.
    nominal: usize,
    previous_x: Vec<S>,
}

/// A program that computes gradients.
pub(crate) struct Subject<S> {
    pub(crate) plant: Plant,
    pub(crate) kernels: Kernels<S>,
    /// How many threads share the examples; they choose who computes, so this must change nothing.
    pub(crate) threads: Cell<usize>,
    calls: Cell<u64>,
}

impl<S: Float> Subject<S> {
    pub(crate) fn new(plant: Plant) -> Self {
        Self::on(plant, Box::new(Reference))
    }

    pub(crate) fn on(plant: Plant, inner: Box<dyn Backend<S>>) -> Self {
        Self { plant, kernels: Kernels::new(plant, inner), threads: Cell::new(1), calls: Cell::new(0) }
    }

    /// Room for batches of up to `rows` examples.
    pub(crate) fn memory(&self, plan: &Plan, rows: usize) -> Memory<S> {
        Memory {
            ws: plan.workspace(rows.next_multiple_of(8).max(8)),
            dw: vec![S::ZERO; plan.n_params()],
            nominal: rows,
            previous_x: vec![],
        }
    }

    /// True if what it promises is a mean over examples, not a sum.
    pub(crate) fn promises_mean(&self) -> bool {
        self.plant == Plant::NominalMean
    }

    pub(crate) fn believed(&self, loss: ErrorFunction) -> Believed {
        Believed { plant: self.plant, of: loss }
    }

    /// The weights of examples in the author's error function.
    pub(crate) fn weights(&self, rows: usize, nominal: usize) -> Option<Vec<S>> {
        let share = match self.plant {
            Plant::MeanForSum => 1.0 / rows as f64,
            Plant::NominalMean => 1.0 / nominal as f64,
            _ => return None,
        };
        Some(vec![S::from_f64(share); rows])
    }

    /// The error, and the gradient into `memory.dw`.
    pub(crate) fn gradient(
        &self,
        plan: &Plan,
        loss: ErrorFunction,
        params: &[S],
        examples: &Examples<'_, S>,
        memory: &mut Memory<S>,
    ) -> Result<S, ShapeError> {
        self.calls.set(self.calls.get() + 1);
        let errors = Errors::new(self.plant, loss);
        let rows = examples.x.len() / plan.inputs();
        let Memory { ws, dw, nominal, previous_x } = memory;
        let weights = self.weights(rows, *nominal);
        let examples = Examples { weights: weights.as_deref().or(examples.weights), ..*examples };
        let mut run = |examples: &Examples<'_, S>, into: Gradient<'_, S>| {
            plan.gradient(&self.kernels, &errors, params, examples, ws, into)
        };
        let error = match self.plant {
            Plant::NotZeroed => run(&examples, Gradient::add(dw))?,
            Plant::LastSampleOnly => {
                let error = run(&examples, Gradient::replace(dw))?;
                for n in 0..rows {
                    run(&part(plan, &examples, n, n + 1), Gradient::replace(dw))?;
                }
                error
            }
            Plant::SampleDropped if !rows.is_multiple_of(4) => {
                let error = run(&examples, Gradient::replace(dw))?;
                let mut weights = vec![S::ONE; rows];
                weights[rows - 1] = S::ZERO;
                run(&Examples { weights: Some(&weights), ..examples }, Gradient::replace(dw))?;
                error
            }
            Plant::PaddingCounted if !rows.is_multiple_of(8) => run_padded(plan, &examples, rows, dw, run)?,
            Plant::Stale if previous_x.len() == examples.x.len() => {
                plan.forward(&self.kernels, params, examples.x, ws)?;
                let error = plan.error(&errors, &examples, ws)?;
                let stale = Examples { x: previous_x, ..examples };
                plan.backward(&self.kernels, &errors, params, &stale, ws, Gradient::replace(dw))?;
                error
            }
            Plant::ChunkTwice | Plant::LostUpdate | Plant::ThreadOrder => {
                self.in_chunks(plan, &examples, rows, dw, run)?
            }
            _ => run(&examples, Gradient::replace(dw))?,
        };
        memory.previous_x = examples.x.to_vec();
        let dw = &mut memory.dw;
        let middle = dw.len() / 2;
        match self.plant {
            Plant::EntryOff => dw[middle] += S::from_f64(3e-6),
            Plant::EntryScaled => dw[middle] = dw[middle] * S::from_f64(1.0005),
            Plant::BiasDecay => {
                for block in plan.blocks().iter().filter(|block| block.source.is_none()) {
                    block.range.clone().for_each(|i| dw[i] += S::from_f64(1e-6) * params[i]);
                }
            }
            _ => {}
        }
        Ok(error)
    }

    /// The examples dealt to threads in runs, the threads' gradients added up.
    fn in_chunks(
        &self,
        plan: &Plan,
        examples: &Examples<'_, S>,
        rows: usize,
        dw: &mut [S],
        mut run: impl FnMut(&Examples<'_, S>, Gradient<'_, S>) -> Result<S, ShapeError>,
    ) -> Result<S, ShapeError> {
        let error = run(examples, Gradient::replace(dw))?;
        let threads = if self.plant == Plant::LostUpdate { 2 } else { self.threads.get() };
        let size = rows.div_ceil(threads);
        for (n, from) in (0..rows).step_by(size).enumerate() {
            let to = (from + size).min(rows);
            // The row at the boundary belongs to both sides.
            let from = if self.plant == Plant::ChunkTwice { from.saturating_sub(1) } else { from };
            // Where two threads race, the scheduler is a counter, so that a run can be repeated: every 37th call the
            // second thread reads the sum before the first has written it.
            let lost = self.plant == Plant::LostUpdate && n == 1 && self.calls.get().is_multiple_of(37);
            let chunk = part(plan, examples, from, to);
            let into = if n == 0 || lost { Gradient::replace(dw) } else { Gradient::add(dw) };
            run(&chunk, into)?;
        }
        Ok(error)
    }
}

/// Rows of zeros up to a multiple of 8, as a kernel of fixed width wants them, and nothing that takes them out again.
fn run_padded<S: Float>(
    plan: &Plan,
    examples: &Examples<'_, S>,
    rows: usize,
    dw: &mut [S],
    mut run: impl FnMut(&Examples<'_, S>, Gradient<'_, S>) -> Result<S, ShapeError>,
) -> Result<S, ShapeError> {
    let padded = rows.next_multiple_of(8);
    let mut x = examples.x.to_vec();
    x.resize(padded * plan.inputs(), S::ZERO);
    match examples.t {
        Targets::Rows(t) => {
            let mut t = t.to_vec();
            t.resize(padded * plan.outputs(), S::ZERO);
            run(&Examples::new(&x, Targets::Rows(&t)), Gradient::replace(dw))
        }
        Targets::Classes(classes) => {
            let mut classes = classes.to_vec();
            classes.resize(padded, 0);
            run(&Examples::new(&x, Targets::Classes(&classes)), Gradient::replace(dw))
        }
    }
}
