//! The detectors ENC, FD, SHP and HIS: an enclosure of the true gradient, differences with an error estimate, the
//! enclosure over shapes, and calls into memory with a history.

use anyhow::Result;
use bp_core::{ErrorFunction, Examples, Float};
use bp_verify::{Certificate, Certify, Sample, compare_gradient, rounding_of_gradient};

use super::nets::{Net, PAIRS, standard};
use super::plant::Plant;
use super::subject::Subject;
use super::{Effort, Seen};

/// The gradient of one call into fresh memory.
pub(crate) fn once<S: Float>(subject: &Subject<S>, net: &Net) -> Result<(S, Vec<S>)> {
    let held = net.held::<S>();
    let mut memory = subject.memory(&net.plan, net.rows());
    let error = subject.gradient(&net.plan, net.loss, &held.params, &held.examples(), &mut memory)?;
    Ok((error, memory.dw))
}

/// The certificate of one call, against the author's own error function.
pub(crate) fn certificate<S: Float>(subject: &Subject<S>, net: &Net, certify: &Certify) -> Result<Certificate> {
    let held = net.held::<S>();
    let (_, dw) = once(subject, net)?;
    let weights = subject.weights(net.rows(), net.rows());
    let examples = Examples { weights: weights.as_deref(), ..held.examples() };
    Ok(certify.given_gradient(&net.plan, &subject.believed(net.loss), &held.params, &examples, &dw)?)
}

fn verdict(certificate: &Certificate) -> Seen {
    let worst = certificate.findings.first().map_or_else(String::new, ToString::to_string);
    certificate.is_wrong().then_some(worst)
}

/// ENC.
pub(crate) fn enclosure<S: Float>(subject: &Subject<S>, effort: Effort) -> Result<Seen> {
    for graphs in [false, true] {
        for net in standard(effort.seeds, graphs)? {
            if let Some(seen) = verdict(&certificate(subject, &net, &Certify::new())?) {
                return Ok(Some(seen));
            }
        }
    }
    Ok(None)
}

/// FD, in `f64`.
pub(crate) fn differences(subject: &Subject<f64>, effort: Effort) -> Result<Seen> {
    for graphs in [false, true] {
        for net in standard(1, graphs)? {
            let held = net.held::<f64>();
            let (_, dw) = once(subject, &net)?;
            let weights = subject.weights(net.rows(), net.rows());
            let examples = Examples { weights: weights.as_deref(), ..held.examples() };
            let sample = if effort.is_quick { Sample::some(8, 1) } else { Sample::all() };
            let loss = subject.believed(net.loss);
            let report = compare_gradient(&net.plan, &loss, &held.params, &examples, &dw, sample)?;
            if report.failed > 0 {
                return Ok(Some(report.to_string()));
            }
        }
    }
    Ok(None)
}

/// SHP: sizes on, before and after every width of a vectorised loop, as inputs, units and outputs, and batches of 1 to
/// 17, 31 to 33 and 63 to 70 examples.
pub(crate) fn shapes<S: Float>(subject: &Subject<S>, effort: Effort) -> Result<Seen> {
    let sizes = (1..=17).chain(31..=33).chain(63..=65);
    let mut nets = vec![];
    for (n, size) in sizes.filter(|size| !effort.is_quick || [1, 2, 3, 5, 8, 33].contains(size)).enumerate() {
        for (m, sizes) in [[size, 3, 2], [3, size, 2], [2, 3, size]].into_iter().enumerate() {
            nets.push(Net::stack(sizes, PAIRS[(n + m) % 2], 1 + n % 9, n as u64)?);
        }
    }
    let batches = (1..=17).chain(31..=33).chain(63..=70);
    for rows in batches.filter(|rows| !effort.is_quick || [1, 2, 7, 31].contains(rows)) {
        nets.push(Net::stack([3, 4, 2], PAIRS[rows % 2], rows, 100 + rows as u64)?);
    }
    for net in &nets {
        // A row or column that is left out is in some group, and one wrong entry in a group is seen.
        let large = net.plan.n_params() > 200;
        let certify =
            if large { Certify::new().coordinates(Sample::some(16, 1)).directions(0, 32, 1) } else { Certify::new() };
        if let Some(seen) = verdict(&certificate(subject, net, &certify)?) {
            return Ok(Some(format!("{} parameters, {} examples: {seen}", net.plan.n_params(), net.rows())));
        }
    }
    Ok(None)
}

