//! Subjects that are made already: activations, losses, dense layers on any backend, and functions without a derivative.

pub(crate) mod activation;
pub(crate) mod dense;
pub(crate) mod loss;
pub(crate) mod values;
