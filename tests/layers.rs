//! Dependencies point down: the table of the layers, and a reader of `crate::` and `super::` paths that finds what climbs.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each module at the top of `src`, and the modules it may name besides itself. From the top layer to the bottom one.
const LAYERS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("cli", &["import", "founding", "app", "demo", "replay", "store", "config", "telemetry", "domain"]),
    // Makes a company, for the command line.
    ("founding", &["auth", "store", "domain"]),
    // Reads addresses from a file, for the command line.
    ("import", &["app", "places", "store", "domain"]),
    ("app", &["http", "ws", "web", "courier", "demo", "replay", "auth", "hub", "places", "store", "config", "telemetry", "domain"]),
    // The route table names the socket's route too; the courier shows what words would look like.
    ("http", &["courier", "ws", "web", "auth", "hub", "paper", "places", "store", "protocol", "config", "telemetry", "domain"]),
    ("ws", &["auth", "hub", "places", "store", "protocol", "config", "telemetry", "domain"]),
    ("web", &["config"]),
    // The demo makes its company through the hub's own door, drives its workers over the public wire, and shows the courier's outbox.
    ("demo", &["courier", "client", "auth", "hub", "places", "store", "protocol", "domain"]),
    // Alerts may carry a one-job link, whose token is made like any other.
    // Webhooks say an event as the wire has it.
    ("courier", &["auth", "store", "protocol", "config", "telemetry", "domain"]),
    // Its test runs the recorded fixes through the very rule that decides what maps show.
    ("replay", &["client", "location", "protocol", "domain"]),
    ("client", &["protocol", "domain"]),
    ("auth", &["store", "telemetry", "domain"]),
    ("hub", &["location", "places", "store", "protocol", "telemetry", "domain"]),
    ("paper", &["protocol", "domain"]),
    ("location", &["domain"]),
    ("places", &["domain"]),
    ("store", &["telemetry", "domain"]),
    ("protocol", &["domain"]),
    ("telemetry", &["config"]),
    ("config", &[]),
    ("domain", &[]),
];

/// One `crate::module` that a file names.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    from: String,
    to: String,
    place: String,
}

#[test]
fn dependencies_point_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut named = Vec::new();
    for file in rust_files(&src) {
        let path = file.strip_prefix(&src).unwrap();
        if path != Path::new("lib.rs") {
            named.extend(modules_named(path, &fs::read_to_string(&file).unwrap()));
        }
    }
    assert!(named.len() > 50, "the reader finds hardly anything: {named:?}");
    let climbing: Vec<String> = named.iter().filter_map(climbs).collect();
    assert!(climbing.is_empty(), "\n{}", climbing.join("\n"));
}

#[test]
fn a_path_that_climbs_is_found_however_it_is_written() {
    let climbing = [
        ("domain/job/mod.rs", "use crate::store::jobs;"),
        ("domain/job/mod.rs", "fn at() -> crate::hub::clock::Instant { todo() }"),
        ("domain/job/mod.rs", "use super::super::store;"),
        ("domain/mod.rs", "use super::{hub::Hub, domain};"),
        ("domain/job/decide.rs", "use super::super::super::hub::Hub;"),
        ("domain/mod.rs", "use crate::{\n    domain::At,\n    store::{self, jobs},\n};"),
        ("store/jobs.rs", "use crate::protocol::views;"),
        ("hub/mod.rs", "use crate::http::error;"),
        ("hub/record.rs", "use crate::{store, ws};"),
        ("client/mod.rs", "let row = dispatch_hub::store::jobs::find;"),
        ("ws/session.rs", "use crate::demo::company;"),
        ("replay.rs", "use crate::hub;"),
    ];
    for (path, text) in climbing {
        let found: Vec<_> = modules_named(Path::new(path), text).iter().filter_map(climbs).collect();
        assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
    }
}

