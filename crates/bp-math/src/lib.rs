//! Elementary functions for neural networks, without `std`.
#![no_std]

#[cfg(any(test, feature = "std"))]
extern crate std;

mod bits;
mod erf;
mod exp;
pub mod f32;
pub mod f64;
mod log;
mod single;
mod loops;
mod sqrt;
mod tanh;
mod trig;
pub mod ulp;
