//! [`Trace`]: what stands in the layers while training goes on, as histograms over a fixed batch.

use bp_core::{Gradient, MatRef, Workspace};
use serde::{Deserialize, Serialize};

use crate::backend::{Net, Number};
use crate::certificate::Batch;
use crate::failure::Failure;

/// Rows of the batch, the first for training.
const ROWS: usize = 64;
/// Epochs that are looked at, about.
const LOOKS: usize = 24;
const BINS: usize = 32;
/// Where the bins of a and z begin and end; what is outside is in the first or last.
pub(crate) const LINEAR: (f64, f64) = (-4.0, 4.0);
/// The same for log₁₀ of the size of a δ or a gradient.
pub(crate) const POWERS: (f64, f64) = (-12.0, 4.0);

/// A line: every layer after an epoch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Layers {
    pub(crate) epoch: usize,
    pub(crate) layers: Vec<Layer>,
}

/// One layer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Layer {
    pub(crate) name: String,
    pub(crate) a: Histogram,
    pub(crate) z: Histogram,
    pub(crate) delta: Histogram,
    /// Of all weights and biases that feed it, means over the batch.
    pub(crate) gradient: Histogram,
}

/// How many values fall in each of the bins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Histogram {
    pub(crate) counts: Vec<u64>,
    /// Of powers: values of exactly 0, which are in no bin.
    pub(crate) zeros: u64,
}

/// A batch and the memory to run it.
pub(super) struct Trace<S: Number> {
    batch: Batch<S>,
    ws: Workspace<S>,
    gradient: Vec<S>,
    every: usize,
}

impl<S: Number> Trace<S> {
    pub(super) fn new(net: &Net<S>, train: &bp_core::Examples<'_, S>, epochs: usize) -> Self {
        let batch = Batch::first(ROWS, net, train);
        let ws = net.plan().traced_workspace(batch.rows);
        Self { batch, ws, gradient: vec![S::ZERO; net.plan().n_params()], every: epochs.div_ceil(LOOKS).max(1) }
    }

    /// Whether an epoch is one of those that are looked at.
    pub(super) fn is_due(&self, epoch: usize) -> bool {
        epoch == 1 || epoch.is_multiple_of(self.every)
    }

    /// A forward and a backward pass, in which nothing is dropped, and what stands in the layers then.
    pub(super) fn look(&mut self, epoch: usize, net: &Net<S>) -> Result<Layers, Failure> {
        let (plan, ws) = (net.plan(), &mut self.ws);
        let into = Gradient::replace(&mut self.gradient);
        plan.gradient(net.backend(), &net.loss(), net.params(), &self.batch.examples(), ws, into)?;
        let layer = |name: &str| {
            let blocks = plan.blocks().iter().filter(|block| block.layer == name);
            let mean = |dw: &S| dw.to_f64() / self.batch.rows as f64;
            let gradient = blocks.flat_map(|block| &self.gradient[block.range.clone()]).map(mean);
            Ok(Layer {
                name: name.into(),
                a: Histogram::linear(values(self.ws.a(name)?)),
                z: Histogram::linear(values(self.ws.z(name)?)),
                delta: Histogram::powers(values(self.ws.delta(name)?)),
                gradient: Histogram::powers(gradient),
            })
        };
        let layers = self.ws.layers().map(layer).collect::<Result<_, Failure>>()?;
        Ok(Layers { epoch, layers })
    }
}

fn values<S: Number>(matrix: MatRef<'_, S>) -> impl Iterator<Item = f64> {
    (0..matrix.rows()).flat_map(move |row| matrix.row(row).iter().map(|value| value.to_f64()))
}

impl Histogram {
    /// A value that is not a number is in no bin.
    fn linear(values: impl Iterator<Item = f64>) -> Self {
        let mut counts = vec![0; BINS];
        values.filter(|value| !value.is_nan()).for_each(|value| counts[bin(value, LINEAR)] += 1);
        Self { counts, zeros: 0 }
    }

    fn powers(values: impl Iterator<Item = f64>) -> Self {
        let (mut counts, mut zeros) = (vec![0; BINS], 0);
        for size in values.map(f64::abs).filter(|size| !size.is_nan()) {
            match size > 0.0 {
                true => counts[bin(bp_core::Real::ln(size) / std::f64::consts::LN_10, POWERS)] += 1,
                false => zeros += 1,
            }
        }
        Self { counts, zeros }
    }
}

fn bin(value: f64, (low, high): (f64, f64)) -> usize {
    let at = (value - low) / (high - low) * BINS as f64;
    (at.max(0.0) as usize).min(BINS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every value but NaN is counted once, and where it belongs.
    #[test]
    fn bins() {
        let check = |histogram: Histogram, want: &[(usize, u64)], zeros: u64| {
            let some = histogram.counts.iter().copied().enumerate().filter(|(_, count)| *count > 0);
            assert_eq!((some.collect::<Vec<_>>(), histogram.zeros), (want.to_vec(), zeros));
        };
        let all = [f64::NEG_INFINITY, -4.0, -0.1, 0.0, 0.1, 3.9, 4.0, f64::INFINITY, f64::NAN];
        check(Histogram::linear(all.into_iter()), &[(0, 2), (15, 1), (16, 2), (31, 3)], 0);
        let all = [0.0, -0.0, 1e-300, 1e-12, -1.1e-3, 1.1, 1e9, f64::INFINITY, f64::NAN];
        check(Histogram::powers(all.into_iter()), &[(0, 2), (18, 1), (24, 1), (31, 2)], 2);
    }
}
