//! Title and legend above the panels, caption and footer below them.

use super::font;
use super::layout::WIDTH;
use super::outline;
use super::picture::{Hand, Picture, Rect, Shape, Side};
use crate::report::chart::description::{Colour, Description, Entry, Look};

const TITLE: Hand = Hand::bold(36, Colour::Ink);
const SUBTITLE: Hand = Hand::new(24, Colour::Soft);
const LEGEND: Hand = Hand::new(24, Colour::Ink);
const CAPTION: Hand = Hand::new(23, Colour::Ink);
const FOOTER: Hand = Hand::new(18, Colour::Soft);
/// From the edges of a picture to its texts `[px]`.
const MARGIN: f64 = 28.0;
/// The length of a line in the legend `[px]`, and from the line to its words.
const SWATCH: f64 = 54.0;
const SPACE: f64 = 10.0;
/// Between two entries of a legend `[px]`.
const BETWEEN: f64 = 34.0;
/// The height of a row of the legend `[px]`.
const ROW: f64 = 34.0;
/// The most lines of a caption.
const CAPTION_LINES: usize = 8;

/// Writes title, subtitle and legend; returns where the panels begin.
pub(super) fn head(picture: &mut Picture, description: &Description) -> f64 {
    let room = f64::from(WIDTH) - 2.0 * MARGIN;
    let title = font::shorten(&description.title, TITLE.size, true, room);
    let used = TITLE.width(&title);
    picture.write(title, (MARGIN, 12.0), Side::Left, TITLE);
    let mut y = 12.0 + TITLE.height() + 8.0;
    let beside = room - used - 40.0;
    let whole = SUBTITLE.width(&description.subtitle);
    if whole <= beside {
        let at = (f64::from(WIDTH) - MARGIN, 24.0);
        picture.write(&description.subtitle, at, Side::Right, SUBTITLE);
    } else {
        let text = font::shorten(&description.subtitle, SUBTITLE.size, false, room);
        picture.write(text, (MARGIN, y), Side::Left, SUBTITLE);
        y += SUBTITLE.height() + 6.0;
    }
    y + legend(picture, &description.legend, y) + 6.0
}

/// Draws the legend in as many rows as it needs; returns its height.
fn legend(picture: &mut Picture, entries: &[Entry], top: f64) -> f64 {
    let right = f64::from(WIDTH) - MARGIN;
    let (mut x, mut y) = (MARGIN, top);
    for entry in entries {
        let room = right - MARGIN - SWATCH - SPACE;
        let label = font::shorten(&entry.label, LEGEND.size, false, room);
        let width = SWATCH + SPACE + LEGEND.width(&label);
        if x + width > right && x > MARGIN {
            (x, y) = (MARGIN, y + ROW);
        }
        swatch(picture, entry, (x, y + LEGEND.height() / 2.0));
        picture.write(label, (x + SWATCH + SPACE, y), Side::Left, LEGEND);
        x += width + BETWEEN;
    }
    if entries.is_empty() {
        0.0
    } else {
        y + ROW - top
    }
}

fn swatch(picture: &mut Picture, entry: &Entry, at: (f64, f64)) {
    let (left, right) = (at.0, at.0 + SWATCH);
    if entry.filled {
        return picture.add(Shape::Box {
            area: Rect {
                left: left + 8.0,
                top: at.1 - 11.0,
                right: right - 8.0,
                bottom: at.1 + 11.0,
            },
            colour: entry.look.colour,
            opacity: entry.look.opacity,
        });
    }
    let look = Look {
        width: entry.look.width.clamp(3, 6),
        ..entry.look
    };
    outline::line(picture, &[(left, at.1), (right, at.1)], look);
    outline::marker(picture, ((left + right) / 2.0, at.1), look);
}

fn caption(description: &Description) -> Vec<String> {
    let room = f64::from(WIDTH) - 2.0 * MARGIN;
    font::wrap(
        &description.caption,
        CAPTION.size,
        false,
        room,
        CAPTION_LINES,
    )
}

/// The height of caption and footer.
pub(super) fn foot_height(description: &Description) -> f64 {
    let lines = caption(description).len() as f64;
    10.0 + lines * (CAPTION.height() + 2.0) + FOOTER.height() + 18.0
}

/// Writes caption and footer from `top` on.
pub(super) fn foot(picture: &mut Picture, description: &Description, top: f64) {
    let mut y = top + 10.0;
    for line in caption(description) {
        picture.write(line, (MARGIN, y), Side::Left, CAPTION);
        y += CAPTION.height() + 2.0;
    }
    let room = f64::from(WIDTH) - 2.0 * MARGIN;
    let footer = font::shorten(&description.footer, FOOTER.size, false, room);
    picture.write(footer, (MARGIN, y + 6.0), Side::Left, FOOTER);
}
