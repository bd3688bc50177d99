//! Training for [`bp_core`] networks: minibatches, optimisers, evaluation, standardisation and model files, on any
//! backend.
//!
//! You rarely name this crate: `bp-faer` and `bp-ndarray` re-export it with a backend chosen. Read `network.rs`
//! first, then `trainer.rs`.
//!
//! ```
//! use bp_core::{Act, Examples, Output, Reference, Targets, stack};
//! use bp_train::{Network, Trainer};
//!
//! let x = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
//! let xor = Examples::new(&x, Targets::Classes(&[0, 1, 1, 0]));
//! let mut net = Network::<Reference>::new(stack(2).hidden(8, Act::Tanh).output(2, Output::Softmax), 1)?;
//! Trainer::new().rate(0.5).batch(4).epochs(500).fit(&mut net, &xor)?;
//! assert_eq!(net.classify(&x)?, [0, 1, 1, 0]);
//! assert_eq!(net.evaluate(&xor)?.accuracy, Some(1.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What it is not: an engine (`bp_core`, whose front page has the table of the book's notation), or fast products.
//!
//! | book | here |
//! | --- | --- |
//! | w ← w − η ∂E/∂w (5.43) | [`Sgd`], η is [`Trainer::rate`] |
//! | on-line, mini-batch, batch | [`Trainer::batch`] of 1, some, all |
//! | E of a data set | [`Network::evaluate`], a mean per example |
//! | λ ½ Σ w² (5.112) | [`Trainer::weight_decay`] |
//! | early stopping (5.5.2) | [`EarlyStop`] |
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
//! The guide has [all scaling rules](https://github.com/bp-rs/bp/blob/main/docs/guide/scaling.md).
//!
//! Where to go next: [`Trainer`], then [`metrics`] and [`selection`]; in the [guide](https://github.com/bp-rs/bp/blob/main/docs/guide/README.md)
//! [the tanh example](https://github.com/bp-rs/bp/blob/main/docs/guide/tanh.md) for one step of training by hand and [going faster](https://github.com/bp-rs/bp/blob/main/docs/guide/faster.md).

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
mod row;
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
