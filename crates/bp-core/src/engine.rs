//! Forward propagation and the error backpropagation recursion.
//!
//! One equation, one function: [`Plan::forward`] is M3 and M4, [`Plan::error`] is M2's sum, `output_delta` is M6,
//! and [`Plan::backward_from`] is M7's recursion with M5's gradient. None of them looks at a scalar's value.

use crate::checks::length;
use crate::examples::Sink;
use crate::factors::scale;
use crate::{
    Accum, Activation, Backend, Connection, Examples, Finish, Gradient, Loss, MatMut, MatRef, Output, OutputFunction,
    Plan, Predictions, Scalar, ShapeError, Slope, Workspace, kernels,
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
            let function = self.function(l);
            let mut finish = Finish {
                bias: step.bias.clone().map(|bias| &params[bias]),
                a: ws.a_offset[l].map(|offset| &mut ws.a[offset * ws.capacity..][..rows * width]),
                activation: function.elementwise(),
            };
            for (i, link) in step.links.iter().enumerate() {
                let source = self.source_units(link.source, x, below, ws.capacity, rows);
                let w = &params[link.weights.clone()];
                let accum = if i == 0 { Accum::Replace } else { Accum::Add };
                // The last connection takes with it what follows.
                let last = if i + 1 == step.links.len() { core::mem::take(&mut finish) } else { Finish::default() };
                match self.connection(l, i) {
                    Connection::Dense => {
                        let w = MatRef::new(w, width, source.cols());
                        backend.dense_forward(MatMut::new(z, rows, width), accum, source, w, last);
                        continue;
                    }
                    Connection::Identity => kernels::accumulate(z, accum, source.data()),
                    Connection::Terms(terms) => {
                        kernels::terms_forward(MatMut::new(z, rows, width), accum, terms, w, source);
                    }
                }
                backend.finish(MatMut::new(z, rows, width), last);
            }
            if let Function::Output(output) = function
                && output.elementwise().is_none()
            {
                backend.output(output, MatMut::new(z, rows, width));
            }
            if let Some(factors) = &mut ws.factors {
                factors.apply(l, self.layout.offset(l) * ws.capacity, z);
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
        let batch = self.predictions(&ws.a, &ws.z, ws);
        let mut sum = S::ZERO;
        for n in 0..ws.rows {
            let value = loss.value(&batch.row(n), examples.t.get(n, self.outputs()));
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
        self.propagate(backend, Sink::of(params, into), examples.x, ws);
        Ok(())
    }

    /// Backpropagation that changes the weights as it goes, without a gradient in between: after a forward pass over the
    /// same `examples`, w ← w + alpha ∂E/∂w for every parameter, so that alpha = −η is a step of gradient descent (M8).
    /// Each connection's weights carry the errors down *before* they change.
    ///
    /// ```
    /// use bp_core::{Act, ErrorFunction, Examples, Plan, Reference, Targets, stack};
    /// let plan = Plan::new(stack(1).output(1, Act::Identity))?;
    /// let mut params = [2.0, 0.5];
    /// let examples = Examples::new(&[3.0], Targets::Rows(&[5.0]));
    /// let mut ws = plan.workspace(1);
    /// plan.forward(&Reference, &params, examples.x, &mut ws)?;
    /// plan.descend(&Reference, &ErrorFunction::SumOfSquares, -0.5, &mut params, &examples, &mut ws)?;
    /// assert_eq!(params, [2.0 - 0.5 * 4.5, 0.5 - 0.5 * 1.5]); // the gradient is (4.5, 1.5)
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A [`ShapeError`] if a length does not fit; `params` are then unchanged.
    pub fn descend<S, B, L>(
        &self,
        backend: &B,
        loss: &L,
        alpha: S,
        params: &mut [S],
        examples: &Examples<'_, S>,
        ws: &mut Workspace<S>,
    ) -> Result<(), ShapeError>
    where
        S: Scalar,
        H: Activation<S>,
        Output<H>: OutputFunction<S>,
        B: Backend<S> + ?Sized,
        L: Loss<S> + ?Sized,
    {
        self.check_rows(params, examples.x, ws)?;
        self.check_targets(examples, ws.rows)?;
        self.output_delta(loss, examples, ws);
        let sink = Sink { params: None, dw: params, accum: Accum::Add, alpha: Some(alpha), dx: None };
        self.propagate(backend, sink, examples.x, ws);
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
        self.propagate(backend, Sink::of(params, into), x, ws);
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
        let delta = &mut deltas[at..][..ws.rows * outputs];
        loss.deltas(&self.predictions(&ws.a, &ws.z, ws), examples.t, delta);
        if let Some(weights) = examples.weights {
            for (delta, &weight) in delta.chunks_exact_mut(outputs).zip(weights) {
                delta.iter_mut().for_each(|delta| *delta = weight * *delta);
            }
        }
        ws.delta = deltas;
    }

    /// M7 and M5, from the output layer down. δ of a layer is complete when the last of its consumers has been met; its own
    /// h′ is then applied once.
    fn propagate<S, B>(&self, backend: &B, sink: Sink<'_, S>, x: &[S], ws: &mut Workspace<S>)
    where
        S: Scalar,
        H: Activation<S>,
        Output<H>: OutputFunction<S>,
        B: Backend<S> + ?Sized,
    {
        let Sink { params, dw: sink, accum, alpha, mut dx } = sink;
        let factor = alpha.unwrap_or(S::ONE);
        let rows = ws.rows;
        for (l, step) in self.steps.iter().enumerate().rev() {
            let (at, width) = (self.layout.offset(l) * ws.capacity, self.layout.width(l));
            let (below, above) = ws.delta.split_at_mut(at);
            let delta = MatRef::new(&above[..rows * width], rows, width);
            for (i, link) in step.links.iter().enumerate() {
                let z = self.source_units(link.source, x, &ws.z, ws.capacity, rows);
                let from_width = z.cols();
                let w = &params.unwrap_or(sink)[link.weights.clone()];
                let back = match link.source {
                    Some(s) => Some(&mut below[self.layout.offset(s) * ws.capacity..][..rows * from_width]),
                    None => dx.as_deref_mut(),
                };
                let connection = self.connection(l, i);
                if let Some(back) = back {
                    let completes = link.source.filter(|_| link.completes);
                    // Where units have factors, h′ is computed from what they were before.
                    let factors = completes
                        .zip(ws.factors.as_deref())
                        .and_then(|(s, factors)| factors.of(s, self.layout.offset(s) * ws.capacity, back.len()));
                    let z = factors.map_or(z.data(), |(_, z)| z);
                    let slope = self.slope(completes, &ws.a, &ws.a_offset, z, ws.capacity);
                    match connection {
                        Connection::Dense => {
                            let w = MatRef::new(w, width, from_width);
                            backend.dense_backward(MatMut::new(back, rows, from_width), link.back, delta, w, slope);
                        }
                        Connection::Identity => kernels::accumulate(back, link.back, delta.data()),
                        Connection::Terms(terms) => {
                            let back = MatMut::new(back, rows, from_width);
                            kernels::terms_backward(back, link.back, terms, w, delta);
                        }
                    }
                    if let (Some(slope), false) = (slope, matches!(connection, Connection::Dense)) {
                        backend.chain(slope.activation, slope.a, slope.z, back);
                    }
                    if let Some((m, _)) = factors {
                        scale(back, m);
                    }
                }
                let dw = &mut sink[link.weights.clone()];
                match connection {
                    Connection::Dense => {
                        backend.gemm(MatMut::new(dw, width, from_width), accum, factor, delta.t(), z);
                    }
                    Connection::Identity => {}
                    Connection::Terms(terms) => kernels::terms_gradient(dw, accum, alpha, terms, delta, z),
                }
            }
            if let Some(bias) = &step.bias {
                backend.sum_rows(&mut sink[bias.clone()], accum, factor, delta);
            }
        }
    }

    /// h′ of a source layer, as its last consumer hands it on.
    fn slope<'a, S: Scalar>(
        &'a self,
        source: Option<usize>,
        a: &'a [S],
        a_offset: &[Option<usize>],
        z: &'a [S],
        capacity: usize,
    ) -> Option<Slope<'a, S>>
    where
        H: Activation<S>,
        Output<H>: OutputFunction<S>,
    {
        let l = source?;
        let Function::Hidden(activation) = self.function(l) else { return None };
        // A lean workspace passes z for an a that h′ does not use; do the same where a happens to be kept.
        let a = match a_offset[l] {
            Some(offset) if activation.needs_a() => &a[offset * capacity..][..z.len()],
            _ => z,
        };
        Some(Slope { activation, a, z })
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

    fn predictions<'a, S>(&'a self, a: &'a [S], z: &'a [S], ws: &Workspace<S>) -> Predictions<'a, S>
    where
        S: Scalar,
        Output<H>: OutputFunction<S>,
    {
        let (last, values) = (self.steps.len() - 1, ws.rows * self.outputs());
        let a_offset = ws.a_offset[last].expect("every workspace keeps a of the output layer");
        Predictions {
            output: &self.architecture.output.function,
            width: self.outputs(),
            a: &a[a_offset * ws.capacity..][..values],
            y: &z[self.layout.offset(last) * ws.capacity..][..values],
        }
    }

    fn function(&self, l: usize) -> Function<'_, H> {
        match self.architecture.hidden.get(l) {
            Some(layer) => Function::Hidden(&layer.function),
            None => Function::Output(&self.architecture.output.function),
        }
    }
}

