//! What the engine is given and where it writes: [`Examples`] with their [`Targets`], and [`Gradient`].

use crate::{Accum, Scalar, Target};

/// Targets of a batch: rows of values, or class indices.
///
/// ```
/// use bp_core::Targets;
/// let rows = Targets::Rows(&[0.0_f32, 1.0, 1.0, 0.0]);
/// assert_eq!(rows.len(2), 2);
/// assert_eq!(Targets::<f32>::Classes(&[1, 0]).len(2), 2);
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Targets<'a, S> {
    /// t_nk, examples × outputs.
    Rows(&'a [S]),
    /// The class of each example: the row with 1 in its place and 0 elsewhere.
    Classes(&'a [u32]),
}

impl<'a, S: Scalar> Targets<'a, S> {
    /// Number of examples for `outputs` output units (rounded down).
    pub fn len(&self, outputs: usize) -> usize {
        match self {
            Self::Rows(rows) => rows.len() / outputs,
            Self::Classes(classes) => classes.len(),
        }
    }

    /// The target of example `n`.
    ///
    /// # Panics
    /// If there are fewer examples.
    pub fn get(&self, n: usize, outputs: usize) -> Target<'a, S> {
        match self {
            Self::Rows(rows) => Target::Row(&rows[n * outputs..][..outputs]),
            Self::Classes(classes) => Target::Class(classes[n]),
        }
    }
}

/// A batch: inputs, targets and, if wanted, a weight per example.
///
/// ```
/// use bp_core::{Examples, Targets};
/// let x = [0.0, 0.0, 0.0, 1.0];
/// let batch = Examples::new(&x, Targets::Classes(&[0, 1])).weighted(&[1.0, 2.0]);
/// assert_eq!(batch.weights, Some(&[1.0, 2.0][..]));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Examples<'a, S> {
    /// x, examples × inputs.
    pub x: &'a [S],
    /// t.
    pub t: Targets<'a, S>,
    /// ω_n, with E = Σ_n ω_n E_n; `None` is 1 for each. A weight of 2 equals the example twice.
    pub weights: Option<&'a [S]>,
}

impl<'a, S: Scalar> Examples<'a, S> {
    /// Examples of weight 1.
    pub fn new(x: &'a [S], t: Targets<'a, S>) -> Self {
        Self { x, t, weights: None }
    }

    /// The same with a weight per example.
    #[must_use]
    pub fn weighted(self, weights: &'a [S]) -> Self {
        Self { weights: Some(weights), ..self }
    }
}

/// Where the backward pass writes.
///
/// ```
/// use bp_core::{Accum, Gradient};
/// let (mut dw, mut dx) = (vec![0.0; 3], vec![0.0; 2]);
/// let into = Gradient::replace(&mut dw).with_dx(&mut dx);
/// assert_eq!(into.accum, Accum::Replace);
/// ```
#[derive(Debug)]
pub struct Gradient<'a, S> {
    /// ∂E/∂w for every parameter, in the plan's order.
    pub dw: &'a mut [S],
    /// Whether `dw` is replaced or added to.
    pub accum: Accum,
    /// ∂E/∂x, examples × inputs, always replaced; `None` if nobody asks, which saves a product.
    pub dx: Option<&'a mut [S]>,
}

impl<'a, S> Gradient<'a, S> {
    /// Overwrites `dw`.
    pub fn replace(dw: &'a mut [S]) -> Self {
        Self { dw, accum: Accum::Replace, dx: None }
    }

    /// Adds to `dw`.
    pub fn add(dw: &'a mut [S]) -> Self {
        Self { dw, accum: Accum::Add, dx: None }
    }

    /// Asks for ∂E/∂x too.
    #[must_use]
    pub fn with_dx(self, dx: &'a mut [S]) -> Self {
        Self { dx: Some(dx), ..self }
    }
}

/// Where the backward pass writes: dw ← (dw +) alpha ∂E/∂w.
pub(crate) struct Sink<'a, S> {
    /// The weights that errors go through; `None` if they stand in `dw`.
    pub(crate) params: Option<&'a [S]>,
    pub(crate) dw: &'a mut [S],
    pub(crate) accum: Accum,
    /// `None` for 1.
    pub(crate) alpha: Option<S>,
    pub(crate) dx: Option<&'a mut [S]>,
}

impl<'a, S: Scalar> Sink<'a, S> {
    pub(crate) fn of(params: &'a [S], into: Gradient<'a, S>) -> Self {
        let Gradient { dw, accum, dx } = into;
        Self { params: Some(params), dw, accum, alpha: None, dx }
    }
}
