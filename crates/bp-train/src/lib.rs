//! Training for [`bp_core`] networks: minibatches, optimisers, evaluation, standardisation and model files, on any
//! backend.
//!
//! You rarely name this crate: `bp-faer` and `bp-ndarray` re-export it with a backend chosen. Read `network.rs`
//! first, then `trainer.rs`.
//!
//! Everything random comes from one seed through [`Philox`]. A clock is read to tell when the next checkpoint is due
//! and for nothing else: it is in no result and in no file.
//!
//! # Which number is divided by what
//!
//! Errors and gradients of [`bp_core::Plan`] are sums over examples. The [`Trainer`] divides the gradient of a
//! minibatch by the sum of its examples' weights ([`Reduction::Mean`]) or by nothing ([`Reduction::Sum`]); weight
//! decay λw is added after that, undivided. [`Evaluation::error`] is a mean per example, with the ½ of the sum of
//! squares: a library that averages squares over N examples and K outputs reports 2/K times as much.

#[cfg(feature = "train")]
mod batches;
mod blocks;
#[cfg(feature = "train")]
mod checkpoint;
#[cfg(feature = "train")]
mod clip;
mod dense;
#[cfg(feature = "train")]
mod digest;
#[allow(clippy::needless_range_loop)] // register tiles: several arrays share an index
mod direct;
#[cfg(feature = "train")]
mod early_stop;
pub mod elementwise;
mod evaluation;
mod frame;
#[cfg(feature = "train")]
mod history;
pub mod metrics;
mod model;
mod network;
#[cfg(feature = "train")]
mod noise;
#[cfg(feature = "train")]
mod optimizer;
#[cfg(feature = "train")]
mod penalty;
#[cfg(feature = "train")]
mod plateau;
mod product;
mod rng;
mod row_blocks;
#[cfg(feature = "train")]
mod schedule;
mod schema;
pub mod selection;
mod setting;
mod standardizer;
mod strip;
mod threads;
#[cfg(feature = "train")]
mod trainer;
mod vector;
mod write;

pub use bp_core;

#[cfg(feature = "train")]
pub use checkpoint::{Checkpoint, CheckpointError, Checkpoints, Every, Place};
pub use dense::{Dense, Gemm};
#[cfg(feature = "train")]
pub use digest::digest;
#[cfg(feature = "train")]
pub use early_stop::{EarlyStop, EarlyStopState, Verdict};
pub use evaluation::{EvaluateError, Evaluation};
pub use frame::FileError;
#[cfg(feature = "train")]
pub use history::{EpochRecord, Event, History, TrainError};
pub use model::{ModelError, model_dtype};
pub use network::{Network, Scratch};
#[cfg(feature = "train")]
pub use optimizer::{
    Adadelta, Adagrad, Adam, AdamW, Adamax, Group, Lion, NAdam, Optimizer, RAdam, RmsProp, Rprop, Sgd, Step,
};
#[cfg(feature = "train")]
pub use plateau::{Plateau, PlateauState};
pub use product::{packed, packed_is_fast};
pub use rng::{Philox, stream};
pub use row_blocks::{Block, BlockError, RowBlocks};
#[cfg(feature = "train")]
pub use schedule::Schedule;
pub use schema::{Column, Kind, Schema, TargetKind};
pub use setting::SettingError;
pub use standardizer::Standardizer;
pub use threads::{Pool, Product, Tile};
#[cfg(feature = "train")]
pub use trainer::{ClassWeights, Reduction, Trainer};
pub use vector::Vector;
pub use write::{check_writable, write_file};
