//! [`Violation`]: a law that does not hold.

use core::fmt::Display;

use bp_core::ShapeError;

/// A law that does not hold, and where.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Two numbers that must agree.
    #[error("{law}: {place} is {got}, expected {want} (allowed to differ by {bound})")]
    Differs {
        /// Which law.
        law: &'static str,
        /// Which number.
        place: String,
        /// What was computed.
        got: String,
        /// What it must be.
        want: String,
        /// By how much they may differ.
        bound: String,
    },
    /// The gradient of a case is wrong.
    #[error("{0}")]
    Certificate(Box<crate::Certificate>),
    /// A random network breaks a law.
    #[error("network {seed} on {backend}: {violation}")]
    Network {
        /// [`Recipe::random`](crate::Recipe::random) makes it again; [`check_network`](crate::check_network) runs it.
        seed: u64,
        /// The backend's name.
        backend: String,
        /// What does not hold.
        violation: Box<Violation>,
    },
    /// The case does not fit its plan.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}

impl Violation {
    /// Two elements of an exact ring.
    pub(crate) fn exact(law: &'static str, place: String, got: impl Display, want: impl Display) -> Self {
        Self::Differs { law, place, got: got.to_string(), want: want.to_string(), bound: "0".into() }
    }

    /// Two floats.
    pub(crate) fn bounded(law: &'static str, place: String, got: f64, want: f64, bound: f64) -> Self {
        let [got, want, bound] = [got, want, bound].map(|x| format!("{x:e}"));
        Self::Differs { law, place, got, want, bound }
    }

    /// The number that differs: `h1.bias[0]`, or the worst entry of a gradient.
    pub fn place(&self) -> &str {
        match self {
            Self::Differs { place, .. } => place,
            Self::Certificate(certificate) => certificate.worst.as_ref().map_or("", |worst| &worst.place),
            Self::Network { violation, .. } => violation.place(),
            Self::Shape(_) => "",
        }
    }
}
