//! What is benchmarked, once for every backend: the workloads W1 to W7 (`workload.rs`), a training step that can
//! be timed (`step.rs`), and interleaved medians (`measure.rs`).
//!
//! `cargo bench` runs the criterion benches of this crate, `cargo xtask bench` prints a table.
//!
//! ```
//! use bp_benches::{Setup, Workload};
//! let mut step = Setup { workload: Workload::W1, backend: "reference", dtype: "f32", threads: 1 }.step();
//! step.run(10); // ten training steps
//! ```

mod measure;
mod step;
mod workload;

pub use measure::{Row, interleaved};
pub use step::{BACKENDS, Setup, Step, backend};
pub use workload::Workload;
