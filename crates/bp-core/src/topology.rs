//! The checks behind [`Plan::new`](crate::Plan::new): names, order, widths.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::architecture::INPUT;
use crate::plan::is_input;
use crate::{Architecture, Connection, PlanError, Source};

/// What hidden and output layers have in common.
pub(crate) struct Shape<'a> {
    pub(crate) name: &'a str,
    pub(crate) width: usize,
    pub(crate) bias: bool,
    pub(crate) sources: &'a [Source],
}

/// The layers in the architecture's order, the output last.
pub(crate) fn shapes<H>(architecture: &Architecture<H>) -> Vec<Shape<'_>> {
    let output = &architecture.output;
    let hidden = architecture.hidden.iter();
    hidden
        .map(|l| Shape { name: &l.name, width: l.width, bias: l.bias, sources: &l.sources })
        .chain([Shape { name: &output.name, width: output.width, bias: output.bias, sources: &output.sources }])
        .collect()
}

/// Checks names and sources, and sorts hidden layers so that every source comes before its consumers. Layers
/// that could stand in any order keep the order given.
pub(crate) fn sort<H>(mut architecture: Architecture<H>) -> Result<Architecture<H>, PlanError> {
    let order = {
        let layers = shapes(&architecture);
        check_names(&architecture, &layers)?;
        check_sources(&layers)?;
        order(&layers)?
    };
    let mut hidden: Vec<_> = architecture.hidden.into_iter().map(Some).collect();
    architecture.hidden = order.into_iter().filter_map(|l| hidden[l].take()).collect();
    Ok(architecture)
}

fn check_names<H>(architecture: &Architecture<H>, layers: &[Shape<'_>]) -> Result<(), PlanError> {
    if architecture.inputs == 0 {
        return Err(PlanError::NoUnits { layer: INPUT.into() });
    }
    for (l, layer) in layers.iter().enumerate() {
        if is_input(layer.name) || layers[..l].iter().any(|other| other.name == layer.name) {
            return Err(PlanError::DuplicateName { layer: layer.name.into() });
        }
        if layer.width == 0 {
            return Err(PlanError::NoUnits { layer: layer.name.into() });
        }
        if layer.sources.is_empty() {
            return Err(PlanError::NoSource { layer: layer.name.into() });
        }
    }
    Ok(())
}

fn check_sources(layers: &[Shape<'_>]) -> Result<(), PlanError> {
    let output = layers[layers.len() - 1].name;
    let mut consumed = vec![false; layers.len()];
    for layer in layers {
        for Source { from, .. } in layer.sources {
            if from == output {
                return Err(PlanError::OutputConsumed { layer: layer.name.into(), output: output.into() });
            }
            match layers.iter().position(|other| other.name == from) {
                Some(at) => consumed[at] = true,
                None if is_input(from) => {}
                None => {
                    let known = core::iter::once(INPUT).chain(layers.iter().map(|l| l.name));
                    let known = known.filter(|&name| name != layer.name && name != output).map(String::from);
                    return Err(PlanError::UnknownSource {
                        layer: layer.name.into(),
                        source_name: from.clone(),
                        known: known.collect(),
                    });
                }
            }
        }
    }
    match consumed[..layers.len() - 1].iter().position(|used| !used) {
        Some(unused) => Err(PlanError::NotConsumed { layer: layers[unused].name.into() }),
        None => Ok(()),
    }
}

/// Kahn's algorithm over the hidden layers, always taking the first that is ready.
fn order(layers: &[Shape<'_>]) -> Result<Vec<usize>, PlanError> {
    let hidden = &layers[..layers.len() - 1];
    let index = |name: &str| hidden.iter().position(|layer| layer.name == name);
    let waits_for: Vec<Vec<usize>> =
        hidden.iter().map(|layer| layer.sources.iter().filter_map(|s| index(&s.from)).collect()).collect();
    let mut placed = vec![false; hidden.len()];
    let mut order = vec![];
    while order.len() < hidden.len() {
        let ready = (0..hidden.len()).find(|&l| !placed[l] && waits_for[l].iter().all(|&s| placed[s]));
        let Some(next) = ready else {
            let stuck = (0..hidden.len()).filter(|&l| !placed[l]);
            return Err(PlanError::Cycle { layers: stuck.map(|l| hidden[l].name.into()).collect() });
        };
        placed[next] = true;
        order.push(next);
    }
    Ok(order)
}

/// The number of weights of a connection whose shape is right.
pub(crate) fn checked_weights(
    connection: &Connection,
    layer: &Shape<'_>,
    from: &str,
    from_width: usize,
) -> Result<usize, PlanError> {
    let (name, source_name) = (String::from(layer.name), String::from(from));
    match connection {
        Connection::Identity if from_width != layer.width => {
            Err(PlanError::IdentityWidth { layer: name, to: layer.width, source_name, from: from_width })
        }
        Connection::Terms(terms) => {
            let outside = |t: &crate::Term| t.to as usize >= layer.width || t.from as usize >= from_width;
            match terms.iter().position(outside) {
                Some(term) => Err(PlanError::TermOutOfRange {
                    layer: name,
                    source_name,
                    term,
                    to: terms[term].to,
                    to_width: layer.width,
                    from: terms[term].from,
                    from_width,
                }),
                None => Ok(connection.n_weights(layer.width, from_width)),
            }
        }
        Connection::Dense => layer.width.checked_mul(from_width).ok_or(PlanError::TooLarge { layer: name }),
        Connection::Identity => Ok(0),
    }
}
