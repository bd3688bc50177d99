//! `cargo xtask bench --peers`: bp and every other library that is installed, in turn, in one run.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use bp_benches::{Job, Kind, Workload};

use super::machine::date;
use super::participant::{Child, find};
use super::report::{Entry, Report, Row, write};
use super::{Options, chart, epoch, progress, table};
use crate::tidy;

/// After a sample, so that the threads of the one before have gone to sleep.
const PAUSE: Duration = Duration::from_millis(10);

/// Networks with more weights than this are made and freed around each sample, or thirty of them would fill the memory.
const HEAVY: usize = 5_000_000;

pub(super) fn run(options: &Options) -> Result<()> {
    let mut report = Report::open(&options.out);
    if !options.render {
        measure_all(options, &mut report)?;
    }
    if report.entries.is_empty() {
        bail!("no figures in {}, run without --render first", options.out.display());
    }
    let (summary, details) = (table::summary(&report), table::details(&report));
    let drawing = chart::peers(&report)?;
    write(&options.out.join("peers.md"), &format!("{summary}\n{details}"))?;
    write(&options.out.join("peers.svg"), &drawing)?;
    if options.docs {
        write(&tidy::root().join("docs/benchmarks.svg"), &drawing)?;
        table::put_into_docs(
            "peers",
            &format!("{summary}\n![Time per step relative to bp-faer](benchmarks.svg)\n\n{details}"),
        )?;
    }
    print!("{summary}");
    println!("everything: {}", options.out.join("peers.md").display());
    Ok(())
}

fn measure_all(options: &Options, report: &mut Report) -> Result<()> {
    let (jobs, with_epoch) = jobs(&options.only)?;
    let (specs, missing) = find(options)?;
    report.missing = missing;
    for note in &report.missing {
        eprintln!("missing: {note}");
    }
    let started: Vec<Result<Child>> = specs.iter().map(Child::start).collect();
    let mut children = vec![];
    for (spec, child) in specs.iter().zip(started) {
        match child.and_then(Child::hello) {
            Ok(child) => children.push(child),
            Err(error) => report.missing.push(format!("{} with {} threads: {error:#}", spec.name, spec.threads)),
        }
    }
    for (name, title, job) in jobs {
        let heavy = job.widths.windows(2).map(|w| w[0] * w[1]).sum::<usize>() > HEAVY;
        let rounds = match (options.quick, heavy) {
            (true, true) => 1,
            (true, false) => 5,
            (false, true) => 5,
            (false, false) => 15,
        };
        let rows = measure(&name, &job, rounds, heavy, &mut children)?;
        let counted = count(&job);
        report.no_counts = counted.as_ref().err().cloned();
        let (job, date) = (job.to_string(), date());
        report.insert(Entry { name, title, job, date, rows, instructions: counted.ok() });
        report.save(&options.out)?;
    }
    if with_epoch {
        report.epoch = Some(epoch::measure(if options.quick { 3 } else { 7 })?);
        report.save(&options.out)?;
    }
    Ok(())
}

/// Samples of everyone, round by round.
fn measure(name: &str, job: &Job, rounds: usize, heavy: bool, children: &mut [Child]) -> Result<Vec<Row>> {
    let bar = progress(children.len() * (rounds + 1), &format!("turns at {name}"));
    let mut rows: Vec<Row> = vec![];
    let mut slow = vec![false; children.len()];
    for child in &mut *children {
        bar.set_message(format!("{} ({}) makes ready", child.spec.name, child.spec.threads));
        rows.push(Row {
            who: child.spec.name.clone(),
            about: child.about.clone(),
            threads: child.spec.threads,
            dtype: if child.spec.double { "f64" } else { "f32" }.into(),
            samples: vec![],
            refused: if heavy { None } else { set_up(child, job) },
        });
        bar.inc(1);
    }
    for round in 0..rounds {
        for turn in 0..children.len() {
            // Everyone starts a round once, so that nobody always follows the same neighbour.
            let i = (turn + round) % children.len();
            let (child, row) = (&mut children[i], &mut rows[i]);
            bar.inc(1);
            // Three samples are enough to see that someone is ten times slower.
            if row.refused.is_some() || slow[i] && round != rounds / 2 && round + 1 != rounds {
                continue;
            }
            bar.set_message(format!("{} ({})", child.spec.name, child.spec.threads));
            if heavy {
                row.refused = set_up(child, job);
                if row.refused.is_some() {
                    continue;
                }
            }
            let start = Instant::now();
            match child.sample() {
                Ok(time) => row.samples.push(time),
                Err(error) => row.refused = Some(format!("{error:#}")),
            }
            slow[i] = start.elapsed() > Duration::from_secs(5) || !heavy && start.elapsed() > Duration::from_secs(1);
            if heavy {
                let _ = child.ask("clear");
            }
            std::thread::sleep(PAUSE);
        }
    }
    children.iter_mut().for_each(|child| drop(child.ask("clear")));
    bar.finish_and_clear();
    Ok(rows)
}

