//! [`Penalty`]: what pulls weights towards 0 besides the error, and what limits them.

use bp_core::{Connection, Float, Plan};
use serde::{Deserialize, Serialize};

use crate::clip::sum_of_squares;
use crate::optimizer::sign;
use crate::{Group, SettingError};

/// Strengths; 0 and none are off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Penalty {
    pub(crate) l1: f64,
    pub(crate) l2: f64,
    /// λ of w ← w (1 − ηλ).
    pub(crate) shrink: f64,
    pub(crate) max_norm: Option<f64>,
}

impl Penalty {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        SettingError::unless_at_least_0("the l1 penalty", self.l1)?;
        SettingError::unless_at_least_0("the l2 penalty", self.l2)?;
        SettingError::unless_at_least_0("the decoupled weight decay", self.shrink)?;
        self.max_norm.map_or(Ok(()), |norm| SettingError::unless_above_0("the largest norm of weights", norm))
    }

    /// True if a step is the optimiser's alone, until [`limit`](Penalty::limit).
    pub(crate) fn is_off(&self) -> bool {
        !(self.l1 > 0.0 || self.l2 > 0.0 || self.shrink > 0.0)
    }

    /// g ← g + λ₂w + λ₁ sign(w) and w ← w (1 − ηλ), in the groups that have a decay and are not frozen.
    pub(crate) fn apply<S: Float>(&self, groups: &[Group], rate: f64, params: &mut [S], grad: &mut [S]) {
        for group in groups.iter().filter(|group| group.decay > 0.0 && !group.is_frozen()) {
            let (params, grad) = (&mut params[group.range.clone()], &mut grad[group.range.clone()]);
            if self.l2 > 0.0 {
                let l2 = S::from_f64(self.l2);
                grad.iter_mut().zip(&*params).for_each(|(g, &w)| *g += l2 * w);
            }
            if self.l1 > 0.0 {
                let l1 = S::from_f64(self.l1);
                grad.iter_mut().zip(&*params).for_each(|(g, &w)| *g += l1 * sign(w));
            }
            if self.shrink > 0.0 {
                let keep = S::from_f64(1.0 - rate * group.rate * self.shrink);
                params.iter_mut().for_each(|w| *w = keep * *w);
            }
        }
    }

    /// w_j ← w_j · min(1, c/‖w_j‖) for every unit j of the given layers.
    pub(crate) fn limit<S: Float>(&self, layers: &[Incoming], params: &mut [S]) {
        let Some(limit) = self.max_norm else { return };
        for Incoming { units, blocks } in layers {
            for j in 0..*units {
                let rows = || blocks.iter().map(|&(start, width)| start + j * width..start + (j + 1) * width);
                let norm = rows().map(|row| sum_of_squares(&params[row], 1.0)).sum::<f64>().sqrt();
                // Written so that NaN is applied.
                if !(norm <= limit) {
                    let factor = S::from_f64(limit / norm);
                    rows().for_each(|row| params[row].iter_mut().for_each(|w| *w = *w * factor));
                }
            }
        }
    }
}

/// The dense connections into a layer.
#[derive(Debug)]
pub(crate) struct Incoming {
    units: usize,
    /// Where each starts, and the width of its rows.
    blocks: Vec<(usize, usize)>,
}

