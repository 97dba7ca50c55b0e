//! The pixels under a kernel as columns of a matrix, and back.

use super::matrix::turn;

/// How a square kernel walks over pictures: zero padding of `kernel / 2`, so that stride 1 keeps the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) kernel: usize,
    pub(super) stride: usize,
    /// Height and width of what comes in.
    pub(super) input: (usize, usize),
}

impl Window {
    /// Height and width of what comes out.
    pub(super) fn output(&self) -> (usize, usize) {
        (self.input.0.div_ceil(self.stride), self.input.1.div_ceil(self.stride))
    }

    /// Pixels that come in, in one channel.
    pub(super) fn inputs(&self) -> usize {
        self.input.0 * self.input.1
    }

    /// Pixels that come out, in one channel.
    pub(super) fn outputs(&self) -> usize {
        self.output().0 * self.output().1
    }

    /// Values under the kernel, in one channel.
    pub(super) fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    /// Whether columns are the pictures themselves.
    pub(super) fn is_pointwise(&self) -> bool {
        self.kernel == 1 && self.stride == 1
    }

    /// A scratch for [`Window::columns`] and [`Window::pictures`] of up to `rows` output rows.
    pub(super) fn scratch(&self, rows: usize) -> Vec<f32> {
        vec![0.0; self.scratch_rows(rows) * self.scratch_width()]
    }

    fn scratch_rows(&self, rows: usize) -> usize {
        (rows - 1) * self.stride + self.kernel
    }

    /// A padded row, split by the remainder of the place by the stride: `stride` runs, so that what one tap sees
    /// along an output row lies together.
    fn scratch_width(&self) -> usize {
        self.run() * self.stride
    }

    fn run(&self) -> usize {
        (self.input.1 + 2 * (self.kernel / 2)).div_ceil(self.stride).max(self.output().1 + self.kernel / self.stride)
    }

    /// Writes what lies under each tap of the kernel at the output rows `from .. from + rows`: `to` is
    /// `[channels · taps, stride]`, of which this fills `rows · width` columns from `at`. `picture` is
    /// `[channels, height, width]`.
    pub(super) fn columns(
        &self,
        picture: &[f32],
        (from, rows): (usize, usize),
        to: &mut [f32],
        (stride, at): (usize, usize),
        scratch: &mut [f32],
    ) {
        let (width, run, wide) = (self.output().1, self.run(), self.scratch_width());
        let channels = picture.chunks_exact(self.inputs()).zip(to.chunks_exact_mut(self.taps() * stride));
        for (channel, to) in channels {
            self.pad(channel, from, rows, scratch);
            for (tap, row) in to.chunks_exact_mut(stride).enumerate() {
                let (y, x) = (tap / self.kernel, tap % self.kernel);
                let start = (x % self.stride) * run + x / self.stride;
                for (i, target) in row[at..at + rows * width].chunks_exact_mut(width).enumerate() {
                    let line = (i * self.stride + y) * wide + start;
                    target.copy_from_slice(&scratch[line..line + width]);
                }
            }
        }
    }

    /// The way back of [`Window::columns`]: adds every column's values to the pixels they came from.
    pub(super) fn pictures(
        &self,
        picture: &mut [f32],
        (from, rows): (usize, usize),
        columns: &[f32],
        (stride, at): (usize, usize),
        scratch: &mut [f32],
    ) {
        let (width, run, wide) = (self.output().1, self.run(), self.scratch_width());
        let channels = picture.chunks_exact_mut(self.inputs()).zip(columns.chunks_exact(self.taps() * stride));
        for (channel, columns) in channels {
            scratch[..self.scratch_rows(rows) * wide].fill(0.0);
            for (tap, row) in columns.chunks_exact(stride).enumerate() {
                let (y, x) = (tap / self.kernel, tap % self.kernel);
                let start = (x % self.stride) * run + x / self.stride;
                for (i, source) in row[at..at + rows * width].chunks_exact(width).enumerate() {
                    let line = (i * self.stride + y) * wide + start;
                    add(&mut scratch[line..line + width], source);
                }
            }
            self.unpad(channel, from, rows, scratch);
        }
    }

