//! The slow specification: the same mathematics as plain loops over terms, one example at a time, on [`Ball`]s.
//!
//! It shares no code with the engine but the activations' `f64` values, numbers the parameters by itself, and sums
//! O_i, the consumers of a unit, one term after the other. Its centres are the answer, its radii the largest distance
//! at which an implementation over scalar `S` may stand: γ times the same network on absolute values, plus what came
//! in wrong, carried through by the largest slope. See `ball.rs` for the derivation.

use bp_core::{Act, Connection, ErrorFunction, Float, Output, Plan, Source};

use crate::arrays::Balls;
use crate::ball::{Ball, Rounding, Sum};

/// A network that the specification can run.
#[derive(Debug)]
pub struct Slow<'a> {
    plan: &'a Plan,
    loss: ErrorFunction,
    rounding: Rounding,
    params: Vec<Ball>,
    layers: Vec<Layer<'a>>,
}

#[derive(Debug)]
struct Layer<'a> {
    name: &'a str,
    width: usize,
    bias: Option<usize>,
    function: Function,
    sources: Vec<Link<'a>>,
}

#[derive(Debug)]
struct Link<'a> {
    from: Option<usize>,
    connection: &'a Connection,
    first_weight: usize,
    from_width: usize,
}

#[derive(Debug, Clone, Copy)]
enum Function {
    Each(Act),
    Softmax,
}

/// a, z, h′ of one example, by layer.
struct Trace {
    a: Vec<Vec<Ball>>,
    z: Vec<Vec<Ball>>,
    slope: Vec<Vec<Ball>>,
}

impl<'a> Slow<'a> {
    /// The network of a plan with given parameters, as scalar `S` would hold them.
    ///
    /// # Panics
    /// If output and loss are none of squares with an activation, cross-entropy with softmax, binary cross-entropy
    /// with logistic.
    pub fn new<S: Float>(plan: &'a Plan, loss: ErrorFunction, params: &[f64]) -> Self {
        let rounding = Rounding::of::<S>();
        let architecture = plan.architecture();
        let output = &architecture.output;
        let function = match (&output.function, loss) {
            (Output::Softmax, ErrorFunction::CrossEntropy) => Function::Softmax,
            (Output::Each(Act::Logistic), ErrorFunction::BinaryCrossEntropy) => Function::Each(Act::Logistic),
            (Output::Each(act), ErrorFunction::SumOfSquares) => Function::Each(*act),
            (output, loss) => panic!("no specification of {loss} with {output}"),
        };
        let hidden =
            architecture.hidden.iter().map(|l| (&l.name, l.width, l.bias, Function::Each(l.function), &l.sources));
        let all = hidden.chain([(&output.name, output.width, output.bias, function, &output.sources)]);
        let (mut layers, mut next): (Vec<Layer<'a>>, usize) = (vec![], 0);
        for (name, width, bias, function, sources) in all {
            let mut take = |n: usize| {
                next += n;
                next - n
            };
            let link = |Source { from, connection }: &'a Source| {
                let from = layers.iter().position(|layer| layer.name == from);
                let from_width = from.map_or(architecture.inputs, |l| layers[l].width);
                Link { from, connection, first_weight: take(connection.n_weights(width, from_width)), from_width }
            };
            let sources = sources.iter().map(link).collect();
            let bias = bias.then(|| take(width));
            layers.push(Layer { name, width, bias, function, sources });
        }
        assert_eq!(next, params.len(), "parameters of the slow specification");
        Self { plan, loss, rounding, params: params.iter().map(|&w| rounding.given(w)).collect(), layers }
    }

    /// Everything that a forward and a backward pass over the examples compute.
    pub fn run(&self, x: &[f64], t: &[f64]) -> Balls {
        let (inputs, outputs) = (self.plan.inputs(), self.plan.outputs());
        let mut balls = Balls::new();
        let mut put = |name: String, values: &[Ball]| balls.entry(name).or_default().extend_from_slice(values);
        let mut error = Sum::default();
        let mut gradient = vec![Sum::default(); self.params.len()];
        for (x, t) in x.chunks_exact(inputs).zip(t.chunks_exact(outputs)) {
            let x: Vec<Ball> = x.iter().map(|&x| self.rounding.given(x)).collect();
            let t: Vec<Ball> = t.iter().map(|&t| self.rounding.given(t)).collect();
            let trace = self.forward(&x);
            self.add_error(&trace, &t, &mut error);
            let (delta, dx) = self.backward(&x, &trace, self.output_delta(&trace, &t), &mut gradient);
            for (l, layer) in self.layers.iter().enumerate() {
                put(format!("a.{}", layer.name), &trace.a[l]);
                put(format!("z.{}", layer.name), &trace.z[l]);
                put(format!("delta.{}", layer.name), &delta[l]);
            }
            put("y".into(), &trace.z[self.layers.len() - 1]);
            put("dx".into(), &dx);
        }
        let error = error.finish(&self.rounding);
        let half = if self.loss == ErrorFunction::SumOfSquares { 0.5 } else { 1.0 };
        put("error".into(), &[Ball { v: half * error.v, r: half * error.r }]);
        for block in self.plan.blocks() {
            let sums = gradient[block.range.clone()].iter();
            put(format!("gradient.{block}"), &sums.map(|sum| sum.finish(&self.rounding)).collect::<Vec<_>>());
        }
        balls
    }

