//! Evaluation of rows that are read block by block.

use bp_core::{Activation, Backend, Float, Loss};

use super::{EvaluateError, Evaluation, Sums};
use crate::{Block, Network, RowBlocks};

impl<B, S, H> Network<B, S, H>
where
    B: Backend<S>,
    S: Float,
    H: Activation<S>,
{
    /// [`evaluate`](Network::evaluate) on rows that are read block by block, for values twice: R² needs their mean first.
    /// Of a single block the figures are those of the same rows in memory; of several they may differ in the last digits.
    ///
    /// # Errors
    /// If a block cannot be read or does not fit, or there are no rows.
    pub fn evaluate_blocks(&self, rows: &mut dyn RowBlocks<S>) -> Result<Evaluation, EvaluateError> {
        let outputs = self.plan.outputs();
        let mut first: Option<Vec<u64>> = None;
        let mut is_constant = vec![true; outputs];
        let mut means = vec![0.0; outputs];
        let (total, classes) = self.sums_of_blocks(&self.loss, rows, |block| {
            for t in block.values.chunks_exact(outputs) {
                let bits = || t.iter().map(|t| t.to_f64().to_bits());
                let first = first.get_or_insert_with(|| bits().collect());
                is_constant.iter_mut().zip(bits().zip(first)).for_each(|(is, (t, first))| *is &= t == *first);
                means.iter_mut().zip(t).for_each(|(sum, t)| *sum += t.to_f64());
            }
        })?;
        let mut spreads = vec![0.0; outputs];
        if !classes && is_constant.contains(&false) {
            means.iter_mut().for_each(|sum| *sum /= total.weight);
            let mut block = Block { x: vec![], classes: vec![], values: vec![] };
            for number in 0..rows.sizes().len() {
                block.load(rows, number, [self.plan.inputs(), outputs])?;
                for t in block.values.chunks_exact(outputs) {
                    let squares = t.iter().zip(&means).map(|(t, mean)| (t.to_f64() - mean) * (t.to_f64() - mean));
                    spreads.iter_mut().zip(squares).for_each(|(spread, square)| *spread += square);
                }
            }
        }
        let of_column = spreads.iter().zip(&is_constant).map(|(spread, &is)| if is { 0.0 } else { *spread });
        Ok(self.figures(rows.sizes().iter().sum(), total, classes, of_column.sum()))
    }

    /// The mean error alone, by another error function.
    #[cfg(feature = "train")]
    pub(crate) fn error_of_blocks(
        &self,
        loss: &dyn Loss<S>,
        rows: &mut dyn RowBlocks<S>,
    ) -> Result<f64, EvaluateError> {
        let (total, _) = self.sums_of_blocks(loss, rows, |_| ())?;
        Ok(total.error / total.weight)
    }

    /// Sums over all rows, and whether a right class is what counts.
    fn sums_of_blocks<L>(
        &self,
        loss: &L,
        rows: &mut dyn RowBlocks<S>,
        mut look: impl FnMut(&Block<S>),
    ) -> Result<(Sums, bool), EvaluateError>
    where
        L: Loss<S> + ?Sized,
    {
        let mut total = Sums::default();
        let mut classes = true;
        let mut block = Block { x: vec![], classes: vec![], values: vec![] };
        for number in 0..rows.sizes().len() {
            block.load(rows, number, [self.plan.inputs(), self.plan.outputs()])?;
            let n = rows.sizes()[number];
            if n > 0 {
                look(&block);
                classes = self.counts_classes(&block.examples());
                self.add_sums(loss, &block.examples(), n, &mut total, &|_| ());
            }
        }
        if total.weight > 0.0 { Ok((total, classes)) } else { Err(EvaluateError::NoExamples) }
    }
}