/// Why this participant cannot do the job, if it cannot.
fn set_up(child: &mut Child, job: &Job) -> Option<String> {
    let job = Job { double: child.spec.double, ..job.clone() };
    match child.ask(&format!("setup {job}")) {
        Ok(answer) if answer == "ok" => None,
        Ok(answer) => Some(answer.trim_start_matches("no ").to_owned()),
        Err(error) => Some(format!("{error:#}")),
    }
}

/// Name, title and job.
type Named = (String, String, Job);

/// What was asked for, and whether the epoch was.
fn jobs(only: &[String]) -> Result<(Vec<Named>, bool)> {
    let mut all: Vec<Named> =
        Workload::ALL.map(|w| (w.name().to_owned(), w.description().to_owned(), w.job(Kind::Train, false))).into();
    let infer = |w: Workload, batch: usize| Job { batch, ..w.job(Kind::Infer, false) };
    all.push(("I1".into(), "forward 2-8-1, batch 1".into(), infer(Workload::W1, 1)));
    all.push(("I2".into(), "forward 784-128-10, batch 1".into(), infer(Workload::W4, 1)));
    all.push(("I3".into(), "forward 784-128-10, batch 1,024".into(), infer(Workload::W4, 1024)));
    if only.is_empty() {
        return Ok((all, true));
    }
    let known = all.iter().map(|(name, ..)| name.clone()).chain(["E1".into()]).collect::<Vec<_>>();
    let asked = |name: &str| only.iter().any(|o| o.eq_ignore_ascii_case(name));
    if let Some(wrong) = only.iter().find(|o| !known.iter().any(|name| name.eq_ignore_ascii_case(o))) {
        bail!("no workload is called `{wrong}`, expected some of {}", known.join(", "));
    }
    all.retain(|(name, ..)| asked(name));
    Ok((all, asked("E1")))
}

/// User instructions per step of bp-faer on one thread: two runs of different length, so that starting cancels.
fn count(job: &Job) -> Result<f64, String> {
    let own = std::env::current_exe().map_err(|e| e.to_string())?;
    let work = 6 * job.batch * job.widths.windows(2).map(|w| w[0] * w[1]).sum::<usize>();
    let n = (200_000_000 / work).clamp(1, 10_000);
    let run = |n: usize| -> Result<f64, String> {
        let mut command = Command::new("perf");
        command.args(["stat", "-x", ",", "-e", "instructions:u", "--"]).arg(&own);
        command.args(["bench-child", "faer", "1", "--once", &job.to_string(), &n.to_string()]);
        let out = command.output().map_err(|_| "`perf` is not installed".to_owned())?;
        let text = String::from_utf8_lossy(&out.stderr);
        let line = text.lines().find(|line| line.contains("instructions")).unwrap_or_default();
        let figure = line.split(',').next().unwrap_or_default();
        figure.parse().map_err(|_| "`perf stat -e instructions:u` is not supported on this machine".to_owned())
    };
    let few = run(n)?;
    Ok((run(3 * n)? - few) / (2 * n) as f64)
}
