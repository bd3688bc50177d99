//! `cargo xtask kill`: a training that is killed again and again ends with the bytes of one that was not.
//!
//! The child is this program itself, which calls `bp train` with a checkpoint every few milliseconds. SIGKILL leaves it no
//! time for anything; what it does not take away is what the kernel has been given, so a failing power supply is not
//! tested here.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use bp_train::{Checkpoint, FileError, Philox};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Args)]
pub(crate) struct Options {
    /// How often a child is killed.
    #[arg(long, default_value_t = 1000)]
    kills: u64,
    /// Seconds within which that has to be done.
    #[arg(long, default_value_t = 120)]
    seconds: u64,
    /// Seed of the instants; from the clock unless told.
    #[arg(long)]
    seed: Option<u64>,
}

/// What every training has on: Adam, dropout, shuffling, a schedule, and two threads that share products of 2¹⁹.
const TRAIN: &str = "train digits --hidden 128 --batch 64 --epochs 60 --optimizer adam --dropout 0.2 --threads 2 --quiet \
                     --json --out out.bp";
/// What each has of its own; runs take turns.
const OWN: [&str; 4] = [
    "--seed 1 --schedule warmup:5+cosine",
    "--seed 2 --schedule one-cycle --dtype f64",
    "--seed 3 --schedule warmup:2+plateau:0.5,1 --backend ndarray --clip-norm 1",
    "--seed 4 --schedule cosine-restarts:7,2 --weight-decay 0.001 --patience 20",
];
const CHECKPOINTS: &str = "--checkpoint-dir run --checkpoint-every 3ms --keep 3";
const RESUME: &str = "train --resume run --quiet --json";
/// Instants of kills are spread over this share of the time that a training takes, its start included.
const WINDOW: f64 = 0.5;

/// What is counted.
#[derive(Debug, Default)]
struct Tally {
    kills: u64,
    /// Kills before there was any checkpoint.
    early: u64,
    /// Kills that left half a file under a temporary name.
    in_writing: u64,
    /// Checkpoints that were there after a kill, and those of them that could not be read.
    checkpoints: u64,
    unreadable: u64,
    /// Finished trainings, and those of them with other bytes.
    runs: u64,
    different: u64,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.subsec_nanos().into());
    let seed = options.seed.unwrap_or_else(clock);
    println!("seed {seed}");
    let start = Instant::now();
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} kills, {eta} left")?;
    let bar = ProgressBar::new(options.kills).with_style(style);
    let mut tally = Tally::default();
    let (mut rng, mut references) = (Philox::new(seed, 0), OWN.map(|_| None));
    let mut turn = 0;
    while tally.kills < options.kills {
        let own = OWN[turn % OWN.len()];
        let reference = match &mut references[turn % OWN.len()] {
            Some(reference) => reference,
            empty => empty.insert(Reference::new(own)?),
        };
        one_run(own, reference, options.kills, &mut rng, &mut tally, &bar)?;
        turn += 1;
        if start.elapsed() > Duration::from_secs(options.seconds) {
            break;
        }
    }
    bar.finish_and_clear();
    let Tally { kills, early, in_writing, checkpoints, unreadable, runs, different } = tally;
    println!(
        "{kills} kills over {runs} runs in {:.0} s: {early} before the first checkpoint, {in_writing} while a file was \
         being written",
        start.elapsed().as_secs_f64()
    );
    println!("unreadable checkpoints: {unreadable}/{checkpoints}");
    println!("runs with the bytes of the uninterrupted one: {}/{runs}", runs - different);
    ensure!(unreadable == 0 && different == 0, "a kill has left a trace; again with --seed {seed}");
    ensure!(kills >= options.kills, "{kills} of {} kills in {} s", options.kills, options.seconds);
    Ok(())
}

/// A training that nobody disturbs: the model it ends with, and how long it takes.
struct Reference {
    model: Vec<u8>,
    time: Duration,
}

impl Reference {
    fn new(own: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let start = Instant::now();
        let child = bp(folder.path(), &[TRAIN, own])?;
        let time = || start.elapsed();
        finished(child)?;
        Ok(Self { time: time(), model: fs::read(folder.path().join("out.bp"))? })
    }
}

/// One training, killed until it ends or there were kills enough, and compared.
fn one_run(
    own: &str,
    reference: &Reference,
    most: u64,
    rng: &mut Philox,
    tally: &mut Tally,
    bar: &ProgressBar,
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let run = folder.path().join("run");
    let is_double = own.contains("f64");
    loop {
        let words: &[&str] = if files(&run)?.0.is_empty() { &[TRAIN, own, CHECKPOINTS] } else { &[RESUME] };
        let mut child = bp(folder.path(), words)?;
        if tally.kills >= most {
            finished(child)?;
            break;
        }
        let instant = Instant::now() + reference.time.mul_f64(WINDOW * rng.unit());
        if ends_before(&mut child, instant)? {
            finished(child)?;
            break;
        }
        child.kill()?;
        child.wait()?;
        tally.kills += 1;
        bar.inc(1);
        let (whole, half) = files(&run)?;
        tally.early += u64::from(whole.is_empty());
        tally.in_writing += u64::from(half > 0);
        tally.checkpoints += whole.len() as u64;
        for path in whole {
            let bytes = fs::read(&path)?;
            let outcome: Result<(), FileError> = match is_double {
                true => Checkpoint::<f64>::from_bytes(&bytes).map(drop),
                false => Checkpoint::<f32>::from_bytes(&bytes).map(drop),
            };
            if let Err(error) = outcome {
                tally.unreadable += 1;
                println!("{}: {error}", path.display());
            }
        }
    }
    tally.runs += 1;
    if fs::read(folder.path().join("out.bp"))? != reference.model {
        tally.different += 1;
        println!("another model: bp {TRAIN} {own}");
    }
    Ok(())
}

/// Starts the program in a folder.
fn bp(folder: &Path, words: &[&str]) -> Result<Child> {
    let program = std::env::current_exe()?;
    Command::new(&program)
        .arg("bp")
        .args(words.iter().flat_map(|words| words.split_whitespace()))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))
}

/// Whether a child has ended by itself before an instant.
fn ends_before(child: &mut Child, instant: Instant) -> Result<bool> {
    loop {
        if child.try_wait()?.is_some() {
            return Ok(true);
        }
        let left = instant.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        thread::sleep(left.min(Duration::from_micros(500)));
    }
}

/// Waits for a child that must succeed and have nothing to say.
fn finished(child: Child) -> Result<()> {
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() && said.is_empty() {
        true => Ok(()),
        false => bail!("the child ended with {}: {said}", output.status),
    }
}

/// Checkpoints of a folder, and how many halves of files are beside them.
fn files(folder: &Path) -> Result<(Vec<PathBuf>, usize)> {
    if !folder.exists() {
        return Ok((vec![], 0));
    }
    let entries: std::io::Result<Vec<_>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let ends = |path: &PathBuf, ending: &str| path.extension().is_some_and(|extension| extension == ending);
    let (whole, rest): (Vec<_>, Vec<_>) = entries?.into_iter().partition(|path| ends(path, "bp"));
    let half = rest.iter().filter(|path| ends(path, "tmp")).count();
    Ok((whole, half))
}

/// What a child does.
pub(crate) fn child(args: &[OsString]) -> Result<()> {
    match bp_cli::run([OsString::from("bp")].into_iter().chain(args.iter().cloned())) {
        0 => Ok(()),
        code => std::process::exit(code.into()),
    }
}
