//! Penalties, smoothed targets, class weights, accumulated steps, training in parts and the guard against numbers that are
//! not finite, on every backend and scalar.
#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use bp_core::{Act, Backend, ErrorFunction, Examples, Float, Output, Targets, stack};
use bp_tests::for_every_backend_and_scalar;
use bp_tests::nets::{graph, values};
use bp_tests::suite::{bits, numbers, scalars};
use bp_train::{Adam, AdamW, ClassWeights, Network, Reduction, Sgd, TrainError, Trainer};

for_every_backend_and_scalar!(
    coupled_and_decoupled_decay_are_those_of_the_optimizers,
    penalties_shrink_weights_only,
    norms_stay_below_their_limit,
    smoothing_is_training_towards_smoothed_targets,
    a_class_weight_repeats_its_rows,
    what_needs_classes_says_so,
    accumulated_batches_are_one,
    parts_are_epochs,
    the_guard_names_what_came_first,
    the_guard_names_the_step_that_did_it,
);

fn rows<S: Float>(n: usize) -> (Vec<S>, Vec<u32>) {
    (scalars(&values(1, 3 * n)), (0..n as u32).map(|n| n % 3).collect())
}

fn trained<B: Backend<S> + Default, S: Float>(trainer: Trainer<S>) -> Vec<u64> {
    let mut net = Network::<B, S>::new(graph(Act::Tanh, Output::Softmax), 1).unwrap();
    let (x, classes) = rows::<S>(13);
    let mut trainer = trainer.batch(4).epochs(3).rate(0.125);
    trainer.fit(&mut net, &Examples::new(&x, Targets::Classes(&classes))).unwrap();
    bits(net.params())
}

fn coupled_and_decoupled_decay_are_those_of_the_optimizers<B: Backend<S> + Default, S: Float>() {
    let run = trained::<B, S>;
    let sgd = || Trainer::new().optimizer(Sgd::new().momentum(0.5));
    let adam = || Trainer::new().optimizer(Adam::new());
    let plain = run(adam());
    for biases in [false, true] {
        let decaying = |trainer: Trainer<S>| trainer.decay_biases(biases);
        assert_eq!(run(decaying(sgd().l2(0.25))), run(decaying(sgd().weight_decay(0.25))));
        let coupled = run(decaying(adam().l2(0.25)));
        assert_eq!(coupled, run(decaying(adam().weight_decay(0.25))));
        let decoupled = run(decaying(adam().decoupled_weight_decay(0.25)));
        let adamw = Trainer::new().optimizer(AdamW::new()).weight_decay(0.25);
        assert_eq!(decoupled, run(decaying(adamw)));
        assert!(coupled != decoupled && coupled != plain);
    }
    assert_eq!(run(adam().l1(0.0).l2(0.0).decoupled_weight_decay(0.0).label_smoothing(0.0)), plain);
}

/// Where the gradient is 0, penalties are all there is.
fn penalties_shrink_weights_only<B: Backend<S> + Default, S: Float>() {
    let run = |trainer: Trainer<S>| {
        let mut net = Network::<B, S>::new(stack(1).output(1, Act::Identity), 1).unwrap();
        net.params_mut().copy_from_slice(&scalars::<S>(&[2.0, 3.0]));
        let (x, t): (Vec<S>, Vec<S>) = (scalars(&[1.0, -1.0]), scalars(&[5.0, 1.0]));
        trainer.rate(0.25).epochs(1).fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).unwrap();
        bits(net.params())
    };
    assert_eq!(run(Trainer::new().l1(0.5)), bits(&[1.875, 3.0]));
    assert_eq!(run(Trainer::new().l1(0.5).decay_biases(true)), bits(&[1.875, 2.875]));
    assert_eq!(run(Trainer::new().l2(0.5)), bits(&[1.75, 3.0]));
    assert_eq!(run(Trainer::new().decoupled_weight_decay(0.5).decay_biases(true)), bits(&[1.75, 2.625]));
    assert_eq!(run(Trainer::new().l1(0.5).freeze("out")), bits(&[2.0, 3.0]));
    assert_eq!(run(Trainer::new().max_norm(1.0)), bits(&[1.0, 3.0]));
}

