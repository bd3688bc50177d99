//! [`Output`]: the function of the output layer, and [`OutputFunction`], what a loss may ask of it.
//!
//! The output function belongs to the architecture, so inference needs no loss and y is a unit as in the book.

use core::fmt;
use core::str::FromStr;

use crate::activation::UnknownAct;
use crate::{Act, Activation, Real, Scalar, kernels};

/// How the output layer's pre-activations a become predictions y.
///
/// ```
/// use bp_core::{Act, Output, OutputFunction};
/// let mut y = [1e4, 0.0, -1e4];
/// Output::<Act>::Softmax.apply_row(&mut y);
/// assert_eq!(y, [1.0, 0.0, 0.0]);
/// assert_eq!(Output::from(Act::Tanh), Output::Each(Act::Tanh));
/// assert_eq!("logistic".parse(), Ok(Output::Each(Act::Logistic)));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Output<H = Act> {
    /// y_k = e^{a_k} / Σ_j e^{a_j} (Bishop 5.25), for K exclusive classes.
    Softmax,
    /// y_k = e^{a_k}, for counts and rates.
    Exp,
    /// y_k = h(a_k) for any activation: identity for regression, logistic for two classes or many labels.
    Each(H),
}

/// What a loss can find out about an output function, to choose a stable form.
///
/// ```
/// use bp_core::{Act, Output, OutputFunction, OutputKind};
/// let output = Output::Each(Act::Logistic);
/// assert_eq!(OutputFunction::<f32>::kind(&output), OutputKind::Logistic);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// [`Output::Softmax`].
    Softmax,
    /// [`Output::Exp`].
    Exp,
    /// [`Act::Logistic`] on each unit.
    Logistic,
    /// [`Act::Identity`] on each unit.
    Identity,
    /// Anything else.
    Other,
}

/// An output function over scalars `S`: y from a, and errors in y pulled back to errors in a. See [`Output`].
pub trait OutputFunction<S: Scalar>: Send + Sync {
    /// y from a for one example, in place.
    fn apply_row(&self, y: &mut [S]);

    /// The same for every example of `width` units.
    fn apply_rows(&self, width: usize, y: &mut [S]) {
        y.chunks_exact_mut(width).for_each(|y| self.apply_row(y));
    }

    /// One step of M6 for one example: `g` holds ∂E/∂y on entry and Σ_m ∂E/∂y_m ∂y_m/∂a_k on return.
    fn pullback_row(&self, a: &[S], y: &[S], g: &mut [S]);

    /// Which one it is.
    fn kind(&self) -> OutputKind;

    /// The activation, if the function acts on each unit alone.
    fn elementwise(&self) -> Option<&dyn Activation<S>>;
}

const _: Option<&dyn OutputFunction<f32>> = None;

/// A derivative-free shift near the largest a, so that every exponent is at most about 0.
fn max_shift<S: Real>(a: impl Iterator<Item = S>) -> S {
    let mut hints = a.map(S::shift_hint);
    let first = hints.next().unwrap_or(S::ZERO);
    hints.fold(first, S::max)
}

/// ln Σ e^a, shifted; −∞ for no a.
fn log_sum_exp<S: Real, I: Iterator<Item = S>>(a: impl Fn() -> I) -> S {
    let shift = max_shift(a());
    let mut sum = S::ZERO;
    a().for_each(|a| sum += (a - shift).exp());
    shift + sum.ln()
}

impl<S: Real, H: Activation<S>> OutputFunction<S> for Output<H> {
    fn apply_row(&self, y: &mut [S]) {
        match self {
            Self::Softmax => kernels::softmax(y.len(), y),
            Self::Exp => {
                for y in y {
                    *y = y.exp();
                }
            }
            Self::Each(h) => h.apply(y),
        }
    }

    fn apply_rows(&self, width: usize, y: &mut [S]) {
        match self {
            Self::Softmax => kernels::softmax(width, y),
            // On each unit alone: one long row is as good as many.
            each => each.apply_row(y),
        }
    }

    fn pullback_row(&self, a: &[S], y: &[S], g: &mut [S]) {
        match self {
            // ∂y_m/∂a_k = y_m (1[m = k] − y_k), Bishop 4.106.
            Self::Softmax => {
                let mut mean = S::ZERO;
                for (&g, &y) in g.iter().zip(y) {
                    mean += g * y;
                }
                for (g, &y) in g.iter_mut().zip(y) {
                    *g = y * (*g - mean);
                }
            }
            Self::Exp => {
                for (g, &y) in g.iter_mut().zip(y) {
                    *g = y * *g;
                }
            }
            Self::Each(h) => h.chain(a, y, g),
        }
    }

    fn kind(&self) -> OutputKind {
        match self {
            Self::Softmax => OutputKind::Softmax,
            Self::Exp => OutputKind::Exp,
            Self::Each(h) => match h.known() {
                Some(Act::Logistic) => OutputKind::Logistic,
                Some(Act::Identity) => OutputKind::Identity,
                _ => OutputKind::Other,
            },
        }
    }

    fn elementwise(&self) -> Option<&dyn Activation<S>> {
        match self {
            Self::Each(h) => Some(h),
            _ => None,
        }
    }
}

