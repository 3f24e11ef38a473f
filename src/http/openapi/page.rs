//! The description as a page that loads nothing: every operation with what it takes and gives, every shape as a table.

use html_escape::encode_text as escape;
use serde_json::Value;
use std::fmt::Write as _;

/// The order in which people read.
const GROUPS: [&str; 7] = ["jobs", "lists", "alerts", "settings", "programs", "getting in", "the hub"];

/// The page of a document.
pub(super) fn of(document: &Value) -> String {
    let mut groups = GROUPS.map(|tag| (tag, String::new()));
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            let (_, group) = groups.iter_mut().find(|(known, _)| *known == tag).expect("every tag is a group");
            write_operation(group, path, method, operation);
        }
    }
    let mut nav = String::new();
    let mut body = String::new();
    for (tag, operations) in &groups {
        let id = tag.replace(' ', "-");
        write!(nav, "<a href=\"#{id}\">{tag}</a> ").expect(WRITES);
        write!(body, "<section id=\"{id}\"><h2>{tag}</h2>{operations}</section>").expect(WRITES);
    }
    body.push_str("<section id=\"shapes\"><h2>shapes</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        write!(body, "<article id=\"shape-{0}\"><h3>{0}</h3>", escape(name)).expect(WRITES);
        write_shape(&mut body, schema);
        body.push_str("</article>");
    }
    body.push_str("</section>");
    let description = prose(document["info"]["description"].as_str().unwrap_or_default());
    PAGE.replacen("{description}", &description, 1).replacen("{nav}", &nav, 1).replacen("{body}", &body, 1)
}

const WRITES: &str = "a string takes everything";

/// A description as HTML: what stands between backticks is code.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // An odd number of parts: every backtick has its partner.
    if parts.len().is_multiple_of(2) {
        return escape(text).into_owned();
    }
    let part = |(index, part): (usize, &&str)| if index % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part).into_owned() };
    parts.iter().enumerate().map(part).collect()
}

fn write_operation(out: &mut String, path: &str, method: &str, operation: &Value) {
    let text = |value: &Value| prose(value.as_str().unwrap_or_default());
    let id = text(&operation["operationId"]);
    write!(
        out,
        "<details id=\"{id}\"><summary><b class=\"{method}\">{}</b> <code>{}</code> <span>{}</span></summary>",
        method.to_uppercase(),
        escape(path),
        text(&operation["summary"])
    )
    .expect(WRITES);
    let scopes: Vec<String> =
        operation["security"].as_array().into_iter().flatten().filter_map(|one| one["token"][0].as_str().map(ToOwned::to_owned)).collect();
    write!(out, "<p>{}", text(&operation["description"])).expect(WRITES);
    if !scopes.is_empty() {
        write!(out, " Scope <code>{}</code>.", escape(&scopes.join(", "))).expect(WRITES);
    }
    out.push_str("</p>");
    let parameters = operation["parameters"].as_array().filter(|parameters| !parameters.is_empty());
    if let Some(parameters) = parameters {
        out.push_str("<table><tr><th>parameter</th><th>what</th></tr>");
        for parameter in parameters {
            let (place, what) = (text(&parameter["in"]), text(&parameter["description"]));
            let star = if parameter["required"] == true { "" } else { "?" };
            let name = escape(parameter["name"].as_str().unwrap_or_default());
            write!(out, "<tr><td><code>{name}{star}</code><br><small>{place}</small></td><td>{} {what}</td></tr>", said(&parameter["schema"]))
                .expect(WRITES);
        }
        out.push_str("</table>");
    }
    for (media, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
        write!(out, "<p>Sends {} <small>{}</small></p>", kind(&content["schema"]), escape(media)).expect(WRITES);
    }
    for (status, response) in operation["responses"].as_object().into_iter().flatten().filter(|(status, _)| *status != "default") {
        write!(out, "<p>Answers {status}").expect(WRITES);
        for (media, content) in response["content"].as_object().into_iter().flatten() {
            write!(out, " {} <small>{}</small>", kind(&content["schema"]), escape(media)).expect(WRITES);
        }
        out.push_str("</p>");
    }
    out.push_str("</details>");
}

fn write_shape(out: &mut String, schema: &Value) {
    if let Some(description) = schema["description"].as_str() {
        write!(out, "<p>{}</p>", prose(description)).expect(WRITES);
    }
    let Some(members) = schema["properties"].as_object() else {
        write!(out, "<p>{}</p>", kind(schema)).expect(WRITES);
        return;
    };
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    out.push_str("<table>");
    for (name, member) in members {
        let star = if required.contains(&name.as_str()) { "" } else { "?" };
        let what = prose(member["description"].as_str().unwrap_or_default());
        write!(out, "<tr><td><code>{}{star}</code></td><td>{} {what}</td></tr>", escape(name), said(member)).expect(WRITES);
    }
    out.push_str("</table>");
}

/// A schema on a line of its own.
fn said(schema: &Value) -> String {
    format!("<span class=\"kind\">{}</span>", kind(schema))
}

