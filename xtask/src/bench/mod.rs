//! `cargo xtask bench`: training steps of bp in a table, beside other libraries (`--peers`), over a grid of sizes
//! (`--grid`), and what a program that uses it weighs (`--weight`).

mod chart;
pub(crate) mod child;
mod epoch;
mod grid;
pub(crate) mod machine;
mod ours;
mod participant;
mod peers;
mod report;
pub(crate) mod table;
mod weight;

use std::path::PathBuf;

use anyhow::{Result, bail};
use bp_benches::Workload;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::tidy;

/// Times training steps (forward pass, backward pass, SGD update) and prints microseconds per step.
#[derive(Args)]
pub(crate) struct Options {
    /// Fewer samples.
    #[arg(long)]
    quick: bool,
    /// Write the rows, and what they were measured on, to this file (without --peers, --grid, --weight).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only these workloads, for instance W3,W4; with --peers also the forward passes I1 to I3.
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    only: Vec<String>,
    /// Beside every other library that is installed, in turn, one thread and two.
    #[arg(long, conflicts_with_all = ["grid", "weight"])]
    peers: bool,
    /// Steps over widths and batch sizes: no size may be slower than 1.25 times the next larger one.
    #[arg(long, conflicts_with = "weight")]
    grid: bool,
    /// Build time and size of the smallest program that trains, beside other libraries in Rust.
    #[arg(long)]
    weight: bool,
    /// Write tables, raw figures and charts here; a later run with other workloads adds to them.
    #[arg(long, value_name = "DIR", default_value_os_t = tidy::root().join("target/bench"))]
    out: PathBuf,
    /// Python with torch, jax or scikit-learn.
    #[arg(long, value_name = "PATH", env = "BP_PEERS_PYTHON", default_value = "python3")]
    python: String,
    /// Only these participants of --peers, by the beginning of their names, for instance bp,torch.
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    who: Vec<String>,
    /// Build burn's `cpu` backend too; its build script downloads LLVM.
    #[arg(long)]
    burn_cpu: bool,
    /// Measure nothing: write tables and charts again from the raw figures in --out.
    #[arg(long)]
    render: bool,
    /// Put the tables into docs/benchmarks.md and the charts beside it.
    #[arg(long)]
    docs: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.peers {
        peers::run(options)
    } else if options.grid {
        grid::run(options)
    } else if options.weight {
        weight::run(options)
    } else {
        ours::run(options)
    }
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

/// A bar that counts `what`.
fn progress(len: usize, what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}}/{{len}} {what}, {{eta}} left  {{msg}}"));
    ProgressBar::new(len as u64).with_style(style.expect("a fixed template"))
}

/// Three significant digits.
fn significant(x: f64) -> String {
    match x {
        x if x >= 100.0 => {
            let digits = format!("{x:.0}");
            // 12,345 reads better than 12345.
            let mut text = String::new();
            for (i, digit) in digits.chars().enumerate() {
                if i > 0 && (digits.len() - i).is_multiple_of(3) {
                    text.push(',');
                }
                text.push(digit);
            }
            text
        }
        x if x >= 10.0 => format!("{x:.1}"),
        x if x >= 1.0 => format!("{x:.2}"),
        x => format!("{x:.3}"),
    }
}

/// The middle one; NaN of none.
fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value below which this share of the values lies, by the nearest rank; NaN of none.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((share * last as f64).round() as usize).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(
            [0.05724, 1.5, 12.34, 123.4, 1_234_567.0].map(significant),
            ["0.057", "1.50", "12.3", "123", "1,234,567"]
        );
        let quartiles = [0.0, 0.25, 0.5, 1.0].map(|share| significant(quantile(&[5.0, 1.0, 3.0, 2.0, 4.0], share)));
        assert_eq!(quartiles, ["1.00", "2.00", "3.00", "5.00"]);
        assert!(median(&[]).is_nan());
    }
}
