//! The engine and its functions over [`Interval`], its dual numbers and [`Double`].

use bp_core::{
    Accum, Act, Activation, Backend, ErrorFunction, Examples, Gradient, Loss, Output, OutputFunction, Plan, Prediction,
    Real, Reference, Scalar, Target, Targets, stack,
};
use bp_verify::{Double, Dual, Interval};

/// True if x ± 2⁻⁸⁰ |x| meets the interval.
fn holds(enclosure: &Interval, x: Double) -> bool {
    let (hi, lo) = x.parts();
    let slack = hi.abs() * 2.0_f64.powi(-80);
    let at = |x: f64| Interval::point(hi) + Interval::point(lo) + Interval::point(x);
    enclosure.lo() <= at(slack).hi() && at(-slack).lo() <= enclosure.hi()
}

/// h and h′ by dual numbers over intervals hold those over 106 bits, meet h′ as the recursion computes it, are narrow, and
/// are what f64 computes to within a few ulp.
#[test]
fn activations() {
    for act in Act::ALL {
        for n in -60..=60 {
            let x = f64::from(n) * 0.171 + 0.0137;
            let a = Interval::point(x);
            let got = act.value(Dual::variable(a));
            let exact = act.value(Dual::variable(Double::from(x)));
            let float = act.value(Dual::variable(x));
            let by_hand = act.derivative(a, act.value(a));
            assert!(by_hand.intersects(&got.derivative()), "{act}′({x})");
            for (got, exact, float) in
                [(got.value, exact.value, float.value), (got.derivative(), exact.derivative(), float.derivative())]
            {
                assert!(holds(&got, exact), "{act}({x}): {got:?} does not hold {exact:?}");
                assert!(!got.kinked() && got.width() <= 6e-15, "{act}({x}): {got:?} is {:e} wide", got.width());
                let off = (float - got.mid()).abs();
                assert!(off <= 2e-15 * (1.0 + float.abs()), "{act}({x}): {got:?}, f64 {float}");
            }
        }
    }
}

/// A wrong derivative is outside, however small its fault.
#[test]
fn a_wrong_derivative_is_outside() {
    let x = 0.4375;
    let got = Act::Tanh.value(Dual::variable(Interval::point(x))).derivative();
    let exact = Act::Tanh.value(Dual::variable(Double::from(x))).derivative();
    assert!(holds(&got, exact));
    assert!(!holds(&got, exact * Double::from(1.0 + 1e-14)));
    assert!(!holds(&got, exact - Double::from(1e-15)));
}

/// y, E and ∂E/∂a of softmax and cross-entropy for logits that are known to 10⁻¹², by the dual numbers in each
/// direction and by the recursion.
fn softmax(logits: &[f64], class: u32) -> (Vec<Interval>, Vec<Interval>, Interval) {
    let n = logits.len();
    let wide = |&x: &f64| Interval::new(x - 1e-12, x + 1e-12);
    let output = Output::<Act>::Softmax;
    let mut error = Interval::ZERO;
    let mut gradient = vec![];
    for direction in 0..n {
        let mut a: Vec<Dual<Interval>> = logits.iter().map(wide).map(Dual::constant).collect();
        a[direction].derivatives = [Interval::ONE];
        let mut y = a.clone();
        output.apply_row(&mut y);
        let e = ErrorFunction::CrossEntropy.value(&Prediction { output: &output, a: &a, y: &y }, Target::Class(class));
        error = e.value;
        gradient.push(e.derivative());
    }
    let a: Vec<Interval> = logits.iter().map(wide).collect();
    let mut y = a.clone();
    output.apply_row(&mut y);
    let mut delta = y.clone();
    ErrorFunction::CrossEntropy.delta(&Prediction { output: &output, a: &a, y: &y }, Target::Class(class), &mut delta);
    assert!(delta.iter().zip(&gradient).all(|(by_recursion, by_duals)| by_recursion.intersects(by_duals)));
    (y, gradient, error)
}

/// Item 9: the shift has no width and no kink, so softmax stays as narrow as its logits.
#[test]
fn softmax_of_large_logits_stays_narrow() {
    for logits in [[50.0, -50.0, 0.0], [50.0, 50.0, -50.0], [1e4, -1e4, 0.0], [1e4, 1e4, 1e4], [-50.0, -50.0, -50.0]] {
        for class in 0..3 {
            let (y, gradient, error) = softmax(&logits, class);
            for x in y.iter().chain(&gradient) {
                assert!(x.width() <= 2e-11 && !x.kinked(), "{logits:?}: {x:?}");
                assert!(x.lo() >= -1.0 - 1e-11 && x.hi() <= 1.0 + 1e-11);
            }
            assert!(error.width() <= 1e-10 && !error.kinked(), "{logits:?}: E = {error:?}");
        }
    }
}

/// The whole engine: E and the gradient over intervals hold those over 106 bits, and are narrow.
#[test]
fn the_engine_runs_over_both() {
    let outputs = [
        (Output::Softmax, ErrorFunction::CrossEntropy),
        (Output::Each(Act::Logistic), ErrorFunction::BinaryCrossEntropy),
        (Output::Each(Act::Tanh), ErrorFunction::SumOfSquares),
        (Output::Exp, ErrorFunction::Poisson),
    ];
    for (output, loss) in outputs {
        for act in Act::ALL {
            let plan = Plan::new(stack(3).hidden(5, act).hidden(4, Act::Tanh).output(2, output.clone())).unwrap();
            let params: Vec<f64> = (0..plan.n_params()).map(|i| (1.0 + i as f64).sin()).collect();
            let (x, t) = ([0.5, -1.25, 0.75, 2.0, 0.25, -0.5], [1.0, 0.0, 0.0, 1.0]);
            let (e, g) = run::<Interval>(&plan, &loss, &params, &x, &t, &Reference);
            let (exact_e, exact_g) = run::<Double>(&plan, &loss, &params, &x, &t, &Reference);
            for (got, exact) in g.iter().zip(exact_g).chain([(&e, exact_e)]) {
                assert!(holds(got, exact), "{act}, {loss}: {got:?} does not hold {exact:?}");
                assert!(got.width() <= 2e-13 && !got.kinked(), "{act}, {loss}: {got:?} is {:e} wide", got.width());
            }
        }
    }
}

fn run<S: Real>(
    plan: &Plan,
    loss: &ErrorFunction,
    params: &[f64],
    x: &[f64],
    t: &[f64],
    backend: &dyn Backend<S>,
) -> (S, Vec<S>) {
    let of = |x: &[f64]| -> Vec<S> { x.iter().map(|&x| S::from_f64(x)).collect() };
    let (params, x, t) = (of(params), of(x), of(t));
    let mut gradient = vec![S::ZERO; plan.n_params()];
    let mut ws = plan.workspace::<S>(2);
    let examples = Examples::new(&x, Targets::Rows(&t));
    let into = Gradient { dw: &mut gradient, accum: Accum::Replace, dx: None };
    let error = plan.gradient(backend, loss, &params, &examples, &mut ws, into).expect("shapes fit");
    (error, gradient)
}
