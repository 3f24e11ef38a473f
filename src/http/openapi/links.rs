//! Links of the description: with the id that an answer holds, what can be asked next.

use serde_json::{Map, Value, json};

/// Where an answer holds the id of a thing: of what was made, or of the first in a list.
fn places(path: &str) -> [(&'static str, &'static str, &'static str); 2] {
    let made = if path == "/api/jobs" { "$response.body#/jobs/0/id" } else { "$response.body#/id" };
    [("post", "201", made), ("get", "200", "$response.body#/items/0/id")]
}

/// Leads from whatever makes or lists things to everything below the address of one of them.
pub(super) fn connect(paths: &mut Map<String, Value>) {
    let collections: Vec<String> = paths.keys().filter(|path| paths.contains_key(&format!("{path}/{{id}}"))).cloned().collect();
    for collection in collections {
        let below = format!("{collection}/{{id}}");
        let mut targets: Vec<String> = Vec::new();
        for (_, operations) in paths.iter().filter(|(path, _)| path.starts_with(&below) && path.matches('{').count() == 1) {
            let ids = operations.as_object().into_iter().flatten().filter_map(|(_, operation)| operation["operationId"].as_str());
            targets.extend(ids.map(ToOwned::to_owned));
        }
        let Some(operations) = paths.get_mut(&collection) else { continue };
        for (method, status, place) in places(&collection) {
            let Some(answer) = operations.get_mut(method).and_then(|operation| operation["responses"].get_mut(status)) else { continue };
            let link = |id: &String| (id.clone(), json!({ "operationId": id, "parameters": { "id": place } }));
            answer["links"] = Value::Object(targets.iter().map(link).collect());
        }
    }
}
