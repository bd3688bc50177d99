//! Generated data sets: the same numbers for the same arguments, on every machine.
//!
//! Every generator takes the number of rows, a seed and the standard deviation of Gaussian noise, `spirals` their turns
//! as well. Only `xor` and `spirals` are classifications.
//!
//! ```
//! use bp_datasets::generate;
//! let xor = generate::xor::<f32>(4, 0, 0.0)?;
//! assert_eq!(xor.x(), [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
//! assert_eq!(xor.to_target_matrix(), [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0]);
//! # Ok::<(), bp_datasets::DataError>(())
//! ```

use std::f64::consts::{PI, TAU};

use bp_core::{Float, Real};
use bp_train::{Column, Philox, Schema, TargetKind, stream};

use crate::dataset::{Dataset, TargetData};
use crate::error::DataError;

/// Exclusive or: the corners (0, 0), (0, 1), (1, 0), (1, 1) in turn, with noise on the inputs; the class is 1
/// where exactly one coordinate is 1.
///
/// # Errors
/// If there are fewer than 4 rows, or the noise is not a standard deviation.
pub fn xor<S: Float>(rows: usize, seed: u64, noise: f64) -> Result<Dataset<S>, DataError> {
    let mut source = Source::new(rows, 4, seed, noise)?;
    let corners = (0..rows).map(|i| (i / 2 % 2, i % 2));
    let x = corners.clone().flat_map(|(a, b)| [a as f64, b as f64]).map(|x| x + source.noise());
    let x: Vec<S> = x.map(S::from_f64).collect();
    let labels: Vec<u32> = corners.map(|(a, b)| u32::from(a != b)).collect();
    Dataset::from_labels("xor", 2, &x, &labels)
}

/// Two spirals around each other, so many turns each, with noise on the inputs (Lang and Witbrock 1988, divided by
/// 6.5 so that they fill the unit disc). The points of the two classes alternate, from the outside in; with 194
/// rows, three turns and no noise they are those of the benchmark.
///
/// ```
/// let spirals = bp_datasets::generate::spirals::<f64>(194, 3.0, 0, 0.0)?;
/// assert_eq!(spirals.class_counts(), Some(vec![97, 97]));
/// assert_eq!(spirals.row(0), [0.0, 1.0]);
/// # Ok::<(), bp_datasets::DataError>(())
/// ```
///
/// # Errors
/// If there are fewer than 4 rows, the turns are not finite, or the noise is not a standard deviation.
pub fn spirals<S: Float>(rows: usize, turns: f64, seed: u64, noise: f64) -> Result<Dataset<S>, DataError> {
    if !turns.is_finite() {
        return Err(DataError::Turns { turns });
    }
    let mut source = Source::new(rows, 4, seed, noise)?;
    let per_spiral = rows.div_ceil(2);
    let mut x = Vec::with_capacity(rows * 2);
    for i in 0..rows {
        // The benchmark counts 0 to 96.
        let step = (i / 2) as f64 * 96.0 / (per_spiral - 1) as f64;
        let (angle, radius) = (turns / 3.0 * (step * PI / 16.0), (104.0 - step) / 104.0);
        let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
        x.push(S::from_f64(sign * radius * Real::sin(angle) + source.noise()));
        x.push(S::from_f64(sign * radius * Real::cos(angle) + source.noise()));
    }
    let labels: Vec<u32> = (0..rows).map(|i| (i % 2) as u32).collect();
    Dataset::from_labels("spirals", 2, &x, &labels)
}

/// t = sin(2πx) with noise on t, x evenly spaced from 0 to 1: the curve of Bishop's first chapter (PRML 1.1,
/// where the noise is 0.3).
///
/// # Errors
/// If there are fewer than 2 rows, or the noise is not a standard deviation.
pub fn sine<S: Float>(rows: usize, seed: u64, noise: f64) -> Result<Dataset<S>, DataError> {
    let mut source = Source::new(rows, 2, seed, noise)?;
    let x: Vec<f64> = (0..rows).map(|i| i as f64 / (rows - 1) as f64).collect();
    let t = x.iter().map(|&x| Real::sin(TAU * x) + source.noise()).collect();
    curve("sine", &x, t)
}

