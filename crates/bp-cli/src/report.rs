//! [`Report`]: every figure of an evaluation, as tables that fit 80 columns and as JSON.

use std::fmt::Write;

use bp_datasets::{Dataset, TargetData};
use bp_train::TargetKind;
use bp_train::metrics::{Average, ClassReport, MetricError, ValueReport};
use serde::Serialize;

use crate::backend::Number;
use crate::output::{WIDTH, figure};

/// Letters of a name; longer ones are cut.
const NAME: usize = 18;
/// Classes that a table lists; of more, the worst.
const LISTED: usize = 20;
const WORST: usize = 10;

/// The figures by task.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Report {
    Classes { names: Vec<String>, figures: Box<ClassReport> },
    Values { names: Vec<String>, figures: ValueReport },
}

impl Report {
    /// Judges predictions for these rows.
    pub(crate) fn new<S: Number>(data: &Dataset<S>, y: &[S], outputs: usize) -> Result<Self, MetricError> {
        let (TargetKind::Classes(names) | TargetKind::Values(names)) = &data.schema().target;
        let names = names.clone();
        Ok(match data.targets() {
            TargetData::Classes(truth) => {
                Self::Classes { names, figures: Box::new(ClassReport::new(y, outputs, truth)?) }
            }
            TargetData::Values(t) => Self::Values { names, figures: ValueReport::new(y, t, outputs)? },
        })
    }

    /// For people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Classes { names, figures } => {
                let mut text = class_table(names, figures);
                text += &probabilities(figures);
                text + &confusion(names, figures)
            }
            Self::Values { names, figures } => value_table(names, figures),
        }
    }
}