fn bits<S: Float>(values: &[S]) -> Vec<u64> {
    values.iter().map(|x| x.to_f64().to_bits()).collect()
}

/// HIS: a second call, a call after another batch, and a call into memory full of NaN give the bits of the first call
/// into fresh memory; and a graph whose layers are listed in another order has the same gradient, within rounding.
pub(crate) fn history<S: Float>(subject: &Subject<S>, _effort: Effort) -> Result<Seen> {
    for net in standard(1, true)? {
        let held = net.held::<S>();
        let others: Vec<S> = held.examples().x.iter().map(|&x| S::HALF - x).collect();
        let mut memory = subject.memory(&net.plan, net.rows());
        let mut call = |poisoned: bool, x: Option<&[S]>| {
            if poisoned {
                memory.ws.poison(S::from_f64(f64::NAN));
            }
            let examples = held.examples();
            let examples = Examples { x: x.unwrap_or(examples.x), ..examples };
            subject.gradient(&net.plan, net.loss, &held.params, &examples, &mut memory)?;
            anyhow::Ok(bits(&memory.dw))
        };
        let first = call(false, None)?;
        if call(false, None)? != first {
            return Ok(Some("a second call gives other bits".into()));
        }
        call(false, Some(&others))?;
        if call(false, None)? != first {
            return Ok(Some("a call after another batch gives other bits".into()));
        }
        if call(true, None)? != first {
            return Ok(Some("a call into memory full of NaN gives other bits".into()));
        }
    }
    reordered(subject)
}

/// The same graph with two layers listed the other way round.
fn reordered<S: Float>(subject: &Subject<S>) -> Result<Seen> {
    let (one, other) = (Net::diamond(false)?, Net::diamond(true)?);
    let held = one.held::<S>();
    // Parameters of the other plan, block by block by name.
    let range = |name: &str| {
        let blocks = one.plan.blocks().iter();
        blocks.filter(|block| block.to_string() == name).flat_map(|block| block.range.clone()).collect::<Vec<_>>()
    };
    let origin: Vec<usize> = other.plan.blocks().iter().flat_map(|block| range(&block.to_string())).collect();
    let params: Vec<S> = origin.iter().map(|&i| held.params[i]).collect();
    let gradient = |net: &Net, params: &[S]| {
        let mut memory = subject.memory(&net.plan, net.rows());
        subject.gradient(&net.plan, net.loss, params, &held.examples(), &mut memory)?;
        anyhow::Ok(memory.dw)
    };
    let (left, right) = (gradient(&one, &held.params)?, gradient(&other, &params)?);
    let loss: ErrorFunction = one.loss;
    let bounds = rounding_of_gradient(&one.plan, &loss, &held.params, &held.examples())?;
    for (&right, &i) in right.iter().zip(&origin) {
        let apart = (left[i] - right).to_f64().abs();
        if !(apart <= 2.0 * bounds[i].error() + S::UNIT_ROUNDOFF * apart) {
            return Ok(Some(format!("parameter {i} changes by {apart:.1e} when layers are listed in another order")));
        }
    }
    Ok(None)
}

/// Whether a gradient of this plant is another than the right one on this net.
pub(crate) fn is_wrong(plant: Plant, dw: &[f64], net: &Net) -> Result<bool> {
    let (_, right) = once(&Subject::<f64>::new(Plant::Right), net)?;
    Ok(!plant.shows_elsewhere() && bits(dw) != bits(&right))
}
