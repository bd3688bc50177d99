//! `bp train`: read, design, train, judge, save, report.

use std::ops::ControlFlow;
use std::path::Path;

use bp_core::Examples;
use bp_datasets::Dataset;
use bp_train::{CheckpointError, Checkpoints, EpochRecord, Evaluation, Event, History, Schema, TargetKind, TrainError};

use crate::args::{DtypeName, Standardize, TrainArgs};
use crate::backend::{Net, Number};
use crate::certificate::{self, Found};
use crate::design::{Design, describe, design};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::{check_writable, counted, figure, note, print, print_json, wrapped};
use crate::progress::Progress;
use crate::resume::{Said, checkpoints, recall};
use crate::run::{Begun, CHECKPOINTS, Run};
use crate::settings::{Settings, check};
use crate::source::{Parts, Source, examples};
use crate::sparkline::sparkline;
use crate::stream;
use crate::summary::{Scores, Summary, headline};

/// Characters that show how the error went.
const SPARKS: usize = 40;

/// Runs the command.
pub(crate) fn run(args: TrainArgs, said: Vec<Said>) -> Result<(), Failure> {
    let (mut args, said) = match &args.checkpoints.resume {
        Some(folder) => recall(folder, &said)?,
        None => (args, said),
    };
    check(&args)?;
    crate::run::check(&args)?;
    let own = &mut args.checkpoints;
    if own.checkpoint_dir.is_none() && own.resume.is_none() && (own.checkpoint_every.is_some() || own.keep.is_some()) {
        own.checkpoint_dir = args.run.folder().map(|folder| folder.join(CHECKPOINTS));
    }
    match (args.dtype, args.stream.stream) {
        (DtypeName::F32, false) => train::<f32>(&args, &said),
        (DtypeName::F64, false) => train::<f64>(&args, &said),
        (DtypeName::F32, true) => stream::train::<f32>(&args, &said),
        (DtypeName::F64, true) => stream::train::<f64>(&args, &said),
    }
}

