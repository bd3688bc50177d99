//! Every term of one error δ or one entry of a gradient, as a lecture writes it down, with what checks it beside it.
//!
//! [`explain`] returns plain data, an [`Explanation`]; printed it is text of 80 columns, and
//! [`latex`](Explanation::latex) and [`svg`](Explanation::svg) draw the same numbers. [`overview`] sums up all layers for
//! one example. Units, examples and entries are counted from 0, as everywhere in certificates.

mod check;
mod compute;
mod error;
mod joints;
mod latex;
mod lecture;
mod number;
mod overview;
mod svg;
mod text;

pub use compute::explain;
pub use error::ExplainError;
pub use lecture::{Lecture, lecture};
pub use overview::{LayerErrors, OutputUnit, Overview, overview};

/// What is to be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus<'a> {
    /// δ of a unit.
    Unit {
        /// Its layer.
        layer: &'a str,
        /// Which unit of it, from 0.
        unit: usize,
    },
    /// ∂E/∂w of a parameter, by its place in the flat slice ([`Plan::locate`](bp_core::Plan::locate)).
    Parameter(usize),
}

/// One unit, or one parameter and the unit that it feeds, on one example: every term, and what checks the result.
/// Made by [`explain`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Explanation {
    /// The float type that the network computes in.
    pub scalar: &'static str,
    /// E of the example.
    pub error: f64,
    /// The unit j.
    pub unit: Unit,
    /// The parameter, if one was asked for.
    pub entry: Option<Entry>,
    /// Of the parameter's ∂E/∂w, or else of the unit's δ.
    pub check: Check,
}

/// A unit: what it receives, what its consumers send back, and δⱼ = h′(aⱼ) Σₖ wₖⱼ δₖ (M7).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Unit {
    /// Its layer.
    pub layer: String,
    /// Which unit of it, from 0.
    pub index: usize,
    /// Units of the layer.
    pub width: usize,
    /// The layer's function by name.
    pub function: String,
    /// The terms of aⱼ = Σᵢ wⱼᵢ zᵢ + bⱼ.
    pub inputs: Vec<Input>,
    /// aⱼ.
    pub a: f64,
    /// zⱼ = h(aⱼ).
    pub z: f64,
    /// h′(aⱼ) of a hidden unit.
    pub slope: Option<f64>,
    /// The target of an output unit.
    pub target: Option<f64>,
    /// Of a hidden unit, wₖⱼ δₖ of every consumer. Of an output unit, ∂yₘ/∂aₖ ∂E/∂yₘ of every output (M6), or nothing
    /// where δ is yₖ − tₖ itself.
    pub terms: Vec<Term>,
    /// The sum of the terms.
    pub sum: f64,
    /// δⱼ.
    pub delta: f64,
}

/// One term wⱼᵢ zᵢ of a pre-activation, and the gradient δⱼ zᵢ at its weight.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Input {
    /// The unit zᵢ, or `bias`.
    pub from: String,
    /// wⱼᵢ; `None` for a connection without weights.
    pub weight: Option<f64>,
    /// zᵢ, 1 for a bias.
    pub z: f64,
    /// wⱼᵢ zᵢ.
    pub product: f64,
    /// δⱼ zᵢ; `None` without a weight.
    pub gradient: Option<f64>,
}

/// One term wₖⱼ δₖ of the sum that makes δⱼ.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Term {
    /// The unit k.
    pub unit: String,
    /// wₖⱼ, 1 for a connection without weights; ∂yₘ/∂aₖ for an output.
    pub factor: f64,
    /// δₖ; ∂E/∂yₘ for an output.
    pub delta: f64,
    /// Their product.
    pub product: f64,
    /// |product| over the sum of all |products|.
    pub share: f64,
}

/// One parameter, and ∂E/∂w = Σ δⱼ zᵢ over every place where it is used: one, unless it is shared.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Entry {
    /// As certificates name it: `h1.weight.input[0][1]`.
    pub place: String,
    /// Its value.
    pub value: f64,
    /// Every product δⱼ zᵢ.
    pub products: Vec<Product>,
    /// The entry of the gradient as the engine computed it.
    pub gradient: f64,
}

/// One product δⱼ zᵢ.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Product {
    /// The unit j.
    pub unit: String,
    /// δⱼ.
    pub delta: f64,
    /// The unit i, or `bias`.
    pub from: String,
    /// zᵢ.
    pub z: f64,
    /// δⱼ zᵢ.
    pub product: f64,
}

/// What other ways to the same number say about it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Check {
    /// The number under test.
    pub got: f64,
    /// By central differences of E; `None` where a unit stands on a kink.
    pub difference: Option<Difference>,
    /// The certificate's verdict for this entry: `PASS` and nothing else passes.
    pub verdict: String,
    /// The true value lies in …
    pub true_from: f64,
    /// … here.
    pub true_to: f64,
    /// How far rounding may take a right program from it.
    pub radius: f64,
}

/// Central differences (E(w + h) − E(w − h)) / 2h, extrapolated to h = 0 ([`derivative`](crate::derivative)).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Difference {
    /// The extrapolated value.
    pub value: f64,
    /// What the step left over and what rounding added, together.
    pub error: f64,
}

impl Check {
    /// True if the certificate passed this entry.
    pub fn passed(&self) -> bool {
        self.verdict == "PASS"
    }
}

impl Unit {
    /// `h1[0]`.
    pub fn name(&self) -> String {
        format!("{}[{}]", self.layer, self.index)
    }

    /// |Σ terms| / Σ |terms|: what the terms have left of each other; 1 where nothing cancels or nothing is summed.
    pub fn left(&self) -> f64 {
        let all: f64 = self.terms.iter().map(|term| term.product.abs()).sum();
        if all > 0.0 { self.sum.abs() / all } else { 1.0 }
    }
}
