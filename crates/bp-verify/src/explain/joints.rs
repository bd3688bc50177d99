//! Which unit feeds which, by which parameter: connections taken apart.

use bp_core::{Connection, Plan, Source};

/// Layers by name with their widths, the output last.
pub(super) fn widths<H>(plan: &Plan<H>) -> Vec<(String, usize)> {
    let architecture = plan.architecture();
    let hidden = architecture.hidden.iter().map(|layer| (layer.name.clone(), layer.width));
    hidden.chain([(architecture.output.name.clone(), architecture.output.width)]).collect()
}

/// One connection with the place of its weights.
pub(super) struct Joint<'a> {
    pub(super) layer: &'a str,
    width: usize,
    pub(super) source: &'a str,
    from_width: usize,
    connection: &'a Connection,
    /// Where its weights begin.
    base: usize,
}

/// Every connection, layer by layer.
pub(super) fn joints<H>(plan: &Plan<H>) -> Vec<Joint<'_>> {
    let architecture = plan.architecture();
    let widths = widths(plan);
    let width_of = |name: &str| widths.iter().find(|(n, _)| n == name).map_or(plan.inputs(), |(_, width)| *width);
    let hidden = architecture.hidden.iter().map(|layer| (&layer.name, layer.width, &layer.sources));
    let output = &architecture.output;
    let mut joints = vec![];
    for (layer, width, sources) in hidden.chain([(&output.name, output.width, &output.sources)]) {
        let mut blocks = plan.blocks().iter().filter(|block| block.layer == *layer && block.source.is_some());
        for Source { from, connection } in sources {
            let from_width = width_of(from);
            // A connection without weights has no block.
            let base = match connection.n_weights(width, from_width) {
                0 => 0,
                _ => blocks.next().expect("a block for every connection with weights").range.start,
            };
            joints.push(Joint { layer, width, source: from, from_width, connection, base });
        }
    }
    joints
}

impl Joint<'_> {
    /// Every (to, from, parameter) of unit `to`, or of unit `from`, or of both.
    pub(super) fn pairs(&self, to: Option<usize>, from: Option<usize>) -> Vec<(usize, usize, Option<usize>)> {
        let is = |wanted: Option<usize>, unit: usize| wanted.is_none_or(|wanted| wanted == unit);
        let range = |wanted: Option<usize>, width: usize| wanted.map_or(0..width, |unit| unit..unit + 1);
        match self.connection {
            Connection::Dense => range(to, self.width)
                .flat_map(|to| range(from, self.from_width).map(move |from| (to, from)))
                .map(|(to, from)| (to, from, Some(self.base + to * self.from_width + from)))
                .collect(),
            Connection::Identity => {
                range(to, self.width).filter(|&unit| is(from, unit)).map(|unit| (unit, unit, None)).collect()
            }
            Connection::Terms(terms) => terms
                .iter()
                .map(|term| (term.to as usize, term.from as usize, term.weight.map(|w| self.base + w as usize)))
                .filter(|&(t, f, _)| is(to, t) && is(from, f))
                .collect(),
            other => unreachable!("a connection is dense, identity or terms, not {other:?}"),
        }
    }

    /// Every (to, from) that parameter `index` joins.
    pub(super) fn uses(&self, index: usize) -> impl Iterator<Item = (usize, usize)> {
        let n_weights = self.connection.n_weights(self.width, self.from_width);
        let pairs = match (self.base..self.base + n_weights).contains(&index) {
            false => vec![],
            true if *self.connection == Connection::Dense => {
                let at = index - self.base;
                self.pairs(Some(at / self.from_width), Some(at % self.from_width))
            }
            true => self.pairs(None, None),
        };
        pairs.into_iter().filter(move |(.., w)| *w == Some(index)).map(|(to, from, _)| (to, from))
    }
}
