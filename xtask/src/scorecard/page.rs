//! The README's table of accuracies, from a [`Card`].

use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};
use bp_train::selection::Spread;

use super::card::Card;
use super::{images, peers, uci};
use crate::bench::table::between;
use crate::tidy;

/// Everything on the card; what was not run is said to be so.
pub(super) fn table(card: &Card) -> String {
    let mut text = String::from(
        "`bp train` beside scikit-learn's MLP, both with their defaults, on the same 20 stratified 80/20 splits (accuracy, R² \
         for diabetes; mean of the differences ± standard error; scikit-learn with inputs as they are, and behind its \
         `StandardScaler`):\n\n| | bp | scikit-learn, as is | bp's lead | scikit-learn, scaled | bp's lead |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for name in peers::SETS {
        let Some(peers) = card.peers.get(name) else {
            let _ = writeln!(text, "| {name} | not run | | | | |");
            continue;
        };
        let mean = |scores: &[f64]| match scores.is_empty() {
            true => "not run".to_owned(),
            false => format!("{:.4}", Spread::of(scores).mean),
        };
        let lead = |theirs: &[f64]| {
            let of = peers.difference(theirs);
            of.map_or_else(String::new, |d| {
                format!("{:+.4} ± {:.4}{}", d.mean, d.error, mark(d.mean + 2.0 * d.error >= 0.0))
            })
        };
        let (raw, scaled) = (&peers.raw, &peers.scaled);
        let cells = [mean(&peers.ours), mean(raw), lead(raw), mean(scaled), lead(scaled)];
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text += "\nUCI regressions, the usual 20 random 90/10 splits, one hidden layer of 50 relu units, RMSE in the target's units \
             (mean ± standard error); weight decay chosen by cross-validation inside each training part, everything else the \
             same for all sets; beside probabilistic backpropagation and dropout as others report them:\n\n\
             | | bp | PBP | dropout |\n| --- | --- | --- | --- |\n";
    for set in &uci::SETS {
        let ours = card.uci.get(set.name).map_or("not run".to_owned(), |uci| {
            let of = Spread::of(&uci.rmse);
            format!("{:.3} ± {:.3}{}", of.mean, of.error, mark(of.mean <= set.bar))
        });
        let _ = writeln!(text, "| {} | {ours} | {:.2} | {:.2} |", set.name, set.bar, set.aim);
    }
    text += "\nImages, error on the test part, the median if there are several seeds:\n\n\
             | | test error | of seeds 0, 1, … | seconds each | |\n| --- | --- | --- | --- | --- |\n";
    for (_, job) in images::jobs() {
        let Some(of) = card.images.get(job.name) else {
            let _ = writeln!(text, "| {} | not run | | | |", job.name);
            continue;
        };
        let errors: Vec<String> = of.test_error.iter().map(|error| format!("{error:.2}")).collect();
        let seconds = Spread::of(&of.seconds).mean;
        let seeds = match errors.len() {
            1 => "one seed".to_owned(),
            n => format!("median of {n} seeds"),
        };
        let median = format!("{:.2} %, {seeds}{}", of.median(), mark(of.median() <= job.bar));
        let threads = format!("{seconds:.0} on {} threads", of.threads);
        let _ = writeln!(text, "| {} | {median} | {} | {threads} | {} |", job.name, errors.join(", "), of.settings);
    }
    let dates = card.peers.values().map(|of| &of.date).chain(card.uci.values().map(|of| &of.date));
    let mut dates: Vec<&String> = dates.chain(card.images.values().map(|of| &of.date)).collect();
    dates.sort();
    dates.dedup();
    let dates: Vec<&str> = dates.into_iter().map(String::as_str).filter(|date| !date.is_empty()).collect();
    let version = card.peers.values().map(|of| of.version.as_str()).find(|version| !version.is_empty());
    let version = version.map_or_else(String::new, |version| format!("; scikit-learn {version}"));
    let _ = write!(
        text,
        "\nMade by `cargo xtask scorecard --data-dir … --python …` on {}{version}; split by split in \
         [docs/scorecard.json](docs/scorecard.json).",
        dates.join(", ")
    );
    text
}

/// Says where a figure misses its bar: two standard errors below the other side, above PBP, above the job's limit.
fn mark(is_met: bool) -> &'static str {
    if is_met { "" } else { " **(short)**" }
}

/// Replaces what stands between the markers in README.md.
pub(super) fn put_into_readme(table: &str) -> Result<()> {
    let path = tidy::root().join("README.md");
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let page = between(&page, "scorecard", table).context("in README.md")?;
    fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scorecard::card::{Images, Peers, Uci};

    /// What was not run is said to be so; what misses its bar is marked.
    #[test]
    fn nothing_is_passed_over() {
        let empty = table(&Card::default());
        assert_eq!(empty.matches("not run").count(), 5 + 5 + 3, "{empty}");
        let mut card = Card::default();
        let peers = Peers {
            ours: vec![0.5, 0.5, 0.5],
            raw: vec![0.6, 0.6, 0.6],
            scaled: vec![0.4, 0.4, 0.4],
            ..Peers::default()
        };
        card.peers.insert("iris".into(), peers);
        let uci = |rmse| Uci { date: "2026-01-02".into(), rmse, chosen: vec![], seconds: 1.0 };
        card.uci.insert("yacht".into(), uci(vec![1.0, 1.1]));
        card.uci.insert("energy".into(), uci(vec![f64::NAN]));
        let images = Images {
            date: "2026-01-01".into(),
            settings: "relu".into(),
            test_error: vec![1.3, 1.5, 1.41],
            seconds: vec![9.0],
            threads: 2,
        };
        card.images.insert(images::MNIST_800.name.into(), images);
        let text = table(&card);
        assert_eq!(text.matches("(short)").count(), 4, "{text}");
        assert!(
            text.contains("on 2026-01-01, 2026-01-02;")
                && text.contains("1.41 %, median of 3 seeds **(short)** | 1.30, 1.50, 1.41"),
            "{text}"
        );
        // One seed is not called a median.
        let mut one = card.images[images::MNIST_800.name].clone();
        one.test_error.truncate(1);
        card.images.insert(images::MNIST_800.name.into(), one);
        assert!(table(&card).contains("1.30 %, one seed | 1.30 |"), "{}", table(&card));
    }

    /// The README has the place for the table.
    #[test]
    fn the_readme_has_markers() {
        let page = fs::read_to_string(tidy::root().join("README.md")).unwrap();
        let once = between(&page, "scorecard", "table").unwrap();
        assert_eq!(between(&once, "scorecard", "table").unwrap(), once);
        assert!(between("no markers", "scorecard", "table").is_err());
    }
}
