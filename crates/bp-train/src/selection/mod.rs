//! Choosing settings: cross-validation, grid and random search, the same results for any number of threads.
//!
//! [`KFold`] cuts rows into folds, [`cross_validate`] runs a closure on every fold, [`search`] runs it for every
//! candidate too and ranks them. A closure is told what to do by a [`Trial`]: which rows, and a seed of its own. Make
//! each trial's backend with one thread; the threads are here.
//!
//! ```
//! use bp_core::{Act, Examples, Reference, Targets, stack};
//! use bp_train::{Network, Trainer, selection::{Goal, KFold, Subset, search}};
//!
//! let x: Vec<f64> = (0..20).map(f64::from).collect();
//! let t: Vec<f64> = x.iter().map(|x| 3.0 * x + 1.0).collect();
//! let all = Examples::new(&x, Targets::Rows(&t));
//! let folds = KFold::new(4).seed(1).split(20)?;
//! let rates = [0.1, 1e-9];
//! let found = search(&rates, &folds, 1, 2, Goal::Least, |&rate, trial| -> Result<f64, Box<dyn std::error::Error + Send + Sync>> {
//!     let (train, test) = (Subset::new(&all, 1, 1, trial.train), Subset::new(&all, 1, 1, trial.test));
//!     let mut net = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), trial.seed)?;
//!     net.standardize(&train.examples())?;
//!     Trainer::new().rate(rate).seed(trial.seed).epochs(30).batch(4).fit(&mut net, &train.examples())?;
//!     Ok(net.evaluate(&test.examples())?.error)
//! })?;
//! assert_eq!(found.best().setting, 0.1);
//! assert_eq!(found.best().scores.len(), 4);
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```

mod candidates;
mod folds;
mod search;
mod spread;
mod subset;
mod trials;

pub use candidates::{draws, grid, log_uniform};
pub use folds::{Fold, FoldError, KFold};
pub use search::{Goal, Search, Tried, search};
pub use spread::Spread;
pub use subset::Subset;
pub use trials::{Trial, cross_validate};
