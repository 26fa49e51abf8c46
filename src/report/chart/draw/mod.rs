//! Draws any description: lays it out as a picture of simple shapes, and paints the picture as SVG and as PNG.

mod font;
mod frame;
mod head;
mod layout;
mod marks;
mod outline;
mod paint;
mod picture;
mod plot;

#[cfg(feature = "charts")]
pub(super) use font::register;
pub(super) use layout::lay_out;
pub(in crate::report) use paint::themed;
pub(super) use paint::{png, svg};

#[cfg(test)]
mod tests {
    use super::{lay_out, register};
    use crate::report::chart::description::{
        Axis, Description, Entry, Format, Look, Mark, Panel, Series, columns,
    };

    /// A chart with a panel, a line and a legend's entry for each of `count` systems with long names, and with marks.
    fn crowded(count: usize) -> Description {
        let label = |n| format!("a system with a rather long name, number {n}");
        let marks = (0..9).map(|n| Mark {
            from: 40.0 + f64::from(n),
            to: 44.0 + 2.0 * f64::from(n),
            label: format!("zone az{n} is lost together with its brokers"),
        });
        let panel = |n: usize| {
            let axis = Axis::linear("a long label of an axis", Format::Number, 1e6);
            let mut panel = Panel::new(label(n), Axis::time(60.0), axis.in_unit("records/s"));
            panel.marks = marks.clone().collect();
            let points = (0..60).map(|t| (f64::from(t), 1e4 * f64::from(t % 7)));
            panel.add(Series::line("line", Look::system(n, count), points.collect()).of(n));
            panel
        };
        let text = "Words that say what to see in this run, at some length. ".repeat(5);
        Description {
            name: "crowded".to_owned(),
            title: "A chart with a very long title that goes on and on".to_owned(),
            subtitle: text.clone(),
            caption: text.clone(),
            alternative: String::new(),
            footer: text,
            columns: columns(count),
            legend: (0..count)
                .map(|n| Entry::line(label(n), Look::system(n, count)).of(n))
                .collect(),
            panels: (0..count).map(panel).collect(),
        }
    }

    #[test]
    fn texts_of_up_to_twelve_systems_neither_meet_nor_leave_the_picture() {
        register().expect("the fonts");
        for count in 1..=12 {
            let faults = lay_out(&crowded(count)).faults();
            assert!(faults.is_empty(), "{count} systems: {faults:#?}");
        }
    }

    #[test]
    fn no_two_of_twelve_systems_look_alike() {
        let looks: Vec<Look> = (0..12).map(|n| Look::system(n, 12)).collect();
        for (n, look) in looks.iter().enumerate() {
            let alike = |other: &&Look| {
                other.colour == look.colour
                    || (other.dash == look.dash && other.marker == look.marker)
            };
            assert!(
                !looks[n + 1..].iter().any(|other| alike(&other)),
                "system {n}"
            );
        }
    }
}