fn norms_stay_below_their_limit<B: Backend<S> + Default, S: Float>() {
    let limit = 0.5;
    for optimizer in [0, 1] {
        let mut net = Network::<B, S>::new(graph(Act::Tanh, Output::Softmax), 1).unwrap();
        let (x, classes) = rows::<S>(13);
        let trainer = Trainer::new().batch(4).epochs(5).rate(0.5).max_norm(limit);
        let mut trainer = if optimizer == 0 { trainer } else { trainer.optimizer(Adam::new()) };
        trainer.fit(&mut net, &Examples::new(&x, Targets::Classes(&classes))).unwrap();
        let plan = net.plan();
        let norm = |layer: &str, sources: &[&str], j: usize| {
            let of = |source| numbers(plan.weights(net.params(), layer, source).unwrap().row(j));
            sources.iter().flat_map(|source| of(source)).map(|w| w * w).sum::<f64>().sqrt()
        };
        let norms: Vec<f64> = (0..5)
            .map(|j| norm("wide", &["input"], j))
            .chain((0..4).map(|j| norm("res", &["conv", "input"], j)))
            .chain((0..3).map(|j| norm("out", &["res", "input", "wide"], j)))
            .collect();
        // Each weight is rounded twice on its way to the limit.
        assert!(norms.iter().all(|norm| *norm <= limit * (1.0 + 4.0 * S::UNIT_ROUNDOFF)), "{norms:?}");
        assert!(norms.iter().any(|norm| *norm > 0.9 * limit), "nothing was limited: {norms:?}");
    }
}

/// ε = ¼ with two classes: targets ⅞ and ⅛, exactly.
fn smoothing_is_training_towards_smoothed_targets<B: Backend<S> + Default, S: Float>() {
    let x: Vec<S> = scalars(&values(1, 3 * 9));
    let classes: Vec<u32> = (0..9).map(|n| n % 2).collect();
    let rows = |of: [f64; 2]| classes.iter().flat_map(|&c| [of[c as usize], of[1 - c as usize]]).collect::<Vec<f64>>();
    let run = |output: &Output, t: Targets<'_, S>, epsilon: f64| {
        let mut net = Network::<B, S>::new(stack(3).hidden(4, Act::Tanh).output(2, output.clone()), 1).unwrap();
        let mut trainer = Trainer::new().batch(4).epochs(3).label_smoothing(epsilon);
        let history = trainer.fit(&mut net, &Examples::new(&x, t)).unwrap();
        (bits(net.params()), bits(&history.epochs.iter().map(|record| record.error).collect::<Vec<_>>()))
    };
    let [hard, soft]: [Vec<S>; 2] = [[0.0, 1.0], [0.125, 0.875]].map(|of| scalars(&rows(of)));
    for output in &[Output::Softmax, Output::Each(Act::Logistic)] {
        let want = run(output, Targets::Rows(&soft), 0.0);
        assert_eq!(run(output, Targets::Rows(&hard), 0.25), want);
        assert_ne!(run(output, Targets::Rows(&hard), 0.0), want);
    }
    let flipped: Vec<u32> = classes.iter().map(|c| 1 - c).collect();
    assert_eq!(
        run(&Output::Softmax, Targets::Classes(&flipped), 0.25),
        run(&Output::Softmax, Targets::Rows(&soft), 0.0)
    );
}

/// Whole numbers in units of a power of 2, small enough that no order of summation rounds.
fn a_class_weight_repeats_its_rows<B: Backend<S> + Default, S: Float>() {
    let run = |x: &[f64], classes: &[u32], weights: Option<&[f64]>, by_class: Option<ClassWeights>| {
        let mut net = Network::<B, S>::new(stack(2).output(2, Act::Identity), 1).unwrap();
        net.params_mut().copy_from_slice(&scalars::<S>(&[1.0, -1.0, 0.0, 2.0, 1.0, 0.0]));
        let (x, weights): (Vec<S>, Option<Vec<S>>) = (scalars(x), weights.map(scalars));
        let examples = Examples { weights: weights.as_deref(), ..Examples::new(&x, Targets::Classes(classes)) };
        let mut trainer = Trainer::new().loss(ErrorFunction::SumOfSquares).reduction(Reduction::Sum);
        if let Some(by_class) = by_class {
            trainer = trainer.class_weights(by_class);
        }
        trainer.rate(0.0625).batch(9).epochs(2).fit(&mut net, &examples).unwrap();
        bits(net.params())
    };
    let (x, classes) = ([1.0, 2.0, -1.0, 0.0, 2.0, -1.0], [0, 1, 0]);
    let given = |weights: [f64; 2]| Some(ClassWeights::Given(weights.to_vec()));
    let twice = run(&[1.0, 2.0, 1.0, 2.0, -1.0, 0.0, 2.0, -1.0, 2.0, -1.0], &[0, 0, 1, 0, 0], None, None);
    assert_eq!(run(&x, &classes, None, given([2.0, 1.0])), twice);
    assert_ne!(run(&x, &classes, None, None), twice);
    // Beside weights of examples, as their product.
    let both = run(&x, &classes, Some(&[1.0, 0.5, 1.0]), given([2.0, 2.0]));
    assert_eq!(both, run(&x, &classes, Some(&[2.0, 1.0, 2.0]), None));
    // Balanced: W / (K W_k) = 4 / (2 · 3) cannot be written, 4 / (2 · 2) and 4 / (2 · 1) can.
    let (more, more_classes) = ([1.0, 2.0, -1.0, 0.0, 2.0, -1.0, 0.0, 1.0], [0, 1, 1, 1]);
    let weights = [1.0, 0.25, 0.5, 0.25];
    let balanced = run(&more, &more_classes, Some(&weights), Some(ClassWeights::Balanced));
    assert_eq!(balanced, run(&more, &more_classes, Some(&weights), None), "1 and 1 are balanced");
    let weights = [3.0, 0.25, 0.5, 0.25];
    let balanced = run(&more, &more_classes, Some(&weights), Some(ClassWeights::Balanced));
    assert_eq!(balanced, run(&more, &more_classes, Some(&[2.0, 0.5, 1.0, 0.5]), None));
}

