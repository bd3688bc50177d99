//! Activations in the widest vectors of the machine, for backends to call: bp-core's own loops, compiled once more for each
//! width and chosen once per call. No operation is fused or reordered in them, so the bits are those of the plain loops.

use bp_core::{Act, Activation, Float};
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
