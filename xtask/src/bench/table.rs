//! Tables of `bench --peers` as Markdown: [`summary`], [`details`], and [`put_into_docs`].

use std::fs;

use anyhow::{Context, Result, bail};

use super::report::{Entry, Report, Row, write};
use super::significant;
use crate::tidy;

/// One line for each workload and number of threads, and what else a reader has to know.
pub(super) fn summary(report: &Report) -> String {
    let mut text = String::from(
        "| | | threads | bp-faer, µs | bp-ndarray | best of the others | µs | bp-faer beside it | limit / bp-faer | f64 / f32 | instructions |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut lost = vec![];
    for entry in &report.entries {
        for threads in [1, 2] {
            text += &line(entry, threads, &mut lost);
        }
    }
    let dates: Vec<&str> = report.entries.iter().map(|entry| entry.date.as_str()).collect();
    let (first, last) = (dates.iter().min().unwrap_or(&""), dates.iter().max().unwrap_or(&""));
    let when = if first == last { (*first).to_owned() } else { format!("{first} to {last}") };
    text += &format!("\nMeasured {when}: {}.\n", report.machine.words());
    text += "Medians over rounds in which everyone has a turn, in brackets the quartiles. Where the quartiles of two \
             overlap they are at parity if their medians are within a tenth of each other, else the noise was too large. The best of the others with two threads may be one with one thread. The limit \
             is an estimate: the products of the step alone, with faer on one thread, and one pass for each activation; \
             half of the products' time with two threads.\n";
    text += "Other libraries in Rust are built with `-C target-cpu=native`, bp without.\n";
    text += &match &report.no_counts {
        Some(why) => format!("Instructions per step are not counted: {why}.\n"),
        None => "Instructions: user instructions of one step of bp-faer in f32 on one thread.\n".into(),
    };
    if let Some(epoch) = report.epoch {
        let share = 100.0 * (1.0 - epoch.steps / epoch.epoch);
        text += &format!(
            "An epoch of W4's network over 60,000 rows in memory takes {:.3} s on one thread, its steps alone {:.3} s: \
             {share:.1} % is shuffling, gathering of rows and the trainer's own work.\n",
            epoch.epoch, epoch.steps
        );
    }
    text += &match lost.is_empty() {
        true => "\n**Where bp-faer loses:** nowhere in this table.\n".into(),
        false => format!("\n**Where bp-faer loses:** {}.\n", lost.join("; ")),
    };
    for note in &report.missing {
        text += &format!("\nMissing: {note}.\n");
    }
    text
}

fn line(entry: &Entry, threads: usize, lost: &mut Vec<String>) -> String {
    let Some(ours) = entry.row("bp-faer", threads, "f32") else { return String::new() };
    let (name, title) = if threads == 1 { (entry.name.as_str(), entry.title.as_str()) } else { ("", "") };
    let ndarray = entry.row("bp-ndarray", threads, "f32").map_or("–".into(), |row| significant(row.median()));
    let (who, peer, verdict) = match entry.best_peer(threads) {
        None => ("–".into(), "–".into(), "–".into()),
        Some(peer) => {
            let standing = standing(ours, peer);
            let plural = if threads == 1 { "" } else { "s" };
            match standing {
                Standing::Slower(factor) => {
                    lost.push(format!(
                        "{} with {threads} thread{plural}, {} is {factor:.2} times faster",
                        entry.name, peer.who
                    ));
                }
                Standing::Undecided(ratio) if ratio < 1.0 => {
                    lost.push(format!("perhaps {} with {threads} thread{plural}, to {}", entry.name, peer.who));
                }
                _ => {}
            }
            (format!("{} ({})", peer.who, peer.threads), with_spread(peer), standing.words())
        }
    };
    let limit = entry.limit(threads).map_or("–".into(), |limit| format!("{:.0} %", 100.0 * limit / ours.median()));
    let double = entry.row("bp-faer", threads, "f64");
    let double = double.map_or("–".into(), |row| format!("{:.2}", row.median() / ours.median()));
    let counted = entry.instructions.filter(|_| threads == 1).map_or("–".into(), significant);
    format!(
        "| {name} | {title} | {threads} | {} | {ndarray} | {who} | {peer} | {verdict} | {limit} | {double} | {counted} |\n",
        with_spread(ours)
    )
}

/// How a row of bp compares with another library's.
#[derive(Debug, PartialEq)]
enum Standing {
    Faster(f64),
    Parity(f64),
    Slower(f64),
    /// The noise is too large to tell.
    Undecided(f64),
}

/// With quartiles that overlap nobody is faster if the medians are near each other, else the run was too noisy.
fn standing(ours: &Row, peer: &Row) -> Standing {
    let (ratio, (low, high), (peer_low, peer_high)) = (peer.median() / ours.median(), ours.spread(), peer.spread());
    if high < peer_low {
        Standing::Faster(ratio)
    } else if peer_high < low {
        Standing::Slower(1.0 / ratio)
    } else if (0.9..=1.1).contains(&ratio) {
        Standing::Parity(ratio)
    } else {
        Standing::Undecided(ratio)
    }
}

impl Standing {
    fn words(&self) -> String {
        match self {
            Self::Faster(factor) => format!("{factor:.2} × faster"),
            Self::Parity(ratio) => format!("parity ({ratio:.2})"),
            Self::Undecided(ratio) => format!("noise ({ratio:.2})"),
            Self::Slower(factor) => format!("**{factor:.2} × slower**"),
        }
    }
}

fn with_spread(row: &Row) -> String {
    let (low, high) = row.spread();
    format!("{} [{}–{}]", significant(row.median()), significant(low), significant(high))
}

/// Everyone's row for each workload, the fastest first.
pub(super) fn details(report: &Report) -> String {
    let mut text = String::new();
    for entry in &report.entries {
        text += &format!("\n### {}: {}\n\n", entry.name, entry.title);
        text += &format!("`{}`, {}.\n\n", entry.job, entry.date);
        text += "| | threads | µs, median | quartiles | smallest | samples |\n| --- | --- | --- | --- | --- | --- |\n";
        let (mut rows, mut refused): (Vec<&Row>, Vec<&Row>) =
            entry.rows.iter().partition(|row| !row.samples.is_empty());
        rows.sort_by(|a, b| a.median().total_cmp(&b.median()));
        for row in rows {
            let (low, high) = row.spread();
            let smallest = row.samples.iter().copied().fold(f64::INFINITY, f64::min);
            let [median, low, high, smallest] = [row.median(), low, high, smallest].map(significant);
            let (about, dtype) = (&row.about, if row.dtype == "f64" { " **f64**" } else { "" });
            text += &format!(
                "| {about}{dtype} | {} | {median} | {low}–{high} | {smallest} | {} |\n",
                row.threads,
                row.samples.len()
            );
        }
        refused.dedup_by_key(|row| row.who.clone());
        for row in refused.into_iter().filter(|row| row.is_peer()) {
            text += &format!("\nNot {}: {}.\n", row.who, row.refused.as_deref().unwrap_or("no sample was taken"));
        }
    }
    text
}

/// Replaces what stands between the markers of this name in docs/benchmarks.md.
pub(super) fn put_into_docs(name: &str, text: &str) -> Result<()> {
    let path = tidy::root().join("docs/benchmarks.md");
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    write(&path, &between(&page, name, text).context("in docs/benchmarks.md")?)
}

/// A page with this text between the markers of this name.
pub(crate) fn between(page: &str, name: &str, text: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- begin {name} -->"), format!("<!-- end {name} -->"));
    let (Some((before, _)), Some((_, after))) = (page.split_once(&begin), page.split_once(&end)) else {
        bail!("there are no lines `{begin}` and `{end}`; put them where the table belongs");
    };
    Ok(format!("{before}{begin}\n{}\n{end}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(who: &str, samples: &[f64]) -> Row {
        let (about, dtype) = (who.to_owned(), "f32".to_owned());
        Row { who: who.into(), about, threads: 1, dtype, samples: samples.into(), refused: None }
    }

    #[test]
    fn inside_the_noise_is_parity() {
        let ours = row("bp-faer", &[10.0, 11.0, 12.0, 11.0, 10.5]);
        assert_eq!(standing(&ours, &row("jax", &[22.0, 22.0, 23.0])), Standing::Faster(2.0));
        assert_eq!(standing(&ours, &row("jax", &[5.5, 5.0, 6.0])), Standing::Slower(2.0));
        assert!(matches!(standing(&ours, &row("jax", &[9.0, 10.9, 12.0])), Standing::Parity(_)));
        assert!(matches!(standing(&ours, &row("jax", &[6.0, 7.0, 16.0])), Standing::Undecided(_)));
    }
}
