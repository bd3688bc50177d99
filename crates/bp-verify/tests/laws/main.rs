//! (c) to (g) and (i): laws that hold exactly over the prime field and within rounding bounds over floats, each with a
//! fault that it must see.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod faulty;
mod history;
mod tangents;
mod weights;

use bp_core::{Act, ErrorFunction, Loss, Output, OutputFunction, Prediction, Reference, Target};
use bp_verify::laws::{Additivity, BiasIsAWeight, Duplication, Law, Linearity, Permutation, SameAsReference};
use bp_verify::laws::{JacobianByColumns, Rescaling, SignFlip, ZeroWeights, tangents_within};
use bp_verify::laws::{exactly, reverse_equals_dual, scales_bitwise, softmax_errors_cancel, within};
use bp_verify::strategy::recipe;
use bp_verify::{Case, Fp, Poly, Recipe, Violation};
use faulty::{Fault, breaks, rich, weighted};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn holds(result: Result<(), Violation>) -> Result<(), TestCaseError> {
    result.map_err(|violation| TestCaseError::fail(violation.to_string()))
}

fn polynomial(recipe: &Recipe) -> Case<Poly> {
    recipe.case_of(&Poly::ALL, Output::Each(Poly::ALL[recipe.output.function % 4]))
}

/// A law exactly over the field, and within bounds over f64 and f32.
fn check<X: Law>(recipe: &Recipe) -> Result<(), TestCaseError> {
    holds(exactly::<X, Poly>(&Reference, &polynomial(recipe)))?;
    let output = if recipe.weighted { Output::Softmax } else { Output::Each(Act::Tanh) };
    let loss = ErrorFunction::canonical(OutputFunction::<f64>::kind(&output));
    let case = recipe.case(output);
    holds(within::<X, f64, _, _>(&Reference, &case, &loss))?;
    holds(within::<X, f32, _, _>(&Reference, &case, &loss))
}

