//! What every backend and scalar must do alike: near the slow specification, exactly it on integers, and the same bits
//! whatever stood in the workspace.
#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use bp_core::{
    Accum, Act, Backend, ErrorFunction, Examples, Float, Gradient, Output, Plan, Reference, Targets, Workspace, stack,
};
use bp_tests::arrays::{Arrays, centres, compare, compare_by_radius};
use bp_tests::for_every_backend_and_scalar;
use bp_tests::nets::{Sample, graph, integers, samples};
use bp_tests::slow::Slow;
use bp_tests::suite::{assert_same_bits, bits, numbers, run, run_traced, scalars};

for_every_backend_and_scalar!(
    stays_near_the_slow_specification,
    is_exact_on_integers,
    traced_is_lean,
    old_contents_and_capacity_change_nothing,
    alignment_changes_nothing,
    accumulates_and_splits_exactly,
    a_weight_repeats_an_example,
    doubled_weights_double_everything,
    output_errors_alone_give_the_gradient,
    descent_is_a_step_along_the_gradient,
    large_logits_stay_finite_and_right,
    nan_comes_out_where_it_went_in,
);

/// Invariant 4: everything that a caller owns may begin at any element, and no bit changes. Vectors of both matrix
/// libraries are 16 elements at most, so 16 offsets stand on every alignment.
fn alignment_changes_nothing<B: Backend<S> + Default, S: Float>() {
    let backend = B::default();
    for sample in
        [integer_sample(), Sample::new("tanh", graph(Act::Tanh, Output::Softmax), ErrorFunction::CrossEntropy)]
    {
        for rows in [1, 2, 5, 33] {
            let Data { params, x, t } = Data::<S>::of(&sample, rows);
            let (n_params, mut want) = (params.len(), None);
            for offset in 0..16 {
                let moved = |values: &[S]| [&vec![S::ZERO; offset][..], values].concat();
                let (params, x, t) = (moved(&params), moved(&x), moved(&t));
                let examples = Examples::new(&x[offset..], Targets::Rows(&t[offset..]));
                let (mut dw, mut dx) = (vec![S::ZERO; offset + n_params], vec![S::ZERO; x.len()]);
                let into = Gradient::replace(&mut dw[offset..]).with_dx(&mut dx[offset..]);
                let mut ws = sample.plan.workspace(rows);
                let error = sample.plan.gradient(&backend, &sample.loss, &params[offset..], &examples, &mut ws, into);
                let got = [bits(&[error.unwrap()]), bits(&dw[offset..]), bits(&dx[offset..])].concat();
                let want = want.get_or_insert_with(|| got.clone());
                assert!(got == *want, "{}, {rows} rows, offset {offset}", sample.name);
            }
        }
    }
}

/// Sizes around every unrolling and tile.
fn batch_sizes() -> impl Iterator<Item = usize> {
    (1..=17).chain(31..=33).chain(63..=65)
}

/// Targets of a sample as rows over `S`, in one piece with its inputs and parameters.
struct Data<S> {
    params: Vec<S>,
    x: Vec<S>,
    t: Vec<S>,
}

impl<S: Float> Data<S> {
    fn of(sample: &Sample, rows: usize) -> Self {
        let (x, t) = sample.examples(rows);
        Self { params: scalars(&sample.params), x: scalars(&x), t: scalars(&t) }
    }

    fn run<B: Backend<S>>(&self, backend: &B, sample: &Sample, ws: &mut Workspace<S>) -> Arrays {
        let examples = Examples::new(&self.x, Targets::Rows(&self.t));
        run(backend, &sample.plan, sample.loss, &self.params, &examples, ws)
    }
}

