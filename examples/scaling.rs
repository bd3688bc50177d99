//! Scaling rules, as the code has them: standardised columns, initial weights, learning rate and batch size.
//!
//! Run it with `cargo run -p bp-tests --example scaling`.

use std::error::Error;

use bp_core::{Act, Examples, Init, Plan, Reference, Targets, stack};
use bp_train::{Network, Philox, Reduction, Trainer, stream};

type Net = Network<Reference, f64>;

/// Thirty-two rows: a length in metres and a weight in grams, and what depends on both.
pub(crate) fn data() -> (Vec<f64>, Vec<f64>) {
    let mut rng = Philox::new(5, stream::DATA);
    let (mut x, mut t) = (vec![], vec![]);
    for _ in 0..32 {
        let (u, v) = (rng.unit(), rng.unit());
        x.extend([1.0 + 0.5 * u, 400.0 + 600.0 * v]);
        t.push(20.0 + 30.0 * (u - v) * (u + v));
    }
    (x, t)
}

/// RMSE after 200 epochs, with the columns as they are or standardised; `None` where training ends in numbers that are
/// not finite.
pub(crate) fn train(rate: f64, standardized: bool) -> Result<Option<f64>, Box<dyn Error>> {
    let (x, t) = data();
    let rows = Examples::new(&x, Targets::Rows(&t));
    let mut net = Net::new(stack(2).hidden(8, Act::Tanh).output(1, Act::Identity), 1)?;
    if standardized {
        net.standardize(&rows)?;
    }
    match Trainer::new().rate(rate).batch(8).epochs(200).fit(&mut net, &rows) {
        Ok(_) => Ok(net.evaluate(&rows)?.rmse),
        Err(bp_train::TrainError::NonFinite { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The root of the mean square of z in each of ten tanh layers of 64 units: weights as the network draws them, times
/// `factor`.
pub(crate) fn sizes(factor: f64) -> Result<Vec<f64>, Box<dyn Error>> {
    let layers = (0..10).fold(stack(64).without_bias(), |stack, _| stack.hidden(64, Act::Tanh));
    let plan = Plan::new(layers.output(1, Act::Identity))?;
    let mut rng = Philox::new(2, stream::INIT);
    let mut params = vec![0.0; plan.n_params()];
    plan.init(&mut params, None, &mut rng);
    params.iter_mut().for_each(|w| *w *= factor);
    let x: Vec<f64> = (0..16 * 64).map(|_| 3.4641 * (rng.unit() - 0.5)).collect();
    let mut ws = plan.traced_workspace(16);
    plan.forward(&Reference, &params, &x, &mut ws)?;
    (1..=10)
        .map(|l| {
            let z = ws.z(&format!("h{l}"))?;
            let sum: f64 = (0..16).flat_map(|n| z.row(n)).map(|z| z * z).sum();
            Ok((sum / (16.0 * 64.0)).sqrt())
        })
        .collect()
}

/// The parameters after three epochs of batches of eight.
pub(crate) fn trained(reduction: Reduction, rate: f64) -> Result<Vec<f64>, Box<dyn Error>> {
    let (x, t) = data();
    let rows = Examples::new(&x, Targets::Rows(&t));
    let mut net = Net::new(stack(2).hidden(8, Act::Tanh).output(1, Act::Identity), 1)?;
    net.standardize(&rows)?;
    Trainer::new().reduction(reduction).rate(rate).batch(8).epochs(3).fit(&mut net, &rows)?;
    Ok(net.params().to_vec())
}

pub(crate) fn report() -> Result<String, Box<dyn Error>> {
    let (x, t) = data();
    let mut net = Net::new(stack(2).output(1, Act::Identity), 1)?;
    net.standardize(&Examples::new(&x, Targets::Rows(&t)))?;
    let scaling = net.input_scaling().ok_or("inputs have a standardiser now")?;
    let (mean, scale) = (scaling.mean(), scaling.scale());
    let mut first = [x[0], x[1]];
    scaling.apply(&mut first);
    let rmse = |rate, standardized| {
        let found = train(rate, standardized)?;
        Ok::<_, Box<dyn Error>>(found.map_or("not finite".to_owned(), |rmse| format!("{rmse:.2}")))
    };
    let mut lines = vec![
        "Two columns, metres and grams".to_owned(),
        format!("  mean {:.2} and {:.1}, deviation {:.3} and {:.1}", mean[0], mean[1], scale[0], scale[1]),
        format!("  the first row ({:.3}, {:.1}) becomes ({:.2}, {:.2})", x[0], x[1], first[0], first[1]),
        "RMSE after 200 epochs (columns as they are, standardised)".to_owned(),
    ];
    for rate in [0.001, 0.01, 0.1] {
        lines.push(format!("  rate {rate:<5}  {:>10}  {:>10}", rmse(rate, false)?, rmse(rate, true)?));
    }
    lines.push("Variance of a weight, 64 units to 64".to_owned());
    for (init, what) in [
        (Init::GlorotUniform, "2 / (in + out)"),
        (Init::HeUniform, "2 / in        "),
        (Init::LeCunUniform, "1 / in        "),
    ] {
        lines.push(format!("  {:<14} {what} = {:.6}", format!("{init:?}"), init.variance(64.0, 64.0)));
    }
    lines.push("Root mean square of z, layers 1, 4, 7, 10 of ten tanh layers".to_owned());
    for factor in [0.5, 1.0, 3.0] {
        let z = sizes(factor)?;
        let [a, b, c, d] = [0, 3, 6, 9].map(|l| z[l]);
        lines.push(format!("  weights × {factor:<4} {a:8.4} {b:8.4} {c:8.4} {d:8.4}"));
    }
    let same = trained(Reduction::Mean, 0.25)?
        .iter()
        .zip(&trained(Reduction::Sum, 0.25 / 8.0)?)
        .all(|(a, b)| a.to_bits() == b.to_bits());
    lines.push("Learning rate and batch size".to_owned());
    let is = if same { "the same parameters, bit by bit" } else { "other parameters" };
    lines.push(format!("  mean with η = 1/4, sum with η = 1/4 / 8, batches of 8: {is}"));
    Ok(lines.join("\n").replace('-', "−") + "\n")
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", report()?);
    Ok(())
}
