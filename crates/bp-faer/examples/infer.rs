//! A program that only predicts: `bp-faer = { version = "…", default-features = false }`, without trainer and threads.
use bp_faer::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let net: Network = Network::from_bytes(include_bytes!("xor.bp"))?;
    let classes = net.classify(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])?;
    println!("0 xor 0, 0 xor 1, 1 xor 0, 1 xor 1 = {classes:?}");
    if classes != [0, 1, 1, 0] {
        return Err("this is not exclusive or".into());
    }
    Ok(())
}
