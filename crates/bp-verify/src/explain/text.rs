//! Explanations as text of at most 80 columns.

use core::fmt::{Display, Formatter, Result};

use super::number::{largest, percent, pretty};
use super::{Check, Entry, Explanation, Overview, Unit};

/// Terms that are written out; of more, the largest are.
const MOST: usize = 12;
/// Columns of a unit's name.
const NAME: usize = 18;

impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { scalar, error, unit, entry, check } = self;
        let what = entry.as_ref().map_or_else(|| format!("δ of {}", short(&unit.name(), 30)), |e| short(&e.place, 40));
        writeln!(f, "{what}; E = {}, {scalar}, all counted from 0", pretty(*error))?;
        write_unit(f, unit, entry.is_some())?;
        if let Some(entry) = entry {
            write_entry(f, entry)?;
        }
        write_check(f, check, if entry.is_some() { "∂E/∂w" } else { "δ" })
    }
}

fn write_unit(f: &mut Formatter<'_>, unit: &Unit, is_entry: bool) -> Result {
    let units = if unit.width == 1 { "unit" } else { "units" };
    let name = short(&unit.layer, NAME);
    writeln!(f, "\nforward, {name} has {} {} {units}: a = Σ_i w_i z_i", unit.width, unit.function)?;
    let (inputs, rest) = largest(&unit.inputs, MOST, |input| input.product);
    for input in &inputs {
        let w = input.weight.map_or_else(|| "1".into(), pretty);
        line(f, &input.from, ("w", &w), ("z", &pretty(input.z)), input.product, "")?;
    }
    write_rest(f, unit.inputs.len(), rest)?;
    writeln!(f, "  a = {}   z = h(a) = {}", pretty(unit.a), pretty(unit.z))?;

    match unit.slope {
        Some(slope) => {
            writeln!(f, "\nbackward: δ = h′(a) Σ_k w_k δ_k over all consumers k")?;
            write_terms(f, unit, ("w", "δ"))?;
            let [slope, sum, delta] = [slope, unit.sum, unit.delta].map(pretty);
            writeln!(f, "  δ = h′(a) · sum = {slope} · {sum} = {delta}")?;
        }
        None if unit.terms.is_empty() => {
            let [y, t, delta] = [unit.z, unit.target.unwrap_or(f64::NAN), unit.delta].map(pretty);
            writeln!(f, "\nbackward: δ = ∂E/∂a = y − t = {y} − {} = {delta}", parenthesised(&t))?;
        }
        None => {
            writeln!(f, "\nbackward: δ = ∂E/∂a = Σ_m ∂y_m/∂a ∂E/∂y_m over all outputs m")?;
            write_terms(f, unit, ("∂y", "∂E"))?;
            writeln!(f, "  δ = {}", pretty(unit.delta))?;
        }
    }
    if is_entry {
        return Ok(());
    }
    writeln!(f, "\ngradient: ∂E/∂w_i = δ z_i")?;
    let weighted: Vec<_> = unit.inputs.iter().filter_map(|i| Some((&i.from, i.z, i.gradient?))).collect();
    let (shown, _) = largest(&weighted, MOST, |(.., gradient)| *gradient);
    for (from, z, gradient) in shown {
        line(f, from, ("δ", &pretty(unit.delta)), ("z", &pretty(*z)), *gradient, "")?;
    }
    match weighted.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => writeln!(f, "  {more} more, none larger"),
    }
}

fn write_terms(f: &mut Formatter<'_>, unit: &Unit, names: (&str, &str)) -> Result {
    let (terms, rest) = largest(&unit.terms, MOST, |term| term.product);
    for term in terms {
        let (factor, delta) = (pretty(term.factor), pretty(term.delta));
        line(f, &term.unit, (names.0, &factor), (names.1, &delta), term.product, &percent(term.share))?;
    }
    write_rest(f, unit.terms.len(), rest)?;
    writeln!(f, "  sum = {}, {} of the sum of the sizes", pretty(unit.sum), percent(unit.left()))
}

fn write_entry(f: &mut Formatter<'_>, entry: &Entry) -> Result {
    let w = pretty(entry.value);
    match entry.products.len() {
        1 => writeln!(f, "\ngradient at w = {w}: ∂E/∂w = δ z")?,
        n => writeln!(f, "\ngradient at w = {w}, used {n} times: ∂E/∂w = Σ δ_j z_i")?,
    }
    let (products, rest) = largest(&entry.products, MOST, |product| product.product);
    for p in products {
        let name = format!("{} ← {}", short(&p.unit, NAME / 2), short(&p.from, NAME / 2));
        line(f, &name, ("δ", &pretty(p.delta)), ("z", &pretty(p.z)), p.product, "")?;
    }
    write_rest(f, entry.products.len(), rest)?;
    writeln!(f, "  ∂E/∂w = {}", pretty(entry.gradient))
}