/// One example's way through the output layer: what a [`Loss`](crate::Loss) sees.
///
/// ```
/// use bp_core::{Act, Output, Prediction};
/// let a = [1e4_f64, 0.0];
/// let p = Prediction { output: &Output::<Act>::Softmax, a: &a, y: &[1.0, 0.0] };
/// let mut ln_y = vec![];
/// p.for_each_ln_y(|_, value| ln_y.push(value)); // from a: finite although y₂ underflowed
/// assert_eq!(ln_y, [0.0, -1e4]);
/// ```
#[derive(Clone, Copy)]
pub struct Prediction<'a, S> {
    /// The output layer's function.
    pub output: &'a dyn OutputFunction<S>,
    /// Its pre-activations.
    pub a: &'a [S],
    /// Its units: y = output(a).
    pub y: &'a [S],
}

/// The same for every example of a batch: what [`Loss::deltas`](crate::Loss::deltas) sees.
///
/// ```
/// use bp_core::{Act, Output, Predictions};
/// let (a, y) = ([0.25, 0.5], [0.25, 0.5]);
/// let batch = Predictions { output: &Output::Each(Act::Identity), width: 1, a: &a, y: &y };
/// assert_eq!(batch.row(1).y, &[0.5]);
/// ```
#[derive(Clone, Copy)]
pub struct Predictions<'a, S> {
    /// The output layer's function.
    pub output: &'a dyn OutputFunction<S>,
    /// Output units.
    pub width: usize,
    /// Pre-activations, examples × units.
    pub a: &'a [S],
    /// Units.
    pub y: &'a [S],
}

impl<'a, S> Predictions<'a, S> {
    /// Example `n`.
    ///
    /// # Panics
    /// If there are fewer examples.
    pub fn row(&self, n: usize) -> Prediction<'a, S> {
        let row = n * self.width..(n + 1) * self.width;
        Prediction { output: self.output, a: &self.a[row.clone()], y: &self.y[row] }
    }
}

impl<S: Real> Prediction<'_, S> {
    /// Visits (k, ln y_k) for every output unit, computed from a where that is stabler than from y.
    pub fn for_each_ln_y(&self, mut visit: impl FnMut(usize, S)) {
        match self.output.kind() {
            OutputKind::Softmax => {
                let shift = max_shift(self.a.iter().copied());
                let mut sum = S::ZERO;
                for &a in self.a {
                    sum += (a - shift).exp();
                }
                let log_sum = sum.ln();
                for (k, &a) in self.a.iter().enumerate() {
                    visit(k, (a - shift) - log_sum);
                }
            }
            OutputKind::Exp => self.a.iter().enumerate().for_each(|(k, &a)| visit(k, a)),
            OutputKind::Logistic => self.a.iter().enumerate().for_each(|(k, &a)| visit(k, -(-a).softplus())),
            _ => self.y.iter().enumerate().for_each(|(k, &y)| visit(k, y.ln())),
        }
    }

    /// ln(1 − y_k), from a where that is stabler: for softmax the log-sum-exp of the other units less that of all.
    pub fn ln_1_minus_y(&self, k: usize) -> S {
        match self.output.kind() {
            OutputKind::Softmax => {
                let others = || self.a[..k].iter().chain(&self.a[k + 1..]).copied();
                log_sum_exp(others) - log_sum_exp(|| self.a.iter().copied())
            }
            OutputKind::Logistic => -self.a[k].softplus(),
            _ => (-self.y[k]).ln1p(),
        }
    }

    /// The error in a of E = −Σ_k c_k ln y_k, where `delta` holds c on entry. For softmax this is y_k Σ_m c_m − c_k
    /// (M10's first form), so no logarithm of 0 and no quotient of two underflows is met.
    pub fn log_pullback(&self, delta: &mut [S]) {
        match self.output.kind() {
            OutputKind::Softmax => {
                let mut sum = S::ZERO;
                delta.iter().for_each(|&c| sum += c);
                for (delta, &y) in delta.iter_mut().zip(self.y) {
                    *delta = y * sum - *delta;
                }
            }
            OutputKind::Exp => delta.iter_mut().for_each(|c| *c = -*c),
            OutputKind::Logistic => {
                for (delta, &a) in delta.iter_mut().zip(self.a) {
                    *delta = -(*delta * (-a).logistic());
                }
            }
            _ => {
                for (delta, &y) in delta.iter_mut().zip(self.y) {
                    *delta = -(*delta / y);
                }
                self.output.pullback_row(self.a, self.y, delta);
            }
        }
    }
}

impl<H> From<H> for Output<H> {
    fn from(activation: H) -> Self {
        Self::Each(activation)
    }
}

impl<H: fmt::Display> fmt::Display for Output<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Softmax => f.write_str("softmax"),
            Self::Exp => f.write_str("exp"),
            Self::Each(h) => h.fmt(f),
        }
    }
}

/// The text names no output function. See [`Output`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown output function: expected softmax, exp or an activation ({0})")]
pub struct UnknownOutput(UnknownAct);

impl FromStr for Output<Act> {
    type Err = UnknownOutput;

    fn from_str(text: &str) -> Result<Self, UnknownOutput> {
        match text {
            "softmax" => Ok(Self::Softmax),
            "exp" => Ok(Self::Exp),
            _ => text.parse().map(Self::Each).map_err(UnknownOutput),
        }
    }
}
