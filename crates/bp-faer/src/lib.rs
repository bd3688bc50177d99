//! Neural networks trained by error backpropagation, with matrix products by `faer`: the one crate a user depends
//! on. `bp-ndarray` is the same with another matrix library; changing the backend is changing that word.
//!
//! ```
//! use bp_faer::prelude::*;
//!
//! let x = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
//! let xor = Examples::new(&x, Targets::Classes(&[0, 1, 1, 0]));
//! let mut net: Network = Network::new(stack(2).hidden(8, Tanh).output(2, Softmax), 1)?;
//! Trainer::new().rate(0.5).batch(4).epochs(500).fit(&mut net, &xor)?;
//! assert_eq!(net.classify(&x)?, [0, 1, 1, 0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`prelude`] has what a program needs; [`core`] is the engine, [`train`] training and model files. No type of
//! `faer` appears in a public signature. Read `backend.rs` first.
//!
//! What it is not: a network library of its own. Everything but the products is that of `bp_core` and `bp_train`.
//!
//! Where to go next: [`train::Trainer`] for training, [`core`]'s front page for the table of the book's notation (a, z, δ, w_ji
//! and their names in code). The [guide](https://github.com/bp-rs/bp/blob/main/docs/guide/README.md) follows a lecture; [going faster](https://github.com/bp-rs/bp/blob/main/docs/guide/faster.md) is about
//! batches, threads and precision, [checking](https://github.com/bp-rs/bp/blob/main/docs/guide/checking.md) about how to know that a gradient is right.

mod backend;
pub mod prelude;
mod product;

pub use bp_train as train;
pub use bp_train::bp_core as core;

pub use backend::Faer;
pub use prelude::Network;
pub use product::Element;
