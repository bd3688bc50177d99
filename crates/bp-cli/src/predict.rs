//! `bp predict`: a table in, a table of answers out, row by row.

use bp_core::OutputKind;
use bp_datasets::{Inputs, read_inputs_file};
use bp_train::TargetKind;
use csv::Writer;

use crate::args::{DtypeName, PredictArgs};
use crate::backend::{Net, Number};
use crate::failure::Failure;
use crate::model::{ModelFile, schema_of};
use crate::output::{check_writable, counted, note, print, write_whole};

/// Runs the command.
pub(crate) fn run(args: &PredictArgs) -> Result<(), Failure> {
    let file = ModelFile::read(&args.model)?;
    args.out.as_deref().map_or(Ok(()), check_writable)?;
    match file.dtype {
        DtypeName::F32 => predict::<f32>(args, &file),
        DtypeName::F64 => predict::<f64>(args, &file),
    }
}

fn predict<S: Number>(args: &PredictArgs, file: &ModelFile<'_>) -> Result<(), Failure> {
    let net = file.open::<S>(&args.machine)?;
    let schema = schema_of(&net);
    let Inputs { rows, x } = read_inputs_file::<S>(&args.file, &schema, &args.table.options(None))?;
    let y = net.predict(&x)?;
    let text = answers(&net, &schema.target, &x, &y)?;
    let Some(path) = &args.out else { return print(&text) };
    write_whole(path, &text)?;
    note(&format!("{} of answers in {}", counted(rows, "row", "rows"), path.display()));
    Ok(())
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
