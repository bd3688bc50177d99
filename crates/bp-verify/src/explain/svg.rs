//! Explanations as SVG: a unit, its consumers, and the terms beside the arrows. Colours follow the reader's light or dark
//! setting; blue arrows carry positive terms, orange and dashed ones negative terms.

use core::fmt::Write;

use super::number::{largest, percent, pretty};
use super::{Explanation, Overview};

/// Units that are drawn; of more, the largest are.
const MOST: usize = 8;

const STYLE: &str = "svg{background:#fff}text{font:14px sans-serif;fill:#1a1a1a;paint-order:stroke;stroke:#fff;stroke-width:4px}\
.small{font-size:12px}.unit{fill:#fff;stroke:#1a1a1a;stroke-width:1.5}.plus{stroke:#0072b2;fill:none}\
.minus{stroke:#c04e00;fill:none;stroke-dasharray:6 3}.dot-plus{fill:#0072b2}.dot-minus{fill:#fff;stroke:#c04e00;stroke-width:3}\
@media(prefers-color-scheme:dark){svg{background:#16181c}text{fill:#eee;stroke:#16181c}.unit{fill:#16181c;stroke:#eee}\
.plus{stroke:#56b4e9}.minus{stroke:#e69f00}.dot-plus{fill:#56b4e9}.dot-minus{fill:#16181c;stroke:#e69f00}}";

