//! `cargo xtask ulps`: the error of every function of bp-math, on every `f32` and on many `f64`, as docs/accuracy.md.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::oracle::{double, in_parallel, single};
use crate::tidy::root;

/// Two crates must agree on an error to this many ulp; they do to 1e-15.
const AGREEMENT: f64 = 1e-9;

#[derive(Args)]
pub(crate) struct Options {
    /// Points for each function of `f64`.
    #[arg(long, default_value_t = 100_000)]
    points: u64,
    /// Look at every n-th block of 65,536 `f32` only, and write nothing.
    #[arg(long, default_value_t = 1)]
    every: u64,
    /// Only functions whose name contains this, and write nothing.
    #[arg(long, default_value = "")]
    only: String,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let start = Instant::now();
    let mut faults = vec![];
    let mut page = String::new();
    heading(&mut page, options)?;
    singles(&mut page, options, &mut faults)?;
    doubles(&mut page, options, &mut faults)?;
    println!("{page}\n{:.0} s", start.elapsed().as_secs_f64());
    if !faults.is_empty() {
        bail!("{} broken promises:\n{}", faults.len(), faults.join("\n"));
    }
    if options.every == 1 && options.only.is_empty() {
        let path = root().join("docs/accuracy.md");
        fs::create_dir_all(root().join("docs"))?;
        fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn heading(page: &mut String, options: &Options) -> Result<()> {
    let compiler = Command::new("rustc").arg("--version").output().context("cannot run rustc")?;
    writeln!(
        page,
        "# Accuracy of bp-math\n\n\
         Written by `cargo xtask ulps --points {}` on {} ({}, {} cores, {}). One ulp is the spacing of the floats around \
         the exact result. `declared` is the constant in `bp_math::ulp`.\n",
        options.points,
        today(),
        std::env::consts::ARCH,
        std::thread::available_parallelism().map_or(1, usize::from),
        String::from_utf8_lossy(&compiler.stdout).split_whitespace().take(2).collect::<Vec<_>>().join(" "),
    )?;
    Ok(())
}

fn bar(name: &str, length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:16} {wide_bar} {percent:>3} % {eta:>5}");
    let bar = ProgressBar::new(length).with_message(name.to_owned());
    if let Ok(style) = style { bar.with_style(style) } else { bar }
}

fn declared(table: &[(&str, f64)], name: &str) -> f64 {
    table.iter().find(|(known, _)| *known == name).map_or(f64::NAN, |&(_, bound)| bound)
}

fn singles(page: &mut String, options: &Options, faults: &mut Vec<String>) -> Result<()> {
    const BLOCK: u64 = 1 << 16;
    writeln!(
        page,
        "## f32, every input\n\n\
         All 2³² bit patterns, against `libm`'s functions for `f64` (error below 1e-8 ulp of an `f32`): the worst error is a \
         bound, not a sample. `not nearest` counts results that are not the nearest float; `unordered` neighbors in the \
         wrong order; `asymmetric` pairs (x, −x) that break f(−x) = ±f(x) in any bit, so that these functions need only be compared for one \
         sign (and `not nearest` counts that sign); `outside` results beyond the function's \
         bounds, or NaN where there is a value. – means that the function has no such property.\n\n\
         | function | worst ulp | declared | at x | not nearest | unordered | asymmetric | outside |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |"
    )?;
    for function in single::ALL.iter().filter(|f| f.name.contains(&options.only)) {
        // A mirrored result is compared bit by bit, so half of the inputs answer for the other half.
        let halves = if function.shape.parity == 0 { 2 } else { 1 };
        let blocks = halves * (1 << 31) / BLOCK / options.every;
        let bar = bar(function.name, blocks);
        let job = |range: std::ops::Range<u64>| {
            single::Report::merge(range.map(|block| {
                let first = block * options.every * BLOCK;
                function.check(first..first + BLOCK)
            }))
        };
        let report = single::Report::merge(in_parallel(0..blocks, 16, job, |done| bar.inc(done)));
        bar.finish_and_clear();
        let bound = declared(bp_math::ulp::f32::ALL, function.name);
        let either = |has: bool, n: u64| if has { n.to_string() } else { "–".to_owned() };
        let row = format!(
            "| {} | {:.5} | {bound} | {:e} | {} | {} | {} | {} |",
            function.name,
            report.worst,
            f32::from_bits(report.at),
            report.not_nearest,
            either(function.shape.trend != 0, report.unordered),
            either(function.shape.parity != 0, report.asymmetric),
            report.outside,
        );
        eprintln!("{row}");
        writeln!(page, "{row}")?;
        if !(report.worst <= bound) || report.unordered + report.asymmetric + report.outside > 0 {
            faults.push(format!("f32 {report:?} {}", function.name));
        }
    }
    Ok(())
}

fn doubles(page: &mut String, options: &Options, faults: &mut Vec<String>) -> Result<()> {
    writeln!(
        page,
        "\n## f64, {} points each\n\n\
         Eight kinds of point in turn: any bits, uniform over the active range and over a sixteenth of it, small numbers, \
         neighbors of the reduction's boundaries, neighbors of seams, poles and thresholds, subnormal numbers, and any size \
         within the range. Against `astro-float` and `dashu-float` with 256 bits; `crates differ` is the largest difference \
         between their verdicts. The worst error of a sample is a **lower** bound of the worst error; the argument for the \
         declared one stands on bp-math's front page. `unordered` counts (x, next float) in the wrong order.\n\n\
         | function | worst ulp seen | declared | at x | not nearest | unordered | asymmetric | outside | crates differ (ulp) |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        options.points
    )?;
    for function in double::ALL.iter().filter(|f| f.name.contains(&options.only)) {
        let bar = bar(function.name, options.points);
        let job = |range: std::ops::Range<u64>| double::Report::merge(range.map(|i| function.check(i)));
        let report = double::Report::merge(in_parallel(0..options.points, 256, job, |done| bar.inc(done)));
        bar.finish_and_clear();
        let bound = declared(bp_math::ulp::f64::ALL, function.name);
        let share = |n: u64| format!("{:.2} %", 100.0 * n as f64 / report.points as f64);
        let row = format!(
            "| {} | {:.4} | {bound} | {:e} | {} | {} | {} | {} | {:.0e} |",
            function.name,
            report.worst,
            report.at,
            share(report.not_nearest),
            if function.trend != 0 { share(report.unordered) } else { "–".to_owned() },
            if function.parity != 0 { report.asymmetric.to_string() } else { "–".to_owned() },
            report.outside,
            report.disagreement,
        );
        eprintln!("{row}");
        writeln!(page, "{row}")?;
        if !(report.worst <= bound) || report.asymmetric + report.outside > 0 || !(report.disagreement <= AGREEMENT) {
            faults.push(format!("f64 {report:?} {}", function.name));
        }
    }
    Ok(())
}

/// The date in UTC (Hinnant's days-to-civil conversion, 2013).
pub(crate) fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs());
    let z = seconds / 86_400 + 719_468;
    let (era, day) = (z / 146_097, z % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    format!("{}-{month:02}-{:02}", era * 400 + year + u64::from(month <= 2), of_year - (153 * shifted + 2) / 5 + 1)
}
