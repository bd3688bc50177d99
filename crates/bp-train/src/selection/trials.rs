//! [`cross_validate`], and the trials that it and [`search`](super::search) run on threads.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rand::Rng;

use super::Fold;
use crate::{Philox, stream};

/// One training to be done: rows, and a seed that depends on (seed, repetition, fold, candidate) alone.
///
/// ```
/// use bp_train::selection::{KFold, cross_validate};
/// let folds = KFold::new(2).split(4)?;
/// let seeds = cross_validate(&folds, 7, 2, |trial| Ok::<_, ()>(trial.seed)).expect("no trial fails");
/// assert_ne!(seeds[0], seeds[1]);
/// # Ok::<(), bp_train::selection::FoldError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial<'a> {
    /// Which repetition, from 0.
    pub repeat: usize,
    /// Which fold, from 0.
    pub fold: usize,
    /// Which candidate, from 0.
    pub candidate: usize,
    /// For initial weights, shuffles and all else that is random.
    pub seed: u64,
    /// Rows to train on.
    pub train: &'a [usize],
    /// Rows to judge by.
    pub test: &'a [usize],
}

/// Calls `run` for every fold, on so many threads (0: one per core), and returns what it gives in the order of the
/// folds, which does not depend on the threads.
///
/// ```
/// use bp_train::selection::{KFold, Spread, cross_validate};
/// let t = [1.0, 2.0, 3.0, 4.0];
/// let mean = |rows: &[usize]| rows.iter().map(|&n| t[n]).sum::<f64>() / rows.len() as f64;
/// let folds = KFold::new(4).split(4)?;
/// let errors = cross_validate(&folds, 0, 1, |trial| Ok::<_, ()>((mean(trial.train) - mean(trial.test)).abs()));
/// let spread = Spread::of(&errors.expect("no trial fails"));
/// assert!((spread.mean - 4.0 / 3.0).abs() < 1e-15); // 2, ⅔, ⅔, 2
/// # Ok::<(), bp_train::selection::FoldError>(())
/// ```
///
/// # Errors
/// The error of the first fold that has one; folds behind it may not be tried.
pub fn cross_validate<T, E, F>(folds: &[Fold], seed: u64, threads: usize, run: F) -> Result<Vec<T>, E>
where
    T: Send,
    E: Send,
    F: Fn(&Trial<'_>) -> Result<T, E> + Sync,
{
    in_order(folds.len(), threads, |at| run(&trial(&folds[at], seed, 0)))
}

/// The trial of a candidate on a fold.
pub(super) fn trial(fold: &Fold, seed: u64, candidate: usize) -> Trial<'_> {
    let Fold { repeat, fold, train, test } = fold;
    let seed = [repeat, fold, &candidate].into_iter().fold(seed, |seed, &place| {
        // One block of four words for every place.
        Philox::at(seed, stream::TRIAL, 4 * place as u64).next_u64()
    });
    Trial { repeat: *repeat, fold: *fold, candidate, seed, train, test }
}

/// `run(0)` to `run(n − 1)` on threads that take the next number when they are done; or the error of the least number.
pub(super) fn in_order<T, E, F>(n: usize, threads: usize, run: F) -> Result<Vec<T>, E>
where
    T: Send,
    E: Send,
    F: Fn(usize) -> Result<T, E> + Sync,
{
    let threads = if threads == 0 { thread::available_parallelism().map_or(1, NonZero::get) } else { threads };
    let next = AtomicUsize::new(0);
    // Where the first error is; what comes behind it need not be run, what comes before is running or done.
    let end = AtomicUsize::new(n);
    let done: Mutex<Vec<(usize, Result<T, E>)>> = Mutex::new(Vec::with_capacity(n));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= end.load(Ordering::Relaxed) {
                return;
            }
            let result = run(at);
            if result.is_err() {
                end.fetch_min(at, Ordering::Relaxed);
            }
            done.lock().expect("no thread panics while it holds the list").push((at, result));
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(n) {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().expect("no thread panics while it holds the list");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::selection::KFold;

    #[test]
    fn threads_change_nothing() {
        let folds = KFold::new(5).repeats(4).seed(2).split(17).expect("folds");
        let run = |threads| cross_validate(&folds, 11, threads, |trial| Ok::<_, ()>((trial.seed, trial.test.to_vec())));
        let one = run(1).expect("no trial fails");
        assert_eq!(one.len(), 20);
        for threads in [0, 2, 3, 8, 100] {
            assert_eq!(run(threads).as_ref(), Ok(&one), "{threads} threads");
        }
    }

    /// No two of (seed, repetition, fold, candidate) share a seed.
    #[test]
    fn every_trial_has_its_own_seed() {
        let folds = KFold::new(4).repeats(3).split(8).expect("folds");
        let seeds: BTreeSet<u64> = [0, 1, u64::MAX]
            .iter()
            .flat_map(|&seed| folds.iter().flat_map(move |fold| (0..5).map(move |c| trial(fold, seed, c).seed)))
            .collect();
        assert_eq!(seeds.len(), 3 * 12 * 5);
    }

    #[test]
    fn the_first_error_is_told() {
        for threads in [1, 2, 5] {
            let tried = AtomicUsize::new(0);
            let outcome = in_order(50, threads, |at| {
                tried.fetch_add(1, Ordering::Relaxed);
                if at % 10 == 7 { Err(at) } else { Ok(at) }
            });
            assert_eq!(outcome, Err(7), "{threads} threads");
            assert!(tried.into_inner() >= 8);
        }
        assert_eq!(in_order(0, 3, |_| Err::<(), _>(())), Ok(vec![]));
    }
}
