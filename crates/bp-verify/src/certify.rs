//! [`Certify`]: the gradient of a network against an enclosure of the true one.

use bp_core::{Backend, Examples, Float, Gradient, Plan, Reference, Scalar, ShapeError};

use crate::bounds::{CheckedActivation, CheckedLoss, LANES, Lanes};
use crate::certificate::{Certificate, Judged};
use crate::diagnosis::{Symptom, diagnose};
use crate::directions::{Directions, judge_directions};
use crate::lift::Lifted;
use crate::rounding::product_up;
use crate::suspects::suspects;
use crate::{Dual, Interval, Rounded, RoundingModel, Sample, rounding_of_gradient};

/// Parameters up to which every one is certified unless told otherwise.
const ALL_UP_TO: usize = 4096;
/// Beyond that: so many single parameters, so many Gaussian directions through all of them, and so many groups.
const COORDINATES: usize = 64;
const GAUSSIAN: usize = 8;
const GROUPS: usize = 248;

/// How to certify a gradient.
///
/// The **centre** is an enclosure of the true gradient: forward mode, dual numbers over [`Interval`] pushed through the
/// forward pass, which knows nothing of backpropagation. The **radius** bounds the rounding of a right program: the
/// backward pass over [`Rounded`], of which nothing but the bound is used. An entry passes if it lies within the
/// radius of the centre and both together are narrower than the resolution asked for. There is no tolerance to choose.
///
/// ```
/// use bp_core::{Act, ErrorFunction, Examples, Output, Plan, Reference, Targets, stack};
/// use bp_verify::Certify;
///
/// let plan = Plan::new(stack(2).hidden(3, Act::Tanh).output(2, Output::Softmax))?;
/// let params: Vec<f64> = (0..plan.n_params()).map(|i| (i as f64).sin()).collect();
/// let examples = Examples::new(&[0.0, 1.0, 1.0, 1.0], Targets::Classes(&[1, 0]));
/// let certificate =
///     Certify::new().gradient(&plan, &ErrorFunction::CrossEntropy, &Reference, &params, &examples)?;
/// certificate.assert_pass();
/// assert!(certificate.resolution < 1e-12); // a fault above 10⁻¹² of the largest entry would have been seen
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Certify {
    coordinates: Option<Sample>,
    directions: Option<Directions>,
    resolution: Option<f64>,
    model: RoundingModel,
}

impl Certify {
    /// Every parameter up to 4096 of them; beyond that 64 parameters, 8 Gaussian directions and 248 random groups.
    pub fn new() -> Self {
        Self::default()
    }

    /// These parameters, one by one, and no directions unless asked for.
    #[must_use]
    pub fn coordinates(self, sample: Sample) -> Self {
        Self { coordinates: Some(sample), ..self }
    }

    /// For networks too large for one pass per parameter: g · v for `gaussian` directions through the whole gradient g
    /// and for one direction through each of `groups` random groups of its entries, all drawn from `seed`, with the
    /// same rigour. The report says what that leaves unseen.
    #[must_use]
    pub fn directions(self, gaussian: usize, groups: usize, seed: u64) -> Self {
        Self { directions: Some(Directions { gaussian, groups, seed }), ..self }
    }

    /// The share of the largest entry that a verdict must resolve; wider entries are inconclusive. Unless told, 10⁻¹⁰
    /// in `f64` and 10⁻³ in `f32`.
    #[must_use]
    pub fn resolution(self, share: f64) -> Self {
        Self { resolution: Some(share), ..self }
    }

    /// Another model of rounding.
    #[must_use]
    pub fn model(self, model: RoundingModel) -> Self {
        Self { model, ..self }
    }

    /// Computes the gradient on `backend` and certifies it, the error E too. The backend is asked for another
    /// batch first, into the same memory, so that nothing of a previous call can stay unnoticed.
    ///
    /// # Errors
    /// A [`ShapeError`] if a length does not fit the plan.
    pub fn gradient<S, H, L, B>(
        &self,
        plan: &Plan<H>,
        loss: &L,
        backend: &B,
        params: &[S],
        examples: &Examples<'_, S>,
    ) -> Result<Certificate, ShapeError>
    where
        S: Float,
        H: CheckedActivation<S>,
        L: CheckedLoss<S> + ?Sized,
        B: Backend<S> + ?Sized,
    {
        self.gradient_and_tell(plan, loss, backend, params, examples, &|_, _| ())
    }

