//! [`certify`]: the front door. A [`Subject`] against the [`Spec`] of what it should compute.

use core::fmt;

use bp_core::Float;

use crate::certificate::{Certificate, Judged, Verdict, resolve};
use crate::diagnosis::Symptom;
use crate::rounding::product_up;
use crate::spec::signature::explain;
use crate::spec::trial::{Outcome, Trial, Truth};
use crate::{CheckedSpec, Draw, Failure, Lanes, RoundingModel, Shape, Spec, Subject};

/// Derivatives of one seed that are looked at one by one unless told otherwise.
const ALL_UP_TO: usize = 4096;

/// Certifies a subject's values and derivatives, without a tolerance.
///
/// The **centre** of every judgement is an enclosure of the true value: the spec over dual numbers of intervals, forward
/// mode. The **radius** bounds the rounding of a right program: the spec over [`Tape`](crate::Tape), swept in reverse. See
/// [`Certificate`] for the verdicts, [`Subject`] for how it is called.
///
/// ```
/// use bp_core::Real;
/// use bp_verify::{Failure, Shape, Spec, Subject, certify};
///
/// /// y = p tanh x.
/// struct Law;
/// impl<S: Real> Spec<S> for Law {
///     fn shape(&self) -> Shape {
///         Shape { params: 1, inputs: 1, outputs: 1 }
///     }
///     fn eval(&self, p: &[S], x: &[S], y: &mut [S]) {
///         y[0] = p[0] * x[0].tanh();
///     }
/// }
///
/// /// The program: the factor p is forgotten in dx.
/// struct Program;
/// impl Subject for Program {
///     type Real = f64;
///     fn forward(&mut self, p: &[f64], x: &[f64], y: &mut [f64]) -> Result<(), Failure> {
///         y[0] = p[0] * Real::tanh(x[0]);
///         Ok(())
///     }
///     fn vjp(&mut self, _p: &[f64], x: &[f64], c: &[f64], dp: &mut [f64], dx: &mut [f64]) -> Result<(), Failure> {
///         let z = Real::tanh(x[0]);
///         (dp[0], dx[0]) = (c[0] * z, c[0] * (1.0 - z) * (1.0 + z));
///         Ok(())
///     }
/// }
///
/// let report = certify(Law, Program).seeds(0..32).run()?;
/// assert!(!report.passed());
/// assert_eq!(report.first_violation().unwrap().worst.as_ref().unwrap().place, "dx[0]");
/// # Ok::<(), bp_verify::CertifyError>(())
/// ```
pub fn certify<P: CheckedSpec<T::Real>, T: Subject>(spec: P, subject: T) -> Certification<P, T> {
    Certification {
        spec,
        subject,
        seeds: (0..1).collect(),
        resolution: None,
        entries: ALL_UP_TO,
        values_only: false,
        name: None,
        model: None,
    }
}

/// How to certify; made by [`certify`].
#[derive(Debug, Clone)]
#[must_use = "nothing is certified until it runs"]
pub struct Certification<P, T> {
    spec: P,
    subject: T,
    seeds: Vec<u64>,
    resolution: Option<f64>,
    entries: usize,
    values_only: bool,
    name: Option<String>,
    model: Option<RoundingModel>,
}

/// Why nothing could be certified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertifyError {
    /// The subject refused.
    #[error("the subject failed on seed {seed}: {failure}")]
    Subject {
        /// At which seed.
        seed: u64,
        /// What it said.
        failure: Failure,
    },
    /// The spec draws other numbers of parameters and inputs than its shape says.
    #[error("the spec's shape is {shape:?}, but it draws {params} parameters and {inputs} inputs")]
    Shape {
        /// What it says.
        shape: Shape,
        /// Parameters drawn.
        params: usize,
        /// Inputs drawn.
        inputs: usize,
    },
}

