//! From the task and the options to a network: output function, loss, layers.

use std::fs;
use std::path::PathBuf;

use bp_core::{Act, Architecture, ErrorFunction, Init, Output, OutputFunction, OutputKind, Plan, stack};
use bp_datasets::{Dataset, TargetData};
use bp_train::{Schema, TargetKind};

use crate::args::{Hidden, MachineArgs, TrainArgs};
use crate::backend::{Net, Number};
use crate::failure::Failure;
use crate::net_file::{NetFile, NetFileError};

/// Parameters of the largest network that is begun: 1 GiB of `f32`, of which training with adam needs five.
const MAX_PARAMS: usize = 1 << 28;
const DEFAULT_HIDDEN: [usize; 1] = [64];

/// What a user says of the network; the rest follows from the data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) data: &'a str,
    pub(crate) net: Option<&'a PathBuf>,
    pub(crate) hidden: Option<&'a Hidden>,
    pub(crate) activation: Option<Act>,
    pub(crate) loss: Option<ErrorFunction>,
}

impl<'a> Wanted<'a> {
    /// Nothing but the data.
    pub(crate) fn of(data: &'a str) -> Self {
        Self { data, net: None, hidden: None, activation: None, loss: None }
    }
}

impl<'a> From<&'a TrainArgs> for Wanted<'a> {
    fn from(args: &'a TrainArgs) -> Self {
        let TrainArgs { data, net, hidden, activation, loss, .. } = args;
        Self { data, net: net.as_ref(), hidden: hidden.as_ref(), activation: *activation, loss: *loss }
    }
}

/// A checked network and what it is to learn by.
pub(crate) struct Design {
    pub(crate) plan: Plan,
    pub(crate) loss: ErrorFunction,
}

/// Chooses the network for a data set.
///
/// | targets | loss | outputs |
/// | --- | --- | --- |
/// | classes | cross-entropy (default), sum of squares | softmax |
/// | classes | binary cross-entropy | logistic, one per class |
/// | values | sum of squares (default), Huber | identity |
/// | values | Poisson | exp |
///
/// A network file may name another output function; its canonical loss is then the default.
pub(crate) fn design<S: Number>(args: &Wanted<'_>, data: &Dataset<S>) -> Result<Design, Failure> {
    let design = design_for::<S>(args, data.schema())?;
    match data.targets() {
        TargetData::Values(values) => check_targets(args, &design, values).map(|()| design),
        TargetData::Classes(_) => Ok(design),
    }
}

/// The same for rows that nobody has read; see [`check_targets`].
pub(crate) fn design_for<S: Number>(args: &Wanted<'_>, schema: &Schema) -> Result<Design, Failure> {
    let unsuitable = |why| Failure::Unsuitable { data: args.data.into(), why };
    let is_classes = matches!(schema.target, TargetKind::Classes(_));
    let file = read_net_file(args)?;
    let in_file = |error| net_file_failure(args, error);
    let named = file.as_ref().map_or(Ok(None), NetFile::output_function).map_err(in_file)?;

    let output = named.clone().unwrap_or_else(|| default_output(is_classes, args.loss));
    let kind = OutputFunction::<S>::kind(&output);
    let loss = args.loss.unwrap_or_else(|| default_loss(is_classes, kind));
    check_pair(is_classes, loss, &output, kind).map_err(unsuitable)?;

    let (inputs, outputs) = (schema.inputs(), schema.outputs());
    let plan = match &file {
        Some(file) => file.plan(inputs, outputs, &output).map_err(in_file)?,
        None => Plan::new(layers(args, inputs, outputs, output)).map_err(Failure::Hidden)?,
    };
    if plan.n_params() > MAX_PARAMS {
        let network = args.net.map_or("--hidden".into(), |path| path.display().to_string());
        return Err(Failure::TooManyParams { network, n_params: plan.n_params(), limit: MAX_PARAMS });
    }
    Ok(Design { plan, loss })
}

impl Design {
    /// The network with its initial weights.
    pub(crate) fn network<S: Number>(
        &self,
        machine: &MachineArgs,
        init: Option<Init>,
        seed: u64,
    ) -> Result<Net<S>, Failure> {
        let architecture = self.plan.architecture().clone();
        let mut net = Net::on(machine.backend(), architecture, seed).map_err(Failure::Hidden)?;
        if init.is_some() {
            net.init(init, seed);
        }
        net.set_loss(self.loss)?;
        Ok(net)
    }
}

