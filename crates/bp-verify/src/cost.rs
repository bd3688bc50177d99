//! [`multiplications`]: what a forward and a backward pass cost, counted and not timed (M14).

use core::cell::Cell;
use core::ops::{Add, AddAssign, Mul, Neg, Sub};

use bp_core::Targets;
use bp_core::{
    Activation, Backend, Examples, Gradient, Output, OutputFunction, Plan, Scalar, ShapeError, SumOfSquares,
};

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// An `f64` whose multiplications are counted, per thread. See [`multiplications`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counted(pub f64);

/// Multiplications of one forward and one backward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// M3 and M4, activations included.
    pub forward: u64,
    /// M5, M6 and M7, ∂E/∂x included.
    pub backward: u64,
}

/// Counts every multiplication of scalars that the engine on a backend does for `rows` examples and the
/// sum of squares: products of matrices, their factor alpha (on the reference backend one per entry of the destination),
/// terms, h and h′.
///
/// ```
/// use bp_core::{Plan, Reference, Stack};
/// use bp_verify::{Poly, multiplications};
/// let plan = Plan::new(Stack::new(3).output(2, Poly::IDENTITY))?;
/// let cost = multiplications(&plan, &Reference, 1)?;
/// assert_eq!(cost.forward, 3 * 2 + 2 + 2 * 2); // W x, alpha, and two for each polynomial
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// None for a plan that was checked; the type is the engine's.
pub fn multiplications<H, B>(plan: &Plan<H>, backend: &B, rows: usize) -> Result<Cost, ShapeError>
where
    H: Activation<Counted>,
    Output<H>: OutputFunction<Counted>,
    B: Backend<Counted> + ?Sized,
{
    let params = vec![Counted(0.1); plan.n_params()];
    let (x, t) = (vec![Counted(0.5); rows * plan.inputs()], vec![Counted(0.0); rows * plan.outputs()]);
    let mut ws = plan.workspace(rows);
    let (mut dw, mut dx) = (params.clone(), x.clone());

    let before = COUNT.get();
    plan.forward(backend, &params, &x, &mut ws)?;
    let between = COUNT.get();
    let examples = Examples::new(&x, Targets::Rows(&t));
    let into = Gradient::replace(&mut dw).with_dx(&mut dx);
    plan.backward(backend, &SumOfSquares, &params, &examples, &mut ws, into)?;
    Ok(Cost { forward: between - before, backward: COUNT.get() - between })
}

impl Scalar for Counted {
    const ZERO: Self = Self(0.0);
    const ONE: Self = Self(1.0);
    const HALF: Self = Self(0.5);
}

impl Mul for Counted {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        COUNT.set(COUNT.get() + 1);
        Self(self.0 * b.0)
    }
}

impl Add for Counted {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        Self(self.0 + b.0)
    }
}

impl Sub for Counted {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        Self(self.0 - b.0)
    }
}

impl Neg for Counted {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Counted {
    fn add_assign(&mut self, b: Self) {
        self.0 += b.0;
    }
}
