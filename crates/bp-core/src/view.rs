//! [`MatRef`] and [`MatMut`]: borrowed matrices. A view is row-major with a leading dimension, or the transpose
//! of one, and nothing else.

use core::fmt;

/// A read-only matrix.
///
/// ```
/// use bp_core::MatRef;
/// let m = MatRef::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3);
/// assert_eq!(m.at(1, 0), 4.0);
/// assert_eq!(m.t().at(0, 1), 4.0);
/// assert_eq!(m.row(0), &[1.0, 2.0, 3.0]);
/// ```
#[derive(Clone, Copy)]
pub struct MatRef<'a, S> {
    data: &'a [S],
    rows: usize,
    cols: usize,
    ld: usize,
    transposed: bool,
}

/// A matrix to write to. Always row-major: a product into a transpose is the transposed product.
///
/// ```
/// use bp_core::MatMut;
/// let mut data = [0.0; 6];
/// let mut m = MatMut::new(&mut data, 2, 3);
/// m.row_mut(1)[2] = 7.0;
/// assert_eq!(data[5], 7.0);
/// ```
pub struct MatMut<'a, S> {
    data: &'a mut [S],
    rows: usize,
    cols: usize,
    ld: usize,
}

/// The number of elements that `rows` rows of `cols`, `ld` apart, reach over.
#[inline(always)]
fn span(rows: usize, cols: usize, ld: usize) -> usize {
    if rows == 0 || cols == 0 { 0 } else { (rows - 1) * ld + cols }
}

impl<'a, S: Copy> MatRef<'a, S> {
    /// A row-major matrix without gaps.
    ///
    /// # Panics
    /// If `data` is shorter than `rows · cols`.
    #[inline(always)]
    pub fn new(data: &'a [S], rows: usize, cols: usize) -> Self {
        Self::with_ld(data, rows, cols, cols)
    }

    /// A row-major matrix whose rows start `ld` elements apart.
    ///
    /// # Panics
    /// If `ld < cols` or `data` does not reach to the last element.
    #[inline(always)]
    pub fn with_ld(data: &'a [S], rows: usize, cols: usize, ld: usize) -> Self {
        assert!(ld >= cols, "leading dimension {ld} below {cols} columns");
        let ld = if cols == 0 { 0 } else { ld };
        Self { data: &data[..span(rows, cols, ld)], rows, cols, ld, transposed: false }
    }

    /// The transpose, without moving an element.
    #[inline(always)]
    pub fn t(self) -> Self {
        Self { transposed: !self.transposed, ..self }
    }

    /// Number of rows.
    #[inline(always)]
    pub fn rows(&self) -> usize {
        if self.transposed { self.cols } else { self.rows }
    }

    /// Number of columns.
    #[inline(always)]
    pub fn cols(&self) -> usize {
        if self.transposed { self.rows } else { self.cols }
    }

    /// The element in row `i` and column `j`.
    #[inline(always)]
    pub fn at(&self, i: usize, j: usize) -> S {
        let (i, j) = if self.transposed { (j, i) } else { (i, j) };
        debug_assert!(i < self.rows && j < self.cols);
        self.data[i * self.ld + j]
    }

    /// Row `i` as a slice.
    ///
    /// # Panics
    /// If the view is transposed: its rows are not contiguous.
    #[inline(always)]
    pub fn row(&self, i: usize) -> &'a [S] {
        assert!(!self.transposed, "a row of a transposed view is not contiguous");
        &self.data[i * self.ld..][..self.cols]
    }

    /// Rows `from..to` of the matrix.
    ///
    /// # Panics
    /// If `to` is past the last row.
    pub fn rows_range(self, from: usize, to: usize) -> Self {
        assert!(from <= to && to <= self.rows());
        if self.transposed {
            let data = self.data.get(from..).unwrap_or(&[]);
            let cols = to - from;
            return Self { data: &data[..span(self.rows, cols, self.ld)], cols, ..self };
        }
        let data = if from == to { &[] } else { &self.data[from * self.ld..] };
        Self { data: &data[..span(to - from, self.cols, self.ld)], rows: to - from, ..self }
    }

    /// True for the transpose of a row-major matrix.
    #[inline(always)]
    pub fn is_transposed(&self) -> bool {
        self.transposed
    }

    /// The distance between rows (between columns, if transposed).
    #[inline(always)]
    pub fn ld(&self) -> usize {
        self.ld
    }

    /// The underlying elements, gaps included.
    #[inline(always)]
    pub fn data(&self) -> &'a [S] {
        self.data
    }

    /// All elements in row-major order if the view is row-major without gaps.
    pub fn as_slice(&self) -> Option<&'a [S]> {
        (!self.transposed && (self.ld == self.cols || self.rows <= 1)).then_some(self.data)
    }
}

