//! [`check_backend`]: does a backend do what the reference does? Products of every awkward shape, the other kernels,
//! and whole networks.

use bp_core::{Act, Backend, ErrorFunction, Float, Output, OutputFunction};

use crate::case::SplitMix;
use crate::fused::check_fused;
use crate::kernels::{check_elementwise, check_gemm, check_large, check_rows};
use crate::laws::{Additivity, BiasIsAWeight, Duplication, Linearity, Permutation, Relabelling, SameAsReference};
use crate::laws::{Adjoint, AdjointOfConnections, JacobianByColumns, ZeroWeights, history_changes_nothing};
use crate::laws::{scales_bitwise, softmax_errors_cancel, softmax_ignores_a_shift, tangents_within, within};
use crate::{Certify, Number, Recipe, Sample, Violation};

/// What [`check_backend`] went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conformance {
    /// Matrix products compared.
    pub products: usize,
    /// Networks that obeyed every law.
    pub networks: usize,
}

/// Makes the tests of a backend: [`check_backend`] in `f32` and `f64`, as a module of two tests. One line a backend.
///
/// ```
/// bp_verify::backend_conformance!(reference, bp_core::Reference);
/// ```
#[macro_export]
macro_rules! backend_conformance {
    ($name:ident, $backend:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "the backend may be named by a path or from the outer module")]
            use super::*;
            #[test]
            fn conforms_in_f64() {
                if let Err(violation) = $crate::check_backend::<f64>(&$backend, 32, 1) {
                    panic!("{violation}");
                }
            }
            #[test]
            fn conforms_in_f32() {
                if let Err(violation) = $crate::check_backend::<f32>(&$backend, 32, 1) {
                    panic!("{violation}");
                }
            }
        }
    };
}

/// Checks a backend: every kernel against bounds that hold for any order of summation, then `cases` random networks
/// against the laws of [`laws`](crate::laws) and a [certificate](Certify) of 16 entries of the gradient.
///
/// ```
/// use bp_core::Reference;
/// let seen = bp_verify::check_backend::<f64>(&Reference, 2, 7)?;
/// assert_eq!(seen.networks, 2);
/// # Ok::<(), bp_verify::Violation>(())
/// ```
///
/// # Errors
/// The first number that is wrong. The message names kernel, shape and place, or the network's seed.
pub fn check_backend<S: Float + Number>(
    backend: &dyn Backend<S>,
    cases: u32,
    seed: u64,
) -> Result<Conformance, Violation> {
    let mut random = SplitMix(seed);
    let products = check_gemm(backend, &mut random)? + check_large(backend, &mut random)?;
    check_rows(backend, &mut random)?;
    check_elementwise(backend, &mut random)?;
    check_fused(backend, &mut random)?;
    for case in 0..u64::from(cases) {
        let seed = seed.wrapping_add(case);
        check_network(backend, seed).map_err(|violation| Violation::Network {
            seed,
            backend: backend.name().into(),
            violation: violation.into(),
        })?;
    }
    Ok(Conformance { products, networks: cases as usize })
}

/// One random network on a backend: gradient, agreement with the reference, and every law. The output function and the
/// loss are a canonical pair chosen by `seed`.
///
/// # Errors
/// The first law that does not hold.
pub fn check_network<S: Float + Number>(backend: &dyn Backend<S>, seed: u64) -> Result<(), Violation> {
    let recipe = Recipe::random(seed);
    let output = match seed % 3 {
        0 => Output::Softmax,
        1 => Output::Each(Act::Logistic),
        _ => Output::Each(Act::Identity),
    };
    let loss = ErrorFunction::canonical(OutputFunction::<S>::kind(&output));
    let case = recipe.case(output);
    let numbers = case.numbers::<S>();
    let examples = numbers.examples();
    let certify = Certify::new().coordinates(Sample::some(16, seed));
    let mut certificate = certify.gradient(&case.plan, &loss, backend, &numbers.params, &examples)?;
    if certificate.is_wrong() {
        certificate.replay = format!("check_network::<{}>(backend, {seed})", S::NAME);
        return Err(Violation::Certificate(certificate.into()));
    }
    within::<SameAsReference, S, _, _>(backend, &case, &loss)?;
    within::<Additivity, S, _, _>(backend, &case, &loss)?;
    within::<Permutation, S, _, _>(backend, &case, &loss)?;
    within::<Duplication, S, _, _>(backend, &case, &loss)?;
    within::<Relabelling, S, _, _>(backend, &case, &loss)?;
    within::<ZeroWeights, S, _, _>(backend, &case, &loss)?;
    within::<Linearity, S, _, _>(backend, &case, &loss)?;
    within::<BiasIsAWeight, S, _, _>(backend, &case, &loss)?;
    tangents_within::<JacobianByColumns, S, _>(backend, &case)?;
    tangents_within::<Adjoint, S, _>(backend, &case)?;
    tangents_within::<AdjointOfConnections, S, _>(backend, &case)?;
    let other = Recipe::random(seed.wrapping_add(1)).case(Output::Each(Act::Identity));
    history_changes_nothing(backend, &case, &other, &loss)?;
    scales_bitwise(backend, &case, -7)?;
    if seed.is_multiple_of(3) {
        softmax_ignores_a_shift(backend, &case, &loss, 10_000)?;
        softmax_errors_cancel(backend, &case, &loss)?;
    }
    Ok(())
}
