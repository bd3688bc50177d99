//! Training on every backend and scalar: it learns, stops, goes on, and fails without losing the last good model.

use std::ops::ControlFlow;

use bp_core::{Act, Backend, Examples, Float, Output, Reference, Targets, stack};
use bp_tests::for_every_backend_and_scalar;
use bp_tests::nets::values;
use bp_tests::suite::{bits, numbers, scalars};
use bp_train::{
    Adam, AdamW, Event, History, Lion, Network, Plateau, Reduction, Rprop, Schedule, Sgd, TrainError, Trainer,
};

for_every_backend_and_scalar!(
    learns_xor,
    failure_keeps_the_last_good_model,
    the_last_step_is_judged_too,
    an_infinite_parameter_is_named,
    an_infinite_state_is_named,
    failure_empties_the_optimizer,
    a_batch_without_weight_is_passed_over,
    settings_out_of_range_are_named,
    a_callback_stops_it,
    a_second_fit_goes_on,
    the_seed_decides_the_order,
    sum_is_mean_with_a_smaller_rate,
    every_example_twice_at_half_the_rate_is_the_same,
    decay_shrinks_weights_only,
    layers_have_rates_and_may_rest,
    a_rate_for_no_layer_is_refused,
    gradients_are_clipped,
    the_rate_follows_its_schedule,
    the_rate_falls_on_a_plateau,
    standardizes_by_the_given_rows_only,
);

fn xor<S: Float>() -> Vec<S> {
    scalars(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])
}

