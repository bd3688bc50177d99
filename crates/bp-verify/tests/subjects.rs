//! Ready-made subjects: everything built in passes, and what is planted does not.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bp_core::{Accum, Act, Activation, Backend, ErrorFunction, Float, Loss, MatMut, MatRef, Output, Prediction};
use bp_core::{Real, Reference, Target};
use bp_verify::{Certified, DenseLayer, DenseSpec, RoundingModel, Shape, Spec, Verdict, Why};
use bp_verify::{certify, certify_activation, certify_loss, certify_values};

/// Kinks are drawn nowhere, so all there is must pass.
fn activations<S: Float>(seeds: core::ops::Range<u64>) {
    for act in Act::ALL {
        let certified = certify_activation::<S, _>(&act).seeds(seeds.clone()).run().unwrap();
        assert!(certified.passed(), "{act}: {certified}");
    }
}

#[test]
fn built_in_activations_pass() {
    activations::<f64>(0..32);
    activations::<f32>(0..32);
}

fn losses<S: Float>() {
    let [a, b, c] = [0.25, 0.625, 0.125].map(S::from_f64);
    let row = [a, b, c];
    let outputs = [Output::Softmax, Output::Exp, Output::Each(Act::Logistic), Output::Each(Act::Identity)];
    for loss in ErrorFunction::ALL {
        for output in &outputs {
            let target = Target::Row(&row);
            let positive = !matches!(output, Output::Each(Act::Identity));
            if !positive && !matches!(loss, ErrorFunction::SumOfSquares | ErrorFunction::Huber { .. }) {
                continue; // a logarithm of something negative
            }
            if *output == Output::Exp && loss == ErrorFunction::BinaryCrossEntropy {
                continue;
            }
            let certified = certify_loss::<S, _, _>(&loss, output, 3, target).seeds(0..16).run().unwrap();
            assert!(certified.passed(), "{loss} with {output}: {certified}");
        }
        let softmax = Output::<Act>::Softmax;
        let model = match loss {
            // δ has 1 / (1 − y_k) − 1, which rounds 1 where y_k is small; the model's y_k / (1 − y_k) does not.
            ErrorFunction::BinaryCrossEntropy => RoundingModel::times(64.0, "1 / (1 − y) − 1 for y > 1/200"),
            _ => RoundingModel::standard(),
        };
        let certification = certify_loss::<S, _, _>(&loss, &softmax, 3, Target::Class(2)).model(model).seeds(0..16);
        // Where y is almost t, y − t is all rounding in f32; there is no more to resolve.
        let share = if S::UNIT_ROUNDOFF > 1e-10 { 1e-2 } else { 1e-10 };
        certification.resolution(share).assert_pass();
    }
}

#[test]
fn built_in_losses_pass() {
    losses::<f64>();
    losses::<f32>();
}

/// The reference backend, or one with a fault.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Product {
    Right,
    SkipsLastColumn,
    NotTransposed,
    AddsAlways,
}

impl<S: Float> Backend<S> for Product {
    fn name(&self) -> &str {
        "product"
    }
    fn gemm(&self, mut dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        let is_back = !lhs.is_transposed() && !rhs.is_transposed();
        match self {
            Self::NotTransposed if is_back => Reference.gemm(dst, accum, alpha, lhs, rhs.t()),
            Self::AddsAlways => Reference.gemm(dst, Accum::Add, alpha, lhs, rhs),
            Self::SkipsLastColumn if lhs.is_transposed() => {
                Reference.gemm(dst.reborrow(), accum, alpha, lhs, rhs);
                let last = dst.cols() - 1;
                (0..dst.rows()).for_each(|i| dst.row_mut(i)[last] = S::ZERO);
            }
            _ => Reference.gemm(dst, accum, alpha, lhs, rhs),
        }
    }
}

fn dense<S: Float>(product: Product, [rows, inputs, units]: [usize; 3]) -> Certified {
    let spec = DenseSpec { activation: &Act::Softplus, rows, inputs, units };
    certify(spec, DenseLayer::<S, _, _>::new(spec, product)).seeds(0..4).run().unwrap()
}

#[test]
fn dense_layers_on_right_and_wrong_backends() {
    for shape in [[1, 1, 1], [1, 3, 3], [4, 1, 2], [5, 4, 1], [3, 9, 7]] {
        assert!(dense::<f64>(Product::Right, shape).passed());
        assert!(dense::<f32>(Product::Right, shape).passed());
    }
    for (product, place) in
        [(Product::SkipsLastColumn, "dw["), (Product::NotTransposed, "dx["), (Product::AddsAlways, "d")]
    {
        let certified = dense::<f64>(product, [3, 4, 4]);
        let first = certified.first_violation().unwrap();
        assert!(first.worst.as_ref().unwrap().place.starts_with(place), "{product:?}: {certified}");
        assert!(!dense::<f32>(product, [3, 4, 4]).passed());
    }
}

