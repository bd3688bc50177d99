//! (h) One backward pass costs a small constant times one forward pass, O(W), on any graph (M14): counted.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::atomic::{AtomicU64, Ordering};

use bp_core::{
    Accum, Architecture, Backend, Connection, INPUT, Layer, MatMut, MatRef, Output, Plan, Reference, Scalar,
};
use bp_core::{Source, Stack};
use bp_verify::{Cost, Counted, Poly, Recipe, multiplications};

const H: Poly = Poly::ALL[1];

/// Sources of a plan as (width of layer, width of source, connection).
fn links(plan: &Plan<Poly>) -> Vec<(usize, usize, Connection)> {
    let architecture = plan.architecture();
    let width = |name: &str| {
        let hidden = architecture.hidden.iter().find(|layer| layer.name == name);
        hidden.map_or(architecture.inputs, |layer| layer.width)
    };
    let hidden = architecture.hidden.iter().map(|layer| (layer.width, &layer.sources));
    let layers = hidden.chain([(architecture.output.width, &architecture.output.sources)]);
    layers
        .flat_map(|(to, sources)| sources.iter().map(move |source| (to, source)))
        .map(|(to, Source { from, connection })| (to, width(from), connection.clone()))
        .collect()
}

/// What the passes cost, by hand: products, alpha, two multiplications for h and two for δ h′, per example and unit.
fn expected(plan: &Plan<Poly>, rows: u64) -> Cost {
    let architecture = plan.architecture();
    let units = (architecture.hidden.iter().map(|layer| layer.width).sum::<usize>() + plan.outputs()) as u64;
    let biases = plan.blocks().iter().filter(|block| block.source.is_none()).map(|block| block.range.len() as u64);
    let mut cost = Cost { forward: rows * 2 * units, backward: rows * 2 * units + biases.sum::<u64>() };
    for (to, from, connection) in links(plan) {
        let (to, from) = (to as u64, from as u64);
        let (products, alpha_forward, alpha_gradient, alpha_back) = match connection {
            Connection::Dense => (to * from, to, to * from, from),
            Connection::Identity => (0, 0, 0, 0),
            Connection::Terms(terms) => (terms.iter().filter(|t| t.weight.is_some()).count() as u64, 0, 0, 0),
            _ => unreachable!("recipes make no other kind"),
        };
        cost.forward += rows * (products + alpha_forward);
        cost.backward += rows * products + alpha_gradient + rows * (products + alpha_back);
    }
    cost
}

/// backward ≤ 2 · forward + W + B · Σ (source widths of dense connections): W is the gradient's alpha, the last term
/// that of the products which carry δ down.
fn within_twice(plan: &Plan<Poly>, cost: Cost, rows: u64) -> bool {
    let dense = links(plan).into_iter().filter(|link| link.2 == Connection::Dense);
    let lower = plan.n_params() as u64 + rows * dense.map(|link| link.1 as u64).sum::<u64>();
    cost.backward <= 2 * cost.forward + lower
}

#[test]
fn counts_are_exactly_the_formula_on_random_graphs() {
    for seed in 0..200 {
        let recipe = Recipe::random(seed);
        let plan = recipe.case_of(&[H], Output::Each(H)).plan;
        let cost = multiplications(&plan, &Reference, recipe.rows).unwrap();
        assert_eq!(cost, expected(&plan, recipe.rows as u64), "{recipe:?}");
        assert!(within_twice(&plan, cost, recipe.rows as u64), "{recipe:?}: {cost:?}");
    }
}

/// A graph in which every layer feeds the next two.
fn skipping(layers: usize, width: usize) -> Plan<Poly> {
    let name = |n: usize| if n == 0 { INPUT.to_owned() } else { format!("h{n}") };
    let layer = |n: usize| Layer::new(name(n), width, H).dense(name(n - 1)).dense(name(n.saturating_sub(2)));
    let hidden = (1..=layers).map(layer).collect();
    Plan::new(Architecture::new(width, hidden, Layer::new("out", width, Output::Each(H)).dense(name(layers)))).unwrap()
}

#[test]
fn cost_grows_linearly_with_the_number_of_parameters() {
    // W ≈ 10², 10³, 10⁴ by depth at a fixed width: every lower-order term grows with W too.
    let points: Vec<(f64, Cost)> = [2, 20, 200]
        .map(|layers| skipping(layers, 5))
        .iter()
        .map(|plan| (plan.n_params() as f64, multiplications(plan, &Reference, 8).unwrap()))
        .collect();
    for pair in points.windows(2) {
        let [(w, cost), (more_w, more)] = pair else { unreachable!() };
        let slope = |a: u64, b: u64| (b as f64 / a as f64).ln() / (more_w / w).ln();
        for slope in [slope(cost.forward, more.forward), slope(cost.backward, more.backward)] {
            assert!((slope - 1.0).abs() <= 0.02, "slope {slope} from {w} to {more_w}: {cost:?} {more:?}");
        }
    }
}

/// Counts multiply–adds of products alone, and if `wasteful` computes δ's way down twice.
#[derive(Default)]
struct Products {
    multiply_adds: AtomicU64,
    wasteful: bool,
}

impl<S: Scalar> Backend<S> for Products {
    fn name(&self) -> &str {
        "counting"
    }
    fn gemm(&self, mut dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        self.multiply_adds.fetch_add((dst.rows() * dst.cols() * lhs.cols()) as u64, Ordering::Relaxed);
        if self.wasteful {
            for _ in 0..3 {
                let mut scratch = vec![S::ZERO; dst.rows() * dst.cols()];
                let copy = MatMut::new(&mut scratch, dst.rows(), dst.cols());
                if !rhs.is_transposed() {
                    Reference.gemm(copy, Accum::Replace, alpha, lhs, rhs);
                }
            }
        }
        Reference.gemm(dst.reborrow(), accum, alpha, lhs, rhs);
    }
}

#[test]
fn products_alone_cost_exactly_twice_the_forward_pass() {
    // W ≈ 10², 10³, 10⁴ by width: B·W forward, 2·B·W backward.
    for width in [7, 22, 71] {
        let plan = Plan::new(Stack::new(width).without_bias().hidden(width, H).output(width, H)).unwrap();
        let (w, rows) = (plan.n_params() as u64, 3);
        let backend = Products::default();
        multiplications(&plan, &backend, rows).unwrap();
        let rows = rows as u64;
        assert_eq!(backend.multiply_adds.into_inner(), rows * w + 2 * rows * w);
    }
}

#[test]
fn a_wasteful_backward_pass_is_seen() {
    let plan = skipping(5, 6);
    let backend = Products { wasteful: true, ..Products::default() };
    let backend: &dyn Backend<Counted> = &backend;
    let cost = multiplications(&plan, backend, 8).unwrap();
    assert!(!within_twice(&plan, cost, 8), "{cost:?}");
}