fn what_needs_classes_says_so<B: Backend<S> + Default, S: Float>() {
    let (x, t) = ([S::ONE; 2], [S::ONE; 2]);
    let say = |trainer: Trainer<S>, t: Targets<'_, S>| {
        let mut net = Network::<B, S>::new(stack(1).output(1, Act::Identity), 1).unwrap();
        let mut trainer = trainer;
        trainer.fit(&mut net, &Examples::new(&x, t)).unwrap_err().to_string()
    };
    let numbers = Targets::Rows(&t[..]);
    let rows = "is for classes, but the targets are rows of numbers";
    assert_eq!(say(Trainer::new().label_smoothing(0.1), numbers), format!("label smoothing {rows}"));
    let class_weights = say(Trainer::new().class_weights(ClassWeights::Balanced), numbers);
    assert_eq!(class_weights, "a class weight is for classes, but the targets are rows of numbers");
    let classes = Targets::Classes(&[0, 0]);
    let given = |weights: &[f64]| say(Trainer::new().class_weights(ClassWeights::Given(weights.to_vec())), classes);
    assert_eq!(given(&[1.0, 2.0]), "class weights: expected 1 values, got 2");
    assert_eq!(given(&[-1.0]), "the weight of a class is -1, expected a finite number of at least 0");
    assert_eq!(given(&[0.0]), "the weights of 2 examples sum to 0, expected more than 0");
    let smoothing = say(Trainer::new().label_smoothing(1.0), classes);
    assert_eq!(smoothing, "the label smoothing is 1, expected a number from 0 to below 1");
    assert_eq!(say(Trainer::new().accumulate(0), classes), "the number of batches per step is 0, expected at least 1");
    assert_eq!(say(Trainer::new().l1(-1.0), classes), "the l1 penalty is -1, expected a finite number of at least 0");
}

/// Whole numbers again, with dropout at ½, whose factors are 0 and 2, and weights of examples: however a batch is cut, no
/// bit changes.
fn accumulated_batches_are_one<B: Backend<S> + Default, S: Float>() {
    let x: Vec<S> = scalars(&[1.0, 2.0, -1.0, 0.0, 2.0, -1.0, 0.0, 3.0, 1.0, 1.0, -2.0, 1.0]);
    let t: Vec<S> = scalars(&[1.0, -2.0, 3.0, 0.0, 1.0, 2.0]);
    let weights: Vec<S> = scalars(&[1.0, 2.0, 1.0, 0.0, 3.0, 1.0]);
    let run = |batch, accumulate, adam: bool| {
        let mut net = Network::<B, S>::new(stack(2).hidden(6, Act::Identity).output(1, Act::Identity), 1).unwrap();
        let start: Vec<f64> = (0..net.params().len()).map(|i| (i * 5 % 7) as f64 - 3.0).collect();
        net.params_mut().copy_from_slice(&scalars::<S>(&start));
        let examples = Examples::new(&x, Targets::Rows(&t)).weighted(&weights);
        let trainer = Trainer::new().rate(0.125).epochs(1).dropout(0.5).batch(batch).accumulate(accumulate);
        let mut trainer = if adam { trainer.optimizer(Adam::new()) } else { trainer };
        let history = trainer.fit(&mut net, &examples).unwrap();
        (bits(net.params()), history.epochs[0].error.to_bits())
    };
    for adam in [false, true] {
        let whole = run(6, 1, adam);
        for (batch, accumulate) in [(1, 6), (2, 3), (4, 2), (5, 7), (6, 2)] {
            assert_eq!(run(batch, accumulate, adam), whole, "{accumulate} batches of {batch}");
        }
        assert_ne!(run(2, 1, adam), whole);
        assert_ne!(run(2, 2, adam), whole);
    }
}

