//! Gradients in blocks of rows: the gradient of the whole batch, the same bits for any number of threads.

use bp_core::{Act, Backend, Examples, Float, Output, Reference, Targets, stack};
use bp_faer::Faer;
use bp_ndarray::Ndarray;
use bp_tests::nets::{integers, values};
use bp_tests::suite::{bits, scalars};
use bp_train::{Adam, Network, Reduction, Trainer};

/// Linear layers, small integers, dropout by one half and rates that are powers of two: every sum is exact in double
/// precision, in any order, so blocks and the whole must agree to the bit.
#[test]
fn the_sum_over_blocks_is_the_gradient_of_the_batch() {
    let rows = 13;
    let (x, t) = (integers(1, 3 * rows, 3), integers(2, 2 * rows, 3));
    let weights: Vec<f64> = integers(3, rows, 1).iter().map(|w| w + 2.0).collect();
    let run = |block: Option<usize>| {
        let net = stack(3).hidden(4, Act::Identity).hidden(5, Act::Identity).output(2, Act::Identity);
        let mut net = Network::<Reference, f64>::new(net, 1).expect("a network");
        let whole = integers(4, net.params().len(), 1);
        net.params_mut().copy_from_slice(&whole);
        let mut trainer =
            Trainer::new().reduction(Reduction::Sum).rate(1.0 / 1024.0).batch(rows).epochs(1).dropout(0.5);
        trainer = block.into_iter().fold(trainer, Trainer::data_parallel);
        let examples = Examples::new(&x, Targets::Rows(&t)).weighted(&weights);
        let history = trainer.fit(&mut net, &examples).expect("training");
        // One step: integers, and 2⁻¹⁰ times integers, far below 2⁴⁰.
        for w in net.params() {
            assert!((w * 1024.0).fract() == 0.0 && w.abs() < f64::from(1 << 30), "{w} was rounded");
        }
        (bits(net.params()), history.epochs[0].error)
    };
    let (want, error) = run(None);
    for block in (1..=14).chain([100]) {
        let got = run(Some(block));
        assert!(got.0 == want, "blocks of {block} rows");
        // The error of a batch is added up in blocks too.
        assert!((got.1 - error).abs() <= 1e-12 * error, "blocks of {block} rows: {} and {error}", got.1);
    }
}

/// Parameters after a training with everything that is random.
fn trained<B: Backend<S>, S: Float>(backend: B) -> Vec<u64> {
    let (x, classes): (Vec<S>, Vec<u32>) = (scalars(&values(1, 5 * 130)), (0..130).map(|n| n % 3).collect());
    let net = stack(5).hidden(8, Act::Tanh).hidden(7, Act::Relu).output(3, Output::Softmax);
    let mut net = Network::on(backend, net, 5).expect("a network");
    let mut trainer =
        Trainer::new().optimizer(Adam::new()).rate(0.01).batch(60).epochs(3).dropout(0.25).data_parallel(7);
    trainer.fit(&mut net, &Examples::new(&x, Targets::Classes(&classes))).expect("training");
    bits(net.params())
}

#[test]
fn threads_change_nothing() {
    let want = [trained::<_, f32>(Faer::with_threads(1)), trained::<_, f64>(Ndarray::with_threads(1))];
    for threads in [2, 3, 4, 8] {
        assert!(trained::<_, f32>(Faer::with_threads(threads)) == want[0], "faer, {threads} threads");
        assert!(trained::<_, f64>(Ndarray::with_threads(threads)) == want[1], "ndarray, {threads} threads");
    }
}

/// Where a number that is not finite began is said as it is for a batch in one.
#[test]
fn what_is_not_finite_is_named() {
    let mut x = values(1, 2 * 24);
    x[31] = f64::INFINITY;
    let t = values(2, 24);
    let say = |trainer: Trainer<f64>| {
        let mut net =
            Network::<Reference, f64>::new(stack(2).hidden(3, Act::Tanh).output(1, Act::Identity), 1).unwrap();
        let before = net.params().to_vec();
        let error =
            trainer.batch(24).fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).expect_err("an infinite input");
        assert_eq!(net.params(), before);
        error.to_string()
    };
    let want = say(Trainer::new());
    assert!(want.contains("became NaN in epoch 1, step 1"), "{want}");
    assert_eq!(say(Trainer::new().data_parallel(5)), want);
    let error = say(Trainer::new().data_parallel(0));
    assert_eq!(error, "the number of rows of a block is 0, expected at least 1");
}
