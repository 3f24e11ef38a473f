//! What requests carry, parsed at the door: bodies, ids, query parameters, idempotency keys.

use super::error::Error;
use super::local_time;
use crate::domain::At;
use crate::domain::refusal::Why;
use crate::protocol::Problem;
use crate::protocol::codec::Misfit;
use crate::protocol::problem::Name;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::future::{Ready, ready};
use std::str::FromStr;
use uuid::Uuid;

/// The most bytes of a JSON body.
pub(super) const BODY_MAX: usize = 64 * 1024;

/// The most bytes of a table.
const TABLE_MAX: usize = 1024 * 1024;

/// A JSON body of a type. Unreadable JSON is `unreadable`; readable JSON of another shape is `invalid` with a pointer.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        Box::pin(async move { read(&collect(payload, BODY_MAX, "At most 64 kB").await?).map(Self) })
    }
}

/// A form's names and values, in the order in which they came.
#[derive(Debug)]
pub(super) struct Form(pub(super) Vec<(String, String)>);

impl FromRequest for Form {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        Box::pin(async move {
            let body = collect(payload, BODY_MAX, "At most 64 kB").await?;
            Ok(Self(form_urlencoded::parse(&body).into_owned().collect()))
        })
    }
}

/// A CSV body, as UTF-8.
#[derive(Debug)]
pub(super) struct Table(pub(super) String);

impl FromRequest for Table {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        Box::pin(async move {
            let bytes = collect(payload, TABLE_MAX, "At most 1 MB at a time").await?;
            let text = String::from_utf8(bytes.into())
                .map_err(|_other| Problem::with_detail(Name::Unreadable, "Not UTF-8: save the table as \"CSV UTF-8\""))?;
            Ok(Self(text))
        })
    }
}

async fn collect(mut payload: Payload, most: usize, too_much: &str) -> Result<Bytes, Error> {
    let unreadable = |detail: &str| Problem::with_detail(Name::Unreadable, detail);
    let mut body = BytesMut::new();
    while let Some(part) = payload.next().await {
        let part = part.map_err(|error: PayloadError| unreadable(&error.to_string()))?;
        if body.len() + part.len() > most {
            return Err(unreadable(too_much).into());
        }
        body.extend_from_slice(&part);
    }
    Ok(body.freeze())
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let outcome = serde_path_to_error::deserialize(&mut deserializer);
    // Whether it is JSON at all is asked of the whole: a member that does not fit may come before a missing brace.
    serde_json::from_slice::<IgnoredAny>(body).map_err(|error| Problem::with_detail(Name::Unreadable, format!("Not JSON: {error}")))?;
    // Serde would take a list for an object, member by member.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::invalid("", &Why::Expected("an object")));
    }
    outcome.map_err(|error| Misfit::new(error).into())
}

/// The `{id}` of a path; anything but a UUID is `missing`, like an id that does not exist.
#[derive(Debug)]
pub(super) struct Id<T>(pub(super) T);

impl<T: From<Uuid>> FromRequest for Id<T> {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(parse_id);
        ready(id.map(|id| Self(id.into())).ok_or_else(Error::missing))
    }
}

/// A UUID in its one spelling of 36 characters.
fn parse_id(text: &str) -> Option<Uuid> {
    text.parse().ok().filter(|_| text.len() == 36)
}

/// The query parameters of a request, each possibly several times.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl FromRequest for Query {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = actix_web::web::Query::from_query(request.query_string()).map(actix_web::web::Query::into_inner);
        ready(pairs.map(Self).map_err(|error| Problem::with_detail(Name::Unreadable, error.to_string()).into()))
    }
}