impl<P: CheckedSpec<T::Real>, T: Subject> Certification<P, T> {
    /// One set of parameters, inputs and cotangents for every seed; seed 0 alone unless told otherwise.
    pub fn seeds(self, seeds: impl IntoIterator<Item = u64>) -> Self {
        Self { seeds: seeds.into_iter().collect(), ..self }
    }

    /// The share of the largest derivative that a verdict must resolve; wider entries are inconclusive. Unless told,
    /// 10⁻¹⁰ in `f64` and 10⁻³ in `f32`.
    pub fn resolution(self, share: f64) -> Self {
        Self { resolution: Some(share), ..self }
    }

    /// At most so many derivatives per seed, drawn from it; 4096 unless told otherwise. The report says what that leaves.
    pub fn entries(self, most: usize) -> Self {
        Self { entries: most, ..self }
    }

    /// Values of the forward pass and no derivatives: for the step of an optimiser, or a prediction.
    pub fn values_only(self) -> Self {
        Self { values_only: true, ..self }
    }

    /// Another model of rounding than the subject declares.
    pub fn model(self, model: RoundingModel) -> Self {
        Self { model: Some(model), ..self }
    }

    /// What reports call the subject.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// One certificate for every seed.
    ///
    /// # Errors
    /// If the subject fails, or the spec contradicts itself.
    pub fn run(mut self) -> Result<Certified, CertifyError> {
        let seeds = core::mem::take(&mut self.seeds);
        let certificates: Result<Vec<Certificate>, CertifyError> = seeds.iter().map(|&seed| self.one(seed)).collect();
        Ok(Certified { certificates: certificates?, seeds })
    }

