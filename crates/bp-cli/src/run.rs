//! [`Run`]: the folder of a training, written while it goes on.
//!
//! `config.json` holds the settings and the data's SHA-256, `history.jsonl` a line per epoch, `layers.jsonl` what stood in
//! the layers every few epochs, `model.bp` the network, `results.json` the summary, `figures.json` what pictures are drawn
//! from, and `report.html` all of it as a page, beside one SVG file for each picture. Clock values stand in `history.jsonl` alone.

mod figures;
mod layers;
mod lines;
mod page;
#[cfg(feature = "plots")]
mod pictures;
mod rate;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bp_core::Examples;
use bp_train::{EpochRecord, Event};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::args::TrainArgs;
use crate::backend::{Net, Number};
use crate::failure::Failure;
use crate::output::{note, write_whole};
use crate::resume::{Said, words};
use crate::settings::Settings;
use crate::source::{Parts, examples};
use crate::summary::Summary;

pub(crate) use figures::Figures;
use layers::{Layers, Trace};
use lines::Lines;
use rate::Rate;

/// Names of the files.
pub(crate) const CONFIG: &str = "config.json";
pub(crate) const HISTORY: &str = "history.jsonl";
const LAYERS: &str = "layers.jsonl";
pub(crate) const MODEL: &str = "model.bp";
const RESULTS: &str = "results.json";
const FIGURES: &str = "figures.json";
pub(crate) const PAGE: &str = "report.html";
/// Where the training is saved in, if that was asked for.
pub(crate) const CHECKPOINTS: &str = "checkpoints";

/// How a training was begun.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Config {
    /// Of the program.
    pub(crate) version: String,
    /// As one would type it.
    pub(crate) command: Vec<String>,
    pub(crate) seed: u64,
    /// What was set, defaults filled in.
    pub(crate) training: String,
    pub(crate) network: String,
    pub(crate) loss: String,
    pub(crate) backend: String,
    pub(crate) dtype: String,
    pub(crate) standardized: bool,
    /// SHA-256 of the training rows.
    pub(crate) data: String,
    /// SHA-256 of the rows put aside, if any were.
    pub(crate) test_data: Option<String>,
}

/// A line of the history.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Epoch {
    pub(crate) epoch: usize,
    /// Mean error over the epoch's batches; none if it was not finite.
    pub(crate) error: Option<f64>,
    /// Of the rows that training watches.
    pub(crate) validation: Option<f64>,
    /// Of the rows put aside, or of those for training if none were.
    pub(crate) loss: Option<f64>,
    pub(crate) accuracy: Option<f64>,
    pub(crate) rmse: Option<f64>,
    pub(crate) r2: Option<f64>,
    /// The learning rate of the epoch's last step.
    pub(crate) rate: f64,
    /// Since this call began.
    pub(crate) seconds: f64,
    /// Since 1970.
    pub(crate) unix_time: u64,
}

/// A folder that a training writes to.
pub(crate) struct Run<S: Number> {
    folder: PathBuf,
    history: Lines,
    layers: Lines,
    trace: Trace<S>,
    rate: Rate,
    start: Instant,
    /// The first file that could not be written; training goes on.
    failure: Option<Failure>,
}

/// What `begin` needs to know besides the network.
pub(crate) struct Begun<'a, S: Number> {
    pub(crate) args: &'a TrainArgs,
    pub(crate) said: &'a [Said],
    pub(crate) settings: &'a Settings,
    pub(crate) parts: &'a Parts<S>,
    pub(crate) standardized: bool,
    pub(crate) network: String,
}

/// Refuses a folder that is there already; called before any data is read.
pub(crate) fn check(args: &TrainArgs) -> Result<(), Failure> {
    match args.run.folder() {
        Some(folder) if args.checkpoints.resume.is_none() && folder.exists() => {
            let why = "there is a run or something else already; choose another --run or take it away".into();
            Err(Failure::Run { folder, why })
        }
        _ => Ok(()),
    }
}

