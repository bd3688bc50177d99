//! Forward propagation and the error backpropagation recursion.
//!
//! One equation, one function: [`Plan::forward`] is M3 and M4, [`Plan::error`] is M2's sum, `output_delta` is M6,
//! and [`Plan::backward_from`] is M7's recursion with M5's gradient. None of them looks at a scalar's value.

use crate::workspace::{input_rows, rows_of};
use crate::{
    Accum, Activation, Backend, Connection, Examples, Gradient, Loss, MatMut, MatRef, Output, OutputFunction, Plan,
    Prediction, Scalar, ShapeError, Targets, Workspace, kernels,
};

impl<H> Plan<H> {
    /// Forward propagation (M3, M4): aⱼ = Σᵢ wⱼᵢ zᵢ + bⱼ and zⱼ = h(aⱼ), layer after layer, into `ws`.
    ///
    /// # Errors
    /// A [`ShapeError`] if a length does not fit or `ws` is another plan's; `ws` is then unchanged.
    pub fn forward<S, B>(&self, backend: &B, params: &[S], x: &[S], ws: &mut Workspace<S>) -> Result<(), ShapeError>
    where
        S: Scalar,
        H: Activation<S>,
        Output<H>: OutputFunction<S>,
        B: Backend<S> + ?Sized,
    {
        let rows = self.check_forward(params, x, ws)?;
        ws.rows = rows;
        for (l, step) in self.steps.iter().enumerate() {
            let width = self.layout.width(l);
            let (below, above) = ws.z.split_at_mut(self.layout.offset(l) * ws.capacity);
            let z = &mut above[..rows * width];
            let mut accum = Accum::Replace;
            for (i, link) in step.links.iter().enumerate() {
                let source = self.source_units(link.source, x, below, ws.capacity, rows);
                let w = &params[link.weights.clone()];
                match self.connection(l, i) {
                    Connection::Dense => {
                        let w = MatRef::new(w, width, source.cols());
                        backend.gemm(MatMut::new(z, rows, width), accum, S::ONE, source, w.t());
                    }
                    Connection::Identity => kernels::accumulate(z, accum, source.data()),
                    Connection::Terms(terms) => {
                        kernels::terms_forward(MatMut::new(z, rows, width), accum, terms, w, source);
                    }
                }
                accum = Accum::Add;
            }
            if let Some(bias) = &step.bias {
                backend.add_bias(MatMut::new(z, rows, width), &params[bias.clone()]);
            }
            if let Some(offset) = ws.a_offset[l] {
                ws.a[offset * ws.capacity..][..rows * width].copy_from_slice(z);
            }
            match self.function(l) {
                Function::Hidden(h) => backend.activate(h, z),
                Function::Output(output) => match output.elementwise() {
                    Some(h) => backend.activate(h, z),
                    None => z.chunks_exact_mut(width).for_each(|y| output.apply_row(y)),
                },
            }
        }
        Ok(())
    }

