//! The lessons and the gallery: complete, linked, without typed numbers, and what the templates give.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use streamduel::scenario::{Overrides, Scenario};
use streamduel::study::figures::Figures;
use streamduel::study::gallery::Entry;
use streamduel::study::lessons::{self, CONFUSIONS, DATED_PART, Material, PARTS, Pages, TABLE};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Name and title of every chart that is kept of a scenario, from the files themselves.
fn charts_of(name: &str) -> Vec<(String, String)> {
    let inside = fs::read_dir(root().join("results").join(name).join("charts")).expect("charts");
    let title = |path: &Path| {
        let svg = read(path);
        let (_, after) = svg
            .split_once(
                r#"font-weight="bold">
"#,
            )
            .expect("a title");
        after
            .lines()
            .next()
            .unwrap_or_default()
            .replace("&apos;", "'")
    };
    let of = |path: PathBuf| {
        (
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned(),
            title(&path),
        )
    };
    inside
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "svg"))
        .map(of)
        .collect()
}

/// What the committed gallery offers to the lessons, without a run.
fn material() -> Material {
    let figures = Figures::shipped().clone();
    let names: BTreeSet<String> = figures
        .rows()
        .iter()
        .map(|row| row.scenario.clone())
        .collect();
    let (mut entries, mut resolved) = (Vec::new(), BTreeMap::new());
    for name in names {
        let path = root().join("scenarios").join(format!("{name}.toml"));
        let scenario = Scenario::load(&path, &Overrides::default()).expect("valid");
        entries.push(Entry {
            name: name.clone(),
            title: scenario.title,
            question: scenario.question,
            answer: Vec::new(),
            kept: Vec::new(),
            traces: Vec::new(),
            others: Vec::new(),
            charts: charts_of(&name),
        });
        resolved.insert(name, scenario.resolved.parse().expect("TOML"));
    }
    Material {
        figures,
        entries,
        resolved,
    }
}

fn pages() -> Pages {
    lessons::pages(material()).unwrap_or_else(|message| panic!("{message}"))
}

#[test]
fn every_lesson_has_its_parts_and_types_no_number() {
    assert_eq!((TABLE.len(), CONFUSIONS.len()), (11, 18));
    let problems: Vec<String> = TABLE
        .iter()
        .chain(CONFUSIONS)
        .flat_map(|lesson| {
            lessons::problems_of(lesson.template)
                .into_iter()
                .map(move |p| format!("{}: {p}", lesson.name))
        })
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn what_a_template_lacks_is_found() {
    let template = TABLE[0].template;
    assert!(lessons::problems_of(template).is_empty());
    for part in PARTS {
        let problems = lessons::problems_of(&template.replace(&format!("{part}\n"), ""));
        assert!(
            problems
                .iter()
                .any(|problem| problem.contains("is missing")),
            "{part}"
        );
    }
    let typed = template.replace("## The claim\n", "## The claim\n\nA stream takes 1 MB.\n");
    assert!(
        lessons::problems_of(&typed)[0].contains("a typed number"),
        "{:?}",
        lessons::problems_of(&typed)
    );
    assert!(template.contains(DATED_PART));
}

/// The committed pages are what the templates give of the committed figures: drift without a run.
#[test]
fn the_pages_are_what_templates_and_figures_give() {
    let (first, second) = (pages().files, pages().files);
    assert_eq!(first, second, "the same material gives the same pages");
    assert_eq!(first.len(), TABLE.len() + CONFUSIONS.len() + 1);
    let folder = root().join("docs/study");
    for (name, text) in &first {
        assert_eq!(
            &read(&folder.join(name)),
            text,
            "{name}: `streamduel gallery` writes it anew"
        );
    }
    let there = fs::read_dir(&folder).expect("a folder").count();
    assert_eq!(there, first.len(), "pages that nobody writes");
}

/// The targets of Markdown links and images, and of `src` and `href`.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for (open, close) in [("](", ')'), (r#"src=""#, '"'), (r#"href=""#, '"')] {
        for part in text.split(open).skip(1) {
            links.extend(part.split(close).next().map(str::to_owned));
        }
    }
    links
}

#[test]
fn every_link_of_lessons_gallery_and_readme_resolves() {
    let mut pages: Vec<PathBuf> = vec![root().join("README.md"), root().join("results/README.md")];
    pages.extend(
        fs::read_dir(root().join("docs/study"))
            .expect("pages")
            .map(|entry| entry.expect("a page").path()),
    );
    let mut seen = 0;
    for page in pages {
        let folder = page.parent().expect("a folder");
        for link in links(&read(&page))
            .iter()
            .filter(|link| !link.starts_with("http"))
        {
            let file = link.split('#').next().unwrap_or_default();
            assert!(folder.join(file).exists(), "{}: {link}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 200, "{seen}");
}

/// A fact of confidence L has the word beside its value, and its source and date at the foot.
#[test]
fn assumptions_are_called_so_on_every_page() {
    let mut seen = 0;
    for (name, text) in pages().files {
        for note in text.lines().filter(|line| line.starts_with("[^")) {
            let (mark, rest) = note.split_once(": ").expect("a footnote");
            assert!(
                rest.contains("in force since 20") && rest.contains("SOURCES.md"),
                "{name}: {note}"
            );
            if rest.contains("confidence L") {
                seen += 1;
                for before in text.split(mark).take(text.matches(mark).count() - 1) {
                    assert!(before.ends_with("(assumption)"), "{name}: {note}");
                }
            }
        }
    }
    assert!(seen > 0);
}

const SMALL: &str = r#"
title = "Small"
question = "Does it fit?"
duration = "10 s"

[workload]
arrivals = { poisson = "100 records/s" }
keys = { uniform = { count = 10 } }
sizes = { constant = "100 B" }

[[consumer]]
name = "app"

[system.kds.kinesis]
ShardCount = 1

[[expect]]
that = "kds.refused == 0"
why = "there is room"
"#;

#[test]
fn the_gallery_is_written_checked_and_cleared_of_what_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |path: &str| folder.path().join(path);
    fs::create_dir(at("scenarios")).expect("made");
    fs::write(at("scenarios/small.toml"), SMALL).expect("written");
    fs::write(at("scenarios/other.toml"), SMALL).expect("written");
    let gallery = |more: &[&str], code: i32, words: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_streamduel"));
        let command = command
            .current_dir(folder.path())
            .args(["gallery", "--no-study", "-q"])
            .args(more);
        let output = command.output().expect("started");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(words), "{said}");
    };
    gallery(&["--check"], 1, "results/figures.csv: missing");
    gallery(&["--threads", "1"], 0, "");
    gallery(&["--threads", "2", "--check"], 0, "");
    let table = Figures::parse("figures.csv", &read(&at("results/figures.csv"))).expect("a table");
    assert!((table.get("small", "kds", "offered").expect("there").value - 1000.0).abs() < 200.0);
    assert!(
        read(&at("results/README.md"))
            .contains("| [small](small/report.md) | Does it fit? | `kds.refused == 0` (found 0)")
    );
    assert!(
        at("results/small/charts/throughput.svg").exists()
            && !at("results/small/charts/throughput.png").exists()
    );
    assert!(!at("results/.gallery.part").exists());

    fs::write(at("results/small/summary.csv"), "typed").expect("written");
    fs::remove_file(at("scenarios/other.toml")).expect("removed");
    gallery(&["--check"], 1, "results/small/summary.csv: differs");
    gallery(&["--check"], 1, "results/other/report.md: no longer made");
    gallery(&[], 0, "");
    assert!(!at("results/other").exists(), "nothing of it is left");
    gallery(&["--check"], 0, "");
}
