//! `cargo xtask ci`: what must be green before a change lands.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::tidy;

/// One shared target folder, one feature set: tests and programs are built once.
const STEPS: [(&str, &[&str]); 4] = [
    ("format", &["fmt", "--all", "--check"]),
    ("tests", &["test", "--workspace", "--no-fail-fast"]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    ("docs", &["doc", "--workspace", "--no-deps"]),
];

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
