//! What the engine refuses before it changes anything: lengths that do not fit the plan or each other.

use crate::workspace::{input_rows, rows_of};
use crate::{Examples, Gradient, Plan, Scalar, ShapeError, Targets, Workspace};

impl<H> Plan<H> {
    pub(crate) fn check_forward<S: Scalar>(
        &self,
        params: &[S],
        x: &[S],
        ws: &Workspace<S>,
    ) -> Result<usize, ShapeError> {
        ws.check_owner(&self.layout)?;
        length("parameters", self.n_params(), params.len())?;
        // As many rows as last time: the usual case, without a division.
        if x.len() == ws.rows * self.inputs() {
            return Ok(ws.rows);
        }
        let rows = input_rows(x.len(), self.inputs())?;
        if rows > ws.capacity {
            return Err(ShapeError::Batch { capacity: ws.capacity, got: rows });
        }
        Ok(rows)
    }

    pub(crate) fn check_backward<S: Scalar>(
        &self,
        params: &[S],
        x: &[S],
        ws: &Workspace<S>,
        into: &Gradient<'_, S>,
    ) -> Result<(), ShapeError> {
        self.check_rows(params, x, ws)?;
        length("gradient", self.n_params(), into.dw.len())?;
        into.dx.as_ref().map_or(Ok(()), |dx| length("gradient of x", x.len(), dx.len()))
    }

    pub(crate) fn check_rows<S: Scalar>(&self, params: &[S], x: &[S], ws: &Workspace<S>) -> Result<(), ShapeError> {
        let rows = self.check_forward(params, x, ws)?;
        match rows == ws.rows {
            true => Ok(()),
            false => Err(ShapeError::Examples { what: "last forward pass", expected: rows, got: ws.rows }),
        }
    }

    pub(crate) fn check_targets<S: Scalar>(&self, examples: &Examples<'_, S>, rows: usize) -> Result<(), ShapeError> {
        let (layer, width) = (self.layout.name(self.steps.len() - 1), self.outputs());
        let same = |what, got| match got == rows {
            true => Ok(()),
            false => Err(ShapeError::Examples { what, expected: rows, got }),
        };
        if examples.x.len() != rows * self.inputs() {
            same("x", input_rows(examples.x.len(), self.inputs())?)?;
        }
        match examples.t {
            Targets::Rows(t) if t.len() == rows * width => {}
            Targets::Rows(t) => same("targets", rows_of(t.len(), width, layer)?)?,
            Targets::Classes(classes) => {
                same("targets", classes.len())?;
                if let Some(example) = classes.iter().position(|&class| class as usize >= width) {
                    return Err(ShapeError::Class { example, class: classes[example], layer: layer.into(), width });
                }
            }
        }
        examples.weights.map_or(Ok(()), |weights| same("weights of examples", weights.len()))
    }
}

pub(crate) fn length(what: &'static str, expected: usize, got: usize) -> Result<(), ShapeError> {
    if expected == got { Ok(()) } else { Err(ShapeError::Length { what, expected, got }) }
}
