//! The checks that an enclosure is compared with, at their own defaults: PyTorch's per entry (eps 1e-6, atol 1e-5,
//! rtol 1e-3) and along one random direction, the relative norm of cs231n (1e-7), and the crate `gradcheck`.

use anyhow::Result;
use bp_core::{Examples, Reference};
use bp_verify::Certify;

use super::enclosures::{certificate, is_wrong, once};
use super::losses::Believed;
use super::nets::{Net, uniform};
use super::plant::Plant;
use super::subject::Subject;

const EPS: f64 = 1e-6;
const ATOL: f64 = 1e-5;
const RTOL: f64 = 1e-3;
const NORM: f64 = 1e-7;

/// How many gradients each check passed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Passed {
    /// Gradients that were looked at.
    pub(crate) nets: usize,
    pub(crate) enclosure: usize,
    pub(crate) entries: usize,
    pub(crate) direction: usize,
    pub(crate) norm: usize,
    /// `gradcheck` says «pass».
    pub(crate) gradcheck: usize,
    /// `gradcheck` abstains.
    pub(crate) abstained: usize,
}

impl Passed {
    pub(crate) fn add(&mut self, other: Self) {
        self.nets += other.nets;
        self.enclosure += other.enclosure;
        self.entries += other.entries;
        self.direction += other.direction;
        self.norm += other.norm;
        self.gradcheck += other.gradcheck;
        self.abstained += other.abstained;
    }
}

/// The author's error as a function of the parameters, in `f64`.
struct Error<'a> {
    net: &'a Net,
    believed: Believed,
    examples: Examples<'a, f64>,
}

impl Error<'_> {
    fn at(&self, params: &[f64]) -> f64 {
        let mut ws = self.net.plan.workspace(self.net.rows());
        let run = self.net.plan.forward(&Reference, params, self.examples.x, &mut ws);
        run.and_then(|()| self.net.plan.error(&self.believed, &self.examples, &ws)).unwrap_or(f64::NAN)
    }

    /// (E(w + εv) − E(w − εv)) / 2ε.
    fn along(&self, params: &[f64], v: &[f64]) -> f64 {
        let moved = |step: f64| params.iter().zip(v).map(|(w, v)| w + step * v).collect::<Vec<_>>();
        (self.at(&moved(EPS)) - self.at(&moved(-EPS))) / (2.0 * EPS)
    }
}

/// The adapter of `gradcheck`: a tensor is a vector, a function gives a vector of one number. The gradient does not come
/// through it but through [`gradcheck::compare`], because its trait has no `self` in which a subject could stand.
struct Vectors;

impl gradcheck::Backend for Vectors {
    type Tensor = Vec<f64>;

    fn name() -> &'static str {
        "bp"
    }
    fn from_slice(data: &[f64], _: &[usize]) -> Vec<f64> {
        data.to_vec()
    }
    fn to_vec(t: &Vec<f64>) -> Vec<f64> {
        t.clone()
    }
    fn forward_sum(f: &dyn Fn(Vec<f64>) -> Vec<f64>, x: &Vec<f64>) -> f64 {
        f(x.clone()).iter().sum()
    }
    fn analytic_grad(_: &dyn Fn(Vec<f64>) -> Vec<f64>, _: &Vec<f64>) -> Vec<f64> {
        vec![]
    }
}

/// Every check on every net; nets on which the plant changes nothing are left out, unless it is none.
pub(crate) fn compare(plant: Plant, nets: &[Net]) -> Result<Passed> {
    let mut passed = Passed::default();
    let subject = Subject::<f64>::new(plant);
    for (n, net) in nets.iter().enumerate() {
        let (_, dw) = once(&subject, net)?;
        if plant != Plant::Right && !is_wrong(plant, &dw, net)? {
            continue;
        }
        let held = net.held::<f64>();
        let weights = subject.weights(net.rows(), net.rows());
        let examples = Examples { weights: weights.as_deref(), ..held.examples() };
        let error = Error { net, believed: subject.believed(net.loss), examples };
        let params = &held.params;

        let unit = |i: usize| (0..dw.len()).map(|j| f64::from(u8::from(i == j))).collect::<Vec<_>>();
        let numeric: Vec<f64> = (0..dw.len()).map(|i| error.along(params, &unit(i))).collect();
        let within = |got: f64, want: f64| (got - want).abs() <= ATOL + RTOL * want.abs();
        let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
        let draw = uniform(dw.len(), 9000 + n as u64);
        let length = norm(&mut draw.iter().copied());
        let v: Vec<f64> = draw.iter().map(|x| x / length).collect();
        let product: f64 = dw.iter().zip(&v).map(|(g, v)| g * v).sum();
        let apart = norm(&mut dw.iter().zip(&numeric).map(|(g, d)| g - d));
        let sizes = norm(&mut dw.iter().copied()) + norm(&mut numeric.iter().copied());

        let config = gradcheck::Config::f64_defaults();
        let shape = [params.len()];
        let function = |w: Vec<f64>| vec![error.at(&w)];
        let theirs =
            gradcheck::numerical_gradient::<Vectors, _>(&function, params, &shape, config.step, config.precision);
        let report = gradcheck::compare("gradient", "bp", &shape, dw.clone(), theirs, &config);

        passed.add(Passed {
            nets: 1,
            enclosure: usize::from(!certificate(&subject, net, &Certify::new())?.is_wrong()),
            entries: usize::from(dw.iter().zip(&numeric).all(|(&g, &d)| within(g, d))),
            direction: usize::from(within(product, error.along(params, &v))),
            norm: usize::from(apart / sizes <= NORM),
            gradcheck: usize::from(report.passed()),
            abstained: usize::from(matches!(report.verdict, gradcheck::Verdict::Unchecked(_))),
        });
    }
    Ok(passed)
}
