//! An activation, a loss, an optimiser and a backend of somebody else: they compile, agree with ours where they say
//! the same thing, and train together, without a word in bp-core.

use bp_core::{
    Accum, Act, Activation, Backend, Examples, Float, Loss, MatMut, MatRef, Output, Prediction, Real, Reference,
    Scalar, Target, Targets, stack,
};
use bp_tests::for_every_backend_and_scalar;
use bp_tests::nets::{graph, values};
use bp_tests::suite::{bits, scalars};
use bp_train::{Network, Optimizer, Sgd, Step, Trainer};
use serde::{Deserialize, Serialize};

for_every_backend_and_scalar!(a_foreign_activation_trains_on, what_says_the_same_has_the_same_bits);

/// h(a) = a + sin² a (Ziyin et al. 2020).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Snake;

impl<S: Real> Activation<S> for Snake {
    fn value(&self, a: S) -> S {
        a + a.sin() * a.sin()
    }
    fn derivative(&self, a: S, _z: S) -> S {
        S::ONE + (a + a).sin()
    }
}

/// tanh by somebody who knows nothing of [`Act::Tanh`].
#[derive(Debug, Clone)]
struct OwnTanh;

impl<S: Real> Activation<S> for OwnTanh {
    fn value(&self, a: S) -> S {
        a.tanh()
    }
    fn derivative(&self, _a: S, z: S) -> S {
        (S::ONE - z) * (S::ONE + z)
    }
    fn needs_a(&self) -> bool {
        false
    }
}

/// Σ ln cosh(y − t), by way of softplus: ln cosh r = softplus(2r) − r − ln 2.
struct LogCosh;

impl<S: Real> Loss<S> for LogCosh {
    fn value(&self, p: &Prediction<'_, S>, t: Target<'_, S>) -> S {
        let mut sum = S::ZERO;
        for (k, &y) in p.y.iter().enumerate() {
            let r = y - t.at(k);
            sum += (r + r).softplus() - r - S::from_f64(std::f64::consts::LN_2);
        }
        sum
    }
    fn gradient(&self, y: &[S], t: Target<'_, S>, g: &mut [S]) {
        for (k, (g, &y)) in g.iter_mut().zip(y).enumerate() {
            *g = (y - t.at(k)).tanh();
        }
    }
}

/// ½ Σ (y − t)² without knowing any output function.
struct OwnSquares;

impl<S: Scalar> Loss<S> for OwnSquares {
    fn value(&self, p: &Prediction<'_, S>, t: Target<'_, S>) -> S {
        let mut sum = S::ZERO;
        for (k, &y) in p.y.iter().enumerate() {
            sum += (y - t.at(k)) * (y - t.at(k));
        }
        S::HALF * sum
    }
    fn gradient(&self, y: &[S], t: Target<'_, S>, g: &mut [S]) {
        for (k, (g, &y)) in g.iter_mut().zip(y).enumerate() {
            *g = y - t.at(k);
        }
    }
}

/// Momentum in the books' form, Δw ← μΔw − ηg, with a state of its own; with μ = 0 plain descent.
struct Heavy<S> {
    mu: f64,
    change: Vec<S>,
}

impl<S: Float> Optimizer<S> for Heavy<S> {
    fn name(&self) -> &'static str {
        "heavy-ball"
    }
    fn prepare(&mut self, n_params: usize) {
        self.change = vec![S::ZERO; n_params];
    }
    fn plain_rate(&self, step: &Step<'_>) -> Option<f64> {
        (self.mu <= 0.0).then_some(step.rate)
    }
    fn step(&mut self, step: &Step<'_>, params: &mut [S], grad: &[S]) {
        let (mu, rate) = (S::from_f64(self.mu), S::from_f64(step.rate));
        for ((w, &g), change) in params.iter_mut().zip(grad).zip(&mut self.change) {
            *change = mu * *change - rate * g;
            *w += *change;
        }
    }
}

/// A product with its sums from the last term down, and nothing else.
#[derive(Debug, Clone, Default)]
struct Backwards;

impl<S: Scalar> Backend<S> for Backwards {
    fn name(&self) -> &str {
        "backwards"
    }
    fn gemm(&self, mut dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        for i in 0..dst.rows() {
            for j in 0..dst.cols() {
                let mut sum = S::ZERO;
                for k in (0..lhs.cols()).rev() {
                    sum += lhs.at(i, k) * rhs.at(k, j);
                }
                let dst = &mut dst.row_mut(i)[j];
                *dst = if accum == Accum::Add { *dst + alpha * sum } else { alpha * sum };
            }
        }
    }
}

/// y = x₁² − x₂ on a grid: 25 examples.
fn data<S: Float>() -> (Vec<S>, Vec<S>) {
    let grid = (-2..=2).flat_map(|i| (-2..=2).map(move |j| [f64::from(i) / 2.0, f64::from(j) / 2.0]));
    let (x, t): (Vec<[f64; 2]>, Vec<f64>) = grid.map(|[a, b]| ([a, b], a * a - b)).unzip();
    (scalars(x.as_flattened()), scalars(&t))
}

