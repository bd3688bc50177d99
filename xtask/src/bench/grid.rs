//! `cargo xtask bench --grid`: a training step of width-width-10 over widths and batch sizes, powers of two and their
//! neighbours. Along each axis no size may take longer than 1.25 times the next larger one.

use anyhow::{Context, Result};
use bp_benches::{Setup, Workload, sample};
use serde::{Deserialize, Serialize};

use super::machine::{Machine, date};
use super::report::write;
use super::{Options, chart, median, progress, significant, table};
use crate::tidy;

/// How much slower than the next larger one a size may be.
const BOUND: f64 = 1.25;

/// Microseconds per step by width and batch, one number of threads.
#[derive(Serialize, Deserialize)]
struct Grid {
    machine: Machine,
    date: String,
    threads: usize,
    widths: Vec<usize>,
    batches: Vec<usize>,
    /// By width, then batch.
    us: Vec<Vec<f64>>,
}

/// Two neighbours of which the smaller takes longer than it may.
struct Step {
    smaller: (usize, usize),
    larger: (usize, usize),
}

pub(super) fn run(options: &Options) -> Result<()> {
    let mut text = String::new();
    for threads in [1, 2] {
        let file = options.out.join(format!("grid-{threads}.json"));
        let grid = if options.render {
            let raw = std::fs::read_to_string(&file);
            serde_json::from_str(
                &raw.with_context(|| format!("cannot read {}, run without --render first", file.display()))?,
            )?
        } else {
            let grid = measure(threads, options.quick);
            write(&file, &(serde_json::to_string(&grid)? + "\n"))?;
            grid
        };
        text += &report(&grid, options)?;
    }
    write(&options.out.join("grid.md"), &text)?;
    if options.docs {
        table::put_into_docs("grid", &text)?;
    }
    print!("{text}");
    Ok(())
}

