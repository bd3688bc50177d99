//! Your own layer, activation, connection, loss, optimiser and backend, and a function of somebody else's library: each
//! certified without a tolerance, and none of them known to bp-core.
//!
//! Whoever writes a derivative by hand wants to know that it is one. Here the mathematics is written once, forward only
//! (`Spec`); the program under test is held against it, and the report says how small a fault would have been seen. The
//! last part shows the report of a derivative that is wrong.
//!
//! Run it with `cargo run -p bp-tests --example own_layer`.

use std::error::Error;

use bp_core::{Accum, Act, Activation, Architecture, Backend, Connection, Examples, Float, INPUT, Layer, Loss, MatMut};
use bp_core::{MatRef, Output, Plan, Prediction, Real, Reference, Scalar, Source, Target, Targets, Term};
use bp_train::{Optimizer, Step};
use bp_verify::{Certificate, Certified, CertifyError, Conformance, Failure, RoundingModel, Shape, Spec, Subject};
use bp_verify::{Certify, Violation, certify, certify_activation, certify_loss, certify_values, check_backend};

// 1. A layer that is not bilinear: weight normalisation (Salimans and Kingma 2016).

/// y_j = w_j · x with w_j = g_j v_j / ‖v_j‖. Parameters are the rows of v, then g.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WeightNorm {
    pub(crate) units: usize,
    pub(crate) inputs: usize,
}

impl<S: Real> Spec<S> for WeightNorm {
    fn shape(&self) -> Shape {
        Shape { params: self.units * (self.inputs + 1), inputs: self.inputs, outputs: self.units }
    }
    fn eval(&self, p: &[S], x: &[S], y: &mut [S]) {
        let (v, g) = p.split_at(self.units * self.inputs);
        for (j, v) in v.chunks_exact(self.inputs).enumerate() {
            let (mut square, mut dot) = (S::ZERO, S::ZERO);
            for (&v, &x) in v.iter().zip(x) {
                square += v * v;
                dot += v * x;
            }
            y[j] = g[j] * dot / square.sqrt();
        }
    }
    fn place(&self, index: usize) -> String {
        match index.checked_sub(self.units * self.inputs) {
            None => format!("dv[{}][{}]", index / self.inputs, index % self.inputs),
            Some(unit) => format!("dg[{unit}]"),
        }
    }
}

