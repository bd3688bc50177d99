//! [`Workload`]: seven training steps from 67 to 33 million parameters, and [`architecture`] of any [`Job`].

use bp_core::{Act, Architecture, Layer, Output};

use crate::Job;
use crate::job::Kind;

/// A network and a batch size.
///
/// ```
/// use bp_benches::Workload;
/// assert_eq!(Workload::W1.architecture().inputs, 2);
/// assert_eq!(Workload::parse("w4"), Some(Workload::W4));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// 2-8-1 tanh, sum of squares, one example.
    W1,
    /// 4-16-3 tanh softmax, batch 16.
    W2,
    /// 64-64-10 tanh softmax, batch 32.
    W3,
    /// 784-128-10 tanh softmax, batch 64.
    W4,
    /// 784-1024-1024-10 tanh softmax, batch 256.
    W5,
    /// 64-16×256-10 tanh softmax, every second layer also skips ahead, batch 128.
    W6,
    /// 4096-4096-4096-10 relu softmax, batch 512.
    W7,
    /// A point of the grid: width-width-10 tanh softmax.
    Square {
        /// Inputs, and units of the one hidden layer.
        width: usize,
        /// Examples per step.
        batch: usize,
    },
}

impl Workload {
    /// W1 to W7.
    pub const ALL: [Self; 7] = [Self::W1, Self::W2, Self::W3, Self::W4, Self::W5, Self::W6, Self::W7];

    /// By name, in upper or lower case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.name().eq_ignore_ascii_case(name))
    }

    /// The workload that is this training job, if there is one.
    pub fn of(job: &Job) -> Option<Self> {
        let same = |w: &Self| w.job(Kind::Train, job.double) == Job { kind: Kind::Train, ..job.clone() };
        Self::ALL.into_iter().find(same)
    }

    /// `W1` to `W7`.
    pub fn name(self) -> &'static str {
        match self {
            Self::W1 => "W1",
            Self::W2 => "W2",
            Self::W3 => "W3",
            Self::W4 => "W4",
            Self::W5 => "W5",
            Self::W6 => "W6",
            Self::W7 => "W7",
            Self::Square { .. } => "grid",
        }
    }

    /// The network in words.
    pub fn description(self) -> &'static str {
        match self {
            Self::W1 => "2-8-1 tanh, squares, batch 1",
            Self::W2 => "4-16-3 tanh, softmax, batch 16",
            Self::W3 => "64-64-10 tanh, softmax, batch 32",
            Self::W4 => "784-128-10 tanh, softmax, batch 64",
            Self::W5 => "784-1024-1024-10 tanh, softmax, batch 256",
            Self::W6 => "64-16×256-10 tanh with skips, softmax, batch 128",
            Self::W7 => "4096-4096-4096-10 relu, softmax, batch 512",
            Self::Square { .. } => "width-width-10 tanh, softmax",
        }
    }

    /// Examples per step.
    pub fn batch(self) -> usize {
        match self {
            Self::W1 => 1,
            Self::W2 => 16,
            Self::W3 => 32,
            Self::W4 => 64,
            Self::W5 => 256,
            Self::W6 => 128,
            Self::W7 => 512,
            Self::Square { batch, .. } => batch,
        }
    }

    /// The network and its batch in plain numbers.
    pub fn job(self, kind: Kind, double: bool) -> Job {
        let widths = match self {
            Self::W1 => vec![2, 8, 1],
            Self::W2 => vec![4, 16, 3],
            Self::W3 => vec![64, 64, 10],
            Self::W4 => vec![784, 128, 10],
            Self::W5 => vec![784, 1024, 1024, 10],
            Self::W6 => [&[64][..], &[256; 16], &[10]].concat(),
            Self::W7 => vec![4096, 4096, 4096, 10],
            Self::Square { width, .. } => vec![width, width, 10],
        };
        Job {
            kind,
            double,
            batch: self.batch(),
            widths,
            relu: self == Self::W7,
            softmax: self != Self::W1,
            skips: self == Self::W6,
        }
    }

    /// The network.
    pub fn architecture(self) -> Architecture {
        architecture(&self.job(Kind::Train, false))
    }
}

/// The network of a job.
pub fn architecture(job: &Job) -> Architecture {
    let act = if job.relu { Act::Relu } else { Act::Tanh };
    let name = |l: usize| if l == 0 { "input".into() } else { format!("h{l}") };
    let hidden = job.hidden().iter().zip(1..).map(|(&width, l)| {
        let layer = Layer::new(name(l), width, act).dense(name(l - 1));
        if job.skips_to(l) { layer.dense(name(l - 2)) } else { layer }
    });
    let output = if job.softmax { Output::Softmax } else { Act::Identity.into() };
    let last = name(job.hidden().len());
    Architecture::new(job.inputs(), hidden.collect(), Layer::new("out", job.outputs(), output).dense(last))
}