/// A schema in a few words, with links to the shapes that it names.
fn kind(schema: &Value) -> String {
    if let Some(place) = schema["$ref"].as_str() {
        let name = escape(place.rsplit('/').next().unwrap_or_default()).into_owned();
        return format!("<a href=\"#shape-{name}\">{name}</a>");
    }
    for (word, between) in [("anyOf", " or "), ("oneOf", " or "), ("allOf", " ")] {
        if let Some(several) = schema[word].as_array() {
            return several.iter().map(kind).collect::<Vec<_>>().join(between);
        }
    }
    if let (Some(needed), true) = (schema["required"].as_array(), schema["properties"].is_null()) {
        let needed: Vec<String> = needed.iter().filter_map(Value::as_str).map(|name| format!("<code>{}</code>", escape(name))).collect();
        return format!("with {}", needed.join(", "));
    }
    if let Some(word) = schema["const"].as_str() {
        return format!("<code>{}</code>", escape(word));
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().map(|word| format!("<code>{}</code>", escape(word.as_str().unwrap_or("null")))).collect();
        return words.join(" or ");
    }
    if schema["items"].is_object() {
        return format!("list of {}{}", kind(&schema["items"]), limits(schema));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => vec!["anything"],
    };
    let format = schema["format"].as_str().map(|format| format!(" ({})", escape(format))).unwrap_or_default();
    format!("{}{format}{}", types.join(" or "), limits(schema))
}

/// How much of it there may be.
fn limits(schema: &Value) -> String {
    let within = |least: &Value, most: &Value, what: &str| match (least.as_f64(), most.as_f64()) {
        (Some(least), Some(most)) => Some(format!(", {least} to {most}{what}")),
        (None, Some(most)) => Some(format!(", at most {most}{what}")),
        (Some(least), None) if least > 0.0 => Some(format!(", at least {least}{what}")),
        _ => None,
    };
    within(&schema["minLength"], &schema["maxLength"], " characters")
        .or_else(|| within(&schema["minItems"], &schema["maxItems"], ""))
        .or_else(|| within(&schema["minimum"], &schema["maximum"], ""))
        .unwrap_or_default()
}

const PAGE: &str = r##"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="/icon.svg" type="image/svg+xml"><title>API of Dispatch Hub</title>
<style>
:root { --ground: #f4f6f9; --paper: #fff; --ink: #1a2333; --muted: #566176; --line: #dfe4ec; --link: #1d4ed8; }
@media (prefers-color-scheme: dark) { :root { --ground: #12161c; --paper: #191e26; --ink: #e6eaf1; --muted: #9eaabc; --line: #2d3541; --link: #78a5ff; } }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 0; }
a { color: var(--link); } nav a { margin-right: .75rem; display: inline-block; padding: .5rem 0; }
details, article { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; padding: .5rem .9rem; margin-top: .4rem; overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .35rem 0; } summary b { display: inline-block; min-width: 4.2rem; } summary span { color: var(--muted); }
.delete { color: #b91c1c; } .post, .put, .patch { color: #15803d; }
@media (prefers-color-scheme: dark) { .delete { color: #f87171; } .post, .put, .patch { color: #4ade80; } }
table { border-collapse: collapse; font-size: .9rem; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-top: 1px solid var(--line); }
td:first-child, th:first-child { overflow-wrap: normal; white-space: nowrap; width: 1%; } .kind { display: block; color: var(--muted); }
code { font-size: .9em; } small { color: var(--muted); } p { margin: .4rem 0; }
</style></head>
<body><main><h1>API of Dispatch Hub</h1>
<p>{description}</p>
<p>As a document for programs: <a href="/api/openapi.json">/api/openapi.json</a> (OpenAPI 3.1)</p>
<nav aria-label="Parts">{nav}<a href="#shapes">shapes</a></nav>
{body}</main></body></html>
"##;

#[cfg(test)]
mod tests {
    use super::{kind, prose};
    use serde_json::json;

    #[test]
    fn a_shape_is_said_in_a_few_words_with_its_limits() {
        let table = [
            (json!({ "type": ["string", "null"], "maxLength": 80 }), "string or null, at most 80 characters"),
            (json!({ "type": "integer", "format": "int32", "minimum": 1, "maximum": 365 }), "integer (int32), 1 to 365"),
            (json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }), "list of string, at least 1"),
            (json!({ "type": "integer", "minimum": 0 }), "integer"),
            (
                json!({ "allOf": [{ "$ref": "#/components/schemas/PersonSent" }, { "required": ["name", "email"] }] }),
                "<a href=\"#shape-PersonSent\">PersonSent</a> with <code>name</code>, <code>email</code>",
            ),
        ];
        for (schema, words) in table {
            assert_eq!(kind(&schema), words);
        }
    }

    #[test]
    fn what_stands_between_backticks_is_code_and_nothing_is_markup() {
        assert_eq!(prose("Send `a<b>` & go"), "Send <code>a&lt;b&gt;</code> &amp; go");
        assert_eq!(prose("one ` alone"), "one ` alone");
        assert_eq!(prose("`a``b`"), "<code>a</code><code>b</code>");
    }
}
