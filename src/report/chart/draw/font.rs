//! The font of all charts, which is shipped with the program, and the widths of its texts.

use plotters::style::{FontDesc, FontFamily, FontStyle};

/// DejaVu Sans.
pub(super) const NAME: &str = "DejaVu Sans";
/// What SVG text names: fonts of about the same widths follow the shipped one.
pub(super) const FAMILIES: &str = "DejaVu Sans, Verdana, sans-serif";
/// Room that texts get, because Verdana is a little wider.
const RESERVE: f64 = 1.02;

const REGULAR: &[u8] = include_bytes!("../../font/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("../../font/DejaVuSans-Bold.ttf");

/// Makes the shipped fonts known to the drawing library.
#[cfg(feature = "charts")]
pub(in crate::report::chart) fn register() -> Result<(), String> {
    let register = |style, bytes| {
        plotters::style::register_font(NAME, style, bytes)
            .map_err(|_| "the shipped font is damaged".to_owned())
    };
    register(FontStyle::Normal, REGULAR)?;
    register(FontStyle::Bold, BOLD)
}

/// The font at a size `[px]`.
pub(super) fn of(size: u32, bold: bool) -> FontDesc<'static> {
    let style = if bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    FontDesc::new(FontFamily::Name(NAME), f64::from(size), style)
}

/// The width of a text `[px]`.
pub(super) fn width(text: &str, size: u32, bold: bool) -> f64 {
    let measured = of(size, bold).box_size(text).map(|(width, _)| width);
    f64::from(measured.unwrap_or(0)) * RESERVE
}

/// More letters than any chart has room for.
const LETTERS_MAX: usize = 1000;

/// `text` cut to `room` pixels, with an ellipsis if something is missing.
pub(super) fn shorten(text: &str, size: u32, bold: bool, room: f64) -> String {
    let letters: Vec<char> = text.chars().take(LETTERS_MAX).collect();
    let whole = letters.len() < LETTERS_MAX && width(text, size, bold) <= room;
    if letters.len() < 3 || whole {
        return text.to_owned();
    }
    let cut = |length: usize| -> String { letters[..length].iter().chain(&['…']).collect() };
    // The most letters that fit beside the ellipsis, by halving, and at least one.
    let (mut fits, mut over) = (1, letters.len() - 1);
    while over - fits > 1 {
        let middle = fits + (over - fits) / 2;
        if width(&cut(middle), size, bold) > room {
            over = middle;
        } else {
            fits = middle;
        }
    }
    cut(fits)
}

/// `text` cut to `room` pixels in its middle: names often differ in what stands at their end.
pub(super) fn shorten_inside(text: &str, size: u32, room: f64) -> String {
    let letters: Vec<char> = text.chars().take(LETTERS_MAX).collect();
    if width(text, size, false) <= room {
        return text.to_owned();
    }
    let kept = |count: usize| -> String {
        let (front, back) = letters.split_at(count.div_ceil(2));
        let back = &back[back.len() - count / 2..];
        front.iter().chain(&['…']).chain(back).collect()
    };
    let fits = |count: &usize| width(&kept(*count), size, false) <= room;
    kept((1..letters.len()).rev().find(fits).unwrap_or(1))
}

/// `text` in lines of at most `room` pixels; what more than `most` lines would take is cut.
pub(super) fn wrap(text: &str, size: u32, bold: bool, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer.filter(|longer| width(longer, size, bold) <= room) {
            Some(longer) => {
                lines.pop();
                lines.push(longer);
            }
            None => lines.push(word.to_owned()),
        }
    }
    if lines.len() > most {
        let rest = lines.split_off(most.saturating_sub(1)).join(" ");
        lines.push(rest);
    }
    lines
        .iter()
        .map(|line| shorten(line, size, bold, room))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{register, shorten_inside, width, wrap};

    #[test]
    fn names_are_cut_inside_and_titles_take_a_second_line() {
        register().expect("the shipped fonts");
        let name = "topic-of-6-partitions-linger-1: orders-and-invoices";
        let cut = shorten_inside(name, 21, 200.0);
        assert!(width(&cut, 21, false) <= 200.0, "{cut}");
        assert!(
            cut.starts_with("topic-of") && cut.ends_with("voices"),
            "{cut}"
        );
        assert_eq!(shorten_inside("short", 21, 200.0), "short");
        let title = "delivered records: until the slowest consumer is done";
        let lines = wrap(title, 25, false, 400.0, 2);
        assert_eq!(lines.join(" "), title, "nothing is cut");
    }
}
