//! What a program needs, to be imported with `*`: networks on this backend, training, and the names of layers,
//! activations, output functions and losses.

use crate::Ndarray;

pub use bp_train::bp_core::Act::{
    self, Elu, Gelu, Identity, LeakyRelu, Logistic, Relu, Silu, Softplus, Softsign, Tanh,
};
pub use bp_train::bp_core::Output::{self, Exp, Softmax};
pub use bp_train::bp_core::{
    Architecture, Connection, ErrorFunction, Examples, Init, Layer, Stack, Targets, Term, stack,
};
#[cfg(feature = "train")]
pub use bp_train::{Adadelta, Adagrad, Adam, AdamW, Adamax, Lion, NAdam, Optimizer, RAdam, RmsProp, Rprop, Sgd};
#[cfg(feature = "train")]
pub use bp_train::{ClassWeights, EarlyStop, Event, History, Plateau, Reduction, Schedule, TrainError, Trainer};
pub use bp_train::{Evaluation, FileError, ModelError, Standardizer};

/// A network on this backend, over `f32` unless named otherwise: `Network` or `Network<f64>`.
pub type Network<S = f32> = bp_train::Network<Ndarray, S>;
