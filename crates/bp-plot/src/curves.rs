//! [`curves`]: lines over a common axis.

use plotters::chart::ChartContext;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use crate::canvas::{COLOURS, Drawn, GREY, PlotError, bounds, label, picture, tick};

/// A logarithmic axis is used where values differ by so much.
const LOGARITHMIC: f64 = 100.0;

/// One line. See [`curves`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// In the legend.
    pub name: String,
    /// x and y; a point that is not finite is left out.
    pub points: Vec<(f64, f64)>,
    /// x, lowest and highest y: a shade around the line.
    pub band: Vec<(f64, f64, f64)>,
}

/// What stands around a picture. See [`curves`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Axes<'a> {
    /// Above.
    pub title: &'a str,
    /// Below.
    pub x: &'a str,
    /// On the left.
    pub y: &'a str,
    /// Both axes go from 0 to 1, and what lies on the diagonal is marked.
    pub unit: bool,
    /// A y axis by powers, if all values are positive and differ much.
    pub logarithmic: bool,
}

/// Draws lines; from the seventh on colours come again.
///
/// ```
/// use bp_plot::{Axes, Line, curves};
/// let lines = ["a", "b"].map(|name| Line { name: name.into(), points: vec![(1.0, 1.0), (2.0, 0.5)], band: vec![] });
/// let svg = curves(&Axes { title: "Two", x: "epoch", y: "error", ..Axes::default() }, &lines)?;
/// assert!(svg.contains("<title>Two</title>"));
/// # Ok::<(), bp_plot::PlotError>(())
/// ```
///
/// # Errors
/// If no point is finite.
pub fn curves(axes: &Axes<'_>, lines: &[Line]) -> Result<String, PlotError> {
    let nothing = || PlotError::Nothing { title: axes.title.into() };
    let xs = lines.iter().flat_map(|line| line.points.iter().map(|at| at.0));
    let ys = || {
        let of_bands = lines.iter().flat_map(|line| line.band.iter().flat_map(|at| [at.1, at.2]));
        lines.iter().flat_map(|line| line.points.iter().map(|at| at.1)).chain(of_bands)
    };
    let (mut x, mut y) = (bounds(xs).ok_or_else(nothing)?, bounds(ys()).ok_or_else(nothing)?);
    if axes.unit {
        (x, y) = ((0.0, 1.0), (0.0, 1.0));
    }
    let by_powers = axes.logarithmic && ys().all(|y| y > 0.0) && y.1 > LOGARITHMIC * y.0;
    let names: Vec<(&str, RGBColor)> = match lines {
        [_] => vec![],
        lines => lines.iter().zip(COLOURS.iter().cycle()).map(|(line, colour)| (line.name.as_str(), *colour)).collect(),
    };
    picture(axes.title, 300, &names, |area| {
        let mut builder = ChartBuilder::on(area);
        builder.margin(8).margin_right(16).x_label_area_size(40).y_label_area_size(58);
        match by_powers {
            true => draw(builder.build_cartesian_2d(x.0..x.1, (y.0..y.1).log_scale())?, axes, lines),
            false => draw(builder.build_cartesian_2d(x.0..x.1, y.0..y.1)?, axes, lines),
        }
    })
}

fn draw<Y>(
    mut chart: ChartContext<'_, SVGBackend<'_>, Cartesian2d<RangedCoordf64, Y>>,
    axes: &Axes<'_>,
    lines: &[Line],
) -> Drawn
where
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    chart
        .configure_mesh()
        .axis_style(GREY)
        .bold_line_style(GREY.mix(0.25))
        .light_line_style(TRANSPARENT)
        .label_style(label())
        .axis_desc_style(label())
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&tick)
        .y_label_formatter(&tick)
        .x_desc(axes.x)
        .y_desc(axes.y)
        .draw()?;
    if axes.unit {
        chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], GREY.stroke_width(1)))?;
    }
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let band: Vec<_> =
            line.band.iter().filter(|at| at.0.is_finite() && at.1.is_finite() && at.2.is_finite()).collect();
        let around = band.iter().map(|at| (at.0, at.2)).chain(band.iter().rev().map(|at| (at.0, at.1)));
        if band.len() > 1 {
            chart.draw_series([Polygon::new(around.collect::<Vec<_>>(), colour.mix(0.25))])?;
        }
        let points: Vec<_> = line.points.iter().copied().filter(|at| at.0.is_finite() && at.1.is_finite()).collect();
        // A single epoch is no line.
        if let [at] = points[..] {
            chart.draw_series([Circle::new(at, 3, colour.filled())])?;
        }
        chart.draw_series(LineSeries::new(points, colour.stroke_width(2)))?;
    }
    Ok(())
}
