//! Schedule files: the rate of every step.

use bp_train::Schedule;
use serde_json::Value;

use super::Report;
use super::file;
use super::net::TOLERANCE;
use crate::arrays::{Arrays, compare_by_array};

/// Recursions and closed forms of the files differ by 1e-14.
pub(super) fn check(file: &file::Schedule, report: &mut Report) -> Result<(), String> {
    let rates = file.lr.0.len();
    if rates != 50 {
        return Err(format!("{rates} rates, expected 50"));
    }
    let Some((schedule, base)) = schedule(file)? else {
        *report.not_covered.entry(format!("schedule {}", file.schedule)).or_default() += 1;
        return Ok(());
    };
    schedule.check().map_err(|e| e.to_string())?;
    let got = (0..50).map(|k| schedule.rate(base, k, 1)).collect();
    let (got, want) = (Arrays::from([("lr".into(), got)]), Arrays::from([("lr".into(), file.lr.0.clone())]));
    report.add("schedule", &compare_by_array(&got, &want, TOLERANCE)?, &file.name);
    if let Some(momentum) = &file.momentum {
        let number = |key: &str| file.hyper.get(key).and_then(Value::as_f64).ok_or(format!("no hyper.{key}"));
        let cycle = (number("base_momentum")?, number("max_momentum")?);
        let got: Option<Vec<f64>> = (0..50).map(|k| schedule.momentum(cycle, k, 1)).collect();
        let got = Arrays::from([("momentum".into(), got.ok_or("a schedule without momentum")?)]);
        let want = Arrays::from([("momentum".into(), momentum.0.clone())]);
        report.add("momentum of a schedule", &compare_by_array(&got, &want, TOLERANCE)?, &file.name);
    }
    Ok(())
}

/// Our schedule for a file and the rate that it acts on; nothing if we have none.
fn schedule(file: &file::Schedule) -> Result<Option<(Schedule, f64)>, String> {
    let number = |key: &str| match file.hyper.get(key).and_then(Value::as_f64) {
        Some(value) => Ok(value),
        None => Err(format!("hyper.{key} is missing or no number")),
    };
    let whole = |key: &str| match file.hyper.get(key).and_then(Value::as_u64) {
        Some(value) => Ok(value),
        None => Err(format!("hyper.{key} is missing or no whole number")),
    };
    let known = |keys: &[&str]| match file.hyper.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown key hyper.{key}")),
        None => Ok(()),
    };
    let base = || file.base_lr.ok_or("base_lr is missing");
    Ok(Some(match file.schedule.as_str() {
        "step" => {
            known(&["step_size", "gamma"])?;
            (Schedule::step(whole("step_size")?, number("gamma")?), base()?)
        }
        "exponential" => {
            known(&["gamma"])?;
            (Schedule::exponential(number("gamma")?), base()?)
        }
        "cosine_annealing" => {
            known(&["T_max", "eta_min"])?;
            (Schedule::cosine(whole("T_max")?).floor(number("eta_min")? / base()?), base()?)
        }
        "linear_warmup" => {
            known(&["start_factor", "end_factor", "total_iters"])?;
            if number("end_factor")?.to_bits() != 1.0_f64.to_bits() {
                return Err("hyper.end_factor is not 1, which Schedule has no word for".into());
            }
            (Schedule::Warmup { steps: whole("total_iters")?, start: number("start_factor")? }, base()?)
        }
        "one_cycle" => {
            let cycle = ["max_lr", "total_steps", "pct_start", "div_factor", "final_div_factor"];
            let rest = ["anneal_strategy", "cycle_momentum", "base_momentum", "max_momentum", "three_phase"];
            known(&[cycle.as_slice(), &rest].concat())?;
            let is_ours = |key: &str, value: Value| file.hyper.get(key) == Some(&value);
            if !is_ours("anneal_strategy", "cos".into()) || !is_ours("three_phase", false.into()) {
                return Err("one_cycle of three phases or by lines, which Schedule has no word for".into());
            }
            let schedule = Schedule::OneCycle {
                steps: whole("total_steps")?,
                warmup: number("pct_start")?,
                start_divisor: number("div_factor")?,
                end_divisor: number("final_div_factor")?,
            };
            (schedule, number("max_lr")?)
        }
        _ => return Ok(None),
    }))
}
