//! One epoch of the trainer, shuffle and copying of rows included, and prediction, on every backend.

use std::time::Duration;

use bp_benches::{BACKENDS, Workload, backend};
use bp_core::{Examples, Targets};
use bp_train::{Network, Philox, Trainer, stream};
use criterion::{Criterion, criterion_group, criterion_main};

fn epochs(c: &mut Criterion) {
    for workload in [Workload::W3, Workload::W4] {
        let rows = 20 * workload.batch();
        let mut rng = Philox::new(1, stream::DATA);
        let architecture = workload.architecture();
        let x: Vec<f32> = (0..rows * architecture.inputs).map(|_| rng.unit() as f32).collect();
        let classes: Vec<u32> = (0..rows).map(|_| rng.below(10) as u32).collect();
        let data = Examples::new(&x, Targets::Classes(&classes));
        let mut group = c.benchmark_group(format!("epoch/{}/20-steps", workload.name()));
        group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
        for name in BACKENDS {
            let mut net = Network::on(backend::<f32>(name, 1), architecture.clone(), 1).expect("a workload");
            let mut trainer = Trainer::new().batch(workload.batch()).epochs(1).rate(1e-6);
            group.bench_function(format!("{name}/train"), |b| {
                b.iter(|| trainer.fit(&mut net, &data).expect("finite data and a tiny rate"));
            });
            group.bench_function(format!("{name}/predict"), |b| b.iter(|| net.predict(&x).expect("whole rows")));
            let mut scratch = net.scratch(1);
            let one = &x[..architecture.inputs];
            group.bench_function(format!("{name}/predict-one"), |b| {
                b.iter(|| net.predict_into(one, &mut scratch).expect("one row")[0]);
            });
        }
    }
}

criterion_group!(epoch, epochs);
criterion_main!(epoch);
