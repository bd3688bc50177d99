//! Feed-forward networks and error backpropagation (Bishop, *Pattern Recognition and Machine Learning*, 5.3) over
//! any scalar and any matrix backend.
//!
//! What it is: layers, losses, and the recursion δⱼ = h′(aⱼ) Σₖ wₖⱼ δₖ over all consumers of a unit, on any
//! feed-forward graph, skip connections included. What it is not: a training loop or a file format (`bp-train`), or
//! fast matrix products (`bp-faer`, `bp-ndarray`; [`Reference`] is here).
//!
//! | book | here |
//! | --- | --- |
//! | aⱼ = Σᵢ wⱼᵢ zᵢ, zⱼ = h(aⱼ) (5.48, 5.49) | [`Plan::forward`] |
//! | E = Σₙ Eₙ (5.44) | [`Plan::error`] |
//! | δ_k = y_k − t_k (5.54) | [`Loss::delta`] |
//! | δⱼ = h′(aⱼ) Σₖ wₖⱼ δₖ (5.56), ∂E/∂wⱼᵢ = δⱼ zᵢ (5.53) | [`Plan::backward`] |
//!
//! An [`Architecture`] is plain data; [`Plan::new`] checks it; [`Plan::workspace`] allocates once; then
//! [`Plan::forward`] and [`Plan::backward`] run on flat slices and allocate nothing. Read `engine.rs` first.
//!
//! ```
//! use bp_core::{Act, ErrorFunction, Examples, Gradient, Output, Plan, Reference, Targets, stack};
//!
//! let plan = Plan::new(stack(2).hidden(8, Act::Tanh).output(2, Output::Softmax))?;
//! let params = vec![0.1_f32; plan.n_params()];
//! let mut dw = vec![0.0; plan.n_params()];
//! let mut ws = plan.workspace(4);
//! let xor = Examples::new(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], Targets::Classes(&[0, 1, 1, 0]));
//! let error = plan.gradient(
//!     &Reference, &ErrorFunction::CrossEntropy, &params, &xor, &mut ws, Gradient::replace(&mut dw),
//! )?;
//! assert!((error - 4.0 * 2.0_f32.ln()).abs() < 1e-6); // equal weights know nothing
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Conventions: data and units are row-major, one example a row; weights are `[to][from]`. Errors sum over
//! examples, and a δ is never divided by their number. `n` is an example, k, j, i are units. The input layer has
//! z = x: inputs are not squashed. The lecture's last example writes E = Σ (y − t)² beside δ = y − t; here E always
//! has the ½ that makes the two agree.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod access;
mod activation;
mod architecture;
mod backend;
mod checks;
mod connection;
mod engine;
mod error;
mod examples;
mod factors;
mod init;
pub mod kernels;
mod loss;
mod output;
mod plan;
mod scalar;
mod topology;
mod view;
mod workspace;

pub use activation::{Act, Activation, UnknownAct};
pub use architecture::{Architecture, INPUT, Layer, Source, Stack, stack};
pub use backend::{Accum, Backend, Finish, Reference, Slope};
pub use connection::{Connection, Term};
pub use error::{PlanError, ShapeError};
pub use examples::{Examples, Gradient, Targets};
pub use init::Init;
pub use loss::{ErrorFunction, Loss, SumOfSquares, Target, UnknownLoss};
pub use output::{Output, OutputFunction, OutputKind, Prediction, Predictions, UnknownOutput};
pub use plan::{Block, Place, Plan};
pub use scalar::{Float, Real, Scalar};
pub use view::{MatMut, MatRef};
pub use workspace::Workspace;
