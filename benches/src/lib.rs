//! What is benchmarked, once for every backend: the workloads W1 to W7 (`workload.rs`), a training step and a
//! forward pass that can be timed (`step.rs`, `inference.rs`), interleaved medians (`measure.rs`), the limit that a
//! step is compared with (`limit.rs`), and the words in which other libraries are asked for the same
//! (`job.rs`, `serve.rs`).
//!
//! `cargo bench` runs the criterion benches of this crate, `cargo xtask bench` prints tables.
//!
//! ```
//! use bp_benches::{Setup, Workload};
//! let mut step = Setup { workload: Workload::W1, backend: "reference", dtype: "f32", threads: 1 }.step();
//! step.run(10); // ten training steps
//! ```

mod inference;
mod job;
mod limit;
mod measure;
mod serve;
mod step;
mod workload;

pub use inference::inference;
pub use job::{Job, Kind};
pub use limit::{Part, limit};
pub use measure::{Row, interleaved};
pub use serve::{SAMPLE, Steps, WARM_UP, sample, serve};
pub use step::{BACKENDS, Setup, Step, backend};
pub use workload::{Workload, architecture};