    /// E = Σₙ ωₙ Eₙ of the batch that the last forward pass saw (M2), summed in example order.
    ///
    /// # Errors
    /// A [`ShapeError`] if targets or weights do not fit that batch.
    pub fn error<S, L>(&self, loss: &L, examples: &Examples<'_, S>, ws: &Workspace<S>) -> Result<S, ShapeError>
    where
        S: Scalar,
        Output<H>: OutputFunction<S>,
        L: Loss<S> + ?Sized,
    {
        ws.check_owner(&self.layout)?;
        self.check_targets(examples, ws.rows)?;
        let mut sum = S::ZERO;
        for n in 0..ws.rows {
            let value = loss.value(&self.prediction(ws, n), examples.t.get(n, self.outputs()));
            sum += match examples.weights {
                Some(weights) => weights[n] * value,
                None => value,
            };
        }
        Ok(sum)
    }

    /// Backpropagation after a forward pass over the same `examples`: output errors by M6, the recursion of M7,
    /// and the gradient of M5 into `into`. Errors δ stay readable in `ws`.
    ///
    /// ```
    /// use bp_core::{Act, ErrorFunction, Examples, Gradient, Plan, Reference, Targets, stack};
    /// let plan = Plan::new(stack(1).output(1, Act::Identity))?;
    /// let (params, mut dw) = ([2.0, 0.5], [0.0; 2]);
    /// let examples = Examples::new(&[3.0], Targets::Rows(&[5.0]));
    /// let mut ws = plan.workspace(1);
    /// plan.forward(&Reference, &params, examples.x, &mut ws)?;
    /// plan.backward(&Reference, &ErrorFunction::SumOfSquares, &params, &examples, &mut ws, Gradient::replace(&mut dw))?;
    /// assert_eq!(dw, [4.5, 1.5]); // δ = 2·3 + 0.5 − 5 = 1.5; δ x and δ
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A [`ShapeError`] if a length does not fit; `into` is then unchanged.
    pub fn backward<S, B, L>(
        &self,
        backend: &B,
        loss: &L,
        params: &[S],
        examples: &Examples<'_, S>,
        ws: &mut Workspace<S>,
        into: Gradient<'_, S>,
    ) -> Result<(), ShapeError>
    where
        S: Scalar,
        H: Activation<S>,
        Output<H>: OutputFunction<S>,
        B: Backend<S> + ?Sized,
        L: Loss<S> + ?Sized,
    {
        self.check_backward(params, examples.x, ws, &into)?;
        self.check_targets(examples, ws.rows)?;
        self.output_delta(loss, examples, ws);
        self.propagate(backend, params, examples.x, ws, into);
        Ok(())
    }

    /// The recursion from given output errors δ_k (examples × outputs) instead of a loss': the vector–Jacobian
    /// product of the output layer's a. It is linear in `delta`.
    ///
    /// # Errors
    /// A [`ShapeError`] if a length does not fit; `into` is then unchanged.
    pub fn backward_from<S, B>(
        &self,
        backend: &B,
        delta: &[S],
        params: &[S],
        x: &[S],
        ws: &mut Workspace<S>,
        into: Gradient<'_, S>,
    ) -> Result<(), ShapeError>
    where
        S: Scalar,
        H: Activation<S>,
        Output<H>: OutputFunction<S>,
        B: Backend<S> + ?Sized,
    {
        self.check_backward(params, x, ws, &into)?;
        length("output errors", ws.rows * self.outputs(), delta.len())?;
        let at = self.layout.offset(self.steps.len() - 1) * ws.capacity;
        ws.delta[at..][..delta.len()].copy_from_slice(delta);
        self.propagate(backend, params, x, ws, into);
        Ok(())
    }

    /// Forward pass, error and backward pass in one call; returns E.
    ///
    /// # Errors
    /// A [`ShapeError`] if a length does not fit; `into` is then unchanged.
    pub fn gradient<S, B, L>(
        &self,
        backend: &B,
        loss: &L,
        params: &[S],
        examples: &Examples<'_, S>,
        ws: &mut Workspace<S>,
        into: Gradient<'_, S>,
    ) -> Result<S, ShapeError>
    where
        S: Scalar,
        H: Activation<S>,
        Output<H>: OutputFunction<S>,
        B: Backend<S> + ?Sized,
        L: Loss<S> + ?Sized,
    {
        self.forward(backend, params, examples.x, ws)?;
        let error = self.error(loss, examples, ws)?;
        self.backward(backend, loss, params, examples, ws, into)?;
        Ok(error)
    }

    /// M6: δ_k = ∂E/∂a_k of every example, times the example's weight.
    fn output_delta<S, L>(&self, loss: &L, examples: &Examples<'_, S>, ws: &mut Workspace<S>)
    where
        S: Scalar,
        Output<H>: OutputFunction<S>,
        L: Loss<S> + ?Sized,
    {
        let outputs = self.outputs();
        let at = self.layout.offset(self.steps.len() - 1) * ws.capacity;
        let mut deltas = core::mem::take(&mut ws.delta);
        for (n, delta) in deltas[at..][..ws.rows * outputs].chunks_exact_mut(outputs).enumerate() {
            loss.delta(&self.prediction(ws, n), examples.t.get(n, outputs), delta);
            if let Some(weights) = examples.weights {
                delta.iter_mut().for_each(|delta| *delta = weights[n] * *delta);
            }
        }
        ws.delta = deltas;
    }

    /// M7 and M5, from the output layer down. δ of a layer is complete when its turn comes, because all its
    /// consumers stand above it; its own h′ is then applied once.
    fn propagate<S, B>(&self, backend: &B, params: &[S], x: &[S], ws: &mut Workspace<S>, into: Gradient<'_, S>)
    where
        S: Scalar,
        H: Activation<S>,
        Output<H>: OutputFunction<S>,
        B: Backend<S> + ?Sized,
    {
        let Gradient { dw, accum, mut dx } = into;
        let rows = ws.rows;
        for (l, step) in self.steps.iter().enumerate().rev() {
            let (at, width) = (self.layout.offset(l) * ws.capacity, self.layout.width(l));
            let (below, above) = ws.delta.split_at_mut(at);
            let delta = &mut above[..rows * width];
            if let Function::Hidden(h) = self.function(l) {
                let z = &ws.z[at..][..rows * width];
                let a = ws.a_offset[l].map_or(z, |a| &ws.a[a * ws.capacity..][..rows * width]);
                // A lean workspace passes z for an a that h′ does not use; do the same where a happens to be kept.
                backend.chain(h, if h.needs_a() { a } else { z }, z, delta);
            }
            let delta = MatRef::new(delta, rows, width);
            for (i, link) in step.links.iter().enumerate() {
                let z = self.source_units(link.source, x, &ws.z, ws.capacity, rows);
                let from_width = z.cols();
                let w = &params[link.weights.clone()];
                let dw = &mut dw[link.weights.clone()];
                let back = match link.source {
                    Some(s) => Some(&mut below[self.layout.offset(s) * ws.capacity..][..rows * from_width]),
                    None => dx.as_deref_mut(),
                };
                match self.connection(l, i) {
                    Connection::Dense => {
                        backend.gemm(MatMut::new(dw, width, from_width), accum, S::ONE, delta.t(), z);
                        if let Some(back) = back {
                            let w = MatRef::new(w, width, from_width);
                            backend.gemm(MatMut::new(back, rows, from_width), link.back, S::ONE, delta, w);
                        }
                    }
                    Connection::Identity => {
                        if let Some(back) = back {
                            kernels::accumulate(back, link.back, delta.data());
                        }
                    }
                    Connection::Terms(terms) => {
                        kernels::terms_gradient(dw, accum, terms, delta, z);
                        if let Some(back) = back {
                            kernels::terms_backward(MatMut::new(back, rows, from_width), link.back, terms, w, delta);
                        }
                    }
                }
            }
            if let Some(bias) = &step.bias {
                backend.sum_rows(&mut dw[bias.clone()], accum, delta);
            }
        }
    }

    /// The units a connection starts from: x, or z of a lower layer.
    fn source_units<'a, S: Scalar>(
        &self,
        source: Option<usize>,
        x: &'a [S],
        z: &'a [S],
        capacity: usize,
        rows: usize,
    ) -> MatRef<'a, S> {
        match source {
            Some(l) => MatRef::new(&z[self.layout.offset(l) * capacity..], rows, self.layout.width(l)),
            None => MatRef::new(x, rows, self.inputs()),
        }
    }

    fn prediction<'a, S>(&'a self, ws: &'a Workspace<S>, n: usize) -> Prediction<'a, S>
    where
        S: Scalar,
        Output<H>: OutputFunction<S>,
    {
        let last = self.steps.len() - 1;
        let a = ws.a_offset[last].expect("every workspace keeps a of the output layer");
        let a = &ws.a[a * ws.capacity..];
        let row = n * self.outputs()..(n + 1) * self.outputs();
        Prediction { output: &self.architecture.output.function, a: &a[row], y: ws.y().row(n) }
    }

    fn function(&self, l: usize) -> Function<'_, H> {
        match self.architecture.hidden.get(l) {
            Some(layer) => Function::Hidden(&layer.function),
            None => Function::Output(&self.architecture.output.function),
        }
    }

