//! [`RoundingModel`]: what a certificate assumes about the arithmetic of its subject.

use core::fmt;

/// How a subject may round.
///
/// The standard model: round to nearest without flushing subnormal numbers to zero; a sum of n terms in any order,
/// blocked or not, with or without fused multiply–add (γ_{n−1} Σ |terms|, Higham 3.1); elementary functions within the
/// ulps that `bp-math` declares; the formulas of the engine. A subject that computes the same by other formulas, a fused
/// backward pass say, may round more: it declares how many times more.
///
/// ```
/// use bp_verify::RoundingModel;
/// let model = RoundingModel::times(4.0, "h′ from exp, in one pass with the product");
/// assert!(model.to_string().contains("4 times the standard radius"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoundingModel {
    factor: f64,
    reason: &'static str,
}

impl RoundingModel {
    /// The standard model.
    pub fn standard() -> Self {
        Self { factor: 1.0, reason: "" }
    }

    /// A subject that may round `factor` times as much as the standard model allows, and why.
    pub fn times(factor: f64, reason: &'static str) -> Self {
        Self { factor, reason }
    }

    /// By how much the standard radius is multiplied.
    pub fn factor(&self) -> f64 {
        self.factor
    }
}

impl Default for RoundingModel {
    fn default() -> Self {
        Self::standard()
    }
}

impl fmt::Display for RoundingModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            "" => f.write_str("rounding to nearest, sums in any order, bp-math's declared ulps"),
            reason => write!(f, "{} times the standard radius of rounding ({reason})", self.factor),
        }
    }
}
