//! Factors on hidden units: reverse mode against dual numbers, exactly over the prime field and within rounding bounds
//! over floats, on random graphs with every kind of connection.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bp_core::{
    Act, Activation, ErrorFunction, Gradient, Loss, Output, OutputFunction, Plan, Reference, Scalar, ShapeError,
    SumOfSquares, Workspace, stack,
};
use bp_verify::{Case, Dual, Fp, Number, Numbers, Poly, Recipe, Rounded};

/// A workspace in which every hidden layer has factors: 0, 1, 2 or −½ by example and unit.
fn workspace<T: Scalar, H: Activation<T>>(case: &Case<H>) -> Workspace<T> {
    let mut ws = case.plan.workspace(case.rows());
    for (l, layer) in case.plan.architecture().hidden.iter().enumerate() {
        let mut m = ws.factors_mut(&layer.name).unwrap();
        for n in 0..m.rows() {
            let factors = [T::ZERO, T::ONE, T::ONE + T::ONE, -T::HALF];
            let of = |j: usize| factors[(7 * n + 3 * l + j * (j + n)) % 4];
            m.row_mut(n).iter_mut().enumerate().for_each(|(j, m)| *m = of(j));
        }
    }
    ws
}

/// E, ∂E/∂w and ∂E/∂x by the engine.
fn reverse<T: Number, H: Activation<T>, L: Loss<T>>(
    plan: &Plan<H>,
    loss: &L,
    numbers: &Numbers<T>,
    ws: &mut Workspace<T>,
) -> Vec<T>
where
    Output<H>: OutputFunction<T>,
{
    let (mut dw, mut dx) = (vec![T::ZERO; numbers.params.len()], vec![T::ZERO; numbers.x.len()]);
    let into = Gradient::replace(&mut dw).with_dx(&mut dx);
    let error = plan.gradient(&Reference, loss, &numbers.params, &numbers.examples(), ws, into).unwrap();
    [vec![error], dw, dx].concat()
}

/// The same, one forward pass over dual numbers for each variable.
fn forward<T: Number, H: Activation<Dual<T>>, L: Loss<Dual<T>>>(case: &Case<H>, loss: &L) -> Vec<T>
where
    Output<H>: OutputFunction<Dual<T>>,
{
    let lift = |values: &[T]| values.iter().map(|&x| Dual::constant(x)).collect::<Vec<_>>();
    let numbers = case.numbers::<T>();
    let (params, x, t) = (lift(&numbers.params), lift(&numbers.x), lift(&numbers.t));
    let mut lifted = Numbers { params, x, t, weights: numbers.weights.as_deref().map(lift) };
    let mut ws = workspace(case);
    let mut error = |numbers: &Numbers<Dual<T>>| {
        case.plan.forward(&Reference, &numbers.params, &numbers.x, &mut ws).unwrap();
        case.plan.error(loss, &numbers.examples(), &ws).unwrap()
    };
    let mut all = vec![error(&lifted).value];
    for i in 0..lifted.params.len() {
        let before = lifted.params[i];
        lifted.params[i] = Dual::variable(before.value);
        all.push(error(&lifted).derivative());
        lifted.params[i] = before;
    }
    for i in 0..lifted.x.len() {
        let before = lifted.x[i];
        lifted.x[i] = Dual::variable(before.value);
        all.push(error(&lifted).derivative());
        lifted.x[i] = before;
    }
    all
}

#[test]
fn reverse_mode_equals_dual_numbers_over_the_field() {
    let mut with_factors = 0;
    for seed in 0..60 {
        let recipe = Recipe::random(seed);
        let case = recipe.case_of(&Poly::ALL, Output::Each(Poly::ALL[recipe.output.function % 4]));
        let numbers = case.numbers::<Fp>();
        let got = reverse(&case.plan, &SumOfSquares, &numbers, &mut workspace(&case));
        assert_eq!(got, forward(&case, &SumOfSquares), "seed {seed}");
        // Without factors it is another function, unless there is nothing to act on.
        let plain = reverse(&case.plan, &SumOfSquares, &numbers, &mut case.plan.workspace(case.rows()));
        with_factors += usize::from(got != plain);
        // Turned off, or all 1, they are not there.
        let mut ws = workspace(&case);
        ws.use_factors(false);
        assert_eq!(reverse(&case.plan, &SumOfSquares, &numbers, &mut ws), plain, "seed {seed}");
        ws.use_factors(true);
        for layer in &case.plan.architecture().hidden {
            let mut m = ws.factors_mut(&layer.name).unwrap();
            (0..m.rows()).for_each(|n| m.row_mut(n).fill(Fp::ONE));
        }
        assert_eq!(reverse(&case.plan, &SumOfSquares, &numbers, &mut ws), plain, "seed {seed}");
    }
    assert!(with_factors > 30, "only {with_factors} of 60 networks have units to act on");
}

/// Activations whose h′ needs a, whose h′ needs z, and whose h′ needs neither.
#[test]
fn reverse_mode_equals_dual_numbers_over_floats() {
    let smooth = [Act::Tanh, Act::Logistic, Act::Softplus, Act::Gelu, Act::Silu, Act::Identity];
    for seed in 0..60 {
        let case = Recipe::random(seed).case_of(&smooth, Output::Softmax);
        let loss = ErrorFunction::CrossEntropy;
        let numbers = case.numbers::<Rounded<f64>>();
        let got = reverse(&case.plan, &loss, &numbers, &mut workspace(&case));
        for (i, (got, want)) in got.into_iter().zip(forward::<Rounded<f64>, _, _>(&case, &loss)).enumerate() {
            let (difference, allowed) = ((got.value() - want.value()).abs(), got.error() + want.error());
            assert!(difference <= allowed && allowed.is_finite(), "seed {seed}, {i}: {difference:e} > {allowed:e}");
            // With the z of the dropped unit in h′ the difference would be of the size of the entry.
            assert!(
                allowed < 1e-9 * (1.0 + want.value().abs()),
                "seed {seed}, {i}: the bound {allowed:e} says nothing"
            );
        }
    }
}

#[test]
fn descent_is_a_step_along_the_gradient() {
    for seed in 0..30 {
        let recipe = Recipe::random(seed);
        let case = recipe.case_of(&Poly::ALL, Output::Each(Poly::ALL[1]));
        let numbers = case.numbers::<Fp>();
        let (alpha, mut ws) = (Fp::from_i64(-3), workspace(&case));
        let gradient = reverse(&case.plan, &SumOfSquares, &numbers, &mut ws);
        let want: Vec<Fp> = numbers.params.iter().zip(&gradient[1..]).map(|(&w, &g)| w + alpha * g).collect();
        let mut params = numbers.params.clone();
        case.plan.descend(&Reference, &SumOfSquares, alpha, &mut params, &numbers.examples(), &mut ws).unwrap();
        assert_eq!(params, want, "seed {seed}");
    }
}

#[test]
fn what_takes_no_factors_is_named() {
    let plan = Plan::new(stack(2).hidden(3, Act::Tanh).output(1, Act::Identity)).unwrap();
    let mut ws = plan.workspace::<f64>(4);
    let say = |error: Result<_, ShapeError>| error.unwrap_err().to_string();
    let out = say(ws.factors_mut("out").map(|_| ()));
    assert_eq!(out, "factors on the units of `out`, which is the output layer; only hidden layers take them");
    assert_eq!(say(ws.factors_mut("h2").map(|_| ())), "`h2` is not in the network; there are: h1, out");
    let m = ws.factors_mut("h1").unwrap();
    assert_eq!((m.rows(), m.cols()), (4, 3));
}
