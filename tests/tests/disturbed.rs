//! Dropout, noise and early stopping on every backend and scalar: what a step drops, that nothing is dropped outside of
//! steps, and which weights a training leaves.
#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use std::ops::ControlFlow;

use bp_core::{
    Act, Architecture, Backend, ErrorFunction, Examples, Float, Gradient, Layer, Output, Plan, Targets, stack,
};
use bp_tests::for_every_backend_and_scalar;
use bp_tests::nets::{graph, values};
use bp_tests::suite::{bits, numbers, scalars};
use bp_train::{Adam, EarlyStop, Event, History, Network, Plateau, TrainError, Trainer};

for_every_backend_and_scalar!(
    factors_are_weights_times_powers_of_two,
    a_dropped_unit_learns_nothing,
    no_dropout_is_none,
    nothing_is_dropped_outside_of_steps,
    the_seed_decides_what_is_dropped,
    early_stopping_puts_the_best_weights_back,
    early_stopping_goes_on_where_it_was,
    a_plateau_may_watch_the_validation_set,
    what_cannot_be_watched_is_named,
);

fn go<B, S>(_: Event, _: &Network<B, S>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Units times m are units as before with m in the weights that lead away from them: the same bits for powers of two.
fn factors_are_weights_times_powers_of_two<B: Backend<S> + Default, S: Float>() {
    let (backend, factors) = (B::default(), [0.0, 2.0, 0.5, 1.0, 4.0].map(S::from_f64));
    for (act, rows) in [(Act::Tanh, 1), (Act::Gelu, 5), (Act::Relu, 33), (Act::Logistic, 70)] {
        let plan = Plan::new(stack(3).hidden(5, act).output(4, Output::Softmax)).unwrap();
        let mut params: Vec<S> = scalars(&values(1, plan.n_params()));
        let x: Vec<S> = scalars(&values(2, 3 * rows));
        let classes: Vec<u32> = (0..rows as u32).map(|n| n % 4).collect();
        let examples = Examples::new(&x, Targets::Classes(&classes));
        let gradient = |params: &[S], with_factors: bool| {
            let mut ws = plan.workspace(rows);
            if with_factors {
                let mut m = ws.factors_mut("h1").unwrap();
                (0..rows).for_each(|n| m.row_mut(n).copy_from_slice(&factors));
            }
            let mut dw = vec![S::ZERO; plan.n_params()];
            let loss = ErrorFunction::CrossEntropy;
            let error = plan.gradient(&backend, &loss, params, &examples, &mut ws, Gradient::replace(&mut dw)).unwrap();
            (error, dw)
        };
        let (error, got) = gradient(&params, true);
        let scale = |params: &mut [S]| {
            let mut w = plan.weights_mut(params, "out", "h1").unwrap();
            for k in 0..4 {
                w.row_mut(k).iter_mut().zip(factors).for_each(|(w, m)| *w = *w * m);
            }
        };
        scale(&mut params);
        let (scaled_error, mut want) = gradient(&params, false);
        scale(&mut want); // ∂E/∂w = m ∂E/∂(mw)
        assert_eq!(bits(&[error]), bits(&[scaled_error]), "{act}, {rows} rows");
        // The sign of 0 is free: a dropped unit gives 0 · δ.
        let plus_0 = |values: &[S]| values.iter().map(|&g| g + S::ZERO).collect::<Vec<S>>();
        assert_eq!(bits(&plus_0(&got)), bits(&plus_0(&want)), "{act}, {rows} rows");
    }
}

/// One example, all weights 1: a step changes every weight into and out of a unit, through both of its consumers, or
/// none of them.
fn a_dropped_unit_learns_nothing<B: Backend<S> + Default, S: Float>() {
    let width = 40;
    let architecture = Architecture::new(
        1,
        vec![Layer::new("h1", width, Act::Tanh).dense("input"), Layer::new("h2", 3, Act::Tanh).dense("h1")],
        Layer::new("out", 1, Act::Identity).dense("h2").dense("h1"),
    );
    let mut net = Network::<B, S>::new(architecture, 1).unwrap();
    net.params_mut().fill(S::from_f64(0.125));
    let (x, t) = ([S::ONE], [S::from_f64(9.0)]);
    let mut trainer = Trainer::new().rate(0.125).epochs(1).dropout(0.5).layer_dropout("h2", 0.0).seed(3);
    trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).unwrap();
    let plan = net.plan();
    let changed = |layer: &str, source: &str, row: usize, col: usize| {
        let w = plan.weights(net.params(), layer, source).unwrap().at(row, col);
        w.to_f64().to_bits() != 0.125_f64.to_bits()
    };
    let mut kept = 0;
    for j in 0..width {
        let learns = changed("h1", "input", j, 0);
        let bias = plan.bias(net.params(), "h1").unwrap()[j].to_f64().to_bits() != 0.125_f64.to_bits();
        let outgoing = [changed("out", "h1", 0, j), changed("h2", "h1", 0, j), changed("h2", "h1", 2, j)];
        assert_eq!((bias, outgoing), (learns, [learns; 3]), "unit {j}");
        kept += usize::from(learns);
    }
    // 40 fair coins: fewer than 8 or more than 32 of a kind come once in 30,000 seeds.
    assert!((8..=32).contains(&kept), "{kept} of {width}");
    assert!((0..3).all(|k| changed("out", "h2", 0, k)), "h2 has no dropout");
}

