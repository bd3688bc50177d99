//! One trial: numbers drawn from a seed, what the subject makes of them after calls with other numbers, and what a
//! [`Spec`](crate::Spec) says about them.

use bp_core::{Float, Scalar};

use crate::bounds::LANES;
use crate::spec::record::{Chain, Recording};
use crate::{CheckedSpec, Draw, Dual, Failure, Interval, Lanes, Rounded, Shape, Spec, Subject, Tape};

/// Parameters, inputs and a cotangent, as the subject is given them.
#[derive(Debug, Clone)]
pub(crate) struct Trial<S> {
    pub(crate) p: Vec<S>,
    pub(crate) x: Vec<S>,
    pub(crate) cotangent: Vec<S>,
}

/// What the subject computed.
#[derive(Debug, Clone)]
pub(crate) struct Outcome<S> {
    pub(crate) y: Vec<S>,
    /// dp, then dx.
    pub(crate) gradient: Vec<S>,
    /// The same from a second call, into destinations full of NaN.
    pub(crate) again: Vec<S>,
    /// Those of the call before, with other numbers: what stood in the destinations.
    pub(crate) previous: Vec<S>,
}

/// What is true, and how far rounding may lead away from it.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    pub(crate) y: Vec<Interval>,
    /// Enclosures of the derivatives asked for.
    pub(crate) centres: Vec<Interval>,
    pub(crate) y_radii: Vec<f64>,
    /// Radii of all derivatives.
    pub(crate) radii: Vec<f64>,
}

/// The decoy's seed: another one, whatever the seed is.
const DECOY: u64 = 0xD1B5_4A32_D192_ED03;

impl<S: Float> Trial<S> {
    pub(crate) fn draw<P: CheckedSpec<S> + ?Sized>(spec: &P, seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        let (p, x) = Spec::<Lanes>::draw(spec, &mut draw);
        let cotangent = draw.cotangents(Spec::<Lanes>::shape(spec).outputs);
        let [p, x, cotangent] = [p, x, cotangent].map(|numbers| numbers.into_iter().map(S::from_f64).collect());
        Self { p, x, cotangent }
    }

    pub(crate) fn decoy<P: CheckedSpec<S> + ?Sized>(spec: &P, seed: u64) -> Self {
        Self::draw(spec, seed ^ DECOY)
    }

    /// True if every length is what the shape says.
    pub(crate) fn fits(&self, shape: Shape) -> bool {
        (self.p.len(), self.x.len(), self.cotangent.len()) == (shape.params, shape.inputs, shape.outputs)
    }

    /// Values alone, after a call with other numbers into the same destination.
    pub(crate) fn values<T: Subject<Real = S>>(&self, subject: &mut T, decoy: &Self) -> Result<Vec<S>, Failure> {
        let mut y = vec![S::from_f64(f64::NAN); self.cotangent.len()];
        subject.forward(&decoy.p, &decoy.x, &mut y)?;
        subject.forward(&self.p, &self.x, &mut y)?;
        Ok(y)
    }

    /// Values and derivatives. Before each call the subject and its destinations have seen the decoy, or NaN.
    pub(crate) fn run<T: Subject<Real = S>>(&self, subject: &mut T, decoy: &Self) -> Result<Outcome<S>, Failure> {
        let nan = S::from_f64(f64::NAN);
        let y = self.values(subject, decoy)?;
        // Numbers at first, so that one who adds to them is told from one who reads NaN.
        let (mut dp, mut dx) = (vec![S::ONE; self.p.len()], vec![S::ONE; self.x.len()]);
        let mut other = vec![nan; y.len()];
        subject.forward(&decoy.p, &decoy.x, &mut other)?;
        subject.vjp(&decoy.p, &decoy.x, &decoy.cotangent, &mut dp, &mut dx)?;
        let previous = [dp.clone(), dx.clone()].concat();
        subject.vjp(&self.p, &self.x, &self.cotangent, &mut dp, &mut dx)?;
        let gradient = [dp.clone(), dx.clone()].concat();
        dp.fill(nan);
        dx.fill(nan);
        subject.vjp(&self.p, &self.x, &self.cotangent, &mut dp, &mut dx)?;
        Ok(Outcome { y, gradient, again: [dp, dx].concat(), previous })
    }

    /// The true derivatives by the variables of `indices`, parameters first and inputs after them: forward mode, one pass for
    /// every [`LANES`] of them. Values and radii are those of all.
    pub(crate) fn truth<P: CheckedSpec<S> + ?Sized>(&self, spec: &P, indices: &[usize]) -> Truth {
        let lift = |x: &S| Lanes::constant(Interval::point(x.to_f64()));
        let mut variables: Vec<Lanes> = self.p.iter().chain(&self.x).map(lift).collect();
        let mut y = vec![Lanes::ZERO; self.cotangent.len()];
        let mut centres = vec![];
        // One pass for the values even if no derivative is wanted.
        let passes = indices.chunks(LANES).chain(indices.is_empty().then_some(&[] as &[usize]));
        for chunk in passes {
            for (lane, &index) in chunk.iter().enumerate() {
                variables[index].derivatives[lane] = Interval::ONE;
            }
            let (p, x) = variables.split_at(self.p.len());
            y.fill(Lanes::constant(Interval::WHOLE));
            spec.eval(p, x, &mut y);
            let mut sum = Lanes::ZERO;
            y.iter().zip(&self.cotangent).for_each(|(&y, c)| sum += lift(c) * y);
            let Dual { derivatives, .. } = sum;
            centres.extend_from_slice(&derivatives[..chunk.len()]);
            for &index in chunk {
                variables[index].derivatives = [Interval::ZERO; LANES];
            }
        }
        let (y_rounded, gradient) = self.sweep(spec, &self.cotangent, Chain::Full);
        Truth {
            y: y.iter().map(|y| y.value).collect(),
            centres,
            y_radii: y_rounded.iter().map(Rounded::error).collect(),
            radii: gradient.iter().map(Rounded::error).collect(),
        }
    }

    /// Values and derivatives over [`Tape`], for their bounds; or, with a fault, for comparison.
    pub(crate) fn sweep<P: CheckedSpec<S> + ?Sized>(
        &self,
        spec: &P,
        cotangent: &[S],
        chain: Chain,
    ) -> (Vec<Rounded<S>>, Vec<Rounded<S>>) {
        let recording = Recording::start();
        let variable = |&v: &S| recording.variable(Rounded::exact(v));
        let variables: Vec<Tape<S>> = self.p.iter().chain(&self.x).map(variable).collect();
        let (p, x) = variables.split_at(self.p.len());
        // What the spec does not write has no bound.
        let mut y = vec![Tape::constant(Rounded::new(f64::NAN, f64::INFINITY)); cotangent.len()];
        spec.eval(p, x, &mut y);
        let c: Vec<f64> = cotangent.iter().map(|c| c.to_f64()).collect();
        let gradient = recording.sweep(&y, &c, variables.len(), chain);
        (y.iter().map(Tape::value).collect(), gradient)
    }
}
