//! One step of a [`Trainer`].

use bp_core::{Accum, Activation, Backend, Examples, Float, Gradient, Loss};

use super::guard::{Blame, all_finite, first_bad};
use super::{Reduction, Run, Trainer};
use crate::network::total_weight;
use crate::noise::{self, At};
use crate::{Network, Step, TrainError};

impl<S: Float> Trainer<S> {
    /// Steps per epoch.
    pub(super) fn steps(&self, run: &Run<'_, S>) -> usize {
        run.batches.steps().div_ceil(self.accumulate)
    }

    /// One step of M8: gradient of a minibatch, or of several added up, reduction, update. Returns their error and weight.
    pub(super) fn step<B, H>(
        &mut self,
        net: &mut Network<B, S, H>,
        run: &mut Run<'_, S>,
    ) -> Result<(f64, f64), TrainError>
    where
        B: Backend<S>,
        H: Activation<S>,
    {
        let rate = self.rate_of_step(self.steps(run));
        self.set_momentum(self.steps(run));
        let inputs = net.plan.inputs();
        let own_loss = net.loss;
        let loss: &dyn Loss<S> = self.loss.as_deref().unwrap_or(&own_loss);
        let (mut error, mut weight, mut row) = (0.0, 0.0, 0);
        let first = (run.at.1 - 1) * self.accumulate;
        for batch in first..run.batches.steps().min(first + self.accumulate) {
            let at = At { seed: self.seed, step: self.steps_done, row };
            let examples = run.batches.gather_with(batch, |x| self.noise.disturb(at, inputs, x))?;
            let rows = examples.x.len() / inputs;
            row += rows as u64;
            let share = batch_weight(&examples, inputs)?;
            if share <= 0.0 {
                continue;
            }
            let in_parts = run.shards.compute(net, &run.masked, at, loss, &examples)?;
            let e = if let Some(e) = in_parts {
                e
            } else {
                noise::draw(&run.masked, at, rows, &mut run.ws);
                net.plan.forward(&*net.backend, &net.params, examples.x, &mut run.ws)?;
                net.plan.error(loss, &examples, &run.ws)?.to_f64()
            };
            if !e.is_finite() {
                let x = first_bad(examples.x);
                return Err(Blame::forward(net, run, x, e).error(run));
            }
            if run.is_unproven {
                run.last_good.copy_from_slice(&net.params);
                (run.good_epoch, run.is_unproven) = (self.epochs_done, false);
            }
            let settings = Step { index: self.steps_done + 1, rate, groups: &run.groups };
            let plain = self.optimizer.plain_rate(&settings).filter(|_| in_parts.is_none());
            if let Some(rate) = plain.filter(|_| self.accumulate == 1 && self.clip.is_off() && self.penalty.is_off()) {
                let alpha = -(S::from_f64(rate) * S::from_f64(self.share(share)));
                net.plan.descend(&*net.backend, loss, alpha, &mut net.params, &examples, &mut run.ws)?;
                self.penalty.limit(&run.incoming, &mut net.params);
                // An error δ that is not finite is in the biases at once.
                if !run.biases.iter().all(|range| all_finite(&net.params[range.clone()])) {
                    return Err(Blame::backward(net, run).error(run));
                }
                self.steps_done += 1;
                run.last_update = Some(run.at);
                return Ok((e, share));
            }
            run.grad.resize(net.params.len(), S::ZERO);
            let accum = if weight > 0.0 { Accum::Add } else { Accum::Replace };
            if in_parts.is_some() {
                run.shards.add_to(&mut run.grad, accum);
            } else {
                let into = Gradient { dw: &mut run.grad, accum, dx: None };
                net.plan.backward(&*net.backend, loss, &net.params, &examples, &mut run.ws, into)?;
            }
            (error, weight) = (error + e, weight + share);
        }
        if weight <= 0.0 {
            return Ok((0.0, 0.0));
        }
        let share = S::from_f64(self.share(weight));
        run.grad.iter_mut().for_each(|g| *g = *g * share);
        self.clip.apply(&mut run.grad, &run.groups);
        if !all_finite(&run.grad) {
            return Err(Blame::backward(net, run).error(run));
        }
        self.penalty.apply(&run.penalized, rate, &mut net.params, &mut run.grad);
        self.steps_done += 1;
        let settings = Step { index: self.steps_done, rate, groups: &run.groups };
        self.optimizer.step(&settings, &mut net.params, &run.grad);
        self.penalty.limit(&run.incoming, &mut net.params);
        run.last_update = Some(run.at);
        Ok((error, weight))
    }

    /// What the gradient of so much weight is multiplied by.
    fn share(&self, weight: f64) -> f64 {
        if self.reduction == Reduction::Mean { 1.0 / weight } else { 1.0 }
    }
}

/// The sum of a batch's weights, of which 0 is fine: nothing is to be learned from such a batch.
pub(super) fn batch_weight<S: Float>(batch: &Examples<'_, S>, inputs: usize) -> Result<f64, TrainError> {
    let rows = batch.x.len() / inputs;
    let sum = total_weight(batch, rows);
    if sum >= 0.0 && sum.is_finite() { Ok(sum) } else { Err(TrainError::Weights { examples: rows, sum }) }
}
