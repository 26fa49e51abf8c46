//! Rules about what the sources mean, read with `syn`: how far a function branches, what a struct holds,
//! which methods call each other, and what a `# Source` names.
//!
//! The limits come from simulators and libraries that read well, measured by the same script. There are no
//! exceptions.

use proc_macro2::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use streamduel::platform::WORDS;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The most lines of a function.
const FUNCTION_LINES_MAX: usize = 60;
/// The most ways through a function: one, and one for each branch.
const WAYS_MAX: usize = 15;
/// The most fields of a struct of a model.
const FIELDS_MAX: usize = 20;
/// The most `as` casts per 1,000 lines of a model.
const CASTS_MAX: usize = 15;
/// The most lines of a file, its tests left out.
const FILE_LINES_MAX: usize = 400;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    /// A function of more than 60 lines.
    LongFunction,
    /// A function with more than 15 ways through it.
    BranchyFunction,
    /// A file of more than 400 lines without its tests.
    LongFile,
    /// A parameter that is a tuple.
    TupleParameter,
    /// A struct of a model with more than 20 fields.
    LargeStruct,
    /// A type of a model with methods in more than one folder.
    SpreadType,
    /// A folder of a model that calls through `self` into a folder which calls back.
    RoomInCircle,
    /// `as` casts of a model above 15 per 1,000 lines, in steps of five per 1,000 lines.
    CastsAbove,
    /// A `match` on events with an arm that drops whatever is left.
    DroppedEvent,
    /// A `# Source` that names nothing which a reader can open.
    DeadSource,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The platform whose folder a file is in, or `house` for all else.
fn area_of(path: &Path) -> &'static str {
    let below = path.strip_prefix(root().join("src/platform"));
    let first = below.ok().and_then(|rest| rest.iter().next());
    let word = first.and_then(|first| WORDS.iter().find(|word| first == **word));
    word.copied().unwrap_or("house")
}

/// What was found: where it is, by rule and area.
type Found = BTreeMap<(Rule, &'static str), Vec<String>>;

/// The first and the last line of something.
fn lines(span: Span) -> (usize, usize) {
    (span.start().line, span.end().line)
}

/// Whether something is only there in tests.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = quote_of(attribute);
        attribute.path().is_ident("test") || text.contains("cfg") && text.contains("test")
    })
}

fn quote_of(attribute: &syn::Attribute) -> String {
    match &attribute.meta {
        syn::Meta::List(list) => format!("{} {}", path_of(&list.path), list.tokens),
        meta => path_of(meta.path()),
    }
}

fn path_of(path: &syn::Path) -> String {
    let names = path.segments.iter().map(|part| part.ident.to_string());
    names.collect::<Vec<_>>().join("::")
}

/// A file that is walked through.
struct Walk<'a> {
    area: &'static str,
    /// The file, as messages name it.
    name: String,
    /// The folder of the file.
    folder: PathBuf,
    found: &'a mut Found,
    models: &'a mut Models,
    /// The type whose `impl` is being walked through.
    of_type: Option<String>,
    casts: usize,
    /// Lines of tests.
    test_lines: usize,
}

