//! (a) The engine's gradient against differences, on random graphs with skip connections.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bp_core::{Act, Connection, ErrorFunction, Float, INPUT, Layer, Loss, Output, OutputKind, Plan, Reference, Source};
use bp_core::{Architecture, Examples, OutputFunction, Target, Targets};
use bp_verify::strategy::recipe;
use bp_verify::{
    Case, Dual, Number, Recipe, Report, Rounded, Sample, check_gradient, defined_everywhere, output_functions,
};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn check<S: Float + Number>(case: &Case, loss: ErrorFunction) -> Report {
    let numbers = case.numbers::<S>();
    check_gradient(&case.plan, &loss, &Reference, &numbers.params, &numbers.examples(), Sample::all()).unwrap()
}

/// What a report on a correct engine must say. Where an entry is at a kink, nothing is claimed.
fn accept(case: &Case, report: &Report) -> Result<(), TestCaseError> {
    prop_assert!(report.failed == 0, "{report}");
    prop_assert_eq!(report.checked + report.at_kinks + report.unbounded, case.plan.n_params());
    Ok(())
}

/// Failures are kept in `proptest-regressions/` and run first the next time. PROPTEST_CASES sets the number of cases.
fn config() -> ProptestConfig {
    let file = FileFailurePersistence::Direct("proptest-regressions/gradient.txt");
    ProptestConfig { failure_persistence: Some(Box::new(file)), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// Every output function × every loss, hidden layers with any activations, in f64 and f32.
    #[test]
    fn every_pair_on_random_graphs(recipe in recipe(), pick in 0..12_usize, function in 0..5_usize) {
        let (output, loss) = (&output_functions()[pick], ErrorFunction::ALL[function]);
        let case = recipe.pair(output, loss);
        accept(&case, &check::<f64>(&case, loss))?;
        accept(&case, &check::<f32>(&case, loss))?;
    }

    /// Every hidden activation in every layer.
    #[test]
    fn every_activation_on_random_graphs(mut recipe in recipe(), act in 0..10_usize) {
        recipe.layers.iter_mut().for_each(|layer| layer.function = act);
        let case = recipe.case(Output::Each(Act::Identity));
        accept(&case, &check::<f64>(&case, ErrorFunction::SumOfSquares))?;
    }

    /// The error estimate of the differences is one: they are as near to dual numbers as they say.
    #[test]
    fn differences_keep_their_promise(recipe in recipe(), pick in 0..12_usize, function in 0..5_usize) {
        let (output, loss) = (&output_functions()[pick], ErrorFunction::ALL[function]);
        let case = recipe.pair(output, loss);
        let (numbers, mut dual) = (case.numbers::<f64>(), case.numbers::<Dual<Rounded<f64>>>());
        let mut ws = case.plan.workspace(case.rows());
        let gradient: Vec<f64> = (0..case.plan.n_params()).map(|i| {
            dual.params[i].derivatives = [Rounded::exact(1.0)];
            case.plan.forward(&Reference, &dual.params, &dual.x, &mut ws).unwrap();
            let error = case.plan.error(&loss, &dual.examples(), &ws).unwrap();
            dual.params[i].derivatives = [Rounded::exact(0.0)];
            error.derivative().value()
        }).collect();
        let report = bp_verify::compare_gradient(
            &case.plan, &loss, &numbers.params, &numbers.examples(), &gradient, Sample::all(),
        ).unwrap();
        accept(&case, &report)?;
    }
}

/// All 60 pairs once on fixed graphs, so that no draw of random numbers can leave one out; and the check is sharp.
#[test]
fn no_pair_is_left_out() {
    for (n, output) in output_functions().iter().enumerate() {
        for (m, &loss) in ErrorFunction::ALL.iter().enumerate() {
            let mut recipe = Recipe::random((n * 5 + m) as u64 + 100);
            // Smooth hidden layers, so that nothing is at a kink but for the output's sake.
            recipe.layers.iter_mut().for_each(|layer| layer.function = 1);
            (recipe.output.bias, recipe.weighted) = (true, false);
            let report = check::<f64>(&recipe.pair(output, loss), loss);
            let width = recipe.output.width;
            assert!(report.failed == 0 && report.checked > 0, "{output} with {loss}: {report}");
            assert!(report.resolution <= 1e-8 || width == 1, "{output} with {loss} is not sharp: {report}");
        }
    }
}

/// Class indices as targets.
#[test]
fn class_indices_are_checked_too() {
    let case = Recipe::random(11).case(Output::Softmax);
    let numbers = case.numbers::<f64>();
    let classes: Vec<u32> = (0..case.rows()).map(|n| (n % case.plan.outputs()) as u32).collect();
    let examples = Examples::new(&numbers.x, Targets::Classes(&classes));
    let loss = ErrorFunction::CrossEntropy;
    let report = check_gradient(&case.plan, &loss, &Reference, &numbers.params, &examples, Sample::all()).unwrap();
    assert!(report.passed(), "{report}");
}

/// One unit on its kink, a = 0 exactly: the gradient follows the convention, and the differences decline to judge.
fn check_kink(act: Act, expected_slope: f64) {
    let hidden = vec![Layer::new("h1", 1, act).dense(INPUT)];
    let plan = Plan::new(Architecture::new(1, hidden, Layer::new("out", 1, Act::Identity).dense("h1"))).unwrap();
    // a = 2 · 1 − 2 = 0, then y = 3 z + 1 and δ = y − t = 1 − 0.
    let params = [2.0, -2.0, 3.0, 1.0];
    let examples = Examples::new(&[1.0], Targets::Rows(&[0.0]));
    let mut gradient = vec![0.0_f64; 4];
    let loss = ErrorFunction::SumOfSquares;
    let into = bp_core::Gradient::replace(&mut gradient);
    plan.gradient(&Reference, &loss, &params, &examples, &mut plan.workspace(1), into).unwrap();
    assert_eq!(gradient[1].to_bits(), (3.0 * expected_slope).to_bits(), "{act}");
    let report = check_gradient(&plan, &loss, &Reference, &params, &examples, Sample::all()).unwrap();
    assert_eq!((report.at_kinks, report.failed), (2, 0), "{act}: {report}");
}

#[test]
fn on_a_kink_the_convention_holds() {
    check_kink(Act::Relu, 0.0);
    check_kink(Act::LeakyRelu { slope: 0.25 }, 0.25);
    // Differentiable at 0, but not twice: their kink is in h″.
    check_kink(Act::Elu, 1.0);
    check_kink(Act::Softsign, 1.0);
}

#[test]
fn on_hubers_kink_both_sides_agree() {
    let loss = ErrorFunction::Huber { threshold: 0.5 };
    for (y, slope) in [(0.5, 0.5), (-0.5, -0.5), (0.0, 0.0), (0.75, 0.5), (-2.0, -0.5)] {
        let mut g = [0.0];
        Loss::<f64>::gradient(&loss, &[y], Target::Row(&[0.0]), &mut g);
        assert_eq!(g[0].to_bits(), f64::to_bits(slope), "at r = {y}");
    }
}

#[test]
fn a_source_may_feed_a_layer_twice() {
    let out = Layer::new("out", 2, Act::Tanh).dense("h1").identity("h1");
    let out = Layer {
        sources: out.sources.into_iter().chain([Source { from: "h1".into(), connection: Connection::Dense }]).collect(),
        ..out
    };
    let plan = Plan::new(Architecture::new(2, vec![Layer::new("h1", 2, Act::Tanh).dense(INPUT)], out)).unwrap();
    let params: Vec<f64> = (0..plan.n_params()).map(|i| (i as f64).sin()).collect();
    let examples = Examples::new(&[0.5, -0.25], Targets::Rows(&[1.0, 0.0]));
    let report =
        check_gradient(&plan, &ErrorFunction::SumOfSquares, &Reference, &params, &examples, Sample::all()).unwrap();
    assert!(report.passed(), "{report}");
}

/// The table above is about output functions by name; this holds it to `kind`.
#[test]
fn canonical_pairs_are_defined_everywhere() {
    for output in output_functions() {
        let kind = OutputFunction::<f64>::kind(&output);
        assert!(defined_everywhere(&output, ErrorFunction::canonical(kind)), "{output}");
        assert!(kind != OutputKind::Softmax || output == Output::Softmax);
    }
}
