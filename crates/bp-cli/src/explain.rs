//! `bp explain`: every term of an error or of an entry of the gradient, on one example.

use std::fmt::Display;
use std::path::Path;

use bp_core::{ErrorFunction, Examples, Plan, Reference};
use bp_datasets::Manifest;
use bp_verify::explain::{Lecture, explain, lecture, overview};
use serde::Serialize;

use crate::args::{BackendName, DtypeName, ExplainArgs, ExplainFormat, MachineArgs};
use crate::backend::{Net, Number};
use crate::certificate::Batch;
use crate::failure::Failure;
use crate::model::{ModelFile, schema_of};
use crate::output::{check_writable, counted, note, print, write_picture, write_whole};
use crate::place;
use crate::source::{Source, examples};
use crate::work::waited;

/// The name of the built-in network.
pub(crate) const LECTURE: &str = "lecture";

/// Runs the command.
pub(crate) fn run(args: &ExplainArgs, quiet: bool) -> Result<(), Failure> {
    args.out.as_deref().map_or(Ok(()), check_writable)?;
    if args.model == Path::new(LECTURE) {
        return of_lecture(args, quiet);
    }
    let file = ModelFile::read(&args.model)?;
    match file.dtype {
        DtypeName::F32 => of_model::<f32>(args, &file, quiet),
        DtypeName::F64 => of_model::<f64>(args, &file, quiet),
    }
}

fn of_lecture(args: &ExplainArgs, quiet: bool) -> Result<(), Failure> {
    if let Some(data) = &args.data {
        let why = format!("`lecture` has its own example and takes no data, but got {data}; ./lecture is a file");
        return Err(Failure::Usage(why));
    }
    check_row(args.row, 1, LECTURE)?;
    let lecture = lecture();
    let Lecture { plan, params, loss, .. } = &lecture;
    show(args, plan, *loss, params, &lecture.example())?;
    if !quiet && args.unit.is_none() && args.weight.is_none() && args.format == ExplainFormat::Text {
        note("next: bp explain lecture --unit 'h1[0]', or --weight 'h1.weight.input[0][1]'");
    }
    Ok(())
}

fn of_model<S: Number>(args: &ExplainArgs, file: &ModelFile<'_>, quiet: bool) -> Result<(), Failure> {
    let net: Net<S> = file.open(&MachineArgs { backend: BackendName::Reference, threads: 1, paranoid: false })?;
    let Some(data) = &args.data else {
        let why = format!("{} needs an example: name a data set or a table behind it", args.model.display());
        return Err(Failure::Usage(why));
    };
    // Images come in two parts, all others whole and in their order.
    let is_whole = Manifest::built_in().get(data).is_none_or(|set| set.table.is_some());
    let source = Source {
        data,
        data_dir: args.data_dir.as_ref(),
        table: &args.table,
        test_fraction: is_whole.then_some(0.0),
        seed: args.seed,
    };
    let rows = source.parts_like::<S>(&schema_of(&net), &args.model)?.joined()?;
    check_row(args.row, rows.rows(), data)?;
    let batch = Batch::one(args.row, &net, &examples(&rows));
    let example = batch.examples();
    waited(quiet, "explaining and certifying", || show(args, net.plan(), net.loss(), net.params(), &example))?;
    if !quiet && (net.input_scaling().is_some() || net.target_scaling().is_some()) {
        note("note: numbers are as the network sees them, standardized");
    }
    Ok(())
}

fn check_row(row: usize, rows: usize, data: &str) -> Result<(), Failure> {
    let has = counted(rows, "row", "rows");
    let why = || format!("--row is {row}, but {data} has {has}, counted from 0");
    if row < rows { Ok(()) } else { Err(Failure::Place(why())) }
}

/// Explains what was asked for and writes it.
fn show<S: Number>(
    args: &ExplainArgs,
    plan: &Plan,
    loss: ErrorFunction,
    params: &[S],
    example: &Examples<'_, S>,
) -> Result<(), Failure> {
    let focus = match (&args.unit, &args.weight) {
        (Some(text), _) => place::unit(text, plan)?,
        (_, Some(text)) => place::parameter(text, plan)?,
        (None, None) => {
            let all = overview(plan, &loss, &Reference, params, example)?;
            return write(args, &all, || all.latex(), || all.svg());
        }
    };
    let explained = explain(plan, &loss, &Reference, params, example, focus)?;
    write(args, &explained, || explained.latex(), || explained.svg())
}

fn write(
    args: &ExplainArgs,
    explained: &(impl Display + Serialize),
    latex: impl Fn() -> String,
    svg: impl Fn() -> String,
) -> Result<(), Failure> {
    let text = match args.format {
        ExplainFormat::Text => explained.to_string(),
        ExplainFormat::Latex => latex(),
        ExplainFormat::Svg => svg(),
        ExplainFormat::Json => serde_json::to_string(explained).map_err(|error| Failure::Output(error.into()))? + "\n",
    };
    match args.out.as_deref() {
        Some(path) if args.format == ExplainFormat::Svg => write_picture(path, &text),
        Some(path) => write_whole(path, &text),
        None => print(&text),
    }
}
