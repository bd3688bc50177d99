//! Minibatches: a fixed shuffle per epoch, rows copied together.

mod stream;

use bp_core::{Examples, Float, Targets};

use crate::{BlockError, Philox, RowBlocks, Standardizer};
use stream::Stream;

/// The examples of a run in batches, in an order that depends on (seed, epoch) alone.
pub(crate) struct Batches<'a, S> {
    origin: Origin<'a, S>,
    inputs: usize,
    outputs: usize,
    n_rows: usize,
    batch: usize,
    has_classes: bool,
    has_weights: bool,
    x: Vec<S>,
    rows: Vec<S>,
    classes: Vec<u32>,
    weights: Vec<S>,
    /// keep and share of t ← keep · t + share.
    smoothed: Option<[S; 2]>,
}

/// Where rows come from.
enum Origin<'a, S> {
    Memory { all: Examples<'a, S>, order: Vec<usize> },
    Blocks(Box<Stream<'a, S>>),
}

impl<'a, S: Float> Batches<'a, S> {
    pub(crate) fn new(
        all: Examples<'a, S>,
        smoothed: Option<[S; 2]>,
        inputs: usize,
        outputs: usize,
        rows: usize,
        batch: usize,
    ) -> Self {
        let has_classes = matches!(all.t, Targets::Classes(_));
        let has_weights = all.weights.is_some();
        let origin = Origin::Memory { all, order: (0..rows).collect() };
        Self::from(origin, smoothed, [inputs, outputs], rows, batch, has_classes, has_weights)
    }

    /// Batches of rows that are read as they are needed, and scaled then. A batch may have rows of several blocks.
    pub(crate) fn of_blocks(
        source: &'a mut dyn RowBlocks<S>,
        scaling: [Option<Standardizer>; 2],
        by_class: Option<Vec<f64>>,
        smoothed: Option<[S; 2]>,
        widths: [usize; 2],
        batch: usize,
    ) -> Self {
        let rows = source.sizes().iter().sum();
        let (has_classes, has_weights) = (source.has_classes(), by_class.is_some());
        let stream = Stream::new(source, widths, scaling, by_class);
        Self::from(Origin::Blocks(Box::new(stream)), smoothed, widths, rows, batch, has_classes, has_weights)
    }

    fn from(
        origin: Origin<'a, S>,
        smoothed: Option<[S; 2]>,
        [inputs, outputs]: [usize; 2],
        n_rows: usize,
        batch: usize,
        has_classes: bool,
        has_weights: bool,
    ) -> Self {
        Self {
            origin,
            inputs,
            outputs,
            n_rows,
            batch,
            has_classes,
            has_weights,
            x: Vec::with_capacity(batch * inputs),
            rows: Vec::with_capacity(if has_classes && smoothed.is_none() { 0 } else { batch * outputs }),
            classes: Vec::with_capacity(if has_classes { batch } else { 0 }),
            weights: Vec::with_capacity(if has_weights { batch } else { 0 }),
            smoothed,
        }
    }

    /// The order of an epoch: a permutation of 0..n from the stream (SHUFFLE, epoch), not of the previous order,
    /// so that any epoch can be repeated alone.
    pub(crate) fn shuffle(&mut self, seed: u64, epoch: u64) {
        match &mut self.origin {
            Origin::Memory { order, .. } => {
                for (n, place) in order.iter_mut().zip(0..) {
                    *n = place;
                }
                Philox::new(seed, crate::stream::SHUFFLE | epoch << 8).shuffle(order);
            }
            Origin::Blocks(stream) => stream.shuffle(seed, epoch),
        }
    }

    /// Steps per epoch; the last may be shorter.
    pub(crate) fn steps(&self) -> usize {
        self.n_rows.div_ceil(self.batch)
    }

    /// Batch number `step`, from 0.
    pub(crate) fn gather(&mut self, step: usize) -> Result<Examples<'_, S>, BlockError> {
        self.gather_with(step, |_| ())
    }

    /// The same after something is done to its x. Rows in memory cannot fail.
    pub(crate) fn gather_with(
        &mut self,
        step: usize,
        change: impl FnOnce(&mut [S]),
    ) -> Result<Examples<'_, S>, BlockError> {
        let Self { origin, inputs, outputs, x, rows, classes, weights, .. } = self;
        let (from, outputs) = (step * self.batch, *outputs);
        let to = self.n_rows.min(from + self.batch);
        x.clear();
        rows.clear();
        classes.clear();
        weights.clear();
        let mut part = |all: &Examples<'_, S>, chosen: &[usize]| {
            copy(x, all.x, *inputs, chosen);
            match all.t {
                Targets::Rows(t) => copy(rows, t, outputs, chosen),
                Targets::Classes(t) => copy(classes, t, 1, chosen),
            }
            all.weights.into_iter().for_each(|all| copy(weights, all, 1, chosen));
        };
        match origin {
            Origin::Memory { all, order } => part(all, &order[from..to]),
            Origin::Blocks(stream) => stream.take(from, to - from, part)?,
        }
        change(x);
        if let Some([keep, share]) = self.smoothed {
            if self.has_classes {
                rows.resize(classes.len() * outputs, share);
                for (row, &class) in rows.chunks_exact_mut(outputs).zip(&*classes) {
                    row[class as usize] = keep + share;
                }
            } else {
                rows.iter_mut().for_each(|t| *t = keep * *t + share);
            }
        }
        let is_classes = self.has_classes && self.smoothed.is_none();
        let t = if is_classes { Targets::Classes(&self.classes) } else { Targets::Rows(&self.rows) };
        Ok(Examples { x: &self.x, t, weights: self.has_weights.then_some(&self.weights[..]) })
    }
}

/// Appends the chosen rows.
fn copy<T: Copy>(into: &mut Vec<T>, from: &[T], width: usize, chosen: &[usize]) {
    for &n in chosen {
        into.extend_from_slice(&from[n * width..][..width]);
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
                let examples = batches.gather(step).expect("in memory");
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
            let Origin::Memory { order, .. } = batches.origin else { panic!("examples went in") };
            order
        };
        assert_eq!(orders(1, 3), orders(1, 3));
        assert_ne!(orders(1, 3), orders(1, 4));
        assert_ne!(orders(1, 3), orders(2, 3));
    }
}
