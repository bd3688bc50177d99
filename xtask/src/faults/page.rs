//! The results as docs/faults.md.

use std::fmt::Write as _;

use anyhow::Result;

use super::Effort;
use super::catalogue::{Detector, FAULTS, Fault, HISTORIC};
use super::checker::SIX;
use super::peers::Passed;
use super::relations::flat_from;
use super::run::{Results, Row};
use crate::ulps::today;

pub(crate) fn markdown(results: &Results, effort: Effort) -> Result<String> {
    let mut page = String::new();
    let command = if effort.is_quick { "cargo xtask faults --quick" } else { "cargo xtask faults" };
    writeln!(
        page,
        "# Planted faults\n\n\
         Written by `{command}` on {}. The forty are ordinary mistakes of code that computes gradients. Each is planted as \
         a wrapper around a backend, a loss, a call, an optimiser, a loader or a checker, or in a saved training, so the engine is the one that ships and there is no `--cfg`. A fault counts as killed if every form of it is seen by a detector \
         that is **named** for it.\n\n\
         **●** seen by a detector named for it, ● seen by another, ○ named but saw nothing, · looked and saw nothing, – \
         has nothing to look at. ENC enclosure of the true gradient, FD Richardson differences with an error estimate, REL \
         relations between calls, XB another backend, SHP every shape, HIS memory with a history, and trainings broken off, DET bits over calls and \
         threads, GLD golden vectors, OPT every step of an optimiser in double-double, XTR extreme values, DAT small files, \
         CON every order of two threads' steps, MET the checker's self-test. No fault of the table has Taylor slopes, adjoint \
         identities or counts of operations as its detector, so there is no column for them.\n",
        today()
    )?;
    detectors(&mut page, results)?;
    comparison(&mut page, results, effort)?;
    checkers(&mut page, results)?;
    historic(&mut page, results)?;
    writeln!(
        page,
        "\n## Declared\n\n\
         38 in small is in the engine itself, and declared: h′ = (1 − z)(1 + z) is right to 3 u + 2 err(tanh) absolutely, but \
         where z rounds to 1 it is 0, a relative error of 1. In f64 that begins at a = {:.2}, in f32 at a = {:.2}. \
         20 escapes the relations because softmax of softmax does not see a shift either; 7 escapes linearity \
         because an overwritten δ is linear too.",
        flat_from::<f64>(),
        flat_from::<f32>()
    )?;
    writeln!(page, "\n## Total\n\n`{}`", results.summary())?;
    Ok(page)
}

fn cell(rows: &[Row], fault: &Fault, detector: Detector) -> &'static str {
    let looked = |row: &Row| row.seen.iter().any(|(one, seen)| *one == detector && seen.is_some());
    let named = fault.named.contains(&detector);
    match (rows.iter().any(|row| row.is_seen_by(detector)), rows.iter().any(looked), named) {
        (true, _, true) => "**●**",
        (true, _, false) => "●",
        (false, true, true) => "○",
        (false, true, false) => "·",
        (false, false, _) => "–",
    }
}

fn detectors(page: &mut String, results: &Results) -> Result<()> {
    let names = Detector::ALL.map(Detector::name).join(" | ");
    writeln!(page, "| # | fault | killed | {names} |\n| --- | --- | --- |{}", " --- |".repeat(Detector::ALL.len()))?;
    for fault in &FAULTS {
        let rows = &results.faults[fault.number - 1];
        let killed = if results.is_killed(fault) { "yes" } else { "**NO**" };
        let cells = Detector::ALL.map(|detector| cell(rows, fault, detector)).join(" | ");
        writeln!(page, "| {} | {} | {killed} | {cells} |", fault.number, fault.what)?;
    }
    Ok(())
}

fn share(passed: usize, nets: usize) -> String {
    format!("{passed} ({:.0} %)", 100.0 * passed as f64 / nets.max(1) as f64)
}

