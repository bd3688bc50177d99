//! Exclusive or with bp-faer.

use bp_faer::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let x = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
    let xor = Examples::new(&x, Targets::Classes(&[0, 1, 1, 0]));
    let mut net: Network = Network::new(stack(2).hidden(8, Tanh).output(2, Softmax), 1)?;
    Trainer::new().rate(0.5).batch(4).epochs(500).fit(&mut net, &xor)?;
    println!("{:?}", net.classify(&x)?);
    Ok(())
}
