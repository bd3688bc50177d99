//! Every picture is well-formed and has the marks that its numbers call for.

use bp_plot::{Axes, Line, Plane, PlotError, Strip, confusion, curves, fit, images, regions, strips};

/// Parses tags, attributes and text strictly; returns the names of all elements.
fn elements(svg: &str) -> Vec<&str> {
    let (mut open, mut all) = (vec![], vec![]);
    let mut parts = svg.split('<');
    assert_eq!(parts.next(), Some(""), "something stands before the first tag");
    for part in parts {
        let (tag, text) = part.split_once('>').expect(part);
        assert!(!open.is_empty() || text.trim().is_empty() || tag.starts_with("svg"), "text outside: {text}");
        check_entities(text);
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let closes = tag.ends_with('/');
        let body = tag.trim_end_matches('/');
        let (name, attributes) = body.split_once(' ').unwrap_or((body, ""));
        let mut rest = attributes.trim();
        while !rest.is_empty() {
            let (key, after) = rest.split_once("=\"").expect(rest);
            assert!(key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{key}");
            let (value, after) = after.split_once('"').expect(after);
            check_entities(value);
            assert!(!value.contains("NaN") && !value.contains("inf"), "{key} is {value}");
            rest = after.trim();
        }
        all.push(name);
        if !closes {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    all
}

fn check_entities(text: &str) {
    for part in text.split('&').skip(1) {
        let name = part.split(';').next().expect("a name");
        assert!(["lt", "gt", "amp", "quot", "apos"].contains(&name), "&{name}");
    }
}

fn check(svg: Result<String, PlotError>, marks: &[(&str, usize)]) {
    let svg = svg.expect("a picture");
    let all = elements(&svg);
    for (name, count) in marks {
        assert_eq!(all.iter().filter(|element| *element == name).count(), *count, "{name} in {svg}");
    }
    assert_eq!(all[..3], ["svg", "title", "style"]);
    assert!(svg.contains("prefers-color-scheme:dark"));
    assert_eq!(svg.matches("http").count(), 1, "the namespace alone");
}

const AXES: Axes<'_> = Axes { title: "a < b & \"c\"", x: "x", y: "y", unit: false, logarithmic: false };

fn line(name: &str, ys: &[f64]) -> Line {
    let points = ys.iter().enumerate().map(|(at, y)| (at as f64, *y)).collect();
    Line { name: name.into(), points, band: vec![] }
}

/// The polygons are bands; a rectangle is a legend's entry.
#[test]
fn lines_and_bands() {
    let (one, two) = (line("<one>", &[3.0, 2.0, f64::NAN, 1.0]), line("two", &[1.0, 1.0, 1.0]));
    check(curves(&AXES, std::slice::from_ref(&one)), &[("rect", 0), ("polygon", 0)]);
    check(curves(&AXES, &[one.clone(), two.clone()]), &[("rect", 2), ("polygon", 0)]);
    let band = vec![(0.0, 0.5, 1.5), (1.0, 0.5, f64::INFINITY), (2.0, 0.9, 1.1)];
    check(curves(&AXES, &[one, Line { band, ..two }]), &[("rect", 2), ("polygon", 1)]);
    check(curves(&AXES, &[line("a single point", &[1.0])]), &[("circle", 1)]);
    check(curves(&AXES, &[line("large", &[1e300, -1e300]), line("equal", &[1e17, 1e17])]), &[]);
    let powers = Axes { logarithmic: true, ..AXES };
    check(curves(&powers, &[line("", &[1.0, 1e-9])]), &[]);
    check(curves(&powers, &[line("", &[1.0, 0.0])]), &[]);
    let error = curves(&AXES, &[line("", &[f64::NAN])]).expect_err("nothing");
    assert_eq!(error, PlotError::Nothing { title: AXES.title.into() });
}

/// A run of equal classes is one rectangle; two more are the legend.
#[test]
fn planes() {
    let classes = [0, 0, 1, 0, 1, 1, 0, 0, 0];
    let plane = Plane { x: (0.0, 1.0), y: (-1.0, 1.0), side: 3, classes: &classes };
    let rows = [(0.5, 0.5, 0), (0.2, 0.1, 1), (f64::NAN, 0.0, 1), (0.1, 0.1, 9)];
    check(regions(&AXES, &["a", "b"], &plane, &rows), &[("rect", 5 + 2), ("circle", 3)]);
    let error = regions(&AXES, &[], &Plane { side: 2, ..plane }, &[]).expect_err("nine are not four");
    assert_eq!(error.to_string(), "9 numbers in `a < b & \"c\"`, expected 4");
    let flat = Plane { y: (1.0, 1.0), ..plane };
    assert_eq!(regions(&AXES, &[], &flat, &[]), Err(PlotError::Nothing { title: AXES.title.into() }));
    check(fit(&AXES, &[(0.0, 1.0), (1.0, 0.0)], &[(0.5, 0.5), (0.1, f64::NAN)]), &[("circle", 1), ("rect", 2)]);
    assert!(fit(&AXES, &[], &[]).is_err());
}

/// Names are cut, many classes have no text in their cells, and equal neighbours of an image are one mark.
#[test]
fn grids() {
    let names = ["a class with a long name", "<b>", "c"];
    check(confusion("t", &names, &[5, 0, 1, 0, 6, 0, 2, 0, 7]), &[("rect", 9), ("text", 1 + 9 + 6 + 1)]);
    let many = vec!["k"; 40];
    check(confusion("t", &many, &vec![1; 1600]), &[("rect", 1600), ("text", 2)]);
    assert!(confusion("t", &[], &[]).is_err() && confusion("t", &names, &[1]).is_err());
    let units = vec![vec![1.0, 1.0, 0.0, -0.5, -0.5, -0.1]; 9];
    check(images("t", 2, 3, &units), &[("rect", 9 * (1 + 1 + 2))]);
    check(images("t", 1, 1, &[vec![f64::NAN], vec![f64::INFINITY], vec![0.0]]), &[]);
    assert!(images("t", 2, 2, &units).is_err() && images("t", 2, 2, &[]).is_err());
}

/// One rectangle for each bin with enough in it, at each time and in each layer.
#[test]
fn histograms_over_time() {
    let columns = vec![(1.0, vec![0, 50, 100, 1]), (5.0, vec![7, 0, 0, 0]), (9.0, vec![0; 4])];
    let layer = |name: &str| Strip { name: name.into(), columns: columns.clone() };
    check(strips("t", "epoch", (-4.0, 4.0), &[layer("h1"), layer("<out>")]), &[("rect", 2 * 3)]);
    let single = Strip { name: "h".into(), columns: vec![(1.0, vec![3])] };
    check(strips("t", "epoch", (0.0, 1.0), &[single]), &[("rect", 1)]);
    assert!(strips("t", "epoch", (0.0, 1.0), &[]).is_err());
    let uneven = Strip { name: "h".into(), columns: vec![(1.0, vec![3]), (2.0, vec![])] };
    assert!(strips("t", "epoch", (0.0, 1.0), &[uneven]).is_err());
}
