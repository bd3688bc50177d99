//! What holds for every optimiser, and what is known of each on a quadratic.

use super::*;

fn all() -> Vec<Box<dyn Optimizer<f64>>> {
    every()
}

/// Every optimiser, with everything on that has a state of its own.
pub(super) fn every<S: Float>() -> Vec<Box<dyn Optimizer<S>>> {
    vec![
        Box::new(Sgd::new()),
        Box::new(Sgd::new().momentum(0.9).dampening(0.5)),
        Box::new(Sgd::new().momentum(0.9).nesterov(true).rate_in_velocity(true)),
        Box::new(Adam::new()),
        Box::new(Adam::new().amsgrad(true).bias_correction(false)),
        Box::new(AdamW::new().amsgrad(true)),
        Box::new(NAdam::new()),
        Box::new(RAdam::new()),
        Box::new(Adamax::new()),
        Box::new(Adagrad::new().initial_sum(0.5).rate_decay(0.1)),
        Box::new(RmsProp::new()),
        Box::new(RmsProp::new().centered(true)),
        Box::new(RmsProp::new().momentum(0.9)),
        Box::new(RmsProp::new().centered(true).momentum(0.9)),
        Box::new(Adadelta::new()),
        Box::new(Lion::new()),
        Box::new(Rprop::new()),
        Box::new(Rprop::new().backtracking(true)),
    ]
}

/// A training is not gone on with by another optimiser: no two of these show the same name and settings.
#[test]
fn settings_tell_optimizers_apart() {
    let shown = |optimizer: &dyn Optimizer<f64>| format!("{} {:?}", optimizer.name(), optimizer.settings());
    let mut all: Vec<String> = all().iter().map(|optimizer| shown(optimizer)).collect();
    all.extend([
        shown(&Adam::new().betas(0.5, 0.999)),
        shown(&Adam::new().betas(0.9, 0.5)),
        shown(&Adam::new().epsilon(0.5)),
        shown(&AdamW::new()),
        shown(&NAdam::new().betas(0.5, 0.5)),
        shown(&RAdam::new().epsilon(0.5)),
        shown(&Adamax::new().epsilon(0.5)),
        shown(&Adagrad::new().epsilon(0.5)),
        shown(&RmsProp::new().alpha(0.5)),
        shown(&Adadelta::new().epsilon(0.5)),
        shown(&Lion::new().betas(0.5, 0.5)),
        shown(&Rprop::new().factors(0.25, 1.5)),
        shown(&Rprop::new().sizes(0.25, 1.5)),
        shown(&Sgd::new().momentum(0.5)),
    ]);
    let n = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), n, "{all:#?}");
}

fn groups(decay: f64) -> [Group; 2] {
    [Group { range: 0..2, decay, rate: 1.0 }, Group { range: 2..3, decay: 0.0, rate: 1.0 }]
}

fn run(optimizer: &mut dyn Optimizer<f64>, groups: &[Group], rate: f64, steps: u64) -> [f64; 3] {
    let mut w = [1.0, -2.0, 3.0];
    optimizer.prepare(3);
    for index in 1..=steps {
        let grad = w; // E = ½ w²
        optimizer.step(&Step { index, rate, groups }, &mut w, &grad);
    }
    w
}

#[test]
fn on_a_quadratic_every_step_is_known() {
    // w ← (1 − η(1 + λ)) w, exactly representable here.
    assert_eq!(
        run(&mut Sgd::new(), &groups(1.0), 0.25, 3).map(f64::to_bits),
        [0.125, -0.25, 1.265625].map(f64::to_bits)
    );
}

#[test]
fn zero_rate_and_zero_momentum_change_nothing() {
    for optimizer in [&mut Sgd::new().momentum(0.9) as &mut dyn Optimizer<f64>, &mut Adam::new()] {
        assert_eq!(run(optimizer, &groups(0.1), 0.0, 5).map(f64::to_bits), [1.0, -2.0, 3.0].map(f64::to_bits));
    }
    let plain = run(&mut Sgd::new(), &groups(0.1), 0.1, 5);
    for nesterov in [false, true] {
        let got = run(&mut Sgd::new().momentum(0.0).nesterov(nesterov), &groups(0.1), 0.1, 5);
        assert_eq!(got.map(f64::to_bits), plain.map(f64::to_bits));
    }
}

/// λ = 0: the bits of w ← w − ηg.
#[test]
fn zero_decay_is_none() {
    let got = run(&mut Sgd::new(), &groups(0.0), 0.1, 5);
    let mut want = [1.0, -2.0, 3.0];
    (0..5).for_each(|_| want = want.map(|w: f64| w - 0.1 * w));
    assert_eq!(got.map(f64::to_bits), want.map(f64::to_bits));
    // It adds to the momentum and to the moments of adam, too, if it is not 0.
    for optimizer in [&mut Sgd::new().momentum(0.9) as &mut dyn Optimizer<f64>, &mut Adam::new()] {
        let [with, without] = [0.1, 0.0].map(|decay| run(optimizer, &groups(decay), 0.1, 5).map(f64::to_bits));
        assert_ne!(with, without);
    }
}

