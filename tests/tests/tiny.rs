//! Networks of fixed shape against the dynamic engine on the reference backend: the same bits after every step, and the
//! way to and from each other.

use bp_core::{
    Accum, Act, Architecture, ErrorFunction, Examples, Float, Gradient, Layer as AnyLayer, Output as AnyOutput, Plan,
    Reference, Targets, stack,
};
use bp_tests::suite::{bits, scalars};
use bp_tiny::{
    Convert, Each, Elu, Gelu, Identity, Layer, LeakyRelu, Logistic, Net, Output, Real, Relu, Sgd, Silu, Softmax,
    Softplus, Softsign, Tanh, one_hot,
};
use bp_train::{Group, Network, Optimizer, Philox, Step, Trainer, stream};
use bp_verify::Certify;

/// Calls a check for a list of shapes over both scalars.
macro_rules! for_every_shape {
    ($check:ident) => {
        for_every_shape!($check, f32);
        for_every_shape!($check, f64);
    };
    ($check:ident, $s:ident) => {
        $check::<1, Output<1, 1, Identity, $s>>("1-1");
        $check::<5, Output<5, 3, Softmax, $s>>("5-3 softmax");
        $check::<1, Layer<1, 1, Tanh, Output<1, 1, Identity, $s>>>("1-1-1 tanh");
        $check::<2, Layer<2, 8, Tanh, Output<8, 1, Identity, $s>>>("2-8-1 tanh");
        $check::<4, Layer<4, 16, Tanh, Output<16, 3, Softmax, $s>>>("4-16-3 tanh softmax");
        $check::<4, Layer<4, 16, Relu, Output<16, 3, Softmax, $s>>>("4-16-3 relu softmax");
        $check::<3, Layer<3, 5, Relu, Layer<5, 7, Logistic, Output<7, 2, Logistic, $s>>>>("3-5-7-2 logistic");
        $check::<2, Layer<2, 8, Relu, Layer<8, 8, LeakyRelu, Output<8, 1, Logistic, $s>>>>("2-8-8-1 leaky relu");
        $check::<2, Layer<2, 3, Softplus, Layer<3, 4, Elu, Output<4, 2, Each<Tanh>, $s>>>>("2-3-4-2 tanh");
        $check::<3, Layer<3, 9, Gelu, Layer<9, 2, Silu, Output<2, 1, Softmax, $s>>>>("3-9-2-1 softmax");
        $check::<2, Layer<2, 3, Softsign, Layer<3, 2, Identity, Output<2, 3, Each<Logistic>, $s>>>>("2-3-2-3");
    };
}

#[test]
fn every_step_has_the_bits_of_the_engine() {
    for_every_shape!(steps);
}

#[test]
fn training_has_the_bits_of_the_trainer() {
    for_every_shape!(training);
}

#[test]
fn models_come_and_go_bit_by_bit() {
    for_every_shape!(conversion);
}

#[test]
fn a_network_is_its_parameters() {
    for_every_shape!(size);
    assert_eq!(size_of::<Layer<2, 8, Tanh, Output<8, 1, Identity>>>(), 132);
    assert_eq!(size_of::<Layer<4, 16, Tanh, Output<16, 3, Softmax>>>(), 524);
}

/// Numbers in [−2, 2], a quarter of them zeros of either sign: where products vanish, signs of zeros could tell one order
/// of operations from another.
fn numbers<S: Float>(rng: &mut Philox, n: usize) -> Vec<S> {
    let number = |rng: &mut Philox| match rng.below(8) {
        0 => 0.0,
        1 => -0.0,
        2 => (rng.unit() - 0.5) * 1e-30,
        _ => 4.0 * rng.unit() - 2.0,
    };
    (0..n).map(|_| S::from_f64(number(rng))).collect()
}

type Pairs<const I: usize, N> = Vec<([<N as Net<I>>::Scalar; I], <N as Net<I>>::Row)>;

/// Rows of x and t as the pairs that a tiny network takes.
fn pairs<const I: usize, N: Net<I>>(x: &[N::Scalar], t: &[N::Scalar]) -> Pairs<I, N> {
    let mut row = N::zeros().predict(&[<N::Scalar as Real>::ZERO; I]);
    let outputs = row.as_ref().len();
    let pair = |(x, t): (&[N::Scalar], &[N::Scalar])| {
        row.as_mut().copy_from_slice(t);
        (x.try_into().expect("a row of inputs"), row)
    };
    x.chunks_exact(I).zip(t.chunks_exact(outputs)).map(pair).collect()
}