/// Within the radius for `S`. In `f64` the specification itself rounds in `f64`, so two radii lie between the two.
fn stays_near_the_slow_specification<B: Backend<S> + Default, S: Float>() {
    let (backend, factor) = (B::default(), if S::NAME == "f64" { 2.0 } else { 1.0 });
    for sample in samples() {
        let slow = Slow::new::<S>(&sample.plan, sample.loss, &sample.params);
        for rows in batch_sizes() {
            let (x, t) = sample.examples(rows);
            let balls = slow.run(&x, &t);
            let got = run_traced::<B, S>(&backend, &sample.plan, sample.loss, &sample.params, &x, &t);
            compare_by_radius(&got, &centres(&balls), &balls, factor)
                .unwrap_or_else(|e| panic!("{}, {rows} rows: {e}", sample.name));
        }
    }
}

/// A relu graph whose numbers are small integers in every layer, so that no order of summation rounds.
fn integer_sample() -> Sample {
    let mut sample = Sample::new("integers", graph(Act::Relu, Act::Identity.into()), ErrorFunction::SumOfSquares);
    sample.params = integers(1, sample.params.len(), 1);
    sample
}

fn integer_examples(rows: usize) -> (Vec<f64>, Vec<f64>) {
    (integers(2, rows * 3, 1), integers(3, rows * 3, 1))
}

fn is_exact_on_integers<B: Backend<S> + Default, S: Float>() {
    let sample = integer_sample();
    let slow = Slow::new::<f64>(&sample.plan, sample.loss, &sample.params);
    for rows in batch_sizes() {
        let (x, t) = integer_examples(rows);
        let want = centres(&slow.run(&x, &t));
        let got = run_traced::<B, S>(&B::default(), &sample.plan, sample.loss, &sample.params, &x, &t);
        compare(&got, &want, |_, _| 0.0).unwrap_or_else(|e| panic!("{rows} rows: {e}"));
    }
}

fn traced_is_lean<B: Backend<S> + Default, S: Float>() {
    for sample in samples() {
        let data = Data::<S>::of(&sample, 6);
        let lean = data.run(&B::default(), &sample, &mut sample.plan.workspace(6));
        let traced = data.run(&B::default(), &sample, &mut sample.plan.traced_workspace(6));
        assert!(lean.len() <= traced.len());
        assert_same_bits(&lean, &traced, sample.name);
    }
}

/// The last, smaller batch of an epoch runs in a workspace made for more, over what the batch before left there.
fn old_contents_and_capacity_change_nothing<B: Backend<S> + Default, S: Float>() {
    let backend = B::default();
    for sample in samples() {
        let mut large = sample.plan.workspace(65);
        for rows in batch_sizes() {
            let data = Data::<S>::of(&sample, rows);
            let fresh = data.run(&backend, &sample, &mut sample.plan.workspace(rows));
            let after_others = data.run(&backend, &sample, &mut large);
            assert_same_bits(&after_others, &fresh, sample.name);
            assert_same_bits(&data.run(&backend, &sample, &mut large), &fresh, sample.name);
            large.poison(S::from_f64(f64::NAN));
            assert_same_bits(&data.run(&backend, &sample, &mut large), &fresh, sample.name);
        }
    }
}

/// E, dw and dx of integer examples, dw added to `start`.
fn added<B: Backend<S>, S: Float>(backend: &B, x: &[f64], t: &[f64], weights: Option<&[f64]>, start: &[f64]) -> Arrays {
    let sample = integer_sample();
    let (params, x, t): (Vec<S>, Vec<S>, Vec<S>) = (scalars(&sample.params), scalars(x), scalars(t));
    let weights: Option<Vec<S>> = weights.map(scalars);
    let examples = Examples { x: &x, t: Targets::Rows(&t), weights: weights.as_deref() };
    let (mut dw, mut dx): (Vec<S>, Vec<S>) = (scalars(start), scalars(&vec![f64::NAN; x.len()]));
    let mut ws = sample.plan.workspace(x.len() / 3);
    let into = Gradient { dw: &mut dw, accum: Accum::Add, dx: Some(&mut dx) };
    let error = sample.plan.gradient(backend, &sample.loss, &params, &examples, &mut ws, into).expect("shapes fit");
    Arrays::from([("error".into(), vec![error.to_f64()]), ("dw".into(), numbers(&dw)), ("dx".into(), numbers(&dx))])
}

fn sum(x: &[f64], y: &[f64]) -> Vec<f64> {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).map(|(x, y)| x + y).collect()
}