    fn check_forward<S: Scalar>(&self, params: &[S], x: &[S], ws: &Workspace<S>) -> Result<usize, ShapeError> {
        ws.check_owner(&self.layout)?;
        length("parameters", self.n_params(), params.len())?;
        let rows = input_rows(x.len(), self.inputs())?;
        if rows > ws.capacity {
            return Err(ShapeError::Batch { capacity: ws.capacity, got: rows });
        }
        Ok(rows)
    }

    fn check_backward<S: Scalar>(
        &self,
        params: &[S],
        x: &[S],
        ws: &Workspace<S>,
        into: &Gradient<'_, S>,
    ) -> Result<(), ShapeError> {
        let rows = self.check_forward(params, x, ws)?;
        if rows != ws.rows {
            return Err(ShapeError::Examples { what: "last forward pass", expected: rows, got: ws.rows });
        }
        length("gradient", self.n_params(), into.dw.len())?;
        into.dx.as_ref().map_or(Ok(()), |dx| length("gradient of x", x.len(), dx.len()))
    }

    fn check_targets<S: Scalar>(&self, examples: &Examples<'_, S>, rows: usize) -> Result<(), ShapeError> {
        let (layer, width) = (self.layout.name(self.steps.len() - 1), self.outputs());
        let in_x = input_rows(examples.x.len(), self.inputs())?;
        let same = |what, got| match got == rows {
            true => Ok(()),
            false => Err(ShapeError::Examples { what, expected: rows, got }),
        };
        same("x", in_x)?;
        match examples.t {
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

/// A layer's function.
enum Function<'a, H> {
    Hidden(&'a H),
    Output(&'a Output<H>),
}

fn length(what: &'static str, expected: usize, got: usize) -> Result<(), ShapeError> {
    if expected == got { Ok(()) } else { Err(ShapeError::Length { what, expected, got }) }
}
