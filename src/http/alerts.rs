//! The alert log, the words of alerts, and what text messages cost.

use super::Parts;
use super::access::Me;
use super::csv::{self, Csv};
use super::error::Error;
use super::page;
use super::request::{Body, Id, Query};
use super::settings::{self, One, begin, finish, is_current};
use crate::courier;
use crate::domain::alert::rules::AlertsChange;
use crate::domain::ids::JobId;
use crate::domain::refusal::Why;
use crate::domain::sms;
use crate::hub::clock;
use crate::protocol::Problem;
use crate::protocol::alerts::{AlertPreview, AlertPreviewBody, AlertSettings, AlertState, SentAlert, SmsAccount, SmsLine, SmsMonth, SmsStatement};
use crate::protocol::lists::List;
use crate::protocol::problem::Name;
use crate::store::messages::{self, Content, Message, State, Wanted};
use crate::store::{self, sms_account};
use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use jiff::civil::Date;
use rust_decimal::Decimal;
use uuid::Uuid;

const STATES: [(&str, State, AlertState); 6] = [
    ("waiting", State::Waiting, AlertState::Waiting),
    ("sent", State::Sent, AlertState::Sent),
    ("delivered", State::Delivered, AlertState::Delivered),
    ("undelivered", State::Undelivered, AlertState::Undelivered),
    ("dead", State::Dead, AlertState::Dead),
    ("unsent", State::Withdrawn, AlertState::Unsent),
];

pub(super) async fn list(parts: Data<Parts>, me: Me, query: Query) -> Result<Json<List<SentAlert>>, Error> {
    let limit = query.limit()?;
    let state = match query.text("state")? {
        None => None,
        Some(word) => {
            let known = STATES.iter().find(|(known, ..)| *known == word);
            Some(known.ok_or_else(|| Error::invalid("/state", &Why::NotAnOption))?.1)
        }
    };
    let wanted = Wanted {
        alerts: true,
        job: query.id::<JobId>("job")?,
        state,
        text: query.text("q")?.map(ToOwned::to_owned),
        after: query.id::<Uuid>("after")?,
        limit: page::one_more(limit),
    };
    let mut connection = parts.store.read(me.tenant.id).await?;
    let mut found = messages::list(&mut connection, me.tenant.id, &wanted).await?;
    let next = page::cut(&mut found, limit, |last| last.id.to_string());
    Ok(Json(List { items: found.into_iter().filter_map(view).collect(), next }))
}

fn view(message: Message) -> Option<SentAlert> {
    let Content::Alert(planned) = message.content else { return None };
    Some(SentAlert {
        id: message.id,
        kind: message.channel,
        to: message.to,
        name: message.name,
        job: planned.job,
        events: planned.kinds.iter().collect(),
        state: STATES.iter().find(|(_, state, _)| *state == message.state)?.2,
        tries: message.tries,
        error: message.error,
        said: message.said,
        amount: message.amount.map(money),
        created_at: message.created_at.into(),
        sent_at: message.sent_at.map(Into::into),
        due_at: message.due_at.map(Into::into),
    })
}

pub(super) async fn resend(parts: Data<Parts>, me: Me, Id(id): Id<Uuid>) -> Result<HttpResponse, Error> {
    let mut connection = parts.store.write().await?;
    if !messages::resend(&mut connection, me.tenant.id, id, true, clock::now()).await? {
        return Err(Problem::with_detail(Name::Conflict, "This alert is out already, or is not to be sent any more").into());
    }
    connection.commit().await.map_err(store::Error::from)?;
    Ok(HttpResponse::Accepted().finish())
}

pub(super) async fn settings(me: Me) -> Json<AlertSettings> {
    Json((&*me.tenant).into())
}