/// 50 steps of one example and of seven, with and without decay: error, prediction and parameters after each.
fn steps<const I: usize, N: Convert<I>>(name: &str)
where
    N::Scalar: Float,
{
    for (seed, (batch, decay)) in [(1, 0.0), (1, 0.01), (7, 0.0), (7, 0.01)].into_iter().enumerate() {
        let at = format!("{name} in {}, batch {batch}, decay {decay}, seed {seed}", <N::Scalar as Float>::NAME);
        let mut rng = Philox::new(seed as u64, stream::DATA);
        let plan = Plan::new(N::architecture()).expect("a network");
        let mut params = numbers::<N::Scalar>(&mut rng, plan.n_params());
        let mut tiny = N::from_plan(&plan, &params).expect("the same network");
        let rate = 0.05;
        let number = <N::Scalar as bp_core::Real>::from_f64;
        let (rule, scale) = (Sgd::new(number(rate)).decay(number(decay)), number(1.0 / batch as f64));
        let (mut sgd, groups) = (bp_train::Sgd::new(), Group::of_plan(&plan, decay, false));
        let (mut ws, mut dw) = (plan.workspace(batch), vec![number(f64::NAN); plan.n_params()]);
        for index in 1..=50 {
            let x = numbers(&mut rng, batch * I);
            let t = numbers(&mut rng, batch * plan.outputs());
            let examples = Examples::new(&x, Targets::Rows(&t));
            let into = Gradient { dw: &mut dw, accum: Accum::Replace, dx: None };
            let error = plan.gradient(&Reference, &N::error_function(), &params, &examples, &mut ws, into);
            dw.iter_mut().for_each(|dw| *dw = *dw * scale);
            let pairs = pairs::<I, N>(&x, &t);
            let predicted: Vec<_> = pairs.iter().flat_map(|(x, _)| tiny.predict(x).as_ref().to_vec()).collect();
            let wanted: Vec<_> = (0..batch).flat_map(|n| ws.y().row(n).to_vec()).collect();
            assert_eq!(bits(&predicted), bits(&wanted), "y of step {index}: {at}");

            let mut by_batch = tiny;
            let got = match &pairs[..] {
                [(x, t)] => {
                    assert_eq!(bits(&[tiny.error(x, t)]), bits(&[*error.as_ref().expect("shapes fit")]), "{at}");
                    tiny.learn(x, t, &rule)
                }
                pairs => tiny.step(pairs, &rule),
            };
            assert_eq!(bits(&[got]), bits(&[error.expect("shapes fit")]), "E of step {index}: {at}");
            sgd.step(&Step { index, rate, groups: &groups }, &mut params, &dw);
            assert_eq!(bits(&tiny.params()), bits(&params), "parameters after step {index}: {at}");
            by_batch.step(&pairs, &rule);
            assert_eq!(bits(&by_batch.params()), bits(&params), "as a batch, step {index}: {at}");
        }
    }
}

/// Epochs of the trainer, replayed in its order.
fn training<const I: usize, N: Convert<I>>(name: &str)
where
    N::Scalar: Float,
{
    let (rows, epochs, seed) = (17, 3, 5);
    for batch in [1, 7] {
        let at = format!("{name} in {}, batch {batch}, seed {seed}", <N::Scalar as Float>::NAME);
        let mut net = Network::<Reference, N::Scalar>::new(N::architecture(), seed).expect("a network");
        net.set_loss(N::error_function()).expect("in range");
        let mut tiny = N::from_network(&net).expect("the same network");
        let mut rng = Philox::new(seed, stream::DATA);
        let (x, t) = (numbers(&mut rng, rows * I), numbers(&mut rng, rows * net.plan().outputs()));
        let examples = Examples::new(&x, Targets::Rows(&t));
        let mut trainer = Trainer::new().rate(0.1).batch(batch).epochs(epochs).seed(seed);
        trainer.fit(&mut net, &examples).expect("training");
        let pairs = pairs::<I, N>(&x, &t);
        let rule = Sgd::new(<N::Scalar as bp_core::Real>::from_f64(0.1));
        for epoch in 0..epochs as u64 {
            let mut order = pairs.clone();
            Philox::new(seed, stream::SHUFFLE | epoch << 8).shuffle(&mut order);
            if batch == 1 {
                tiny.learn_each(&order, &rule);
            } else {
                order.chunks(batch).for_each(|batch| _ = tiny.step(batch, &rule));
            }
        }
        assert_eq!(bits(&tiny.params()), bits(net.params()), "{at}");
        let predicted: Vec<_> = pairs.iter().flat_map(|(x, _)| tiny.predict(x).as_ref().to_vec()).collect();
        assert_eq!(bits(&predicted), bits(&net.predict(&x).expect("rows")), "{at}");
    }
}

