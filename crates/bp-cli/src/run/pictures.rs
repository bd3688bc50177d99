//! The pictures of a run and of several, drawn from what is kept in their folders.

use bp_plot::{Axes, Line, Plane, PlotError, Strip, confusion, curves, fit, images, regions, strips};

use super::figures::Figures;
use super::layers::{Histogram, LINEAR, Layer, POWERS};
use super::{Epoch, Kept};

/// Classes up to which a picture has a curve for each; of more, those with the lowest AUC.
const CURVES: usize = 6;
/// Layers that are shown over time, from the first on.
const LAYERS: usize = 6;

/// File names and pictures.
pub(super) fn of_one(run: &Kept) -> Result<Vec<(String, String)>, PlotError> {
    let mut all = vec![];
    let mut add = |name: &str, svg: Result<String, PlotError>| match svg {
        // Of a figure that is never a number there is no picture.
        Err(PlotError::Nothing { .. }) => Ok(()),
        svg => svg.map(|svg| all.push((name.into(), svg))),
    };
    let figures = run.figures.clone().unwrap_or_default();
    if let Some(plane) = &figures.boundary {
        let title = format!("What the network says where, and {} rows", figures.part);
        let axes = axes(&title, &plane.names.0, &plane.names.1);
        let seen = Plane { x: plane.x, y: plane.y, side: plane.side, classes: &plane.classes };
        add("boundary", regions(&axes, &names(&figures), &seen, &plane.rows))?;
    }
    if let Some(found) = &figures.fit {
        add("fit", fit(&axes("The fitted function", &found.names.0, &found.names.1), &found.line, &found.rows))?;
    }
    let part = &figures.part;
    let errors = [
        ("training", line("", &run.history, |at| at.error)),
        ("validation", line("", &run.history, |at| at.validation)),
        (part.as_str(), line("", &run.history, |at| at.loss)),
    ];
    let shown = errors.into_iter().filter(|(_, line)| !line.points.is_empty());
    let named: Vec<Line> = shown.map(|(name, line)| Line { name: format!("{name} rows"), ..line }).collect();
    add("error", curves(&Axes { logarithmic: true, ..axes("Error per example", "epoch", "error") }, &named))?;
    let (title, get) = metric(&run.history);
    let title = format!("{title} on {part} rows");
    add("metric", curves(&axes(&title, "epoch", ""), &[line("", &run.history, get)]))?;
    if let Some(of) = &figures.confusion {
        let title = format!("Which class is taken for which ({part} rows)");
        add("confusion", confusion(&title, &names(&figures), &of.counts))?;
    }
    add("roc", roc(&figures))?;
    add("reliability", reliability(&figures))?;
    if let Some(of) = &figures.weights {
        let title = format!("Weights into the first units of {}", of.layer);
        add("weights", images(&title, of.height, of.width, &of.units))?;
    }
    let quantities: [(&str, &str, Bins, Of); 4] = [
        ("layers-a", "Pre-activations a", LINEAR, |layer| &layer.a),
        ("layers-z", "Units z", LINEAR, |layer| &layer.z),
        ("layers-delta", "Errors δ: log₁₀ |δ|", POWERS, |layer| &layer.delta),
        ("layers-gradient", "Gradients g: log₁₀ |g|", POWERS, |layer| &layer.gradient),
    ];
    for (file, title, bins, of) in quantities {
        add(file, strips(title, "epoch", bins, &over_time(run, of)))?;
    }
    Ok(all)
}

/// The error of several runs, one line for each command line whatever the seed.
pub(crate) fn compare(runs: &[Kept]) -> Result<String, PlotError> {
    let mut groups: Vec<(Vec<&String>, Vec<&Kept>)> = vec![];
    for run in runs {
        // What does not change what is learned on average.
        let own = |word: &&String| !["--seed=", "--run=", "--out="].iter().any(|name| word.starts_with(name));
        let key: Vec<&String> = run.config.command.iter().filter(own).collect();
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(run),
            None => groups.push((key, vec![run])),
        }
    }
    let lines: Vec<Line> = groups.iter().map(|(_, group)| spread(group)).collect();
    curves(&Axes { logarithmic: true, ..axes("Error per held-out example", "epoch", "error") }, &lines)
}

