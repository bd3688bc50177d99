//! [`Work`] and [`waited`]: what a user sees of a command that takes more than a second.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::output::note;

/// How long something may take in silence.
const PATIENCE: Duration = Duration::from_secs(1);
/// Where there is no terminal, from one line to the next.
const BETWEEN_LINES: Duration = Duration::from_secs(10);
/// Rows: a multiple of the blocks in which a network works, so that no result depends on it.
const AT_A_TIME: usize = 16 * 256;
const BETWEEN_TURNS: Duration = Duration::from_millis(200);

/// A job whose parts can be counted, also from several threads.
pub(crate) struct Work {
    /// `judging`.
    what: &'static str,
    /// `rows`.
    unit: &'static str,
    total: u64,
    start: Instant,
    show: Option<Show>,
    count: Mutex<Count>,
}

enum Show {
    Lines,
    /// Not drawn before [`PATIENCE`] is over.
    Bar(ProgressBar),
}

struct Count {
    done: u64,
    /// When the next line is due, or the bar is shown.
    due: Duration,
}

impl Work {
    /// Starts the clock.
    pub(crate) fn new(quiet: bool, what: &'static str, total: usize, unit: &'static str) -> Self {
        let show = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => None,
            (false, false) => Some(Show::Lines),
            (false, true) => Some(Show::Bar(bar(what, total as u64, unit))),
        };
        let count = Mutex::new(Count { done: 0, due: PATIENCE });
        Self { what, unit, total: total as u64, start: Instant::now(), show, count }
    }

    /// So many more are done.
    pub(crate) fn add(&self, n: usize) {
        let Some(show) = &self.show else { return };
        let passed = self.start.elapsed();
        let Ok(mut count) = self.count.lock() else { return };
        count.done += n as u64;
        let is_due = passed >= count.due;
        match show {
            Show::Bar(bar) => {
                if is_due && bar.is_hidden() {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                }
                bar.set_position(count.done);
            }
            Show::Lines if is_due && count.done < self.total => {
                count.due = passed + BETWEEN_LINES;
                note(&self.line(count.done, passed));
            }
            Show::Lines => {}
        }
    }

    /// A function of rows, such as predictions, computed for some thousand of them at a time.
    pub(crate) fn over<S, T, E>(
        &self,
        x: &[S],
        inputs: usize,
        f: impl Fn(&[S]) -> Result<Vec<T>, E>,
    ) -> Result<Vec<T>, E> {
        let mut all = vec![];
        for x in x.chunks(AT_A_TIME * inputs) {
            all.extend(f(x)?);
            self.add(x.len() / inputs);
        }
        Ok(all)
    }

    /// Writes a line, above the bar if there is one.
    pub(crate) fn say(&self, text: &str) {
        match &self.show {
            None => {}
            Some(Show::Lines) => note(text),
            Some(Show::Bar(bar)) => bar.suspend(|| note(text)),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        if let Some(Show::Bar(bar)) = self.show {
            bar.finish_and_clear();
        }
    }

    fn line(&self, done: u64, passed: Duration) -> String {
        let rate = done as f64 / passed.as_secs_f64().max(1e-9);
        let left = self.total.saturating_sub(done) as f64 / rate;
        let Self { what, unit, total, .. } = self;
        format!("{what}: {done} of {total} {unit}  {} {unit}/s  {left:.0} s left", rate_in_words(rate))
    }
}

fn bar(what: &'static str, total: u64, unit: &'static str) -> ProgressBar {
    let rate = move |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        let _ = write!(text, "{} {unit}/s", rate_in_words(state.per_sec()));
    };
    let style = ProgressStyle::with_template("{msg} {bar:20} {percent:>3} %  {rate}  {eta} left");
    let style = style.expect("the template is right").with_key("rate", rate);
    ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden()).with_style(style).with_message(what)
}

fn rate_in_words(rate: f64) -> String {
    if rate < 10.0 { format!("{rate:.1}") } else { format!("{rate:.0}") }
}

/// Runs a job whose end is not known, and says so if it goes on: how long it has taken on a terminal, once elsewhere.
pub(crate) fn waited<T>(quiet: bool, what: &'static str, job: impl FnOnce() -> T) -> T {
    if quiet {
        return job();
    }
    watched(PATIENCE, what, std::io::stderr().is_terminal(), job)
}

fn watched<T>(patience: Duration, what: &'static str, is_terminal: bool, job: impl FnOnce() -> T) -> T {
    let (done, wait) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if wait.recv_timeout(patience) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            if !is_terminal {
                return note(&format!("{what} takes a while"));
            }
            let style = ProgressStyle::with_template("{spinner} {msg}  {elapsed}").expect("the template is right");
            let spinner = ProgressBar::new_spinner().with_style(style).with_message(what).with_elapsed(patience);
            spinner.enable_steady_tick(BETWEEN_TURNS);
            // Until the job is over, however it ends.
            let _ = wait.recv();
            spinner.finish_and_clear();
        });
        let outcome = job();
        drop(done);
        outcome
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is quickly done is not waited for.
    #[test]
    fn a_short_job_takes_as_long_as_it_takes() {
        for is_terminal in [false, true] {
            assert_eq!(watched(Duration::from_secs(1 << 40), "never", is_terminal, || 7), 7);
            assert_eq!(watched(Duration::ZERO, "perhaps", is_terminal, || 8), 8);
        }
    }

    #[test]
    fn a_rate_and_the_time_left() {
        let work = Work::new(false, "judging", 60_000, "rows");
        let check = |done, seconds, text| assert_eq!(work.line(done, Duration::from_secs(seconds)), text);
        check(3000, 2, "judging: 3000 of 60000 rows  1500 rows/s  38 s left");
        check(1, 2, "judging: 1 of 60000 rows  0.5 rows/s  119998 s left");
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..250).for_each(|_| work.add(1)));
            }
        });
        assert_eq!(work.count.lock().expect("no panic").done, 1000);
        let odd = |x: &[i32]| Ok::<_, ()>(x.chunks(2).map(|x| x[0] + x[1]).collect());
        let sums = work.over(&(0..40_000).collect::<Vec<_>>(), 2, odd).expect("sums");
        assert_eq!((sums.len(), sums[19_999], work.count.lock().expect("no panic").done), (20_000, 79_997, 21_000));
        work.finish();
        assert!(Work::new(true, "judging", 1, "rows").show.is_none());
    }
}