/// M2: E and gradient add over examples, whatever the split, and `Accum::Add` adds to what is there.
fn accumulates_and_splits_exactly<B: Backend<S> + Default, S: Float>() {
    let backend = B::default();
    let rows = 33;
    let (x, t) = integer_examples(rows);
    let zero = vec![0.0; integer_sample().params.len()];
    let start = integers(4, zero.len(), 50);
    let all = added::<B, S>(&backend, &x, &t, None, &zero);
    let onto = added::<B, S>(&backend, &x, &t, None, &start);
    assert_eq!(bits(&sum(&onto["dw"], &zero)), bits(&sum(&all["dw"], &start)));
    for split in 0..=rows {
        let (x, t) = (x.split_at(3 * split), t.split_at(3 * split));
        let first = added::<B, S>(&backend, x.0, t.0, None, &zero);
        let second = added::<B, S>(&backend, x.1, t.1, None, &first["dw"]);
        let joined = Arrays::from([
            ("error".into(), sum(&first["error"], &second["error"])),
            ("dw".into(), second["dw"].clone()),
            ("dx".into(), [first["dx"].clone(), second["dx"].clone()].concat()),
        ]);
        compare(&joined, &all, |_, _| 0.0).unwrap_or_else(|e| panic!("split at {split}: {e}"));
    }
}

/// A weight of n is the example n times; 0 leaves it out.
fn a_weight_repeats_an_example<B: Backend<S> + Default, S: Float>() {
    let backend = B::default();
    let (x, t) = integer_examples(9);
    let weights = [1.0, 2.0, 0.0, 3.0, 1.0, 2.0, 2.0, 0.0, 1.0];
    let repeat = |values: &[f64]| {
        let rows = values.chunks_exact(3).zip(weights);
        rows.flat_map(|(row, w)| row.repeat(w as usize)).collect::<Vec<f64>>()
    };
    let zero = vec![0.0; integer_sample().params.len()];
    let weighted = added::<B, S>(&backend, &x, &t, Some(&weights), &zero);
    let repeated = added::<B, S>(&backend, &repeat(&x), &repeat(&t), None, &zero);
    for name in ["error", "dw"] {
        let [got, want] = [&weighted, &repeated].map(|a| Arrays::from([(name.into(), a[name].clone())]));
        compare(&got, &want, |_, _| 0.0).unwrap();
    }
}

/// Doubling every δ is exact in floats, so weights of 2 double E and every gradient to the last bit.
fn doubled_weights_double_everything<B: Backend<S> + Default, S: Float>() {
    let backend = B::default();
    for sample in samples() {
        let data = Data::<S>::of(&sample, 7);
        let plain = data.run(&backend, &sample, &mut sample.plan.workspace(7));
        let two: Vec<S> = scalars(&[2.0; 7]);
        let examples = Examples::new(&data.x, Targets::Rows(&data.t)).weighted(&two);
        let double = run(&backend, &sample.plan, sample.loss, &data.params, &examples, &mut sample.plan.workspace(7));
        for (name, double) in &double {
            let factor = if name == "y" || name.starts_with("z.") || name.starts_with("a.") { 1.0 } else { 2.0 };
            let want: Vec<f64> = plain[name].iter().map(|x| factor * x).collect();
            assert_eq!(bits(double), bits(&want), "{} {name}", sample.name);
        }
    }
}

