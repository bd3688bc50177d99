//! [`Figures`]: what the pictures of a finished run are drawn from.

use bp_datasets::{Dataset, TargetData};
use bp_train::TargetKind;
use bp_train::metrics::{Bin, ClassReport, Confusion};
use serde::{Deserialize, Serialize};

use crate::backend::{Net, Number};
use crate::failure::Failure;
use crate::source::Parts;

/// Points of the boundary's grid along each side, of a fitted line, and most of a curve or a cloud.
const SIDE: usize = 80;
const LINE: usize = 200;
const CLOUD: usize = 400;
/// Most units whose weights are shown, fewest, and about how many weights.
const UNITS: (usize, usize, usize) = (32, 4, 6000);

/// Plain data; each part is there if it means something for the run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// Rows that were judged: `test`, or `training` if none were put aside.
    pub(crate) part: String,
    pub(crate) classes: Vec<String>,
    pub(crate) confusion: Option<Confusion>,
    /// Of each class against the others; of two classes, of the second.
    pub(crate) roc: Vec<Roc>,
    pub(crate) calibration: Vec<Bin>,
    pub(crate) boundary: Option<Boundary>,
    pub(crate) fit: Option<Fit>,
    pub(crate) weights: Option<Images>,
}

/// A curve from (0, 0) to (1, 1): share of the other rows above a threshold, share of the class's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Roc {
    pub(crate) class: String,
    pub(crate) auc: Option<f64>,
    pub(crate) points: Vec<(f64, f64)>,
}

/// The predicted class over a square grid, and the rows on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Boundary {
    pub(crate) names: (String, String),
    pub(crate) x: (f64, f64),
    pub(crate) y: (f64, f64),
    pub(crate) side: usize,
    /// Row by row from the lowest.
    pub(crate) classes: Vec<u32>,
    pub(crate) rows: Vec<(f64, f64, u32)>,
}

/// A function of one input.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Fit {
    pub(crate) names: (String, String),
    pub(crate) line: Vec<(f64, f64)>,
    pub(crate) rows: Vec<(f64, f64)>,
}

/// Weights of the first units, each an image of the inputs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Images {
    pub(crate) layer: String,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) units: Vec<Vec<f64>>,
}

impl Figures {
    /// Asks the network.
    pub(crate) fn new<S: Number>(net: &Net<S>, parts: &Parts<S>) -> Result<Self, Failure> {
        let (part, rows) = match &parts.test {
            Some(test) => ("test", test),
            None => ("training", &parts.train),
        };
        let mut all = Self { part: part.into(), weights: images(net, rows), ..Self::default() };
        match (rows.targets(), &rows.schema().target) {
            (TargetData::Classes(truth), TargetKind::Classes(names)) => {
                let (y, outputs) = (net.predict(rows.x())?, net.plan().outputs());
                let report = ClassReport::new(&y, outputs, truth)?;
                all.roc = roc(&y, outputs, truth, names, &report.auc_of_class);
                all.calibration = report.calibration;
                all.confusion = Some(report.confusion);
                all.classes.clone_from(names);
                all.boundary = boundary(net, rows, truth)?;
            }
            (TargetData::Values(t), TargetKind::Values(names)) if rows.inputs() == 1 && names.len() == 1 => {
                all.fit = Some(fit(net, rows, t, &names[0])?);
            }
            _ => {}
        }
        Ok(all)
    }
}

/// The curve goes down the rows by score; rows of equal scores are passed together.
fn roc<S: Number>(y: &[S], outputs: usize, truth: &[u32], names: &[String], auc: &[Option<f64>]) -> Vec<Roc> {
    let classes = if names.len() == 2 { 1..2 } else { 0..names.len() };
    let curve = |class: usize| {
        let score = |y: &[S]| y[class.min(outputs - 1)].to_f64();
        let mut rows: Vec<(f64, bool)> =
            y.chunks_exact(outputs).zip(truth).map(|(y, &t)| (score(y), t as usize == class)).collect();
        rows.sort_by(|a, b| b.0.total_cmp(&a.0));
        let own = rows.iter().filter(|(_, is_own)| *is_own).count();
        if own == 0 || own == rows.len() {
            return None;
        }
        let (mut above, mut own_above, mut points) = (0, 0, vec![(0.0, 0.0)]);
        for (at, (score, is_own)) in rows.iter().enumerate() {
            above += 1;
            own_above += usize::from(*is_own);
            if rows.get(at + 1).is_none_or(|next| next.0.total_cmp(score).is_ne()) {
                points.push(((above - own_above) as f64 / (rows.len() - own) as f64, own_above as f64 / own as f64));
            }
        }
        Some(Roc { class: names[class].clone(), auc: auc[class], points: thinned(&points, CLOUD) })
    };
    classes.filter_map(curve).collect()
}

