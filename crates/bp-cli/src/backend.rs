//! Backends and scalars chosen at run time: code is generic over the scalar, the backend is behind a pointer.

use bp_core::{Backend, Reference};
use bp_faer::Faer;
use bp_ndarray::Ndarray;
use bp_train::Network;
use bp_verify::{Checked, SHARE, WrongRow};

use crate::args::{BackendName, DtypeName, MachineArgs};
use crate::output::note;

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
            BackendName::Faer => Box::new(self.guarded(Faer::with_threads(threads))),
            BackendName::Ndarray => Box::new(self.guarded(Ndarray::with_threads(threads))),
            BackendName::Reference => Box::new(Reference),
        }
    }
}

impl MachineArgs {
    /// A backend that tests some of its own products, or all, and says so if one is wrong.
    fn guarded<B>(&self, backend: B) -> Checked<B> {
        let share = if self.paranoid { 1 } else { SHARE };
        Checked::every(backend, share).on_wrong(|number, [m, n, k], WrongRow { row, residual, bound }| {
            note(&format!(
                "warning: product {number} of this run ({m}×{n}, inner size {k}) was wrong in row {row}: off by \
                 {residual:.1e}, rounding explains {bound:.1e}; it was computed again without the backend"
            ));
        })
    }
}

impl DtypeName {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
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