    /// ∂/∂x of the output layer's a, or of its y = h(a) where the loss is the sum of squares, for one example.
    pub fn jacobian(&self, x: &[f64]) -> Vec<Ball> {
        let x: Vec<Ball> = x.iter().map(|&x| self.rounding.given(x)).collect();
        let trace = self.forward(&x);
        let last = self.layers.len() - 1;
        let row = |k: usize| {
            let mut delta = vec![Ball::exact(0.0); self.layers[last].width];
            let through_h = self.loss == ErrorFunction::SumOfSquares;
            delta[k] = if through_h { trace.slope[last][k] } else { Ball::exact(1.0) };
            self.backward(&x, &trace, delta, &mut vec![Sum::default(); self.params.len()]).1
        };
        (0..self.layers[last].width).flat_map(row).collect()
    }

    /// M3 and M4.
    fn forward(&self, x: &[Ball]) -> Trace {
        let mut trace = Trace { a: vec![], z: vec![], slope: vec![] };
        for layer in &self.layers {
            let mut sums = vec![Sum::default(); layer.width];
            for link in &layer.sources {
                let source = link.from.map_or(x, |l| &trace.z[l]);
                link.for_each_term(layer.width, |to, from, w| sums[to].add_product(self.weight(w), source[from]));
            }
            for (j, sum) in sums.iter_mut().enumerate() {
                if let Some(bias) = layer.bias {
                    sum.add(self.params[bias + j]);
                }
            }
            let a: Vec<Ball> = sums.iter().map(|sum| sum.finish(&self.rounding)).collect();
            let (z, slope) = match layer.function {
                Function::Each(act) => a.iter().map(|&a| self.rounding.activation(act, a)).unzip(),
                Function::Softmax => self.rounding.softmax(&a).into_iter().unzip(),
            };
            trace.a.push(a);
            trace.z.push(z);
            trace.slope.push(slope);
        }
        trace
    }

    /// M6, for the three pairs.
    fn output_delta(&self, trace: &Trace, t: &[Ball]) -> Vec<Ball> {
        let last = self.layers.len() - 1;
        let y = &trace.z[last];
        let mut total = Sum::default();
        t.iter().for_each(|&t| total.add(t));
        let total = total.finish(&self.rounding);
        let one = |k: usize| match self.loss {
            ErrorFunction::CrossEntropy => self.rounding.difference(self.rounding.product(y[k], total), t[k]),
            ErrorFunction::BinaryCrossEntropy => self.rounding.difference(y[k], t[k]),
            _ => self.rounding.product(self.rounding.difference(y[k], t[k]), trace.slope[last][k]),
        };
        (0..y.len()).map(one).collect()
    }

    /// E of one example, for the sum of squares without its ½.
    fn add_error(&self, trace: &Trace, t: &[Ball], error: &mut Sum) {
        let last = self.layers.len() - 1;
        for (k, &t) in t.iter().enumerate() {
            let (a, y) = (trace.a[last][k], trace.z[last][k]);
            match self.loss {
                ErrorFunction::CrossEntropy => {
                    let ln_y = trace.slope[last][k];
                    error.add_product(t, Ball { v: -ln_y.v, ..ln_y });
                }
                ErrorFunction::BinaryCrossEntropy => {
                    error.add_product(t, self.rounding.softplus(Ball { v: -a.v, ..a }));
                    let rest = self.rounding.difference(Ball::exact(1.0), t);
                    error.add_product(rest, self.rounding.softplus(a));
                }
                _ => {
                    let r = self.rounding.difference(y, t);
                    error.add_product(r, r);
                }
            }
        }
    }

    /// M7 and M5: δ by layer, and ∂E/∂x.
    fn backward(
        &self,
        x: &[Ball],
        trace: &Trace,
        output: Vec<Ball>,
        gradient: &mut [Sum],
    ) -> (Vec<Vec<Ball>>, Vec<Ball>) {
        let mut sums: Vec<Vec<Sum>> = self.layers.iter().map(|layer| vec![Sum::default(); layer.width]).collect();
        let mut dx = vec![Sum::default(); x.len()];
        let mut deltas = vec![vec![]; self.layers.len()];
        let mut output = Some(output);
        for (l, layer) in self.layers.iter().enumerate().rev() {
            let through_h = |(sum, &slope): (&Sum, &Ball)| self.rounding.product(sum.finish(&self.rounding), slope);
            let delta = output.take().unwrap_or_else(|| sums[l].iter().zip(&trace.slope[l]).map(through_h).collect());
            for link in &layer.sources {
                let z = link.from.map_or(x, |s| &trace.z[s]);
                link.for_each_term(layer.width, |to, from, w| {
                    let below = link.from.map_or(&mut dx, |s| &mut sums[s]);
                    below[from].add_product(self.weight(w), delta[to]);
                    if let Some(w) = w {
                        gradient[w].add_product(delta[to], z[from]);
                    }
                });
            }
            if let Some(bias) = layer.bias {
                delta.iter().enumerate().for_each(|(j, &delta)| gradient[bias + j].add(delta));
            }
            deltas[l] = delta;
        }
        (deltas, dx.into_iter().map(|sum| sum.finish(&self.rounding)).collect())
    }

    fn weight(&self, w: Option<usize>) -> Ball {
        w.map_or(Ball::exact(1.0), |w| self.params[w])
    }
}

impl Link<'_> {
    /// Every connection is a list of terms: (to, from, number of the weight or none).
    fn for_each_term(&self, to_width: usize, mut visit: impl FnMut(usize, usize, Option<usize>)) {
        match self.connection {
            Connection::Identity => (0..to_width).for_each(|j| visit(j, j, None)),
            Connection::Terms(terms) => terms.iter().for_each(|term| {
                visit(term.to as usize, term.from as usize, term.weight.map(|w| self.first_weight + w as usize));
            }),
            _ => {
                for to in 0..to_width {
                    for from in 0..self.from_width {
                        visit(to, from, Some(self.first_weight + to * self.from_width + from));
                    }
                }
            }
        }
    }
}
