//! Colours by what they stand for, with a tone for light and one for dark grounds.

#[cfg(feature = "charts")]
pub(in crate::report::chart) use plotters::style::RGBColor;
use serde::{Serialize, Serializer};

/// A colour as red, green and blue, in a build without a drawing library.
#[cfg(not(feature = "charts"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RGBColor(pub u8, pub u8, pub u8);

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Text, axes, and what ends badly.
    Ink,
    /// Text that matters less.
    Soft,
    /// What is broken, such as a partition without a leader.
    Bad,
    /// The ground.
    Paper,
    /// Lines behind the data.
    Grid,
    /// Marked spans of time.
    Shade,
    /// What is the same for all systems, such as the offered load.
    Neutral,
    /// What is at its limit in a map whose other colours are of a scale of its own.
    Limit,
    /// The system of this number.
    System(usize),
    /// A colour of a scale of its own, the same on every ground.
    Fixed(RGBColor),
}

/// A tone on light and one on dark ground.
type Tones = (RGBColor, RGBColor);

const fn tones(light: u32, dark: u32) -> Tones {
    (rgb(light), rgb(dark))
}

const fn rgb(hex: u32) -> RGBColor {
    let [_, red, green, blue] = hex.to_be_bytes();
    RGBColor(red, green, blue)
}

/// The colours of systems. The first six are Okabe and Ito's, which most people with colour blindness can tell
/// apart, two of them darker so that lines stand out from the ground; the others are darker, and dashes and markers tell them apart as well.
const SYSTEMS: [Tones; 12] = [
    tones(0xd5_5e00, 0xff_8a3d),
    tones(0x00_72b2, 0x4d_a6ff),
    tones(0x00_9e73, 0x2f_d1a0),
    tones(0xcc_79a7, 0xe8_a0c8),
    tones(0xb8_7f00, 0xff_c24d),
    tones(0x2b_93d1, 0x8f_d3ff),
    tones(0x7a_3e9d, 0xb9_8ae0),
    tones(0x8c_564b, 0xc7_9a8b),
    tones(0x4b_5d16, 0xa9_c24a),
    tones(0xb2_182b, 0xff_6b7d),
    tones(0x11_5e67, 0x4f_c3d6),
    tones(0x6b_6b6b, 0xb5_b5b5),
];

impl Colour {
    /// The colour with these parts of red, green and blue.
    pub(in crate::report::chart) const fn fixed(red: u8, green: u8, blue: u8) -> Self {
        Self::Fixed(RGBColor(red, green, blue))
    }

    fn tones(self) -> Tones {
        match self {
            Self::Ink => tones(0x1e_1e1e, 0xe9_e9e9),
            Self::Soft => tones(0x5a_5a5a, 0xb4_b4b4),
            Self::Bad => tones(0xb0_0020, 0xff_6b7d),
            Self::Paper => tones(0xff_ffff, 0x15_181c),
            Self::Grid => tones(0xdc_dcdc, 0x3a_3f45),
            Self::Shade => tones(0x78_7878, 0x8c_9098),
            Self::Neutral => tones(0x8a_8a8a, 0x8d_9299),
            Self::Limit => tones(0x18_0018, 0xd6_5cff),
            Self::System(n) => SYSTEMS[n % SYSTEMS.len()],
            Self::Fixed(colour) => (colour, colour),
        }
    }

    /// Its tone on light ground.
    #[must_use]
    pub fn light(self) -> RGBColor {
        self.tones().0
    }

    /// Its name in files: of what it stands for, or its parts of red, green and blue.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Ink => "ink".to_owned(),
            Self::Soft => "soft".to_owned(),
            Self::Bad => "bad".to_owned(),
            Self::Paper => "paper".to_owned(),
            Self::Grid => "grid".to_owned(),
            Self::Shade => "shade".to_owned(),
            Self::Neutral => "neutral".to_owned(),
            Self::Limit => "limit".to_owned(),
            Self::System(n) => format!("system-{}", n % SYSTEMS.len()),
            Self::Fixed(colour) => hex(colour),
        }
    }
}

impl Serialize for Colour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

/// A colour as a page writes it.
fn hex(colour: RGBColor) -> String {
    format!("#{:02x}{:02x}{:02x}", colour.0, colour.1, colour.2)
}

/// The named colours: name, tone on light ground, tone on dark ground.
#[must_use]
pub fn palette() -> Vec<(String, String, String)> {
    let named = [
        Colour::Ink,
        Colour::Soft,
        Colour::Bad,
        Colour::Paper,
        Colour::Grid,
        Colour::Shade,
        Colour::Neutral,
        Colour::Limit,
    ];
    let systems = (0..SYSTEMS.len()).map(Colour::System);
    let row = |colour: Colour| {
        let (light, dark) = colour.tones();
        (colour.name(), hex(light), hex(dark))
    };
    named.into_iter().chain(systems).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What WCAG asks of text, and of the lines of a chart.
    const TEXT: f64 = 4.5;
    const LINE: f64 = 3.0;

    /// The relative luminance of WCAG.
    fn luminance(colour: RGBColor) -> f64 {
        let part = |value: u8| {
            let share = f64::from(value) / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                libm::pow((share + 0.055) / 1.055, 2.4)
            }
        };
        0.2126 * part(colour.0) + 0.7152 * part(colour.1) + 0.0722 * part(colour.2)
    }

    fn contrast(a: RGBColor, b: RGBColor) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn words_and_lines_stand_out_from_light_and_dark_ground() {
        assert!((contrast(rgb(0), rgb(0xff_ffff)) - 21.0).abs() < 1e-9);
        let words = [Colour::Ink, Colour::Soft, Colour::Bad].map(|colour| (colour, TEXT));
        let systems = (0..SYSTEMS.len()).map(Colour::System);
        let lines = systems.chain([Colour::Neutral, Colour::Limit]);
        for (colour, least) in words.into_iter().chain(lines.map(|colour| (colour, LINE))) {
            let ((light, dark), paper) = (colour.tones(), Colour::Paper.tones());
            let found = [contrast(light, paper.0), contrast(dark, paper.1)];
            assert!(
                found.iter().all(|value| *value >= least),
                "{}: {found:?}",
                colour.name()
            );
        }
    }
}
