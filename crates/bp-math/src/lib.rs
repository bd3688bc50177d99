//! Elementary functions for neural networks, without `std`.
//!
//! Two modules with the same names: [`mod@f32`] and [`mod@f64`]. Everything above this crate takes its
//! transcendental functions from here and from nowhere else, so that one crate decides about accuracy and
//! about equal bits between machines. What it is not: a general mathematics library.
//!
//! The bodies come from the `libm` crate, a port of musl's functions: portable, the same bits on every
//! machine, and within about 1 ulp except `tanh` in single precision (2.2 ulp). `exp`, `tanh` and friends
//! never look at the processor.
//!
//! ```
//! assert!((bp_math::f64::tanh(0.5) - 0.46211715726000975).abs() < 1e-15);
//! // Saturated on both sides, never NaN.
//! assert_eq!(bp_math::f32::logistic(-1e4), 0.0);
//! assert_eq!(bp_math::f32::softplus(1e4), 1e4);
//! ```
#![no_std]

pub mod f32;
pub mod f64;
