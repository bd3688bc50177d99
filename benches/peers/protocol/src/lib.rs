//! What every peer in Rust shares with bp's own children: the job and the line protocol, the same files.

#[path = "../../../src/job.rs"]
mod job;
#[path = "../../../src/serve.rs"]
mod serve;

pub use job::{Job, Kind};
pub use serve::{SAMPLE, Steps, WARM_UP, sample, serve};

/// How the parent starts a peer: `PROGRAM [BACKEND] THREADS`.
pub fn arguments() -> Vec<String> {
    std::env::args().skip(1).collect()
}
