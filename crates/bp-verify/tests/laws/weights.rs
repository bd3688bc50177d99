//! Weights negated, scaled, set to 0, shifted; classes renumbered.

use bp_core::{Act, Activation, ErrorFunction, Loss, Output, Prediction, Real, Reference, SumOfSquares, Target};
use bp_verify::laws::{Relabelling, Rescaling, SignFlip, ZeroWeights};
use bp_verify::laws::{bitwise, exactly, rescales_bitwise, softmax_ignores_a_shift, within};
use bp_verify::strategy::recipe;
use bp_verify::{Case, Poly, Recipe, Rounded};
use proptest::prelude::*;

use crate::faulty::{Fault, breaks, rich, weighted, weighted_rich};
use crate::{check, config, holds};

const CUBE: Poly = Poly([0, 0, 0, 1]);
const LINEAR: [Act; 3] = [Act::Identity, Act::Relu, Act::LeakyRelu { slope: 0.01 }];

fn odd(recipe: &Recipe, output: Output) -> Case {
    weighted(recipe).case_of(&[Act::Tanh, Act::Softsign, Act::Identity], output)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn classes_can_be_renumbered(recipe in recipe()) {
        check::<Relabelling>(&recipe)?;
    }

    #[test]
    fn no_error_comes_back_through_zeros(recipe in recipe()) {
        check::<ZeroWeights>(&recipe)?;
        check::<ZeroWeights>(&weighted(&recipe))?;
    }

    #[test]
    fn an_odd_unit_can_be_turned_around(recipe in recipe()) {
        for recipe in [&recipe, &weighted(&recipe)] {
            let polynomial = recipe.case_of(&[CUBE, Poly::IDENTITY], Output::Each(Poly::ALL[recipe.output.function % 4]));
            holds(exactly::<SignFlip, _>(&Reference, &polynomial))?;
        }
        let case = odd(&recipe, Output::Softmax);
        holds(bitwise::<SignFlip, f64, _, _>(&Reference, &case, &ErrorFunction::CrossEntropy))?;
        holds(bitwise::<SignFlip, f32, _, _>(&Reference, &case, &ErrorFunction::CrossEntropy))?;
        holds(within::<SignFlip, f32, _, _>(&Reference, &case, &ErrorFunction::CrossEntropy))?;
        let case = odd(&recipe, Output::Each(Act::Silu));
        holds(bitwise::<SignFlip, f64, _, _>(&Reference, &case, &SumOfSquares))?;
    }

    #[test]
    fn a_linear_layer_can_be_rescaled(recipe in recipe()) {
        let recipe = weighted(&recipe);
        let polynomial = recipe.case_of(&[Poly::IDENTITY], Output::Each(Poly::ALL[recipe.output.function % 4]));
        holds(exactly::<Rescaling, _>(&Reference, &polynomial))?;
        let case = recipe.case_of(&LINEAR, Output::Each(Act::Identity));
        holds(rescales_bitwise::<f64, _>(&Reference, &case))?;
        holds(rescales_bitwise::<f32, _>(&Reference, &case))?;
        let case = recipe.case_of(&LINEAR, Output::Softmax);
        holds(within::<Rescaling, f64, _, _>(&Reference, &case, &ErrorFunction::CrossEntropy))?;
    }

    #[test]
    fn softmax_does_not_see_a_shift(recipe in recipe(), shift in -100..=100) {
        let case = recipe.case(Output::Softmax);
        for shift in [shift, 10_000, -10_000] {
            holds(softmax_ignores_a_shift::<f64, _, _>(&Reference, &case, &ErrorFunction::CrossEntropy, shift))?;
            holds(softmax_ignores_a_shift::<f32, _, _>(&Reference, &case, &ErrorFunction::CrossEntropy, shift))?;
            holds(softmax_ignores_a_shift::<f64, _, _>(&Reference, &case, &ErrorFunction::SumOfSquares, shift))?;
        }
    }
}

#[test]
fn renumbered_classes_and_zeros_see_their_faults() {
    breaks::<Relabelling>(Fault::SkipsLastBias, "");
    breaks::<ZeroWeights>(Fault::AddsEpsilon, "h");
    let case = rich(&Act::ALL, Output::Each(Act::Tanh));
    assert!(within::<ZeroWeights, f64, _, _>(&Fault::MakesNan, &case, &SumOfSquares).is_err());
    assert!(within::<Relabelling, f64, _, _>(&Fault::MakesNan, &case, &SumOfSquares).is_err());
}

/// tanh, off by an ulp above 0.
#[derive(Debug, Clone)]
struct Lopsided;

impl Activation<f64> for Lopsided {
    fn value(&self, a: f64) -> f64 {
        if a > 0.0 { a.tanh().next_down() } else { -(-a).tanh() }
    }
    fn derivative(&self, _: f64, z: f64) -> f64 {
        (1.0 - z) * (1.0 + z)
    }
}

