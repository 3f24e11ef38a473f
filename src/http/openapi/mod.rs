//! The API's description: `OpenAPI` 3.1, made of the route table and the types that handlers take and give, and the same as a page.

mod describe;
mod links;
mod page;
mod words;

pub(super) use describe::{Given, Taken, Tell, told};

use super::access::Access;
use super::{Entry, routes};
use crate::domain::job::Status;
use crate::domain::scope::Scope;
use crate::protocol::Problem;
use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::Json;
use describe::{Operation, Schemas};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use words::{Answer, Words};

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// The whole document.
pub fn described() -> &'static Value {
    &DOCUMENT
}

pub(super) async fn read() -> Json<&'static Value> {
    Json(&DOCUMENT)
}

pub(super) async fn page() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page::of(&DOCUMENT))
}

fn document() -> Value {
    let mut schemas = Schemas::default();
    let problem = schemas.given::<Problem>();
    let words = words::all();
    let mut paths: Map<String, Value> = Map::new();
    let table = routes();
    // In the order of the words, which is the one that people read.
    for word in &words {
        let entry = table
            .iter()
            .find(|endpoint| endpoint.path == word.path)
            .and_then(|endpoint| endpoint.methods.iter().find(|entry| entry.method.as_str() == word.method));
        let Some(entry) = entry else { continue };
        let operation = operation(word, entry, &mut schemas);
        let at = paths.entry(word.path).or_insert_with(|| json!({}));
        at[word.method.to_lowercase()] = operation;
    }
    links::connect(&mut paths);
    let mut all = schemas.all();
    all.sort_keys();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Dispatch Hub",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Jobs, people and positions of a field-service company, live.",
            "description": "Programs come with `Authorization: Bearer hub_…`, a token that an admin makes under Settings. Instants are RFC 3339, decimals are text, errors are problems (RFC 9457). Lists are read on with `after`, the `next` of the part before. The socket is described in docs/protocol.md.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": all,
            "responses": {
                "Problem": { "description": "It was not done; `detail` says why, `errors` at which members.", "content": { "application/problem+json": { "schema": problem } } },
            },
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "An API token." },
                "cookie": { "type": "apiKey", "in": "cookie", "name": "hub_session", "description": "A log-in." },
            },
        },
    })
}

fn operation(words: &Words, entry: &Entry, schemas: &mut Schemas) -> Value {
    let mut told = Operation::default();
    (entry.tell)(&mut told, schemas);
    let mut parameters = path_parameters(words.path);
    parameters.extend(words.query.split_whitespace().map(query_parameter));
    parameters.append(&mut told.headers);
    let (status, answer) = match words.answer {
        Answer::Told => (200, told.answer.map(|schema| json!({ "application/json": { "schema": schema } }))),
        Answer::Json(status, schema) => (status, Some(json!({ "application/json": { "schema": schema(schemas) } }))),
        Answer::Nothing(status) => (status, None),
        Answer::File(kind) | Answer::MaybeFile(kind) => (200, Some(json!({ kind: { "schema": { "type": "string" } } }))),
    };
    let mut response = json!({ "description": "Done." });
    if let Some(content) = answer {
        response["content"] = content;
    }
    let mut operation = json!({
        "operationId": operation_id(words),
        "tags": [tag(words.path)],
        "summary": words.summary,
        "description": who(entry.access),
        "parameters": parameters,
        "responses": { status.to_string(): response, "default": { "$ref": "#/components/responses/Problem" } },
    });
    if let Answer::MaybeFile(_) = words.answer {
        operation["responses"]["204"] = json!({ "description": "There is none." });
    }
    if let Some(mut body) = told.body {
        let needed = if entry.method == Method::POST { words::needed(words.path) } else { &[] };
        if !needed.is_empty() {
            let shape = body["content"]["application/json"]["schema"].take();
            body["content"]["application/json"]["schema"] = json!({ "allOf": [shape, { "required": needed }] });
        }
        operation["requestBody"] = body;
    }
    let reads = matches!(entry.method, Method::GET | Method::HEAD);
    operation["security"] = match (entry.access, Scope::of_request(words.path, reads)) {
        (Access::Anyone, _) => json!([]),
        (_, Some(scope)) => json!([{ "token": [scope] }, { "cookie": [] }]),
        (_, None) if words.path == "/api/me" => json!([{ "token": [] }, { "cookie": [] }]),
        (_, None) => json!([{ "cookie": [] }]),
    };
    operation
}

fn path_parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| {
        let schema = match name {
            "id" | "link" | "customer" => json!({ "type": "string", "format": "uuid" }),
            "seq" => json!({ "type": "integer", "minimum": 0 }),
            "month" => json!({ "type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$" }),
            _ => json!({ "type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_-]+$" }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    };
    names.map(parameter).collect()
}

fn query_parameter(named: &str) -> Value {
    let (name, options) = named.split_once('=').map_or((named, Vec::new()), |(name, options)| (name, options.split('|').collect()));
    let (name, is_needed) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
    let (mut schema, description) = match name {
        "limit" => (json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 50 }), "So many at most."),
        "after" => (json!({ "type": "string" }), "The `next` of the part before."),
        "q" => (json!({ "type": "string" }), "Whatever has this in it."),
        "sort" => (json!({ "type": "string" }), "A member to put the list in order by; with a minus before it, backwards."),
        "status" => (json!({ "type": "array", "items": { "type": "string", "enum": Status::ALL } }), "In one of these; once for each."),
        "archived" | "dry_run" => (json!({ "type": "boolean" }), "Also what was put away; or only try."),
        "customer" | "worker" | "template" | "job" | "portal_user" => (json!({ "type": "string", "format": "uuid" }), "Of this one only."),
        "from" | "to" => (json!({ "type": "string" }), "An RFC 3339 instant, or a date where days are meant."),
        "day" => (json!({ "type": "string", "format": "date" }), "A day in the company's zone."),
        "days" => (json!({ "type": "integer", "minimum": 1, "maximum": 31 }), "So many days."),
        _ => (json!({ "type": "string" }), "Narrows it down."),
    };
    if !options.is_empty() {
        let backwards = options.iter().filter(|_| name == "sort").map(|option| format!("-{option}"));
        schema["enum"] = options.iter().map(ToString::to_string).chain(backwards).collect();
    }
    json!({ "name": name, "in": "query", "required": is_needed, "description": description, "schema": schema })
}

