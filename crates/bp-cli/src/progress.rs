//! [`Progress`]: what a user sees while training goes on, a bar on a terminal and a few lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use bp_train::{EpochRecord, Event};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::output::{figure, note};
use crate::sparkline::sparkline;

/// Lines that are written where there is no terminal, about.
const LINES: usize = 10;
/// Characters that show how the error went.
const SPARKS: usize = 12;
const BETWEEN_SCORES: Duration = Duration::from_millis(500);

/// Follows one training.
pub(crate) struct Progress {
    epochs: usize,
    rows: usize,
    batch: usize,
    start: Instant,
    show: Show,
    /// The score of the last epoch at which one was asked for, and when that was.
    score: Option<(Instant, String)>,
    /// Of the epochs so far, where there is a bar.
    errors: Vec<f64>,
    /// Epochs that were over before, of a training that goes on; known from the first event.
    before: Option<usize>,
}

enum Show {
    Nothing,
    Lines,
    Bar(ProgressBar),
}

impl Progress {
    /// Starts the clock. `rows` is the number of training rows.
    pub(crate) fn new(quiet: bool, epochs: usize, rows: usize, batch: usize) -> Self {
        let show = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Show::Nothing,
            (false, false) => Show::Lines,
            (false, true) => Show::Bar(bar((epochs as u64).saturating_mul(rows as u64))),
        };
        Self { epochs, rows, batch, start: Instant::now(), show, score: None, errors: vec![], before: None }
    }

    /// Hears of a step or an epoch. `score` says how good the network is now; it is asked only where it is shown,
    /// and on a terminal at most twice a second, because an answer costs a pass over the rows.
    pub(crate) fn hear(&mut self, event: Event, score: impl FnOnce() -> String) {
        let (Event::Step { epoch, .. } | Event::Epoch(EpochRecord { epoch, .. })) = event;
        self.before.get_or_insert(epoch - 1);
        match (&self.show, event) {
            (Show::Bar(bar), Event::Step { epoch, step, .. }) => {
                let of_epoch = self.rows.min(step.saturating_mul(self.batch)) as u64;
                bar.set_position((epoch as u64 - 1).saturating_mul(self.rows as u64).saturating_add(of_epoch));
            }
            (Show::Bar(bar), Event::Epoch(EpochRecord { epoch, error, .. })) => {
                if self.score.as_ref().is_none_or(|(at, _)| at.elapsed() >= BETWEEN_SCORES) {
                    self.score = Some((Instant::now(), score()));
                }
                let score = self.score.as_ref().map_or("", |(_, score)| score);
                self.errors.push(error);
                bar.set_prefix(sparkline(&self.errors, SPARKS));
                bar.set_message(format!("{epoch}/{}  error {}  {score}", self.epochs, figure(error)));
            }
            (Show::Lines, Event::Epoch(record)) if self.is_due(record.epoch) => note(&self.line(record, &score())),
            _ => {}
        }
    }

    /// The epochs that were done before this call; none if it has heard of no step.
    pub(crate) fn epochs_before(&self) -> Option<usize> {
        self.before
    }

    /// Takes the bar away; returns how long training took.
    pub(crate) fn finish(self) -> Duration {
        if let Show::Bar(bar) = self.show {
            bar.finish_and_clear();
        }
        self.start.elapsed()
    }

    fn is_due(&self, epoch: usize) -> bool {
        epoch == 1 || epoch == self.epochs || epoch.is_multiple_of(self.epochs.div_ceil(LINES))
    }

    fn line(&self, EpochRecord { epoch, error, .. }: EpochRecord, score: &str) -> String {
        let seconds = self.start.elapsed().as_secs_f64();
        let here = (epoch - self.before.unwrap_or(0)) as f64;
        let rate = here * self.rows as f64 / seconds.max(1e-9);
        let left = seconds * (self.epochs - epoch) as f64 / here;
        let width = self.epochs.to_string().len();
        format!(
            "epoch {epoch:>width$}/{}  error {}  {score}  {rate:.0} rows/s  {left:.1} s left",
            self.epochs,
            figure(error)
        )
    }
}

fn bar(examples: u64) -> ProgressBar {
    let rate = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        let _ = write!(text, "{:.0} rows/s", state.per_sec());
    };
    let style = ProgressStyle::with_template("{prefix} {percent:>3} %  {wide_msg} {rate}  {eta} left")
        .expect("the template is right")
        .with_key("rate", rate);
    ProgressBar::new(examples).with_style(style).with_message("epoch 1")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody waits for so many epochs, but asking for them is no reason to panic.
    #[test]
    fn any_number_of_epochs_can_be_followed() {
        let mut progress = Progress::new(false, usize::MAX, 3, 2);
        progress.show = Show::Bar(bar(u64::MAX));
        progress.hear(Event::Step { epoch: usize::MAX, step: 2, steps: 2 }, String::new);
        progress.hear(Event::Epoch(EpochRecord { epoch: usize::MAX, error: 0.5, validation: None }), String::new);
        let line = progress.line(EpochRecord { epoch: usize::MAX - 1, error: 0.5, validation: None }, "");
        assert!(line.contains("/18446744073709551615  error 0.5"), "{line}");
        progress.finish();
        assert!(matches!(Progress::new(false, usize::MAX, 3, 2).finish(), time if time < Duration::MAX));
    }
}