/// Some epochs on a graph with every kind of connection, the parameters and what happened.
fn trained<B: Backend<S> + Default, S: Float>(trainer: Trainer<S>) -> (Network<B, S>, History) {
    let mut net = Network::<B, S>::new(graph(Act::Tanh, Output::Softmax), 1).unwrap();
    let (x, classes) = rows::<S>(1, 23);
    let (other, other_classes) = rows::<S>(2, 11);
    let train = Examples::new(&x, Targets::Classes(&classes));
    let validation = Examples::new(&other, Targets::Classes(&other_classes));
    let mut trainer = trainer.batch(5).epochs(4).optimizer(Adam::new()).rate(0.01);
    let history = trainer.fit_validated(&mut net, &train, &validation, go).unwrap();
    (net, history)
}

fn rows<S: Float>(seed: u64, n: usize) -> (Vec<S>, Vec<u32>) {
    (scalars(&values(seed, 3 * n)), (0..n as u32).map(|n| n % 3).collect())
}

fn no_dropout_is_none<B: Backend<S> + Default, S: Float>() {
    let params = |trainer: Trainer<S>| bits(trained::<B, S>(trainer).0.params());
    let plain = params(Trainer::new());
    assert_eq!(params(Trainer::new().dropout(0.0).input_dropout(0.0).input_noise(0.0)), plain);
    let mut others = vec![plain];
    for trainer in [
        Trainer::new().layer_dropout("conv", 0.5),
        Trainer::new().input_dropout(0.5),
        Trainer::new().input_noise(0.5),
        Trainer::new().dropout(0.5),
    ] {
        let params = params(trainer);
        assert!(!others.contains(&params));
        others.push(params);
    }
}

/// The validation error of the last epoch is that of the network which is left, evaluated alone.
fn nothing_is_dropped_outside_of_steps<B: Backend<S> + Default, S: Float>() {
    let (net, history) = trained::<B, S>(Trainer::new().dropout(0.5).input_dropout(0.5).input_noise(1.0));
    let (x, classes) = rows::<S>(2, 11);
    let error = net.evaluate(&Examples::new(&x, Targets::Classes(&classes))).unwrap().error;
    assert_eq!(history.epochs[3].validation.map(f64::to_bits), Some(error.to_bits()));
    assert_eq!((history.stopped, history.restored), (false, None));
}

