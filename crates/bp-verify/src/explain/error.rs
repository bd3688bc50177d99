//! [`ExplainError`]: why there is nothing to explain.

use bp_core::{PlanError, ShapeError};

/// Why [`explain`](super::explain) has no answer.
///
/// ```
/// use bp_core::Reference;
/// use bp_verify::explain::{Focus, explain, lecture};
/// let lecture = lecture();
/// let focus = Focus::Unit { layer: "h1", unit: 3 };
/// let error = explain(&lecture.plan, &lecture.loss, &Reference, &lecture.params, &lecture.example(), focus).unwrap_err();
/// assert_eq!(error.to_string(), "unit 3 of layer `h1`, which has 3 units, counted from 0");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// A layer that the plan does not have, or the input, which has no δ.
    #[error("layer `{layer}` is not in the network; there are: {}", .known.join(", "))]
    UnknownLayer {
        /// Its name.
        layer: String,
        /// Every name that could have been meant.
        known: Vec<String>,
    },
    /// A unit beyond its layer.
    #[error("unit {unit} of layer `{layer}`, which has {width} units, counted from 0")]
    Unit {
        /// The layer.
        layer: String,
        /// The unit.
        unit: usize,
        /// The layer's width.
        width: usize,
    },
    /// A parameter beyond the last.
    #[error("parameter {index} of a network with {n_params}, counted from 0")]
    Parameter {
        /// Its number.
        index: usize,
        /// How many there are.
        n_params: usize,
    },
    /// A number that is NaN or infinite, of which no term can be told.
    #[error("{what} is {value}, expected a finite number")]
    NonFinite {
        /// Which number.
        what: String,
        /// Its value.
        value: f64,
    },
    /// More than one example, or none.
    #[error("one example is explained, got {got} inputs where the network has {inputs}")]
    OneExample {
        /// Inputs of the network.
        inputs: usize,
        /// Values that were passed.
        got: usize,
    },
    /// A length that does not fit.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A unit without a bias is checked by giving its layer one of 0, which a very large plan may have no room for.
    #[error(transparent)]
    Plan(#[from] PlanError),
}
