//! [`Loss`]: the error E of one example and its error in a at the output, δ_k = ∂E/∂a_k (M6), and
//! [`ErrorFunction`], the ones that come with the crate.
//!
//! δ is always ∂E/∂a, never ∂E/∂y: the two agree for identity outputs only. For every canonical pair (squares
//! with identity, cross-entropy with softmax, binary cross-entropy with logistic, Poisson with exp) δ = y − t,
//! computed in one stable step; any other pair goes through the output function's derivative.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::{OutputKind, Prediction, Predictions, Real, Scalar, Targets};

/// The target of one example.
///
/// ```
/// use bp_core::Target;
/// // A class index is the row with a 1 in its place.
/// assert_eq!(Target::<f32>::Class(2).at(2), Target::Row(&[0.0_f32, 0.0, 1.0]).at(2));
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Target<'a, S> {
    /// One value per output unit.
    Row(&'a [S]),
    /// The index of the right class.
    Class(u32),
}

impl<S: Scalar> Target<'_, S> {
    /// t_k.
    #[inline]
    pub fn at(&self, k: usize) -> S {
        match self {
            Self::Row(row) => row[k],
            Self::Class(class) if *class as usize == k => S::ONE,
            Self::Class(_) => S::ZERO,
        }
    }
}

/// The error of one example over scalars `S`. Errors **sum** over examples and units; nothing here is a mean.
///
/// ```
/// use bp_core::{Loss, Prediction, Real, Target};
///
/// /// Σ ln cosh(y − t).
/// struct LogCosh;
///
/// impl<S: Real> Loss<S> for LogCosh {
///     fn value(&self, p: &Prediction<'_, S>, t: Target<'_, S>) -> S {
///         let ln2 = S::ONE.exp().recip().ln1p() - S::ONE.exp().ln1p() + S::ONE + (S::ONE + S::ONE).ln();
///         let mut sum = S::ZERO;
///         for (k, &y) in p.y.iter().enumerate() {
///             let r = (y - t.at(k)).abs();
///             sum += r + (-(r + r)).exp().ln1p() - ln2;
///         }
///         sum
///     }
///     fn gradient(&self, y: &[S], t: Target<'_, S>, g: &mut [S]) {
///         for (k, (g, &y)) in g.iter_mut().zip(y).enumerate() {
///             *g = (y - t.at(k)).tanh();
///         }
///     }
/// }
/// ```
pub trait Loss<S: Scalar>: Send + Sync {
    /// E_n of one example.
    fn value(&self, prediction: &Prediction<'_, S>, t: Target<'_, S>) -> S;

