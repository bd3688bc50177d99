//! `cargo xtask bench` alone: a table of bp's training steps on every backend, interleaved, as Markdown and JSON.

use std::fs;

use anyhow::{Context, Result};
use bp_benches::{BACKENDS, Row, Setup, Workload, interleaved};
use serde_json::json;

use super::machine::Machine;
use super::{Options, chosen, progress, significant};

pub(super) fn run(options: &Options) -> Result<()> {
    let chosen = chosen(&options.only)?;
    let (setups, left_out) = setups(&chosen);
    // The large workloads take seconds for what the small ones do in a millisecond: a pass of their own, with
    // fewer rounds.
    let large = |s: &Setup| matches!(s.workload, Workload::W7);
    let rounds = if options.quick { [5, 1] } else { [21, 5] };
    let mut rows = vec![];
    for (rounds, part) in rounds.into_iter().zip([false, true]) {
        let part: Vec<Setup> = setups.iter().copied().filter(|s| large(s) == part).collect();
        let bar = progress(0, "samples");
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
        let report = json!({ "machine": Machine::this(), "unit": "microseconds per training step", "rows": rows, "left_out": left_out });
        let text = serde_json::to_string_pretty(&report)?;
        fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
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