fn parts_are_epochs<B: Backend<S> + Default, S: Float>() {
    let (x, classes) = rows::<S>(13);
    let examples = Examples::new(&x, Targets::Classes(&classes));
    let trainer = || Trainer::<S>::new().optimizer(Adam::new()).rate(0.01).batch(4).dropout(0.25);
    let net = || Network::<B, S>::new(graph(Act::Tanh, Output::Softmax), 1).unwrap();
    let (mut whole, mut parts, mut trainer_of_parts) = (net(), net(), trainer());
    let history = trainer().epochs(3).fit(&mut whole, &examples).unwrap();
    for want in &history.epochs {
        assert_eq!(trainer_of_parts.partial_fit(&mut parts, &examples).as_ref(), Ok(want));
    }
    assert_eq!(bits(parts.params()), bits(whole.params()));
    // It has not forgotten how many epochs a fit has.
    let mut two = trainer().epochs(2);
    two.partial_fit(&mut net(), &examples).unwrap();
    assert_eq!(two.fit(&mut net(), &examples).unwrap().epochs.len(), 2);
}

/// big² overflows, big does not, and small · big is small.
fn sizes<S: Float>() -> [f64; 2] {
    if S::NAME == "f32" { [1e30, 1e-20] } else { [1e200, 1e-120] }
}

fn the_guard_names_what_came_first<B: Backend<S> + Default, S: Float>() {
    let [big, small] = sizes::<S>();
    let chain = |w: [f64; 3], x: f64, t: f64, adam: bool| {
        let architecture = stack(1).hidden(1, Act::Relu).hidden(1, Act::Relu).output(1, Act::Identity);
        let mut net = Network::<B, S>::new(architecture, 1).unwrap();
        net.params_mut().copy_from_slice(&scalars::<S>(&[w[0], 0.0, w[1], 0.0, w[2], 0.0]));
        let before = bits(net.params());
        let trainer = Trainer::<S>::new().rate(1.0).epochs(2);
        let mut trainer = if adam { trainer.optimizer(Adam::new()) } else { trainer };
        let (x, t) = ([S::from_f64(x)], [S::from_f64(t)]);
        let error = trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).unwrap_err();
        assert_eq!(bits(net.params()), before, "{error}");
        let TrainError::NonFinite { what, epoch: 1, step: 1, last_good: 0, .. } = error else { panic!("{error:?}") };
        what
    };
    assert_eq!(chain([1.0, f64::NAN, 1.0], 1.0, 0.0, false), "h2.weight.h1[0][0]");
    assert_eq!(chain([1.0; 3], f64::INFINITY, 0.0, false), "an input");
    assert_eq!(chain([big, big, 1.0], 1.0, 0.0, false), "z of the layer `h2`");
    assert_eq!(chain([big, 1.0, big], 1.0, 0.0, false), "a of the layer `out`");
    assert_eq!(chain([big, 1.0, 1.0], 1.0, 0.0, false), "the error");
    // δ_out = −big · small, as the chain sends it down it becomes infinite in h1.
    for adam in [false, true] {
        let t = if S::NAME == "f32" { 1e15 } else { 1e150 };
        assert_eq!(chain([small, 1.0, big], 1.0, t, adam), "δ of the layer `h2`");
        assert_eq!(chain([small, big, 1.0], 1.0, t, adam), "δ of the layer `h1`");
    }
    // δ = y is finite, δ x is not: only an optimiser that asks for a gradient can say so.
    let x = big;
    let w = if S::NAME == "f32" { 1e-12 } else { 1e-80 };
    assert_eq!(chain([w, 1.0, 1.0], x, 0.0, true), "the gradient of h1.weight.input[0][0]");
}

/// Without biases the first of two steps leaves an infinite weight behind, and the second one meets it.
fn the_guard_names_the_step_that_did_it<B: Backend<S> + Default, S: Float>() {
    let (rate, big) = if S::NAME == "f32" { (1e38, 1e4) } else { (1e308, 1e4) };
    let (x, t) = ([S::from_f64(big); 2], [S::ZERO; 2]);
    let mut net = Network::<B, S>::new(stack(1).without_bias().output(1, Act::Identity), 1).unwrap();
    net.params_mut()[0] = S::ONE;
    let outcome = Trainer::new().rate(rate).batch(1).epochs(3).fit(&mut net, &Examples::new(&x, Targets::Rows(&t)));
    let what = "out.weight.input[0][0]".into();
    assert_eq!(outcome, Err(TrainError::NonFinite { what, value: f64::NEG_INFINITY, epoch: 1, step: 1, last_good: 0 }));
    assert_eq!(bits(net.params()), bits(&[1.0_f64]));
}
