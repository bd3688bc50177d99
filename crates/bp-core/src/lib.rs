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
//! | w ← w − η ∂E/∂w (5.43) | [`Plan::descend`] with alpha = −η |
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
//! # Notation
//!
//! | book and lecture | meaning | in code |
//! | --- | --- | --- |
//! | x, x_i | input; its units are not squashed, z = x | [`Examples::x`], [`INPUT`] |
//! | n | an example | a row of x, t, y |
//! | i, j, k | units: j is fed by i, and feeds k | `i`, `j`, `k` |
//! | w_ji | weight from unit i to unit j | row j, column i of [`Plan::weights`] |
//! | b_j, w_j0 | bias: a weight from a unit that is always 1 | [`Plan::bias`] |
//! | **w** | all parameters | one flat slice, `params`; a name for each by [`Plan::locate`] |
//! | a_j | pre-activation Σ_i w_ji z_i + b_j | [`Workspace::a`] |
//! | h, h′ | activation function and its slope | [`Activation::value`], [`Activation::derivative`], [`Act`] |
//! | z_j | unit, h(a_j) | [`Workspace::z`] |
//! | y_k | output unit, the output function of a | [`Workspace::y`], [`Output`] |
//! | t_k, t_nk | target | [`Targets`], [`Target::at`] |
//! | E_n, E | error of an example; Σ_n E_n, never a mean | [`Loss::value`], [`Plan::error`] |
//! | δ_j | ∂E_n/∂a_j, the error of unit j | [`Workspace::delta`] |
//! | δ_k of an output | ∂E_n/∂a_k, y_k − t_k for canonical pairs | [`Loss::delta`], [`ErrorFunction::canonical`] |
//! | O_j | consumers of unit j: all that it feeds, skip connections included | each layer that names j's in [`Layer::sources`] |
//! | ∂E/∂w_ji | gradient, δ_j z_i summed over examples | [`Gradient::dw`] |
//! | ∂E/∂x_i | | [`Gradient::with_dx`] |
//! | η | learning rate | `rate` of `bp_train::Trainer` |
//! | layer l | units that share an activation | [`Layer`], by its name: `h1`, `h2`, …, `out` from [`stack`] |
//!
//! Conventions: data and units are row-major, one example a row; weights are `[to][from]`. Errors sum over
//! examples, and a δ is never divided by their number. `n` is an example, k, j, i are units. The input layer has
//! z = x: inputs are not squashed. The lecture's last example writes E = Σ (y − t)² beside δ = y − t; here E always
//! has the ½ that makes the two agree.
//!
//! Where to go next: `bp_train::Trainer` trains a network, `bp_verify` checks it. The
//! [guide](https://github.com/bp-rs/bp/blob/main/docs/guide/README.md) tells it in a lecture's order; [δ](https://github.com/bp-rs/bp/blob/main/docs/guide/delta.md), [the recursion](https://github.com/bp-rs/bp/blob/main/docs/guide/recursion.md),
//! [skip connections](https://github.com/bp-rs/bp/blob/main/docs/guide/skip.md) and [losses](https://github.com/bp-rs/bp/blob/main/docs/guide/losses.md) are about this crate, and
//! [your own parts](https://github.com/bp-rs/bp/blob/main/docs/guide/own-layers.md) about its traits.
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
