//! A hidden unit with two consumers: its δ is a sum of two terms, and leaving one out is the classic mistake.
//!
//! x → h1 → h2 → out, and a skip connection h1 → out; one unit each, tanh, no biases.
//!
//! Run it with `cargo run -p bp-tests --example skip`.

use std::error::Error;

use bp_core::{Act, Architecture, ErrorFunction, Examples, Gradient, INPUT, Layer, Output, Plan, Reference, Targets};

/// h1 from x, h2 from h1, out from h2, out from h1.
pub(crate) const W: [f64; 4] = [0.5, -0.8, 0.6, 0.9];
pub(crate) const X: [f64; 1] = [1.0];
pub(crate) const T: [f64; 1] = [1.0];

/// What the engine found for h1.
pub(crate) struct Skip {
    /// Of h2 from h1, of out from h1.
    pub(crate) weights: [f64; 2],
    pub(crate) z: f64,
    pub(crate) delta_h2: f64,
    pub(crate) delta_out: f64,
    pub(crate) delta: f64,
    /// ∂E/∂w of the weight from x to h1.
    pub(crate) gradient: f64,
    /// The same from two values of E.
    pub(crate) difference: f64,
}

/// The network: `out` is fed by two layers, so h1 has two consumers.
pub(crate) fn network() -> Architecture {
    let h1 = Layer::new("h1", 1, Act::Tanh).dense(INPUT).without_bias();
    let h2 = Layer::new("h2", 1, Act::Tanh).dense("h1").without_bias();
    let out = Layer::new("out", 1, Output::Each(Act::Identity)).dense("h2").dense("h1").without_bias();
    Architecture::new(1, vec![h1, h2], out)
}

/// One forward and one backward pass, and E at two neighbours of the first weight.
pub(crate) fn skip() -> Result<Skip, Box<dyn Error>> {
    let plan = Plan::new(network())?;
    let (loss, example) = (ErrorFunction::SumOfSquares, Examples::new(&X, Targets::Rows(&T)));
    let mut ws = plan.traced_workspace(1);
    let mut gradient = [0.0; 4];
    plan.forward(&Reference, &W, &X, &mut ws)?;
    plan.backward(&Reference, &loss, &W, &example, &mut ws, Gradient::replace(&mut gradient))?;
    let delta = |layer: &str| Ok::<f64, Box<dyn Error>>(ws.delta(layer)?.row(0)[0]);
    let (delta_h2, delta_out, delta) = (delta("h2")?, delta("out")?, delta("h1")?);
    let z = ws.z("h1")?.row(0)[0];

    let h = 1.0 / 65536.0;
    let mut error_at = |w: f64| -> Result<f64, Box<dyn Error>> {
        plan.forward(&Reference, &[w, W[1], W[2], W[3]], &X, &mut ws)?;
        Ok(plan.error(&loss, &example, &ws)?)
    };
    let difference = (error_at(W[0] + h)? - error_at(W[0] - h)?) / (2.0 * h);
    Ok(Skip { weights: [W[1], W[3]], z, delta_h2, delta_out, delta, gradient: gradient[0], difference })
}

/// The sum over both consumers, then the check.
pub(crate) fn report() -> Result<String, Box<dyn Error>> {
    let s = skip()?;
    let ([w_h2, w_out], slope) = (s.weights, 1.0 - s.z * s.z);
    let (by_h2, by_out) = (w_h2 * s.delta_h2, w_out * s.delta_out);
    Ok([
        "δ of h1 = h′(a) (w_h2 δ_h2 + w_out δ_out)".to_owned(),
        format!("  through h2   {w_h2} · {:.6} = {by_h2:.6}", s.delta_h2),
        format!("  by the skip  {w_out} · {:.6} = {by_out:.6}", s.delta_out),
        format!("  {slope:.6} · ({by_h2:.6} + {by_out:.6}) = {:.6}", s.delta),
        format!("  ∂E/∂w from x = δ x = {:.6}, central difference {:.6}", s.gradient, s.difference),
        format!("  without the skip's term it would be {:.6}", slope * by_h2),
    ]
    .join("\n")
    .replace('-', "−")
        + "\n")
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", report()?);
    Ok(())
}
