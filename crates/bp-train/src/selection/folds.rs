//! [`KFold`]: rows cut into k parts, each of which is the test part once.

use serde::{Deserialize, Serialize};

use crate::{Philox, stream};

/// One division of the rows. The parts have no row in common and hold all.
///
/// ```
/// let folds = bp_train::selection::KFold::new(3).split(7)?;
/// assert_eq!(folds.iter().map(|fold| fold.test.len()).collect::<Vec<_>>(), [3, 2, 2]);
/// # Ok::<(), bp_train::selection::FoldError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// Which repetition, from 0.
    pub repeat: usize,
    /// Which fold of it, from 0.
    pub fold: usize,
    /// Rows to train on, in a random order.
    pub train: Vec<usize>,
    /// Rows to judge by, in a random order.
    pub test: Vec<usize>,
}

/// How to cut rows into folds: k of them, once, from seed 0.
///
/// Each repetition has an order of its own, shuffled from (seed, repetition), and row number i in that order is tested
/// in fold i mod k: sizes differ by one row at most. [`stratified`](KFold::stratified) puts the classes behind one
/// another first, so that the rows of every class are spread over the folds as evenly.
///
/// ```
/// use bp_train::selection::KFold;
/// let labels = [0, 0, 0, 0, 1, 1];
/// for fold in KFold::new(2).repeats(3).seed(5).stratified(&labels)? {
///     assert_eq!(fold.test.iter().filter(|&&row| labels[row] == 1).count(), 1);
/// }
/// # Ok::<(), bp_train::selection::FoldError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KFold {
    k: usize,
    repeats: usize,
    seed: u64,
}

/// Folds that cannot be.
///
/// ```
/// let error = bp_train::selection::KFold::new(5).split(3).unwrap_err();
/// assert_eq!(error.to_string(), "5 folds of 3 rows, expected 2 folds or more and a row in each");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError {
    /// Fewer than two folds, or more than rows.
    #[error("{k} folds of {rows} rows, expected 2 folds or more and a row in each")]
    Folds {
        /// Folds.
        k: usize,
        /// Rows.
        rows: usize,
    },
    /// No repetition.
    #[error("0 repetitions of {k} folds, expected at least 1")]
    Repeats {
        /// Folds.
        k: usize,
    },
}

impl KFold {
    /// k folds.
    pub fn new(k: usize) -> Self {
        Self { k, repeats: 1, seed: 0 }
    }

    /// So many repetitions, each in another order.
    #[must_use]
    pub fn repeats(self, repeats: usize) -> Self {
        Self { repeats, ..self }
    }

    /// The seed of the orders.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// All folds of rows 0 to `rows` − 1, one repetition after the other.
    ///
    /// # Errors
    /// For less than 2 folds, more folds than rows, or no repetition.
    pub fn split(&self, rows: usize) -> Result<Vec<Fold>, FoldError> {
        self.deal(rows, |_| {})
    }

    /// [`split`](KFold::split) with as equal a share as possible of every class in every fold. A class of fewer than k
    /// rows is not in every test part.
    ///
    /// # Errors
    /// As [`split`](KFold::split).
    pub fn stratified(&self, labels: &[u32]) -> Result<Vec<Fold>, FoldError> {
        self.deal(labels.len(), |order| order.sort_by_key(|&row| labels[row]))
    }

    fn deal(&self, rows: usize, arrange: impl Fn(&mut Vec<usize>)) -> Result<Vec<Fold>, FoldError> {
        let Self { k, repeats, seed } = *self;
        if k < 2 || k > rows {
            return Err(FoldError::Folds { k, rows });
        }
        if repeats == 0 {
            return Err(FoldError::Repeats { k });
        }
        let mut folds = vec![];
        for repeat in 0..repeats {
            let mut rng = Philox::new(seed, stream::FOLDS | (repeat as u64) << 8);
            let mut order: Vec<usize> = (0..rows).collect();
            rng.shuffle(&mut order);
            // A stable sort keeps the random order within a class.
            arrange(&mut order);
            let mut fold_of = vec![0; rows];
            order.iter().enumerate().for_each(|(i, &row)| fold_of[row] = i % k);
            // Trained on in an order that does not tell the classes.
            rng.shuffle(&mut order);
            for fold in 0..k {
                let (test, train) = order.iter().partition(|&&row| fold_of[row] == fold);
                folds.push(Fold { repeat, fold, train, test });
            }
        }
        Ok(folds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In each repetition every row is tested once and trained on in all other folds; sizes, and the rows of a class,
    /// differ by one at most; another seed or repetition gives other folds.
    #[test]
    fn folds_share_rows_evenly() {
        let seed = 3;
        println!("seed {seed}");
        let mut rng = Philox::new(seed, stream::DATA);
        for (rows, k, classes) in [(2, 2, 1), (7, 7, 2), (10, 3, 3), (100, 10, 4), (23, 5, 6)] {
            let labels: Vec<u32> = (0..rows).map(|_| rng.below(classes) as u32).collect();
            let cut = KFold::new(k).repeats(3).seed(9);
            for (folds, is_stratified) in
                [(cut.split(rows).expect("folds"), false), (cut.stratified(&labels).expect("folds"), true)]
            {
                assert_eq!(folds.len(), 3 * k);
                for repeat in folds.chunks(k) {
                    let mut tested: Vec<usize> = repeat.iter().flat_map(|fold| fold.test.clone()).collect();
                    tested.sort_unstable();
                    assert_eq!(tested, (0..rows).collect::<Vec<_>>());
                    let is_even =
                        |counts: Vec<usize>| counts.iter().max() <= counts.iter().min().map(|n| n + 1).as_ref();
                    assert!(is_even(repeat.iter().map(|fold| fold.test.len()).collect()));
                    for class in 0..classes as u32 {
                        let of = |fold: &Fold| fold.test.iter().filter(|&&row| labels[row] == class).count();
                        assert!(!is_stratified || is_even(repeat.iter().map(of).collect()), "class {class}");
                    }
                }
                for (at, fold) in folds.iter().enumerate() {
                    assert_eq!((fold.repeat, fold.fold), (at / k, at % k));
                    let mut all = [&fold.train[..], &fold.test].concat();
                    all.sort_unstable();
                    assert_eq!(all, (0..rows).collect::<Vec<_>>());
                }
            }
        }
        let folds = |seed| KFold::new(4).repeats(2).seed(seed).split(40).expect("folds");
        assert_eq!(folds(1), folds(1));
        assert_ne!(folds(1), folds(2));
        assert_ne!(folds(1)[0].test, folds(1)[4].test);
    }

    #[test]
    fn impossible_folds() {
        for (k, rows) in [(0, 5), (1, 5), (6, 5), (2, 0)] {
            assert_eq!(KFold::new(k).split(rows), Err(FoldError::Folds { k, rows }));
        }
        assert_eq!(KFold::new(2).repeats(0).stratified(&[0, 1]), Err(FoldError::Repeats { k: 2 }));
    }
}
