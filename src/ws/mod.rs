//! Sockets: the upgrade, and one session per connection.

#![expect(clippy::result_large_err, reason = "a problem is answered by whoever gets it, never passed on far")]

mod inbound;
mod session;
mod sink;

use crate::auth;
use crate::hub::Hub;
use crate::protocol::{Encoding, Problem, problem};
use actix_web::http::header::SEC_WEBSOCKET_PROTOCOL;
use actix_web::{HttpRequest, HttpResponse, web};
use std::sync::Arc;
use uuid::Uuid;

/// Frames from clients may be this long.
const MAX_FRAME: usize = 64 * 1024;

/// Opens a socket for an authenticated caller. Who is not, is told so before the upgrade.
pub fn open(request: &HttpRequest, body: web::Payload, hub: &Arc<Hub>, log_in: auth::Session) -> Result<HttpResponse, Problem> {
    let Some(encoding) = encoding(request) else {
        let detail = "Name a subprotocol: dispatch-hub.v1.msgpack or dispatch-hub.v1.json";
        return Err(Problem::with_detail(problem::Name::Unreadable, detail));
    };
    let protocols = Encoding::ALL.map(Encoding::subprotocol);
    let (response, socket, stream) = actix_ws::handle_with_protocols(request, body, &protocols)
        .map_err(|error| Problem::with_detail(problem::Name::Unreadable, format!("Not a WebSocket handshake: {error}")))?;
    let stream = stream.max_frame_size(MAX_FRAME).aggregate_continuations().max_continuation_size(MAX_FRAME);
    let id = Uuid::now_v7();
    actix_web::rt::spawn(session::run(Arc::clone(hub), socket, stream, encoding, log_in, id));
    Ok(response)
}

/// The first subprotocol offered that we speak; JSON if none is offered at all.
fn encoding(request: &HttpRequest) -> Option<Encoding> {
    let mut offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).filter_map(|header| header.to_str().ok()).peekable();
    if offered.peek().is_none() {
        return Some(Encoding::Json);
    }
    offered.flat_map(|header| header.split(',')).find_map(|name| Encoding::named(name.trim()))
}
