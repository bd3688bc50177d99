//! `cargo xtask faults`: forty faults planted, every one looked for by every detector that can look, beside the checks
//! that others use. Nothing of it is in the engine: every fault is a wrapper around a backend, a loss, a call, an
//! optimiser, a loader, a saved training or a checker, so there is no `--cfg bp_faults`. Read `catalogue.rs` first.

mod catalogue;
mod checker;
mod enclosures;
mod golden;
mod kernels;
mod loaders;
mod losses;
mod nets;
mod optimizers;
mod page;
mod peers;
mod plant;
mod products;
mod relations;
mod run;
mod saves;
mod subject;

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::tidy::root;

/// What a detector saw: nothing, or where and what.
pub(crate) type Seen = Option<String>;

/// How much a run looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Networks of each kind.
    pub(crate) seeds: u64,
    pub(crate) is_quick: bool,
}

#[derive(Args)]
pub(crate) struct Options {
    /// Fewer networks and shapes, and docs/faults.md stays as it is.
    #[arg(long)]
    quick: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let start = Instant::now();
    let style = ProgressStyle::with_template("{msg:48} {wide_bar} {pos:>3}/{len} {eta:>4}")?;
    let bar = ProgressBar::new(0).with_style(style);
    let effort = Effort { seeds: if options.quick { 2 } else { 10 }, is_quick: options.quick };
    let results = run::everything(effort, &|done, all, what| {
        bar.set_length(all);
        bar.set_position(done);
        bar.set_message(what.to_owned());
    })?;
    bar.finish_and_clear();
    let page = page::markdown(&results, effort)?;
    if !options.quick {
        let path = root().join("docs/faults.md");
        fs::create_dir_all(root().join("docs"))?;
        fs::write(&path, &page).with_context(|| format!("cannot write {}", path.display()))?;
    }
    eprintln!("{:.0} s", start.elapsed().as_secs_f64());
    println!("{page}");
    println!("{}", results.summary());
    let complaints = results.complaints();
    if !complaints.is_empty() {
        bail!("{}", complaints.join("\n"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_planted_fault_is_killed_and_nothing_else() {
        let results = run::everything(Effort { seeds: 1, is_quick: true }, &|_, _, _| {}).unwrap();
        assert_eq!(results.complaints(), Vec::<String>::new(), "{}", results.summary());
    }

    /// What a run must not find is a complaint, and so is a run that looked at nothing.
    #[test]
    fn survivors_and_false_alarms_are_complaints() {
        let mut results = run::Results::default();
        let planted = catalogue::FAULTS.len();
        assert_eq!(results.complaints().len(), planted + 1);
        assert_eq!(results.summary(), "faults killed: 0/40; checker faults killed: 0/6; false alarms: 0/0");
        results.faults =
            catalogue::FAULTS.iter().map(|fault| fault.planted.iter().map(|&c| survivor(c)).collect()).collect();
        results.historic = catalogue::HISTORIC.iter().map(|one| survivor(one.planted)).collect();
        results.checkers = vec![vec![None]; checker::SIX.len()];
        (results.runs, results.alarms) = (1, vec!["a right gradient".into()]);
        let expected = planted + catalogue::HISTORIC.len() + checker::SIX.len() + 1;
        assert_eq!(results.complaints().len(), expected);
    }

    /// A fault that everybody looked for and nobody saw.
    fn survivor(carrier: catalogue::Carrier) -> run::Row {
        let seen = catalogue::Detector::ALL.map(|detector| (detector, Some(None))).to_vec();
        run::Row { carrier, seen, peers: None }
    }

    #[test]
    fn the_catalogue_is_whole() {
        for (n, fault) in catalogue::FAULTS.iter().enumerate() {
            assert_eq!(fault.number, n + 1);
            assert!(!fault.named.is_empty());
            assert!(!fault.planted.is_empty(), "{n}");
        }
    }
}
