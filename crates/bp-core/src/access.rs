//! Named access to parameters: the weights and biases of a layer as matrices in a flat slice.

use alloc::string::ToString;

use crate::{Block, MatMut, MatRef, Plan, Scalar, ShapeError};

impl<H> Plan<H> {
    /// The weights from `source` into `layer`, units × source units (for a connection by terms: 1 × weights).
    /// Of several weighted connections between the two, the first.
    ///
    /// ```
    /// use bp_core::{Act, Plan, stack};
    /// let plan = Plan::new(stack(2).output(1, Act::Identity))?;
    /// let params = [0.25, 0.5, 0.75];
    /// assert_eq!(plan.weights(&params, "out", "input")?.row(0), &[0.25, 0.5]);
    /// assert_eq!(plan.bias(&params, "out")?, &[0.75]);
    /// let error = plan.bias(&params, "output").unwrap_err();
    /// assert_eq!(error.to_string(), "`output.bias` is not in the network; there are: out.weight.input, out.bias");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such connection, it has no weights, or `params` has the wrong length.
    pub fn weights<'a, S: Scalar>(
        &self,
        params: &'a [S],
        layer: &str,
        source: &str,
    ) -> Result<MatRef<'a, S>, ShapeError> {
        let block = self.block(params.len(), layer, Some(source))?;
        Ok(MatRef::new(&params[block.range.clone()], block.rows, block.cols))
    }

    /// [`weights`](Plan::weights) to write to.
    ///
    /// # Errors
    /// As [`weights`](Plan::weights).
    pub fn weights_mut<'a, S: Scalar>(
        &self,
        params: &'a mut [S],
        layer: &str,
        source: &str,
    ) -> Result<MatMut<'a, S>, ShapeError> {
        let block = self.block(params.len(), layer, Some(source))?;
        Ok(MatMut::new(&mut params[block.range.clone()], block.rows, block.cols))
    }

    /// The biases of `layer`.
    ///
    /// # Errors
    /// If there is no such layer, it has no biases, or `params` has the wrong length.
    pub fn bias<'a, S: Scalar>(&self, params: &'a [S], layer: &str) -> Result<&'a [S], ShapeError> {
        Ok(&params[self.block(params.len(), layer, None)?.range.clone()])
    }

    /// [`bias`](Plan::bias) to write to.
    ///
    /// # Errors
    /// As [`bias`](Plan::bias).
    pub fn bias_mut<'a, S: Scalar>(&self, params: &'a mut [S], layer: &str) -> Result<&'a mut [S], ShapeError> {
        let range = self.block(params.len(), layer, None)?.range.clone();
        Ok(&mut params[range])
    }

    fn block(&self, n_params: usize, layer: &str, source: Option<&str>) -> Result<&Block, ShapeError> {
        if n_params != self.n_params() {
            return Err(ShapeError::Length { what: "parameters", expected: self.n_params(), got: n_params });
        }
        let found = self.blocks().iter().find(|block| block.layer == layer && block.source.as_deref() == source);
        found.ok_or_else(|| ShapeError::UnknownName {
            name: source.map_or_else(|| alloc::format!("{layer}.bias"), |s| alloc::format!("{layer}.weight.{s}")),
            known: self.blocks().iter().map(ToString::to_string).collect(),
        })
    }
}