/// Trains a foreign activation with a foreign loss and a foreign optimiser; the error falls to a tenth.
fn check_training<B: Backend<S> + Clone, S: Float>(backend: B) {
    let (x, t) = data::<S>();
    let examples = Examples::new(&x, Targets::Rows(&t));
    let architecture = bp_core::Stack::new(2).hidden(12, Snake).output(1, Output::Each(Snake));
    let mut net = Network::<B, S, Snake>::on(backend.clone(), architecture, 3).expect("a network");
    let before = net.evaluate_with(&LogCosh, &examples).expect("shapes fit").error;
    let optimizer = Heavy { mu: 0.9, change: vec![] };
    let mut trainer = Trainer::new().optimizer(optimizer).loss(LogCosh).rate(0.05).batch(5).epochs(200);
    let history = trainer.fit(&mut net, &examples).expect("training");
    let after = net.evaluate_with(&LogCosh, &examples).expect("shapes fit").error;
    assert!(after < 0.1 * before, "{}: {before} → {after}", net.backend().name());
    assert_eq!(history.epochs.len(), 200);

    let bytes = net.to_bytes().expect("a small network");
    let same = Network::<B, S, Snake>::from_bytes_on(backend, &bytes).expect("what was written");
    assert_eq!(bits(same.params()), bits(net.params()));
    assert_eq!(bits(&same.predict(&x).expect("rows")), bits(&net.predict(&x).expect("rows")));
}

fn a_foreign_activation_trains_on<B: Backend<S> + Default, S: Float>() {
    // Behind an `Arc`, so that the check may clone what it does not know.
    check_training::<std::sync::Arc<B>, S>(std::sync::Arc::default());
}

#[test]
fn all_four_train_together() {
    check_training::<_, f32>(Backwards);
    check_training::<_, f64>(Backwards);
    // The same through a pointer that has forgotten its type.
    let erased: std::sync::Arc<dyn Backend<f64>> = std::sync::Arc::new(Backwards);
    check_training::<_, f64>(erased);
}

/// The parameters after some steps on the skip-connection graph.
fn trained<B, S, H>(hidden: H, loss: Option<OwnSquares>, optimizer: impl Optimizer<S> + 'static) -> Vec<u64>
where
    B: Backend<S> + Default,
    S: Float,
    H: Activation<S> + Clone,
{
    let mut net = Network::<B, S, H>::new(graph(hidden.clone(), Output::Each(hidden)), 11).expect("a network");
    let params: Vec<S> = scalars(&values(12, net.params().len()));
    net.params_mut().copy_from_slice(&params);
    let (x, t): (Vec<S>, Vec<S>) = (scalars(&values(13, 60)), scalars(&values(14, 60)));
    let trainer = Trainer::new().optimizer(optimizer).rate(0.1).batch(8).epochs(3);
    let mut trainer = match loss {
        Some(loss) => trainer.loss(loss),
        None => trainer,
    };
    trainer.fit(&mut net, &Examples::new(&x, Targets::Rows(&t))).expect("training");
    bits(net.params())
}

fn what_says_the_same_has_the_same_bits<B: Backend<S> + Default, S: Float>() {
    let ours = trained::<B, S, _>(Act::Tanh, None, Sgd::new());
    assert_eq!(trained::<B, S, _>(OwnTanh, None, Sgd::new()), ours, "activation");
    assert_eq!(trained::<B, S, _>(Act::Tanh, Some(OwnSquares), Sgd::new()), ours, "loss");
    let plain = || Heavy { mu: 0.0, change: vec![] };
    assert_eq!(trained::<B, S, _>(Act::Tanh, None, plain()), ours, "optimiser");
    assert_eq!(trained::<B, S, _>(OwnTanh, Some(OwnSquares), plain()), ours, "all three");
}

/// On integers no order of summation rounds, so a foreign product has the reference's bits.
#[test]
fn a_foreign_backend_is_exact_on_integers() {
    let architecture = stack(3).hidden(4, Act::Relu).output(2, Act::Identity);
    let mut ours = Network::<Reference, f32>::new(architecture.clone(), 1).unwrap();
    let mut theirs = Network::<Backwards, f32>::new(architecture, 1).unwrap();
    let params: Vec<f32> = (0..26).map(|i| (i * 7 % 5) as f32 - 2.0).collect();
    ours.params_mut().copy_from_slice(&params);
    theirs.params_mut().copy_from_slice(&params);
    let x: Vec<f32> = (0..30).map(|i| (i * 11 % 7) as f32 - 3.0).collect();
    assert_eq!(bits(&ours.predict(&x).unwrap()), bits(&theirs.predict(&x).unwrap()));
}
