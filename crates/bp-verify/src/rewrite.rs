//! Networks rewritten into equal ones: renumbered units, biases as weights from a constant.

use bp_core::{Architecture, Connection, Layer, Plan, Source, Term};

/// Renumbers the units of layer `l` (after the hidden ones, the output layer): unit p is the old unit `order[p]`. Returns the plan and, for each of its
/// parameters, the number of the old one.
pub(crate) fn permute_units<H: Clone>(plan: &Plan<H>, l: usize, order: &[usize]) -> (Plan<H>, Vec<usize>) {
    let mut architecture = plan.architecture().clone();
    let name = architecture.hidden.get(l).map_or(&architecture.output.name, |layer| &layer.name).clone();
    let mut place = vec![0; order.len()];
    order.iter().enumerate().for_each(|(new, &old)| place[old] = new);
    let same: Vec<usize> = vec![];
    let (mut origin, widths) = (vec![], widths(&architecture));

    for_each_layer(&mut architecture, |layer, width, bias, sources| {
        let to = if layer == name { order } else { &same };
        for Source { from, connection } in sources {
            let from_width = widths(from);
            let from = if *from == name { order } else { &same };
            let start = origin.len();
            let old = |order: &[usize], n: usize| order.get(n).copied().unwrap_or(n);
            match connection {
                Connection::Dense => {
                    let pairs = (0..width).flat_map(|j| (0..from_width).map(move |i| (j, i)));
                    origin.extend(pairs.map(|(j, i)| start + old(to, j) * from_width + old(from, i)));
                }
                Connection::Identity if to.is_empty() && from.is_empty() => {}
                _ => {
                    let mut terms = terms_of(connection, width);
                    for term in &mut terms {
                        let new = |moved: bool, n: u32| if moved { place[n as usize] as u32 } else { n };
                        term.to = new(!to.is_empty(), term.to);
                        term.from = new(!from.is_empty(), term.from);
                    }
                    *connection = Connection::Terms(terms);
                    let n = connection.n_weights(width, from_width);
                    origin.extend(start..start + n);
                }
            }
        }
        let start = origin.len();
        if *bias {
            origin.extend((0..width).map(|j| start + to.get(j).copied().unwrap_or(j)));
        }
    });
    (Plan::new(architecture).expect("renumbering keeps the graph"), origin)
}

/// The network without biases: the input has one more unit, a constant 1, and every bias is the weight of a term from
/// it. Weights of dense connections from the input keep their places, so the parameters are the same flat slice.
pub(crate) fn biases_to_weights<H: Clone>(plan: &Plan<H>) -> Plan<H> {
    let mut architecture = plan.architecture().clone();
    let inputs = architecture.inputs;
    for_each_layer(&mut architecture, |_, width, bias, sources| {
        for source in sources.iter_mut().filter(|source| source.from == bp_core::INPUT) {
            source.connection = Connection::Terms(match &source.connection {
                Connection::Dense => {
                    let pairs = (0..width as u32).flat_map(|j| (0..inputs as u32).map(move |i| (j, i)));
                    pairs.zip(0..).map(|((j, i), w)| Term::weighted(j, i, w)).collect()
                }
                other => terms_of(other, width),
            });
        }
        if core::mem::take(bias) {
            let terms = (0..width as u32).map(|j| Term::weighted(j, inputs as u32, j)).collect();
            sources.push(Source { from: bp_core::INPUT.into(), connection: Connection::Terms(terms) });
        }
    });
    architecture.inputs += 1;
    Plan::new(architecture).expect("a constant keeps the graph")
}

/// An identity as terms; terms as they are.
fn terms_of(connection: &Connection, width: usize) -> Vec<Term> {
    match connection {
        Connection::Terms(terms) => terms.clone(),
        _ => (0..width as u32).map(|j| Term::fixed(j, j)).collect(),
    }
}

fn widths<H>(architecture: &Architecture<H>) -> impl Fn(&str) -> usize + use<H> {
    let hidden = architecture.hidden.iter().map(|layer| (layer.name.clone(), layer.width));
    let known: Vec<(String, usize)> = hidden.chain([(bp_core::INPUT.into(), architecture.inputs)]).collect();
    move |name| known.iter().find(|(n, _)| n == name).map_or(0, |&(_, width)| width)
}

fn for_each_layer<H>(
    architecture: &mut Architecture<H>,
    mut visit: impl FnMut(&str, usize, &mut bool, &mut Vec<Source>),
) {
    for Layer { name, width, bias, sources, .. } in &mut architecture.hidden {
        visit(name, *width, bias, sources);
    }
    let Layer { name, width, bias, sources, .. } = &mut architecture.output;
    visit(name, *width, bias, sources);
}