fn train<S: Number>(args: &TrainArgs, said: &[Said]) -> Result<(), Failure> {
    args.out.as_deref().map_or(Ok(()), check_writable)?;
    let source = Source {
        data: &args.data,
        data_dir: args.data_dir.as_ref(),
        table: &args.table,
        test_fraction: args.test_fraction,
        seed: args.seed,
    };
    let mut parts = source.parts::<S>(args.task)?;
    let validation = args.regularize.take_validation(&mut parts, &args.data, args.seed)?;
    let settings = Settings::new(args, parts.train.rows())?;
    let design = design(&args.into(), &parts.train)?;
    let standardize = args.standardize.resolved(parts.images);
    let train = examples(&parts.train);
    let mut net = design.network::<S>(&args.machine, args.init, args.seed)?;
    net.set_schema(parts.train.schema().clone())?;
    standardize.apply(&mut net, &train)?;
    if let Some(path) = &args.out {
        // What cannot be written is better known before hours of training.
        net.to_bytes().map_err(|error| Failure::model_file(path, error))?;
    }
    // From the first line on that a user sees.
    let interrupt = Interrupt::listen();
    if !args.quiet {
        let counts = [parts.train.rows(), parts.test.as_ref().map_or(0, Dataset::rows)];
        let (name, schema) = (parts.train.name(), parts.train.schema());
        note(wrapped(&introduction(args, name, schema, counts, &design, &settings)).trim_end());
    }

    let mut checkpoints = checkpoints(args, said)?;
    let rows = parts.train.rows();
    let network = describe(net.plan().architecture());
    let begun =
        Begun { args, said, settings: &settings, parts: &parts, standardized: standardize != Standardize::No, network };
    let mut run = Run::begin(&net, &begun)?;
    let mut progress = Progress::new(args.quiet, settings.epochs, rows, settings.batch);
    let mut ended = None;
    let on_event = |event, net: &Net<S>| {
        if let Some(run) = &mut run {
            run.hear(event, net, &parts);
        }
        progress.hear(event, || score(net, &parts));
        if !interrupt.is_asked() {
            return ControlFlow::Continue(());
        }
        ended = Some(event);
        ControlFlow::Break(())
    };
    let mut trainer = settings.trainer();
    let outcome = match (&mut checkpoints, validation.as_ref().map(examples)) {
        (Some(checkpoints), validation) => {
            trainer.fit_resumable(&mut net, &train, validation.as_ref(), checkpoints, on_event)
        }
        (None, Some(validation)) => {
            trainer.fit_validated(&mut net, &train, &validation, on_event).map_err(CheckpointError::Train)
        }
        (None, None) => trainer.fit_with(&mut net, &train, on_event).map_err(CheckpointError::Train),
    };
    drop(interrupt);
    let before = progress.epochs_before();
    let seconds = progress.finish().as_secs_f64();
    if let Some(run) = run.as_ref().filter(|_| outcome.is_err() || ended.is_some()) {
        run.leave(&net)?;
    }
    let history = outcome.map_err(|error| match error {
        CheckpointError::Train(error) => broken(error, &net, args.out.as_deref()),
        error => error.into(),
    })?;
    if let Some(event) = ended {
        let folder = checkpoints.as_ref().map(Checkpoints::folder);
        note(&interrupted(event, &net, folder, args.out.as_deref(), history.epochs.len())?);
        return Err(Failure::Interrupted);
    }

    if let Some(path) = &args.out {
        net.save(path)?;
    }
    let on_train = net.evaluate(&train)?;
    let on_test = parts.test.as_ref().map(|test| net.evaluate(&examples(test))).transpose()?;
    let counts = [rows, validation.as_ref().map_or(0, Dataset::rows), parts.test.as_ref().map_or(0, Dataset::rows)];
    let done = Done { rows: counts, standardized: standardize != Standardize::No, history, before, seconds };
    let (name, schema) = (parts.train.name(), parts.train.schema());
    let summary = summarize(args, &settings, &net, (name, schema), &train, &done, (&on_train, on_test.as_ref()))?;
    let kept = run.map(|run| run.finish(&net, &parts, &summary)).transpose()?;
    match args.json {
        true => print_json(&summary),
        false => {
            let kept = kept.map_or_else(String::new, |kept| kept + "\n");
            let error = went(&done.history.epochs);
            print(&(wrapped(&(error + &summary.describe(&on_train, on_test.as_ref()))) + &kept))
        }
    }
}

/// How the error went, from the first epoch to the last.
pub(crate) fn went(epochs: &[EpochRecord]) -> String {
    let errors: Vec<f64> = epochs.iter().map(|epoch| epoch.error).collect();
    match errors[..] {
        [first, .., last] => {
            format!("error     {}  {} to {}\n", sparkline(&errors, SPARKS), figure(first), figure(last))
        }
        _ => String::new(),
    }
}

/// How good the network is on the rows put aside, or on those for training if none were, in a few words.
fn score<S: Number>(net: &Net<S>, parts: &Parts<S>) -> String {
    let (part, rows) = match &parts.test {
        Some(test) => ("test", test),
        None => ("training", &parts.train),
    };
    let evaluation = net.evaluate(&examples(rows));
    evaluation.map_or_else(|error| error.to_string(), |evaluation| format!("{part} {}", headline(&evaluation)))
}

/// What a training has left beside the network.
pub(crate) struct Done {
    /// Rows for training, validation and testing.
    pub(crate) rows: [usize; 3],
    pub(crate) standardized: bool,
    pub(crate) history: History,
    /// Epochs that were done before.
    pub(crate) before: Option<usize>,
    pub(crate) seconds: f64,
}

