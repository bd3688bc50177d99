//! No page of docs/guide is stale: its code stands in an example, its outputs are what the example prints now, and its
//! pictures are the ones that are drawn now.
//!
//! `<!-- code: examples/lecture.rs#fn lesson -->` stands before an item of a file, found by how its first line begins;
//! `<!-- output: lecture#Errors of the outputs -->` before a part of what an example prints, from the line that begins so
//! to the next one that is not indented. The block after a marker is what is compared, or written.
#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]
#![allow(dead_code, reason = "of an example only what it prints is asked for here, not its `main`")]

#[path = "../../examples/chain.rs"]
mod chain;
#[path = "../../examples/checking.rs"]
mod checking;
#[path = "../../examples/faster.rs"]
mod faster;
#[path = "../../examples/lecture.rs"]
mod lecture;
#[path = "../../examples/losses.rs"]
mod losses;
#[path = "../../examples/own_layer.rs"]
mod own_layer;
#[path = "../../examples/scaling.rs"]
mod scaling;
#[path = "../../examples/skip.rs"]
mod skip;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bp_core::{ErrorFunction, Examples, Plan, Reference, Targets};
use bp_plot::{Axes, Line, curves};
use bp_verify::explain::{Explanation, Focus, explain, lecture as built_in, overview};

const WRITE: &str = "write it with `BP_GUIDE=write cargo test -p bp-tests --test guide` and commit it";

/// What the examples print, by name.
fn outputs() -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("chain", chain::report().unwrap()),
        ("checking", checking::report().unwrap()),
        ("explain", explained_lecture().to_string()),
        ("faster", faster::report().unwrap()),
        ("lecture", lecture::report(&lecture::lesson().unwrap()).unwrap()),
        ("losses", losses::report().unwrap()),
        ("own_layer", own_layer::report().unwrap()),
        ("scaling", scaling::report().unwrap()),
        ("skip", skip::report().unwrap()),
    ])
}

/// What `bp explain lecture --unit 'h1[0]'` prints and draws.
fn explained_lecture() -> Explanation {
    let l = built_in();
    explain(&l.plan, &l.loss, &Reference, &l.params, &l.example(), Focus::Unit { layer: "h1", unit: 0 }).unwrap()
}

/// The pictures, by file name.
fn pictures() -> [(&'static str, String); 5] {
    let l = built_in();
    let (plan, example) = (Plan::new(skip::network()).unwrap(), Examples::new(&skip::X, Targets::Rows(&skip::T)));
    let focus = Focus::Unit { layer: "h1", unit: 0 };
    let skip = explain(&plan, &ErrorFunction::SumOfSquares, &Reference, &skip::W, &example, focus).unwrap();
    let error = |name: &str, which: usize| {
        let points = (1..=50).map(|n| (f64::from(n), checking::difference(n)[which].max(1e-17))).collect();
        Line { name: name.into(), points, band: vec![] }
    };
    let size = |factor: f64| {
        let points = (1..).map(f64::from).zip(scaling::sizes(factor).unwrap()).collect();
        Line { name: format!("weights × {factor}"), points, band: vec![] }
    };
    let axes = |title, x, y| Axes { title, x, y, logarithmic: true, ..Axes::default() };
    let steps = axes("Error of a difference with step 2⁻ⁿ", "n", "error");
    let depth = axes("Ten tanh layers: root mean square of z", "layer", "size of z");
    [
        ("lecture.svg", overview(&l.plan, &l.loss, &Reference, &l.params, &l.example()).unwrap().svg()),
        ("recursion.svg", explained_lecture().svg()),
        ("skip.svg", skip.svg()),
        ("difference.svg", curves(&steps, &[error("forward", 0), error("central", 1)]).unwrap()),
        ("sizes.svg", curves(&depth, &[size(0.5), size(1.0), size(3.0)]).unwrap()),
    ]
}

/// The page with every marked block as its source is now.
fn fill(page: &str, source: &dyn Fn(&str, &str) -> String) -> Result<String, String> {
    let mut filled = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        filled += &format!("{line}\n");
        let Some(marker) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) else { continue };
        let (kind, what) = marker.split_once(": ").ok_or(format!("`{line}` is no marker"))?;
        let (name, begins) = what.split_once('#').ok_or(format!("`{line}` has no #"))?;
        let text = source(kind, name);
        let (language, part) =
            if kind == "code" { ("rust", item(&text, begins)) } else { ("text", section(&text, begins)) };
        let part = part.ok_or(format!("`{line}`: not exactly one line of {name} begins so"))?;
        if lines.next_if(|next| next.starts_with("```")).is_some() {
            lines.find(|line| *line == "```").ok_or(format!("`{line}`: the block after it has no end"))?;
        }
        filled += &format!("```{language}\n{part}\n```\n");
    }
    Ok(filled)
}

/// The place of the only line that begins so.
fn only(lines: &[&str], begins: &str) -> Option<usize> {
    let mut found = (0..lines.len()).filter(|&at| lines[at].starts_with(begins));
    found.next().filter(|_| found.next().is_none())
}

