//! [`Convert`]: to and from the dynamic model, with the feature `convert` (which needs `std`).

use std::format;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use bp_core::{Act, Architecture, Backend, Connection, ErrorFunction, Float, INPUT, Plan, Source};
use bp_train::Network;

use crate::{Activation, Known, KnownOutput, Layer, Net, Output, OutputFunction, Real};

/// A [`Net`] that a network of `bp-core` and `bp-train` can become, and back. Parameters are copied bit by bit.
///
/// Train where there is memory, run and go on training on the chip:
///
/// ```
/// use bp_core::{Act, Output, Reference, stack};
/// use bp_tiny::{Convert, Layer, Net, Softmax, Tanh};
///
/// type Tiny = Layer<4, 16, Tanh, bp_tiny::Output<16, 3, Softmax>>;
/// let net = bp_train::Network::<Reference>::new(stack(4).hidden(16, Act::Tanh).output(3, Output::Softmax), 7)?;
/// let tiny = Tiny::from_network(&net)?;
/// let x = [5.1, 3.5, 1.4, 0.2];
/// assert_eq!(tiny.predict(&x).as_slice(), net.predict(&x)?);
///
/// let back: bp_train::Network<Reference> = tiny.to_network();
/// assert_eq!(back.params(), net.params());
///
/// let other = bp_train::Network::<Reference>::new(stack(4).hidden(12, Act::Tanh).output(3, Output::Softmax), 7)?;
/// let error = Tiny::from_network(&other).unwrap_err();
/// assert_eq!(error.to_string(), "layer `h1`: expected 16 units, got 12");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Convert<const I: usize>: Net<I>
where
    Self::Scalar: Float,
{
    /// The architecture: layers `h1`, `h2`, … and `out`.
    fn architecture() -> Architecture {
        Self::stacked(bp_core::stack(I))
    }

    /// The layers from here on, put on top of `below`.
    fn stacked(below: bp_core::Stack<Act>) -> Architecture;

    /// The error function that belongs to the output function.
    fn error_function() -> ErrorFunction;

    /// A network with the parameters of a plan of the same architecture; names of layers may be others.
    ///
    /// # Errors
    /// A [`ConvertError`] that names the first layer that differs and both sizes, or a wrong number of parameters.
    fn from_plan(plan: &Plan, params: &[Self::Scalar]) -> Result<Self, ConvertError> {
        same(&Self::architecture(), plan.architecture())?;
        Self::from_params(params).map_err(|error| ConvertError::Parameters { expected: error.expected, got: error.got })
    }

    /// A network with the parameters of `net`.
    ///
    /// # Errors
    /// As [`from_plan`](Convert::from_plan); and if `net` scales inputs or targets or has another error function, which this
    /// network would not do.
    fn from_network<B>(net: &Network<B, Self::Scalar>) -> Result<Self, ConvertError>
    where
        B: Backend<Self::Scalar>,
    {
        let tiny = Self::from_plan(net.plan(), net.params())?;
        for (what, scaling) in [("inputs", net.input_scaling()), ("targets", net.target_scaling())] {
            if scaling.is_some() {
                return Err(ConvertError::Scaled { what });
            }
        }
        let expected = Self::error_function();
        if net.loss() != expected {
            return Err(ConvertError::Loss { expected, got: net.loss() });
        }
        Ok(tiny)
    }

    /// All parameters, in the plan's order.
    fn params(&self) -> Vec<Self::Scalar> {
        let mut params = vec![<Self::Scalar as Real>::ZERO; Self::N_PARAMS];
        self.write(&mut params);
        params
    }

    /// The dynamic network with the same parameters, on the backend's default.
    ///
    /// # Panics
    /// If the network has more than 2²⁴ units, which no plan has.
    fn to_network<B>(&self) -> Network<B, Self::Scalar>
    where
        B: Backend<Self::Scalar> + Default,
    {
        let mut net = Network::new(Self::architecture(), 0).expect("a stack of at most 2²⁴ units");
        self.write(net.params_mut());
        net.set_loss(Self::error_function()).expect("it has no setting");
        net
    }
}

