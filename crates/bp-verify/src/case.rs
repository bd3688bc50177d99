//! [`Recipe`]: a random network in a few numbers, and [`Case`]: the network with parameters and a batch, ready for
//! every scalar.

use bp_core::{Act, Architecture, Connection, Examples, INPUT, Layer, Output, Plan, Scalar, Source, Targets, Term};

use crate::number::Number;

/// A feed-forward graph in a few numbers, from which shrinking and printing are easy. Drawn by
/// [`Recipe::random`] or, with the feature `proptest`, by [`strategy::recipe`](crate::strategy::recipe).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Width of the input, from 1.
    pub inputs: usize,
    /// Hidden layers in order.
    pub layers: Vec<LayerRecipe>,
    /// The output layer. Every hidden layer without a consumer feeds it too.
    pub output: LayerRecipe,
    /// Examples.
    pub rows: usize,
    /// Whether examples have weights.
    pub weighted: bool,
    /// Where parameters and data come from.
    pub seed: u64,
}

/// One layer of a [`Recipe`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerRecipe {
    /// Units, from 1.
    pub width: usize,
    /// Number of the activation, modulo those there are.
    pub function: usize,
    /// Whether it has biases.
    pub bias: bool,
    /// Sources: number of an earlier layer (modulo those there are; 0 is the input) and kind of connection.
    pub links: Vec<(usize, Kind)>,
}

/// How a link of a [`Recipe`] joins its layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Connection::Dense`].
    Dense,
    /// [`Connection::Identity`]; between different widths, fixed terms that wrap around.
    Identity,
    /// Terms for about half of the pairs, a weight for each.
    Masked,
    /// Terms that share three weights between all pairs, and a fixed one.
    Shared,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Dense, Self::Identity, Self::Masked, Self::Shared];

    /// The connection between `from` and `to` units.
    pub fn connection(self, to: usize, from: usize) -> Connection {
        let pairs = || (0..to as u32).flat_map(move |j| (0..from as u32).map(move |i| (j, i)));
        match self {
            Self::Dense => Connection::Dense,
            Self::Identity if to == from => Connection::Identity,
            Self::Identity => {
                let wrapped = (0..to.max(from)).map(|n| Term::fixed((n % to) as u32, (n % from) as u32));
                Connection::Terms(wrapped.collect())
            }
            Self::Masked => {
                let kept = pairs().filter(|(j, i)| (j + i) % 2 == 0);
                Connection::Terms(kept.zip(0..).map(|((j, i), w)| Term::weighted(j, i, w)).collect())
            }
            Self::Shared => {
                let shared = pairs().map(|(j, i)| Term::weighted(j, i, (j + 2 * i) % 3));
                Connection::Terms(shared.chain([Term::fixed(to as u32 - 1, 0)]).collect())
            }
        }
    }
}

impl Recipe {
    /// A recipe for small networks: up to 4 hidden layers of up to 6 units, up to 3 sources each.
    pub fn random(seed: u64) -> Self {
        let mut random = SplitMix(seed);
        let layer = |random: &mut SplitMix| LayerRecipe {
            width: 1 + random.below(6),
            function: random.below(64),
            bias: random.below(4) > 0,
            links: (0..1 + random.below(3)).map(|_| (random.below(64), Kind::ALL[random.below(4)])).collect(),
        };
        Self {
            inputs: 1 + random.below(4),
            layers: (0..random.below(5)).map(|_| layer(&mut random)).collect(),
            output: layer(&mut random),
            rows: 1 + random.below(5),
            weighted: random.below(2) == 0,
            seed,
        }
    }

    /// The graph, with hidden activations from `hidden` by number.
    pub fn architecture<H: Clone>(&self, hidden: &[H], output: Output<H>) -> Architecture<H> {
        let mut built: Vec<(String, usize)> = vec![(INPUT.into(), self.inputs)];
        let mut layers = vec![];
        for recipe in &self.layers {
            let name = format!("h{}", built.len());
            let function = hidden[recipe.function % hidden.len()].clone();
            layers.push(recipe.layer(name.clone(), function, &built));
            built.push((name, recipe.width));
        }
        let mut last = self.output.layer("out".into(), output, &built);
        for (name, width) in &built[1..] {
            let feeds = |sources: &[Source]| sources.iter().any(|s| s.from == *name);
            if !layers.iter().any(|l| feeds(&l.sources)) && !feeds(&last.sources) {
                let kind = Kind::ALL[width % 4];
                last.sources.push(Source { from: name.clone(), connection: kind.connection(last.width, *width) });
            }
        }
        Architecture::new(self.inputs, layers, last)
    }

