//! A network that has everything a fault may need, and backends with faults.

use bp_core::{Accum, Act, Activation, Backend, ErrorFunction, MatMut, MatRef, Output, Reference, Scalar};
use bp_verify::Kind::{Dense, Identity, Masked, Shared};
use bp_verify::laws::{Law, exactly, within};
use bp_verify::{Case, Kind, LayerRecipe, Poly, Recipe};

/// A case that has everything a fault may need: two consumers, widths above 1, biases, four rows.
pub(crate) fn rich<H: Clone>(hidden: &[H], output: Output<H>) -> Case<H> {
    rich_recipe().case_of(hidden, output)
}

fn rich_recipe() -> Recipe {
    let mut recipe = Recipe::random(5);
    let layer = |width, links: &[(usize, Kind)]| LayerRecipe { width, function: 1, bias: true, links: links.to_vec() };
    (recipe.inputs, recipe.rows, recipe.weighted) = (3, 4, true);
    recipe.layers =
        vec![layer(4, &[(0, Dense)]), layer(4, &[(1, Dense), (1, Identity)]), layer(3, &[(1, Shared), (2, Masked)])];
    recipe.output = layer(3, &[(3, Dense), (0, Dense)]);
    recipe
}

/// The same without fixed terms and shared weights, so that every unit can be turned around.
pub(crate) fn weighted_rich<H: Clone>(hidden: &[H], output: Output<H>) -> Case<H> {
    weighted(&rich_recipe()).case_of(hidden, output)
}

/// A recipe with dense connections for identities, masked ones for shared weights.
pub(crate) fn weighted(recipe: &Recipe) -> Recipe {
    let mut recipe = recipe.clone();
    for layer in recipe.layers.iter_mut().chain([&mut recipe.output]) {
        for (_, kind) in &mut layer.links {
            *kind = match kind {
                Dense | Identity => Dense,
                Masked | Shared => Masked,
            };
        }
    }
    recipe
}

/// What a wrong backend does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    None,
    DropsLastRow,
    SkipsLastColumn,
    ClampsErrors,
    SkipsLastBias,
    /// The last row of every product is padding.
    SkipsLastRow,
    /// Something added to every product, where the caller cannot see it.
    AddsEpsilon,
    /// NaN in the errors of floats, which a comparison may swallow.
    MakesNan,
}

/// NaN for floats; for an exact scalar the number itself.
fn nan<S: Scalar>(x: S) -> S {
    let any: &dyn std::any::Any = &f64::NAN;
    any.downcast_ref::<S>().copied().unwrap_or(x)
}

impl<S: Scalar> Backend<S> for Fault {
    fn name(&self) -> &str {
        "faulty"
    }
    fn gemm(&self, mut dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        Reference.gemm(dst.reborrow(), accum, alpha, lhs, rhs);
        if *self == Self::SkipsLastColumn && dst.cols() == 4 && !rhs.is_transposed() {
            (0..dst.rows()).for_each(|i| dst.row_mut(i)[3] = S::ZERO);
        }
        if *self == Self::SkipsLastRow && dst.rows() > 1 {
            dst.row_mut(dst.rows() - 1).fill(S::ZERO);
        }
        if *self == Self::AddsEpsilon {
            dst.row_mut(0)[0] += S::HALF;
        }
    }
    fn sum_rows(&self, dst: &mut [S], accum: Accum, alpha: S, delta: MatRef<'_, S>) {
        let rows = delta.rows() - usize::from(*self == Self::DropsLastRow && delta.rows() > 1);
        Reference.sum_rows(dst, accum, alpha, delta.rows_range(0, rows));
    }
    fn chain(&self, activation: &dyn Activation<S>, a: &[S], z: &[S], delta: &mut [S]) {
        activation.chain(a, z, delta);
        if *self == Self::MakesNan {
            delta[0] = nan(delta[0]);
        }
        if *self == Self::ClampsErrors {
            delta.iter_mut().for_each(|d| *d = *d * *d); // any function that is not linear
        }
    }
    fn add_bias(&self, mut dst: MatMut<'_, S>, bias: &[S]) {
        Reference.add_bias(dst.reborrow(), bias);
        if *self == Self::SkipsLastBias {
            (0..dst.rows()).for_each(|i| dst.row_mut(i)[bias.len() - 1] += -bias[bias.len() - 1]);
        }
    }
}

/// The law holds on the rich case, and the fault breaks it, over the field and over floats.
pub(crate) fn breaks<X: Law>(fault: Fault, place: &str) {
    let (exact, floats) = (rich(&Poly::ALL, Output::Each(Poly::ALL[1])), rich(&Act::ALL, Output::Each(Act::Tanh)));
    let loss = ErrorFunction::SumOfSquares;
    let both = |fault: Fault| [exactly::<X, _>(&fault, &exact), within::<X, f64, _, _>(&fault, &floats, &loss)];
    assert_eq!(both(Fault::None), [Ok(()), Ok(())]);
    for result in both(fault) {
        let violation = result.expect_err("a fault that the law must see");
        assert!(violation.place().contains(place), "{fault:?}: {violation}");
    }
}
