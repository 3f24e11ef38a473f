//! Whether answers are what the API's description says.

use crate::harness::TestHub;
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

/// What was sent to an address and done is of the shape that the description asks for.
pub(crate) fn takes(method: &Method, address: &str, body: &Value) {
    let document = http::described();
    let address = address.split('?').next().unwrap_or_default();
    let alike = |path: &str| {
        let (parts, asked): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), address.split('/').collect());
        parts.len() == asked.len() && parts.iter().zip(asked).all(|(part, asked)| part.starts_with('{') || *part == asked)
    };
    // One without a placeholder comes first: `/api/jobs/publish` is no job.
    let paths = document["paths"].as_object().unwrap();
    let Some(path) = paths.contains_key(address).then_some(address).or_else(|| paths.keys().map(String::as_str).find(|path| alike(path))) else {
        return;
    };
    let operation = &paths[path][method.as_str().to_lowercase()];
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if schema.is_null() {
        return;
    }
    let schema = json!({ "allOf": [schema], "components": document["components"] });
    let validator = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
    let wrong: Vec<String> = validator.iter_errors(body).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{method} {path} was done with {body}: {wrong:#?}");
}

#[tokio::test]
async fn every_word_that_a_query_may_say_is_taken() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let mut taken = 0;
    for (path, methods) in http::described()["paths"].as_object().unwrap() {
        for parameter in methods["get"]["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] == "query") {
            let schema = &parameter["schema"];
            let words = schema["enum"].as_array().or(schema["items"]["enum"].as_array());
            for word in words.into_iter().flatten().filter(|_| !path.contains('{')) {
                let asked = format!("{path}?{}={}", parameter["name"].as_str().unwrap(), word.as_str().unwrap());
                let status = hub.asks(Method::GET, &asked).header("cookie", format!("hub_session={}", admin.session)).send().await.unwrap().status();
                assert_eq!(status, 200, "{asked}");
                taken += 1;
            }
        }
    }
    assert!(taken > 50, "{taken}");
}
