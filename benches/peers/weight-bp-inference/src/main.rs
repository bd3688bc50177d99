//! Exclusive or with bp-faer, learned before.

use bp_faer::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let net: Network = Network::from_bytes(include_bytes!("../../../../crates/bp-faer/examples/xor.bp"))?;
    println!("{:?}", net.classify(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])?);
    Ok(())
}
