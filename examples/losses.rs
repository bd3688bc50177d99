//! Error functions and output functions: the pairs for which δ = y − t, and one for which it is not.
//!
//! Run it with `cargo run -p bp-tests --example losses`.

use std::error::Error;

use bp_core::{Act, ErrorFunction, Examples, Gradient, Output, Plan, Reference, Targets, stack};

/// y, δ and E.
pub(crate) type Outcome = (Vec<f64>, Vec<f64>, f64);

/// y, δ and E of a layer whose pre-activations are `a`: one input of 1, a weight for each, no bias.
pub(crate) fn output(function: Output, loss: ErrorFunction, a: &[f64], t: &[f64]) -> Result<Outcome, Box<dyn Error>> {
    let plan = Plan::new(stack(1).without_bias().output(a.len(), function))?;
    let example = Examples::new(&[1.0], Targets::Rows(t));
    let mut ws = plan.workspace(1);
    let mut dw = vec![0.0; a.len()];
    let error = plan.gradient(&Reference, &loss, a, &example, &mut ws, Gradient::replace(&mut dw))?;
    Ok((ws.y().row(0).to_vec(), ws.delta("out")?.row(0).to_vec(), error))
}

/// The partner of each output function, with targets that are possible for it.
pub(crate) fn canonical() -> [(Output, ErrorFunction, [f64; 3]); 4] {
    [
        (Output::Each(Act::Identity), ErrorFunction::SumOfSquares, [0.5, 0.0, -1.0]),
        (Output::Softmax, ErrorFunction::CrossEntropy, [0.0, 1.0, 0.0]),
        (Output::Each(Act::Logistic), ErrorFunction::BinaryCrossEntropy, [1.0, 1.0, 0.0]),
        (Output::Exp, ErrorFunction::Poisson, [3.0, 0.0, 1.0]),
    ]
}

/// A vector with so many digits.
fn row(values: &[f64], digits: usize) -> String {
    values.iter().map(|v| format!("{v:9.digits$}").replace('-', "−")).collect()
}

const A: [f64; 3] = [1.0, -0.5, 0.25];

pub(crate) fn report() -> Result<String, Box<dyn Error>> {
    let mut lines = vec![format!("Canonical pairs, a =     {}", row(&A, 4))];
    for (function, loss, t) in canonical() {
        let (y, delta, error) = output(function.clone(), loss, &A, &t)?;
        lines.push(format!("  {function} with {loss}, E = {error:.4}"));
        lines.push(format!("    y                    {}", row(&y, 4)));
        lines.push(format!("    t                    {}", row(&t, 4)));
        lines.push(format!("    δ = y − t            {}", row(&delta, 4)));
    }
    lines.push("Another pair: tanh outputs with squares, t = 1".to_owned());
    let (y, delta, _) = output(Act::Tanh.into(), ErrorFunction::SumOfSquares, &A, &[1.0; 3])?;
    let by_hand: Vec<f64> = y.iter().map(|y| (y - 1.0) * (1.0 - y * y)).collect();
    let difference: Vec<f64> = y.iter().map(|y| y - 1.0).collect();
    lines.push(format!("    y − t = ∂E/∂y        {}", row(&difference, 4)));
    lines.push(format!("    (y − t) (1 − y²)     {}", row(&by_hand, 4)));
    lines.push(format!("    δ of the engine      {}", row(&delta, 4)));

    lines.push("Far out: softmax of a = (1000, 0, −1000), the right class is the last".to_owned());
    let t = [0.0, 0.0, 1.0];
    let (y, delta, error) = output(Output::Softmax, ErrorFunction::CrossEntropy, &[1000.0, 0.0, -1000.0], &t)?;
    lines.push(format!("    y                    {}", row(&y, 1)));
    lines.push(format!("    δ                    {}", row(&delta, 1)));
    lines.push(format!("    E = −ln y_3 =        {error:9.1}"));
    Ok(lines.join("\n") + "\n")
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", report()?);
    Ok(())
}
