//! `bp verify`: is the gradient of this network right, on these rows?

use std::ffi::OsStr;

use bp_core::Examples;
use bp_verify::{Certify, Sample};
use serde::Serialize;

use crate::args::{DtypeName, Part, Standardize, VerifyArgs};
use crate::backend::{Net, Number};
use crate::certificate::{Batch, Found};
use crate::design::{Wanted, describe, design};
use crate::failure::Failure;
use crate::model::{ModelFile, schema_of};
use crate::output::{note, print, print_json};
use crate::source::{Source, examples};

/// Shares of the largest entry that a verdict must resolve unless told; the report says what was resolved.
const DOUBLE: f64 = 1e-10;
const SINGLE: f64 = 0.05;

/// The JSON object.
#[derive(Debug, Serialize)]
struct Outcome {
    subject: String,
    dataset: String,
    backend: &'static str,
    dtype: &'static str,
    network: String,
    n_params: usize,
    loss: String,
    /// `given`, or `moved` where the given ones leave nothing to resolve.
    targets: &'static str,
    #[serde(flatten)]
    found: Found,
}

/// Runs the command.
pub(crate) fn run(args: &VerifyArgs, quiet: bool) -> Result<(), Failure> {
    if args.rows == 0 {
        return Err(Failure::Usage("--rows is 0, expected at least 1".into()));
    }
    if let Some(share) = args.resolution.filter(|share| !(*share > 0.0 && share.is_finite())) {
        return Err(Failure::Usage(format!("--resolution is {share}, expected a finite number above 0")));
    }
    if args.subject.extension() == Some(OsStr::new("toml")) {
        return match args.dtype.unwrap_or(DtypeName::F64) {
            DtypeName::F32 => network_file::<f32>(args, quiet),
            DtypeName::F64 => network_file::<f64>(args, quiet),
        };
    }
    let file = ModelFile::read(&args.subject)?;
    match (args.dtype, file.dtype) {
        (Some(wanted), has) if wanted != has => Err(Failure::Usage(format!(
            "--dtype is {}, but the numbers in {} are {}",
            wanted.name(),
            args.subject.display(),
            has.name()
        ))),
        (_, DtypeName::F32) => model::<f32>(args, &file, quiet),
        (_, DtypeName::F64) => model::<f64>(args, &file, quiet),
    }
}

/// A saved model, on rows with its columns.
fn model<S: Number>(args: &VerifyArgs, file: &ModelFile<'_>, quiet: bool) -> Result<(), Failure> {
    let net = file.open::<S>(&args.machine)?;
    let parts = source(args).parts_like::<S>(&schema_of(&net), &args.subject)?;
    let rows = match (args.part, &parts.test) {
        (Some(Part::Test), Some(test)) => test,
        _ => &parts.train,
    };
    judge(args, quiet, &net, rows.name(), &examples(rows))
}

/// A network file with its initial weights; standardised like in training.
fn network_file<S: Number>(args: &VerifyArgs, quiet: bool) -> Result<(), Failure> {
    let parts = source(args).parts::<S>(args.task)?;
    let wanted = Wanted { net: Some(&args.subject), loss: args.loss, ..Wanted::of(&args.data) };
    let design = design(&wanted, &parts.train)?;
    let mut net = design.network::<S>(&args.machine, None, args.seed)?;
    let rows = examples(&parts.train);
    Standardize::Auto.resolved(parts.images).apply(&mut net, &rows)?;
    judge(args, quiet, &net, parts.train.name(), &rows)
}

fn source(args: &VerifyArgs) -> Source<'_> {
    Source {
        data: &args.data,
        data_dir: args.data_dir.as_ref(),
        table: &args.table,
        test_fraction: None,
        seed: args.seed,
    }
}

fn judge<S: Number>(
    args: &VerifyArgs,
    quiet: bool,
    net: &Net<S>,
    name: &str,
    rows: &Examples<'_, S>,
) -> Result<(), Failure> {
    let mut batch = Batch::first(args.rows, net, rows);
    let mut how = Certify::new();
    if let Some(parameters) = args.parameters {
        how = how.coordinates(if parameters == 0 { Sample::all() } else { Sample::some(parameters, args.seed) });
    }
    if args.directions.is_some() || args.groups.is_some() {
        how = how.directions(args.directions.unwrap_or(0), args.groups.unwrap_or(0), args.seed);
    }
    how = how.resolution(args.resolution.unwrap_or(if S::NAME == "f32" { SINGLE } else { DOUBLE }));
    let mut certificate = batch.certify(how, net, quiet)?;
    let mut targets = "given";
    if certificate.is_only_too_wide() && !args.as_given {
        targets = "moved";
        batch = batch.with_moved_targets(net);
        certificate = batch.certify(how, net, quiet)?;
        if !quiet {
            note(
                "note: these rows are learned so well that their errors y − t are hardly more than rounding, so their \
                 targets were moved to the next class, or by 1; --as-given keeps them",
            );
        }
    }
    certificate.replay = replay(args, batch.rows);
    let found = Found::new(&certificate, batch.rows);
    let passed = certificate.passed();
    match args.json {
        false => print(&certificate.to_string())?,
        true => print_json(&Outcome {
            subject: args.subject.display().to_string(),
            dataset: name.into(),
            backend: args.machine.backend.name(),
            dtype: S::NAME,
            network: describe(net.plan().architecture()),
            n_params: net.plan().n_params(),
            loss: net.loss().to_string(),
            targets,
            found,
        })?,
    }
    if certificate.is_only_too_wide() && !quiet {
        let reached = 1.1 * certificate.resolution;
        note(&format!("note: --resolution {reached:.0e} would pass, or a model that was trained with --dtype f64"));
    }
    if passed { Ok(()) } else { Err(Failure::NotCertified(certificate.verdict())) }
}

/// The command that makes the same certificate again; options of tables are the user's own to repeat.
fn replay(args: &VerifyArgs, rows: usize) -> String {
    let mut text = format!("bp verify {} {} --rows {rows} --seed {}", args.subject.display(), args.data, args.seed);
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            text += &format!(" --{name} {value}");
        }
    };
    option("data-dir", args.data_dir.as_ref().map(|dir| dir.display().to_string()));
    option("part", args.part.map(|part| part.name().to_owned()));
    option("loss", args.loss.map(|loss| loss.to_string()));
    option("dtype", args.dtype.map(|dtype| dtype.name().to_owned()));
    option("parameters", args.parameters.map(|n| n.to_string()));
    option("directions", args.directions.map(|n| n.to_string()));
    option("groups", args.groups.map(|n| n.to_string()));
    option("resolution", args.resolution.map(|share| format!("{share:?}")));
    option("backend", Some(args.machine.backend.name().to_owned()));
    if args.as_given {
        text += " --as-given";
    }
    text
}
