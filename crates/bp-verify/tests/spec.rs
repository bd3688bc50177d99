//! The front door: a user's program against a user's specification, one test for every verdict.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::marker::PhantomData;

use bp_core::{Float, Real};
use bp_verify::{Certified, CertifyError, Draw, Failure, RoundingModel, Scope, Shape, Spec, Subject, Verdict, Why};
use bp_verify::{Nature, certify};

/// y_j = tanh(Σᵢ w_ji x_i + b_j).
#[derive(Debug, Clone, Copy)]
struct Layer {
    inputs: usize,
    units: usize,
}

impl Layer {
    fn new(inputs: usize, units: usize) -> Self {
        Self { inputs, units }
    }
}

impl<S: Real> Spec<S> for Layer {
    fn shape(&self) -> Shape {
        Shape { params: self.units * (self.inputs + 1), inputs: self.inputs, outputs: self.units }
    }
    fn eval(&self, p: &[S], x: &[S], y: &mut [S]) {
        let (w, b) = p.split_at(self.units * self.inputs);
        for (j, y) in y.iter_mut().enumerate() {
            let mut a = b[j];
            for (&w, &x) in w[j * self.inputs..].iter().zip(x) {
                a += w * x;
            }
            *y = a.tanh();
        }
    }
    fn place(&self, index: usize) -> String {
        let weights = self.units * self.inputs;
        if index < weights {
            format!("dw[{}][{}]", index / self.inputs, index % self.inputs)
        } else {
            format!("db[{}]", index - weights)
        }
    }
}

/// What may be wrong with the program.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    DoubledParameters,
    HalvedInputs,
    NoChain,
    CotangentIgnored,
    AddsUp,
    LeavesTheLast,
    Stale,
    Single,
    Nan,
    ValueOff,
    SlipsOnce,
}

#[derive(Debug)]
struct Program<S> {
    layer: Layer,
    fault: Fault,
    z: Vec<S>,
    calls: usize,
    scalar: PhantomData<S>,
}

impl<S: Float> Program<S> {
    fn new(layer: Layer, fault: Fault) -> Self {
        Self { layer, fault, z: vec![], calls: 0, scalar: PhantomData }
    }
}

impl<S: Float> Subject for Program<S> {
    type Real = S;
    fn forward(&mut self, p: &[S], x: &[S], y: &mut [S]) -> Result<(), Failure> {
        let (w, b) = p.split_at(self.layer.units * self.layer.inputs);
        for (j, y) in y.iter_mut().enumerate() {
            let mut a = S::ZERO;
            // From the end, which no bound may depend on.
            for (&w, &x) in w[j * x.len()..(j + 1) * x.len()].iter().zip(x).rev() {
                a += w * x;
            }
            *y = Real::tanh(a + b[j]);
            if self.fault == Fault::ValueOff && j == 0 {
                *y = *y * S::from_f64(1.001);
            }
        }
        self.z = y.to_vec();
        Ok(())
    }
    fn vjp(&mut self, p: &[S], x: &[S], c: &[S], dp: &mut [S], dx: &mut [S]) -> Result<(), Failure> {
        self.calls += 1;
        let stale = self.fault == Fault::Stale;
        if !stale {
            let mut y = vec![S::ZERO; c.len()];
            self.forward(p, x, &mut y)?;
        }
        let (two, half) = (S::from_f64(2.0), S::HALF);
        let (before_p, before_x) = (dp.to_vec(), dx.to_vec());
        let (weights, n) = (self.layer.units * x.len(), x.len());
        dx.fill(S::ZERO);
        for (j, &z) in self.z.iter().enumerate() {
            let slope = if self.fault == Fault::NoChain { S::ONE } else { (S::ONE - z) * (S::ONE + z) };
            let mut delta = if self.fault == Fault::CotangentIgnored { slope } else { c[j] * slope };
            if self.fault == Fault::Single {
                delta = S::from_f64(f64::from(delta.to_f64() as f32));
            }
            dp[weights + j] = delta;
            for i in 0..n {
                dp[j * n + i] = delta * x[i];
                dx[i] += p[j * n + i] * delta;
            }
        }
        let last = dp.len() - 1;
        match self.fault {
            Fault::DoubledParameters => dp.iter_mut().for_each(|d| *d = two * *d),
            Fault::HalvedInputs => dx.iter_mut().for_each(|d| *d = half * *d),
            Fault::AddsUp => {
                let all = dp.iter_mut().chain(dx).zip(before_p.iter().chain(&before_x));
                all.for_each(|(d, &before)| *d += before);
            }
            Fault::LeavesTheLast => dp[last] = before_p[last],
            Fault::Nan => dp[1] = S::from_f64(f64::NAN),
            Fault::SlipsOnce if self.calls.is_multiple_of(3) => dp[0] = S::ZERO,
            _ => {}
        }
        Ok(())
    }
}

