//! The detectors XB, DET and CON: another backend, repeated calls and numbers of threads, and every order in which two
//! threads can take turns.

use anyhow::Result;
use bp_core::{Accum, Backend, Examples, Float, MatMut, MatRef, Output, Reference};
use bp_verify::laws::{SameAsReference, within};
use bp_verify::{Number, Recipe, check_backend, gamma};

use super::nets::{Net, PAIRS, uniform};
use super::plant::Plant;
use super::subject::Subject;
use super::{Effort, Seen};

/// XB: every kernel within bounds that hold for any order of summation, whole networks, and products with a large inner
/// size and with blocks of zeros.
pub(crate) fn cross_backend<S: Float + Number>(subject: &Subject<S>, effort: Effort) -> Result<Seen> {
    if let Some(seen) = large_and_sparse(&subject.kernels) {
        return Ok(Some(seen));
    }
    for seed in 0..4 * effort.seeds {
        let recipe = Recipe::random(seed);
        let (output, loss) =
            if seed % 2 == 0 { (Output::Softmax, PAIRS[0]) } else { (bp_core::Act::Identity.into(), PAIRS[1]) };
        let case = recipe.case(output);
        if let Err(violation) = within::<SameAsReference, S, _, _>(&subject.kernels, &case, &subject.believed(loss)) {
            return Ok(Some(violation.to_string()));
        }
    }
    // Some 2,400 products: seconds.
    if effort.is_quick {
        return Ok(None);
    }
    Ok(check_backend::<S>(&subject.kernels, 0, 3).err().map(|violation| violation.to_string()))
}

/// |C − AB| ≤ 2 γ_k |A| |B| for both results, in every orientation that the engine asks for.
fn large_and_sparse<S: Float>(backend: &dyn Backend<S>) -> Seen {
    for (m, k, n, zeros) in [(9, 300, 7, 0), (24, 40, 6, 8), (5, 1100, 3, 0), (16, 16, 16, 4)] {
        for orientation in 0..3 {
            let mut lhs: Vec<S> = uniform(m * k, 5).into_iter().map(S::from_f64).collect();
            let rhs: Vec<S> = uniform(k * n, 6).into_iter().map(S::from_f64).collect();
            let lhs_transposed = orientation == 1;
            (0..zeros).flat_map(|i| (0..k).map(move |j| (i, j))).for_each(|(i, j)| {
                lhs[if lhs_transposed { j * m + i } else { i * k + j }] = S::ZERO;
            });
            let l = if lhs_transposed { MatRef::new(&lhs, k, m).t() } else { MatRef::new(&lhs, m, k) };
            let r = if orientation == 2 { MatRef::new(&rhs, n, k).t() } else { MatRef::new(&rhs, k, n) };
            let (mut got, mut want) = (vec![S::ZERO; m * n], vec![S::ZERO; m * n]);
            backend.gemm(MatMut::new(&mut got, m, n), Accum::Replace, S::ONE, l, r);
            Reference.gemm(MatMut::new(&mut want, m, n), Accum::Replace, S::ONE, l, r);
            for (at, (got, want)) in got.iter().zip(&want).enumerate() {
                let (i, j) = (at / n, at % n);
                let size: f64 = (0..k).map(|p| (l.at(i, p).to_f64() * r.at(p, j).to_f64()).abs()).sum();
                let apart = (got.to_f64() - want.to_f64()).abs();
                // The sum of absolute values is itself rounded k times, in f64.
                if !(apart <= 2.0 * gamma::<S>(k) * size * (1.0 + gamma::<f64>(2 * k))) {
                    return Some(format!("product {m}×{k}×{n}: entry ({i}, {j}) is {apart:.1e} from the reference"));
                }
            }
        }
    }
    None
}

/// DET: a thousand calls have the same bits, and so have 1 to 8 threads.
pub(crate) fn determinism<S: Float>(subject: &Subject<S>, effort: Effort) -> Result<Seen> {
    let net = Net::graph(PAIRS[0], 1.0, 1, 5)?;
    let held = net.held::<S>();
    let mut first: Option<Vec<u64>> = None;
    let repeats = if effort.is_quick { 80 } else { 1000 };
    for n in 0..repeats + 8 {
        subject.threads.set(if n < repeats { 1 } else { n - repeats + 1 });
        let mut memory = subject.memory(&net.plan, net.rows());
        let examples: Examples<'_, S> = held.examples();
        subject.gradient(&net.plan, net.loss, &held.params, &examples, &mut memory)?;
        let bits: Vec<u64> = memory.dw.iter().map(|g| g.to_f64().to_bits()).collect();
        if *first.get_or_insert_with(|| bits.clone()) != bits {
            let threads = subject.threads.replace(1);
            return Ok(Some(format!("call {n} with {threads} threads gives other bits")));
        }
    }
    subject.threads.set(1);
    Ok(None)
}

/// CON: two threads add 1 to a shared sum; the steps of both in every order. A right reducer adds in one step; one that
/// reads, adds and writes in three loses an update in some order. Nothing but a reducer can be asked.
pub(crate) fn interleavings(plant: Plant) -> Seen {
    let steps = if plant == Plant::LostUpdate { 3 } else { 1 };
    let mut orders = 0;
    for order in 0..1_u32 << (2 * steps) {
        if order.count_ones() != steps {
            continue;
        }
        orders += 1;
        let (mut sum, mut held, mut at) = (0, [0; 2], [0; 2]);
        for step in 0..2 * steps {
            let thread = usize::from(order >> step & 1 == 1);
            match (steps, at[thread]) {
                (1, _) => sum += 1,
                (_, 0) => held[thread] = sum,
                (_, 1) => held[thread] += 1,
                _ => sum = held[thread],
            }
            at[thread] += 1;
        }
        if sum != 2 {
            return Some(format!("order {orders} of the steps of two threads gives {sum} instead of 2"));
        }
    }
    None
}
