//! `cargo xtask ci`: what must be green before a change lands.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::tidy;

/// One shared target folder, one feature set: tests and programs are built once. The program that predicts alone is small.
const STEPS: [(&str, &[&str]); 5] = [
    ("format", &["fmt", "--all", "--check"]),
    ("tests", &["test", "--workspace", "--no-fail-fast"]),
    ("inference alone", &["run", "--package", "bp-faer", "--no-default-features", "--example", "infer"]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    ("docs", &["doc", "--workspace", "--no-deps"]),
];

/// Runs the steps one after another, up to the first that fails.
pub(crate) fn run() -> Result<()> {
    tidy::run()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    for (name, args) in STEPS {
        let start = Instant::now();
        println!("==> {name}: cargo {}", args.join(" "));
        let status = Command::new(&cargo)
            .args(args)
            .current_dir(tidy::root())
            .env("RUSTDOCFLAGS", "-D warnings")
            .status()
            .with_context(|| format!("cannot start cargo for {name}"))?;
        println!("==> {name}: {:.0} s", start.elapsed().as_secs_f64());
        if !status.success() {
            bail!("{name} failed: cargo {}", args.join(" "));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The script has no list of steps of its own that could drift from this one.
    #[test]
    fn the_script_runs_these_steps() {
        let script = std::fs::read_to_string(tidy::root().join(".ci/run")).unwrap();
        assert!(script.contains("cargo run --quiet --package xtask -- ci"), "{script}");
        for (name, args) in STEPS {
            assert!(
                !script.contains(&format!("cargo {}", args[..2].join(" "))),
                "the script has a step `{name}` of its own"
            );
        }
    }
}
