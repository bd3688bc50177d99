//! No page of docs/guide is stale: its code stands in an example, its outputs are what the example prints now.

#[path = "../../examples/lecture.rs"]
mod lecture;
#[path = "../../examples/skip.rs"]
mod skip;

use std::fs;
use std::path::Path;

use bp_tests::guide::fill;

fn source(kind: &str, name: &str) -> Result<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let printed = match (kind, name) {
        ("code", path) => return fs::read_to_string(root.join(path)).map_err(|e| format!("{path}: {e}")),
        ("output", "lecture") => lecture::lesson().and_then(|lesson| Ok(lecture::report(&lesson)?)),
        ("output", "skip") => skip::report(),
        _ => return Err(format!("no example {name} is known to tests/guide.rs")),
    };
    printed.map_err(|e| format!("{name}: {e}"))
}

/// With BP_GUIDE=write it writes the pages instead (then commit them).
#[test]
fn no_page_is_stale() {
    let writes = std::env::var_os("BP_GUIDE").is_some_and(|how| how == "write");
    let mut marked = 0;
    for page in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide")).unwrap() {
        let path = page.unwrap().path();
        let page = fs::read_to_string(&path).unwrap();
        let filled = fill(&page, source).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        marked += usize::from(page.contains("<!-- "));
        if writes {
            fs::write(&path, filled).unwrap();
        } else {
            assert!(page == filled, "{} is stale: run this test with BP_GUIDE=write", path.display());
        }
    }
    assert!(marked >= 2, "only {marked} pages with code or outputs");
}

/// The printed sum over consumers is δ of the engine, and the gradient is the central difference.
#[test]
fn both_consumers_of_the_skip_example_add() {
    let s = skip::skip().unwrap();
    let [w_h2, w_out] = s.weights;
    let sum = (1.0 - s.z * s.z) * (w_h2 * s.delta_h2 + w_out * s.delta_out);
    assert!((sum - s.delta).abs() <= 1e-15, "{sum} {}", s.delta);
    // The truncation of a central difference is h² E‴/6, its rounding ε E/h: both below 1e-9 here, h = 2⁻¹⁶.
    assert!((s.gradient - s.difference).abs() <= 1e-9, "{} {}", s.gradient, s.difference);
    assert!((w_h2 * s.delta_h2).abs() > 0.01 && (w_out * s.delta_out).abs() > 0.01, "a consumer that shows nothing");
}