/// What is known of the models' types.
#[derive(Default)]
struct Models {
    /// The folders in which a type of a model has methods of its own.
    folders: BTreeMap<(&'static str, String), BTreeSet<PathBuf>>,
    /// The folder of each method of a type.
    methods: BTreeMap<(&'static str, String, String), PathBuf>,
    /// Calls through `self`: area, type, from folder, name of the method.
    calls: Vec<(&'static str, String, PathBuf, String)>,
}

impl Walk<'_> {
    fn breaks(&mut self, rule: Rule, line: usize, what: &str) {
        let place = format!("{}:{line}: {what}", self.name);
        self.found.entry((rule, self.area)).or_default().push(place);
    }

    fn is_model(&self) -> bool {
        self.area != "house"
    }

    fn function(&mut self, signature: &syn::Signature, whole: Span, block: &syn::Block) {
        let (first, last) = (lines(signature.span()).0, lines(whole).1);
        let (length, name) = (last - first + 1, signature.ident.to_string());
        if length > FUNCTION_LINES_MAX {
            let what = format!("`{name}` has {length} lines, {FUNCTION_LINES_MAX} at most");
            self.breaks(Rule::LongFunction, first, &what);
        }
        let mut ways = Ways(1);
        ways.visit_block(block);
        if ways.0 > WAYS_MAX {
            let what = format!(
                "`{name}` has {} ways through it, {WAYS_MAX} at most",
                ways.0
            );
            self.breaks(Rule::BranchyFunction, first, &what);
        }
        for input in &signature.inputs {
            if let syn::FnArg::Typed(typed) = input
                && matches!(*typed.pat, syn::Pat::Tuple(_))
            {
                let what = format!("`{name}` takes a tuple: give its parts names");
                self.breaks(Rule::TupleParameter, first, &what);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if is_test(&item.attrs) {
            let (first, last) = lines(item.span());
            self.test_lines += last - first + 1;
        } else {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_test(&item.attrs) {
            self.function(&item.sig, item.span(), &item.block);
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let syn::Type::Path(path) = &*item.self_ty else {
            return visit::visit_item_impl(self, item);
        };
        let name = path.path.segments.last().map(|part| part.ident.to_string());
        if let (true, None, Some(name)) = (self.is_model(), &item.trait_, &name) {
            let key = (self.area, name.clone());
            let folders = self.models.folders.entry(key).or_default();
            folders.insert(self.folder.clone());
        }
        self.of_type = name;
        visit::visit_item_impl(self, item);
        self.of_type = None;
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if is_test(&item.attrs) {
            return;
        }
        self.function(&item.sig, item.span(), &item.block);
        if let (true, Some(name)) = (self.is_model(), &self.of_type) {
            let key = (self.area, name.clone(), item.sig.ident.to_string());
            self.models.methods.insert(key, self.folder.clone());
        }
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        let count = item.fields.len();
        if self.is_model() && count > FIELDS_MAX {
            let what = format!("`{}` has {count} fields, {FIELDS_MAX} at most", item.ident);
            self.breaks(Rule::LargeStruct, lines(item.span()).0, &what);
        }
        visit::visit_item_struct(self, item);
    }

    fn visit_expr_cast(&mut self, cast: &'ast syn::ExprCast) {
        self.casts += 1;
        visit::visit_expr_cast(self, cast);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if let (true, syn::Expr::Path(path), Some(name)) =
            (self.is_model(), &*call.receiver, &self.of_type)
            && path.path.is_ident("self")
        {
            let call = (
                self.area,
                name.clone(),
                self.folder.clone(),
                call.method.to_string(),
            );
            self.models.calls.push(call);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_match(&mut self, found: &'ast syn::ExprMatch) {
        let on_events = found.arms.iter().any(|arm| names_an_event(&arm.pat));
        for arm in &found.arms {
            let drops = matches!(arm.pat, syn::Pat::Wild(_)) && is_empty_block(&arm.body);
            if on_events && drops {
                let what = "an event that no arm names is dropped: name the events";
                self.breaks(Rule::DroppedEvent, lines(arm.span()).0, what);
            }
        }
        visit::visit_expr_match(self, found);
    }
}

/// Whether a pattern is a variant of a type called `Event`.
fn names_an_event(pattern: &syn::Pat) -> bool {
    let path = match pattern {
        syn::Pat::Struct(pattern) => &pattern.path,
        syn::Pat::TupleStruct(pattern) => &pattern.path,
        syn::Pat::Path(pattern) => &pattern.path,
        syn::Pat::Or(either) => return either.cases.iter().any(names_an_event),
        _ => return false,
    };
    path.segments
        .iter()
        .rev()
        .nth(1)
        .is_some_and(|part| part.ident == "Event")
}

fn is_empty_block(body: &syn::Expr) -> bool {
    match body {
        syn::Expr::Block(block) => block.block.stmts.is_empty(),
        syn::Expr::Tuple(tuple) => tuple.elems.is_empty(),
        _ => false,
    }
}

/// Counts the ways through a function as McCabe does; closures count for the function that they are in. An arm
/// of a `match` that only gives back a value is a row of a table, not a branch.
struct Ways(usize);

impl<'ast> Visit<'ast> for Ways {
    fn visit_expr_if(&mut self, branch: &'ast syn::ExprIf) {
        self.0 += 1;
        visit::visit_expr_if(self, branch);
    }
    fn visit_expr_while(&mut self, branch: &'ast syn::ExprWhile) {
        self.0 += 1;
        visit::visit_expr_while(self, branch);
    }
    fn visit_expr_for_loop(&mut self, branch: &'ast syn::ExprForLoop) {
        self.0 += 1;
        visit::visit_expr_for_loop(self, branch);
    }
    fn visit_expr_match(&mut self, branch: &'ast syn::ExprMatch) {
        let rows = branch.arms.iter().filter(|arm| !is_row(arm)).count();
        self.0 += rows.saturating_sub(1);
        visit::visit_expr_match(self, branch);
    }
    fn visit_expr_try(&mut self, branch: &'ast syn::ExprTry) {
        self.0 += 1;
        visit::visit_expr_try(self, branch);
    }
    fn visit_expr_binary(&mut self, both: &'ast syn::ExprBinary) {
        if matches!(both.op, syn::BinOp::And(_) | syn::BinOp::Or(_)) {
            self.0 += 1;
        }
        visit::visit_expr_binary(self, both);
    }
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Whether an arm is one call, literal or name, without a guard.
fn is_row(arm: &syn::Arm) -> bool {
    use syn::Expr;
    let body = &*arm.body;
    arm.guard.is_none()
        && matches!(
            body,
            Expr::Lit(_)
                | Expr::Path(_)
                | Expr::Call(_)
                | Expr::MethodCall(_)
                | Expr::Macro(_)
                | Expr::Field(_)
                | Expr::Struct(_)
                | Expr::Tuple(_)
        )
}

fn walk(path: &Path, found: &mut Found, models: &mut Models) -> (usize, usize) {
    let text = fs::read_to_string(path).expect("readable");
    let file = syn::parse_file(&text).expect("Rust");
    let name = path
        .strip_prefix(root())
        .expect("below the root")
        .display()
        .to_string();
    let mut walk = Walk {
        area: area_of(path),
        name,
        folder: path.parent().expect("a folder").to_owned(),
        found,
        models,
        of_type: None,
        casts: 0,
        test_lines: 0,
    };
    walk.visit_file(&file);
    let length = text.lines().count() - walk.test_lines;
    if length > FILE_LINES_MAX {
        let what = format!("{length} lines without tests, {FILE_LINES_MAX} at most");
        walk.breaks(Rule::LongFile, 1, &what);
    }
    for (number, paragraph) in source_paragraphs(&text) {
        if !names_a_source(&paragraph) {
            let what = format!("`# Source` names nothing that opens: {paragraph}");
            walk.breaks(Rule::DeadSource, number, &what);
        }
    }
    (length, walk.casts)
}

/// The text below each `# Source` of a file, with its line.
fn source_paragraphs(text: &str) -> Vec<(usize, String)> {
    let comment = |line: &str| -> Option<String> {
        let line = line.trim_start();
        let text = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"))?;
        Some(text.trim().to_owned())
    };
    let all: Vec<Option<String>> = text.lines().map(comment).collect();
    let heads = all
        .iter()
        .enumerate()
        .filter(|(_, line)| line.as_deref() == Some("# Source"));
    heads
        .map(|(number, _)| {
            let rest = all[number + 1..].iter().map_while(Option::as_ref);
            let rest: Vec<&str> = rest
                .skip_while(|line| line.is_empty())
                .map(String::as_str)
                .collect();
            let end = rest
                .iter()
                .position(|line| line.is_empty())
                .unwrap_or(rest.len());
            (number + 1, rest[..end].join(" "))
        })
        .collect()
}

/// Whether a text has a key of `docs/SOURCES.md`, an address, or the name of a class or file in code type, and
/// no note that is not shipped.
fn names_a_source(text: &str) -> bool {
    let is_private = text.split_whitespace().any(|word| {
        let word = word.trim_matches(['`', ',', '.', ';', ':', '(', ')']);
        word.ends_with(".md")
            && !root().join(word).exists()
            && !root().join("docs").join(word).exists()
    });
    let keys = source_keys();
    let has_key = keys.iter().any(|key| contains_word(text, key));
    !is_private && (has_key || text.contains("https://") || text.contains('`'))
}

/// Whether `word` stands in a text by itself.
fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// The keys of the first column of the tables in `docs/SOURCES.md`.
fn source_keys() -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/SOURCES.md")).expect("docs/SOURCES.md");
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| key"));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    let keys = first
        .flat_map(|cell| cell.split(','))
        .map(|key| key.trim().to_owned());
    keys.filter(|key| !key.is_empty()).collect()
}

/// Folders of each model that reach each other by calls through `self`.
fn circles(models: &Models, found: &mut Found) {
    let mut arrows: BTreeMap<&'static str, BTreeSet<(&PathBuf, &PathBuf)>> = BTreeMap::new();
    for (area, of_type, from, method) in &models.calls {
        let to = models
            .methods
            .get(&(*area, of_type.clone(), method.clone()));
        if let Some(to) = to.filter(|to| *to != from) {
            arrows.entry(area).or_default().insert((from, to));
        }
    }
    for (area, arrows) in arrows {
        let folders: BTreeSet<&PathBuf> = arrows.iter().map(|(from, _)| *from).collect();
        for folder in folders {
            if reaches(&arrows, folder, folder) {
                let place = format!("{}: calls lead back to it", folder.display());
                found
                    .entry((Rule::RoomInCircle, area))
                    .or_default()
                    .push(place);
            }
        }
    }
}

/// Whether one or more arrows lead from one folder to another.
fn reaches(arrows: &BTreeSet<(&PathBuf, &PathBuf)>, from: &PathBuf, goal: &PathBuf) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(folder) = open.pop() {
        for (_, to) in arrows.iter().filter(|(start, _)| *start == folder) {
            if *to == goal {
                return true;
            }
            if seen.insert(*to) {
                open.push(to);
            }
        }
    }
    false
}

/// Everything that breaks a rule.
fn look() -> Found {
    let (mut found, mut models) = (Found::new(), Models::default());
    let mut sums: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    for path in sources(&root().join("src")) {
        let (length, casts) = walk(&path, &mut found, &mut models);
        let sum = sums.entry(area_of(&path)).or_default();
        *sum = (sum.0 + length, sum.1 + casts);
    }
    for ((area, name), folders) in &models.folders {
        if folders.len() > 1 {
            let place = format!("`{name}` has methods in {} folders", folders.len());
            found
                .entry((Rule::SpreadType, area))
                .or_default()
                .push(place);
        }
    }
    circles(&models, &mut found);
    for (area, (length, casts)) in sums.into_iter().filter(|(area, _)| *area != "house") {
        let above = (casts * 1000 / length).saturating_sub(CASTS_MAX);
        for _ in 0..above.div_ceil(5) {
            let place = format!("{area}: {casts} casts in {length} lines");
            found
                .entry((Rule::CastsAbove, area))
                .or_default()
                .push(place);
        }
    }
    found
}

#[test]
fn sources_keep_the_limits() {
    let mut wrong = String::new();
    for ((rule, area), places) in look() {
        wrong += &format!("{rule:?} in {area}:\n  {}\n", places.join("\n  "));
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_rules_see_what_they_are_for() {
    let text = "
        fn long_way((a, b): (bool, bool)) { if a && b { match 1 { 1 => { f(); } 2 => { g(); } _ => {} } } }
        impl Cluster { fn on(&mut self, event: Event) { match event { Event::Tick => f(), _ => {} } } }
    ";
    let (mut found, mut models) = (Found::new(), Models::default());
    let mut walk = Walk {
        area: "kafka",
        name: "text".to_owned(),
        folder: PathBuf::from("text"),
        found: &mut found,
        models: &mut models,
        of_type: None,
        casts: 0,
        test_lines: 0,
    };
    walk.visit_file(&syn::parse_file(text).expect("Rust"));
    let rules: Vec<Rule> = found.keys().map(|(rule, _)| *rule).collect();
    assert_eq!(rules, [Rule::TupleParameter, Rule::DroppedEvent]);
    let mut ways = Ways(1);
    ways.visit_file(&syn::parse_file(text).expect("Rust"));
    assert_eq!(
        ways.0, 1,
        "items inside a function are counted for themselves"
    );
    assert!(
        names_a_source("SRC39 `ReplicaManager`.") && names_a_source("<https://kafka.apache.org>")
    );
    assert!(!names_a_source("facts/kafka-msk.md section 4.") && !names_a_source("our own notes."));
}
