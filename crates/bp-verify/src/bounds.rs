//! What an activation and a loss must be written over to be certified: any scalar, in practice. One word for it.

use bp_core::{Activation, Float, Loss};

use crate::{Dual, Interval, Rounded};

/// Directions that one forward pass differentiates in.
pub(crate) const LANES: usize = 8;

/// The scalar of the centre: values and derivatives in eight directions, enclosed.
pub type Lanes = Dual<Interval, LANES>;

/// An activation that can be certified in `S`. Whatever is written over `S: Real` is one.
pub trait CheckedActivation<S: Float>:
    Activation<S> + Activation<f64> + Activation<Rounded<S>> + Activation<Lanes>
{
}

impl<S: Float, H> CheckedActivation<S> for H where
    H: Activation<S> + Activation<f64> + Activation<Rounded<S>> + Activation<Lanes>
{
}

/// A loss that can be certified in `S`. Whatever is written over `S: Real` is one.
pub trait CheckedLoss<S: Float>: Loss<S> + Loss<f64> + Loss<Rounded<S>> + Loss<Lanes> {}

impl<S: Float, L> CheckedLoss<S> for L where L: Loss<S> + Loss<f64> + Loss<Rounded<S>> + Loss<Lanes> + ?Sized {}
