//! What a data set is known by: SHA-256 of its numbers.

use bp_core::{Examples, Float, Targets};
use sha2::{Digest, Sha256};

use crate::frame::float_bytes;

/// Values hashed at a time.
const CHUNK: usize = 4096;

/// SHA-256 of examples: kinds and counts first, so that no two sets of examples share their bytes.
///
/// ```
/// use bp_core::{Examples, Targets};
/// let one = bp_train::digest(&Examples::new(&[0.5_f32], Targets::Classes(&[1])));
/// let other = bp_train::digest(&Examples::new(&[0.5_f64], Targets::Classes(&[1])));
/// assert_ne!(one, other);
/// ```
pub fn digest<S: Float>(examples: &Examples<'_, S>) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut part = |name: &str, count: usize| {
        hash.update(name.as_bytes());
        hash.update((count as u64).to_le_bytes());
    };
    part(S::NAME, examples.x.len());
    match examples.t {
        Targets::Rows(t) => part("rows", t.len()),
        Targets::Classes(t) => part("classes", t.len()),
    }
    part("weights", examples.weights.map_or(usize::MAX, <[S]>::len));
    let mut floats = |values: &[S]| values.chunks(CHUNK).for_each(|chunk| hash.update(float_bytes(chunk).1));
    floats(examples.x);
    if let Targets::Rows(t) = examples.t {
        floats(t);
    }
    examples.weights.map(floats);
    if let Targets::Classes(t) = examples.t {
        t.iter().for_each(|class| hash.update(class.to_le_bytes()));
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every part counts, and so does where one ends and the next begins.
    #[test]
    fn other_examples_have_another_digest() {
        let (x, classes) = ([0.0_f64, 1.0, 2.0, 3.0], [1, 0]);
        let rows = |t| digest(&Examples::new(&x, Targets::Rows(t)));
        let all = [
            rows(&[5.0, 6.0]),
            rows(&[6.0, 5.0]),
            rows(&[5.0, 6.0, 7.0]),
            rows(&[-0.0, 6.0]),
            rows(&[0.0, 6.0]),
            digest(&Examples::new(&x[..3], Targets::Rows(&[3.0, 5.0, 6.0]))),
            digest(&Examples::new(&x, Targets::Rows(&[5.0, 6.0])).weighted(&[1.0, 1.0])),
            digest(&Examples::new(&x, Targets::Rows(&[5.0, 6.0])).weighted(&[1.0, 2.0])),
            digest(&Examples::new(&x, Targets::Classes(&classes))),
            digest(&Examples::new(&x, Targets::Classes(&[0, 1]))),
            digest(&Examples::new(&x.map(|x| x as f32), Targets::Classes(&classes))),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|other| other != one), "{i}");
        }
    }

    /// The files of today are read by the program of tomorrow.
    #[test]
    fn a_known_digest() {
        let digest = digest(&Examples::new(&[0.5_f32, -2.0], Targets::Classes(&[1])).weighted(&[1.0]));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "7f2b5611863dc8425275cd384521a16e73083a0d8367a7230b835e153c638dd3");
    }
}
