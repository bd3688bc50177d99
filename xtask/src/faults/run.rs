//! Everything that `cargo xtask faults` does, as data.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use bp_core::{Backend, Float, Reference};
use bp_faer::Faer;
use bp_ndarray::Ndarray;
use bp_tests::golden::NetCase;
use bp_verify::{Certify, Number};

use super::catalogue::{Carrier, Detector, FAULTS, Fault, HISTORIC};
use super::checker::{Blind, SIX, self_test};
use super::loaders::{Lapse, loading};
use super::nets::{Net, standard};
use super::optimizers::{Rule, Slip, trajectory};
use super::peers::{self, Passed};
use super::plant::Plant;
use super::saves::{Forgets, resumed};
use super::subject::Subject;
use super::{Effort, Seen, enclosures, golden, products, relations};
use crate::oracle::in_parallel;

/// One form of a fault and what every detector made of it; `None` where a detector has nothing to look at.
pub(crate) struct Row {
    pub(crate) carrier: Carrier,
    pub(crate) seen: Vec<(Detector, Option<Seen>)>,
    pub(crate) peers: Option<Passed>,
}

impl Row {
    pub(crate) fn is_seen_by(&self, detector: Detector) -> bool {
        self.seen.iter().any(|(one, seen)| *one == detector && matches!(seen, Some(Some(_))))
    }
}

/// What a run found.
#[derive(Default)]
pub(crate) struct Results {
    /// The forms of each of the forty, in order.
    pub(crate) faults: Vec<Vec<Row>>,
    pub(crate) historic: Vec<Row>,
    /// What the self-test holds against each form of the six.
    pub(crate) checkers: Vec<Vec<Seen>>,
    /// Correct runs, and what was held against them.
    pub(crate) runs: usize,
    pub(crate) alarms: Vec<String>,
    /// The comparison on right gradients.
    pub(crate) right: Passed,
    pub(crate) wrong: Passed,
}

impl Results {
    pub(crate) fn is_killed(&self, fault: &Fault) -> bool {
        let rows = self.faults.get(fault.number - 1).map_or(&[][..], Vec::as_slice);
        !rows.is_empty() && rows.iter().all(|row| fault.named.iter().any(|&named| row.is_seen_by(named)))
    }

    pub(crate) fn summary(&self) -> String {
        let killed = FAULTS.iter().filter(|fault| self.is_killed(fault)).count();
        let checkers = self.checkers.iter().filter(|forms| forms.iter().all(Option::is_some)).count();
        let (alarms, runs) = (self.alarms.len(), self.runs);
        format!("faults killed: {killed}/40; checker faults killed: {checkers}/6; false alarms: {alarms}/{runs}")
    }

    /// What must not be.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut found = vec![];
        // Nothing looked at is nothing shown.
        if self.runs == 0 || (self.historic.len(), self.checkers.len()) != (HISTORIC.len(), SIX.len()) {
            found.push("the run is not complete".into());
        }
        for fault in &FAULTS {
            if !self.is_killed(fault) {
                found.push(format!("fault {} survives every detector named for it: {}", fault.number, fault.what));
            }
        }
        for (one, row) in HISTORIC.iter().zip(&self.historic) {
            if !row.is_seen_by(one.by) {
                found.push(format!("{} survives {}: {}", one.thread, one.by.name(), one.what));
            }
        }
        for ((what, _), forms) in SIX.iter().zip(&self.checkers) {
            if forms.is_empty() || forms.iter().any(Option::is_none) {
                found.push(format!("a checker with this fault passes the self-test: {what}"));
            }
        }
        found.extend(self.alarms.iter().map(|alarm| format!("false alarm: {alarm}")));
        found
    }
}

/// Hears how much was done, of how much, and of what kind.
pub(crate) type Progress<'a> = &'a (dyn Fn(u64, u64, &str) + Sync);

