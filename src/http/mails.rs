//! The letters to the people of a tenant: how far each came, and another try for those that were given up.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::page;
use super::request::{Id, Query};
use crate::domain::refusal::Why;
use crate::hub::clock;
use crate::protocol::Problem;
use crate::protocol::entering::{Mail, MailState};
use crate::protocol::lists::List;
use crate::protocol::problem::Name;
use crate::store::messages::{self, Content, Message, State, Wanted};
use crate::store::{self};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use uuid::Uuid;

pub(super) async fn list(parts: Data<Parts>, me: Me, query: Query) -> Result<Json<List<Mail>>, Error> {
    let state = match query.text("state")? {
        None => None,
        Some("waiting") => Some(State::Waiting),
        Some("sent") => Some(State::Sent),
        Some("dead") => Some(State::Dead),
        Some("withdrawn") => Some(State::Withdrawn),
        Some(_) => return Err(Error::invalid("/state", &Why::NotAnOption)),
    };
    let limit = query.limit()?;
    let wanted = Wanted {
        state,
        text: query.text("q")?.map(ToOwned::to_owned),
        after: query.id::<Uuid>("after")?,
        limit: page::one_more(limit),
        ..Wanted::default()
    };
    let mut connection = parts.store.read(me.tenant.id).await?;
    let mut found = messages::list(&mut connection, me.tenant.id, &wanted).await?;
    let next = page::cut(&mut found, limit, |last| last.id.to_string());
    Ok(Json(List { items: found.into_iter().filter_map(|letter| view(letter, &me)).collect(), next }))
}

fn view(letter: Message, me: &Me) -> Option<Mail> {
    let Content::Letter(content) = letter.content else { return None };
    Some(Mail {
        id: letter.id,
        kind: letter.channel,
        to: letter.to,
        subject: content.words(&me.tenant.name).subject,
        state: match letter.state {
            State::Waiting => MailState::Waiting,
            State::Sent | State::Delivered | State::Undelivered => MailState::Sent,
            State::Dead => MailState::Dead,
            State::Withdrawn => MailState::Withdrawn,
        },
        tries: letter.tries,
        error: letter.error,
        created_at: letter.created_at.into(),
        sent_at: letter.sent_at.map(Into::into),
        due_at: letter.due_at.map(Into::into),
    })
}

pub(super) async fn resend(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    if !messages::resend(&mut connection, me.tenant.id, id, false, clock::now()).await? {
        // Its link is gone: a new one goes with a new invitation.
        return Err(Problem::with_detail(Name::Conflict, "This e-mail is out, taken back or too old; send a new invitation instead").into());
    }
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Accepted().finish())
}
