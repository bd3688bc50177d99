//! Short trainings on every backend, one line each with a hash of their bits: what a debug and a release build must print
//! alike on one machine, and 1 and 2 threads within a build.
//!
//! ```sh
//! cargo run -q -p bp-tests --example runs >debug.txt
//! cargo run -q --release -p bp-tests --example runs | diff debug.txt -
//! ```
//!
//! The products are large enough to be shared between threads, and in one layer to be packed where a processor has vectors
//! of 512 bits. No hash is committed for `faer` and `ndarray`: their libraries choose kernels by what a processor can do.

use bp_core::{Act, Backend, Examples, Float, Output, Reference, Targets, stack};
use bp_faer::{Element as FaerElement, Faer};
use bp_ndarray::{Element as NdarrayElement, Ndarray};
use bp_tests::nets::values;
use bp_tests::suite::{bits, scalars};
use bp_train::{Adam, Network, Trainer};

const ROWS: usize = 96;
const WIDTH: usize = 400;

/// FNV-1a of the bits of all parameters and of the errors of all epochs.
fn hash<S: Float>(backend: impl Backend<S>) -> u64 {
    let x: Vec<S> = scalars(&values(61, ROWS * WIDTH));
    let classes: Vec<u32> = (0..ROWS as u32).map(|n| (7 * n + n / 5) % 3).collect();
    let examples = Examples::new(&x, Targets::Classes(&classes));
    let architecture = stack(WIDTH).hidden(WIDTH, Act::Tanh).hidden(33, Act::Gelu).output(3, Output::Softmax);
    let mut net = Network::on(backend, architecture, 11).expect("a network");
    net.standardize(&examples).expect("shapes fit");
    let mut trainer = Trainer::new().optimizer(Adam::new()).rate(0.01).batch(40).epochs(2).seed(12).dropout(0.1);
    let history = trainer.fit(&mut net, &examples).expect("training");
    let errors = history.epochs.iter().map(|record| record.error.to_bits());
    let bytes = bits(net.params()).into_iter().chain(errors).flat_map(u64::to_le_bytes);
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

fn lines<S: FaerElement + NdarrayElement>() {
    println!("reference {}  {:016x}", S::NAME, hash::<S>(Reference));
    for threads in [1, 2] {
        let [faer, ndarray] = [hash::<S>(Faer::with_threads(threads)), hash::<S>(Ndarray::with_threads(threads))];
        println!("faer      {}  {faer:016x}  {threads} threads", S::NAME);
        println!("ndarray   {}  {ndarray:016x}  {threads} threads", S::NAME);
    }
}

fn main() {
    lines::<f32>();
    lines::<f64>();
}
