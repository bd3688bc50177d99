//! What the functions of this crate are called in `bp-core`: [`Known`] and [`KnownOutput`], with the feature `convert`.

use bp_core::{Act, ErrorFunction};

use crate::{Each, Elu, Gelu, Identity, LeakyRelu, Logistic, Relu, Silu, Softmax, Softplus, Softsign, Tanh};

/// An activation that `bp-core` has too.
///
/// ```
/// use bp_tiny::{Known, Tanh};
/// assert_eq!(Tanh::ACT, bp_core::Act::Tanh);
/// ```
pub trait Known {
    /// Its name there.
    const ACT: Act;
}

/// An output function that `bp-core` has too, with its error function.
///
/// ```
/// use bp_tiny::{KnownOutput, Softmax};
/// assert_eq!(Softmax::output(), bp_core::Output::Softmax);
/// assert_eq!(Softmax::error_function(), bp_core::ErrorFunction::CrossEntropy);
/// ```
pub trait KnownOutput {
    /// Its name there.
    fn output() -> bp_core::Output;

    /// The canonical one, unless said otherwise.
    fn error_function() -> ErrorFunction {
        ErrorFunction::canonical(bp_core::OutputFunction::<f64>::kind(&Self::output()))
    }
}

macro_rules! known {
    ($($name:ident => $act:expr;)*) => {$(
        impl Known for $name {
            const ACT: Act = $act;
        }
    )*};
}

known! {
    Identity => Act::Identity;
    Tanh => Act::Tanh;
    Logistic => Act::Logistic;
    Relu => Act::Relu;
    LeakyRelu => Act::LeakyRelu { slope: 0.01 };
    Elu => Act::Elu;
    Softplus => Act::Softplus;
    Softsign => Act::Softsign;
    Silu => Act::Silu;
    Gelu => Act::Gelu;
}

impl KnownOutput for Identity {
    fn output() -> bp_core::Output {
        Act::Identity.into()
    }
}

impl KnownOutput for Logistic {
    fn output() -> bp_core::Output {
        Act::Logistic.into()
    }
}

impl KnownOutput for Softmax {
    fn output() -> bp_core::Output {
        bp_core::Output::Softmax
    }
}

impl<H: Known> KnownOutput for Each<H> {
    fn output() -> bp_core::Output {
        H::ACT.into()
    }

    fn error_function() -> ErrorFunction {
        ErrorFunction::SumOfSquares
    }
}