fn learns_xor<B: Backend<S> + Default, S: Float>() {
    let x = xor::<S>();
    let cases: [(Output, Targets<'_, S>); 2] = [
        (Output::Softmax, Targets::Classes(&[0, 1, 1, 0])),
        (Output::Each(Act::Logistic), Targets::Rows(&[S::ZERO, S::ONE, S::ONE, S::ZERO])),
    ];
    for (output, t) in cases {
        let width = if output == Output::Softmax { 2 } else { 1 };
        let mut net = Network::<B, S>::new(stack(2).hidden(8, Act::Tanh).output(width, output), 1).expect("a network");
        let examples = Examples::new(&x, t);
        let history = Trainer::new().rate(0.5).batch(4).epochs(500).fit(&mut net, &examples).expect("training");
        assert_eq!(net.classify(&x).expect("rows"), [0, 1, 1, 0]);
        let evaluation = net.evaluate(&examples).expect("shapes fit");
        assert_eq!(evaluation.accuracy.map(f64::to_bits), Some(1.0_f64.to_bits()));
        assert!(evaluation.error < 0.1 * history.epochs[0].error, "{evaluation}");
    }
}

/// A line through the origin with w = 1, E = ½ w² of one example: a step takes w to (1 − η) w.
fn line<B: Backend<S> + Default, S: Float>() -> Network<B, S> {
    let mut net = Network::new(stack(1).without_bias().output(1, Act::Identity), 1).expect("a network");
    net.params_mut()[0] = S::ONE;
    net
}

/// w becomes −η, then η², whose half square overflows: the third epoch cannot be begun, and what the second left is
/// not good although it is finite.
fn failure_keeps_the_last_good_model<B: Backend<S> + Default, S: Float>() {
    let rate = if S::NAME == "f32" { 1e10 } else { 1e80 };
    let (x, t) = ([S::ONE], [S::ZERO]);
    let examples = Examples::new(&x, Targets::Rows(&t));
    let trainer = |epochs| Trainer::<S>::new().rate(rate).batch(1).epochs(epochs);
    let (mut good, mut net) = (line::<B, S>(), line::<B, S>());
    trainer(1).fit(&mut good, &examples).expect("one epoch is fine");
    let mut failing = trainer(5);
    let error = failing.fit(&mut net, &examples).expect_err("the third is not");
    assert_eq!(error.to_string(), "the error became inf in epoch 3, step 1; a smaller learning rate may help");
    assert!(matches!(error, TrainError::NonFinite { last_good: 1, .. }), "{error:?}");
    assert_eq!(bits(net.params()), bits(good.params()));
    assert!(net.evaluate(&examples).expect("an example").error.is_finite());
}

/// The same with the second epoch as the last, whether it was all that was asked for or a callback ends it: no step
/// follows that could see its error.
fn the_last_step_is_judged_too<B: Backend<S> + Default, S: Float>() {
    let rate = if S::NAME == "f32" { 1e10 } else { 1e80 };
    let x = [S::ONE; 3];
    let t = [S::ZERO; 3];
    let examples = Examples::new(&x, Targets::Rows(&t));
    for (asked, batch) in [(2, 3), (9, 3), (2, 4)] {
        let mut net = line::<B, S>();
        let stop = |event: Event, _: &Network<B, S>| match event {
            Event::Epoch(record) if record.epoch == 2 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let error = Trainer::new().rate(rate).batch(batch).epochs(asked).fit_with(&mut net, &examples, stop);
        let (what, value) = ("the error".into(), f64::INFINITY);
        assert_eq!(error, Err(TrainError::NonFinite { what, value, epoch: 2, step: 1, last_good: 1 }));
        // The three gradients are 1 each, and plain descent takes −η/3 times their sum.
        let third = S::from_f64(rate) * S::from_f64(1.0 / 3.0);
        assert_eq!(bits(net.params()), bits(&[S::ONE - third * S::from_f64(3.0)]));
    }
    // Without a step there is nothing to judge.
    let mut net = line::<B, S>();
    net.params_mut()[0] = S::from_f64(f64::NAN);
    let history = Trainer::new().epochs(0).fit(&mut net, &examples);
    assert_eq!(history, Ok(History::default()));
}

fn an_infinite_parameter_is_named<B: Backend<S> + Default, S: Float>() {
    // A finite error and a finite gradient, but a step beyond every number.
    let (rate, big) = if S::NAME == "f32" { (1e38, 1e4) } else { (1e308, 1e4) };
    let (x, t) = ([S::from_f64(big)], [S::ZERO]);
    let mut net = line::<B, S>();
    let outcome = Trainer::new().rate(rate).epochs(3).fit(&mut net, &Examples::new(&x, Targets::Rows(&t)));
    let what = "out.weight.input[0][0]".into();
    assert_eq!(outcome, Err(TrainError::NonFinite { what, value: f64::NEG_INFINITY, epoch: 1, step: 1, last_good: 0 }));
    assert_eq!(bits(net.params()), bits(&[1.0_f64]));
}

/// A finite gradient whose square is not: Adam's second moment is infinite, and no weight would ever move again.
fn an_infinite_state_is_named<B: Backend<S> + Default, S: Float>() {
    let big = if S::NAME == "f32" { 1e10 } else { 1e80 };
    let (x, t) = ([S::from_f64(big)], [S::ZERO]);
    let mut net = line::<B, S>();
    let mut trainer = Trainer::new().optimizer(Adam::new()).rate(0.5).epochs(3);
    let error = trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).expect_err("the square overflows");
    let sentence = "the state `second` of adam became inf in epoch 1, step 1; a smaller learning rate may help";
    assert_eq!(error.to_string(), sentence);
    assert_eq!(bits(net.params()), bits(&[1.0_f64]));
}

/// After an error a trainer goes on as a new one would, not with a momentum that has blown up.
fn failure_empties_the_optimizer<B: Backend<S> + Default, S: Float>() {
    let rate = if S::NAME == "f32" { 1e15 } else { 1e100 };
    let (x, t) = ([S::ONE], [S::ZERO]);
    let examples = Examples::new(&x, Targets::Rows(&t));
    let new = || Trainer::<S>::new().optimizer(Sgd::new().momentum(0.5)).epochs(4);
    let (mut net, mut want) = (line::<B, S>(), line::<B, S>());
    let mut failing = new().rate(rate);
    failing.fit(&mut net, &examples).expect_err("such a rate cannot be");
    net.params_mut()[0] = S::ONE;
    let got = failing.rate(0.125).fit(&mut net, &examples).expect("a good rate");
    let fresh = new().rate(0.125).fit(&mut want, &examples).expect("a good rate");
    let errors = |history: &History| history.epochs.iter().map(|record| record.error.to_bits()).collect::<Vec<_>>();
    assert_eq!(errors(&got), errors(&fresh));
    assert_eq!(bits(net.params()), bits(want.params()));
    // It counts on from the last good epoch.
    assert_eq!(got.epochs[0].epoch, 2);
}

/// One example at a time: those that weigh nothing change nothing, whichever comes first.
fn a_batch_without_weight_is_passed_over<B: Backend<S> + Default, S: Float>() {
    let (x, t) = ([S::ONE, S::from_f64(3.0)], [S::ZERO, S::from_f64(7.0)]);
    let (mut alone, mut want) = (line::<B, S>(), None);
    Trainer::new()
        .rate(0.25)
        .batch(1)
        .epochs(3)
        .fit(&mut alone, &Examples::new(&x[..1], Targets::Rows(&t[..1])))
        .expect("training");
    for seed in 0..8 {
        let mut net = line::<B, S>();
        let weights = [S::ONE, S::ZERO];
        let examples = Examples::new(&x, Targets::Rows(&t)).weighted(&weights);
        let mut trainer = Trainer::new().optimizer(Sgd::new().momentum(0.0)).rate(0.25).batch(1).epochs(3).seed(seed);
        let history = trainer.fit(&mut net, &examples).expect("weights that are fine together");
        assert_eq!(bits(net.params()), bits(alone.params()), "seed {seed}");
        assert_eq!(want.get_or_insert(history.clone()), &history, "seed {seed}");
    }
}

/// Invariant 4, debug or release and machine after machine: a training on the reference backend that needs nothing but
/// +, ×, / and √ always ends with these bits, here as their FNV-1a hash.
#[test]
fn a_reference_training_has_known_bits() {
    fn hash<S: Float>() -> u64 {
        let mut net = Network::<Reference, S>::new(stack(3).hidden(5, Act::Relu).output(2, Act::Identity), 7).unwrap();
        let n_params = net.params().len();
        net.params_mut().copy_from_slice(&scalars(&values(23, n_params)));
        let (x, t): (Vec<S>, Vec<S>) = (scalars(&values(21, 60)), scalars(&values(22, 40)));
        let mut trainer = Trainer::new().optimizer(Adam::new()).rate(0.01).weight_decay(0.001).batch(8).epochs(5);
        trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).unwrap();
        let bytes = bits(net.params()).into_iter().flat_map(u64::to_le_bytes);
        bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
    }
    assert_eq!([hash::<f32>(), hash::<f64>()], [12036512460002991213, 12052758918031561151]);
}

