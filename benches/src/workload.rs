//! [`Workload`]: seven training steps from 67 to 33 million parameters.

use bp_core::{Act, Architecture, Layer, Output, stack};

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
}

impl Workload {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::W1, Self::W2, Self::W3, Self::W4, Self::W5, Self::W6, Self::W7];

    /// By name, in upper or lower case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.name().eq_ignore_ascii_case(name))
    }

    /// `W1` to `W7`.
    pub fn name(self) -> &'static str {
        ["W1", "W2", "W3", "W4", "W5", "W6", "W7"][self as usize]
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
        }
    }

    /// Examples per step.
    pub fn batch(self) -> usize {
        [1, 16, 32, 64, 256, 128, 512][self as usize]
    }

    /// The network.
    pub fn architecture(self) -> Architecture {
        let (tanh, relu, softmax) = (Act::Tanh, Act::Relu, Output::Softmax);
        match self {
            Self::W1 => stack(2).hidden(8, tanh).output(1, Act::Identity),
            Self::W2 => stack(4).hidden(16, tanh).output(3, softmax),
            Self::W3 => stack(64).hidden(64, tanh).output(10, softmax),
            Self::W4 => stack(784).hidden(128, tanh).output(10, softmax),
            Self::W5 => stack(784).hidden(1024, tanh).hidden(1024, tanh).output(10, softmax),
            Self::W6 => skipping(16, 256),
            Self::W7 => stack(4096).hidden(4096, relu).hidden(4096, relu).output(10, softmax),
        }
    }
}

/// A deep stack in which every second layer also feeds the layer after the next.
fn skipping(depth: usize, width: usize) -> Architecture {
    let name = |l: usize| if l == 0 { "input".into() } else { format!("h{l}") };
    let hidden = (1..=depth).map(|l| {
        let layer = Layer::new(name(l), width, Act::Tanh).dense(name(l - 1));
        if l > 2 && l % 2 == 0 { layer.dense(name(l - 2)) } else { layer }
    });
    Architecture::new(64, hidden.collect(), Layer::new("out", 10, Output::Softmax).dense(name(depth)))
}
