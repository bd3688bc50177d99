//! [`Spec`] and [`Subject`]: what a user brings to have a derivative of their own certified. The mathematics, forward
//! only; and the program under test, forward and back.

pub(crate) mod certification;
pub(crate) mod draw;
mod record;
mod signature;
pub(crate) mod subjects;

pub(crate) mod tape;
mod trial;

use bp_core::{Float, Real};

use crate::{Draw, Lanes, RoundingModel, Tape};

/// How many numbers go in and come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Parameters.
    pub params: usize,
    /// Inputs. Of a batch, all of its rows.
    pub inputs: usize,
    /// Outputs, likewise.
    pub outputs: usize,
}

/// Forward mathematics, over any scalar: what the program under test ought to compute. No derivative is written here.
///
/// Write it from the formulas of a book or paper, not from the code it is compared with: a misprint that stands in both
/// is one that nobody sees.
///
/// ```
/// use bp_core::Real;
/// use bp_verify::{Shape, Spec};
///
/// /// y = p₀ tanh(p₁ x).
/// struct Unit;
///
/// impl<S: Real> Spec<S> for Unit {
///     fn shape(&self) -> Shape {
///         Shape { params: 2, inputs: 1, outputs: 1 }
///     }
///     fn eval(&self, p: &[S], x: &[S], y: &mut [S]) {
///         y[0] = p[0] * (p[1] * x[0]).tanh();
///     }
/// }
/// ```
pub trait Spec<S: Real> {
    /// How many parameters, inputs and outputs there are.
    fn shape(&self) -> Shape;

    /// y from parameters and inputs. `y` must be written in full; what stands there means nothing.
    fn eval(&self, p: &[S], x: &[S], y: &mut [S]);

    /// What reports call the derivative by parameter `index`: `dp[17]`, or `dv[2][11]` if you say so.
    fn place(&self, index: usize) -> String {
        format!("dp[{index}]")
    }

    /// What reports call the derivative by input `index`.
    fn input_place(&self, index: usize) -> String {
        format!("dx[{index}]")
    }

    /// Parameters and inputs to certify at: unless told otherwise, short decimals in ±1, none of them 0. They are
    /// rounded to the subject's scalar, and those floats are then the exact numbers.
    fn draw(&self, draw: &mut Draw) -> (Vec<f64>, Vec<f64>) {
        let Shape { params, inputs, .. } = self.shape();
        (draw.numbers(params), draw.numbers(inputs))
    }
}

const _: Option<&dyn Spec<f64>> = None;

/// A [`Spec`] over every scalar that certifying in `S` needs. Whatever is written over `S: Real` is one.
pub trait CheckedSpec<S: Float>: Spec<Lanes> + Spec<Tape<S>> {}

impl<S: Float, P: Spec<Lanes> + Spec<Tape<S>> + ?Sized> CheckedSpec<S> for P {}

const _: Option<&dyn CheckedSpec<f32>> = None;

impl<S: Real, P: Spec<S> + ?Sized> Spec<S> for &P {
    fn shape(&self) -> Shape {
        (**self).shape()
    }
    fn eval(&self, p: &[S], x: &[S], y: &mut [S]) {
        (**self).eval(p, x, y);
    }
    fn place(&self, index: usize) -> String {
        (**self).place(index)
    }
    fn input_place(&self, index: usize) -> String {
        (**self).input_place(index)
    }
    fn draw(&self, draw: &mut Draw) -> (Vec<f64>, Vec<f64>) {
        (**self).draw(draw)
    }
}

/// Why a [`Subject`] could not compute: any error of yours.
pub type Failure = Box<dyn core::error::Error + Send + Sync>;

/// The program under test: a layer, a loss, a function of anybody's.
///
/// Every call stands for itself. What an earlier call left in the subject or in the destinations must not matter, and the
/// checker sees to it that it would: it calls with other numbers in between and leaves their results, or NaN, in
/// the destinations. A layer that keeps activations from its forward pass calls that pass in `vjp` first.
pub trait Subject {
    /// `f32` or `f64`.
    type Real: Float;

    /// y at parameters `p` and inputs `x`; `y` is overwritten.
    ///
    /// # Errors
    /// Anything that keeps it from computing; the certification stops there.
    fn forward(&mut self, p: &[Self::Real], x: &[Self::Real], y: &mut [Self::Real]) -> Result<(), Failure>;

    /// Σ_k c_k ∂y_k/∂p into `dp` and Σ_k c_k ∂y_k/∂x into `dx` for the `cotangent` c. Both are overwritten.
    ///
    /// # Errors
    /// Anything that keeps it from computing; the certification stops there.
    fn vjp(
        &mut self,
        p: &[Self::Real],
        x: &[Self::Real],
        cotangent: &[Self::Real],
        dp: &mut [Self::Real],
        dx: &mut [Self::Real],
    ) -> Result<(), Failure>;

    /// How it rounds, if not by the standard model.
    fn rounding(&self) -> RoundingModel {
        RoundingModel::standard()
    }
}

const _: Option<&dyn Subject<Real = f64>> = None;

impl<T: Subject + ?Sized> Subject for &mut T {
    type Real = T::Real;
    fn forward(&mut self, p: &[T::Real], x: &[T::Real], y: &mut [T::Real]) -> Result<(), Failure> {
        (**self).forward(p, x, y)
    }
    fn vjp(
        &mut self,
        p: &[T::Real],
        x: &[T::Real],
        cotangent: &[T::Real],
        dp: &mut [T::Real],
        dx: &mut [T::Real],
    ) -> Result<(), Failure> {
        (**self).vjp(p, x, cotangent, dp, dx)
    }
    fn rounding(&self) -> RoundingModel {
        (**self).rounding()
    }
}
