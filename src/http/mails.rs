//! The e-mails to the people of a tenant: how far each came, and another try for those that were given up.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::page::{self, Item, Members};
use super::request::{Id, Query};
use crate::domain::refusal::Why;
use crate::hub::clock;
use crate::protocol::Problem;
use crate::protocol::entering::{Mail, MailState};
use crate::protocol::lists::List;
use crate::protocol::problem::Name;
use crate::store::{self, mail};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use uuid::Uuid;

pub(super) async fn list(parts: Data<Parts>, me: Me, query: Query) -> Result<Json<List<Mail>>, Error> {
    let state = match query.text("state")? {
        None => None,
        Some("waiting") => Some(mail::MailState::Waiting),
        Some("sent") => Some(mail::MailState::Sent),
        Some("dead") => Some(mail::MailState::Dead),
        Some("withdrawn") => Some(mail::MailState::Withdrawn),
        Some(_) => return Err(Error::invalid("/state", &Why::NotAnOption)),
    };
    let mut connection = parts.store.read(me.tenant.id).await?;
    let mails = mail::list(&mut connection, me.tenant.id, state).await?;
    let items = mails.into_iter().map(|mail| Item { id: mail.id, name: format!("{} {}", mail.to, mail.name), view: view(mail, &me) });
    Ok(Json(page::part(&query, &Members::default(), items)?))
}

fn view(mail: mail::Mail, me: &Me) -> Mail {
    Mail {
        id: mail.id,
        to: mail.to,
        subject: mail.letter.words(&me.tenant.name).subject,
        state: match mail.state {
            mail::MailState::Waiting => MailState::Waiting,
            mail::MailState::Sent => MailState::Sent,
            mail::MailState::Dead => MailState::Dead,
            mail::MailState::Withdrawn => MailState::Withdrawn,
        },
        tries: mail.tries,
        error: mail.error,
        created_at: mail.created_at.into(),
        sent_at: mail.sent_at.map(Into::into),
        due_at: mail.due_at.map(Into::into),
    }
}

pub(super) async fn resend(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    if !mail::resend(&mut connection, me.tenant.id, id, clock::now()).await? {
        // Its link is gone: a new one goes with a new invitation.
        return Err(Problem::with_detail(Name::Conflict, "This e-mail is out, taken back or too old; send a new invitation instead").into());
    }
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Accepted().finish())
}