/// 1, 2, 3, 4, 5, 7, 8, 9, 15 … up to `last`: powers of two and what stands beside them; every second one if quick.
fn sizes(last: usize, quick: bool) -> Vec<usize> {
    let powers = (0..usize::BITS).map(|n| 1 << n).take_while(|&p| p <= last).step_by(if quick { 3 } else { 1 });
    let mut sizes: Vec<usize> = powers.flat_map(|p: usize| [p - 1, p, p + 1]).filter(|&n| n > 0 && n <= last).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn time((width, batch): (usize, usize), threads: usize) -> f64 {
    let workload = Workload::Square { width, batch };
    let mut step = Setup { workload, backend: "faer", dtype: "f32", threads }.step();
    sample(&mut |n| {
        step.run(n);
        n
    })
}

fn measure(threads: usize, quick: bool) -> Grid {
    let (widths, batches) =
        if quick { (sizes(512, true), sizes(256, true)) } else { (sizes(4096, false), sizes(1024, false)) };
    let passes = if quick { 1 } else { 3 };
    let bar = progress(passes * widths.len() * batches.len(), &format!("points, {threads} threads"));
    let mut samples = vec![vec![vec![]; batches.len()]; widths.len()];
    for _ in 0..passes {
        for (i, &width) in widths.iter().enumerate() {
            for (j, &batch) in batches.iter().enumerate() {
                samples[i][j].push(time((width, batch), threads));
                bar.inc(1);
            }
        }
    }
    let us = samples.iter().map(|row| row.iter().map(|times| median(times)).collect()).collect();
    let mut grid = Grid { machine: Machine::this(), date: date(), threads, widths, batches, us };
    // What looks too slow is looked at again, both neighbours in turn: with three samples noise is enough to look so.
    let doubtful = grid.steps_above(BOUND);
    bar.set_length(bar.length().unwrap_or(0) + doubtful.len() as u64);
    for step in doubtful {
        let (mut smaller, mut larger) = (vec![], vec![]);
        for _ in 0..if quick { 3 } else { 7 } {
            smaller.push(time(step.smaller, threads));
            larger.push(time(step.larger, threads));
        }
        grid.set(step.smaller, median(&smaller));
        grid.set(step.larger, median(&larger));
        bar.inc(1);
    }
    bar.finish_and_clear();
    grid
}

impl Grid {
    fn at(&self, (width, batch): (usize, usize)) -> f64 {
        let place = |sizes: &[usize], n| sizes.iter().position(|&size| size == n);
        match (place(&self.widths, width), place(&self.batches, batch)) {
            (Some(i), Some(j)) => self.us[i][j],
            _ => f64::NAN,
        }
    }

    fn set(&mut self, (width, batch): (usize, usize), us: f64) {
        let place = |sizes: &[usize], n| sizes.iter().position(|&size| size == n);
        if let (Some(i), Some(j)) = (place(&self.widths, width), place(&self.batches, batch)) {
            self.us[i][j] = us;
        }
    }

    /// Neighbours along both axes.
    fn neighbours(&self) -> Vec<Step> {
        let mut steps = vec![];
        for &batch in &self.batches {
            steps.extend(self.widths.windows(2).map(|w| Step { smaller: (w[0], batch), larger: (w[1], batch) }));
        }
        for &width in &self.widths {
            steps.extend(self.batches.windows(2).map(|b| Step { smaller: (width, b[0]), larger: (width, b[1]) }));
        }
        steps
    }

    fn ratio(&self, step: &Step) -> f64 {
        self.at(step.smaller) / self.at(step.larger)
    }

    /// Those that do not keep the bound, the worst first.
    fn steps_above(&self, bound: f64) -> Vec<Step> {
        let mut steps = self.neighbours();
        steps.retain(|step| !(self.ratio(step) <= bound));
        steps.sort_by(|a, b| self.ratio(b).total_cmp(&self.ratio(a)));
        steps
    }
}

fn report(grid: &Grid, options: &Options) -> Result<String> {
    let (threads, neighbours) = (grid.threads, grid.neighbours());
    let above = grid.steps_above(BOUND);
    let worst = neighbours.iter().map(|step| grid.ratio(step)).fold(0.0, f64::max);
    let plural = if threads == 1 { "" } else { "s" };
    let mut text = format!(
        "\n**{threads} thread{plural}**: {} widths up to {}, {} batch sizes up to {}, {}, {}. Of {} pairs of neighbours \
         {} are above {BOUND} (a size and the next larger one); the worst is {worst:.2}.\n",
        grid.widths.len(),
        grid.widths.last().unwrap_or(&0),
        grid.batches.len(),
        grid.batches.last().unwrap_or(&0),
        grid.date,
        grid.machine.words(),
        neighbours.len(),
        above.len(),
    );
    if !above.is_empty() {
        text += "\n| width, batch | µs | next larger | µs | ratio |\n| --- | --- | --- | --- | --- |\n";
        for step in above.iter().take(40) {
            let [a, b] = [step.smaller, step.larger];
            let [us_a, us_b] = [a, b].map(|at| significant(grid.at(at)));
            text += &format!("| {}, {} | {us_a} | {}, {} | {us_b} | {:.2} |\n", a.0, a.1, b.0, b.1, grid.ratio(step));
        }
        if above.len() > 40 {
            text += &format!("\nand {} more.\n", above.len() - 40);
        }
    }
    text += "\n";
    let powers = |sizes: &[usize]| sizes.iter().copied().filter(|n| n.is_power_of_two()).collect::<Vec<_>>();
    let over_width: Vec<(String, Vec<(f64, f64)>)> = powers(&grid.batches)
        .into_iter()
        .map(|b| (format!("batch {b}"), grid.widths.iter().map(|&w| (w as f64, grid.at((w, b)))).collect()))
        .collect();
    let over_batch: Vec<(String, Vec<(f64, f64)>)> = powers(&grid.widths)
        .into_iter()
        .map(|w| (format!("width {w}"), grid.batches.iter().map(|&b| (b as f64, grid.at((w, b)))).collect()))
        .collect();
    for (axis, series) in [("width", over_width), ("batch", over_batch)] {
        let on_axis = |step: &&Step| match axis {
            "width" => step.smaller.1 == step.larger.1 && step.smaller.1.is_power_of_two(),
            _ => step.smaller.0 == step.larger.0 && step.smaller.0.is_power_of_two(),
        };
        let marked: Vec<(f64, f64)> = above
            .iter()
            .filter(on_axis)
            .map(|step| ((if axis == "width" { step.smaller.0 } else { step.smaller.1 }) as f64, grid.at(step.smaller)))
            .collect();
        let title = format!("A training step of width-width-10 on bp-faer, f32, {threads} thread{plural}");
        let drawing = chart::lines(&title, (axis, "µs per step"), &series, &marked)?;
        let name = format!("grid-{axis}-{threads}.svg");
        write(&options.out.join(&name), &drawing)?;
        if options.docs {
            write(&tidy::root().join("docs").join(format!("benchmarks-{name}")), &drawing)?;
            text += &format!("![Step time over {axis}, {threads} thread{plural}](benchmarks-{name})\n");
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_two_and_their_neighbours() {
        assert_eq!(sizes(17, false), [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17]);
        assert_eq!(sizes(4096, false).last(), Some(&4096));
    }

    #[test]
    fn a_size_slower_than_the_next_is_seen() {
        let machine = Machine::this();
        let (widths, batches, us) = (vec![1, 2, 3], vec![1, 2], vec![vec![1.0, 2.0], vec![4.0, 2.0], vec![3.0, 3.0]]);
        let grid = Grid { machine, date: date(), threads: 1, widths, batches, us };
        let above: Vec<_> = grid.steps_above(BOUND).into_iter().map(|step| (step.smaller, step.larger)).collect();
        assert_eq!(above, [((2, 1), (2, 2)), ((2, 1), (3, 1))]);
    }
}