impl Explanation {
    /// An SVG image: the unit, its consumers, and wₖⱼ δₖ beside each arrow back. It asks for nothing from outside.
    ///
    /// ```
    /// use bp_core::Reference;
    /// use bp_verify::explain::{Focus, explain, lecture};
    /// let lecture = lecture();
    /// let focus = Focus::Unit { layer: "h1", unit: 0 };
    /// let explained = explain(&lecture.plan, &lecture.loss, &Reference, &lecture.params, &lecture.example(), focus)?;
    /// assert!(explained.svg().contains("0.700000 · (−0.426922) = −0.298845"));
    /// # Ok::<(), bp_verify::explain::ExplainError>(())
    /// ```
    pub fn svg(&self) -> String {
        let unit = &self.unit;
        let (terms, rest) = largest(&unit.terms, MOST, |term| term.product);
        let height = 110.0_f64.max(64.0 * terms.len() as f64) + 190.0;
        let middle = (height - 150.0) / 2.0;
        let title = self.entry.as_ref().map_or_else(|| format!("δ of {}", unit.name()), |entry| entry.place.clone());
        let mut svg = open(760.0, height, &title);
        for (at, term) in terms.iter().enumerate() {
            let y = middle + 64.0 * (at as f64 - (terms.len() as f64 - 1.0) / 2.0);
            let (class, width) = (sign(term.product), 1.0 + 5.0 * term.share);
            let _ =
                writeln!(svg, r#"<path class="{class}" stroke-width="{width:.2}" d="M620 {y:.1}L158 {middle:.1}"/>"#);
            let _ = writeln!(svg, r#"<circle class="unit" cx="648" cy="{y:.1}" r="26"/>"#);
            text(&mut svg, 648.0, y + 5.0, "small", "middle", &tail(&term.unit, 8));
            let product = format!("{} · {} = {}", pretty(term.factor), factor(term.delta), pretty(term.product));
            let beside = y + 0.28 * (middle - y);
            text(&mut svg, 490.0, beside - 6.0, "", "middle", &product);
            text(&mut svg, 490.0, beside + 18.0, "small", "middle", &percent(term.share));
        }
        let _ = writeln!(svg, r#"<circle class="unit" cx="120" cy="{middle:.1}" r="36"/>"#);
        text(&mut svg, 120.0, middle + 5.0, "", "middle", &tail(&unit.name(), 9));
        let mut lines = vec![format!("a = {},  z = {}", pretty(unit.a), pretty(unit.z))];
        let delta = pretty(unit.delta);
        match (unit.slope, unit.target) {
            (Some(slope), _) => {
                let (sum, slope) = (pretty(unit.sum), pretty(slope));
                let more = unit.terms.len().saturating_sub(MOST);
                let rest = if more > 0 { format!(" (with {more} more, {})", pretty(rest)) } else { String::new() };
                lines.push(format!("Σ w δ = {sum}{rest}: {} of the sum of the sizes is left", percent(unit.left())));
                lines.push(format!("δ = h′(a) Σ w δ = {slope} · {} = {delta}", factor(unit.sum)));
            }
            (None, Some(t)) if terms.is_empty() => {
                lines.push(format!("δ = y − t = {} − {} = {delta}", pretty(unit.z), factor(t)));
            }
            _ => lines.push(format!("δ = Σ ∂y/∂a ∂E/∂y = {delta}")),
        }
        if let Some(entry) = &self.entry {
            let (shown, _) = largest(&entry.products, 1, |product| product.product);
            let products = shown.iter().map(|p| format!("{} · {}", pretty(p.delta), factor(p.z)));
            let more = if entry.products.len() > 1 { " + …" } else { "" };
            let products = products.collect::<String>();
            lines.push(format!("∂E/∂w = δ z = {products}{more} = {}", pretty(entry.gradient)));
        }
        let difference = self.check.difference.map_or_else(|| "none at a kink".into(), |d| pretty(d.value));
        lines.push(format!("central differences: {difference}; certificate: {}", self.check.verdict));
        for (at, line) in lines.iter().enumerate() {
            text(&mut svg, 24.0, height - 120.0 + 24.0 * at as f64, "", "start", line);
        }
        svg + "</svg>\n"
    }
}

impl Overview {
    /// An SVG image: every layer a column, every unit a dot whose area is |δ|. It asks for nothing from outside.
    ///
    /// ```
    /// use bp_core::Reference;
    /// use bp_verify::explain::{lecture, overview};
    /// let lecture = lecture();
    /// let all = overview(&lecture.plan, &lecture.loss, &Reference, &lecture.params, &lecture.example())?;
    /// assert_eq!(all.svg().matches("<circle").count(), 3 + 2);
    /// # Ok::<(), bp_verify::explain::ExplainError>(())
    /// ```
    pub fn svg(&self) -> String {
        let most = self.layers.iter().map(|layer| layer.delta.len().min(MOST)).max().unwrap_or(0);
        let (width, height) = (170.0 * self.layers.len() as f64 + 20.0, 56.0 * most as f64 + 120.0);
        let mut svg = open(width.max(420.0), height, &format!("δ of every layer; E = {}", pretty(self.error)));
        let top = self.layers.iter().map(|layer| layer.largest).fold(0.0, f64::max);
        for (column, layer) in self.layers.iter().rev().enumerate() {
            let x = 40.0 + 170.0 * column as f64;
            let units: Vec<(usize, f64)> = layer.delta.iter().copied().enumerate().collect();
            text(&mut svg, x - 20.0, 60.0, "", "start", &tail(&layer.layer, 18));
            let (shown, _) = largest(&units, MOST, |(_, delta)| *delta);
            for (row, (unit, delta)) in shown.into_iter().enumerate() {
                let y = 92.0 + 56.0 * row as f64;
                let r = 2.0 + if top > 0.0 { 18.0 * (delta.abs() / top).sqrt() } else { 0.0 };
                let _ = writeln!(svg, r#"<circle class="dot-{}" cx="{x:.1}" cy="{y:.1}" r="{r:.2}"/>"#, sign(*delta));
                text(&mut svg, x + 26.0, y + 5.0, "small", "start", &format!("[{unit}] {}", pretty(*delta)));
            }
            if units.len() > MOST {
                let words = format!("{} more, smaller", units.len() - MOST);
                text(&mut svg, x - 20.0, 92.0 + 56.0 * MOST as f64 - 14.0, "small", "start", &words);
            }
        }
        text(
            &mut svg,
            20.0,
            height - 12.0,
            "small",
            "start",
            &format!("certificate of the gradient: {}", self.verdict),
        );
        svg + "</svg>\n"
    }
}

fn open(width: f64, height: f64, title: &str) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" role=\"img\">\n<title>{}</title>\n<style>{STYLE}</style>\n",
        escape(title)
    );
    text(&mut svg, 20.0, 26.0, "", "start", &tail(title, 60));
    svg
}

fn text(svg: &mut String, x: f64, y: f64, class: &str, anchor: &str, words: &str) {
    let words = escape(words);
    let _ = writeln!(svg, r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{words}</text>"#);
}

fn sign(x: f64) -> &'static str {
    if x < 0.0 { "minus" } else { "plus" }
}

fn factor(x: f64) -> String {
    if x < 0.0 { format!("({})", pretty(x)) } else { pretty(x) }
}

/// The end of a name, which says which unit it is.
fn tail(name: &str, most: usize) -> String {
    match name.chars().count() {
        n if n <= most => name.into(),
        n => format!("…{}", name.chars().skip(n + 1 - most).collect::<String>()),
    }
}

/// Text in which nothing is markup. Control characters, which XML does not allow, are replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
