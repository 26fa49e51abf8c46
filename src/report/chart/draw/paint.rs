//! Paints a picture with the drawing library, as SVG and as PNG.

use super::font;
use super::picture::{Picture, Place, Rect, Shape, Words};
use crate::report::chart::description::palette;
use crate::report::chart::{compact, pixels};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::FontTransform;
use plotters::style::text_anchor::{HPos, Pos, VPos};

type Area<DB> = DrawingArea<DB, Shift>;
type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// A picture as SVG text.
pub(in crate::report::chart) fn svg(picture: &Picture) -> Result<String, String> {
    let mut svg = String::new();
    let size = (picture.width, picture.height);
    let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    Brush { scale: 1.0 }
        .paint(&area, picture)
        .map_err(|error| error.to_string())?;
    drop(area);
    Ok(compact::compact(&with_families(&svg)))
}

/// Names fonts for machines that lack the shipped one.
fn with_families(svg: &str) -> String {
    let only = format!("font-family=\"{}\"", font::NAME);
    svg.replace(&only, &format!("font-family=\"{}\"", font::FAMILIES))
}

/// SVG text in a page: named colours become variables of the page, so that it can be dark.
pub(in crate::report) fn themed(svg: &str) -> String {
    let mut svg = svg.to_owned();
    for (name, light, _) in palette() {
        let written = format!("\"{}\"", light.to_uppercase());
        svg = svg.replace(&written, &format!("\"var(--{name})\""));
    }
    svg
}

/// A picture as a PNG file of some width `[px]`.
pub(in crate::report::chart) fn png(picture: &Picture, width: u32) -> Result<Vec<u8>, String> {
    let scale = f64::from(width) / f64::from(picture.width);
    let height = libm::ceil(f64::from(picture.height) * scale) as u32;
    let mut bytes = vec![0; width as usize * height as usize * 3];
    let area = BitMapBackend::with_buffer(&mut bytes, (width, height)).into_drawing_area();
    Brush { scale }
        .paint(&area, picture)
        .map_err(|error| error.to_string())?;
    drop(area);
    pixels::encode(&bytes, (width, height)).map_err(|error| error.to_string())
}

/// Paints shapes at a scale.
struct Brush {
    scale: f64,
}

impl Brush {
    fn paint<DB: DrawingBackend>(&self, area: &Area<DB>, picture: &Picture) -> Drawn<DB> {
        area.fill(&WHITE)?;
        picture
            .shapes
            .iter()
            .try_for_each(|shape| self.shape(area, shape))?;
        area.present()
    }

    fn at(&self, place: Place) -> (i32, i32) {
        let whole = |value: f64| libm::round(value * self.scale) as i32;
        (whole(place.0), whole(place.1))
    }

    fn all(&self, places: &[Place]) -> Vec<(i32, i32)> {
        places.iter().map(|place| self.at(*place)).collect()
    }

    fn corners(&self, area: &Rect) -> [(i32, i32); 2] {
        [
            self.at((area.left, area.top)),
            self.at((area.right, area.bottom)),
        ]
    }

    fn shape<DB: DrawingBackend>(&self, area: &Area<DB>, shape: &Shape) -> Drawn<DB> {
        match shape {
            Shape::Box {
                area: inner,
                colour,
                opacity,
            } => {
                let fill = colour.light().mix(*opacity).filled();
                area.draw(&Rectangle::new(self.corners(inner), fill))
            }
            Shape::Path {
                points,
                colour,
                width,
            } => {
                let width = libm::round(f64::from(*width) * self.scale).max(1.0) as u32;
                let stroke = colour.light().stroke_width(width);
                area.draw(&PathElement::new(self.all(points), stroke))
            }
            Shape::Filled {
                points,
                colour,
                opacity,
            } => area.draw(&Polygon::new(
                self.all(points),
                colour.light().mix(*opacity),
            )),
            Shape::Disc { at, radius, colour } => {
                let radius = libm::round(radius * self.scale) as i32;
                area.draw(&Circle::new(self.at(*at), radius, colour.light().filled()))
            }
            Shape::Words(words) => self.words(area, words),
        }
    }

    fn words<DB: DrawingBackend>(&self, area: &Area<DB>, words: &Words) -> Drawn<DB> {
        let size = libm::round(f64::from(words.size) * self.scale).max(1.0) as u32;
        let font = font::of(size, words.bold);
        let inner = &words.area;
        let middle = (inner.top + inner.bottom) / 2.0;
        let colour = words.colour.light();
        if words.turned {
            let place = Pos::new(HPos::Center, VPos::Center);
            let style = font
                .transform(FontTransform::Rotate270)
                .color(&colour)
                .pos(place);
            let at = self.at(((inner.left + inner.right) / 2.0, middle));
            return area.draw(&Text::new(words.text.clone(), at, style));
        }
        let style = font.color(&colour).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(
            words.text.clone(),
            self.at((inner.left, middle)),
            style,
        ))
    }
}
