//! [`Subset`]: some rows of a set of examples.

use bp_core::{Examples, Scalar, Targets};

/// Copies of chosen rows with their targets and weights.
///
/// ```
/// use bp_core::{Examples, Targets};
/// let all = Examples::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], Targets::Classes(&[7, 8, 9]));
/// let some = bp_train::selection::Subset::new(&all, 2, 10, &[2, 0]);
/// assert_eq!(some.examples().x, [5.0, 6.0, 1.0, 2.0]);
/// assert!(matches!(some.examples().t, Targets::Classes([9, 7])));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Subset<S> {
    x: Vec<S>,
    rows: Vec<S>,
    /// `None` where targets are rows.
    classes: Option<Vec<u32>>,
    weights: Option<Vec<S>>,
}

impl<S: Scalar> Subset<S> {
    /// The rows with these numbers, in this order; a row may come more than once.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn new(all: &Examples<'_, S>, inputs: usize, outputs: usize, rows: &[usize]) -> Self {
        fn gather<T: Copy>(from: &[T], width: usize, rows: &[usize]) -> Vec<T> {
            rows.iter().flat_map(|row| &from[row * width..][..width]).copied().collect()
        }
        let (targets, classes) = match all.t {
            Targets::Rows(t) => (gather(t, outputs, rows), None),
            Targets::Classes(t) => (vec![], Some(gather(t, 1, rows))),
        };
        let weights = all.weights.map(|weights| gather(weights, 1, rows));
        Self { x: gather(all.x, inputs, rows), rows: targets, classes, weights }
    }

    /// As examples.
    pub fn examples(&self) -> Examples<'_, S> {
        let t = self.classes.as_deref().map_or(Targets::Rows(&self.rows), Targets::Classes);
        Examples { x: &self.x, t, weights: self.weights.as_deref() }
    }
}
