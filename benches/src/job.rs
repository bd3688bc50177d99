//! [`Job`]: what a participant of `cargo xtask bench --peers` is asked to do, as one line of text.
//!
//! This file and `serve.rs` use nothing but the standard library: `benches/peers`, a workspace of its own, includes
//! both, so that every participant in Rust hears the same words and measures with the same code.

use std::fmt;
use std::str::FromStr;

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A training step: forward pass, backward pass, plain gradient descent on the same batch.
    Train,
    /// A forward pass, outputs included.
    Infer,
}

/// A network in plain numbers, its batch, and what to do with it.
///
/// As text: kind, dtype, batch, widths, activation, output, and `skips` or `plain`.
///
/// ```
/// let line = "train f32 64 784,128,10 tanh softmax plain";
/// let job: bp_benches::Job = line.parse().unwrap();
/// assert_eq!((job.batch, job.hidden()), (64, &[128][..]));
/// assert_eq!(job.to_string(), line);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What is timed.
    pub kind: Kind,
    /// In double precision.
    pub double: bool,
    /// Rows.
    pub batch: usize,
    /// Inputs, hidden layers, outputs.
    pub widths: Vec<usize>,
    /// Hidden units are rectified linear units, otherwise tanh.
    pub relu: bool,
    /// Softmax with cross-entropy, otherwise linear with the sum of squares.
    pub softmax: bool,
    /// Hidden layers 4, 6, 8 … also get the units of the layer two before them.
    pub skips: bool,
}

impl Job {
    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.widths[0]
    }

    /// Widths of the hidden layers.
    pub fn hidden(&self) -> &[usize] {
        &self.widths[1..self.widths.len() - 1]
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.widths[self.widths.len() - 1]
    }

    /// Whether hidden layer `l`, counted from 1, has a second connection, from hidden layer `l − 2`.
    pub fn skips_to(&self, l: usize) -> bool {
        self.skips && l > 2 && l.is_multiple_of(2) && l < self.widths.len() - 1
    }

    /// `n` numbers from −1 to 1, the same every time.
    pub fn numbers(n: usize, seed: u64) -> Vec<f32> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = || {
            // An xorshift generator is good enough for numbers that nothing depends on.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..n).map(|_| next()).collect()
    }

    /// The inputs.
    pub fn x(&self) -> Vec<f32> {
        Self::numbers(self.batch * self.inputs(), 1)
    }

    /// A class for every row.
    pub fn classes(&self) -> Vec<u32> {
        (0..self.batch).map(|n| (n * 7 % self.outputs()) as u32).collect()
    }

    /// Targets as rows: the classes in one-of-K coding, or random numbers.
    pub fn rows(&self) -> Vec<f32> {
        if !self.softmax {
            return Self::numbers(self.batch * self.outputs(), 2);
        }
        let mut rows = vec![0.0; self.batch * self.outputs()];
        for (row, class) in rows.chunks_exact_mut(self.outputs()).zip(self.classes()) {
            row[class as usize] = 1.0;
        }
        rows
    }

    /// Initial weights of a connection, `[to][from]`, of variance 1/from.
    pub fn weights(&self, from: usize, to: usize) -> Vec<f32> {
        let scale = (3.0 / from as f32).sqrt();
        Self::numbers(from * to, (from * 8191 + to) as u64).into_iter().map(|w| w * scale).collect()
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.kind == Kind::Train { "train" } else { "infer" };
        let dtype = if self.double { "f64" } else { "f32" };
        let widths = self.widths.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let act = if self.relu { "relu" } else { "tanh" };
        let output = if self.softmax { "softmax" } else { "squares" };
        let skips = if self.skips { "skips" } else { "plain" };
        write!(f, "{kind} {dtype} {} {widths} {act} {output} {skips}", self.batch)
    }
}

impl FromStr for Job {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [kind, dtype, batch, widths, act, output, skips] = words[..] else {
            return Err(format!("a job has seven words, got `{line}`"));
        };
        let number = |word: &str| word.parse::<usize>().map_err(|_| format!("`{word}` is no number in `{line}`"));
        let either = |word: &str, yes: &str, no: &str| match word {
            w if w == yes => Ok(true),
            w if w == no => Ok(false),
            w => Err(format!("expected {yes} or {no}, got `{w}` in `{line}`")),
        };
        let widths = widths.split(',').map(number).collect::<Result<Vec<_>, _>>()?;
        if widths.len() < 2 {
            return Err(format!("a network has inputs and outputs, got `{line}`"));
        }
        Ok(Self {
            kind: if either(kind, "train", "infer")? { Kind::Train } else { Kind::Infer },
            double: either(dtype, "f64", "f32")?,
            batch: number(batch)?,
            widths,
            relu: either(act, "relu", "tanh")?,
            softmax: either(output, "softmax", "squares")?,
            skips: either(skips, "skips", "plain")?,
        })
    }
}
