//! Units and parameters as a user writes them: `h1[0]`, `h1.weight.input[0][1]`, or with dots for brackets.

use bp_core::{Block, INPUT, Plan};
use bp_datasets::nearest;
use bp_verify::explain::Focus;

use crate::failure::Failure;

/// `LAYER[J]`.
pub(crate) fn unit<'a>(text: &str, plan: &'a Plan) -> Result<Focus<'a>, Failure> {
    let (layer, unit) = split(text)
        .filter(|(layer, numbers)| !layer.is_empty() && numbers.len() == 1)
        .map(|(layer, numbers)| (layer, numbers[0]))
        .ok_or_else(|| Failure::Usage(format!("--unit is `{text}`, expected a layer and a unit, as in h1[0]")))?;
    let architecture = plan.architecture();
    let hidden = architecture.hidden.iter().map(|layer| (layer.name.as_str(), layer.width));
    let layers: Vec<_> = hidden.chain([(architecture.output.name.as_str(), architecture.output.width)]).collect();
    if layer == INPUT {
        return Err(Failure::Place(format!("--unit is `{text}`, but inputs are given and have no δ")));
    }
    match layers.iter().find(|(name, _)| dotted(name) == layer) {
        None => Err(unknown(&layer, &layers.iter().map(|(name, _)| *name).collect::<Vec<_>>())),
        Some((name, width)) if unit >= *width => {
            Err(Failure::Place(format!("--unit is `{text}`, but layer `{name}` has width {width}, counted from 0")))
        }
        Some((name, _)) => Ok(Focus::Unit { layer: name, unit }),
    }
}

/// `LAYER.weight.SOURCE[J][I]` or `LAYER.bias[J]`.
pub(crate) fn parameter(text: &str, plan: &Plan) -> Result<Focus<'static>, Failure> {
    let usage = || {
        let forms = "h1.weight.input[0][1] or h1.bias[0]";
        Failure::Usage(format!("--weight is `{text}`, expected a name with indices, as in {forms}"))
    };
    let (name, numbers) = split(text).ok_or_else(usage)?;
    let blocks = plan.blocks();
    let Some(block) = blocks.iter().find(|block| dotted(&block.to_string()) == name) else {
        let names: Vec<String> = blocks.iter().map(ToString::to_string).collect();
        return Err(unknown(&name, &names.iter().map(String::as_str).collect::<Vec<_>>()));
    };
    let Block { rows, cols, .. } = block;
    let (row, col) = match (&block.source, &numbers[..]) {
        (None, [col]) => (0, *col),
        (Some(_), [row, col]) => (*row, *col),
        (None, _) => return Err(Failure::Usage(format!("--weight is `{text}`, expected one index, as in {block}[0]"))),
        (Some(_), _) => {
            return Err(Failure::Usage(format!("--weight is `{text}`, expected two indices, as in {block}[0][0]")));
        }
    };
    match row < *rows && col < *cols {
        true => Ok(Focus::Parameter(block.range.start + row * cols + col)),
        false => {
            let why = format!("--weight is `{text}`, but {block} has {rows} × {cols} entries, counted from 0");
            Err(Failure::Place(why))
        }
    }
}

/// Brackets as dots.
fn dotted(text: &str) -> String {
    text.replace('[', ".").replace(']', "")
}

/// A name and the one or two numbers at its end.
fn split(text: &str) -> Option<(String, Vec<usize>)> {
    let text = dotted(text);
    let mut parts: Vec<&str> = text.split('.').collect();
    let mut numbers = vec![];
    while let Some(number) = parts.last().and_then(|part| part.parse().ok()).filter(|_| numbers.len() < 2) {
        numbers.insert(0, number);
        parts.pop();
    }
    (!numbers.is_empty() && !parts.is_empty()).then(|| (parts.join("."), numbers))
}

fn unknown(name: &str, known: &[&str]) -> Failure {
    let meant = nearest(name, known.iter().copied()).map(|near| format!(", did you mean `{near}`?"));
    let meant = meant.unwrap_or_else(|| ";".into());
    Failure::Place(format!("`{name}` is not in the network{meant} there are: {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use bp_core::{Act, stack};

    use super::*;

    /// Layers whose names look like numbers and indices can still be said.
    #[test]
    fn every_form_leads_to_the_same_place() {
        let plan = Plan::new(stack(2).hidden(3, Act::Tanh).output(2, Act::Identity)).unwrap();
        for text in ["h1.weight.input[2][1]", "h1.weight.input.2.1"] {
            assert_eq!(parameter(text, &plan).unwrap(), Focus::Parameter(5));
        }
        assert_eq!(parameter("out.bias[1]", &plan).unwrap(), Focus::Parameter(9 + 6 + 1));
        for text in ["h1[2]", "h1.2"] {
            assert_eq!(unit(text, &plan).unwrap(), Focus::Unit { layer: "h1", unit: 2 });
        }
        // Every name that a certificate prints is understood.
        for index in 0..plan.n_params() {
            let name = plan.locate(index).unwrap().to_string();
            assert_eq!(parameter(&name, &plan).unwrap(), Focus::Parameter(index), "{name}");
        }
    }
}
