//! `bp train --stream`: a table that is read block by block, in every epoch anew.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use bp_core::ErrorFunction;
use bp_datasets::{CsvBlocks, DatasetError};
use bp_train::{Block, CheckpointError, Checkpoints, Event, RowBlocks};

use crate::args::{Standardize, TrainArgs};
use crate::backend::{Net, Number};
use crate::design::{Wanted, check_targets, design_for};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::{check_writable, note, print, print_json, wrapped};
use crate::progress::Progress;
use crate::regularize::VALIDATION_FRACTION;
use crate::resume::{Said, checkpoints};
use crate::settings::Settings;
use crate::source::{MIN_ROWS_TO_SPLIT, Source, TEST_FRACTION};
use crate::train::{Done, broken, interrupted, introduction, summarize, went};

const BLOCK: usize = 1 << 16;

/// A part of the table, as the trainer wants it.
type Rows<'a, S> = &'a mut dyn RowBlocks<S>;

/// Runs `bp train` so.
pub(crate) fn train<S: Number>(args: &TrainArgs, said: &[Said]) -> Result<(), Failure> {
    let usage = |text: String| Err(Failure::Usage(text));
    let block = args.stream.block.unwrap_or(BLOCK);
    if block == 0 {
        return usage("--block is 0, expected at least 1".into());
    }
    if args.run.run.is_some() {
        return usage("--run does not go with --stream: its pictures are made of rows in memory".into());
    }
    let source = Source {
        data: &args.data,
        data_dir: args.data_dir.as_ref(),
        table: &args.table,
        test_fraction: args.test_fraction,
        seed: args.seed,
    };
    if !source.is_file() {
        return usage(format!("--stream is for tables on disk, but {} is a data set known by name", args.data));
    }
    source.check()?;
    args.out.as_deref().map_or(Ok(()), check_writable)?;

    let data = Path::new(&args.data);
    let all = CsvBlocks::<S>::open(&files(data)?, &args.table.options(args.task), block)?;
    let in_data = |error| Failure::Data { data: args.data.clone(), error };
    let default = if all.rows() < MIN_ROWS_TO_SPLIT { 0.0 } else { TEST_FRACTION };
    let (mut rows, mut test) = match args.test_fraction.unwrap_or(default) {
        share if share > 0.0 => all.split(share, args.seed).map(|(rest, test)| (rest, Some(test))).map_err(in_data)?,
        _ => (all, None),
    };
    let mut validation = None;
    if args.regularize.patience.is_some() {
        let share = args.regularize.validation_fraction.unwrap_or(VALIDATION_FRACTION);
        let (rest, part) = rows.split(share, args.seed).map_err(in_data)?;
        (rows, validation) = (rest, Some(part));
    }
    let name = data.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let schema = rows.schema().clone();
    let settings = Settings::new(args, rows.rows())?;
    let wanted = Wanted::from(args);
    let design = design_for::<S>(&wanted, &schema)?;
    if design.loss == ErrorFunction::Poisson {
        for part in [Some(&mut rows), validation.as_mut(), test.as_mut()].into_iter().flatten() {
            each_block(part, |block| check_targets(&wanted, &design, &block.values))?;
        }
    }
    let standardize = args.standardize.resolved(false);
    let mut net = design.network::<S>(&args.machine, args.init, args.seed)?;
    net.set_schema(schema.clone())?;
    if standardize != Standardize::No {
        net.standardize_blocks(&mut rows, standardize == Standardize::Auto)?;
    }
    if let Some(path) = &args.out {
        net.to_bytes().map_err(|error| Failure::model_file(path, error))?;
    }
    let interrupt = Interrupt::listen();
    let counts = [&Some(rows.clone()), &validation, &test].map(|part| part.as_ref().map_or(0, CsvBlocks::rows));
    if !args.quiet {
        let introduction = introduction(args, &name, &schema, [counts[0], counts[2]], &design, &settings);
        note(wrapped(&introduction).trim_end());
        let n = rows.sizes().len();
        note(&format!("reading: {n} blocks of up to {block} rows, one of them in memory at a time"));
    }

    let mut checkpoints = checkpoints(args, said)?;
    let mut progress = Progress::new(args.quiet, settings.epochs, counts[0], settings.batch);
    let mut ended = None;
    let on_event = |event: Event, _: &Net<S>| {
        // A score would read the table once more.
        progress.hear(event, String::new);
        if !interrupt.is_asked() {
            return ControlFlow::Continue(());
        }
        ended = Some(event);
        ControlFlow::Break(())
    };
    let mut trainer = settings.trainer();
    let watched = validation.as_mut().map(|part| part as Rows<'_, S>);
    let outcome = match &mut checkpoints {
        Some(checkpoints) => trainer.fit_blocks_resumable(&mut net, &mut rows, watched, checkpoints, on_event),
        None => trainer.fit_blocks(&mut net, &mut rows, watched, on_event).map_err(CheckpointError::Train),
    };
    drop(interrupt);
    let before = progress.epochs_before();
    let seconds = progress.finish().as_secs_f64();
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
    let on_train = net.evaluate_blocks(&mut rows)?;
    let on_test = test.as_mut().map(|test| net.evaluate_blocks(test)).transpose()?;
    let first = first_block(&mut rows)?;
    let done = Done { rows: counts, standardized: standardize != Standardize::No, history, before, seconds };
    let some = first.examples();
    let figures = (&on_train, on_test.as_ref());
    let summary = summarize(args, &settings, &net, (&name, &schema), &some, &done, figures)?;
    match args.json {
        true => print_json(&summary),
        false => print(&wrapped(&(went(&done.history.epochs) + &summary.describe(&on_train, on_test.as_ref())))),
    }
}

/// The table, or the tables of a folder by their names.
fn files(data: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !data.is_dir() {
        return Ok(vec![data.into()]);
    }
    let io = |error| DatasetError::Io { path: data.into(), error };
    let entries = fs::read_dir(data).map_err(io)?.collect::<Result<Vec<_>, _>>().map_err(io)?;
    let paths = entries.into_iter().map(|entry| entry.path());
    let mut tables: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "csv")).collect();
    tables.sort();
    match tables.is_empty() {
        true => Err(Failure::Files(format!("{}: no .csv file is in this folder", data.display()))),
        false => Ok(tables),
    }
}

/// Reads every block and looks at it.
fn each_block<S: Number>(
    rows: &mut CsvBlocks<S>,
    mut look: impl FnMut(&Block<S>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut block = Block { x: vec![], classes: vec![], values: vec![] };
    for number in 0..rows.sizes().len() {
        block.x.clear();
        block.classes.clear();
        block.values.clear();
        rows.read(number, &mut block)?;
        look(&block)?;
    }
    Ok(())
}

/// The first block with rows.
fn first_block<S: Number>(rows: &mut CsvBlocks<S>) -> Result<Block<S>, Failure> {
    let mut block = Block { x: vec![], classes: vec![], values: vec![] };
    let number = rows.sizes().iter().position(|&rows| rows > 0).expect("a part has rows");
    rows.read(number, &mut block)?;
    Ok(block)
}
