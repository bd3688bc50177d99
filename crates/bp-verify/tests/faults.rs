//! Engine faults planted by hand: each must be caught, and the report must name the parameters it spoils. The correct
//! engine passes the same check.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bp_core::{Accum, Act, Activation, Architecture, Backend, ErrorFunction, Examples, Float, Gradient, INPUT, Layer};
use bp_core::{Loss, MatMut, MatRef, Output, Plan, Prediction, Real, Reference, ShapeError, Target, Targets};
use bp_verify::{Entry, Number, Report, Sample, check_gradient, compare_gradient};

const ALL: [&str; 9] = [
    "h1.weight.input",
    "h1.bias",
    "h2.weight.h1",
    "h2.bias",
    "h3.weight.h2",
    "h3.weight.h1",
    "h3.bias",
    "out.weight.h3",
    "out.weight.h1",
];
const H1: [&str; 2] = ["h1.weight.input", "h1.bias"];

/// h1 has three consumers, the weight from h1 to h2 is square, and three layers are narrower or wider than others.
fn network<H: Clone>(first: H, rest: H) -> Plan<H> {
    let hidden = vec![
        Layer::new("h1", 4, first).dense(INPUT),
        Layer::new("h2", 4, rest.clone()).dense("h1"),
        Layer::new("h3", 5, rest).dense("h2").dense("h1"),
    ];
    let out = Layer::new("out", 3, Output::Softmax).dense("h3").dense("h1").without_bias();
    Plan::new(Architecture::new(3, hidden, out)).unwrap()
}

/// Parameters and four examples that no fault can hide in: nothing symmetric, nothing zero.
struct Data<S> {
    params: Vec<S>,
    x: Vec<S>,
    t: Vec<S>,
}

impl<S: Float + Number> Data<S> {
    fn new<H>(plan: &Plan<H>) -> Self {
        let values =
            |n: usize, step: i64| (0..n as i64).map(|i| S::from_thousandths((i * step) % 1000 - 480)).collect();
        let t = [1000, 0, 0, 0, 700, 300, 0, 0, 1000, 200, 500, 300].map(S::from_thousandths).to_vec();
        Self { params: values(plan.n_params(), 370), x: values(4 * plan.inputs(), 170), t }
    }

    fn examples(&self) -> Examples<'_, S> {
        Examples::new(&self.x, Targets::Rows(&self.t))
    }
}

/// Runs the check and asserts which blocks it finds wrong; none means that it passes.
fn check<S, H, L, B>(fault: &str, plan: &Plan<H>, loss: &L, backend: &B, blocks: &[&str]) -> Report
where
    S: Float + Number,
    H: Activation<S> + Activation<bp_verify::Rounded<S>> + Activation<bp_verify::Rounded<f64>>,
    L: Loss<S> + Loss<bp_verify::Rounded<S>> + Loss<bp_verify::Rounded<f64>>,
    B: Backend<S>,
{
    let data = Data::<S>::new(plan);
    let report = check_gradient(plan, loss, backend, &data.params, &data.examples(), Sample::all()).unwrap();
    assert_eq!(report.failed_blocks, blocks, "{fault}: {report}");
    assert_eq!(report.passed(), blocks.is_empty(), "{fault}: {report}");
    let worst = report.worst.as_ref().map_or("", Entry::block);
    assert!(blocks.is_empty() || blocks.contains(&worst), "{fault}: {report}");
    report
}

/// A backend with a fault in one place.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// The last consumer of a unit overwrites the errors of the others (M1).
    LastConsumerOverwrites,
    /// A square weight is not transposed on the way back.
    TransposesSquareWeight,
    /// δᵀ z misses its last column, as a vectorised loop without a tail does.
    SkipsLastColumn,
    /// The last example of a batch does not reach the biases.
    DropsLastRow,
    /// Sums are kept in single precision.
    AccumulatesInSingle,
    /// The gradient is added to what stood there.
    NeverReplaces,
    /// h′ is not applied.
    SkipsChain,
}

