//! `bp eval`: a saved model on rows whose targets are known.

use bp_train::{Evaluation, TargetKind};
use serde::Serialize;

use crate::args::{DtypeName, EvalArgs, Part};
use crate::backend::Number;
use crate::failure::Failure;
use crate::model::{ModelFile, schema_of};
use crate::output::{print, print_json};
use crate::report::Report;
use crate::source::{Source, examples};
use crate::summary::figures;
use crate::work::Work;

/// The JSON object. Figures that the task does not have are left out.
#[derive(Debug, Serialize)]
struct Verdict {
    model: String,
    dataset: String,
    part: &'static str,
    task: &'static str,
    backend: &'static str,
    dtype: &'static str,
    examples: usize,
    loss: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rmse: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r2: Option<f64>,
    metrics: Report,
}

/// Runs the command.
pub(crate) fn run(args: &EvalArgs, quiet: bool) -> Result<(), Failure> {
    let file = ModelFile::read(&args.model)?;
    match file.dtype {
        DtypeName::F32 => eval::<f32>(args, &file, quiet),
        DtypeName::F64 => eval::<f64>(args, &file, quiet),
    }
}

fn eval<S: Number>(args: &EvalArgs, file: &ModelFile<'_>, quiet: bool) -> Result<(), Failure> {
    let net = file.open::<S>(&args.machine)?;
    let mut source = Source {
        data: &args.data,
        data_dir: args.data_dir.as_ref(),
        table: &args.table,
        test_fraction: args.test_fraction,
        seed: args.seed,
    };
    let default = if source.is_file() { Part::All } else { Part::Test };
    let part = args.part.unwrap_or(default);
    if part == Part::All && source.is_file() {
        source.test_fraction = Some(0.0);
    }
    let schema = schema_of(&net);
    let parts = source.parts_like::<S>(&schema, &args.model)?;
    let joined;
    let (part, rows) = match (part, &parts.test) {
        (Part::Test, Some(test)) => (Part::Test, test),
        (Part::Train, Some(_)) => (Part::Train, &parts.train),
        (Part::All, Some(_)) => {
            joined = parts.joined()?;
            (Part::All, &joined)
        }
        (Part::Test, None) if args.part.is_some() => {
            let why = format!("--part test was asked for, but no rows of {} are put aside", args.data);
            return Err(Failure::Usage(why));
        }
        // Too few rows for a test part: training used all of them.
        (_, None) => (Part::All, &parts.train),
    };
    // All rows pass twice: for the error, and for everything that is judged by outputs alone.
    let work = Work::new(quiet, "judging", 2 * rows.rows(), "rows");
    let e = net.evaluate_and_tell(&examples(rows), &|rows| work.add(rows))?;
    let y = work.over(rows.x(), net.plan().inputs(), |x| net.predict(x))?;
    work.finish();
    let metrics = Report::new(rows, &y, net.plan().outputs())?;
    let name = parts.train.name();
    if !args.json {
        let headline = format!("{name}, {}: {}\n", words(part, args.seed, parts.images), figures(&e));
        return print(&(headline + &metrics.describe()));
    }
    let Evaluation { examples, error, accuracy, rmse, r2 } = e;
    print_json(&Verdict {
        model: args.model.display().to_string(),
        dataset: name.into(),
        part: part.name(),
        task: if matches!(schema.target, TargetKind::Classes(_)) { "classify" } else { "regress" },
        backend: args.machine.backend.name(),
        dtype: S::NAME,
        examples,
        loss: error,
        accuracy,
        rmse,
        r2,
        metrics,
    })
}

/// Which rows were looked at.
fn words(part: Part, seed: u64, is_fixed: bool) -> String {
    match part {
        Part::All => "all rows".into(),
        _ if is_fixed => format!("{} part", part.name()),
        _ => format!("{} part of seed {seed}", part.name()),
    }
}
