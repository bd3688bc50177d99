//! [`regions`] and [`fit`]: rows in a plane, and what a network says there.

use plotters::prelude::*;

use crate::canvas::{COLOURS, GREY, PlotError, bounds, check_length, label, picture, tick};
use crate::{Axes, canvas};

/// Pixels of each side of a plane, which is cut into cells of whole pixels.
const SIDE: u32 = 400;

/// Classes over a grid. See [`regions`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane<'a> {
    /// Where the first and the last column lie.
    pub x: (f64, f64),
    /// Where the first and the last row lie.
    pub y: (f64, f64),
    /// Columns, and rows.
    pub side: usize,
    /// The class at each point, row by row from the lowest y.
    pub classes: &'a [u32],
}

/// Draws which class each point of a plane belongs to, and rows with their own classes as dots.
///
/// ```
/// use bp_plot::{Axes, Plane, regions};
/// let plane = Plane { x: (0.0, 1.0), y: (0.0, 1.0), side: 2, classes: &[0, 1, 0, 1] };
/// let axes = Axes { title: "Halves", x: "x1", y: "x2", ..Axes::default() };
/// let svg = regions(&axes, &["left", "right"], &plane, &[(0.1, 0.5, 0), (0.9, 0.5, 1)])?;
/// assert_eq!(svg.matches("<circle").count(), 2);
/// # Ok::<(), bp_plot::PlotError>(())
/// ```
///
/// # Errors
/// If there are not side² classes.
pub fn regions(
    axes: &Axes<'_>,
    names: &[&str],
    plane: &Plane<'_>,
    rows: &[(f64, f64, u32)],
) -> Result<String, PlotError> {
    let Plane { x, y, side, classes } = *plane;
    check_length(axes.title, side * side, classes.len())?;
    let nothing = || PlotError::Nothing { title: axes.title.into() };
    let step = |(low, high): (f64, f64)| (high - low) / (side.max(2) - 1) as f64;
    let (dx, dy) = (step(x), step(y));
    if side == 0 || !(dx > 0.0 && dy > 0.0 && dx.is_finite() && dy.is_finite()) {
        return Err(nothing());
    }
    let colour = |class: u32| COLOURS[class as usize % COLOURS.len()];
    let legend: Vec<_> = names.iter().enumerate().map(|(class, name)| (*name, colour(class as u32))).collect();
    picture(axes.title, SIDE, &legend, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_right(16)
            .x_label_area_size(40)
            .y_label_area_size(58)
            .build_cartesian_2d(x.0 - dx / 2.0..x.1 + dx / 2.0, y.0 - dy / 2.0..y.1 + dy / 2.0)?;
        chart
            .configure_mesh()
            .disable_mesh()
            .axis_style(GREY)
            .label_style(label())
            .axis_desc_style(label())
            .x_labels(6)
            .y_labels(6)
            .x_label_formatter(&tick)
            .y_label_formatter(&tick)
            .x_desc(axes.x)
            .y_desc(axes.y)
            .draw()?;
        for (row, classes) in classes.chunks_exact(side).enumerate() {
            let low = y.0 + (row as f64 - 0.5) * dy;
            let mut from = 0;
            for run in classes.chunk_by(|a, b| a == b) {
                let left = x.0 + (from as f64 - 0.5) * dx;
                from += run.len();
                let right = x.0 + (from as f64 - 0.5) * dx;
                let cell = Rectangle::new([(left, low), (right, low + dy)], colour(run[0]).mix(0.3).filled());
                chart.draw_series([cell])?;
            }
        }
        let dots = rows.iter().filter(|at| at.0.is_finite() && at.1.is_finite());
        chart.draw_series(dots.map(|at| Circle::new((at.0, at.1), 3, colour(at.2).filled())))?;
        Ok(())
    })
}

/// Draws a function of one input as a line, and rows as dots.
///
/// ```
/// let axes = bp_plot::Axes { title: "Fit", x: "x", y: "y", ..Default::default() };
/// let svg = bp_plot::fit(&axes, &[(0.0, 0.0), (1.0, 1.0)], &[(0.5, 0.6)])?;
/// assert_eq!(svg.matches("<circle").count(), 1);
/// # Ok::<(), bp_plot::PlotError>(())
/// ```
///
/// # Errors
/// If no number is finite.
pub fn fit(axes: &Axes<'_>, line: &[(f64, f64)], rows: &[(f64, f64)]) -> Result<String, PlotError> {
    let nothing = || PlotError::Nothing { title: axes.title.into() };
    let of = |get: fn(&(f64, f64)) -> f64| bounds(line.iter().chain(rows).map(get)).ok_or_else(nothing);
    let (x, y) = (of(|at| at.0)?, of(|at| at.1)?);
    let legend = [("rows", COLOURS[0]), ("network", COLOURS[1])];
    picture(axes.title, 300, &legend, |area: &canvas::Area<'_>| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_right(16)
            .x_label_area_size(40)
            .y_label_area_size(58)
            .build_cartesian_2d(x.0..x.1, y.0..y.1)?;
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
        let is_finite = |at: &&(f64, f64)| at.0.is_finite() && at.1.is_finite();
        let dots = rows.iter().filter(is_finite);
        chart.draw_series(dots.map(|at| Circle::new(*at, 3, COLOURS[0].mix(0.6).filled())))?;
        let points = line.iter().filter(is_finite).copied();
        chart.draw_series(LineSeries::new(points, COLOURS[1].stroke_width(3)))?;
        Ok(())
    })
}
