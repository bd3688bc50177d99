//! Everything that `cargo xtask faults` does, as data.

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
use super::subject::Subject;
use super::{Effort, Seen, enclosures, golden, products, relations};

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
        let rows = &self.faults[fault.number - 1];
        !rows.is_empty() && rows.iter().all(|row| fault.named.iter().any(|&named| row.is_seen_by(named)))
    }

    pub(crate) fn summary(&self) -> String {
        let killed = FAULTS.iter().filter(|fault| fault.waits_for.is_none() && self.is_killed(fault)).count();
        let checkers = self.checkers.iter().filter(|forms| forms.iter().all(Option::is_some)).count();
        let (alarms, runs) = (self.alarms.len(), self.runs);
        format!("faults killed: {killed}/40; checker faults killed: {checkers}/6; false alarms: {alarms}/{runs}")
    }

    /// What must not be.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut found = vec![];
        for fault in &FAULTS {
            let is_planted = !self.faults[fault.number - 1].is_empty();
            if (fault.waits_for.is_none() || is_planted) && !self.is_killed(fault) {
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

/// Plants everything; `progress` hears what was done, of how much, and what comes next.
pub(crate) fn everything(effort: Effort, progress: &dyn Fn(u64, u64, &str)) -> Result<Results> {
    let all = (FAULTS.len() + HISTORIC.len() + SIX.len() + 7) as u64;
    let done = std::cell::Cell::new(0);
    let next = |what: &str| {
        progress(done.get(), all, what);
        done.set(done.get() + 1);
    };
    let cases = golden::cases()?;
    let mut results = Results {
        faults: vec![],
        historic: vec![],
        checkers: vec![],
        runs: 0,
        alarms: vec![],
        right: Passed::default(),
        wrong: Passed::default(),
    };
    for fault in &FAULTS {
        next(fault.what);
        let rows: Result<Vec<Row>> = fault.planted.iter().map(|&carrier| look(carrier, &cases, effort, true)).collect();
        let rows = rows?;
        for row in &rows {
            if let (Carrier::Gradient(plant), Some(peers)) = (row.carrier, row.peers)
                && !plant.is_consistent()
            {
                results.wrong.add(peers);
            }
        }
        results.faults.push(rows);
    }
    for one in &HISTORIC {
        next(one.what);
        results.historic.push(look(one.planted, &cases, effort, false)?);
    }
    for (what, forms) in SIX {
        next(what);
        let seen: Result<Vec<Seen>> = forms.iter().map(|&blind| self_test(blind)).collect();
        results.checkers.push(seen?);
    }
    next("right gradients, beside other checks");
    results.right = peers::compare(Plant::Right, &peer_nets(effort, Plant::Right)?)?;
    correct(&mut results, &cases, effort, &next)?;
    progress(all, all, "");
    Ok(results)
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

/// Correct runs: every detector on every backend and float type, and certificates of seeded nets.
fn correct(results: &mut Results, cases: &[NetCase], effort: Effort, next: &dyn Fn(&str)) -> Result<()> {
    let mut note = |what: String, seen: Seen| {
        results.runs += 1;
        results.alarms.extend(seen.map(|seen| format!("{what}: {seen}")));
    };
    for detector in Detector::ALL {
        if let Some(seen) = ask(detector, &Subject::new(Plant::Right), cases, effort)? {
            note(format!("{} on reference f64", detector.name()), seen);
        }
    }
    for rule in [Rule::Sgd, Rule::Momentum, Rule::Nesterov, Rule::Adam] {
        note(format!("OPT {rule:?}"), trajectory(rule, Slip::Right, effort)?);
    }
    note("DAT".into(), loading(Lapse::Right)?);
    note("CON".into(), products::interleavings(Plant::Right));
    note("MET, Certify".into(), self_test(Blind::Encloses)?);
    note("MET, compare_gradient".into(), self_test(Blind::Differences)?);
    next("right runs on reference");
    on_backend::<f64>("reference f64", &|| Box::new(Reference), effort, &mut note)?;
    on_backend::<f32>("reference f32", &|| Box::new(Reference), effort, &mut note)?;
    next("right runs on faer");
    on_backend::<f64>("faer f64", &|| Box::new(Faer::default()), effort, &mut note)?;
    on_backend::<f32>("faer f32", &|| Box::new(Faer::default()), effort, &mut note)?;
    next("right runs on ndarray");
    on_backend::<f64>("ndarray f64", &|| Box::new(Ndarray::default()), effort, &mut note)?;
    on_backend::<f32>("ndarray f32", &|| Box::new(Ndarray::default()), effort, &mut note)
}

fn on_backend<S: Float + Number>(
    name: &str,
    backend: &dyn Fn() -> Box<dyn Backend<S>>,
    effort: Effort,
    note: &mut dyn FnMut(String, Seen),
) -> Result<()> {
    let subject = || Subject::<S>::on(Plant::Right, backend());
    note(format!("REL on {name}"), relations::relations(&subject(), effort)?);
    note(format!("XB on {name}"), products::cross_backend(&subject(), effort)?);
    note(format!("SHP on {name}"), enclosures::shapes(&subject(), effort)?);
    note(format!("HIS on {name}"), enclosures::history(&subject(), effort)?);
    note(format!("DET on {name}"), products::determinism(&subject(), effort)?);
    note(format!("XTR on {name}"), relations::extremes(&subject(), effort)?);
    let subject = subject();
    for graphs in [false, true] {
        for (n, net) in standard(effort.seeds, graphs)?.iter().enumerate() {
            let certificate = enclosures::certificate(&subject, net, &Certify::new())?;
            // Here only a full pass is no alarm.
            note(format!("ENC on {name}, net {n}"), (!certificate.passed()).then(|| certificate.to_string()));
        }
    }
    Ok(())
}
