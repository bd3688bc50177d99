//! The lecture's example, «Backpropagation with tanh»: from x to updated weights, every number with its formula.
//!
//! A two-layer network with three tanh hidden units, K = 2 linear outputs and no biases. i counts inputs, j hidden
//! units, k outputs. The engine computes; this program only prints what stands in its workspace.
//!
//! Run it with `cargo run -p bp-tests --example lecture`.

use std::error::Error;
use std::fmt::Write;

use bp_core::{Act, ErrorFunction, Examples, Gradient, Plan, Reference, Targets, stack};

/// The learning rate η.
const RATE: f64 = 0.1;
/// The input, one example. z = x: inputs are not squashed.
const X: [f64; 2] = [1.0, -1.0];
/// The target.
const T: [f64; 2] = [0.5, -0.5];
/// First layer, w_ji, a row per hidden unit; then second layer, w_kj, a row per output.
const W: [f64; 12] = [0.1, -0.2, 0.4, 0.3, -0.5, 0.2, 0.7, -0.1, 0.2, 0.3, 0.5, -0.6];

/// Everything the engine computes on the way, rows as above.
#[derive(Debug, Clone)]
pub(crate) struct Lesson {
    pub(crate) a: Vec<f64>,
    pub(crate) z: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) delta_k: Vec<f64>,
    pub(crate) delta_j: Vec<f64>,
    pub(crate) gradient: Vec<f64>,
    pub(crate) updated: Vec<f64>,
    pub(crate) error_before: f64,
    pub(crate) error_after: f64,
}

/// One step of gradient descent.
pub(crate) fn lesson() -> Result<Lesson, Box<dyn Error>> {
    let plan = Plan::new(stack(2).without_bias().hidden(3, Act::Tanh).output(2, Act::Identity))?;
    let loss = ErrorFunction::SumOfSquares; // E = ½ Σ (y − t)²; the ½ is what makes δ = y − t
    let example = Examples::new(&X, Targets::Rows(&T));
    let mut ws = plan.traced_workspace(1);
    let mut gradient = vec![0.0; plan.n_params()];

    // Forward propagation, then back propagation. The engine calls the layers h1 and out.
    plan.forward(&Reference, &W, &X, &mut ws)?;
    let error_before = plan.error(&loss, &example, &ws)?;
    plan.backward(&Reference, &loss, &W, &example, &mut ws, Gradient::replace(&mut gradient))?;
    let (a, z, y) = (ws.a("h1")?.row(0).to_vec(), ws.z("h1")?.row(0).to_vec(), ws.y().row(0).to_vec());
    let (delta_k, delta_j) = (ws.delta("out")?.row(0).to_vec(), ws.delta("h1")?.row(0).to_vec());

    // The update, only now: every error went back through the old weights.
    let updated: Vec<f64> = W.iter().zip(&gradient).map(|(w, g)| w - RATE * g).collect();
    plan.forward(&Reference, &updated, &X, &mut ws)?;
    let error_after = plan.error(&loss, &example, &ws)?;
    Ok(Lesson { a, z, y, delta_k, delta_j, gradient, updated, error_before, error_after })
}

