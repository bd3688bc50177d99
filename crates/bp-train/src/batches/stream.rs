//! Rows that are read block by block, in a fixed order.

use bp_core::{Examples, Float};

use crate::{Block, BlockError, Philox, RowBlocks, Standardizer, stream};

/// The rows of a source in an order that depends on (seed, epoch) alone: all blocks in a random order, in each its rows
/// in a random order, both from one generator. One block has the order that rows in memory have.
pub(super) struct Stream<'a, S> {
    source: &'a mut dyn RowBlocks<S>,
    widths: [usize; 2],
    scaling: [Option<Standardizer>; 2],
    /// A weight for each class.
    by_class: Option<Vec<f64>>,
    /// The block in memory, scaled, its number, and the weights of its rows.
    block: Block<S>,
    loaded: Option<usize>,
    weights: Vec<S>,
    seed: u64,
    epoch: u64,
    generator: Philox,
    /// Blocks in the order of the epoch, and how many of them were begun.
    blocks: Vec<usize>,
    begun: usize,
    /// Rows of the block that was begun last, and how many of them were given away.
    order: Vec<usize>,
    given: usize,
    /// Rows of this epoch that were given away.
    place: usize,
}

impl<'a, S: Float> Stream<'a, S> {
    pub(super) fn new(
        source: &'a mut dyn RowBlocks<S>,
        widths: [usize; 2],
        scaling: [Option<Standardizer>; 2],
        by_class: Option<Vec<f64>>,
    ) -> Self {
        Self {
            widths,
            scaling,
            by_class,
            block: Block { x: vec![], classes: vec![], values: vec![] },
            loaded: None,
            weights: vec![],
            seed: 0,
            epoch: 0,
            generator: Philox::new(0, stream::SHUFFLE),
            blocks: vec![],
            begun: 0,
            order: vec![],
            given: 0,
            place: 0,
            source,
        }
    }

    /// Goes to the beginning of an epoch.
    pub(super) fn shuffle(&mut self, seed: u64, epoch: u64) {
        (self.seed, self.epoch) = (seed, epoch);
        self.generator = Philox::new(seed, stream::SHUFFLE | epoch << 8);
        self.blocks.clear();
        self.blocks.extend(0..self.source.sizes().len());
        self.generator.shuffle(&mut self.blocks);
        self.order.clear();
        (self.begun, self.given, self.place) = (0, 0, 0);
    }

    /// Gives away `count` rows from place `from` of the epoch on, in parts of a block each.
    pub(super) fn take(
        &mut self,
        from: usize,
        count: usize,
        mut part: impl FnMut(&Examples<'_, S>, &[usize]),
    ) -> Result<(), BlockError> {
        if self.place != from {
            self.go_to(from);
        }
        let mut left = count;
        while left > 0 {
            if self.given == self.order.len() {
                self.begin_block();
            }
            self.load()?;
            let n = left.min(self.order.len() - self.given);
            let rows = self.block.examples();
            let weights = self.by_class.is_some().then_some(&self.weights[..]);
            part(&Examples { weights, ..rows }, &self.order[self.given..self.given + n]);
            (self.given, self.place, left) = (self.given + n, self.place + n, left - n);
        }
        Ok(())
    }

    /// Goes to a place of the epoch without reading what lies before.
    fn go_to(&mut self, place: usize) {
        self.shuffle(self.seed, self.epoch);
        while self.place < place {
            self.begin_block();
            self.given = self.order.len().min(place - self.place);
            self.place += self.given;
        }
    }

    fn begin_block(&mut self) {
        let rows = self.source.sizes()[self.blocks[self.begun]];
        self.order.clear();
        self.order.extend(0..rows);
        self.generator.shuffle(&mut self.order);
        (self.begun, self.given) = (self.begun + 1, 0);
    }

    /// Reads the block that was begun last, unless it is there.
    fn load(&mut self) -> Result<(), BlockError> {
        let number = self.blocks[self.begun - 1];
        if self.loaded == Some(number) {
            return Ok(());
        }
        self.loaded = None;
        self.block.load(self.source, number, self.widths)?;
        let [x, t] = &self.scaling;
        x.iter().for_each(|scaling| scaling.apply(&mut self.block.x));
        t.iter().for_each(|scaling| scaling.apply(&mut self.block.values));
        if let Some(by_class) = &self.by_class {
            let weight = |&class: &u32| S::from_f64(by_class[class as usize]);
            self.weights.clear();
            self.weights.extend(self.block.classes.iter().map(weight));
        }
        self.loaded = Some(number);
        Ok(())
    }
}
