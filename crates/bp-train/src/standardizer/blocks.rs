//! Standardisers of rows that are read block by block, with the bits of [`Standardizer::fit`] on the same rows.

use bp_core::{Float, OutputKind};

use super::{Standardizer, deviation, unit_of, units};
use crate::network::Network;
use crate::{Block, BlockError, RowBlocks};

/// What three readings find out about a column: its size and whether it is constant, its mean, its deviation.
#[derive(Clone)]
struct Column {
    first: Option<u64>,
    is_constant: bool,
    largest: f64,
    unit: f64,
    sum: f64,
    mean: f64,
}

impl<B, S: Float, H> Network<B, S, H>
where
    B: bp_core::Backend<S>,
    H: bp_core::Activation<S>,
{
    /// [`standardize`](Network::standardize) on rows that are read block by block, three times, because sums are made as
    /// there, of numbers in their order: the same bits. With `units` it is
    /// [`standardize_units`](Network::standardize_units).
    ///
    /// # Errors
    /// If a block cannot be read or does not fit.
    pub fn standardize_blocks(&mut self, rows: &mut dyn RowBlocks<S>, units_too: bool) -> Result<(), BlockError> {
        let widths = [self.plan.inputs(), self.plan.outputs()];
        let targets = self.output_kind() == OutputKind::Identity && !rows.has_classes();
        let start = Column { first: None, is_constant: true, largest: 0.0, unit: 1.0, sum: 0.0, mean: 0.0 };
        let mut columns = widths.map(|width| vec![start.clone(); width]);
        let n = (rows.sizes().iter().sum::<usize>()).max(1) as f64;
        each(rows, widths, &mut columns, |column, x| {
            let first = *column.first.get_or_insert(x.to_bits());
            column.is_constant &= first == x.to_bits();
            column.largest = column.largest.max(x.abs());
        })?;
        columns.iter_mut().flatten().for_each(|column| (column.unit, column.sum) = (unit_of(column.largest), -0.0));
        each(rows, widths, &mut columns, |column, x| column.sum += x / column.unit)?;
        columns.iter_mut().flatten().for_each(|column| (column.mean, column.sum) = (column.sum / n, -0.0));
        each(rows, widths, &mut columns, |column, x| {
            let off = x / column.unit - column.mean;
            column.sum += off * off;
        })?;
        let [inputs, outputs] = columns.map(|columns| {
            let found = columns.into_iter().map(|column| {
                let found = deviation(column.sum / n, column.unit, column.is_constant);
                (column.mean * column.unit, found)
            });
            found.unzip::<f64, Option<f64>, Vec<f64>, Vec<Option<f64>>>()
        });
        self.input_scaling =
            Some(if units_too { units(inputs.0, inputs.1) } else { Standardizer::of(inputs.0, inputs.1) });
        self.target_scaling = targets.then(|| Standardizer::of(outputs.0, outputs.1));
        Ok(())
    }
}

/// Shows every number to its column, row by row.
fn each<S: Float>(
    rows: &mut dyn RowBlocks<S>,
    [inputs, outputs]: [usize; 2],
    columns: &mut [Vec<Column>; 2],
    mut look: impl FnMut(&mut Column, f64),
) -> Result<(), BlockError> {
    let mut block = Block { x: vec![], classes: vec![], values: vec![] };
    for number in 0..rows.sizes().len() {
        block.load(rows, number, [inputs, outputs])?;
        for (columns, values) in columns.iter_mut().zip([&block.x, &block.values]) {
            for row in values.chunks_exact(columns.len()) {
                columns.iter_mut().zip(row).for_each(|(column, x)| look(column, x.to_f64()));
            }
        }
    }
    Ok(())
}
