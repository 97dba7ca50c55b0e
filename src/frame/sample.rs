//! What one sample of a plane is: its bytes, and which of their bits are the code.

/// Bytes and bits of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// A byte.
    Eight,
    /// The lower ten bits of a little-endian word.
    LowerTen,
    /// The upper ten bits of a little-endian word.
    UpperTen,
}

impl Depth {
    /// Bits of a code.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Eight => 8,
            Self::LowerTen | Self::UpperTen => 10,
        }
    }

    /// Bytes of a sample.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Eight => 1,
            Self::LowerTen | Self::UpperTen => 2,
        }
    }

    /// Bits of a sample below the code.
    pub const fn shift(self) -> u32 {
        match self {
            Self::Eight | Self::LowerTen => 0,
            Self::UpperTen => 6,
        }
    }

    /// The largest code.
    pub const fn most(self) -> u16 {
        (1 << self.bits()) - 1
    }
}

/// A [`Depth`] that is known when code is compiled, so that no sample is decided upon twice.
pub trait Sample: 'static {
    /// Which.
    const DEPTH: Depth;
    /// Its bytes.
    const BYTES: usize = Self::DEPTH.bytes();

    /// The code in the first [`Sample::BYTES`] of `bytes`.
    fn code(bytes: &[u8]) -> u16;

    /// Puts a code, at most [`Depth::most`], there; bits that are no part of a code stay.
    fn put(bytes: &mut [u8], code: u16);
}

/// [`Depth::Eight`].
#[derive(Debug, Clone, Copy)]
pub struct Byte;

/// [`Depth::LowerTen`], where the bits below the code are none, or [`Depth::UpperTen`], where they are six.
#[derive(Debug, Clone, Copy)]
pub struct Ten<const SHIFT: u32>;

impl Sample for Byte {
    const DEPTH: Depth = Depth::Eight;

    #[inline(always)]
    fn code(bytes: &[u8]) -> u16 {
        u16::from(bytes[0])
    }

    #[inline(always)]
    fn put(bytes: &mut [u8], code: u16) {
        bytes[0] = code as u8;
    }
}

impl<const SHIFT: u32> Sample for Ten<SHIFT> {
    const DEPTH: Depth = if SHIFT == 0 { Depth::LowerTen } else { Depth::UpperTen };

    #[inline(always)]
    fn code(bytes: &[u8]) -> u16 {
        (u16::from_le_bytes([bytes[0], bytes[1]]) >> SHIFT) & 0x3ff
    }

    #[inline(always)]
    fn put(bytes: &mut [u8], code: u16) {
        let rest = u16::from_le_bytes([bytes[0], bytes[1]]) & !(0x3ff << SHIFT);
        [bytes[0], bytes[1]] = (rest | code << SHIFT).to_le_bytes();
    }
}

/// Calls `$function::<S, …>($arguments)` with the [`Sample`] of a [`Depth`].
macro_rules! with_sample {
    ($depth:expr, $function:ident($($argument:expr),* $(,)?)) => {
        match $depth {
            $crate::frame::Depth::Eight => $function::<$crate::frame::Byte>($($argument),*),
            $crate::frame::Depth::LowerTen => $function::<$crate::frame::Ten<0>>($($argument),*),
            $crate::frame::Depth::UpperTen => $function::<$crate::frame::Ten<6>>($($argument),*),
        }
    };
}

pub(crate) use with_sample;

#[cfg(test)]
mod tests {
    use super::*;

    fn round<S: Sample>() {
        for code in [0, 1, S::DEPTH.most() / 2, S::DEPTH.most()] {
            let before = [0xa5, 0x5a, 0x77];
            let mut bytes = before;
            S::put(&mut bytes, code);
            assert_eq!(S::code(&bytes), code, "{:?}", S::DEPTH);
            S::put(&mut bytes, S::code(&before));
            assert_eq!(bytes, before, "{:?}: a code put back where it was changes nothing", S::DEPTH);
        }
    }

    #[test]
    fn what_is_put_is_read() {
        round::<Byte>();
        round::<Ten<0>>();
        round::<Ten<6>>();
        for depth in [Depth::Eight, Depth::LowerTen, Depth::UpperTen] {
            fn same<S: Sample>(depth: Depth) {
                assert_eq!(S::DEPTH, depth);
            }
            with_sample!(depth, same(depth));
        }
    }
}
