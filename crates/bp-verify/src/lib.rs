//! Shows that gradients are right: certificates without a tolerance, properties that hold exactly, and a conformance suite
//! for backends.
//!
//! What it is: scalars on which the engine of `bp-core` runs unchanged and from which correctness follows ([`Interval`],
//! [`Dual`], [`Rounded`], [`Fp`], [`Double`], [`Counted`]), a judgement of every entry of a gradient made of them
//! ([`Certify`]), laws written once for all of them, and reports that name the worst parameter and the likely fault.
//! What it is not: a test with a tolerance. No bound here is tuned; each is derived where it is written down. Read
//! `certify.rs` first.
//!
//! ```
//! use bp_core::{Act, ErrorFunction, Examples, Output, Plan, Reference, Targets, stack};
//! use bp_verify::Certify;
//!
//! let plan = Plan::new(stack(2).hidden(3, Act::Tanh).output(2, Output::Softmax))?;
//! let params: Vec<f64> = (0..plan.n_params()).map(|i| (i as f64).sin()).collect();
//! let examples = Examples::new(&[0.0, 1.0, 1.0, 1.0], Targets::Classes(&[1, 0]));
//! let certificate =
//!     Certify::new().gradient(&plan, &ErrorFunction::CrossEntropy, &Reference, &params, &examples)?;
//! certificate.assert_pass();
//! assert!(certificate.resolution < 1e-12); // a fault above 10⁻¹² of the largest entry would have been seen
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Where to go next: [`Certify`] for a network, [`certify()`] for code that is not one, [`check_backend`] for a backend. The
//! guide introduces [checking](https://github.com/bp-rs/bp/blob/main/docs/guide/checking.md) and [your own parts](https://github.com/bp-rs/bp/blob/main/docs/guide/own-layers.md); the table of the book's notation is
//! on the front page of `bp_core`.
//!
//! # The properties
//!
//! | property | checked by | bound |
//! | --- | --- | --- |
//! | the gradient is the derivative of E | [`Certify`] | an enclosure of the true one, and a bound on rounding |
//! | the same, by another route | [`check_gradient`] | Richardson differences with their own error estimate |
//! | reverse mode = dual numbers | [`laws::reverse_equals_dual`] | none: exact over GF(2⁶¹ − 1) |
//! | E and ∇E add over every split (M2) | [`laws::Additivity`] | exact over the field, rounding bounds in floats |
//! | an example twice is one of twice the weight | [`laws::Duplication`] | as above |
//! | hidden units can be renumbered | [`laws::Permutation`] | as above |
//! | classes can be renumbered | [`laws::Relabelling`] | as above |
//! | an odd unit can be turned around: w, b, w_out → − | [`laws::SignFlip`] | none: bit for bit, exact over the field |
//! | a linear layer can be rescaled by 2ᵏ | [`laws::Rescaling`], [`laws::rescales_bitwise`] | as above |
//! | weights of 0 send no δ back | [`laws::ZeroWeights`] | none: exact over the field and in floats |
//! | softmax does not see a shift of its a | [`laws::softmax_ignores_a_shift`] | rounding bounds, finite at ±10⁴ |
//! | ∂y/∂x by backward passes = by dual numbers | [`laws::JacobianByColumns`] | exact over the field, rounding bounds in floats |
//! | ⟨Ju, v⟩ = ⟨u, Jᵀv⟩, of networks and connections | [`laws::Adjoint`], [`laws::AdjointOfConnections`] | as above |
//! | of a program without dual numbers | [`check_adjoint`] | differences with their own error estimate |
//! | earlier calls and old contents change nothing | [`laws::history_changes_nothing`] | none: bit for bit |
//! | a row of a batch is the row alone (reference) | [`laws::rows_stand_alone`] | none: bit for bit |
//! | the recursion is linear in the output δ (M7) | [`laws::Linearity`], [`laws::scales_bitwise`] | as above; bit for bit for 2ᵏ |
//! | a bias is a weight from a constant 1 (M3) | [`laws::BiasIsAWeight`] | as above |
//! | Σ_k δ_k = 0 for softmax with cross-entropy (M10) | [`laws::softmax_errors_cancel`] | γ of 2K + 6, times Σ \|t\| |
//! | tanh′ = 1 − h² (M12) | `tests/tanh.rs`, by [`Double::sech2`] | 3u + 2 err(tanh) |
//! | backward ≤ 2 · forward + stated rest, O(W) (M14) | [`multiplications`] | none: exact counts |
//! | a backend is the reference (kernels, networks) | [`check_backend`] | γ_n per sum, for any order of summation |
//!
//! Of training there are, bit for bit and in the tests of `bp-train`: a learning rate of 0 changes nothing, a momentum of
//! 0 is plain descent, a decay of 0 is none. Bits over threads and alignments are compared in the workspace's tests.
//!
//! Not there yet, because what they are about is not: the R-operator Hv = d/dr ∇E(w + rv) (Bishop 5.4.6) against second
//! derivatives, vᵀHu = uᵀHv, the diagonal and the outer-product approximation of the Hessian, a resumed training = an
//! uninterrupted one, debug = release.
//!
//! *Exact* means: over the prime field a network of polynomial activations is a polynomial in its parameters, and two
//! polynomials that agree at random points of a field of 2⁶¹ elements are equal. There is no rounding that could hide
//! a fault and none that could raise a false alarm.
//!
//! *Rounding bounds* come from running the same engine over [`Rounded`], a scalar that carries a bound on the rounding
//! errors of every evaluation. Two numbers that must agree may differ by the sum of their bounds.
//!
//! *Enclosures* come from running it over [`Interval`] or its dual numbers: the true value is inside, whatever was rounded,
//! and [`Interval::kinked`] says whether a branch was undecided. [`Double`] gives the value itself to some 85 bits.
//!
//! # Your own code
//!
//! Say what a layer computes, forward only and over any scalar ([`Spec`]); say how your program computes it and its
//! derivative ([`Subject`]); [`certify`] holds the second against the first.
//!
//! ```
//! use bp_core::Real;
//! use bp_verify::{Failure, Shape, Spec, Subject, certify};
//!
//! /// y = ½ p x².
//! struct Law;
//! impl<S: Real> Spec<S> for Law {
//!     fn shape(&self) -> Shape {
//!         Shape { params: 1, inputs: 1, outputs: 1 }
//!     }
//!     fn eval(&self, p: &[S], x: &[S], y: &mut [S]) {
//!         y[0] = S::HALF * p[0] * x[0] * x[0];
//!     }
//! }
//!
//! /// The program under test. `factor` is 1 if it is right.
//! struct Program {
//!     factor: f32,
//! }
//! impl Subject for Program {
//!     type Real = f32;
//!     fn forward(&mut self, p: &[f32], x: &[f32], y: &mut [f32]) -> Result<(), Failure> {
//!         y[0] = 0.5 * p[0] * x[0] * x[0];
//!         Ok(())
//!     }
//!     fn vjp(&mut self, p: &[f32], x: &[f32], c: &[f32], dp: &mut [f32], dx: &mut [f32]) -> Result<(), Failure> {
//!         (dp[0], dx[0]) = (0.5 * c[0] * x[0] * x[0], self.factor * c[0] * p[0] * x[0]);
//!         Ok(())
//!     }
//! }
//!
//! certify(Law, Program { factor: 1.0 }).seeds(0..32).assert_pass();
//! let report = certify(Law, Program { factor: 1.001 }).seeds(0..32).run()?; // or `assert_pass`, which panics with it
//! assert!(report.to_string().contains("worst dx[0]: FAIL"), "{report}");
//! # Ok::<(), bp_verify::CertifyError>(())
//! ```
//!
//! The report of a weight-normalised layer whose ∂y/∂v is twice what it should be:
//!
//! ```text
//! certificate (f64): FAIL, weight-normalised layer, 91 parameters, 12 inputs, 7 outputs
//!   84 of 110 entries outside, 0 inconclusive, 26 inside
//!   worst dv[5][7]: FAIL, got 6.335179151558665e-2, true in [3.1675895757793296e-2, 3.1675895757793344e-2], radius 4.8e-17, 6.622e14 radii outside
//!   likely: only dv; constant ratio 2.000000 (the ½ of the sum of squares lost, or something counted twice)
//!   would have seen any fault above 4.4e-15 of the largest entry (7.351e-1); planted in this output: 10 of 10 seen
//!   and, of the values themselves, any above 4.2e-15 of the largest
//!   certified means: these parameters, inputs and cotangents, the Spec trusted, rounding to nearest, sums in any order, bp-math's declared ulps
//!   replay: certify(spec, subject).seeds([0])
//! ```
//!
//! *Certified* means what that line says: at the numbers drawn from these seeds, the program's values and derivatives lie
//! within its own rounding of the true ones, and any fault above the stated size would have been seen. It does not mean
//! that the spec is right (write it from the book, not from the program), nor anything about numbers that were not drawn.
//! Of four verdicts only PASS passes: FAIL is surely wrong; ROUNDING-SIZED is outside by a few radii, a formula that
//! is right but rounds more (it passes once its [`RoundingModel`] is declared) or a fault as small as that; INCONCLUSIVE
//! stands on a kink, overflows, or cannot be resolved.
//!
//! | what is yours | what certifies it |
//! | --- | --- |
//! | a layer, any function with a derivative | [`certify`] |
//! | an activation on [−20, 20] | [`certify_activation`] |
//! | a loss, with the output function before it | [`certify_loss`] |
//! | an optimiser's steps, any function without a derivative | [`certify_values`] |
//! | a backend | [`check_backend`]; in a layer [`DenseLayer`] |
//! | a connection, a network of your own parts | [`Certify`] |
//! | a program without a spec | [`BlackBox`] (differences, Taylor orders), [`check_adjoint`] |
//!
//! `examples/own_layer.rs` in the repository has one of each. A new law is a type that implements [`laws::Law`]. With the
//! feature `proptest` (default) `strategy::recipe` draws random networks and shrinks those that fail; the seed of a
//! failure is printed and kept in `proptest-regressions/`.
//!
//! # Term by term
//!
//! [`explain::explain`] writes down one δ or one entry of a gradient as a lecture does, every wₖⱼ δₖ with its share, beside
//! central differences and the certificate's verdict; with the feature `serde` it is data for other programs.
//!
//! # A CI job to copy
//!
//! ```yaml
//! name: gradients
//! on: [push, pull_request]
//! jobs:
//!   verify:
//!     runs-on: ubuntu-latest
//!     timeout-minutes: 15
//!     env:
//!       PROPTEST_CASES: 1024 # 256 by default
//!     steps:
//!       - uses: actions/checkout@v4
//!       - uses: dtolnay/rust-toolchain@stable
//!       - run: cargo test -p bp-verify # the engine and the reference backend
//!       - run: cargo test --test gradients # yours, below
//!       - if: failure() # the shrunk cases; commit them
//!         uses: actions/upload-artifact@v4
//!         with:
//!           name: proptest-regressions
//!           path: "**/proptest-regressions/"
//! ```
//!
//! `tests/gradients.rs`, with your backend in place of `Reference`:
//!
//! ```no_run
//! # #[allow(clippy::test_attr_in_doctest)]
//! #[test]
//! fn my_backend_conforms() {
//!     bp_verify::check_backend::<f64>(&bp_core::Reference, 64, 1).unwrap();
//!     bp_verify::check_backend::<f32>(&bp_core::Reference, 64, 1).unwrap();
//! }
//!
//! #[test]
//! fn my_activation_has_the_derivative_it_says() {
//!     bp_verify::certify_activation::<f64, _>(&bp_core::Act::Silu).seeds(0..256).assert_pass();
//!     bp_verify::certify_activation::<f32, _>(&bp_core::Act::Silu).seeds(0..256).assert_pass();
//! }
//! ```
//!
//! A test like the second, for every [`Subject`] of yours, needs no file of regressions: its report ends with the seed.