impl<S: Float> Backend<S> for Fault {
    fn name(&self) -> &str {
        "faulty"
    }
    fn gemm(&self, mut dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        let back = !lhs.is_transposed() && !rhs.is_transposed();
        let gradient = lhs.is_transposed();
        match self {
            Self::LastConsumerOverwrites if back => Reference.gemm(dst, Accum::Replace, alpha, lhs, rhs),
            Self::TransposesSquareWeight if back && rhs.rows() == rhs.cols() => {
                Reference.gemm(dst, accum, alpha, lhs, rhs.t());
            }
            Self::NeverReplaces if gradient => Reference.gemm(dst, Accum::Add, alpha, lhs, rhs),
            Self::SkipsLastColumn if gradient => {
                Reference.gemm(dst.reborrow(), accum, alpha, lhs, rhs);
                let last = dst.cols() - 1;
                (0..dst.rows()).for_each(|i| dst.row_mut(i)[last] = S::ZERO);
            }
            Self::AccumulatesInSingle if gradient => {
                for i in 0..dst.rows() {
                    for j in 0..dst.cols() {
                        let products = (0..lhs.cols()).map(|k| (lhs.at(i, k) * rhs.at(k, j)).to_f64() as f32);
                        dst.row_mut(i)[j] = S::from_f64(f64::from(products.sum::<f32>()));
                    }
                }
            }
            _ => Reference.gemm(dst, accum, alpha, lhs, rhs),
        }
    }
    fn sum_rows(&self, dst: &mut [S], accum: Accum, alpha: S, delta: MatRef<'_, S>) {
        let rows = delta.rows() - usize::from(*self == Self::DropsLastRow);
        Reference.sum_rows(dst, accum, alpha, delta.rows_range(0, rows));
    }
    fn chain(&self, activation: &dyn Activation<S>, a: &[S], z: &[S], delta: &mut [S]) {
        if *self != Self::SkipsChain {
            activation.chain(a, z, delta);
        }
    }
}

#[test]
fn faults_of_a_backend_are_caught() {
    let plan = network(Act::Tanh, Act::Tanh);
    let loss = ErrorFunction::CrossEntropy;
    let weights: Vec<&str> = ALL.into_iter().filter(|block| block.contains("weight")).collect();
    let biases: Vec<&str> = ALL.into_iter().filter(|block| block.contains("bias")).collect();
    let table: [(Fault, &[&str]); 8] = [
        (Fault::None, &[]),
        (Fault::LastConsumerOverwrites, &H1),
        (Fault::TransposesSquareWeight, &H1),
        (Fault::SkipsLastColumn, &weights),
        (Fault::DropsLastRow, &biases),
        (Fault::AccumulatesInSingle, &weights),
        (Fault::NeverReplaces, &weights),
        (Fault::SkipsChain, &ALL[..7]),
    ];
    for (fault, blocks) in table {
        check::<f64, _, _, _>(&format!("{fault:?}"), &plan, &loss, &fault, blocks);
        // In single precision the sums in single precision are right, and the rest as wrong as before.
        let blocks = if fault == Fault::AccumulatesInSingle { &[] } else { blocks };
        check::<f32, _, _, _>(&format!("{fault:?} in f32"), &plan, &loss, &fault, blocks);
    }
}

/// A hidden unit's function whose derivative may be wrong.
#[derive(Debug, Clone, Copy)]
enum Hidden {
    Right,
    /// h′ = 1.
    Forgets,
    /// h′ at z: tanh twice.
    TakesZ,
    /// h′ = 1 − h.
    LosesSquare,
    /// h′ with 10⁻⁹ added.
    Epsilon,
}

impl<S: Real> Activation<S> for Hidden {
    fn value(&self, a: S) -> S {
        a.tanh()
    }
    fn derivative(&self, _a: S, z: S) -> S {
        let right = (S::ONE - z) * (S::ONE + z);
        match self {
            Self::Right => right,
            Self::Forgets => S::ONE,
            Self::TakesZ => (S::ONE - z.tanh()) * (S::ONE + z.tanh()),
            Self::LosesSquare => S::ONE - z,
            Self::Epsilon => right + S::from_f64(1e-9),
        }
    }
}

#[test]
fn faults_of_an_activation_are_caught() {
    let loss = ErrorFunction::CrossEntropy;
    check::<f64, _, _, _>("right", &network(Hidden::Right, Hidden::Right), &loss, &Reference, &[]);
    for first in [Hidden::Forgets, Hidden::TakesZ, Hidden::LosesSquare, Hidden::Epsilon] {
        let plan = network(first, Hidden::Right);
        check::<f64, _, _, _>(&format!("{first:?}"), &plan, &loss, &Reference, &H1);
    }
}

/// Cross-entropy whose δ may be wrong while E is right.
#[derive(Debug, Clone, Copy)]
enum Entropy {
    Right,
    /// The ½ that is not there, taken out of δ.
    Doubled,
    /// δ = ∂E/∂y: softmax forgotten.
    ByY,
    /// The sign.
    Negative,
}