fn run<S: Float>(layer: Layer, fault: Fault) -> Certified {
    certify(layer, Program::<S>::new(layer, fault)).seeds(0..8).run().unwrap()
}

#[test]
fn a_right_program_passes() {
    for (inputs, units) in [(1, 1), (1, 5), (4, 1), (3, 5), (17, 2)] {
        let layer = Layer::new(inputs, units);
        let double = certify(layer, Program::<f64>::new(layer, Fault::None)).seeds(0..32).assert_pass();
        assert!(double.resolution() < 1e-12, "{double}");
        assert!(double.certificates().iter().all(|c| c.planted.0 == c.planted.1 && c.planted.1 > 0));
        let single = certify(layer, Program::<f32>::new(layer, Fault::None)).seeds(0..32).assert_pass();
        assert!(single.resolution() < 5e-5, "{single}");
        assert!(single.to_string().contains("all 1 entries of") || single.to_string().contains("PASS"));
    }
}

#[test]
fn every_fault_fails_with_its_signature() {
    let layer = Layer::new(3, 5);
    let equals = |text: &str| Some(Nature::Equals(text.into()));
    let everything = Scope::Everything;
    let table: [(Fault, Scope, Option<Nature>); 9] = [
        (Fault::DoubledParameters, Scope::ParametersOnly, None),
        (Fault::HalvedInputs, Scope::InputsOnly, None),
        (
            Fault::NoChain,
            everything.clone(),
            equals("the derivative without those of the elementary functions (h′ missing)"),
        ),
        (
            Fault::CotangentIgnored,
            everything.clone(),
            equals("the derivative for a cotangent of ones: the cotangent is not used"),
        ),
        (Fault::AddsUp, everything.clone(), equals("the true value added to the result of the call before")),
        (Fault::LeavesTheLast, Scope::LastEntry, None),
        (Fault::Stale, everything.clone(), None),
        (Fault::Single, everything, Some(Nature::SinglePrecision)),
        (Fault::Nan, Scope::OneEntry, Some(Nature::NotFinite)),
    ];
    for (fault, scope, nature) in table {
        let certified = run::<f64>(layer, fault);
        let first = certified.first_violation().unwrap();
        assert!(!certified.passed() && first.counts.failed > 0, "{fault:?}: {certified}");
        let diagnosis = first.diagnosis.as_ref().unwrap();
        assert_eq!(diagnosis.scope, scope, "{fault:?}: {certified}");
        if nature.is_some() {
            assert_eq!(diagnosis.nature, nature, "{fault:?}: {certified}");
        }
        assert!(certified.to_string().contains("replay: certify(spec, subject).seeds([0])"), "{certified}");
        if fault != Fault::Single {
            assert!(!run::<f32>(layer, fault).passed(), "{fault:?} in f32");
        }
    }
    assert!(run::<f64>(layer, Fault::DoubledParameters).to_string().contains("constant ratio 2.000000"));
    assert!(run::<f64>(layer, Fault::HalvedInputs).to_string().contains("constant ratio 0.500000"));
}