impl<'a, S: Copy> MatMut<'a, S> {
    /// A row-major matrix without gaps.
    ///
    /// # Panics
    /// If `data` is shorter than `rows · cols`.
    #[inline(always)]
    pub fn new(data: &'a mut [S], rows: usize, cols: usize) -> Self {
        Self::with_ld(data, rows, cols, cols)
    }

    /// A row-major matrix whose rows start `ld` elements apart.
    ///
    /// # Panics
    /// If `ld < cols` or `data` does not reach to the last element.
    #[inline(always)]
    pub fn with_ld(data: &'a mut [S], rows: usize, cols: usize, ld: usize) -> Self {
        assert!(ld >= cols, "leading dimension {ld} below {cols} columns");
        let ld = if cols == 0 { 0 } else { ld };
        Self { data: &mut data[..span(rows, cols, ld)], rows, cols, ld }
    }

    /// Two matrices: the rows above `row` and the rest.
    ///
    /// # Panics
    /// If there are fewer than `row` rows.
    pub fn split_at_row(self, row: usize) -> (Self, Self) {
        assert!(row <= self.rows);
        let at = (row * self.ld).min(self.data.len());
        let (top, bottom) = self.data.split_at_mut(at);
        (Self::with_ld(top, row, self.cols, self.ld), Self::with_ld(bottom, self.rows - row, self.cols, self.ld))
    }

    /// A shorter borrow of the same matrix.
    #[inline(always)]
    pub fn reborrow(&mut self) -> MatMut<'_, S> {
        MatMut { data: self.data, rows: self.rows, cols: self.cols, ld: self.ld }
    }

    /// The underlying elements, gaps included, for as long as the view was good.
    #[inline(always)]
    pub fn into_data(self) -> &'a mut [S] {
        self.data
    }

    /// Row `i` as a slice.
    #[inline(always)]
    pub fn row_mut(&mut self, i: usize) -> &mut [S] {
        &mut self.data[i * self.ld..][..self.cols]
    }

    /// The same matrix, read-only.
    #[inline(always)]
    pub fn as_ref(&self) -> MatRef<'_, S> {
        MatRef { data: self.data, rows: self.rows, cols: self.cols, ld: self.ld, transposed: false }
    }

    /// Number of rows.
    #[inline(always)]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[inline(always)]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The distance between rows.
    #[inline(always)]
    pub fn ld(&self) -> usize {
        self.ld
    }
}

impl<S: Copy + fmt::Debug> fmt::Debug for MatRef<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = (0..self.rows())
            .map(|i| fmt::from_fn(move |f| f.debug_list().entries((0..self.cols()).map(|j| self.at(i, j))).finish()));
        f.debug_list().entries(rows).finish()
    }
}

impl<S: Copy + fmt::Debug> fmt::Debug for MatMut<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_rows_agree_with_single_elements() {
        let data: [i32; 14] = core::array::from_fn(|i| i as i32);
        for view in [MatRef::with_ld(&data, 3, 4, 5), MatRef::with_ld(&data, 3, 4, 5).t()] {
            for from in 0..=view.rows() {
                for to in from..=view.rows() {
                    let part = view.rows_range(from, to);
                    assert_eq!((part.rows(), part.cols()), (to - from, view.cols()));
                    for i in from..to {
                        for j in 0..view.cols() {
                            assert_eq!(part.at(i - from, j), view.at(i, j));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_split_covers_every_row_once() {
        let mut data = [0; 11];
        for row in 0..=3 {
            data.fill(0);
            let (mut top, mut bottom) = MatMut::with_ld(&mut data, 3, 3, 4).split_at_row(row);
            for m in [&mut top, &mut bottom] {
                for i in 0..m.rows() {
                    m.row_mut(i).iter_mut().for_each(|x| *x += 1);
                }
            }
            assert_eq!(data, [1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1]);
        }
    }

    #[test]
    fn matrices_without_elements_have_empty_rows() {
        let m = MatRef::with_ld(&[0; 0], 3, 0, 4);
        assert_eq!((m.row(2), m.rows_range(1, 3).rows(), m.t().rows_range(0, 0).cols()), (&[][..], 2, 3));
        let m = MatRef::with_ld(&[0; 0], 0, 3, 4).t();
        assert_eq!((m.rows_range(1, 3).rows(), m.rows_range(1, 3).cols()), (2, 0));
        assert_eq!(MatMut::with_ld(&mut [0; 0], 3, 0, 4).row_mut(2).len(), 0);
    }

    #[test]
    #[should_panic(expected = "leading dimension 2 below 3 columns")]
    fn overlapping_rows_are_refused() {
        MatRef::with_ld(&[0.0; 6], 2, 3, 2);
    }
}
