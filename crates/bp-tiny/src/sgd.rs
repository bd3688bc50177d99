//! [`Sgd`]: the learning rule.

use crate::Real;

/// Gradient descent w ← w − η (g + λw) (M8), with weight decay λ on weights and not on biases: `bp_train::Sgd` without
/// momentum, operation by operation.
///
/// ```
/// use bp_tiny::Sgd;
/// let sgd = Sgd::new(0.1_f32).decay(1e-4);
/// assert_eq!(sgd.rate, 0.1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd<S> {
    /// The learning rate η.
    pub rate: S,
    /// Weight decay λ.
    pub decay: S,
}

impl<S: Real> Sgd<S> {
    /// Without decay.
    #[inline(always)]
    pub fn new(rate: S) -> Self {
        Self { rate, decay: S::ZERO }
    }

    /// With weight decay λ.
    #[inline(always)]
    #[must_use]
    pub fn decay(self, decay: S) -> Self {
        Self { decay, ..self }
    }

    /// The same rule for biases.
    #[inline(always)]
    pub(crate) fn for_biases(self) -> Self {
        Self { decay: S::ZERO, ..self }
    }

    /// w ← w − η (g + λw).
    #[inline(always)]
    pub(crate) fn update(self, w: S, g: S) -> S {
        w - self.rate * (g + self.decay * w)
    }

    /// [`update`](Sgd::update) by the gradient 0 + p of one example, the engine's sum over a batch of one.
    ///
    /// (0 + p) + q has the bits of p + (0 + q), and p is what everything waits for.
    #[inline(always)]
    pub(crate) fn update_by_one(self, w: S, p: S) -> S {
        w - self.rate * (p + (S::ZERO + self.decay * w))
    }
}