pub(super) async fn set_settings(parts: Data<Parts>, me: Me, Body(change): Body<AlertsChange>) -> One<AlertSettings> {
    let (mut connection, tenant) = begin(&parts, &me).await?;
    is_current::<AlertSettings>(&tenant, change.version.as_ref())?;
    let changed = change.onto(tenant).map_err(settings::invalid)?;
    store::tenants::update(&mut connection, &changed).await?;
    finish(&parts, connection, &changed).await
}

/// Nothing is kept, and nothing is sent.
pub(super) async fn preview(parts: Data<Parts>, me: Me, Body(body): Body<AlertPreviewBody>) -> Result<Json<AlertPreview>, Error> {
    let text = body.text.parse("/text").map_err(settings::invalid)?;
    let mut connection = parts.store.read(me.tenant.id).await?;
    let logo = match me.tenant.settings.portal.logo {
        Some(logo) => Some(store::files::picture(&mut connection, me.tenant.id, logo, true).await?),
        None => None,
    };
    let shown = courier::preview(&me.tenant, body.event, &text, &me.caller.name, logo, clock::now());
    let segments = sms::segments(&shown.sms);
    Ok(Json(AlertPreview { subject: shown.subject, text: shown.text, html: shown.html, sms: shown.sms, segments }))
}

pub(super) async fn account(parts: Data<Parts>, me: Me) -> Result<Json<SmsAccount>, Error> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let months = sms_account::months(&mut connection, me.tenant.id).await?;
    let month =
        |sum: sms_account::MonthSum| SmsMonth { month: sum.month.strftime("%Y-%m").to_string(), segments: sum.segments, amount: money(sum.amount) };
    let (price, currency) = parts.outside.sms_price.clone().unwrap_or_default();
    Ok(Json(SmsAccount {
        available: parts.outside.sms_price.is_some(),
        price: money(price),
        currency,
        cap: me.tenant.settings.alerts.sms_cap.map(|cap| cap.to_string()),
        months: months.into_iter().map(month).collect(),
    }))
}

pub(super) async fn statement(parts: Data<Parts>, me: Me, month: Path<String>) -> Result<Json<SmsStatement>, Error> {
    Ok(Json(statement_of(&parts, &me, &month).await?))
}

pub(super) async fn statement_csv(parts: Data<Parts>, me: Me, month: Path<String>) -> Result<HttpResponse, Error> {
    let statement = statement_of(&parts, &me, &month).await?;
    let mut table = Csv::new(&["at", "to", "customer", "segments", "price", "amount", "currency"]);
    for line in &statement.lines {
        let (at, segments) = (line.at.to_string(), line.segments.to_string());
        let customer = line.customer.as_deref().unwrap_or_default();
        table.row([at.as_str(), &line.to, customer, &segments, &line.price, &line.amount, &statement.currency]);
    }
    Ok(csv::answer(&format!("text-messages-{}.csv", statement.month), table))
}

async fn statement_of(parts: &Parts, me: &Me, month: &str) -> Result<SmsStatement, Error> {
    let first: Date = format!("{month}-01").parse().ok().filter(|_| month.len() == 7).ok_or_else(Error::missing)?;
    let mut connection = parts.store.read(me.tenant.id).await?;
    let lines = sms_account::statement(&mut connection, me.tenant.id, first).await?;
    let total: Decimal = lines.iter().map(|line| line.amount).sum();
    let line = |line: sms_account::Line| SmsLine {
        at: line.at.into(),
        to: line.address,
        customer: line.customer,
        segments: line.segments,
        price: money(line.price),
        amount: money(line.amount),
    };
    let currency = parts.outside.sms_price.clone().unwrap_or_default().1;
    Ok(SmsStatement { month: month.to_owned(), currency, lines: lines.into_iter().map(line).collect(), total: money(total) })
}

/// At least two decimals, no more than are needed.
fn money(amount: Decimal) -> String {
    let amount = amount.normalize();
    let mut shown = amount;
    shown.rescale(amount.scale().max(2));
    shown.to_string()
}