    /// ∂E_n/∂y_k into `g`.
    fn gradient(&self, y: &[S], t: Target<'_, S>, g: &mut [S]);

    /// δ_k = ∂E_n/∂a_k into `delta`. The default is M6's general form; override it for canonical pairs.
    fn delta(&self, prediction: &Prediction<'_, S>, t: Target<'_, S>, delta: &mut [S]) {
        self.gradient(prediction.y, t, delta);
        prediction.output.pullback_row(prediction.a, prediction.y, delta);
    }

    /// [`delta`](Loss::delta) of every example of a batch. An override has the same bits.
    fn deltas(&self, batch: &Predictions<'_, S>, t: Targets<'_, S>, delta: &mut [S]) {
        each_delta(self, batch, t, delta);
    }
}

const _: Option<&dyn Loss<f32>> = None;

/// [`Loss::deltas`], one example after the other.
fn each_delta<S: Scalar, L: Loss<S> + ?Sized>(
    loss: &L,
    batch: &Predictions<'_, S>,
    t: Targets<'_, S>,
    delta: &mut [S],
) {
    for (n, delta) in delta.chunks_exact_mut(batch.width).enumerate() {
        loss.delta(&batch.row(n), t.get(n, batch.width), delta);
    }
}

impl<S: Scalar, L: Loss<S> + ?Sized> Loss<S> for Box<L> {
    fn value(&self, prediction: &Prediction<'_, S>, t: Target<'_, S>) -> S {
        (**self).value(prediction, t)
    }
    fn gradient(&self, y: &[S], t: Target<'_, S>, g: &mut [S]) {
        (**self).gradient(y, t, g);
    }
    fn delta(&self, prediction: &Prediction<'_, S>, t: Target<'_, S>, delta: &mut [S]) {
        (**self).delta(prediction, t, delta);
    }
    fn deltas(&self, batch: &Predictions<'_, S>, t: Targets<'_, S>, delta: &mut [S]) {
        (**self).deltas(batch, t, delta);
    }
}

/// E = ½ Σ_k (y_k − t_k)² (M9) over any ring with ½; the same as [`ErrorFunction::SumOfSquares`] over reals.
///
/// ```
/// use bp_core::{Loss, SumOfSquares, Target};
/// let mut g = [0.0];
/// SumOfSquares.gradient(&[3.0], Target::Row(&[1.0]), &mut g);
/// assert_eq!(g, [2.0]); // the ½ is in E, so there is no factor here
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SumOfSquares;

impl<S: Scalar> Loss<S> for SumOfSquares {
    fn value(&self, prediction: &Prediction<'_, S>, t: Target<'_, S>) -> S {
        let mut sum = S::ZERO;
        for (k, &y) in prediction.y.iter().enumerate() {
            let r = y - t.at(k);
            sum += r * r;
        }
        S::HALF * sum
    }

    fn gradient(&self, y: &[S], t: Target<'_, S>, g: &mut [S]) {
        for (k, (g, &y)) in g.iter_mut().zip(y).enumerate() {
            *g = y - t.at(k);
        }
    }
}

/// The built-in error functions. Each goes with every output function by M6; the stable forms from logits, finite and
/// right at a = ±10⁴, are there for softmax, logistic and exp outputs. Where a loss takes the logarithm of an
/// output that is 0 or below (cross-entropy of a relu unit), E is what the logarithm gives, ∞ or NaN.
///
/// ```
/// use bp_core::{ErrorFunction, OutputKind};
/// assert_eq!(ErrorFunction::canonical(OutputKind::Softmax), ErrorFunction::CrossEntropy);
/// assert_eq!(ErrorFunction::canonical(OutputKind::Identity), ErrorFunction::SumOfSquares);
/// assert_eq!("huber:0.5".parse(), Ok(ErrorFunction::Huber { threshold: 0.5 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum ErrorFunction {
    /// ½ Σ_k (y_k − t_k)² (M9, Bishop 5.14).
    SumOfSquares,
    /// −Σ_k t_k ln y_k (M10, Bishop 5.24), for exclusive classes.
    CrossEntropy,
    /// −Σ_k [t_k ln y_k + (1 − t_k) ln(1 − y_k)] (M11, Bishop 5.23), for two classes or many labels.
    BinaryCrossEntropy,
    /// Σ_k (y_k − t_k ln y_k): the Poisson log likelihood without the constant ln t_k!, for counts.
    Poisson,
    /// Σ_k ½ r² for |r| ≤ c and c (|r| − ½ c) beyond, r = y_k − t_k, c the threshold (Huber 1964).
    Huber {
        /// Where the square becomes a straight line; in units of the targets.
        threshold: f64,
    },
}

impl ErrorFunction {
    /// Every error function, Huber's with threshold 1.
    pub const ALL: [Self; 5] = [
        Self::SumOfSquares,
        Self::CrossEntropy,
        Self::BinaryCrossEntropy,
        Self::Poisson,
        Self::Huber { threshold: 1.0 },
    ];

    /// The partner for which δ = y − t: the negative log likelihood of which the output is the canonical link.
    /// For outputs that have none it is the sum of squares.
    pub fn canonical(output: OutputKind) -> Self {
        match output {
            OutputKind::Softmax => Self::CrossEntropy,
            OutputKind::Exp => Self::Poisson,
            OutputKind::Logistic => Self::BinaryCrossEntropy,
            OutputKind::Identity | OutputKind::Other => Self::SumOfSquares,
        }
    }

