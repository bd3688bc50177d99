//! Optimiser files: full-batch steps on every backend in `f64`, through the [`Optimizer`] trait.

use bp_core::{Backend, Examples, Gradient, Plan, Reference, Targets};
use bp_faer::Faer;
use bp_ndarray::Ndarray;
use bp_train::{Adadelta, Adagrad, Adam, AdamW, Adamax, Group, NAdam, Optimizer, RAdam, RmsProp, Rprop, Sgd, Step};
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
    make: Maker,
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

/// PyTorch's arguments, by name.
struct Hyper<'a>(&'a Optim);

impl Hyper<'_> {
    fn number(&self, key: &str) -> Result<f64, String> {
        let value = self.0.hyper.get(key).and_then(Value::as_f64);
        value.ok_or_else(|| format!("hyper.{key} is missing or no number"))
    }

    fn flag(&self, key: &str) -> Result<bool, String> {
        self.0.hyper.get(key).and_then(Value::as_bool).ok_or_else(|| format!("hyper.{key} is missing"))
    }

    fn pair(&self, key: &str) -> Result<(f64, f64), String> {
        let values = Array::try_from(self.0.hyper.get(key).cloned().unwrap_or_default())?;
        let &[first, second] = values.0.as_slice() else { return Err(format!("hyper.{key} are not two")) };
        Ok((first, second))
    }

    /// Refuses a key that is not read, but for the two that every optimiser has.
    fn only(&self, keys: &[&str]) -> Result<(), String> {
        match self.0.hyper.keys().find(|key| !keys.contains(&key.as_str()) && *key != "lr" && *key != "weight_decay") {
            Some(key) => Err(format!("unknown key hyper.{key}")),
            None => Ok(()),
        }
    }
}

/// Our optimiser for a file; nothing if we have none. A setting that ours does not have is an error.
fn settings(file: &Optim) -> Result<Option<Settings>, String> {
    let hyper = Hyper(file);
    let Some(make) = maker(&hyper)? else { return Ok(None) };
    make().check().map_err(|e| e.to_string())?;
    let decay = if file.optimizer == "rprop" { 0.0 } else { hyper.number("weight_decay")? };
    Ok(Some(Settings { rate: hyper.number("lr")?, decay, make }))
}

type Maker = Box<dyn Fn() -> Box<dyn Optimizer<f64>>>;

fn boxed(optimizer: impl Optimizer<f64> + Clone + 'static) -> Maker {
    Box::new(move || Box::new(optimizer.clone()))
}

/// What makes a fresh optimiser with the file's settings.
fn maker(hyper: &Hyper<'_>) -> Result<Option<Maker>, String> {
    let Hyper(file) = hyper;
    let make = match file.optimizer.as_str() {
        "sgd" | "sgd_momentum" | "sgd_momentum_wd" | "sgd_nesterov" => {
            hyper.only(&["momentum", "dampening", "nesterov"])?;
            let sgd = Sgd::new().momentum(hyper.number("momentum")?).dampening(hyper.number("dampening")?);
            boxed(sgd.nesterov(hyper.flag("nesterov")?))
        }
        "adagrad" => {
            hyper.only(&["lr_decay", "initial_accumulator_value", "eps"])?;
            let adagrad = Adagrad::new().epsilon(hyper.number("eps")?).rate_decay(hyper.number("lr_decay")?);
            boxed(adagrad.initial_sum(hyper.number("initial_accumulator_value")?))
        }
        "rmsprop" | "rmsprop_centered" | "rmsprop_momentum" | "rmsprop_centered_momentum" => {
            hyper.only(&["alpha", "eps", "momentum", "centered"])?;
            let rmsprop = RmsProp::new().alpha(hyper.number("alpha")?).epsilon(hyper.number("eps")?);
            boxed(rmsprop.momentum(hyper.number("momentum")?).centered(hyper.flag("centered")?))
        }
        "adadelta" => {
            hyper.only(&["rho", "eps"])?;
            boxed(Adadelta::new().rho(hyper.number("rho")?).epsilon(hyper.number("eps")?))
        }
        "rprop" => {
            hyper.only(&["etas", "step_sizes"])?;
            let ((flips, stays), (smallest, largest)) = (hyper.pair("etas")?, hyper.pair("step_sizes")?);
            boxed(Rprop::new().factors(flips, stays).sizes(smallest, largest))
        }
        _ => return adams(hyper),
    };
    Ok(Some(make))
}

/// Those with Adam's betas and epsilon.
fn adams(hyper: &Hyper<'_>) -> Result<Option<Maker>, String> {
    let Hyper(file) = hyper;
    if !["adam", "adam_amsgrad", "adamw", "nadam", "radam", "adamax"].contains(&file.optimizer.as_str()) {
        return Ok(None);
    }
    let ((first, second), epsilon) = (hyper.pair("betas")?, hyper.number("eps")?);
    let mut known = vec!["betas", "eps"];
    let make = match file.optimizer.as_str() {
        "adamw" => {
            known.push("amsgrad");
            boxed(AdamW::new().betas(first, second).epsilon(epsilon).amsgrad(hyper.flag("amsgrad")?))
        }
        "nadam" => {
            known.push("momentum_decay");
            let nadam = NAdam::new().betas(first, second).epsilon(epsilon);
            boxed(nadam.momentum_decay(hyper.number("momentum_decay")?))
        }
        "radam" => boxed(RAdam::new().betas(first, second).epsilon(epsilon)),
        "adamax" => boxed(Adamax::new().betas(first, second).epsilon(epsilon)),
        _ => {
            known.push("amsgrad");
            boxed(Adam::new().betas(first, second).epsilon(epsilon).amsgrad(hyper.flag("amsgrad")?))
        }
    };
    hyper.only(&known)?;
    Ok(Some(make))
}

fn put(into: &mut Arrays, kind: &str, plan: &Plan, flat: &[f64]) {
    for block in plan.blocks() {
        into.insert(format!("{kind}.{block}"), flat[block.range.clone()].to_vec());
    }
}
