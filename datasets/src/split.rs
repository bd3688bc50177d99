//! Seeded splits into a training and a test part.

use bp_core::Real;
use bp_train::{Philox, stream};

use crate::dataset::{Dataset, TargetData};
use crate::error::DataError;

/// A training and a test part without a common row.
///
/// ```
/// use bp_datasets::Dataset;
/// let x: Vec<f32> = (0..10).map(|i| i as f32).collect();
/// let data = Dataset::from_labels("ten", 1, &x, &[0, 0, 0, 0, 0, 0, 1, 1, 1, 1])?;
/// let parts = data.split(0.5, 1)?;
/// assert_eq!(parts.test.class_counts(), Some(vec![3, 2]));
/// assert_eq!(parts, data.split(0.5, 1)?);
/// # Ok::<(), bp_datasets::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Split<S: Real> {
    /// What the network learns from.
    pub train: Dataset<S>,
    /// What it is judged by.
    pub test: Dataset<S>,
}

impl<S: Real> Dataset<S> {
    /// Puts about `test_fraction` of the rows aside; the same seed gives the same parts on every machine.
    ///
    /// A classification is split class by class: of n rows, round(n · `test_fraction`) go to the test part, but at
    /// least 1 and at most n − 1, and the only row of a class stays for training. So no class is off by a whole
    /// row or more, and small classes are in both parts. A regression is split as if it were one class, and so is
    /// a classification in which no class has two rows. Both parts are in shuffled order.
    ///
    /// # Errors
    /// If the fraction is not between 0 and 1, both excluded, or there are fewer than 2 rows.
    pub fn split(&self, test_fraction: f64, seed: u64) -> Result<Split<S>, DataError> {
        let (train, test) = self.split_rows(test_fraction, seed)?;
        Ok(Split { train: self.subset(&train)?, test: self.subset(&test)? })
    }

    /// The numbers of the rows that [`split`](Dataset::split) puts into the training and the test part.
    ///
    /// # Errors
    /// As [`split`](Dataset::split).
    pub fn split_rows(&self, test_fraction: f64, seed: u64) -> Result<(Vec<usize>, Vec<usize>), DataError> {
        if !(test_fraction > 0.0 && test_fraction < 1.0) {
            return Err(DataError::TestFraction { fraction: test_fraction });
        }
        if self.rows() < 2 {
            return Err(DataError::SplitRows { rows: self.rows() });
        }
        let counts = self.class_counts().filter(|counts| counts.iter().any(|&count| count >= 2));
        let labels: Option<&[u32]> = match (&counts, self.targets()) {
            (Some(_), TargetData::Classes(labels)) => Some(labels),
            _ => None,
        };
        let mut wanted: Vec<usize> =
            counts.unwrap_or_else(|| vec![self.rows()]).iter().map(|&n| n_test(n, test_fraction)).collect();

        let mut order: Vec<usize> = (0..self.rows()).collect();
        Philox::new(seed, stream::SPLIT).shuffle(&mut order);
        let (test, train) = order.into_iter().partition(|&row| {
            let class = labels.map_or(0, |labels| labels[row] as usize);
            let taken = wanted[class] > 0;
            wanted[class] -= usize::from(taken);
            taken
        });
        Ok((train, test))
    }
}

fn n_test(n: usize, test_fraction: f64) -> usize {
    let rounded = (n as f64 * test_fraction).round() as usize;
    if n < 2 { 0 } else { rounded.clamp(1, n - 1) }
}
