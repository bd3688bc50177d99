//! Laws that hold backward passes against derivatives pushed forward by dual numbers.

use bp_core::{
    Activation, Architecture, Backend, Connection, Float, Gradient, INPUT, Layer, Output, OutputFunction, Plan,
    Reference, Scalar, ShapeError, Source, Workspace,
};

use super::{Sides, all_equal, all_within};
use crate::any_order::AnyOrder;
use crate::case::SplitMix;
use crate::{Case, Dual, Fp, Interval, Number, Poly, Rounded, Violation};

/// A [`Law`](super::Law) without a loss that may also run over dual numbers.
pub trait TangentLaw {
    /// Its name in messages.
    const NAME: &'static str;

    /// Whether it also holds where an activation has no derivative.
    const AT_KINKS: bool = false;

    /// Every pair that must agree for this case.
    ///
    /// # Errors
    /// None for a case that fits its plan; the type is the engine's.
    fn sides<T, H, B>(backend: &B, case: &Case<H>) -> Result<Vec<Sides<T>>, ShapeError>
    where
        T: Number,
        H: Activation<T> + Activation<Dual<T>>,
        Output<H>: OutputFunction<T> + OutputFunction<Dual<T>>,
        Output<Poly>: OutputFunction<T>,
        B: Backend<T> + ?Sized;
}

/// Checks a law exactly, over GF(2⁶¹ − 1), for polynomial activations.
///
/// # Errors
/// The first pair that differs.
pub fn tangents_exactly<X: TangentLaw, H>(backend: &dyn Backend<Fp>, case: &Case<H>) -> Result<(), Violation>
where
    H: Activation<Fp> + Activation<Dual<Fp>>,
{
    all_equal(X::NAME, X::sides(backend, case)?)
}

/// Checks a law over floats on any backend, as [`within`](super::within) does.
///
/// On a kink, or so near that rounding hides it, there is no derivative but two conventions, that of h′ and that of the dual
/// numbers: where an enclosure of y is [kinked](Interval::kinked), a law that does not hold [there](TangentLaw::AT_KINKS) says
/// nothing and this returns `Ok`.
///
/// # Errors
/// The first pair that is farther apart than the rounding bounds of both sides, NaN included.
pub fn tangents_within<X: TangentLaw, S, H>(backend: &dyn Backend<S>, case: &Case<H>) -> Result<(), Violation>
where
    S: Float + Number,
    H: Activation<S> + Activation<Dual<S>> + Activation<Rounded<S>> + Activation<Dual<Rounded<S>>>,
    H: Activation<Interval>,
{
    if !X::AT_KINKS && is_kinked::<S, H>(case)? {
        return Ok(());
    }
    let bounds = X::sides::<Rounded<S>, H, AnyOrder>(&AnyOrder, case)?;
    all_within(X::NAME, X::sides(backend, case)?, bounds)
}

/// Whether y depends on an activation at its kink.
fn is_kinked<S, H>(case: &Case<H>) -> Result<bool, ShapeError>
where
    S: Float + Number,
    H: Activation<Interval>,
{
    let (numbers, mut ws) = (case.numbers::<S>(), case.plan.workspace(case.rows()));
    let lift = |numbers: &[S]| -> Vec<Interval> { numbers.iter().map(|x| Interval::point(x.to_f64())).collect() };
    case.plan.forward(&Reference, &lift(&numbers.params), &lift(&numbers.x), &mut ws)?;
    Ok(outputs(&ws).iter().any(Interval::kinked))
}

/// J_ki = ∂y_k/∂x_i of every example: row k by a backward pass from ∂y_k/∂a with ∂E/∂x asked for, column i by a forward
/// pass over dual numbers (Bishop 5.3.4).
#[derive(Debug)]
pub enum JacobianByColumns {}

impl TangentLaw for JacobianByColumns {
    const NAME: &'static str = "Jacobian by backpropagation equals dual numbers";

