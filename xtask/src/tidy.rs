//! `cargo xtask tidy`: rules of the house that no compiler checks. Also run by `cargo test -p xtask`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Longest source file, without the tests at its foot.
const MAX_LINES: usize = 400;

/// Parts of absolute paths that belong to one machine, written so that this file does not contain them.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Use", "rs/"), concat!("C:", "\\Users")];

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
