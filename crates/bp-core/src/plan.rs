//! [`Plan`]: a checked architecture. Only a plan can run. It knows no scalar and no backend.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use rand::Rng;

use crate::architecture::INPUT;
use crate::topology;
use crate::workspace::Layout;
use crate::{Accum, Act, Activation, Architecture, Connection, Init, Layer, PlanError, Real, Source};

/// Units of all layers together. A file of a few bytes can ask for any width by way of connections without weights.
const MAX_UNITS: usize = 1 << 24;

/// A checked network: layers in topological order, every parameter numbered.
///
/// Parameters are one flat slice. Layer after layer, it holds the weights of each source in the order given, stored
/// `[to][from]` as in w_ji, then the biases. [`blocks`](Plan::blocks) lists what stands where.
///
/// ```
/// use bp_core::{Act, Plan, stack};
/// let plan = Plan::new(stack(2).hidden(3, Act::Tanh).output(1, Act::Identity))?;
/// let names: Vec<String> = plan.blocks().iter().map(|block| block.to_string()).collect();
/// assert_eq!(names, ["h1.weight.input", "h1.bias", "out.weight.h1", "out.bias"]);
/// assert_eq!(plan.locate(4).unwrap().to_string(), "h1.weight.input[2][0]");
/// # Ok::<(), bp_core::PlanError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Plan<H = Act> {
    pub(crate) architecture: Architecture<H>,
    pub(crate) layout: Arc<Layout>,
    /// Per layer: its connections and its bias.
    pub(crate) steps: Vec<Step>,
    blocks: Vec<Block>,
}

/// What a layer computes, resolved to numbers.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) links: Vec<Link>,
    pub(crate) bias: Option<Range<usize>>,
}

/// A connection resolved to numbers.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// `None` for the input, else the index of the layer it comes from.
    pub(crate) source: Option<usize>,
    pub(crate) weights: Range<usize>,
    /// Whether this is the first of the source's consumers that the backward pass meets.
    pub(crate) back: Accum,
    /// Whether it is the last: then the source's δ is complete but for its h′.
    pub(crate) completes: bool,
}

/// A run of parameters that belong together: the weights of one connection, or the biases of one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The layer that is fed.
    pub layer: String,
    /// The source of the weights; `None` for biases.
    pub source: Option<String>,
    /// Where they stand in the flat slice.
    pub range: Range<usize>,
    /// Units of the layer; 1 for weights of a [`Connection::Terms`] and for biases.
    pub rows: usize,
    /// Units of the source; the number of weights for [`Connection::Terms`]; the layer's width for biases.
    pub cols: usize,
}

/// One parameter by layer, source, row and column. See [`Plan::locate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The block it stands in.
    pub block: &'a Block,
    /// Row in the block, from 0.
    pub row: usize,
    /// Column in the block, from 0.
    pub col: usize,
}

impl<H> Plan<H> {
    /// Checks an architecture and numbers its parameters.
    ///
    /// # Errors
    /// A [`PlanError`] that names the layer: a cycle, an unknown or doubled name, a width of 0 or too large, an
    /// identity connection between different widths, a term out of range, a layer that feeds nothing.
    pub fn new(architecture: Architecture<H>) -> Result<Self, PlanError> {
        let architecture = topology::sort(architecture)?;
        let shapes = topology::shapes(&architecture);
        let mut layout = Layout::new();
        for shape in &shapes {
            layout.push(shape.name, shape.width);
            if layout.units() > MAX_UNITS {
                let (layer, units) = (shape.name.into(), layout.units());
                return Err(PlanError::TooManyUnits { layer, units, limit: MAX_UNITS });
            }
        }

        let mut blocks = vec![];
        let mut steps = vec![];
        let mut next = 0_usize;
        let mut take = |n: usize, layer: &str| {
            let end = next.checked_add(n).filter(|&end| end <= isize::MAX as usize / 16);
            let end = end.ok_or_else(|| PlanError::TooLarge { layer: layer.into() })?;
            Ok(core::mem::replace(&mut next, end)..end)
        };
        for shape in &shapes {
            let mut links = vec![];
            for Source { from, connection } in shape.sources {
                let source = layout.index_of(from);
                let from_width = source.map_or(architecture.inputs, |l| layout.width(l));
                let n_weights = topology::checked_weights(connection, shape, from, from_width)?;
                let weights = take(n_weights, shape.name)?;
                if n_weights > 0 {
                    let (rows, cols) = match connection {
                        Connection::Dense => (shape.width, from_width),
                        _ => (1, n_weights),
                    };
                    blocks.push(Block {
                        layer: shape.name.into(),
                        source: Some(from.clone()),
                        range: weights.clone(),
                        rows,
                        cols,
                    });
                }
                links.push(Link { source, weights, back: Accum::Add, completes: false });
            }
            let bias = if shape.bias { Some(take(shape.width, shape.name)?) } else { None };
            if let Some(range) = &bias {
                let (range, cols) = (range.clone(), shape.width);
                blocks.push(Block { layer: shape.name.into(), source: None, range, rows: 1, cols });
            }
            steps.push(Step { links, bias });
        }
        mark_first_and_last_consumers(&mut steps);
        Ok(Self { architecture, layout: Arc::new(layout), steps, blocks })
    }

