//! What acts on each unit alone, in the widest vectors of the machine, for backends to call: bp-core's own loops, compiled
//! once more for each width and chosen once per call. No operation is fused or reordered in them, so the bits are those of
//! the plain loops.

use bp_core::{Accum, Act, Activation, Finish, Float, MatMut, MatRef, OutputFunction, OutputKind, kernels};
use pulp::{Arch, NullaryFnOnce};

/// z = h(a) in place: [`bp_core::Backend::activate`] in the widest vectors for built-in activations.
///
/// ```
/// use bp_core::{Act, Activation};
/// let mut z = [-1.0_f32, 0.0, 0.5];
/// bp_train::elementwise::activate(&Act::Tanh, &mut z);
/// assert_eq!(z, [-1.0, 0.0, 0.5].map(|a| Act::Tanh.value(a)));
/// ```
pub fn activate<S: Float>(activation: &dyn Activation<S>, z: &mut [S]) {
    match activation.known() {
        Some(act) => Arch::new().dispatch(Activate { act: *act, z }),
        None => activation.apply(z),
    }
}

/// δ ← h′(a) δ: [`bp_core::Backend::chain`] in the widest vectors for built-in activations.
pub fn chain<S: Float>(activation: &dyn Activation<S>, a: &[S], z: &[S], delta: &mut [S]) {
    match activation.known() {
        Some(act) => Arch::new().dispatch(Chain { act: *act, a, z, delta }),
        None => activation.chain(a, z, delta),
    }
}

/// What follows the last connection of a layer, [`bp_core::Backend::finish`], in one dispatch.
pub fn finish<S: Float>(z: MatMut<'_, S>, finish: Finish<'_, S>) {
    let (width, z) = (z.cols(), z.into_data());
    match finish.activation.map(Activation::known) {
        None => Arch::new().dispatch(FinishRows { z, width, finish, act: Act::Identity }),
        Some(Some(act)) => Arch::new().dispatch(FinishRows { z, width, finish, act: *act }),
        // The bias first, then a function that this crate does not know.
        Some(None) => {
            let activation = finish.activation;
            let first = Finish { activation: None, ..finish };
            Arch::new().dispatch(FinishRows { z: &mut *z, width, finish: first, act: Act::Identity });
            activation.into_iter().for_each(|activation| activation.apply(z));
        }
    }
}

/// y from a, [`bp_core::Backend::output`].
pub fn output<S: Float>(function: &dyn OutputFunction<S>, y: MatMut<'_, S>) {
    let (width, y) = (y.cols(), y.into_data());
    match function.kind() {
        OutputKind::Softmax => Arch::new().dispatch(Softmax { width, y }),
        _ => function.apply_rows(width, y),
    }
}

/// `dst ← (dst +) alpha · Σₙ deltaₙ`, [`bp_core::Backend::sum_rows`].
pub fn sum_rows<S: Float>(dst: &mut [S], accum: Accum, alpha: S, delta: MatRef<'_, S>) {
    match delta.rows() {
        1 => kernels::sum_rows(dst, accum, alpha, delta),
        _ => Arch::new().dispatch(SumRows { dst, accum, alpha, delta }),
    }
}

pub(crate) struct FinishRows<'a, 'b, S> {
    pub(crate) z: &'a mut [S],
    pub(crate) width: usize,
    pub(crate) finish: Finish<'b, S>,
    pub(crate) act: Act,
}

impl<S: Float> NullaryFnOnce for FinishRows<'_, '_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        if let Some(bias) = self.finish.bias {
            // A single row needs no division to find the rows.
            let rows = if self.z.len() == self.width { 1 } else { self.z.len() / self.width };
            for n in 0..rows {
                for (a, &b) in self.z[n * self.width..][..self.width].iter_mut().zip(bias) {
                    *a += b;
                }
            }
        }
        if let Some(a) = self.finish.a {
            a.copy_from_slice(self.z);
        }
        self.act.apply(self.z);
    }
}

struct Softmax<'a, S> {
    width: usize,
    y: &'a mut [S],
}

impl<S: Float> NullaryFnOnce for Softmax<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        kernels::softmax(self.width, self.y);
    }
}

struct SumRows<'a, S> {
    dst: &'a mut [S],
    accum: Accum,
    alpha: S,
    delta: MatRef<'a, S>,
}

impl<S: Float> NullaryFnOnce for SumRows<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        kernels::sum_rows(self.dst, self.accum, self.alpha, self.delta);
    }
}

struct Activate<'a, S> {
    act: Act,
    z: &'a mut [S],
}

impl<S: Float> NullaryFnOnce for Activate<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.act.apply(self.z);
    }
}

struct Chain<'a, S> {
    act: Act,
    a: &'a [S],
    z: &'a [S],
    delta: &'a mut [S],
}

impl<S: Float> NullaryFnOnce for Chain<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.act.chain(self.a, self.z, self.delta);
    }
}

#[cfg(test)]
mod tests {
    use bp_core::{Act, Activation, Float};

    /// Both passes over `len` values, compared with the plain loops; NaN payloads are not promised.
    fn check<S: Float>(act: Act, len: usize) {
        let hard = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1e-310, -700.0, 1e4, 88.0, -104.0];
        let value = |i: usize| if i % 7 == 3 { hard[i / 7 % hard.len()] } else { (i as f64 * 0.731).sin() * 9.0 };
        let a: Vec<S> = (0..len).map(|i| S::from_f64(value(i))).collect();
        let (mut wide_z, mut wide_delta) = (a.clone(), vec![S::from_f64(0.3); len]);
        let (mut z, mut delta) = (wide_z.clone(), wide_delta.clone());
        super::activate(&act, &mut wide_z);
        super::chain(&act, &a, &wide_z, &mut wide_delta);
        act.apply(&mut z);
        act.chain(&a, &z, &mut delta);
        for (i, (got, want)) in wide_z.iter().chain(&wide_delta).zip(z.iter().chain(&delta)).enumerate() {
            let (got, want) = (got.to_f64(), want.to_f64());
            let same = got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan());
            assert!(same, "{act} in {}, {len} values, place {i}: {got:e}, expected {want:e}", S::NAME);
        }
    }

    #[test]
    fn every_width_has_the_bits_of_the_plain_loops() {
        for act in Act::ALL {
            for len in (0..=17).chain(31..=33).chain(63..=65).chain([1000]) {
                check::<f32>(act, len);
                check::<f64>(act, len);
            }
        }
    }
}
