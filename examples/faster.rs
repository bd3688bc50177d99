//! Going faster without another result: batches, threads, single precision, networks of fixed shape, and what to count.
//!
//! Run it with `cargo run -p bp-tests --example faster`.

use std::error::Error;

use bp_core::{Act, Backend, Examples, Float, Output, Plan, Reference, Targets, stack};
use bp_faer::Faer;
use bp_tiny::{Convert, Identity, Layer, Net, Output as TinyOutput, Sgd, Tanh};
use bp_train::{Network, Philox, Trainer, stream};
use bp_verify::{Poly, multiplications};

/// The parameters after two epochs, as numbers that hold both precisions.
pub(crate) fn trained<S: Float, B: Backend<S> + 'static>(backend: B) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut rng = Philox::new(3, stream::DATA);
    let x: Vec<S> = (0..256 * 64).map(|_| S::from_f64(rng.unit() - 0.5)).collect();
    let classes: Vec<u32> = (0..256).map(|_| rng.below(10) as u32).collect();
    let layers = stack(64).hidden(128, Act::Tanh).output(10, Output::Softmax);
    let mut net = Network::<B, S>::on(backend, layers, 1)?;
    let rows = Examples::new(&x, Targets::Classes(&classes));
    Trainer::new().rate(0.25).batch(128).epochs(2).fit(&mut net, &rows)?;
    Ok(net.params().iter().map(|w| w.to_f64()).collect())
}

fn same_bits(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

/// 2-8-1, four examples one by one, on the engine and without a heap: do the weights have the same bits?
pub(crate) fn tiny() -> Result<bool, Box<dyn Error>> {
    type Tiny = Layer<2, 8, Tanh, TinyOutput<8, 1, Identity>>;
    let layers = stack(2).hidden(8, Act::Tanh).output(1, Act::Identity);
    let mut net = Network::<Reference, f32>::new(layers, 1)?;
    let mut tiny = Tiny::from_network(&net)?;
    let examples = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])];
    for (x, t) in &examples {
        tiny.learn(x, t, &Sgd::new(0.125));
        Trainer::new().rate(0.125).batch(1).epochs(1).fit(&mut net, &Examples::new(x, Targets::Rows(t)))?;
    }
    let learned: Network<Reference, f32> = tiny.to_network();
    Ok(learned.params().iter().zip(net.params()).all(|(a, b)| a.to_bits() == b.to_bits()))
}

/// Multiplications of 784-128-10 per example, forward and backward, with activations of two multiplications.
pub(crate) fn cost(rows: usize) -> Result<[f64; 2], Box<dyn Error>> {
    let plan = Plan::new(bp_core::Stack::new(784).hidden(128, Poly::IDENTITY).output(10, Poly::IDENTITY))?;
    let cost = multiplications(&plan, &Reference, rows)?;
    Ok([cost.forward, cost.backward].map(|count| count as f64 / rows as f64))
}

pub(crate) fn report() -> Result<String, Box<dyn Error>> {
    let one = trained::<f32, _>(Faer::with_threads(1))?;
    let two = trained::<f32, _>(Faer::with_threads(2))?;
    let wide = trained::<f64, _>(Faer::with_threads(1))?;
    let apart = one.iter().zip(&wide).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let yes = |is: bool| if is { "yes" } else { "no" };
    let [forward, backward] = cost(4)?;
    let weights = 784 * 128 + 128 * 10;
    Ok([
        "The same result".to_owned(),
        format!("  one thread and two, bit by bit: {}", yes(same_bits(&one, &two))),
        format!("  f32 within 1e-6 of f64, every weight: {}", yes(apart < 1e-6)),
        format!("  bp-tiny and the engine, bit by bit: {}", yes(tiny()?)),
        "Multiplications per example, 784-128-10, batches of 4".to_owned(),
        format!("  weights  {weights}"),
        format!("  forward  {forward:.0} = {:.2} a weight", forward / f64::from(weights)),
        format!("  backward {backward:.0} = {:.2} a weight, with ∂E/∂x", backward / f64::from(weights)),
    ]
    .join("\n")
        + "\n")
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", report()?);
    Ok(())
}