/// tanh with h′ wrong in ways that are easy to miss.
#[derive(Debug, Clone, Copy)]
enum Wrong {
    AtZ,
    Shifted,
    Dropped,
}

impl<S: Real> Activation<S> for Wrong {
    fn value(&self, a: S) -> S {
        a.tanh()
    }
    fn derivative(&self, _a: S, z: S) -> S {
        let right = (S::ONE - z) * (S::ONE + z);
        match self {
            Self::AtZ => (S::ONE - z.tanh()) * (S::ONE + z.tanh()),
            Self::Shifted => right + S::from_f64(1e-9),
            Self::Dropped => S::ONE,
        }
    }
}

#[test]
fn wrong_activations_fail() {
    for wrong in [Wrong::AtZ, Wrong::Shifted, Wrong::Dropped] {
        let certified = certify_activation::<f64, _>(&wrong).run().unwrap();
        assert!(certified.first_violation().is_some_and(|c| c.counts.failed > 0), "{wrong:?}: {certified}");
    }
    let dropped = certify_activation::<f64, _>(&Wrong::Dropped).run().unwrap();
    assert!(dropped.to_string().contains("h′ missing"), "{dropped}");
}

/// Squares whose ½ stands in E and not in δ.
struct HalfLost;

impl<S: Real> Loss<S> for HalfLost {
    fn value(&self, p: &Prediction<'_, S>, t: Target<'_, S>) -> S {
        ErrorFunction::SumOfSquares.value(p, t)
    }
    fn gradient(&self, y: &[S], t: Target<'_, S>, g: &mut [S]) {
        for (k, (g, &y)) in g.iter_mut().zip(y).enumerate() {
            *g = (y - t.at(k)) + (y - t.at(k));
        }
    }
}

#[test]
fn a_wrong_loss_names_the_ratio() {
    let identity = Output::Each(Act::Identity);
    let row = [0.5, -0.25, 0.75];
    let certified = certify_loss::<f64, _, _>(&HalfLost, &identity, 3, Target::Row(&row)).run().unwrap();
    assert!(certified.to_string().contains("constant ratio 2.000000 (the ½ of the sum of squares lost"), "{certified}");
}

/// Width 1: softmax of one unit is 1 whatever comes in, its derivative 0, and nothing can be resolved of nothing.
#[test]
fn width_one() {
    let (softmax, logistic) = (Output::<Act>::Softmax, Output::Each(Act::Logistic));
    let one = |output| certify_loss::<f64, _, _>(&ErrorFunction::BinaryCrossEntropy, output, 1, Target::Class(0));
    one(&logistic).seeds(0..4).assert_pass();
    let certified = certify_loss::<f64, _, _>(&ErrorFunction::CrossEntropy, &softmax, 1, Target::Class(0)).run();
    let certified = certified.unwrap();
    for finding in certified.certificates().iter().flat_map(|c| &c.findings) {
        assert_eq!(finding.verdict, Verdict::Inconclusive(Why::TooWide), "{certified}");
    }
}

/// Three steps w ← w − v, v ← μ v + η g, v first.
struct HeavyBall;

impl<S: Real> Spec<S> for HeavyBall {
    fn shape(&self) -> Shape {
        Shape { params: 2, inputs: 6, outputs: 2 }
    }
    fn eval(&self, w: &[S], g: &[S], new: &mut [S]) {
        for i in 0..2 {
            let (mut w, mut v) = (w[i], S::ZERO);
            for step in 0..3 {
                v = S::from_f64(0.9) * v + S::from_f64(0.1) * g[2 * step + i];
                w = w - v;
            }
            new[i] = w;
        }
    }
}

#[test]
fn values_alone() {
    let steps = |momentum: f64| {
        move |w: &[f64], g: &[f64], new: &mut [f64]| {
            for i in 0..2 {
                let (mut at, mut v) = (w[i], 0.0);
                for step in 0..3 {
                    v = momentum * v + 0.1 * g[2 * step + i];
                    at -= v;
                }
                new[i] = at;
            }
        }
    };
    certify_values(HeavyBall, steps(0.9)).seeds(0..32).assert_pass();
    let wrong = certify_values(HeavyBall, steps(0.9 + 1e-12)).run().unwrap();
    assert!(wrong.first_violation().is_some_and(|c| c.counts.failed > 0), "{wrong}");
}