fn boundary<S: Number>(net: &Net<S>, rows: &Dataset<S>, truth: &[u32]) -> Result<Option<Boundary>, Failure> {
    let [first, second] = &rows.schema().columns[..] else { return Ok(None) };
    if rows.inputs() != 2 {
        return Ok(None);
    }
    let cloud: Vec<(f64, f64, u32)> =
        rows.x().chunks_exact(2).zip(truth).map(|(x, &class)| (x[0].to_f64(), x[1].to_f64(), class)).collect();
    let (x, y) = (range(cloud.iter().map(|at| at.0)), range(cloud.iter().map(|at| at.1)));
    let grid: Vec<S> = (0..SIDE * SIDE)
        .flat_map(|at| [between(x, at % SIDE, SIDE), between(y, at / SIDE, SIDE)].map(S::from_f64))
        .collect();
    let classes = net.classify(&grid)?;
    let names = (first.name.clone(), second.name.clone());
    Ok(Some(Boundary { names, x, y, side: SIDE, classes, rows: thinned(&cloud, CLOUD) }))
}

fn fit<S: Number>(net: &Net<S>, rows: &Dataset<S>, t: &[S], target: &str) -> Result<Fit, Failure> {
    let cloud: Vec<(f64, f64)> = rows.x().iter().zip(t).map(|(x, t)| (x.to_f64(), t.to_f64())).collect();
    let over = range(cloud.iter().map(|at| at.0));
    let x: Vec<S> = (0..LINE).map(|at| S::from_f64(between(over, at, LINE))).collect();
    let y = net.predict(&x)?;
    let line = x.iter().zip(&y).map(|(x, y)| (x.to_f64(), y.to_f64())).collect();
    let names = (rows.schema().columns[0].name.clone(), target.into());
    Ok(Fit { names, line, rows: thinned(&cloud, CLOUD) })
}

/// The weights of the first layer that sees a whole image, whose pixels are named by row and column.
fn images<S: Number>(net: &Net<S>, rows: &Dataset<S>) -> Option<Images> {
    let place = rows.schema().columns.last()?.name.strip_prefix("pixel_")?.split_once('_')?;
    let (height, width) = (place.0.parse::<usize>().ok()? + 1, place.1.parse::<usize>().ok()? + 1);
    let plan = net.plan();
    let block = plan.blocks().iter().find(|block| block.source.as_deref() == Some("input"))?;
    if height * width != rows.inputs() || block.cols != rows.inputs() {
        return None;
    }
    let (most, fewest, pixels) = UNITS;
    let units = (pixels / block.cols).clamp(fewest, most);
    let weights = &net.params()[block.range.clone()];
    let units = weights.chunks_exact(block.cols).take(units).map(|w| w.iter().map(|w| w.to_f64()).collect()).collect();
    Some(Images { layer: block.layer.clone(), height, width, units })
}

/// From the lowest to the highest, and a twentieth more on both sides.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let more = if high > low { 0.05 * (high - low) } else { 0.5 };
    (low - more, high + more)
}

fn between((low, high): (f64, f64), at: usize, of: usize) -> f64 {
    low + (high - low) * at as f64 / (of - 1) as f64
}

/// About so many of them, evenly, with the first and the last.
fn thinned<T: Copy>(all: &[T], most: usize) -> Vec<T> {
    if all.len() <= most {
        return all.to_vec();
    }
    (0..most).map(|at| all[at * (all.len() - 1) / (most - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ties are one step of the curve, and the area under it is the AUC of the metrics.
    #[test]
    fn the_curve_has_the_area() {
        let y = [0.9, 0.8, 0.8, 0.6, 0.4, 0.4, 0.1].map(|p: f64| [1.0 - p, p]).concat();
        let truth = [1, 1, 0, 1, 0, 1, 0];
        let auc = bp_train::metrics::roc_auc_one_vs_rest(&y, 2, &truth).expect("seven rows");
        let names = ["no".to_owned(), "yes".to_owned()];
        let [Roc { class, points, .. }] = &roc(&y, 2, &truth, &names, &auc)[..] else { panic!("one curve") };
        assert_eq!((class.as_str(), points.len()), ("yes", 6));
        let area: f64 = points.windows(2).map(|p| (p[1].0 - p[0].0) * (p[0].1 + p[1].1) / 2.0).sum();
        assert!((area - auc[1].expect("both classes")).abs() < 1e-15, "{points:?}");
        assert!(roc(&y, 2, &[1; 7], &names, &auc).is_empty());
    }

    #[test]
    fn the_ends_stay() {
        let all: Vec<usize> = (0..1001).collect();
        let few = thinned(&all, 10);
        assert_eq!((few.len(), few[0], few[9]), (10, 0, 1000));
        assert_eq!(thinned(&all[..3], 10), [0, 1, 2]);
    }
}
