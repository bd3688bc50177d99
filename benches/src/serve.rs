//! [`serve`]: the child's side of `cargo xtask bench --peers`, and how every participant takes a sample.
//!
//! The parent writes lines, the child answers each with one line:
//!
//! | request | answer |
//! | --- | --- |
//! | `about` | name and version |
//! | `setup JOB` | `ok`, or `no` and why this participant cannot do it |
//! | `sample` | microseconds per step |
//! | `clear` | `ok`, after freeing what `setup` made |
//!
//! At the end of its input a child ends.

use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant};

use crate::Job;

/// A sample first runs untimed steps for this long. A sleeping thread takes up to 100 µs to wake, and two threads that
/// have slept may share one core for the first 15 ms.
pub const WARM_UP: Duration = Duration::from_millis(40);

/// A sample then times steps for at least this long, so that the clock's own cost does not show.
pub const SAMPLE: Duration = Duration::from_millis(20);

/// Does at least as many steps as it is asked for and returns how many.
pub type Steps = Box<dyn FnMut(usize) -> usize>;

/// Answers requests from standard input until it ends; `setup` makes what the job asks for or says why it cannot.
///
/// # Errors
/// If standard input or output fails.
pub fn serve(about: &str, mut setup: impl FnMut(&Job) -> Result<Steps, String>) -> io::Result<()> {
    let mut steps: Option<Steps> = None;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (request, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match (request, &mut steps) {
            ("about", _) => about.to_owned(),
            ("clear", _) => {
                steps = None;
                "ok".to_owned()
            }
            ("setup", _) => {
                steps = None;
                match rest.parse().and_then(|job| setup(&job)) {
                    Ok(made) => {
                        steps = Some(made);
                        "ok".to_owned()
                    }
                    Err(why) => format!("no {}", why.replace('\n', " ")),
                }
            }
            ("sample", Some(steps)) => sample(steps).to_string(),
            ("sample", None) => "no nothing is set up".to_owned(),
            (other, _) => format!("no request is called `{other}`"),
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// Microseconds per step: warm-up, then a timed stretch.
pub fn sample(steps: &mut dyn FnMut(usize) -> usize) -> f64 {
    let start = Instant::now();
    let (mut n, mut done) = (1, 0);
    while done == 0 || start.elapsed() < WARM_UP {
        done += steps(n);
        n = (2 * n).min(1 << 14);
    }
    let each = start.elapsed().as_secs_f64() / done as f64;
    let n = (SAMPLE.as_secs_f64() / each).ceil().max(1.0) as usize;
    let start = Instant::now();
    let done = steps(n);
    start.elapsed().as_secs_f64() * 1e6 / done as f64
}
