//! Products of matrices in host memory.

/// A matrix of `rows` × `columns` inside a slice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    /// Steps in the slice from row to row and from column to column.
    strides: (usize, usize),
}

impl<'a> Matrix<'a> {
    /// Rows one after another, each `stride` after the one before.
    pub(super) fn new(values: &'a [f32], rows: usize, columns: usize, stride: usize) -> Self {
        Self { values, rows, columns, strides: (stride, 1) }
    }

    /// Rows as columns.
    pub(super) fn transposed(self) -> Self {
        Self { rows: self.columns, columns: self.rows, strides: (self.strides.1, self.strides.0), ..self }
    }

    fn fits(&self) -> bool {
        reach(self.rows, self.columns, self.strides) <= self.values.len()
    }
}

/// Rows and columns of a tile that is turned at once.
const TILE: usize = 8;

/// Writes the rows of `from` (each `stride` after the one before, `columns` long) as the columns of `to`, rows of
/// which are as long as `from` has rows.
#[inline]
pub(super) fn turn(from: &[f32], (rows, columns, stride): (usize, usize, usize), to: &mut [f32]) {
    for top in (0..rows).step_by(TILE) {
        let high = TILE.min(rows - top);
        for left in (0..columns).step_by(TILE) {
            let wide = TILE.min(columns - left);
            if high == TILE && wide == TILE {
                let tile: [[f32; TILE]; TILE] = std::array::from_fn(|y| {
                    let at = (top + y) * stride + left;
                    std::array::from_fn(|x| from[at..at + TILE][x])
                });
                let turned: [[f32; TILE]; TILE] = std::array::from_fn(|x| std::array::from_fn(|y| tile[y][x]));
                for (x, column) in turned.iter().enumerate() {
                    let at = (left + x) * rows + top;
                    to[at..at + TILE].copy_from_slice(column);
                }
            } else {
                for x in left..left + wide {
                    for y in top..top + high {
                        to[x * rows + y] = from[y * stride + x];
                    }
                }
            }
        }
    }
}

/// How many values of a slice a matrix needs.
fn reach(rows: usize, columns: usize, strides: (usize, usize)) -> usize {
    if rows == 0 || columns == 0 { 0 } else { (rows - 1) * strides.0 + (columns - 1) * strides.1 + 1 }
}

/// What is in the destination before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// Is overwritten.
    Nothing,
    /// Is added to.
    Sum,
}

/// `to = a · b` or `to += a · b`, on the calling thread; `to` has the rows of `a`, `stride` apart.
///
/// # Panics
/// Where the sizes do not fit.
pub(super) fn multiply(to: &mut [f32], stride: usize, before: Before, a: Matrix<'_>, b: Matrix<'_>) {
    let (m, n, k) = (a.rows, b.columns, a.columns);
    assert!(k == b.rows && stride >= n && reach(m, n, (stride, 1)) <= to.len() && a.fits() && b.fits());
    // SAFETY: all three matrices lie inside their slices, as was just checked; the rows of `to` do not overlap.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            to.as_mut_ptr(),
            1,
            stride as isize,
            before == Before::Sum,
            a.values.as_ptr(),
            a.strides.1 as isize,
            a.strides.0 as isize,
            b.values.as_ptr(),
            b.strides.1 as isize,
            b.strides.0 as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