fn the_seed_decides_what_is_dropped<B: Backend<S> + Default, S: Float>() {
    let params = |seed| {
        let mut net = Network::<B, S>::new(graph(Act::Tanh, Output::Softmax), 1).unwrap();
        let (x, classes) = rows::<S>(1, 1);
        // One row, so that its order cannot matter.
        let mut trainer = Trainer::new().dropout(0.5).input_noise(0.1).epochs(3).seed(seed);
        trainer.fit(&mut net, &Examples::new(&x, Targets::Classes(&classes))).unwrap();
        bits(net.params())
    };
    assert_eq!(params(1), params(1));
    assert_ne!(params(1), params(2));
}

/// A line with w = 1 and E = ½ w² per example: a step takes w to (1 − η) w.
fn line<B: Backend<S> + Default, S: Float>() -> Network<B, S> {
    let mut net = Network::new(stack(1).without_bias().output(1, Act::Identity), 1).unwrap();
    net.params_mut()[0] = S::ONE;
    net
}

/// w = ½, ¼, ⅛, … on the way to 0, and the validation rows want w = 0.3: ¼ is nearest.
fn early_stopping_puts_the_best_weights_back<B: Backend<S> + Default, S: Float>() {
    let (one, zero, wanted) = ([S::ONE], [S::ZERO], [S::from_f64(0.3)]);
    let train = Examples::new(&one, Targets::Rows(&zero));
    let validation = Examples::new(&one, Targets::Rows(&wanted));
    let stop = || Trainer::new().rate(0.5).early_stop(EarlyStop::new().patience(2));
    let run = |trainer: &mut Trainer<S>| {
        let mut net = line::<B, S>();
        let history = trainer.fit_validated(&mut net, &train, &validation, go).unwrap();
        (numbers(net.params())[0].to_bits(), history)
    };
    let mut trainer = stop();
    let (w, history) = run(&mut trainer);
    // Epochs 3, 4 and 5 are no better than 2, and 2 may be borne.
    assert_eq!((w, history.epochs.len(), history.stopped, history.restored), (0.25_f64.to_bits(), 5, true, Some(2)));
    assert_eq!(trainer.best_params().map(bits), Some(bits(&[0.25_f64])));
    let state = trainer.early_stop_state().unwrap();
    assert_eq!((state.best, state.best_epoch, state.wait), (history.epochs[1].validation, 2, 0));
    // The last epoch comes first.
    let (w, history) = run(&mut stop().epochs(3));
    assert_eq!((w, history.epochs.len(), history.stopped, history.restored), (0.25_f64.to_bits(), 3, false, Some(2)));
    let (w, history) = run(&mut Trainer::new().rate(0.5).early_stop(EarlyStop::new().patience(2).restore_best(false)));
    assert_eq!((w, history.epochs.len(), history.restored), (0.03125_f64.to_bits(), 5, None));
    // A callback that ends it leaves the weights as they are.
    let (mut net, mut trainer) = (line::<B, S>(), stop());
    let after_3 = |event: Event, _: &Network<B, S>| match event {
        Event::Epoch(record) if record.epoch == 3 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let history = trainer.fit_validated(&mut net, &train, &validation, after_3).unwrap();
    assert_eq!((bits(net.params()), history.restored), (bits(&[0.125_f64]), None));
    assert_eq!(trainer.best_params().map(bits), Some(bits(&[0.25_f64])));
    // Any function of the network may be watched: here, that w is large.
    let (mut net, mut trainer) = (line::<B, S>(), stop());
    let largest = |net: &Network<B, S>| -net.params()[0].to_f64();
    let history = trainer.fit_watched(&mut net, &train, largest, go).unwrap();
    assert_eq!((history.restored, history.epochs.len(), bits(net.params())), (Some(1), 4, bits(&[0.5_f64])));
    assert_eq!(history.epochs[3].validation.map(f64::to_bits), Some((-0.0625_f64).to_bits()));
}

/// Two calls of 2 epochs, the second by a trainer that was given the state of the first, are one call of 4 or more.
fn early_stopping_goes_on_where_it_was<B: Backend<S> + Default, S: Float>() {
    let (one, zero, wanted) = ([S::ONE], [S::ZERO], [S::from_f64(0.3)]);
    let train = Examples::new(&one, Targets::Rows(&zero));
    let validation = Examples::new(&one, Targets::Rows(&wanted));
    let trainer = |epochs| {
        let stop = EarlyStop::new().patience(1).restore_best(false);
        Trainer::<S>::new().rate(0.5).epochs(epochs).early_stop(stop)
    };
    let (mut net, mut first) = (line::<B, S>(), trainer(3));
    assert!(!first.fit_validated(&mut net, &train, &validation, go).unwrap().stopped);
    let (state, best) = (first.early_stop_state().unwrap(), first.best_params().unwrap().to_vec());
    let mut second = trainer(9);
    second.resume_early_stop(state, &best);
    // One epoch was no better before, one more is enough.
    assert_eq!(second.fit_validated(&mut net, &train, &validation, go).unwrap().epochs.len(), 1);
    assert_eq!(second.best_params().map(bits), Some(bits(&[0.25_f64])));
    let (mut net, mut fresh) = (line::<B, S>(), trainer(9));
    assert_eq!(fresh.fit_validated(&mut net, &train, &validation, go).unwrap().epochs.len(), 4);
}

/// The training error falls and the validation error does not: only a plateau that watches the latter acts.
fn a_plateau_may_watch_the_validation_set<B: Backend<S> + Default, S: Float>() {
    let (one, zero, wanted) = ([S::ONE], [S::ZERO], [S::from_f64(2.0)]);
    let train = Examples::new(&one, Targets::Rows(&zero));
    let validation = Examples::new(&one, Targets::Rows(&wanted));
    let scale = |plateau: Plateau| {
        let mut trainer = Trainer::<S>::new().rate(0.5).epochs(3).reduce_on_plateau(plateau.factor(0.5).patience(0));
        trainer.fit_validated(&mut line::<B, S>(), &train, &validation, go).unwrap();
        trainer.plateau_state().unwrap().scale.to_bits()
    };
    assert_eq!(scale(Plateau::new()), 1.0_f64.to_bits());
    assert_eq!(scale(Plateau::new().watch_validation()), 0.25_f64.to_bits());
}

fn what_cannot_be_watched_is_named<B: Backend<S> + Default, S: Float>() {
    let (one, zero) = ([S::ONE], [S::ZERO]);
    let train = Examples::new(&one, Targets::Rows(&zero));
    let say = |mut trainer: Trainer<S>, validation: Option<Examples<'_, S>>| {
        let mut net = line::<B, S>();
        let outcome: Result<History, TrainError> = match validation {
            Some(validation) => trainer.fit_validated(&mut net, &train, &validation, go),
            None => trainer.fit(&mut net, &train),
        };
        assert_eq!(bits(net.params()), bits(&[1.0_f64]), "something was trained");
        outcome.unwrap_err().to_string()
    };
    let advice = "watches a validation error, but there is no validation set; give one to `fit_validated`";
    assert_eq!(say(Trainer::new().early_stop(EarlyStop::new()), None), format!("early stopping {advice}"));
    let plateau = Plateau::new().watch_validation();
    assert_eq!(say(Trainer::new().reduce_on_plateau(plateau), None), format!("the plateau {advice}"));
    let none = Examples::new(&[], Targets::Rows(&[]));
    assert_eq!(say(Trainer::new(), Some(none)), "the validation set: no examples to evaluate");
    let odd = Examples::new(&one, Targets::Rows(&[]));
    assert_eq!(say(Trainer::new(), Some(odd)), "the validation set: targets: expected 1 examples, got 0");
    let stop = EarlyStop::new().min_improvement(-1.0);
    assert_eq!(
        say(Trainer::new().early_stop(stop), Some(train)),
        "the minimum improvement of early stopping is -1, expected a finite number of at least 0"
    );
    let out = "dropout for the layer `out`, but no hidden layer has this name; there are: ";
    assert_eq!(say(Trainer::new().layer_dropout("out", 0.5), None), out);
    let rate = "the dropout rate is 1, expected a number from 0 to below 1";
    assert_eq!(say(Trainer::new().dropout(1.0), None), rate);
}
