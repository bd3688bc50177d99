//! [`Setup`] and [`Step`]: one training step on one backend, ready to be timed.

use std::sync::Arc;

use bp_core::{Backend, ErrorFunction, Examples, Float, OutputFunction, Plan, Reference, Targets, Workspace};
use bp_train::{Philox, stream};

use crate::Workload;

/// The backends, fastest first.
pub const BACKENDS: [&str; 3] = ["faer", "ndarray", "reference"];

/// What is to be timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// Network and batch.
    pub workload: Workload,
    /// One of [`BACKENDS`].
    pub backend: &'static str,
    /// `f32` or `f64`.
    pub dtype: &'static str,
    /// Threads of the backend; the reference backend has one.
    pub threads: usize,
}

/// A backend by name.
///
/// # Panics
/// If there is no backend of this name.
pub fn backend<S>(name: &str, threads: usize) -> Arc<dyn Backend<S>>
where
    S: bp_faer::Element + bp_ndarray::Element,
{
    match name {
        "faer" => Arc::new(bp_faer::Faer::with_threads(threads)),
        "ndarray" => Arc::new(bp_ndarray::Ndarray::with_threads(threads)),
        "reference" => Arc::new(Reference),
        other => panic!("no backend is called {other}"),
    }
}

/// Something that can do training steps.
pub trait Step {
    /// Does `n` steps: forward pass, backward pass, update.
    fn run(&mut self, n: usize);
}

impl Setup {
    /// Makes the network, its memory and a batch of random examples.
    ///
    /// # Panics
    /// If the backend or the dtype is unknown.
    pub fn step(self) -> Box<dyn Step> {
        match self.dtype {
            "f32" => Box::new(Training::<f32>::new(self)),
            "f64" => Box::new(Training::<f64>::new(self)),
            other => panic!("no scalar is called {other}"),
        }
    }
}

struct Training<S> {
    backend: Arc<dyn Backend<S>>,
    plan: Plan,
    loss: ErrorFunction,
    params: Vec<S>,
    ws: Workspace<S>,
    x: Vec<S>,
    rows: Vec<S>,
    classes: Vec<u32>,
}

impl<S: bp_faer::Element + bp_ndarray::Element> Training<S> {
    fn new(setup: Setup) -> Self {
        let plan = Plan::new(setup.workload.architecture()).expect("the workloads are networks");
        let loss = ErrorFunction::canonical(OutputFunction::<S>::kind(&plan.architecture().output.function));
        let mut rng = Philox::new(0, stream::DATA);
        let mut params = vec![S::ZERO; plan.n_params()];
        plan.init(&mut params, None, &mut rng);
        let batch = setup.workload.batch();
        let mut random = |n: usize| (0..n).map(|_| S::from_f64(2.0 * rng.unit() - 1.0)).collect::<Vec<S>>();
        let (x, rows) = (random(batch * plan.inputs()), random(batch * plan.outputs()));
        let classes = (0..batch).map(|_| rng.below(plan.outputs() as u64) as u32).collect();
        Self {
            backend: backend(setup.backend, setup.threads),
            loss,
            ws: plan.workspace(batch),
            plan,
            params,
            x,
            rows,
            classes,
        }
    }

    fn step(&mut self) {
        let targets = match self.loss {
            ErrorFunction::CrossEntropy => Targets::Classes(&self.classes),
            _ => Targets::Rows(&self.rows),
        };
        let (backend, examples) = (&*self.backend, Examples::new(&self.x, targets));
        // A rate so small that thousands of steps on one batch stay far from overflow and from convergence.
        let alpha = S::from_f64(-1e-6);
        let done = self
            .plan
            .forward(backend, &self.params, &self.x, &mut self.ws)
            .and_then(|()| self.plan.descend(backend, &self.loss, alpha, &mut self.params, &examples, &mut self.ws));
        done.expect("sizes come from the plan");
    }
}

impl<S: bp_faer::Element + bp_ndarray::Element + Float> Step for Training<S> {
    fn run(&mut self, n: usize) {
        if self.backend.threads() == 1 {
            (0..n).for_each(|_| self.step());
            return;
        }
        let backend = Arc::clone(&self.backend);
        let work = self.plan.largest_product(self.ws.capacity());
        backend.install(work, &mut || (0..n).for_each(|_| self.step()));
    }
}