/// Failures are kept in `proptest-regressions/` and run first the next time. PROPTEST_CASES sets the number of cases.
fn config() -> ProptestConfig {
    let file = FileFailurePersistence::Direct("proptest-regressions/laws.txt");
    ProptestConfig { failure_persistence: Some(Box::new(file)), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn error_and_gradient_add_over_every_split(recipe in recipe()) {
        check::<Additivity>(&recipe)?;
    }

    #[test]
    fn an_example_twice_is_one_of_twice_the_weight(recipe in recipe()) {
        check::<Duplication>(&recipe)?;
    }

    #[test]
    fn hidden_units_can_be_renumbered(recipe in recipe()) {
        check::<Permutation>(&recipe)?;
    }

    #[test]
    fn the_recursion_is_linear(recipe in recipe(), k in -40..40_i32) {
        check::<Linearity>(&recipe)?;
        let case = recipe.case(Output::Each(Act::Identity));
        holds(scales_bitwise::<f64, _>(&Reference, &case, k))?;
        holds(scales_bitwise::<f32, _>(&Reference, &case, k / 4))?;
    }

    #[test]
    fn a_bias_is_a_weight_from_a_constant(recipe in recipe()) {
        check::<BiasIsAWeight>(&recipe)?;
    }

    #[test]
    fn a_backend_agrees_with_itself(recipe in recipe()) {
        check::<SameAsReference>(&recipe)?;
    }

    #[test]
    fn softmax_errors_sum_to_zero(recipe in recipe()) {
        let case = recipe.case(Output::Softmax);
        holds(softmax_errors_cancel::<f64, _>(&Reference, &case, &ErrorFunction::CrossEntropy))?;
        holds(softmax_errors_cancel::<f32, _>(&Reference, &case, &ErrorFunction::CrossEntropy))?;
    }

    #[test]
    fn reverse_mode_equals_dual_numbers(recipe in recipe()) {
        holds(reverse_equals_dual(&Reference, &polynomial(&recipe)))?;
    }
}

#[test]
fn each_law_sees_its_fault() {
    breaks::<Additivity>(Fault::DropsLastRow, "bias");
    breaks::<Duplication>(Fault::DropsLastRow, "bias");
    breaks::<Permutation>(Fault::SkipsLastColumn, "renumbered");
    breaks::<Linearity>(Fault::ClampsErrors, "[");
    breaks::<BiasIsAWeight>(Fault::SkipsLastBias, "");
    breaks::<SameAsReference>(Fault::SkipsLastColumn, "");
}

#[test]
fn dual_numbers_see_every_fault() {
    let case = rich(&Poly::ALL, Output::Each(Poly::ALL[1]));
    assert_eq!(reverse_equals_dual(&Fault::None, &case), Ok(()));
    for (fault, place) in [(Fault::DropsLastRow, "bias"), (Fault::SkipsLastColumn, "h1."), (Fault::ClampsErrors, "h")] {
        let violation = reverse_equals_dual(&fault, &case).unwrap_err();
        assert!(violation.place().contains(place), "{fault:?}: {violation}");
    }
}

#[test]
fn scaling_sees_a_clamp() {
    let case = rich(&Act::ALL, Output::Each(Act::Tanh));
    assert_eq!(scales_bitwise::<f64, _>(&Fault::None, &case, 3), Ok(()));
    assert!(scales_bitwise::<f64, _>(&Fault::ClampsErrors, &case, 3).is_err());
}

/// Cross-entropy whose errors come from a softmax with 10⁻⁸ added to its normaliser, in the backward pass only.
struct Epsilon;

impl Loss<f64> for Epsilon {
    fn value(&self, p: &Prediction<'_, f64>, t: Target<'_, f64>) -> f64 {
        ErrorFunction::CrossEntropy.value(p, t)
    }
    fn gradient(&self, y: &[f64], t: Target<'_, f64>, g: &mut [f64]) {
        ErrorFunction::CrossEntropy.gradient(y, t, g);
    }
    fn delta(&self, p: &Prediction<'_, f64>, t: Target<'_, f64>, delta: &mut [f64]) {
        let y: Vec<f64> = p.y.iter().map(|y| y / (1.0 + 1e-8)).collect();
        ErrorFunction::CrossEntropy.delta(&Prediction { y: &y, ..*p }, t, delta);
    }
}

#[test]
fn the_sum_of_softmax_errors_sees_an_epsilon() {
    let case = rich(&Act::ALL, Output::Softmax);
    assert_eq!(softmax_errors_cancel::<f64, _>(&Reference, &case, &ErrorFunction::CrossEntropy), Ok(()));
    assert!(softmax_errors_cancel::<f64, _>(&Reference, &case, &Epsilon).is_err());
}

/// M3 in the smallest network: out = w x + b equals out = (w b)(x 1)ᵀ with a dense connection.
#[test]
fn one_layer_with_a_bias_is_one_column_wider_without() {
    use bp_core::{Examples, Gradient, Plan, Stack, SumOfSquares, Targets};
    let run = |plan: &Plan<Poly>, params: &[i64], x: &[i64]| {
        let field = |n: &[i64]| n.iter().map(|&n| Fp::from_i64(n)).collect::<Vec<_>>();
        let (params, x, t) = (field(params), field(x), field(&[4, -5, 6, 7]));
        let mut dw = params.clone();
        let examples = Examples::new(&x, Targets::Rows(&t));
        let mut ws = plan.workspace(2);
        let error =
            plan.gradient(&Reference, &SumOfSquares, &params, &examples, &mut ws, Gradient::replace(&mut dw)).unwrap();
        (error, dw)
    };
    let h = Poly::ALL[1];
    let with = Plan::new(Stack::new(2).output(2, h)).unwrap();
    let without = Plan::new(Stack::new(3).without_bias().output(2, h)).unwrap();
    let (error, dw) = run(&with, &[1, 2, 3, 4, 10, 20], &[5, 6, 7, 8]);
    let (wider_error, wider) = run(&without, &[1, 2, 10, 3, 4, 20], &[5, 6, 1, 7, 8, 1]);
    assert_eq!(error, wider_error);
    assert_eq!([dw[0], dw[1], dw[4], dw[2], dw[3], dw[5]], wider[..]);
}

/// Laws that pass over units or kinks still say something about most random networks.
#[test]
fn no_law_is_empty() {
    let (mut counts, all) = ([0; 4], 100);
    for seed in 0..all {
        let recipe = weighted(&Recipe::random(seed));
        let case = recipe.case(Output::Softmax);
        let loss = ErrorFunction::CrossEntropy;
        let said = [
            !Rescaling::sides::<f64, _, _, _>(&Reference, &case, &loss).unwrap().is_empty(),
            !SignFlip::sides::<f64, _, _, _>(&Reference, &case, &loss).unwrap().is_empty(),
            !ZeroWeights::sides::<f64, _, _, _>(&Reference, &case, &loss).unwrap().is_empty(),
            tangents_within::<JacobianByColumns, f64, _>(&Fault::AddsEpsilon, &case).is_err(),
        ];
        counts.iter_mut().zip(said).for_each(|(count, said)| *count += u64::from(said));
    }
    assert!(counts.iter().all(|&count| 2 * count > all), "{counts:?} of {all}");
}
