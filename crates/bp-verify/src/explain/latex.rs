//! Explanations as LaTeX: a snippet for a document that loads `amsmath`.

use core::fmt::Write;

use super::number::{figure, largest};
use super::{Explanation, Overview};

/// Terms that are written out; of more, the largest are.
const MOST: usize = 12;

impl Explanation {
    /// A LaTeX snippet; it needs `\usepackage{amsmath}`.
    ///
    /// ```
    /// use bp_core::Reference;
    /// use bp_verify::explain::{Focus, explain, lecture};
    /// let lecture = lecture();
    /// let focus = Focus::Unit { layer: "h1", unit: 0 };
    /// let explained = explain(&lecture.plan, &lecture.loss, &Reference, &lecture.params, &lecture.example(), focus)?;
    /// assert!(explained.latex().contains(r"&\quad + 0.300000 \cdot 0.999848"));
    /// # Ok::<(), bp_verify::explain::ExplainError>(())
    /// ```
    pub fn latex(&self) -> String {
        let unit = &self.unit;
        let name = escape(&unit.name());
        let mut rows = vec![];
        let inputs = unit.inputs.iter().map(|i| (i.weight, i.z, i.product)).collect::<Vec<_>>();
        rows.push(format!("a &= {} = {}", sum(&inputs), figure(unit.a)));
        rows.push(format!("z &= h(a) = {}", figure(unit.z)));
        let terms = unit.terms.iter().map(|t| (Some(t.factor), t.delta, t.product)).collect::<Vec<_>>();
        match (unit.slope, unit.target) {
            (Some(slope), _) => {
                rows.push(format!("h'(a) &= {}", figure(slope)));
                rows.push(format!(r"\sum_k w_k \delta_k &= {}", sum(&terms)));
                let products = terms.iter().map(|t| (None, t.2, t.2)).collect::<Vec<_>>();
                rows.push(format!("&= {} = {}", sum(&products), figure(unit.sum)));
                let product = format!(r"{} \cdot {}", figure(slope), factor(unit.sum));
                rows.push(format!(r"\delta &= h'(a) \sum_k w_k \delta_k = {product} = {}", figure(unit.delta)));
            }
            (None, Some(t)) if terms.is_empty() => {
                let difference = format!("{} - {}", figure(unit.z), factor(t));
                rows.push(format!(r"\delta &= y - t = {difference} = {}", figure(unit.delta)));
            }
            _ => {
                let general = r"\sum_m \frac{\partial y_m}{\partial a} \frac{\partial E}{\partial y_m}";
                rows.push(format!(r"\delta &= {general} = {} = {}", sum(&terms), figure(unit.delta)));
            }
        }
        if let Some(entry) = &self.entry {
            let products = entry.products.iter().map(|p| (Some(p.delta), p.z, p.product)).collect::<Vec<_>>();
            let gradient = figure(entry.gradient);
            rows.push(format!(r"\frac{{\partial E}}{{\partial w}} &= {} = {gradient}", sum(&products)));
        }
        let title = self.entry.as_ref().map_or(name.clone(), |entry| escape(&entry.place));
        let check = &self.check;
        let difference = match check.difference {
            Some(d) => format!(r"central differences ${} \pm {}$", power(d.value), power(d.error)),
            None => "central differences: none, a unit stands on a kink".into(),
        };
        let bounds = format!("[{}, {}]", exact(check.true_from), exact(check.true_to));
        let mut text =
            format!("% needs \\usepackage{{amsmath}}\n\\noindent\\texttt{{{title}}}, unit \\texttt{{{name}}}:\n");
        let _ = writeln!(text, "\\begin{{align*}}\n  {}\n\\end{{align*}}", rows.join(" \\\\\n  "));
        let _ = writeln!(
            text,
            "\\noindent {difference};\\\\\ncertificate: {}, true value in\\\\\n${bounds}$.",
            check.verdict
        );
        text
    }
}

impl Overview {
    /// A LaTeX table of the errors of all layers.
    ///
    /// ```
    /// use bp_core::Reference;
    /// use bp_verify::explain::{lecture, overview};
    /// let lecture = lecture();
    /// let all = overview(&lecture.plan, &lecture.loss, &Reference, &lecture.params, &lecture.example())?;
    /// assert!(all.latex().contains(r"\texttt{out} & 2 & $0.768752$ & $0.999848$ & 1 \\"));
    /// # Ok::<(), bp_verify::explain::ExplainError>(())
    /// ```
    pub fn latex(&self) -> String {
        let mut text =
            format!("\\noindent $E = {}$; certificate of the gradient: {}.\n\n", figure(self.error), self.verdict);
        text += "\\begin{tabular}{lrrrr}\n  layer & units & $\\sqrt{\\overline{\\delta^2}}$ & $\\max |\\delta|$ & at \\\\ \\hline\n";
        for layer in &self.layers {
            let (name, units) = (escape(&layer.layer), layer.delta.len());
            let [size, most] = [layer.root_mean_square, layer.largest].map(power);
            let _ = writeln!(text, "  \\texttt{{{name}}} & {units} & ${size}$ & ${most}$ & {} \\\\", layer.at);
        }
        text + "\\end{tabular}\n"
    }
}

/// A sum of products, broken after every second one.
fn sum(terms: &[(Option<f64>, f64, f64)]) -> String {
    let (shown, rest) = largest(terms, MOST, |(.., product)| *product);
    let mut text = String::new();
    for (at, (left, right, _)) in shown.iter().enumerate() {
        let product = match left {
            Some(left) if at == 0 => format!(r"{} \cdot {}", power(*left), factor(*right)),
            Some(left) => format!(r"{} \cdot {}", factor(*left), factor(*right)),
            None if at == 0 => power(*right),
            None => factor(*right),
        };
        text += if at == 0 { "" } else { " \\\\\n  &\\quad + " };
        text += &product;
    }
    match terms.len().saturating_sub(MOST) {
        0 if text.is_empty() => "0".into(),
        0 => text,
        more => format!("{text} \\\\\n  &\\quad + \\underbrace{{{}}}_{{\\text{{{more} more}}}}", factor(rest)),
    }
}

/// A figure whose power of ten is one in print.
fn power(x: f64) -> String {
    figure(x).split_once('e').map_or_else(|| figure(x), |(digits, e)| format!(r"{digits} \cdot 10^{{{e}}}"))
}

/// A figure to stand behind a sign.
fn factor(x: f64) -> String {
    if x < 0.0 { format!("({})", power(x)) } else { power(x) }
}

/// Every digit.
fn exact(x: f64) -> String {
    let text = format!("{x:.16e}");
    text.split_once('e').map_or_else(|| text.clone(), |(digits, e)| format!(r"{digits} \cdot 10^{{{e}}}"))
}

/// A name as it is: characters that mean something to LaTeX do not.
fn escape(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        match c {
            '_' | '#' | '$' | '%' | '&' | '{' | '}' => text.extend(['\\', c]),
            '\\' => text += r"\textbackslash{}",
            '~' => text += r"\textasciitilde{}",
            '^' => text += r"\textasciicircum{}",
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_powers() {
        assert_eq!(escape(r"a_1\{"), r"a\_1\textbackslash{}\{");
        assert_eq!(power(-1.5e-7), r"-1.500 \cdot 10^{-7}");
        assert_eq!(factor(-0.5), "(-0.500000)");
    }
}