/// The layer as a program, with the backward pass as one would write it by hand; or with a factor 2 too much in dv.
pub(crate) struct WeightNormLayer {
    pub(crate) layer: WeightNorm,
    pub(crate) doubles_dv: bool,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Subject for WeightNormLayer {
    type Real = f64;
    fn forward(&mut self, p: &[f64], x: &[f64], y: &mut [f64]) -> Result<(), Failure> {
        let (v, g) = p.split_at(self.layer.units * self.layer.inputs);
        for (j, v) in v.chunks_exact(self.layer.inputs).enumerate() {
            y[j] = g[j] * dot(v, x) / dot(v, v).sqrt();
        }
        Ok(())
    }
    /// dg = c v·x / ‖v‖, dv = c g / ‖v‖ (x − (v·x / ‖v‖²) v), dx = Σ c g v / ‖v‖.
    fn vjp(&mut self, p: &[f64], x: &[f64], c: &[f64], dp: &mut [f64], dx: &mut [f64]) -> Result<(), Failure> {
        let n = self.layer.inputs;
        let (v, g) = p.split_at(self.layer.units * n);
        let (dv, dg) = dp.split_at_mut(self.layer.units * n);
        let slip = if self.doubles_dv { 2.0 } else { 1.0 };
        dx.fill(0.0);
        for (j, (v, dv)) in v.chunks_exact(n).zip(dv.chunks_exact_mut(n)).enumerate() {
            let (square, along) = (dot(v, v), dot(v, x));
            let norm = square.sqrt();
            dg[j] = c[j] * along / norm;
            let scale = c[j] * g[j] / norm;
            for i in 0..n {
                dv[i] = slip * scale * (x[i] - along / square * v[i]);
                dx[i] += scale * v[i];
            }
        }
        Ok(())
    }
}

pub(crate) fn weight_norm(doubles_dv: bool) -> Result<Certified, CertifyError> {
    let layer = WeightNorm { units: 7, inputs: 12 };
    certify(layer, WeightNormLayer { layer, doubles_dv }).name("weight-normalised layer").seeds(0..32).run()
}

// 2. An activation: x + sin² x (Ziyin et al. 2020).

#[derive(Debug, Clone)]
pub(crate) struct Snake;

impl<S: Real> Activation<S> for Snake {
    fn value(&self, a: S) -> S {
        a + a.sin() * a.sin()
    }
    fn derivative(&self, a: S, _z: S) -> S {
        S::ONE + (a + a).sin()
    }
}

pub(crate) fn snake<S: Float>() -> Result<Certified, CertifyError> {
    certify_activation::<S, _>(&Snake).name("x + sin² x on [-20, 20]").seeds(0..32).run()
}

// 3. Connections: one masked, one with shared weights, both in a network of that activation.

pub(crate) fn connections() -> Result<Certificate, Box<dyn Error>> {
    // Unit j sees inputs j and j + 1, each by a weight of its own; then three units share the two weights of a filter.
    let masked = (0..4).flat_map(|j| [Term::weighted(j, j, 2 * j), Term::weighted(j, j + 1, 2 * j + 1)]);
    let shared = (0..3).flat_map(|j| [Term::weighted(j, j, 0), Term::weighted(j, j + 1, 1)]);
    let mut first = Layer::new("masked", 4, Snake);
    first.sources.push(Source { from: INPUT.into(), connection: Connection::Terms(masked.collect()) });
    let mut second = Layer::new("shared", 3, Snake);
    second.sources.push(Source { from: "masked".into(), connection: Connection::Terms(shared.collect()) });
    let output = Layer::new("out", 2, Output::Each(Snake)).dense("shared");
    let plan = Plan::new(Architecture::new(5, vec![first, second], output))?;
    let numbers = |n: usize| (0..n).map(|i| f64::from((i * 37 % 100) as u8) / 64.0 - 0.7).collect::<Vec<f64>>();
    let (params, x, t) = (numbers(plan.n_params()), numbers(15), numbers(6));
    Ok(Certify::new().gradient(&plan, &LogCosh, &Reference, &params, &Examples::new(&x, Targets::Rows(&t)))?)
}

// 4. A loss: Σ ln cosh(y − t), by ln cosh r = softplus(2r) − r − ln 2.

pub(crate) struct LogCosh;

impl<S: Real> Loss<S> for LogCosh {
    fn value(&self, p: &Prediction<'_, S>, t: Target<'_, S>) -> S {
        let mut sum = S::ZERO;
        for (k, &y) in p.y.iter().enumerate() {
            let r = y - t.at(k);
            sum += (r + r).softplus() - r - S::from_f64(std::f64::consts::LN_2);
        }
        sum
    }
    fn gradient(&self, y: &[S], t: Target<'_, S>, g: &mut [S]) {
        for (k, (g, &y)) in g.iter_mut().zip(y).enumerate() {
            *g = (y - t.at(k)).tanh();
        }
    }
}

pub(crate) fn log_cosh<S: Float>() -> Result<Certified, CertifyError> {
    let t = [0.5, -0.25, 0.75].map(S::from_f64);
    let output = Output::Each(Act::Identity);
    certify_loss(&LogCosh, &output, 3, Target::Row(&t)).name("Σ ln cosh(y − t)").seeds(0..32).run()
}

// 5. An optimiser: momentum in the books' form. The rule once over any scalar, the program as the trainer calls it.

/// Of a trajectory of three steps: bias corrections and the sign of a momentum show only after the first.
const STEPS: usize = 3;
const RATE: f64 = 0.125;

/// Δw ← μ Δw − η g, w ← w + Δw, from rest. Inputs are the gradients of all steps.
struct HeavyBallRule {
    mu: f64,
    params: usize,
}

impl<S: Real> Spec<S> for HeavyBallRule {
    fn shape(&self) -> Shape {
        Shape { params: self.params, inputs: STEPS * self.params, outputs: self.params }
    }
    fn eval(&self, w: &[S], g: &[S], new: &mut [S]) {
        for i in 0..self.params {
            let (mut w, mut change) = (w[i], S::ZERO);
            for step in 0..STEPS {
                change = S::from_f64(self.mu) * change - S::from_f64(RATE) * g[step * self.params + i];
                w += change;
            }
            new[i] = w;
        }
    }
}

struct HeavyBall<S> {
    mu: f64,
    change: Vec<S>,
}

impl<S: Float> Optimizer<S> for HeavyBall<S> {
    fn name(&self) -> &'static str {
        "heavy-ball"
    }
    fn prepare(&mut self, n_params: usize) {
        self.change = vec![S::ZERO; n_params];
    }
    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let (mu, rate) = (S::from_f64(self.mu), S::from_f64(step.rate));
        for ((w, &g), change) in params.iter_mut().zip(grad).zip(&mut self.change) {
            *change = mu * *change - rate * g;
            *w += *change;
        }
    }
}

pub(crate) fn heavy_ball<S: Float>(mu: f64) -> Result<Certified, CertifyError> {
    let mut optimizer = HeavyBall { mu, change: vec![] };
    let steps = move |w: &[S], gradients: &[S], new: &mut [S]| {
        new.copy_from_slice(w);
        optimizer.prepare(w.len());
        for (index, g) in (1..).zip(gradients.chunks_exact(w.len())) {
            optimizer.step(&Step { index, rate: RATE, groups: &[] }, new, g);
        }
    };
    certify_values(HeavyBallRule { mu: 0.9, params: 5 }, steps).name("heavy ball, 3 steps").seeds(0..32).run()
}

