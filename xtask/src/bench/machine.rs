//! [`Machine`]: what figures were measured on, and [`date`].

use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// What every figure depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Machine {
    pub(super) os: String,
    pub(super) arch: String,
    pub(super) cpu: String,
    pub(super) cores: usize,
    pub(super) rustc: String,
    /// Extra flags of the compiler for bp's own rows.
    pub(super) rustflags: String,
}

impl Machine {
    pub(super) fn this() -> Self {
        let rustc = Command::new("rustc").arg("--version").output();
        let rustc = rustc.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
        Self {
            os: std::env::consts::OS.into(),
            arch: std::env::consts::ARCH.into(),
            cpu: cpu().unwrap_or_else(|| "unknown".into()),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            rustc: rustc.unwrap_or_else(|_| "unknown".into()),
            rustflags: std::env::var("RUSTFLAGS").unwrap_or_default(),
        }
    }

    pub(super) fn words(&self) -> String {
        let Self { os, arch, cpu, cores, rustc, rustflags } = self;
        let flags = if rustflags.is_empty() { "no RUSTFLAGS".into() } else { format!("RUSTFLAGS `{rustflags}`") };
        format!("{cpu}, {cores} cores, {arch} {os}, {rustc}, {flags}")
    }
}

/// The processor's name and its widest vectors, as far as the system tells.
fn cpu() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let flags = field("flags").unwrap_or_default();
    let has = |flag: &str| flags.split(' ').any(|f| f == flag);
    let vectors = if has("avx512f") {
        " with AVX-512"
    } else if has("avx2") {
        " with AVX2"
    } else {
        ""
    };
    Some(field("model name")? + vectors)
}

/// Today, UTC, as 2026-01-31.
pub(crate) fn date() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    format!("{year}-{month:02}-{day:02}")
}

/// Year, month and day of a day counted from 1970-01-01 (years begin in March, so that leap days come last).
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_have_dates() {
        assert_eq!([0, 11_016, 20_454].map(civil), [(1970, 1, 1), (2000, 2, 29), (2026, 1, 1)]);
    }
}
