//! `cargo xtask datasets`: the data sets that are fetched, not built in.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use bp_datasets::{Fetched, FileStatus, Manifest, cache_dir, fetch_dataset, verify};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List data sets: what they hold, their licence, their size.
    List,
    /// Fetch data sets into the data folder (see `path`), checked byte for byte.
    Fetch {
        /// Names from `list`.
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        /// Another folder than the data folder.
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
    /// Check files against the manifest's sizes and SHA-256 sums.
    Verify {
        /// The folder to look in; the data folder if none is given.
        #[arg(value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Print the data folder.
    Path,
}

pub(crate) fn run(command: &Command) -> Result<()> {
    let manifest = Manifest::built_in();
    match command {
        Command::List => list(&manifest),
        Command::Fetch { names, to } => fetch(&manifest, names, to.clone())?,
        Command::Verify { dir } => check(&manifest, &folder(dir.clone())?)?,
        Command::Path => println!("{}", folder(None)?.display()),
    }
    Ok(())
}

fn folder(chosen: Option<PathBuf>) -> Result<PathBuf> {
    chosen.or_else(cache_dir).context("no data folder is known on this system; set BP_DATA_DIR or name a folder")
}

fn list(manifest: &Manifest) {
    for set in &manifest.datasets {
        let bytes: u64 = set.files.iter().map(|file| file.bytes).sum();
        let rows = set.shape.rows + set.shape.test_rows;
        println!("{:<20} {rows:>6} rows of {:>3}, {:>10} bytes, {}", set.name, set.shape.inputs, bytes, set.license);
    }
}

fn fetch(manifest: &Manifest, names: &[String], to: Option<PathBuf>) -> Result<()> {
    let folder = folder(to)?;
    // All names are looked up before the first byte is fetched.
    let sets: Result<Vec<_>> = names
        .iter()
        .map(|name| match manifest.get(name) {
            Some(set) => Ok(set),
            None => {
                let known: Vec<_> = manifest.datasets.iter().map(|set| set.name.as_str()).collect();
                bail!("no data set to fetch is called `{name}`; there are: {}", known.join(", "))
            }
        })
        .collect();
    for set in sets? {
        let style = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes}, {eta} left");
        let bar = ProgressBar::new(0).with_style(style.expect("a fixed template"));
        let done = fetch_dataset(set, folder.join(&set.name), |progress| {
            bar.set_message(progress.file.to_owned());
            bar.set_length(progress.total);
            bar.set_position(progress.bytes);
        });
        bar.finish_and_clear();
        for fetched in done? {
            match fetched {
                Fetched::New(path) => println!("{}: fetched", path.display()),
                Fetched::AlreadyThere(path) => println!("{}: already there", path.display()),
            }
        }
    }
    Ok(())
}

fn check(manifest: &Manifest, folder: &Path) -> Result<()> {
    let checks = verify(manifest, folder)?;
    let (mut right, mut wrong) = (0, 0);
    for check in &checks {
        match &check.status {
            FileStatus::Ok => {
                right += 1;
                println!("{}: right", check.path.display());
            }
            FileStatus::Missing => {}
            FileStatus::Wrong { expected_bytes, got_bytes, expected_sha256, got_sha256 } => {
                wrong += 1;
                let path = check.path.display();
                println!("{path}: wrong, {got_bytes} bytes (expected {expected_bytes})");
                println!("  SHA-256 {got_sha256} (expected {expected_sha256})");
            }
        }
    }
    let missing = checks.len() - right - wrong;
    println!("{right} right, {wrong} wrong, {missing} missing");
    match (wrong, right) {
        (0, 0) => bail!("{} holds no file of the manifest", folder.display()),
        (0, _) => Ok(()),
        _ => bail!("{wrong} files in {} are not what they should be", folder.display()),
    }
}
