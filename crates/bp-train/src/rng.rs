//! [`Philox`]: the one source of randomness, a counter-based generator keyed by (seed, stream).
//!
//! A counter-based generator has no hidden state: word number p of stream s under seed k is a pure function of
//! (k, s, p). A run is resumed by storing the position, two parts of a program never disturb each other's
//! numbers, and no dependency's update can change a run, shuffles included.

use core::convert::Infallible;

use rand::TryRng;

/// Names for the streams that the crates of this workspace draw from, so that no two share numbers.
pub mod stream {
    /// Initial weights.
    pub const INIT: u64 = 1;
    /// The order of examples in an epoch.
    pub const SHUFFLE: u64 = 2;
    /// The split of a data set into training and test part.
    pub const SPLIT: u64 = 3;
    /// Generated data sets.
    pub const DATA: u64 = 4;
    /// Folds of a cross-validation.
    pub const FOLDS: u64 = 16;
    /// Seeds of the trainings of a cross-validation or search.
    pub const TRIAL: u64 = 17;
    /// Candidates of a random search.
    pub const DRAWS: u64 = 18;
    /// Factors of dropout on hidden units.
    pub const DROPOUT: u64 = 5;
    /// Factors of dropout on inputs.
    pub const INPUT_DROPOUT: u64 = 6;
    /// Normal noise on inputs.
    pub const INPUT_NOISE: u64 = 7;
}

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: «Parallel random numbers: as easy as 1, 2, 3», SC 2011).
///
/// The key is the seed; the 128-bit counter is (position / 4, stream). Implements `rand`'s generator traits, so
/// every distribution of `rand` can be drawn from it. Not for cryptography.
///
/// ```
/// use bp_train::{Philox, stream};
/// let mut rng = Philox::new(7, stream::SHUFFLE);
/// let mut order: Vec<u32> = (0..5).collect();
/// rng.shuffle(&mut order);
/// let position = rng.position();
/// // The same numbers again, from any position.
/// let next = rng.below(100);
/// assert_eq!(Philox::at(7, stream::SHUFFLE, position).below(100), next);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Philox {
    seed: u64,
    stream: u64,
    position: u64,
    block: [u32; 4],
}

impl Philox {
    /// The first word of a stream.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self::at(seed, stream, 0)
    }

    /// Word number `position` of a stream, counted in 32-bit words.
    pub fn at(seed: u64, stream: u64, position: u64) -> Self {
        let block = philox4x32(seed, counter(stream, position / 4));
        Self { seed, stream, position, block }
    }

    /// A uniform number in 0..n, without bias (Lemire 2019, by rejection).
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "an index below 0 does not exist");
        let reject_below = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.word64()) * u128::from(n);
            if product as u64 >= reject_below {
                return (product >> 64) as u64;
            }
        }
    }

    /// A random order of `items`, each with the same chance (Fisher and Yates, from the last place down).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.below(i as u64 + 1) as usize;
            items.swap(i, j);
        }
    }

    /// A uniform number in [0, 1) with 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.word64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// How many 32-bit words have been drawn.
    pub fn position(&self) -> u64 {
        self.position
    }

    fn word(&mut self) -> u32 {
        let word = self.block[(self.position % 4) as usize];
        self.position += 1;
        if self.position.is_multiple_of(4) {
            self.block = philox4x32(self.seed, counter(self.stream, self.position / 4));
        }
        word
    }

    fn word64(&mut self) -> u64 {
        let low = u64::from(self.word());
        low | u64::from(self.word()) << 32
    }
}

impl TryRng for Philox {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.word())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.word64())
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        for chunk in dst.chunks_mut(4) {
            chunk.copy_from_slice(&self.word().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// The words of a stream from `position` on, one for each value.
#[cfg(feature = "train")]
pub(crate) fn words<T>(seed: u64, stream: u64, position: u64, values: &mut [T], f: impl Fn(&mut T, u32)) {
    let block = |at: u64| philox4x32(seed, counter(stream, at / 4));
    let first = values.len().min((position.next_multiple_of(4) - position) as usize);
    let (head, rest) = values.split_at_mut(first);
    let skipped = &block(position)[(position % 4) as usize..];
    head.iter_mut().zip(skipped).for_each(|(value, &word)| f(value, word));
    for (at, values) in (position + first as u64..).step_by(4).zip(rest.chunks_mut(4)) {
        values.iter_mut().zip(block(at)).for_each(|(value, word)| f(value, word));
    }
}

fn counter(stream: u64, block: u64) -> [u32; 4] {
    [block as u32, (block >> 32) as u32, stream as u32, (stream >> 32) as u32]
}

/// Ten rounds of Philox on one counter: the keyed bijection itself.
fn philox4x32(key: u64, mut c: [u32; 4]) -> [u32; 4] {
    let (mut k0, mut k1) = (key as u32, (key >> 32) as u32);
    for _ in 0..10 {
        let p0 = u64::from(c[0]) * 0xD251_1F53;
        let p1 = u64::from(c[2]) * 0xCD9E_8D57;
        c = [(p1 >> 32) as u32 ^ c[1] ^ k0, p1 as u32, (p0 >> 32) as u32 ^ c[3] ^ k1, p0 as u32];
        k0 = k0.wrapping_add(0x9E37_79B9);
        k1 = k1.wrapping_add(0xBB67_AE85);
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The three published vectors of the Random123 distribution (kat_vectors, philox4x32 10).
    #[test]
    fn known_answers() {
        let ones = u32::MAX;
        assert_eq!(philox4x32(0, [0; 4]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox4x32(u64::MAX, [ones; 4]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            philox4x32(0x299f_31d0_a409_3822, [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn position_restores_the_stream() {
        let mut rng = Philox::new(3, stream::DATA);
        for position in 0..23 {
            assert_eq!(Philox::at(3, stream::DATA, position), rng);
            rng.word();
        }
    }

    #[cfg(feature = "train")]
    #[test]
    fn words_from_anywhere_are_those_of_the_stream() {
        for (position, n) in (0..9).flat_map(|position| (0..11).map(move |n| (position, n))) {
            let mut rng = Philox::at(5, stream::DROPOUT, position);
            let want: Vec<u32> = (0..n).map(|_| rng.word()).collect();
            let mut got = vec![0; n];
            words(5, stream::DROPOUT, position, &mut got, |value, word| *value = word);
            assert_eq!(got, want, "{n} from {position}");
        }
    }

    #[test]
    fn shuffle_is_a_permutation_and_every_order_occurs() {
        let mut rng = Philox::new(11, stream::SHUFFLE);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..2000 {
            let mut items = [0, 1, 2, 3];
            rng.shuffle(&mut items);
            let mut sorted = items;
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
            seen.insert(items);
        }
        assert_eq!(seen.len(), 24);
    }

    #[test]
    fn below_and_unit_stay_inside() {
        let mut rng = Philox::new(0, stream::DATA);
        for n in [1, 2, 3, 1 << 33, u64::MAX] {
            for _ in 0..100 {
                assert!(rng.below(n) < n);
                assert!((0.0..1.0).contains(&rng.unit()));
            }
        }
    }
}
