//! `bp predict`: rows in, a table of answers out, row by row.

use bp_core::OutputKind;
use bp_datasets::{Inputs, Manifest, read_inputs_file};
use bp_train::{Schema, TargetKind};
use csv::Writer;

use crate::args::{DtypeName, Part, PredictArgs};
use crate::backend::{Net, Number};
use crate::failure::Failure;
use crate::model::{ModelFile, schema_of};
use crate::output::{check_writable, counted, note, print, write_whole};
use crate::source::Source;
use crate::work::Work;

/// Runs the command.
pub(crate) fn run(args: &PredictArgs, quiet: bool) -> Result<(), Failure> {
    let file = ModelFile::read(&args.model)?;
    args.out.as_deref().map_or(Ok(()), check_writable)?;
    match file.dtype {
        DtypeName::F32 => predict::<f32>(args, &file, quiet),
        DtypeName::F64 => predict::<f64>(args, &file, quiet),
    }
}

fn predict<S: Number>(args: &PredictArgs, file: &ModelFile<'_>, quiet: bool) -> Result<(), Failure> {
    let net = file.open::<S>(&args.machine)?;
    let schema = schema_of(&net);
    let Inputs { rows, x } = inputs::<S>(args, &schema)?;
    let work = Work::new(quiet, "predicting", rows, "rows");
    let inputs = net.plan().inputs();
    let y = work.over(&x, inputs, |x| net.predict(x))?;
    work.finish();
    let text = answers(&net, &schema.target, &x, &y)?;
    let Some(path) = &args.out else { return print(&text) };
    write_whole(path, &text)?;
    if quiet {
        return Ok(());
    }
    note(&format!("{} of answers in {}", counted(rows, "row", "rows"), path.display()));
    Ok(())
}

/// The rows of a table, or those of a data set that the model's columns are compared with.
fn inputs<S: Number>(args: &PredictArgs, schema: &Schema) -> Result<Inputs<S>, Failure> {
    let all = args.part.is_none_or(|part| part == Part::All);
    // Images come in two parts, all others whole.
    let is_whole = Manifest::built_in().get(&args.data).is_none_or(|set| set.table.is_some());
    let source = Source {
        data: &args.data,
        data_dir: args.data_dir.as_ref(),
        table: &args.table,
        test_fraction: if all && is_whole { Some(0.0) } else { args.test_fraction },
        seed: args.seed,
    };
    if source.is_file() {
        let option = args.part.map(|_| "--part").or(args.data_dir.as_ref().map(|_| "--data-dir"));
        return match option {
            Some(option) => {
                Err(Failure::Usage(format!("{option} is for data sets known by name, but {} is a table", args.data)))
            }
            None => Ok(read_inputs_file::<S>(&args.data, schema, &args.table.options(None))?),
        };
    }
    let parts = source.parts_like::<S>(schema, &args.model)?;
    let joined;
    let data = match (args.part, &parts.test) {
        (Some(Part::Test), None) => {
            let why = format!("--part test was asked for, but no rows of {} are put aside", args.data);
            return Err(Failure::Usage(why));
        }
        (Some(Part::Test), Some(test)) => test,
        (None | Some(Part::All), Some(_)) => {
            joined = parts.joined()?;
            &joined
        }
        (Some(Part::Train), _) | (_, None) => &parts.train,
    };
    Ok(Inputs { rows: data.rows(), x: data.x().to_vec() })
}

/// The answers as CSV, with a header line.
fn answers<S: Number>(net: &Net<S>, target: &TargetKind, x: &[S], y: &[S]) -> Result<String, Failure> {
    let mut table = Writer::from_writer(vec![]);
    let outputs = net.plan().outputs();
    match target {
        TargetKind::Values(names) => {
            table.write_record(names)?;
            for y in y.chunks_exact(outputs) {
                table.write_record(y.iter().map(|y| y.text()))?;
            }
        }
        TargetKind::Classes(names) => {
            let what = probability_name(net.output_kind());
            table
                .write_record(["class".into()].into_iter().chain(names.iter().map(|name| format!("{what}({name})"))))?;
            for (class, y) in net.classify(x)?.into_iter().zip(y.chunks_exact(outputs)) {
                let class = names[class as usize].clone();
                table.write_record([class].into_iter().chain(y.iter().map(|y| y.text())))?;
            }
        }
    }
    let bytes = table.into_inner().map_err(|error| Failure::Output(error.into_error()))?;
    Ok(String::from_utf8(bytes).expect("names and numbers are text"))
}

/// Softmax and logistic outputs are probabilities; what another function gives is only a score.
fn probability_name(kind: OutputKind) -> &'static str {
    match kind {
        OutputKind::Softmax | OutputKind::Logistic => "p",
        _ => "y",
    }
}