/// The mean of runs at each epoch that all have, and the lowest and highest around it.
fn spread(runs: &[&Kept]) -> Line {
    let name = |run: &Kept| run.folder.file_name().map_or("run".into(), |name| name.to_string_lossy().into_owned());
    let each: Vec<Vec<(f64, f64)>> = runs.iter().map(|run| line("", &run.history, |at| at.loss).points).collect();
    if let ([run], [points]) = (runs, &each[..]) {
        return Line { name: name(run), points: points.clone(), band: vec![] };
    }
    let common = each.iter().map(Vec::len).min().unwrap_or(0);
    let at = |n: usize| each.iter().map(move |points| points[n].1);
    let epoch = |n: usize| each[0][n].0;
    let mean = |n: usize| at(n).sum::<f64>() / each.len() as f64;
    let ends = |n: usize| (at(n).fold(f64::INFINITY, f64::min), at(n).fold(f64::NEG_INFINITY, f64::max));
    Line {
        name: format!("{} and {} more", name(runs[0]), runs.len() - 1),
        points: (0..common).map(|n| (epoch(n), mean(n))).collect(),
        band: (0..common).map(|n| (epoch(n), ends(n).0, ends(n).1)).collect(),
    }
}

fn axes<'a>(title: &'a str, x: &'a str, y: &'a str) -> Axes<'a> {
    Axes { title, x, y, ..Axes::default() }
}

fn names(figures: &Figures) -> Vec<&str> {
    figures.classes.iter().map(String::as_str).collect()
}

fn line(name: &str, history: &[Epoch], get: impl Fn(&Epoch) -> Option<f64>) -> Line {
    let points = history.iter().filter_map(|at| Some((at.epoch as f64, get(at)?))).collect();
    Line { name: name.into(), points, band: vec![] }
}

type Get = fn(&Epoch) -> Option<f64>;
type Bins = (f64, f64);
type Of = fn(&Layer) -> &Histogram;

/// The figure that the task is judged by.
fn metric(history: &[Epoch]) -> (&'static str, Get) {
    match history.iter().any(|at| at.accuracy.is_some()) {
        true => ("Accuracy", |at| at.accuracy),
        false => ("RMSE", |at| at.rmse),
    }
}

fn roc(figures: &Figures) -> Result<String, PlotError> {
    let mut all: Vec<_> = figures.roc.iter().collect();
    if all.len() > CURVES {
        let auc = |of: &super::figures::Roc| of.auc.unwrap_or(1.0);
        all.sort_by(|a, b| auc(a).total_cmp(&auc(b)));
        all.truncate(CURVES);
    }
    let title = match all.len() < figures.roc.len() {
        true => format!("ROC of the {CURVES} classes of {} with the lowest AUC", figures.roc.len()),
        false => "ROC: a class against the others".into(),
    };
    let name = |class: &str, auc: Option<f64>| auc.map_or(class.into(), |auc| format!("{class} (AUC {auc:.3})"));
    let of =
        |of: &&super::figures::Roc| Line { name: name(&of.class, of.auc), points: of.points.clone(), band: vec![] };
    let lines: Vec<Line> = all.iter().map(of).collect();
    let axes = axes(&title, "share of the others above", "share of the class above");
    curves(&Axes { unit: true, ..axes }, &lines)
}

fn reliability(figures: &Figures) -> Result<String, PlotError> {
    let bins = figures.calibration.iter().filter(|bin| bin.rows > 0);
    let points = bins.map(|bin| (bin.confidence, bin.accuracy)).collect();
    let axes = axes("Reliability: how often it is right", "probability it gives", "share that is right");
    curves(&Axes { unit: true, ..axes }, &[Line { name: String::new(), points, band: vec![] }])
}

/// One strip for each of the first layers.
fn over_time(run: &Kept, of: Of) -> Vec<Strip> {
    let Some(first) = run.layers.first() else { return vec![] };
    let strip = |(l, layer): (usize, &Layer)| Strip {
        name: layer.name.clone(),
        columns: run.layers.iter().map(|at| (at.epoch as f64, of(&at.layers[l]).counts.clone())).collect(),
    };
    first.layers.iter().take(LAYERS).enumerate().map(strip).collect()
}