impl<S: Number> Run<S> {
    /// Makes the folder, or goes on with it, and writes the settings; nothing if no run was asked for.
    pub(crate) fn begin(net: &Net<S>, begun: &Begun<'_, S>) -> Result<Option<Self>, Failure> {
        let Begun { args, said, settings, parts, standardized, network } = begun;
        let Some(folder) = args.run.folder() else { return Ok(None) };
        fs::create_dir_all(&folder).map_err(|error| Failure::Write { path: folder.clone(), error })?;
        let hash = |rows: Examples<'_, S>| bp_train::digest(&rows).map(|byte| format!("{byte:02x}")).concat();
        let lasting: Vec<Said> = said.iter().filter(|(name, _)| name != "resume").cloned().collect();
        let config = Config {
            version: env!("CARGO_PKG_VERSION").into(),
            command: words(&lasting),
            seed: args.seed,
            training: settings.describe(),
            network: network.clone(),
            loss: net.loss().to_string(),
            backend: args.machine.backend.name().into(),
            dtype: S::NAME.into(),
            standardized: *standardized,
            data: hash(examples(&parts.train)),
            test_data: parts.test.as_ref().map(|test| hash(examples(test))),
        };
        write_json(&folder.join(CONFIG), &config)?;
        let goes_on = args.checkpoints.resume.is_some();
        Ok(Some(Self {
            history: Lines::new(folder.join(HISTORY), goes_on)?,
            layers: Lines::new(folder.join(LAYERS), goes_on)?,
            folder,
            trace: Trace::new(net, &examples(&parts.train), settings.epochs),
            rate: Rate::new(settings),
            start: Instant::now(),
            failure: None,
        }))
    }

    /// Hears of a step or an epoch, and writes the lines of an epoch.
    pub(crate) fn hear(&mut self, event: Event, net: &Net<S>, parts: &Parts<S>) {
        let Event::Epoch(record) = event else { return };
        if self.failure.is_none() {
            self.failure = self.write(record, net, parts).err();
        }
    }

    fn write(&mut self, record: EpochRecord, net: &Net<S>, parts: &Parts<S>) -> Result<(), Failure> {
        for before in self.history.keep_before::<Epoch>(record.epoch, |line| line.epoch)? {
            self.rate.observe(before.error, before.validation);
        }
        self.layers.keep_before::<Layers>(record.epoch, |line| line.epoch)?;
        let rows = parts.test.as_ref().unwrap_or(&parts.train);
        let judged = net.evaluate(&examples(rows)).ok();
        let finite = |x: f64| Some(x).filter(|x| x.is_finite());
        self.history.push(&Epoch {
            epoch: record.epoch,
            error: finite(record.error),
            validation: record.validation.and_then(finite),
            loss: judged.and_then(|e| finite(e.error)),
            accuracy: judged.and_then(|e| e.accuracy),
            rmse: judged.and_then(|e| e.rmse).and_then(finite),
            r2: judged.and_then(|e| e.r2).and_then(finite),
            rate: self.rate.of_epoch(record.epoch),
            seconds: self.start.elapsed().as_secs_f64(),
            unix_time: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        })?;
        self.rate.observe(Some(record.error), record.validation);
        match self.trace.is_due(record.epoch) {
            true => self.layers.push(&self.trace.look(record.epoch, net)?),
            false => Ok(()),
        }
    }

    /// Writes the model of a training that did not come to its end, and says where.
    pub(crate) fn leave(&self, net: &Net<S>) -> Result<(), Failure> {
        net.save(self.folder.join(MODEL))?;
        note(&format!("the history and the model so far are kept in {}", self.folder.display()));
        Ok(())
    }

