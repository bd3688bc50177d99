//! `cargo xtask bench --weight`: how long the smallest program that trains takes to build from nothing, and its size.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::machine::{Machine, date};
use super::report::write;
use super::{Options, participant, progress, table};
use crate::tidy;

/// The programs in benches/peers; each trains a network with eight hidden units on exclusive or, but the second, which has
/// one in itself and predicts.
const PROGRAMS: [(&str, &str); 4] = [
    ("weight-bp", "bp-faer"),
    ("weight-bp-inference", "bp-faer, `default-features = false`: predicts alone"),
    ("weight-candle", "candle"),
    ("weight-burn", "burn-flex"),
];

#[derive(Serialize, Deserialize)]
struct Report {
    machine: Machine,
    date: String,
    rows: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    library: String,
    /// Seconds of each clean build.
    builds: Vec<f64>,
    bytes: u64,
    /// Crates that are compiled, this program among them.
    crates: usize,
    /// Lines of the program.
    lines: usize,
}

pub(super) fn run(options: &Options) -> Result<()> {
    let file = options.out.join("weight.json");
    let report: Report = if options.render {
        let raw = fs::read_to_string(&file);
        serde_json::from_str(
            &raw.with_context(|| format!("cannot read {}, run without --render first", file.display()))?,
        )?
    } else {
        let report = measure(options)?;
        write(&file, &(serde_json::to_string_pretty(&report)? + "\n"))?;
        report
    };
    let text = markdown(&report);
    write(&options.out.join("weight.md"), &text)?;
    if options.docs {
        table::put_into_docs("weight", &text)?;
    }
    print!("{text}");
    Ok(())
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).arg("--manifest-path").arg(tidy::root().join("benches/peers/Cargo.toml"));
    command.env_remove("RUSTFLAGS").env_remove("CARGO_TARGET_DIR");
    command
}

fn measure(options: &Options) -> Result<Report> {
    // What is measured is the compiler, not the network.
    if !cargo(&["fetch", "--locked", "--quiet"]).status().context("cannot start cargo")?.success() {
        bail!("cannot fetch what the programs need; run `cargo fetch --manifest-path benches/peers/Cargo.toml`");
    }
    let times = if options.quick { 1 } else { 3 };
    let bar = progress(times * PROGRAMS.len(), "builds");
    let mut rows: Vec<Row> = vec![];
    for round in 0..times {
        for (i, (package, library)) in PROGRAMS.into_iter().enumerate() {
            bar.set_message(library);
            let target = participant::build_folder().join("weight");
            if target.exists() {
                fs::remove_dir_all(&target).with_context(|| format!("cannot remove {}", target.display()))?;
            }
            let start = Instant::now();
            let mut build = cargo(&["build", "--quiet", "--locked", "--offline", "--profile", "weight", "-p", package]);
            let status = build.arg("--target-dir").arg(&target).stderr(Stdio::null()).status()?;
            if !status.success() {
                bail!(
                    "{package} does not build; `cargo build -p {package} --manifest-path benches/peers/Cargo.toml` says why"
                );
            }
            let seconds = start.elapsed().as_secs_f64();
            if round == 0 {
                rows.push(row(package, library, &target)?);
            }
            rows[i].builds.push(seconds);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(Report { machine: Machine::this(), date: date(), rows })
}

fn row(package: &str, library: &str, target: &Path) -> Result<Row> {
    let program = target.join("weight").join(package.to_owned() + std::env::consts::EXE_SUFFIX);
    if !Command::new(&program).stdout(Stdio::null()).status()?.success() {
        bail!("{package} was built but does not work; run {} to see why", program.display());
    }
    let tree = cargo(&["tree", "--offline", "--prefix", "none", "-e", "normal,build", "-p", package]).output()?;
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let crates: BTreeSet<String> = tree.lines().filter(|line| !line.is_empty()).map(name).collect();
    let source = tidy::root().join("benches/peers").join(package).join("src/main.rs");
    Ok(Row {
        library: library.into(),
        builds: vec![],
        bytes: fs::metadata(&program)?.len(),
        crates: crates.len(),
        lines: fs::read_to_string(source)?.lines().filter(|l| !l.trim().is_empty() && !l.starts_with("//")).count(),
    })
}

fn markdown(report: &Report) -> String {
    let mut text = String::from(
        "| the smallest program that trains with | clean build, s | stripped, MB | crates | lines |\n| --- | --- | --- | --- | --- |\n",
    );
    for Row { library, builds, bytes, crates, lines } in &report.rows {
        let (seconds, megabytes) = (super::median(builds), *bytes as f64 / 1e6);
        text += &format!("| {library} | {seconds:.1} | {megabytes:.2} | {crates} | {lines} |\n");
    }
    let builds = report.rows.first().map_or(0, |row| row.builds.len());
    text += &format!(
        "\nMedian of {builds} builds with cargo's release profile and `strip`, everything downloaded before; {}, {}.\n",
        report.date,
        report.machine.words()
    );
    text
}
