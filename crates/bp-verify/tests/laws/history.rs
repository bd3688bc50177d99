//! What must not change a bit: earlier calls, other networks, old contents of buffers, other rows.

use std::sync::Mutex;

use bp_core::{Accum, Act, Backend, ErrorFunction, MatMut, MatRef, Output, Reference, SumOfSquares};
use bp_verify::Recipe;
use bp_verify::laws::{history_changes_nothing, rows_stand_alone};
use bp_verify::strategy::recipe;
use proptest::prelude::*;

use crate::faulty::{Fault, rich};
use crate::{config, holds};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn history_and_old_contents_change_nothing(recipe in recipe(), other in recipe()) {
        let (case, other) = (recipe.case(Output::Softmax), other.case(Output::Softmax));
        let loss = ErrorFunction::CrossEntropy;
        holds(history_changes_nothing::<f64, _, _>(&Reference, &case, &other, &loss))?;
        holds(history_changes_nothing::<f32, _, _>(&Reference, &case, &other, &loss))?;
    }

    #[test]
    fn rows_of_any_batch_stand_alone(recipe in recipe(), rows in 1..=70_usize) {
        let case = Recipe { rows, ..recipe }.case(Output::Softmax);
        holds(rows_stand_alone::<f64, _, _>(&Reference, &case, &ErrorFunction::CrossEntropy))?;
        holds(rows_stand_alone::<f32, _, _>(&Reference, &case, &ErrorFunction::CrossEntropy))?;
    }
}

/// Every size of batch, not a sample of them.
#[test]
fn rows_of_batches_of_1_to_70_stand_alone() {
    for rows in 1..=70 {
        let case = Recipe { rows, ..Recipe::random(rows as u64) }.case(Output::Each(Act::Tanh));
        assert_eq!(rows_stand_alone::<f64, _, _>(&Reference, &case, &SumOfSquares), Ok(()), "{rows} rows");
        assert_eq!(rows_stand_alone::<f32, _, _>(&Reference, &case, &SumOfSquares), Ok(()), "{rows} rows");
    }
}

/// Adds to what stands in the destination where it should replace it.
struct Adds;

impl Backend<f64> for Adds {
    fn name(&self) -> &str {
        "adds"
    }
    fn gemm(&self, dst: MatMut<'_, f64>, _: Accum, alpha: f64, lhs: MatRef<'_, f64>, rhs: MatRef<'_, f64>) {
        Reference.gemm(dst, Accum::Add, alpha, lhs, rhs);
    }
}

/// Adds a bias of the call before to the first unit.
#[derive(Default)]
struct Remembers(Mutex<f64>);

impl Backend<f64> for Remembers {
    fn name(&self) -> &str {
        "remembers"
    }
    fn gemm(&self, dst: MatMut<'_, f64>, accum: Accum, alpha: f64, lhs: MatRef<'_, f64>, rhs: MatRef<'_, f64>) {
        Reference.gemm(dst, accum, alpha, lhs, rhs);
    }
    fn add_bias(&self, mut dst: MatMut<'_, f64>, bias: &[f64]) {
        Reference.add_bias(dst.reborrow(), bias);
        dst.row_mut(0)[0] += std::mem::replace(&mut *self.0.lock().unwrap(), bias[0]);
    }
}

#[test]
fn history_sees_stale_numbers() {
    let case = rich(&Act::ALL, Output::Each(Act::Tanh));
    let other = Recipe::random(11).case(Output::Each(Act::Tanh));
    let check = |backend: &dyn Backend<f64>| history_changes_nothing(backend, &case, &other, &SumOfSquares);
    assert_eq!(check(&Reference), Ok(()));
    assert!(check(&Adds).is_err());
    assert!(check(&Remembers::default()).is_err());
}

#[test]
fn rows_alone_see_a_wrong_tail() {
    let case = rich(&Act::ALL, Output::Each(Act::Tanh));
    assert_eq!(rows_stand_alone::<f64, _, _>(&Reference, &case, &SumOfSquares), Ok(()));
    let violation = rows_stand_alone::<f64, _, _>(&Fault::SkipsLastRow, &case, &SumOfSquares).unwrap_err();
    assert!(violation.place().starts_with("row 3"), "{violation}");
}
