//! One forward and backward pass with every number it makes, for laws to compare.

use bp_core::{
    Accum, Activation, Backend, Examples, Float, Gradient, Loss, Output, OutputFunction, Plan, Scalar, ShapeError,
};

/// Everything that a pass computes.
#[derive(Debug, Clone)]
pub(crate) struct Pass<T> {
    pub(crate) error: T,
    pub(crate) y: Vec<T>,
    /// Units of all layers.
    pub(crate) z: Vec<T>,
    /// Per layer, in topological order.
    pub(crate) deltas: Vec<(String, Vec<T>)>,
    pub(crate) dw: Vec<T>,
    pub(crate) dx: Vec<T>,
    names: Vec<String>,
}

/// Forward, error, backward. `onto` is a gradient that this one is added to.
pub(crate) fn run<T, H, L, B>(
    plan: &Plan<H>,
    backend: &B,
    loss: &L,
    params: &[T],
    examples: &Examples<'_, T>,
    onto: Option<&[T]>,
) -> Result<Pass<T>, ShapeError>
where
    T: Scalar,
    H: Activation<T>,
    Output<H>: OutputFunction<T>,
    L: Loss<T> + ?Sized,
    B: Backend<T> + ?Sized,
{
    let mut ws = plan.workspace(examples.x.len() / plan.inputs());
    let mut dw = onto.map_or_else(|| vec![T::ZERO; plan.n_params()], <[T]>::to_vec);
    let mut dx = vec![T::ZERO; examples.x.len()];
    let accum = if onto.is_some() { Accum::Add } else { Accum::Replace };
    let into = Gradient { dw: &mut dw, accum, dx: Some(&mut dx) };
    let error = plan.gradient(backend, loss, params, examples, &mut ws, into)?;
    Pass::read(plan, &ws, error, dw, dx)
}

/// The backward pass from given output errors; the error of such a pass is 0.
pub(crate) fn run_from<T, H, B>(
    plan: &Plan<H>,
    backend: &B,
    delta: &[T],
    params: &[T],
    x: &[T],
) -> Result<Pass<T>, ShapeError>
where
    T: Scalar,
    H: Activation<T>,
    Output<H>: OutputFunction<T>,
    B: Backend<T> + ?Sized,
{
    let mut ws = plan.workspace(x.len() / plan.inputs());
    let (mut dw, mut dx) = (vec![T::ZERO; plan.n_params()], vec![T::ZERO; x.len()]);
    plan.forward(backend, params, x, &mut ws)?;
    plan.backward_from(backend, delta, params, x, &mut ws, Gradient::replace(&mut dw).with_dx(&mut dx))?;
    Pass::read(plan, &ws, T::ZERO, dw, dx)
}

/// What scaling a layer does to its units, its errors and the gradients by some parameters.
#[derive(Debug)]
pub(crate) struct Factors<T> {
    pub(crate) z: T,
    pub(crate) delta: T,
    pub(crate) dw: Vec<(Vec<usize>, T)>,
}

fn collect<T: Copy>(m: bp_core::MatRef<'_, T>) -> Vec<T> {
    (0..m.rows()).flat_map(|i| m.row(i).iter().copied()).collect()
}

fn units<T: Scalar>(ws: &bp_core::Workspace<T>) -> Result<Vec<T>, ShapeError> {
    let layers: Result<Vec<Vec<T>>, ShapeError> = ws.layers().map(|name| Ok(collect(ws.z(name)?))).collect();
    Ok(layers?.concat())
}

fn deltas<T: Scalar>(ws: &bp_core::Workspace<T>) -> Result<Vec<(String, Vec<T>)>, ShapeError> {
    ws.layers().map(|name| Ok((name.to_owned(), collect(ws.delta(name)?)))).collect()
}

fn names<H>(plan: &Plan<H>) -> Vec<String> {
    (0..plan.n_params()).filter_map(|i| plan.locate(i)).map(|place| place.to_string()).collect()
}