/// Certifies the gradient on some of the rows and puts everything together.
pub(crate) fn summarize<S: Number>(
    args: &TrainArgs,
    settings: &Settings,
    net: &Net<S>,
    (name, schema): (&str, &Schema),
    some: &Examples<'_, S>,
    done: &Done,
    (on_train, on_test): (&Evaluation, Option<&Evaluation>),
) -> Result<Summary, Failure> {
    let (certificate, certified_rows) = certificate::after_training(net, some, args.seed, args.quiet)?;
    let Done { rows: [n_train, n_validation, n_test], standardized, history, before, seconds } = done;
    let epochs_done = history.epochs.len();
    let epochs_here = before.map_or(0, |before| epochs_done.saturating_sub(before));
    Ok(Summary {
        dataset: name.into(),
        task: match schema.target {
            TargetKind::Classes(_) => "classify",
            TargetKind::Values(_) => "regress",
        },
        backend: args.machine.backend.name(),
        dtype: S::NAME,
        threads: net.backend().threads(),
        seed: args.seed,
        network: describe(net.plan().architecture()),
        n_params: net.plan().n_params(),
        loss: net.loss().to_string(),
        optimizer: settings.optimizer.name(),
        lr: settings.rate,
        schedule: settings.schedule.as_ref().map(ToString::to_string),
        clip_norm: settings.clip_norm,
        clip_value: settings.clip_value,
        momentum: settings.momentum,
        weight_decay: settings.weight_decay,
        reduction: settings.reduction.name(),
        batch: settings.batch,
        epochs: settings.epochs,
        epochs_done,
        best_epoch: history.restored,
        regularization: settings.regularize.clone(),
        standardized: *standardized,
        n_train: *n_train,
        n_validation: *n_validation,
        n_test: *n_test,
        scores: Scores::new(on_train, on_test),
        seconds: *seconds,
        examples_per_second: epochs_here as f64 * *n_train as f64 / seconds.max(1e-9),
        gradient: Found::new(&certificate, certified_rows),
        out: args.out.as_ref().map(|path| path.display().to_string()),
    })
}

/// What is about to be done, for standard error.
pub(crate) fn introduction(
    args: &TrainArgs,
    name: &str,
    schema: &Schema,
    [train, test]: [usize; 2],
    design: &Design,
    settings: &Settings,
) -> String {
    let targets = match &schema.target {
        TargetKind::Classes(names) => counted(names.len(), "class", "classes"),
        TargetKind::Values(names) => names.join(", "),
    };
    format!(
        "{name}: {} to {targets}, {} for training, {test} for testing\nnetwork: {}, {} parameters, {}\n\
         training: {} on {}, {}",
        counted(schema.inputs(), "input", "inputs"),
        counted(train, "row", "rows"),
        describe(design.plan.architecture()),
        design.plan.n_params(),
        design.loss,
        settings.describe(),
        args.machine.backend.name(),
        args.dtype.name(),
    )
}

/// A training that could not go on; the network is as it was after the last good epoch, and is saved so.
pub(crate) fn broken<S: Number>(error: TrainError, net: &Net<S>, out: Option<&Path>) -> Failure {
    let TrainError::NonFinite { last_good, .. } = error else { return Failure::Training { error } };
    let model = match last_good {
        0 => "the initial model".into(),
        _ => format!("the model after epoch {last_good}"),
    };
    let kept = match out {
        None => format!("{model} was the last good one (--out would keep it)"),
        Some(path) if last_good == 0 && path.exists() => {
            format!("{model} was the last good one, so {} is left as it was", path.display())
        }
        Some(path) => match net.save(path) {
            Ok(()) => format!("{model}, the last good one, is saved to {}", path.display()),
            Err(save) => format!("{model} could not be saved: {save}"),
        },
    };
    Failure::Broken { error, kept }
}

/// What to say when the user has ended a training; without checkpoints the model so far is saved.
pub(crate) fn interrupted<S: Number>(
    event: Event,
    net: &Net<S>,
    folder: Option<&Path>,
    out: Option<&Path>,
    epochs: usize,
) -> Result<String, Failure> {
    let place = match event {
        Event::Step { epoch, step, steps } => format!("in epoch {epoch}, after step {step} of {steps}"),
        Event::Epoch(record) => format!("after epoch {}", record.epoch),
    };
    let kept = match (folder, out) {
        (Some(folder), _) => format!("go on with: bp train --resume {}", folder.display()),
        (None, None) => "nothing is saved (--checkpoint-dir would keep the training, --out the model)".into(),
        (None, Some(path)) if epochs == 0 && path.exists() => {
            format!("no epoch is over, so {} is left as it was", path.display())
        }
        (None, Some(path)) => {
            net.save(path)?;
            format!("the model so far is saved to {} (--checkpoint-dir would keep the training)", path.display())
        }
    };
    Ok(format!("interrupted {place}; {kept}"))
}
