//! Factors on hidden units, as dropout wants them. Where they come from is not this crate's business.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::{MatMut, Scalar, ShapeError, Workspace};

/// m and the units before m, laid out like the units of a [`Workspace`].
#[derive(Debug, Clone)]
pub(crate) struct Factors<S> {
    is_on: bool,
    /// Per layer.
    has: Vec<bool>,
    m: Vec<S>,
    z: Vec<S>,
}

impl<S: Scalar> Factors<S> {
    /// zⱼ ← mⱼ zⱼ, and keeps what zⱼ was: h′ is computed from it.
    pub(crate) fn apply(&mut self, layer: usize, at: usize, z: &mut [S]) {
        if self.is_on && self.has[layer] {
            self.z[at..][..z.len()].copy_from_slice(z);
            scale(z, &self.m[at..][..z.len()]);
        }
    }

    /// m and the units before m.
    pub(crate) fn of(&self, layer: usize, at: usize, len: usize) -> Option<(&[S], &[S])> {
        (self.is_on && self.has[layer]).then(|| (&self.m[at..][..len], &self.z[at..][..len]))
    }
}

/// Each value times its factor.
pub(crate) fn scale<S: Scalar>(values: &mut [S], m: &[S]) {
    values.iter_mut().zip(m).for_each(|(value, &m)| *value = *value * m);
}

impl<S: Scalar> Workspace<S> {
    /// Factors m_nj on the units of a hidden layer, [`capacity`](Workspace::capacity) × units, to write to: from now on
    /// zⱼ = mⱼ h(aⱼ), for every consumer of the unit, and δⱼ = mⱼ h′(aⱼ) Σₖ wₖⱼ δₖ. All are 1 at first. The first call
    /// allocates.
    ///
    /// ```
    /// use bp_core::{Act, Plan, Reference, stack};
    /// let plan = Plan::new(stack(1).hidden(2, Act::Identity).output(1, Act::Identity))?;
    /// let mut ws = plan.workspace(1);
    /// ws.factors_mut("h1")?.row_mut(0).copy_from_slice(&[0.0, 2.0]);
    /// let params = [1.0, 10.0, 0.0, 0.0, 1.0, 1.0, 0.0];
    /// plan.forward(&Reference, &params, &[3.0], &mut ws)?;
    /// assert_eq!(ws.y().at(0, 0), 60.0); // 0 · 3 + 2 · 30
    /// ws.use_factors(false);
    /// plan.forward(&Reference, &params, &[3.0], &mut ws)?;
    /// assert_eq!(ws.y().at(0, 0), 33.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// An unknown name, or the output layer's: predictions take no factors.
    pub fn factors_mut(&mut self, layer: &str) -> Result<MatMut<'_, S>, ShapeError> {
        let (l, layers) = (self.layout.find(layer)?, self.layout.len());
        if l + 1 == layers {
            return Err(ShapeError::OutputFactors { layer: layer.into() });
        }
        let values = self.layout.units() * self.capacity;
        let factors = self.factors.get_or_insert_with(|| {
            let (m, z) = (vec![S::ONE; values], vec![S::ZERO; values]);
            Box::new(Factors { is_on: true, has: vec![false; layers], m, z })
        });
        factors.has[l] = true;
        let width = self.layout.width(l);
        let m = &mut factors.m[self.layout.offset(l) * self.capacity..][..self.capacity * width];
        Ok(MatMut::new(m, self.capacity, width))
    }

    /// Turns all factors off or on again, for predictions in between. A backward pass wants what its forward pass had.
    pub fn use_factors(&mut self, is_on: bool) {
        self.factors.iter_mut().for_each(|factors| factors.is_on = is_on);
    }
}