impl<T: Copy> Pass<T> {
    /// E, y and all that comes out of the backward pass, each with its name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (String, T)> {
        let y = self.y.iter().enumerate().map(|(i, &y)| (format!("y[{i}]"), y));
        core::iter::once(("E".to_owned(), self.error)).chain(y).chain(self.backward())
    }

    /// Every unit.
    pub(crate) fn units(&self) -> impl Iterator<Item = (String, T)> {
        let names =
            self.deltas.iter().flat_map(|(name, delta)| (0..delta.len()).map(move |i| format!("{name}.z[{i}]")));
        names.zip(self.z.iter().copied())
    }

    /// The name of a parameter.
    pub(crate) fn name(&self, param: usize) -> &str {
        self.names.get(param).map_or("", String::as_str)
    }

    /// The gradient, every δ and ∂E/∂x. The gradient first: its names say most.
    pub(crate) fn backward(&self) -> impl Iterator<Item = (String, T)> {
        let dw = self.names.iter().cloned().zip(self.dw.iter().copied());
        let deltas = self
            .deltas
            .iter()
            .flat_map(|(name, delta)| delta.iter().enumerate().map(move |(i, &d)| (format!("{name}.delta[{i}]"), d)));
        let dx = self.dx.iter().enumerate().map(|(i, &d)| (format!("dx[{i}]"), d));
        dw.chain(deltas).chain(dx)
    }
}

impl<T: Scalar> Pass<T> {
    /// What a finished pass left in its workspace.
    pub(crate) fn read<H>(
        plan: &Plan<H>,
        ws: &bp_core::Workspace<T>,
        error: T,
        dw: Vec<T>,
        dx: Vec<T>,
    ) -> Result<Self, ShapeError> {
        Ok(Self { error, y: collect(ws.y()), z: units(ws)?, deltas: deltas(ws)?, dw, dx, names: names(plan) })
    }

    /// This pass with all weights of examples times `factor`.
    pub(crate) fn times(mut self, factor: T) -> Self {
        let Self { error, deltas, dw, dx, .. } = &mut self;
        let deltas = deltas.iter_mut().flat_map(|(_, delta)| delta);
        core::iter::once(error).chain(deltas).chain(dw).chain(dx).for_each(|number| *number = factor * *number);
        self
    }

    /// This pass as it must be with the chosen units of `layer`, which has `width`, scaled.
    pub(crate) fn scaled(
        &self,
        layer: &str,
        chosen: impl Fn(usize) -> bool,
        width: usize,
        factors: &Factors<T>,
    ) -> Self {
        let mut pass = self.clone();
        let mut z = pass.z.iter_mut();
        for (name, delta) in &mut pass.deltas {
            for (i, (delta, z)) in delta.iter_mut().zip(&mut z).enumerate() {
                if name == layer && chosen(i % width) {
                    (*delta, *z) = (factors.delta * *delta, factors.z * *z);
                }
            }
        }
        for (params, factor) in &factors.dw {
            params.iter().for_each(|&p| pass.dw[p] = *factor * pass.dw[p]);
        }
        pass
    }

    /// This pass and one over the examples after it, whose gradient is already the sum.
    pub(crate) fn followed_by(mut self, next: Self) -> Self {
        self.error += next.error;
        self.y.extend(next.y);
        self.z.extend(next.z);
        for ((_, delta), (_, more)) in self.deltas.iter_mut().zip(next.deltas) {
            delta.extend(more);
        }
        self.dx.extend(next.dx);
        Self { dw: next.dw, ..self }
    }

    /// This pass as the renumbered network must compute it: unit p of `layer` is the old unit `order[p]`, parameter i
    /// the old `origin[i]`.
    pub(crate) fn renumber(&self, layer: &str, order: &[usize], origin: &[usize]) -> Self {
        let mut pass = self.clone();
        pass.dw = origin.iter().map(|&old| self.dw[old]).collect();
        pass.names = origin.iter().map(|&old| self.names[old].clone()).collect();
        for (_, delta) in pass.deltas.iter_mut().filter(|(name, _)| name == layer) {
            for row in delta.chunks_mut(order.len()) {
                let old = row.to_vec();
                row.iter_mut().zip(order).for_each(|(d, &from)| *d = old[from]);
            }
        }
        pass
    }
}

impl<S: Float> Pass<S> {
    /// True if no product of two of its numbers is subnormal and all are finite.
    pub(crate) fn is_far_from_underflow(&self) -> bool {
        let numbers = self.backward().map(|(_, number)| number).chain(self.z.iter().copied());
        let mut smallest = f64::INFINITY;
        for number in numbers {
            let magnitude = number.to_f64().abs();
            if !magnitude.is_finite() {
                return false;
            }
            smallest = if magnitude > 0.0 { smallest.min(magnitude) } else { smallest };
        }
        smallest * smallest >= normal::<S>()
    }
}

/// The smallest normal number of f32 or f64.
pub(crate) fn normal<S: Float>() -> f64 {
    if S::UNIT_ROUNDOFF > 1e-10 { 2.0_f64.powi(-126) } else { f64::MIN_POSITIVE }
}