fn settings_out_of_range_are_named<B: Backend<S> + Default, S: Float>() {
    let (x, t) = ([S::ONE], [S::ZERO]);
    let examples = Examples::new(&x, Targets::Rows(&t));
    let say = |mut trainer: Trainer<S>| {
        let mut net = line::<B, S>();
        let error = trainer.fit(&mut net, &examples).expect_err("a setting out of range");
        assert!(matches!(error, TrainError::Setting(_)), "{error:?}");
        assert_eq!(bits(net.params()), bits(&[1.0_f64]));
        error.to_string()
    };
    let sgd = |momentum| Trainer::new().optimizer(Sgd::new().momentum(momentum));
    assert_eq!(say(sgd(1.5)), "the momentum of sgd is 1.5, expected a number from 0 to below 1");
    assert_eq!(say(sgd(f64::NAN)), "the momentum of sgd is NaN, expected a number from 0 to below 1");
    let adam = |adam| say(Trainer::new().optimizer(adam));
    assert_eq!(adam(Adam::new().betas(1.0, 0.5)), "the first beta of adam is 1, expected a number from 0 to below 1");
    assert_eq!(
        adam(Adam::new().betas(0.5, -1.0)),
        "the second beta of adam is -1, expected a number from 0 to below 1"
    );
    let epsilon = "the epsilon of adam is -0.5, expected a finite number of at least 0";
    assert_eq!(adam(Adam::new().epsilon(-0.5)), epsilon);
}

/// A small problem with several steps per epoch, and a network for it.
fn problem<B: Backend<S> + Default, S: Float>() -> (Network<B, S>, Vec<S>, Vec<S>) {
    let net = Network::new(stack(3).hidden(5, Act::Tanh).output(2, Act::Identity), 7).expect("a network");
    (net, scalars(&values(21, 60)), scalars(&values(22, 40)))
}