    /// The network with built-in activations.
    pub fn case(&self, output: Output) -> Case {
        self.case_of(&Act::ALL, output)
    }

    /// The network with hidden activations from `hidden`. Parameters are hundredths in ±1, inputs and targets
    /// in ±2, weights of examples in 0 to 3.
    ///
    /// # Panics
    /// If a width is 0 or there are no examples.
    pub fn case_of<H: Clone>(&self, hidden: &[H], output: Output<H>) -> Case<H> {
        let plan = Plan::new(self.architecture(hidden, output)).expect("a recipe makes a feed-forward graph");
        let mut random = SplitMix(self.seed ^ 0x5EED);
        let mut draw =
            |n: usize, low: i64, high: i64| -> Vec<i64> { (0..n).map(|_| random.between(low, high)).collect() };
        Case {
            params: draw(plan.n_params(), -1000, 1000),
            x: draw(self.rows * plan.inputs(), -2000, 2000),
            t: draw(self.rows * plan.outputs(), -2000, 2000),
            weights: self.weighted.then(|| draw(self.rows, 0, 3000)),
            plan,
        }
    }
}

impl LayerRecipe {
    fn layer<F>(&self, name: String, function: F, built: &[(String, usize)]) -> Layer<F> {
        let mut layer = Layer { bias: self.bias, ..Layer::new(name, self.width, function) };
        for &(pick, kind) in &self.links {
            let (from, width) = &built[pick % built.len()];
            layer.sources.push(Source { from: from.clone(), connection: kind.connection(self.width, *width) });
        }
        layer
    }
}

/// A network with parameters and a batch, all in thousandths, so that every scalar holds the same numbers: floats
/// the nearest, the field the exact fraction.
#[derive(Debug, Clone)]
pub struct Case<H = Act> {
    /// The network.
    pub plan: Plan<H>,
    /// Parameters, in thousandths.
    pub params: Vec<i64>,
    /// Inputs, examples × inputs.
    pub x: Vec<i64>,
    /// Targets, examples × outputs.
    pub t: Vec<i64>,
    /// Weights of examples.
    pub weights: Option<Vec<i64>>,
}

/// The numbers of a [`Case`] as scalars `T`.
#[derive(Debug, Clone)]
pub struct Numbers<T> {
    /// Parameters.
    pub params: Vec<T>,
    /// Inputs.
    pub x: Vec<T>,
    /// Targets.
    pub t: Vec<T>,
    /// Weights of examples.
    pub weights: Option<Vec<T>>,
}

impl<H> Case<H> {
    /// Number of examples.
    pub fn rows(&self) -> usize {
        self.x.len() / self.plan.inputs()
    }

    /// The numbers as scalars `T`.
    pub fn numbers<T: Number>(&self) -> Numbers<T> {
        let all = |values: &[i64]| values.iter().map(|&n| T::from_thousandths(n)).collect();
        Numbers {
            params: all(&self.params),
            x: all(&self.x),
            t: all(&self.t),
            weights: self.weights.as_deref().map(all),
        }
    }
}

impl<T: Scalar> Numbers<T> {
    /// The whole batch.
    pub fn examples(&self) -> Examples<'_, T> {
        Examples { x: &self.x, t: Targets::Rows(&self.t), weights: self.weights.as_deref() }
    }

    /// Examples `from..to` of a batch with `rows` examples.
    pub fn part(&self, rows: usize, from: usize, to: usize) -> Examples<'_, T> {
        fn cut<T>(values: &[T], rows: usize, from: usize, to: usize) -> &[T] {
            let width = values.len() / rows;
            &values[from * width..to * width]
        }
        Examples {
            x: cut(&self.x, rows, from, to),
            t: Targets::Rows(cut(&self.t, rows, from, to)),
            weights: self.weights.as_deref().map(|weights| &weights[from..to]),
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): a generator in three lines, for cases that no library's update may change.
#[derive(Debug, Clone)]
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// A whole number from `low` to `high`, both included; in steps of ten, so that it prints as hundredths.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + 10 * self.below(((high - low) / 10 + 1) as usize) as i64
    }
}