impl<S: Real> Loss<S> for Entropy {
    fn value(&self, p: &Prediction<'_, S>, t: Target<'_, S>) -> S {
        ErrorFunction::CrossEntropy.value(p, t)
    }
    fn gradient(&self, y: &[S], t: Target<'_, S>, g: &mut [S]) {
        ErrorFunction::CrossEntropy.gradient(y, t, g);
    }
    fn delta(&self, p: &Prediction<'_, S>, t: Target<'_, S>, delta: &mut [S]) {
        ErrorFunction::CrossEntropy.delta(p, t, delta);
        match self {
            Self::Right => {}
            Self::Doubled => delta.iter_mut().for_each(|d| *d = *d + *d),
            Self::ByY => self.gradient(p.y, t, delta),
            Self::Negative => delta.iter_mut().for_each(|d| *d = -*d),
        }
    }
}

#[test]
fn faults_of_a_loss_are_caught() {
    let plan = network(Act::Tanh, Act::Tanh);
    check::<f64, _, _, _>("right", &plan, &Entropy::Right, &Reference, &[]);
    for (fault, factor) in [(Entropy::Doubled, Some(2.0)), (Entropy::ByY, None), (Entropy::Negative, Some(-1.0))] {
        let report = check::<f64, _, _, _>(&format!("{fault:?}"), &plan, &fault, &Reference, &ALL);
        let Entry { got, want, .. } = report.worst.unwrap();
        assert!(factor.is_none_or(|factor: f64| (got / want - factor).abs() < 1e-6), "{got} for {want}");
    }
}

/// A right gradient with one entry changed is wrong at that entry and nowhere else.
fn check_one_entry(change: fn(f64) -> f64) {
    let plan = network(Act::Tanh, Act::Tanh);
    let data = Data::<f64>::new(&plan);
    let mut gradient = vec![0.0; plan.n_params()];
    let (loss, into) = (ErrorFunction::CrossEntropy, Gradient::replace(&mut gradient));
    plan.gradient(&Reference, &loss, &data.params, &data.examples(), &mut plan.workspace(4), into).unwrap();
    let compare = |gradient: &[f64]| {
        compare_gradient(&plan, &loss, &data.params, &data.examples(), gradient, Sample::all()).unwrap()
    };
    assert!(compare(&gradient).passed());
    assert!(compare(&gradient).resolution <= 1e-9, "{}", compare(&gradient));
    for index in [0, 5, 17, plan.n_params() - 1] {
        let right = gradient[index];
        gradient[index] = change(right);
        let report = compare(&gradient);
        assert_eq!((report.failed, report.passed()), (1, false), "{report}");
        assert_eq!(report.worst.unwrap().place, plan.locate(index).unwrap().to_string());
        gradient[index] = right;
    }
}

#[test]
fn one_wrong_entry_is_named() {
    check_one_entry(|g| g + 3e-6);
    check_one_entry(|g| g * 1.0005);
    check_one_entry(|g| g + 1e-9);
    check_one_entry(|_| 0.0);
    check_one_entry(|_| f64::NAN);
    check_one_entry(|_| f64::INFINITY);
}

/// Faults in the checker itself: it must not pass what it has not compared.
#[test]
fn nothing_passes_unseen() {
    assert!(!Report::new("f64", vec![], 3).passed());
    for bound in [f64::INFINITY, f64::NAN] {
        let report = Report::new("f64", vec![Entry::new("out.bias[0]".into(), 1.0, 1.0, bound)], 0);
        assert!(!report.passed(), "{report}");
    }
    let plan = network(Act::Tanh, Act::Tanh);
    let data = Data::<f64>::new(&plan);
    let short =
        compare_gradient(&plan, &ErrorFunction::CrossEntropy, &data.params, &data.examples(), &[0.0; 3], Sample::all());
    assert!(matches!(short, Err(ShapeError::Length { what: "gradient", got: 3, .. })));
    // A network that overflows has no gradient to be right about.
    let huge = vec![1e200; plan.n_params()];
    let report =
        check_gradient(&plan, &ErrorFunction::SumOfSquares, &Reference, &huge, &data.examples(), Sample::all());
    assert!(!report.is_ok_and(|report| report.passed()));
}

/// The sample has an entry of every block, so that a fault in one block is seen by a small sample too.
#[test]
fn a_small_sample_sees_every_block() {
    let plan = network(Act::Tanh, Act::Tanh);
    let data = Data::<f64>::new(&plan);
    let loss = ErrorFunction::CrossEntropy;
    for seed in 0..20 {
        let sample = Sample::some(12, seed);
        assert_eq!(sample.indices(&plan).len(), 12);
        let check =
            |backend: Fault| check_gradient(&plan, &loss, &backend, &data.params, &data.examples(), sample).unwrap();
        assert!(check(Fault::None).passed());
        assert!(!check(Fault::DropsLastRow).passed());
        assert!(!check(Fault::TransposesSquareWeight).passed());
    }
}