    /// [`gradient`](Certify::gradient), and tells after every pass how many entries, directions and groups it judged, and
    /// of how many in all.
    ///
    /// ```
    /// use bp_core::{Act, ErrorFunction, Examples, Plan, Reference, Targets, stack};
    /// use bp_verify::Certify;
    /// let plan = Plan::new(stack(2).hidden(3, Act::Tanh).output(1, Act::Identity))?;
    /// let examples = Examples::new(&[0.5, -1.0], Targets::Rows(&[0.25]));
    /// let done = std::cell::Cell::new(0);
    /// let hear = |n, _total| done.set(done.get() + n);
    /// let params = [0.1; 13];
    /// Certify::new().gradient_and_tell(&plan, &ErrorFunction::SumOfSquares, &Reference, &params, &examples, &hear)?;
    /// assert_eq!(done.get(), 13);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`gradient`](Certify::gradient).
    pub fn gradient_and_tell<S, H, L, B>(
        &self,
        plan: &Plan<H>,
        loss: &L,
        backend: &B,
        params: &[S],
        examples: &Examples<'_, S>,
        hear: &dyn Fn(usize, usize),
    ) -> Result<Certificate, ShapeError>
    where
        S: Float,
        H: CheckedActivation<S>,
        L: CheckedLoss<S> + ?Sized,
        B: Backend<S> + ?Sized,
    {
        let mut ws = plan.workspace(examples.x.len() / plan.inputs());
        let mut gradient = vec![S::ONE; plan.n_params()];
        let others: Vec<S> = examples.x.iter().map(|&x| S::HALF - x).collect();
        let decoy = Examples { x: &others, ..*examples };
        plan.gradient(backend, loss, params, &decoy, &mut ws, Gradient::replace(&mut gradient))?;
        let previous = gradient.iter().map(|g| g.to_f64()).collect();
        let error = plan.gradient(backend, loss, params, examples, &mut ws, Gradient::replace(&mut gradient))?;
        let given = Given { gradient: &gradient, error: Some(error), previous, backend: backend.name() };
        self.judge(plan, loss, params, examples, &given, hear)
    }

    /// Certifies a gradient of any origin.
    ///
    /// # Errors
    /// A [`ShapeError`] if a length does not fit the plan.
    pub fn given_gradient<S, H, L>(
        &self,
        plan: &Plan<H>,
        loss: &L,
        params: &[S],
        examples: &Examples<'_, S>,
        gradient: &[S],
    ) -> Result<Certificate, ShapeError>
    where
        S: Float,
        H: CheckedActivation<S>,
        L: CheckedLoss<S> + ?Sized,
    {
        let given = Given { gradient, error: None, previous: vec![], backend: "a given gradient" };
        self.judge(plan, loss, params, examples, &given, &|_, _| ())
    }

    fn judge<S, H, L>(
        &self,
        plan: &Plan<H>,
        loss: &L,
        params: &[S],
        examples: &Examples<'_, S>,
        given: &Given<'_, S>,
        hear: &dyn Fn(usize, usize),
    ) -> Result<Certificate, ShapeError>
    where
        S: Float,
        H: CheckedActivation<S>,
        L: CheckedLoss<S> + ?Sized,
    {
        let got = given.gradient;
        if got.len() != plan.n_params() {
            return Err(ShapeError::Length { what: "gradient", expected: plan.n_params(), got: got.len() });
        }
        let factor = self.model.factor();
        let rounding = rounding_of_gradient(plan, loss, params, examples)?;
        let radii: Vec<f64> = rounding.iter().map(|r| product_up(factor, r.error())).collect();
        let (sample, directions) = self.coverage(plan.n_params());
        let indices = sample.indices(plan);
        let total = indices.len() + directions.map_or(0, |d| d.gaussian + d.groups);
        let hear = |n| hear(n, total);
        let (centres, error) = enclose(plan, loss, params, examples, &indices, &hear)?;

        let largest = centres.iter().map(Interval::magnitude).fold(0.0, f64::max);
        let limit = self.resolution.unwrap_or(if S::UNIT_ROUNDOFF > 1e-10 { 1e-3 } else { 1e-10 }) * largest;
        let place = |index| plan.locate(index).map_or_else(String::new, |place| place.to_string());
        let entries: Vec<Judged> = indices
            .iter()
            .zip(&centres)
            .map(|(&i, &centre)| Judged::new(place(i), got[i].to_f64(), centre, radii[i], limit))
            .collect();
        let symptom = |(entry, &index): (&Judged, &usize)| Symptom {
            index,
            got: entry.got,
            truth: entry.centre.mid(),
            is_wrong: entry.radii > 1.0, // ∞ for what is not finite
        };
        let symptoms: Vec<Symptom> = entries.iter().zip(&indices).map(symptom).collect();

        let mut others = vec![];
        if let Some(value) = given.error {
            let bound = product_up(factor, error_rounding(plan, loss, params, examples)?);
            others.push(Judged::new("E".into(), value.to_f64(), error, bound, f64::INFINITY));
        }
        let mut unseen = None;
        if let Some(directions) = directions {
            let (judged, text) = judge_directions(plan, loss, params, examples, (got, &radii), directions, &hear)?;
            others.extend(judged);
            let n = indices.len();
            unseen = Some(format!("{n} of {} parameters one by one; {text}", plan.n_params()));
        } else if indices.len() < plan.n_params() {
            unseen = Some(format!("{} of {} parameters; nothing is known of the rest", indices.len(), plan.n_params()));
        }

        let rows = examples.x.len() / plan.inputs();
        let subject = format!("{} parameters, {rows} examples, {}", plan.n_params(), given.backend);
        let mut certificate = Certificate::new(S::NAME, subject, self.model, entries, others);
        certificate.unseen = unseen;
        if symptoms.iter().any(|s| s.is_wrong) {
            let candidates = || suspects(plan, loss, params, examples, &symptoms, &given.previous);
            certificate.diagnosis = Some(diagnose(plan, &symptoms, rows, candidates));
        }
        Ok(certificate)
    }

