//! `cargo xtask bench`: a table of training steps, interleaved, as Markdown and JSON.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use bp_benches::{BACKENDS, Row, Setup, Workload, interleaved};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

/// Times training steps (forward pass, backward pass, SGD update) and prints microseconds per step.
#[derive(Args)]
pub(crate) struct Options {
    /// Fewer samples: under a minute.
    #[arg(long)]
    quick: bool,
    /// Write the rows, and what they were measured on, to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only these workloads, for instance W3,W4.
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    only: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let chosen = chosen(&options.only)?;
    let (setups, left_out) = setups(&chosen);
    // The large workloads take seconds for what the small ones do in a millisecond: a pass of their own, with
    // fewer rounds.
    let large = |s: &Setup| matches!(s.workload, Workload::W7);
    let rounds = if options.quick { [25, 3] } else { [101, 11] };
    let mut rows = vec![];
    for (rounds, part) in rounds.into_iter().zip([false, true]) {
        let part: Vec<Setup> = setups.iter().copied().filter(|s| large(s) == part).collect();
        let bar = ProgressBar::new(0).with_style(
            ProgressStyle::with_template("{bar:40} {pos}/{len} samples, {eta} left").expect("a fixed template"),
        );
        rows.extend(interleaved(&part, rounds, |done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        }));
        bar.finish_and_clear();
    }
    print!("{}", markdown(&rows));
    for note in &left_out {
        println!("left out: {note}");
    }
    if let Some(path) = &options.json {
        let report = json!({ "machine": machine(), "unit": "microseconds per training step", "rows": rows, "left_out": left_out });
        let text = serde_json::to_string_pretty(&report)?;
        fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn chosen(only: &[String]) -> Result<Vec<Workload>> {
    if only.is_empty() {
        return Ok(Workload::ALL.into());
    }
    let known = || Workload::ALL.map(Workload::name).join(", ");
    only.iter()
        .map(|name| match Workload::parse(name) {
            Some(workload) => Ok(workload),
            None => bail!("no workload is called `{name}`, expected some of {}", known()),
        })
        .collect()
}

/// Every row worth its time, and the ones that are not, by name.
fn setups(workloads: &[Workload]) -> (Vec<Setup>, Vec<String>) {
    let (mut setups, mut left_out) = (vec![], vec![]);
    for &workload in workloads {
        let small = matches!(workload, Workload::W1 | Workload::W2 | Workload::W3 | Workload::W4);
        for backend in BACKENDS {
            for dtype in ["f32", "f64"] {
                let reason = match (backend, dtype) {
                    ("reference", _) if !small => "the reference backend is not made for large networks",
                    ("reference", "f64") => "the reference backend is timed in f32",
                    (_, "f64") if !small => "f64 is timed on W1 to W4",
                    _ => "",
                };
                if !reason.is_empty() {
                    left_out.push(format!("{} {backend} {dtype}: {reason}", workload.name()));
                    continue;
                }
                let threads = if backend == "reference" { &[1][..] } else { &[1, 2] };
                setups.extend(threads.iter().map(|&threads| Setup { workload, backend, dtype, threads }));
            }
        }
    }
    (setups, left_out)
}

fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| workload | backend | dtype | threads | µs median | min | max |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for row in rows {
        let [median, min, max] = [row.us_median, row.us_min, row.us_max].map(significant);
        let Row { workload, backend, dtype, threads, .. } = row;
        text += &format!("| {workload} | {backend} | {dtype} | {threads} | {median} | {min} | {max} |\n");
    }
    text
}

/// Three significant digits.
fn significant(x: f64) -> String {
    match x {
        x if x >= 100.0 => format!("{x:.0}"),
        x if x >= 10.0 => format!("{x:.1}"),
        x if x >= 1.0 => format!("{x:.2}"),
        x => format!("{x:.3}"),
    }
}

fn machine() -> serde_json::Value {
    let cpu = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    json!({
        "os": std::env::consts::OS,
        "arch": std::env::consts::ARCH,
        "cpu": cpu,
        "cores": std::thread::available_parallelism().map_or(1, Into::into),
    })
}
