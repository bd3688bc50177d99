//! [`Errors`]: an error function with one fault, and [`Believed`]: the forward mathematics that its author believes in,
//! which is what a check of a gradient is given.

use bp_core::{Act, ErrorFunction, Float, Loss, Output, OutputFunction, OutputKind, Prediction, Real, Target};

use super::plant::Plant;

/// What stands in the logarithm of fault 15.
const IN_LOG: f64 = 1e-12;

/// The author's error function over any scalar: right, or with a fault that its derivative has too.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Believed {
    pub(crate) plant: Plant,
    pub(crate) of: ErrorFunction,
}

impl Believed {
    fn is(&self, plant: Plant) -> bool {
        self.plant == plant && self.of == ErrorFunction::CrossEntropy
    }
}

/// softmax of y, which is a softmax already.
fn twice<S: Real>(y: &[S]) -> Vec<S> {
    let mut q = y.to_vec();
    Output::<Act>::Softmax.apply_row(&mut q);
    q
}

impl<S: Real> Loss<S> for Believed {
    fn value(&self, p: &Prediction<'_, S>, t: Target<'_, S>) -> S {
        let mut sum = S::ZERO;
        if self.is(Plant::LogEpsilon) {
            p.y.iter().enumerate().for_each(|(k, &y)| sum += -(t.at(k) * (y + S::from_f64(IN_LOG)).ln()));
        } else if self.is(Plant::SoftmaxTwice) {
            twice(p.y).into_iter().enumerate().for_each(|(k, q)| sum += -(t.at(k) * q.ln()));
        } else {
            return self.of.value(p, t);
        }
        sum
    }

    fn gradient(&self, y: &[S], t: Target<'_, S>, g: &mut [S]) {
        if self.is(Plant::LogEpsilon) {
            g.iter_mut().enumerate().for_each(|(k, g)| *g = -(t.at(k) / (y[k] + S::from_f64(IN_LOG))));
        } else if self.is(Plant::SoftmaxTwice) {
            let mut sum = S::ZERO;
            (0..y.len()).for_each(|k| sum += t.at(k));
            g.iter_mut().zip(twice(y)).enumerate().for_each(|(k, (g, q))| *g = q * sum - t.at(k));
        } else {
            self.of.gradient(y, t, g);
        }
    }

    fn delta(&self, p: &Prediction<'_, S>, t: Target<'_, S>, delta: &mut [S]) {
        if self.is(Plant::LogEpsilon) || self.is(Plant::SoftmaxTwice) {
            self.gradient(p.y, t, delta);
            p.output.pullback_row(p.a, p.y, delta);
        } else {
            self.of.delta(p, t, delta);
        }
    }
}

/// The error function under test, in floats: [`Believed`], and δ with the [`Plant`] if that one sits here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Errors(pub(crate) Believed);

impl Errors {
    pub(crate) fn new(plant: Plant, of: ErrorFunction) -> Self {
        Self(Believed { plant, of })
    }
}

impl<S: Float> Loss<S> for Errors {
    fn value(&self, p: &Prediction<'_, S>, t: Target<'_, S>) -> S {
        self.0.value(p, t)
    }

    fn gradient(&self, y: &[S], t: Target<'_, S>, g: &mut [S]) {
        self.0.gradient(y, t, g);
    }

    fn delta(&self, p: &Prediction<'_, S>, t: Target<'_, S>, delta: &mut [S]) {
        self.0.delta(p, t, delta);
        let Believed { plant, of } = self.0;
        if plant == Plant::HalfLost && of == ErrorFunction::SumOfSquares {
            delta.iter_mut().for_each(|d| *d = *d + *d);
        }
        if of != ErrorFunction::CrossEntropy || p.output.kind() != OutputKind::Softmax {
            return;
        }
        let shift = p.a.iter().copied().fold(p.a[0], S::max);
        let mut with = |p: &dyn Fn(usize) -> S| {
            let mut weight = S::ZERO;
            (0..delta.len()).for_each(|k| weight += t.at(k));
            delta.iter_mut().enumerate().for_each(|(k, d)| *d = p(k) * weight - t.at(k));
        };
        let sum = |of: &dyn Fn(S) -> S| {
            let mut sum = S::ZERO;
            p.a.iter().for_each(|&a| sum += of(a));
            sum
        };
        match plant {
            Plant::NoShift => {
                let total = sum(&|a| a.exp());
                with(&|k| p.a[k].exp() / total);
            }
            Plant::SoftmaxEpsilon => {
                let total = sum(&|a| (a - shift).exp()) + S::from_f64(1e-8);
                with(&|k| (p.a[k] - shift).exp() / total);
            }
            Plant::RoundedP => with(&|k| S::from_f64(f64::from(p.y[k].to_f64() as f32))),
            Plant::LabelInGradient => {
                if let Target::Class(class) = t {
                    let next = Target::Class((class + 1) % delta.len() as u32);
                    self.0.delta(p, next, delta);
                }
            }
            Plant::NotCanonical => {
                delta.iter_mut().enumerate().for_each(|(k, d)| *d = *d * (p.y[k] * (S::ONE - p.y[k])));
            }
            _ => {}
        }
    }
}
