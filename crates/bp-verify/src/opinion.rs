//! [`BlackBox`]: second opinions on the gradient of a program of which nothing is known but what it computes. No spec, so
//! no enclosure: differences, with a step that is chosen and an error that is estimated.

mod slopes;
mod taylor;

use core::fmt;

use bp_core::Float;

use self::slopes::{Slopes, slopes_at_zero};
pub use self::taylor::Taylor;
use crate::{Draw, Failure, Subject};

/// Coordinates that are visited one by one, and directions beside them.
const COORDINATES: usize = 4096;
const DIRECTIONS: usize = 32;

/// A function f: ℝⁿ → ℝ that can be called and nothing else.
///
/// ```
/// use bp_verify::BlackBox;
/// let mut f = BlackBox::new(|x: &[f64]| (x[0] * x[1]).sin());
/// let x = [0.5_f64, 1.25];
/// let cos = (x[0] * x[1]).cos();
/// let report = f.check(&x, &[x[1] * cos, x[0] * cos]);
/// assert!(report.passed() && report.resolution < 1e-8, "{report}");
/// assert!(!f.check(&x, &[x[1] * cos, x[0] * cos + 1e-7]).passed());
/// ```
#[derive(Debug, Clone)]
pub struct BlackBox<F> {
    f: F,
    seed: u64,
}

impl<F: FnMut(&[f64]) -> f64> BlackBox<F> {
    /// The function.
    pub fn new(f: F) -> Self {
        Self { f, seed: 0 }
    }

    /// Other random directions.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Holds a gradient at `x` against differences along every coordinate (up to 4096, drawn beyond that) and 32 random
    /// directions: the slope by Ridders' extrapolation of central differences, with its error estimate. At a kink, where
    /// the slopes from both sides differ by more than their errors, the gradient must lie between them.
    ///
    /// # Panics
    /// If the gradient has another length than `x`.
    pub fn check(&mut self, x: &[f64], gradient: &[f64]) -> Opinions {
        assert_eq!(x.len(), gradient.len(), "a gradient has one entry for every variable");
        let mut draw = Draw::new(self.seed);
        let mut report = Opinions::default();
        let coordinates: Vec<usize> = match x.len() <= COORDINATES {
            true => (0..x.len()).collect(),
            false => (0..COORDINATES).map(|_| draw.below(x.len())).collect(),
        };
        for i in coordinates {
            let slopes = self.along(x, |at, t| at[i] += t);
            report.add(format!("g[{i}]"), gradient[i], 0.0, slopes);
        }
        for n in 0..DIRECTIONS {
            let v = draw.numbers(x.len());
            let slopes = self.along(x, |at, t| at.iter_mut().zip(&v).for_each(|(x, v)| *x += t * v));
            let terms = || gradient.iter().zip(&v).map(|(g, v)| g * v);
            // The sum itself rounds.
            let size: f64 = terms().map(f64::abs).sum();
            let rounding = crate::gamma::<f64>(x.len() + 1) * size;
            report.add(format!("g·v{n}"), terms().sum(), rounding, slopes);
        }
        report
    }

    /// How fast the error of the tangent falls along a random direction; see [`Taylor`].
    pub fn taylor(&mut self, x: &[f64], gradient: &[f64]) -> Taylor {
        let v = Draw::new(self.seed).numbers(x.len());
        let slope: f64 = gradient.iter().zip(&v).map(|(g, v)| g * v).sum();
        let mut at = x.to_vec();
        taylor::taylor(slope, |t| {
            at.copy_from_slice(x);
            at.iter_mut().zip(&v).for_each(|(x, v)| *x += t * v);
            (self.f)(&at)
        })
    }

    fn along(&mut self, x: &[f64], mut go: impl FnMut(&mut [f64], f64)) -> Slopes {
        let mut at = x.to_vec();
        slopes_at_zero(|t| {
            at.copy_from_slice(x);
            go(&mut at, t);
            (self.f)(&at)
        })
    }
}

