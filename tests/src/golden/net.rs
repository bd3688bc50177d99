//! Network files: the file as a [`Plan`], what it says as [`Arrays`], and the comparison on every backend and scalar.

use bp_core::{Act, Architecture, Backend, Connection, ErrorFunction, Examples, Float, Layer, Output, Plan, Reference};
use bp_core::{Source, Targets};
use bp_faer::Faer;
use bp_ndarray::Ndarray;

use super::Report;
use super::file::{Array, ByName, Net, Node};
use crate::arrays::{Arrays, Match, centres, compare_by_array, compare_by_radius};
use crate::slow::Slow;
use crate::suite::{assert_same_bits, jacobian, run, run_traced, scalars};

/// max |got − want| ≤ this · max |want| in `f64`: the files are within 4e-14, see their README.
pub(super) const TOLERANCE: f64 = 1e-12;

/// A network file in our terms.
#[derive(Debug)]
pub struct NetCase {
    /// The file's name for it.
    pub name: String,
    /// The network.
    pub plan: Plan,
    /// Its error function.
    pub loss: ErrorFunction,
    /// Its parameters, in the plan's order.
    pub params: Vec<f64>,
    /// Inputs.
    pub x: Vec<f64>,
    /// Targets.
    pub t: Vec<f64>,
    /// Everything the file says.
    pub want: Arrays,
    /// How many examples have a Jacobian.
    pub n_jacobians: usize,
}

impl NetCase {
    /// Translates a file.
    ///
    /// # Errors
    /// If the file says something that this library has no word for, or contradicts itself.
    pub fn new(net: &Net) -> Result<Self, String> {
        let (plan, loss) = network(net.input, &net.nodes, &net.loss)?;
        let (x, t) = (rows(&net.x, plan.inputs())?, rows(&net.t, plan.outputs())?);
        let output = &plan.architecture().output.name;
        let mut want = Arrays::from([("y".into(), net.y.0.clone()), ("error".into(), vec![net.error])]);
        let named = [("a", &net.activations_a), ("z", &net.units_z), ("delta", &net.deltas)];
        for (kind, arrays) in named {
            let mut names: Vec<&str> = net.nodes.iter().map(|node| node.name.as_str()).collect();
            names.sort_unstable();
            if arrays.keys().ne(names) {
                return Err(format!("{kind}: expected an array for every node and no other"));
            }
            want.extend(arrays.iter().map(|(node, Array(values))| (format!("{kind}.{node}"), values.clone())));
        }
        if loss != ErrorFunction::SumOfSquares {
            // The file's output units are before the link, ours behind it.
            if net.units_z[output] != net.activations_a[output] {
                return Err("z of the output differs from its a, although its activation is the identity".into());
            }
            want.insert(format!("z.{output}"), net.y.0.clone());
        }
        flat_params(&plan, &net.gradient)?;
        want.extend(net.gradient.iter().map(|(name, Array(values))| (format!("gradient.{name}"), values.clone())));
        let jacobians = net.jacobian_x.as_deref().unwrap_or_default();
        want.extend(jacobians.iter().enumerate().map(|(n, Array(values))| (format!("jacobian.{n}"), values.clone())));
        let params = flat_params(&plan, &net.params)?;
        Ok(Self { name: net.name.clone(), plan, loss, params, x, t, want, n_jacobians: jacobians.len() })
    }

    /// What an engine makes of it: a traced pass, whose bits the lean one must have, and the Jacobians.
    pub fn run<B: Backend<S>, S: Float>(&self, backend: &B) -> Arrays {
        let mut got = run_traced::<B, S>(backend, &self.plan, self.loss, &self.params, &self.x, &self.t);
        let (x, t): (Vec<S>, Vec<S>) = (scalars(&self.x), scalars(&self.t));
        let examples = Examples::new(&x, Targets::Rows(&t));
        let mut lean = self.plan.workspace(x.len() / self.plan.inputs());
        let lean = run(backend, &self.plan, self.loss, &scalars::<S>(&self.params), &examples, &mut lean);
        assert_same_bits(&lean, &got, &format!("{} lean", self.name));
        for (n, x) in self.x.chunks_exact(self.plan.inputs()).enumerate().take(self.n_jacobians) {
            let values = jacobian::<B, S>(backend, &self.plan, self.loss, &self.params, x);
            got.insert(format!("jacobian.{n}"), values);
        }
        got
    }

    /// In `f64` the files' own tolerance holds per array. In `f32` every single number stands within the radius that
    /// the slow specification derives for this network and these numbers ([`crate::ball`]): about K u times the same
    /// network on absolute values, K the number of roundings on the way.
    ///
    /// # Errors
    /// The first number that stands too far away.
    pub fn compare<S: Float>(&self, got: &Arrays) -> Result<Match, String> {
        if S::NAME == "f64" {
            return compare_by_array(got, &self.want, TOLERANCE);
        }
        let slow = Slow::new::<S>(&self.plan, self.loss, &self.params);
        let mut balls = slow.run(&self.x, &self.t);
        for (n, x) in self.x.chunks_exact(self.plan.inputs()).enumerate().take(self.n_jacobians) {
            balls.insert(format!("jacobian.{n}"), slow.jacobian(x));
        }
        compare_by_array(&centres(&balls), &self.want, TOLERANCE).map_err(|e| format!("slow specification: {e}"))?;
        compare_by_radius(got, &self.want, &balls, 1.0)
    }
}