impl Query {
    /// All values of a parameter.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The text of a parameter that is there once; an empty one is absent.
    pub(super) fn text<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, Error> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => Err(Error::invalid(format!("/{name}"), &Why::Repeated)),
        }
    }

    /// A parameter of a type.
    pub(super) fn parsed<T: FromStr>(&self, name: &str, expected: &'static str) -> Result<Option<T>, Error> {
        let parse = |text: &str| text.parse().map_err(|_unfit| Error::invalid(format!("/{name}"), &Why::Expected(expected)));
        self.text(name)?.map(parse).transpose()
    }

    /// An id.
    pub(super) fn id<T: From<Uuid>>(&self, name: &str) -> Result<Option<T>, Error> {
        let parse = |text: &str| parse_id(text).map(T::from).ok_or_else(|| Error::invalid(format!("/{name}"), &Why::Expected("an id")));
        self.text(name)?.map(parse).transpose()
    }

    /// An instant, or a local time of this zone.
    pub(super) fn instant(&self, name: &str, zone: &str) -> Result<Option<At>, Error> {
        let parse = |text: &str| local_time::parse(text, zone).map_err(|why| Error::invalid(format!("/{name}"), &why));
        self.text(name)?.map(parse).transpose()
    }

    /// How many items of a list are wanted.
    pub(super) fn limit(&self) -> Result<usize, Error> {
        match self.parsed("limit", "a number from 1 to 200")? {
            None => Ok(50),
            Some(limit @ 1..=200) => Ok(limit),
            Some(_) => Err(Error::invalid("/limit", &Why::OutOfRange("1 to 200"))),
        }
    }
}

/// The optional `Idempotency-Key`: 1 to 200 printable ASCII characters.
#[derive(Debug)]
pub(super) struct IdempotencyKey(pub(super) Option<String>);

impl FromRequest for IdempotencyKey {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut keys = request.headers().get_all("idempotency-key");
        let Some(key) = keys.next() else { return ready(Ok(Self(None))) };
        let text = key.to_str().ok().filter(|text| (1..=200).contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        ready(match (text, keys.next()) {
            (Some(text), None) => Ok(Self(Some(text.to_owned()))),
            _ => Err(Error::invalid("/idempotency-key", &Why::Expected("one header of 1 to 200 printable ASCII characters"))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its shape counts")]
    struct Shape {
        name: String,
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its shape counts")]
    struct Inner {
        number: u8,
    }

    #[test]
    fn what_does_not_fit_is_told_apart_from_what_is_not_json() {
        let table = [
            ("", "unreadable", None),
            ("{", "unreadable", None),
            (r#"{"name":1"#, "unreadable", None),
            (r#"{"name":"a","list":[]}}"#, "unreadable", None),
            ("[]x", "unreadable", None),
            (r#"{"name":1,"list":[]}"#, "invalid", Some("/name")),
            (r#"{"name":"a","list":[{"number":1},{"number":300}]}"#, "invalid", Some("/list/1/number")),
            (r#"{"name":"a"}"#, "invalid", Some("/list")),
            (r#"{"name":"a","list":[{}]}"#, "invalid", Some("/list/0/number")),
            (r#"["a",[]]"#, "invalid", Some("")),
            ("null", "invalid", Some("")),
        ];
        for (body, name, pointer) in table {
            let problem = read::<Shape>(body.as_bytes()).unwrap_err().into_problem();
            assert_eq!(problem.name(), name, "{body}");
            assert_eq!(problem.errors.first().map(|error| error.pointer.as_str()), pointer, "{body}");
        }
        assert!(read::<Shape>(br#" {"name":"a","list":[{"number":1}], "more":null} "#).is_ok());
    }

    #[test]
    fn an_id_has_one_spelling() {
        assert!(parse_id("01890a5d-ac96-774b-bcce-b302099a8057").is_some());
        for text in ["01890a5dac96774bbcceb302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}", "1", ""] {
            assert!(parse_id(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_limit_lies_between_1_and_200() {
        let query = |text: &str| Query(vec![("limit".into(), text.into())]);
        assert_eq!(query("200").limit().unwrap(), 200);
        assert_eq!(Query(Vec::new()).limit().unwrap(), 50);
        for text in ["0", "201", "-1", "many"] {
            assert_eq!(query(text).limit().unwrap_err().into_problem().errors[0].pointer, "/limit");
        }
    }
}
