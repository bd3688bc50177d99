//! The lecture's example, «Backpropagation with tanh», as a network to explain.

use bp_core::{Act, ErrorFunction, Examples, Plan, Targets, stack};

/// A network, its parameters and one example. Made by [`lecture`].
#[derive(Debug, Clone)]
pub struct Lecture {
    /// 2 inputs, 3 tanh hidden units `h1`, 2 linear outputs `out`, no biases.
    pub plan: Plan,
    /// First layer w⁽¹⁾, a row per hidden unit; then second layer w⁽²⁾, a row per output.
    pub params: [f64; 12],
    /// The input.
    pub x: [f64; 2],
    /// The target.
    pub t: [f64; 2],
    /// E = ½ Σ (y − t)².
    pub loss: ErrorFunction,
}

/// The two-layer tanh network that `examples/lecture.rs` works through.
///
/// ```
/// use bp_core::Reference;
/// use bp_verify::explain::{Focus, explain, lecture};
/// let lecture = lecture();
/// let focus = Focus::Unit { layer: "h1", unit: 0 };
/// let explained = explain(&lecture.plan, &lecture.loss, &Reference, &lecture.params, &lecture.example(), focus)?;
/// assert!(explained.to_string().contains("0.300000 · δ   0.999848 =   0.299955"));
/// # Ok::<(), bp_verify::explain::ExplainError>(())
/// ```
pub fn lecture() -> Lecture {
    let layers = stack(2).without_bias().hidden(3, Act::Tanh).output(2, Act::Identity);
    Lecture {
        plan: Plan::new(layers).expect("two layers in a row"),
        params: [0.1, -0.2, 0.4, 0.3, -0.5, 0.2, 0.7, -0.1, 0.2, 0.3, 0.5, -0.6],
        x: [1.0, -1.0],
        t: [0.5, -0.5],
        loss: ErrorFunction::SumOfSquares,
    }
}

impl Lecture {
    /// The example.
    pub fn example(&self) -> Examples<'_, f64> {
        Examples::new(&self.x, Targets::Rows(&self.t))
    }
}
