//! [`strips`]: how histograms change over time.

use plotters::prelude::*;

use crate::canvas::{COLOURS, GREY, PlotError, bounds, check_length, label, picture, tick};

/// Shares below this of the fullest bin are hardly seen and left out.
const FAINT: f64 = 0.02;

/// One layer over time. See [`strips`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Strip {
    /// Beside it.
    pub name: String,
    /// For each time: the time, and how many values are in each bin.
    pub columns: Vec<(f64, Vec<u64>)>,
}

/// Draws one strip for each layer: time goes to the right, a bin is the darker the more values are in it.
///
/// ```
/// use bp_plot::{Strip, strips};
/// let strip = Strip { name: "h1".into(), columns: vec![(1.0, vec![0, 4]), (2.0, vec![2, 2])] };
/// let svg = strips("z", "epoch", (-1.0, 1.0), &[strip])?;
/// assert_eq!(svg.matches("<rect").count(), 3);
/// # Ok::<(), bp_plot::PlotError>(())
/// ```
///
/// # Errors
/// If there is no time, or bins differ in number.
pub fn strips(title: &str, x: &str, (low, high): (f64, f64), layers: &[Strip]) -> Result<String, PlotError> {
    let times = || layers.iter().flat_map(|strip| strip.columns.iter().map(|column| column.0));
    let (first, last) = bounds(times()).ok_or_else(|| PlotError::Nothing { title: title.into() })?;
    let bins = layers.iter().flat_map(|strip| &strip.columns).map(|column| column.1.len()).max().unwrap_or(0);
    let mut all = layers.iter().flat_map(|strip| &strip.columns);
    all.try_for_each(|column| check_length(title, bins, column.1.len()))?;
    let each = 110;
    picture(title, each * layers.len() as u32 + 30, &[], |area| {
        let last_layer = layers.len() - 1;
        let mut rest = area.clone();
        for (l, strip) in layers.iter().enumerate() {
            let is_last = l == last_layer;
            let (this, below) = rest.split_vertically(each + if is_last { 30 } else { 0 });
            rest = below;
            let mut chart = ChartBuilder::on(&this)
                .margin(6)
                .margin_right(16)
                .x_label_area_size(if is_last { 40 } else { 10 })
                .y_label_area_size(58)
                .build_cartesian_2d(first..last, low..high)?;
            let mut mesh = chart.configure_mesh();
            mesh.axis_style(GREY).bold_line_style(GREY.mix(0.25)).light_line_style(TRANSPARENT).label_style(label());
            mesh.axis_desc_style(label())
                .x_label_formatter(&tick)
                .y_label_formatter(&tick)
                .y_labels(4)
                .y_desc(&*strip.name);
            if is_last {
                mesh.x_labels(6).x_desc(x);
            } else {
                mesh.x_labels(0);
            }
            mesh.draw()?;
            for (at, (time, counts)) in strip.columns.iter().enumerate() {
                // Half way to the neighbours.
                let until = strip.columns.get(at + 1).map_or(last, |next| (time + next.0) / 2.0);
                let from = at.checked_sub(1).map_or(first, |before| (time + strip.columns[before].0) / 2.0);
                let fullest = counts.iter().max().copied().unwrap_or(0).max(1) as f64;
                for (bin, &count) in counts.iter().enumerate() {
                    let share = count as f64 / fullest;
                    if !(share > FAINT) {
                        continue;
                    }
                    let edge = |bin: usize| low + (high - low) * bin as f64 / bins as f64;
                    let shade = COLOURS[0].mix(0.1 + 0.9 * share).filled();
                    chart.draw_series([Rectangle::new([(from, edge(bin)), (until, edge(bin + 1))], shade)])?;
                }
            }
        }
        Ok(())
    })
}
