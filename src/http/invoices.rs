//! A job's invoice, for reading and for paper.

use super::Parts;
use super::access::Me;
use super::error::Error;
use super::jobs::find;
use super::request::{Id, Query};
use crate::domain::ids::JobId;
use crate::domain::refusal::Why;
use crate::paper::{Logo, Size};
use crate::protocol::invoice::{InvoicePaper, Party};
use crate::store;
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::{Data, Json};

pub(super) async fn read(parts: Data<Parts>, me: Me, Id(id): Id<JobId>) -> Result<Json<InvoicePaper>, Error> {
    Ok(Json(paper(&parts, &me, id).await?))
}

pub(super) async fn pdf(parts: Data<Parts>, me: Me, Id(id): Id<JobId>, query: Query) -> Result<HttpResponse, Error> {
    let size = match query.text("paper")? {
        None | Some("a4") => Size::A4,
        Some("letter") => Size::Letter,
        Some(_) => return Err(Error::invalid("/paper", &Why::NotAnOption)),
    };
    let paper = paper(&parts, &me, id).await?;
    let logo = logo(&parts, &me).await?;
    let name =
        format!("{}.pdf", paper.invoice.number.as_ref().map_or_else(|| format!("draft-{}", paper.job_number), |number| format!("invoice-{number}")));
    let file = parts.printer.invoice(paper, logo, size).await?;
    let disposition = ContentDisposition { disposition: DispositionType::Attachment, parameters: vec![DispositionParam::Filename(name)] };
    Ok(HttpResponse::Ok().content_type("application/pdf").insert_header((CONTENT_DISPOSITION, disposition)).body(file))
}

/// As it is now: the caller's session may be older than the settings.
async fn logo(parts: &Parts, me: &Me) -> Result<Option<Logo>, Error> {
    let mut connection = parts.store.read(me.tenant.id).await?;
    let Some(logo) = store::tenants::find(&mut connection, me.tenant.id).await?.settings.portal.logo else { return Ok(None) };
    Ok(Some(Logo(store::files::picture(&mut connection, me.tenant.id, logo, true).await?.content)))
}

/// The invoice of a job that the caller may see, with both sides. A portal user needs the permission for the job's customer.
async fn paper(parts: &Parts, me: &Me, id: JobId) -> Result<InvoicePaper, Error> {
    let (job, view) = find(parts, me, id).await?;
    let invoice = view.invoice.ok_or_else(Error::forbidden)?;
    let mut connection = parts.store.read(me.tenant.id).await?;
    let buyer = store::invoices::buyer(&mut connection, me.tenant.id, job.customer.id).await?;
    // The caller's session may be older than the settings.
    let tenant = store::tenants::find(&mut connection, me.tenant.id).await?;
    let company = tenant.settings.company;
    Ok(InvoicePaper {
        job: id,
        job_number: job.number_text(),
        job_type: job.template.name,
        seller: Party { name: tenant.name, address: company.address, tax_number: company.tax_number },
        buyer: Party { name: buyer.name, address: buyer.address.unwrap_or_default(), tax_number: buyer.tax_number.unwrap_or_default() },
        seller_phone: tenant.settings.portal.phone,
        invoice,
    })
}