/// Plants everything, on all cores: every fault is looked at alone.
pub(crate) fn everything(effort: Effort, progress: Progress<'_>) -> Result<Results> {
    let cases = golden::cases()?;
    let own = FAULTS.iter().flat_map(|fault| fault.planted.iter().map(|&carrier| (carrier, true)));
    let planted: Vec<(Carrier, bool)> = own.chain(HISTORIC.iter().map(|one| (one.planted, false))).collect();
    let right = right_runs(&cases, effort);
    let all = (planted.len() + right.len()) as u64;
    let look = |n: usize| look(planted[n].0, &cases, effort, planted[n].1);
    let rows = shared(planted.len(), look, |n| progress(n, all, "planted faults"))?;
    let mut rows = rows.into_iter();
    let mut results = Results::default();
    for fault in &FAULTS {
        let forms: Vec<Row> = rows.by_ref().take(fault.planted.len()).collect();
        for row in &forms {
            match (row.carrier, row.peers) {
                (Carrier::Gradient(plant), Some(peers)) if !plant.is_consistent() => results.wrong.add(peers),
                _ => {}
            }
        }
        results.faults.push(forms);
    }
    results.historic = rows.collect();
    for (_, forms) in SIX {
        let seen: Result<Vec<Seen>> = forms.iter().map(|&blind| self_test(blind)).collect();
        results.checkers.push(seen?);
    }
    results.right = peers::compare(Plant::Right, &peer_nets(effort, Plant::Right)?)?;
    let before = planted.len() as u64;
    let runs = shared(right.len(), |n| right[n](), |n| progress(before + n, all, "right gradients"))?;
    for (what, seen) in runs.into_iter().flatten() {
        results.runs += 1;
        results.alarms.extend(seen.map(|seen| format!("{what}: {seen}")));
    }
    Ok(results)
}

