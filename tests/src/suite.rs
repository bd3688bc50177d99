//! What a check does with an engine: one call of everything, its results by name, and bits.

use bp_core::{
    Act, Activation, Backend, ErrorFunction, Examples, Float, Gradient, MatRef, Output, Plan, ShapeError, Targets,
    Workspace,
};

use crate::arrays::Arrays;

/// The bits of values, through `f64`: exact for both scalars.
pub fn bits<S: Float>(values: &[S]) -> Vec<u64> {
    values.iter().map(|x| x.to_f64().to_bits()).collect()
}

/// Numbers as scalars.
pub fn scalars<S: Float>(values: &[f64]) -> Vec<S> {
    values.iter().map(|&x| S::from_f64(x)).collect()
}

/// Scalars as numbers.
pub fn numbers<S: Float>(values: &[S]) -> Vec<f64> {
    values.iter().map(|x| x.to_f64()).collect()
}

/// The entries of a view, row by row.
pub fn entries<S: Float>(view: MatRef<'_, S>) -> Vec<f64> {
    (0..view.rows()).flat_map(|i| numbers(view.row(i))).collect()
}

/// One forward and backward pass into `ws`: every a that is kept, every z and δ, y, error, gradient, dx.
///
/// # Panics
/// If the engine refuses.
pub fn run<B: Backend<S>, S: Float>(
    backend: &B,
    plan: &Plan,
    loss: ErrorFunction,
    params: &[S],
    examples: &Examples<'_, S>,
    ws: &mut Workspace<S>,
) -> Arrays {
    let mut dw = vec![S::from_f64(f64::NAN); plan.n_params()];
    let mut dx = vec![S::from_f64(f64::NAN); examples.x.len()];
    let into = Gradient::replace(&mut dw).with_dx(&mut dx);
    let error = plan.gradient(backend, &loss, params, examples, ws, into).expect("shapes fit");
    let mut arrays = Arrays::from([
        ("y".into(), entries(ws.y())),
        ("error".into(), vec![error.to_f64()]),
        ("dx".into(), numbers(&dx)),
    ]);
    for layer in ws.layers() {
        match ws.a(layer) {
            Ok(a) => drop(arrays.insert(format!("a.{layer}"), entries(a))),
            Err(e) => assert!(matches!(e, ShapeError::NotTraced { .. }), "{e}"),
        }
        arrays.insert(format!("z.{layer}"), entries(ws.z(layer).expect("a layer")));
        arrays.insert(format!("delta.{layer}"), entries(ws.delta(layer).expect("a layer")));
    }
    for block in plan.blocks() {
        arrays.insert(format!("gradient.{block}"), numbers(&dw[block.range.clone()]));
    }
    arrays
}

/// [`run`] in a traced workspace made for these examples, targets as rows.
pub fn run_traced<B: Backend<S>, S: Float>(
    backend: &B,
    plan: &Plan,
    loss: ErrorFunction,
    params: &[f64],
    x: &[f64],
    t: &[f64],
) -> Arrays {
    let (x, t): (Vec<S>, Vec<S>) = (scalars(x), scalars(t));
    let examples = Examples::new(&x, Targets::Rows(&t));
    let mut ws = plan.traced_workspace(x.len() / plan.inputs());
    run(backend, plan, loss, &scalars::<S>(params), &examples, &mut ws)
}

/// ∂/∂x of the output layer's a, or of y = h(a) if the loss is the sum of squares, for one example: a row per output,
/// each by one backward pass from a unit error.
pub fn jacobian<B: Backend<S>, S: Float>(
    backend: &B,
    plan: &Plan,
    loss: ErrorFunction,
    params: &[f64],
    x: &[f64],
) -> Vec<f64> {
    let (params, x): (Vec<S>, Vec<S>) = (scalars(params), scalars(x));
    let mut ws = plan.traced_workspace(1);
    plan.forward(backend, &params, &x, &mut ws).expect("shapes fit");
    let output = &plan.architecture().output;
    let (a, y) = (ws.a(&output.name).expect("traced").row(0).to_vec(), ws.y().row(0).to_vec());
    let mut jacobian = vec![];
    for k in 0..plan.outputs() {
        let mut delta = vec![S::ZERO; plan.outputs()];
        delta[k] = match &output.function {
            Output::Each(h) if loss == ErrorFunction::SumOfSquares => Act::derivative(h, a[k], y[k]),
            _ => S::ONE,
        };
        let (mut dw, mut dx) = (vec![S::ZERO; plan.n_params()], vec![S::ZERO; x.len()]);
        let into = Gradient::replace(&mut dw).with_dx(&mut dx);
        plan.backward_from(backend, &delta, &params, &x, &mut ws, into).expect("shapes fit");
        jacobian.extend(numbers(&dx));
    }
    jacobian
}

/// Asserts that two runs have the same bits in every array that both have, and that they have some.
pub fn assert_same_bits(got: &Arrays, want: &Arrays, of: &str) {
    let both: Vec<_> = got.iter().filter_map(|(name, got)| Some((name, got, want.get(name)?))).collect();
    assert!(!both.is_empty(), "{of}: nothing in common");
    for (name, got, want) in both {
        assert_eq!(bits(got), bits(want), "{of}: {name} is {got:?}, expected {want:?}");
    }
}