#[test]
fn values_and_second_calls_are_judged_too() {
    let certified = run::<f64>(Layer::new(3, 2), Fault::ValueOff);
    let worst = certified.first_violation().unwrap();
    assert!(worst.findings.iter().any(|finding| finding.place == "y[0]"), "{certified}");
    let certified = run::<f64>(Layer::new(3, 2), Fault::SlipsOnce);
    assert!(certified.to_string().contains("dw[0][0], second call into NaN"), "{certified}");
}

/// y = (x₀ − p)² + (x₁ − p)², with x near p.
struct Spread;

impl<S: Real> Spec<S> for Spread {
    fn shape(&self) -> Shape {
        Shape { params: 1, inputs: 2, outputs: 1 }
    }
    fn eval(&self, p: &[S], x: &[S], y: &mut [S]) {
        y[0] = (x[0] - p[0]) * (x[0] - p[0]) + (x[1] - p[0]) * (x[1] - p[0]);
    }
    fn draw(&self, draw: &mut Draw) -> (Vec<f64>, Vec<f64>) {
        let p = 1.0 + draw.numbers(1)[0] / 10.0;
        (vec![p], draw.numbers(2).iter().map(|r| p + 0.15 + 0.1 * r).collect())
    }
}

/// ∂y/∂p as −2 (x₀ + x₁ − 2p), which is right and cancels, instead of −2 ((x₀ − p) + (x₁ − p)).
struct Reformulated {
    model: RoundingModel,
    factor: f64,
}

impl Subject for Reformulated {
    type Real = f64;
    fn forward(&mut self, p: &[f64], x: &[f64], y: &mut [f64]) -> Result<(), Failure> {
        y[0] = (x[0] - p[0]) * (x[0] - p[0]) + (x[1] - p[0]) * (x[1] - p[0]);
        Ok(())
    }
    fn vjp(&mut self, p: &[f64], x: &[f64], c: &[f64], dp: &mut [f64], dx: &mut [f64]) -> Result<(), Failure> {
        dp[0] = -self.factor * c[0] * (x[0] + x[1] - 2.0 * p[0]);
        (dx[0], dx[1]) = (2.0 * c[0] * (x[0] - p[0]), 2.0 * c[0] * (x[1] - p[0]));
        Ok(())
    }
    fn rounding(&self) -> RoundingModel {
        self.model
    }
}

/// Right, but outside the standard radius by rounding: a verdict of its own, and inside once the subject declares its
/// model. A fault is still a fault then.
#[test]
fn a_reformulated_gradient_declares_its_rounding() {
    let mut program = Reformulated { model: RoundingModel::standard(), factor: 2.0 };
    let strict = certify(Spread, &mut program).seeds(0..64).run().unwrap();
    println!("{strict}");
    let first = strict.first_violation().unwrap();
    assert_eq!(first.verdict(), "ROUNDING-SIZED", "{strict}");
    assert_eq!(first.findings[0].place, "dp[0]", "{strict}");
    assert!(strict.certificates().iter().all(|c| c.counts.failed == 0), "{strict}");
    assert!(strict.to_string().contains("needs its own rounding model"), "{strict}");
    // |x₀| + |x₁| + 2|p| < 4.7 is rounded where |x₀ − p| + |x₁ − p| > 0.1 was.
    program.model = RoundingModel::times(47.0, "Σ x − 2p instead of Σ (x − p), |x| < 24 |x − p|");
    let declared = certify(Spread, &mut program).seeds(0..64).assert_pass();
    assert!(declared.to_string().contains("47 times the standard radius"), "{declared}");
    program.factor = 2.0 + 1e-9;
    let wrong = certify(Spread, &mut program).run().unwrap();
    assert_eq!(wrong.first_violation().unwrap().verdict(), "FAIL", "{wrong}");
}