/// The layers from the input on, in one line: `64 → 64 tanh → 10 softmax`.
pub(crate) fn describe(architecture: &Architecture) -> String {
    let mut text = architecture.inputs.to_string();
    for layer in &architecture.hidden {
        text += &format!(" → {} {}", layer.width, layer.function);
    }
    text + &format!(" → {} {}", architecture.output.width, architecture.output.function)
}

fn layers(args: &Wanted<'_>, inputs: usize, outputs: usize, output: Output) -> Architecture {
    let widths = args.hidden.map_or(&DEFAULT_HIDDEN[..], |hidden| &hidden.0);
    let act = args.activation.unwrap_or(Act::Tanh);
    widths.iter().fold(stack(inputs), |stack, &width| stack.hidden(width, act)).output(outputs, output)
}

fn read_net_file(args: &Wanted<'_>) -> Result<Option<NetFile>, Failure> {
    let Some(path) = args.net else { return Ok(None) };
    let text = fs::read_to_string(path).map_err(NetFileError::Io);
    text.and_then(|text| NetFile::parse(&text)).map(Some).map_err(|error| net_file_failure(args, error))
}

fn net_file_failure(args: &Wanted<'_>, error: NetFileError) -> Failure {
    Failure::NetFile { path: args.net.cloned().unwrap_or_default(), error }
}

fn default_output(is_classes: bool, loss: Option<ErrorFunction>) -> Output {
    match (is_classes, loss) {
        (_, Some(ErrorFunction::BinaryCrossEntropy)) => Output::Each(Act::Logistic),
        (true, _) => Output::Softmax,
        (false, Some(ErrorFunction::Poisson)) => Output::Exp,
        (false, _) => Output::Each(Act::Identity),
    }
}

fn default_loss(is_classes: bool, kind: OutputKind) -> ErrorFunction {
    match ErrorFunction::canonical(kind) {
        ErrorFunction::Poisson if is_classes => ErrorFunction::SumOfSquares,
        ErrorFunction::BinaryCrossEntropy if !is_classes => ErrorFunction::SumOfSquares,
        loss => loss,
    }
}

/// Refuses losses and output functions that mean nothing together, or nothing for these targets.
fn check_pair(is_classes: bool, loss: ErrorFunction, output: &Output, kind: OutputKind) -> Result<(), String> {
    let wanted = match loss {
        ErrorFunction::CrossEntropy => Some((OutputKind::Softmax, "softmax")),
        ErrorFunction::BinaryCrossEntropy => Some((OutputKind::Logistic, "logistic")),
        ErrorFunction::Poisson => Some((OutputKind::Exp, "exp")),
        _ => None,
    };
    let for_classes = matches!(loss, ErrorFunction::CrossEntropy | ErrorFunction::BinaryCrossEntropy);
    let for_values = matches!(loss, ErrorFunction::Poisson | ErrorFunction::Huber { .. });
    match wanted {
        _ if for_classes && !is_classes => Err(format!("loss {loss} is for classes, but the targets are values")),
        _ if for_values && is_classes => Err(format!("loss {loss} is for values, but the targets are classes")),
        _ if kind == OutputKind::Softmax && !is_classes => {
            Err("output function softmax is for classes, but the targets are values".into())
        }
        Some((wanted, name)) if wanted != kind => {
            Err(format!("loss {loss} needs the output function {name}, but the output layer has {output}"))
        }
        _ => Ok(()),
    }
}

/// Refuses values that the loss has no meaning for.
pub(crate) fn check_targets<S: Number>(args: &Wanted<'_>, design: &Design, values: &[S]) -> Result<(), Failure> {
    if design.loss != ErrorFunction::Poisson {
        return Ok(());
    }
    match values.iter().find(|value| value.to_f64() < 0.0) {
        Some(value) => {
            let why = format!("loss poisson needs targets of at least 0, but one is {}", value.text());
            Err(Failure::Unsuitable { data: args.data.into(), why })
        }
        None => Ok(()),
    }
}
