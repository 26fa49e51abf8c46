//! Legends: what a colour and a stroke stand for.

use super::style::text;
use super::{Area, Drawn};
use plotters::prelude::*;

/// How a legend's entry is drawn.
#[derive(Clone, Copy)]
pub(in crate::report::chart) enum Stroke {
    /// A line.
    Solid,
    /// A broken line.
    Dashed,
    /// An area.
    Filled,
}

impl Stroke {
    /// How line number `nth` is drawn, and its width: systems often do alike, and a broken line over a solid one
    /// shows both.
    pub(in crate::report::chart) fn overlaid(nth: usize) -> (Self, u32) {
        if nth == 0 {
            (Self::Solid, 7)
        } else {
            (Self::Dashed, 4)
        }
    }
}

/// An entry of a legend.
pub(in crate::report::chart) struct Entry {
    /// Its words.
    pub label: String,
    /// Its colour.
    pub colour: RGBColor,
    /// Its stroke.
    pub stroke: Stroke,
}

impl Entry {
    pub(in crate::report::chart) fn new(
        label: impl Into<String>,
        colour: RGBColor,
        stroke: Stroke,
    ) -> Self {
        Self {
            label: label.into(),
            colour,
            stroke,
        }
    }
}

/// The legend, in one or two rows below the title.
pub(in crate::report::chart) fn legend<DB: DrawingBackend>(
    head: &Area<DB>,
    entries: &[Entry],
) -> Drawn<DB> {
    let style = text(26);
    let (width, _) = head.dim_in_pixel();
    let (mut x, mut y) = (28_i32, 84_i32);
    for entry in entries {
        let (length, _) = head.estimate_text_size(&entry.label, &style)?;
        if x + 70 + length as i32 > width as i32 {
            (x, y) = (28, y + 32);
        }
        swatch(head, x, y, entry)?;
        head.draw(&Text::new(
            entry.label.clone(),
            (x + 58, y - 14),
            style.clone(),
        ))?;
        x += 58 + length as i32 + 36;
    }
    Ok(())
}

fn swatch<DB: DrawingBackend>(head: &Area<DB>, x: i32, y: i32, entry: &Entry) -> Drawn<DB> {
    let stroke = entry.colour.stroke_width(5);
    match entry.stroke {
        Stroke::Solid => head.draw(&PathElement::new(vec![(x, y), (x + 48, y)], stroke)),
        Stroke::Filled => head.draw(&Rectangle::new(
            [(x, y - 11), (x + 48, y + 11)],
            entry.colour.filled(),
        )),
        Stroke::Dashed => {
            for dash in [0, 18, 36] {
                head.draw(&PathElement::new(
                    vec![(x + dash, y), (x + dash + 12, y)],
                    stroke,
                ))?;
            }
            Ok(())
        }
    }
}
