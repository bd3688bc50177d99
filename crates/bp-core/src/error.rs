//! What can be wrong with an architecture ([`PlanError`]) and with what is passed to a plan ([`ShapeError`]).

use alloc::string::String;
use alloc::vec::Vec;

/// An [`Architecture`](crate::Architecture) that is no feed-forward network.
///
/// ```
/// use bp_core::{Act, Plan, stack};
/// let error = Plan::new(stack(2).hidden(0, Act::Tanh).output(1, Act::Identity)).unwrap_err();
/// assert_eq!(error.to_string(), "layer `h1` has width 0, expected at least 1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A layer, or the input, without units.
    #[error("layer `{layer}` has width 0, expected at least 1")]
    NoUnits {
        /// Its name.
        layer: String,
    },
    /// Two layers of one name, or a layer named like the input.
    #[error("two layers are named `{layer}` (the input's name is `input`)")]
    DuplicateName {
        /// The name.
        layer: String,
    },
    /// A layer that nothing feeds.
    #[error("layer `{layer}` has no source, expected at least one connection into it")]
    NoSource {
        /// Its name.
        layer: String,
    },
    /// A source that is not there.
    #[error("layer `{layer}` takes from `{source_name}`, but no layer has this name; there are: {}", .known.join(", "))]
    UnknownSource {
        /// The layer that is fed.
        layer: String,
        /// The name that was not found.
        source_name: String,
        /// Every name that could have been meant.
        known: Vec<String>,
    },
    /// The output layer feeds another one.
    #[error("layer `{layer}` takes from the output layer `{output}`, which must be the last")]
    OutputConsumed {
        /// The layer that is fed.
        layer: String,
        /// The output layer.
        output: String,
    },
    /// A hidden layer that feeds nothing.
    #[error("layer `{layer}` feeds no other layer, expected only the output to be last")]
    NotConsumed {
        /// Its name.
        layer: String,
    },
    /// Layers that wait for each other.
    #[error("the layers {} form a cycle, expected a feed-forward network", .layers.join(", "))]
    Cycle {
        /// The layers that are on a cycle or behind one.
        layers: Vec<String>,
    },
    /// An identity connection between different widths.
    #[error("identity connection from `{source_name}` into `{layer}` joins width {from} to width {to}")]
    IdentityWidth {
        /// The layer that is fed.
        layer: String,
        /// Its width.
        to: usize,
        /// The source.
        source_name: String,
        /// The source's width.
        from: usize,
    },
    /// A term that names a unit that is not there.
    #[error(
        "term {term} from `{source_name}` into `{layer}` joins unit {from} to unit {to}, but the widths are {from_width} and {to_width}"
    )]
    TermOutOfRange {
        /// The layer that is fed.
        layer: String,
        /// The source.
        source_name: String,
        /// Position in the list, from 0.
        term: usize,
        /// The term's unit in the layer.
        to: u32,
        /// The layer's width.
        to_width: usize,
        /// The term's unit in the source.
        from: u32,
        /// The source's width.
        from_width: usize,
    },
    /// More parameters than can be numbered.
    #[error("layer `{layer}` takes the number of parameters past {}", isize::MAX)]
    TooLarge {
        /// The layer at which it happened.
        layer: String,
    },
    /// More units than any machine holds a batch of.
    #[error("layer `{layer}` takes the number of units to {units}, expected at most {limit}")]
    TooManyUnits {
        /// The layer at which it happened.
        layer: String,
        /// Units of all layers up to this one.
        units: usize,
        /// The limit.
        limit: usize,
    },
}

/// Slices whose lengths do not fit the plan, or a name that is not in it.
///
/// ```
/// use bp_core::{Act, Plan, Reference, stack};
/// let plan = Plan::new(stack(2).output(1, Act::Identity))?;
/// let error = plan.forward(&Reference, &[0.0; 2], &[1.0, 2.0], &mut plan.workspace(1)).unwrap_err();
/// assert_eq!(error.to_string(), "parameters: expected 3 values, got 2");
/// # Ok::<(), bp_core::PlanError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// A slice of the wrong length.
    #[error("{what}: expected {expected} values, got {got}")]
    Length {
        /// Which slice.
        what: &'static str,
        /// The length that fits.
        expected: usize,
        /// The length that was passed.
        got: usize,
    },
    /// Inputs or targets that are no whole number of rows.
    #[error("layer `{layer}`: expected a multiple of its width {width}, got {got} values")]
    Ragged {
        /// `input` or the output layer.
        layer: String,
        /// Its width.
        width: usize,
        /// The length that was passed.
        got: usize,
    },
    /// More examples than the workspace was made for.
    #[error("workspace: made for at most {capacity} examples, got {got}")]
    Batch {
        /// The largest batch it holds.
        capacity: usize,
        /// The batch that was passed.
        got: usize,
    },
    /// Targets, weights or a forward pass over another number of examples.
    #[error("{what}: expected {expected} examples, got {got}")]
    Examples {
        /// Which of them.
        what: &'static str,
        /// The number in x.
        expected: usize,
        /// The number that was passed.
        got: usize,
    },
    /// A class index beyond the output layer.
    #[error("example {example}: class {class}, but layer `{layer}` has {width} units")]
    Class {
        /// The example, from 0.
        example: usize,
        /// Its class.
        class: u32,
        /// The output layer.
        layer: String,
        /// Its width.
        width: usize,
    },
    /// A workspace that another plan made.
    #[error("workspace: made by another plan (of {got} units), expected this plan's (of {expected} units)")]
    ForeignWorkspace {
        /// Units in this plan.
        expected: usize,
        /// Units in the workspace's.
        got: usize,
    },
    /// A layer or a connection that the plan does not have.
    #[error("`{name}` is not in the network; there are: {}", .known.join(", "))]
    UnknownName {
        /// The name.
        name: String,
        /// Every name that could have been meant.
        known: Vec<String>,
    },
    /// Factors on the units of the output layer.
    #[error("factors on the units of `{layer}`, which is the output layer; only hidden layers take them")]
    OutputFactors {
        /// The output layer.
        layer: String,
    },
    /// Pre-activations that a lean workspace does not keep.
    #[error("a of layer `{layer}` is not kept in a lean workspace, expected a traced one")]
    NotTraced {
        /// The layer.
        layer: String,
    },
}
