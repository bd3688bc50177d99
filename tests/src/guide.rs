//! The pages in `docs/guide`: code and outputs that are taken from examples, so that no page can go stale.
//!
//! `<!-- code: examples/lecture.rs#fn lesson -->` stands before an item of a file, found by how its first line
//! begins; `<!-- output: lecture#Errors of the outputs -->` before a part of what an example prints, from the line that
//! begins so to the next one that is not indented. The block after a marker is what [`fill`] replaces.

/// The page with every marked block as its source is now; `source` returns the text of a file or of an output.
///
/// # Errors
/// The marker whose source, or whose part of it, does not exist or is not the only one.
pub fn fill(page: &str, source: impl Fn(&str, &str) -> Result<String, String>) -> Result<String, String> {
    let mut filled = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        filled += line;
        filled.push('\n');
        let Some(marker) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) else { continue };
        let (kind, what) = marker.split_once(": ").ok_or_else(|| format!("`{line}` is no marker"))?;
        let (name, begins) = what.split_once('#').ok_or_else(|| format!("`{line}` has no #"))?;
        let text = source(kind, name)?;
        let (language, part) = match kind {
            "code" => ("rust", item(&text, begins)),
            "output" => ("text", section(&text, begins)),
            _ => return Err(format!("`{line}`: neither code nor output")),
        };
        let part = part.ok_or_else(|| format!("`{line}`: not exactly one line of {name} begins so"))?;
        if lines.next_if(|next| next.starts_with("```")).is_some() {
            lines
                .by_ref()
                .find(|line| *line == "```")
                .ok_or_else(|| format!("`{line}`: the block after it has no end"))?;
        }
        filled += &format!("```{language}\n{part}\n```\n");
    }
    Ok(filled)
}

/// The place of the only line that begins so.
fn only(lines: &[&str], begins: &str) -> Option<usize> {
    let mut found = (0..lines.len()).filter(|&at| lines[at].trim_start().starts_with(begins));
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

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "/// Two.\npub(crate) fn two() -> u8 {\n    2\n}\nfn other() {\n}\n";

    fn check(page: &str, expected: Result<&str, &str>) {
        let source = |kind: &str, name: &str| match (kind, name) {
            ("code", "a.rs") => Ok(PROGRAM.to_owned()),
            ("output", "a") => Ok("First\n\n  1\n\nSecond\n  2\n".to_owned()),
            _ => Err(format!("no {kind} {name}")),
        };
        let got = fill(page, source);
        assert_eq!(got.as_deref().map_err(String::as_str), expected, "{page}");
    }

    #[test]
    fn blocks_are_made_and_replaced() {
        let fresh = "<!-- code: a.rs#fn two -->\n```rust\n/// Two.\nfn two() -> u8 {\n    2\n}\n```\nafter\n";
        check("<!-- code: a.rs#fn two -->\nafter\n", Ok(fresh));
        check("<!-- code: a.rs#fn two -->\n```rust\nstale\n```\nafter\n", Ok(fresh));
        check(fresh, Ok(fresh));
        check("<!-- output: a#First -->\n", Ok("<!-- output: a#First -->\n```text\nFirst\n\n  1\n```\n"));
    }

    #[test]
    fn a_marker_without_its_source_is_an_error() {
        check("<!-- code: b.rs#fn two -->\n", Err("no code b.rs"));
        check("<!-- output: a#Third -->\n", Err("`<!-- output: a#Third -->`: not exactly one line of a begins so"));
        check(
            "<!-- code: a.rs#fn -->\n```rust\n",
            Err("`<!-- code: a.rs#fn -->`: not exactly one line of a.rs begins so"),
        );
        check(
            "<!-- code: a.rs#fn two -->\n```rust\n",
            Err("`<!-- code: a.rs#fn two -->`: the block after it has no end"),
        );
    }
}