fn class_table(names: &[String], report: &ClassReport) -> String {
    let mut text = format!("\n{:<NAME$} {:>8}  precision   recall       F1      AUC\n", "class", "rows");
    let mut order: Vec<usize> = (0..names.len()).collect();
    let f1 = |class: &usize| report.classes[*class].f1.unwrap_or(1.0);
    if names.len() > LISTED {
        order.sort_by(|a, b| f1(a).total_cmp(&f1(b)));
        order.truncate(WORST);
    }
    for &class in &order {
        let of = report.classes[class];
        let [precision, recall, f1, auc] = [of.precision, of.recall, of.f1, report.auc_of_class[class]].map(share);
        let name = cut(&names[class], NAME);
        let _ = writeln!(text, "{name:<NAME$} {:>8}   {precision:>8} {recall:>8} {f1:>8} {auc:>8}", of.support);
    }
    if order.len() < names.len() {
        let _ = writeln!(text, "(the {WORST} of {} classes with the lowest F1)", names.len());
    }
    let averages: [(&str, &Average, Option<f64>); 3] = [
        ("macro average", &report.macro_average, report.auc),
        ("weighted by rows", &report.weighted_average, None),
        ("micro average", &report.micro_average, None),
    ];
    for (name, of, auc) in averages {
        let [precision, recall, f1] = [of.precision, of.recall, of.f1].map(|x| share(Some(x)));
        let auc = auc.map_or_else(String::new, |auc| share(Some(auc)));
        let line = format!("{name:<NAME$} {:>8}   {precision:>8} {recall:>8} {f1:>8} {auc:>8}", "");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn probabilities(report: &ClassReport) -> String {
    let mut text = String::from("\n");
    let top = report.top_k.iter().enumerate().skip(1).filter(|(k, _)| k + 1 < report.confusion.classes);
    let top: Vec<String> = top.map(|(k, share)| format!("{}: {:.2} %", k + 1, 100.0 * share)).collect();
    if !top.is_empty() {
        let _ = writeln!(text, "right class among the first {}", top.join(", "));
    }
    let named = [
        ("log loss", report.log_loss),
        ("Brier score", report.brier),
        ("expected calibration error", report.calibration_error),
    ];
    let figures: Vec<String> = named.map(|(name, value)| format!("{name} {}", share(value))).to_vec();
    let _ = writeln!(text, "{}", figures.join(", "));
    let unclassified: u64 = report.confusion.unclassified.iter().sum();
    if unclassified > 0 {
        let _ = writeln!(text, "{unclassified} of {} rows have a NaN among their outputs and no class", report.rows);
    }
    text
}

/// The matrix if it fits, else the most frequent mistakes.
fn confusion(names: &[String], report: &ClassReport) -> String {
    let (classes, counts) = (report.confusion.classes, &report.confusion.counts);
    let digits = counts.iter().max().map_or(1, |largest| largest.to_string().len());
    let width = (WIDTH - NAME).checked_div(classes).unwrap_or(0).min(9);
    if width > digits && width >= 4 {
        let mut text = format!("\n{:<NAME$}", "right \\ predicted");
        names.iter().for_each(|name| text += &format!("{:>width$}", cut(name, width - 1)));
        for (name, row) in names.iter().zip(counts.chunks_exact(classes)) {
            let _ = write!(text, "\n{:<NAME$}", cut(name, NAME));
            row.iter().for_each(|count| text += &format!("{count:>width$}"));
        }
        return text + "\n";
    }
    let place = |at: usize| (at / classes, at % classes);
    let mut mistakes: Vec<usize> =
        (0..counts.len()).filter(|&at| counts[at] > 0 && place(at).0 != place(at).1).collect();
    mistakes.sort_by_key(|&at| std::cmp::Reverse(counts[at]));
    let mut text = String::from("\nmost frequent mistakes (--json has all)\n");
    for at in mistakes.into_iter().take(WORST) {
        let (class, predicted) = place(at);
        let [class, predicted] = [class, predicted].map(|k| cut(&names[k], NAME));
        let _ = writeln!(text, "{:>8}  {class} taken for {predicted}", counts[at]);
    }
    text
}

fn value_table(names: &[String], report: &ValueReport) -> String {
    let mut text = format!("\n{:<NAME$} {:>14} {:>14} {:>10}\n", "target", "RMSE", "MAE", "R²");
    for (name, of) in names.iter().zip(&report.targets) {
        let [rmse, mae] = [of.rmse, of.mae].map(|x| x.map_or("-".into(), figure));
        let _ = writeln!(text, "{:<NAME$} {rmse:>14} {mae:>14} {:>10}", cut(name, NAME), share(of.r2));
    }
    text
}

/// Four decimals, or a dash for what there is none of.
fn share(x: Option<f64>) -> String {
    x.map_or("-".into(), |x| format!("{x:.4}"))
}

/// The first letters of a name.
fn cut(name: &str, letters: usize) -> String {
    match name.char_indices().nth(letters) {
        Some(_) => name.chars().take(letters.saturating_sub(1)).chain(['…']).collect(),
        None => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With names of any length and any number of classes, no line is longer than a terminal.
    #[test]
    fn tables_fit() {
        for classes in [2, 3, 10, 15, 20, 21, 300] {
            let names: Vec<String> = (0..classes).map(|k| format!("a class with the name «{k}»")).collect();
            let y: Vec<f64> =
                (0..classes * classes).map(|at| if at % classes == at / classes { 0.5 } else { 0.01 }).collect();
            let mut truth: Vec<u32> = (0..classes as u32).collect();
            truth.swap(0, 1);
            let figures = Box::new(ClassReport::new(&y, classes, &truth).expect("a square"));
            let text = Report::Classes { names, figures }.describe();
            let longest = text.lines().map(|line| line.chars().count()).max();
            assert!(longest.is_some_and(|longest| longest <= WIDTH), "{text}");
            assert!(text.contains("a class with the …") && text.contains("macro average"), "{text}");
            assert_eq!(text.contains("most frequent mistakes"), classes > 15, "{text}");
            assert_eq!(text.contains("lowest F1"), classes > LISTED, "{text}");
        }
        let names = vec!["a target with a long name".into(), "b".into()];
        let figures = ValueReport::new(&[1e12, 1.0, -1e12, f64::NAN], &[0.0, 1.0, 1.0, 2.0], 2).expect("two rows");
        let text = Report::Values { names, figures }.describe();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(
            text.lines().any(|line| line.starts_with('b') && line.split_whitespace().nth(3) == Some("-")),
            "{text}"
        );
    }
}
