//! After the workspace a training step allocates nothing on the reference backend and faer, and at most ndarray's own
//! packing buffer per product there. One test alone in its program, because the allocator counts for all threads.

use std::alloc::System;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use bp_core::{
    Accum, Act, Architecture, Backend, ErrorFunction, Examples, Float, Gradient, MatMut, MatRef, Output, Plan,
    Reference, Scalar, Targets, stack,
};
use bp_faer::Faer;
use bp_ndarray::Ndarray;
use bp_tests::nets::{graph, values};
use bp_tests::suite::scalars;
use bp_train::{
    Adadelta, Adagrad, Adam, AdamW, Adamax, Event, Group, Lion, NAdam, Network, Optimizer, RAdam, RmsProp, Rprop,
    Schedule, Sgd, Step, Trainer,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations, reallocations included, while `job` runs.
fn allocations(job: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    job();
    let change = region.change();
    change.allocations + change.reallocations
}

/// What each of `steps` steps allocates, after three that are not counted: they warm caches.
fn per_step<B, S>(backend: &B, architecture: &Architecture, batch: usize, steps: usize) -> Vec<usize>
where
    B: Backend<S>,
    S: Float,
{
    let plan = Plan::new(architecture.clone()).expect("a network");
    let x: Vec<S> = scalars(&values(1, batch * plan.inputs()));
    let classes: Vec<u32> = (0..batch as u32).map(|n| n % plan.outputs() as u32).collect();
    let examples = Examples::new(&x, Targets::Classes(&classes));
    let mut params: Vec<S> = scalars(&values(2, plan.n_params()));
    let mut grad = vec![S::ZERO; plan.n_params()];
    let mut ws = plan.workspace(batch);
    let groups = Group::of_plan(&plan, 1e-4, false);
    let mut optimizers: [Box<dyn Optimizer<S>>; 12] = [
        Box::new(Sgd::new()),
        Box::new(Sgd::new().momentum(0.9)),
        Box::new(Adam::new()),
        Box::new(AdamW::new().amsgrad(true)),
        Box::new(NAdam::new()),
        Box::new(RAdam::new()),
        Box::new(Adamax::new()),
        Box::new(Adagrad::new()),
        Box::new(RmsProp::new().centered(true).momentum(0.9)),
        Box::new(Adadelta::new()),
        Box::new(Lion::new()),
        Box::new(Rprop::new()),
    ];
    optimizers.iter_mut().for_each(|optimizer| optimizer.prepare(params.len()));
    let mut counts = Vec::with_capacity(steps + 3);
    backend.install(plan.largest_product(batch), &mut || {
        for step in 0..steps + 3 {
            let optimizer = &mut optimizers[step % 12];
            let index = step as u64 + 1;
            counts.push(allocations(|| {
                let into = Gradient::replace(&mut grad);
                let loss = ErrorFunction::CrossEntropy;
                plan.gradient(backend, &loss, &params, &examples, &mut ws, into).expect("shapes fit");
                optimizer.step(&Step { index, rate: 1e-3, groups: &groups }, &mut params, &grad);
                let alpha = S::from_f64(-1e-3);
                plan.descend(backend, &loss, alpha, &mut params, &examples, &mut ws).expect("shapes fit");
            }));
        }
    });
    counts.split_off(3)
}

fn most_per_step<B: Backend<S>, S: Float>(backend: &B, architecture: &Architecture, batch: usize) -> usize {
    per_step::<B, S>(backend, architecture, batch, 12).into_iter().max().unwrap_or(usize::MAX)
}

/// With threads, each allocates when it starts and when a product first makes it enlarge the matrix library's buffer,
/// and no one can say in which step that is. So: of many steps no more allocate than there are such occasions.
fn steps_that_allocate<B: Backend<S>, S: Float>(backend: &B, architecture: &Architecture, batch: usize) -> usize {
    per_step::<B, S>(backend, architecture, batch, 300).into_iter().filter(|n| *n > 0).count()
}

/// The reference backend, counting products.
struct Counting(AtomicUsize);

impl<S: Scalar> Backend<S> for Counting {
    fn name(&self) -> &str {
        "counting"
    }
    fn gemm(&self, dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        Reference.gemm(dst, accum, alpha, lhs, rhs);
    }
}

/// Products of one step.
fn products(architecture: &Architecture) -> usize {
    let counting = Counting(0.into());
    most_per_step::<_, f64>(&counting, architecture, 2);
    counting.0.into_inner() / 15
}

/// (network, batch): small, large enough to be cut into tiles, every kind of connection.
fn cases() -> [(Architecture, usize); 3] {
    [
        (stack(8).hidden(6, Act::Tanh).output(3, Output::Softmax), 5),
        (stack(256).hidden(200, Act::Gelu).output(10, Output::Softmax), 64),
        (graph(Act::Silu, Output::Softmax), 33),
    ]
}

/// Between the callbacks of one step and the next, within an epoch: gathering, gradient, reduction, update. The most
/// that any such stretch of the trainer's loop allocates, from the second epoch on.
fn most_in_a_loop<B: Backend<S>, S: Float>(backend: B, architecture: &Architecture, batch: usize) -> usize {
    let mut net = Network::<B, S>::on(backend, architecture.clone(), 1).expect("a network");
    let rows = 4 * batch + 1; // the last batch is another one
    let x: Vec<S> = scalars(&values(1, rows * net.plan().inputs()));
    let classes: Vec<u32> = (0..rows as u32).map(|n| n % net.plan().outputs() as u32).collect();
    let weights: Vec<S> = vec![S::HALF; rows];
    let examples = Examples::new(&x, Targets::Classes(&classes)).weighted(&weights);
    net.standardize(&examples).expect("shapes fit");
    let (mut region, mut most, mut seen) = (Region::new(ALLOCATOR), 0, 0);
    let count = |event: Event, _: &Network<B, S>| {
        if let Event::Step { epoch: 2.., step: 2.., .. } = event {
            let change = region.change();
            (most, seen) = (most.max(change.allocations + change.reallocations), seen + 1);
        }
        region.reset();
        ControlFlow::Continue(())
    };
    let mut trainer = Trainer::new().optimizer(Adam::new()).rate(1e-3).weight_decay(1e-4).batch(batch).epochs(4);
    trainer = trainer.clip_norm(0.1).clip_value(0.01).schedule(Schedule::cosine(9).per_epoch());
    trainer = trainer.l1(1e-4).l2(1e-4).decoupled_weight_decay(1e-3).max_norm(1.0).label_smoothing(0.1);
    trainer = trainer.dropout(0.5).input_dropout(0.25).input_noise(0.125);
    trainer.fit_with(&mut net, &examples, count).expect("training");
    assert_eq!(seen, 3 * 4, "steps that were looked at");
    most
}

fn check<S: Float>()
where
    Faer: Backend<S>,
    Ndarray: Backend<S>,
{
    for (architecture, batch) in cases() {
        assert_eq!(most_per_step::<_, S>(&Reference, &architecture, batch), 0, "reference");
        assert_eq!(most_per_step::<_, S>(&Faer::with_threads(1), &architecture, batch), 0, "faer, 1 thread");
        let got = most_per_step::<_, S>(&Ndarray::with_threads(1), &architecture, batch);
        let products = products(&architecture);
        assert!(got <= products, "ndarray: {got} allocations in {products} products");

        assert_eq!(most_in_a_loop::<_, S>(Reference, &architecture, batch), 0, "reference, the trainer's loop");
        assert_eq!(most_in_a_loop::<_, S>(Faer::with_threads(1), &architecture, batch), 0, "faer, the trainer's loop");
        let got = most_in_a_loop::<_, S>(Ndarray::with_threads(1), &architecture, batch);
        assert!(got <= products, "ndarray, the trainer's loop: {got} allocations in {products} products");
    }
    let architecture = stack(256).hidden(200, Act::Gelu).output(10, Output::Softmax);
    let mut net = Network::<_, S>::on(Faer::with_threads(1), architecture, 1).expect("a network");
    let x: Vec<S> = scalars(&values(1, 256 * 64));
    net.standardize(&Examples::new(&x, Targets::Classes(&[0; 64]))).expect("shapes fit");
    let mut scratch = net.scratch(64);
    let predict = || assert_eq!(net.predict_into(&x, &mut scratch).map(<[S]>::len), Ok(640));
    assert_eq!(allocations(predict), 0, "a prediction");
}

fn check_threads<S: Float>()
where
    Faer: Backend<S>,
{
    for (architecture, batch) in cases() {
        let steps = steps_that_allocate::<_, S>(&Faer::with_threads(2), &architecture, batch);
        let occasions = 2 * (1 + products(&architecture));
        assert!(steps <= occasions, "faer, 2 threads: {steps} of 300 steps allocate, expected at most {occasions}");
    }
}

#[test]
fn a_step_allocates_nothing() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1_u8]))), 1, "the allocator does not count");
    check::<f32>();
    check::<f64>();
    // Last, because threads that end are counted too.
    check_threads::<f32>();
    check_threads::<f64>();
}