    /// Certifies, and returns what there is to know of a subject that passed.
    ///
    /// # Panics
    /// With the full report of the first seed that does not pass.
    pub fn assert_pass(self) -> Certified {
        match self.run() {
            Ok(certified) => {
                assert!(certified.passed(), "{certified}");
                certified
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn one(&mut self, seed: u64) -> Result<Certificate, CertifyError> {
        let shape = Spec::<Lanes>::shape(&self.spec);
        let (trial, decoy) = (Trial::<T::Real>::draw(&self.spec, seed), Trial::decoy(&self.spec, seed));
        if let Some(odd) = [&trial, &decoy].into_iter().find(|trial| !trial.fits(shape)) {
            return Err(CertifyError::Shape { shape, params: odd.p.len(), inputs: odd.x.len() });
        }
        let failed = |failure| CertifyError::Subject { seed, failure };
        let mut certificate = if self.values_only {
            let y = trial.values(&mut self.subject, &decoy).map_err(failed)?;
            let values = self.judge_values(&y, &trial.truth(&self.spec, &[]), true);
            self.certificate(shape, values, vec![])
        } else {
            let outcome = trial.run(&mut self.subject, &decoy).map_err(failed)?;
            self.judge(shape, seed, &trial, &outcome)
        };
        certificate.replay = format!("certify(spec, subject).seeds([{seed}])");
        Ok(certificate)
    }

    fn judge(&self, shape: Shape, seed: u64, trial: &Trial<T::Real>, outcome: &Outcome<T::Real>) -> Certificate {
        let n = shape.params + shape.inputs;
        let indices = chosen(n, self.entries, seed);
        let truth = trial.truth(&self.spec, &indices);
        let factor = self.rounding().factor();
        let largest = truth.centres.iter().map(crate::Interval::magnitude).fold(0.0, f64::max);
        let limit = self.share() * largest;
        let (mut entries, mut symptoms, mut places) = (vec![], vec![], vec![]);
        for (&index, &centre) in indices.iter().zip(&truth.centres) {
            let place = match index.checked_sub(shape.params) {
                None => Spec::<Lanes>::place(&self.spec, index),
                Some(input) => Spec::<Lanes>::input_place(&self.spec, input),
            };
            let radius = product_up(factor, truth.radii[index]);
            let (first, again) = (outcome.gradient[index].to_f64(), outcome.again[index].to_f64());
            let judged = Judged::new(place.clone(), first, centre, radius, limit);
            let is_wrong = judged.verdict == Verdict::Fail;
            symptoms.push(Symptom { index, got: first, truth: centre.mid(), is_wrong });
            entries.push(judged);
            places.push(place.clone());
            // A second call may give other bits, of threads say, but must be as right as the first.
            if first.to_bits() != again.to_bits() {
                entries.push(Judged::new(format!("{place}, second call into NaN"), again, centre, radius, limit));
            }
        }
        let values = self.judge_values(&outcome.y, &truth, false);
        let (_, resolution) = resolve(&values);
        let mut certificate = self.certificate(shape, entries, values);
        certificate.values = Some(resolution);
        if indices.len() < n {
            certificate.unseen = Some(format!("{} of {n} derivatives; nothing is known of the rest", indices.len()));
        }
        if symptoms.iter().any(|s| s.is_wrong) {
            certificate.diagnosis = Some(explain(&self.spec, trial, outcome, &symptoms, &places));
        }
        certificate
    }

    /// Judges y. Beside derivatives it is not what the resolution is asked of, so that an error of 0 may pass.
    fn judge_values(&self, y: &[T::Real], truth: &Truth, alone: bool) -> Vec<Judged> {
        let factor = self.rounding().factor();
        let largest = truth.y.iter().map(crate::Interval::magnitude).fold(0.0, f64::max);
        let limit = if alone { self.share() * largest } else { f64::INFINITY };
        let each = y.iter().zip(&truth.y).zip(&truth.y_radii).enumerate();
        each.map(|(k, ((y, &centre), &radius))| {
            Judged::new(format!("y[{k}]"), y.to_f64(), centre, product_up(factor, radius), limit)
        })
        .collect()
    }

    fn certificate(&self, shape: Shape, entries: Vec<Judged>, others: Vec<Judged>) -> Certificate {
        let Shape { params, inputs, outputs } = shape;
        let name = self.name.as_ref().map_or_else(String::new, |name| format!("{name}, "));
        let subject = format!("{name}{params} parameters, {inputs} inputs, {outputs} outputs");
        let mut certificate = Certificate::new(T::Real::NAME, subject, self.rounding(), entries, others);
        certificate.means = "these parameters, inputs and cotangents, the Spec trusted";
        certificate
    }

    fn rounding(&self) -> RoundingModel {
        self.model.unwrap_or_else(|| self.subject.rounding())
    }

    fn share(&self) -> f64 {
        self.resolution.unwrap_or(if T::Real::UNIT_ROUNDOFF > 1e-10 { 1e-3 } else { 1e-10 })
    }
}

/// `most` of the numbers below `n`, ascending; all if there are no more.
fn chosen(n: usize, most: usize, seed: u64) -> Vec<usize> {
    if n <= most {
        return (0..n).collect();
    }
    let mut draw = Draw::new(seed);
    let mut chosen = std::collections::BTreeSet::new();
    while chosen.len() < most {
        chosen.insert(draw.below(n));
    }
    chosen.into_iter().collect()
}

/// The certificates of all seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Certified {
    certificates: Vec<Certificate>,
    seeds: Vec<u64>,
}

impl Certified {
    /// True if there is a certificate and every one passed.
    pub fn passed(&self) -> bool {
        !self.certificates.is_empty() && self.certificates.iter().all(Certificate::passed)
    }

    /// One for every seed, in their order.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The certificate to look at first: of the first seed where something is wrong, else where something is
    /// undecided. `None` if all passed.
    pub fn first_violation(&self) -> Option<&Certificate> {
        let failing = |certificate: &&Certificate| !certificate.passed();
        self.certificates.iter().find(|c| c.is_wrong()).or_else(|| self.certificates.iter().find(failing))
    }

    /// The largest share of a largest entry above which every fault would have been seen, over all seeds.
    pub fn resolution(&self) -> f64 {
        // NaN, once met, stays.
        let coarser = |a: f64, b: f64| if a >= b || a.is_nan() { a } else { b };
        let worst = self.certificates.iter().map(|c| c.resolution).reduce(coarser);
        worst.unwrap_or(f64::INFINITY)
    }
}

impl fmt::Display for Certified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passing = self.certificates.iter().filter(|c| c.passed()).count();
        if let Some(violation) = self.first_violation() {
            write!(f, "{violation}")?;
            return writeln!(f, "  of {} seeds {passing} passed", self.seeds.len());
        }
        let (Some(first), judged) =
            (self.certificates.first(), self.certificates.iter().map(|c| c.counts.judged()).sum::<usize>())
        else {
            return writeln!(f, "certificate: nothing was judged, nothing is certified");
        };
        let planted = |n: fn(&Certificate) -> usize| self.certificates.iter().map(n).sum::<usize>();
        let (seen, all) = (planted(|c| c.planted.0), planted(|c| c.planted.1));
        writeln!(f, "certificate ({}): PASS, {}", first.scalar, first.subject)?;
        writeln!(f, "  all {judged} entries of {} seeds inside", self.seeds.len())?;
        writeln!(
            f,
            "  would have seen any fault above {:.1e} of the largest entry; planted: {seen} of {all} seen",
            self.resolution()
        )?;
        writeln!(f, "  certified means: {}, {}", first.means, first.model)
    }
}

