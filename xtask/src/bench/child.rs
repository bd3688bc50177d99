//! `cargo xtask bench-child`: bp as a participant of `bench --peers`, a process that is started and asked like any
//! other library's.

use anyhow::Result;
use bp_benches::{BACKENDS, Job, Kind, Part, Setup, Steps, Workload, inference, limit, serve};
use clap::Args;

/// Answers requests on standard input, see benches/src/serve.rs.
#[derive(Args)]
pub(crate) struct Options {
    /// A backend, or `limit-products`, `limit-elementwise`.
    who: String,
    /// Threads of the backend.
    threads: usize,
    /// Do this job this many times and end: for counting instructions.
    #[arg(long, num_args = 2, value_names = ["JOB", "STEPS"])]
    once: Option<Vec<String>>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if let Some([job, n]) = options.once.as_deref() {
        let mut steps = steps(options, &job.parse().map_err(anyhow::Error::msg)?).map_err(anyhow::Error::msg)?;
        steps(n.parse()?);
        return Ok(());
    }
    let about = match BACKENDS.contains(&options.who.as_str()) {
        true => format!("bp-{} {}", options.who, env!("CARGO_PKG_VERSION")),
        false => options.who.clone(),
    };
    Ok(serve(&about, |job| steps(options, job))?)
}

fn steps(options: &Options, job: &Job) -> Result<Steps, String> {
    let part = match options.who.as_str() {
        "limit-products" => Some(Part::Products),
        "limit-elementwise" => Some(Part::Elementwise),
        _ => None,
    };
    match part {
        Some(_) if job.double => return Err("the limit is measured in f32".into()),
        Some(part) => return Ok(limit(job, part)),
        None => {}
    }
    let Some(backend) = BACKENDS.into_iter().find(|name| *name == options.who) else {
        return Err(format!("no backend is called {}", options.who));
    };
    if job.kind == Kind::Infer {
        return Ok(inference(job, backend, options.threads));
    }
    let Some(workload) = Workload::of(job) else { return Err("no workload is this job".into()) };
    let dtype = if job.double { "f64" } else { "f32" };
    let mut step = Setup { workload, backend, dtype, threads: options.threads }.step();
    Ok(Box::new(move |n| {
        step.run(n);
        n
    }))
}