#[test]
fn a_unit_turned_around_sees_one_ulp() {
    let right = weighted_rich(&[Act::Tanh], Output::Each(Act::Tanh));
    assert_eq!(bitwise::<SignFlip, f64, _, _>(&Reference, &right, &SumOfSquares), Ok(()));
    let wrong = weighted_rich(&[Lopsided], Output::Each(Lopsided));
    let violation = bitwise::<SignFlip, f64, _, _>(&Reference, &wrong, &SumOfSquares).unwrap_err();
    assert!(violation.place().contains("turned"), "{violation}");
    let even = weighted_rich(&[Poly([0, 3, 1, 0])], Output::Each(Poly::IDENTITY));
    assert!(exactly::<SignFlip, _>(&Reference, &even).is_err());
    // A constant in every sum is a bias that was not negated.
    let cubes = weighted_rich(&[CUBE], Output::Each(CUBE));
    assert_eq!(exactly::<SignFlip, _>(&Reference, &cubes), Ok(()));
    assert!(exactly::<SignFlip, _>(&Fault::AddsEpsilon, &cubes).is_err());
    for fault in [Fault::AddsEpsilon, Fault::MakesNan] {
        assert!(bitwise::<SignFlip, f64, _, _>(&fault, &right, &SumOfSquares).is_err(), "{fault:?}");
    }
}

/// Relu with a threshold that does not scale.
#[derive(Debug, Clone)]
struct Threshold;

impl Activation<f64> for Threshold {
    fn value(&self, a: f64) -> f64 {
        if a > 0.5 { a } else { 0.0 }
    }
    fn derivative(&self, a: f64, _: f64) -> f64 {
        if a > 0.5 { 1.0 } else { 0.0 }
    }
}

#[test]
fn rescaling_sees_what_is_not_linear() {
    let polynomial = weighted_rich(&[Poly::IDENTITY], Output::Each(CUBE));
    let case = weighted_rich(&LINEAR, Output::Each(Act::Identity));
    assert_eq!(exactly::<Rescaling, _>(&Reference, &polynomial), Ok(()));
    assert_eq!(rescales_bitwise::<f64, _>(&Reference, &case), Ok(()));
    for fault in [Fault::AddsEpsilon, Fault::ClampsErrors] {
        assert!(exactly::<Rescaling, _>(&fault, &polynomial).is_err(), "{fault:?}");
        assert!(rescales_bitwise::<f64, _>(&fault, &case).is_err(), "{fault:?}");
    }
    assert!(rescales_bitwise::<f64, _>(&Fault::MakesNan, &case).is_err());
    assert!(rescales_bitwise::<f64, _>(&Reference, &weighted_rich(&[Threshold], Output::Each(Threshold))).is_err());
}

/// Cross-entropy whose errors come from a softmax without a shift by the largest a. Its bound is the right one's.
struct Unshifted;

impl Loss<f64> for Unshifted {
    fn value(&self, p: &Prediction<'_, f64>, t: Target<'_, f64>) -> f64 {
        ErrorFunction::CrossEntropy.value(p, t)
    }
    fn gradient(&self, y: &[f64], t: Target<'_, f64>, g: &mut [f64]) {
        ErrorFunction::CrossEntropy.gradient(y, t, g);
    }
    fn delta(&self, p: &Prediction<'_, f64>, t: Target<'_, f64>, delta: &mut [f64]) {
        let sum: f64 = p.a.iter().copied().map(Real::exp).sum();
        let y: Vec<f64> = p.a.iter().map(|&a| Real::exp(a) / sum).collect();
        ErrorFunction::CrossEntropy.delta(&Prediction { y: &y, ..*p }, t, delta);
    }
}

impl Loss<Rounded<f64>> for Unshifted {
    fn value(&self, p: &Prediction<'_, Rounded<f64>>, t: Target<'_, Rounded<f64>>) -> Rounded<f64> {
        ErrorFunction::CrossEntropy.value(p, t)
    }
    fn gradient(&self, y: &[Rounded<f64>], t: Target<'_, Rounded<f64>>, g: &mut [Rounded<f64>]) {
        ErrorFunction::CrossEntropy.gradient(y, t, g);
    }
    fn delta(&self, p: &Prediction<'_, Rounded<f64>>, t: Target<'_, Rounded<f64>>, delta: &mut [Rounded<f64>]) {
        ErrorFunction::CrossEntropy.delta(p, t, delta);
    }
}

#[test]
fn a_shift_sees_a_softmax_without_one() {
    let case = rich(&Act::ALL, Output::Softmax);
    for shift in [10_000, -10_000] {
        assert_eq!(
            softmax_ignores_a_shift::<f64, _, _>(&Reference, &case, &ErrorFunction::CrossEntropy, shift),
            Ok(())
        );
        assert!(softmax_ignores_a_shift::<f64, _, _>(&Reference, &case, &Unshifted, shift).is_err());
    }
    // At usual logits there is nothing to see: only the numbers ±10⁴ do.
    assert_eq!(softmax_ignores_a_shift::<f64, _, _>(&Reference, &case, &Unshifted, 1), Ok(()));
    let bias = softmax_ignores_a_shift::<f64, _, _>(&Fault::SkipsLastBias, &case, &ErrorFunction::CrossEntropy, 1);
    assert!(bias.is_err());
}