    /// The name that [`FromStr`] reads.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SumOfSquares => "sum-of-squares",
            Self::CrossEntropy => "cross-entropy",
            Self::BinaryCrossEntropy => "binary-cross-entropy",
            Self::Poisson => "poisson",
            Self::Huber { .. } => "huber",
        }
    }
}

/// r clipped to [−c, c]: the derivative of Huber's function.
fn clip<S: Real>(r: S, threshold: f64) -> S {
    let c = S::from_f64(threshold);
    r.min(c).max(-c)
}

impl<S: Real> Loss<S> for ErrorFunction {
    fn value(&self, p: &Prediction<'_, S>, t: Target<'_, S>) -> S {
        let mut sum = S::ZERO;
        match *self {
            Self::SumOfSquares => return SumOfSquares.value(p, t),
            Self::CrossEntropy => p.for_each_ln_y(|k, ln_y| match t {
                Target::Class(class) if class as usize != k => {}
                t => sum += -(t.at(k) * ln_y),
            }),
            Self::BinaryCrossEntropy if p.output.kind() == OutputKind::Logistic => {
                for (k, &a) in p.a.iter().enumerate() {
                    let t = t.at(k);
                    sum += t * (-a).softplus() + (S::ONE - t) * a.softplus();
                }
            }
            Self::BinaryCrossEntropy => {
                p.for_each_ln_y(|k, ln_y| sum += -(t.at(k) * ln_y + (S::ONE - t.at(k)) * p.ln_1_minus_y(k)));
            }
            Self::Poisson => p.for_each_ln_y(|k, ln_y| sum += p.y[k] - t.at(k) * ln_y),
            Self::Huber { threshold } => {
                for (k, &y) in p.y.iter().enumerate() {
                    let r = y - t.at(k);
                    let c = clip(r, threshold);
                    sum += c * (r - S::HALF * c);
                }
            }
        }
        sum
    }

    fn gradient(&self, y: &[S], t: Target<'_, S>, g: &mut [S]) {
        for (k, (g, &y)) in g.iter_mut().zip(y).enumerate() {
            let t = t.at(k);
            *g = match *self {
                Self::SumOfSquares => y - t,
                Self::CrossEntropy => -(t / y),
                Self::BinaryCrossEntropy => (y - t) / (y * (S::ONE - y)),
                Self::Poisson => S::ONE - t / y,
                Self::Huber { threshold } => clip(y - t, threshold),
            };
        }
    }

    fn delta(&self, p: &Prediction<'_, S>, t: Target<'_, S>, delta: &mut [S]) {
        match (self, p.output.kind()) {
            (Self::SumOfSquares, OutputKind::Identity)
            | (Self::BinaryCrossEntropy, OutputKind::Logistic)
            | (Self::Poisson, OutputKind::Exp) => SumOfSquares.gradient(p.y, t, delta),
            (Self::CrossEntropy, _) => {
                delta.iter_mut().enumerate().for_each(|(k, delta)| *delta = t.at(k));
                p.log_pullback(delta);
            }
            (Self::BinaryCrossEntropy, OutputKind::Softmax) => binary_with_softmax(p, t, delta),
            // Σ_m y_m is 1, whatever a is: what is left is cross-entropy.
            (Self::Poisson, OutputKind::Softmax) => Self::CrossEntropy.delta(p, t, delta),
            // (1 − t/y) y (1 − y), without the quotient.
            (Self::Poisson, OutputKind::Logistic) => {
                for (k, delta) in delta.iter_mut().enumerate() {
                    *delta = (p.y[k] - t.at(k)) * (-p.a[k]).logistic();
                }
            }
            _ => {
                self.gradient(p.y, t, delta);
                p.output.pullback_row(p.a, p.y, delta);
            }
        }
    }