fn a_callback_stops_it<B: Backend<S> + Default, S: Float>() {
    let (mut net, x, t) = problem::<B, S>();
    let examples = Examples::new(&x, Targets::Rows(&t));
    let (mut seen, mut at_stop) = (vec![], vec![]);
    let stop = |event: Event, net: &Network<B, S>| {
        seen.push(event);
        match event {
            Event::Step { epoch: 2, step: 2, .. } => {
                at_stop = bits(net.params());
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    };
    let history = Trainer::new().batch(8).epochs(10).fit_with(&mut net, &examples, stop).expect("training");
    assert!(history.stopped && history.epochs.len() == 1);
    assert_eq!(bits(net.params()), at_stop);
    assert_eq!(seen.len(), 3 + 1 + 2, "{seen:?}"); // 8 + 8 + 4 examples, the epoch, and two steps
    assert!(matches!(seen[2], Event::Step { epoch: 1, step: 3, steps: 3 }), "{seen:?}");
    assert_eq!(seen[3], Event::Epoch(history.epochs[0]));
}

fn a_second_fit_goes_on<B: Backend<S> + Default, S: Float>() {
    let run = |parts: &[usize]| {
        let (mut net, x, t) = problem::<B, S>();
        let examples = Examples::new(&x, Targets::Rows(&t));
        let mut trainer = Trainer::new().optimizer(Adam::new()).rate(0.01).batch(8).epochs(parts[0]);
        let mut epochs = vec![];
        for &n in parts {
            trainer = trainer.epochs(n);
            epochs.extend(trainer.fit(&mut net, &examples).expect("training").epochs);
        }
        assert!(epochs.iter().map(|record| record.epoch).eq(1..=6));
        (bits(net.params()), epochs)
    };
    let whole = run(&[6]);
    for parts in [&[3, 3][..], &[1, 4, 1], &[1; 6]] {
        assert_eq!(run(parts), whole, "{parts:?}");
    }
}

fn the_seed_decides_the_order<B: Backend<S> + Default, S: Float>() {
    let run = |seed| {
        let (mut net, x, t) = problem::<B, S>();
        let mut trainer = Trainer::new().optimizer(Sgd::new().momentum(0.9)).rate(0.05).batch(3).epochs(3).seed(seed);
        trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).expect("training");
        bits(net.params())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

/// With batches of 4 the mean is the sum with a quarter of the rate, both exact.
fn sum_is_mean_with_a_smaller_rate<B: Backend<S> + Default, S: Float>() {
    let run = |reduction, rate| {
        let (mut net, x, t) = problem::<B, S>();
        let mut trainer = Trainer::new().reduction(reduction).rate(rate).batch(4).epochs(5);
        trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).expect("training");
        bits(net.params())
    };
    assert_eq!(run(Reduction::Mean, 0.25), run(Reduction::Sum, 0.0625));
}

/// The sum of the gradients is doubled, the rate is halved: the same trajectory. In units of 2⁻⁶ all numbers of these three
/// steps are whole and below 2²⁴, so that no order of summation rounds.
fn every_example_twice_at_half_the_rate_is_the_same<B: Backend<S> + Default, S: Float>() {
    let run = |times, rate| {
        let mut net = Network::<B, S>::new(stack(2).output(1, Act::Identity), 1).expect("a network");
        net.params_mut().copy_from_slice(&scalars::<S>(&[1.0, -1.0, 0.0]));
        let x: Vec<S> = scalars(&[1.0, 2.0, -1.0, 0.0, 2.0, -1.0]).repeat(times);
        let t: Vec<S> = scalars(&[1.0, -2.0, 3.0]).repeat(times);
        let mut trainer = Trainer::new().reduction(Reduction::Sum).rate(rate).batch(6).epochs(3);
        trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).expect("training");
        bits(net.params())
    };
    assert_eq!(run(1, 0.25), run(2, 0.125));
    assert_ne!(run(1, 0.25), run(2, 0.25));
}

/// Where the gradient is 0, decay is all there is: w ← w (1 − ηλ) = ⅞ w, exact.
fn decay_shrinks_weights_only<B: Backend<S> + Default, S: Float>() {
    for (biases, want) in [(false, [1.75, 3.0]), (true, [1.75, 2.625])] {
        let mut net = Network::<B, S>::new(stack(1).output(1, Act::Identity), 1).expect("a network");
        net.params_mut().copy_from_slice(&scalars::<S>(&[2.0, 3.0]));
        let (x, t): (Vec<S>, Vec<S>) = (scalars(&[1.0, -1.0]), scalars(&[5.0, 1.0]));
        let mut trainer = Trainer::new().rate(0.25).weight_decay(0.5).decay_biases(biases).epochs(1);
        trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).expect("training");
        assert_eq!(bits(&numbers(net.params())), bits(&want));
    }
}