fn line(page: &mut String, what: &str, passed: Passed) -> Result<()> {
    let Passed { nets, enclosure, entries, direction, norm, gradcheck, abstained } = passed;
    let [enclosure, entries, direction, norm] = [enclosure, entries, direction, norm].map(|n| share(n, nets));
    let gradcheck = format!("{}, abstains {abstained}", share(gradcheck, nets));
    writeln!(page, "| {what} | {nets} | {enclosure} | {entries} | {direction} | {norm} | {gradcheck} |")?;
    Ok(())
}

fn comparison(page: &mut String, results: &Results, effort: Effort) -> Result<()> {
    writeln!(
        page,
        "\n## Beside other checks\n\n\
         How many **wrong** gradients each check passed, in f64: 5-5-5 tanh networks with a skip connection, 85 parameters, 7 \
         examples (for 6, 7 and 22, graphs in which a layer has three consumers), {} seeds × 2 losses × weights U(−1, 1) and \
         0.1 · U(−1, 1), one call each; nets in which a fault changes nothing are left out. *Per entry* and *one direction*: \
         central differences with eps 1e-6, passed within atol 1e-5 + rtol 1e-3, PyTorch's defaults, the direction \
         of unit length. *Norm 1e-7*: ‖g − d‖ ≤ 1e-7 (‖g‖ + ‖d‖). *gradcheck*: the crate, 0.1.0, with its settings for \
         f64; where it abstains it neither passes nor fails. Its trait has no place for a subject with memory, so the \
         gradient goes through its `compare`, and the differences are its own. Of faults that show elsewhere (a second \
         call, extreme values, kinks, threads, files, optimisers) one gradient of an ordinary network is right, and a \
         row would say nothing: –.\n\n\
         | # fault | gradients | enclosure | per entry | one direction | norm 1e-7 | gradcheck |\n\
         | --- | --- | --- | --- | --- | --- | --- |",
        effort.seeds
    )?;
    let mut left_out = vec![];
    for fault in &FAULTS {
        let rows = results.faults[fault.number - 1].iter().filter_map(|row| row.peers);
        let mut total = Passed::default();
        rows.for_each(|peers| total.add(peers));
        match total.nets {
            0 => left_out.push(fault.number.to_string()),
            _ => line(page, &format!("{} {}", fault.number, fault.what), total)?,
        }
    }
    line(page, "**all wrong gradients** but 12, 13, 15, 20", results.wrong)?;
    line(page, "right gradients", results.right)?;
    writeln!(
        page,
        "\n–: {}. 12, 13, 15 and 20 are wrong in the error too: each check compares with the derivative of the wrong error, \
         and must pass; golden vectors and relations see them.",
        left_out.join(", ")
    )?;
    Ok(())
}

fn checkers(page: &mut String, results: &Results) -> Result<()> {
    writeln!(
        page,
        "\n## Faults of a checker\n\n\
         The self-test gives a checker a right gradient, which it must pass, and four wrong ones, which it must not: every \
         entry doubled, one sign, one NaN, a weight not transposed.\n\n| fault | the self-test says |\n| --- | --- |"
    )?;
    for ((what, _), forms) in SIX.iter().zip(&results.checkers) {
        let said: Vec<&str> = forms.iter().map(|seen| seen.as_deref().unwrap_or("**nothing**")).collect();
        writeln!(page, "| {what} | {} |", said.join("; "))?;
    }
    Ok(())
}

fn historic(page: &mut String, results: &Results) -> Result<()> {
    writeln!(
        page,
        "\n## Faults from public threads\n\n\
         Planted in our terms: what the thread reports, not its code. `repository#number` is where it was reported.\n\n\
         | thread | fault | must be seen by | seen by |\n| --- | --- | --- | --- |"
    )?;
    for (one, row) in HISTORIC.iter().zip(&results.historic) {
        let by: Vec<&str> = Detector::ALL.into_iter().filter(|&d| row.is_seen_by(d)).map(Detector::name).collect();
        writeln!(page, "| {} | {} | {} | {} |", one.thread, one.what, one.by.name(), by.join(", "))?;
    }
    Ok(())
}
