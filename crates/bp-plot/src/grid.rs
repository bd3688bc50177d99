//! [`confusion`] and [`images`]: numbers as shades in a grid of pixels.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::canvas::{COLOURS, PlotError, WIDTH, check_length, cut, picture, text};

/// Classes up to which counts are written into the cells.
const WRITTEN: usize = 12;
/// Pixels beside a confusion matrix, and letters of a name there.
const BESIDE: i32 = 90;
const LETTERS: usize = 10;
/// Images side by side, and pixels between them.
const ACROSS: usize = 8;
const GAP: i32 = 6;
/// Shades of a weight: neighbours of the same are one mark.
const SHADES: f64 = 12.0;

/// Draws how often each class was taken for each other: right classes down, predicted ones across, shaded by the share
/// of the right class's rows.
///
/// ```
/// let svg = bp_plot::confusion("Classes", &["no", "yes"], &[8, 2, 0, 5])?;
/// assert_eq!(svg.matches("<rect").count(), 4);
/// # Ok::<(), bp_plot::PlotError>(())
/// ```
///
/// # Errors
/// If there are no names, or not a count for each pair of them.
pub fn confusion(title: &str, names: &[&str], counts: &[u64]) -> Result<String, PlotError> {
    let classes = names.len();
    check_length(title, classes * classes, counts.len())?;
    if classes == 0 {
        return Err(PlotError::Nothing { title: title.into() });
    }
    let cell = ((WIDTH as i32 - BESIDE - 10) / classes as i32).clamp(1, 60);
    let height = 50 + cell * classes as i32;
    picture(title, height as u32, &[], |area| {
        let middle = text(area).pos(Pos::new(HPos::Center, VPos::Center));
        let right = text(area).pos(Pos::new(HPos::Right, VPos::Center));
        let at = |k: usize| k as i32 * cell;
        for (row, counts) in counts.chunks_exact(classes).enumerate() {
            let of_class = counts.iter().sum::<u64>().max(1) as f64;
            for (column, &count) in counts.iter().enumerate() {
                let (x, y) = (BESIDE + at(column), 10 + at(row));
                let share = count as f64 / of_class;
                let colour = if row == column { COLOURS[0] } else { COLOURS[1] };
                let corners = [(x, y), (x + cell - 1, y + cell - 1)];
                area.draw(&Rectangle::new(corners, colour.mix(0.05 + 0.55 * share).filled()))?;
                if classes <= WRITTEN {
                    area.draw_text(&count.to_string(), &middle, (x + cell / 2, y + cell / 2))?;
                }
            }
        }
        if classes <= WRITTEN {
            let letters = (cell as usize / 8).clamp(1, LETTERS);
            for (k, name) in names.iter().enumerate() {
                area.draw_text(&cut(name, LETTERS), &right, (BESIDE - 6, 10 + at(k) + cell / 2))?;
                area.draw_text(&cut(name, letters), &middle, (BESIDE + at(k) + cell / 2, 20 + at(classes)))?;
            }
        }
        let below = "down: right class, across: predicted class";
        area.draw_text(below, &text(area), (10, 30 + at(classes)))?;
        Ok(())
    })
}

/// Draws weights as images, one for each unit: blue what is positive, orange what is negative, by share of the largest.
///
/// ```
/// let svg = bp_plot::images("Weights", 1, 2, &[vec![1.0, -1.0], vec![0.0, 0.5]])?;
/// assert_eq!(svg.matches("<rect").count(), 3 + 2); // those that are not 0, and a frame around each
/// # Ok::<(), bp_plot::PlotError>(())
/// ```
///
/// # Errors
/// If there is no unit, or one with another number of weights than pixels.
pub fn images(title: &str, height: usize, width: usize, units: &[Vec<f64>]) -> Result<String, PlotError> {
    units.iter().try_for_each(|weights| check_length(title, height * width, weights.len()))?;
    if units.is_empty() || height * width == 0 {
        return Err(PlotError::Nothing { title: title.into() });
    }
    let across = ACROSS.min(units.len());
    let room = (WIDTH as i32 - 20) / across as i32 - GAP;
    let pixel = (room / width.max(height) as i32).clamp(1, 16);
    let (wide, high) = (pixel * width as i32 + GAP, pixel * height as i32 + GAP);
    let largest = units.iter().flatten().map(|w| w.abs()).filter(|w| w.is_finite()).fold(f64::MIN_POSITIVE, f64::max);
    let below = units.len().div_ceil(across) as i32 * high + 14;
    picture(title, below as u32, &[], |area| {
        for (unit, weights) in units.iter().enumerate() {
            let (left, top) = (10 + (unit % across) as i32 * wide, 6 + (unit / across) as i32 * high);
            let corner = (left + pixel * width as i32, top + pixel * height as i32);
            area.draw(&Rectangle::new([(left - 1, top - 1), corner], crate::canvas::GREY.mix(0.4)))?;
            for (row, weights) in weights.chunks_exact(width).enumerate() {
                let shades: Vec<i32> = weights.iter().map(|w| (w / largest * SHADES).round() as i32).collect();
                let y = top + pixel * row as i32;
                let mut from = 0;
                for run in shades.chunk_by(|a, b| a == b) {
                    let (x, shade) = (left + pixel * from, run[0]);
                    from += run.len() as i32;
                    let colour = if shade > 0 { COLOURS[0] } else { COLOURS[1] };
                    if shade != 0 {
                        let colour = colour.mix(f64::from(shade.abs()) / SHADES);
                        area.draw(&Rectangle::new([(x, y), (left + pixel * from, y + pixel)], colour.filled()))?;
                    }
                }
            }
        }
        Ok(())
    })
}
