//! `cargo xtask tidy`: rules of the house that no compiler checks. Also run by `cargo test -p xtask`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Longest source file, without the tests at its foot.
const MAX_LINES: usize = 400;

/// Parts of absolute paths that belong to one machine, written so that this file does not contain them.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Use", "rs/"), concat!("C:", "\\Users")];

/// Where every elementary function comes from bp-math.
const OWN_FUNCTIONS: [&str; 6] = [
    "crates/bp-math/src/",
    "crates/bp-core/src/",
    "crates/bp-tiny/src/",
    "crates/bp-train/src/",
    "crates/bp-ndarray/src/",
    "crates/bp-faer/src/",
];

/// std's functions whose last places depend on the platform (their docs call the precision unspecified). Not among
/// them: `abs`, `sqrt`, `floor` and others that IEEE 754 defines to the bit.
const PLATFORM_FUNCTIONS: [&str; 29] = [
    "exp", "exp2", "exp_m1", "ln", "ln_1p", "log", "log2", "log10", "sin", "cos", "tan", "sin_cos", "asin", "acos",
    "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "powf", "powi", "cbrt", "hypot", "gamma",
    "ln_gamma", "erf",
];

/// Folders without files of ours.
const SKIPPED: [&str; 4] = ["target", "target-faults", ".git", "proptest-regressions"];

