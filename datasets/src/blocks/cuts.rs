//! [`Cuts`]: which rows of each block belong to a part.

use bp_train::{Philox, stream};

use crate::error::DataError;

/// Blocks of rows of which some were put aside, perhaps more than once.
#[derive(Debug, Clone)]
pub(crate) struct Cuts {
    /// Rows of each block in its file.
    whole: Vec<usize>,
    /// Those of this part.
    sizes: Vec<usize>,
    cuts: Vec<Cut>,
}

/// So many rows of each block were taken; which half this is.
#[derive(Debug, Clone)]
struct Cut {
    seed: u64,
    taken: Vec<usize>,
    is_taken: bool,
}

impl Cuts {
    pub(crate) fn new(sizes: Vec<usize>) -> Self {
        Self { whole: sizes.clone(), sizes, cuts: vec![] }
    }

    pub(crate) fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Rows of a block in its file.
    pub(crate) fn whole(&self, block: usize) -> usize {
        self.whole[block]
    }

    /// The rest and a part with `share` of the rows: of the first n rows it has round(n · share), n at the end of any
    /// block, but at least one and not all.
    pub(crate) fn split(&self, share: f64, seed: u64) -> Result<(Self, Self), DataError> {
        if !(share > 0.0 && share < 1.0) {
            return Err(DataError::TestFraction { fraction: share });
        }
        let rows: usize = self.sizes.iter().sum();
        if rows < 2 {
            return Err(DataError::SplitRows { rows });
        }
        let mut seen = 0;
        let up_to = |seen: usize| ((seen as f64 * share).round() as usize).clamp(usize::from(seen == rows), rows - 1);
        let mut taken = Vec::with_capacity(self.sizes.len());
        for size in &self.sizes {
            taken.push(up_to(seen + size) - up_to(seen));
            seen += size;
        }
        let part = |is_taken: bool| {
            let of = |(&size, &taken): (&usize, &usize)| if is_taken { taken } else { size - taken };
            let sizes = self.sizes.iter().zip(&taken).map(of).collect();
            let cut = Cut { seed, taken: taken.clone(), is_taken };
            Self { whole: self.whole.clone(), sizes, cuts: self.cuts.iter().cloned().chain([cut]).collect() }
        };
        Ok((part(false), part(true)))
    }

    /// For every row of a block in its file, whether it belongs to this part.
    pub(crate) fn chosen(&self, block: usize) -> Vec<bool> {
        let mut rows: Vec<usize> = (0..self.whole[block]).collect();
        for Cut { seed, taken, is_taken } in &self.cuts {
            Philox::new(*seed, stream::SPLIT | (block as u64) << 8).shuffle(&mut rows);
            let rest = rows.split_off(taken[block]);
            rows = if *is_taken { rows } else { rest };
            rows.sort_unstable();
        }
        let mut chosen = vec![false; self.whole[block]];
        rows.into_iter().for_each(|row| chosen[row] = true);
        chosen
    }

    /// What tells this part from others.
    pub(crate) fn name(&self) -> String {
        let cuts = self.cuts.iter().map(|cut| (cut.seed, cut.taken.iter().sum::<usize>(), cut.is_taken));
        format!("{:?} {:?}", self.whole.first(), cuts.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row is in one part, the counts are right to the row, and the last block may be short.
    #[test]
    fn parts_share_no_row() {
        for (sizes, share, wanted) in [
            (vec![10, 10, 3], 0.2, 5),
            (vec![1; 40], 0.25, 10),
            (vec![3], 0.01, 1),
            (vec![2, 1], 0.99, 2),
            (vec![100], 0.5, 50),
        ] {
            let all = Cuts::new(sizes.clone());
            let (rest, part) = all.split(share, 7).expect("two rows");
            let (train, validation) = rest.split(0.5, 7).unwrap_or_else(|_| (rest.clone(), rest.clone()));
            assert_eq!(part.sizes().iter().sum::<usize>(), wanted, "{sizes:?} {share}");
            for block in 0..sizes.len() {
                let count = |cuts: &Cuts| cuts.chosen(block).iter().filter(|is| **is).count();
                for cuts in [&all, &rest, &part, &train, &validation] {
                    assert_eq!(count(cuts), cuts.sizes()[block]);
                }
                let one = |(a, b): (bool, bool)| a != b;
                assert!(rest.chosen(block).into_iter().zip(part.chosen(block)).all(one));
                let in_rest = train.chosen(block).into_iter().zip(rest.chosen(block));
                assert!(in_rest.into_iter().all(|(inner, outer)| outer || !inner));
            }
        }
        assert_eq!(Cuts::new(vec![1]).split(0.5, 0).map(|_| ()), Err(DataError::SplitRows { rows: 1 }));
        assert!(Cuts::new(vec![9]).split(f64::NAN, 0).is_err());
    }
}
