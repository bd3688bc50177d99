//! `bp graph`: the network as a picture, its skip connections, layer names, widths, functions and numbers of parameters.

mod svg;

use std::ffi::OsStr;
use std::fmt::Write;
use std::path::Path;

use bp_core::{Architecture, Connection, INPUT, Layer, Plan};
use bp_verify::explain::lecture;

use crate::args::{BackendName, DtypeName, GraphArgs, GraphFormat, MachineArgs};
use crate::backend::{Net, Number};
use crate::design::{Wanted, design};
use crate::explain::LECTURE;
use crate::failure::Failure;
use crate::model::ModelFile;
use crate::output::{check_writable, counted, print, write_picture, write_whole};
use crate::source::Source;

/// What is drawn.
pub(crate) struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

struct Node {
    name: String,
    /// Width and function.
    what: String,
    n_params: usize,
    /// The length of the longest way from the input.
    depth: usize,
}

struct Edge {
    from: usize,
    to: usize,
    /// `dense, 12 weights`.
    what: String,
}

/// Runs the command.
pub(crate) fn run(args: &GraphArgs) -> Result<(), Failure> {
    args.out.as_deref().map_or(Ok(()), check_writable)?;
    let is_net_file = args.model.extension() == Some(OsStr::new("toml"));
    if let Some(data) = args.data.as_ref().filter(|_| !is_net_file) {
        let model = args.model.display();
        return Err(Failure::Usage(format!("{model} knows its own inputs and takes no data, but got {data}")));
    }
    let plan = match () {
        () if args.model == Path::new(LECTURE) => lecture().plan,
        () if is_net_file => of_net_file(args)?,
        () => {
            let file = ModelFile::read(&args.model)?;
            match file.dtype {
                DtypeName::F32 => of_model::<f32>(&file)?,
                DtypeName::F64 => of_model::<f64>(&file)?,
            }
        }
    };
    let graph = Graph::new(plan.architecture());
    match (args.format, args.out.as_deref()) {
        (GraphFormat::Dot, Some(path)) => write_whole(path, graph.dot()),
        (GraphFormat::Dot, None) => print(&graph.dot()),
        (GraphFormat::Svg, Some(path)) => write_picture(path, &graph.svg()),
        (GraphFormat::Svg, None) => print(&graph.svg()),
    }
}

fn of_model<S: Number>(file: &ModelFile<'_>) -> Result<Plan, Failure> {
    let net: Net<S> = file.open(&MachineArgs { backend: BackendName::Reference, threads: 1, paranoid: false })?;
    Ok(net.plan().clone())
}

fn of_net_file(args: &GraphArgs) -> Result<Plan, Failure> {
    let Some(data) = &args.data else {
        let why = format!(
            "{} takes its inputs and outputs from data: name a data set or a table behind it",
            args.model.display()
        );
        return Err(Failure::Usage(why));
    };
    let (data_dir, table) = (args.data_dir.as_ref(), &args.table);
    let source = Source { data, data_dir, table, test_fraction: None, seed: 0 };
    let rows = source.parts::<f64>(args.task)?.train;
    Ok(design(&Wanted { net: Some(&args.model), ..Wanted::of(data) }, &rows)?.plan)
}

impl Graph {
    pub(crate) fn new(architecture: &Architecture) -> Self {
        let what = counted(architecture.inputs, "value", "values");
        let mut graph = Self { nodes: vec![Node { name: INPUT.into(), what, n_params: 0, depth: 0 }], edges: vec![] };
        let mut widths = vec![architecture.inputs];
        for layer in &architecture.hidden {
            graph.add(layer, &mut widths);
        }
        graph.add(&architecture.output, &mut widths);
        graph
    }

    /// Sources come before the layers that they feed.
    fn add<F: std::fmt::Display>(&mut self, layer: &Layer<F>, widths: &mut Vec<usize>) {
        let to = self.nodes.len();
        let (mut depth, mut n_params) = (0, if layer.bias { layer.width } else { 0 });
        for source in &layer.sources {
            let from = self.nodes.iter().position(|node| node.name == source.from);
            let from = from.expect("a checked plan has its layers in topological order");
            let n_weights = source.connection.n_weights(layer.width, widths[from]);
            let kind = match &source.connection {
                Connection::Dense => "dense".into(),
                Connection::Identity => "identity".into(),
                Connection::Terms(terms) => counted(terms.len(), "term", "terms"),
                other => format!("{other:?}"),
            };
            self.edges.push(Edge { from, to, what: format!("{kind}, {}", counted(n_weights, "weight", "weights")) });
            depth = depth.max(self.nodes[from].depth + 1);
            n_params += n_weights;
        }
        let what = format!("{} {}{}", layer.width, layer.function, if layer.bias { "" } else { ", no bias" });
        self.nodes.push(Node { name: layer.name.clone(), what, n_params, depth });
        widths.push(layer.width);
    }

    /// Whether a connection jumps over a layer.
    fn skips(&self, edge: &Edge) -> bool {
        self.nodes[edge.to].depth - self.nodes[edge.from].depth > 1
    }

    fn dot(&self) -> String {
        let mut text = String::from("digraph network {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n");
        for (at, node) in self.nodes.iter().enumerate() {
            let label = node.lines().map(|line| quote(&line)).join("\\n");
            let _ = writeln!(text, "  n{at} [label=\"{label}\"];");
        }
        for edge in &self.edges {
            let skip = if self.skips(edge) { ", style=dashed" } else { "" };
            let _ = writeln!(text, "  n{} -> n{} [label=\"{}\"{skip}];", edge.from, edge.to, quote(&edge.what));
        }
        text + "}\n"
    }
}

impl Node {
    /// Name, what it is, parameters.
    fn lines(&self) -> [String; 3] {
        [self.name.clone(), self.what.clone(), counted(self.n_params, "parameter", "parameters")]
    }
}

/// Text between the quotes of a DOT string.
fn quote(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ")
}
