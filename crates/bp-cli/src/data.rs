//! `bp data`: public data sets, fetched, taken from a folder, checked and listed.

mod bar;
mod list;

use std::path::{Path, PathBuf};

use bp_datasets::{
    DatasetError, Event, Fetched, FileStatus, Manifest, ManifestDataset, cache_dir, install_dataset, names, nearest,
    verify,
};

use self::bar::Bar;
use crate::args::{DataArgs, DataCommand, FetchArgs};
use crate::failure::Failure;
use crate::output::{hanging, note, print};
use crate::work::waited;

pub(crate) use self::list::list;

/// Runs the command.
pub(crate) fn run(args: &DataArgs, quiet: bool) -> Result<(), Failure> {
    match &args.command {
        DataCommand::List { name: None } => print(&list()),
        DataCommand::List { name: Some(name) } => print(&list::about(name, known(name)?)),
        DataCommand::Fetch(args) => fetch(args, quiet),
        DataCommand::Verify { dir } => check(&folder(dir.as_ref())?, quiet),
        DataCommand::Path => print(&format!("{}\n", folder(None)?.display())),
    }
}

fn folder(chosen: Option<&PathBuf>) -> Result<PathBuf, Failure> {
    let unknown = || Failure::Usage("this system has no folder for caches; set BP_DATA_DIR or name a folder".into());
    chosen.cloned().or_else(cache_dir).ok_or_else(unknown)
}

/// A data set by its name: one of the manifest, or nothing for one that needs no files.
fn known(name: &str) -> Result<Option<&'static ManifestDataset>, Failure> {
    let known = || names().iter().map(|set| set.name);
    match (Manifest::built_in().get(name), known().any(|other| other == name)) {
        (Some(set), _) => Ok(Some(set)),
        (None, true) => Ok(None),
        (None, false) => {
            let (name, nearest) = (name.into(), nearest(name, known().collect::<Vec<_>>()));
            Err(DatasetError::Unknown { name, nearest, known: known().collect() }.into())
        }
    }
}

fn fetch(args: &FetchArgs, quiet: bool) -> Result<(), Failure> {
    // All names are looked up before the first byte is fetched.
    let sets: Vec<_> = args.names.iter().map(|name| known(name)).collect::<Result<_, _>>()?;
    let folder = folder(args.to.as_ref())?;
    for (name, set) in args.names.iter().zip(sets) {
        match set {
            Some(set) => fetch_one(set, &folder.join(&set.name), args, quiet)?,
            None => print(&format!("{name}: part of this program, there is nothing to fetch\n"))?,
        }
    }
    Ok(())
}

fn fetch_one(set: &ManifestDataset, dir: &Path, args: &FetchArgs, quiet: bool) -> Result<(), Failure> {
    let mut bar = Bar::new(quiet);
    let hear = |event: Event<'_>| bar.hear(&event);
    let done = match &args.from {
        Some(from) => install_dataset(set, from, dir, hear).map_err(Failure::Install),
        None => download(set, dir, hear),
    };
    bar.finish(done.is_ok());
    for (file, fetched) in set.files.iter().zip(done?) {
        let (path, what) = match &fetched {
            Fetched::New(path) => (path, "right, and in its place"),
            Fetched::AlreadyThere(path) => (path, "right, and there already"),
        };
        print(&format!("{}: {what}\n", path.display()))?;
        if file.sha256.is_none() && !quiet {
            let shape = &set.shape;
            let text = format!(
                "note: nobody publishes a checksum of {}; it has the {} rows and the columns of {}, and its own is noted \
                 beside it for `bp data verify`",
                file.name, shape.rows, set.name
            );
            note(&hanging(&text, 6));
        }
    }
    Ok(())
}

#[cfg(feature = "download")]
fn download(set: &ManifestDataset, dir: &Path, hear: impl FnMut(Event<'_>)) -> Result<Vec<Fetched>, Failure> {
    let failed = |error| match error {
        error @ bp_datasets::FetchError::Failed { .. } => Failure::Fetch { name: set.name.clone(), error },
        error => Failure::Install(error),
    };
    bp_datasets::fetch_dataset(set, dir, &bp_datasets::Patience::default(), hear).map_err(failed)
}

#[cfg(not(feature = "download"))]
fn download(set: &ManifestDataset, _: &Path, _: impl FnMut(Event<'_>)) -> Result<Vec<Fetched>, Failure> {
    Err(Failure::Usage(format!(
        "this bp was built without the feature `download`; `bp data fetch {} --from FOLDER` takes files that are on disk",
        set.name
    )))
}

fn check(folder: &Path, quiet: bool) -> Result<(), Failure> {
    let checks = waited(quiet, "reading the files", || verify(Manifest::built_in(), folder).map_err(Failure::from))?;
    let (mut right, mut wrong, mut text) = (0, 0, String::new());
    for check in &checks {
        match &check.status {
            FileStatus::Missing => continue,
            FileStatus::Ok | FileStatus::Unpublished { .. } => right += 1,
            _ => wrong += 1,
        }
        let words = check.to_string();
        let words = words.split_once(": ").map_or(words.as_str(), |(_, words)| words);
        text += &format!("{}: {words}\n", check.path.display());
    }
    let missing = checks.len() - right - wrong;
    print(&format!("{text}{right} right, {wrong} wrong, {missing} not here\n"))?;
    match (wrong, right) {
        (0, 0) => Err(Failure::Files(format!("{} has no file of a known data set", folder.display()))),
        (0, _) => Ok(()),
        (1, _) => Err(Failure::Files(format!("1 file in {} is not what it should be", folder.display()))),
        _ => Err(Failure::Files(format!("{wrong} files in {} are not what they should be", folder.display()))),
    }
}
