//! Charts of the benchmarks as SVG: [`peers`] and [`lines`].

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use super::report::{Report, Row};

/// Colours that can be told apart, also by most people who see fewer (Okabe and Ito), then shades of grey.
const COLOURS: [RGBColor; 10] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(213, 94, 0),
    RGBColor(120, 94, 240),
    RGBColor(160, 160, 60),
    RGBColor(110, 110, 110),
    RGBColor(170, 170, 170),
];

/// Time per step relative to bp-faer with as many threads, a line of dots for each workload; right is slower.
pub(super) fn peers(report: &Report) -> Result<String> {
    let mut lines = vec![];
    for entry in &report.entries {
        for threads in [1, 2] {
            let Some(ours) = entry.row("bp-faer", threads, "f32").map(Row::median) else { continue };
            let dots: Vec<(String, f64)> = entry
                .rows
                .iter()
                .filter(|row| row.is_peer() && row.threads == threads && !row.samples.is_empty())
                .map(|row| (row.who.clone(), row.median() / ours))
                .collect();
            lines.push((format!("{}, {threads} thread{}", entry.name, if threads == 1 { "" } else { "s" }), dots));
        }
    }
    let mut names: Vec<String> = lines.iter().flat_map(|(_, dots)| dots.iter().map(|(who, _)| who.clone())).collect();
    names.sort();
    names.dedup();
    let all = || lines.iter().flat_map(|(_, dots)| dots.iter().map(|(_, ratio)| *ratio));
    let (low, high) = (all().fold(0.5, f64::min) / 1.2, all().fold(2.0, f64::max).min(1000.0) * 1.2);
    let mut svg = String::new();
    {
        let size = (900, 120 + 26 * lines.len() as u32);
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let done = |e: DrawingAreaErrorKind<_>| anyhow!("cannot draw the chart: {e}");
        root.fill(&WHITE).map_err(done)?;
        let mut chart = ChartBuilder::on(&root)
            .caption("Time per step relative to bp-faer (left of the line is faster than bp-faer)", ("sans-serif", 17))
            .margin(10)
            .x_label_area_size(40)
            .y_label_area_size(110)
            .right_y_label_area_size(120)
            .build_cartesian_2d((low..high).log_scale(), -0.5..lines.len() as f64 - 0.5)
            .map_err(done)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(0)
            .x_label_formatter(&|x| format!("{x}×"))
            .x_desc("times as long as bp-faer with the same number of threads, logarithmic")
            .draw()
            .map_err(done)?;
        let top = lines.len() as f64 - 1.0;
        let one = LineSeries::new([(1.0, -0.5), (1.0, top + 0.5)], BLACK.stroke_width(2));
        chart.draw_series(one).map_err(done)?;
        for (i, (label, _)) in lines.iter().enumerate() {
            let y = top - i as f64;
            let (_, pixel) = chart.backend_coord(&(1.0, y));
            root.draw_text(label, &("sans-serif", 13).into_text_style(&root), (12, pixel - 7)).map_err(done)?;
            let faint = LineSeries::new([(low, y), (high, y)], BLACK.mix(0.12));
            chart.draw_series(faint).map_err(done)?;
        }
        for (who, colour) in names.iter().zip(COLOURS.iter().cycle()) {
            let dots = lines.iter().enumerate().flat_map(|(i, (_, dots))| {
                let y = top - i as f64;
                dots.iter().filter(|(name, _)| name == who).map(move |(_, ratio)| (ratio.min(high), y))
            });
            chart.draw_series(dots.map(|at| Circle::new(at, 5, colour.mix(0.85).filled()))).map_err(done)?;
        }
        legend(&root, size.0 as i32 - 118, &names)?;
        root.present().map_err(done)?;
    }
    Ok(svg)
}

/// A line for each series over a common x, both axes logarithmic; `marked` points get a ring.
pub(super) fn lines(
    title: &str,
    axes: (&str, &str),
    series: &[(String, Vec<(f64, f64)>)],
    marked: &[(f64, f64)],
) -> Result<String> {
    let points = || series.iter().flat_map(|(_, points)| points.iter().copied());
    let bounds = |of: fn((f64, f64)) -> f64| {
        points().map(of).fold((f64::INFINITY, 0.0_f64), |(low, high), v| (low.min(v), high.max(v)))
    };
    let ((x0, x1), (y0, y1)) = (bounds(|p| p.0), bounds(|p| p.1));
    let mut svg = String::new();
    {
        let size = (900, 560);
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let done = |e: DrawingAreaErrorKind<_>| anyhow!("cannot draw the chart: {e}");
        root.fill(&WHITE).map_err(done)?;
        let mut chart = ChartBuilder::on(&root)
            .caption(title, ("sans-serif", 17))
            .margin(10)
            .x_label_area_size(40)
            .y_label_area_size(70)
            .right_y_label_area_size(120)
            .build_cartesian_2d((x0 * 0.9..x1 * 1.1).log_scale(), (y0 * 0.8..y1 * 1.25).log_scale())
            .map_err(done)?;
        let mesh = (axes.0, axes.1);
        chart.configure_mesh().x_desc(mesh.0).y_desc(mesh.1).light_line_style(BLACK.mix(0.05)).draw().map_err(done)?;
        for ((_, points), colour) in series.iter().zip(COLOURS.iter().cycle()) {
            chart.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2))).map_err(done)?;
            chart.draw_series(points.iter().map(|&at| Circle::new(at, 2, colour.filled()))).map_err(done)?;
        }
        chart.draw_series(marked.iter().map(|&at| Circle::new(at, 7, RED.stroke_width(2)))).map_err(done)?;
        let names: Vec<String> = series.iter().map(|(name, _)| name.clone()).collect();
        legend(&root, size.0 as i32 - 118, &names)?;
        root.present().map_err(done)?;
    }
    Ok(svg)
}

/// A dot and a name for each series, from the top down.
fn legend(root: &DrawingArea<SVGBackend<'_>, Shift>, x: i32, names: &[String]) -> Result<()> {
    let done = |e: DrawingAreaErrorKind<_>| anyhow!("cannot draw the legend: {e}");
    for (i, (name, colour)) in names.iter().zip(COLOURS.iter().cycle()).enumerate() {
        let y = 50 + 20 * i as i32;
        root.draw(&Circle::new((x, y), 5, colour.filled())).map_err(done)?;
        root.draw_text(name, &("sans-serif", 13).into_text_style(root), (x + 12, y - 7)).map_err(done)?;
    }
    Ok(())
}
