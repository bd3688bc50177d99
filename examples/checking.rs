//! Is a gradient right? By differences, whose error has a least size, and by a certificate, which has no tolerance.
//!
//! Run it with `cargo run -p bp-tests --example checking`.

use std::error::Error;

use bp_core::{Act, ErrorFunction, Examples, Gradient, Output, Plan, Reference, Targets, stack};
use bp_verify::{Certificate, Certify, Derivative, derivative};

/// sin x at x = 1, whose derivative is cos 1.
const X: f64 = 1.0;

/// |forward − f′|, |central − f′| for a step of 2⁻ⁿ.
pub(crate) fn difference(n: i32) -> [f64; 2] {
    let f = bp_core::Real::sin;
    let (h, slope) = ((1..=n).fold(1.0, |h, _| h / 2.0), bp_core::Real::cos(X));
    let forward: f64 = (f(X + h) - f(X)) / h - slope;
    let central: f64 = (f(X + h) - f(X - h)) / (2.0 * h) - slope;
    [forward.abs(), central.abs()]
}

/// Central differences of halved steps, extrapolated, with their own estimate of what is left.
pub(crate) fn extrapolated() -> Option<Derivative> {
    derivative(X, bp_core::Real::sin)
}

/// What the certificate says of a gradient whose entry 3 is multiplied by `factor`.
pub(crate) fn certificate(factor: f64) -> Result<Certificate, Box<dyn Error>> {
    let plan = Plan::new(stack(2).hidden(3, Act::Tanh).output(2, Output::Softmax))?;
    let params: Vec<f64> = (0..plan.n_params()).map(|i| f64::from(i as u32 * 37 % 100) / 64.0 - 0.7).collect();
    let loss = ErrorFunction::CrossEntropy;
    let examples = Examples::new(&[0.0, 1.0, 1.0, 0.5, -1.0, 0.25], Targets::Classes(&[1, 0, 1]));
    let mut ws = plan.workspace(3);
    let mut gradient = vec![0.0; plan.n_params()];
    plan.gradient(&Reference, &loss, &params, &examples, &mut ws, Gradient::replace(&mut gradient))?;

    gradient[3] *= factor;
    Ok(Certify::new().given_gradient(&plan, &loss, &params, &examples, &gradient)?)
}

pub(crate) fn report() -> Result<String, Box<dyn Error>> {
    let mut lines = vec!["The error of a difference, sin′ at 1".to_owned()];
    lines.push("  step      forward    central".to_owned());
    for n in [4, 10, 16, 26, 40] {
        let [forward, central] = difference(n);
        lines.push(format!("  2^-{n:<3}  {forward:9.0e}  {central:9.0e}"));
    }
    let best = extrapolated().ok_or("the sine is smooth")?;
    let (off, said) = ((best.value - bp_core::Real::cos(X)).abs(), best.truncation + best.noise);
    lines.push(format!("  extrapolated: off by less than {}, says less than {}", power(off), power(said)));
    let text = |what: &str, factor| Ok::<_, Box<dyn Error>>(indented(what, &certificate(factor)?.to_string()));
    lines.push(text("A gradient that is right", 1.0)?);
    lines.push(text("The same with one entry off by a billionth", 1.0 + 1e-9)?);
    Ok(lines.join("\n") + "\n")
}

/// The next power of ten above.
fn power(x: f64) -> String {
    let n = (0..300).find(|n| !(x < format!("1e-{}", n + 1).parse().unwrap_or(0.0))).unwrap_or(300);
    format!("1e-{n}")
}

/// A heading and an indented text below.
fn indented(heading: &str, text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| format!("\n  {line}"));
    heading.to_owned() + &lines.collect::<String>()
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", report()?);
    Ok(())
}
