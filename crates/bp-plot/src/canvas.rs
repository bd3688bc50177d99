//! What every picture stands on: size, colours, title and legend.

use plotters::coord::Shift;
use plotters::prelude::*;

/// Colours that most people who see fewer can tell apart (Okabe and Ito), without black and yellow, of which one or the
/// other cannot be seen on some ground.
pub const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// Lines of axes: seen on white and on black.
pub(crate) const GREY: RGBColor = RGBColor(128, 128, 128);
pub(crate) const WIDTH: u32 = 480;
/// Text is drawn 1.24 times smaller.
const TEXT: u32 = 15;
const TITLE: u32 = 18;
/// Pixels of a letter and of a line, about.
const LETTER: i32 = 7;
const LINE: i32 = 17;
/// Text follows the reader's choice of light or dark.
const STYLE: &str = "<style>text{fill:#1b1b1b}@media(prefers-color-scheme:dark){text{fill:#e8e8e8}}</style>\n";

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(crate) type Drawn<T = ()> = Result<T, PlotError>;

/// A picture that cannot be drawn.
///
/// ```
/// let error = bp_plot::curves(&bp_plot::Axes { title: "Error", ..Default::default() }, &[]).unwrap_err();
/// assert_eq!(error.to_string(), "nothing to draw in `Error`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// No number that is finite.
    #[error("nothing to draw in `{title}`")]
    Nothing {
        /// Of the picture.
        title: String,
    },
    /// Numbers that do not fill what they should.
    #[error("{got} numbers in `{title}`, expected {expected}")]
    Shape {
        /// Of the picture.
        title: String,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// What the plotting library could not do.
    #[error("cannot draw: {0}")]
    Library(String),
}

impl<E: std::error::Error + Send + Sync> From<DrawingAreaErrorKind<E>> for PlotError {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self::Library(error.to_string())
    }
}

/// Refuses numbers that do not fill what they should.
pub(crate) fn check_length(title: &str, expected: usize, got: usize) -> Drawn {
    if expected == got { Ok(()) } else { Err(PlotError::Shape { title: title.into(), expected, got }) }
}

/// A picture of some height: a title, a legend if there are names, and what is drawn below.
pub(crate) fn picture(
    title: &str,
    height: u32,
    legend: &[(&str, RGBColor)],
    draw: impl FnOnce(&Area<'_>) -> Drawn,
) -> Drawn<String> {
    let mut svg = String::new();
    {
        let places = places(legend);
        let lines = places.last().map_or(0, |(_, y)| y / LINE + 1);
        let head = 26 + LINE * lines + if lines > 0 { 6 } else { 0 };
        let root = SVGBackend::with_string(&mut svg, (WIDTH, height + head as u32)).into_drawing_area();
        let (top, rest) = root.split_vertically(head);
        top.draw_text(title, &("sans-serif", TITLE).into_text_style(&top), (10, 6))?;
        for ((name, colour), (x, y)) in legend.iter().zip(places) {
            top.draw(&Rectangle::new([(x, y + 31), (x + 10, y + 41)], colour.filled()))?;
            top.draw_text(name, &text(&top), (x + 15, y + 29))?;
        }
        draw(&rest)?;
        root.present()?;
    }
    let shown = format!(" role=\"img\">\n<title>{}</title>\n{STYLE}", escaped(title));
    Ok(svg.replacen('>', &shown, 1))
}

/// Where the entries of a legend stand, line by line.
fn places(legend: &[(&str, RGBColor)]) -> Vec<(i32, i32)> {
    let (mut x, mut y) = (10, 0);
    let mut place = |name: &str| {
        let width = 30 + LETTER * name.chars().count() as i32;
        if x > 10 && x + width > WIDTH as i32 {
            (x, y) = (10, y + LINE);
        }
        let at = (x, y);
        x += width;
        at
    };
    legend.iter().map(|(name, _)| place(name)).collect()
}

/// How labels are written.
pub(crate) fn text<'a>(area: &Area<'_>) -> TextStyle<'a> {
    ("sans-serif", TEXT).into_text_style(area)
}

/// The same, for axes.
pub(crate) fn label() -> (&'static str, u32) {
    ("sans-serif", TEXT)
}

/// The lowest and highest finite value; none if there is none. Equal ends are moved apart.
pub(crate) fn bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let finite = values.filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    match low {
        low if low < high => Some((low, high)),
        // Half a unit is nothing beside very large values.
        low if low.is_finite() => Some((low - 0.5 - low.abs() / 16.0, high + 0.5 + high.abs() / 16.0)),
        _ => None,
    }
}

/// The first letters of a name.
pub(crate) fn cut(name: &str, letters: usize) -> String {
    match name.char_indices().nth(letters) {
        Some(_) => name.chars().take(letters.saturating_sub(1)).chain(['…']).collect(),
        None => name.into(),
    }
}

/// A number on an axis, at most five figures.
pub(crate) fn tick(x: &f64) -> String {
    let size = x.abs();
    match size > 0.0 && !(0.001..100_000.0).contains(&size) {
        true => format!("{x:.0e}"),
        false => {
            let text = format!("{x:.3}");
            text.trim_end_matches('0').trim_end_matches('.').into()
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
