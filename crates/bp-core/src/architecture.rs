//! [`Architecture`]: a network as plain data, before it is checked.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::{Act, Connection, Output, Term};

/// The name that stands for the network's input where a layer lists its sources.
pub const INPUT: &str = "input";

/// Any feed-forward graph of layers: hidden layers in any order and one output layer.
///
/// [`stack`] writes the common case in one line; this is the general one, with skip connections:
///
/// ```
/// use bp_core::{Act, Architecture, Layer, Output, Plan};
/// let architecture = Architecture::new(
///     3,
///     vec![
///         Layer::new("h1", 4, Act::Tanh).dense("input"),
///         Layer::new("h2", 4, Act::Tanh).dense("h1").identity("h1"), // residual
///     ],
///     Layer::new("out", 2, Output::Softmax).dense("h2").dense("input"), // skip connection
/// );
/// let plan = Plan::new(architecture)?;
/// assert_eq!(plan.n_params(), (3 * 4 + 4) + (4 * 4 + 4) + (4 * 2 + 3 * 2 + 2));
/// # Ok::<(), bp_core::PlanError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Architecture<H = Act> {
    /// Width of the input, the source called `input`.
    pub inputs: usize,
    /// The hidden layers. A [`Plan`](crate::Plan) sorts them; the order need not be topological.
    pub hidden: Vec<Layer<H>>,
    /// The output layer.
    pub output: Layer<Output<H>>,
}

/// Units that share a function: aⱼ = Σ over sources + bⱼ, zⱼ = function(aⱼ). See [`Architecture`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Layer<F> {
    /// Its name, unique in the network and not `input`.
    pub name: String,
    /// Number of units.
    pub width: usize,
    /// True if every unit has a bias, a weight from a constant 1.
    pub bias: bool,
    /// Activation of a hidden layer, output function of the last one.
    pub function: F,
    /// What feeds it.
    pub sources: Vec<Source>,
}

/// One incoming connection of a [`Layer`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Source {
    /// The layer it comes from, or `input`.
    pub from: String,
    /// How the units are joined.
    pub connection: Connection,
}

impl<H> Architecture<H> {
    /// An architecture from its parts; checked by [`Plan::new`](crate::Plan::new).
    pub fn new<F: Into<Output<H>>>(inputs: usize, hidden: Vec<Layer<H>>, output: Layer<F>) -> Self {
        let Layer { name, width, bias, function, sources } = output;
        Self { inputs, hidden, output: Layer { name, width, bias, function: function.into(), sources } }
    }
}

impl<F> Layer<F> {
    /// A layer with biases and, so far, without a source.
    pub fn new(name: impl Into<String>, width: usize, function: F) -> Self {
        Self { name: name.into(), width, bias: true, function, sources: Vec::new() }
    }

    /// Adds a source with a weight for every pair of units.
    #[must_use]
    pub fn dense(self, from: impl Into<String>) -> Self {
        self.source(from, Connection::Dense)
    }

    /// Adds a source unit by unit, without weights.
    #[must_use]
    pub fn identity(self, from: impl Into<String>) -> Self {
        self.source(from, Connection::Identity)
    }

    /// Adds a source by a list of terms.
    #[must_use]
    pub fn terms(self, from: impl Into<String>, terms: Vec<Term>) -> Self {
        self.source(from, Connection::Terms(terms))
    }

    /// Takes the biases away.
    #[must_use]
    pub fn without_bias(self) -> Self {
        Self { bias: false, ..self }
    }

    fn source(mut self, from: impl Into<String>, connection: Connection) -> Self {
        self.sources.push(Source { from: from.into(), connection });
        self
    }
}

/// A plain stack of dense layers with biases, named `h1`, `h2`, … and `out`.
///
/// ```
/// use bp_core::{Act, Output, Plan, stack};
/// let plan = Plan::new(stack(2).hidden(8, Act::Tanh).output(3, Output::Softmax))?;
/// assert_eq!(plan.n_params(), 2 * 8 + 8 + 8 * 3 + 3);
/// # Ok::<(), bp_core::PlanError>(())
/// ```
pub fn stack(inputs: usize) -> Stack<Act> {
    Stack::new(inputs)
}

/// Builds a stack layer by layer; [`stack`] starts one with the built-in activations, `Stack::new` with any.
#[derive(Debug, Clone)]
#[must_use]
pub struct Stack<H> {
    inputs: usize,
    bias: bool,
    hidden: Vec<Layer<H>>,
}

impl<H> Stack<H> {
    /// A stack without layers on `inputs` inputs.
    pub fn new(inputs: usize) -> Self {
        Self { inputs, bias: true, hidden: vec![] }
    }

    /// Layers added from here on have no biases.
    pub fn without_bias(self) -> Self {
        Self { bias: false, ..self }
    }

    /// Adds a hidden layer.
    pub fn hidden(mut self, width: usize, activation: H) -> Self {
        let name = format!("h{}", self.hidden.len() + 1);
        let layer = self.next(name, width, activation);
        self.hidden.push(layer);
        self
    }

    /// Adds the output layer.
    pub fn output(self, width: usize, function: impl Into<Output<H>>) -> Architecture<H> {
        let output = self.next("out".into(), width, function.into());
        Architecture { inputs: self.inputs, hidden: self.hidden, output }
    }

    fn next<F>(&self, name: String, width: usize, function: F) -> Layer<F> {
        let from = self.hidden.last().map_or(INPUT, |layer| &layer.name);
        Layer { bias: self.bias, ..Layer::new(name, width, function).dense(from) }
    }
}