fn write_check(f: &mut Formatter<'_>, check: &Check, what: &str) -> Result {
    writeln!(f, "\nchecked, two other ways to {what}")?;
    writeln!(f, "  backpropagation      {}", long(check.got))?;
    match &check.difference {
        Some(d) => writeln!(f, "  central differences  {} ± {}", long(d.value), bound(d.error))?,
        None => writeln!(f, "  central differences  none: a unit stands on a kink")?,
    }
    let (from, to) = (long(check.true_from), long(check.true_to));
    writeln!(f, "  certificate          {}", check.verdict)?;
    writeln!(f, "    true value from    {from}\n                  to   {to}")?;
    writeln!(f, "    rounding up to     {}", bound(check.radius))
}

impl Display for Overview {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "one example, {}; E = {}, all counted from 0", self.scalar, pretty(self.error))?;
        writeln!(f, "\n  {:<NAME$} {:>12} {:>12} {:>12}", "output", "y", "t", "δ")?;
        let (outputs, _) = largest(&self.outputs, MOST, |output| output.delta);
        for output in outputs {
            let [y, t, delta] = [output.y, output.t, output.delta].map(pretty);
            writeln!(f, "  {:<NAME$} {y:>12} {t:>12} {delta:>12}", short(&output.unit, NAME))?;
        }
        if self.outputs.len() > MOST {
            writeln!(f, "  {} more, whose δ are no larger", self.outputs.len() - MOST)?;
        }
        writeln!(f, "\n  {:<NAME$} {:>6} {:>12} {:>12}  at", "layer", "units", "|δ|, root of", "largest |δ|")?;
        writeln!(f, "  {:<NAME$} {:>6} {:>12}", "", "", "mean square")?;
        for layer in &self.layers {
            let (size, most) = (pretty(layer.root_mean_square), pretty(layer.largest));
            let name = short(&layer.layer, NAME);
            writeln!(f, "  {name:<NAME$} {:>6} {size:>12} {most:>12}  [{}]", layer.delta.len(), layer.at)?;
        }
        for layer in self.layers.iter().filter(|layer| layer.delta.len() <= MOST) {
            let mut row = format!("\n  δ of {}:", short(&layer.layer, NAME));
            for delta in &layer.delta {
                let number = pretty(*delta);
                let length = row.lines().last().map_or(0, |line| line.chars().count());
                row += if length + number.chars().count() + 1 > 78 { "\n    " } else { " " };
                row += &number;
            }
            write!(f, "{row}")?;
        }
        let Self { verdict, judged, resolution, .. } = self;
        writeln!(f, "\n\ncertificate of the gradient: {verdict}, {judged} entries, resolution {resolution:.0e}")
    }
}

/// One product, aligned.
fn line(
    f: &mut Formatter<'_>,
    name: &str,
    (v, left): (&str, &str),
    (w, right): (&str, &str),
    product: f64,
    more: &str,
) -> Result {
    let (name, product) = (short(name, NAME), pretty(product));
    let text = format!("  {name:<NAME$} {v} {left:>10} · {w} {right:>10} = {product:>10} {more:>9}");
    writeln!(f, "{}", text.trim_end())
}

fn write_rest(f: &mut Formatter<'_>, all: usize, rest: f64) -> Result {
    match all.saturating_sub(MOST) {
        0 => Ok(()),
        more => writeln!(f, "  {more} smaller ones, together {}", pretty(rest)),
    }
}

fn parenthesised(number: &str) -> String {
    if number.starts_with('−') { format!("({number})") } else { number.into() }
}

/// A name in at most so many columns.
fn short(name: &str, most: usize) -> String {
    match name.chars().count() <= most {
        true => name.into(),
        // The end of a name says which unit it is.
        false => {
            let skipped = name.chars().count() - (most - 1);
            format!("…{}", name.chars().skip(skipped).collect::<String>())
        }
    }
}

/// Every digit.
fn long(x: f64) -> String {
    format!("{x:.16e}").replace('-', "−")
}

fn bound(x: f64) -> String {
    format!("{x:.1e}").replace('-', "−")
}