// 6. A backend: sums from the last term down. One call holds it against the reference and every law.

#[derive(Debug, Clone, Copy)]
pub(crate) struct Backwards;

impl<S: Scalar> Backend<S> for Backwards {
    fn name(&self) -> &str {
        "backwards"
    }
    fn gemm(&self, mut dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        for i in 0..dst.rows() {
            for (j, dst) in dst.row_mut(i).iter_mut().enumerate() {
                let mut sum = S::ZERO;
                (0..lhs.cols()).rev().for_each(|k| sum += lhs.at(i, k) * rhs.at(k, j));
                *dst = if accum == Accum::Add { *dst + alpha * sum } else { alpha * sum };
            }
        }
    }
}

pub(crate) fn backwards() -> Result<Conformance, Violation> {
    check_backend::<f32>(&Backwards, 8, 1)?;
    check_backend::<f64>(&Backwards, 8, 1)
}

// 7. Somebody else's functions: erf and tanh of the crate libm, each with the derivative that one would write for it.

/// y = erf x, or tanh x.
pub(crate) struct Function {
    is_erf: bool,
}

impl<S: Real> Spec<S> for Function {
    fn shape(&self) -> Shape {
        Shape { params: 0, inputs: 16, outputs: 16 }
    }
    fn eval(&self, _p: &[S], x: &[S], y: &mut [S]) {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = if self.is_erf { x.erf() } else { x.tanh() });
    }
}

pub(crate) struct LibmErf;

impl Subject for LibmErf {
    type Real = f64;
    fn forward(&mut self, _p: &[f64], x: &[f64], y: &mut [f64]) -> Result<(), Failure> {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = libm::erf(*x));
        Ok(())
    }
    fn vjp(&mut self, _p: &[f64], x: &[f64], c: &[f64], _dp: &mut [f64], dx: &mut [f64]) -> Result<(), Failure> {
        for i in 0..x.len() {
            dx[i] = c[i] * std::f64::consts::FRAC_2_SQRT_PI * libm::exp(-x[i] * x[i]);
        }
        Ok(())
    }
}

pub(crate) struct LibmTanhf;

impl Subject for LibmTanhf {
    type Real = f32;
    fn forward(&mut self, _p: &[f32], x: &[f32], y: &mut [f32]) -> Result<(), Failure> {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = libm::tanhf(*x));
        Ok(())
    }
    fn vjp(&mut self, _p: &[f32], x: &[f32], c: &[f32], _dp: &mut [f32], dx: &mut [f32]) -> Result<(), Failure> {
        for i in 0..x.len() {
            let z = libm::tanhf(x[i]);
            dx[i] = c[i] * (1.0 - z) * (1.0 + z);
        }
        Ok(())
    }
}

pub(crate) fn libm_erf() -> Result<Certified, CertifyError> {
    certify(Function { is_erf: true }, LibmErf).name("libm::erf").seeds(0..32).run()
}

/// libm's tanhf is a few ulp off, more than the half ulp that the standard model grants: right, but it has to say so.
pub(crate) fn libm_tanhf(model: RoundingModel) -> Result<Certified, CertifyError> {
    certify(Function { is_erf: false }, LibmTanhf).name("libm::tanhf").model(model).seeds(0..64).run()
}

pub(crate) fn report() -> Result<String, Box<dyn Error>> {
    let Conformance { products, networks } = backwards()?;
    let declared = RoundingModel::times(5.0, "libm's tanhf is within 2.2 ulp, not 0.51");
    Ok([
        format!("1. A layer that is not bilinear\n\n{}", weight_norm(false)?),
        format!("2. An activation, in both precisions\n\n{}\n{}", snake::<f64>()?, snake::<f32>()?),
        format!("3. A masked and a shared connection in a network\n\n{}", connections()?),
        format!("4. A loss\n\n{}", log_cosh::<f64>()?),
        format!("5. An optimiser, its values alone\n\n{}", heavy_ball::<f32>(0.9)?),
        format!("6. A backend: {products} products and {networks} networks as the reference has them\n"),
        format!("7. A function of another library\n\n{}", libm_erf()?),
        format!("   One that rounds more than the standard model allows\n\n{}", libm_tanhf(RoundingModel::standard())?),
        format!("   The same with its rounding declared\n\n{}", libm_tanhf(declared)?),
        format!("8. A derivative that is wrong: twice too large by v\n\n{}\n", weight_norm(true)?),
    ]
    .join("\n"))
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", report()?);
    Ok(())
}