pub(crate) fn run() -> Result<()> {
    let root = root();
    let mut files = vec![];
    collect(&root, &mut files)?;
    let mut complaints = vec![];
    for path in &files {
        let name = path.strip_prefix(&root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let Ok(text) = fs::read_to_string(path) else { continue };
        complaints.extend(check(&name, &text, &|link| path.with_file_name("").join(link).exists()));
    }
    match complaints.len() {
        0 => {
            println!("tidy: {} files", files.len());
            Ok(())
        }
        n => bail!("{n} untidy places:\n{}", complaints.join("\n")),
    }
}

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if ["rs", "toml", "md", "yml"].iter().any(|ext| path.extension().is_some_and(|e| e == *ext)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

/// Everything wrong with one file; `exists` tells whether a path relative to it leads somewhere.
fn check(name: &str, text: &str, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found = vec![];
    for (n, line) in text.lines().enumerate() {
        if let Some(path) = MACHINE_PATHS.iter().find(|path| line.contains(**path)) {
            found.push(format!("{name}:{}: a path of one machine ({path})", n + 1));
        }
    }
    if name.ends_with(".rs") {
        if !text.starts_with("//!") && !text.starts_with("#!") {
            found.push(format!("{name}:1: no `//!` line that says what the file is for"));
        }
        let lines = text
            .lines()
            .take_while(|line| !line.starts_with("#[cfg(test)]") && !line.starts_with("#[cfg(all(test"))
            .count();
        if OWN_FUNCTIONS.iter().any(|folder| name.starts_with(folder)) {
            let code = text.lines().take(lines).enumerate();
            found.extend(code.filter_map(|(n, line)| {
                platform_function(line).map(|what| format!("{name}:{}: {what}, expected a function of bp-math", n + 1))
            }));
        }
        let is_test = name.contains("/tests/") || name.starts_with("tests/");
        if lines > MAX_LINES && !is_test {
            found.push(format!("{name}: {lines} lines without tests, expected at most {MAX_LINES}"));
        }
    }
    if name.ends_with("Cargo.toml") && text.contains("[package]") && !text.contains("license.workspace = true") {
        found.push(format!("{name}: no `license.workspace = true`"));
    }
    if name.ends_with(".md") {
        for (n, line) in text.lines().enumerate() {
            for link in links(line) {
                let file = link.split('#').next().unwrap_or_default();
                if !file.is_empty() && !file.contains("://") && !file.starts_with("mailto:") && !exists(file) {
                    found.push(format!("{name}:{}: the link {link} leads nowhere", n + 1));
                }
            }
        }
    }
    found
}

/// An elementary function in this line that is not bp-math's, as far as text can tell.
///
/// Seen: paths (`f64::exp`, `f32::tanh`, `libm::`, `std::intrinsics`), methods on something that the line shows to be a
/// float (a literal, `f64::from(…)`, `… as f64)`), and methods that `Real` does not have (`exp_m1`, `powi` …) on anything,
/// because those can only be std's. Not seen: `x.exp()` where x is a variable: for a generic `S: Real` that is bp-math
/// already, for a concrete float it would be std's, and only the type checker knows. A path is told from bp-math's own
/// by what stands before it (`bp_math::f64::exp`); comments are not code.
fn platform_function(line: &str) -> Option<String> {
    let code = line.split("//").next().unwrap_or_default();
    for path in ["libm::", "intrinsics::", "core_math::"] {
        if code.contains(path) {
            return Some(path.to_owned());
        }
    }
    for function in PLATFORM_FUNCTIONS {
        for path in ["f32::", "f64::", "$float::", "<$float>::"].map(|float| format!("{float}{function}")) {
            for (at, _) in code.match_indices(&path) {
                let ends = !code[at + path.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
                if ends && !code[..at].ends_with("bp_math::") && !code[..at].ends_with("$crate::") {
                    return Some(path);
                }
            }
        }
        let call = format!(".{function}(");
        for (at, _) in code.match_indices(&call) {
            let receiver = &code[..at];
            let real_has_it = ["exp", "ln", "tanh", "erf", "sin", "cos"].contains(&function);
            if !real_has_it || ends_with_float(receiver) {
                return Some(call);
            }
        }
    }
    None
}

/// Whether an expression that ends here is visibly a float: a literal, or a closed conversion to one.
fn ends_with_float(code: &str) -> bool {
    if ["_f64", "_f32", "f64", "f32"].iter().any(|suffix| code.ends_with(suffix)) {
        return true;
    }
    if let Some(inner) = code.strip_suffix(')') {
        let conversion = ["f64::from(", "f32::from(", "to_f64("]
            .iter()
            .any(|open| inner.rfind(open).is_some_and(|at| !inner[at + open.len()..].contains(')')));
        return conversion || inner.ends_with(" as f64") || inner.ends_with(" as f32");
    }
    let digits = code.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let literal = digits.len() < code.len() && digits.ends_with('.');
    literal && digits[..digits.len() - 1].ends_with(|c: char| c.is_ascii_digit())
}

/// Targets of Markdown links in a line.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_tidy() {
        run().unwrap();
    }

    #[test]
    fn elementary_functions_come_from_bp_math() {
        let wrong = [
            "libm::exp(x)",
            "f64::exp(x)",
            "map(f32::tanh)",
            "let y = 2.0_f64.ln();",
            "f64::from(x).exp()",
            "(n as f64).sin()",
            "x.exp_m1()",
            "rate.powi(3)",
            "<$float>::tanh(self)",
            "0.5.tanh()",
            "std::intrinsics::expf64(x)",
            "x.to_f64().ln()",
        ];
        let right = [
            "bp_math::f64::exp(x)",
            "bp_math::$float::exp(self)",
            "a.exp()",
            "x.sqrt()",
            "// f64::exp is std's",
            "f64::exponent",
            "expm1(x)",
            "self.tanh()",
            "f64::from(n).sqrt()",
            "Act::Tanh.value(a).ln()",
        ];
        let complaints = |line: &str| check("crates/bp-core/src/a.rs", &format!("//! A.\n{line}\n"), &|_| true).len();
        assert_eq!(wrong.map(complaints), [1; 12]);
        assert_eq!(right.map(complaints), [0; 10]);
        assert_eq!(check("crates/bp-core/src/a.rs", "//! A.\n#[cfg(test)]\nmod t { f64::exp }\n", &|_| true).len(), 0);
        assert_eq!(check("xtask/src/a.rs", "//! A.\nf64::exp(x)\n", &|_| true).len(), 0);
    }

    #[test]
    fn every_rule_can_fail() {
        let complaints = |name: &str, text: &str| check(name, text, &|link| link == "there.md");
        assert_eq!(complaints("src/a.rs", "//! Fine.\n"), Vec::<String>::new());
        assert_eq!(complaints("src/a.rs", "fn f() {}\n").len(), 1);
        assert_eq!(complaints("src/a.rs", &("//! Long.\n".to_owned() + &"x\n".repeat(400))).len(), 1);
        assert_eq!(
            complaints("src/a.rs", &("//! Long tests.\n#[cfg(test)]\n".to_owned() + &"x\n".repeat(400))).len(),
            0
        );
        assert_eq!(complaints("a.md", "[here](there.md#part) [gone](gone.md) [web](https://example.org)").len(), 1);
        assert_eq!(complaints("a.toml", &format!("dir = \"{}me\"", MACHINE_PATHS[0])).len(), 1);
        assert_eq!(complaints("x/Cargo.toml", "[package]\nname = \"x\"\n").len(), 1);
    }
}