/// `job(0)`, `job(1)`, … on all cores, the results in order; `done` hears how many there are.
fn shared<T: Send>(n: usize, job: impl Fn(usize) -> Result<T> + Sync, done: impl Fn(u64) + Sync) -> Result<Vec<T>> {
    let count = AtomicU64::new(0);
    let block = |range: Range<u64>| (range.start, job(range.start as usize));
    let heard = |more: u64| done(count.fetch_add(more, Ordering::Relaxed) + more);
    let mut results = in_parallel(0..n as u64, 1, block, heard);
    results.sort_by_key(|(n, _)| *n);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Every detector on one planted fault.
fn look(carrier: Carrier, cases: &[NetCase], effort: Effort, beside_others: bool) -> Result<Row> {
    let plant = match carrier {
        Carrier::Gradient(plant) => plant,
        Carrier::Optimizer(rule, slip) => {
            let seen = trajectory(rule, slip, effort)?;
            return Ok(Row { carrier, seen: vec![(Detector::Opt, Some(seen))], peers: None });
        }
        Carrier::Loader(lapse) => {
            return Ok(Row { carrier, seen: vec![(Detector::Dat, Some(loading(lapse)?))], peers: None });
        }
        Carrier::Saved(forgets) => {
            return Ok(Row { carrier, seen: vec![(Detector::His, Some(resumed(forgets)?))], peers: None });
        }
        Carrier::Checker(blind) => {
            return Ok(Row { carrier, seen: vec![(Detector::Met, Some(self_test(blind)?))], peers: None });
        }
    };
    let seen = Detector::ALL.into_iter().map(|detector| {
        // A fresh subject each, so that no detector meets what another has left.
        let subject = Subject::<f64>::new(plant);
        Ok((detector, ask(detector, &subject, cases, effort)?))
    });
    let seen: Result<Vec<_>> = seen.collect();
    let peers = if beside_others && !plant.shows_elsewhere() {
        Some(peers::compare(plant, &peer_nets(effort, plant)?)?)
    } else {
        None
    };
    Ok(Row { carrier, seen: seen?, peers })
}

fn ask(detector: Detector, subject: &Subject<f64>, cases: &[NetCase], effort: Effort) -> Result<Option<Seen>> {
    Ok(match detector {
        Detector::Enc => Some(enclosures::enclosure(subject, effort)?),
        Detector::Fd => Some(enclosures::differences(subject, effort)?),
        Detector::Rel => Some(relations::relations(subject, effort)?),
        Detector::Xb => Some(products::cross_backend(subject, effort)?),
        Detector::Shp => Some(enclosures::shapes(subject, effort)?),
        Detector::His => Some(enclosures::history(subject, effort)?),
        Detector::Det => Some(products::determinism(subject, effort)?),
        Detector::Gld => Some(golden::golden(subject, cases, effort)?),
        Detector::Xtr => Some(relations::extremes(subject, effort)?),
        Detector::Con if subject.plant == Plant::LostUpdate => Some(products::interleavings(subject.plant)),
        Detector::Con | Detector::Opt | Detector::Dat | Detector::Met => None,
    })
}

/// VERIFICATION §4's nets, or graphs for faults that need several consumers.
fn peer_nets(effort: Effort, plant: Plant) -> Result<Vec<Net>> {
    standard(effort.seeds, plant.needs_consumers())
}

/// Correct runs with their names, and what was held against them.
type Runs = Vec<(String, Seen)>;

/// Every detector on right subjects, on every backend and float type, and certificates of seeded nets.
fn right_runs(cases: &[NetCase], effort: Effort) -> Vec<Box<dyn Fn() -> Result<Runs> + Sync + '_>> {
    vec![
        Box::new(move || {
            let mut runs = vec![];
            for detector in Detector::ALL {
                let seen = ask(detector, &Subject::new(Plant::Right), cases, effort)?;
                runs.extend(seen.map(|seen| (format!("{} on reference f64", detector.name()), seen)));
            }
            for rule in [Rule::Sgd, Rule::Momentum, Rule::Nesterov, Rule::Adam, Rule::Clip] {
                runs.push((format!("OPT {rule:?}"), trajectory(rule, Slip::Right, effort)?));
            }
            runs.push(("HIS of a training".into(), resumed(Forgets::Nothing)?));
            runs.push(("DAT".into(), loading(Lapse::Right)?));
            runs.push(("CON".into(), products::interleavings(Plant::Right)));
            runs.push(("MET, Certify".into(), self_test(Blind::Encloses)?));
            runs.push(("MET, compare_gradient".into(), self_test(Blind::Differences)?));
            Ok(runs)
        }),
        Box::new(move || on_backend::<f64>("reference f64", &|| Box::new(Reference), effort)),
        Box::new(move || on_backend::<f32>("reference f32", &|| Box::new(Reference), effort)),
        Box::new(move || on_backend::<f64>("faer f64", &|| Box::new(Faer::default()), effort)),
        Box::new(move || on_backend::<f32>("faer f32", &|| Box::new(Faer::default()), effort)),
        Box::new(move || on_backend::<f64>("ndarray f64", &|| Box::new(Ndarray::default()), effort)),
        Box::new(move || on_backend::<f32>("ndarray f32", &|| Box::new(Ndarray::default()), effort)),
    ]
}

fn on_backend<S: Float + Number>(
    name: &str,
    backend: &dyn Fn() -> Box<dyn Backend<S>>,
    effort: Effort,
) -> Result<Runs> {
    let subject = || Subject::<S>::on(Plant::Right, backend());
    let mut runs = vec![
        (format!("REL on {name}"), relations::relations(&subject(), effort)?),
        (format!("XB on {name}"), products::cross_backend(&subject(), effort)?),
        (format!("SHP on {name}"), enclosures::shapes(&subject(), effort)?),
        (format!("HIS on {name}"), enclosures::history(&subject(), effort)?),
        (format!("DET on {name}"), products::determinism(&subject(), effort)?),
        (format!("XTR on {name}"), relations::extremes(&subject(), effort)?),
    ];
    let subject = subject();
    for graphs in [false, true] {
        for (n, net) in standard(effort.seeds, graphs)?.iter().enumerate() {
            let certificate = enclosures::certificate(&subject, net, &Certify::new())?;
            // Here only a full pass is no alarm.
            let seen = (!certificate.passed()).then(|| certificate.to_string());
            runs.push((format!("ENC on {name}, net {n}"), seen));
        }
    }
    Ok(runs)
}