/// t = x², one of the four curves of Bishop's figure 5.3 (PRML, 50 points without noise), x uniform in (−1, 1),
/// with noise on t.
///
/// # Errors
/// If there are fewer than 2 rows, or the noise is not a standard deviation.
pub fn bishop_square<S: Float>(rows: usize, seed: u64, noise: f64) -> Result<Dataset<S>, DataError> {
    bishop("bishop-square", |x| x * x, rows, seed, noise)
}

/// t = sin(x), otherwise as [`bishop_square`].
///
/// # Errors
/// As [`bishop_square`].
pub fn bishop_sine<S: Float>(rows: usize, seed: u64, noise: f64) -> Result<Dataset<S>, DataError> {
    bishop("bishop-sine", Real::sin, rows, seed, noise)
}

/// t = |x|, otherwise as [`bishop_square`].
///
/// # Errors
/// As [`bishop_square`].
pub fn bishop_abs<S: Float>(rows: usize, seed: u64, noise: f64) -> Result<Dataset<S>, DataError> {
    bishop("bishop-abs", Real::abs, rows, seed, noise)
}

/// t = 1 for x > 0, otherwise 0 (the Heaviside step), otherwise as [`bishop_square`].
///
/// # Errors
/// As [`bishop_square`].
pub fn bishop_step<S: Float>(rows: usize, seed: u64, noise: f64) -> Result<Dataset<S>, DataError> {
    bishop("bishop-step", Real::step, rows, seed, noise)
}

fn bishop<S: Float>(
    name: &str,
    f: fn(f64) -> f64,
    rows: usize,
    seed: u64,
    noise: f64,
) -> Result<Dataset<S>, DataError> {
    let mut source = Source::new(rows, 2, seed, noise)?;
    let x: Vec<f64> = (0..rows).map(|_| source.between_minus_one_and_one()).collect();
    let t = x.iter().map(|&x| f(x) + source.noise()).collect();
    curve(name, &x, t)
}

/// One input `x`, one target `t`.
fn curve<S: Float>(name: &str, x: &[f64], t: Vec<f64>) -> Result<Dataset<S>, DataError> {
    let schema = Schema { columns: vec![Column::numeric("x")], target: TargetKind::Values(vec!["t".into()]) };
    let x = x.iter().map(|&x| S::from_f64(x)).collect();
    Dataset::new(name, schema, x, TargetData::Values(t.into_iter().map(S::from_f64).collect()))
}

/// The random numbers of one generated data set.
struct Source {
    rng: Philox,
    noise: f64,
}

impl Source {
    fn new(rows: usize, least: usize, seed: u64, noise: f64) -> Result<Self, DataError> {
        if rows < least {
            return Err(DataError::GeneratedRows { least, rows });
        }
        if !(noise.is_finite() && noise >= 0.0) {
            return Err(DataError::Noise { noise });
        }
        Ok(Self { rng: Philox::new(seed, stream::DATA), noise })
    }

    /// A normal number (Box and Muller 1958), drawn whether or not it counts: the same seed then gives the same
    /// inputs at every level of noise.
    fn noise(&mut self) -> f64 {
        let (u, v) = (1.0 - self.rng.unit(), self.rng.unit());
        self.noise * Real::sqrt(-2.0 * Real::ln(u)) * Real::cos(TAU * v)
    }

    fn between_minus_one_and_one(&mut self) -> f64 {
        loop {
            let x = 2.0 * self.rng.unit() - 1.0;
            // unit() may be 0, and the interval is open.
            if x > -1.0 {
                return x;
            }
        }
    }
}
