//! How inputs, and targets of a regression, are scaled before a training.

use bp_core::{Examples, ShapeError};

use crate::args::Standardize;
use crate::backend::{Net, Number};

impl Standardize {
    /// What is meant for these data: images from a folder have pixels from 0 to 1, which are left as they are.
    pub(crate) fn resolved(self, is_images: bool) -> Self {
        match self {
            Self::Auto if is_images => Self::No,
            other => other,
        }
    }

    /// Fits the scales on the training part.
    pub(crate) fn apply<S: Number>(self, net: &mut Net<S>, train: &Examples<'_, S>) -> Result<(), ShapeError> {
        match self {
            Self::Auto => net.standardize_units(train),
            Self::Yes => net.standardize(train),
            Self::No => Ok(()),
        }
    }
}
