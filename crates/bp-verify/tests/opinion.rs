//! Second opinions on a black box: right gradients agree, wrong ones do not, at kinks the hull decides.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bp_core::{Act, Activation, Reference};
use bp_verify::{BlackBox, DenseLayer, DenseSpec, Draw, Failure, Subject, check_adjoint};

/// Σ_j h(w_j · x), and its gradient by x.
fn function(act: Act, w: &[f64], n: usize) -> impl Fn(&[f64]) -> f64 + '_ {
    move |x: &[f64]| w.chunks_exact(n).map(|w| act.value(w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>())).sum()
}

fn gradient(act: Act, w: &[f64], x: &[f64]) -> Vec<f64> {
    let mut g = vec![0.0; x.len()];
    for w in w.chunks_exact(x.len()) {
        let a: f64 = w.iter().zip(x).map(|(w, x)| w * x).sum();
        let slope = act.derivative(a, act.value(a));
        g.iter_mut().zip(w).for_each(|(g, w)| *g += slope * w);
    }
    g
}

#[test]
fn right_gradients_agree_and_wrong_ones_do_not() {
    let (mut widest, mut undecided) = (0.0_f64, 0);
    for seed in 0..12 {
        let mut draw = Draw::new(seed);
        let n = 1 + draw.below(6);
        let (w, x) = (draw.numbers(4 * n), draw.numbers(n));
        for act in Act::ALL {
            let mut f = BlackBox::new(function(act, &w, n)).seed(seed);
            let g = gradient(act, &w, &x);
            let report = f.check(&x, &g);
            assert!(report.disagree.is_empty(), "{act}, seed {seed}: {report}");
            undecided += report.undecided;
            widest = widest.max(report.resolution);
            assert!(f.taylor(&x, &g).passed(), "{act}, seed {seed}: {}", f.taylor(&x, &g));
            // One entry off, by a thousandth and by a hundred times what is said to be seen.
            for off in [1e-3, 100.0 * report.error] {
                let mut wrong = g.clone();
                wrong[n - 1] += off;
                let report = f.check(&x, &wrong);
                assert!(!report.disagree.is_empty(), "{act}, seed {seed}, {off}: {report}");
                assert!(report.to_string().contains("DISAGREE") && report.disagree[0].errors_outside > 1.0);
            }
            let mut wrong = g.clone();
            wrong[0] += 0.25;
            assert!(!f.taylor(&x, &wrong).passed(), "{act}, seed {seed}: {}", f.taylor(&x, &wrong));
        }
    }
    println!("widest {widest:e}, undecided {undecided}");
    assert!(undecided == 0 && widest < 1e-4, "{widest:e}, {undecided}");
}

#[test]
fn at_a_kink_the_hull_decides() {
    let mut f = BlackBox::new(|x: &[f64]| x[0].abs() + 2.0 * x[1]);
    for inside in [-1.0, -0.5, 0.0, 1.0] {
        let report = f.check(&[0.0, 0.5], &[inside, 2.0]);
        let along_x0 = report.disagree.iter().any(|opinion| opinion.place == "g[0]");
        assert!(!along_x0 && report.at_kinks > 0, "{inside}: {report}");
    }
    for outside in [-1.001, 1.001, 2.0, f64::NAN] {
        let report = f.check(&[0.0, 0.5], &[outside, 2.0]);
        assert!(report.disagree.iter().any(|opinion| opinion.place == "g[0]"), "{outside}: {report}");
    }
}

#[test]
fn nothing_known_is_nothing_passed() {
    let report = BlackBox::new(|_: &[f64]| f64::NAN).check(&[1.0], &[0.0]);
    assert!(!report.passed() && report.undecided > 0, "{report}");
    assert!(!BlackBox::new(|_: &[f64]| 0.0).check(&[1.0], &[f64::NAN]).passed());
    assert!(BlackBox::new(|_: &[f64]| 7.0).check(&[1.0], &[0.0]).passed());
}

#[test]
fn adjoint_identities() {
    let spec = DenseSpec { activation: &Act::Tanh, rows: 3, inputs: 4, units: 2 };
    let mut draw = Draw::new(5);
    let (p, x) = (draw.numbers(10), draw.numbers(12));
    let mut layer = DenseLayer::<f64, _, _>::new(spec, Reference);
    let report = check_adjoint(&mut layer, &p, &x, 6, 32, 1).unwrap();
    assert!(report.passed() && report.resolution < 1e-8, "{report}");
    let single = |numbers: &[f64]| numbers.iter().map(|&x| x as f32).collect::<Vec<f32>>();
    let mut layer32 = DenseLayer::<f32, _, _>::new(spec, Reference);
    let report = check_adjoint(&mut layer32, &single(&p), &single(&x), 6, 32, 1).unwrap();
    assert!(report.disagree.is_empty(), "{report}");
    let report = check_adjoint(&mut Slipped(layer), &p, &x, 6, 32, 1).unwrap();
    assert!(!report.disagree.is_empty(), "{report}");
}

/// One entry of dx, off by 10⁻⁵ of itself.
struct Slipped<T>(T);

impl<T: Subject<Real = f64>> Subject for Slipped<T> {
    type Real = f64;
    fn forward(&mut self, p: &[f64], x: &[f64], y: &mut [f64]) -> Result<(), Failure> {
        self.0.forward(p, x, y)
    }
    fn vjp(&mut self, p: &[f64], x: &[f64], c: &[f64], dp: &mut [f64], dx: &mut [f64]) -> Result<(), Failure> {
        self.0.vjp(p, x, c, dp, dx)?;
        dx[3] *= 1.00001;
        Ok(())
    }
}
