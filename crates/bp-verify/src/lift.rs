//! [`Lifted`]: the same batch over another scalar.

use bp_core::{Examples, Float, Scalar, Targets};

/// Examples over `T`, with the same numbers.
pub(crate) struct Lifted<'a, T> {
    x: Vec<T>,
    rows: Vec<T>,
    classes: Option<&'a [u32]>,
    weights: Option<Vec<T>>,
}

impl<'a, T: Scalar> Lifted<'a, T> {
    /// `lift` must give the number itself.
    pub(crate) fn new<S: Float>(examples: &Examples<'a, S>, lift: impl Fn(f64) -> T) -> Self {
        let all = |values: &[S]| values.iter().map(|x| lift(x.to_f64())).collect();
        let (rows, classes) = match examples.t {
            Targets::Rows(rows) => (all(rows), None),
            Targets::Classes(classes) => (vec![], Some(classes)),
        };
        Self { x: all(examples.x), rows, classes, weights: examples.weights.map(all) }
    }

    pub(crate) fn examples(&self) -> Examples<'_, T> {
        let t = self.classes.map_or(Targets::Rows(&self.rows), Targets::Classes);
        Examples { x: &self.x, t, weights: self.weights.as_deref() }
    }
}
