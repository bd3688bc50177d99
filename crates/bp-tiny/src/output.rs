//! [`OutputFunction`]: the function of the output layer with the error function that belongs to it.

use core::marker::PhantomData;

use crate::{Activation, Identity, Logistic, Real};

/// How the output layer's pre-activations a become predictions y, and the error E that goes with it.
///
/// | type | y | E of one example | δ |
/// | --- | --- | --- | --- |
/// | [`Identity`] | a | ½ Σ_k (y_k − t_k)² (Bishop 5.14) | y − t |
/// | [`Logistic`] | σ(a) | −Σ_k [t_k ln y_k + (1 − t_k) ln(1 − y_k)] (5.23) | y − t |
/// | [`Softmax`] | e^{a_k} / Σ_j e^{a_j} (5.25) | −Σ_k t_k ln y_k (5.24) | y_k Σ_m t_m − t_k |
/// | [`Each<H>`](Each) | h(a) | ½ Σ_k (y_k − t_k)² | (y − t) h′(a) |
pub trait OutputFunction<S: Real>: Copy {
    /// y from a.
    fn apply<const K: usize>(a: &[S; K]) -> [S; K];

    /// E of one example.
    fn error<const K: usize>(a: &[S; K], y: &[S; K], t: &[S; K]) -> S;

    /// δ_k = ∂E/∂a_k (Bishop 5.54 for the canonical pairs).
    fn delta<const K: usize>(a: &[S; K], y: &[S; K], t: &[S; K]) -> [S; K];
}

impl<S: Real> OutputFunction<S> for Identity {
    #[inline(always)]
    fn apply<const K: usize>(a: &[S; K]) -> [S; K] {
        *a
    }
    #[inline(always)]
    fn error<const K: usize>(_a: &[S; K], y: &[S; K], t: &[S; K]) -> S {
        half_sum_of_squares(y, t)
    }
    #[inline(always)]
    fn delta<const K: usize>(_a: &[S; K], y: &[S; K], t: &[S; K]) -> [S; K] {
        difference(y, t)
    }
}

impl<S: Real> OutputFunction<S> for Logistic {
    #[inline(always)]
    fn apply<const K: usize>(a: &[S; K]) -> [S; K] {
        a.map(Real::logistic)
    }
    #[inline(always)]
    fn error<const K: usize>(a: &[S; K], _y: &[S; K], t: &[S; K]) -> S {
        let mut sum = S::ZERO;
        for (&a, &t) in a.iter().zip(t) {
            sum += t * (-a).softplus() + (S::ONE - t) * a.softplus();
        }
        sum
    }
    #[inline(always)]
    fn delta<const K: usize>(_a: &[S; K], y: &[S; K], t: &[S; K]) -> [S; K] {
        difference(y, t)
    }
}

/// y_k = e^{a_k} / Σ_j e^{a_j} (Bishop 5.25) with cross-entropy, for K exclusive classes.
///
/// ```
/// use bp_tiny::{OutputFunction, Softmax, one_hot};
/// let a = [0.0_f32, 1e4, 0.0];
/// let y = Softmax::apply(&a);
/// assert_eq!(y, [0.0, 1.0, 0.0]);
/// assert_eq!(Softmax::error(&a, &y, &one_hot(0)), 1e4); // finite although y₀ underflowed
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Softmax;

impl<S: Real> OutputFunction<S> for Softmax {
    #[inline(always)]
    fn apply<const K: usize>(a: &[S; K]) -> [S; K] {
        let shift = largest(a);
        let mut y = *a;
        for y in &mut y {
            *y = (*y - shift).exp();
        }
        let mut sum = S::ZERO;
        for &y in &y {
            sum += y;
        }
        for y in &mut y {
            *y = *y / sum;
        }
        y
    }
    #[inline(always)]
    fn error<const K: usize>(a: &[S; K], _y: &[S; K], t: &[S; K]) -> S {
        let shift = largest(a);
        let mut sum = S::ZERO;
        for &a in a {
            sum += (a - shift).exp();
        }
        let log_sum = sum.ln();
        let mut error = S::ZERO;
        for (&a, &t) in a.iter().zip(t) {
            error += -(t * ((a - shift) - log_sum));
        }
        error
    }
    #[inline(always)]
    fn delta<const K: usize>(_a: &[S; K], y: &[S; K], t: &[S; K]) -> [S; K] {
        let mut sum = S::ZERO;
        for &t in t {
            sum += t;
        }
        let mut delta = *y;
        for (delta, &t) in delta.iter_mut().zip(t) {
            *delta = *delta * sum - t;
        }
        delta
    }
}

/// Any activation as an output function, with the sum of squares: no canonical pair, so δ has the factor h′.
///
/// ```
/// use bp_tiny::{Each, OutputFunction, Tanh};
/// let (a, t) = ([0.0_f64], [0.5]);
/// let y = Each::<Tanh>::apply(&a);
/// assert_eq!(Each::<Tanh>::delta(&a, &y, &t), [-0.5]); // h′(0) = 1
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Each<H>(PhantomData<H>);

impl<S: Real, H: Activation<S>> OutputFunction<S> for Each<H> {
    #[inline(always)]
    fn apply<const K: usize>(a: &[S; K]) -> [S; K] {
        a.map(H::value)
    }
    #[inline(always)]
    fn error<const K: usize>(_a: &[S; K], y: &[S; K], t: &[S; K]) -> S {
        half_sum_of_squares(y, t)
    }
    #[inline(always)]
    fn delta<const K: usize>(a: &[S; K], y: &[S; K], t: &[S; K]) -> [S; K] {
        let mut delta = difference(y, t);
        for ((delta, &a), &y) in delta.iter_mut().zip(a).zip(y) {
            *delta = *delta * H::derivative(a, y);
        }
        delta
    }
}

/// The targets of a class: 1 in its place, 0 elsewhere.
///
/// ```
/// assert_eq!(bp_tiny::one_hot::<f32, 3>(2), [0.0, 0.0, 1.0]);
/// ```
///
/// # Panics
/// If there is no such class.
#[inline(always)]
pub fn one_hot<S: Real, const K: usize>(class: usize) -> [S; K] {
    let mut t = [S::ZERO; K];
    t[class] = S::ONE;
    t
}

#[inline(always)]
fn half_sum_of_squares<S: Real, const K: usize>(y: &[S; K], t: &[S; K]) -> S {
    let mut sum = S::ZERO;
    for (&y, &t) in y.iter().zip(t) {
        let r = y - t;
        sum += r * r;
    }
    S::HALF * sum
}

#[inline(always)]
fn difference<S: Real, const K: usize>(y: &[S; K], t: &[S; K]) -> [S; K] {
    let mut delta = *y;
    for (delta, &t) in delta.iter_mut().zip(t) {
        *delta = *delta - t;
    }
    delta
}

/// The largest a, so that every exponent is at most 0.
#[inline(always)]
fn largest<S: Real, const K: usize>(a: &[S; K]) -> S {
    let mut largest = a.first().copied().unwrap_or(S::ZERO);
    for &a in a.iter().skip(1) {
        largest = largest.max(a);
    }
    largest
}