    /// A scratch for [`Window::rows`] of up to `rows` output rows of `channels` channels.
    pub(super) fn rows_scratch(&self, rows: usize, channels: usize) -> Vec<f32> {
        vec![0.0; self.scratch_rows(rows) * self.padded() * channels]
    }

    fn padded(&self) -> usize {
        self.input.1 + 2 * (self.kernel / 2)
    }

    /// As [`Window::columns`], but what lies under the kernel at one output pixel is a row: `to` is `[pixels, taps ·
    /// channels]`, of which this fills `rows · width` rows from `at`, all channels of a tap together.
    pub(super) fn rows(
        &self,
        picture: &[f32],
        (from, rows): (usize, usize),
        to: &mut [f32],
        at: usize,
        scratch: &mut [f32],
    ) {
        let (channels, pad, padded) = (picture.len() / self.inputs(), self.kernel / 2, self.padded());
        let lines = scratch.chunks_exact_mut(padded * channels).take(self.scratch_rows(rows));
        for (line, turned) in lines.enumerate() {
            match self.input_row(from * self.stride + line) {
                None => turned.fill(0.0),
                Some(source) => {
                    let (left, others) = turned.split_at_mut(pad * channels);
                    let (inside, right) = others.split_at_mut(self.input.1 * channels);
                    left.fill(0.0);
                    turn(&picture[source..], (channels, self.input.1, self.inputs()), inside);
                    right.fill(0.0);
                }
            }
        }
        let (width, run) = (self.output().1, self.kernel * channels);
        let targets = to.chunks_exact_mut(self.kernel * run).skip(at).take(rows * width);
        for (n, target) in targets.enumerate() {
            let (i, x) = (n / width, n % width);
            for (y, taps) in target.chunks_exact_mut(run).enumerate() {
                let start = ((i * self.stride + y) * padded + x * self.stride) * channels;
                taps.copy_from_slice(&scratch[start..start + run]);
            }
        }
    }

    /// The input rows that the output rows need, padded with zeros, into the scratch.
    fn pad(&self, channel: &[f32], from: usize, rows: usize, scratch: &mut [f32]) {
        let (pad, run) = (self.kernel / 2, self.run());
        let lines = scratch.chunks_exact_mut(self.scratch_width()).take(self.scratch_rows(rows));
        for (line, to) in lines.enumerate() {
            to.fill(0.0);
            let Some(source) = self.input_row(from * self.stride + line) else { continue };
            let source = &channel[source..source + self.input.1];
            if self.stride == 1 {
                to[pad..pad + source.len()].copy_from_slice(source);
            } else {
                for phase in 0..self.stride {
                    // The first place of this phase that is not padding, in the row and in the run.
                    let first = (phase + self.stride - pad % self.stride) % self.stride;
                    let start = phase * run + (first + pad) / self.stride;
                    let pixels = source.iter().skip(first).step_by(self.stride);
                    to[start..(phase + 1) * run].iter_mut().zip(pixels).for_each(|(to, pixel)| *to = *pixel);
                }
            }
        }
    }

    fn unpad(&self, channel: &mut [f32], from: usize, rows: usize, scratch: &[f32]) {
        let (pad, run) = (self.kernel / 2, self.run());
        let lines = scratch.chunks_exact(self.scratch_width()).take(self.scratch_rows(rows));
        for (line, source) in lines.enumerate() {
            let Some(target) = self.input_row(from * self.stride + line) else { continue };
            let target = &mut channel[target..target + self.input.1];
            if self.stride == 1 {
                add(target, &source[pad..pad + self.input.1]);
            } else {
                for phase in 0..self.stride {
                    let first = (phase + self.stride - pad % self.stride) % self.stride;
                    let start = phase * run + (first + pad) / self.stride;
                    let pixels = target.iter_mut().skip(first).step_by(self.stride);
                    pixels.zip(&source[start..(phase + 1) * run]).for_each(|(pixel, value)| *pixel += value);
                }
            }
        }
    }

    /// Where the input row starts that is `line` in the padded picture.
    fn input_row(&self, line: usize) -> Option<usize> {
        line.checked_sub(self.kernel / 2).filter(|row| *row < self.input.0).map(|row| row * self.input.1)
    }
}

fn add(to: &mut [f32], values: &[f32]) {
    to.iter_mut().zip(values).for_each(|(to, value)| *to += value);
}
