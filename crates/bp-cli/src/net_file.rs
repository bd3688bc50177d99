//! Networks as TOML files: any graph of layers, in the words of [`bp_core::Architecture`].

use std::fmt;

use bp_core::{Act, Architecture, Connection, INPUT, Layer, Output, Plan, PlanError, Source, Term};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::hint::hinted;

/// Why a text is no network.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NetFileError {
    #[error("cannot read: {0}")]
    Io(std::io::Error),
    #[error("line {line}: {message}")]
    Toml { line: usize, message: String },
    #[error("there is no layer, expected at least one `[[layer]]`")]
    NoLayers,
    #[error("the output layer `{output}` does not exist; there are: {}", known.join(", "))]
    NoOutput { output: String, known: Vec<String> },
    #[error("layer `{layer}` has no width; only the output layer takes its width from the data")]
    NoWidth { layer: String },
    #[error("output layer `{layer}` has width {got}, but the data needs {expected}")]
    OutputWidth { layer: String, expected: usize, got: usize },
    #[error("layer `{layer}`: {why}")]
    Function { layer: String, why: String },
    #[error("layer `{layer}`: {why} in the source `{from}`")]
    Source { layer: String, from: String, why: String },
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetFile {
    /// The name of the output layer; the last one unless told.
    output: Option<String>,
    #[serde(rename = "layer", default)]
    layers: Vec<LayerEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayerEntry {
    name: String,
    width: Option<usize>,
    activation: Option<String>,
    bias: Option<bool>,
    from: Option<Vec<SourceEntry>>,
}

/// `"h1"` or `{ layer = "h1", kind = "identity" }`.
#[derive(Debug)]
struct SourceEntry {
    layer: String,
    kind: Option<Kind>,
    terms: Option<Vec<Vec<u32>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Dense,
    Identity,
    Terms,
}

impl NetFile {
    /// Reads the text of a file.
    pub(crate) fn parse(text: &str) -> Result<Self, NetFileError> {
        let file: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count() + 1;
            NetFileError::Toml { line, message: hinted(&error.message().replace('\n', "; ")) }
        })?;
        match file.layers.is_empty() {
            true => Err(NetFileError::NoLayers),
            false => Ok(file),
        }
    }

    /// The output function that the file names, if any.
    pub(crate) fn output_function(&self) -> Result<Option<Output>, NetFileError> {
        let layer = &self.layers[self.output_index()?];
        layer.activation.as_deref().map(|name| function(layer, name)).transpose()
    }

    /// The network for so many inputs and outputs, with `output` as its output function.
    pub(crate) fn plan(&self, inputs: usize, outputs: usize, output: &Output) -> Result<Plan, NetFileError> {
        let output_idx = self.output_index()?;
        let mut hidden = vec![];
        for (l, entry) in self.layers.iter().enumerate().filter(|(l, _)| *l != output_idx) {
            let width = entry.width.ok_or_else(|| NetFileError::NoWidth { layer: entry.name.clone() })?;
            let act = entry.activation.as_deref().map_or(Ok(Act::Tanh), |name| function(entry, name))?;
            hidden.push(Layer {
                name: entry.name.clone(),
                width,
                bias: entry.bias.unwrap_or(true),
                function: act,
                sources: self.sources(l, output_idx)?,
            });
        }
        let entry = &self.layers[output_idx];
        if let Some(got) = entry.width.filter(|&width| width != outputs) {
            return Err(NetFileError::OutputWidth { layer: entry.name.clone(), expected: outputs, got });
        }
        let output = Layer {
            name: entry.name.clone(),
            width: outputs,
            bias: entry.bias.unwrap_or(true),
            function: output.clone(),
            sources: self.sources(output_idx, output_idx)?,
        };
        Ok(Plan::new(Architecture { inputs, hidden, output })?)
    }

    fn output_index(&self) -> Result<usize, NetFileError> {
        let Some(output) = &self.output else { return Ok(self.layers.len() - 1) };
        self.layers.iter().position(|layer| layer.name == *output).ok_or_else(|| NetFileError::NoOutput {
            output: output.clone(),
            known: self.layers.iter().map(|layer| layer.name.clone()).collect(),
        })
    }

    /// What feeds a layer: unless told, the hidden layer before it, or the input.
    fn sources(&self, l: usize, output_idx: usize) -> Result<Vec<Source>, NetFileError> {
        let entry = &self.layers[l];
        let Some(from) = &entry.from else {
            let before = self.layers[..l].iter().enumerate().rev().find(|(before, _)| *before != output_idx);
            let from = before.map_or(INPUT, |(_, layer)| &layer.name);
            return Ok(vec![Source { from: from.into(), connection: Connection::Dense }]);
        };
        from.iter()
            .map(|source| {
                let connection = source.connection().map_err(|why| NetFileError::Source {
                    layer: entry.name.clone(),
                    from: source.layer.clone(),
                    why,
                })?;
                Ok(Source { from: source.layer.clone(), connection })
            })
            .collect()
    }
}

fn function<F>(layer: &LayerEntry, name: &str) -> Result<F, NetFileError>
where
    F: std::str::FromStr<Err: fmt::Display>,
{
    name.parse()
        .map_err(|error: F::Err| NetFileError::Function { layer: layer.name.clone(), why: hinted(&error.to_string()) })
}

impl SourceEntry {
    fn connection(&self) -> Result<Connection, String> {
        match (self.kind, &self.terms) {
            (Some(Kind::Terms) | None, Some(terms)) => {
                let terms = terms.iter().enumerate().map(|(at, numbers)| match numbers[..] {
                    // The largest number stands for "no weight" in model files.
                    [_, _, u32::MAX] => Err(format!("term {at} has weight {}, which is too large", u32::MAX)),
                    [to, from, weight] => Ok(Term::weighted(to, from, weight)),
                    [to, from] => Ok(Term::fixed(to, from)),
                    _ => Err(format!(
                        "term {at} has {} numbers, expected [to, from] or [to, from, weight]",
                        numbers.len()
                    )),
                });
                terms.collect::<Result<_, _>>().map(Connection::Terms)
            }
            (Some(Kind::Terms), None) => Err("`terms` is missing".into()),
            (Some(_), Some(_)) => Err("`terms` stands beside another kind".into()),
            (Some(Kind::Identity), None) => Ok(Connection::Identity),
            (Some(Kind::Dense) | None, None) => Ok(Connection::Dense),
        }
    }
}

/// By hand, because an untagged enum would not say which key is unknown.
impl<'de> Deserialize<'de> for SourceEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            layer: String,
            kind: Option<Kind>,
            terms: Option<Vec<Vec<u32>>>,
        }

        struct NameOrTable;

        impl<'de> Visitor<'de> for NameOrTable {
            type Value = SourceEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a layer, or { layer = \"...\", kind = \"...\" }")
            }

            fn visit_str<E>(self, name: &str) -> Result<SourceEntry, E> {
                Ok(SourceEntry { layer: name.into(), kind: None, terms: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SourceEntry, A::Error> {
                let Table { layer, kind, terms } = Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(SourceEntry { layer, kind, terms })
            }
        }

        deserializer.deserialize_any(NameOrTable)
    }
}
