//! [`Init`]: how weights start. Biases always start at 0.

use rand::{Rng, RngExt};
use rand_distr::{StandardNormal, StandardUniform};

/// A distribution of initial weights, scaled by a layer's number of inputs (fan-in) and units (fan-out).
///
/// The uniform and the normal form of a name have the same variance. Numbers are drawn through `rand`'s standard
/// distributions from the generator that the caller hands in.
///
/// ```
/// use bp_core::Init;
/// assert_eq!(Init::HeNormal.variance(50.0, 10.0), 0.04);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Init {
    /// Variance 2 / (fan-in + fan-out), uniform (Glorot and Bengio 2010): the default for tanh, logistic, identity.
    GlorotUniform,
    /// Variance 2 / (fan-in + fan-out), normal.
    GlorotNormal,
    /// Variance 2 / fan-in, uniform (He et al. 2015): the default for relu and its relatives.
    HeUniform,
    /// Variance 2 / fan-in, normal.
    HeNormal,
    /// Variance 1 / fan-in, uniform (LeCun et al. 1998).
    LeCunUniform,
    /// Variance 1 / fan-in, normal.
    LeCunNormal,
}

impl Init {
    /// The variance of a weight.
    pub fn variance(&self, fan_in: f64, fan_out: f64) -> f64 {
        match self {
            Self::GlorotUniform | Self::GlorotNormal => 2.0 / (fan_in + fan_out),
            Self::HeUniform | Self::HeNormal => 2.0 / fan_in,
            Self::LeCunUniform | Self::LeCunNormal => 1.0 / fan_in,
        }
    }

    /// One weight.
    pub fn draw<R: Rng + ?Sized>(&self, fan_in: f64, fan_out: f64, rng: &mut R) -> f64 {
        let variance = self.variance(fan_in, fan_out);
        match self {
            Self::GlorotUniform | Self::HeUniform | Self::LeCunUniform => {
                // U(−b, b) has variance b²/3.
                let unit: f64 = rng.sample(StandardUniform);
                bp_math::f64::sqrt(3.0 * variance) * (2.0 * unit - 1.0)
            }
            Self::GlorotNormal | Self::HeNormal | Self::LeCunNormal => {
                let unit: f64 = rng.sample(StandardNormal);
                bp_math::f64::sqrt(variance) * unit
            }
        }
    }
}