    /// Fills `params` with initial weights and zero biases.
    ///
    /// Each layer's fan-in is the number of weighted inputs of one of its units over all sources, its fan-out its
    /// width. With `init` `None` each layer uses what suits its activation ([`Activation::init`]).
    ///
    /// ```
    /// use bp_core::{Act, Plan, stack};
    /// use rand::rand_core::Infallible;
    /// # struct Zigzag(u32);
    /// # impl rand::TryRng for Zigzag {
    /// #     type Error = Infallible;
    /// #     fn try_next_u32(&mut self) -> Result<u32, Infallible> { self.0 = self.0.wrapping_mul(747796405).wrapping_add(1); Ok(self.0) }
    /// #     fn try_next_u64(&mut self) -> Result<u64, Infallible> { Ok(u64::from(self.try_next_u32()?) << 32 | 1) }
    /// #     fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> { dst.fill(1); Ok(()) }
    /// # }
    /// # let mut rng = Zigzag(1);
    /// let plan = Plan::new(stack(2).hidden(3, Act::Tanh).output(1, Act::Identity))?;
    /// let mut params = vec![f32::NAN; plan.n_params()];
    /// plan.init(&mut params, None, &mut rng); // any generator of `rand`
    /// let bound = (6.0_f32 / (2.0 + 3.0)).sqrt();
    /// assert!(params[..6].iter().all(|w| w.abs() <= bound));
    /// assert_eq!(params[6..9], [0.0; 3]);
    /// # Ok::<(), bp_core::PlanError>(())
    /// ```
    ///
    /// # Panics
    /// If `params` has another length than [`n_params`](Plan::n_params).
    pub fn init<S: Real, R: Rng + ?Sized>(&self, params: &mut [S], init: Option<Init>, rng: &mut R)
    where
        H: Activation<S>,
    {
        assert_eq!(params.len(), self.n_params(), "one value per parameter");
        for (l, (step, shape)) in self.steps.iter().zip(topology::shapes(&self.architecture)).enumerate() {
            let default = self.architecture.hidden.get(l).map_or(Init::GlorotUniform, |layer| layer.function.init());
            let init = init.unwrap_or(default);
            let widths = step.links.iter().map(|link| link.source.map_or(self.inputs(), |s| self.layout.width(s)));
            let fans = shape.sources.iter().zip(widths).map(|(s, from)| s.connection.fan_in(shape.width, from));
            let (fan_in, fan_out) = (fans.sum(), shape.width as f64);
            for link in &step.links {
                for w in &mut params[link.weights.clone()] {
                    *w = S::from_f64(init.draw(fan_in, fan_out, rng));
                }
            }
            if let Some(bias) = &step.bias {
                params[bias.clone()].fill(S::ZERO);
            }
        }
    }

    /// The architecture, hidden layers in topological order.
    pub fn architecture(&self) -> &Architecture<H> {
        &self.architecture
    }

    /// Number of parameters: weights and biases.
    pub fn n_params(&self) -> usize {
        self.blocks.last().map_or(0, |block| block.range.end)
    }

    /// The multiply-adds of the largest product that a pass over `rows` examples needs, of eight examples if there are
    /// fewer, because a thin product takes no less time: what [`Backend::install`](crate::Backend::install) wants to know.
    ///
    /// ```
    /// use bp_core::{Act, Plan, stack};
    /// let plan = Plan::new(stack(2).hidden(3, Act::Tanh).output(1, Act::Identity))?;
    /// assert_eq!(plan.largest_product(10), 2 * 3 * 10);
    /// # Ok::<(), bp_core::PlanError>(())
    /// ```
    pub fn largest_product(&self, rows: usize) -> usize {
        let weights = self.blocks.iter().filter(|block| block.source.is_some()).map(|block| block.range.len());
        weights.max().unwrap_or(0).saturating_mul(rows.max(8))
    }

    /// Width of the input.
    pub fn inputs(&self) -> usize {
        self.architecture.inputs
    }

    /// Width of the output layer.
    pub fn outputs(&self) -> usize {
        self.architecture.output.width
    }

    /// The parameter blocks in order; together they cover the flat slice without a gap.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// What parameter number `index` is; `None` if there are fewer.
    pub fn locate(&self, index: usize) -> Option<Place<'_>> {
        let block = &self.blocks[self.blocks.partition_point(|block| block.range.end <= index)..].first()?;
        let at = index - block.range.start;
        Some(Place { block, row: at / block.cols, col: at % block.cols })
    }

    /// The connection behind link `i` of layer `l`.
    pub(crate) fn connection(&self, l: usize, i: usize) -> &Connection {
        let sources = match self.architecture.hidden.get(l) {
            Some(Layer { sources, .. }) => sources,
            None => &self.architecture.output.sources,
        };
        &sources[i].connection
    }
}

/// Walks the layers as the backward pass does and lets the first consumer of each source replace what stands in
/// the source's δ, the others add to it (M1: a unit with several consumers adds their errors). Then walks back, for the
/// last one.
fn mark_first_and_last_consumers(steps: &mut [Step]) {
    let mut met = vec![false; steps.len() + 1];
    for step in steps.iter_mut().rev() {
        for link in &mut step.links {
            let slot = link.source.map_or(0, |layer| layer + 1);
            if !core::mem::replace(&mut met[slot], true) {
                link.back = Accum::Replace;
            }
        }
    }
    met.fill(false);
    for step in steps.iter_mut() {
        for link in step.links.iter_mut().rev() {
            if let Some(layer) = link.source {
                link.completes = !core::mem::replace(&mut met[layer], true);
            }
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{}.weight.{source}", self.layer),
            None => write!(f, "{}.bias", self.layer),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.block.rows {
            1 if self.block.source.is_none() => write!(f, "{}[{}]", self.block, self.col),
            _ => write!(f, "{}[{}][{}]", self.block, self.row, self.col),
        }
    }
}

/// True if `name` is reserved for the input.
pub(crate) fn is_input(name: &str) -> bool {
    name == INPUT
}
