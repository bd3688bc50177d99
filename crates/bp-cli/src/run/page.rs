//! [`page`]: a run as one page that needs nothing else.

use std::fmt::Write;

use serde_json::Value;

use super::Kept;
use crate::output::figure;

/// Grey, blue and a little space: readable on a phone and in the dark.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1b1b;--paper:#fff;--soft:#666;--line:#ddd}
@media(prefers-color-scheme:dark){:root{--ink:#e8e8e8;--paper:#16181b;--soft:#a5a5a5;--line:#3a3d42}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1,h2{line-height:1.2}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.2rem .5rem .2rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{font-weight:normal;color:var(--soft);width:45%}
pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid var(--line);padding:.5rem}
figure{margin:1rem 0}
svg{max-width:100%;height:auto;display:block}
svg text{fill:var(--ink)}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem}
";

/// The page of a finished run, with pictures as they are.
pub(super) fn page(run: &Kept, results: &Value, pictures: &[&str]) -> String {
    let name = run.folder.file_name().map_or("run".into(), |name| escaped(&name.to_string_lossy()));
    let config = &run.config;
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{name}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{name}</h1>\n<p>{}: {}, {}</p>\n",
        escaped(results["dataset"].as_str().unwrap_or("data")),
        escaped(&config.network),
        escaped(&config.training),
    );
    section(&mut text, "How well it does", &numbers(results));
    let gradient = results["gradient_text"].as_str().unwrap_or("no certificate");
    let _ = writeln!(text, "<h2>Is the gradient right?</h2>\n<p>{}</p>", escaped(gradient));
    text += "<h2>Pictures</h2>\n";
    if pictures.is_empty() {
        text += "<p>bp was built without <code>--features plots</code>, which draws them; with it, <code>bp plot</code> \
                 adds them to this page.</p>\n";
    }
    text += "<div class=\"pictures\">\n";
    for svg in pictures {
        let _ = writeln!(text, "<figure>{}</figure>", inline(svg));
    }
    text += "</div>\n<h2>How to get it again</h2>\n";
    let command: Vec<String> = config.command.iter().map(|word| quoted(word)).collect();
    let _ = write!(
        text,
        "<p>With bp {}, in a folder where this run is not yet there:</p>\n<pre>{}</pre>\n<p>The same data, settings and \
         backend give the same bits, whatever the number of threads. The training rows have this SHA-256: \
         <code style=\"overflow-wrap:anywhere\">{}</code>.</p>\n",
        escaped(&config.version),
        escaped(&command.join(" ")),
        escaped(&config.data),
    );
    let rows = settings(results);
    section(&mut text, "Everything that was set", &rows);
    text + "</body>\n</html>\n"
}

const NUMBERS: [(&str, &str); 12] = [
    ("test_accuracy", "accuracy on test rows"),
    ("train_accuracy", "accuracy on training rows"),
    ("test_rmse", "RMSE on test rows"),
    ("train_rmse", "RMSE on training rows"),
    ("test_r2", "R² on test rows"),
    ("train_r2", "R² on training rows"),
    ("test_loss", "error on test rows"),
    ("train_loss", "error on training rows"),
    ("n_test", "test rows"),
    ("n_train", "training rows"),
    ("n_params", "parameters"),
    ("epochs_done", "epochs"),
];

fn numbers(results: &Value) -> Vec<(String, String)> {
    let known = NUMBERS.iter().filter(|(key, _)| results[key].is_number());
    known.map(|(key, words)| ((*words).into(), number(&results[key]))).collect()
}

/// Whatever is neither a number from above nor the certificate.
fn settings(results: &Value) -> Vec<(String, String)> {
    let fields = results.as_object().into_iter().flatten();
    let rest = fields.filter(|(key, value)| {
        !key.starts_with("gradient") && !value.is_null() && NUMBERS.iter().all(|(known, _)| known != key)
    });
    rest.map(|(key, value)| (key.replace('_', " "), value.as_str().map_or_else(|| number(value), String::from)))
        .collect()
}

fn number(value: &Value) -> String {
    match value.as_f64().filter(|_| value.is_f64()) {
        Some(x) => figure(x),
        None => value.to_string(),
    }
}

fn section(text: &mut String, title: &str, rows: &[(String, String)]) {
    let _ = writeln!(text, "<h2>{title}</h2>\n<table>");
    for (name, value) in rows {
        let _ = writeln!(text, "<tr><th>{}</th><td>{}</td></tr>", escaped(name), escaped(value));
    }
    *text += "</table>\n";
}

/// In a page the picture's namespace goes without saying.
fn inline(svg: &str) -> String {
    svg.replace(" xmlns=\"http://www.w3.org/2000/svg\"", "")
}

/// As text in a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// As one word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_=.,:/+".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.into(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_shell_and_a_page() {
        assert_eq!(quoted("--hidden=16,16"), "--hidden=16,16");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(escaped("<b> & \"c\""), "&lt;b&gt; &amp; &quot;c&quot;");
    }
}