/// y = relu(x₀) + p x₁ / (1 − x₁), by its own derivative.
struct Edge(Vec<f64>);

impl<S: Real> Spec<S> for Edge {
    fn shape(&self) -> Shape {
        Shape { params: 1, inputs: 2, outputs: 1 }
    }
    fn eval(&self, p: &[S], x: &[S], y: &mut [S]) {
        y[0] = x[0].relu() + p[0] * x[1] / (S::ONE - x[1]);
    }
    fn draw(&self, _draw: &mut Draw) -> (Vec<f64>, Vec<f64>) {
        (vec![0.5], self.0.clone())
    }
}

struct EdgeProgram;

impl Subject for EdgeProgram {
    type Real = f64;
    fn forward(&mut self, p: &[f64], x: &[f64], y: &mut [f64]) -> Result<(), Failure> {
        y[0] = Real::relu(x[0]) + p[0] * x[1] / (1.0 - x[1]);
        Ok(())
    }
    fn vjp(&mut self, p: &[f64], x: &[f64], c: &[f64], dp: &mut [f64], dx: &mut [f64]) -> Result<(), Failure> {
        let rest = 1.0 - x[1];
        dp[0] = c[0] * x[1] / rest;
        dx[0] = c[0] * Real::step(x[0]);
        dx[1] = c[0] * p[0] / rest + c[0] * p[0] * x[1] / (rest * rest);
        Ok(())
    }
}

#[test]
fn what_cannot_be_decided_is_inconclusive() {
    let verdict = |x: [f64; 2]| {
        let certified = certify(Edge(x.to_vec()), EdgeProgram).run().unwrap();
        assert_eq!(certified.passed(), certified.first_violation().is_none());
        certified.first_violation().map(|violation| violation.findings[0].verdict)
    };
    assert_eq!(verdict([0.5, 0.25]), None);
    assert_eq!(verdict([-0.5, 0.25]), None);
    assert_eq!(verdict([0.0, 0.25]), Some(Verdict::Inconclusive(Why::Kink)));
    assert_eq!(verdict([0.5, 1.0]), Some(Verdict::Inconclusive(Why::Overflow)));
    // 1 − x₁ is exact, so only a finer resolution than there is can be too much.
    let fine = certify(Edge(vec![0.5, 0.25]), EdgeProgram).resolution(1e-17).run().unwrap();
    let why = fine.first_violation().unwrap().findings[0].verdict;
    assert_eq!(why, Verdict::Inconclusive(Why::TooWide), "{fine}");
    // Nothing looked at is nothing certified.
    assert!(!certify(Edge(vec![0.5, 0.25]), EdgeProgram).seeds([]).run().unwrap().passed());
    assert!(!certify(Edge(vec![0.5, 0.25]), EdgeProgram).entries(0).run().unwrap().passed());
}

#[test]
fn errors_say_where() {
    let wrong = certify(Edge(vec![0.5]), EdgeProgram).run();
    assert!(matches!(wrong, Err(CertifyError::Shape { inputs: 1, .. })), "{wrong:?}");
}

#[test]
#[should_panic(expected = "replay: certify(spec, subject).seeds([0])")]
fn assert_pass_panics_with_the_report() {
    let layer = Layer::new(2, 3);
    certify(layer, Program::<f64>::new(layer, Fault::DoubledParameters)).seeds(0..4).assert_pass();
}

/// A spec behind a pointer, and fewer entries than there are: the report says so.
#[test]
fn some_entries_of_many() {
    let layer = Layer::new(9, 7);
    let certified = certify(&layer, Program::<f64>::new(layer, Fault::None)).entries(10).run().unwrap();
    let certificate = &certified.certificates()[0];
    assert!(certified.passed() && certificate.counts.passed == 10 + 7, "{certificate}");
    assert!(certificate.to_string().contains("10 of 79 derivatives"), "{certificate}");
}
