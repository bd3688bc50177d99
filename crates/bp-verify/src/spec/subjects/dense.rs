//! [`DenseLayer`]: a dense layer on any backend, forward and back by that backend's kernels.

use bp_core::{Accum, Activation, Backend, Float, MatMut, MatRef, Real};

use crate::{Failure, Shape, Spec, Subject};

/// Z = h(X Wᵀ + b) for a batch of rows, as mathematics. Parameters are W, row by row, then b.
///
/// ```
/// use bp_core::{Act, Reference};
/// use bp_verify::{DenseLayer, DenseSpec, certify};
/// let spec = DenseSpec { activation: &Act::Tanh, rows: 3, inputs: 4, units: 2 };
/// certify(spec, DenseLayer::<f32, _, _>::new(spec, Reference)).seeds(0..8).assert_pass();
/// ```
#[derive(Debug)]
pub struct DenseSpec<'a, H> {
    /// h.
    pub activation: &'a H,
    /// Examples.
    pub rows: usize,
    /// Numbers of an example.
    pub inputs: usize,
    /// Units.
    pub units: usize,
}

impl<H> Clone for DenseSpec<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H> Copy for DenseSpec<'_, H> {}

impl<S: Real, H: Activation<S>> Spec<S> for DenseSpec<'_, H> {
    fn shape(&self) -> Shape {
        let Self { rows, inputs, units, .. } = *self;
        Shape { params: units * (inputs + 1), inputs: rows * inputs, outputs: rows * units }
    }
    fn eval(&self, p: &[S], x: &[S], y: &mut [S]) {
        let (w, b) = p.split_at(self.units * self.inputs);
        for (at, z) in y.iter_mut().enumerate() {
            let (n, j) = (at / self.units, at % self.units);
            let mut a = b[j];
            for i in 0..self.inputs {
                a += w[j * self.inputs + i] * x[n * self.inputs + i];
            }
            *z = self.activation.value(a);
        }
    }
    fn place(&self, index: usize) -> String {
        match index.checked_sub(self.units * self.inputs) {
            None => format!("dw[{}][{}]", index / self.inputs, index % self.inputs),
            Some(unit) => format!("db[{unit}]"),
        }
    }
    fn input_place(&self, index: usize) -> String {
        format!("dx[{}][{}]", index / self.inputs, index % self.inputs)
    }
}

/// The layer as a program: products, sums and activations are the backend's.
#[derive(Debug)]
pub struct DenseLayer<'a, S, B, H> {
    spec: DenseSpec<'a, H>,
    backend: B,
    a: Vec<S>,
    z: Vec<S>,
    delta: Vec<S>,
}

impl<'a, S: Float, B: Backend<S>, H: Activation<S>> DenseLayer<'a, S, B, H> {
    /// The layer that `spec` describes.
    pub fn new(spec: DenseSpec<'a, H>, backend: B) -> Self {
        let none = || vec![S::ZERO; spec.rows * spec.units];
        Self { spec, backend, a: none(), z: none(), delta: none() }
    }

    /// Leaves a and z.
    fn run(&mut self, p: &[S], x: &[S]) {
        let DenseSpec { activation, rows, inputs, units } = self.spec;
        let (w, b) = p.split_at(units * inputs);
        let (x, w) = (MatRef::new(x, rows, inputs), MatRef::new(w, units, inputs));
        self.backend.gemm(MatMut::new(&mut self.a, rows, units), Accum::Replace, S::ONE, x, w.t());
        self.backend.add_bias(MatMut::new(&mut self.a, rows, units), b);
        self.z.copy_from_slice(&self.a);
        self.backend.activate(activation, &mut self.z);
    }
}

impl<S: Float, B: Backend<S>, H: Activation<S>> Subject for DenseLayer<'_, S, B, H> {
    type Real = S;
    fn forward(&mut self, p: &[S], x: &[S], y: &mut [S]) -> Result<(), Failure> {
        self.run(p, x);
        y.copy_from_slice(&self.z);
        Ok(())
    }
    fn vjp(&mut self, p: &[S], x: &[S], cotangent: &[S], dp: &mut [S], dx: &mut [S]) -> Result<(), Failure> {
        self.run(p, x);
        let DenseSpec { activation, rows, inputs, units } = self.spec;
        self.delta.copy_from_slice(cotangent);
        self.backend.chain(activation, if activation.needs_a() { &self.a } else { &self.z }, &self.z, &mut self.delta);
        let (x, delta) = (MatRef::new(x, rows, inputs), MatRef::new(&self.delta, rows, units));
        let (dw, db) = dp.split_at_mut(units * inputs);
        self.backend.gemm(MatMut::new(dw, units, inputs), Accum::Replace, S::ONE, delta.t(), x);
        self.backend.sum_rows(db, Accum::Replace, S::ONE, delta);
        let w = MatRef::new(&p[..units * inputs], units, inputs);
        self.backend.gemm(MatMut::new(dx, rows, inputs), Accum::Replace, S::ONE, delta, w);
        Ok(())
    }
}
