//! [`hinted`]: what a user may have meant, behind a message about a name that is not known.

use bp_datasets::nearest;

/// What others call it, and what it is called here.
const SYNONYMS: [(&str, &str); 8] = [
    ("sigmoid", "logistic"),
    ("swish", "silu"),
    ("linear", "identity"),
    ("mse", "sum-of-squares"),
    ("squared-error", "sum-of-squares"),
    ("bce", "binary-cross-entropy"),
    ("nll", "cross-entropy"),
    ("log-loss", "cross-entropy"),
];

/// A message of the form "unknown … `name`, expected one of …", and the nearest of the names that it lists; any other
/// message as it is. All messages that list names have this form, those of serde too.
pub(crate) fn hinted(message: &str) -> String {
    match meant(message) {
        Some(near) => format!("{message}; did you mean `{near}`?"),
        None => message.into(),
    }
}

fn meant(message: &str) -> Option<&str> {
    let (wrong, rest) = message[message.rfind("unknown ")?..].split_once('`')?.1.split_once('`')?;
    let list = rest.trim_start_matches(", ").trim_start_matches("there are: ");
    let list = list.trim_start_matches("expected ").trim_start_matches("one of ");
    // A name may be followed by the form of its numbers, which may have a comma of its own.
    let name =
        |part: &'_ str| part.trim_matches('`').find(['[', ':', ']', ')']).unwrap_or(part.trim_matches('`').len());
    let mut known: Vec<&str> = list.split(", ").map(|part| &part.trim_matches('`')[..name(part)]).collect();
    let outputs = if message.starts_with("unknown output function") { &["softmax", "exp"][..] } else { &[] };
    known.extend(outputs);
    // With numbers behind it, as in huber:0.5, the name may be right.
    let wrong = wrong.split(':').next().unwrap_or(wrong);
    let synonym = SYNONYMS.iter().find(|(other, _)| other.eq_ignore_ascii_case(wrong)).map(|(_, name)| *name);
    let found = synonym.filter(|name| known.contains(name)).or_else(|| nearest(wrong, known.iter().copied()));
    found.filter(|near| *near != wrong && !near.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name() {
        let check = |message: &str, near| assert_eq!(meant(message), near, "{message}");
        let acts = "expected one of identity, tanh, logistic, leaky-relu[:slope], elu";
        check(&format!("unknown activation `tanhh`, {acts}"), Some("tanh"));
        check(&format!("unknown activation `leaky-rleu:0.1`, {acts}"), Some("leaky-relu"));
        check(&format!("unknown activation `leaky-relu:-1`, {acts}"), None);
        check(&format!("unknown activation `Sigmoid`, {acts}"), Some("logistic"));
        check(&format!("unknown activation `zebra`, {acts}"), None);
        check(
            "unknown schedule `cosinus`, expected one of constant, step:EPOCHS[,FACTOR], cosine[:FLOOR]",
            Some("cosine"),
        );
        check("unknown schedule `stepp:3`, expected one of constant, step:EPOCHS[,FACTOR]", Some("step"));
        check("unknown field `widht`, expected one of `name`, `width`, `bias`", Some("width"));
        check("unknown variant `dens`, expected `dense`", Some("dense"));
        let wrong = |name: &str| name.parse::<bp_core::Output>().expect_err(name).to_string();
        check(&wrong("softmx"), Some("softmax"));
        check(&wrong("logistc"), Some("logistic"));
        check("missing field `name`", None);
        check("unknown", None);
    }
}
