//! Networks of fixed shape: one online training step and one prediction of 2-8-1 (W1) and 4-16-3, as the crate is built and
//! inside a width dispatch of the caller's. A pass over 256 examples is timed, and one example is an element.

use std::hint::black_box;
use std::time::Duration;

use bp_tiny::{Identity, Layer, Net, Output, Real, Sgd, Softmax, Tanh};
use bp_train::{Philox, stream};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use pulp::{Arch, NullaryFnOnce};

/// A training pass.
struct Learn<'a, const I: usize, N: Net<I>>(&'a mut N, &'a [([N::Scalar; I], N::Row)], Sgd<N::Scalar>);

impl<const I: usize, N: Net<I>> NullaryFnOnce for Learn<'_, I, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.0.learn_each(self.1, &self.2);
    }
}

/// Predictions one by one.
struct Predict<'a, const I: usize, N: Net<I>>(&'a N, &'a [([N::Scalar; I], N::Row)], &'a mut [N::Row]);

impl<const I: usize, N: Net<I>> NullaryFnOnce for Predict<'_, I, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for ((x, _), y) in self.1.iter().zip(self.2) {
            *y = self.0.predict(x);
        }
    }
}

/// Runs in the named width.
fn run(width: &str, job: impl NullaryFnOnce<Output = ()>) {
    match width {
        "plain" => job.call(),
        #[cfg(target_arch = "x86_64")]
        "AVX2" => match pulp::x86::V3::try_new() {
            Some(token) => token.vectorize(job),
            None => job.call(),
        },
        _ => Arch::new().dispatch(job),
    }
}

fn shape<const I: usize, N: Net<I>>(c: &mut Criterion, name: &str) {
    let mut rng = Philox::new(0, stream::DATA);
    let mut random = || N::Scalar::from_f64(2.0 * rng.unit() - 1.0);
    let mut net = N::init(|_, _| random());
    let examples: Vec<_> = (0..256)
        .map(|_| {
            let x = core::array::from_fn(|_| random());
            let mut t = net.predict(&x);
            t.as_mut().iter_mut().for_each(|t| *t = random());
            (x, t)
        })
        .collect();
    let mut y: Vec<_> = examples.iter().map(|(_, t)| *t).collect();
    // A rate so small that any number of steps stays far from overflow and from convergence.
    let sgd = Sgd::new(N::Scalar::from_f64(1e-6));
    let mut group = group(c, name);
    for width in ["plain", "AVX2", "widest"] {
        group.bench_function(format!("step/{width}"), |b| {
            b.iter(|| run(width, Learn(black_box(&mut net), black_box(&examples), sgd)));
        });
        group.bench_function(format!("predict/{width}"), |b| {
            b.iter(|| run(width, Predict(black_box(&net), black_box(&examples), black_box(&mut y))));
        });
    }
    group.bench_function("predict/plain, one per call", |b| {
        b.iter(|| (0..256).for_each(|n| y[n] = black_box(&net).predict(black_box(&examples[n].0))));
    });
}

fn group<'a>(c: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = c.benchmark_group(format!("tiny/{name}"));
    group.throughput(Throughput::Elements(256)).sample_size(20);
    group.warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_millis(300));
    group
}

fn shapes(c: &mut Criterion) {
    shape::<2, Layer<2, 8, Tanh, Output<8, 1, Identity, f32>>>(c, "2-8-1/f32");
    shape::<2, Layer<2, 8, Tanh, Output<8, 1, Identity, f64>>>(c, "2-8-1/f64");
    shape::<4, Layer<4, 16, Tanh, Output<16, 3, Softmax, f32>>>(c, "4-16-3/f32");
    shape::<4, Layer<4, 16, Tanh, Output<16, 3, Softmax, f64>>>(c, "4-16-3/f64");
}

criterion_group!(tiny, shapes);
criterion_main!(tiny);