#[cfg(test)]
mod tests {
    use bp_core::Real;

    use super::*;
    use crate::Interval;

    /// y = p tanh x, of this size; the program doubles p's derivative if told so.
    struct Law {
        size: f64,
        doubles: bool,
    }

    impl<S: Real> Spec<S> for Law {
        fn shape(&self) -> Shape {
            Shape { params: 1, inputs: 1, outputs: 1 }
        }
        fn eval(&self, p: &[S], x: &[S], y: &mut [S]) {
            y[0] = S::from_f64(self.size) * (p[0] * x[0].tanh());
        }
        fn draw(&self, _draw: &mut Draw) -> (Vec<f64>, Vec<f64>) {
            (vec![0.5], vec![0.75])
        }
    }

    impl Subject for Law {
        type Real = f64;
        fn forward(&mut self, p: &[f64], x: &[f64], y: &mut [f64]) -> Result<(), Failure> {
            self.eval(p, x, y);
            Ok(())
        }
        fn vjp(&mut self, p: &[f64], x: &[f64], c: &[f64], dp: &mut [f64], dx: &mut [f64]) -> Result<(), Failure> {
            let z = Real::tanh(x[0]);
            dp[0] = if self.doubles { 2.0 } else { 1.0 } * c[0] * self.size * z;
            dx[0] = c[0] * self.size * p[0] * ((1.0 - z) * (1.0 + z));
            Ok(())
        }
    }

    fn law(size: f64, doubles: bool) -> Certification<Law, Law> {
        certify(Law { size, doubles }, Law { size, doubles })
    }

    fn first(certification: Certification<Law, Law>) -> Certificate {
        certification.run().expect("the law's shape is right").certificates[0].clone()
    }

    #[test]
    fn what_is_asked_for_is_done() {
        let plain = first(law(1.0, false));
        assert!(plain.passed() && plain.counts.passed == 2 + 1 && plain.unseen.is_none(), "{plain}");
        assert_eq!(plain.subject, "1 parameters, 1 inputs, 1 outputs");
        assert_eq!(first(law(1.0, false).name("a law")).subject, "a law, 1 parameters, 1 inputs, 1 outputs");
        // Of values alone no derivative is wrong.
        let values = first(law(1.0, true).values_only());
        assert!(values.passed() && values.counts.passed == 1, "{values}");
        let wrong = first(law(1.0, true));
        assert!(wrong.counts.failed == 1 && wrong.diagnosis.is_some(), "{wrong}");
        let wide = first(law(1.0, true).model(RoundingModel::times(8.0, "a test")));
        assert!((wide.findings[0].radius / wrong.findings[0].radius - 8.0).abs() < 1e-14, "{wide}");
        let one = first(law(1.0, false).entries(1));
        assert_eq!(one.unseen.as_deref(), Some("1 of 2 derivatives; nothing is known of the rest"));
    }

