//! Data-parallel gradients: a batch in blocks of rows, each forward and backward on one thread, added up in block order.

use std::ops::Range;

use bp_core::{Accum, Activation, Backend, Examples, Float, Gradient, Loss, Plan, ShapeError, Targets, Workspace};

use super::Trainer;
use super::guard::all_finite;
use crate::noise::{self, At, Masked};
use crate::{Network, blocks};

impl<S: Float> Trainer<S> {
    /// Computes the gradient of a batch in blocks of so many rows, side by side on the backend's threads, and adds them up
    /// in the order of the blocks: ∂E/∂w = Σ_blocks Σ_{n in block} ∂Eₙ/∂w.
    ///
    /// For layers that are narrow and batches that are large: their products are too small to be shared, the rows of a batch
    /// are not. Every thread has a workspace, and every block a gradient, of its own. The block size decides in which order
    /// is summed, so it changes the last digits; the number of threads changes nothing. Without threads it is slower.
    ///
    /// ```
    /// use bp_core::{Act, Examples, Reference, Targets, stack};
    /// use bp_train::{Adam, Network, Trainer};
    /// let mut net = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 1)?;
    /// let x: Vec<f64> = (0..100).map(|n| f64::from(n) / 50.0 - 1.0).collect();
    /// let t: Vec<f64> = x.iter().map(|x| 2.0 * x + 1.0).collect();
    /// let mut trainer = Trainer::new().optimizer(Adam::new()).batch(100).data_parallel(16).epochs(200);
    /// let history = trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t)))?;
    /// assert!(history.epochs[199].error < 1e-4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn data_parallel(self, rows: usize) -> Self {
        Self { block: Some(rows), ..self }
    }
}

/// One block of a batch.
#[derive(Debug)]
struct Shard<S> {
    ws: Workspace<S>,
    grad: Vec<S>,
    /// Of the last batch.
    error: Result<S, ShapeError>,
}

/// The blocks of a batch; none if it is not cut.
#[derive(Debug)]
pub(super) struct Shards<S> {
    rows: usize,
    all: Vec<Shard<S>>,
    /// Of the last batch.
    used: usize,
}

impl<S: Float> Shards<S> {
    pub(super) fn new<H: Activation<S>>(plan: &Plan<H>, masked: &[Masked], batch: usize, block: Option<usize>) -> Self {
        let rows = block.unwrap_or(batch).min(batch).max(1);
        let shard = || {
            let mut ws = plan.workspace(rows);
            // No rows yet, but the memory for all factors.
            noise::draw(masked, At { seed: 0, step: 0, row: 0 }, 0, &mut ws);
            Shard { ws, grad: vec![S::ZERO; plan.n_params()], error: Ok(S::ZERO) }
        };
        let count = if rows < batch { batch.div_ceil(rows) } else { 0 };
        Self { rows, all: (0..count).map(|_| shard()).collect(), used: 0 }
    }

    /// Whether batches are cut.
    pub(super) fn is_on(&self) -> bool {
        !self.all.is_empty()
    }

    /// The error of a batch, its gradient in parts. None if it is not cut, or if a number is not finite: then the batch is
    /// looked at as a whole, which tells where that began.
    pub(super) fn compute<B, H>(
        &mut self,
        net: &Network<B, S, H>,
        masked: &[Masked],
        at: At,
        loss: &dyn Loss<S>,
        examples: &Examples<'_, S>,
    ) -> Result<Option<f64>, ShapeError>
    where
        B: Backend<S>,
        H: Activation<S>,
    {
        let (rows, block) = (examples.x.len() / net.plan.inputs(), self.rows);
        if !self.is_on() || rows <= block {
            return Ok(None);
        }
        self.used = rows.div_ceil(block);
        blocks::each_mut(&*net.backend, &mut self.all[..self.used], |b, shard| {
            let range = b * block..rows.min((b + 1) * block);
            let at = At { row: at.row + range.start as u64, ..at };
            let examples = rows_of(examples, range.clone(), [net.plan.inputs(), net.plan.outputs()]);
            noise::draw(masked, at, range.len(), &mut shard.ws);
            let into = Gradient::replace(&mut shard.grad);
            shard.error = net.plan.gradient(&*net.backend, loss, &net.params, &examples, &mut shard.ws, into);
        });
        let mut error = 0.0;
        for shard in &self.all[..self.used] {
            error += shard.error.clone()?.to_f64();
        }
        let is_fine = error.is_finite() && self.all[..self.used].iter().all(|shard| all_finite(&shard.grad));
        Ok(is_fine.then_some(error))
    }

    /// The gradient of the last batch.
    pub(super) fn add_to(&self, grad: &mut [S], accum: Accum) {
        for (b, shard) in self.all[..self.used].iter().enumerate() {
            match (b, accum) {
                (0, Accum::Replace) => grad.copy_from_slice(&shard.grad),
                _ => grad.iter_mut().zip(&shard.grad).for_each(|(sum, &g)| *sum += g),
            }
        }
    }
}

/// Some rows of a batch.
fn rows_of<'a, S>(examples: &Examples<'a, S>, range: Range<usize>, [inputs, outputs]: [usize; 2]) -> Examples<'a, S> {
    let part = |width: usize| range.start * width..range.end * width;
    Examples {
        x: &examples.x[part(inputs)],
        t: match examples.t {
            Targets::Rows(t) => Targets::Rows(&t[part(outputs)]),
            Targets::Classes(t) => Targets::Classes(&t[range.clone()]),
        },
        weights: examples.weights.map(|weights| &weights[range.clone()]),
    }
}