/// Adjoint identities: ⟨Ju, v⟩ = ⟨u, Jᵀv⟩ for `pairs` random u and v, Ju by differences of the subject's own forward
/// pass, Jᵀv by its backward pass.
///
/// # Errors
/// What the subject returns.
pub fn check_adjoint<T: Subject>(
    subject: &mut T,
    p: &[T::Real],
    x: &[T::Real],
    outputs: usize,
    pairs: usize,
    seed: u64,
) -> Result<Opinions, Failure> {
    let lift = |numbers: Vec<f64>| -> Vec<T::Real> { numbers.into_iter().map(bp_core::Real::from_f64).collect() };
    let zero = <T::Real as bp_core::Scalar>::ZERO;
    let mut draw = Draw::new(seed);
    let mut report = Opinions::default();
    let (mut dp, mut dx) = (vec![zero; p.len()], vec![zero; x.len()]);
    let mut y = vec![zero; outputs];
    for pair in 0..pairs {
        let (v, u) = (draw.cotangents(outputs), draw.numbers(p.len() + x.len()));
        subject.vjp(p, x, &lift(v.clone()), &mut dp, &mut dx)?;
        let terms = || dp.iter().chain(&dx).zip(&u).map(|(g, u)| g.to_f64() * u);
        let size: f64 = terms().map(f64::abs).sum();
        let mut failure = None;
        let slopes = slopes_at_zero(|t| {
            // The step that is taken, after rounding to the subject's floats, is part of what the noise measures.
            let moved =
                |from: &[T::Real], u: &[f64]| lift(from.iter().zip(u).map(|(a, u)| a.to_f64() + t * u).collect());
            let (u_p, u_x) = u.split_at(p.len());
            match subject.forward(&moved(p, u_p), &moved(x, u_x), &mut y) {
                Ok(()) => y.iter().zip(&v).map(|(y, v)| y.to_f64() * v).sum(),
                Err(error) => {
                    failure = Some(error);
                    f64::NAN
                }
            }
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        // How a black box rounds is not known: at most as a sum over every number that there is.
        let rounding = crate::gamma::<T::Real>(u.len() + v.len()) * size;
        report.add(format!("⟨u{pair}, Jᵀv{pair}⟩"), terms().sum(), rounding, slopes);
    }
    Ok(report)
}

/// One number against differences.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    /// Which: `g[3]`, or `g·v7` along a direction.
    pub place: String,
    /// The number under test.
    pub got: f64,
    /// Where the slope lies: one value, or at a kink from one side's to the other's.
    pub between: (f64, f64),
    /// The estimated error of that.
    pub error: f64,
    /// How far outside, in units of the error; 0 inside, ∞ for NaN.
    pub errors_outside: f64,
}

/// What [`BlackBox::check`] found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Opinions {
    /// Numbers that agree with differences.
    pub agree: usize,
    /// Numbers that do not, the first few of them.
    pub disagree: Vec<Opinion>,
    /// Numbers at a kink, that lie between the slopes of both sides. They are among those that agree.
    pub at_kinks: usize,
    /// Numbers of which differences say nothing: the function is not finite around, or no step converges.
    pub undecided: usize,
    /// The largest |slope| seen.
    pub largest: f64,
    /// The largest error estimate over [`largest`](Opinions::largest).
    pub resolution: f64,
    /// The largest error estimate.
    pub error: f64,
}

impl Opinions {
    /// True if something agrees, nothing disagrees and nothing is undecided.
    pub fn passed(&self) -> bool {
        self.agree > 0 && self.disagree.is_empty() && self.undecided == 0
    }

    fn add(&mut self, place: String, got: f64, rounding: f64, slopes: Slopes) {
        let Slopes { left, central, right, value } = slopes;
        let (Some(left), Some(right)) = (left, right) else { return self.undecided += 1 };
        let is_kink = (right.value - left.value).abs() > left.error + right.error;
        let (between, error) = match (is_kink, central) {
            (true, _) => ((left.value.min(right.value), left.value.max(right.value)), left.error.max(right.error)),
            (false, Some(central)) => ((central.value, central.value), central.error),
            (false, None) => return self.undecided += 1,
        };
        let error = error + rounding;
        let size = between.0.abs().max(between.1.abs());
        let distance = (between.0 - got).max(got - between.1);
        // An estimate larger than the slope, than every slope so far and than f itself decides nothing; comparisons are
        // written so that NaN disagrees.
        let scale = size.max(self.largest).max(value.abs());
        if !(error < f64::INFINITY) || (error > scale && distance <= error) {
            return self.undecided += 1;
        }
        self.largest = self.largest.max(size);
        self.error = self.error.max(error);
        self.resolution = if self.error > 0.0 { self.error / self.largest } else { 0.0 };
        if distance <= error {
            self.agree += 1;
            self.at_kinks += usize::from(is_kink);
        } else {
            let errors_outside = if distance.is_finite() { distance / error } else { f64::INFINITY };
            self.disagree.push(Opinion { place, got, between, error, errors_outside });
        }
    }
}

/// Findings that are written out.
const SHOWN: usize = 4;

impl fmt::Display for Opinions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { agree, disagree, at_kinks, undecided, largest, resolution, error } = self;
        let verdict = if self.passed() {
            "AGREE"
        } else if disagree.is_empty() {
            "UNDECIDED"
        } else {
            "DISAGREE"
        };
        writeln!(
            f,
            "differences {verdict}: {agree} agree ({at_kinks} at kinks), {} do not, {undecided} undecided",
            disagree.len()
        )?;
        for Opinion { place, got, between: (low, high), error, errors_outside } in disagree.iter().take(SHOWN) {
            writeln!(
                f,
                "  {place}: got {got:e}, slope in [{low:e}, {high:e}] ± {error:.1e}, {errors_outside:.1e} errors outside"
            )?;
        }
        writeln!(
            f,
            "  estimated error at most {error:.1e}, {resolution:.1e} of the largest slope ({largest:.3e}); an estimate, not a bound"
        )
    }
}
