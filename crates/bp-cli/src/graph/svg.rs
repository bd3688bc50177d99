//! The network as SVG: a column for every depth, arcs for skip connections. It asks for nothing from outside, and its
//! colours follow the reader's light or dark setting.

use std::fmt::Write;

use super::Graph;

const STYLE: &str = "svg{background:#fff}text{font:13px sans-serif;fill:#1a1a1a;text-anchor:middle}\
.name{font-weight:bold}.small{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:4px}\
rect{fill:#fff;stroke:#1a1a1a;stroke-width:1.5}path{fill:none;stroke:#0072b2;stroke-width:2}\
.skip{stroke:#c04e00;stroke-dasharray:7 4}marker path{stroke:none;fill:#777}\
@media(prefers-color-scheme:dark){svg{background:#16181c}text{fill:#eee}.small{stroke:#16181c}\
rect{fill:#16181c;stroke:#eee}path{stroke:#56b4e9}.skip{stroke:#e69f00}}";

/// A box, and the room around it.
const BOX: (f64, f64) = (150.0, 74.0);
const STEP: (f64, f64) = (300.0, 120.0);
/// Characters of a name that fit into a box.
const FIT: usize = 19;

impl Graph {
    pub(super) fn svg(&self) -> String {
        let mut taken: Vec<usize> = vec![];
        let places: Vec<(f64, f64)> = self
            .nodes
            .iter()
            .map(|node| {
                taken.resize(taken.len().max(node.depth + 1), 0);
                let row = taken[node.depth];
                taken[node.depth] += 1;
                (20.0 + STEP.0 * node.depth as f64, STEP.1 * row as f64)
            })
            .collect();
        // Each skip connection gets an arc of its own above the boxes.
        let arcs = self.edges.iter().filter(|edge| self.skips(edge)).count();
        let top = 30.0 + 34.0 * arcs as f64;
        let rows = taken.iter().copied().max().unwrap_or(1);
        let width = STEP.0 * (taken.len() as f64 - 1.0) + BOX.0 + 40.0;
        let height = top + STEP.1 * rows as f64;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" role=\"img\">\n<title>The network</title>\n<style>{STYLE}</style>\n<defs><marker id=\"end\" \
             viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path \
             d=\"M0 0L10 5L0 10z\"/></marker></defs>\n"
        );
        let mut arc = 0;
        let mut labels = String::new();
        for (at, edge) in self.edges.iter().enumerate() {
            let ((x1, y1), (x2, y2)) = (places[edge.from], places[edge.to]);
            let (y1, y2) = (y1 + top, y2 + top);
            if self.skips(edge) {
                let (x1, x2, y) = (x1 + BOX.0 * 0.7, x2 + BOX.0 * 0.3, 24.0 + 34.0 * arc as f64);
                arc += 1;
                let _ = writeln!(
                    svg,
                    r#"<path class="skip" marker-end="url(#end)" d="M{x1:.1} {y1:.1}C{x1:.1} {y:.1} {x1:.1} {y:.1} {:.1} {y:.1}L{:.1} {y:.1}C{x2:.1} {y:.1} {x2:.1} {y:.1} {x2:.1} {y2:.1}"/>"#,
                    x1 + 40.0,
                    x2 - 40.0
                );
                text(&mut labels, (x1 + x2) / 2.0, y - 5.0, "small", &edge.what);
            } else {
                // Two connections between the same layers run beside each other.
                let twins = self.edges[..at].iter().filter(|e| (e.from, e.to) == (edge.from, edge.to)).count();
                let shift = 22.0 * twins as f64 - 4.0;
                let (x1, y1, x2, y2) = (x1 + BOX.0, y1 + BOX.1 / 2.0 + shift, x2, y2 + BOX.1 / 2.0 + shift);
                let _ = writeln!(svg, r#"<path marker-end="url(#end)" d="M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}"/>"#);
                text(&mut labels, (x1 + x2) / 2.0, (y1 + y2) / 2.0 - 5.0, "small", &edge.what);
            }
        }
        for (node, (x, y)) in self.nodes.iter().zip(&places) {
            let y = y + top;
            let _ = writeln!(svg, r#"<rect x="{x:.1}" y="{y:.1}" width="{:.0}" height="{:.0}" rx="8"/>"#, BOX.0, BOX.1);
            for (line, (words, class)) in node.lines().iter().zip(["name", "", ""]).enumerate() {
                text(&mut svg, x + BOX.0 / 2.0, y + 22.0 + 20.0 * line as f64, class, &fit(words));
            }
        }
        svg + &labels + "</svg>\n"
    }
}

fn text(svg: &mut String, x: f64, y: f64, class: &str, words: &str) {
    let _ = writeln!(svg, r#"<text class="{class}" x="{x:.1}" y="{y:.1}">{}</text>"#, escape(words));
}

fn fit(words: &str) -> String {
    match words.chars().count() {
        n if n <= FIT => words.into(),
        _ => words.chars().take(FIT - 1).chain(['…']).collect(),
    }
}

/// Text in which nothing is markup. Control characters, which XML does not allow, are replaced.
fn escape(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
