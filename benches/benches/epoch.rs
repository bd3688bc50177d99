//! One epoch of the trainer, shuffling and gathering of rows included, on every backend, dtype and number of threads.

use std::time::Duration;

use bp_benches::{BACKENDS, Kind, Workload, architecture, backend};
use bp_core::{Examples, Float, Targets};
use bp_train::{Network, Philox, Trainer, stream};
use criterion::{Criterion, criterion_group, criterion_main};

fn epochs<S>(c: &mut Criterion, dtype: &str)
where
    S: bp_faer::Element + bp_ndarray::Element + Float,
{
    for workload in Workload::ALL {
        let job = workload.job(Kind::Train, false);
        // An epoch of the largest networks is a few steps only: each takes up to a second.
        let small = matches!(workload, Workload::W1 | Workload::W2 | Workload::W3 | Workload::W4);
        let steps = if small { 20 } else { 2 };
        let n_rows = steps * job.batch;
        let mut rng = Philox::new(1, stream::DATA);
        let mut random = |n: usize| (0..n).map(|_| S::from_f64(rng.unit())).collect::<Vec<S>>();
        let (x, rows) = (random(n_rows * job.inputs()), random(n_rows * job.outputs()));
        let classes: Vec<u32> = (0..n_rows).map(|n| (n % job.outputs()) as u32).collect();
        let targets = if job.softmax { Targets::Classes(&classes) } else { Targets::Rows(&rows) };
        let data = Examples::new(&x, targets);
        let mut group = c.benchmark_group(format!("epoch/{}/{steps}-steps", workload.name()));
        group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
        for name in BACKENDS.into_iter().filter(|name| small || *name != "reference") {
            let threads = if name == "reference" { &[1][..] } else { &[1, 2] };
            for &threads in threads {
                let mut net = Network::on(backend::<S>(name, threads), architecture(&job), 1).expect("a workload");
                let mut trainer = Trainer::new().batch(job.batch).epochs(1).rate(1e-6);
                group.bench_function(format!("{name}/{dtype}/{threads}"), |b| {
                    b.iter(|| trainer.fit(&mut net, &data).expect("finite data and a tiny rate"));
                });
            }
        }
    }
}

fn both(c: &mut Criterion) {
    epochs::<f32>(c, "f32");
    epochs::<f64>(c, "f64");
}

criterion_group!(epoch, both);
criterion_main!(epoch);
