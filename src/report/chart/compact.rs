//! Smaller SVG text of the same picture: what the drawing library writes line by line is joined.
//!
//! A dashed line comes as one `polyline` for each dash, a heat map as one `rect` for each cell.
//! Neighbours that look alike become one `path`; the order of painting stays as it was.

use std::fmt::Write;

/// The text of one picture, made smaller.
#[must_use]
pub(super) fn compact(svg: &str) -> String {
    let mut text = String::with_capacity(svg.len());
    let mut open: Option<(String, String)> = None;
    for line in svg.trim_start().lines() {
        let line = line.replace(" opacity=\"1\"", "");
        let Some((style, outline)) = polyline(&line).or_else(|| rectangle(&line)) else {
            close(&mut open, &mut text);
            let _ = writeln!(text, "{line}");
            continue;
        };
        match &mut open {
            Some((known, outlines)) if *known == style => outlines.push_str(&outline),
            _ => {
                close(&mut open, &mut text);
                open = Some((style, outline));
            }
        }
    }
    close(&mut open, &mut text);
    text
}

fn close(open: &mut Option<(String, String)>, text: &mut String) {
    if let Some((style, outlines)) = open.take() {
        let _ = writeln!(text, "<path {style} d=\"{outlines}\"/>");
    }
}

/// Style and outline of an open line.
fn polyline(line: &str) -> Option<(String, String)> {
    let rest = line.strip_prefix("<polyline ")?.strip_suffix("/>")?;
    let (style, points) = rest.split_once(" points=\"")?;
    let points = points.strip_suffix('"')?.trim_end();
    (!points.is_empty()).then(|| (style.to_owned(), format!("M{points}")))
}

/// Style and outline of a filled rectangle without a border.
fn rectangle(line: &str) -> Option<(String, String)> {
    let rest = line
        .strip_prefix("<rect ")?
        .strip_suffix(" stroke=\"none\"/>")?;
    let mut words = rest.split(' ');
    let mut number = |name: &str| -> Option<i64> {
        words
            .next()?
            .strip_prefix(name)?
            .strip_prefix("=\"")?
            .strip_suffix('"')?
            .parse()
            .ok()
    };
    let (x, y, width, height) = (
        number("x")?,
        number("y")?,
        number("width")?,
        number("height")?,
    );
    let style: Vec<&str> = words.collect();
    Some((
        style.join(" "),
        format!("M{x},{y}h{width}v{height}h-{width}z"),
    ))
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn neighbours_that_look_alike_become_one_path_and_order_stays() {
        let svg = "<svg width=\"9\">\n\
                   <rect x=\"1\" y=\"2\" width=\"3\" height=\"4\" opacity=\"1\" fill=\"#FFFFFF\" stroke=\"none\"/>\n\
                   <rect x=\"4\" y=\"2\" width=\"3\" height=\"4\" opacity=\"1\" fill=\"#FFFFFF\" stroke=\"none\"/>\n\
                   <polyline fill=\"none\" opacity=\"0.5\" stroke=\"#D55E00\" points=\"1,1 2,2 \"/>\n\
                   <polyline fill=\"none\" opacity=\"0.5\" stroke=\"#D55E00\" points=\"5,5 6,6 \"/>\n\
                   <rect x=\"1\" y=\"2\" width=\"3\" height=\"4\" opacity=\"1\" fill=\"none\" stroke=\"#000000\"/>\n\
                   </svg>\n";
        let expected = "<svg width=\"9\">\n\
                        <path fill=\"#FFFFFF\" d=\"M1,2h3v4h-3zM4,2h3v4h-3z\"/>\n\
                        <path fill=\"none\" opacity=\"0.5\" stroke=\"#D55E00\" d=\"M1,1 2,2M5,5 6,6\"/>\n\
                        <rect x=\"1\" y=\"2\" width=\"3\" height=\"4\" fill=\"none\" stroke=\"#000000\"/>\n\
                        </svg>\n";
        assert_eq!(compact(svg), expected);
    }
}