/// Columns of mean 1 and 10, deviation 2 and 8; targets of mean 3, deviation 4. The other rows would change all that.
fn standardizes_by_the_given_rows_only<B: Backend<S> + Default, S: Float>() {
    let (x, t): (Vec<S>, Vec<S>) = (scalars(&[3.0, 18.0, -1.0, 2.0]), scalars(&[7.0, -1.0]));
    let rest: Vec<S> = scalars(&[1e3, -1e3]);
    let mut net = Network::<B, S>::new(stack(2).output(1, Act::Identity), 1).expect("a network");
    net.standardize(&Examples::new(&x, Targets::Rows(&t))).expect("shapes fit");
    net.params_mut().copy_from_slice(&scalars::<S>(&[1.0, 0.5, 0.25]));
    let scaling = net.input_scaling().expect("fitted");
    assert_eq!([scaling.mean(), scaling.scale()].map(bits), [[1.0, 10.0], [2.0, 8.0]].map(|x| bits(&x)));
    let scaling = net.target_scaling().expect("identity outputs are scaled");
    assert_eq!([scaling.mean(), scaling.scale()].map(bits), [[3.0], [4.0]].map(|x| bits(&x)));
    // In the user's units: x′ = (1, 1), y′ = 1.75, y = 4 · 1.75 + 3.
    assert_eq!(bits(&net.predict(&x[..2]).expect("a row")), bits(&[10.0_f64]));
    // Seeing other rows changes nothing, and neither does training on the scaled ones.
    let before = net.input_scaling().cloned();
    net.predict(&rest).expect("a row");
    Trainer::new().rate(0.1).epochs(3).fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).expect("training");
    assert_eq!(net.input_scaling().cloned(), before);

    let mut classes = Network::<B, S>::new(stack(2).output(2, Output::Softmax), 1).expect("a network");
    classes.standardize(&Examples::new(&x, Targets::Classes(&[0, 1]))).expect("shapes fit");
    assert!(classes.input_scaling().is_some() && classes.target_scaling().is_none());
}

/// A chain of units with weight 1 and bias 0, its parameters after some steps towards 3 in `trainer`.
fn chain_after<B: Backend<S> + Default, S: Float>(mut trainer: Trainer<S>) -> Vec<u64> {
    let architecture = stack(1).hidden(1, Act::Identity).hidden(1, Act::Identity).output(1, Act::Identity);
    let mut net = Network::<B, S>::new(architecture, 1).expect("a network");
    net.params_mut().copy_from_slice(&scalars::<S>(&[1.0, 0.0, 1.0, 0.0, 1.0, 0.0]));
    let (x, t): (Vec<S>, Vec<S>) = (scalars(&[1.0]), scalars(&[3.0]));
    trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).expect("training");
    bits(&numbers(net.params()))
}

/// One step of descent moves every parameter by η · 2: δ = −2 and all units are 1.
fn layers_have_rates_and_may_rest<B: Backend<S> + Default, S: Float>() {
    let one = |trainer: Trainer<S>| chain_after::<B, S>(trainer.rate(0.25).epochs(1));
    assert_eq!(one(Trainer::new()), bits(&[1.5, 0.5, 1.5, 0.5, 1.5, 0.5]));
    assert_eq!(one(Trainer::new().layer_rate("h2", 0.5)), bits(&[1.5, 0.5, 1.25, 0.25, 1.5, 0.5]));
    assert_eq!(one(Trainer::new().freeze("h1").freeze("out")), bits(&[1.0, 0.0, 1.5, 0.5, 1.0, 0.0]));
    assert_eq!(one(Trainer::new().freeze("h2").layer_rate("h2", 1.0)), one(Trainer::new()));
    // Neither decay nor momentum moves a frozen layer, whatever the rule.
    let resting = |trainer: Trainer<S>| {
        let trainer = trainer.weight_decay(0.5).decay_biases(true).rate(0.125).epochs(5).freeze("h2");
        let params = chain_after::<B, S>(trainer);
        assert_eq!(params[2..4], bits(&[1.0, 0.0]));
        assert_ne!(params[..2], bits(&[1.0, 0.0]));
    };
    resting(Trainer::new());
    resting(Trainer::new().optimizer(Sgd::new().momentum(0.9)));
    resting(Trainer::new().optimizer(Adam::new()));
    resting(Trainer::new().optimizer(AdamW::new()));
    resting(Trainer::new().optimizer(Lion::new()));
    resting(Trainer::new().optimizer(Rprop::new()));
}

