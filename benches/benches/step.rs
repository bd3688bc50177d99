//! One training step of W1 to W7 on every backend.

use std::time::{Duration, Instant};

use bp_benches::{BACKENDS, Setup, Workload};
use criterion::{Criterion, criterion_group, criterion_main};

fn steps(c: &mut Criterion) {
    for workload in Workload::ALL {
        let mut group = c.benchmark_group(format!("step/{}", workload.name()));
        group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
        for backend in BACKENDS {
            for dtype in ["f32", "f64"] {
                let small = matches!(workload, Workload::W1 | Workload::W2 | Workload::W3 | Workload::W4);
                if !small && backend == "reference" {
                    continue;
                }
                let threads = if backend == "reference" { &[1][..] } else { &[1, 2] };
                for &threads in threads {
                    let mut step = Setup { workload, backend, dtype, threads }.step();
                    group.bench_function(format!("{backend}/{dtype}/{threads}"), |b| {
                        b.iter_custom(|n| {
                            let start = Instant::now();
                            step.run(n as usize);
                            start.elapsed()
                        });
                    });
                }
            }
        }
    }
}

criterion_group!(step, steps);
criterion_main!(step);
