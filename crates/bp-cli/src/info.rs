//! `bp info`: what is in a model file.

use std::fmt::Write;

use bp_core::{Connection, Layer, Source};
use bp_train::{Column, Kind, Schema, TargetKind};
use serde::Serialize;

use crate::args::{BackendName, DtypeName, InfoArgs, MachineArgs};
use crate::backend::{Net, Number};
use crate::design::describe;
use crate::failure::Failure;
use crate::model::{ModelFile, schema_of};
use crate::output::{counted, print, print_json};

/// Names that are written out; of more, the rest is counted.
const MOST_NAMES: usize = 12;

/// The JSON object.
#[derive(Debug, Serialize)]
struct Info {
    model: String,
    bytes: usize,
    dtype: &'static str,
    network: String,
    n_params: usize,
    loss: String,
    layers: Vec<LayerInfo>,
    inputs: Vec<Column>,
    target: TargetKind,
    /// Whether the model itself knows its columns; if not, `inputs` and `target` are by position.
    has_schema: bool,
    inputs_standardized: bool,
    targets_standardized: bool,
}

#[derive(Debug, Serialize)]
struct LayerInfo {
    name: String,
    width: usize,
    function: String,
    bias: bool,
    sources: Vec<SourceInfo>,
}

#[derive(Debug, Serialize)]
struct SourceInfo {
    from: String,
    kind: String,
    n_params: usize,
}

/// Runs the command.
pub(crate) fn run(args: &InfoArgs) -> Result<(), Failure> {
    let file = ModelFile::read(&args.model)?;
    let info = match file.dtype {
        DtypeName::F32 => collect::<f32>(args, &file)?,
        DtypeName::F64 => collect::<f64>(args, &file)?,
    };
    match args.json {
        true => print_json(&info),
        false => print(&info.describe()),
    }
}

fn collect<S: Number>(args: &InfoArgs, file: &ModelFile<'_>) -> Result<Info, Failure> {
    let net: Net<S> = file.open(&MachineArgs { backend: BackendName::Reference, threads: 1, paranoid: false })?;
    let architecture = net.plan().architecture();
    let hidden = architecture.hidden.iter().map(|layer| layer_info(&net, layer));
    let layers = hidden.chain([layer_info(&net, &architecture.output)]).collect();
    let Schema { columns, target } = schema_of(&net);
    Ok(Info {
        model: args.model.display().to_string(),
        bytes: file.bytes.len(),
        dtype: S::NAME,
        network: describe(architecture),
        n_params: net.plan().n_params(),
        loss: net.loss().to_string(),
        layers,
        inputs: columns,
        target,
        has_schema: net.schema().is_some(),
        inputs_standardized: net.input_scaling().is_some(),
        targets_standardized: net.target_scaling().is_some(),
    })
}

fn layer_info<S: Number, F: std::fmt::Display>(net: &Net<S>, layer: &Layer<F>) -> LayerInfo {
    let architecture = net.plan().architecture();
    let width_of = |name: &str| {
        let found = architecture.hidden.iter().find(|hidden| hidden.name == name);
        found.map_or(architecture.inputs, |hidden| hidden.width)
    };
    let source = |Source { from, connection }: &Source| SourceInfo {
        from: from.clone(),
        kind: kind(connection),
        n_params: connection.n_weights(layer.width, width_of(from)),
    };
    LayerInfo {
        name: layer.name.clone(),
        width: layer.width,
        function: layer.function.to_string(),
        bias: layer.bias,
        sources: layer.sources.iter().map(source).collect(),
    }
}

impl Info {
    fn describe(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "{}: {} bytes, {}", self.model, self.bytes, self.dtype);
        let _ = writeln!(text, "network   {}, {}", self.network, counted(self.n_params, "parameter", "parameters"));
        let _ = writeln!(text, "loss      {}", self.loss);
        let _ = writeln!(text, "inputs    {}{}", names(&self.inputs, column), scaled(self.inputs_standardized));
        let _ = match &self.target {
            TargetKind::Classes(classes) => writeln!(text, "classes   {}", names(classes, String::clone)),
            TargetKind::Values(values) => {
                writeln!(text, "targets   {}{}", names(values, String::clone), scaled(self.targets_standardized))
            }
        };
        if !self.has_schema {
            text += "columns   not in the file: tables are read by position\n";
        }
        text += "layers\n";
        for layer in &self.layers {
            let bias = if layer.bias { "" } else { ", no bias" };
            let _ = writeln!(text, "  {}: {} {}{bias}", layer.name, layer.width, layer.function);
            for SourceInfo { from, kind, n_params } in &layer.sources {
                let _ = writeln!(text, "    from {from}, {kind}, {}", counted(*n_params, "weight", "weights"));
            }
        }
        text
    }
}

fn kind(connection: &Connection) -> String {
    match connection {
        Connection::Dense => "dense".into(),
        Connection::Identity => "identity".into(),
        Connection::Terms(terms) => counted(terms.len(), "term", "terms"),
        other => format!("{other:?}"),
    }
}

fn scaled(is_standardized: bool) -> &'static str {
    if is_standardized { " (standardized)" } else { "" }
}

fn column(column: &Column) -> String {
    match &column.kind {
        Kind::Numeric => column.name.clone(),
        Kind::Categorical(known) => format!("{} ({})", column.name, names(known, String::clone)),
    }
}

/// `a, b, c`, or the first few and how many more.
fn names<T>(all: &[T], name: impl Fn(&T) -> String) -> String {
    let shown: Vec<String> = all.iter().take(MOST_NAMES).map(name).collect();
    let more = match all.len() - shown.len() {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}
