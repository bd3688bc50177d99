//! Minibatches: a fixed shuffle per epoch, rows copied together.

use bp_core::{Examples, Scalar, Targets};

use crate::{Philox, stream};

/// The examples of a run in batches, in an order that depends on (seed, epoch) alone.
pub(crate) struct Batches<'a, S> {
    all: Examples<'a, S>,
    inputs: usize,
    outputs: usize,
    batch: usize,
    order: Vec<usize>,
    x: Vec<S>,
    rows: Vec<S>,
    classes: Vec<u32>,
    weights: Vec<S>,
    /// keep and share of t ← keep · t + share.
    smoothed: Option<[S; 2]>,
}

impl<'a, S: Scalar> Batches<'a, S> {
    pub(crate) fn new(
        all: Examples<'a, S>,
        smoothed: Option<[S; 2]>,
        inputs: usize,
        outputs: usize,
        rows: usize,
        batch: usize,
    ) -> Self {
        let by_class = matches!(all.t, Targets::Classes(_));
        Self {
            all,
            inputs,
            outputs,
            batch,
            order: (0..rows).collect(),
            x: Vec::with_capacity(batch * inputs),
            rows: Vec::with_capacity(if by_class && smoothed.is_none() { 0 } else { batch * outputs }),
            classes: Vec::with_capacity(if by_class { batch } else { 0 }),
            smoothed,
            weights: Vec::with_capacity(if all.weights.is_some() { batch } else { 0 }),
        }
    }

    /// The order of an epoch: a permutation of 0..n from the stream (SHUFFLE, epoch), not of the previous order,
    /// so that any epoch can be repeated alone.
    pub(crate) fn shuffle(&mut self, seed: u64, epoch: u64) {
        for (n, place) in self.order.iter_mut().zip(0..) {
            *n = place;
        }
        Philox::new(seed, stream::SHUFFLE | epoch << 8).shuffle(&mut self.order);
    }

    /// Steps per epoch; the last may be shorter.
    pub(crate) fn steps(&self) -> usize {
        self.order.len().div_ceil(self.batch)
    }

    /// Batch number `step`, from 0.
    pub(crate) fn gather(&mut self, step: usize) -> Examples<'_, S> {
        self.gather_with(step, |_| ())
    }

    /// The same after something is done to its x.
    pub(crate) fn gather_with(&mut self, step: usize, change: impl FnOnce(&mut [S])) -> Examples<'_, S> {
        let from = step * self.batch;
        let chosen = &self.order[from..self.order.len().min(from + self.batch)];
        fn copy<T: Copy>(into: &mut Vec<T>, from: &[T], width: usize, chosen: &[usize]) {
            into.clear();
            for &n in chosen {
                into.extend_from_slice(&from[n * width..][..width]);
            }
        }
        copy(&mut self.x, self.all.x, self.inputs, chosen);
        change(&mut self.x);
        let t = match self.all.t {
            Targets::Rows(t) => {
                copy(&mut self.rows, t, self.outputs, chosen);
                if let Some([keep, share]) = self.smoothed {
                    self.rows.iter_mut().for_each(|t| *t = keep * *t + share);
                }
                Targets::Rows(&self.rows)
            }
            Targets::Classes(t) => {
                copy(&mut self.classes, t, 1, chosen);
                match self.smoothed {
                    None => Targets::Classes(&self.classes),
                    Some([keep, share]) => {
                        self.rows.clear();
                        self.rows.resize(self.classes.len() * self.outputs, share);
                        for (row, &class) in self.rows.chunks_exact_mut(self.outputs).zip(&self.classes) {
                            row[class as usize] = keep + share;
                        }
                        Targets::Rows(&self.rows)
                    }
                }
            }
        };
        let weights = self.all.weights.map(|weights| {
            copy(&mut self.weights, weights, 1, chosen);
            &self.weights[..]
        });
        Examples { x: &self.x, t, weights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_sees_every_example_once_with_its_own_target_and_weight() {
        let x: Vec<f64> = (0..14).map(f64::from).collect();
        let classes: Vec<u32> = (0..7).collect();
        let weights: Vec<f64> = (0..7).map(f64::from).collect();
        for batch in 1..=7 {
            let all = Examples::new(&x, Targets::Classes(&classes)).weighted(&weights);
            let mut batches = Batches::new(all, None, 2, 7, 7, batch);
            batches.shuffle(5, 2);
            let mut seen = vec![];
            for step in 0..batches.steps() {
                let examples = batches.gather(step);
                let Targets::Classes(t) = examples.t else { panic!("classes went in") };
                for (n, &class) in t.iter().enumerate() {
                    assert_eq!(examples.x[2 * n..2 * n + 2].to_vec(), [f64::from(2 * class), f64::from(2 * class + 1)]);
                    assert_eq!(examples.weights.map(|w| w[n]), Some(f64::from(class)));
                    seen.push(class);
                }
            }
            assert_ne!(seen, classes);
            seen.sort_unstable();
            assert_eq!(seen, classes);
        }
    }

    #[test]
    fn orders_differ_between_epochs_and_repeat_for_a_seed() {
        let x = [0.0; 20];
        let orders = |seed, epoch| {
            let mut batches = Batches::new(Examples::new(&x, Targets::Rows(&x)), None, 1, 1, 20, 4);
            batches.shuffle(9, 0); // whatever came before
            batches.shuffle(seed, epoch);
            batches.order
        };
        assert_eq!(orders(1, 3), orders(1, 3));
        assert_ne!(orders(1, 3), orders(1, 4));
        assert_ne!(orders(1, 3), orders(2, 3));
    }
}
