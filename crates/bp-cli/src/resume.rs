//! `bp train --resume`: the command line that a training was begun with, kept in its checkpoints, and what may be said
//! beside it.

use std::path::Path;

use bp_train::Checkpoints;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, Parser};

use crate::args::{Cli, Command, TrainArgs};
use crate::failure::Failure;
use crate::output::note;

/// One thing said on the command line: an option's name without its dashes, or [`DATA`], and its values.
pub(crate) type Said = (String, Vec<String>);

/// The name of the positional argument.
const DATA: &str = "data";
/// What each call says anew.
const OF_THIS_CALL: [&str; 4] = ["json", "quiet", "checkpoint-dir", "resume"];
/// What may be another when a training goes on: its result does not depend on it, or it is found out whether the content
/// is the same.
const FREE: [&str; 8] = ["data", "data-dir", "net", "out", "threads", "paranoid", "checkpoint-every", "keep"];

/// Everything that was said to `bp train`, by the names of options.
pub(crate) fn said(matches: &ArgMatches) -> Result<Vec<Said>, Failure> {
    let Some(matches) = matches.subcommand_matches("train") else { return Ok(vec![]) };
    let cli = Cli::command();
    let train = cli.find_subcommand("train").expect("a command of ours");
    let mut all = vec![];
    for arg in train.get_arguments() {
        let id = arg.get_id().as_str();
        if matches.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        let name = arg.get_long().unwrap_or(DATA);
        let raw = matches.get_raw(id).filter(|_| arg.get_action().takes_values());
        let values = raw.into_iter().flatten().map(|value| {
            let text = value.to_str().map(String::from);
            text.ok_or_else(|| Failure::Usage(format!("--{name} is {}, which is not unicode", value.display())))
        });
        all.push((name.to_owned(), values.collect::<Result<_, _>>()?));
    }
    Ok(all)
}

/// What a checkpoint remembers of it.
pub(crate) fn to_note(said: &[Said]) -> String {
    let lasting: Vec<&Said> = said.iter().filter(|(name, _)| !OF_THIS_CALL.contains(&name.as_str())).collect();
    serde_json::to_string(&lasting).expect("texts can always be written")
}

/// The whole command line of a training that is to go on, from its checkpoints and from what is said now.
pub(crate) fn recall(folder: &Path, said: &[Said]) -> Result<(TrainArgs, Vec<Said>), Failure> {
    let refused = |why: String| Failure::Resume { folder: folder.into(), why };
    let text = Checkpoints::new(folder).note_of_newest()?;
    let text = text.ok_or_else(|| refused("there is no checkpoint".into()))?;
    let unknown = |_| refused("its training was not begun by `bp train`".into());
    let mut all: Vec<Said> = serde_json::from_str(&text).map_err(unknown)?;
    for (name, now) in said {
        let then = all.iter().position(|(known, _)| known == name);
        match then {
            _ if OF_THIS_CALL.contains(&name.as_str()) => all.push((name.clone(), now.clone())),
            Some(at) if FREE.contains(&name.as_str()) => all[at].1.clone_from(now),
            None if FREE.contains(&name.as_str()) => all.push((name.clone(), now.clone())),
            Some(at) if all[at].1 == *now => {}
            then => {
                let is = if now.is_empty() { "is given".into() } else { format!("is {}", now.join(", ")) };
                let was = then.map_or("without it".into(), |at| format!("with {}", all[at].1.join(", ")));
                return Err(refused(format!("--{name} {is}, but its training was begun {was}")));
            }
        }
    }
    let cli = Cli::try_parse_from(words(&all)).map_err(|error| {
        let text = error.to_string();
        refused(format!("its command line is not understood: {}", text.lines().next().unwrap_or_default()))
    })?;
    match cli.command {
        Some(Command::Train(args)) => Ok((*args, all)),
        _ => unreachable!("the words begin with it"),
    }
}

/// As one would type it.
pub(crate) fn words(said: &[Said]) -> Vec<String> {
    let mut words: Vec<String> = ["bp", "train"].map(String::from).into();
    for (name, values) in said.iter().filter(|(name, _)| name != DATA) {
        match values.is_empty() {
            true => words.push(format!("--{name}")),
            false => words.extend(values.iter().map(|value| format!("--{name}={value}"))),
        }
    }
    words.push("--".into());
    words.extend(said.iter().filter(|(name, _)| name == DATA).flat_map(|(_, values)| values.clone()));
    words
}

/// The folder that a training is saved to, if one was named: empty for a new one, with checkpoints for one that goes on.
pub(crate) fn checkpoints(args: &TrainArgs, said: &[Said]) -> Result<Option<Checkpoints>, Failure> {
    let own = &args.checkpoints;
    let Some(folder) = own.checkpoint_dir.as_ref().or(own.resume.as_ref()) else { return Ok(None) };
    let warn = |text: &str| note(&format!("warning: {text}"));
    let mut checkpoints = Checkpoints::new(folder).note(to_note(said)).on_warning(warn);
    checkpoints = own.checkpoint_every.into_iter().fold(checkpoints, |all, often| all.every(often.0));
    checkpoints = own.keep.into_iter().fold(checkpoints, |all, keep| all.keep(keep.into()));
    match (own.resume.is_some(), checkpoints.steps()?.last()) {
        (false, Some(steps)) => {
            let why = format!(
                "a training of {steps} steps is there already; go on with: bp train --resume {}, or choose another folder",
                folder.display()
            );
            Err(Failure::Resume { folder: folder.clone(), why })
        }
        (true, Some(steps)) if !args.quiet => {
            note(&format!("going on with the training in {}, after {steps} steps", folder.display()));
            Ok(Some(checkpoints))
        }
        _ => Ok(Some(checkpoints)),
    }
}