/// `getJobsIdEvents`: the method and the path's words.
fn operation_id(words: &Words) -> String {
    let parts = words.path.split(['/', '-', '.', '{', '}', '_']).filter(|part| !part.is_empty() && *part != "api");
    let capital = |part: &str| part[..1].to_uppercase() + &part[1..];
    words.method.to_lowercase() + &parts.map(capital).collect::<String>()
}

fn tag(path: &str) -> &str {
    let rest = path.strip_prefix("/api/").unwrap_or("");
    match rest.split(['/', '.']).next().unwrap_or_default() {
        "schedule" | "times" | "overview" | "addresses" | "files" | "jobs" => "jobs",
        "contact-points"
        | "push-subscription"
        | "alert-subscriptions"
        | "alert-options"
        | "unsubscribe"
        | "alerts"
        | "sms-account"
        | "sms"
        | "mail" => "alerts",
        "webhooks" | "tokens" => "programs",
        "settings" | "preview" => "settings",
        "login" | "logout" | "me" | "switch" | "sessions" | "memberships" | "password" | "signup" | "invitations" | "portals" => "getting in",
        "" | "openapi" => "the hub",
        _ => "lists",
    }
}

fn who(access: Access) -> &'static str {
    match access {
        Access::Anyone => "For anybody.",
        Access::Viewer => "For whoever is logged in, and for one-job links.",
        Access::Visitor => "For anybody; what they get depends on who they are.",
        Access::Member => "For whoever is logged in.",
        Access::Dispatcher => "For dispatchers.",
        Access::Admin => "For admins.",
        Access::Worker => "For workers.",
        Access::Staff => "For dispatchers and workers.",
        Access::Orderer => "For dispatchers and portal users.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_has_its_words_and_every_word_a_route() {
        let words = words::all();
        for endpoint in routes() {
            for entry in &endpoint.methods {
                let count = words.iter().filter(|word| word.path == endpoint.path && word.method == entry.method.as_str()).count();
                assert_eq!(count, 1, "{} {}", entry.method, endpoint.path);
            }
        }
        for word in &words {
            let endpoint = routes().into_iter().find(|endpoint| endpoint.path == word.path);
            let known = endpoint.is_some_and(|endpoint| endpoint.methods.iter().any(|entry| entry.method.as_str() == word.method));
            assert!(known, "{} {}", word.method, word.path);
        }
    }

    #[test]
    fn what_was_made_leads_to_what_can_be_done_with_it() {
        let links = &described()["paths"]["/api/webhooks"]["post"]["responses"]["201"]["links"];
        assert_eq!(links["postWebhooksIdTest"]["parameters"]["id"], "$response.body#/id");
        let links = &described()["paths"]["/api/jobs"]["get"]["responses"]["200"]["links"];
        assert_eq!(links["getJobsIdEvents"]["parameters"]["id"], "$response.body#/items/0/id");
        let text = described().to_string();
        for (_, link) in
            ["/api/jobs", "/api/workers"].iter().flat_map(|path| described()["paths"][*path]["get"]["responses"]["200"]["links"].as_object().unwrap())
        {
            assert!(text.contains(&format!("\"operationId\":{},\"", link["operationId"])), "{link}");
        }
    }

    #[test]
    fn whatever_makes_something_takes_a_key() {
        for (path, methods) in described()["paths"].as_object().unwrap() {
            let Some(post) = methods.get("post").filter(|post| post["responses"].get("201").is_some()) else { continue };
            // A file's sender names its id; of a worker's tracker there is one, which the next request replaces.
            let has_key = post["parameters"].as_array().into_iter().flatten().any(|one| one["name"] == "Idempotency-Key");
            assert!(has_key || path == "/api/files" || path == "/api/workers/{id}/tracker", "{path}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_query_is_named() {
        let document = described();
        let text = document.to_string();
        for part in text.split("\"$ref\":\"").skip(1) {
            let place = part.split('"').next().unwrap().trim_start_matches('#');
            assert!(document.pointer(place).is_some(), "{place}");
        }
        let operations = document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
        let ids: Vec<&Value> = operations.map(|operation| &operation["operationId"]).collect();
        let once: std::collections::BTreeSet<&str> = ids.iter().filter_map(|id| id.as_str()).collect();
        assert_eq!(ids.len(), once.len());
        let mut schemas = Schemas::default();
        for word in words::all() {
            let table = routes();
            let entry = table
                .iter()
                .find(|endpoint| endpoint.path == word.path)
                .unwrap()
                .methods
                .iter()
                .find(|one| one.method.as_str() == word.method)
                .unwrap();
            let mut told = Operation::default();
            (entry.tell)(&mut told, &mut schemas);
            assert_eq!(told.takes_query, !word.query.is_empty(), "{} {}", word.method, word.path);
            if matches!(word.answer, Answer::Told) {
                assert!(told.answer.is_some(), "{} {} does not say what it answers", word.method, word.path);
            }
        }
    }
}
