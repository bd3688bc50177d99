//! Who is to blame when numbers are no longer finite: the first of them on the way through the network.

use bp_core::{Float, MatRef};

use super::Run;
use crate::{Network, TrainError};

/// The first value of a step that is not finite.
pub(super) struct Blame {
    what: String,
    value: f64,
    /// True if the step before has left it.
    of_last_step: bool,
}

impl Blame {
    /// The error is not finite: a parameter, an input, a or z of a layer in topological order, or nothing but the error.
    pub(super) fn forward<B, S: Float, H>(
        net: &Network<B, S, H>,
        run: &Run<'_, S>,
        x: Option<f64>,
        error: f64,
    ) -> Self {
        let of = |what: String, value| Self { what, value, of_last_step: false };
        if let Some(blame) = Self::parameter(net) {
            return blame;
        }
        if let Some(value) = x {
            return of("an input".into(), value);
        }
        for layer in run.ws.layers() {
            // A lean workspace keeps a of some layers only.
            let a = run.ws.a(layer).ok().and_then(bad);
            let z = || run.ws.z(layer).ok().and_then(bad);
            if let Some((kind, value)) = a.map(|a| ("a", a)).or_else(|| z().map(|z| ("z", z))) {
                return of(format!("{kind} of the layer `{layer}`"), value);
            }
        }
        of("the error".into(), error)
    }

    /// A gradient is not finite: δ of a layer, from the output down, or an entry of the gradient.
    pub(super) fn backward<B, S: Float, H>(net: &Network<B, S, H>, run: &Run<'_, S>) -> Self {
        let of = |what, value| Self { what, value, of_last_step: false };
        let layers: Vec<&str> = run.ws.layers().collect();
        for layer in layers.into_iter().rev() {
            if let Some(value) = run.ws.delta(layer).ok().and_then(bad) {
                return of(format!("δ of the layer `{layer}`"), value);
            }
        }
        match run.grad.iter().position(|g| !Float::is_finite(*g)) {
            Some(at) => {
                let place = net.plan.locate(at).expect("an index of a parameter");
                of(format!("the gradient of {place}"), run.grad[at].to_f64())
            }
            None => Self::parameter(net)
                .map_or_else(|| of("the gradient".into(), f64::NAN), |blame| Self { of_last_step: false, ..blame }),
        }
    }

    fn parameter<B, S: Float, H>(net: &Network<B, S, H>) -> Option<Self> {
        let at = net.params.iter().position(|w| !Float::is_finite(*w))?;
        let what = net.plan.locate(at).expect("an index of a parameter").to_string();
        Some(Self { what, value: net.params[at].to_f64(), of_last_step: true })
    }

    pub(super) fn error<S>(self, run: &Run<'_, S>) -> TrainError {
        let at = if self.of_last_step { run.last_update.unwrap_or(run.at) } else { run.at };
        let ((epoch, step), last_good) = (at, run.good_epoch as usize);
        TrainError::NonFinite { what: self.what, value: self.value, epoch, step, last_good }
    }
}

fn bad<S: Float>(values: MatRef<'_, S>) -> Option<f64> {
    first_bad((0..values.rows()).flat_map(|n| values.row(n)))
}

/// The first value that is not finite.
pub(super) fn first_bad<'a, S: Float>(values: impl IntoIterator<Item = &'a S>) -> Option<f64> {
    values.into_iter().find(|value| !Float::is_finite(**value)).map(|value| value.to_f64())
}

/// Whether all are finite: x − x is 0 or NaN, in eight sums so that it runs in vectors.
pub(super) fn all_finite<S: Float>(values: &[S]) -> bool {
    let mut sums = [S::ZERO; 8];
    let blocks = values.chunks_exact(8);
    let rest = blocks.remainder();
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, &x)| *sum += x - x);
    }
    rest.iter().chain(&sums).all(|x| Float::is_finite(*x))
}
