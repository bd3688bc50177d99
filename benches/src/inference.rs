//! [`inference`]: the forward pass as a user's program calls it, ready to be timed.

use bp_core::Float;
use bp_train::Network;

use crate::serve::Steps;
use crate::{Job, architecture, backend};

/// Predictions for the job's batch with [`Network::predict_into`], on one backend.
///
/// # Panics
/// If the backend is unknown.
///
/// ```
/// let job: bp_benches::Job = "infer f32 1 2,8,1 tanh squares plain".parse().unwrap();
/// assert_eq!(bp_benches::inference(&job, "reference", 1)(3), 3);
/// ```
pub fn inference(job: &Job, backend: &str, threads: usize) -> Steps {
    if job.double { steps::<f64>(job, backend, threads) } else { steps::<f32>(job, backend, threads) }
}

fn steps<S>(job: &Job, name: &str, threads: usize) -> Steps
where
    S: bp_faer::Element + bp_ndarray::Element + Float + 'static,
{
    let net = Network::on(backend::<S>(name, threads), architecture(job), 1).expect("a job is a network");
    let x: Vec<S> = job.x().into_iter().map(|x| S::from_f64(f64::from(x))).collect();
    let mut scratch = net.scratch(job.batch);
    Box::new(move |n| {
        for _ in 0..n {
            let y = net.predict_into(&x, &mut scratch).expect("whole rows");
            std::hint::black_box(y);
        }
        n
    })
}