/// E = ½ w² again, from step `first` to `last`.
fn go(optimizer: &mut dyn Optimizer<f64>, w: &mut [f64; 3], first: u64, last: u64, groups: &[Group]) {
    for index in first..=last {
        let grad = *w;
        optimizer.step(&Step { index, rate: 0.05, groups }, w, &grad);
    }
}

#[test]
fn a_frozen_group_rests() {
    let mut groups = groups(0.1);
    (groups[1].rate, groups[1].decay) = (0.0, 0.1);
    for mut optimizer in all() {
        let w = run(&mut optimizer, &groups, 0.1, 5);
        assert_eq!(w[2].to_bits(), 3.0_f64.to_bits(), "{}", optimizer.name());
        assert!(w[0] < 1.0, "{}", optimizer.name());
        assert_eq!(optimizer.plain_rate(&Step { index: 1, rate: 0.1, groups: &groups }), None);
    }
}

/// Frozen on the way, so that decay and momentum had begun to act.
#[test]
fn a_group_that_is_frozen_later_rests_from_then_on() {
    for mut optimizer in all() {
        let (mut groups, mut w) = (groups(0.1), [1.0, -2.0, 3.0]);
        optimizer.prepare(3);
        go(&mut optimizer, &mut w, 1, 8, &groups);
        groups[0].rate = 0.0;
        let before = w;
        go(&mut optimizer, &mut w, 9, 12, &groups);
        assert_eq!(w[..2], before[..2], "{}", optimizer.name());
    }
}

/// What `state` shows is all there is: a fresh optimiser that gets it goes on with the same bits.
#[test]
fn state_is_everything() {
    for (mut uninterrupted, mut resumed) in all().into_iter().zip(all()) {
        let (groups, mut want) = (groups(0.1), [1.0, -2.0, 3.0]);
        uninterrupted.prepare(3);
        go(&mut uninterrupted, &mut want, 1, 7, &groups);
        let mut got = want;
        let saved: Vec<(&str, Vec<f64>)> =
            uninterrupted.state().into_iter().map(|(name, values)| (name, values.to_vec())).collect();
        resumed.prepare(3);
        for ((name, to), (saved_name, from)) in resumed.state_mut().into_iter().zip(&saved) {
            assert_eq!(name, *saved_name);
            to.copy_from_slice(from);
        }
        go(&mut uninterrupted, &mut want, 8, 20, &groups);
        go(&mut resumed, &mut got, 8, 20, &groups);
        assert_eq!(got.map(f64::to_bits), want.map(f64::to_bits), "{}", resumed.name());
    }
}

#[test]
fn settings_out_of_range_are_named() {
    fn refused(optimizer: &dyn Optimizer<f64>) -> String {
        optimizer.check().expect_err(optimizer.name()).to_string()
    }
    for optimizer in all() {
        assert_eq!(optimizer.check(), Ok(()), "{}", optimizer.name());
    }
    assert_eq!(refused(&Sgd::new().momentum(1.0)), "the momentum of sgd is 1, expected a number from 0 to below 1");
    assert_eq!(
        refused(&Sgd::new().momentum(0.9).dampening(0.5).nesterov(true)),
        "the dampening of nesterov's sgd is 0.5, expected 0"
    );
    assert_eq!(
        refused(&RAdam::new().threshold(f64::NAN)),
        "the threshold of radam is NaN, expected a finite number of at least 4"
    );
    assert_eq!(
        refused(&Rprop::new().sizes(1.0, 0.5)),
        "the largest step of rprop is 0.5, expected at least the smallest one, and finite"
    );
    assert_eq!(
        refused(&AdamW::new().betas(1.0, 0.5)),
        "the first beta of adamw is 1, expected a number from 0 to below 1"
    );
    for bad in [-0.1, 1.0, f64::NAN] {
        let cases: [&dyn Optimizer<f64>; 16] = [
            &Sgd::new().dampening(bad),
            &Adam::new().betas(bad, 0.9),
            &AdamW::new().betas(0.9, bad),
            &NAdam::new().betas(bad, 0.9),
            &NAdam::new().betas(0.9, bad),
            &RAdam::new().betas(bad, 0.9),
            &RAdam::new().betas(0.9, bad),
            &Adamax::new().betas(bad, 0.9),
            &Adamax::new().betas(0.9, bad),
            &RmsProp::new().alpha(bad),
            &RmsProp::new().momentum(bad),
            &Adadelta::new().rho(bad),
            &Lion::new().betas(bad, 0.9),
            &Lion::new().betas(0.9, bad),
            &Rprop::new().factors(bad, 1.2),
            &Rprop::new().factors(0.5, bad),
        ];
        cases.iter().for_each(|optimizer| drop(refused(*optimizer)));
    }
    for bad in [-1e-8, f64::INFINITY, f64::NAN] {
        let cases: [&dyn Optimizer<f64>; 11] = [
            &Adam::new().epsilon(bad),
            &AdamW::new().epsilon(bad),
            &NAdam::new().epsilon(bad),
            &NAdam::new().momentum_decay(bad),
            &RAdam::new().epsilon(bad),
            &Adamax::new().epsilon(bad),
            &Adagrad::new().epsilon(bad),
            &Adagrad::new().initial_sum(bad),
            &Adagrad::new().rate_decay(bad),
            &RmsProp::new().epsilon(bad),
            &Adadelta::new().epsilon(bad),
        ];
        cases.iter().for_each(|optimizer| drop(refused(*optimizer)));
    }
}

