//! What a program on a chip calls: a library without `std` and without an allocator, to be linked into it. Its object file
//! is what the code sizes on the crate's front page are measured on:
//!
//! ```sh
//! cargo rustc -p bp-tiny --example chip --release --target thumbv7em-none-eabihf \
//!     --config 'profile.release.opt-level="s"' -- --emit=obj -C codegen-units=1
//! nm --print-size --size-sort target/thumbv7em-none-eabihf/release/examples/chip-*.o
//! ```
#![no_std]

use bp_tiny::{Identity, Layer, Net as _, Output, Sgd, Softmax, Tanh};

/// 2-8-1: 33 parameters.
pub type Regression = Layer<2, 8, Tanh, Output<8, 1, Identity>>;

/// 4-16-3: 131 parameters.
pub type Classes = Layer<4, 16, Tanh, Output<16, 3, Softmax>>;

/// y for one x.
#[inline(never)]
pub fn predict(net: &Regression, x: &[f32; 2]) -> [f32; 1] {
    net.predict(x)
}

/// One training step: forward, backward, update.
#[inline(never)]
pub fn learn(net: &mut Regression, x: &[f32; 2], t: &[f32; 1]) {
    net.learn(x, t, &Sgd::new(0.05));
}

/// y for one x.
#[inline(never)]
pub fn predict_classes(net: &Classes, x: &[f32; 4]) -> [f32; 3] {
    net.predict(x)
}

/// One training step: forward, backward, update.
#[inline(never)]
pub fn learn_classes(net: &mut Classes, x: &[f32; 4], t: &[f32; 3]) {
    net.learn(x, t, &Sgd::new(0.05));
}