    /// A resolution just above what there is passes, one just below does not, also where nothing is about 1.
    #[test]
    fn the_resolution_asked_for_is_a_share_of_the_largest() {
        for size in [0.015_625, 64.0] {
            for values in [false, true] {
                let law = || if values { law(size, false).values_only() } else { law(size, false) };
                let there_is = first(law()).resolution;
                assert!(there_is > 0.0 && first(law().resolution(1.01 * there_is)).passed());
                let too_fine = first(law().resolution(0.99 * there_is));
                assert!(!too_fine.passed() && too_fine.is_only_too_wide(), "{too_fine}");
            }
        }
    }

    #[test]
    fn entries_are_chosen_once_each_and_in_order() {
        assert_eq!(chosen(5, 5, 1), [0, 1, 2, 3, 4]);
        assert_eq!(chosen(5, 9, 1), [0, 1, 2, 3, 4]);
        for most in [0, 1, 10, 99] {
            let some = chosen(100, most, 1);
            assert!(some.len() == most && some.is_sorted_by(|a, b| a < b) && some.iter().all(|&i| i < 100), "{some:?}");
        }
        assert_ne!(chosen(100, 10, 1), chosen(100, 10, 2));
    }

    /// A certificate of one entry that is 1 and known to within `radius`; `got` was computed.
    fn certificate(got: f64, radius: f64) -> Certificate {
        let entry = Judged::new("dp[0]".into(), got, Interval::new(1.0, 1.0), radius, 1e-3);
        Certificate::new("f64", "a subject".into(), RoundingModel::standard(), vec![entry], vec![])
    }

    fn certified(certificates: Vec<Certificate>) -> Certified {
        Certified { seeds: (0..certificates.len() as u64).collect(), certificates }
    }

    #[test]
    fn all_seeds_must_pass_and_there_must_be_one() {
        let (pass, wide, wrong) = (certificate(1.0, 1e-9), certificate(1.0, 0.5), certificate(2.0, 1e-9));
        let all = certified(vec![pass.clone(), pass.clone()]);
        assert!(all.passed() && all.first_violation().is_none() && all.certificates().len() == 2);
        let text = all.to_string();
        for part in
            ["PASS, a subject", "all 2 entries of 2 seeds inside", "planted: 2 of 2 seen", "above 1.0e-9 of the"]
        {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
        // What is wrong is looked at before what is undecided.
        for (certificates, first) in [
            (vec![pass.clone(), wide.clone()], &wide),
            (vec![wide.clone(), wrong.clone(), pass.clone()], &wrong),
            (vec![wrong.clone(), wide.clone()], &wrong),
        ] {
            let some = certified(certificates);
            assert!(!some.passed());
            assert_eq!(some.first_violation(), Some(first));
            let passing = some.certificates().iter().filter(|certificate| certificate.passed()).count();
            let end = format!("  of {} seeds {passing} passed\n", some.certificates().len());
            assert!(some.to_string().ends_with(&end), "{some}");
        }
        let none = certified(vec![]);
        assert!(!none.passed() && none.first_violation().is_none());
        assert!(none.to_string().contains("nothing is certified"), "{none}");
    }

    #[test]
    fn the_resolution_is_the_coarsest_of_all_seeds() {
        let of = |radii: &[f64]| certified(radii.iter().map(|&radius| certificate(1.0, radius)).collect()).resolution();
        for radii in [[0.25, 0.5], [0.5, 0.25]] {
            assert!((of(&radii) - 0.5).abs() <= 0.0);
        }
        assert!(of(&[]).is_infinite());
        assert!(of(&[f64::NAN, 0.5]).is_nan() && of(&[0.5, f64::NAN]).is_nan());
    }
}
