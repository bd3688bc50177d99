//! [`search`]: every candidate on every fold, ranked.

use serde::{Deserialize, Serialize};

use super::trials::{in_order, trial};
use super::{Fold, Spread, Trial};

/// Whether a high score is good.
///
/// ```
/// use bp_train::selection::Goal;
/// assert!(Goal::Least.is_better(1.0, f64::NAN) && !Goal::Most.is_better(f64::NAN, 1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goal {
    /// Accuracy, R².
    Most,
    /// Errors.
    Least,
}

impl Goal {
    /// Whether score `a` beats `b`. NaN beats nothing, and everything else beats it.
    pub fn is_better(self, a: f64, b: f64) -> bool {
        match self {
            _ if b.is_nan() => !a.is_nan(),
            Self::Most => a > b,
            Self::Least => a < b,
        }
    }
}

/// What became of one candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried<C> {
    /// The candidate.
    pub setting: C,
    /// Its score on every fold, in the order of the folds.
    pub scores: Vec<f64>,
    /// What they come to.
    pub spread: Spread,
}

/// What a search found. See [`search`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Search<C> {
    /// What counted as good.
    pub goal: Goal,
    /// All candidates, in the order they were given.
    pub tried: Vec<Tried<C>>,
    /// The place of the best mean score, the first of equal ones.
    pub best: usize,
}

impl<C> Search<C> {
    /// The candidate with the best mean score.
    pub fn best(&self) -> &Tried<C> {
        &self.tried[self.best]
    }
}

/// Calls `score` for every candidate on every fold, on so many threads (0: one per core), and ranks candidates by their
/// mean. A candidate whose score is NaN on one fold, as after a training that broke down, is behind all others.
///
/// Candidates come from a list, from [`grid`](super::grid), or at random from [`draws`](super::draws).
///
/// ```
/// use bp_train::selection::{Goal, KFold, search};
/// let folds = KFold::new(3).split(9)?;
/// let found = search(&[-1.0, 0.5, 2.0], &folds, 0, 2, Goal::Most, |x: &f64, _| Ok::<_, ()>(-x * x));
/// let found = found.expect("no trial fails");
/// assert_eq!((found.best, found.best().setting, found.best().spread.mean), (1, 0.5, -0.25));
/// # Ok::<(), bp_train::selection::FoldError>(())
/// ```
///
/// # Errors
/// The error of the first candidate and fold that has one.
///
/// # Panics
/// If there is no candidate or no fold.
pub fn search<C, E, F>(
    candidates: &[C],
    folds: &[Fold],
    seed: u64,
    threads: usize,
    goal: Goal,
    score: F,
) -> Result<Search<C>, E>
where
    C: Clone + Sync,
    E: Send,
    F: Fn(&C, &Trial<'_>) -> Result<f64, E> + Sync,
{
    assert!(!candidates.is_empty() && !folds.is_empty(), "a search needs a candidate and a fold");
    let scores = in_order(candidates.len() * folds.len(), threads, |at| {
        let candidate = at / folds.len();
        score(&candidates[candidate], &trial(&folds[at % folds.len()], seed, candidate))
    })?;
    let tried: Vec<_> = candidates
        .iter()
        .zip(scores.chunks_exact(folds.len()))
        .map(|(setting, scores)| Tried {
            setting: setting.clone(),
            scores: scores.to_vec(),
            spread: Spread::of(scores),
        })
        .collect();
    let mean = |at: usize| tried[at].spread.mean;
    let best = (1..tried.len()).fold(0, |best, at| if goal.is_better(mean(at), mean(best)) { at } else { best });
    Ok(Search { goal, tried, best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selection::KFold;

    /// The mean decides, NaN never wins, the first of equals does; threads change nothing, not even a written result.
    #[test]
    fn the_best_mean_wins() {
        let folds = KFold::new(2).split(4).expect("folds");
        let nan = f64::NAN;
        let cases: [(&[[f64; 2]], Goal, usize); 6] = [
            (&[[1.0, 2.0], [0.0, 4.0], [2.0, 1.0]], Goal::Most, 1),
            (&[[1.0, 2.0], [0.0, 4.0], [2.0, 1.0]], Goal::Least, 0),
            (&[[nan, 9.0], [1.0, 1.0]], Goal::Most, 1),
            (&[[1.0, 1.0], [nan, 0.0]], Goal::Least, 0),
            (&[[nan, nan], [nan, 1.0]], Goal::Least, 0),
            (&[[nan, nan], [f64::NEG_INFINITY, 1.0]], Goal::Most, 1),
        ];
        for (scores, goal, want) in cases {
            let run = |threads| {
                search(scores, &folds, 0, threads, goal, |scores, trial| Ok::<_, ()>(scores[trial.fold])).expect("runs")
            };
            let found = run(1);
            assert_eq!(found.best, want, "{scores:?}");
            assert_eq!(format!("{found:?}"), format!("{:?}", run(3)));
        }
    }

    #[test]
    fn results_are_plain_data() {
        let folds = KFold::new(2).split(4).expect("folds");
        let score = |rate: &f64, trial: &Trial<'_>| match trial.candidate {
            2 => Err("the third candidate"),
            _ => Ok(rate / 2.0),
        };
        let found = search(&[0.5, 0.25], &folds, 0, 1, Goal::Least, score).expect("two candidates");
        let text = serde_json::to_string(&found).expect("JSON");
        assert_eq!(serde_json::from_str::<Search<f64>>(&text).expect("the same"), found);
        assert_eq!(search(&[0.5, 0.25, 0.1], &folds, 0, 2, Goal::Least, score), Err("the third candidate"));
    }
}
