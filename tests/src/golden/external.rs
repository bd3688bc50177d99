//! External files: what the source states, and its one step of gradient descent.

use bp_core::{ErrorFunction, Plan, Reference};
use bp_train::{Group, Optimizer, Sgd, Step};

use super::file::{Array, ByName, External, Stated};
use super::net::{TOLERANCE, flat_params};
use super::{NetCase, Report, check_net};
use crate::arrays::{Arrays, compare, compare_by_array};
use crate::suite::run_traced;

/// Checks the network, the step and every stated number.
pub(super) fn check(file: &External, report: &mut Report) -> Result<(), String> {
    let case = NetCase::new(&file.net)?;
    check_net(&case, report)?;
    super::second::check(&file.net, &case, report)?;

    let mut got = case.run::<Reference, f64>(&Reference);
    let stepped = step(&case, file, &got)?;
    got.extend(stepped);
    let own = &file.own;
    let mut want = Arrays::new();
    put_named(&mut want, "after", own.after_one_step.as_ref());
    put(&mut want, "y after", own.y_after_one_step.as_ref().map(|y| y.0.clone()));
    put(&mut want, "error after", own.error_after_one_step.map(|e| vec![e]));
    if !want.is_empty() {
        report.add("external step", &compare_by_array(&got, &want, TOLERANCE)?, &case.name);
    }
    let found = compare_stated(&got, &stated(&own.stated), own.stated_tolerance)?;
    report.add("external stated", &found, &case.name);
    Ok(())
}

/// Absolute distances; with a tolerance of 0 the numbers are exact.
fn compare_stated(got: &Arrays, want: &Arrays, tolerance: f64) -> Result<crate::arrays::Match, String> {
    compare(got, want, |_, _| tolerance)
}

/// Parameters, y and error after w ← w − η (g + λ w), λ on weights only, biases fixed if the file says so.
fn step(case: &NetCase, file: &External, got: &Arrays) -> Result<Arrays, String> {
    let own = &file.own;
    let Some(rate) = own.learning_rate else {
        let parts = [own.after_one_step.is_some(), own.y_after_one_step.is_some(), own.l2.is_some()];
        return if parts.contains(&true) { Err("a step without a learning rate".into()) } else { Ok(Arrays::new()) };
    };
    let biases_move = match own.updated.as_deref() {
        Some("all") => true,
        Some("weights") => false,
        other => return Err(format!("updated is {other:?}, expected all or weights")),
    };
    let plan: &Plan = &case.plan;
    let group = |block: &bp_core::Block| {
        let is_weight = block.source.is_some();
        let decay = if is_weight { own.l2.unwrap_or(0.0) } else { 0.0 };
        Group { range: block.range.clone(), decay, rate: if is_weight || biases_move { 1.0 } else { 0.0 } }
    };
    let groups: Vec<Group> = plan.blocks().iter().map(group).collect();
    let gradient: Vec<f64> = plan.blocks().iter().flat_map(|block| got[&format!("gradient.{block}")].clone()).collect();
    let mut params = case.params.clone();
    let mut sgd = Sgd::<f64>::new();
    sgd.prepare(params.len());
    sgd.step(&Step { index: 1, rate, groups: &groups }, &mut params, &gradient);
    if let Some(after) = &own.after_one_step {
        flat_params(plan, after)?;
    }
    let loss: ErrorFunction = case.loss;
    let again = run_traced::<Reference, f64>(&Reference, plan, loss, &params, &case.x, &case.t);
    let mut after =
        Arrays::from([("y after".into(), again["y"].clone()), ("error after".into(), again["error"].clone())]);
    for block in plan.blocks() {
        after.insert(format!("after.{block}"), params[block.range.clone()].to_vec());
    }
    Ok(after)
}

fn stated(stated: &Stated) -> Arrays {
    let mut want = Arrays::new();
    put_named(&mut want, "z", stated.units_z.as_ref());
    put_named(&mut want, "a", stated.activations_a.as_ref());
    put_named(&mut want, "delta", stated.deltas.as_ref());
    put_named(&mut want, "gradient", stated.gradient.as_ref());
    put_named(&mut want, "after", stated.after_one_step.as_ref());
    put(&mut want, "y", stated.y.as_ref().map(|y| y.0.clone()));
    put(&mut want, "error", stated.error.map(|e| vec![e]));
    put(&mut want, "y after", stated.y_after_one_step.as_ref().map(|y| y.0.clone()));
    put(&mut want, "error after", stated.error_after_one_step.map(|e| vec![e]));
    want
}

fn put(into: &mut Arrays, name: &str, values: Option<Vec<f64>>) {
    into.extend(values.map(|values| (name.to_owned(), values)));
}

fn put_named(into: &mut Arrays, kind: &str, named: Option<&ByName>) {
    let named = named.into_iter().flatten();
    into.extend(named.map(|(name, Array(values))| (format!("{kind}.{name}"), values.clone())));
}
