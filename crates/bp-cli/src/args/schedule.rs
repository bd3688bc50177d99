//! [`ScheduleSpec`]: what `--schedule` can say.

use std::fmt;
use std::str::FromStr;

use bp_train::{Plateau, Schedule};

/// For messages.
const KNOWN: &str = "constant, step:EPOCHS[,FACTOR], exponential:FACTOR, cosine[:FLOOR], \
                     cosine-restarts:EPOCHS[,GROWTH], one-cycle, plateau[:FACTOR[,EPOCHS]], with warmup:EPOCHS+ before it";

/// A schedule in epochs, without the length of a training.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScheduleSpec {
    text: String,
    /// Epochs.
    warmup: u64,
    main: Main,
}

#[derive(Debug, Clone, PartialEq)]
enum Main {
    Known(Schedule),
    /// Its floor.
    Cosine(f64),
    OneCycle,
    Plateau(Plateau),
}

impl ScheduleSpec {
    /// For a training of so many epochs.
    pub(crate) fn build(&self, epochs: usize, steps_per_epoch: usize) -> (Schedule, Option<Plateau>) {
        let (epochs, steps_per_epoch) = (epochs as u64, steps_per_epoch as u64);
        let steps = epochs.saturating_sub(self.warmup).max(1) * steps_per_epoch;
        let (main, plateau) = match &self.main {
            Main::Known(schedule) => (schedule.clone().per_epoch(), None),
            Main::Cosine(floor) => (Schedule::cosine(steps).floor(*floor), None),
            Main::OneCycle => (Schedule::one_cycle(steps), None),
            Main::Plateau(plateau) => (Schedule::Constant, Some(plateau.clone())),
        };
        let warmup = self.warmup.saturating_mul(steps_per_epoch);
        // The first step already learns something.
        let start = 1.0 / (warmup + 1) as f64;
        let schedule = if warmup == 0 { main } else { Schedule::Warmup { steps: warmup, start }.then(warmup, main) };
        (schedule, plateau)
    }
}

impl fmt::Display for ScheduleSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for ScheduleSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (warmup, main) = match text.split_once('+') {
            Some((warmup, _)) if split(warmup).0 != "warmup" => {
                return Err(format!("only warmup:EPOCHS can stand before a +; expected {KNOWN}"));
            }
            Some(parts) => parts,
            None if split(text).0 == "warmup" => (text, "constant"),
            None => ("warmup:0", text),
        };
        let warmup = match split(warmup).1.as_slice() {
            params if params.len() > 1 => return Err(format!("`{warmup}` has {} numbers, expected 1", params.len())),
            params => whole(params, 0, None, "warmup", "EPOCHS")?,
        };
        let (name, params) = split(main);
        let params = params.as_slice();
        let most = match name {
            "constant" | "one-cycle" => 0,
            "exponential" | "cosine" => 1,
            "step" | "cosine-restarts" | "plateau" => 2,
            _ => return Err(format!("unknown schedule `{name}`, expected one of {KNOWN}")),
        };
        if params.len() > most {
            return Err(format!("`{main}` has {} numbers, expected at most {most}", params.len()));
        }
        let main = match name {
            "step" => Main::Known(Schedule::step(
                whole(params, 0, None, name, "EPOCHS")?,
                number(params, 1, Some(0.1), name, "FACTOR")?,
            )),
            "exponential" => Main::Known(Schedule::exponential(number(params, 0, None, name, "FACTOR")?)),
            "cosine" => Main::Cosine(number(params, 0, Some(0.0), name, "FLOOR")?),
            "cosine-restarts" => Main::Known(Schedule::cosine_restarts(
                whole(params, 0, None, name, "EPOCHS")?,
                whole(params, 1, Some(1), name, "GROWTH")?,
            )),
            "one-cycle" => Main::OneCycle,
            "plateau" => {
                let (factor, patience) =
                    (number(params, 0, Some(0.1), name, "FACTOR")?, whole(params, 1, Some(10), name, "EPOCHS")?);
                Main::Plateau(Plateau::new().factor(factor).patience(patience))
            }
            _ => Main::Known(Schedule::Constant),
        };
        let spec = Self { text: text.into(), warmup, main };
        // A training of some length, so that only what was said can be wrong.
        let (schedule, plateau) = spec.build(usize::MAX >> 16, 1);
        schedule.check().and_then(|()| plateau.map_or(Ok(()), |plateau| plateau.check())).map_err(|e| e.to_string())?;
        Ok(spec)
    }
}

/// `name:1,2` in its parts.
fn split(text: &str) -> (&str, Vec<&str>) {
    match text.split_once(':') {
        Some((name, params)) => (name, params.split(',').collect()),
        None => (text, vec![]),
    }
}

fn whole(params: &[&str], at: usize, default: Option<u64>, name: &str, what: &str) -> Result<u64, String> {
    param(params, at, default, name, what, "a whole number")
}

fn number(params: &[&str], at: usize, default: Option<f64>, name: &str, what: &str) -> Result<f64, String> {
    param(params, at, default, name, what, "a number")
}

fn param<T: FromStr>(
    params: &[&str],
    at: usize,
    default: Option<T>,
    name: &str,
    what: &str,
    kind: &str,
) -> Result<T, String> {
    match (params.get(at), default) {
        (Some(text), _) => text.parse().map_err(|_| format!("{what} of {name} is `{text}`, expected {kind}")),
        (None, Some(default)) => Ok(default),
        (None, None) => {
            Err(format!("{name} needs {what}, {kind}, as in {name}:{}", if kind == "a number" { "0.95" } else { "5" }))
        }
    }
}
