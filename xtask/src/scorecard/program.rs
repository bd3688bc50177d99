//! Running `bp` as a user would.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::tidy;

/// The program, built.
pub(super) struct Bp {
    path: PathBuf,
}

impl Bp {
    /// Builds it with the settings of a release.
    pub(super) fn build() -> Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--release", "-p", "bp-cli", "--bin", "bp", "--message-format=json-render-diagnostics"]);
        let out = build.current_dir(tidy::root()).stderr(Stdio::inherit()).output().context("cargo does not start")?;
        let text = String::from_utf8_lossy(&out.stdout);
        let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let path = messages.filter_map(|m| m["executable"].as_str().map(PathBuf::from)).next_back();
        Ok(Self { path: path.context("bp does not build")? })
    }

    /// Runs `bp` with these words and returns the JSON object that it prints.
    pub(super) fn json(&self, words: &[&str]) -> Result<Value> {
        let out = Command::new(&self.path).args(words).output().context("bp does not start")?;
        if !out.status.success() {
            bail!("bp {}: {}", words.join(" "), String::from_utf8_lossy(&out.stderr).trim());
        }
        serde_json::from_slice(&out.stdout).with_context(|| format!("bp {} prints no JSON", words.join(" ")))
    }
}

/// A figure of a JSON object.
pub(super) fn figure(object: &Value, key: &str) -> Result<f64> {
    object[key].as_f64().with_context(|| format!("there is no figure `{key}`"))
}