/// The recursion needs nothing of the loss but its δ: handed in by the caller it gives the same bits, also in a workspace
/// for more examples than there are.
fn output_errors_alone_give_the_gradient<B: Backend<S> + Default, S: Float>() {
    let backend = B::default();
    for sample in samples() {
        let data = Data::<S>::of(&sample, 5);
        let mut ws = sample.plan.workspace(7);
        let want = data.run(&backend, &sample, &mut ws);
        let delta: Vec<S> = scalars(&want[&format!("delta.{}", sample.plan.architecture().output.name)]);
        ws.poison(S::from_f64(f64::NAN));
        let (mut dw, mut dx) = (vec![S::ZERO; sample.plan.n_params()], vec![S::ZERO; data.x.len()]);
        let into = Gradient::replace(&mut dw).with_dx(&mut dx);
        sample.plan.forward(&backend, &data.params, &data.x, &mut ws).unwrap();
        sample.plan.backward_from(&backend, &delta, &data.params, &data.x, &mut ws, into).unwrap();
        let blocks = sample.plan.blocks().iter();
        let mut got: Arrays =
            blocks.map(|block| (format!("gradient.{block}"), numbers(&dw[block.range.clone()]))).collect();
        got.insert("dx".into(), numbers(&dx));
        assert_same_bits(&got, &want, sample.name);
    }
}

/// w ← w − 2 ∂E/∂w in one pass: errors go through the weights before they change, and nothing rounds on integers.
fn descent_is_a_step_along_the_gradient<B: Backend<S> + Default, S: Float>() {
    let (backend, sample) = (B::default(), integer_sample());
    for rows in [1, 2, 5, 33] {
        let (x, t) = integer_examples(rows);
        let weights: Vec<S> = scalars(&integers(5, rows, 2));
        for weights in [None, Some(&weights[..])] {
            let (mut params, x, t): (Vec<S>, Vec<S>, Vec<S>) = (scalars(&sample.params), scalars(&x), scalars(&t));
            let examples = Examples { x: &x, t: Targets::Rows(&t), weights };
            let (mut ws, mut dw) = (sample.plan.workspace(rows + 1), vec![S::ZERO; params.len()]);
            let into = Gradient::replace(&mut dw);
            sample.plan.gradient(&backend, &sample.loss, &params, &examples, &mut ws, into).unwrap();
            let two = S::ONE + S::ONE;
            let want: Vec<S> = params.iter().zip(&dw).map(|(&w, &dw)| w - two * dw).collect();
            sample.plan.forward(&backend, &params, &x, &mut ws).unwrap();
            sample.plan.descend(&backend, &sample.loss, -two, &mut params, &examples, &mut ws).unwrap();
            let [got, want] = [params, want].map(|params| Arrays::from([("params".into(), numbers(&params))]));
            compare(&got, &want, |_, _| 0.0).unwrap_or_else(|e| panic!("{rows} rows: {e}"));
        }
    }
}

/// (output, loss, a, t, y, E, δ) with a = ±10⁴, where every naive formula overflows.
type Logits = (Output, ErrorFunction, [f64; 3], [f64; 3], [f64; 3], f64, [f64; 3]);