mod any_order;
mod bounds;
mod case;
mod certificate;
mod certificate_text;
mod certify;
mod checked;
mod conformance;
mod cost;
mod diagnosis;
mod difference;
mod directions;
mod double;
mod dual;
mod edges;
pub mod explain;
mod extrapolation;
mod field;
mod freivalds;
mod fused;
mod identities;
mod interval;
mod kernels;
pub mod laws;
mod lift;
mod model;
mod number;
mod opinion;
mod pairs;
mod poly;
mod report;
mod rewrite;
mod rounding;
mod run;
mod spec;
#[cfg(feature = "proptest")]
pub mod strategy;
mod suspects;
mod violation;

pub use any_order::AnyOrder;
pub use bounds::{CheckedActivation, CheckedLoss, Lanes};
pub use case::{Case, Kind, LayerRecipe, Numbers, Recipe};
pub use certificate::{Certificate, Counts, Judged, ROUNDING_SIZED, Verdict, Why};
pub use certify::Certify;
pub use checked::{Checked, GuardCounts, Report as GuardReport, SHARE};
pub use conformance::{Conformance, check_backend, check_network};
pub use cost::{Cost, Counted, multiplications};
pub use diagnosis::{Diagnosis, Nature, Scope};
pub use difference::{Derivative, Sample, check_gradient, compare_gradient, derivative, rounding_of_gradient};
pub use double::Double;
pub use dual::Dual;
pub use field::Fp;
pub use freivalds::{WrongRow, wrong_row};
pub use interval::Interval;
pub use model::RoundingModel;
pub use number::Number;
pub use opinion::{BlackBox, Opinion, Opinions, Taylor, check_adjoint};
pub use pairs::{defined_everywhere, output_functions};
pub use poly::Poly;
pub use report::{Entry, Report};
pub use rounding::{Rounded, gamma};
pub use spec::certification::{Certification, Certified, CertifyError, certify};
pub use spec::draw::Draw;
pub use spec::subjects::activation::{ActivationSpec, ActivationSubject, certify_activation};
pub use spec::subjects::dense::{DenseLayer, DenseSpec};
pub use spec::subjects::loss::{LossSpec, LossSubject, certify_loss};
pub use spec::subjects::values::{Values, certify_values};
pub use spec::tape::Tape;
pub use spec::{CheckedSpec, Failure, Shape, Spec, Subject};
pub use violation::Violation;