    fn deltas(&self, batch: &Predictions<'_, S>, t: Targets<'_, S>, delta: &mut [S]) {
        match (self, batch.output.kind(), t) {
            (Self::SumOfSquares, OutputKind::Identity, _)
            | (Self::BinaryCrossEntropy, OutputKind::Logistic, _)
            | (Self::Poisson, OutputKind::Exp, _)
            | (Self::CrossEntropy, OutputKind::Softmax, Targets::Classes(_)) => subtract_targets(batch, t, delta),
            _ => each_delta(self, batch, t, delta),
        }
    }
}

/// δ = y − t over a whole batch; for classes that is y with 1 less in the place of the class.
fn subtract_targets<S: Scalar>(batch: &Predictions<'_, S>, t: Targets<'_, S>, delta: &mut [S]) {
    match t {
        Targets::Rows(t) => {
            for ((delta, &y), &t) in delta.iter_mut().zip(batch.y).zip(t) {
                *delta = y - t;
            }
        }
        Targets::Classes(classes) => {
            delta.copy_from_slice(batch.y);
            for (delta, &class) in delta.chunks_exact_mut(batch.width).zip(classes) {
                delta[class as usize] = delta[class as usize] - S::ONE;
            }
        }
    }
}

/// δ of binary cross-entropy on softmax outputs, from logits: δ_k = r_k − y_k Σ_m r_m with
/// r_k = y_k ∂E/∂y_k = (1 − t_k) / (1 − y_k) − 1.
fn binary_with_softmax<S: Real>(p: &Prediction<'_, S>, t: Target<'_, S>, delta: &mut [S]) {
    let mut sum = S::ZERO;
    for (k, r) in delta.iter_mut().enumerate() {
        let rest = S::ONE - t.at(k);
        // Where t_k is 1 the quotient is 0, also where 1 − y_k underflows: its logarithm counts for nothing.
        let counts = rest.abs().step();
        *r = rest * (-(counts * p.ln_1_minus_y(k))).exp() - S::ONE;
        sum += *r;
    }
    for (r, &y) in delta.iter_mut().zip(p.y) {
        *r = *r - y * sum;
    }
}

impl fmt::Display for ErrorFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Huber { threshold } => write!(f, "huber:{threshold}"),
            loss => f.write_str(loss.name()),
        }
    }
}

/// The text names no error function. See [`ErrorFunction`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown loss `{0}`, expected one of sum-of-squares, cross-entropy, binary-cross-entropy, poisson, huber[:threshold]"
)]
pub struct UnknownLoss(String);

impl FromStr for ErrorFunction {
    type Err = UnknownLoss;