    fn coverage(&self, n_params: usize) -> (Sample, Option<Directions>) {
        match (self.coordinates, self.directions) {
            (None, None) if n_params <= ALL_UP_TO => (Sample::all(), None),
            (None, directions) => (
                Sample::some(COORDINATES, 0),
                Some(directions.unwrap_or(Directions { gaussian: GAUSSIAN, groups: GROUPS, seed: 0 })),
            ),
            (Some(sample), directions) => (sample, directions),
        }
    }
}

/// What is judged.
struct Given<'a, S> {
    gradient: &'a [S],
    error: Option<S>,
    /// The gradient of the call before.
    previous: Vec<f64>,
    backend: &'a str,
}

/// Enclosures of ∂E/∂w for the parameters of `indices`, and of E: one forward pass for every [`LANES`] of them.
pub(crate) fn enclose<S, H, L>(
    plan: &Plan<H>,
    loss: &L,
    params: &[S],
    examples: &Examples<'_, S>,
    indices: &[usize],
    hear: &dyn Fn(usize),
) -> Result<(Vec<Interval>, Interval), ShapeError>
where
    S: Float,
    H: CheckedActivation<S>,
    L: CheckedLoss<S> + ?Sized,
{
    let lift = |x: f64| Lanes::constant(Interval::point(x));
    let batch = Lifted::new(examples, lift);
    let mut params: Vec<Lanes> = params.iter().map(|w| lift(w.to_f64())).collect();
    let mut ws = plan.workspace(examples.x.len() / plan.inputs());
    let (mut centres, mut error) = (vec![], Interval::ZERO);
    // Without a parameter there is still an E.
    let chunks = indices.chunks(LANES).chain(indices.is_empty().then_some(&[][..]));
    for chunk in chunks {
        for (lane, &index) in chunk.iter().enumerate() {
            params[index].derivatives[lane] = Interval::ONE;
        }
        plan.forward(&Reference, &params, batch.examples().x, &mut ws)?;
        let Dual { value, derivatives } = plan.error(loss, &batch.examples(), &ws)?;
        error = value;
        centres.extend_from_slice(&derivatives[..chunk.len()]);
        for &index in chunk {
            params[index].derivatives = [Interval::ZERO; LANES];
        }
        hear(chunk.len());
    }
    Ok((centres, error))
}