/// Multiplies the largest entry of one array by 1 + `error`: what a comparison must notice.
pub fn plant(got: &Arrays, name: &str, error: f64) -> Arrays {
    let mut planted = got.clone();
    let values = planted.get_mut(name).into_iter().flatten();
    if let Some(largest) = values.max_by(|x, y| x.abs().total_cmp(&y.abs())) {
        *largest *= 1.0 + error;
    }
    planted
}

/// Compares a network on every backend and scalar.
///
/// # Errors
/// The backend and the first number that stands too far away.
pub fn check_net(case: &NetCase, report: &mut Report) -> Result<(), String> {
    fn check<B: Backend<S> + Default, S: Float>(case: &NetCase, report: &mut Report) -> Result<(), String> {
        let backend = B::default();
        let of = format!("{} {} {}", case.name, backend.name(), S::NAME);
        let found = case.compare::<S>(&case.run::<B, S>(&backend)).map_err(|e| format!("{of}: {e}"))?;
        report.add(if S::NAME == "f64" { "net f64" } else { "net f32" }, &found, &of);
        Ok(())
    }
    check::<Reference, f64>(case, report)?;
    check::<Ndarray, f64>(case, report)?;
    check::<Faer, f64>(case, report)?;
    check::<Reference, f32>(case, report)?;
    check::<Ndarray, f32>(case, report)?;
    check::<Faer, f32>(case, report)?;
    report.nets += 1;
    Ok(())
}

/// A file's network as a plan and an error function.
pub(super) fn network(input: usize, nodes: &[Node], loss: &str) -> Result<(Plan, ErrorFunction), String> {
    let (last, hidden) = nodes.split_last().ok_or("no nodes")?;
    let loss = match loss {
        "sum_of_squares" => ErrorFunction::SumOfSquares,
        "softmax_cross_entropy" => ErrorFunction::CrossEntropy,
        "logistic_cross_entropy" => ErrorFunction::BinaryCrossEntropy,
        other => return Err(format!("unknown loss {other}")),
    };
    let output = match (loss, activation(&last.activation)?) {
        (ErrorFunction::SumOfSquares, act) => Output::Each(act),
        (ErrorFunction::CrossEntropy, Act::Identity) => Output::Softmax,
        (_, Act::Identity) => Output::Each(Act::Logistic),
        (loss, act) => return Err(format!("{loss} behind the output activation {act}")),
    };
    let hidden = hidden.iter().map(|node| layer(node, activation(&node.activation)?)).collect::<Result<_, String>>()?;
    let plan = Plan::new(Architecture::new(input, hidden, layer(last, output)?)).map_err(|e| e.to_string())?;
    Ok((plan, loss))
}

fn activation(name: &str) -> Result<Act, String> {
    name.parse().map_err(|e: bp_core::UnknownAct| e.to_string())
}

fn layer<F>(node: &Node, function: F) -> Result<Layer<F>, String> {
    let connection = |kind: &str| match kind {
        "dense" => Ok(Connection::Dense),
        "identity" => Ok(Connection::Identity),
        other => Err(format!("unknown kind of link {other}")),
    };
    let source = |from: &super::file::From| Ok(Source { from: from.node.clone(), connection: connection(&from.kind)? });
    let sources = node.from.iter().map(source).collect::<Result<_, String>>()?;
    Ok(Layer { name: node.name.clone(), width: node.width, bias: node.bias, function, sources })
}

/// Named parameters in the plan's order; every name once, none too many.
pub(super) fn flat_params(plan: &Plan, named: &ByName) -> Result<Vec<f64>, String> {
    let mut flat = vec![f64::NAN; plan.n_params()];
    for block in plan.blocks() {
        let Array(values) = named.get(&block.to_string()).ok_or_else(|| format!("{block} is missing"))?;
        if values.len() != block.range.len() {
            return Err(format!("{block}: {} values, expected {}", values.len(), block.range.len()));
        }
        flat[block.range.clone()].copy_from_slice(values);
    }
    match named.len() == plan.blocks().len() {
        true => Ok(flat),
        false => Err(format!("{} parameter arrays, but the network has {}", named.len(), plan.blocks().len())),
    }
}

/// Rows of equal length, flattened.
pub(super) fn rows(rows: &[Array], width: usize) -> Result<Vec<f64>, String> {
    match rows.iter().find(|row| row.0.len() != width) {
        Some(row) => Err(format!("a row of {} values, expected {width}", row.0.len())),
        None => Ok(rows.iter().flat_map(|row| row.0.iter().copied()).collect()),
    }
}