/// An item with the comments before it, to its closing brace.
fn item(text: &str, begins: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(|line| line.strip_prefix("pub(crate) ").unwrap_or(line)).collect();
    let at = only(&lines, begins)?;
    let start = (0..at).rev().take_while(|&n| lines[n].starts_with("///")).last().unwrap_or(at);
    let end = if lines[at].ends_with([';', '}']) { at } else { (at..lines.len()).find(|&n| lines[n] == "}")? };
    Some(lines[start..=end].join("\n"))
}

/// A line and all indented or empty ones after it.
fn section(text: &str, begins: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let at = only(&lines, begins)?;
    let rest = lines[at + 1..].iter().take_while(|line| line.is_empty() || line.starts_with(' ')).count();
    Some(lines[at..=at + rest].join("\n").trim_end().to_owned())
}

/// Compares a file with what it should be, or writes it.
fn settle(path: &Path, fresh: &str) {
    if std::env::var_os("BP_GUIDE").is_some_and(|how| how == "write") {
        fs::write(path, fresh).unwrap();
    }
    let there = fs::read_to_string(path).unwrap_or_default();
    assert!(there == fresh, "{} is stale: {WRITE}", path.display());
}

#[test]
fn no_page_and_no_picture_is_stale() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let outputs = outputs();
    let source = |kind: &str, name: &str| match kind {
        "code" => fs::read_to_string(root.join(name)).unwrap(),
        _ => outputs[name].clone(),
    };
    let guide = root.join("docs/guide");
    let is_page = |path: &PathBuf| path.extension().is_some_and(|ext| ext == "md");
    let pages = fs::read_dir(&guide).unwrap().map(|page| page.unwrap().path()).filter(is_page);
    let mut all = String::new();
    for path in pages {
        let page = fs::read_to_string(&path).unwrap();
        settle(&path, &fill(&page, &source).unwrap_or_else(|why| panic!("{}: {why}", path.display())));
        all += &page;
    }
    for (name, svg) in pictures() {
        settle(&guide.join(name), &svg);
        assert!(all.contains(&format!("({name})")), "no page shows {name}");
    }
    assert_eq!(outputs["faster"].matches(": yes").count(), 3, "{}", outputs["faster"]);
    for name in outputs.keys() {
        assert!(all.contains(&format!("<!-- output: {name}#")), "no page has an output of {name}");
    }
}

#[test]
fn blocks_are_made_and_replaced_and_a_marker_without_its_part_is_an_error() {
    let source = |kind: &str, _: &str| match kind {
        "code" => "/// Two.\npub(crate) fn two() -> u8 {\n    2\n}\nfn other() {\n}\n".to_owned(),
        _ => "First\n\n  1\n\nSecond\n  2\n".to_owned(),
    };
    let fresh = "<!-- code: a.rs#fn two -->\n```rust\n/// Two.\nfn two() -> u8 {\n    2\n}\n```\nafter\n";
    let broken = |line: &str, why: &str| Err(format!("`{line}`: {why}"));
    let many = "not exactly one line of a.rs begins so";
    for (page, expected) in [
        ("<!-- code: a.rs#fn two -->\nafter\n", Ok(fresh.to_owned())),
        ("<!-- code: a.rs#fn two -->\n```rust\nstale\n```\nafter\n", Ok(fresh.to_owned())),
        (fresh, Ok(fresh.to_owned())),
        ("<!-- output: a#First -->\n", Ok("<!-- output: a#First -->\n```text\nFirst\n\n  1\n```\n".to_owned())),
        ("<!-- code: a.rs#fn -->\n", broken("<!-- code: a.rs#fn -->", many)),
        ("<!-- code: a.rs#fn three -->\n", broken("<!-- code: a.rs#fn three -->", many)),
        ("<!-- code: a.rs#fn two -->\n```\n", broken("<!-- code: a.rs#fn two -->", "the block after it has no end")),
    ] {
        assert_eq!(fill(page, &source), expected, "{page}");
    }
}

/// What the pages say in words about the outputs.
#[test]
fn what_the_pages_claim_holds() {
    // δ = h′(a) Σ_k w_k δ_k over both consumers. The truncation of a central difference is h² E‴/6, its rounding
    // ε E/h: both below 1e-9 here, h = 2⁻¹⁶.
    let s = skip::skip().unwrap();
    let [w_h2, w_out] = s.weights;
    let sum = (1.0 - s.z * s.z) * (w_h2 * s.delta_h2 + w_out * s.delta_out);
    assert!((sum - s.delta).abs() <= 1e-15, "{sum} {}", s.delta);
    assert!((s.gradient - s.difference).abs() <= 1e-9, "{} {}", s.gradient, s.difference);
    for (function, loss, t) in losses::canonical() {
        let a = [1.0, -0.5, 0.25];
        let (y, delta, _) = losses::output(function, loss, &a, &t).unwrap();
        let near = y.iter().zip(t).zip(&delta).all(|((y, t), delta)| (y - t - delta).abs() <= 1e-15);
        assert!(near, "{loss}: {y:?} {delta:?}");
    }
    let verdicts = [1.0, 1.0 + 1e-9].map(|factor| checking::certificate(factor).unwrap().verdict().to_owned());
    assert_eq!(verdicts, ["PASS", "FAIL"]);
}
