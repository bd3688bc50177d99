//! The chain rule, and δ as what it says: a derivative by a pre-activation.
//!
//! x → two tanh units → y, so that y depends on x in two ways. Then the same by dual numbers, which carry a derivative
//! forward and know nothing of backpropagation.
//!
//! Run it with `cargo run -p bp-tests --example chain`.

use std::error::Error;

use bp_core::{Act, ErrorFunction, Examples, Gradient, Plan, Real, Reference, Targets, stack};
use bp_verify::Dual;

/// Weights of the two hidden units, then of the output.
const W: [f64; 4] = [0.5, -1.0, 2.0, 3.0];
const X: f64 = 0.8;
const T: f64 = -2.0;

/// y = 2 tanh(x / 2) + 3 tanh(−x), over any numbers.
pub(crate) fn y<S: Real>(x: S) -> S {
    let [w1, w2, v1, v2] = W.map(S::from_f64);
    v1 * (w1 * x).tanh() + v2 * (w2 * x).tanh()
}

/// dy/dx as a sum over both ways from x to y.
pub(crate) fn by_ways(x: f64) -> [f64; 2] {
    let way = |w: f64, v: f64| {
        let z = Real::tanh(w * x);
        v * (1.0 - z * z) * w // ∂y/∂z · ∂z/∂a · ∂a/∂x
    };
    [way(W[0], W[2]), way(W[1], W[3])]
}

/// What the engine says: E and δ of each hidden unit, ∂E/∂x, with biases b added to the pre-activations.
pub(crate) fn engine(b: [f64; 2]) -> Result<(f64, [f64; 2], f64), Box<dyn Error>> {
    let plan = Plan::new(stack(1).hidden(2, Act::Tanh).output(1, Act::Identity))?;
    let mut params = vec![0.0; plan.n_params()];
    let mut w = plan.weights_mut(&mut params, "h1", "input")?;
    (0..2).for_each(|j| w.row_mut(j)[0] = W[j]);
    plan.bias_mut(&mut params, "h1")?.copy_from_slice(&b);
    plan.weights_mut(&mut params, "out", "h1")?.row_mut(0).copy_from_slice(&W[2..]);
    let (mut ws, mut dw, mut dx) = (plan.workspace(1), vec![0.0; plan.n_params()], [0.0]);
    let (x, t) = ([X], [T]);
    let (loss, example) = (ErrorFunction::SumOfSquares, Examples::new(&x, Targets::Rows(&t)));
    let into = Gradient::replace(&mut dw).with_dx(&mut dx);
    let error = plan.gradient(&Reference, &loss, &params, &example, &mut ws, into)?;
    let delta = ws.delta("h1")?.row(0);
    Ok((error, [delta[0], delta[1]], dx[0]))
}

/// (E(a + h) − E(a − h)) / 2h for the pre-activation of one hidden unit.
pub(crate) fn nudged(unit: usize) -> Result<f64, Box<dyn Error>> {
    let h = 1.0 / 65536.0;
    let mut b = [0.0; 2];
    b[unit] = h;
    let up = engine(b)?.0;
    b[unit] = -h;
    Ok((up - engine(b)?.0) / (2.0 * h))
}

pub(crate) fn report() -> Result<String, Box<dyn Error>> {
    let [first, second] = by_ways(X);
    let dual = y(Dual::variable(X));
    let (error, delta, dx) = engine([0.0; 2])?;
    let r = dual.value - T;
    Ok([
        format!("Two ways from x to y, at x = {X}"),
        format!("  by z_1     ∂y/∂z_1 ∂z_1/∂x = {first:.6}"),
        format!("  by z_2     ∂y/∂z_2 ∂z_2/∂x = {second:.6}"),
        format!("  both                 dy/dx = {:.6}", first + second),
        format!("  by dual numbers      dy/dx = {:.6}", dual.derivative()),
        format!("The engine, t = {T}"),
        format!("  E = ½ (y − t)² = ½ · {r:.6}² = {error:.6}"),
        format!("  ∂E/∂x = (y − t) dy/dx = {:.6}, from the backward pass {dx:.6}", r * dual.derivative()),
        "What a nudge of a_j does to E".to_owned(),
        format!("  unit 1   (E(a + h) − E(a − h)) / 2h = {:.6},  δ_1 = {:.6}", nudged(0)?, delta[0]),
        format!("  unit 2   (E(a + h) − E(a − h)) / 2h = {:.6},  δ_2 = {:.6}", nudged(1)?, delta[1]),
    ]
    .join("\n")
    .replace('-', "−")
        + "\n")
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", report()?);
    Ok(())
}
