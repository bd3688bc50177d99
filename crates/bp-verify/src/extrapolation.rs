//! [`Table`]: Richardson's extrapolation of differences to step 0, with Ridders' error estimate.

use bp_core::Float;

use crate::Derivative;

/// Columns of the table: more extrapolations than these change nothing in `f64`.
pub(crate) const COLUMNS: usize = 8;

/// A triangle D_{i,j} = (bʲ D_{i,j−1} − D_{i−1,j−1}) / (bʲ − 1), of which the last row is kept, and the best entry so far.
///
/// b is by what the first term of the error shrinks when the step is halved: 4 for central differences, 2 for
/// one-sided ones. See [`derivative`](crate::derivative) for the estimate.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    base: f64,
    columns: usize,
    /// Value, noise, truncation.
    row: Vec<(f64, f64, f64)>,
    best: Option<Derivative>,
}

impl Table {
    pub(crate) fn new(base: f64, columns: usize) -> Self {
        Self { base, columns, row: vec![], best: None }
    }

    /// The difference for half the step of the one before, and what noise there is in it.
    pub(crate) fn add(&mut self, difference: f64, noise: f64) {
        let unit = f64::UNIT_ROUNDOFF;
        let mut next = vec![(difference, noise, f64::INFINITY)];
        let mut power = 1.0;
        for (j, &(above, above_noise, above_truncation)) in self.row.iter().take(self.columns - 1).enumerate() {
            power *= self.base;
            let (left, left_noise, _) = next[j];
            let value = left + (left - above) / (power - 1.0);
            let noise = (power * left_noise + above_noise) / (power - 1.0) + 3.0 * unit * value.abs();
            let apart = f64::max((value - left).abs(), (value - above).abs());
            let floor = if above_truncation.is_finite() { above_truncation / (power * power) } else { 0.0 };
            let truncation = f64::max(apart, floor);
            next.push((value, noise, truncation));
            let found = Derivative { value, truncation, noise };
            if j >= 1 && self.best.is_none_or(|best| total(found) < total(best)) {
                self.best = Some(found);
            }
        }
        self.row = next;
    }

    /// Forgets the rows, not the best entry: the function was not finite for some step.
    pub(crate) fn restart(&mut self) {
        self.row.clear();
    }

    /// True if smaller steps only add noise: that of the last difference alone is above the best total.
    pub(crate) fn is_noisy(&self) -> bool {
        let noise = self.row.first().map_or(0.0, |first| first.1);
        self.best.is_some_and(|best| !(noise < total(best)))
    }

    pub(crate) fn best(&self) -> Option<Derivative> {
        self.best
    }
}

fn total(d: Derivative) -> f64 {
    d.truncation + d.noise
}
