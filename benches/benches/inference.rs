//! Forward passes as a user's program calls them, one row and many, on every backend, dtype and number of threads.

use std::time::{Duration, Instant};

use bp_benches::{BACKENDS, Job, Kind, Workload, inference};
use criterion::{Criterion, criterion_group, criterion_main};

/// Rows of the large batch.
const LARGE: usize = 1024;

fn forward(c: &mut Criterion) {
    for workload in Workload::ALL {
        for batch in [1, LARGE] {
            let mut group = c.benchmark_group(format!("inference/{}/{batch}", workload.name()));
            group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
            for backend in BACKENDS {
                // Plain loops over a million weights and a thousand rows take minutes.
                let large = !matches!(workload, Workload::W1 | Workload::W2 | Workload::W3 | Workload::W4);
                if backend == "reference" && large && batch > 1 {
                    continue;
                }
                let threads = if backend == "reference" { &[1][..] } else { &[1, 2] };
                for (double, dtype) in [(false, "f32"), (true, "f64")] {
                    for &threads in threads {
                        let job = Job { batch, ..workload.job(Kind::Infer, double) };
                        let mut steps = inference(&job, backend, threads);
                        group.bench_function(format!("{backend}/{dtype}/{threads}"), |b| {
                            b.iter_custom(|n| {
                                let start = Instant::now();
                                steps(n as usize);
                                start.elapsed()
                            });
                        });
                    }
                }
            }
        }
    }
}

criterion_group!(inferences, forward);
criterion_main!(inferences);
