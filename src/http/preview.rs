//! The portal through a customer's eyes, for staff: any read of the API may be made as a portal user or a customer, no write.
//!
//! The header `hub-preview: portal_user <id>` or `customer <id>` on a dispatcher's GET makes it answer as it would answer them.
//! The routes do not know of it: what is previewed is what is shown.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::request::Query;
use crate::auth::{self, Session};
use crate::domain::caller::{Caller, Link, Role};
use crate::domain::ids::{CustomerId, PortalUserId};
use crate::domain::portal::{self, Overrides};
use crate::domain::refusal::Why;
use crate::protocol::caller::Caller as CallerView;
use crate::protocol::settings::Preview;
use crate::protocol::templates::Template;
use crate::protocol::views::Job as JobView;
use crate::store;
use crate::store::jobs::{Filter, Sort, View};
use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::web::{Data, Json};
use uuid::Uuid;

/// The header that asks for it.
const HEADER: &str = "hub-preview";
/// Jobs that the overview shows.
const JOBS: u16 = 50;

/// Through whose eyes.
#[derive(Debug, Clone, Copy)]
enum Eyes {
    PortalUser(PortalUserId),
    /// Anybody of the customer whose link says nothing of its own.
    Customer(CustomerId),
}

/// The session in which a request is answered: the caller's own, or the one that a dispatcher asks to look through.
pub(super) async fn seen(parts: &Parts, request: &HttpRequest, session: Session) -> Result<Session, Error> {
    let Some(asked) = request.headers().get(HEADER) else { return Ok(session) };
    let is_dispatcher = matches!(session.caller.role, Role::Dispatcher { .. });
    // Nobody but staff, and nothing but looking.
    if !is_dispatcher || *request.method() != Method::GET || request.path() == "/ws" {
        return Err(Error::forbidden());
    }
    let parsed = asked.to_str().ok().and_then(|text| text.split_once(' ')).and_then(|(what, id)| {
        let id = Uuid::parse_str(id).ok()?;
        match what {
            "portal_user" => Some(Eyes::PortalUser(id.into())),
            "customer" => Some(Eyes::Customer(id.into())),
            _ => None,
        }
    });
    let eyes = parsed.ok_or_else(|| Error::invalid("/hub-preview", &Why::Expected("portal_user or customer, and an id")))?;
    Ok(Session { caller: look_through(parts, &session, eyes).await?, ..session })
}

async fn look_through(parts: &Parts, session: &Session, eyes: Eyes) -> Result<Caller, Error> {
    let tenant = &session.tenant;
    let mut connection = parts.store.read(tenant.id).await?;
    let (name, role) = match eyes {
        Eyes::PortalUser(id) => {
            let user = store::portal_users::find(&mut connection, tenant.id, id).await?;
            (user.name, Role::PortalUser { id, links: auth::links(&mut connection, tenant, id).await? })
        }
        Eyes::Customer(id) => {
            let customer = store::customers::find(&mut connection, tenant.id, id).await?;
            let permissions = portal::resolve(&tenant.settings.portal.permissions, &customer.permissions, &Overrides::default());
            let link = Link { customer: id, name: customer.name.clone(), permissions };
            // Nobody: no change in the log is this one's own.
            (customer.name, Role::PortalUser { id: PortalUserId(Uuid::nil()), links: vec![link] })
        }
    };
    Ok(Caller { tenant: tenant.id, name, role, token: session.caller.token })
}

pub(super) async fn overview(parts: Data<Parts>, me: Me, query: Query) -> Result<Json<Preview>, Error> {
    let eyes = match (query.id("portal_user")?, query.id("customer")?) {
        (Some(id), None) => Eyes::PortalUser(id),
        (None, Some(id)) => Eyes::Customer(id),
        (None, None) => return Err(Error::invalid("/portal_user", &Why::Required)),
        (Some(_), Some(_)) => return Err(Error::invalid("/customer", &Why::Repeated)),
    };
    let caller = look_through(&parts, &me, eyes).await?;
    let Role::PortalUser { links, .. } = &caller.role else { return Err(Error::missing()) };
    let viewable = links.iter().filter(|link| link.permissions.view_jobs);
    let (live, quiet): (Vec<_>, Vec<_>) = viewable.partition(|link| link.permissions.live_status);
    let ids = |links: Vec<&Link>| links.into_iter().map(|link| link.customer).collect::<Vec<CustomerId>>();
    let (customers, quiet) = (ids(live), ids(quiet));
    let filter = Filter {
        view: View::Portal,
        statuses: &[],
        template: None,
        customers: Some(&customers),
        quiet: Some(&quiet),
        worker: None,
        from: None,
        to: None,
        completed_since: None,
        text: None,
        sort: Sort::Number,
        descending: true,
        after: None,
        limit: JOBS,
    };
    let mut connection = parts.store.read(me.tenant.id).await?;
    let page = store::jobs::page(&mut connection, me.tenant.id, &filter).await?;
    let templates = store::templates::list(&mut connection, me.tenant.id).await?;
    let may_order =
        |template: &&crate::domain::template::Template| !template.archived && links.iter().any(|link| link.permissions.may_create(template.id));
    Ok(Json(Preview {
        caller: CallerView::new(&caller, &me.tenant),
        jobs: page.jobs.iter().filter_map(|job| JobView::for_caller(job, &caller)).collect(),
        templates: templates.iter().filter(may_order).map(Template::portal).collect(),
    }))
}
