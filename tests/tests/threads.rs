//! Threads choose who computes, never what: 1 to 8 threads give the same bits.

use bp_core::{Accum, Act, Backend, Examples, Float, MatMut, MatRef, Output, Targets, stack};
use bp_faer::Faer;
use bp_ndarray::Ndarray;
use bp_tests::nets::values;
use bp_tests::suite::{bits, scalars};
use bp_train::{
    Adadelta, Adagrad, Adam, AdamW, Adamax, Lion, NAdam, Network, Optimizer, RAdam, RmsProp, Rprop, Sgd, Trainer,
};

/// From this many multiply-adds on a product is cut into tiles.
const TILED: usize = 1 << 19;

/// Parameters after a few epochs, predictions and an evaluation over more than a block of rows, as bits.
fn trained<B: Backend<S>, S: Float>(backend: B, [inputs, hidden, outputs]: [usize; 3], batch: usize) -> Vec<u64> {
    let rows = 2 * batch + batch / 2; // the last batch is a partial one
    let x: Vec<S> = scalars(&values(1, rows * inputs));
    let classes: Vec<u32> = (0..rows as u32).map(|n| n % outputs as u32).collect();
    let examples = Examples::new(&x, Targets::Classes(&classes));
    let net = stack(inputs).hidden(hidden, Act::Tanh).output(outputs, Output::Softmax);
    let mut net = Network::on(backend, net, 5).expect("a network");
    Trainer::new().optimizer(Adam::new()).rate(0.01).batch(batch).epochs(2).fit(&mut net, &examples).expect("training");
    // Plain descent changes the weights inside the backward pass.
    Trainer::new().optimizer(Sgd::new()).rate(0.01).batch(batch).epochs(2).fit(&mut net, &examples).expect("training");
    let y = net.predict(&x).expect("whole rows");
    let evaluation = net.evaluate(&examples).expect("whole rows");
    let figures = [evaluation.error, evaluation.accuracy.unwrap_or(f64::NAN)];
    [bits(net.params()), bits(&y), bits(&figures)].concat()
}

fn check_training<B: Backend<S>, S: Float>(with_threads: impl Fn(usize) -> B) {
    for (shape, batch) in [([128, 256, 10], 128), ([131, 257, 67], 101)] {
        assert!(shape[0] * shape[1] * batch >= TILED);
        let want = trained(with_threads(1), shape, batch);
        for n in 2..=8 {
            let got = trained(with_threads(n), shape, batch);
            let differ = got.iter().zip(&want).filter(|(got, want)| got != want).count();
            assert!(got.len() == want.len() && differ == 0, "{shape:?}, {n} threads: {differ} of {}", want.len());
        }
    }
}

#[test]
fn training_on_faer() {
    check_training::<_, f32>(Faer::with_threads);
    check_training::<_, f64>(Faer::with_threads);
}

#[test]
fn training_on_ndarray() {
    check_training::<_, f32>(Ndarray::with_threads);
    check_training::<_, f64>(Ndarray::with_threads);
}

fn optimizers<S: Float>() -> Vec<Box<dyn Optimizer<S>>> {
    vec![
        Box::new(Sgd::new()),
        Box::new(Sgd::new().momentum(0.9).nesterov(true)),
        Box::new(Adam::new().amsgrad(true)),
        Box::new(AdamW::new()),
        Box::new(NAdam::new()),
        Box::new(RAdam::new()),
        Box::new(Adamax::new()),
        Box::new(Adagrad::new()),
        Box::new(RmsProp::new().centered(true).momentum(0.9)),
        Box::new(Adadelta::new()),
        Box::new(Lion::new()),
        Box::new(Rprop::new()),
    ]
}