fn conversion<const I: usize, N: Convert<I>>(name: &str)
where
    N::Scalar: Float,
{
    let net = Network::<Reference, N::Scalar>::new(N::architecture(), 3).expect("a network");
    assert_eq!(net.plan().n_params(), N::N_PARAMS, "{name}");
    let tiny = N::from_plan(net.plan(), net.params()).expect("the same network");
    assert_eq!(bits(&tiny.params()), bits(net.params()), "{name}");
    let back = tiny.to_network::<Reference>();
    assert_eq!(bits(back.params()), bits(net.params()), "{name}");
    assert_eq!(back.plan().architecture(), net.plan().architecture(), "{name}");
    assert_eq!(back.loss(), N::error_function(), "{name}");
    let again = N::from_network(&back).expect("what it made itself");
    assert_eq!(bits(&again.params()), bits(net.params()), "{name}");
}

fn size<const I: usize, N: Net<I>>(name: &str) {
    assert_eq!(size_of::<N>(), N::N_PARAMS * size_of::<N::Scalar>(), "{name}");
}

/// A class and the row with 1 in its place have the same error and the same step.
#[test]
fn a_class_is_its_row() {
    type Tiny = Layer<2, 4, Tanh, Output<4, 3, Softmax, f64>>;
    let plan = Plan::new(Tiny::architecture()).unwrap();
    let params = numbers::<f64>(&mut Philox::new(1, stream::DATA), plan.n_params());
    let tiny = Tiny::from_params(&params).unwrap();
    for class in 0..3 {
        let (x, mut dw, mut got) = ([0.5, -1.25], vec![0.0; plan.n_params()], Tiny::zeros());
        let examples = Examples::new(&x, Targets::Classes(core::slice::from_ref(&class)));
        let into = Gradient::replace(&mut dw);
        let mut ws = plan.workspace(1);
        let error = plan.gradient(&Reference, &ErrorFunction::CrossEntropy, &params, &examples, &mut ws, into).unwrap();
        let (e, _) = tiny.add_gradient(&x, &one_hot(class as usize), &mut got);
        assert_eq!(e.to_bits(), error.to_bits());
        assert_eq!(bits(&got.params()), bits(&dw));
    }
}

/// The sum over a batch, against an enclosure of the true gradient.
#[test]
fn the_gradient_is_certified() {
    type Tiny = Layer<3, 6, Tanh, Layer<6, 4, Silu, Output<4, 3, Softmax, f64>>>;
    let plan = Plan::new(Tiny::architecture()).unwrap();
    let mut rng = Philox::new(2, stream::DATA);
    let params: Vec<f64> = (0..plan.n_params()).map(|_| 2.0 * rng.unit() - 1.0).collect();
    let x: Vec<f64> = (0..15).map(|_| 2.0 * rng.unit() - 1.0).collect();
    let classes = [0, 2, 1, 1, 0];
    let (tiny, mut gradient) = (Tiny::from_params(&params).unwrap(), Tiny::zeros());
    for (x, class) in x.chunks_exact(3).zip(classes) {
        tiny.add_gradient(x.try_into().unwrap(), &one_hot(class as usize), &mut gradient);
    }
    let examples = Examples::new(&x, Targets::Classes(&classes));
    let certify = |gradient: &[f64]| {
        Certify::new().given_gradient(&plan, &ErrorFunction::CrossEntropy, &params, &examples, gradient).unwrap()
    };
    certify(&gradient.params()).assert_pass();
    // A gradient that is wrong by so little must not pass.
    let mut wrong = gradient.params();
    wrong[7] *= 1.0 + 1e-9;
    assert!(!certify(&wrong).passed());
}

