//! `bp cv`: k-fold cross-validation of what `bp train` would do.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bp_datasets::{DataError, Dataset, TargetData};
use bp_train::selection::{KFold, Spread, Trial, cross_validate};
use bp_train::{Evaluation, Event};
use serde::Serialize;

use crate::args::{CvArgs, DtypeName, MachineArgs, Standardize, TrainArgs};
use crate::backend::{Net, Number};
use crate::design::{Design, describe, design};
use crate::failure::Failure;
use crate::output::{counted, figure, note, print, print_json, wrapped};
use crate::settings::{Settings, check};
use crate::source::{Parts, Source, examples};
use crate::summary::headline;
use crate::work::Work;

/// The JSON object. Figures that the task does not have are left out.
#[derive(Debug, Serialize)]
struct Outcome {
    dataset: String,
    folds: usize,
    repeats: usize,
    seed: u64,
    stratified: bool,
    rows: usize,
    network: String,
    training: String,
    backend: &'static str,
    dtype: &'static str,
    #[serde(flatten)]
    spreads: Spreads,
    scores: Vec<Score>,
    seconds: f64,
}

/// Over all folds.
#[derive(Debug, Serialize)]
struct Spreads {
    loss: Spread,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy: Option<Spread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rmse: Option<Spread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r2: Option<Spread>,
}

/// Of one fold.
#[derive(Debug, Serialize)]
struct Score {
    repeat: usize,
    fold: usize,
    seed: u64,
    n_train: usize,
    n_test: usize,
    loss: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rmse: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r2: Option<f64>,
}

/// Runs the command.
pub(crate) fn run(args: &CvArgs) -> Result<(), Failure> {
    let TrainArgs { out, test_fraction, run, checkpoints, stream, .. } = &args.train;
    let no_model = "no model is kept, and folds are the test parts";
    let nothing_saved = "trainings of a cross-validation are not saved while they go on";
    let in_memory = "the rows of all folds are in memory";
    for (is_given, name, why) in [
        (out.is_some(), "--out", no_model),
        (test_fraction.is_some(), "--test-fraction", no_model),
        (run.run.is_some(), "--run", "no model is kept, and a run is one training"),
        (checkpoints.resume.is_some(), "--resume", nothing_saved),
        (checkpoints.checkpoint_dir.is_some(), "--checkpoint-dir", nothing_saved),
        (checkpoints.checkpoint_every.is_some(), "--checkpoint-every", nothing_saved),
        (checkpoints.keep.is_some(), "--keep", nothing_saved),
        (stream.stream, "--stream", in_memory),
    ] {
        if is_given {
            return Err(Failure::Usage(format!("{name} means nothing here: {why}")));
        }
    }
    check(&args.train)?;
    match args.train.dtype {
        DtypeName::F32 => validate::<f32>(args),
        DtypeName::F64 => validate::<f64>(args),
    }
}

fn validate<S: Number>(cv: &CvArgs) -> Result<(), Failure> {
    let args = &cv.train;
    let source = Source {
        data: &args.data,
        data_dir: args.data_dir.as_ref(),
        table: &args.table,
        test_fraction: (!Source::has_parts(&args.data)).then_some(0.0),
        seed: args.seed,
    };
    let parts = source.parts::<S>(args.task)?;
    let standardize = args.standardize.resolved(parts.images);
    let data = parts.train;
    let cut = KFold::new(cv.folds).repeats(cv.repeats).seed(args.seed);
    let folds = match data.targets() {
        TargetData::Classes(labels) => cut.stratified(labels),
        TargetData::Values(_) => cut.split(data.rows()),
    }
    .map_err(|error| Failure::Usage(error.to_string()))?;
    let design = design(&args.into(), &data)?;
    let network = describe(design.plan.architecture());
    let (first, _) = training_rows(args, &data, &folds[0].train, args.seed)?;
    let settings = Settings::new(args, first.rows())?;
    let training = settings.describe();
    if !args.quiet {
        let times = counted(folds.len(), "training", "trainings");
        let rows = counted(data.rows(), "row", "rows");
        note(wrapped(&format!("{}: {rows}, {times} of {network}\neach: {training}", data.name())).trim_end());
    }

    let (start, done) = (Instant::now(), AtomicUsize::new(0));
    let work = Work::new(args.quiet, "training", folds.len().saturating_mul(settings.epochs), "epochs");
    let scores = cross_validate(&folds, args.seed, usize::from(args.machine.threads), |trial| {
        let (score, e) = judge(args, &design, &data, standardize, trial, &work)?;
        let n = done.fetch_add(1, Ordering::Relaxed) + 1;
        let (repeat, fold) = (trial.repeat + 1, trial.fold + 1);
        let seconds = start.elapsed().as_secs_f64();
        let left = seconds * (folds.len() - n) as f64 / n as f64;
        let which = format!("{n}/{}  repetition {repeat}, fold {fold}", folds.len());
        work.say(&format!("{which}  {}  {left:.1} s left", headline(&e)));
        Ok::<_, Failure>(score)
    });
    work.finish();
    let (scores, seconds) = (scores?, start.elapsed().as_secs_f64());

    let spread = |figure: fn(&Score) -> Option<f64>| {
        let figures: Option<Vec<f64>> = scores.iter().map(figure).collect();
        figures.map(|figures| Spread::of(&figures))
    };
    let spreads = Spreads {
        loss: spread(|score| Some(score.loss)).expect("every score has a loss"),
        accuracy: spread(|score| score.accuracy),
        rmse: spread(|score| score.rmse),
        r2: spread(|score| score.r2),
    };
    if !args.json {
        return print(&spreads.describe(scores.len(), seconds));
    }
    print_json(&Outcome {
        dataset: data.name().into(),
        folds: cv.folds,
        repeats: cv.repeats,
        seed: args.seed,
        stratified: matches!(data.targets(), TargetData::Classes(_)),
        rows: data.rows(),
        network,
        training,
        backend: args.machine.backend.name(),
        dtype: S::NAME,
        spreads,
        scores,
        seconds,
    })
}