/// Two steps of every optimiser, with clipping, dropout and noise, on 1, 2, 3, 4 and 8 threads, and on one thread twice.
fn check_optimizers<B: Backend<S>, S: Float>(with_threads: impl Fn(usize) -> B) {
    let ([inputs, hidden, outputs], batch) = ([128, 256, 10], 128);
    let x: Vec<S> = scalars(&values(1, batch * inputs));
    let classes: Vec<u32> = (0..batch as u32).map(|n| n % outputs as u32).collect();
    let examples = Examples::new(&x, Targets::Classes(&classes));
    let run = |n: usize, optimizer| {
        let net = stack(inputs).hidden(hidden, Act::Tanh).output(outputs, Output::Softmax);
        let mut net = Network::on(with_threads(n), net, 5).expect("a network");
        let mut trainer = Trainer::new().optimizer(optimizer).rate(1e-3).weight_decay(1e-2).clip_norm(0.1);
        trainer = trainer.dropout(0.25).input_noise(0.125).max_norm(3.0).batch(batch).epochs(2);
        trainer.fit(&mut net, &examples).expect("training");
        bits(net.params())
    };
    let want: Vec<_> = optimizers().into_iter().map(|optimizer| run(1, optimizer)).collect();
    for n in [1, 2, 3, 4, 8] {
        for (optimizer, want) in optimizers::<S>().into_iter().zip(&want) {
            let name = optimizer.name();
            assert!(run(n, optimizer) == *want, "{name}, {n} threads, {}", S::NAME);
        }
    }
}

#[test]
fn every_optimizer_on_faer() {
    check_optimizers::<_, f32>(Faer::with_threads);
    check_optimizers::<_, f64>(Faer::with_threads);
}

#[test]
fn every_optimizer_on_ndarray() {
    check_optimizers::<_, f32>(Ndarray::with_threads);
    check_optimizers::<_, f64>(Ndarray::with_threads);
}

/// What is asked of a product besides its shape.
#[derive(Debug, Clone, Copy)]
struct Form {
    transposed: [bool; 2],
    accum: Accum,
    alpha: f64,
}

/// One product into the left part of a wider matrix.
fn product<B: Backend<S>, S: Float>(backend: &B, [m, k, n]: [usize; 3], form: Form) -> Vec<u64> {
    let (lhs, rhs): (Vec<S>, Vec<S>) = (scalars(&values(1, m * k)), scalars(&values(2, k * n)));
    let ld = n + 3;
    let mut dst: Vec<S> = scalars(&values(3, m * ld));
    let view = |data, rows, cols, transposed: bool| match transposed {
        true => MatRef::new(data, cols, rows).t(),
        false => MatRef::new(data, rows, cols),
    };
    let (lhs, rhs) = (view(&lhs, m, k, form.transposed[0]), view(&rhs, k, n, form.transposed[1]));
    backend.gemm(MatMut::with_ld(&mut dst, m, n, ld), form.accum, S::from_f64(form.alpha), lhs, rhs);
    bits(&dst)
}

fn check_products<B: Backend<S>, S: Float>(with_threads: impl Fn(usize) -> B, alpha: f64) {
    let backends: Vec<B> = (1..=8).map(with_threads).collect();
    for shape in [[2, 2048, 512], [3, 1031, 701], [7, 555, 600], [31, 257, 277], [33, 256, 256], [250, 97, 91]] {
        assert!(shape.iter().product::<usize>() >= TILED, "{shape:?} is not cut");
        for i in 0..8 {
            let transposed = [i & 1 == 1, i & 2 == 2];
            let form = Form { transposed, accum: if i < 4 { Accum::Replace } else { Accum::Add }, alpha };
            let want = product(&backends[0], shape, form);
            for backend in &backends[1..] {
                let got = product(backend, shape, form);
                let threads = backend.threads();
                assert!(got == want, "{shape:?}, {form:?}, {threads} threads, {}", S::NAME);
            }
        }
    }
}

/// The engine's products: alpha is 1.
#[test]
fn products_on_faer() {
    check_products::<_, f32>(Faer::with_threads, 1.0);
    check_products::<_, f64>(Faer::with_threads, 1.0);
}

#[test]
fn products_on_ndarray() {
    check_products::<_, f32>(Ndarray::with_threads, 1.0);
    check_products::<_, f64>(Ndarray::with_threads, 1.0);
}

/// A caller's products, with any alpha.
#[test]
fn scaled_products_on_faer() {
    check_products::<_, f32>(Faer::with_threads, -0.3);
    check_products::<_, f64>(Faer::with_threads, -0.3);
}

#[test]
fn scaled_products_on_ndarray() {
    check_products::<_, f32>(Ndarray::with_threads, -0.3);
    check_products::<_, f64>(Ndarray::with_threads, -0.3);
}
