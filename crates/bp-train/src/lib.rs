//! x
mod rng;
mod schema;
pub use bp_core;
pub use rng::{Philox, stream};
pub use schema::{Column, Kind, Schema, TargetKind};
