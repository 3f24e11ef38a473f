//! What a handler takes and gives, told from its types: each extractor and each answer says its part of the operation.

use crate::http::access::Me;
use crate::http::error::Error;
use crate::http::once::Once;
use crate::http::people::Kind;
use crate::http::request::{Body, Form, Id, IdempotencyKey, Query, Table};
use actix_web::web::{Data, Json, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Where the document keeps its schemas.
const PLACE: &str = "#/components/schemas/";
/// What is sent may look a little different from what is answered: absent members, other spellings of instants.
const SENT: &str = "Sent";

/// The schemas of the document, as they are asked for.
pub(crate) struct Schemas {
    sent: SchemaGenerator,
    given: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self { sent: settings().for_deserialize().into_generator(), given: settings().for_serialize().into_generator() }
    }
}

impl Schemas {
    /// Of a body that is sent.
    pub(super) fn sent<T: JsonSchema>(&mut self) -> Value {
        let mut schema = self.sent.subschema_for::<T>().to_value();
        rename(&mut schema);
        schema
    }

    /// Of a body that is answered.
    pub(super) fn given<T: JsonSchema>(&mut self) -> Value {
        self.given.subschema_for::<T>().to_value()
    }

    /// All that were asked for, by name.
    pub(super) fn all(mut self) -> Map<String, Value> {
        let mut all = self.given.take_definitions(true);
        for (name, mut schema) in self.sent.take_definitions(true) {
            rename(&mut schema);
            all.insert(format!("{name}{SENT}"), schema);
        }
        all
    }
}

/// References of what is sent lead to the schemas of what is sent.
fn rename(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(place) if name == "$ref" && place.starts_with(PLACE) => place.push_str(SENT),
                    other => rename(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(rename),
        _ => {}
    }
}

/// An operation in the making.
#[derive(Default)]
pub(crate) struct Operation {
    pub(super) body: Option<Value>,
    pub(super) headers: Vec<Value>,
    /// The answer that its type tells: JSON of a schema.
    pub(super) answer: Option<Value>,
    pub(super) takes_query: bool,
}

/// Something that a handler takes.
pub(crate) trait Taken {
    /// Its part of the operation.
    fn tell(_: &mut Operation, _: &mut Schemas) {}
}

impl<T> Taken for Data<T> {}
impl Taken for Me {}
impl Taken for Option<Me> {}
impl Taken for HttpRequest {}
impl Taken for Payload {}
impl Taken for Kind {}
impl Taken for Path<String> {}
impl<T> Taken for Id<T> {}

impl Taken for Query {
    fn tell(operation: &mut Operation, _: &mut Schemas) {
        operation.takes_query = true;
    }
}

impl<T: JsonSchema> Taken for Body<T> {
    fn tell(operation: &mut Operation, schemas: &mut Schemas) {
        operation.body = Some(json!({ "required": true, "content": { "application/json": { "schema": schemas.sent::<T>() } } }));
    }
}

impl Taken for Table {
    fn tell(operation: &mut Operation, _: &mut Schemas) {
        operation.body = Some(json!({ "required": true, "content": { "text/csv": { "schema": { "type": "string" } } } }));
    }
}

impl Taken for Form {
    fn tell(operation: &mut Operation, _: &mut Schemas) {
        operation.body = Some(json!({ "required": true, "content": { "application/x-www-form-urlencoded": { "schema": { "type": "object" } } } }));
    }
}

impl Taken for IdempotencyKey {
    fn tell(operation: &mut Operation, _: &mut Schemas) {
        operation.headers.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The same key with the same body is done once, and answered again the same.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$", "examples": [Uuid::nil()] },
        }));
    }
}

impl Taken for Once {
    fn tell(operation: &mut Operation, schemas: &mut Schemas) {
        IdempotencyKey::tell(operation, schemas);
    }
}

macro_rules! taken_together {
    ($($name:ident)*) => {
        impl<$($name: Taken),*> Taken for ($($name,)*) {
            fn tell(operation: &mut Operation, schemas: &mut Schemas) {
                let _ = (&operation, &schemas);
                $($name::tell(operation, schemas);)*
            }
        }
    };
}

taken_together!();
taken_together!(A);
taken_together!(A B);
taken_together!(A B C);
taken_together!(A B C D);
taken_together!(A B C D E);
taken_together!(A B C D E F);

/// Something that a handler answers with.
pub(crate) trait Given {
    /// Its part of the operation.
    fn tell(_: &mut Operation, _: &mut Schemas) {}
}

impl Given for HttpResponse {}

impl<T: JsonSchema> Given for Json<T> {
    fn tell(operation: &mut Operation, schemas: &mut Schemas) {
        operation.answer = Some(schemas.given::<T>());
    }
}

impl<T: Given> Given for Result<T, Error> {
    fn tell(operation: &mut Operation, schemas: &mut Schemas) {
        T::tell(operation, schemas);
    }
}

/// Told from a handler's types.
pub(crate) type Tell = fn(&mut Operation, &mut Schemas);

/// What a handler of these types takes and gives.
pub(crate) fn told<Args: Taken, Output: Given>(operation: &mut Operation, schemas: &mut Schemas) {
    Args::tell(operation, schemas);
    Output::tell(operation, schemas);
}
