//! The golden vectors lie inside the certificates, and so does what every backend computes for the same networks.
#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use std::path::Path;

use bp_core::{Backend, Examples, Float, Reference, Targets};
use bp_faer::Faer;
use bp_ndarray::Ndarray;
use bp_tests::golden::{self, File, NetCase};
use bp_tests::suite::scalars;
use bp_verify::{Certificate, Certify, Judged, Verdict};

/// What the files' README says of their own error: a share of the largest number of the array.
const OF_THE_FILE: f64 = 4e-14;

fn cases() -> Vec<NetCase> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/golden"));
    let net = |(name, file): (String, File)| match file {
        File::Net(net) => Some(NetCase::new(&net).expect(&name)),
        _ => None,
    };
    golden::read_folder(folder).unwrap().into_iter().filter_map(net).collect()
}

/// How far an entry is from the enclosure, beyond the radius of rounding.
fn excess(entry: &Judged) -> f64 {
    let distance = f64::max(entry.centre.lo() - entry.got, entry.got - entry.centre.hi());
    distance - entry.radius
}

#[test]
fn golden_gradients_are_inside() {
    let (mut judged, mut undecided) = (0, vec![]);
    for case in cases() {
        let plan = &case.plan;
        let gradient: Vec<f64> =
            plan.blocks().iter().flat_map(|block| case.want[&format!("gradient.{block}")].clone()).collect();
        let examples = Examples::new(&case.x, Targets::Rows(&case.t));
        let certificate = Certify::new().given_gradient(plan, &case.loss, &case.params, &examples, &gradient).unwrap();
        for finding in &certificate.findings {
            match finding.verdict {
                Verdict::Inconclusive(why) => undecided.push(format!("{} {}: {why:?}", case.name, finding.place)),
                _ => {
                    let block = finding.place.split('[').next().unwrap();
                    let largest = case.want[&format!("gradient.{block}")].iter().fold(0.0, |m: f64, g| m.max(g.abs()));
                    assert!(excess(finding) <= OF_THE_FILE * largest, "{}: {certificate}", case.name);
                }
            }
        }
        judged += certificate.counts.judged();
    }
    println!("{judged} entries, {} undecided: {undecided:#?}", undecided.len());
    assert!(judged > 1500 && undecided.len() * 100 <= judged, "{judged} entries, undecided: {undecided:#?}");
}

fn check<B: Backend<S> + Default, S: Float>() {
    let certify = |case: &NetCase| -> Certificate {
        let [params, x, t] = [&case.params, &case.x, &case.t].map(|values| scalars::<S>(values));
        let examples = Examples::new(&x, Targets::Rows(&t));
        Certify::new().gradient(&case.plan, &case.loss, &B::default(), &params, &examples).unwrap()
    };
    for case in cases() {
        let certificate = certify(&case);
        assert!(!certificate.is_wrong(), "{}: {certificate}", case.name);
        assert!(certificate.counts.passed > 0, "{}: {certificate}", case.name);
    }
}

#[test]
fn every_backend_is_inside_in_f64() {
    check::<Reference, f64>();
    check::<Faer, f64>();
    check::<Ndarray, f64>();
}

#[test]
fn every_backend_is_inside_in_f32() {
    check::<Reference, f32>();
    check::<Faer, f32>();
    check::<Ndarray, f32>();
}