#[test]
fn a_path_that_goes_down_or_stays_is_none() {
    let fine = [
        ("hub/mod.rs", "use crate::{store::{self, Store}, location, domain::At};\nuse super::store::Error;"),
        ("domain/job/mod.rs", "use super::at::At;\nuse super::super::domain::Job;\nuse crate::domain::hub;"),
        ("domain/mod.rs", "//! `crate::hub` asks, this answers.\n/// See `crate::store`.\n// crate::http is above\nlet text = \"crate::http\";"),
        ("http/mod.rs", "use crate::{auth, hub};"),
    ];
    for (path, text) in fine {
        let found: Vec<_> = modules_named(Path::new(path), text).iter().filter_map(climbs).collect();
        assert!(found.is_empty(), "{path}: {found:?}");
    }
}

#[test]
fn the_table_itself_points_down() {
    for (position, (layer, below)) in LAYERS.iter().enumerate() {
        for name in *below {
            let there = LAYERS.iter().position(|(other, _)| other == name);
            assert!(there.is_some_and(|there| there > position), "{layer} -> {name}");
        }
    }
}

/// Words for a path that climbs, or that the table does not know.
fn climbs(named: &Named) -> Option<String> {
    let Some((_, below)) = LAYERS.iter().find(|(layer, _)| *layer == named.from) else {
        return Some(format!("{}: the module `{}` is not in the table of layers", named.place, named.from));
    };
    (named.to != named.from && !below.contains(&named.to.as_str())).then(|| format!("{}: `{}` may not know `{}`", named.place, named.from, named.to))
}

/// The modules at the top of the crate that the file at `path` (below `src`) names.
fn modules_named(path: &Path, text: &str) -> Vec<Named> {
    let mut parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
    let file = parts.pop().unwrap().trim_end_matches(".rs");
    if file != "mod" {
        parts.push(file);
    }
    let from = parts[0].to_owned();
    // So many `super::` lead out of the module's own file to the crate.
    let depth = parts.len();
    let code = without_comments_and_strings(text);
    let mut named = Vec::new();
    for root in ["crate::", "dispatch_hub::"] {
        for (at, _) in code.match_indices(root) {
            if !code[..at].ends_with(is_word) && !code[..at].ends_with("::") {
                named.extend(first_names(&code[at + root.len()..]).map(|to| (at, to)));
            }
        }
    }
    let climb = "super::".repeat(depth);
    for (at, _) in code.match_indices(&climb) {
        if !code[..at].ends_with(is_word) && !code[..at].ends_with("super::") {
            named.extend(first_names(&code[at + climb.len()..]).map(|to| (at, to)));
        }
    }
    let line = |at: usize| code[..at].matches('\n').count() + 1;
    let tops = |to: &String| LAYERS.iter().any(|(layer, _)| layer == to);
    let place = |at| format!("src/{}:{}", path.display(), line(at));
    named.into_iter().filter(|(_, to)| tops(to)).map(|(at, to)| Named { from: from.clone(), to, place: place(at) }).collect()
}

/// The first names of a path or of a `{...}` group, at its outermost level.
fn first_names(path: &str) -> impl Iterator<Item = String> {
    let word = |text: &str| text.trim_start().chars().take_while(|c| is_word(*c)).collect::<String>();
    let mut names = Vec::new();
    match path.strip_prefix('{') {
        None => names.push(word(path)),
        Some(group) => {
            let mut depth = 0;
            let mut start = 0;
            for (at, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => {
                        names.push(word(&group[start..at]));
                        break;
                    }
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        names.push(word(&group[start..at]));
                        start = at + 1;
                    }
                    _ => {}
                }
            }
        }
    }
    names.into_iter()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The same text with comments and one-line strings blanked, lines kept.
fn without_comments_and_strings(text: &str) -> String {
    let blank = |line: &str| {
        let mut kept = String::new();
        let mut in_string = false;
        let mut escaped = false;
        for (at, c) in line.char_indices() {
            if in_string {
                in_string = c != '"' || escaped;
                escaped = c == '\\' && !escaped;
            } else if c == '"' && !line[..at].ends_with('\'') {
                in_string = true;
            } else if line[at..].starts_with("//") {
                break;
            } else {
                kept.push(c);
            }
        }
        kept
    };
    text.lines().map(blank).collect::<Vec<_>>().join("\n")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
