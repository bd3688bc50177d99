//! Seeds are a promise: short trainings on the reference backend, whose bits are written down here. A change of these
//! hashes is a change of what users get for their seeds; docs/determinism.md says when that may be.

use bp_core::{Act, Examples, Float, Output, Reference, Targets, stack};
use bp_tests::nets::values;
use bp_tests::suite::{bits, scalars};
use bp_train::{Adam, Network, Optimizer, Schedule, Sgd, Trainer};

/// FNV-1a of the bits of all parameters and of the errors of all epochs.
fn hash<S: Float>(hidden: Act, output: Output, optimizer: impl Optimizer<S> + 'static, schedule: Schedule) -> u64 {
    let x: Vec<S> = scalars(&values(61, 60));
    let classes: Vec<u32> = (0..20).map(|n| (7 * n + n / 5) % 3).collect();
    let examples = Examples::new(&x, Targets::Classes(&classes));
    let mut net = Network::<Reference, S>::new(stack(3).hidden(6, hidden).output(3, output), 11).expect("a network");
    net.standardize(&examples).expect("shapes fit");
    let mut trainer = Trainer::new().optimizer(optimizer).schedule(schedule).rate(0.05).batch(6).epochs(6).seed(12);
    let history = trainer.fit(&mut net, &examples).expect("training");
    let errors = history.epochs.iter().map(|record| record.error.to_bits());
    let bytes = bits(net.params()).into_iter().chain(errors).flat_map(u64::to_le_bytes);
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

fn all<S: Float>() -> [u64; 3] {
    [
        hash::<S>(Act::Tanh, Output::Softmax, Adam::new(), Schedule::warmup(3).then(3, Schedule::cosine(20))),
        hash::<S>(Act::Gelu, Output::Each(Act::Logistic), Sgd::new().momentum(0.9), Schedule::exponential(0.97)),
        hash::<S>(Act::Relu, Output::Softmax, Sgd::new(), Schedule::Constant),
    ]
}

#[test]
fn known_bits_in_f32() {
    assert_eq!(all::<f32>(), [16538902676679646826, 1957383732558274218, 15056033994938869595]);
}

#[test]
fn known_bits_in_f64() {
    assert_eq!(all::<f64>(), [1061552448147312934, 12600592737424702484, 13429718112921442789]);
}
