//! Whether answers are what the API's description says.

use dispatch_hub::http;
use reqwest::Method;
use serde_json::{Value, json};

/// What was done is answered as the API's description says, to the last member. What was not is a problem, of which there are many.
pub(crate) fn is_described(method: &Method, path: &str, status: u16, kind: &str, body: &str) {
    let mut document = http::described().clone();
    let operation = document["paths"][path][method.as_str().to_lowercase()].take();
    assert!(operation.is_object(), "{method} {path} is not described");
    let response = if status < 400 { &operation["responses"][status.to_string()] } else { &document["components"]["responses"]["Problem"] };
    assert!(response.is_object(), "{method} {path} answers {status}, which is not described");
    let kind = kind.split(';').next().unwrap_or_default();
    let described: Vec<&String> = response["content"].as_object().into_iter().flatten().map(|(kind, _)| kind).collect();
    let fits = described.iter().any(|known| *known == kind || known.ends_with("/*") && kind.starts_with(known.trim_end_matches('*')));
    let is_nothing = described.is_empty() && body.is_empty();
    assert!(fits || is_nothing || *method == Method::HEAD, "{method} {path}: {kind} instead of {described:?}");
    if kind.ends_with("json") && *method != Method::HEAD {
        let schema = json!({ "allOf": [response["content"][kind]["schema"]], "components": document["components"] });
        let body: Value = serde_json::from_str(body).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let wrong: Vec<String> = validator.iter_errors(&body).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{method} {path}: {wrong:#?}");
    }
}