    /// Writes what is known at the end; returns what to tell about it.
    pub(crate) fn finish(self, net: &Net<S>, parts: &Parts<S>, summary: &Summary) -> Result<String, Failure> {
        net.save(self.folder.join(MODEL))?;
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        write_json(&self.folder.join(FIGURES), &Figures::new(net, parts)?)?;
        let mut results = serde_json::to_value(summary).map_err(|error| not_json(&self.folder, &error.to_string()))?;
        if let Value::Object(fields) = &mut results {
            // Clock values are in the history alone.
            fields.retain(|name, _| !["seconds", "examples_per_second"].contains(&name.as_str()));
            fields.insert("gradient_text".into(), summary.gradient.describe().into());
        }
        write_json(&self.folder.join(RESULTS), &results)?;
        report(&self.folder)
    }
}

/// Writes pictures, if this program can draw, and the page of a finished run; returns what to tell about it.
pub(crate) fn report(folder: &Path) -> Result<String, Failure> {
    let run = Kept::read(folder)?;
    let results: Value = read_json(&folder.join(RESULTS))?;
    let pictures = draw(&run)?;
    for (name, svg) in &pictures {
        write_whole(&folder.join(format!("{name}.svg")), svg)?;
    }
    let svgs: Vec<&str> = pictures.iter().map(|(_, svg)| svg.as_str()).collect();
    write_whole(&folder.join(PAGE), &page::page(&run, &results, &svgs))?;
    let page = folder.join(PAGE);
    Ok(match cfg!(feature = "plots") {
        true => format!("run kept in {}; see {}", folder.display(), page.display()),
        false => format!(
            "run kept in {}; see {}, without pictures: bp was built without --features plots",
            folder.display(),
            page.display()
        ),
    })
}

/// What is read of a run.
pub(crate) struct Kept {
    pub(crate) folder: PathBuf,
    pub(crate) config: Config,
    pub(crate) history: Vec<Epoch>,
    #[cfg_attr(not(feature = "plots"), expect(dead_code, reason = "only pictures need them"))]
    pub(crate) layers: Vec<Layers>,
    /// None of a run that was not ended.
    #[cfg_attr(not(feature = "plots"), expect(dead_code, reason = "only pictures need them"))]
    pub(crate) figures: Option<Figures>,
}

impl Kept {
    /// Reads the folder of a run, also of one that was broken off.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        if !folder.join(CONFIG).exists() {
            let why = format!("no run is here: there is no {CONFIG}, which `bp train --run` writes");
            return Err(Failure::Run { folder: folder.into(), why });
        }
        let figures = folder.join(FIGURES);
        Ok(Self {
            folder: folder.into(),
            config: read_json(&folder.join(CONFIG))?,
            history: lines::read(&folder.join(HISTORY))?,
            layers: lines::read(&folder.join(LAYERS))?,
            figures: figures.exists().then(|| read_json(&figures)).transpose()?,
        })
    }

    /// Whether it came to its end.
    pub(crate) fn is_finished(&self) -> bool {
        self.folder.join(RESULTS).exists()
    }
}

/// Names and pictures.
#[cfg(feature = "plots")]
fn draw(run: &Kept) -> Result<Vec<(String, String)>, Failure> {
    pictures::of_one(run).map_err(|error| Failure::Run { folder: run.folder.clone(), why: error.to_string() })
}

/// Names and pictures: none without the feature.
#[cfg(not(feature = "plots"))]
fn draw(_: &Kept) -> Result<Vec<(String, String)>, Failure> {
    Ok(vec![])
}

#[cfg(feature = "plots")]
pub(crate) use pictures::compare;

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| not_json(path, &error.to_string()))?;
    write_whole(path, &(text + "\n"))
}

fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T, Failure> {
    let text = fs::read_to_string(path).map_err(|error| not_json(path, &error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| not_json(path, &error.to_string()))
}

fn not_json(path: &Path, why: &str) -> Failure {
    Failure::Run { folder: path.into(), why: format!("cannot be read as part of a run: {why}") }
}
