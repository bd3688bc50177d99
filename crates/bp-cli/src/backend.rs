//! Backends and scalars chosen at run time: code is generic over the scalar, the backend is behind a pointer.

use bp_core::{Backend, Reference};
use bp_faer::Faer;
use bp_ndarray::Ndarray;
use bp_train::Network;

use crate::args::{BackendName, MachineArgs};

/// A scalar that every backend multiplies: `f32` and `f64`.
pub(crate) trait Number: bp_faer::Element + bp_ndarray::Element {
    /// The shortest text that reads as the same number.
    fn text(self) -> String;
}

impl Number for f32 {
    fn text(self) -> String {
        format!("{self:?}")
    }
}

impl Number for f64 {
    fn text(self) -> String {
        format!("{self:?}")
    }
}

/// A network on whichever backend was asked for.
pub(crate) type Net<S> = Network<Box<dyn Backend<S>>, S>;

impl MachineArgs {
    /// The backend that was asked for.
    pub(crate) fn backend<S: Number>(&self) -> Box<dyn Backend<S>> {
        let threads = usize::from(self.threads);
        match self.backend {
            BackendName::Faer => Box::new(Faer::with_threads(threads)),
            BackendName::Ndarray => Box::new(Ndarray::with_threads(threads)),
            BackendName::Reference => Box::new(Reference),
        }
    }
}

impl BackendName {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Faer => "faer",
            Self::Ndarray => "ndarray",
            Self::Reference => "reference",
        }
    }
}