/// Trains on one fold and judges by what it puts aside.
fn judge<S: Number>(
    args: &TrainArgs,
    design: &Design,
    data: &Dataset<S>,
    standardize: Standardize,
    trial: &Trial<'_>,
    work: &Work,
) -> Result<(Score, Evaluation), Failure> {
    let in_data = |error: DataError| Failure::Data { data: args.data.clone(), error };
    let (train, validation) = training_rows(args, data, trial.train, trial.seed)?;
    let test = data.subset(trial.test).map_err(in_data)?;
    let settings = Settings { seed: trial.seed, ..Settings::new(args, train.rows())? };
    // The threads are busy with other folds.
    let machine = MachineArgs { threads: 1, ..args.machine.clone() };
    let mut net = design.network::<S>(&machine, args.init, trial.seed)?;
    standardize.apply(&mut net, &examples(&train))?;
    let mut trainer = settings.trainer();
    let on_event = |event, _: &Net<S>| {
        if matches!(event, Event::Epoch(_)) {
            work.add(1);
        }
        ControlFlow::Continue(())
    };
    match validation.as_ref().map(examples) {
        Some(validation) => trainer.fit_validated(&mut net, &examples(&train), &validation, on_event),
        None => trainer.fit_with(&mut net, &examples(&train), on_event),
    }
    .map_err(|error| Failure::Fold { repeat: trial.repeat + 1, fold: trial.fold + 1, error })?;
    let e = net.evaluate(&examples(&test))?;
    let Trial { repeat, fold, seed, .. } = *trial;
    let (n_train, n_test) = (train.rows(), test.rows());
    let Evaluation { error: loss, accuracy, rmse, r2, .. } = e;
    Ok((Score { repeat, fold, seed, n_train, n_test, loss, accuracy, rmse, r2 }, e))
}

/// Rows of a fold to train on, and those that early stopping watches, taken from them.
fn training_rows<S: Number>(
    args: &TrainArgs,
    data: &Dataset<S>,
    rows: &[usize],
    seed: u64,
) -> Result<(Dataset<S>, Option<Dataset<S>>), Failure> {
    let train = data.subset(rows).map_err(|error| Failure::Data { data: args.data.clone(), error })?;
    let mut parts = Parts { train, test: None, images: false };
    let validation = args.regularize.take_validation(&mut parts, &args.data, seed)?;
    Ok((parts.train, validation))
}

impl Spreads {
    /// For people.
    fn describe(&self, n: usize, seconds: f64) -> String {
        let line = |name: &str, of: Option<Spread>, factor: f64, unit: &str| {
            of.map_or_else(String::new, |of| {
                let [mean, error, deviation] = [of.mean, of.error, of.deviation].map(|x| match unit {
                    "" => figure(x),
                    _ => format!("{:.2}{unit}", factor * x),
                });
                format!("{name:<9} {mean} ± {error} (standard deviation {deviation})\n")
            })
        };
        let mut text = line("accuracy", self.accuracy, 100.0, " %");
        text += &line("RMSE", self.rmse, 1.0, "");
        text += &line("R²", self.r2, 1.0, "");
        text += &line("error", Some(self.loss), 1.0, "");
        let folds = counted(n, "fold", "folds");
        text + &format!(
            "mean ± standard error over {folds}, {seconds:.2} s;\nfolds share rows, so the error is a little low\n"
        )
    }
}
