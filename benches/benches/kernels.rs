//! Kernels: the three products of a dense layer, bias, and the elementwise passes, on every backend.

use std::hint::black_box;
use std::time::Duration;

use bp_benches::{BACKENDS, backend};
use bp_core::{Accum, Act, Activation, MatMut, MatRef};
use criterion::{Criterion, criterion_group, criterion_main};

/// Batch, inputs and units of the layers of W3, W4 and W5.
const LAYERS: [(usize, usize, usize); 4] = [(32, 64, 64), (64, 784, 128), (64, 128, 10), (256, 1024, 1024)];

fn products(c: &mut Criterion) {
    for name in BACKENDS {
        let backend = backend::<f32>(name, 1);
        for (batch, from, to) in LAYERS {
            if name == "reference" && batch > 64 {
                continue;
            }
            let (x, w, d) = (vec![0.5; batch * from], vec![0.25; to * from], vec![0.125; batch * to]);
            let (x, w, d) = (MatRef::new(&x, batch, from), MatRef::new(&w, to, from), MatRef::new(&d, batch, to));
            let mut group = c.benchmark_group(format!("{name}/f32/{batch}x{from}-{to}"));
            let mut time = |id: &str, rows: usize, cols: usize, lhs, rhs| {
                let mut dst = vec![0.0; rows * cols];
                group.bench_function(id, |b| {
                    b.iter(|| backend.gemm(MatMut::new(&mut dst, rows, cols), Accum::Replace, 1.0, lhs, rhs));
                });
            };
            time("forward", batch, to, x, w.t());
            time("gradient", to, from, d.t(), x);
            time("backward", batch, from, d, w);
        }
    }
}

fn elementwise(c: &mut Criterion) {
    let a: Vec<f32> = (0..4096).map(|i| i as f32 / 512.0 - 4.0).collect();
    for act in Act::ALL {
        let mut group = c.benchmark_group(format!("f32/4096/{act}"));
        let mut z = a.clone();
        group.bench_function("apply", |b| {
            b.iter(|| {
                z.copy_from_slice(&a);
                Activation::apply(&act, black_box(&mut z));
            });
        });
        let mut delta = vec![0.5; a.len()];
        group.bench_function("chain", |b| b.iter(|| act.chain(&a, &z, black_box(&mut delta))));
    }
}

criterion_group! {
    name = kernels;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_millis(500)).warm_up_time(Duration::from_millis(200));
    targets = products, elementwise
}
criterion_main!(kernels);
