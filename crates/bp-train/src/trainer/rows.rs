//! What a [`Trainer`] trains on: examples in memory, or rows that are read block by block.

use std::ops::ControlFlow;

use bp_core::{Activation, Backend, Examples, Float, Targets};

use super::Trainer;
use super::watch::Watch;
use crate::batches::Batches;
use crate::network::{check_examples, total_weight};
use crate::{Block, Event, History, Network, RowBlocks, TrainError};

/// Rows for training.
pub(super) enum Rows<'a, S> {
    Memory(&'a Examples<'a, S>),
    Blocks(&'a mut dyn RowBlocks<S>),
}

/// Memory for rows in the units of the network, and for their weights.
pub(super) struct Room<S> {
    x: Vec<S>,
    t: Vec<S>,
    weights: Option<Vec<S>>,
}

impl<S> Default for Room<S> {
    fn default() -> Self {
        Self { x: vec![], t: vec![], weights: None }
    }
}

impl<S: Float> Trainer<S> {
    /// [`fit_with`](Trainer::fit_with), or [`fit_validated`](Trainer::fit_validated), on rows that are read block by block:
    /// what is in memory at a time is one block of rows, and one batch. A training step is the same in everything else.
    ///
    /// The order of an epoch is a function of (seed, epoch): the blocks in a random order, and in each its rows in a random
    /// order. So rows of one block stay near each other in an epoch, and rows that lie sorted in a file should be shuffled
    /// there once, or be read in blocks that are large beside what is sorted. With a single block the order, and so every
    /// bit of the result, is that of the same rows in memory. A batch may have rows of several blocks; an epoch has as many
    /// steps as in memory. When the last step is done all rows are read once more, as [`fit`](Trainer::fit) does. See
    /// [`RowBlocks`] for an example.
    ///
    /// # Errors
    /// As [`fit_validated`](Trainer::fit_validated), and a block that cannot be read or does not fit the network.
    pub fn fit_blocks<'a, B, H, F>(
        &mut self,
        net: &mut Network<B, S, H>,
        train: &mut dyn RowBlocks<S>,
        validation: Option<&'a mut dyn RowBlocks<S>>,
        mut on_event: F,
    ) -> Result<History, TrainError>
    where
        B: Backend<S> + 'a,
        H: Activation<S> + 'a,
        F: FnMut(Event, &Network<B, S, H>) -> ControlFlow<()> + Send,
    {
        let watch = validation.map_or(Watch::Nothing, Watch::Blocks);
        self.train(net, Rows::Blocks(train), watch, None, |event, net, _| on_event(event, net))
    }

    /// The rows in batches, with everything that was said about their targets and weights.
    pub(super) fn batches<'a, B, H>(
        &self,
        net: &Network<B, S, H>,
        train: Rows<'a, S>,
        room: &'a mut Room<S>,
        batch: usize,
    ) -> Result<Batches<'a, S>, TrainError>
    where
        B: Backend<S>,
        H: Activation<S>,
    {
        let (inputs, outputs) = (net.plan.inputs(), net.plan.outputs());
        match train {
            Rows::Memory(train) => {
                let smoothed = self.smoothed(net.output_kind(), matches!(train.t, Targets::Classes(_)), outputs)?;
                room.weights = self.weights_by_class(train, outputs)?;
                let train = &Examples { weights: room.weights.as_deref().or(train.weights), ..*train };
                let rows = train.x.len() / inputs;
                check_weight(rows, total_weight(train, rows))?;
                let resize = |scaling: bool, room: &mut Vec<S>, n| room.resize(if scaling { n } else { 0 }, S::ZERO);
                resize(net.input_scaling.is_some(), &mut room.x, train.x.len());
                resize(net.target_scaling.is_some(), &mut room.t, rows * outputs);
                let scaled = net.scaled(train, &mut room.x, &mut room.t);
                Ok(Batches::new(scaled, smoothed, inputs, outputs, rows, batch))
            }
            Rows::Blocks(blocks) => {
                let smoothed = self.smoothed(net.output_kind(), blocks.has_classes(), outputs)?;
                let widths = [inputs, outputs];
                let mut counts = vec![];
                let by_class = self.class_factors(blocks.has_classes(), outputs, || {
                    counts = counted(blocks, widths)?;
                    Ok(counts.clone())
                })?;
                if let Some(factors) = &by_class {
                    let rows = blocks.sizes().iter().sum();
                    // Given weights may be 0 for all classes that occur: only counting tells.
                    let counts = if counts.is_empty() { counted(blocks, widths)? } else { counts };
                    check_weight(rows, counts.iter().zip(factors).map(|(n, factor)| n * factor).sum())?;
                }
                let scaling = [net.input_scaling.clone(), net.target_scaling.clone()];
                Ok(Batches::of_blocks(blocks, scaling, by_class, smoothed, widths, batch))
            }
        }
    }
}

impl<S: Float> Rows<'_, S> {
    /// The same for as long as something else lives.
    pub(super) fn shorter(&mut self) -> Rows<'_, S> {
        match self {
            Self::Memory(train) => Rows::Memory(train),
            Self::Blocks(blocks) => Rows::Blocks(*blocks),
        }
    }

    /// How many there are, if they fit; blocks are looked at when they are read.
    pub(super) fn check<B, H>(&self, net: &Network<B, S, H>) -> Result<usize, TrainError> {
        match self {
            Self::Memory(train) => Ok(check_examples(&net.plan, train)?),
            Self::Blocks(blocks) => Ok(blocks.sizes().iter().sum()),
        }
    }
}

/// Rows of each class, by reading them all.
fn counted<S: Float>(blocks: &mut dyn RowBlocks<S>, widths: [usize; 2]) -> Result<Vec<f64>, TrainError> {
    let mut counts = vec![0.0; widths[1]];
    let mut block = Block { x: vec![], classes: vec![], values: vec![] };
    for number in 0..blocks.sizes().len() {
        block.load(blocks, number, widths)?;
        block.classes.iter().for_each(|&class| counts[class as usize] += 1.0);
    }
    Ok(counts)
}

/// Refuses examples without weight.
fn check_weight(examples: usize, sum: f64) -> Result<(), TrainError> {
    if sum > 0.0 && sum.is_finite() { Ok(()) } else { Err(TrainError::Weights { examples, sum }) }
}