/// Where every product is a zero, its sign tells whether sums start from 0 as the engine's do.
#[test]
fn zeros_have_the_signs_of_the_engine() {
    type Tiny = Output<1, 1, Identity>;
    let mut net = Network::<Reference>::new(Tiny::architecture(), 1).unwrap();
    let values = [0.0, -0.0, 1.0, -1.0_f32];
    for n in 0..64 {
        let [w, b, x] = [values[n % 4], values[n / 4 % 4], values[n / 16]];
        net.params_mut().copy_from_slice(&[w, b]);
        let mut tiny = Tiny::from_network(&net).unwrap();
        assert_eq!(bits(&tiny.predict(&[x])), bits(&net.predict(&[x]).unwrap()), "w {w}, b {b}, x {x}");
        let t = tiny.predict(&[x]); // no error: the gradient is a zero
        tiny.learn(&[x], &t, &Sgd::new(0.1));
        Trainer::new().batch(1).epochs(1).fit(&mut net, &Examples::new(&[x], Targets::Rows(&t))).unwrap();
        assert_eq!(bits(&tiny.params()), bits(net.params()), "w {w}, b {b}, x {x}");
    }
}

#[test]
fn an_empty_batch_changes_nothing() {
    type Tiny = Layer<1, 2, Tanh, Output<2, 1, Identity>>;
    let mut tiny = Tiny::from_params(&[0.5; 7]).unwrap();
    assert_eq!(tiny.step(&[], &Sgd::new(0.1)).to_bits(), 0);
    assert_eq!(bits(&tiny.params()), bits(&[0.5_f32; 7]));
}

#[test]
fn what_differs_is_named() {
    type Tiny = Layer<2, 8, Tanh, Output<8, 1, Identity>>;
    let check = |architecture: Architecture, message: &str| {
        let plan = Plan::new(architecture).expect("a network");
        let error = Tiny::from_plan(&plan, &vec![0.0; plan.n_params()]).expect_err(message);
        assert_eq!(error.to_string(), message);
    };
    check(stack(3).hidden(8, Act::Tanh).output(1, Act::Identity), "layer `input`: expected 2 units, got 3");
    check(stack(2).hidden(7, Act::Tanh).output(1, Act::Identity), "layer `h1`: expected 8 units, got 7");
    check(stack(2).hidden(8, Act::Tanh).output(4, Act::Identity), "layer `out`: expected 1 units, got 4");
    check(stack(2).output(1, Act::Identity), "expected 1 hidden layers, got 0");
    check(stack(2).hidden(8, Act::Relu).output(1, Act::Identity), "layer `h1`: expected tanh, got relu");
    check(stack(2).hidden(8, Act::Tanh).output(1, AnyOutput::Softmax), "layer `out`: expected identity, got softmax");
    check(
        stack(2).without_bias().hidden(8, Act::Tanh).output(1, Act::Identity),
        "layer `h1`: expected one dense connection from `input` and biases, got dense from `input`, no biases",
    );
    check(
        Architecture::new(
            2,
            vec![AnyLayer::new("a", 8, Act::Tanh).dense("input")],
            AnyLayer::new("y", 1, Act::Identity).dense("a").dense("input"),
        ),
        "layer `y`: expected one dense connection from `a` and biases, got dense from `a`, dense from `input`, biases",
    );
    let plan = Plan::new(Tiny::architecture()).unwrap();
    let error = Tiny::from_plan(&plan, &[0.0; 32]).unwrap_err();
    assert_eq!(error.to_string(), "parameters: expected 33 values, got 32");
    let mut short = [0.0; 34];
    let error = Tiny::zeros().copy_params(&mut short).unwrap_err();
    assert_eq!(error.to_string(), "parameters: expected 33 values, got 34");
}

#[test]
fn what_a_tiny_network_would_not_do_is_refused() {
    type Tiny = Layer<2, 8, Tanh, Output<8, 1, Identity>>;
    let mut net = Network::<Reference>::new(Tiny::architecture(), 1).unwrap();
    net.set_loss(ErrorFunction::Huber { threshold: 1.0 }).unwrap();
    let error = Tiny::from_network(&net).unwrap_err();
    assert_eq!(error.to_string(), "expected the error function sum-of-squares, got huber:1");
    net.set_loss(ErrorFunction::SumOfSquares).unwrap();
    let x = scalars::<f32>(&[0.0, 1.0, 2.0, 4.0]);
    net.standardize(&Examples::new(&x, Targets::Rows(&[1.0, 2.0]))).unwrap();
    let error = Tiny::from_network(&net).unwrap_err();
    assert_eq!(error.to_string(), "the network standardises its inputs, expected a network on plain numbers");
}