impl<const I: usize, const J: usize, H, N> Convert<I> for Layer<I, J, H, N>
where
    H: Activation<N::Scalar> + Known,
    N: Convert<J>,
    N::Scalar: Float,
{
    fn stacked(below: bp_core::Stack<Act>) -> Architecture {
        N::stacked(below.hidden(J, H::ACT))
    }

    fn error_function() -> ErrorFunction {
        N::error_function()
    }
}

impl<const J: usize, const K: usize, F, S> Convert<J> for Output<J, K, F, S>
where
    F: OutputFunction<S> + KnownOutput,
    S: Real + Float,
{
    fn stacked(below: bp_core::Stack<Act>) -> Architecture {
        below.output(K, F::output())
    }

    fn error_function() -> ErrorFunction {
        F::error_function()
    }
}

/// Why a dynamic model is not this network. See [`Convert`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// Another number of layers.
    #[error("expected {expected} hidden layers, got {got}")]
    Depth {
        /// In the type.
        expected: usize,
        /// In the model.
        got: usize,
    },
    /// A layer, or the input, of another width.
    #[error("layer `{layer}`: expected {expected} units, got {got}")]
    Width {
        /// Its name in the model.
        layer: String,
        /// In the type.
        expected: usize,
        /// In the model.
        got: usize,
    },
    /// A layer with another activation or output function.
    #[error("layer `{layer}`: expected {expected}, got {got}")]
    Function {
        /// Its name in the model.
        layer: String,
        /// In the type.
        expected: String,
        /// In the model.
        got: String,
    },
    /// A layer that is not dense, with biases, on the layer below it alone.
    #[error("layer `{layer}`: expected one dense connection from `{below}` and biases, got {got}")]
    NotPlain {
        /// Its name in the model.
        layer: String,
        /// The layer below.
        below: String,
        /// What is there.
        got: String,
    },
    /// Another number of parameters.
    #[error("parameters: expected {expected} values, got {got}")]
    Parameters {
        /// In the type.
        expected: usize,
        /// What was passed.
        got: usize,
    },
    /// A network that standardises.
    #[error("the network standardises its {what}, expected a network on plain numbers")]
    Scaled {
        /// `inputs` or `targets`.
        what: &'static str,
    },
    /// A network with another error function.
    #[error("expected the error function {expected}, got {got}")]
    Loss {
        /// Of the type.
        expected: ErrorFunction,
        /// Of the model.
        got: ErrorFunction,
    },
}

/// Compares two stacks layer by layer, names apart.
fn same(expected: &Architecture, got: &Architecture) -> Result<(), ConvertError> {
    if expected.hidden.len() != got.hidden.len() {
        return Err(ConvertError::Depth { expected: expected.hidden.len(), got: got.hidden.len() });
    }
    check_width(INPUT, expected.inputs, got.inputs)?;
    let mut below = INPUT;
    for (expected, got) in expected.hidden.iter().zip(&got.hidden) {
        check_layer(expected, got, below)?;
        below = &got.name;
    }
    check_layer(&expected.output, &got.output, below)
}

fn check_width(layer: &str, expected: usize, got: usize) -> Result<(), ConvertError> {
    if expected == got { Ok(()) } else { Err(ConvertError::Width { layer: layer.into(), expected, got }) }
}

fn check_layer<F>(expected: &bp_core::Layer<F>, got: &bp_core::Layer<F>, below: &str) -> Result<(), ConvertError>
where
    F: PartialEq + ToString,
{
    let layer = || got.name.clone();
    check_width(&got.name, expected.width, got.width)?;
    if expected.function != got.function {
        let (expected, got) = (expected.function.to_string(), got.function.to_string());
        return Err(ConvertError::Function { layer: layer(), expected, got });
    }
    let is_plain = |source: &Source| source.from == below && source.connection == Connection::Dense;
    if got.bias && got.sources.len() == 1 && got.sources.iter().all(is_plain) {
        return Ok(());
    }
    let kind = |source: &Source| match source.connection {
        Connection::Dense => format!("dense from `{}`", source.from),
        Connection::Identity => format!("identity from `{}`", source.from),
        _ => format!("terms from `{}`", source.from),
    };
    let mut parts: Vec<String> = got.sources.iter().map(kind).collect();
    parts.push(if got.bias { "biases".into() } else { "no biases".into() });
    Err(ConvertError::NotPlain { layer: layer(), below: below.into(), got: parts.join(", ") })
}
