//! Backward passes against dual numbers: Jacobian and adjoints.

use bp_core::{Act, Output, Reference};
use bp_verify::Poly;
use bp_verify::laws::{Adjoint, AdjointOfConnections, JacobianByColumns, TangentLaw};
use bp_verify::laws::{tangents_exactly, tangents_within};
use bp_verify::strategy::recipe;
use bp_verify::{Recipe, Violation};
use proptest::prelude::*;

use crate::faulty::{Fault, rich};
use crate::{config, holds, polynomial};

fn check<X: TangentLaw>(recipe: &Recipe) -> Result<(), TestCaseError> {
    holds(tangents_exactly::<X, _>(&Reference, &polynomial(recipe)))?;
    let output = if recipe.weighted { Output::Softmax } else { Output::Each(Act::Tanh) };
    let case = recipe.case(output);
    holds(tangents_within::<X, f64, _>(&Reference, &case))?;
    holds(tangents_within::<X, f32, _>(&Reference, &case))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_jacobian_by_columns_is_that_of_dual_numbers(recipe in recipe()) {
        check::<JacobianByColumns>(&recipe)?;
    }

    #[test]
    fn forward_and_backward_are_adjoint(recipe in recipe()) {
        check::<Adjoint>(&recipe)?;
    }

    #[test]
    fn connections_are_adjoint(recipe in recipe()) {
        check::<AdjointOfConnections>(&recipe)?;
    }
}

fn both<X: TangentLaw>(fault: Fault) -> [Result<(), Violation>; 2] {
    let (exact, floats) = (rich(&Poly::ALL, Output::Each(Poly::ALL[1])), rich(&Act::ALL, Output::Softmax));
    [tangents_exactly::<X, _>(&fault, &exact), tangents_within::<X, f64, _>(&fault, &floats)]
}

fn breaks<X: TangentLaw>(faults: &[Fault], place: &str) {
    assert_eq!(both::<X>(Fault::None), [Ok(()), Ok(())]);
    for &fault in faults {
        for result in both::<X>(fault) {
            let violation = result.expect_err("a fault that the law must see");
            assert!(violation.place().contains(place), "{fault:?}: {violation}");
        }
    }
}

#[test]
fn each_law_sees_its_faults() {
    breaks::<JacobianByColumns>(&[Fault::SkipsLastColumn, Fault::ClampsErrors, Fault::SkipsLastRow], "dy[");
    breaks::<Adjoint>(&[Fault::DropsLastRow, Fault::SkipsLastColumn, Fault::ClampsErrors], "<Ju, v>");
    breaks::<AdjointOfConnections>(&[Fault::SkipsLastColumn, Fault::SkipsLastRow, Fault::AddsEpsilon], "<delta, L z>");
}

#[test]
fn no_law_swallows_nan() {
    let case = rich(&Act::ALL, Output::Softmax);
    assert!(tangents_within::<JacobianByColumns, f64, _>(&Fault::MakesNan, &case).is_err());
    assert!(tangents_within::<Adjoint, f64, _>(&Fault::MakesNan, &case).is_err());
}