/// Two steps with gradients 3 and −1 and rates ½ and ¼ from w = 0: what the definitions of books and papers say.
#[test]
fn other_definitions() {
    fn two(mut optimizer: impl Optimizer<f64>, decay: f64) -> f64 {
        let (groups, mut w) = ([Group { range: 0..1, decay, rate: 1.0 }], [0.0]);
        optimizer.prepare(1);
        for (index, rate, g) in [(1, 0.5, 3.0), (2, 0.25, -1.0)] {
            optimizer.step(&Step { index, rate, groups: &groups }, &mut w, &[g]);
        }
        w[0]
    }
    fn near(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-14, "{got} instead of {want}");
    }
    // Δ = −1.5, then ½ · −1.5 + 0.25.
    near(two(Sgd::new().momentum(0.5).rate_in_velocity(true), 0.0), -1.5 - 0.5);
    near(two(Sgd::new().momentum(0.5), 0.0), -1.5 - 0.25 * 0.5);
    near(two(Sgd::new().momentum(0.5).dampening(0.5), 0.0), -1.5 - 0.25 * (1.5 - 0.5));
    // Nesterov's: the change is ηg + μu with u = 1.5, then 0.5.
    near(two(Sgd::new().momentum(0.5).nesterov(true).rate_in_velocity(true), 0.0), -(1.5 + 0.75) - (-0.25 + 0.25));
    // v = 4.5, then 2.75.
    let rms = || RmsProp::new().alpha(0.5).epsilon(0.25);
    let (q1, q2) = (3.0 / 4.75_f64.sqrt(), -1.0 / 3.0_f64.sqrt());
    near(two(rms().epsilon_in_root(true), 0.0), -0.5 * q1 - 0.25 * q2);
    let books = rms().epsilon_in_root(true).momentum(0.5).rate_in_velocity(true);
    near(two(books, 0.0), -0.5 * q1 - (0.25 * q1 + 0.25 * q2));
    // m = 1.5, then 0.25; v = 4.5, then 2.75, of which 4.5 is the largest.
    let reddi = Adam::new().betas(0.5, 0.5).epsilon(0.0).amsgrad(true).bias_correction(false);
    near(two(reddi, 0.0), -0.5 * 1.5 / 4.5_f64.sqrt() - 0.25 * 0.25 / 4.5_f64.sqrt());
    // 3, then the maximum of 1.5 and 1; m̂ = 3, then 1/3.
    near(two(Adamax::new().betas(0.5, 0.5).epsilon(0.0), 0.0), -0.5 - 0.25 * (1.0 / 3.0) / 1.5);
    // sign(½ · 0 + ½ · 3) = 1, then m = 0.75 and ½ · 0.75 − ½ < 0; decay shrinks w by 1 − ¼ · 2.
    near(two(Lion::new().betas(0.5, 0.75), 0.0), -0.5 + 0.25);
    near(two(Lion::new().betas(0.5, 0.75), 2.0), -0.5 * 0.5 + 0.25);
    // The sign flips: the step is taken back, and the entry rests.
    near(two(Rprop::new().backtracking(true), 0.0), 0.0);
    near(two(Rprop::new(), 0.0), -0.5);
    assert!(two(Adamax::new().epsilon(0.0), 0.0).is_finite());
}

/// ρₜ of RAdam passes 4 at step 5 and 5 at step 6, with β₂ = 0.999.
#[test]
fn radam_waits() {
    let first = |threshold: f64| {
        let mut radam = RAdam::new().threshold(threshold);
        radam.prepare(1);
        let groups = [Group { range: 0..1, decay: 0.0, rate: 1.0 }];
        let moves = |radam: &mut RAdam<f64>, index| {
            let mut w = [0.0];
            radam.step(&Step { index, rate: 1.0, groups: &groups }, &mut w, &[1.0]);
            -w[0]
        };
        // Unrectified steps have the size of the rate here, rectified ones are far smaller.
        (1..20).find(|&index| moves(&mut radam, index) < 0.5)
    };
    assert_eq!([first(4.0), first(5.0)], [Some(5), Some(6)]);
}

/// A parameter whose gradients are all 0 stays where it is, and nothing is NaN.
#[test]
fn no_gradient_no_step() {
    let mut optimizers = all();
    optimizers.push(Box::new(Adamax::new().epsilon(0.0)));
    for mut optimizer in optimizers {
        let (groups, mut w) = ([Group { range: 0..1, decay: 0.0, rate: 1.0 }], [0.5]);
        optimizer.prepare(1);
        for index in 1..=10 {
            optimizer.step(&Step { index, rate: 0.1, groups: &groups }, &mut w, &[0.0]);
        }
        assert_eq!(w[0].to_bits(), 0.5_f64.to_bits(), "{}", optimizer.name());
    }
}
