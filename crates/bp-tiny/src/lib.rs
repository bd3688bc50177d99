//! Networks of fixed shape that train and predict without a heap: const generics, `no_std`, no `unsafe`, the bits of the
//! dynamic engine.
//!
//! What it is: a plain stack of dense layers whose widths are part of its type, with its online and minibatch learning rule.
//! The value is its parameters and nothing else, in a `static`, on the stack, or in registers. What it is not: skip or shared
//! connections, optimisers beyond gradient descent, files, shuffling; those are in `bp-core` and `bp-train`, and with the feature
//! `convert` (trait `Convert`) models come from there and go back. Read `layer.rs` first, then `dense.rs`.
//!
//! ```
//! use bp_tiny::{Identity, Layer, Net, Output, Sgd, Tanh};
//!
//! type Slide = Layer<2, 8, Tanh, Output<8, 1, Identity>>; // 2-8-1 over f32; Output<8, 1, Identity, f64> for f64
//!
//! let mut weight = -0.5_f32;
//! let mut net = Slide::init(|_fan_in, _fan_out| {
//!     weight = (1.7 * weight + 0.31) % 0.7; // any generator
//!     weight
//! });
//! let examples = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])];
//! for _ in 0..2000 {
//!     net.learn_each(&examples, &Sgd::new(0.1)); // forward, backward, update after every example
//! }
//! assert!(examples.iter().all(|(x, t)| (net.predict(x)[0] - t[0]).abs() < 0.05));
//! assert_eq!(size_of::<Slide>(), 33 * size_of::<f32>());
//! ```
//!
//! | book | here |
//! | --- | --- |
//! | aⱼ = Σᵢ wⱼᵢ zᵢ + bⱼ, zⱼ = h(aⱼ) (5.48, 5.49) | [`Dense::forward`], [`Activation`], [`Net::predict`] |
//! | δ_k = y_k − t_k (5.54) | [`OutputFunction`] |
//! | δⱼ = h′(aⱼ) Σₖ wₖⱼ δₖ (5.56), ∂E/∂wⱼᵢ = δⱼ zᵢ (5.53) | [`Layer`], [`Dense::back`], [`Net::add_gradient`] |
//! | w ← w − η ∂E/∂w (5.43) | [`Sgd`], [`Net::learn`], [`Net::step`] |
//!
//! The front page of `bp_core` has the whole table of notation. Where to go next: [`Net`], then [`Sgd`]; the guide's page on
//! [one step by hand](https://github.com/bp-rs/bp/blob/main/docs/guide/tanh.md) is what [`Net::learn`] does.
//!
//! # The same bits
//!
//! After every step, error, prediction and all parameters have the bits that `bp_core::Plan` on `bp_core::Reference` and
//! `bp_train::Trainer` with plain gradient descent give (NaN payloads apart): elementary functions come from `bp-math`, and sums
//! have the engine's order. `tests/tests/tiny.rs` holds a list of shapes to it, step by step. A model that was trained on a
//! chip can thus be replayed, and its gradient certified (`bp verify`), on a workstation.
//!
//! # Size
//!
//! | network | parameters, f32 | f64 | `learn`, Cortex-M4F | `predict` | `learn`, x86-64 | `predict` |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | 2-8-1 tanh, squares | 132 bytes | 264 | 968 bytes of code | 708 | 871 | 534 |
//! | 4-16-3 tanh, softmax | 524 | 1048 | 1968 | 1280 | 1982 | 1092 |
//!
//! Beside its parameters a step needs a and z of every layer on the stack, a minibatch also its gradient. Code is that of
//! `opt-level = "s"`, rustc 1.95; `examples/chip.rs` has the command. A complete image for a Cortex-M4F that trains 2-8-1 links
//! without an allocator and has 5456 bytes of `.text`; 3 kB of it are additions, products and quotients of `f64` in software,
//! because `bp-math` computes single precision in double. Such a chip is better off with [`Relu`], which needs none.
//!
//! # Speed
//!
//! Everything that computes is `#[inline(always)]`, so whoever wants wide vectors calls it inside a width dispatch, as
//! `benches/benches/tiny.rs` does with `pulp`:
//!
//! ```ignore (this crate has no dependency on pulp)
//! impl pulp::NullaryFnOnce for Epoch<'_> {
//!     type Output = ();
//!     #[inline(always)]
//!     fn call(self) {
//!         self.net.learn_each(self.examples, &self.sgd);
//!     }
//! }
//! match pulp::x86::V3::try_new() {
//!     Some(avx2) => avx2.vectorize(Epoch { net, examples, sgd }),
//!     None => Epoch { net, examples, sgd }.call(),
//! }
//! ```
//!
//! Nanoseconds per example, f32 (f64), over a pass of 256 examples on one core of a shared AVX-512 machine, 2026-11-25, rustc
//! 1.95; plain is SSE2:
//!
//! | | plain | AVX2 | `Arch::dispatch`, here AVX-512 |
//! | --- | --- | --- | --- |
//! | 2-8-1, one step of [`Net::learn_each`] | 39 (64) | 38 (47) | 56 (64) |
//! | 2-8-1, [`Net::predict`] | 21 (41) | 10 (23) | 9 (21) |
//! | 4-16-3, one step | 131 (186) | 115 (155) | 149 (177) |
//! | 4-16-3, one prediction | 66 (124) | 46 (84) | 95 (118) |
//!
//! One step waits for the one before it, so its time is a chain of latencies that wider vectors do not shorten: with [`Relu`]
//! for tanh the step of 2-8-1 takes 16 ns in place of 39. With 512 bits the compiler's vectors come out worse for steps of
//! this size: choose AVX2 for training.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "convert")]
extern crate std;

mod activation;
#[cfg(feature = "convert")]
mod convert;
mod dense;
#[cfg(feature = "convert")]
mod known;
mod layer;
mod net;
mod output;
mod real;
mod sgd;

pub use activation::{Activation, Elu, Gelu, Identity, LeakyRelu, Logistic, Relu, Silu, Softplus, Softsign, Tanh};
#[cfg(feature = "convert")]
pub use convert::{Convert, ConvertError};
pub use dense::Dense;
#[cfg(feature = "convert")]
pub use known::{Known, KnownOutput};
pub use layer::{Layer, Output};
pub use net::{LengthError, Net};
pub use output::{Each, OutputFunction, Softmax, one_hot};
pub use real::Real;
pub use sgd::Sgd;