    fn sides<T, H, B>(backend: &B, case: &Case<H>) -> Result<Vec<Sides<T>>, ShapeError>
    where
        T: Number,
        H: Activation<T> + Activation<Dual<T>>,
        Output<H>: OutputFunction<T> + OutputFunction<Dual<T>>,
        Output<Poly>: OutputFunction<T>,
        B: Backend<T> + ?Sized,
    {
        let (inputs, outputs, rows) = (case.plan.inputs(), case.plan.outputs(), case.rows());
        let columns: Result<Vec<Vec<T>>, ShapeError> = (0..inputs)
            .map(|i| {
                let along_x: Vec<T> =
                    (0..rows * inputs).map(|n| if n % inputs == i { T::ONE } else { T::ZERO }).collect();
                push_forward(case, &vec![T::ZERO; case.params.len()], &along_x)
            })
            .collect();
        let columns = columns?;
        let mut sides = vec![];
        for k in 0..outputs {
            let unit: Vec<T> = (0..rows * outputs).map(|n| if n % outputs == k { T::ONE } else { T::ZERO }).collect();
            let (_, dx) = pull_back(backend, case, &unit)?;
            for (at, left) in dx.into_iter().enumerate() {
                let (n, i) = (at / inputs, at % inputs);
                sides.push(Sides { place: format!("dy[{n}][{k}]/dx[{i}]"), left, right: columns[i][n * outputs + k] });
            }
        }
        Ok(sides)
    }
}

/// ⟨Ju, v⟩ = ⟨u, Jᵀv⟩, where J is the derivative of y by all parameters and inputs, Ju comes from dual numbers and Jᵀv from
/// a backward pass. Once for u in the parameters, once in the inputs, each random with v.
#[derive(Debug)]
pub enum Adjoint {}

impl TangentLaw for Adjoint {
    const NAME: &'static str = "forward and backward derivative are adjoint";

    fn sides<T, H, B>(backend: &B, case: &Case<H>) -> Result<Vec<Sides<T>>, ShapeError>
    where
        T: Number,
        H: Activation<T> + Activation<Dual<T>>,
        Output<H>: OutputFunction<T> + OutputFunction<Dual<T>>,
        Output<Poly>: OutputFunction<T>,
        B: Backend<T> + ?Sized,
    {
        let mut random = SplitMix(case.params.len() as u64);
        let v = draw(&mut random, case.rows() * case.plan.outputs());
        let (dw, dx) = pull_back(backend, case, &v)?;
        let (w, x) = (draw(&mut random, dw.len()), draw(&mut random, dx.len()));
        let of_w = push_forward(case, &w, &vec![T::ZERO; dx.len()])?;
        let of_x = push_forward(case, &vec![T::ZERO; dw.len()], &x)?;
        let side = |of: &str, left, right| Sides { place: format!("<Ju, v> in {of}"), left, right };
        Ok(vec![side("w", inner(&of_w, &v), inner(&w, &dw)), side("x", inner(&of_x, &v), inner(&x, &dx))])
    }
}

/// A connection L(w) z is linear in z and affine in w: ⟨δ, L(w) z⟩ = ⟨L(w)ᵀ δ, z⟩ = ⟨∂w(δ, z), w⟩ + ⟨δ, L(0) z⟩, where L(0)
/// is its fixed terms. For every connection of the case by itself, with random w, z and δ.
#[derive(Debug)]
pub enum AdjointOfConnections {}

impl TangentLaw for AdjointOfConnections {
    const NAME: &'static str = "a connection and its backward forms are adjoint";
    const AT_KINKS: bool = true;