/// How far a right forward pass in `S` may be from the true E.
fn error_rounding<S, H, L>(
    plan: &Plan<H>,
    loss: &L,
    params: &[S],
    examples: &Examples<'_, S>,
) -> Result<f64, ShapeError>
where
    S: Float,
    H: CheckedActivation<S>,
    L: CheckedLoss<S> + ?Sized,
{
    let batch = Lifted::new(examples, |x| Rounded::<S>::new(x, 0.0));
    let params: Vec<Rounded<S>> = params.iter().map(|&w| Rounded::exact(w)).collect();
    let mut ws = plan.workspace(examples.x.len() / plan.inputs());
    plan.forward(&crate::AnyOrder, &params, batch.examples().x, &mut ws)?;
    Ok(plan.error(loss, &batch.examples(), &ws)?.error())
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicUsize, Ordering};

    use bp_core::{Accum, Act, ErrorFunction, MatMut, MatRef, Output, Targets, stack};

    use super::*;
    use crate::Verdict;

    const X: [f64; 6] = [0.5, -1.25, 2.0, 0.75, -0.5, 1.5];
    const CLASSES: [u32; 3] = [1, 0, 1];
    const LOSS: ErrorFunction = ErrorFunction::CrossEntropy;

    /// 17 parameters, three examples.
    fn plan() -> Plan {
        Plan::new(stack(2).hidden(3, Act::Tanh).output(2, Output::Softmax)).expect("three layers in a row")
    }

    fn params<S: Float>(scale: f64) -> Vec<S> {
        (0..17).map(|i| S::from_f64(scale * (f64::from(i * 7 % 17) - 8.0) / 8.0)).collect()
    }

    fn certify_scaled<S: Float>(how: Certify, scale: f64) -> Certificate {
        let x = X.map(S::from_f64);
        let examples = Examples::new(&x, Targets::Classes(&CLASSES));
        how.gradient(&plan(), &LOSS, &Reference, &params(scale), &examples).expect("shapes fit")
    }

    fn certify<S: Float>(how: Certify) -> Certificate {
        certify_scaled::<S>(how, 1.0)
    }

    /// Right in both precisions: nothing is left unseen, and there is nothing to diagnose, though rounding has moved
    /// entries out of their enclosures.
    #[test]
    fn a_right_gradient_passes() {
        let (double, single) = (certify::<f64>(Certify::new()), certify::<f32>(Certify::new()));
        for certificate in [&double, &single] {
            certificate.assert_pass();
            assert_eq!(certificate.counts.passed, 17 + 1, "{certificate}");
            assert_eq!(certificate.subject, "17 parameters, 3 examples, reference");
            assert_eq!((&certificate.unseen, &certificate.diagnosis), (&None, &None), "{certificate}");
        }
        assert!(double.resolution < 1e-12 && single.resolution < 5e-5, "{double}{single}");
        assert!(single.worst.is_some_and(|worst| worst.radii > 0.0));
    }

    /// A resolution just above what there is passes, one just below does not, also where the largest entry is not 1.
    #[test]
    fn the_resolution_asked_for_is_a_share_of_the_largest_entry() {
        for scale in [0.125, 4.0] {
            let there_is = certify_scaled::<f64>(Certify::new(), scale).resolution;
            assert!(certify_scaled::<f64>(Certify::new().resolution(1.01 * there_is), scale).passed());
            let too_fine = certify_scaled::<f64>(Certify::new().resolution(0.99 * there_is), scale);
            assert!(!too_fine.passed() && too_fine.is_only_too_wide(), "{too_fine}");
        }
    }

    #[test]
    fn a_model_widens_every_radius() {
        let radius = |model: RoundingModel| {
            let examples = Examples::new(&X, Targets::Classes(&CLASSES));
            let mut gradient = [0.0; 17];
            gradient[0] = 1e3;
            let how = Certify::new().model(model);
            let certificate = how.given_gradient(&plan(), &LOSS, &params::<f64>(1.0), &examples, &gradient);
            certificate.expect("shapes fit").findings[0].radius
        };
        let (one, eight) = (radius(RoundingModel::standard()), radius(RoundingModel::times(8.0, "a test")));
        assert!((eight / one - 8.0).abs() < 1e-14, "{one:e}, {eight:e}");
    }

    #[test]
    fn some_parameters_and_directions() {
        let some = certify::<f64>(Certify::new().coordinates(Sample::some(5, 0)));
        some.assert_pass();
        assert_eq!(some.counts.passed, 5 + 1);
        assert_eq!(some.unseen.as_deref(), Some("5 of 17 parameters; nothing is known of the rest"));
        let all = certify::<f64>(Certify::new().coordinates(Sample::all()).directions(2, 5, 7));
        all.assert_pass();
        assert_eq!(all.counts.passed, 17 + 1 + 2 + 5);
        assert!(all.unseen.is_some_and(|text| text.starts_with("17 of 17 parameters one by one; 5 random groups")));
    }

    #[test]
    fn what_is_looked_at() {
        let (own, sample) = (Directions { gaussian: 1, groups: 2, seed: 3 }, Sample::some(5, 1));
        let usual = Directions { gaussian: GAUSSIAN, groups: GROUPS, seed: 0 };
        let few = Sample::some(COORDINATES, 0);
        let with_own = Certify::new().directions(1, 2, 3);
        for (how, n_params, expected) in [
            (Certify::new(), ALL_UP_TO, (Sample::all(), None)),
            (Certify::new(), ALL_UP_TO + 1, (few, Some(usual))),
            (with_own, 1, (few, Some(own))),
            (with_own, ALL_UP_TO + 1, (few, Some(own))),
            (Certify::new().coordinates(sample), ALL_UP_TO + 1, (sample, None)),
            (with_own.coordinates(sample), 1, (sample, Some(own))),
        ] {
            assert_eq!(how.coverage(n_params), expected, "{how:?}, {n_params} parameters");
        }
    }

    /// One entry wrong, by more than is seen or not finite, is found, named and diagnosed.
    #[test]
    fn one_wrong_entry_is_found() {
        let (plan, params, examples) = (plan(), params::<f64>(1.0), Examples::new(&X, Targets::Classes(&CLASSES)));
        let given = |gradient: &[f64]| Certify::new().given_gradient(&plan, &LOSS, &params, &examples, gradient);
        let mut right = vec![0.0; 17];
        let into = Gradient::replace(&mut right);
        plan.gradient(&Reference, &LOSS, &params, &examples, &mut plan.workspace(3), into).expect("shapes fit");
        let passed = given(&right).expect("shapes fit");
        assert_eq!((passed.passed(), passed.counts.passed), (true, 17), "{passed}");
        for index in 0..17 {
            for wrong in [right[index] + 2.0 * passed.resolution * passed.largest, f64::NAN, f64::NEG_INFINITY] {
                let mut gradient = right.clone();
                gradient[index] = wrong;
                let certificate = given(&gradient).expect("shapes fit");
                let names: Vec<&str> = certificate.findings.iter().map(|finding| finding.place.as_str()).collect();
                assert_eq!(names, [plan.locate(index).expect("a parameter").to_string()], "{certificate}");
                assert!(certificate.is_wrong() && certificate.diagnosis.is_some(), "{certificate}");
            }
        }
        assert!(matches!(given(&right[..16]), Err(ShapeError::Length { what: "gradient", expected: 17, got: 16 })));
    }

    /// The reference backend, which computes the two weight gradients once and never again.
    struct Stale(AtomicUsize);

    impl Backend<f64> for Stale {
        fn name(&self) -> &str {
            "stale"
        }
        fn gemm(&self, dst: MatMut<'_, f64>, accum: Accum, alpha: f64, lhs: MatRef<'_, f64>, rhs: MatRef<'_, f64>) {
            if !lhs.is_transposed() || self.0.fetch_add(1, Ordering::Relaxed) < 2 {
                Reference.gemm(dst, accum, alpha, lhs, rhs);
            }
        }
    }

    /// Whoever leaves in place what is there is found out, because another batch was asked for before.
    #[test]
    fn a_gradient_of_the_call_before_is_noticed() {
        let examples = Examples::new(&X, Targets::Classes(&CLASSES));
        let stale = Stale(AtomicUsize::new(0));
        let certificate = Certify::new().gradient(&plan(), &LOSS, &stale, &params::<f64>(1.0), &examples);
        let certificate = certificate.expect("shapes fit");
        assert_eq!(certificate.counts.failed, 6 + 6, "{certificate}");
        assert!(certificate.findings.iter().all(|finding| finding.verdict == Verdict::Fail), "{certificate}");
        // The network's other half, the biases, is computed by sums.
        assert!(certificate.to_string().contains("weights only"), "{certificate}");
    }

    /// The bound of E is that of a sum of three logarithms: fewer than 100 roundings of numbers below 10.
    #[test]
    fn the_error_has_a_bound_of_its_own() {
        let examples = Examples::new(&X, Targets::Classes(&CLASSES));
        let bound = error_rounding(&plan(), &LOSS, &params::<f64>(1.0), &examples).expect("shapes fit");
        assert!(bound > 0.0 && bound < 100.0 * 10.0 * f64::EPSILON, "{bound:e}");
        // Without a parameter there is still an E.
        let (centres, error) =
            enclose(&plan(), &LOSS, &params::<f64>(1.0), &examples, &[], &|_| ()).expect("shapes fit");
        assert!(centres.is_empty() && error.lo() > 0.0 && error.width() < bound, "{error:?}");
    }
}