/// A layer's function.
enum Function<'a, H> {
    Hidden(&'a H),
    Output(&'a Output<H>),
}

impl<'a, H> Function<'a, H> {
    /// The activation, if the function acts on each unit alone.
    fn elementwise<S: Scalar>(&self) -> Option<&'a dyn Activation<S>>
    where
        H: Activation<S>,
        Output<H>: OutputFunction<S>,
    {
        match *self {
            Self::Hidden(h) => Some(h),
            Self::Output(output) => output.elementwise(),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;
    use crate::Targets;
    use crate::{Reference, Stack, SumOfSquares};

    /// h(a) = a / 2, which says that h′ needs no a and yet looks at what it is given for it.
    #[derive(Debug, Clone)]
    struct Looks;

    impl Activation<f64> for Looks {
        fn value(&self, a: f64) -> f64 {
            0.5 * a
        }
        fn derivative(&self, a: f64, _z: f64) -> f64 {
            1.0 + a
        }
        fn needs_a(&self) -> bool {
            false
        }
    }

    /// z is given for an a that is not needed, whether a is kept or not.
    #[test]
    fn a_traced_workspace_changes_nothing() {
        let plan = Plan::new(Stack::new(1).hidden(2, Looks).output(1, Looks)).expect("three layers in a row");
        let (params, examples) = (vec![0.5; plan.n_params()], Examples::new(&[3.0, -1.0], Targets::Rows(&[1.0, 2.0])));
        let gradient = |mut ws: Workspace<f64>| {
            let mut dw = vec![0.0; plan.n_params()];
            let into = Gradient::replace(&mut dw);
            plan.gradient(&Reference, &SumOfSquares, &params, &examples, &mut ws, into).expect("shapes fit");
            dw.iter().map(|dw| dw.to_bits()).collect::<Vec<u64>>()
        };
        assert_eq!(gradient(plan.workspace(2)), gradient(plan.traced_workspace(2)));
    }
}
