//! [`Edge`]: every product w_ji z_i of a network by itself, with the number of its parameter.

use bp_core::{Architecture, Connection, INPUT, Layer, Plan, Source};

/// One term of one a_j: a weight or a fixed 1 from a unit, or a bias.
#[derive(Debug)]
pub(crate) struct Edge<'a> {
    /// Layer and unit it starts from; no layer for a bias.
    pub(crate) from: &'a str,
    from_unit: usize,
    /// Layer and unit it leads to.
    pub(crate) to: &'a str,
    to_unit: usize,
    /// The parameter; `None` if it is a fixed 1.
    pub(crate) param: Option<usize>,
}

impl Edge<'_> {
    pub(crate) fn starts_at(&self, layer: &str, unit: usize) -> bool {
        self.from == layer && self.from_unit == unit
    }

    pub(crate) fn ends_at(&self, layer: &str, unit: usize) -> bool {
        self.to == layer && self.to_unit == unit
    }
}

/// All of them, in the order of the parameters.
pub(crate) fn edges<H>(plan: &Plan<H>) -> Vec<Edge<'_>> {
    let architecture = plan.architecture();
    let (mut edges, mut start) = (vec![], 0);
    for layer in &architecture.hidden {
        add_layer(&mut edges, &mut start, architecture, layer);
    }
    add_layer(&mut edges, &mut start, architecture, &architecture.output);
    edges
}

fn add_layer<'a, H, F>(
    edges: &mut Vec<Edge<'a>>,
    start: &mut usize,
    architecture: &'a Architecture<H>,
    layer: &'a Layer<F>,
) {
    let mut push = |from, from_unit, to_unit, param| {
        edges.push(Edge { from, from_unit, to: &layer.name, to_unit, param });
    };
    for Source { from, connection } in &layer.sources {
        let hidden = architecture.hidden.iter().find(|source| source.name == *from);
        let width = if from == INPUT { architecture.inputs } else { hidden.map_or(0, |source| source.width) };
        match connection {
            Connection::Dense => {
                for n in 0..layer.width * width {
                    push(from, n % width, n / width, Some(*start + n));
                }
            }
            Connection::Terms(terms) => {
                for term in terms {
                    let param = term.weight.map(|weight| *start + weight as usize);
                    push(from, term.from as usize, term.to as usize, param);
                }
            }
            // An identity.
            _ => (0..layer.width).for_each(|j| push(from, j, j, None)),
        }
        *start += connection.n_weights(layer.width, width);
    }
    if layer.bias {
        (0..layer.width).for_each(|j| push("", 0, j, Some(*start + j)));
        *start += layer.width;
    }
}

/// The parameters of the chosen edges, each once; `None` if one of these is fixed, or there are none.
pub(crate) fn weights_of(edges: &[Edge<'_>], chosen: impl Fn(&Edge<'_>) -> bool) -> Option<Vec<usize>> {
    let weights: Option<Vec<usize>> = edges.iter().filter(|edge| chosen(edge)).map(|edge| edge.param).collect();
    let mut weights = weights.filter(|weights| !weights.is_empty())?;
    weights.sort_unstable();
    weights.dedup();
    Some(weights)
}