fn large_logits_stay_finite_and_right<B: Backend<S> + Default, S: Float>() {
    use ErrorFunction::{BinaryCrossEntropy, CrossEntropy, Poisson};
    let (l, s) = (Output::Each(Act::Logistic), Output::Softmax);
    let cases: [Logits; 12] = [
        (s.clone(), CrossEntropy, [1e4, 0.0, -1e4], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0], 0.0, [0.0, 0.0, 0.0]),
        (s.clone(), CrossEntropy, [1e4, 0.0, -1e4], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], 1e4, [1.0, -1.0, 0.0]),
        (s.clone(), CrossEntropy, [1e4, 0.0, -1e4], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0], 2e4, [1.0, 0.0, -1.0]),
        // δ_k = y_k Σ_m t_m − t_k, where the targets do not sum to 1.
        (s.clone(), CrossEntropy, [1e4, 0.0, -1e4], [2.0, 1.0, 0.0], [1.0, 0.0, 0.0], 1e4, [1.0, -1.0, 0.0]),
        (s.clone(), CrossEntropy, [-1e4, -1e4, 1e4], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0], 2e4, [-0.5, -0.5, 1.0]),
        (l.clone(), BinaryCrossEntropy, [1e4, -1e4, 1e4], [1.0, 0.0, 1.0], [1.0, 0.0, 1.0], 0.0, [0.0, 0.0, 0.0]),
        (l.clone(), BinaryCrossEntropy, [1e4, -1e4, 1e4], [0.0, 1.0, 0.5], [1.0, 0.0, 1.0], 2.5e4, [1.0, -1.0, 0.5]),
        // Pairs that are not canonical. −ln(1 − y₂) is 10⁴ where y₂ is 1 and the others are e^−10⁴ of it.
        (s.clone(), BinaryCrossEntropy, [1e4, 0.0, -1e4], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0], 0.0, [0.0, 0.0, 0.0]),
        (s.clone(), BinaryCrossEntropy, [1e4, 0.0, -1e4], [1.0, 1.0, 0.0], [1.0, 0.0, 0.0], 1e4, [1.0, -1.0, 0.0]),
        (s, Poisson, [1e4, 0.0, -1e4], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], 1e4 + 1.0, [1.0, -1.0, 0.0]),
        (l.clone(), Poisson, [1e4, -1e4, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.5], 1.5, [0.0, 0.0, 0.25]),
        (l, Poisson, [1e4, -1e4, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.5], 1e4 + 1.5, [0.0, -1.0, 0.25]),
    ];
    for (output, loss, a, t, y, error, delta) in cases {
        // Weights are the identity: a = x.
        let plan = Plan::new(stack(3).without_bias().output(3, output)).unwrap();
        let eye = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        let got = run_traced::<B, S>(&B::default(), &plan, loss, &eye, &a, &t);
        let want = Arrays::from([
            ("y".into(), y.to_vec()),
            ("error".into(), vec![error]),
            ("delta.out".into(), delta.to_vec()),
            ("dx".into(), delta.to_vec()),
        ]);
        compare(&got, &want, |_, _| 0.0).unwrap_or_else(|e| panic!("{loss} at {a:?}, {t:?}: {e}"));
    }
}

fn nan_comes_out_where_it_went_in<B: Backend<S> + Default, S: Float>() {
    let backend = B::default();
    for sample in samples() {
        let (inputs, outputs) = (sample.plan.inputs(), sample.plan.outputs());
        let mut data = Data::<S>::of(&sample, 3);
        let nan = S::from_f64(f64::NAN);
        let x = data.x[inputs];
        data.x[inputs] = nan;
        let got = data.run(&backend, &sample, &mut sample.plan.workspace(3));
        for (n, y) in got["y"].chunks_exact(outputs).enumerate() {
            assert!(y.iter().all(|y| y.is_nan() == (n == 1)), "{}: y of example {n} is {y:?}", sample.name);
        }
        assert!(got["error"][0].is_nan(), "{}", sample.name);
        for (name, values) in got.iter().filter(|(name, _)| name.starts_with("gradient.")) {
            assert!(values.iter().all(|g| g.is_nan()), "{}: {name} is {values:?}", sample.name);
        }
        data.x[inputs] = x;
        data.t[outputs] = nan;
        let got = data.run(&backend, &sample, &mut sample.plan.workspace(3));
        assert!(got["error"][0].is_nan() && got["y"].iter().all(|y| y.is_finite()), "{}", sample.name);
    }
}

/// What the reference backend promises: a row of a batch has the bits of the row alone.
#[test]
fn reference_is_batch_invariant() {
    fn check<S: Float>() {
        for sample in samples() {
            let data = Data::<S>::of(&sample, 17);
            let all = data.run(&Reference, &sample, &mut sample.plan.traced_workspace(17));
            let (inputs, outputs) = (sample.plan.inputs(), sample.plan.outputs());
            for n in 0..17 {
                let (x, t) = (&data.x[n * inputs..][..inputs], &data.t[n * outputs..][..outputs]);
                let examples = Examples::new(x, Targets::Rows(t));
                let mut ws = sample.plan.traced_workspace(1);
                let alone = run(&Reference, &sample.plan, sample.loss, &data.params, &examples, &mut ws);
                for (name, alone) in alone.iter().filter(|(name, _)| *name != "error" && !name.starts_with("grad")) {
                    let row = &all[name][n * alone.len()..][..alone.len()];
                    assert_eq!(bits(row), bits(alone), "{}, example {n}: {name}", sample.name);
                }
            }
        }
    }
    check::<f32>();
    check::<f64>();
}