/// The lesson as text.
pub(crate) fn report(l: &Lesson) -> Result<String, std::fmt::Error> {
    let mut s = String::new();
    let (w1, w2) = W.split_at(6);
    writeln!(s, "A network with 2 inputs, 3 tanh hidden units, 2 linear outputs, no biases")?;
    writeln!(s, "x = ({}, {})   t = ({}, {})   η = {RATE}", X[0], X[1], T[0], T[1])?;

    writeln!(s, "\nForward propagation: a_j = Σ_i w⁽¹⁾_ji x_i,  z_j = tanh(a_j),  y_k = Σ_j w⁽²⁾_kj z_j\n")?;
    for (j, w) in w1.chunks_exact(2).enumerate() {
        let n = j + 1;
        writeln!(s, "  a_{n} = w⁽¹⁾_{n}1 x_1 + w⁽¹⁾_{n}2 x_2 = {} = {:.6}", products(w, &X), l.a[j])?;
    }
    for j in 0..3 {
        writeln!(s, "  z_{n} = tanh(a_{n}) = tanh({:.6}) = {:.6}", l.a[j], l.z[j], n = j + 1)?;
    }
    for (k, w) in w2.chunks_exact(3).enumerate() {
        let n = k + 1;
        writeln!(s, "  y_{n} = Σ_j w⁽²⁾_{n}j z_j = {} = {:.6}", products(w, &l.z), l.y[k])?;
    }
    writeln!(s, "\n  E = ½ Σ_k (y_k − t_k)² = {:.6}", l.error_before)?;

    writeln!(s, "\nErrors of the outputs: δᵒᵘᵗ_k = y_k − t_k\n")?;
    for (k, t) in T.into_iter().map(factor).enumerate() {
        let n = k + 1;
        writeln!(s, "  δᵒᵘᵗ_{n} = y_{n} − t_{n} = {:.6} − {t} = {:.6}", l.y[k], l.delta_k[k])?;
    }

    writeln!(s, "\nErrors of the hidden units: δ_j = h′(a_j) Σ_k w⁽²⁾_kj δᵒᵘᵗ_k,  h′(a_j) = 1 − z_j²\n")?;
    for j in 0..3 {
        let (n, z, column) = (j + 1, factor(l.z[j]), [w2[j], w2[3 + j]]);
        writeln!(s, "  δ_{n} = (1 − z_{n}²) (w⁽²⁾_1{n} δᵒᵘᵗ_1 + w⁽²⁾_2{n} δᵒᵘᵗ_2)")?;
        writeln!(s, "      = (1 − {z}²) ({}) = {:.6}", products(&column, &l.delta_k), l.delta_j[j])?;
    }

    writeln!(s, "\nGradient and update: w ← w − η ∂E/∂w\n")?;
    writeln!(s, "  first layer: ∂E/∂w⁽¹⁾_ji = δ_j x_i")?;
    for at in 0..6 {
        let (j, i) = (at / 2, at % 2);
        writeln!(s, "{}", update(at, (j, i), (l.delta_j[j], X[i]), l))?;
    }
    writeln!(s, "  second layer: ∂E/∂w⁽²⁾_kj = δᵒᵘᵗ_k z_j")?;
    for at in 6..12 {
        let (k, j) = ((at - 6) / 3, (at - 6) % 3);
        writeln!(s, "{}", update(at, (k, j), (l.delta_k[k], l.z[j]), l))?;
    }
    writeln!(s, "\nThe error: E = {:.6} before, {:.6} after the step", l.error_before, l.error_after)?;
    Ok(s.replace('-', "−"))
}

/// w₁ z₁ + w₂ z₂ + … with numbers.
fn products(w: &[f64], z: &[f64]) -> String {
    let product = |(w, z): (&f64, &f64)| format!("{}·{}", factor(*w), factor(*z));
    w.iter().zip(z).map(product).collect::<Vec<_>>().join(" + ")
}

/// At most six digits, negative ones in parentheses.
fn factor(x: f64) -> String {
    let text = format!("{x:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if x < 0.0 { format!("({text})") } else { text.into() }
}

/// One line: the gradient as a product of δ and z, and what it does to the weight.
fn update(at: usize, (to, from): (usize, usize), (delta, z): (f64, f64), l: &Lesson) -> String {
    let (to, from, product) = (to + 1, from + 1, format!("{}·{}", factor(delta), factor(z)));
    let (gradient, old, new) = (l.gradient[at], W[at], l.updated[at]);
    format!("    ∂E/∂w_{to}{from} = {product:<23} = {gradient:9.6}   w_{to}{from}: {old:4} → {new:9.6}")
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", report(&lesson()?)?);
    Ok(())
}