    fn sides<T, H, B>(backend: &B, case: &Case<H>) -> Result<Vec<Sides<T>>, ShapeError>
    where
        T: Number,
        H: Activation<T> + Activation<Dual<T>>,
        Output<H>: OutputFunction<T> + OutputFunction<Dual<T>>,
        Output<Poly>: OutputFunction<T>,
        B: Backend<T> + ?Sized,
    {
        let architecture = case.plan.architecture();
        let width_of = |name: &str| {
            let hidden = architecture.hidden.iter().find(|layer| layer.name == name);
            hidden.map_or(architecture.inputs, |layer| layer.width)
        };
        let hidden = architecture.hidden.iter().map(|layer| (&layer.name, layer.width, &layer.sources));
        let output = &architecture.output;
        let (mut sides, mut random) = (vec![], SplitMix(case.params.len() as u64));
        for (name, width, sources) in hidden.chain([(&output.name, output.width, &output.sources)]) {
            for Source { from, connection } in sources {
                let plan = alone(connection, width, width_of(from));
                let w = draw::<T>(&mut random, plan.n_params());
                let z = draw(&mut random, case.rows() * plan.inputs());
                let delta = draw(&mut random, case.rows() * width);
                let mut ws = plan.workspace(case.rows());
                plan.forward(backend, &vec![T::ZERO; w.len()], &z, &mut ws)?;
                let fixed = inner(&delta, &outputs(&ws));
                plan.forward(backend, &w, &z, &mut ws)?;
                let forward = inner(&delta, &outputs(&ws));
                let (mut dw, mut dz) = (vec![T::ZERO; w.len()], vec![T::ZERO; z.len()]);
                let into = Gradient::replace(&mut dw).with_dx(&mut dz);
                plan.backward_from(backend, &delta, &w, &z, &mut ws, into)?;
                let place = |form| format!("{from} to {name}: <delta, L z> = {form}");
                sides.push(Sides { place: place("<L' delta, z>"), left: forward, right: inner(&dz, &z) });
                sides.push(Sides { place: place("<dw, w>"), left: forward, right: inner(&dw, &w) + fixed });
            }
        }
        Ok(sides)
    }
}

/// The network that is one connection and nothing else.
fn alone(connection: &Connection, width: usize, from: usize) -> Plan<Poly> {
    let sources = vec![Source { from: INPUT.into(), connection: connection.clone() }];
    let output = Layer { bias: false, sources, ..Layer::new("out", width, Output::Each(Poly::IDENTITY)) };
    Plan::new(Architecture::new(from, vec![], output)).expect("one connection is a graph")
}

/// Σₙ aₙ bₙ.
fn inner<T: Number>(a: &[T], b: &[T]) -> T {
    let mut sum = T::ZERO;
    a.iter().zip(b).for_each(|(&a, &b)| sum += a * b);
    sum
}

/// Hundredths in ±1.
fn draw<T: Number>(random: &mut SplitMix, n: usize) -> Vec<T> {
    (0..n).map(|_| T::from_thousandths(random.between(-1000, 1000))).collect()
}

fn outputs<T: Scalar>(ws: &Workspace<T>) -> Vec<T> {
    (0..ws.rows()).flat_map(|n| ws.y().row(n).to_vec()).collect()
}

/// The derivative of all y along a direction in the parameters and inputs, on the reference backend.
fn push_forward<T, H>(case: &Case<H>, along_w: &[T], along_x: &[T]) -> Result<Vec<T>, ShapeError>
where
    T: Number,
    H: Activation<Dual<T>>,
    Output<H>: OutputFunction<Dual<T>>,
{
    let mut dual = case.numbers::<Dual<T>>();
    let seeded = dual.params.iter_mut().zip(along_w).chain(dual.x.iter_mut().zip(along_x));
    seeded.for_each(|(number, &along)| number.derivatives = [along]);
    let mut ws = case.plan.workspace(case.rows());
    case.plan.forward(&Reference, &dual.params, &dual.x, &mut ws)?;
    Ok(outputs(&ws).iter().map(Dual::derivative).collect())
}

/// Jᵀv by parameters and by inputs, from ∂E/∂y = v.
fn pull_back<T, H, B>(backend: &B, case: &Case<H>, v: &[T]) -> Result<(Vec<T>, Vec<T>), ShapeError>
where
    T: Number,
    H: Activation<T>,
    Output<H>: OutputFunction<T>,
    B: Backend<T> + ?Sized,
{
    let (numbers, output) = (case.numbers::<T>(), &case.plan.architecture().output);
    let mut ws = case.plan.workspace(case.rows());
    case.plan.forward(backend, &numbers.params, &numbers.x, &mut ws)?;
    let mut delta = v.to_vec();
    for (n, delta) in delta.chunks_mut(output.width).enumerate() {
        output.function.pullback_row(ws.a(&output.name)?.row(n), ws.y().row(n), delta);
    }
    let (mut dw, mut dx) = (vec![T::ZERO; case.plan.n_params()], vec![T::ZERO; numbers.x.len()]);
    let into = Gradient::replace(&mut dw).with_dx(&mut dx);
    case.plan.backward_from(backend, &delta, &numbers.params, &numbers.x, &mut ws, into)?;
    Ok((dw, dx))
}
