//! The best of a camera's formats up to the size and rate that are wanted.

use std::fmt;

/// How a camera sends its pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coding {
    /// Plain pixels, in GStreamer's word for their format.
    Raw(String),
    /// JPEG pictures.
    Jpeg,
    /// An H.264 stream.
    H264,
}

impl Coding {
    /// Work and delay that it costs: less is better.
    fn cost(&self) -> u8 {
        match self {
            Self::Raw(_) => 0,
            Self::Jpeg => 1,
            Self::H264 => 2,
        }
    }
}

/// One format that a camera says it has.
#[derive(Debug, Clone, PartialEq)]
pub struct Format {
    /// How it is sent.
    pub coding: Coding,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames a second, as a fraction; 0/1 where the camera does not say.
    pub rate: (u32, u32),
}

/// What is wanted at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames a second.
    pub rate: u32,
}

/// Such as `1280x720 as JPEG, 30 a second`.
impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let coding = match &self.coding {
            Coding::Raw(pixels) => pixels,
            Coding::Jpeg => "JPEG",
            Coding::H264 => "H.264",
        };
        write!(f, "{}x{} as {coding}", self.width, self.height)?;
        if self.rate.0 == 0 { Ok(()) } else { write!(f, ", {:.0} a second", self.rate()) }
    }
}

impl Format {
    fn rate(&self) -> f64 {
        f64::from(self.rate.0) / f64::from(self.rate.1.max(1))
    }

    fn fits(&self, wanted: Wanted) -> bool {
        self.width <= wanted.width && self.height <= wanted.height
    }

    fn area(&self) -> f64 {
        f64::from(self.width) * f64::from(self.height)
    }

    /// How much of what is wanted it gives, 0 to 1: pixels a second, of which more than wanted counts as wanted.
    fn worth(&self, wanted: Wanted) -> f64 {
        let area = (self.area() / (f64::from(wanted.width) * f64::from(wanted.height))).min(1.0);
        // A camera that does not say its rate mostly has the usual one.
        let rate = if self.rate.0 == 0 { 1.0 } else { (self.rate() / f64::from(wanted.rate.max(1))).min(1.0) };
        area * rate
    }

    /// What is thrown away of it, in pixels a second.
    fn waste(&self, wanted: Wanted) -> f64 {
        self.area() * self.rate().max(f64::from(wanted.rate))
    }
}

/// The best format: of those that are no larger than wanted the one that gives most of it, else the smallest. Of
/// equals plain pixels come before JPEG and JPEG before H.264, then the one that throws least away. `None` of none.
pub fn best(formats: &[Format], wanted: Wanted) -> Option<&Format> {
    let usable = || formats.iter().filter(|format| format.width > 0 && format.height > 0);
    let within = usable().filter(|format| format.fits(wanted)).max_by(|a, b| {
        let worth = a.worth(wanted).total_cmp(&b.worth(wanted));
        let cost = b.coding.cost().cmp(&a.coding.cost());
        worth.then(cost).then(b.waste(wanted).total_cmp(&a.waste(wanted)))
    });
    within.or_else(|| {
        usable().min_by(|a, b| {
            let rate = |format: &Format| format.rate().min(f64::from(wanted.rate));
            a.area().total_cmp(&b.area()).then(rate(b).total_cmp(&rate(a))).then(a.coding.cost().cmp(&b.coding.cost()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(width: u32, height: u32, rate: u32) -> Format {
        Format { coding: Coding::Raw("YUY2".to_owned()), width, height, rate: (rate, 1) }
    }

    fn coded(coding: Coding, width: u32, height: u32, rate: u32) -> Format {
        Format { coding, width, height, rate: (rate, 1) }
    }

    /// A usual webcam: plain pixels are slow where they are large.
    fn webcam() -> Vec<Format> {
        let mut formats = vec![raw(640, 480, 30), raw(1280, 720, 10), raw(1920, 1080, 5)];
        for (width, height) in [(640, 480), (1280, 720), (1920, 1080)] {
            formats.push(coded(Coding::Jpeg, width, height, 30));
            formats.push(coded(Coding::H264, width, height, 30));
        }
        formats
    }

    fn wanted(width: u32, height: u32, rate: u32) -> Wanted {
        Wanted { width, height, rate }
    }

    #[test]
    fn the_table() {
        let both = [raw(640, 480, 15), raw(640, 480, 60), raw(640, 480, 30)];
        let table = [
            (webcam(), wanted(1280, 720, 30), coded(Coding::Jpeg, 1280, 720, 30)),
            (webcam(), wanted(640, 480, 30), raw(640, 480, 30)),
            (webcam(), wanted(1920, 1080, 5), raw(1920, 1080, 5)),
            (webcam(), wanted(1920, 1080, 30), coded(Coding::Jpeg, 1920, 1080, 30)),
            // Larger than wanted is taken only where nothing else is there: the smallest.
            (vec![raw(1920, 1080, 30), raw(1280, 720, 30)], wanted(320, 240, 30), raw(1280, 720, 30)),
            // The rate that is wanted, not more and not less.
            (both.to_vec(), wanted(640, 480, 30), raw(640, 480, 30)),
            (both.to_vec(), wanted(640, 480, 60), raw(640, 480, 60)),
            // A large slow picture is less than a smaller one that moves.
            (vec![raw(1280, 720, 5), raw(800, 600, 30)], wanted(1280, 720, 30), raw(800, 600, 30)),
            (vec![coded(Coding::H264, 1280, 720, 30)], wanted(1280, 720, 30), coded(Coding::H264, 1280, 720, 30)),
        ];
        for (formats, wanted, expected) in table {
            assert_eq!(best(&formats, wanted), Some(&expected), "{wanted:?} of {formats:?}");
        }
    }

    #[test]
    fn formats_that_say_nonsense_are_left_out() {
        assert_eq!(best(&[], wanted(640, 480, 30)), None);
        assert_eq!(best(&[raw(0, 480, 30)], wanted(640, 480, 30)), None);
        // No rate at all is taken for the usual one.
        let silent = Format { rate: (0, 1), ..raw(640, 480, 0) };
        assert_eq!(best(&[silent.clone(), raw(640, 480, 5)], wanted(640, 480, 30)), Some(&silent));
        let divided = Format { rate: (30, 0), ..raw(320, 240, 0) };
        assert_eq!(best(std::slice::from_ref(&divided), wanted(640, 480, 30)), Some(&divided));
    }
}