    /// Reads a name, with `_` for `-` if you like; `huber:0.5` gives a threshold, `huber` alone means 1.
    fn from_str(text: &str) -> Result<Self, UnknownLoss> {
        let unknown = || UnknownLoss(text.into());
        let name = text.replace('_', "-");
        if let Some(threshold) = name.strip_prefix("huber:") {
            let threshold: f64 = threshold.parse().map_err(|_| unknown())?;
            return if threshold > 0.0 && threshold.is_finite() {
                Ok(Self::Huber { threshold })
            } else {
                Err(unknown())
            };
        }
        Self::ALL.into_iter().find(|loss| loss.name() == name).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::{Act, Output, OutputFunction};

    #[test]
    fn names_round_trip() {
        for loss in ErrorFunction::ALL.into_iter().chain([ErrorFunction::Huber { threshold: 0.25 }]) {
            assert_eq!(loss.to_string().parse(), Ok(loss));
            assert_eq!(loss.name().replace('-', "_").parse::<ErrorFunction>().map(|l| l.name()), Ok(loss.name()));
        }
        assert_eq!("huber".parse(), Ok(ErrorFunction::Huber { threshold: 1.0 }));
        for bad in ["", "Poisson", "huber:0", "huber:-1", "huber:inf", "huber:nan", "huber:x"] {
            assert!(bad.parse::<ErrorFunction>().is_err(), "{bad}");
        }
    }

    #[test]
    fn every_output_has_its_partner() {
        use OutputKind::{Exp, Identity, Logistic, Other, Softmax};
        let partners = [Softmax, Exp, Logistic, Identity, Other].map(|kind| ErrorFunction::canonical(kind).name());
        let names = ["cross-entropy", "poisson", "binary-cross-entropy", "sum-of-squares", "sum-of-squares"];
        assert_eq!(partners, names);
    }

    #[test]
    fn a_class_is_its_row() {
        let row = [0.0_f64, 0.0, 1.0];
        for k in 0..3 {
            assert_eq!(Target::<f64>::Class(2).at(k).to_bits(), Target::Row(&row).at(k).to_bits());
        }
    }

    /// E, and ∂E/∂y behind outputs that are their own logits, on quarters: only logarithms round.
    #[test]
    fn values_and_gradients_by_hand() {
        let identity: &dyn OutputFunction<f64> = &Output::<Act>::Each(Act::Identity);
        let ln = |x: f64| Real::ln(x);
        let huber = ErrorFunction::Huber { threshold: 0.5 };
        let (y, t) = ([0.25_f64, 0.5, 0.75], [2.0, 0.25, 0.75]);
        let cases: [(ErrorFunction, f64, [f64; 3]); 5] = [
            (ErrorFunction::SumOfSquares, 0.5 * (1.75 * 1.75 + 0.25 * 0.25), [-1.75, 0.25, 0.0]),
            (ErrorFunction::CrossEntropy, -(2.0 * ln(0.25) + 0.25 * ln(0.5) + 0.75 * ln(0.75)), [-8.0, -0.5, -1.0]),
            (
                ErrorFunction::BinaryCrossEntropy,
                -(2.0 * ln(0.25) - ln(0.75) + 0.25 * ln(0.5) + 0.75 * ln(0.5) + 0.75 * ln(0.75) + 0.25 * ln(0.25)),
                [-1.75 / 0.1875, 1.0, 0.0],
            ),
            (ErrorFunction::Poisson, 1.5 - (2.0 * ln(0.25) + 0.25 * ln(0.5) + 0.75 * ln(0.75)), [-7.0, 0.5, 0.0]),
            (huber, 0.5 * 1.75 - 0.125 + 0.5 * 0.25 * 0.25, [-0.5, 0.25, 0.0]),
        ];
        for (loss, error, gradient) in cases {
            let p = Prediction { output: identity, a: &y, y: &y };
            let got = loss.value(&p, Target::Row(&t));
            // A logarithm is off by at most 1 ulp, at most 2⁻⁵² of 1.4; fewer than 16 terms and sums of at most 4.
            assert!((got - error).abs() <= 16.0 * 4.0 * f64::EPSILON, "{loss}: {got}, by hand {error}");
            let mut got = [9.0; 3];
            loss.gradient(&y, Target::Row(&t), &mut got);
            assert_eq!(got.map(f64::to_bits), gradient.map(f64::to_bits), "∂E/∂y of {loss}: {got:?}");
        }
        // Beyond the threshold the slope is the threshold.
        let g = |r: f64| {
            let mut g = [9.0];
            huber.gradient(&[r], Target::Row(&[0.0]), &mut g);
            g[0].to_bits()
        };
        assert_eq!([-2.0, -0.5, 0.5, 2.0].map(g), [-0.5_f64, -0.5, 0.5, 0.5].map(f64::to_bits));
    }

    /// A batch at once has the bits of its examples, for every pair and both kinds of targets, behind a box too.
    #[test]
    fn deltas_are_those_of_each_example() {
        let outputs = [
            Output::Softmax,
            Output::Exp,
            Output::Each(Act::Logistic),
            Output::Each(Act::Identity),
            Output::Each(Act::Softplus),
        ];
        let a = [0.5_f64, 1.25, 0.75, 2.0, 0.25, 1.5];
        let targets = [Targets::Rows(&[0.25, 0.5, 0.25, 1.0, 0.0, 0.125]), Targets::Classes(&[2, 0])];
        for output in &outputs {
            let mut y = a;
            y.chunks_exact_mut(3).for_each(|y| output.apply_row(y));
            let batch = Predictions { output, width: 3, a: &a, y: &y };
            for loss in ErrorFunction::ALL {
                let (name, boxed): (_, Box<dyn Loss<f64>>) = (loss.name(), Box::new(loss));
                for t in targets {
                    let mut want = [9.0; 6];
                    for (n, want) in want.chunks_exact_mut(3).enumerate() {
                        loss.delta(&batch.row(n), t.get(n, 3), want);
                    }
                    for loss in [&loss as &dyn Loss<f64>, &boxed] {
                        let mut got = [9.0; 6];
                        loss.deltas(&batch, t, &mut got);
                        assert_eq!(got.map(f64::to_bits), want.map(f64::to_bits), "{name} with {output}, {t:?}");
                    }
                }
            }
        }
    }

    /// 0 · ln 0 is no part of the error of a class: what is impossible and not asked for costs nothing.
    #[test]
    fn other_classes_may_be_impossible() {
        let p = Prediction { output: &Output::Each(Act::Identity), a: &[0.0_f64, 0.5], y: &[0.0, 0.5] };
        let by_class: f64 = ErrorFunction::CrossEntropy.value(&p, Target::Class(1));
        assert_eq!(by_class.to_bits(), (-Real::ln(0.5_f64)).to_bits());
        let asked_for: f64 = ErrorFunction::CrossEntropy.value(&p, Target::Class(0));
        assert_eq!(asked_for.to_bits(), f64::INFINITY.to_bits());
    }

    /// A loss whose three functions give different numbers.
    struct Numbers;

    impl Loss<f64> for Numbers {
        fn value(&self, _p: &Prediction<'_, f64>, _t: Target<'_, f64>) -> f64 {
            3.0
        }
        fn gradient(&self, _y: &[f64], _t: Target<'_, f64>, g: &mut [f64]) {
            g.fill(5.0);
        }
    }

    /// Behind a box too; and δ goes through the output unless told otherwise: h′ of e^a is y.
    #[test]
    fn a_box_asks_what_is_in_it() {
        let p = Prediction { output: &Output::<Act>::Exp, a: &[0.0], y: &[2.0] };
        let boxed: Box<dyn Loss<f64>> = Box::new(Numbers);
        let by = |loss: &dyn Loss<f64>| {
            let (mut g, mut delta) = ([9.0], [9.0]);
            loss.gradient(p.y, Target::Class(0), &mut g);
            loss.delta(&p, Target::Class(0), &mut delta);
            [loss.value(&p, Target::Class(0)), g[0], delta[0]].map(f64::to_bits)
        };
        assert_eq!(by(&boxed), [3.0_f64, 5.0, 10.0].map(f64::to_bits));
        let batch = Predictions { output: p.output, width: 1, a: &[0.0; 2], y: &[2.0, 3.0] };
        let mut deltas = [9.0; 2];
        (&boxed as &dyn Loss<f64>).deltas(&batch, Targets::Classes(&[0, 0]), &mut deltas);
        assert_eq!(deltas.map(f64::to_bits), [10.0, 15.0].map(f64::to_bits));
        // A canonical pair has a δ of its own behind a box as well: y − t, though this y is not e^a.
        let poisson: Box<dyn Loss<f64>> = Box::new(ErrorFunction::Poisson);
        let mut delta = [9.0];
        (&poisson as &dyn Loss<f64>).delta(&p, Target::Row(&[0.5]), &mut delta);
        assert_eq!(delta[0].to_bits(), 1.5_f64.to_bits());
    }
}
