//! proptest strategies for random networks. proptest prints the failing [`Recipe`], shrunk, and its seed.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

use crate::{Kind, LayerRecipe, Recipe};

/// Any feed-forward graph of up to 4 hidden layers, widths 1 to 6, up to 3 sources each (dense, identity, masked,
/// shared), with and without biases, and a batch of 1 to 5 examples.
///
/// ```
/// use bp_core::{Act, Output};
/// use bp_verify::strategy;
/// use proptest::prelude::*;
/// proptest!(|(recipe in strategy::recipe())| {
///     let case = recipe.case(Output::Each(Act::Identity));
///     prop_assert!(case.plan.outputs() <= 6);
/// });
/// ```
pub fn recipe() -> impl Strategy<Value = Recipe> {
    (1..=4_usize, vec(layer(), 0..=4), layer(), 1..=5_usize, any::<bool>(), any::<u64>()).prop_map(
        |(inputs, layers, output, rows, weighted, seed)| Recipe { inputs, layers, output, rows, weighted, seed },
    )
}

/// One layer of [`recipe`].
pub fn layer() -> impl Strategy<Value = LayerRecipe> {
    (1..=6_usize, 0..64_usize, any::<bool>(), vec((0..64_usize, kind()), 1..=3))
        .prop_map(|(width, function, bias, links)| LayerRecipe { width, function, bias, links })
}

/// A kind of connection, dense first.
pub fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Dense), Just(Kind::Identity), Just(Kind::Masked), Just(Kind::Shared)]
}