fn a_rate_for_no_layer_is_refused<B: Backend<S> + Default, S: Float>() {
    let (x, t) = ([S::ONE], [S::ZERO]);
    let say = |mut trainer: Trainer<S>| {
        let mut net = line::<B, S>();
        let outcome = trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t)));
        outcome.expect_err("a setting out of range").to_string()
    };
    assert_eq!(
        say(Trainer::new().freeze("h1")),
        "a rate for the layer `h1`, but no layer has this name; there are: out"
    );
    assert_eq!(
        say(Trainer::new().layer_rate("out", -1.0)),
        "the factor on a layer's rate is -1, expected a finite number of at least 0"
    );
    assert_eq!(say(Trainer::new().clip_norm(0.0)), "the norm to clip at is 0, expected a finite number above 0");
    assert_eq!(say(Trainer::new().clip_value(-1.0)), "the value to clip at is -1, expected a finite number above 0");
    let schedule = Trainer::new().schedule(Schedule::exponential(0.0));
    assert_eq!(say(schedule), "the factor of an exponential schedule is 0, expected a finite number above 0");
    let plateau = Trainer::new().reduce_on_plateau(Plateau::new().factor(1.0));
    assert_eq!(say(plateau), "the factor of a plateau is 1, expected a number from 0 to below 1");
}

/// The gradient is −2 six times. Its norm is √24; with two layers at rest it is √8.
fn gradients_are_clipped<B: Backend<S> + Default, S: Float>() {
    let one = |trainer: Trainer<S>| chain_after::<B, S>(trainer.rate(0.25).epochs(1));
    assert_eq!(one(Trainer::new().clip_value(1.0)), bits(&[1.25, 0.25, 1.25, 0.25, 1.25, 0.25]));
    assert_eq!(one(Trainer::new().clip_value(2.0).clip_norm(100.0)), one(Trainer::new()));
    // 2 · min(1, √6 / √24) = 1 up to rounding: compared loosely.
    let clipped = one(Trainer::new().clip_norm(6.0_f64.sqrt()));
    for (got, want) in clipped.into_iter().map(f64::from_bits).zip([1.25, 0.25, 1.25, 0.25, 1.25, 0.25]) {
        assert!((got - want).abs() <= 4.0 * S::UNIT_ROUNDOFF, "{got} instead of {want}");
    }
    let resting = one(Trainer::new().freeze("h1").freeze("out").clip_norm(2.0_f64.sqrt()));
    for (got, want) in resting.into_iter().map(f64::from_bits).zip([1.0, 0.0, 1.25, 0.25, 1.0, 0.0]) {
        assert!((got - want).abs() <= 4.0 * S::UNIT_ROUNDOFF, "{got} instead of {want}");
    }
}

/// w ← (1 − ηₖ) w with ηₖ = ½, ¼, ⅛ …, over two calls of `fit`; by epochs of two steps ½, ½, ¼, ¼ ….
fn the_rate_follows_its_schedule<B: Backend<S> + Default, S: Float>() {
    let (x, t) = ([S::ONE; 2], [S::ZERO; 2]);
    let examples = Examples::new(&x, Targets::Rows(&t));
    let cases = [
        (Schedule::exponential(0.5), [0.375, 0.375 * 0.875 * 0.9375]),
        (Schedule::exponential(0.5).per_epoch(), [0.25, 0.25 * 0.5625]),
    ];
    for (schedule, want) in cases {
        let mut net = line::<B, S>();
        let mut trainer = Trainer::new().rate(0.5).batch(1).epochs(1).schedule(schedule);
        for want in want {
            trainer.fit(&mut net, &examples).expect("training");
            assert_eq!(bits(&numbers(net.params())), bits(&[want]));
        }
    }
}

/// With rate 2 and one example w only changes its sign and the error stays; then the rate is 1 and w is 0.
fn the_rate_falls_on_a_plateau<B: Backend<S> + Default, S: Float>() {
    let (x, t) = ([S::ONE], [S::ZERO]);
    let mut net = line::<B, S>();
    let plateau = Plateau::new().factor(0.5).patience(1);
    let mut trainer = Trainer::new().rate(2.0).epochs(5).reduce_on_plateau(plateau);
    let history = trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).expect("training");
    let errors: Vec<f64> = history.epochs.iter().map(|record| record.error).collect();
    assert_eq!(bits(&errors), bits(&[0.5, 0.5, 0.5, 0.5, 0.0]));
    let state = trainer.plateau_state().expect("a plateau");
    assert_eq!((state.best, state.wait, state.scale.to_bits()), (Some(0.0), 0, 0.5_f64.to_bits()));
}
