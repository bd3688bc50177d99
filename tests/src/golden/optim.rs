//! Optimiser files: full-batch steps on every backend in `f64`, through the [`Optimizer`] trait.

use bp_core::{Backend, Examples, Gradient, Plan, Reference, Targets};
use bp_faer::Faer;
use bp_ndarray::Ndarray;
use bp_train::{Adam, Group, Optimizer, Sgd, Step};
use serde_json::Value;

use super::Report;
use super::file::{Array, Optim};
use super::net::{TOLERANCE, flat_params, network, rows};
use crate::arrays::{Arrays, compare_by_array};

/// After 25 steps; two independent computations of the files agree to 2e-15.
const TOLERANCE_OF_RUNS: f64 = 1e-11;

/// An optimiser of ours with the file's settings: rate, decay, and what makes a fresh one.
struct Settings {
    rate: f64,
    decay: f64,
    make: Box<dyn Fn() -> Box<dyn Optimizer<f64>>>,
}

/// Checks the gradient at the start of every file, and the run where we have the optimiser.
pub(super) fn check(file: &Optim, report: &mut Report) -> Result<(), String> {
    if file.error_reduction != "mean" {
        return Err(format!("error_reduction {}, expected mean", file.error_reduction));
    }
    if file.errors.len() != file.steps + 1 {
        return Err(format!("{} errors, expected {}", file.errors.len(), file.steps + 1));
    }
    let settings = settings(file)?;
    if settings.is_none() {
        *report.not_covered.entry(format!("optimizer {}", file.optimizer)).or_default() += 1;
    }
    check_on(file, &Reference, settings.as_ref(), report)?;
    check_on(file, &Ndarray::new(), settings.as_ref(), report)?;
    check_on(file, &Faer::new(), settings.as_ref(), report)?;
    report.runs += usize::from(settings.is_some());
    Ok(())
}

fn check_on<B: Backend<f64>>(
    file: &Optim,
    backend: &B,
    settings: Option<&Settings>,
    report: &mut Report,
) -> Result<(), String> {
    let (plan, loss) = network(file.input, &file.nodes, &file.loss)?;
    let (x, t) = (rows(&file.x, plan.inputs())?, rows(&file.t, plan.outputs())?);
    let examples = Examples::new(&x, Targets::Rows(&t));
    let mut params = flat_params(&plan, &file.params)?;
    let mut ws = plan.workspace(file.x.len());
    let mean = 1.0 / file.x.len() as f64;
    let mut grad = vec![0.0; params.len()];
    let mut error_at = |params: &[f64], grad: &mut [f64]| {
        let sum = plan.gradient(backend, &loss, params, &examples, &mut ws, Gradient::replace(grad));
        grad.iter_mut().for_each(|g| *g *= mean);
        sum.expect("shapes fit") * mean
    };
    let of = format!("{} {}", file.name, backend.name());

    let mut got = Arrays::from([("error".into(), vec![error_at(&params, &mut grad)])]);
    put(&mut got, "gradient", &plan, &grad);
    let mut want = Arrays::from([("error".into(), vec![file.errors[0]])]);
    put(&mut want, "gradient", &plan, &flat_params(&plan, &file.gradient)?);
    report.add("optim start", &compare_by_array(&got, &want, TOLERANCE).map_err(|e| format!("{of}: {e}"))?, &of);

    let Some(settings) = settings else { return Ok(()) };
    let after = file.after.as_ref().ok_or("no parameters after any step")?;
    let groups = Group::of_plan(&plan, settings.decay, true);
    let mut optimizer = (settings.make)();
    optimizer.prepare(params.len());
    let (mut got, mut want) = (Arrays::new(), Arrays::new());
    let mut errors = vec![error_at(&params, &mut grad)];
    for k in 1..=file.steps {
        optimizer.step(&Step { index: k as u64, rate: settings.rate, groups: &groups }, &mut params, &grad);
        errors.push(error_at(&params, &mut grad));
        if let Some(named) = after.get(&k) {
            put(&mut got, &format!("after {k}"), &plan, &params);
            put(&mut want, &format!("after {k}"), &plan, &flat_params(&plan, named)?);
        }
    }
    if want.len() != after.len() * plan.blocks().len() {
        return Err("parameters after a step that was not taken".into());
    }
    got.insert("errors".into(), errors);
    want.insert("errors".into(), file.errors.clone());
    let found = compare_by_array(&got, &want, TOLERANCE_OF_RUNS).map_err(|e| format!("{of}: {e}"))?;
    report.add("optim run", &found, &of);
    Ok(())
}

/// Our optimiser for a file; nothing if we have none. A setting that ours does not have is an error.
fn settings(file: &Optim) -> Result<Option<Settings>, String> {
    let number = |key: &str| match file.hyper.get(key).and_then(Value::as_f64) {
        Some(value) => Ok(value),
        None => Err(format!("hyper.{key} is missing or no number")),
    };
    let flag =
        |key: &str| file.hyper.get(key).and_then(Value::as_bool).ok_or_else(|| format!("hyper.{key} is missing"));
    let known = |keys: &[&str]| match file.hyper.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown key hyper.{key}")),
        None => Ok(()),
    };
    let make: Box<dyn Fn() -> Box<dyn Optimizer<f64>>> = match file.optimizer.as_str() {
        "sgd" | "sgd_momentum" | "sgd_momentum_wd" | "sgd_nesterov" => {
            known(&["lr", "momentum", "dampening", "weight_decay", "nesterov"])?;
            if number("dampening")?.abs() > 0.0 {
                return Err("hyper.dampening is not 0, which Sgd has no word for".into());
            }
            let (momentum, nesterov) = (number("momentum")?, flag("nesterov")?);
            Box::new(move || Box::new(Sgd::new().momentum(momentum).nesterov(nesterov)))
        }
        "adam" => {
            known(&["lr", "betas", "eps", "weight_decay", "amsgrad"])?;
            if flag("amsgrad")? {
                return Err("hyper.amsgrad is true, which Adam has no word for".into());
            }
            let betas = Array::try_from(file.hyper.get("betas").cloned().unwrap_or_default())?;
            let &[first, second] = betas.0.as_slice() else { return Err("hyper.betas are not two".into()) };
            let epsilon = number("eps")?;
            Box::new(move || Box::new(Adam::new().betas(first, second).epsilon(epsilon)))
        }
        _ => return Ok(None),
    };
    Ok(Some(Settings { rate: number("lr")?, decay: number("weight_decay")?, make }))
}

fn put(into: &mut Arrays, kind: &str, plan: &Plan, flat: &[f64]) {
    for block in plan.blocks() {
        into.insert(format!("{kind}.{block}"), flat[block.range.clone()].to_vec());
    }
}