impl Incoming {
    /// Those of every layer that is not frozen.
    pub(crate) fn of_plan<H>(plan: &Plan<H>, is_frozen: impl Fn(&str) -> bool) -> Vec<Self> {
        let architecture = plan.architecture();
        let hidden = architecture.hidden.iter().map(|layer| (&layer.name, layer.width, &layer.sources));
        let output = &architecture.output;
        let layers = hidden.chain([(&output.name, output.width, &output.sources)]);
        let moving = layers.filter(|(name, _, _)| !is_frozen(name));
        let incoming = moving.map(|(name, units, sources)| {
            let dense = |from: &str| sources.iter().any(|s| s.from == from && s.connection == Connection::Dense);
            let is_dense = |block: &&bp_core::Block| block.source.as_deref().is_some_and(dense) && block.rows == units;
            let blocks = plan.blocks().iter().filter(|block| block.layer == *name).filter(is_dense);
            Self { units, blocks: blocks.map(|block| (block.range.start, block.cols)).collect() }
        });
        incoming.filter(|incoming| !incoming.blocks.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use bp_core::{Act, Architecture, Layer, Term};

    use super::*;

    fn groups(rate: f64) -> [Group; 2] {
        [Group { range: 0..3, decay: 1.0, rate }, Group { range: 3..4, decay: 0.0, rate }]
    }

    #[test]
    fn penalties_by_hand() {
        let apply = |penalty: Penalty, rate: f64| {
            assert_eq!(penalty.check(), Ok(()));
            let (mut w, mut g) = ([2.0, -4.0, 0.0, 8.0], [1.0; 4]);
            penalty.apply(&groups(rate), 0.5, &mut w, &mut g);
            (w, g)
        };
        let off = Penalty::default();
        assert_eq!(apply(off, 1.0), ([2.0, -4.0, 0.0, 8.0], [1.0; 4]));
        assert_eq!(apply(Penalty { l1: 0.25, ..off }, 1.0).1, [1.25, 0.75, 1.0, 1.0]);
        assert_eq!(apply(Penalty { l2: 0.25, ..off }, 1.0).1, [1.5, 0.0, 1.0, 1.0]);
        assert_eq!(apply(Penalty { l1: 0.5, l2: 0.25, ..off }, 1.0).1, [2.0, -0.5, 1.0, 1.0]);
        // 1 − 0.5 · 0.5 · 1, the rate of the group in it.
        assert_eq!(apply(Penalty { shrink: 1.0, ..off }, 0.5), ([1.5, -3.0, 0.0, 8.0], [1.0; 4]));
        let all = Penalty { l1: 1.0, l2: 1.0, shrink: 1.0, max_norm: None };
        assert_eq!(apply(all, 0.0), ([2.0, -4.0, 0.0, 8.0], [1.0; 4]), "a frozen group");
    }

    /// A unit's norm goes over all its dense connections; shared weights and biases do not count.
    #[test]
    fn norms_by_hand() {
        let terms = vec![Term::weighted(0, 0, 0), Term::weighted(1, 0, 1)];
        let hidden = Layer::new("h", 2, Act::Tanh).dense("input").terms("input", terms);
        let plan = Plan::new(Architecture::new(
            1,
            vec![hidden],
            Layer::new("out", 1, Act::Identity).dense("h").dense("input"),
        ));
        let plan = plan.expect("a network");
        let names: Vec<String> = plan.blocks().iter().map(ToString::to_string).collect();
        assert_eq!(
            names,
            ["h.weight.input", "h.weight.input", "h.bias", "out.weight.h", "out.weight.input", "out.bias"]
        );
        let start = [9.0, 1.0, 7.0, 7.0, 7.0, 7.0, 3.0, 0.0, 4.0, 7.0];
        let limited = |limit, frozen: &str| {
            let mut params = start;
            Penalty { max_norm: Some(limit), ..Penalty::default() }
                .limit(&Incoming::of_plan(&plan, |name| name == frozen), &mut params);
            params
        };
        assert_eq!(limited(2.5, ""), [2.5, 1.0, 7.0, 7.0, 7.0, 7.0, 1.5, 0.0, 2.0, 7.0]);
        assert_eq!(limited(2.5, "h"), [9.0, 1.0, 7.0, 7.0, 7.0, 7.0, 1.5, 0.0, 2.0, 7.0]);
        assert_eq!(limited(9.0, ""), start);
        let mut params = start;
        params[7] = f64::NAN;
        Penalty { max_norm: Some(1.0), ..Penalty::default() }.limit(&Incoming::of_plan(&plan, |_| false), &mut params);
        assert!(params[6].is_nan() && params[8].is_nan());
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let off = Penalty::default();
        for (penalty, what) in [
            (Penalty { l1: -1.0, ..off }, "the l1 penalty is -1"),
            (Penalty { l2: f64::NAN, ..off }, "the l2 penalty is NaN"),
            (Penalty { shrink: f64::INFINITY, ..off }, "the decoupled weight decay is inf"),
            (
                Penalty { max_norm: Some(0.0), ..off },
                "the largest norm of weights is 0, expected a finite number above 0",
            ),
        ] {
            let error = penalty.check().expect_err("out of range").to_string();
            assert!(error.starts_with(what), "{error}");
        }
    }
}
